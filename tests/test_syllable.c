/* links: mixer/agc.c mixer/burst.c mixer/choose.c mixer/codec_g722.c mixer/conceal.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/delay.c mixer/denoise.c mixer/doze.c mixer/echo.c mixer/err.c mixer/hush.c mixer/jbuf.c mixer/keypad.c mixer/keypad_tx.c mixer/kit.c mixer/latch.c mixer/level.c mixer/limit.c mixer/lull.c mixer/mix.c mixer/narrow.c mixer/oneway.c mixer/opus_peek.c mixer/quality.c mixer/resample.c mixer/ring.c mixer/room.c mixer/room_limit.c mixer/room_idle.c mixer/room_group.c mixer/rtcp.c mixer/rtp.c mixer/skew.c mixer/slots.c mixer/source.c mixer/stream.c mixer/stream_quality.c mixer/agc.c mixer/burst.c mixer/denoise.c mixer/echo.c mixer/oneway.c mixer/quality.c mixer/xr.c mixer/stream_pace.c mixer/stream_rtcp.c mixer/stream_rx.c mixer/stream_playout.c mixer/comfort.c mixer/stream_take.c mixer/progress.c mixer/beep.c mixer/stream_tx.c mixer/stretch.c mixer/warp.c mixer/xr.c tests/speech.c tests/tap.c mixer/exchange.c mixer/room_spread.c mixer/cipher.c mixer/seal.c mixer/stream_seal.c mixer/stream_ice.c mixer/ice.c mixer/binding.c mixer/room_clip.c mixer/clip.c mixer/quirk.c mixer/unopened.c */
/* Who of a full room is heard (A13, A14; DESIGN.md section 4, rule 5), with spoken prompts, sample by sample. */
#include "mixer/stream_priv.h"
#include "tests/speech.h"
#include "tests/tap.h"
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>

enum { LEGS = 12, MIXED = 4, NOISY = 500, MS = 8 /* samples */ };

static uint32_t dice(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void add_noise(int16_t pcm[TAP_FRAME], double dbov, uint32_t *state)
{
	const double peak = 32768 * sqrt(3) * pow(10, dbov / 20);

	for (size_t i = 0; i < TAP_FRAME; i++)
		pcm[i] = (int16_t)lrint(
			fmax(-32768, fmin(32767, pcm[i] + peak * (2.0 * dice(state) / UINT32_MAX - 1))));
}

static struct speech prompt(const char *name, double dbov)
{
	char path[160];
	struct speech s;

	snprintf(path, sizeof(path), SPEECH_FOLDER "%s.g722", name);
	s = speech_load(path, 20);
	CHECK(s.n > 4000, "%s is installed", name);
	speech_scale(&s, dbov);
	return s;
}

/* Frame `frame` of it, over and over; silence before 0. */
static void speech_frame(const struct speech *s, int frame, int16_t pcm[TAP_FRAME])
{
	if (frame < 0)
		memset(pcm, 0, TAP_FRAME * sizeof(*pcm));
	else
		memcpy(pcm, s->pcm + (size_t)frame % (s->n / TAP_FRAME) * TAP_FRAME,
			TAP_FRAME * sizeof(*pcm));
}

/* ---- first syllables ---- */

enum {
	SETTLE = 150 /* frames until every leg's noise floor is known */,
	SYLLABLE_MS = 300,
	STOPS = SETTLE - 23
};

static double db(double part, double whole)
{
	return part > 0 ? 10 * log10(part / whole) : -120;
}

/* Three talk, a fourth has stopped a little over 400 ms ago: what is missing of a fifth person's first 300 ms, in dB.
 * Those who talk are steady and loud, so that they can be taken out of what is heard to the sample. */
static double missing_of_first_syllable(const char *name, double dbov, double noise_dbov, size_t delay)
{
	enum { EAR, NEW, FIRST_TALKER };
	struct speech s = prompt(name, dbov);
	int16_t *others = calloc((SETTLE + 200) * TAP_FRAME, sizeof(*others));
	int16_t *said = calloc((SETTLE + 200) * TAP_FRAME, sizeof(*said));
	size_t first = 0;
	uint32_t seed = 7;
	struct tap_house h;
	double whole = 0, wrong = 0;

	CHECK(others && said, "memory");
	tap_open(&h, LEGS, MIXED, true);
	for (int tick = 0; tick < SETTLE + 100; tick++) {
		for (unsigned i = 0; i < LEGS; i++) {
			int16_t pcm[TAP_FRAME] = { 0 };

			if (i == NEW) {
				speech_frame(&s, tick - SETTLE, pcm);
				memcpy(said + tick * TAP_FRAME, pcm, sizeof(pcm));
			}
			if (i >= FIRST_TALKER && i < FIRST_TALKER + MIXED) {
				if (i < FIRST_TALKER + MIXED - 1 || tick < STOPS)
					add_noise(pcm, -32, &seed);
				for (size_t k = 0; k < TAP_FRAME; k++)
					others[tick * TAP_FRAME + (int)k] =
						(int16_t)(others[tick * TAP_FRAME + (int)k] + pcm[k]);
			} else if (noise_dbov < 0) {
				add_noise(pcm, noise_dbov, &seed);
			}
			tap_say(&h.taps[i], pcm);
		}
		tap_tick(&h);
	}
	/* The syllable begins where the voice alone comes within 30 dB of itself. */
	for (size_t at = SETTLE * TAP_FRAME; first == 0; at++)
		if (abs(said[at]) > 32768 * pow(10, (dbov - 15) / 20))
			first = at;
	for (size_t at = SETTLE * TAP_FRAME; at < first + SYLLABLE_MS * MS; at++) {
		double missed = h.taps[EAR].heard[at + delay] - others[at] - said[at];

		whole += (double)said[at] * said[at];
		wrong += missed * missed;
	}
	tap_close(&h);
	free(others);
	free(said);
	free(s.pcm);
	return db(wrong, whole);
}

/* A consonant that is softer than -50 dBov stays out of a crowded room until the vowel: that is the -30 dB. */
TEST(a_fifth_persons_first_syllable_is_whole)
{
	static const struct {
		const char *name;
		double dbov, noise_dbov; /* 0: none */
		double most_missing_db;
	} cases[] = {
		{ "vm-intro", -26, 0, -40 },
		{ "hello-world", -26, 0, -40 },
		{ "please-try-again", -26, 0, -40 },
		{ "conf-hasjoin", -26, 0, -40 },
		{ "vm-first", -26, 0, -35 },
		{ "digits/4", -26, 0, -33 },
		{ "digits/5", -26, 0, -40 },
		{ "digits/6", -26, 0, -33 },
		{ "digits/7", -26, 0, -35 },
		{ "digits/h-1", -26, 0, -33 },
		{ "agent-pass", -26, -65, -35 },
		{ "digits/3", -26, -65, -33 },
		{ "hello-world", -33, -65, -30 },
		{ "vm-opts", -33, -65, -30 },
	};
	const size_t delay = tap_delay();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		double missing =
			missing_of_first_syllable(cases[i].name, cases[i].dbov, cases[i].noise_dbov, delay);

		print_message("  %-18s at %.0f dBov, noise %.0f: %.1f dB of its first syllable is missing\n",
			cases[i].name, cases[i].dbov, cases[i].noise_dbov, missing);
		CHECK(missing <= cases[i].most_missing_db,
			"%s at %.0f dBov: %.1f dB is missing, at most %.0f", cases[i].name, cases[i].dbov,
			missing, cases[i].most_missing_db);
	}
}

/* ---- who keeps a place ---- */

enum { SPEAKERS = 8, SPEAK_FRAMES = 1500 };

struct contest {
	unsigned changes, naive_changes; /* of the set of the mixed, once a place is contended */
	unsigned spoke[SPEAKERS], heard[SPEAKERS];
};

/* Everybody speaks at once and at the same level, pauses of speech included. */
static void run_contest(struct contest *c)
{
	static const char *const names[SPEAKERS] = { "vm-intro", "conf-adminmenu-18", "vm-options",
		"conf-usermenu", "vm-review", "demo-congrats", "demo-instruct", "demo-abouttotry" };
	struct speech said[SPEAKERS];
	struct tap_house h;
	unsigned before = 0, naive_before = 0;

	memset(c, 0, sizeof(*c));
	for (unsigned i = 0; i < SPEAKERS; i++)
		said[i] = prompt(names[i], -26);
	tap_open(&h, SPEAKERS + 4, MIXED, true);
	for (int tick = 0; tick < SPEAK_FRAMES; tick++) {
		uint8_t dbov[SPEAKERS];
		unsigned mixed = 0, naive = 0;

		for (unsigned i = 0; i < SPEAKERS; i++) {
			int16_t pcm[TAP_FRAME];

			speech_frame(&said[i], tick, pcm);
			dbov[i] = level_dbov(pcm, TAP_FRAME);
			tap_say(&h.taps[i], pcm);
		}
		tap_tick(&h);
		for (unsigned i = 0; i < SPEAKERS; i++) {
			unsigned louder = 0;

			for (unsigned k = 0; k < SPEAKERS; k++)
				louder += dbov[k] < dbov[i] || (dbov[k] == dbov[i] && k < i);
			naive |= louder < MIXED ? 1u << i : 0;
			mixed |= h.taps[i].stream->voice.chosen ? 1u << i : 0;
			c->spoke[i] += dbov[i] < 45;
			c->heard[i] += dbov[i] < 45 && h.taps[i].stream->voice.chosen;
		}
		c->changes += mixed != before;
		c->naive_changes += naive != naive_before;
		before = mixed;
		naive_before = naive;
	}
	tap_close(&h);
	for (unsigned i = 0; i < SPEAKERS; i++)
		free(said[i].pcm);
}

TEST(places_are_kept_and_shared_fairly)
{
	struct contest c;
	double least = 1, most = 0;

	run_contest(&c);
	for (unsigned i = 0; i < SPEAKERS; i++) {
		double share = (double)c.heard[i] / c.spoke[i];

		least = fmin(least, share);
		most = fmax(most, share);
	}
	print_message(
		"  8 speak for 30 s, 4 are mixed: the mix changes %u times (the plain loudest four: %u);\n"
		"  of what each says, %.0f to %.0f %% is heard\n",
		c.changes, c.naive_changes, 100 * least, 100 * most);
	CHECK(c.changes * 2 < c.naive_changes, "%u changes, %u without hysteresis", c.changes,
		c.naive_changes);
	CHECK(least > 0.2, "of one of them %.0f %% is heard", 100 * least);
	CHECK(most < 0.9, "of one of them %.0f %% is heard", 100 * most);
}

/* Equal tones that never pause: whoever was first keeps the place, to the end and without a change. */
TEST(equals_do_not_flap)
{
	struct tap_house h;
	unsigned changes = 0, before = 0;

	tap_open(&h, LEGS, MIXED, true);
	for (int tick = 0; tick < 500; tick++) {
		unsigned mixed = 0;

		for (unsigned i = 0; i < 6; i++) {
			int16_t pcm[TAP_FRAME];

			for (size_t k = 0; k < TAP_FRAME; k++)
				pcm[k] = (int16_t)lrint(
					(1500 + 300 * sin(tick * 0.7 + i)) *
					sin((tick * (double)TAP_FRAME + (double)k) * (0.2 + 0.05 * i)));
			tap_say(&h.taps[i], pcm);
		}
		tap_tick(&h);
		for (unsigned i = 0; i < 6; i++)
			mixed |= h.taps[i].stream->voice.chosen ? 1u << i : 0;
		changes += tick > 10 && mixed != before;
		before = mixed;
	}
	CHECK_INT(0, changes, "changes among tones that go up and down by 2 dB");
	tap_close(&h);
}

/* ---- noise ---- */

/* What a listener hears of `n` noisy legs, in dBov, while nobody talks or (talks) one does and is taken out. */
static double noise_heard(unsigned n, double dbov, double sway_db, bool talks, size_t delay)
{
	enum { FROM = 200, TO = 260 };
	static int16_t said[TO * TAP_FRAME];
	struct speech s = prompt("vm-intro", -26);
	struct tap_house h;
	uint32_t seed = 3;
	double energy = 0;

	memset(said, 0, sizeof(said));
	tap_open(&h, n + 2, MIXED, true);
	for (int tick = 0; tick < TO; tick++) {
		if (talks)
			speech_frame(&s, tick, said + tick * TAP_FRAME);
		tap_say(&h.taps[1], said + tick * TAP_FRAME);
		for (unsigned i = 2; i < n + 2; i++) {
			int16_t pcm[TAP_FRAME] = { 0 };

			add_noise(pcm, dbov + sway_db * sin(tick * 0.05 * (1 + i % 7) + i), &seed);
			tap_say(&h.taps[i], pcm);
		}
		tap_tick(&h);
	}
	for (size_t at = FROM * TAP_FRAME; at < TO * TAP_FRAME - delay; at++) {
		double d = h.taps[0].heard[at + delay] - said[at];

		energy += d * d;
	}
	tap_close(&h);
	free(s.pcm);
	energy /= (TO - FROM) * (double)TAP_FRAME - (double)delay;
	return energy > 0 ? 10 * log10(energy / 32768 / 32768) : -120;
}

TEST(noise_of_many_is_not_summed)
{
	static const struct {
		const char *story;
		double dbov, sway_db;
		bool talks;
		double most_dbov; /* 500 legs would sum to 27 dB above one */
	} cases[] = {
		{ "quiet lines, nobody talks", -60, 0, false, -100 },
		{ "noisy lines, nobody talks", -48, 0, false, -100 },
		{ "loud lines, nobody talks", -42, 0, false, -100 },
		{ "noisy lines, somebody talks", -48, 0, true, -60 },
		{ "lines as loud as talk: no more of them than are mixed", -34, 0, false, -27.5 },
		{ "lines whose noise sways by +-3 dB", -48, 3, false, -60 },
	};
	const size_t delay = tap_delay();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		double few = noise_heard(10, cases[i].dbov, cases[i].sway_db, cases[i].talks, delay);
		double many = noise_heard(NOISY, cases[i].dbov, cases[i].sway_db, cases[i].talks, delay);

		print_message("  %s: noise heard of 10 legs %.1f dBov, of 500 legs %.1f dBov\n",
			cases[i].story, few, many);
		CHECK(many <= cases[i].most_dbov, "%s: %.1f dBov of noise", cases[i].story, many);
		CHECK(many <= few + 3 || many < -90, "%s: it rises from %.1f to %.1f dBov", cases[i].story,
			few, many);
	}
}

/* ---- talk events (L8) ---- */

TEST(talk_is_told_in_time)
{
	static const struct {
		const char *story;
		double dbov, noise_dbov;
	} cases[] = { { "as most people talk", -26, 0 }, { "loud, on a noisy line", -16, -45 },
		{ "far away", -38, -65 }, { "with room noise", -30, -55 } };
	enum { FROM = 150, TO = 200, END = 300 };

	for (size_t c = 0; c < sizeof(cases) / sizeof(*cases); c++) {
		struct tap_house h;
		uint32_t seed = 11;
		double start_ms, stop_ms;
		unsigned first;

		tap_open(&h, 2, MIXED, true);
		for (int tick = 0; tick < END; tick++) {
			int16_t pcm[TAP_FRAME] = { 0 };

			if (cases[c].noise_dbov < 0)
				add_noise(pcm, cases[c].noise_dbov, &seed);
			if (tick >= FROM && tick < TO)
				add_noise(pcm, cases[c].dbov, &seed);
			tap_say(&h.taps[0], pcm);
			tap_tick(&h);
		}
		/* now_us of a tick is when its packet came: it holds the 20 ms before. */
		first = h.taps[0].n_talk - 2; /* a noisy line that joins is taken for a talker at first */
		CHECK(first <= 2, "%s: %u events", cases[c].story, h.taps[0].n_talk);
		start_ms = (double)(h.taps[0].talk[first].at_us - 1000000) / 1000 - (FROM - 1) * FRAME_MS;
		stop_ms = (double)(h.taps[0].talk[first + 1].at_us - 1000000) / 1000 - (TO - 1) * FRAME_MS;
		print_message("  %s: start told after %.0f ms, stop after %.0f ms\n", cases[c].story,
			start_ms, stop_ms);
		CHECK(h.taps[0].talk[first].on && start_ms > 0 && start_ms <= 150, "%s: start after %.0f ms",
			cases[c].story, start_ms);
		CHECK(!h.taps[0].talk[first + 1].on && stop_ms >= 350 && stop_ms <= 450,
			"%s: stop after %.0f ms", cases[c].story, stop_ms);
		tap_close(&h);
	}
}

TESTS(a_fifth_persons_first_syllable_is_whole, places_are_kept_and_shared_fairly, equals_do_not_flap,
	noise_of_many_is_not_summed, talk_is_told_in_time)
