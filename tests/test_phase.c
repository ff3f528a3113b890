/* links: mixer/choose.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/conceal.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/delay.c mixer/doze.c mixer/err.c mixer/lull.c mixer/hush.c mixer/jbuf.c mixer/keypad.c mixer/keypad_tx.c mixer/kit.c mixer/latch.c mixer/level.c mixer/limit.c mixer/mix.c mixer/narrow.c mixer/opus_peek.c mixer/resample.c mixer/ring.c mixer/room.c mixer/room_limit.c mixer/room_idle.c mixer/room_group.c mixer/rtcp.c mixer/rtp.c mixer/skew.c mixer/slots.c mixer/source.c mixer/stream.c mixer/stream_rtcp.c mixer/stream_pace.c mixer/stream_rx.c mixer/stream_playout.c mixer/comfort.c mixer/stream_take.c mixer/progress.c mixer/beep.c mixer/stream_tx.c mixer/stretch.c mixer/warp.c bridge/phase.c bridge/worker_phase.c tests/phone.c tests/scene.c bridge/late.c mixer/stream_quality.c mixer/agc.c mixer/burst.c mixer/denoise.c mixer/echo.c mixer/oneway.c mixer/quality.c mixer/xr.c mixer/exchange.c mixer/room_spread.c mixer/cipher.c mixer/seal.c mixer/stream_seal.c mixer/stream_ice.c mixer/ice.c mixer/binding.c mixer/room_clip.c mixer/clip.c mixer/quirk.c mixer/unopened.c */
/* A worker's slots on a simulated clock: when rooms tick, how long talkers' packets wait for it, and that nobody
 * hears a room move. */
#include "tests/scene.h"
#include "tests/test.h"

enum { MOVES_MS = 6000, CALM_MS = 20000 };

static int32_t spare_us(const struct scene *sc)
{
	struct room_spare spare;

	CHECK(room_spare(sc->room.room, PHASE_SPOKE_US, sc->now_us, &spare), "somebody spoke");
	return spare.least_us;
}

static void check_whole(const struct scene *sc, unsigned i, const char *story)
{
	const struct phone *p = &sc->phones[i];
	struct stream_stats stats;

	stream_stats(p->stream, &stats, sc->now_us);
	CHECK(stats.rx_lost == 0, "%s, leg %u: no packet is lost", story, i);
	CHECK(stats.rx_late == 0, "%s, leg %u: none is late", story, i);
	CHECK(p->jumps == 0, "%s, leg %u: hears every packet", story, i);
	CHECK(p->odd_steps == 0, "%s, leg %u: and every sample once", story, i);
	CHECK(p->packets > 0, "%s, leg %u: hears", story, i);
}

TEST(a_talkers_packets_wait_least)
{
	static const double phases_ms[] = { 0.3, 2.4, 7.6, 9.9, 12.7, 15.2, 19.9 };
	const char *story = "one talker";

	for (size_t i = 0; i < sizeof(phases_ms) / sizeof(*phases_ms); i++) {
		struct scene sc;
		struct stream_stats stats;
		unsigned moves;

		scene_open(&sc);
		scene_join(&sc, 0, phases_ms[i], 400);
		scene_join(&sc, 1, phases_ms[i] + 6, 0);
		scene_join(&sc, 2, phases_ms[i] + 13, 0);
		scene_run(&sc, MOVES_MS);
		CHECK(spare_us(&sc) >= PHASE_TIGHT_US, "%.1f ms: in time", phases_ms[i]);
		CHECK(spare_us(&sc) < WORKER_SLOT_US + PHASE_SPARE_US, "%.1f ms: hardly waits, %d us",
			phases_ms[i], (int)spare_us(&sc));
		moves = sc.moves;
		scene_run(&sc, CALM_MS);
		CHECK(sc.moves == moves, "%.1f ms: and stays there", phases_ms[i]);
		CHECK(sc.odd_gaps == 0, "%.1f ms: one step at a time", phases_ms[i]);
		for (unsigned leg = 0; leg < SCENE_LEGS; leg++)
			check_whole(&sc, leg, story);
		stream_stats(sc.phones[0].stream, &stats, sc.now_us);
		CHECK(stats.concealed_ms == 0, "%.1f ms: no sound is made up", phases_ms[i]);
		scene_close(&sc);
	}
}

/* Whoever waits least decides; the other one waits on. */
TEST(nobody_who_spoke_is_made_to_miss_a_tick)
{
	static const double apart_ms[] = { 1, 4, 7, 10, 13, 16, 18, 19 };

	for (size_t i = 0; i < sizeof(apart_ms) / sizeof(*apart_ms); i++) {
		struct scene sc;

		scene_open(&sc);
		scene_join(&sc, 0, 3, 400);
		scene_join(&sc, 1, 3 + apart_ms[i], 700);
		scene_join(&sc, 2, 8, 0);
		scene_run(&sc, MOVES_MS);
		CHECK(spare_us(&sc) < WORKER_SLOT_US + PHASE_SPARE_US, "%g ms apart: as early as can be",
			apart_ms[i]);
		sc.moves = 0;
		scene_run(&sc, CALM_MS);
		CHECK(sc.moves == 0, "%g ms apart: calm", apart_ms[i]);
		for (unsigned leg = 0; leg < 2; leg++) {
			struct stream_stats stats;

			check_whole(&sc, leg, "two talkers");
			stream_stats(sc.phones[leg].stream, &stats, sc.now_us);
			CHECK(stats.concealed_ms == 0, "%g ms apart: leg %u", apart_ms[i], leg);
			CHECK(stats.added_ms == 0, "%g ms apart: leg %u", apart_ms[i], leg);
		}
		scene_close(&sc);
	}
}

enum { DAYS = 24 };

struct outcome {
	unsigned made_up_ms, delay_ms; /* of two talkers on each of the days */
};

static struct outcome days_on(const struct path *path, bool sits)
{
	struct outcome sum = { 0 };

	scene_seed(7);
	for (unsigned day = 0; day < DAYS; day++) {
		struct scene sc;

		scene_open(&sc);
		sc.sits = sits;
		sc.path = path;
		scene_join(&sc, 0, scene_dice(20000) / 1000.0, 400);
		scene_join(&sc, 1, scene_dice(20000) / 1000.0, 700);
		scene_join(&sc, 2, scene_dice(20000) / 1000.0, 0);
		scene_run(&sc, 20000);
		for (unsigned leg = 0; leg < 2; leg++) {
			struct stream_stats stats;

			stream_stats(sc.phones[leg].stream, &stats, sc.now_us);
			sum.made_up_ms += stats.concealed_ms + stats.added_ms;
			sum.delay_ms += stats.delay_ms;
		}
		scene_close(&sc);
	}
	return sum;
}

/* A talker whose packets wait for nearly a frame is safe from jitter, by luck.  To move the room must cost no more sound, all in
 * all, than to sit in any slot, and still be quicker. */
TEST(jitter_takes_no_more_sound_than_in_a_fixed_slot)
{
	static const struct path paths[] = {
		{ .story = "a machine that is busy now and then",
			.often = 200,
			.often_us = 4000,
			.seldom = 1000,
			.seldom_us = 12000 },
		{ .story = "a path that always jitters",
			.often = 10,
			.often_us = 4000,
			.seldom = 50,
			.seldom_us = 10000 },
		{ .story = "a machine that is far too busy",
			.often = 66,
			.often_us = 6000,
			.seldom = 200,
			.seldom_us = 15000 },
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct outcome sits = days_on(&paths[i], true), moves = days_on(&paths[i], false);

		CHECK(moves.made_up_ms <= sits.made_up_ms * 5 / 4, "%s: %u ms made up, %u before",
			paths[i].story, moves.made_up_ms, sits.made_up_ms);
		CHECK(moves.delay_ms < sits.delay_ms, "%s: delay %u ms, %u before", paths[i].story,
			moves.delay_ms / DAYS / 2, sits.delay_ms / DAYS / 2);
	}
}

/* A clock slower than ours by 100 millionths, in a minute of talk. */
TEST(a_drifting_talker_is_followed)
{
	struct stream_stats stats;
	struct scene sc;
	unsigned before;

	scene_open(&sc);
	scene_join(&sc, 0, 5, 400);
	scene_join(&sc, 1, 9, 0);
	scene_join(&sc, 2, 15, 0);
	sc.drift_us[0] = 2;
	scene_run(&sc, 10000);
	before = sc.room.slot;
	scene_run(&sc, 30000);
	CHECK_INT((before + 1) % WORKER_SLOTS, sc.room.slot, "ticks come later, as the packets do");
	CHECK_INT(0, sc.odd_gaps, "one step at a time");
	stream_stats(sc.phones[0].stream, &stats, sc.now_us);
	CHECK_INT(0, stats.rx_lost + stats.rx_late, "nothing is lost");
	CHECK_INT(0, stats.concealed_ms, "no sound is made up");
	scene_close(&sc);
}

TEST(a_silent_room_stays_where_it_is)
{
	struct scene sc;

	scene_open(&sc);
	for (unsigned i = 0; i < SCENE_LEGS; i++)
		scene_join(&sc, i, 4.0 * i, 0);
	scene_run(&sc, 5000);
	CHECK_INT(0, sc.moves, "there is nobody to please");
	scene_close(&sc);
}

/* Rooms whose talkers all send at the same moment are not put into one slot. */
TEST(a_crowded_slot_takes_no_more)
{
	enum { OTHERS = 100 };
	struct worker_room other = { .room_id = 8, .n_legs = OTHERS };
	struct scene sc;

	scene_open(&sc);
	scene_join(&sc, 0, 0.1, 400); /* the slot at 7.5 ms would suit it */
	scene_join(&sc, 1, 6, 0);
	scene_join(&sc, 2, 13, 0);
	CHECK_INT(MIX_OK, room_alloc(&other.room, &(struct room_config){ .mixed_talkers = 4 }), "room");
	sc.w->media.n_legs += OTHERS;
	worker_sit(sc.w, &other, 3);
	scene_run(&sc, MOVES_MS);
	CHECK_INT(4, sc.room.slot, "before the crowd");
	worker_stand(sc.w, &other);
	sc.w->media.n_legs -= OTHERS;
	scene_run(&sc, MOVES_MS);
	CHECK_INT(3, sc.room.slot, "when it has gone");
	room_free(other.room);
	scene_close(&sc);
}

TESTS(a_talkers_packets_wait_least, nobody_who_spoke_is_made_to_miss_a_tick,
	jitter_takes_no_more_sound_than_in_a_fixed_slot, a_drifting_talker_is_followed,
	a_silent_room_stays_where_it_is, a_crowded_slot_takes_no_more)
