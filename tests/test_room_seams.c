/* links: mixer/choose.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/conceal.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/delay.c mixer/doze.c mixer/err.c mixer/lull.c mixer/hush.c mixer/jbuf.c mixer/keypad.c mixer/keypad_tx.c mixer/kit.c mixer/latch.c mixer/level.c mixer/limit.c mixer/mix.c mixer/narrow.c mixer/opus_peek.c mixer/resample.c mixer/ring.c mixer/room.c mixer/room_limit.c mixer/room_idle.c mixer/room_group.c mixer/rtcp.c mixer/rtp.c mixer/skew.c mixer/slots.c mixer/source.c mixer/stream.c mixer/stream_quality.c mixer/agc.c mixer/burst.c mixer/denoise.c mixer/echo.c mixer/oneway.c mixer/quality.c mixer/xr.c mixer/stream_rtcp.c mixer/stream_pace.c mixer/stream_rx.c mixer/stream_playout.c mixer/comfort.c mixer/stream_take.c mixer/progress.c mixer/beep.c mixer/stream_tx.c mixer/stretch.c mixer/warp.c tests/phone.c mixer/exchange.c mixer/room_spread.c mixer/cipher.c mixer/seal.c mixer/stream_seal.c mixer/stream_ice.c mixer/ice.c mixer/binding.c mixer/room_clip.c mixer/clip.c mixer/quirk.c mixer/unopened.c */
/* Who hears the same shares an encoder; where a listener gets one of its own, changes its codec or its room, or others do,
 * nobody hears a seam. */
#include "tests/roombed.h"

#include <math.h>

/* Rule 2 of DESIGN.md section 4.  A leg that got its own encoder would show in the counters. */
TEST(idle_listeners_share_one_encode)
{
	static const enum codec_id codecs[] = { CODEC_PCMU, CODEC_OPUS, CODEC_G722 };
	struct room_stats before, after;
	struct scene sc;
	struct phone *talker;

	for (unsigned k = 0; k < 3; k++) {
		scene_open(&sc, 4, false);
		talker = join(&sc, codecs[k], 20, tones[0]);
		for (unsigned i = 0; i < 50; i++)
			join(&sc, codecs[k], 20, 0)->holds_its_tongue = true;
		run(&sc, 500);
		room_stats(sc.room, &before);
		run(&sc, 200);
		room_stats(sc.room, &after);
		CHECK_INT(codecs[k] == CODEC_OPUS ? 10 : 20, after.encodes - before.encodes,
			"10 ticks: one for the talker, one for all others; Opus repeats the talker's "
			"silence");
		CHECK_INT(490, after.encodes_shared - before.encodes_shared,
			"49 of 50 listeners encode nothing");
		CHECK_INT(1, after.n_mixed, "one is mixed");
		CHECK(phone_level(talker, tones[0], 300) > 60, "the talker does not hear itself");
		CHECK_NEAR(20, phone_level(&sc.phones[50], tones[0], 300), 1,
			"the last listener hears the talker");
		scene_close(&sc);
	}
}

/* The greatest step between neighbours in what somebody heard: a seam is a step that the sound itself has not. */
static double greatest_step(const struct phone *p, unsigned ms)
{
	size_t n = phone_rate(p) / 1000 * ms;
	const int16_t *x = p->heard + p->n_heard - n;
	double most = 0;

	for (size_t i = 2; i < n; i++) {
		double bend = fabs((double)x[i] - 2.0 * x[i - 1] + x[i - 2]);

		most = bend > most ? bend : most;
	}
	return most;
}

/* b listens to a's tone by the shared encoder, begins to talk, and stops; its decoder must hear a's tone
 * without a seam.  c stays a listener, and gives the measure. */
TEST(listener_becomes_talker_without_a_seam)
{
	static const struct {
		enum codec_id codec;
		unsigned ptime_ms;
	} cases[] = { { CODEC_PCMU, 20 }, { CODEC_PCMU, 60 }, { CODEC_G722, 20 }, { CODEC_G722, 40 },
		{ CODEC_G722, 30 }, { CODEC_OPUS, 20 }, { CODEC_OPUS, 60 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (unsigned leader = 0; leader < 2; leader++) { /* b leads its group, or follows */
			struct scene sc;
			struct phone *a, *b, *c;
			double level = 0, bend;

			scene_open(&sc, 4, false);
			a = join(&sc, CODEC_PCMA, 20, 400);
			if (leader) {
				c = join(&sc, cases[i].codec, cases[i].ptime_ms, 0);
				b = join(&sc, cases[i].codec, cases[i].ptime_ms, 0);
			} else {
				b = join(&sc, cases[i].codec, cases[i].ptime_ms, 0);
				c = join(&sc, cases[i].codec, cases[i].ptime_ms, 0);
			}
			c->holds_its_tongue = true;
			run(&sc, 1500);
			b->hz = 2000;
			b->dbov = 12;
			run(&sc, 300);
			b->hz = 0;
			run(&sc, 100);
			CHECK(phone_level(c, 2000, 400) < 30, "c hears b talk");
			CHECK(phone_level(b, 2000, 400) > 50, "b does not: -%.1f", phone_level(b, 2000, 400));
			level = phone_level(b, 400, 400);
			CHECK_NEAR(20, level, 0.5, "a's tone for b, all the time");
			bend = greatest_step(b, 400);
			/* 400 Hz at -20 dB bends 3277 * (2 pi 400 / rate)^2 from sample to sample; the
			 * codec's own noise is on top. */
			CHECK(bend < 3277 * pow(2 * M_PI * 400 / phone_rate(b), 2) * 1.3 +
						(cases[i].codec == CODEC_PCMU ? 300 : 250),
				"%s %u ms leader %u: bend %.0f", codec_info(cases[i].codec)->name,
				cases[i].ptime_ms, leader, bend);
			CHECK_INT(0, b->jumps, "sequence");
			CHECK_INT(1, b->markers, "one talk burst");
			(void)a;
			scene_close(&sc);
		}
}

/* A decoder with memory is not handed over to another encoder in the middle of somebody's sentence. */
TEST(back_to_the_shared_encoder_in_a_pause)
{
	static const struct {
		enum codec_id codec;
		unsigned at_once;
	} cases[] = { { CODEC_PCMU, 20 }, { CODEC_G722, 30 } };

	for (unsigned k = 0; k < 2; k++) {
		struct room_stats before, after;
		struct scene sc;
		struct phone *a, *b;

		scene_open(&sc, 4, false);
		a = join(&sc, cases[k].codec, 20, 400);
		b = join(&sc, cases[k].codec, 20, 0);
		join(&sc, cases[k].codec, 20, 0);
		run(&sc, 1000);
		b->hz = 1500;
		run(&sc, 300);
		b->hz = 0;
		run(&sc, 600); /* until b is out of the mix */
		room_stats(sc.room, &before);
		run(&sc, 200);
		room_stats(sc.room, &after);
		CHECK_INT(cases[k].at_once, after.encodes - before.encodes, codec_info(cases[k].codec)->name);
		a->hz = 0;
		run(&sc, 700);
		a->hz = 400;
		run(&sc, 200);
		room_stats(sc.room, &before);
		run(&sc, 200);
		room_stats(sc.room, &after);
		CHECK_INT(20, after.encodes - before.encodes, "after a pause: a's own, and one for all");
		scene_close(&sc);
	}
}

/* Two who hear the same in long packets, but not at the same place in them: after b has talked, it must not be
 * given packets that begin before its last one ended. */
TEST(long_packets_of_two_phases)
{
	static const unsigned ptimes[] = { 30, 40, 60 };

	for (unsigned i = 0; i < 3; i++)
		for (unsigned late = 20; late <= 60; late += 20) {
			struct scene sc;
			struct phone *b, *c;

			scene_open(&sc, 4, false);
			join(&sc, CODEC_PCMU, 20, 400);
			c = join(&sc, CODEC_PCMU, ptimes[i], 0);
			run(&sc, 400);
			b = join(&sc, CODEC_PCMU, ptimes[i], 0);
			run(&sc, late);
			b->hz = 2000;
			run(&sc, 200 + late);
			b->hz = 0;
			run(&sc, 1000);
			CHECK_INT(0, b->odd_steps, "b's timestamps follow each other");
			CHECK_INT(0, c->odd_steps, "c's too");
			CHECK_NEAR(20, phone_level(b, 400, 1100), 0.5, "and the sound is whole");
			scene_close(&sc);
		}
}

/* A session timer's re-INVITE changes nothing: nor may the sound, for a codec with memory. */
TEST(refresh_is_not_heard)
{
	static const enum codec_id codecs[] = { CODEC_PCMU, CODEC_G722, CODEC_OPUS };

	for (unsigned k = 0; k < 3; k++) {
		struct stream_stats stats;
		struct scene sc;
		struct phone *a, *b, *c;

		scene_open(&sc, 4, false);
		a = join(&sc, codecs[k], 20, 400);
		b = join(&sc, codecs[k], 40, 0);
		c = join(&sc, codecs[k], 40, 0);
		run(&sc, 1500);
		for (unsigned i = 0; i < 3; i++) {
			phone_refit(a, sc.now_us);
			phone_refit(b, sc.now_us);
			run(&sc, 100);
		}
		for (unsigned i = 0; i < 2; i++) {
			const struct phone *ear = i ? c : b;

			CHECK_NEAR(20, phone_level(ear, 400, 300), 0.5, "the tone");
			CHECK(greatest_step(ear, 300) <
					3277 * pow(2 * M_PI * 400 / phone_rate(ear), 2) * 1.3 + 300,
				"%s: no seam: %.0f", codec_info(codecs[k])->name, greatest_step(ear, 300));
			CHECK_INT(1, ear->markers, "one talk burst");
			CHECK_INT(0, ear->jumps + ear->odd_steps, "sequence and timestamps");
		}
		stream_stats(a->stream, &stats, sc.now_us);
		CHECK_INT(0, stats.rx_lost + stats.concealed_ms, "nothing is lost");
		scene_close(&sc);
	}
}

TEST(leader_leaves_and_the_others_hear_nothing_of_it)
{
	struct scene sc;
	struct phone *listeners[5];

	scene_open(&sc, 4, false);
	join(&sc, CODEC_PCMU, 20, 400);
	for (unsigned i = 0; i < 5; i++) {
		listeners[i] = join(&sc, CODEC_G722, 40, 0);
		listeners[i]->holds_its_tongue = true;
	}
	run(&sc, 1000);
	for (unsigned i = 0; i < 4; i++) { /* whoever leads is among them sooner or later */
		run(&sc, 100);
		leave(&sc, listeners[4 - i]);
	}
	run(&sc, 300);
	CHECK_NEAR(20, phone_level(listeners[0], 400, 600), 0.5, "the tone");
	CHECK(greatest_step(listeners[0], 600) < 3277 * pow(2 * M_PI * 400 / 16000, 2) * 1.3 + 250,
		"no seam: %.0f", greatest_step(listeners[0], 600));
	CHECK_INT(0, listeners[0]->jumps, "sequence");
	scene_close(&sc);
}

TEST(codec_changes_in_the_middle)
{
	struct scene sc;
	struct phone *a, *b;
	uint32_t before;

	scene_open(&sc, 4, false);
	a = join(&sc, CODEC_PCMU, 20, tones[0]);
	b = join(&sc, CODEC_PCMU, 20, tones[1]);
	run(&sc, 600);
	before = a->last_ts;
	a->codec = a->format.tx.id = a->format.rx[0].codec = CODEC_OPUS;
	a->format.tx_pt = a->format.rx[0].pt = 107;
	encoder_free(a->encoder);
	CHECK_INT(MIX_OK, encoder_alloc(&a->encoder, &a->format.tx), "encoder");
	phone_refit(a, sc.now_us);
	a->started = false;
	a->n_heard = 0;
	run(&sc, 1000); /* nobody has brought resamplers: the plain way must do */
	CHECK_NEAR(20, phone_level(a, tones[1], 500), 1.5, "by Opus");
	CHECK_NEAR(20, phone_level(b, tones[0], 500), 1.5, "from Opus");
	CHECK_INT(0, a->jumps, "sequence");
	CHECK_NEAR(before + 1000 * 48, a->last_ts, 960, "the new clock counts from where the old one stood");
	scene_close(&sc);
}

/* Whoever comes into a room in the middle of a long packet may not share one that began before. */
TEST(moved_between_rooms)
{
	static const unsigned ptimes[] = { 20, 30, 40, 60 };

	for (unsigned k = 0; k < 4; k++)
		for (unsigned at = 50; at < 53; at++) {
			struct scene lobby, sc;
			struct phone *a, *b, *c;

			scene_open(&lobby, 4, true);
			scene_open(&sc, 4, false);
			a = join(&lobby, CODEC_PCMU, ptimes[k], tones[0]);
			b = join(&sc, CODEC_PCMU, 20, tones[1]);
			c = join(&sc, CODEC_PCMU, ptimes[k], 0);
			run(&sc, (at - 50) * FRAME_MS); /* c is so far ahead in its packet */
			for (unsigned i = 0; i < 100; i++) {
				if (i < 80)
					phone_send(a, sc.now_us);
				if (i == at) {
					room_remove(lobby.room, a->stream);
					room_add(sc.room, a->stream);
				}
				room_tick(lobby.room, lobby.now_us + 1000, 0, &phone_out);
				lobby.now_us += FRAME_US;
				run(&sc, 20);
			}
			CHECK_NEAR(20, phone_level(a, tones[1], 700), 1, "hears the room");
			CHECK_NEAR(21, phone_level(b, tones[0], 1000), 5, "was heard there");
			CHECK_INT(0, a->jumps + c->jumps, "sequence");
			CHECK_INT(0, a->odd_steps + c->odd_steps, "timestamps");
			CHECK_INT(1, a->markers, "one talk burst");
			leave(&sc, a);
			a->stream = NULL;
			scene_close(&lobby);
			scene_close(&sc);
		}
}

TESTS(idle_listeners_share_one_encode, listener_becomes_talker_without_a_seam,
	back_to_the_shared_encoder_in_a_pause, long_packets_of_two_phases, refresh_is_not_heard,
	leader_leaves_and_the_others_hear_nothing_of_it, codec_changes_in_the_middle, moved_between_rooms)
