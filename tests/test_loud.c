/* links: mixer/agc.c mixer/burst.c mixer/choose.c mixer/codec_g722.c mixer/conceal.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/delay.c mixer/denoise.c mixer/doze.c mixer/echo.c mixer/err.c mixer/hush.c mixer/jbuf.c mixer/keypad.c mixer/keypad_tx.c mixer/kit.c mixer/latch.c mixer/level.c mixer/limit.c mixer/lull.c mixer/mix.c mixer/narrow.c mixer/oneway.c mixer/opus_peek.c mixer/quality.c mixer/resample.c mixer/ring.c mixer/room.c mixer/room_limit.c mixer/room_idle.c mixer/room_group.c mixer/rtcp.c mixer/rtp.c mixer/skew.c mixer/slots.c mixer/source.c mixer/stream.c mixer/stream_quality.c mixer/agc.c mixer/burst.c mixer/denoise.c mixer/echo.c mixer/oneway.c mixer/quality.c mixer/xr.c mixer/stream_pace.c mixer/stream_rtcp.c mixer/stream_rx.c mixer/stream_playout.c mixer/comfort.c mixer/stream_take.c mixer/progress.c mixer/beep.c mixer/stream_tx.c mixer/stretch.c mixer/warp.c mixer/xr.c tests/tap.c mixer/exchange.c mixer/room_spread.c mixer/cipher.c mixer/seal.c mixer/stream_seal.c mixer/stream_ice.c mixer/ice.c mixer/binding.c mixer/room_clip.c mixer/clip.c mixer/quirk.c mixer/unopened.c */
/* A room that shouts (A9; DESIGN.md section 4, rule 1), heard sample by sample: nothing wraps, nothing is clipped,
 * nobody hears a trace of themselves, and who speaks alone is heard as they are. */
#include "mixer/limit.h"
#include "mixer/mix.h"
#include "mixer/stream_priv.h"
#include "tests/tap.h"
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>

enum { TALKERS = 64, TICKS = 150, SETTLED = 50 * TAP_FRAME, FULL = 32767 };

/* Full scale from the first sample to the last: a square wave, the loudest there is, for every third; else a sine. */
static int16_t shout(unsigned who, size_t at)
{
	const double hz = 150 + 47.3 * who, x = sin(2 * M_PI * hz * (double)at / 8000 + who);

	return who % 3 == 0 ? (x < 0 ? -32768 : FULL) : (int16_t)lrint(FULL * x);
}

static void shout_frame(unsigned who, unsigned tick, int16_t pcm[TAP_FRAME])
{
	for (size_t i = 0; i < TAP_FRAME; i++)
		pcm[i] = shout(who, tick * (size_t)TAP_FRAME + i);
}

/* `instead`: what number `who` shouts in place of its own voice. */
static void all_shout(struct tap_house *h, unsigned mixed_talkers, unsigned who, unsigned instead)
{
	int16_t pcm[TAP_FRAME];

	tap_open(h, TALKERS, mixed_talkers, true);
	for (unsigned tick = 0; tick < TICKS; tick++) {
		for (unsigned i = 0; i < TALKERS; i++) {
			shout_frame(i == who ? instead : i, tick, pcm);
			tap_say(&h->taps[i], pcm);
		}
		tap_tick(h);
	}
}

struct verdict {
	unsigned over, flat, wrong_sign, jumps;
	double loudest, least_gain;
};

/* What one listener heard against the sum of the others: the same wave, times a gain of one or less that moves slowly. */
static struct verdict judge(const struct tap_house *h, unsigned listener, size_t delay)
{
	struct verdict v = { .least_gain = 1 };
	const struct tap *t = &h->taps[listener];
	unsigned at_rest = 0;
	double before = -1;

	for (size_t at = SETTLED; at < t->n_heard; at++) {
		double sum = 0, gain;

		for (unsigned i = 0; i < h->n; i++)
			if (i != listener && h->taps[i].stream->in_mix)
				sum += shout(i, at - delay);
		v.over += abs(t->heard[at]) > LIMIT_CEILING;
		at_rest = abs(t->heard[at]) == LIMIT_CEILING && t->heard[at] == t->heard[at - 1] ? at_rest + 1
												 : 0;
		v.flat += at_rest >= 2;
		v.loudest = fmax(v.loudest, abs(t->heard[at]));
		if (fabs(sum) < 10000)
			continue;
		gain = t->heard[at] / sum;
		v.wrong_sign += gain <= 0 || gain > 1.001;
		v.jumps += before >= 0 &&
			   fabs(gain - before) > 0.05; /* a clipped sample bends the gain at once */
		v.least_gain = fmin(v.least_gain, gain);
		before = gain;
	}
	return v;
}

static void nothing_is_bent(unsigned mixed_talkers)
{
	const size_t delay = tap_delay();
	struct tap_house h;
	unsigned n_mixed = 0;
	double least = 1;

	all_shout(&h, mixed_talkers, 0, 0);
	for (unsigned i = 0; i < TALKERS; i++)
		n_mixed += h.taps[i].stream->in_mix;
	CHECK_INT(mixed_talkers, n_mixed, "talkers mixed");
	for (unsigned i = 0; i < TALKERS; i++) {
		const struct verdict v = judge(&h, i, delay);
		char story[64];

		snprintf(story, sizeof(story), "%u mixed, listener %u", mixed_talkers, i);
		CHECK_INT(TICKS * TAP_FRAME, h.taps[i].n_heard, story);
		CHECK(v.over == 0 && v.flat == 0, "%s: %u samples over the ceiling, %u flat", story, v.over,
			v.flat);
		CHECK_INT(0, v.wrong_sign, story);
		CHECK_INT(0, v.jumps, story);
		CHECK(v.loudest > 0.9 * LIMIT_CEILING,
			"%s: loudest %.0f: the limiter does no more than it must", story, v.loudest);
		least = fmin(least, v.least_gain);
	}
	CHECK(least < 1.0 / (mixed_talkers / 2.0), "the limiter had work: %.3f", least);
	tap_close(&h);
}

TEST(sixty_four_shouters_are_not_bent_when_16_are_mixed)
{
	nothing_is_bent(16);
}

TEST(sixty_four_shouters_are_not_bent_when_4_are_mixed)
{
	nothing_is_bent(4);
}

/* If what one hears does not depend, to the bit, on what one says, there is no residue of one's own voice, at any level. */
static void no_residue(unsigned mixed_talkers, bool of_the_mixed)
{
	struct tap_house a, b;
	double residue = 0, own = 0;
	unsigned who = 0;

	all_shout(&a, mixed_talkers, 0, 0);
	while (who < TALKERS - 1 && a.taps[who].stream->in_mix != of_the_mixed)
		who++;
	all_shout(&b, mixed_talkers, who,
		who + 3 * TALKERS); /* as loud and of the same shape, at another pitch */
	CHECK_INT(of_the_mixed, a.taps[who].stream->in_mix, "as wanted");
	CHECK_INT(of_the_mixed, b.taps[who].stream->in_mix, "as wanted");
	for (unsigned l = 0; l < TALKERS; l++) {
		double differs = 0;

		for (size_t at = SETTLED; at < a.taps[l].n_heard; at++) {
			double d = a.taps[l].heard[at] - b.taps[l].heard[at];

			differs += d * d;
			own += l == who ? (double)shout(who, at) * shout(who, at) : 0;
		}
		if (l == who)
			residue = differs;
		else
			CHECK((differs > 0) == of_the_mixed, "listener %u hears what %u says", l, who);
	}
	CHECK(residue <= own * 1e-9, "own voice %.1f dB down", 10 * log10(own / residue));
	CHECK(!(residue > 0), "not a bit of it: %.1f dB", 10 * log10(own / residue));
	tap_close(&a);
	tap_close(&b);
}

TEST(nobody_hears_a_trace_of_themselves)
{
	no_residue(16, true);
	no_residue(4, true);
	no_residue(16, false);
	no_residue(4, false);
}

/* The sums themselves, with 64 in the mix and every gain there is: the same to the bit as adding up the others. */
TEST(shares_are_exact_for_64)
{
	static int32_t share[TALKERS][TAP_FRAME];
	int32_t sum[TAP_FRAME] = { 0 }, others[TAP_FRAME], taken[TAP_FRAME];

	for (unsigned i = 0; i < TALKERS; i++) {
		const struct ramp gain = { gain_of_db((int)(i % 43) - 30),
			gain_of_db((int)(i * 7 % 43) - 30) };
		int16_t pcm[TAP_FRAME];

		shout_frame(i, 3, pcm);
		mix_add(sum, share[i], pcm, TAP_FRAME, gain);
	}
	for (unsigned l = 0; l < TALKERS; l++) {
		memset(others, 0, sizeof(others));
		for (unsigned i = 0; i < TALKERS; i++)
			for (unsigned at = 0; i != l && at < TAP_FRAME; at++)
				others[at] += share[i][at];
		mix_take(taken, sum, share[l], TAP_FRAME, (struct ramp){ GAIN_UNITY, GAIN_UNITY });
		CHECK(memcmp(others, taken, sizeof(taken)) == 0, "listener %u", l);
	}
}

/* As loud as G.711 can carry it, with everybody else silent in packets, or absent: to the bit, a fixed delay later. */
TEST(a_lone_talker_is_heard_to_the_bit)
{
	static const struct {
		const char *story;
		unsigned legs;
		double peak;
		bool others_send;
	} cases[] = {
		{ "mu-law's loudest, two legs", 2, 32124, true },
		{ "A-law's loudest, two legs", 2, 32256, true },
		{ "quiet", 2, 700, true },
		{ "one of 64, the others silent", TALKERS, 32124, true },
		{ "one of 64, the others send nothing", TALKERS, 32124, false },
	};
	const size_t delay = tap_delay();

	for (size_t c = 0; c < sizeof(cases) / sizeof(*cases); c++) {
		static const int16_t silence[TAP_FRAME];
		struct tap_house h;
		int16_t pcm[TAP_FRAME];

		tap_open(&h, cases[c].legs, 4, true);
		for (unsigned tick = 0; tick < TICKS; tick++) {
			for (size_t i = 0; i < TAP_FRAME; i++) {
				double at = tick * (double)TAP_FRAME + (double)i;

				pcm[i] = (int16_t)lrint(cases[c].peak * sin(at * 0.13) * sin(at * 0.0021));
			}
			tap_say(&h.taps[0], pcm);
			for (unsigned i = 1; i < cases[c].legs; i++)
				tap_say(&h.taps[i], cases[c].others_send ? silence : NULL);
			tap_tick(&h);
		}
		for (unsigned l = 1; l < cases[c].legs; l++)
			for (size_t at = SETTLED; at < h.taps[l].n_heard; at++) {
				double then = (double)(at - delay);
				int want = (int)lrint(cases[c].peak * sin(then * 0.13) * sin(then * 0.0021));

				CHECK(want == h.taps[l].heard[at], "%s: listener %u, sample %zu: %d, not %d",
					cases[c].story, l, at, h.taps[l].heard[at], want);
			}
		for (size_t at = 0; at < h.taps[0].n_heard; at++)
			CHECK(h.taps[0].heard[at] == 0, "%s: the talker hears silence", cases[c].story);
		tap_close(&h);
	}
	CHECK(delay >= LIMIT_LOOK_MS * 8 && delay <= 40 * 8,
		"the limiter's 5 ms and the jitter buffer's: %zu samples", delay);
}

TESTS(sixty_four_shouters_are_not_bent_when_16_are_mixed, sixty_four_shouters_are_not_bent_when_4_are_mixed,
	nobody_hears_a_trace_of_themselves, shares_are_exact_for_64, a_lone_talker_is_heard_to_the_bit)
