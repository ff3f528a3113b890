/* links: mixer/jbuf.c mixer/slots.c mixer/source.c mixer/delay.c mixer/err.c */
#include "mixer/jbuf.h"
#include "mixer/frame.h"
#include "tests/test.h"
#include <stdlib.h>

/* A caller as stream.c is one: a frame of 20 ms every 20 ms, taken from decoded packets, concealed
 * gaps, and whatever it fills in when nothing is there. */
struct player {
	struct jbuf *jbuf;
	unsigned clock_hz;
	uint64_t now_us;
	uint32_t have, packet; /* RTP clock units decoded; length of the last packet */
	char log[4096];
	size_t n_log;
};

static void player_init(struct player *p, unsigned clock_hz)
{
	*p = (struct player){ .clock_hz = clock_hz, .now_us = 1000000, .packet = clock_hz / 50 };
	CHECK_INT(MIX_OK, jbuf_alloc(&p->jbuf, clock_hz), "a jitter buffer");
}

static void say(struct player *p, const char *word)
{
	size_t n = strlen(word);

	if (p->n_log + n + 2 > sizeof(p->log))
		return;
	if (p->n_log)
		p->log[p->n_log++] = ' ';
	memcpy(p->log + p->n_log, word, n + 1);
	p->n_log += n;
}

/* The payload of test packets: number, length in units; the rest is filling. */
static size_t make_payload(uint8_t *p, uint16_t seq, uint32_t units, size_t len)
{
	memset(p, 0x5a, len);
	p[0] = (uint8_t)(seq >> 8);
	p[1] = (uint8_t)seq;
	p[2] = (uint8_t)(units >> 8);
	p[3] = (uint8_t)units;
	return len;
}

/* One take; 0 packet, 1 gap, 2 nothing.  *seq of a packet. */
static enum jbuf_got player_take(struct player *p, uint16_t *seq, struct jbuf_out *out)
{
	uint32_t frame = p->clock_hz / 50, fill;
	enum jbuf_got got = jbuf_take(p->jbuf, out, p->have, p->now_us);

	switch (got) {
	case JBUF_PACKET:
		CHECK(out->len >= 4 && out->payload[out->len - 1] == (out->len > 4 ? 0x5a : out->payload[3]),
			"payload came out as it went in");
		*seq = (uint16_t)(out->payload[0] << 8 | out->payload[1]);
		p->packet = (uint32_t)(out->payload[2] << 8 | out->payload[3]);
		p->have += p->packet;
		jbuf_played(p->jbuf, p->packet);
		break;
	case JBUF_LOST:
		fill = out->gap && out->gap < p->packet ? out->gap : p->packet;
		p->have += fill;
		jbuf_played(p->jbuf, fill);
		break;
	case JBUF_EMPTY: p->have = frame; break;
	}
	return got;
}

static void player_tick(struct player *p)
{
	uint32_t frame = p->clock_hz / 50;
	char word[32];

	while (p->have < frame) {
		struct jbuf_out out;
		uint16_t seq = 0;

		switch (player_take(p, &seq, &out)) {
		case JBUF_PACKET: snprintf(word, sizeof(word), "%u", seq); break;
		case JBUF_LOST:
			if (out.next)
				snprintf(word, sizeof(word), ".%u",
					(unsigned)(out.next[0] << 8 | out.next[1]));
			else
				snprintf(word, sizeof(word), ".");
			break;
		default: snprintf(word, sizeof(word), "_"); break;
		}
		say(p, word);
	}
	p->have -= frame;
	p->now_us += 20000;
}

/* Puts what a word says: "7" is packet 7 at timestamp 7 * 160 of 160 units; "7@900" at another
 * timestamp, "7@900/480" of another length, "b7" from another source, "e7" a key (no payload). */
static void put_word(struct player *p, const char *word)
{
	uint8_t bytes[PACKET_MAX];
	struct rtp rtp = { .ssrc = 1, .payload = bytes };
	unsigned seq, units = p->clock_hz / 50;
	bool event = false;
	char *end;

	if (*word == 'b' || *word == 'c')
		rtp.ssrc = (uint32_t)*word++;
	else if (*word == 'e')
		event = true, word++;
	seq = (unsigned)strtoul(word, &end, 10);
	rtp.seq = (uint16_t)seq;
	rtp.timestamp = seq * units;
	if (*end == '@')
		rtp.timestamp = (uint32_t)strtoul(end + 1, &end, 10);
	if (*end == '/')
		units = (unsigned)strtoul(end + 1, &end, 10);
	CHECK(*end == '\0', "word '%s'", word);
	rtp.payload_len = event ? 0 : make_payload(bytes, rtp.seq, units, 160);
	(void)jbuf_put(p->jbuf, &rtp, p->now_us - 10000);
}

/* Words of `script` arrive 10 ms before the tick that a bar stands for. */
static void play_script(struct player *p, const char *script)
{
	char copy[1024], *save = NULL;

	snprintf(copy, sizeof(copy), "%s", script);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		if (*w == '|')
			player_tick(p);
		else
			put_word(p, w);
	}
}

struct story {
	const char *story, *arrive, *play;
	uint32_t lost, late, duplicate, restarts;
};

static void tell(const struct story *stories, size_t n, unsigned clock_hz)
{
	for (size_t i = 0; i < n; i++) {
		const struct story *s = &stories[i];
		struct jbuf_stats stats;
		struct player p;

		player_init(&p, clock_hz);
		play_script(&p, s->arrive);
		jbuf_stats(p.jbuf, &stats);
		jbuf_free(p.jbuf);
		CHECK_STR(s->play, p.log, s->story);
		CHECK_INT(s->lost, stats.lost, s->story);
		CHECK_INT(s->late, stats.late, s->story);
		CHECK_INT(s->duplicate, stats.duplicate, s->story);
		CHECK_INT(s->restarts, stats.restarts, s->story);
	}
}

#define N(a) (sizeof(a) / sizeof(*(a)))

/* _ nothing, . concealed, .4 concealed with packet 4 at hand */
TEST(plays_in_order)
{
	static const struct story stories[] = {
		{ "on time", "1 | 2 | 3 |", "1 2 3", 0, 0, 0, 0 },
		{ "swapped pair", "1 3 2 | | | 4 |", "1 2 3 4", 0, 0, 0, 0 },
		{ "swapped at the start", "2 1 | | 3 |", "1 2 3", 0, 0, 0, 0 },
		{ "one lost, its time passes before the next comes", "1 | | 3 | 4 |", "1 _ 3 4", 1, 0, 0, 0 },
		{ "one lost, the next is here", "1 2 4 | | | | 5 |", "1 2 .4 4 5", 1, 0, 0, 0 },
		{ "two lost, the next is here", "1 2 5 | | | | | 6 |", "1 2 . .5 5 6", 2, 0, 0, 0 },
		{ "sent twice", "1 1 | 2 2 | 2 3 |", "1 2 3", 0, 0, 3, 0 },
		{ "number wraps (RFC 3550 A.1)", "65534@160 65535@320 | | 0@480 | 1@640 |", "65534 65535 0 1",
			0, 0, 0, 0 },
		{ "timestamp wraps", "1@4294967136 | 2@0 | 3@160 |", "1 2 3", 0, 0, 0, 0 },
		{ "lost across both wraps", "65535@4294967136 1@160 | | | 2@320 |", "65535 .1 1 2", 1, 0, 0,
			0 },
		{ "a key's packets are not lost sound", "1 | e2 | e3 e4 | | | 5@1120 | 6@1280 |",
			"1 _ _ _ _ 5 6", 0, 0, 0, 0 },
		{ "a keep-alive between", "1 | e2 3@320 | 4@480 |", "1 3 4", 0, 0, 0, 0 },
	};

	tell(stories, N(stories), 8000);
}

TEST(late_packets_make_the_delay_grow)
{
	static const struct story stories[] = {
		{ "late by a tick: played late, nothing thrown away", "1 | 2 | | 3 4 | 5 | 6 |",
			"1 2 _ 3 4 5", 0, 0, 0, 0 },
		{ "late by three: the same", "1 | 2 | | | | 3 4 5 6 | 7 | 8 | 9 |", "1 2 _ _ _ 3 4 5 6", 0, 0,
			0, 0 },
		{ "overtaken on a clean path: concealed, and too late", "1 2 4 | | | 3 5 | 6 | 7 |",
			"1 2 .4 4 5 6", 1, 1, 0, 0 },
		{ "overtaken by 40 ms: lost once, waited for the second time, in time the third",
			"1 | 2 | | 4 | 5 3 | 6 | 7 | | 9 | 10 8 | 11 | 12 | | 14 | 15 13 | 16 |",
			"1 2 _ 4 5 6 7 _ _ 8 9 10 11 12 13 14", 1, 1, 0, 0 },
	};

	tell(stories, N(stories), 8000);
}

TEST(silence_is_not_loss)
{
	static const struct story stories[] = {
		{ "DTX: time goes on, numbers do not", "1 2@320 | | | | | 3@960 | 4@1120 |", "1 2 _ _ _ 3 4",
			0, 0, 0, 0 },
		{ "DTX with a packet lost in it", "1 | 2 | | | | 4@960 | 5@1120 |", "1 2 _ _ _ 4 5", 1, 0, 0,
			0 },
		{ "a talk burst waits for the margin that was learned (2 came 40 ms late)",
			"1 | | | 2@320 3@480 | | | | 4@1120 | 5@1280 | |", "1 _ _ 2 3 _ _ _ 4 5", 0, 0, 0,
			0 },
		{ "a sender whose timestamps stand still in silence", "1 | | | | | 2@320 | 3@480 |",
			"1 _ _ _ _ 2 3", 0, 0, 0, 0 },
		{ "loss while nobody heard: the time is already concealed", "1 | 2 | | | 5 | 6 |",
			"1 2 _ _ 5 6", 2, 0, 0, 0 },
	};

	tell(stories, N(stories), 8000);
}

TEST(new_beginnings_are_not_loss)
{
	static const struct story stories[] = {
		{ "new SSRC", "1 | 2 | b9000@77 | b9001@237 |", "1 2 9000 9001", 0, 0, 0, 1 },
		{ "the old one's last packets after it", "1 | 2 | b9@77 | 3 b10@237 | b11@397 |",
			"1 2 9 10 11", 0, 0, 0, 1 },
		{ "back to the old one", "1 | b9 | 2 | 3 | 4 | 5 |", "1 9 _ _ 4 5", 0, 0, 0, 2 },
		{ "sequence restarts: its first packet proves it",
			"5000 | 5001 | 20@800320 | 21@800480 | 22@800640 |", "5000 5001 _ 21 22", 0, 0, 0,
			1 },
		{ "one stray number changes nothing", "5000 | 5001 20@3 | 5002 |", "5000 5001 5002", 0, 0, 0,
			0 },
		{ "sequence restarts a little below",
			"50 | 51 | 0@99000 | 1@99160 | 2@99320 | 3@99480 | 4@99640 | 5@99800 |",
			"50 51 _ _ _ 3 4 5", 0, 3, 0, 1 },
		{ "timestamps jump ahead", "1 | 2 | 3@800000 | 4@800160 |", "1 2 3 4", 0, 0, 0, 1 },
		{ "timestamps jump back", "1@900000 | 2@900160 | 3@160 | 4@320 | 5@480 |", "1 2 3 4 5", 0, 0,
			0, 0 },
	};

	tell(stories, N(stories), 8000);
}

TEST(any_ptime_at_any_time)
{
	static const struct story stories[] = {
		{ "20 to 40", "1@160 | 2@320/320 | | 3@640/320 | | 4@960/320 |", "1 2 3 4", 0, 0, 0, 0 },
		{ "20 to 60 and back", "1@160 | 2@320/480 | | | 3@800/160 | 4@960 |", "1 2 3 4", 0, 0, 0, 0 },
		{ "10", "1@80/80 2@160/80 | 3@240/80 4@320/80 | 5@400/80 6@480/80 |", "1 2 3 4 5 6", 0, 0, 0,
			0 },
		{ "30", "1@0/240 | 2@240/240 | 3@480/240 | | 4@720/240 | 5@960/240 | |", "1 2 3 4 5", 0, 0, 0,
			0 },
		{ "lost at 60", "1@480/480 | | | 2@960/480 4@1920/480 | | | | | | | | | |", "1 2 .4 4 _", 1,
			0, 0, 0 },
	};

	tell(stories, N(stories), 8000);
}

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
	/* what must be true */
	double conceal_max; /* share of ticks with a gap or nothing, beyond what the path lost */
	unsigned delay_max_ms, end_delay_max_ms;
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

static size_t send_all(const struct path *path, struct sent *list, size_t cap, uint32_t *n_lost)
{
	size_t n = 0, packets = (size_t)(path->seconds * 1000 / path->ptime_ms);
	uint32_t units = path->clock_hz / 1000 * path->ptime_ms;
	double latest = 0, period_us = path->ptime_ms * 1000.0 / (1 + path->skew_ppm / 1e6);
	uint16_t seq = 65000; /* wraps early */

	*n_lost = 0;
	for (size_t i = 0; i < packets; i++) {
		double at = (double)i * period_us, t = at / 1e6, arrival;
		struct sent s = { .seq = seq, .timestamp = (uint32_t)(4294900000u + i * units) };

		if (path->pause_s > 0 && t - (double)(long)(t / (path->talk_s + path->pause_s)) *
								 (path->talk_s + path->pause_s) >
						 path->talk_s)
			continue;
		seq++;
		arrival = 2000000 + at +
			  (path->jitter_ms > 0 ? minus_log(dice() + 1e-12) * path->jitter_ms * 1000 : 0);
		if (path->stall_every_s > 0) {
			double in = t - (double)(long)(t / path->stall_every_s) * path->stall_every_s;

			if (t > path->stall_every_s && in * 1000 < path->stall_ms)
				arrival = 2000000 + at + path->stall_ms * 1000 - in * 1e6;
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
	uint64_t ticks, gaps, empties, played;
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
		while (p->have < frame) {
			double held_ms = (double)p->have * 1000 / path->clock_hz;
			struct jbuf_out out;
			uint16_t seq = 0;
			enum jbuf_got got = player_take(p, &seq, &out);

			if (got == JBUF_EMPTY) {
				if (!first)
					o->empties++;
			} else if (got == JBUF_LOST) {
				o->gaps++;
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
	}
	free(arrival);
}

static void check_path(const struct path *path)
{
	size_t cap = (size_t)(path->seconds * 1000 / path->ptime_ms) * 2 + 16, n;
	struct sent *list = calloc(cap, sizeof(*list));
	uint32_t n_lost;
	struct jbuf_stats stats;
	struct outcome o;
	struct player p;

	dice_state = 1;
	CHECK(list, "memory for the test");
	n = send_all(path, list, cap, &n_lost);
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
	CHECK_INT(0, stats.restarts, path->story);
	CHECK(o.delay_max_ms <= path->delay_max_ms, "%s: a packet waited %.1f ms", path->story,
		o.delay_max_ms);
	CHECK(o.delay_end_ms <= path->end_delay_max_ms, "%s: the last waited %.1f ms", path->story,
		o.delay_end_ms);
	CHECK((double)stats.dropped + stats.overflow <= path->cut_max * (double)o.played + 0.5,
		"%s: %u cut and %u overflown of %llu", path->story, stats.dropped, stats.overflow,
		(unsigned long long)o.played);
	if (path->pause_s == 0)
		CHECK((double)(o.gaps + o.empties) <=
				n_lost * path->ptime_ms / 20.0 + path->conceal_max * (double)o.ticks + 1,
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
			.conceal_max = 0.002,
			.delay_max_ms = 50,
			.end_delay_max_ms = 45,
			.cut_max = 0.002 },
		{ .story = "jitter of a mobile, packets overtake",
			.clock_hz = 8000,
			.ptime_ms = 20,
			.seconds = 3600,
			.jitter_ms = 8,
			.conceal_max = 0.02,
			.delay_max_ms = 145,
			.end_delay_max_ms = 80,
			.cut_max = 0.01 },
		{ .story = "the same in order, loss of 5 %, doubles",
			.clock_hz = 8000,
			.ptime_ms = 20,
			.seconds = 3600,
			.jitter_ms = 8,
			.in_order = true,
			.loss = 0.05,
			.twice = 0.1,
			.conceal_max = 0.02,
			.delay_max_ms = 145,
			.end_delay_max_ms = 80,
			.cut_max = 0.01 },
		{ .story = "Opus, loss of 10 %",
			.clock_hz = 48000,
			.ptime_ms = 20,
			.seconds = 3600,
			.loss = 0.1,
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
			.conceal_max = 0.02,
			.delay_max_ms = 205,
			.end_delay_max_ms = 145,
			.cut_max = 0.02 },
		{ .story = "a stall of two seconds every five minutes",
			.clock_hz = 8000,
			.ptime_ms = 20,
			.seconds = 3600,
			.stall_every_s = 300,
			.stall_ms = 2000,
			.in_order = true,
			.conceal_max = 0.02,
			.delay_max_ms = 1000,
			.end_delay_max_ms = 42,
			.cut_max = 0.02 },
		{ .story = "sender's clock 500 ppm fast",
			.clock_hz = 8000,
			.ptime_ms = 20,
			.seconds = 3600,
			.skew_ppm = 500,
			.jitter_ms = 0.5,
			.conceal_max = 0.002,
			.delay_max_ms = 70,
			.end_delay_max_ms = 70,
			.cut_max = 0.002 },
		{ .story = "sender's clock 500 ppm slow",
			.clock_hz = 8000,
			.ptime_ms = 20,
			.seconds = 3600,
			.skew_ppm = -500,
			.jitter_ms = 0.5,
			.conceal_max = 0.003,
			.delay_max_ms = 70,
			.end_delay_max_ms = 70,
			.cut_max = 0.002 },
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
			.delay_max_ms = 145,
			.end_delay_max_ms = 100,
			.cut_max = 0.02 },
	};

	for (size_t i = 0; i < N(paths); i++)
		check_path(&paths[i]);
}

TESTS(plays_in_order, late_packets_make_the_delay_grow, silence_is_not_loss, new_beginnings_are_not_loss,
	any_ptime_at_any_time, an_hour_on_every_path)
