/* links: mixer/choose.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/conceal.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/delay.c mixer/doze.c mixer/err.c mixer/lull.c mixer/hush.c mixer/jbuf.c mixer/keypad.c mixer/keypad_tx.c mixer/kit.c mixer/latch.c mixer/level.c mixer/limit.c mixer/mix.c mixer/narrow.c mixer/opus_peek.c mixer/resample.c mixer/ring.c mixer/room.c mixer/room_limit.c mixer/room_idle.c mixer/room_group.c mixer/rtcp.c mixer/rtp.c mixer/skew.c mixer/slots.c mixer/source.c mixer/stream.c mixer/stream_quality.c mixer/agc.c mixer/burst.c mixer/denoise.c mixer/echo.c mixer/oneway.c mixer/quality.c mixer/xr.c mixer/stream_rtcp.c mixer/stream_pace.c mixer/stream_rx.c mixer/stream_playout.c mixer/comfort.c mixer/stream_take.c mixer/progress.c mixer/beep.c mixer/stream_tx.c mixer/stretch.c mixer/warp.c mixer/exchange.c mixer/room_spread.c mixer/cipher.c mixer/seal.c mixer/stream_seal.c mixer/room_clip.c mixer/clip.c mixer/quirk.c mixer/stream_ice.c mixer/ice.c mixer/binding.c mixer/unopened.c */
/* Playout against the far end's clock and its path: an hour of drift, jitter that comes and goes. */
#include "tests/farbed.h"

/* ---- clocks ---- */

TEST(drift_is_followed_without_a_frame_lost_or_doubled)
{
	static const struct {
		const char *story;
		double ppm, phase_ms, jitter_ms;
		unsigned ptime_ms;
		double seconds;
	} cases[] = {
		{ "an hour, 500 ppm fast", 500, 7, 0, 20, 3600 },
		{ "an hour, 500 ppm slow", -500, 7, 0, 20, 3600 },
		{ "500 ppm fast, jitter", 500, 3, 0.3, 20, 900 },
		{ "500 ppm fast, just in time", 500, 18.9, 0, 20, 300 },
		{ "500 ppm slow, just in time", -500, 18.9, 0, 20, 300 },
		{ "500 ppm slow, just too late", -500, 19.9, 0, 20, 300 },
		{ "500 ppm slow, early", -500, 0.5, 0, 20, 300 },
		{ "1000 ppm slow", -1000, 13, 0, 20, 300 },
		{ "1000 ppm fast", 1000, 13, 0, 20, 300 },
		{ "50 ppm slow", -50, 18.5, 0, 20, 1200 },
		{ "50 ppm fast", 50, 18.5, 0, 20, 1200 },
		{ "5 ppm slow: not followed", -5, 18.5, 0, 20, 1200 },
		{ "500 ppm fast, 30 ms packets", 500, 7, 0, 30, 300 },
		{ "500 ppm slow, 30 ms packets", -500, 7, 0, 30, 300 },
		{ "500 ppm slow, 10 ms packets", -500, 7, 0, 10, 300 },
		{ "500 ppm slow, 60 ms packets", -500, 7, 0, 60, 300 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct figures first, end;
		struct bench b;

		bench_open(&b, 1000, cases[i].ppm, cases[i].phase_ms);
		b.far.jitter_ms = cases[i].jitter_ms;
		b.far.ptime_ms = cases[i].ptime_ms;
		run(&b, 90);
		first = stats_of(&b);
		measure_from(&b);
		run(&b, cases[i].seconds - 90);
		end = stats_of(&b);
		tell(&b, cases[i].story);
		CHECK_INT(0, end.rx_dropped, cases[i].story);
		CHECK_INT(0, end.rx_lost, cases[i].story);
		CHECK_INT(0, b.holes, cases[i].story);
		/* jitter has a tail: one packet in a hundred may come after the margin, but while a frame more is held;
		 * less than a period more may be made up until it fits */
		CHECK(end.concealed_ms <= (cases[i].jitter_ms > 0 ? 20 + 15 : 0), "%s: %u ms made up",
			cases[i].story, end.concealed_ms);
		CHECK((first.cut_ms == end.cut_ms && first.added_ms == end.added_ms) || end.skew_ppb == 0,
			"%s: spliced after it was known: %u %u", cases[i].story, end.cut_ms - first.cut_ms,
			end.added_ms - first.added_ms);
		CHECK(b.highest_off_ms <= 8 && (b.highest_ms - b.lowest_ms <= 8 || end.skew_ppb == 0),
			"%s: delay %.0f..%.0f", cases[i].story, b.lowest_ms, b.highest_ms);
		CHECK(snr_db(&b) > 37, "%s: SNR %.1f dB", cases[i].story, snr_db(&b));
		/* PCMU's own steps make corners of 210; one sample dropped, of 3000 and more */
		CHECK(b.corner < 800, "%s: a corner of %.0f", cases[i].story, b.corner);
		bench_close(&b);
	}
}

/* However packets stand to our ticks, a tone is not broken while its clock is being found out. */
TEST(drift_is_found_in_time)
{
	static const double ppms[] = { -500, 500, -200, 30 };

	for (size_t i = 0; i < sizeof(ppms) / sizeof(*ppms); i++)
		for (double phase_ms = 0.1; phase_ms < 20; phase_ms += 1.1) {
			struct bench b;

			bench_open(&b, 1000, ppms[i], phase_ms);
			run(&b, 40);
			CHECK_INT(0, stats_of(&b).concealed_ms, "made up");
			CHECK(abs(stats_of(&b).skew_ppb - (int32_t)(ppms[i] * 1000)) < 3000, "%.0f ppm: %d",
				ppms[i], stats_of(&b).skew_ppb);
			bench_close(&b);
		}
}

/* Whom nobody hears costs no filter, and does not drift away either. */
TEST(the_unheard_are_followed_in_whole_samples)
{
	for (int sign = -1; sign <= 1; sign += 2) {
		struct bench b;

		bench_open(&b, 1000, sign * 500, 5);
		b.unheard = true;
		run(&b, 60);
		measure_from(&b);
		run(&b, 540);
		tell(&b, "nobody hears it");
		CHECK_INT(0, stats_of(&b).rx_dropped + stats_of(&b).concealed_ms, "dropped, made up");
		CHECK(b.highest_ms - b.lowest_ms <= 3, "delay %.0f..%.0f", b.lowest_ms, b.highest_ms);
		b.unheard = false;
		run(&b, 1);
		measure_from(&b);
		run(&b, 10);
		CHECK(snr_db(&b) > 33, "heard again: SNR %.1f dB", snr_db(&b));
		bench_close(&b);
	}
}

/* Other rates, and RTP clocks that are not the sound's. */
TEST(wideband_is_followed_too)
{
	static const enum codec_id codecs[] = { CODEC_G722, CODEC_OPUS };

	for (size_t i = 0; i < 6; i++) {
		static const double ppms[] = { 500, -500, 0 };
		struct bench b;

		bench_open_codec(&b, codecs[i / 3], 1000, ppms[i % 3], 18.9);
		b.far.jitter_ms = 0.1;
		run(&b, 15);
		measure_from(&b);
		run(&b, 30);
		tell(&b, codec_info(codecs[i / 3])->name);
		CHECK_INT(0, b.holes, "holes");
		CHECK_INT(0, stats_of(&b).rx_dropped, "dropped");
		CHECK(stats_of(&b).concealed_ms <= 20, "%u ms made up", stats_of(&b).concealed_ms);
		CHECK(abs(stats_of(&b).skew_ppb - (int32_t)(ppms[i % 3] * 1000)) < 5000, "%d",
			stats_of(&b).skew_ppb);
		CHECK(b.corner < 1000, "a corner of %.0f", b.corner);
		bench_close(&b);
	}
}

/* ---- jitter ---- */

TEST(delay_grows_with_jitter_and_shrinks_after_it)
{
	static const struct {
		const char *story;
		double ppm, jitter_ms;
		bool pauses;
	} cases[] = { { "jitter of 15 ms, clocks alike", 0, 15, false },
		{ "the same, with pauses", 0, 15, true }, { "jitter of 15 ms, 500 ppm fast", 500, 15, false },
		{ "jitter of 8 ms, 500 ppm slow", -500, 8, false }, { "jitter of 60 ms", 0, 60, false } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct figures before, grown, late, after;
		double shrunk_s = 0;
		struct bench b;

		bench_open(&b, 1013, cases[i].ppm, 7);
		run(&b, 30);
		before = stats_of(&b);
		b.far.jitter_ms = cases[i].jitter_ms;
		run(&b, 2); /* a burst */
		grown = stats_of(&b);
		measure_from(&b);
		run(&b, 20);
		late = stats_of(&b);
		tell(&b, cases[i].story);
		CHECK(b.highest_ms <= JBUF_MAX_MS + FRAME_MS, "%s: %.0f ms", cases[i].story, b.highest_ms);
		/* grown once, it was enough: from then on hardly anything was late */
		CHECK(late.concealed_ms - grown.concealed_ms <= (cases[i].jitter_ms > 50 ? 2000 : 600),
			"%s: %u ms made up in 20 s", cases[i].story, late.concealed_ms - grown.concealed_ms);
		b.far.jitter_ms = 0;
		measure_from(&b);
		while (stats_of(&b).delay_ms > before.target_ms + 12 && shrunk_s < 60) {
			b.far.quiet = cases[i].pauses && fmod(shrunk_s, 2) >= 1.5;
			run(&b, 0.1);
			shrunk_s += 0.1;
		}
		after = stats_of(&b);
		if (getenv("CLOCK_TELL"))
			printf("    was %u, grew to %u in 2 s, %u later; %u ms made up meanwhile, %u then; "
			       "back to %u after %.1f s, %u ms cut, sharpest corner %.0f (naively %.0f), SNR "
			       "%.1f dB\n",
				before.delay_ms, grown.delay_ms, late.delay_ms,
				grown.concealed_ms - before.concealed_ms,
				late.concealed_ms - grown.concealed_ms, after.delay_ms, shrunk_s,
				after.cut_ms - late.cut_ms, b.corner, naive_corner(&b), snr_db(&b));
		CHECK(shrunk_s < 15, "%s: %.1f s until the delay was back", cases[i].story, shrunk_s);
		CHECK_INT(0, after.rx_dropped - late.rx_dropped, cases[i].story);
		CHECK_INT(late.concealed_ms, after.concealed_ms, cases[i].story);
		CHECK(cases[i].pauses || b.corner < naive_corner(&b) / 10,
			"%s: a corner of %.0f, naively %.0f", cases[i].story, b.corner, naive_corner(&b));
		bench_close(&b);
	}
}

TESTS(drift_is_followed_without_a_frame_lost_or_doubled, drift_is_found_in_time,
	the_unheard_are_followed_in_whole_samples, wideband_is_followed_too,
	delay_grows_with_jitter_and_shrinks_after_it)
