/* links: mixer/choose.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/conceal.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/delay.c mixer/doze.c mixer/err.c mixer/lull.c mixer/hush.c mixer/jbuf.c mixer/keypad.c mixer/keypad_tx.c mixer/kit.c mixer/latch.c mixer/level.c mixer/limit.c mixer/mix.c mixer/narrow.c mixer/opus_peek.c mixer/resample.c mixer/ring.c mixer/room.c mixer/room_limit.c mixer/room_idle.c mixer/room_group.c mixer/rtcp.c mixer/rtp.c mixer/skew.c mixer/slots.c mixer/source.c mixer/stream.c mixer/stream_rtcp.c mixer/stream_pace.c mixer/stream_rx.c mixer/stream_playout.c mixer/comfort.c mixer/stream_take.c mixer/progress.c mixer/beep.c mixer/stream_tx.c mixer/stretch.c mixer/warp.c bridge/phase.c bridge/worker_phase.c tests/phone.c tests/scene.c bridge/late.c mixer/stream_quality.c mixer/agc.c mixer/burst.c mixer/denoise.c mixer/echo.c mixer/oneway.c mixer/quality.c mixer/xr.c mixer/exchange.c mixer/room_spread.c mixer/cipher.c mixer/seal.c mixer/stream_seal.c mixer/stream_ice.c mixer/ice.c mixer/binding.c mixer/clip.c mixer/quirk.c mixer/room_clip.c mixer/unopened.c */
/* What a listener hears when the bridge's machine, or a far end, stands still for a moment, on a simulated clock. */
#include "tests/scene.h"
#include "tests/test.h"

#include <math.h>

enum {
	SETTLE_MS = 5000,
	BEFORE_MS = 100,
	LOOK_MS = 700,
	RATE = 8000,
	ENVELOPE = 80, /* samples: no fewer than a few periods of each tone */
	STEP = 8
};

static const unsigned tones[] = { 443, 1009 };
enum { TONES = sizeof(tones) / sizeof(*tones) };

/* phones[0] talks, [1] listens; all has settled. */
static void open_scene(struct scene *sc, unsigned hz, double phase_ms)
{
	scene_open(sc);
	scene_join(sc, 0, phase_ms, hz);
	scene_join(sc, 1, 9, 0);
	scene_join(sc, 2, 4, 0);
	scene_run(sc, SETTLE_MS);
	phone_forget(&sc->phones[1]);
	sc->phones[1].odd_steps = 0;
	scene_run(sc, BEFORE_MS);
}

static double rms(const int16_t *pcm, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)pcm[i] * pcm[i];
	return sqrt(sum / (double)n);
}

/* How far the level falls anywhere in what it has heard, dB. */
static double deepest_dip(const struct phone *p, double dbov)
{
	const double whole = 32767 * pow(10, -dbov / 20) / M_SQRT2;
	double least = whole;

	for (size_t i = 0; i + ENVELOPE <= p->n_heard; i += STEP)
		least = fmin(least, rms(p->heard + i, ENVELOPE));
	return least > 0 ? 20 * log10(whole / least) : 99;
}

/* A sine goes on as its last two samples say.  The farthest that one is from that, as a share of its peak. */
static double worst_kink(const struct phone *p, unsigned hz, double dbov)
{
	const double turn = 2 * cos(2 * M_PI * hz / RATE), peak = 32767 * pow(10, -dbov / 20);
	double worst = 0;

	for (size_t i = 2; i < p->n_heard; i++)
		worst = fmax(worst, fabs(p->heard[i] - turn * p->heard[i - 1] + p->heard[i - 2]));
	return worst / peak;
}

static unsigned frames_missing(const struct phone *p, unsigned ms)
{
	return ms / FRAME_MS - p->packets;
}

/* What came while the worker was kept waiting is played as if it had been in time: every frame is sent, none is made up, and
 * no delay is left behind. */
TEST(a_worker_that_is_kept_waiting_makes_it_good)
{
	static const unsigned stalls_ms[] = { 8, 19, 21, 38, 45, 60, 79 };

	for (size_t i = 0; i < TONES * sizeof(stalls_ms) / sizeof(*stalls_ms); i++) {
		const unsigned hz = tones[i % TONES], ms = stalls_ms[i / TONES];

		for (double phase_ms = 1; phase_ms < 20; phase_ms += 4.7) {
			struct stream_stats before, stats;
			struct scene sc;

			open_scene(&sc, hz, phase_ms);
			struct phone *ear = &sc.phones[1];
			stream_stats(sc.phones[0].stream, &before, sc.now_us);
			sc.busy_until_us = sc.now_us + ms * 1000;
			scene_run(&sc, LOOK_MS);
			stream_stats(sc.phones[0].stream, &stats, sc.now_us);
			CHECK(ear->odd_steps == 0 && ear->jumps == 0, "%u ms: every frame is sent", ms);
			CHECK_INT(0, (int)frames_missing(ear, BEFORE_MS + LOOK_MS), "all of them");
			CHECK_INT(0, (int)stats.concealed_ms, "none made up");
			CHECK_INT(0, (int)(stats.cut_ms + stats.added_ms + stats.rx_dropped),
				"nothing cut or added");
			CHECK_INT((int)before.delay_ms, (int)stats.delay_ms, "no delay is left");
			CHECK(deepest_dip(ear, sc.phones[0].dbov) < 0.5, "%u ms, %u Hz: a dip of %.1f dB", ms,
				hz, deepest_dip(ear, sc.phones[0].dbov));
			CHECK(worst_kink(ear, hz, sc.phones[0].dbov) < 0.08, "%u ms, %u Hz: a kink of %.2f",
				ms, hz, worst_kink(ear, hz, sc.phones[0].dbov));
			scene_close(&sc);
		}
	}
}

/* What is past saving is left out, and only that. */
TEST(no_more_is_given_up_than_must_be)
{
	static const struct {
		const char *story;
		unsigned ms, frames;
		bool overloaded;
	} cases[] = {
		{ "kept waiting for five frames", 100, 2, false },
		{ "for ten", 200, 7, false },
		{ "its own work takes two frames", 45, 2, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct scene sc;

		open_scene(&sc, 443, 3);
		sc.overloaded = cases[i].overloaded;
		sc.busy_until_us = sc.now_us + cases[i].ms * 1000;
		scene_run(&sc, LOOK_MS);
		CHECK_INT((int)cases[i].frames, (int)frames_missing(&sc.phones[1], BEFORE_MS + LOOK_MS),
			cases[i].story);
		scene_close(&sc);
	}
}

/* A far end's packet is late, and played when it is here: what was made up for it goes over into it where both fit, whatever the
 * pitch.  What dip there is, is concealment's own fade (2 dB at 20 ms, 8 at 40); two waves that cancel would make one of 5. */
TEST(a_late_packet_is_met_where_it_fits)
{
	static const struct {
		unsigned hz, late_ms;
		double dip, kink;
	} cases[] = { { 443, 15, 3.1, 0.1 }, { 475, 15, 3.1, 0.1 }, { 525, 15, 3.1, 0.1 },
		{ 1009, 15, 3.1, 0.1 }, { 1025, 15, 3.1, 0.1 }, { 1025, 25, 3.1, 0.1 }, { 120, 15, 3.1, 0.1 },
		{ 1025, 45, 7, 0.1 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const unsigned hz = cases[i].hz;
		struct stream_stats stats;
		struct scene sc;

		open_scene(&sc, hz, 3);
		sc.late_us[0] = cases[i].late_ms * 1000;
		scene_run(&sc, LOOK_MS);
		stream_stats(sc.phones[0].stream, &stats, sc.now_us);
		CHECK(stats.concealed_ms >= 20 && stats.rx_lost == 0, "it was late, not lost");
		CHECK(deepest_dip(&sc.phones[1], sc.phones[0].dbov) < cases[i].dip, "%u Hz, %u ms: a dip", hz,
			cases[i].late_ms);
		CHECK(worst_kink(&sc.phones[1], hz, sc.phones[0].dbov) < cases[i].kink,
			"%u Hz, %u ms: a kink", hz, cases[i].late_ms);
		scene_close(&sc);
	}
}

TESTS(a_worker_that_is_kept_waiting_makes_it_good, no_more_is_given_up_than_must_be,
	a_late_packet_is_met_where_it_fits)
