/* links: mixer/choose.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/conceal.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/delay.c mixer/doze.c mixer/err.c mixer/lull.c mixer/hush.c mixer/jbuf.c mixer/keypad.c mixer/keypad_tx.c mixer/kit.c mixer/latch.c mixer/level.c mixer/limit.c mixer/mix.c mixer/narrow.c mixer/opus_peek.c mixer/resample.c mixer/ring.c mixer/room.c mixer/room_limit.c mixer/room_idle.c mixer/room_group.c mixer/rtcp.c mixer/rtp.c mixer/skew.c mixer/slots.c mixer/source.c mixer/stream.c mixer/stream_quality.c mixer/agc.c mixer/burst.c mixer/denoise.c mixer/echo.c mixer/oneway.c mixer/quality.c mixer/xr.c mixer/stream_rtcp.c mixer/stream_pace.c mixer/stream_rx.c mixer/stream_playout.c mixer/comfort.c mixer/stream_take.c mixer/progress.c mixer/beep.c mixer/stream_tx.c mixer/stretch.c mixer/warp.c mixer/exchange.c mixer/room_spread.c mixer/cipher.c mixer/seal.c mixer/stream_seal.c mixer/room_clip.c mixer/clip.c mixer/quirk.c mixer/stream_ice.c mixer/ice.c mixer/binding.c mixer/unopened.c */
/* Playout when a sender does to its numbers what it likes (FEATURES A15), while its clock drifts as well. */
#include "tests/farbed.h"

enum trick { NEW_SSRC, TIME_JUMP, TIME_BACK, SEQ_RESTART, SEQ_JUMP, PTIME_60, PTIME_10, DTX, LONG_HOLD };

static void play_trick(struct bench *b, enum trick trick)
{
	struct far *f = &b->far;

	switch (trick) {
	case NEW_SSRC:
		f->ssrc++;
		f->timestamp += 77777777;
		f->seq += 12345;
		break;
	case TIME_JUMP: f->timestamp += 100000; break;
	case TIME_BACK: f->timestamp -= 3000000; break;
	case SEQ_RESTART: f->seq = 1; break;
	case SEQ_JUMP: f->seq += 5000; break;
	case PTIME_60: f->ptime_ms = 60; break;
	case PTIME_10: f->ptime_ms = 10; break;
	case DTX:
		for (unsigned i = 0; i < 10; i++) {
			f->silent = i % 2 == 0;
			run(b, 0.7);
		}
		f->silent = false;
		break;
	case LONG_HOLD:
		f->silent = true;
		run(b, 30);
		f->silent = false;
		break;
	}
}

TEST(numbers_may_jump_while_clocks_drift)
{
	static const struct {
		const char *story;
		enum trick trick;
	} cases[] = { { "a new SSRC", NEW_SSRC }, { "timestamps jump ahead", TIME_JUMP },
		{ "timestamps jump back", TIME_BACK }, { "the sequence restarts", SEQ_RESTART },
		{ "the sequence jumps", SEQ_JUMP }, { "packets of 60 ms", PTIME_60 },
		{ "packets of 10 ms", PTIME_10 }, { "DTX", DTX }, { "30 s of nothing", LONG_HOLD } };

	for (size_t i = 0; i < 3 * sizeof(cases) / sizeof(*cases); i++) {
		static const double ppms[] = { 0, 500, -500 };
		struct figures end;
		struct bench b;

		bench_open(&b, 1000, ppms[i % 3], 7);
		run(&b, 30);
		play_trick(&b, cases[i / 3].trick);
		run(&b, 30); /* a sender that is new is found out anew */
		measure_from(&b);
		run(&b, 30);
		end = stats_of(&b);
		tell(&b, cases[i / 3].story);
		CHECK_INT(0, b.holes, cases[i / 3].story);
		CHECK(snr_db(&b) > 33, "%s: SNR %.1f dB", cases[i / 3].story, snr_db(&b));
		CHECK(b.highest_ms <= 46, "%s: delay %.0f ms", cases[i / 3].story, b.highest_ms);
		CHECK_INT(0, end.rx_dropped, cases[i / 3].story);
		CHECK(end.concealed_ms <= 460, "%s: %u ms made up", cases[i / 3].story, end.concealed_ms);
		bench_close(&b);
	}
}

TEST(reordered_doubled_and_lost_packets_while_clocks_drift)
{
	static const struct {
		const char *story;
		double swap, twice, loss;
		unsigned made_up_max_ms;
	} cases[] = { { "one in fifty overtaken", 0.02, 0, 0, 400 }, { "half of them twice", 0, 0.5, 0, 0 },
		{ "2 % lost", 0, 0, 0.02, 1800 }, { "all of it", 0.02, 0.3, 0.02, 2200 } };

	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(*cases); i++) {
		struct figures end;
		struct bench b;

		bench_open(&b, 1000, i % 2 ? 500 : -500, 7);
		b.far.swap = cases[i / 2].swap;
		b.far.twice = cases[i / 2].twice;
		b.far.loss = cases[i / 2].loss;
		measure_from(&b);
		run(&b, 60);
		end = stats_of(&b);
		tell(&b, cases[i / 2].story);
		CHECK_INT(0, end.rx_dropped, cases[i / 2].story);
		CHECK(end.concealed_ms <= cases[i / 2].made_up_max_ms, "%s: %u ms made up",
			cases[i / 2].story, end.concealed_ms);
		CHECK(b.highest_ms <= 75, "%s: delay %.0f ms", cases[i / 2].story, b.highest_ms);
		CHECK(abs(abs(end.skew_ppb) - 500000) < 5000, "%s: %d", cases[i / 2].story, end.skew_ppb);
		bench_close(&b);
	}
}

/* Timestamps that say nothing about time must not make us cut for ever. */
TEST(absurd_timestamps_do_no_harm)
{
	static const struct {
		const char *story;
		uint32_t step; /* on top of those of the packet's sound */
	} cases[] = { { "timestamps at twice the rate, as of G.722 at 16 kHz", 160 },
		{ "at half the rate", (uint32_t)-80 }, { "that stand still", (uint32_t)-160 },
		{ "that go backwards", (uint32_t)-320 }, { "one in a hundred too fast", 2 },
		{ "one in twenty too slow", (uint32_t)-8 } };

	for (size_t k = 0; k < sizeof(cases) / sizeof(*cases); k++) {
		struct figures end;
		struct bench b;

		bench_open(&b, 1000, 0, 7);
		measure_from(&b);
		for (unsigned i = 0; i < 6000; i++) {
			double at = b.far.at_us;

			tick(&b);
			if (b.far.at_us > at)
				b.far.timestamp += cases[k].step;
		}
		end = stats_of(&b);
		tell(&b, cases[k].story);
		CHECK(b.holes <= 10, "%s: %u holes", cases[k].story, b.holes);
		CHECK(end.concealed_ms + end.cut_ms < 3000, "%s: %u ms made up and %u cut in two minutes",
			cases[k].story, end.concealed_ms, end.cut_ms);
		bench_close(&b);
	}
}

TESTS(numbers_may_jump_while_clocks_drift, reordered_doubled_and_lost_packets_while_clocks_drift,
	absurd_timestamps_do_no_harm)
