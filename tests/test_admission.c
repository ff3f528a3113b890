/* links: bridge/admission.c bridge/pulse.c */
/* Who is let in, and when the control thread counts as busy: both on a clock that only the test moves. */
#include "bridge/admission.h"
#include "bridge/pulse.h"
#include "tests/test.h"

enum { LEGS_MAX = 4096, SECOND_US = 1000000 };

/* Workers that measure as margin.h does: the mean of the last second, told four times a second. */
struct house {
	struct admission a;
	unsigned n_workers;
	struct {
		uint64_t from_us;
		unsigned worker, true_ppm;
		enum codec_id codec;
		bool gone;
	} legs[LEGS_MAX];
	unsigned n_legs;
	uint32_t p99_permille;
};

static void open_house(struct house *h, unsigned n_workers, unsigned max_percent)
{
	memset(h, 0, sizeof(*h));
	h->n_workers = n_workers;
	admission_init(&h->a, n_workers, max_percent);
}

static void survey(struct house *h, uint64_t now_us)
{
	double used_ppm[ADMISSION_WORKERS] = { 0 };
	const uint64_t told_us = now_us / 250000 * 250000;

	if (!admission_stale(&h->a, now_us))
		return;
	admission_begin(&h->a, now_us);
	for (unsigned i = 0; i < h->n_legs; i++) {
		const uint64_t from_us = h->legs[i].from_us;
		const double seen = told_us > from_us ? (double)(told_us - from_us) / SECOND_US : 0.0;

		if (h->legs[i].gone)
			continue;
		used_ppm[h->legs[i].worker] += h->legs[i].true_ppm * (seen > 1.0 ? 1.0 : seen);
		admission_count(&h->a, h->legs[i].worker, h->legs[i].codec, now_us - from_us);
	}
	for (unsigned i = 0; i < h->n_workers; i++)
		admission_read(&h->a, i, (uint32_t)(used_ppm[i] / 1000), 0, h->p99_permille);
}

/* One call at `now_us` whose leg will really take `true_ppm`. */
static bool call(struct house *h, enum codec_id codec, unsigned true_ppm, uint64_t now_us)
{
	int worker;

	survey(h, now_us);
	worker = admission_pick(&h->a, codec, ADMISSION_ANY);
	if (worker == ADMISSION_NONE || h->n_legs == LEGS_MAX)
		return false;
	admission_book(&h->a, (unsigned)worker, codec);
	h->legs[h->n_legs].from_us = now_us;
	h->legs[h->n_legs].worker = (unsigned)worker;
	h->legs[h->n_legs].true_ppm = true_ppm;
	h->legs[h->n_legs++].codec = codec;
	return true;
}

static double load_of(const struct house *h, unsigned worker)
{
	double ppm = 0;

	for (unsigned i = 0; i < h->n_legs; i++)
		if (!h->legs[i].gone && h->legs[i].worker == worker)
			ppm += h->legs[i].true_ppm;
	return ppm / 1e6;
}

/* 150 % and far more is offered, at any pace: the bound is never passed by more than the estimate may err, and what
 * could be carried is carried. */
TEST(no_pace_of_calls_passes_the_bound)
{
	static const struct {
		const char *story;
		enum codec_id codec;
		unsigned true_ppm, per_second;
	} cases[] = {
		{ "PCMU, 10 a second", CODEC_PCMU, 400, 10 },
		{ "PCMU, 100 a second", CODEC_PCMU, 400, 100 },
		{ "PCMU, all at once", CODEC_PCMU, 400, 4000 },
		{ "PCMU on a slow machine, 100 a second", CODEC_PCMU, 700, 100 },
		{ "Opus talkers, 100 a second", CODEC_OPUS, 5300, 100 },
		{ "Opus talkers, all at once", CODEC_OPUS, 5300, 4000 },
		{ "Opus listeners, 15 a second", CODEC_OPUS, 450, 15 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct house h;
		const uint64_t begin_us = 7 * SECOND_US + 123456;
		const unsigned offered = (unsigned)(1.5 * 1e6 / cases[i].true_ppm);

		open_house(&h, 1, 85);
		for (unsigned k = 0; k < offered; k++)
			(void)call(&h, cases[i].codec, cases[i].true_ppm,
				begin_us + (uint64_t)k * SECOND_US / cases[i].per_second);
		CHECK(load_of(&h, 0) <= 0.87, "%s: %.3f", cases[i].story, load_of(&h, 0));
		for (unsigned k = 0; k < offered; k++) /* and those who come again find what is left */
			(void)call(&h, cases[i].codec, cases[i].true_ppm,
				begin_us + (uint64_t)(200 + k) * SECOND_US);
		CHECK(load_of(&h, 0) >= 0.77 && load_of(&h, 0) <= 0.86, "%s: %.3f of the time is used",
			cases[i].story, load_of(&h, 0));
	}
}

/* What the present legs take says what the next one will: listeners of one large room are cheap. */
TEST(the_estimate_learns)
{
	struct house h;

	open_house(&h, 1, 85);
	for (unsigned k = 0; k < 200; k++)
		CHECK(call(&h, CODEC_OPUS, 450, SECOND_US + k * 100000ull), "Opus listener %u", k);
	survey(&h, 60ull * SECOND_US);
	unsigned burst = 0;
	while (burst < 1000 && call(&h, CODEC_OPUS, 450, 60ull * SECOND_US + 1))
		burst++;
	CHECK(burst >= 600, "within one survey %u more, not (850 - 90) / 5.3 = 143", burst);
	CHECK(load_of(&h, 0) <= 0.86, "%.3f", load_of(&h, 0));
}

TEST(the_least_loaded_worker_is_chosen)
{
	struct house h;

	open_house(&h, 3, 85);
	for (unsigned k = 0; k < 300; k++)
		CHECK(call(&h, k % 7 ? CODEC_PCMU : CODEC_OPUS, k % 7 ? 400 : 5300, SECOND_US + k * 10000ull),
			"call %u", k);
	for (unsigned i = 0; i < 3; i++)
		CHECK_NEAR(
			(load_of(&h, 0) + load_of(&h, 1) + load_of(&h, 2)) / 3, load_of(&h, i), 0.03, "even");
	CHECK_INT(2, admission_pick(&h.a, CODEC_PCMU, 2), "or the one that was asked for");
}

/* Refused once, a worker takes nobody until a sixteenth is free: no wavering at the edge. */
TEST(a_full_worker_reopens_after_some_have_left)
{
	struct house h;
	uint64_t now_us = SECOND_US;
	unsigned n = 0;

	open_house(&h, 1, 80);
	while (call(&h, CODEC_PCMU, 400, now_us += 20000))
		n++;
	CHECK(n > 1500, "%u came in", n);
	h.legs[0].gone = h.legs[1].gone = h.legs[2].gone = true;
	CHECK(!call(&h, CODEC_PCMU, 400, now_us += 3 * SECOND_US), "three left: not yet");
	for (unsigned i = 3; i < 150; i++)
		h.legs[i].gone = true;
	CHECK(!call(&h, CODEC_PCMU, 400, now_us += 500000), "a sixteenth left: it may be a lull");
	CHECK(call(&h, CODEC_PCMU, 400, now_us += 20 * SECOND_US), "it was none: open");
	CHECK(call(&h, CODEC_PCMU, 400, now_us + 1), "and stays open");
}

TEST(late_ticks_close_a_worker_that_makes_them)
{
	struct house h;

	open_house(&h, 1, 80);
	h.p99_permille = 1200;
	for (unsigned k = 0; k < 500; k++)
		CHECK(call(&h, CODEC_PCMU, 400, SECOND_US + k * 20000ull), "a quarter of the bound: %u", k);
	for (unsigned k = 500; k < 1000; k++)
		(void)call(&h, CODEC_PCMU, 400, SECOND_US + k * 20000ull);
	CHECK_NEAR(0.4, load_of(&h, 0), 0.02, "from half the bound on they are its own making");
	h.p99_permille = 300;
	CHECK(call(&h, CODEC_PCMU, 400, 60ull * SECOND_US), "in time again: open");
}

TEST(retry_after_is_spread)
{
	unsigned seen = 0;

	for (uint32_t r = 0; r < 100; r++) {
		const unsigned s = admission_retry_s(r * 2654435761u);

		CHECK(s >= 5 && s <= 14, "%u", s);
		seen |= 1u << s;
	}
	CHECK_INT(0x7fe0, seen, "each of ten seconds");
}

/* ---- the control thread ---- */

/* `ms` of beats; in each second the loop stands still for `stall_ms` at its beginning, and works `cpu` permille. */
static void beat(
	struct pulse *p, uint64_t *now_us, unsigned ms, unsigned stall_ms, unsigned cpu, uint64_t *cpu_us)
{
	const uint64_t until_us = *now_us + ms * 1000ull;

	while (*now_us < until_us) {
		uint64_t next_us = *now_us / PULSE_BEAT_US * PULSE_BEAT_US + PULSE_BEAT_US;

		if (next_us % SECOND_US < stall_ms * 1000ull)
			next_us += stall_ms * 1000ull - next_us % SECOND_US;
		*cpu_us += (next_us - *now_us) * cpu / 1000;
		*now_us = next_us;
		pulse_beat(p, *now_us, *cpu_us);
	}
}

TEST(a_lagging_loop_is_busy)
{
	static const struct {
		const char *story;
		unsigned stall_ms, cpu;
		bool busy;
	} cases[] = {
		{ "in time", 0, 300, false },
		{ "a fifth of each second late", 250, 300, false },
		{ "two thirds of each second late", 690, 700, true },
		{ "in time, but never idle", 0, 980, true },
		{ "in time, nearly always working", 0, 900, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct pulse p;
		uint64_t now_us = 50 * SECOND_US, cpu_us = 12345;

		pulse_begin(&p, now_us, cpu_us);
		beat(&p, &now_us, 5000, cases[i].stall_ms, cases[i].cpu, &cpu_us);
		CHECK_INT(cases[i].busy, pulse_busy(&p), cases[i].story);
		CHECK_NEAR(cases[i].cpu, pulse_cpu_permille(&p), 2, cases[i].story);
		beat(&p, &now_us, 3000, 0, 100, &cpu_us);
		CHECK_INT(0, pulse_busy(&p), "three calm seconds");
	}
}

TEST(one_hiccup_is_no_overload)
{
	struct pulse p;
	uint64_t now_us = 50 * SECOND_US, cpu_us = 0;

	pulse_begin(&p, now_us, cpu_us);
	beat(&p, &now_us, 3000, 0, 100, &cpu_us);
	now_us += 550000;
	pulse_beat(&p, now_us, cpu_us);
	CHECK_INT(0, pulse_busy(&p), "half a second, once");
	CHECK_NEAR(450000, pulse_worst_us(&p), 1000, "though it is seen");
	now_us += 600000ull * SECOND_US / 1000000;
	pulse_beat(&p, now_us, cpu_us);
	CHECK_INT(1, pulse_busy(&p), "and again at once");
	p.lenient = true;
	CHECK_INT(0, pulse_busy(&p), "who measures wants no refusals");
	p.lenient = false;
	now_us += 3600ull * SECOND_US;
	pulse_beat(&p, now_us, cpu_us);
	CHECK_INT(1, pulse_busy(&p), "an hour away");
	CHECK(pulse_worst_us(&p) <= 2 * SECOND_US + PULSE_BEAT_US, "counts two seconds: %u",
		pulse_worst_us(&p));
	now_us += 50000; /* the beats go on */
	beat(&p, &now_us, 4000, 0, 100, &cpu_us);
	CHECK_INT(0, pulse_busy(&p), "and is forgotten");
}

/* For who measures, or would rather lose sound than calls. */
TEST(without_a_bound_nobody_is_refused)
{
	struct admission a;

	admission_init(&a, 2, 0);
	admission_begin(&a, SECOND_US);
	admission_read(&a, 0, 2000, 2000, 3000);
	admission_read(&a, 1, 1500, 1500, 3000);
	CHECK_INT(1, admission_pick(&a, CODEC_OPUS, ADMISSION_ANY), "the one with less to do");
	CHECK_INT(0, admission_pick(&a, CODEC_OPUS, 0), "or the one that is asked for");
}

TESTS(without_a_bound_nobody_is_refused, no_pace_of_calls_passes_the_bound, the_estimate_learns,
	the_least_loaded_worker_is_chosen, a_full_worker_reopens_after_some_have_left,
	late_ticks_close_a_worker_that_makes_them, retry_after_is_spread, a_lagging_loop_is_busy,
	one_hiccup_is_no_overload)
