/* links: mixer/choose.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/conceal.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/delay.c mixer/doze.c mixer/err.c mixer/lull.c mixer/hush.c mixer/jbuf.c mixer/keypad.c mixer/keypad_tx.c mixer/kit.c mixer/latch.c mixer/level.c mixer/limit.c mixer/mix.c mixer/narrow.c mixer/opus_peek.c mixer/resample.c mixer/ring.c mixer/exchange.c mixer/room.c mixer/room_limit.c mixer/room_idle.c mixer/room_group.c mixer/room_spread.c mixer/rtcp.c mixer/rtp.c mixer/skew.c mixer/slots.c mixer/source.c mixer/stream.c mixer/stream_quality.c mixer/agc.c mixer/burst.c mixer/denoise.c mixer/echo.c mixer/oneway.c mixer/quality.c mixer/xr.c mixer/stream_rtcp.c mixer/stream_pace.c mixer/stream_rx.c mixer/stream_playout.c mixer/comfort.c mixer/stream_take.c mixer/progress.c mixer/beep.c mixer/stream_tx.c mixer/stretch.c mixer/warp.c tests/phone.c mixer/seal.c mixer/stream_seal.c mixer/stream_ice.c mixer/ice.c mixer/binding.c mixer/cipher.c mixer/room_clip.c mixer/clip.c mixer/quirk.c mixer/unopened.c */
/* A room in which nobody is heard, ticked in full and rested: outside nobody can tell which. */
#include "mixer/room.h"
#include "tests/phone.h"
#include "tests/test.h"

enum { TICKS = 500, SCENES = 2 };

struct scene {
	struct room *room;
	struct phone alone, second;
	bool may_rest, has_second;
	unsigned unheard, rested;
	unsigned still, stood, never_asked; /* ticks in which it need not even be asked */
	uint64_t heard_us;                  /* the last tick that was heard */
};

/* What the far ends do in the frame before the tick at `us`. */
typedef void act_fn(struct scene *sc, unsigned tick, uint64_t us);

static void overhear(struct scene *sc, act_fn *act, unsigned tick, uint64_t now_us)
{
	if (sc->stood > 0)
		room_rested(sc->room, sc->stood);
	sc->still = sc->stood = 0;
	for (; sc->unheard > 0; sc->unheard--) {
		uint64_t then_us = now_us - (sc->unheard - 1) * FRAME_US;

		act(sc, tick - sc->unheard + 1, then_us - 3000);
		room_overhear(sc->room, then_us, now_us, now_us << 12, &phone_out);
	}
}

static void run_tick(struct scene *sc, act_fn *act, unsigned tick, bool rouse)
{
	const uint64_t now_us = 1000000 + (uint64_t)tick * FRAME_US + 3000;

	if (rouse)
		overhear(sc, act, tick - 1, now_us - FRAME_US);
	if (sc->may_rest && !rouse && (sc->unheard > 0 || room_is_idle(sc->room))) {
		if (sc->still > 0) {
			sc->still--;
			sc->stood++;
			sc->never_asked++;
		} else {
			if (sc->stood > 0)
				room_rested(sc->room, sc->stood);
			sc->stood = 0;
			sc->still = room_rest(sc->room, &phone_out);
		}
		sc->rested++;
		if (++sc->unheard == ROOM_OVERHEAR_TICKS)
			overhear(sc, act, tick, now_us);
		return;
	}
	act(sc, tick, now_us - 3000);
	room_tick(sc->room, now_us, now_us << 12, &phone_out);
}

static void open_scene(struct scene *sc, bool may_rest, unsigned ptime_ms)
{
	const struct room_config config = { .mixed_talkers = 4 };

	*sc = (struct scene){ .may_rest = may_rest };
	CHECK_INT(MIX_OK, room_alloc(&sc->room, &config), "room");
	phone_init(&sc->alone, 1, CODEC_PCMU, ptime_ms, 440);
	sc->alone.holds_its_tongue = true;
	room_add(sc->room, sc->alone.stream);
}

static void add_second(struct scene *sc)
{
	phone_init(&sc->second, 2, CODEC_PCMU, 20, 700);
	room_add(sc->room, sc->second.stream);
	sc->has_second = true;
}

static void close_scene(struct scene *sc)
{
	room_remove(sc->room, sc->alone.stream);
	phone_free(&sc->alone);
	if (sc->has_second) {
		room_remove(sc->room, sc->second.stream);
		phone_free(&sc->second);
	}
	room_free(sc->room);
}

static void same(const struct phone *live, const struct phone *rested, const char *who)
{
	struct stream_stats a, b;

	stream_stats(live->stream, &a, 1000000 + TICKS * FRAME_US);
	stream_stats(rested->stream, &b, 1000000 + TICKS * FRAME_US);
	CHECK_INT(live->packets, rested->packets, who);
	CHECK_INT(live->markers, rested->markers, who);
	CHECK_INT(live->last_seq, rested->last_seq, who);
	CHECK_INT(live->last_ts, rested->last_ts, who);
	CHECK_INT(live->jumps, rested->jumps, who);
	CHECK_INT(live->odd_steps, rested->odd_steps, who);
	CHECK_INT(live->comforts, rested->comforts, who);
	CHECK_INT(live->reports, rested->reports, who);
	CHECK_STR(live->digits, rested->digits, who);
	CHECK_INT(live->talk_on, rested->talk_on, who);
	CHECK_INT(live->talk_off, rested->talk_off, who);
	CHECK_INT(live->silent, rested->silent, who);
	CHECK_INT(live->n_heard, rested->n_heard, who);
	CHECK(memcmp(live->heard, rested->heard, live->n_heard * sizeof(int16_t)) == 0, "%s hears the same",
		who);
	CHECK_INT(a.rx_packets, b.rx_packets, who);
	CHECK_INT(a.rx_due, b.rx_due, who);
	CHECK_INT(a.rx_missing, b.rx_missing, who);
	CHECK_INT(a.rx_lost, b.rx_lost, who);
	CHECK_INT(a.delay_ms, b.delay_ms, who);
	CHECK_INT(a.tx_packets, b.tx_packets, who);
	CHECK_INT(a.tx_bytes, b.tx_bytes, who);
}

/* Silence with loss, a key at 1 s, talk from 3 to 4 s; at 6 s somebody comes, and both talk. */
static void a_visit(struct scene *sc, unsigned tick, uint64_t us)
{
	sc->alone.lose_every = tick < 250 ? 7 : 0;
	if (tick >= 50 && tick < 55)
		phone_send_event(&sc->alone, 6, tick == 54, 160 * (tick - 49), 4711, us);
	sc->alone.holds_its_tongue = tick < 150 || (tick >= 200 && tick < 300);
	phone_send(&sc->alone, us);
	if (sc->has_second)
		phone_send(&sc->second, us);
}

TEST(nobody_can_tell_that_it_rested)
{
	static struct scene scenes[SCENES];

	for (unsigned i = 0; i < SCENES; i++) {
		struct scene *sc = &scenes[i];

		open_scene(sc, i == 1, 20);
		for (unsigned tick = 0; tick < TICKS; tick++) {
			if (tick == 303) { /* in the middle of a rest */
				run_tick(sc, a_visit, tick, true);
				add_second(sc);
			} else {
				run_tick(sc, a_visit, tick, false);
			}
		}
	}
	same(&scenes[0].alone, &scenes[1].alone, "who was alone");
	same(&scenes[0].second, &scenes[1].second, "the second");
	CHECK_STR("6", scenes[1].alone.digits, "the key was heard");
	CHECK(scenes[1].second.n_heard > 8000 * 3, "and the second hears something");
	CHECK_NEAR(20, phone_level(&scenes[1].second, 440, 1000), 1, "the first");
	CHECK_INT(0, (int)scenes[0].rested, "one never rested");
	CHECK(scenes[1].rested > 150, "the other did: %u of 300 ticks", scenes[1].rested);
	for (unsigned i = 0; i < SCENES; i++)
		close_scene(&scenes[i]);
}

static void stays_silent(struct scene *sc, unsigned tick, uint64_t us)
{
	(void)tick;
	phone_send(&sc->alone, us);
	if (sc->has_second)
		phone_send(&sc->second, us);
}

/* RFC 3389 goes on in its rhythm. */
TEST(comfort_noise_as_before)
{
	static struct scene scenes[SCENES];

	for (unsigned i = 0; i < SCENES; i++) {
		open_scene(&scenes[i], i == 1, 20);
		scenes[i].alone.format.cn_pt = 13;
		phone_refit(&scenes[i].alone, 1000000);
		for (unsigned tick = 0; tick < TICKS; tick++)
			run_tick(&scenes[i], stays_silent, tick, false);
		overhear(&scenes[i], stays_silent, TICKS - 1, 1000000 + (TICKS - 1) * FRAME_US + 3000);
	}
	same(&scenes[0].alone, &scenes[1].alone, "who is told comfort noise");
	CHECK(scenes[1].rested > TICKS / 2, "it rested: %u", scenes[1].rested);
	CHECK(scenes[1].never_asked > TICKS / 2, "mostly unasked: %u", scenes[1].never_asked);
	CHECK(scenes[1].alone.comforts > 10 && scenes[1].alone.packets < TICKS / 2, "and was told so");
	for (unsigned i = 0; i < SCENES; i++)
		close_scene(&scenes[i]);
}

static struct cue *a_beep(void)
{
	struct cue *cue = NULL;

	CHECK_INT(MIX_OK, cue_tone(&cue, 440, 0, 20, 500, 0), "cue");
	return cue;
}

/* Whatever is to be heard by somebody is ticked. */
TEST(who_has_something_to_hear_or_say_does_not_rest)
{
	static struct scene sc;
	struct cue *beep = a_beep();
	const struct cue *list[] = { beep };

	open_scene(&sc, false, 20);
	for (unsigned tick = 0; tick < 100; tick++)
		run_tick(&sc, stays_silent, tick, false);
	CHECK(room_is_idle(sc.room), "one silent leg");
	CHECK_INT(MIX_OK, stream_play(sc.alone.stream, list, 1, false, 1), "cue");
	CHECK(!room_is_idle(sc.room), "a cue");
	stream_stop_cue(sc.alone.stream);
	CHECK_INT(MIX_OK, room_play(sc.room, list, 1), "chime");
	CHECK(!room_is_idle(sc.room), "a chime");
	for (unsigned tick = 100; tick < 200; tick++)
		run_tick(&sc, stays_silent, tick, false);
	CHECK(room_is_idle(sc.room), "silence again");
	CHECK_INT(MIX_OK, stream_press(sc.alone.stream, '5', 100), "key");
	CHECK(!room_is_idle(sc.room), "a key that is pressed for it");
	for (unsigned tick = 200; tick < 300; tick++)
		run_tick(&sc, stays_silent, tick, false);
	add_second(&sc);
	sc.second.holds_its_tongue = true;
	CHECK(!room_is_idle(sc.room), "two");
	close_scene(&sc);

	open_scene(&sc, false, 30);
	for (unsigned tick = 0; tick < 100; tick++)
		run_tick(&sc, stays_silent, tick, false);
	CHECK(!room_is_idle(sc.room), "packets that are no frame each");
	close_scene(&sc);
	cue_free(beep);
}

TESTS(nobody_can_tell_that_it_rested, comfort_noise_as_before, who_has_something_to_hear_or_say_does_not_rest)
