/* links: mixer/jbuf.c mixer/slots.c mixer/source.c mixer/delay.c mixer/err.c */
#include "mixer/jbuf.h"
#include "mixer/frame.h"
#include "tests/jbuf_player.h"
#include "tests/starve.h"
#include <stdlib.h>

/* ---- stories: packets by number, one bar per tick ---- */

struct story_log {
	char text[4096];
	size_t n;
};

static void say(struct story_log *p, const char *word)
{
	size_t n = strlen(word);

	if (p->n + n + 2 > sizeof(p->text))
		return;
	if (p->n)
		p->text[p->n++] = ' ';
	memcpy(p->text + p->n, word, n + 1);
	p->n += n;
}

static void player_tick(struct player *p, struct story_log *log)
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
		say(log, word);
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
static void play_script(struct player *p, struct story_log *log, const char *script)
{
	char copy[1024], *save = NULL;

	snprintf(copy, sizeof(copy), "%s", script);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		if (*w == '|')
			player_tick(p, log);
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
		struct story_log log = { .n = 0 };
		struct player p;

		player_init(&p, clock_hz);
		play_script(&p, &log, s->arrive);
		jbuf_stats(p.jbuf, &stats);
		jbuf_free(p.jbuf);
		CHECK_STR(s->play, log.text, s->story);
		CHECK_INT(s->lost, stats.lost, s->story);
		CHECK_INT(s->late, stats.late, s->story);
		CHECK_INT(s->duplicate, stats.duplicate, s->story);
		CHECK_INT(s->restarts, stats.restarts, s->story);
	}
}

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
		{ "timestamps jump ahead and a packet is lost", "1 | 2 | 4@80000 | 5@80160 |", "1 2 4 5", 1,
			0, 0, 1 },
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

/* ---- delay ---- */

/* One packet of 20 ms that comes `late_ms` after its time, and the tick after it. */
static void put_one(struct player *p, unsigned n, unsigned late_ms)
{
	uint8_t bytes[160];
	struct rtp rtp = { .ssrc = 1, .seq = (uint16_t)n, .timestamp = n * 160, .payload = bytes };

	rtp.payload_len = make_payload(bytes, rtp.seq, 160, sizeof(bytes));
	(void)jbuf_put(p->jbuf, &rtp, 1000000 + n * 20000ull + late_ms * 1000ull - 10000);
}

static struct jbuf_stats stats_of(const struct player *p)
{
	struct jbuf_stats stats;

	jbuf_stats(p->jbuf, &stats);
	return stats;
}

static void play_clean(struct player *p, struct story_log *log, unsigned *n, unsigned packets)
{
	for (unsigned i = 0; i < packets; i++) {
		put_one(p, (*n)++, 0);
		player_tick(p, log);
	}
}

TEST(delay_follows_jitter_up_at_once_and_down_again)
{
	static const struct {
		const char *story;
		unsigned late_ms, target_least, target_most;
	} cases[] = {
		{ "a tick", 20, 40, 45 },
		{ "three ticks", 60, 80, 85 },
		{ "more than the ceiling", 240, 120, 120 },
	};

	for (size_t i = 0; i < N(cases); i++) {
		unsigned n = 0, ticks = cases[i].late_ms / 20;
		struct story_log log = { .n = 0 };
		struct player p;

		player_init(&p, 8000);
		play_clean(&p, &log, &n, 100);
		CHECK_INT(20, stats_of(&p).target_ms, "a clean path: one packet");
		CHECK(stats_of(&p).delay_ms <= 20, "%s: delay %u on a clean path", cases[i].story,
			stats_of(&p).delay_ms);
		for (unsigned t = 0; t < ticks; t++)
			player_tick(&p, &log);
		for (unsigned t = 0; t <= ticks; t++) /* a stall: all that waited come at once */
			put_one(&p, n + t, (ticks - t) * 20);
		n += ticks + 1;
		player_tick(&p, &log);
		CHECK(stats_of(&p).target_ms >= cases[i].target_least &&
				stats_of(&p).target_ms <= cases[i].target_most,
			"%s late: target %u", cases[i].story, stats_of(&p).target_ms);
		CHECK(stats_of(&p).delay_ms <= JBUF_MAX_MS + 20, "%s late: delay %u", cases[i].story,
			stats_of(&p).delay_ms);
		play_clean(&p, &log, &n, 1500);
		CHECK_INT(20, stats_of(&p).target_ms, "half a minute later");
		CHECK(stats_of(&p).delay_ms <= 25, "%s: delay %u is back", cases[i].story,
			stats_of(&p).delay_ms);
		CHECK_INT(0, stats_of(&p).lost, cases[i].story);
		jbuf_free(p.jbuf);
	}
}

/* Ten seconds of hold, and its timestamps stood still. */
TEST(after_a_long_silence_the_path_is_learned_anew)
{
	struct story_log log = { .n = 0 };
	struct player p;
	unsigned n = 0;

	player_init(&p, 8000);
	play_clean(&p, &log, &n, 100);
	for (unsigned i = 0; i < 500; i++)
		player_tick(&p, &log);
	for (unsigned i = 0; i < 5; i++) {
		put_one(&p, n++, 10000);
		player_tick(&p, &log);
		CHECK_INT(20, stats_of(&p).target_ms, "ten seconds late is a new clock, not jitter");
		CHECK(stats_of(&p).delay_ms <= 20, "delay %u", stats_of(&p).delay_ms);
	}
	CHECK_INT(105, stats_of(&p).taken, "all played");
	CHECK_INT(0, stats_of(&p).restarts, "and nothing was thrown away for it");
	jbuf_free(p.jbuf);
}

/* What stream.c does in a pause: decode a packet and throw its sound away. */
TEST(thrown_away_sound_shortens_the_delay_for_good)
{
	struct story_log log = { .n = 0 };
	struct jbuf_stats before;
	struct jbuf_out out;
	struct player p;
	unsigned n = 0;
	uint16_t seq;

	player_init(&p, 8000);
	play_clean(&p, &log, &n, 50);
	player_tick(&p, &log);
	player_tick(&p, &log); /* two ticks of stall, then one after the other again */
	put_one(&p, n, 40), put_one(&p, n + 1, 20), n += 2;
	while (stats_of(&p).surplus_ms < 20 && n < 1500)
		play_clean(&p, &log, &n, 1);
	before = stats_of(&p);
	CHECK(before.surplus_ms >= 20 && before.dropped == 0,
		"the jitter is forgotten, the delay not yet cut");
	CHECK_INT(JBUF_PACKET, player_take(&p, &seq, &out), "one to throw away");
	p.have = 0;
	while (player_take(&p, &seq, &out) == JBUF_PACKET) /* all that is here ... */
		p.have = 0;
	n++; /* ... and the next is lost, so that the delay is known by nothing but what was thrown */
	p.have = 0, p.now_us += 20000;
	play_clean(&p, &log, &n, 2);
	CHECK(stats_of(&p).delay_ms <= before.delay_ms - 20, "delay %u, before %u", stats_of(&p).delay_ms,
		before.delay_ms);
	play_clean(&p, &log, &n, 50);
	CHECK(stats_of(&p).delay_ms <= before.delay_ms - 20, "and it stays so");
	jbuf_free(p.jbuf);
}

TEST(a_late_packet_with_an_absurd_timestamp_teaches_nothing)
{
	struct story_log log = { .n = 0 };
	uint8_t bytes[160] = { 0 };
	struct rtp absurd = {
		.ssrc = 1, .seq = 50, .timestamp = 5000000, .payload = bytes, .payload_len = 160
	};
	struct player p;
	unsigned n = 0;

	player_init(&p, 8000);
	play_clean(&p, &log, &n, 50);
	n++, player_tick(&p, &log);
	play_clean(&p, &log, &n, 20);
	CHECK_INT(MIX_STALE, jbuf_put(p.jbuf, &absurd, p.now_us), "number 50, long after its time");
	play_clean(&p, &log, &n, 2);
	CHECK_INT(1, stats_of(&p).late, "counted");
	CHECK_INT(20, stats_of(&p).target_ms, "and forgotten");
	CHECK(stats_of(&p).delay_ms <= 20, "delay %u", stats_of(&p).delay_ms);
	jbuf_free(p.jbuf);
}

TEST(a_stall_longer_than_the_ceiling_drops_the_oldest)
{
	struct story_log log = { .n = 0 };
	struct jbuf_stats stats;
	struct player p;
	unsigned n = 0;

	player_init(&p, 8000);
	play_clean(&p, &log, &n, 10);
	for (unsigned i = 0; i < 60; i++)
		player_tick(&p, &log);
	for (unsigned i = 0; i < 60; i++)
		put_one(&p, n + i, (60 - i) * 20);
	CHECK(stats_of(&p).depth_ms <= JBUF_SLOTS * 20, "what 32 slots hold");
	log.n = 0;
	n += 60;
	play_clean(&p, &log, &n, 3);
	stats = stats_of(&p);
	CHECK_STR("64 65 66", log.text, "the youngest 120 ms, in order, then on");
	CHECK(stats.depth_ms <= JBUF_MAX_MS + 20, "%u ms wait", stats.depth_ms);
	CHECK_INT(54, stats.overflow, "what was dropped is counted");
	CHECK_INT(0, stats.lost, "and is no loss of the path");
	jbuf_free(p.jbuf);
}

/* ---- limits ---- */

TEST(every_size_of_packet_fits)
{
	static const struct {
		const char *story;
		size_t len;
		enum mix_err want;
		unsigned waiting; /* of six */
	} cases[] = {
		{ "one byte (Opus DTX)", 1, MIX_OK, 6 },
		{ "G.711 of 60 ms", 480, MIX_OK, 6 },
		{ "largest Opus frame", 1275, MIX_FULL, 4 },
		{ "largest packet", PACKET_MAX, MIX_FULL, 3 },
		{ "larger", PACKET_MAX + 1, MIX_RANGE, 0 },
	};
	static uint8_t bytes[PACKET_MAX + 1], lent[JBUF_LENT];

	for (size_t i = 0; i < N(cases); i++) {
		struct rtp rtp = { .ssrc = 1, .payload = bytes, .payload_len = cases[i].len };
		enum mix_err err = MIX_OK;
		struct jbuf_out out;
		struct jbuf *j;
		unsigned n = 0;

		CHECK_INT(MIX_OK, jbuf_alloc(&j, 48000), cases[i].story);
		jbuf_lend(j, lent);
		for (unsigned k = 0; k < 6; k++) {
			memset(bytes, (int)k + 1, sizeof(bytes));
			rtp.seq = (uint16_t)k;
			rtp.timestamp = k * 960;
			err = jbuf_put(j, &rtp, 1000000);
		}
		CHECK_INT(cases[i].want, err, cases[i].story);
		while (jbuf_take(j, &out, n * 960, 1100000) == JBUF_PACKET) {
			unsigned k = 6 - cases[i].waiting + n;

			CHECK_INT(cases[i].len, out.len, cases[i].story);
			CHECK_INT(k * 960, out.timestamp, cases[i].story);
			CHECK(out.payload[0] == k + 1 && out.payload[out.len - 1] == k + 1,
				"%s: bytes of packet %u", cases[i].story, k);
			jbuf_played(j, 960);
			n++;
		}
		CHECK_INT(cases[i].waiting, n, cases[i].story);
		jbuf_free(j);
	}
}

/* A decoder takes 60 ms in three bites: one packet, and what comes after it keeps its place. */
TEST(a_packet_may_be_taken_in_pieces)
{
	static uint8_t bytes[480];
	struct jbuf_stats stats;
	struct jbuf_out out;
	struct jbuf *j;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i / 160);
	CHECK_INT(MIX_OK, jbuf_alloc(&j, 8000), "made");
	for (unsigned k = 0; k < 2; k++)
		jbuf_put(j,
			&(struct rtp){ .ssrc = 1,
				.seq = (uint16_t)k,
				.timestamp = k * 480,
				.payload = bytes,
				.payload_len = sizeof(bytes) },
			1000000 + k * 60000);
	for (unsigned i = 0; i < 6; i++) {
		const unsigned piece = i % 3;

		CHECK_INT(JBUF_PACKET, jbuf_take(j, &out, 0, 1100000 + i * 20000), "a piece");
		CHECK_INT(480 - piece * 160, out.len, "what is left");
		CHECK_INT(piece, out.payload[0], "of it");
		CHECK_INT(i * 160, out.timestamp, "its time");
		CHECK_INT(piece > 0, out.rest, "begun before");
		if (piece < 2)
			jbuf_keep_rest(j, 160, 160, 480 - piece * 160);
		else
			jbuf_played(j, 160);
		jbuf_stats(j, &stats);
		CHECK_INT(i / 3 + 1, stats.taken, "packets");
	}
	CHECK_INT(JBUF_EMPTY, jbuf_take(j, &out, 0, 1220000), "all taken");
	CHECK_INT(0, stats.lost + stats.dropped + stats.late, "and none lost");
	CHECK_INT(MIX_STALE,
		jbuf_put(j, &(struct rtp){ .ssrc = 1, .seq = 1, .payload = bytes, .payload_len = 480 },
			1230000),
		"a copy of one that was taken");
	jbuf_free(j);
}

/* A leg changes between codecs of small and of large packets (RFC 3264 section 8.3.2): what waits is played. */
TEST(what_waits_moves_with_the_memory)
{
	static uint8_t lent[2][JBUF_LENT], bytes[1000];
	struct jbuf_stats stats;
	struct jbuf_out out;
	struct jbuf *j;

	CHECK_INT(MIX_OK, jbuf_alloc(&j, 48000), "made");
	jbuf_lend(j, lent[0]);
	for (unsigned k = 0; k < 4; k++) {
		memset(bytes, (int)k + 1, sizeof(bytes));
		jbuf_put(j,
			&(struct rtp){ .ssrc = 1,
				.seq = (uint16_t)k,
				.timestamp = k * 960,
				.payload = bytes,
				.payload_len = sizeof(bytes) },
			1000000);
	}
	jbuf_lend(j, lent[1]);
	memset(lent[0], 0xee, sizeof(lent[0]));
	CHECK_INT(JBUF_PACKET, jbuf_take(j, &out, 0, 1100000), "into the new kit's");
	CHECK(out.payload[0] == 1 && out.payload[999] == 1, "the first, whole");
	jbuf_played(j, 960);
	jbuf_lend(j, NULL);
	memset(lent[1], 0xee, sizeof(lent[1]));
	jbuf_stats(j, &stats);
	CHECK_INT(2, stats.overflow, "the own one holds one of three");
	CHECK_INT(JBUF_PACKET, jbuf_take(j, &out, 960, 1100000), "into its own");
	CHECK(out.payload[0] == 4 && out.payload[999] == 4, "the youngest, whole");
	jbuf_free(j);
}

TEST(is_made_and_reset)
{
	struct story_log log = { .n = 0 };
	struct jbuf_out out;
	enum mix_err err;
	struct player p;
	struct jbuf *j = NULL;

	STARVE(err, jbuf_alloc(&j, 8000), MIX_NOMEM);
	CHECK_INT(JBUF_EMPTY, jbuf_take(j, &out, 0, 1), "nothing came yet");
	CHECK(!out.payload && out.gap == 0, "and nothing was there before");
	CHECK(jbuf_free(j) == NULL && jbuf_free(NULL) == NULL, "freed");
	CHECK_INT(MIX_RANGE, jbuf_alloc(&j, 0), "a clock of 0");
	CHECK_INT(MIX_RANGE, jbuf_alloc(&j, 11025), "a clock that no millisecond divides");

	player_init(&p, 8000);
	play_script(&p, &log, "1 2 3 |");
	jbuf_reset(p.jbuf, 8000);
	play_script(&p, &log, "| 700@9 | 701@169 |");
	CHECK_STR("1 _ 700 701", log.text, "what waited is forgotten, what comes begins afresh");
	CHECK_INT(0, stats_of(&p).lost, "without loss");
	CHECK_INT(3, stats_of(&p).taken, "counters go on");
	jbuf_free(p.jbuf);
}

TESTS(a_late_packet_with_an_absurd_timestamp_teaches_nothing, plays_in_order,
	late_packets_make_the_delay_grow, silence_is_not_loss, new_beginnings_are_not_loss,
	any_ptime_at_any_time, delay_follows_jitter_up_at_once_and_down_again,
	after_a_long_silence_the_path_is_learned_anew, thrown_away_sound_shortens_the_delay_for_good,
	a_stall_longer_than_the_ceiling_drops_the_oldest, every_size_of_packet_fits, is_made_and_reset,
	what_waits_moves_with_the_memory, a_packet_may_be_taken_in_pieces)
