/* links: mixer/mix.c mixer/choose.c mixer/narrow.c mixer/limit.c mixer/err.c */
/* Sums, the choice of the loudest, and the cheap changes of rate. */
#include "mixer/choose.h"
#include "mixer/limit.h"
#include "mixer/mix.h"
#include "mixer/narrow.h"
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>

enum { N = 160, TALKERS = 64 };

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* 64 talkers at full scale and at any gain: the sum less one's own share is, to the bit, the sum of the others. */
TEST(own_share_is_subtracted_exactly)
{
	static const struct ramp gains[] = { { GAIN_UNITY, GAIN_UNITY }, { 0, GAIN_UNITY }, { 5793, 2896 },
		{ 16306, 16306 }, { GAIN_UNITY, 0 }, { 129, 129 } };
	static int16_t pcm[TALKERS][N];
	static int32_t share[TALKERS][N], sum[N], others[N], heard[N];
	uint32_t seed = 7;

	for (unsigned t = 0; t < TALKERS; t++)
		for (unsigned i = 0; i < N; i++)
			pcm[t][i] = i % 3 ? (int16_t)next_random(&seed) : (int16_t)(t & 1 ? 32767 : -32768);
	memset(sum, 0, sizeof(sum));
	for (unsigned t = 0; t < TALKERS; t++)
		mix_add(sum, share[t], pcm[t], N, gains[t % 6]);
	for (unsigned own = 0; own < TALKERS; own++) {
		memset(others, 0, sizeof(others));
		for (unsigned t = 0; t < TALKERS; t++)
			if (t != own)
				mix_add(others, NULL, pcm[t], N, gains[t % 6]);
		mix_take(heard, sum, share[own], N, (struct ramp){ GAIN_UNITY, GAIN_UNITY });
		CHECK(memcmp(heard, others, sizeof(heard)) == 0, "talker %u leaves a residue", own);
	}
}

/* The same through the limiter (issue 3): no sample wraps or clips, whoever listens. */
TEST(sixty_four_at_full_scale_do_not_clip)
{
	static int32_t share[TALKERS][N], sum[N], heard[N];
	static struct limit limits[TALKERS];
	unsigned beyond = 0, loud = 0;

	for (unsigned t = 0; t < TALKERS; t++)
		limit_init(&limits[t], RATE_8K);
	for (unsigned frame = 0; frame < 20; frame++) {
		memset(sum, 0, sizeof(sum));
		for (unsigned t = 0; t < TALKERS; t++) {
			int16_t pcm[N];

			for (unsigned i = 0; i < N; i++)
				pcm[i] = (int16_t)lrint(32767 * sin((frame * N + i) * (0.05 + 0.01 * t)));
			mix_add(sum, share[t], pcm, N, (struct ramp){ GAIN_UNITY, GAIN_UNITY });
		}
		for (unsigned t = 0; t < TALKERS; t++) {
			int16_t out[N];

			mix_take(heard, sum, share[t], N, (struct ramp){ GAIN_UNITY, GAIN_UNITY });
			limit_frame(&limits[t], RATE_8K, heard, out);
			for (unsigned i = 0; i < N; i++) {
				beyond += abs(out[i]) > LIMIT_CEILING;
				loud += abs(out[i]) > LIMIT_CEILING / 2;
			}
		}
	}
	CHECK_INT(0, beyond, "samples over the ceiling");
	CHECK(loud > 100, "and it is loud: %u", loud);
}

TEST(gain_is_a_ramp)
{
	static const struct {
		int db;
		double factor;
	} cases[] = { { 0, 1 }, { -6, 0.5012 }, { 6, 1.9953 }, { 12, 3.981 }, { 40, 3.981 }, { -30, 0.0316 },
		{ -90, 0.0316 } };
	int16_t pcm[N];
	int32_t sum[N] = { 0 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK_NEAR(cases[i].factor, gain_of_db(cases[i].db) / 4096.0, 0.001, "dB");
	for (unsigned i = 0; i < N; i++)
		pcm[i] = 10000;
	mix_add(sum, NULL, pcm, N, (struct ramp){ 0, GAIN_UNITY });
	CHECK(sum[0] < 100 && sum[N - 1] > 9900, "from nothing to all: %d %d", sum[0], sum[N - 1]);
	for (unsigned i = 1; i < N; i++)
		CHECK(sum[i] >= sum[i - 1] && sum[i] - sum[i - 1] < 70, "step at %u", i);
}

/* ---- the loudest few ---- */

enum { VOICES = 6 };

/* Levels of one tick per voice; who is chosen, as letters in any order. */
static const char *choose(struct voice *voices, const uint8_t *dbov, unsigned n, unsigned max, unsigned ticks)
{
	static char names[VOICES + 1];
	struct chooser c;

	for (unsigned t = 0; t < ticks; t++) {
		chooser_begin(&c, max);
		for (unsigned i = 0; i < n; i++)
			if (voice_hear(&voices[i], dbov[i], 70, n > max))
				chooser_bid(&c, &(struct bid){ .owner = &voices[i],
							.rank = voice_rank(&voices[i]),
							.waited = voices[i].waited,
							.key = i,
							.candidate = true });
		for (unsigned i = 0; i < c.n; i++)
			((struct voice *)c.best[i].owner)->chosen = true;
	}
	names[0] = '\0';
	for (unsigned i = 0; i < n; i++)
		if (voices[i].chosen)
			strcat(names, (char[]){ (char)('a' + i), '\0' });
	return names;
}

TEST(loudest_few)
{
	struct voice v[VOICES] = { 0 };

	CHECK_STR("", choose(v, (uint8_t[]){ 127, 127, 127, 127 }, 4, 2, 10), "nobody");
	CHECK_STR(
		"c", choose(v, (uint8_t[]){ 127, 127, 30, 127 }, 4, 2, 1), "in the frame in which it begins");
	CHECK_STR("ac", choose(v, (uint8_t[]){ 30, 127, 30, 127 }, 4, 2, 1), "and another");
	CHECK_STR("ac", choose(v, (uint8_t[]){ 30, 127, 30, 27 }, 4, 2, 100), "3 dB louder is not enough");
	CHECK_STR("ad", choose(v, (uint8_t[]){ 30, 127, 127, 27 }, 4, 2, 15), "c pauses, d takes the place");
	CHECK_STR("ad", choose(v, (uint8_t[]){ 30, 127, 30, 27 }, 4, 2, 50), "c has to wait now");
	CHECK_STR("cd", choose(v, (uint8_t[]){ 30, 127, 15, 27 }, 4, 2, 10), "or to be louder than somebody");
	CHECK_STR("", choose(v, (uint8_t[]){ 127, 127, 127, 127 }, 4, 2, CHOOSE_HANG), "all fall silent");
}

TEST(a_pause_of_a_syllable_keeps_the_place)
{
	struct voice v[VOICES] = { 0 };

	CHECK_STR("ab", choose(v, (uint8_t[]){ 25, 25, 33 }, 3, 2, 50), "two talk");
	for (unsigned i = 0; i < 20; i++) {
		CHECK_STR("ab", choose(v, (uint8_t[]){ 127, 25, 33 }, 3, 2, 2), "40 ms between syllables");
		CHECK_STR("ab", choose(v, (uint8_t[]){ 25, 25, 33 }, 3, 2, 5), "100 ms of speech");
	}
}

/* Noise that stands: in a small room everything but silence is mixed, in a crowd nothing that does not rise. */
TEST(noise_of_a_crowd_is_not_summed)
{
	struct voice v[VOICES] = { 0 };

	CHECK_STR("abc", choose(v, (uint8_t[]){ 58, 55, 20 }, 3, 4, 50), "small");
	memset(v, 0, sizeof(v));
	CHECK_STR("e", choose(v, (uint8_t[]){ 58, 55, 52, 62, 20 }, 5, 4, 50), "crowded");
	memset(v, 0, sizeof(v));
	CHECK_STR("", choose(v, (uint8_t[]){ 62, 65, 127 }, 3, 4, 50), "silence is nowhere mixed");
	for (uint8_t dbov = 20; dbov < 60; dbov++) {
		memset(v, 0, sizeof(v));
		CHECK_INT(dbov <= CHOOSE_LOUD_DBOV, voice_hear(&v[0], dbov, dbov, true),
			"music or a tone is no noise, steady as it is");
	}
	for (unsigned i = 0; i < 3; i++) {
		memset(v, 0, sizeof(v));
		CHECK_INT(i == 2, voice_hear(&v[0], 45, (uint8_t)(48 + 3 * i), true),
			"9 dB over its own noise");
	}
}

/* Of equals who have to wait, the one who has waited longest is next: nobody waits for ever. */
TEST(ties_are_fair)
{
	struct voice v[VOICES] = { 0 };

	CHECK_STR("a", choose(v, (uint8_t[]){ 30, 127, 127 }, 3, 1, 50), "first come");
	CHECK_STR("a", choose(v, (uint8_t[]){ 30, 127, 30 }, 3, 1, 50), "c waits");
	CHECK_STR("a", choose(v, (uint8_t[]){ 30, 30, 30 }, 3, 1, 50), "b waits, too");
	CHECK_STR("c", choose(v, (uint8_t[]){ 127, 30, 30 }, 3, 1, 12), "c has waited longer");
	CHECK_STR("c", choose(v, (uint8_t[]){ 30, 30, 30 }, 3, 1, 50), "and keeps the place");
	CHECK_STR("b", choose(v, (uint8_t[]){ 30, 30, 127 }, 3, 1, 12), "now it is b's turn");
}

static const struct bid bids[] = {
	/* best first, then who only leaves */
	{ .rank = 90, .waited = 0, .key = 7, .candidate = true },
	{ .rank = 80, .waited = 9, .key = 8, .candidate = true, .fades_from = 4096 },
	{ .rank = 80, .waited = 3, .key = 2, .candidate = true },
	{ .rank = 80, .waited = 3, .key = 3, .candidate = true, .fades_from = 4096 },
	{ .rank = 80, .waited = 3, .key = 3, .candidate = true, .fades_from = 4096, .part = 1 },
	{ .rank = 70, .waited = 9, .key = 1, .candidate = true },
	{ .rank = 60, .waited = 9, .key = 0, .candidate = true, .fades_from = 4096 },
	{ .rank = 99, .key = 5, .fades_from = 4096 },
	{ .rank = 99, .key = 4, .fades_from = 4096 },
	{ .rank = 99, .key = 9, .fades_from = 4096 },
	{ .rank = 99, .key = 6 },
};
enum { BIDS = sizeof(bids) / sizeof(*bids) };

/* Parts of a room get the bids in different orders, and must choose the same. */
TEST(the_choice_is_that_of_the_bids)
{
	unsigned order[BIDS], seed = 1;

	for (unsigned i = 0; i < BIDS; i++)
		order[i] = i;
	for (unsigned round = 0; round < 500; round++) {
		static const uint32_t best[] = { 7, 8, 3 }, leaving[] = { 0, 3, 4, 5 };
		struct chooser c;

		for (unsigned i = BIDS - 1; i > 0; i--) {
			unsigned other = (seed = seed * 1103515245 + 12345) / 65536 % (i + 1), was = order[i];

			order[i] = order[other];
			order[other] = was;
		}
		chooser_begin(&c, 3);
		for (unsigned i = 0; i < BIDS; i++)
			chooser_bid(&c, &bids[order[i]]);
		CHECK_INT(3, c.n, "three places");
		CHECK_INT(CHOOSE_LEAVING, c.n_leaving, "and as many who are faded");
		for (unsigned i = 0; i < 3; i++)
			CHECK_INT(best[i], c.best[i].key, "by rank, then by who has waited, then by key");
		for (unsigned i = 0; i < CHOOSE_LEAVING; i++)
			CHECK_INT(leaving[i], c.leaving[i].key, "the lowest keys that were heard");
		CHECK_INT(1, c.best[2].part, "and then by part");
	}
}

/* ---- rates ---- */

static double narrowed_level(enum rate_class from, unsigned hz)
{
	struct narrow n = { 0 };
	double re = 0, im = 0;

	for (unsigned frame = 0; frame < 10; frame++) {
		int16_t in[FRAME_MAX], out[8 * FRAME_MS];

		for (size_t i = 0; i < frame_samples(from); i++)
			in[i] = (int16_t)lrint(
				10000 * sin(2 * M_PI * hz * (double)(frame * frame_samples(from) + i) /
						rate_hz(from)));
		narrow_frame(&n, from, in, out);
		for (unsigned i = 0; frame >= 5 && i < 160;
			i++) { /* where it folds to, when it is above 4 kHz */
			double a = 2 * M_PI * hz * (double)(frame * 160 + i) / 8000;

			re += out[i] * cos(a);
			im += out[i] * sin(a);
		}
	}
	return 20 * log10(hypot(re, im) * 2 / 800 / 10000 + 1e-6);
}

TEST(digits_pass_and_nothing_folds_on_them)
{
	static const unsigned keys[] = { 697, 770, 852, 941, 1209, 1336, 1477, 1633 };

	for (enum rate_class from = RATE_8K; from < RATES; from++)
		for (unsigned i = 0; i < 8; i++) {
			CHECK_NEAR(0, narrowed_level(from, keys[i]), 0.2, "a key's tone passes");
			if (from != RATE_8K)
				CHECK(narrowed_level(from, 8000 - keys[i]) < -40, "%u Hz folds at %.1f dB",
					8000 - keys[i], narrowed_level(from, 8000 - keys[i]));
		}
}

TEST(plain_rates_keep_level_and_length)
{
	for (enum rate_class from = RATE_8K; from < RATES; from++)
		for (enum rate_class to = RATE_8K; to < RATES; to++) {
			int16_t in[FRAME_MAX], out[FRAME_MAX + 1];

			for (size_t i = 0; i < frame_samples(from); i++)
				in[i] = (int16_t)(i * 24000 /
						  frame_samples(from)); /* a straight line stays one */
			out[frame_samples(to)] = 12345;
			rate_plain(from, in, to, out);
			for (size_t i = 0; i < frame_samples(to); i++)
				CHECK_NEAR(
					(double)i * 24000 / (double)frame_samples(to), out[i], 160, "line");
			CHECK_INT(12345, out[frame_samples(to)], "a frame and no more");
		}
}

TESTS(own_share_is_subtracted_exactly, sixty_four_at_full_scale_do_not_clip, gain_is_a_ramp, loudest_few,
	a_pause_of_a_syllable_keeps_the_place, noise_of_a_crowd_is_not_summed, ties_are_fair,
	the_choice_is_that_of_the_bids, digits_pass_and_nothing_folds_on_them,
	plain_rates_keep_level_and_length)
