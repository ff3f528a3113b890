/* links: mixer/agc.c mixer/burst.c mixer/choose.c mixer/codec_g722.c mixer/conceal.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/delay.c mixer/denoise.c mixer/doze.c mixer/echo.c mixer/err.c mixer/hush.c mixer/jbuf.c mixer/keypad.c mixer/keypad_tx.c mixer/kit.c mixer/latch.c mixer/level.c mixer/limit.c mixer/lull.c mixer/mix.c mixer/narrow.c mixer/oneway.c mixer/opus_peek.c mixer/quality.c mixer/resample.c mixer/ring.c mixer/room.c mixer/room_limit.c mixer/room_idle.c mixer/room_group.c mixer/rtcp.c mixer/rtp.c mixer/skew.c mixer/slots.c mixer/source.c mixer/stream.c mixer/stream_quality.c mixer/agc.c mixer/burst.c mixer/denoise.c mixer/echo.c mixer/oneway.c mixer/quality.c mixer/xr.c mixer/stream_pace.c mixer/stream_rtcp.c mixer/stream_rx.c mixer/stream_playout.c mixer/comfort.c mixer/stream_take.c mixer/progress.c mixer/beep.c mixer/stream_tx.c mixer/stretch.c mixer/warp.c mixer/xr.c tests/speech.c tests/tap.c mixer/exchange.c mixer/room_spread.c mixer/cipher.c mixer/seal.c mixer/stream_seal.c mixer/stream_ice.c mixer/ice.c mixer/binding.c mixer/room_clip.c mixer/clip.c mixer/quirk.c mixer/unopened.c */
/* The line that legs without telephone-event wait in (C11): what comes out, when, and what it costs whom. */
#include "mixer/hush.h"
#include "mixer/stream_priv.h"
#include "tests/speech.h"
#include "tests/starve.h"
#include "tests/tap.h"
#include "tests/test.h"

#include <stdlib.h>

/* A frame known by its letter, a capital is loud; ' ' is silence. */
static void fill(int16_t pcm[TAP_FRAME], char what)
{
	for (size_t i = 0; i < TAP_FRAME; i++)
		pcm[i] = (int16_t)(what * 100 + (int)i);
}

static uint8_t level(char what)
{
	return what == ' ' ? LEVEL_SILENCE : what < 'a' ? 10 : 40;
}

TEST(what_comes_out)
{
	static const struct {
		const char *story, *in, *keys, *out;
	} cases[] = {
		{ "three frames later", "abcdef", "      ", "   abc" },
		{ "gaps stay gaps", "ab cd   ", "        ", "   ab cd" },
		{ "a key takes those with it that wait", "abcdeFGhijkl", "     ^^     ", "   ab      i" },
		{ "one suspicion, and the frame that it ends in", "abcdeFghijk", "     ^     ",
			"   ab     h" },
		{ "until its loudness ends", "abcdeFGHIJklmnop", "     ^^         ", "   ab         lm" },
		{ "key after key", "abcdeFghiJklmno", "     ^   ^     ", "   ab         l" },
	};

	for (size_t c = 0; c < sizeof(cases) / sizeof(*cases); c++) {
		struct hush *h = NULL;
		char out[32] = "";
		size_t n = strlen(cases[c].in);

		CHECK_INT(MIX_OK, hush_alloc(&h, RATE_8K), "alloc");
		for (size_t i = 0; i < n; i++) {
			const bool sounds = cases[c].in[i] != ' ';
			uint8_t dbov = level(cases[c].in[i]);
			int16_t pcm[TAP_FRAME], want[TAP_FRAME];
			const int16_t *got;

			fill(pcm, cases[c].in[i]);
			got = hush_frame(h, sounds ? pcm : NULL, &dbov, cases[c].keys[i] == '^');
			memset(pcm, 0, sizeof(pcm)); /* it was copied */
			out[i] = got ? (char)(got[0] / 100) : ' ';
			fill(want, out[i]);
			CHECK(!got || memcmp(got, want, sizeof(want)) == 0, "%s: the frame is whole",
				cases[c].story);
			CHECK_INT(level(out[i]), dbov, cases[c].story);
		}
		CHECK_STR(cases[c].out, out, cases[c].story);
		hush_free(h);
	}
}

TEST(memory_may_lack)
{
	struct hush *h = NULL;
	enum mix_err err;

	STARVE(err, hush_alloc(&h, RATE_48K), MIX_NOMEM);
	CHECK(!hush_free(h) && !hush_free(NULL), "freed");
}

/* One talks, one hears; a long prompt.  What the ear heard, in a room with telephone-event or without. */
static void converse(struct tap_house *h, bool events, const struct speech *s)
{
	tap_open(h, 2, 4, events);
	for (size_t at = 0; at + TAP_FRAME <= s->n; at += TAP_FRAME) {
		tap_say(&h->taps[0], s->pcm + at);
		tap_tick(h);
	}
}

/* To the bit: 40 ms later where keys come as sound alone, at once where they come as events. */
TEST(only_legs_without_events_pay_and_nothing_is_lost)
{
	struct speech s = speech_load(SPEECH_FOLDER "vm-intro.g722", 20);
	struct stream_stats with_stats, without_stats;
	struct tap_house with, without;
	const size_t late = HUSH_MS * 8;
	size_t heard = 0;

	CHECK(s.n > 8000, "the prompt is installed");
	converse(&with, true, &s);
	converse(&without, false, &s);
	for (size_t at = 0; at + late < without.taps[1].n_heard; at++) {
		CHECK_INT(with.taps[1].heard[at], without.taps[1].heard[at + late], "sample for sample");
		heard += with.taps[1].heard[at] != 0;
	}
	CHECK(heard > s.n / 2, "there was something to hear: %zu samples", heard);
	CHECK(with.taps[0].stream->kit->hush == NULL, "no line where there are events");
	CHECK_INT(tap_delay(), 45, "the limiter's 5 ms and the resampler's 5 samples: no more");
	stream_stats(with.taps[0].stream, &with_stats, with.now_us);
	stream_stats(without.taps[0].stream, &without_stats, without.now_us);
	CHECK_INT(with_stats.delay_ms + HUSH_MS, without_stats.delay_ms, "the delay is told");
	CHECK(without.taps[0].n_talk > 0 && with.taps[0].n_talk == without.taps[0].n_talk, "talk is told");
	for (unsigned i = 0; i < with.taps[0].n_talk; i++)
		CHECK_INT(with.taps[0].talk[i].at_us + HUSH_MS * 1000, without.taps[0].talk[i].at_us,
			"as late");
	tap_close(&with);
	tap_close(&without);
	free(s.pcm);
}

static size_t sounding(const struct tap *t, size_t from)
{
	size_t n = 0;

	for (size_t at = from; at < t->n_heard; at++)
		n += t->heard[at] != 0;
	return n;
}

TEST(mute_is_at_once_and_leaves_nothing_behind)
{
	int16_t pcm[TAP_FRAME];
	struct tap_house h;
	size_t at = 0;

	fill(pcm, 'a');
	tap_open(&h, 2, 4, false);
	for (unsigned tick = 0; tick < 100; tick++) {
		if (tick == 30) {
			stream_mute(h.taps[0].stream, true);
			at = h.taps[1].n_heard + 40; /* the limiter's */
		}
		if (tick == 60) {
			CHECK_INT(0, sounding(&h.taps[1], at), "muted, and nothing that waited comes out");
			stream_mute(h.taps[0].stream, false);
		}
		tap_say(&h.taps[0], pcm);
		tap_tick(&h);
	}
	CHECK(sounding(&h.taps[1], 65 * TAP_FRAME) > 30 * TAP_FRAME, "heard again");
	tap_close(&h);
}

/* The sender falls silent: what waits comes out, and then nothing. */
TEST(nothing_is_stuck_when_packets_end)
{
	int16_t pcm[TAP_FRAME];
	struct tap_house with, without;
	struct tap_house *both[] = { &with, &without };

	fill(pcm, 'a');
	for (unsigned i = 0; i < 2; i++) {
		tap_open(both[i], 2, 4, i == 0);
		for (unsigned tick = 0; tick < 100; tick++) {
			tap_say(&both[i]->taps[0], tick < 50 ? pcm : NULL);
			tap_tick(both[i]);
		}
	}
	CHECK_INT(sounding(&with.taps[1], 0), sounding(&without.taps[1], 0), "as much as without a line");
	tap_close(&with);
	tap_close(&without);
}

/* A new offer brings telephone-event, another one takes it away: sound goes on. */
TEST(offers_come_and_go)
{
	int16_t pcm[TAP_FRAME];
	struct tap_house h;
	size_t holes = 0;

	fill(pcm, 'a');
	tap_open(&h, 2, 4, false);
	for (unsigned tick = 0; tick < 150; tick++) {
		struct tap *t = &h.taps[0];

		if (tick == 40 || tick == 60 || tick == 100) {
			struct kit *kit = NULL;

			t->format.event_rx_pt = tick == 60 ? 101 : PT_NONE;
			CHECK_INT(MIX_OK, kit_alloc(&kit, &t->format), "kit");
			stream_refit(t->stream, &kit, h.now_us);
			kit_free(kit);
		}
		tap_say(t, pcm);
		tap_tick(&h);
	}
	for (size_t at = 10 * TAP_FRAME; at < h.taps[1].n_heard; at++)
		holes += h.taps[1].heard[at] == 0;
	CHECK_INT(HUSH_MS * 8, holes, "but for the one wait that begins when events are gone");
	tap_close(&h);
}

static void refit(struct tap *t, bool receive)
{
	struct kit *kit = NULL;

	t->format.receive = receive;
	CHECK_INT(MIX_OK, kit_alloc(&kit, &t->format), "kit");
	stream_refit(t->stream, &kit, t->house->now_us);
	kit_free(kit);
}

/* What waited when a leg went on hold is not said when it comes back. */
TEST(hold_leaves_nothing_behind)
{
	int16_t before[TAP_FRAME], after[TAP_FRAME];
	unsigned old = 0, young = 0;
	struct tap_house h;

	fill(before, 'a');
	fill(after, 'n');
	tap_open(&h, 2, 4, false);
	for (unsigned tick = 0; tick < 120; tick++) {
		if (tick == 40 || tick == 60)
			refit(&h.taps[0], tick == 60);
		tap_say(&h.taps[0], tick < 50 ? before : after);
		tap_tick(&h);
	}
	for (size_t at = 60 * TAP_FRAME; at < h.taps[1].n_heard; at++) {
		old += h.taps[1].heard[at] >= 9700 && h.taps[1].heard[at] < 9700 + TAP_FRAME;
		young += h.taps[1].heard[at] >= 11000;
	}
	CHECK_INT(0, old, "samples from before");
	CHECK(young > 50 * TAP_FRAME, "and then it is heard: %u samples", young);
	tap_close(&h);
}

TESTS(hold_leaves_nothing_behind, what_comes_out, memory_may_lack,
	only_legs_without_events_pay_and_nothing_is_lost, mute_is_at_once_and_leaves_nothing_behind,
	nothing_is_stuck_when_packets_end, offers_come_and_go)
