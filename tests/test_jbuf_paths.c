/* links: mixer/jbuf.c mixer/slots.c mixer/source.c mixer/delay.c mixer/err.c */
#include "mixer/jbuf.h"
#include "mixer/frame.h"
#include "tests/jbuf_player.h"
#include <stdlib.h>

/* ---- simulated paths ---- */

struct path {
	const char *story;
	unsigned clock_hz, ptime_ms;
	double seconds;
	double jitter_ms;               /* mean of an exponential tail on top of the fastest packet */
	bool in_order;                  /* a queue does not let packets overtake */
	double loss, twice;             /* shares of all packets */
	double stall_every_s, stall_ms; /* nothing comes, then all at once */
	double skew_ppm;                /* the sender's clock is faster */
	double talk_s, pause_s;         /* DTX; 0: always talks */
	double clock_wrong;             /* its timestamps run so many times too fast; 0: as they should */
	double tick_late_ms;            /* our own ticks come up to so much late */
	/* what must be true */
	double conceal_max; /* share of ticks with a gap or nothing, beyond what the path lost */
	unsigned delay_max_ms, end_delay_max_ms;
	double fec_min; /* share of gaps whose next packet is at hand */
	double cut_max; /* share of packets dropped to keep the delay down */
};

struct sent {
	double arrival_us;
	uint32_t timestamp;
	uint16_t seq;
	bool lost;
};

static uint64_t dice_state;

static double dice(void) /* 0..1, splitmix64: the same run every time */
{
	uint64_t z = dice_state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (double)((z ^ z >> 31) >> 11) / 9007199254740992.0;
}

static double minus_log(double x) /* without libm: ln by halving and a short series */
{
	double k = 0, y, sum = 0, term;

	while (x < 0.5)
		x *= 2, k++;
	y = term = 1 - x;
	for (int i = 1; i < 40; i++, term *= y)
		sum += term / i;
	return sum + k * 0.6931471805599453;
}

static int by_arrival(const void *a, const void *b)
{
	double x = ((const struct sent *)a)->arrival_us, y = ((const struct sent *)b)->arrival_us;

	return x < y ? -1 : x > y;
}

static size_t send_all(
	const struct path *path, double phase_ms, struct sent *list, size_t cap, uint32_t *n_lost)
{
	double scale = path->clock_wrong > 0 ? path->clock_wrong : 1;
	size_t n = 0, packets = (size_t)(path->seconds * 1000 / path->ptime_ms);
	uint32_t units = path->clock_hz / 1000 * path->ptime_ms;
	double latest = 0, period_us = path->ptime_ms * 1000.0 / (1 + path->skew_ppm / 1e6);
	uint16_t seq = 65000; /* wraps early */

	*n_lost = 0;
	for (size_t i = 0; i < packets; i++) {
		double at = (double)i * period_us, t = at / 1e6, arrival;
		struct sent s = { .seq = seq,
			.timestamp = (uint32_t)(4294900000u + (uint64_t)((double)i * units * scale)) };

		if (path->pause_s > 0 && t - (double)(long)(t / (path->talk_s + path->pause_s)) *
								 (path->talk_s + path->pause_s) >
						 path->talk_s)
			continue;
		seq++;
		arrival = 2000000 + phase_ms * 1000 + at +
			  (path->jitter_ms > 0 ? minus_log(dice() + 1e-12) * path->jitter_ms * 1000 : 0);
		if (path->stall_every_s > 0) {
			double in = t - (double)(long)(t / path->stall_every_s) * path->stall_every_s;

			if (t > path->stall_every_s && in * 1000 < path->stall_ms)
				arrival = 2000000 + phase_ms * 1000 + at + path->stall_ms * 1000 - in * 1e6;
		}
		if (path->in_order && arrival < latest)
			arrival = latest;
		latest = arrival;
		s.arrival_us = arrival;
		if (dice() < path->loss) {
			(*n_lost)++;
			continue;
		}
		CHECK(n + 2 < cap, "room for all packets");
		list[n++] = s;
		if (dice() < path->twice) {
			s.arrival_us += 3000;
			list[n++] = s;
		}
	}
	qsort(list, n, sizeof(*list), by_arrival);
	return n;
}

struct outcome {
	uint64_t ticks, gaps, gaps_with_next, empties, played;
	double delay_max_ms, delay_end_ms;
	bool out_of_order;
};

/* Plays a whole list; delays are those of the packet when its first sample is heard. */
static void play_all(
	const struct path *path, struct player *p, const struct sent *list, size_t n, struct outcome *o)
{
	uint32_t units = path->clock_hz / 1000 * path->ptime_ms, frame = path->clock_hz / 50;
	uint16_t last = 0;
	uint8_t bytes[256];
	bool first = true;
	uint64_t late_us;
	double *arrival = calloc(65536, sizeof(*arrival));

	*o = (struct outcome){ 0 };
	CHECK(arrival, "memory for the test");
	for (size_t at = 0; at < n; o->ticks++, p->now_us += 20000, p->have -= frame) {
		for (; at < n && list[at].arrival_us <= (double)p->now_us; at++) {
			struct rtp rtp = { .seq = list[at].seq,
				.timestamp = list[at].timestamp,
				.ssrc = 9,
				.payload = bytes };

			rtp.payload_len = make_payload(bytes, rtp.seq, units, 160);
			arrival[rtp.seq] = list[at].arrival_us;
			(void)jbuf_put(p->jbuf, &rtp, (uint64_t)list[at].arrival_us);
		}
		late_us = (uint64_t)(path->tick_late_ms * 1000 * (double)(o->ticks * 7 % 10) / 10);
		p->now_us += late_us;
		while (p->have < frame) {
			double held_ms = (double)p->have * 1000 / path->clock_hz;
			struct jbuf_out out;
			uint16_t seq = 0;
			enum jbuf_got got;

			got = player_take(p, &seq, &out);

			if (got == JBUF_EMPTY) {
				if (!first)
					o->empties++;
			} else if (got == JBUF_LOST) {
				o->gaps++;
				o->gaps_with_next += out.next != NULL;
			} else {
				double delay = ((double)p->now_us - arrival[seq]) / 1000 + held_ms;

				o->out_of_order |= !first && (int16_t)(seq - last) <= 0;
				o->delay_max_ms = delay > o->delay_max_ms ? delay : o->delay_max_ms;
				o->delay_end_ms = delay;
				last = seq;
				first = false;
				o->played++;
			}
		}
		p->now_us -= late_us;
	}
	free(arrival);
}

static void check_path(const struct path *path, double phase_ms)
{
	size_t cap = (size_t)(path->seconds * 1000 / path->ptime_ms) * 2 + 16, n;
	struct sent *list = calloc(cap, sizeof(*list));
	uint32_t n_lost;
	struct jbuf_stats stats;
	struct outcome o;
	struct player p;

	dice_state = 1;
	CHECK(list, "memory for the test");
	n = send_all(path, phase_ms, list, cap, &n_lost);
	player_init(&p, path->clock_hz);
	play_all(path, &p, list, n, &o);
	jbuf_stats(p.jbuf, &stats);
	jbuf_free(p.jbuf);
	free(list);

	if (getenv("JBUF_TELL"))
		printf("%-46s ticks %llu gaps %llu nothing %llu | lost %u/%u late %u reordered %u overflow "
		       "%u dropped %u restarts %u | "
		       "delay max %.0f end %.0f target %u delay %u jitter %u us\n",
			path->story, (unsigned long long)o.ticks, (unsigned long long)o.gaps,
			(unsigned long long)o.empties, stats.lost, n_lost, stats.late, stats.reordered,
			stats.overflow, stats.dropped, stats.restarts, o.delay_max_ms, o.delay_end_ms,
			stats.target_ms, stats.delay_ms, stats.jitter_us);
	CHECK(!o.out_of_order, "%s: numbers only ever grow", path->story);
	CHECK(stats.lost - stats.late <= n_lost && stats.lost - stats.late + 8 >= n_lost,
		"%s: lost %u of which %u late, the path lost %u", path->story, stats.lost, stats.late,
		n_lost);
	CHECK_INT(stats.taken, o.played, path->story);
	if (path->clock_wrong == 0)
		CHECK_INT(0, stats.restarts, path->story);
	CHECK((double)o.gaps_with_next >= path->fec_min * (double)o.gaps, "%s: FEC at hand for %llu of %llu",
		path->story, (unsigned long long)o.gaps_with_next, (unsigned long long)o.gaps);
	CHECK(o.delay_max_ms <= path->delay_max_ms, "%s: a packet waited %.1f ms", path->story,
		o.delay_max_ms);
	CHECK(o.delay_end_ms <= path->end_delay_max_ms, "%s: the last waited %.1f ms", path->story,
		o.delay_end_ms);
	CHECK((double)stats.dropped + stats.overflow <= path->cut_max * (double)o.played + 0.5,
		"%s: %u cut and %u overflown of %llu", path->story, stats.dropped, stats.overflow,
		(unsigned long long)o.played);
	if (path->pause_s == 0)
		CHECK((double)(o.gaps + o.empties) <=
				n_lost * path->ptime_ms / 20.0 + path->conceal_max * (double)o.ticks + 3,
			"%s: %llu gaps and %llu times nothing in %llu ticks, %u lost", path->story,
			(unsigned long long)o.gaps, (unsigned long long)o.empties,
			(unsigned long long)o.ticks, n_lost);
}

TEST(an_hour_on_every_path)
{
	static const struct path paths[] = {
		{ .story = "clean",
			.clock_hz = 8000,
			.ptime_ms = 20,
			.seconds = 3600,
			.delay_max_ms = 22,
			.end_delay_max_ms = 22 },
		{ .story = "clean, 60 ms packets",
			.clock_hz = 8000,
			.ptime_ms = 60,
			.seconds = 3600,
			.delay_max_ms = 22,
			.end_delay_max_ms = 22 },
		{ .story = "clean, 10 ms packets of Opus",
			.clock_hz = 48000,
			.ptime_ms = 10,
			.seconds = 600,
			.delay_max_ms = 22,
			.end_delay_max_ms = 22 },
		{ .story = "jitter of a LAN",
			.clock_hz = 8000,
			.ptime_ms = 20,
			.seconds = 3600,
			.jitter_ms = 0.3,
			.conceal_max = 0.0002,
			.delay_max_ms = 25,
			.end_delay_max_ms = 25,
			.cut_max = 0.0001 },
		{ .story = "jitter of a mobile, packets overtake",
			.clock_hz = 8000,
			.ptime_ms = 20,
			.seconds = 3600,
			.jitter_ms = 8,
			.conceal_max = 0.003,
			.delay_max_ms = 70,
			.end_delay_max_ms = 50,
			.cut_max = 0.0003 },
		{ .story = "the same in order, loss of 5 %, doubles",
			.clock_hz = 8000,
			.ptime_ms = 20,
			.seconds = 3600,
			.jitter_ms = 8,
			.in_order = true,
			.loss = 0.05,
			.twice = 0.1,
			.conceal_max = 0.003,
			.delay_max_ms = 125,
			.end_delay_max_ms = 60,
			.cut_max = 0.0015 },
		{ .story = "Opus, loss of 10 %",
			.clock_hz = 48000,
			.ptime_ms = 20,
			.seconds = 3600,
			.loss = 0.1,
			.fec_min = 0.85,
			.conceal_max = 0.001,
			.delay_max_ms = 45,
			.end_delay_max_ms = 45,
			.cut_max = 0.001 },
		{ .story = "a stall of 200 ms every 20 s",
			.clock_hz = 8000,
			.ptime_ms = 20,
			.seconds = 3600,
			.stall_every_s = 20,
			.stall_ms = 200,
			.in_order = true,
			.conceal_max = 0.011,
			.delay_max_ms = 141,
			.end_delay_max_ms = 25,
			.cut_max = 0.0105 },
		{ .story = "a stall of two seconds every five minutes",
			.clock_hz = 8000,
			.ptime_ms = 20,
			.seconds = 3600,
			.stall_every_s = 300,
			.stall_ms = 2000,
			.in_order = true,
			.conceal_max = 0.007,
			.delay_max_ms = 141,
			.end_delay_max_ms = 25,
			.cut_max = 0.0065 },
		{ .story = "sender's clock 500 ppm fast",
			.clock_hz = 8000,
			.ptime_ms = 20,
			.seconds = 3600,
			.skew_ppm = 500,
			.jitter_ms = 0.5,
			.conceal_max = 0.0001,
			.delay_max_ms = 35,
			.end_delay_max_ms = 35,
			.cut_max = 0.0006 },
		{ .story = "sender's clock 500 ppm slow",
			.clock_hz = 8000,
			.ptime_ms = 20,
			.seconds = 3600,
			.skew_ppm = -500,
			.jitter_ms = 0.5,
			.conceal_max = 0.0006,
			.delay_max_ms = 30,
			.end_delay_max_ms = 30,
			.cut_max = 0.0001 },
		{ .story = "our own ticks late by up to 5 ms",
			.clock_hz = 8000,
			.ptime_ms = 20,
			.seconds = 600,
			.jitter_ms = 0.3,
			.loss = 0.01,
			.tick_late_ms = 5,
			.conceal_max = 0.0005,
			.delay_max_ms = 30,
			.end_delay_max_ms = 30,
			.cut_max = 0.0001 },
		{ .story = "G.722 with timestamps at 16 kHz",
			.clock_hz = 8000,
			.ptime_ms = 20,
			.seconds = 600,
			.clock_wrong = 2,
			.jitter_ms = 0.5,
			.conceal_max = 0.0005,
			.delay_max_ms = 45,
			.end_delay_max_ms = 45,
			.cut_max = 0.0001 },
		{ .story = "timestamps at half the rate",
			.clock_hz = 8000,
			.ptime_ms = 20,
			.seconds = 600,
			.clock_wrong = 0.5,
			.jitter_ms = 0.5,
			.conceal_max = 0.0005,
			.delay_max_ms = 45,
			.end_delay_max_ms = 45,
			.cut_max = 0.0001 },
		{ .story = "timestamps that hardly move",
			.clock_hz = 8000,
			.ptime_ms = 20,
			.seconds = 600,
			.clock_wrong = 0.001,
			.jitter_ms = 0.5,
			.conceal_max = 0.0005,
			.delay_max_ms = 45,
			.end_delay_max_ms = 45,
			.cut_max = 0.0001 },
		{ .story = "talk bursts with DTX, jitter and skew",
			.clock_hz = 48000,
			.ptime_ms = 20,
			.seconds = 3600,
			.talk_s = 2.2,
			.pause_s = 1.7,
			.jitter_ms = 5,
			.skew_ppm = 200,
			.loss = 0.02,
			.in_order = true,
			.delay_max_ms = 85,
			.end_delay_max_ms = 70,
			.cut_max = 0.0002 },
	};

	static const double phases_ms[] = { 0, 6.3, 18.9 }; /* between the sender's packets and our ticks */

	for (size_t i = 0; i < N(paths) * N(phases_ms); i++)
		check_path(&paths[i / N(phases_ms)], phases_ms[i % N(phases_ms)]);
}

TESTS(an_hour_on_every_path)
