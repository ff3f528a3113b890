/* links: mixer/choose.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/conceal.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/delay.c mixer/doze.c mixer/err.c mixer/lull.c mixer/hush.c mixer/jbuf.c mixer/keypad.c mixer/keypad_tx.c mixer/kit.c mixer/latch.c mixer/level.c mixer/limit.c mixer/mix.c mixer/narrow.c mixer/opus_peek.c mixer/resample.c mixer/ring.c mixer/room.c mixer/room_limit.c mixer/room_idle.c mixer/room_group.c mixer/rtcp.c mixer/rtp.c mixer/skew.c mixer/slots.c mixer/source.c mixer/stream.c mixer/stream_quality.c mixer/agc.c mixer/burst.c mixer/denoise.c mixer/echo.c mixer/oneway.c mixer/quality.c mixer/xr.c mixer/stream_rtcp.c mixer/stream_pace.c mixer/stream_rx.c mixer/stream_playout.c mixer/comfort.c mixer/stream_take.c mixer/progress.c mixer/beep.c mixer/stream_tx.c mixer/stretch.c mixer/warp.c tests/phone.c mixer/exchange.c mixer/room_spread.c mixer/cipher.c mixer/seal.c mixer/stream_seal.c mixer/stream_ice.c mixer/ice.c mixer/binding.c mixer/room_clip.c mixer/clip.c mixer/quirk.c mixer/unopened.c */
/* What everybody in a room hears, judged by far ends with codecs of their own on a simulated clock. */
#include "tests/roombed.h"
#include "tests/starve.h"

#include <math.h>
#include <stdlib.h>

/* Everybody sends a tone at -20 dB: each must come out at +-1 dB for the others, and not at all for its owner. */
static void everybody_hears_all_others(struct scene *sc, unsigned n, double own_least_db)
{
	char story[96];

	for (unsigned l = 0; l < n; l++)
		for (unsigned t = 0; t < n; t++) {
			double level = phone_level(&sc->phones[l], sc->phones[t].hz, 500);

			snprintf(story, sizeof(story), "phone %u (%s) hears %u Hz of phone %u", l,
				codec_info(sc->phones[l].codec)->name, sc->phones[t].hz, t);
			if (l == t)
				CHECK(level >= own_least_db, "%s: itself at -%.1f dB", story, level);
			else
				CHECK_NEAR(20, level, 1, story);
		}
}

TEST(each_hears_the_others_and_not_itself)
{
	static const enum codec_id codecs[] = { CODEC_PCMU, CODEC_PCMA, CODEC_G722, CODEC_OPUS };
	struct scene sc;

	scene_open(&sc, 4, false);
	for (unsigned i = 0; i < 4; i++)
		join(&sc, codecs[i], 20, tones[i]);
	run(&sc, 2000);
	everybody_hears_all_others(&sc, 4, 60);
	for (unsigned i = 0; i < 4; i++) {
		CHECK_INT(0, sc.phones[i].jumps, "sequence numbers follow");
		CHECK_NEAR(100, sc.phones[i].packets, 1, "a packet per frame");
		CHECK_INT(1, sc.phones[i].talk_on, "talk begins once");
	}
	scene_close(&sc);
}

TEST(wide_listeners_hear_wide_sound)
{
	struct scene sc;
	struct phone *opus, *g722, *pcmu;

	scene_open(&sc, 4, false);
	opus = join(&sc, CODEC_OPUS, 20, 6000);
	g722 = join(&sc, CODEC_G722, 20, 0);
	pcmu = join(&sc, CODEC_PCMU, 20, 0);
	run(&sc, 1500);
	CHECK_NEAR(20, phone_level(g722, 6000, 500), 1.5, "6 kHz from 48 to 16 kHz");
	CHECK(phone_level(pcmu, 2000, 500) > 55, "6 kHz does not fold onto 2 kHz for a phone: -%.1f",
		phone_level(pcmu, 2000, 500));
	CHECK(phone_level(opus, 6000, 500) > 60, "nor comes back");
	scene_close(&sc);
}

TEST(every_ptime_goes_in_and_out)
{
	static const unsigned ptimes[] = { 10, 20, 30, 40, 50, 60 };
	static const enum codec_id codecs[] = { CODEC_PCMU, CODEC_G722, CODEC_PCMA, CODEC_OPUS, CODEC_G722,
		CODEC_PCMU };
	struct scene sc;

	scene_open(&sc, 6, false);
	for (unsigned i = 0; i < 6; i++) {
		join(&sc, codecs[i], codecs[i] == CODEC_OPUS ? 40 : ptimes[i], tones[i]);
		if (codecs[i] == CODEC_OPUS) { /* five sines at once are much for its 24 kbit/s of speech */
			sc.phones[i].format.tx.bitrate_bps = 96000;
			phone_refit(&sc.phones[i], sc.now_us);
		}
	}
	run(&sc, 2400);
	everybody_hears_all_others(&sc, 6, 55);
	for (unsigned i = 0; i < 6; i++) {
		CHECK_NEAR(2400.0 / ptimes[i], sc.phones[i].packets, 2,
			"packets of the ptime that was asked for");
		CHECK_INT(0, sc.phones[i].jumps, "sequence");
	}
	scene_close(&sc);
}

TEST(opus_of_10_and_60_ms)
{
	struct scene sc;

	scene_open(&sc, 4, false);
	join(&sc, CODEC_OPUS, 10, tones[0]);
	join(&sc, CODEC_OPUS, 60, tones[1]);
	join(&sc, CODEC_PCMU, 20, tones[2]);
	run(&sc, 2400);
	everybody_hears_all_others(&sc, 3, 50);
	scene_close(&sc);
}

TEST(mute_deafen_and_gain)
{
	struct scene sc;
	struct phone *a, *b, *c;

	scene_open(&sc, 4, false);
	a = join(&sc, CODEC_PCMU, 20, tones[0]);
	b = join(&sc, CODEC_PCMU, 20, tones[1]);
	c = join(&sc, CODEC_OPUS, 20, tones[2]);
	stream_mute(a->stream, true);
	stream_deafen(b->stream, true);
	stream_gain(c->stream, -6, 6);
	run(&sc, 1500);
	CHECK(phone_level(b, tones[0], 500) > 60 && phone_level(c, tones[0], 500) > 60,
		"a muted leg is absent");
	CHECK(phone_rms(b, 500) > 80, "a deaf leg hears nothing");
	CHECK_NEAR(26, phone_level(c, tones[1], 500), 1, "c hears all 6 dB quieter");
	CHECK_NEAR(14, phone_level(a, tones[2], 500), 1, "and is heard 6 dB louder");
	CHECK(phone_level(c, tones[2], 500) > 60, "gained share is subtracted exactly");
	CHECK_INT(0, a->talk_on, "a muted leg does not talk");

	stream_mute(a->stream, false);
	stream_deafen(b->stream, false);
	stream_gain(c->stream, 0, 0);
	run(&sc, 1000);
	everybody_hears_all_others(&sc, 3, 60);
	CHECK_INT(1, a->talk_on, "now it does");
	scene_close(&sc);
}

/* Six at -6 dB reach +9.5 dB together: other bridges leave oneself audible at -9 dB (issue 3). */
TEST(limiter_leaves_no_own_voice_and_no_clip)
{
	/* no sum or difference of a few of them is near another: what the limiter bends is not their fault */
	static const unsigned apart[] = { 311, 547, 941, 1499, 2287, 3301 };
	struct room_stats stats;
	struct scene sc;

	scene_open(&sc, 8, false);
	for (unsigned i = 0; i < 6; i++)
		join(&sc, CODEC_G722, 20, apart[i])->dbov = 6;
	run(&sc, 2000);
	room_stats(sc.room, &stats);
	CHECK(stats.limited > 0, "the limiter worked");
	for (unsigned i = 0; i < 6; i++) {
		double own = phone_level(&sc.phones[i], sc.phones[i].hz, 500);
		double other = phone_level(&sc.phones[i], sc.phones[(i + 1) % 6].hz, 500);

		CHECK(own > other + 25, "own -%.1f dB, another's -%.1f dB", own, other);
		CHECK(other < 22, "others are heard: -%.1f dB", other);
	}
	scene_close(&sc);
}

TEST(loudest_few_keep_their_places)
{
	struct room_stats stats;
	struct scene sc;
	struct phone *ear;

	scene_open(&sc, 2, false);
	ear = join(&sc, CODEC_PCMU, 20, 0);
	for (unsigned i = 0; i < 4; i++) { /* 0 and 1 first; 2 and 3 come later, hardly louder */
		join(&sc, CODEC_PCMU, 20, i < 2 ? tones[i] : 0)->dbov = 20 - (double)i;
	}
	run(&sc, 1000);
	sc.phones[3].hz = tones[2];
	sc.phones[4].hz = tones[3];
	run(&sc, 1000);
	room_stats(sc.room, &stats);
	CHECK_INT(2, stats.n_mixed, "two are mixed");
	CHECK_NEAR(20, phone_level(ear, tones[0], 500), 1, "the first stays");
	CHECK_NEAR(19, phone_level(ear, tones[1], 500), 1, "the second stays");
	CHECK(phone_level(ear, tones[2], 500) > 60, "the third is not heard");
	sc.phones[4].dbov = 8;
	run(&sc, 1000);
	CHECK_NEAR(8, phone_level(ear, tones[3], 500), 1, "who is 11 dB louder is taken");
	CHECK(phone_level(ear, tones[0], 500) > 60, "in the quietest one's place");
	scene_close(&sc);
}

TEST(first_syllable_is_whole)
{
	struct scene sc;
	struct phone *ear, *talker;
	size_t first = 0, n;

	scene_open(&sc, 2, false); /* crowded: three legs */
	ear = join(&sc, CODEC_PCMU, 20, 0);
	talker = join(&sc, CODEC_PCMU, 20, 0);
	join(&sc, CODEC_PCMU, 20, 0)->holds_its_tongue = true;
	talker->holds_its_tongue = true;
	run(&sc, 1000);
	phone_forget(ear);
	talker->holds_its_tongue = false;
	talker->hz = 1000;
	run(&sc, 400);
	while (first < ear->n_heard && abs(ear->heard[first]) < 500)
		first++;
	n = ear->n_heard - first;
	CHECK(n >= 8 * (400 - 60), "of 400 ms, %zu ms have been heard, and the rest waits in buffers", n / 8);
	scene_close(&sc);
}

TEST(keys_stay_out_of_the_mix)
{
	struct scene sc;
	struct phone *ear, *keys;

	scene_open(&sc, 4, false);
	ear = join(&sc, CODEC_PCMU, 20, 0);
	keys = join(&sc, CODEC_PCMU, 20, 300);
	run(&sc, 600);
	for (unsigned key = 1; key <= 3; key++) { /* its tone goes on beside the event, as some phones do */
		uint32_t timestamp = keys->timestamp;

		for (unsigned i = 1; i <= 5; i++) {
			phone_send_event(keys, key, false, 160 * i, timestamp, sc.now_us);
			if (i == 3)
				phone_forget(ear);
			run(&sc, 20);
		}
		for (unsigned i = 0; i < 3; i++)
			phone_send_event(keys, key, true, 960, timestamp, sc.now_us);
		CHECK(phone_level(ear, 300, 40) > 60, "nothing is heard while a key is down: -%.1f",
			phone_level(ear, 300, 40));
		run(&sc, 300);
		CHECK_NEAR(20, phone_level(ear, 300, 100), 1, "and again afterwards");
	}
	CHECK_STR("123", keys->digits, "each key once");
	scene_close(&sc);
}

TEST(events_are_no_loss)
{
	struct stream_stats stats;
	struct scene sc;
	struct phone *keys;

	scene_open(&sc, 4, false);
	join(&sc, CODEC_PCMU, 20, 0);
	keys = join(&sc, CODEC_PCMU, 20, 300);
	run(&sc, 600);
	for (unsigned i = 1; i <= 6; i++) { /* events in the place of sound */
		phone_send_event(
			keys, 5, i >= 4, 160 * (i < 4 ? i : 4), keys->timestamp - (i - 1) * 160, sc.now_us);
		keys->timestamp += 160;
		keys->next_us += FRAME_US;
		run(&sc, 20);
	}
	run(&sc, 600);
	stream_stats(keys->stream, &stats, sc.now_us);
	CHECK_STR("5", keys->digits, "the key");
	CHECK_INT(0, stats.rx_lost, "no packet is missing");
	CHECK(stats.concealed_ms <= 60, "and little was made up: %u ms", stats.concealed_ms);
	scene_close(&sc);
}

TEST(hold_stops_both_ways)
{
	struct scene sc;
	struct phone *a, *b;
	unsigned sent;

	scene_open(&sc, 4, false);
	a = join(&sc, CODEC_PCMU, 20, tones[0]);
	b = join(&sc, CODEC_PCMU, 20, tones[1]);
	run(&sc, 500);
	a->format.send = a->format.receive = false;
	phone_refit(a, sc.now_us);
	sent = a->packets;
	run(&sc, 500);
	CHECK_INT(sent, a->packets, "nothing is sent to a leg on hold");
	CHECK(phone_level(b, tones[0], 300) > 60, "its hold music is not heard");
	a->format.send = a->format.receive = true;
	phone_refit(a, sc.now_us);
	run(&sc, 600);
	everybody_hears_all_others(&sc, 2, 60);
	CHECK_INT(0, a->jumps, "sequence goes on over the hold");
	CHECK_INT(2, a->markers, "a talk burst begins after it");
	CHECK_NEAR(a->first_ts + 1580 * 8, a->last_ts, 160, "the timestamp has counted the hold");
	scene_close(&sc);
}

TEST(cue_over_a_room_and_chime_for_all)
{
	struct scene sc;
	struct phone *a, *b, *c;
	struct cue *cue = NULL;
	const struct cue *list[1];

	CHECK_INT(MIX_OK, cue_tone(&cue, 2500, 0, 20, 1000, 0), "tone");
	list[0] = cue;
	scene_open(&sc, 4, false);
	a = join(&sc, CODEC_PCMU, 20, tones[0]);
	b = join(&sc, CODEC_G722, 20, 0);
	c = join(&sc, CODEC_OPUS, 20, 0);
	run(&sc, 600);
	CHECK_INT(1 << RATE_8K | 1 << RATE_16K | 1 << RATE_48K, room_rates(sc.room), "three rates are heard");
	CHECK_INT(MIX_OK, stream_play(b->stream, list, 1, false, 77), "play");
	run(&sc, 600);
	CHECK_NEAR(17, phone_level(b, 2500, 400), 1, "the cue: 20 dBov of a sine");
	CHECK_NEAR(20 + ROOM_DUCK_DB, phone_level(b, tones[0], 400), 1, "the room behind it");
	CHECK(phone_level(c, 2500, 400) > 60, "is nobody else's");
	run(&sc, 600);
	CHECK_INT(1, b->played, "its end is told");
	CHECK_INT(77, b->last_played, "by its number");
	CHECK_NEAR(20, phone_level(b, tones[0], 100), 1, "and the room is back");

	CHECK_INT(MIX_OK, room_play(sc.room, list, 1), "chime");
	run(&sc, 700);
	CHECK_NEAR(17, phone_level(a, 2500, 400), 1, "the talker hears it");
	CHECK_NEAR(17, phone_level(b, 2500, 400), 1, "and a listener");
	CHECK_NEAR(17, phone_level(c, 2500, 400), 1, "at every rate");
	CHECK_NEAR(20, phone_level(b, tones[0], 400), 1, "over the talk");
	run(&sc, 600);
	CHECK(phone_level(a, 2500, 100) > 60, "once");
	scene_close(&sc);
	cue_free(cue);
}

TEST(isolated_room_hears_cues_alone)
{
	struct scene sc;
	struct phone *a, *b;
	struct cue *cue = NULL;
	const struct cue *list[1];

	CHECK_INT(MIX_OK, cue_tone(&cue, 2500, 0, 20, 500, 0), "tone");
	list[0] = cue;
	scene_open(&sc, 4, true);
	a = join(&sc, CODEC_PCMU, 20, tones[0]);
	b = join(&sc, CODEC_PCMU, 20, tones[1]);
	stream_play(a->stream, list, 1, true, 1);
	run(&sc, 1000);
	CHECK_NEAR(17, phone_level(a, 2500, 400), 1, "its cue, again and again");
	CHECK(phone_level(a, tones[1], 400) > 60, "not its neighbour");
	CHECK(phone_rms(b, 400) > 80, "silence for who has no cue");
	CHECK_NEAR(50, b->packets, 1, "in packets");
	scene_close(&sc);
	cue_free(cue);
}

/* The rule of the tick: nothing is allocated, by us or by a codec's library, whatever happens in it. */
TEST(a_tick_allocates_nothing)
{
	static const enum codec_id codecs[] = { CODEC_PCMU, CODEC_PCMA, CODEC_G722, CODEC_OPUS };
	enum { PLENTY = 1000000 };
	struct scene sc;
	struct cue *cue = NULL;
	const struct cue *list[1];
	unsigned allocated = 0;

	CHECK_INT(MIX_OK, cue_tone(&cue, 2500, 0, 20, 300, 0), "tone");
	list[0] = cue;
	scene_open(&sc, 4, false);
	for (unsigned i = 0; i < 8; i++) {
		struct phone *p = join(&sc, codecs[i % 4], i % 3 ? 20 : 40, i < 6 ? tones[i] : 0);

		p->lose_every = 9;
		p->dbov = 6;
	}
	for (unsigned t = 0; t < 100; t++) {
		for (unsigned i = 0; i < sc.n; i++)
			phone_send(&sc.phones[i], sc.now_us);
		if (t == 20)
			CHECK_INT(MIX_OK, stream_play(sc.phones[3].stream, list, 1, false, 1), "cue");
		if (t == 40)
			CHECK_INT(MIX_OK, room_play(sc.room, list, 1), "chime");
		if (t == 60)
			CHECK_INT(MIX_OK, stream_press(sc.phones[2].stream, '4', 100), "key");
		stream_mute(sc.phones[1].stream, t % 20 < 5);
		starve_at = PLENTY;
		room_tick(sc.room, sc.now_us, sc.now_us << 12, &phone_out);
		allocated += (unsigned)(PLENTY - starve_at);
		starve_at = 0;
		sc.now_us += FRAME_US;
	}
	CHECK_INT(0, allocated, "allocations");
	scene_close(&sc);
	cue_free(cue);
}

TEST(refuses_bad_settings)
{
	const struct room_config bad[] = { { .mixed_talkers = 0 },
		{ .mixed_talkers = ROOM_TALKERS_MAX + 1 } };
	const struct room_config good = { .mixed_talkers = 4 };
	struct room *r = NULL;
	enum mix_err err;

	for (size_t i = 0; i < 2; i++)
		CHECK_INT(MIX_RANGE, room_alloc(&r, &bad[i]), "talkers");
	CHECK(!r, "nothing made");
	room_free(NULL);
	STARVE(err, room_alloc(&r, &good), MIX_NOMEM);
	room_free(r);
}

/* Two talkers together are louder than a sample may be; the listener at 16 kHz who came last may leave, or change to 8 kHz. */
static uint64_t heard_while(bool leaves, bool changes)
{
	struct scene sc;
	struct phone *stays, *goes;
	uint64_t sum = 14695981039346656037u;

	scene_open(&sc, 4, false);
	stays = join(&sc, CODEC_G722, 20, 0);
	for (unsigned i = 0; i < 2; i++)
		join(&sc, CODEC_PCMU, 20, 400 + 300 * i)->dbov = 0;
	goes = join(&sc, CODEC_G722, 20, 0);
	stays->hz = goes->hz = 400;
	stays->holds_its_tongue = goes->holds_its_tongue = true;
	run(&sc, 1000);
	if (leaves)
		leave(&sc, goes);
	if (changes) {
		goes->format.tx.id = CODEC_PCMU;
		goes->format.tx_pt = 0;
		phone_refit(goes, sc.now_us);
	}
	run(&sc, 1000);
	CHECK(stays->n_heard > phone_rate(stays), "it hears");
	for (size_t i = 0; i < stays->n_heard; i++)
		sum = (sum ^ (uint16_t)stays->heard[i]) * 1099511628211u;
	scene_close(&sc);
	return sum;
}

TEST(who_lends_the_limiter_leaves_and_nobody_hears_it)
{
	const uint64_t plain = heard_while(false, false);

	CHECK(plain == heard_while(true, false), "the same to the sample");
	CHECK(plain == heard_while(false, true), "and when it changes its codec");
}

TESTS(each_hears_the_others_and_not_itself, wide_listeners_hear_wide_sound, every_ptime_goes_in_and_out,
	opus_of_10_and_60_ms, mute_deafen_and_gain, limiter_leaves_no_own_voice_and_no_clip,
	who_lends_the_limiter_leaves_and_nobody_hears_it, loudest_few_keep_their_places,
	first_syllable_is_whole, keys_stay_out_of_the_mix, events_are_no_loss, hold_stops_both_ways,
	cue_over_a_room_and_chime_for_all, isolated_room_hears_cues_alone, a_tick_allocates_nothing,
	refuses_bad_settings)
