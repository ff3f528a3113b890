/* links: mixer/choose.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/conceal.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/delay.c mixer/doze.c mixer/err.c mixer/lull.c mixer/hush.c mixer/jbuf.c mixer/keypad.c mixer/keypad_tx.c mixer/kit.c mixer/latch.c mixer/level.c mixer/limit.c mixer/mix.c mixer/narrow.c mixer/opus_peek.c mixer/resample.c mixer/ring.c mixer/exchange.c mixer/room.c mixer/room_limit.c mixer/room_idle.c mixer/room_group.c mixer/room_spread.c mixer/rtcp.c mixer/rtp.c mixer/skew.c mixer/slots.c mixer/source.c mixer/stream.c mixer/stream_quality.c mixer/agc.c mixer/burst.c mixer/denoise.c mixer/echo.c mixer/oneway.c mixer/quality.c mixer/xr.c mixer/stream_rtcp.c mixer/stream_pace.c mixer/stream_rx.c mixer/stream_playout.c mixer/comfort.c mixer/stream_take.c mixer/progress.c mixer/beep.c mixer/stream_tx.c mixer/stretch.c mixer/warp.c tests/phone.c mixer/seal.c mixer/stream_seal.c mixer/stream_ice.c mixer/ice.c mixer/binding.c mixer/cipher.c mixer/room_clip.c mixer/clip.c mixer/quirk.c mixer/unopened.c */
/* One room and the same room in parts: whoever listens hears the same, to the sample. */
#include "mixer/room_priv.h"
#include "tests/phone.h"
#include "tests/test.h"

#include <stdlib.h>

enum { PARTS_MAX = 3, PEOPLE = 10, TALKERS = 2, STAMP = 1000 };

static const enum codec_id codecs[PEOPLE] = { CODEC_PCMU, CODEC_OPUS, CODEC_G722, CODEC_PCMA, CODEC_PCMU,
	CODEC_OPUS, CODEC_PCMU, CODEC_G722, CODEC_OPUS, CODEC_PCMA };

struct hall {
	struct exchange *exchange; /* owned; NULL: one room */
	struct room *parts[PARTS_MAX];
	unsigned n_parts, part_of[PEOPLE];
	struct phone *people; /* owned */
	uint64_t now_us, stamp;
	bool is_late[PARTS_MAX]; /* its worker hears when the others have spoken */
};

static void equip(struct phone *p)
{
	enum rate_class rate = codec_info(p->codec)->rate;

	for (unsigned to = 0; to < RATES; to++) {
		struct resample *r = NULL;

		if (to == rate)
			continue;
		CHECK_INT(MIX_OK, resample_alloc(&r, rate, (enum rate_class)to), "resampler");
		resample_free(stream_equip(p->stream, (enum rate_class)to, r));
	}
}

static void enter(struct hall *h, unsigned who, unsigned part)
{
	h->part_of[who] = part;
	room_add(h->parts[part], h->people[who].stream);
}

static void spread(struct hall *h)
{
	CHECK_INT(MIX_OK, exchange_alloc(&h->exchange, PARTS_MAX, TALKERS), "exchange");
	for (unsigned i = 0; i < h->n_parts; i++)
		room_spread(h->parts[i], h->exchange, i);
}

static void hall_open(struct hall *h, unsigned n_parts)
{
	const struct room_config config = { .mixed_talkers = TALKERS };

	memset(h, 0, sizeof(*h));
	h->now_us = 1000000;
	h->stamp = STAMP;
	h->n_parts = n_parts;
	h->people = calloc(PEOPLE, sizeof(*h->people));
	CHECK(h->people, "memory");
	for (unsigned i = 0; i < n_parts; i++)
		CHECK_INT(MIX_OK, room_alloc(&h->parts[i], &config), "room");
	for (unsigned i = 0; i < PEOPLE; i++) {
		phone_init(&h->people[i], i + 1, codecs[i], FRAME_MS, 0);
		h->people[i].holds_its_tongue = true;
		equip(&h->people[i]);
	}
	if (n_parts > 1)
		spread(h);
}

static void hall_fill(struct hall *h)
{
	for (unsigned i = 0; i < PEOPLE; i++)
		enter(h, i, i % h->n_parts);
}

static void leave(struct hall *h, unsigned who)
{
	if (h->people[who].stream->room)
		room_remove(h->parts[h->part_of[who]], h->people[who].stream);
}

static void hall_close(struct hall *h)
{
	for (unsigned i = 0; i < PEOPLE; i++) {
		leave(h, i);
		phone_free(&h->people[i]);
	}
	for (unsigned i = 0; i < h->n_parts; i++)
		room_free(h->parts[i]);
	exchange_leave(h->exchange);
	free(h->people);
}

static void talk(struct hall *h, unsigned who, unsigned hz, double dbov)
{
	h->people[who].hz = hz;
	h->people[who].dbov = dbov;
	h->people[who].holds_its_tongue = hz == 0;
}

static void send(struct hall *h)
{
	for (unsigned i = 0; i < PEOPLE; i++)
		if (h->people[i].stream->room)
			phone_send(&h->people[i], h->now_us);
}

static void hear(struct hall *h, bool late)
{
	for (unsigned i = 0; i < h->n_parts; i++) {
		unsigned part = (unsigned)((i + h->stamp) % h->n_parts); /* now one is first, now another */

		if (h->is_late[part] == late)
			room_hear(h->parts[part], h->stamp, h->now_us + 3000, &phone_out);
	}
}

static void speak(struct hall *h)
{
	for (unsigned i = 0; i < h->n_parts; i++)
		if (room_must_speak(h->parts[i]))
			room_speak(h->parts[i], h->now_us + 5500, h->now_us << 12, &phone_out);
}

static void tick(struct hall *h)
{
	send(h);
	if (!h->exchange) {
		room_tick(h->parts[0], h->now_us + 3000, h->now_us << 12, &phone_out);
	} else {
		hear(h, false);
		speak(h);
		hear(h, true);
		speak(h);
	}
	h->now_us += FRAME_US;
	h->stamp++;
}

static void run(struct hall *h, unsigned ms)
{
	for (unsigned t = 0; t < ms; t += FRAME_MS)
		tick(h);
}

static uint64_t missed(const struct hall *h, unsigned part)
{
	struct room_stats stats;

	room_stats(h->parts[part], &stats);
	return stats.offers_missed;
}

static unsigned who_is_mixed(const struct hall *h)
{
	unsigned mixed = 0;

	for (unsigned i = 0; i < PEOPLE; i++)
		if (h->people[i].stream->room && h->people[i].stream->in_mix)
			mixed |= 1u << i;
	return mixed;
}

/* From a sample on: a part that has just opened has no look-ahead of what was said before it did. */
static void check_same_from(const struct hall *one, const struct hall *many, unsigned who, size_t first)
{
	const struct phone *a = &one->people[who], *b = &many->people[who];
	size_t differs = first;

	while (differs < a->n_heard && a->heard[differs] == b->heard[differs])
		differs++;
	CHECK(a->n_heard == b->n_heard && differs == a->n_heard,
		"%u parts: person %u (%s) hears %zu and %zu samples, the same until %zu", many->n_parts, who,
		codec_info(a->codec)->name, a->n_heard, b->n_heard, differs);
	CHECK(a->n_heard > 0 && a->packets == b->packets && b->jumps + b->odd_steps == 0, "packets");
}

static void check_same(const struct hall *one, const struct hall *many, unsigned who)
{
	check_same_from(one, many, who, 0);
}

/* Who talks in the scenes below: of all codecs, and more than there are places.  The others, of all rates too, listen. */
static const unsigned talkers[] = { 0, 3, 4, 6, 7, 8, 9 };
enum { N_TALKERS = sizeof(talkers) / sizeof(*talkers) };

/* Somebody begins or ends to talk, or does so at another level. */
static void next_scene(struct hall *one, struct hall *many, unsigned *seed)
{
	static const unsigned tones[PEOPLE] = { 440, 700, 1060, 1500, 1900, 2300, 560, 830, 1270, 1710 };
	unsigned random = (*seed = *seed * 1103515245 + 12345) >> 16, who = talkers[random % N_TALKERS];
	unsigned hz = random / N_TALKERS % 3 ? tones[who] : 0;
	double dbov = 10 + random / 64 % 21;

	talk(one, who, hz, dbov);
	talk(many, who, hz, dbov);
}

/* What somebody's decoder makes of it depends on who else shares its encoder, which is a part's own matter. */
static bool has_encoders_of_two(unsigned who)
{
	return who == 7 || who == 8;
}

TEST(parts_hear_what_one_room_hears)
{
	for (unsigned n_parts = 2; n_parts <= PARTS_MAX; n_parts++) {
		struct hall one, many;
		unsigned seed = 7, turns = 0, before = 0;

		hall_open(&one, 1);
		hall_open(&many, n_parts);
		hall_fill(&one);
		hall_fill(&many);
		for (unsigned t = 0; t < 580; t++) {
			unsigned mixed;

			if (t % 4 == 0)
				next_scene(&one, &many, &seed);
			tick(&one);
			tick(&many);
			mixed = who_is_mixed(&one);
			CHECK_INT(mixed, who_is_mixed(&many), "the same are in the mix, or being faded");
			turns += mixed != before;
			before = mixed;
		}
		CHECK(turns > 30, "they take turns: %u times", turns);
		for (unsigned i = 0; i < PEOPLE; i++)
			if (!has_encoders_of_two(i))
				check_same(&one, &many, i);
		for (unsigned i = 0; i < n_parts; i++)
			CHECK_INT(0, missed(&many, i), "no offer was missed");
		hall_close(&one);
		hall_close(&many);
	}
}

/* If what one hears does not depend, to the bit, on what one says, there is nothing of oneself in it. */
TEST(nobody_hears_a_trace_of_themselves)
{
	struct hall a, b;

	hall_open(&a, 2);
	hall_open(&b, 2);
	hall_fill(&a);
	hall_fill(&b);
	talk(&a, 0, 700, 12);
	talk(&b, 0, 1900, 12);
	talk(&a, 1, 440, 9);
	talk(&b, 1, 440, 9);
	run(&a, 1000);
	run(&b, 1000);
	check_same(&a, &b, 0);
	CHECK_NEAR(9, phone_level(&a.people[0], 440, 400), 1, "it hears who is in the other part");
	CHECK_NEAR(12, phone_level(&a.people[3], 700, 400), 1, "and is heard there");
	CHECK_NEAR(12, phone_level(&a.people[2], 700, 400), 1, "and in its own");
	hall_close(&a);
	hall_close(&b);
}

TEST(a_late_part_is_left_out_and_counted)
{
	struct hall h;

	hall_open(&h, 2);
	hall_fill(&h);
	talk(&h, 0, 440, 20);
	talk(&h, 1, 1500, 20);
	run(&h, 1000);
	CHECK_NEAR(20, phone_level(&h.people[4], 1500, 400), 1, "part 0 hears part 1");
	send(&h);
	room_hear(h.parts[0], h.stamp, h.now_us, &phone_out);
	CHECK(!room_is_ready(h.parts[0]), "part 1 is to be expected");
	room_hear(h.parts[1], h.stamp, h.now_us, &phone_out);
	CHECK(room_is_ready(h.parts[0]) && room_is_ready(h.parts[1]), "now both are ready");
	speak(&h);
	h.now_us += FRAME_US;
	h.stamp++;

	h.is_late[1] = true;
	run(&h, 400);
	CHECK_INT(20, missed(&h, 0), "one offer each tick");
	CHECK(phone_level(&h.people[4], 1500, 300) > 60, "without it, part 0 goes on");
	CHECK_NEAR(20, phone_level(&h.people[2], 440, 300), 1, "with its own");
	CHECK_INT(0, missed(&h, 1), "the late one finds what was offered");
	CHECK_NEAR(20, phone_level(&h.people[3], 440, 300), 1, "and hears it");

	h.is_late[1] = false;
	run(&h, 400);
	CHECK_INT(20, missed(&h, 0), "in time again");
	CHECK_NEAR(20, phone_level(&h.people[4], 1500, 300), 1, "and heard again");
	hall_close(&h);
}

TEST(a_dead_part_is_not_waited_for)
{
	struct hall h;

	hall_open(&h, 2);
	hall_fill(&h);
	talk(&h, 0, 440, 20);
	run(&h, 400);
	for (unsigned t = 0; t < 10; t++) {
		send(&h);
		room_hear(h.parts[0], h.stamp, h.now_us, &phone_out);
		CHECK_INT(t > 0, room_is_ready(h.parts[0]), "waited for in the first tick alone");
		room_speak(h.parts[0], h.now_us, 0, &phone_out);
		h.now_us += FRAME_US;
		h.stamp++;
	}
	CHECK_INT(10, missed(&h, 0), "all are counted");
	hall_close(&h);
}

/* A room becomes too large in the middle of a sentence: a second part opens, talks, and empties again. */
TEST(a_part_opens_and_closes_in_the_middle)
{
	enum { FIRST = 5 };
	struct hall one, many;

	hall_open(&one, 1);
	hall_open(&many, 1);
	for (unsigned i = 0; i < FIRST; i++) {
		enter(&one, i, 0);
		enter(&many, i, 0);
	}
	talk(&one, 0, 440, 20);
	talk(&many, 0, 440, 20);
	run(&one, 600);
	run(&many, 600);
	CHECK_INT(MIX_OK, room_alloc(&many.parts[1], &(struct room_config){ .mixed_talkers = TALKERS }),
		"room");
	many.n_parts = 2;
	spread(&many);
	run(&one, 100);
	run(&many, 100);
	for (unsigned i = FIRST; i < PEOPLE; i++) {
		enter(&one, i, 0);
		enter(&many, i, 1);
	}
	run(&one, 200);
	run(&many, 200);
	talk(&one, 7, 1500, 14); /* one who came later */
	talk(&many, 7, 1500, 14);
	run(&one, 600);
	run(&many, 600);
	for (unsigned i = 0; i < PEOPLE;
		i++) /* of newcomers, those whose decoder has no memory of another encoder */
		if (i < FIRST || codec_info(codecs[i])->rate == RATE_8K)
			check_same_from(&one, &many, i, i < FIRST ? 0 : LIMIT_LOOK_MS * 8);
	CHECK_NEAR(14, phone_level(&many.people[4], 1500, 300), 1, "who came is heard");
	CHECK_NEAR(14, phone_level(&many.people[8], 1500, 300), 1, "by each other, too");
	CHECK_NEAR(20, phone_level(&many.people[8], 440, 300), 1, "and hears the other part");
	for (unsigned i = FIRST; i < PEOPLE; i++) {
		leave(&one, i);
		leave(&many, i);
	}
	CHECK(!room_must_speak(many.parts[1]), "an empty part has nothing to say");
	run(&one, 600);
	run(&many, 600);
	for (unsigned i = 0; i < FIRST; i++)
		check_same(&one, &many, i);
	CHECK_INT(0, missed(&many, 0) + missed(&many, 1), "nobody was missed");
	CHECK_INT(1, who_is_mixed(&many), "the first talks on");
	hall_close(&one);
	hall_close(&many);
}

/* Commands come between the two steps, too. */
TEST(who_comes_or_goes_between_the_steps)
{
	struct hall h;
	unsigned packets;

	hall_open(&h, 2);
	for (unsigned i = 0; i < 8; i++)
		enter(&h, i, i % 2);
	talk(&h, 0, 440, 20);
	talk(&h, 1, 1500, 20);
	run(&h, 600);
	send(&h);
	hear(&h, false);
	leave(&h, 0);
	enter(&h, 8, 0);
	phone_refit(&h.people[2], h.now_us);
	stream_mute(h.people[1].stream, true);
	packets = h.people[8].packets;
	speak(&h);
	CHECK_INT(packets, h.people[8].packets, "who came has its first tick next");
	h.now_us += FRAME_US;
	h.stamp++;
	run(&h, 20);
	CHECK_INT(packets + 1, h.people[8].packets, "and then gets packets");
	CHECK_INT(0, missed(&h, 0) + missed(&h, 1), "the frame of who left was there for all");
	run(&h, 400);
	CHECK(phone_level(&h.people[5], 440, 200) > 60, "who left is heard no more");
	CHECK_INT(0, h.people[2].jumps + h.people[2].odd_steps, "sequence");
	for (unsigned i = 1; i < 9; i++)
		leave(&h, i);
	hall_close(&h);
}

/* Nobody in the talker's part hears at the newcomer's rate: the union of rates is one tick late, the sound is not. */
TEST(a_rate_that_only_another_part_hears)
{
	struct hall h;

	hall_open(&h, 2);
	enter(&h, 0, 0); /* PCMU */
	enter(&h, 4, 0);
	enter(&h, 6, 1);
	talk(&h, 0, 440, 20);
	run(&h, 600);
	enter(&h, 1, 1); /* Opus */
	enter(&h, 2, 1); /* G.722 */
	run(&h, 60);
	phone_forget(&h.people[1]);
	run(&h, 400);
	CHECK_NEAR(20, phone_level(&h.people[1], 440, 200), 1, "at 48 kHz");
	CHECK_NEAR(20, phone_level(&h.people[2], 440, 200), 1, "and at 16");
	CHECK(phone_level(&h.people[0], 440, 200) > 60, "but not by its owner");
	talk(&h, 0, 0, 0);
	talk(&h, 1, 1900, 14);
	run(&h, 600);
	CHECK_NEAR(14, phone_level(&h.people[0], 1900, 200), 1, "from 48 kHz to the other part's 8");
	hall_close(&h);
}

/* Small parts of a crowded room: each is judged by the whole room's size, so that noise is nowhere summed. */
TEST(crowded_is_the_whole_room)
{
	struct hall h;

	hall_open(&h, 3);
	for (unsigned i = 0; i < 6; i++)
		enter(&h, i, i % 3);
	for (unsigned i = 0; i < 6; i++)
		talk(&h, i, 300 + 100 * i, 49); /* louder than silence, less than a crowd lets in */
	run(&h, 1500);
	CHECK_INT(0, who_is_mixed(&h), "nobody");
	for (unsigned i = 2; i < 6; i++)
		leave(&h, i);
	run(&h, 1000);
	CHECK_INT(3, who_is_mixed(&h), "two are no crowd, in two parts");
	hall_close(&h);
}

TESTS(parts_hear_what_one_room_hears, nobody_hears_a_trace_of_themselves, a_late_part_is_left_out_and_counted,
	a_dead_part_is_not_waited_for, a_part_opens_and_closes_in_the_middle,
	who_comes_or_goes_between_the_steps, a_rate_that_only_another_part_hears, crowded_is_the_whole_room)
