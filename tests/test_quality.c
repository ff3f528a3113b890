/* links: mixer/quality.c */
#include "mixer/quality.h"

#include "tests/test.h"

static struct quality judge(enum codec_id codec, double loss, double burst, double delay_ms, double echo)
{
	const struct quality_path path = {
		.codec = codec, .loss = loss, .burst_ratio = burst, .delay_ms = delay_ms, .echo_loss_db = echo
	};
	struct quality q;

	quality_of(&path, &q);
	return q;
}

TEST(scores_are_those_of_g107_annex_b)
{
	static const struct {
		double r, mos;
	} table[] = { { 90, 4.34 }, { 80, 4.03 }, { 70, 3.60 }, { 60, 3.10 }, { 50, 2.58 }, { 93.2, 4.41 },
		{ 0, 1 }, { -5, 1 }, { 3, 1 }, { 100, 4.5 }, { 120, 4.5 } };

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		CHECK_NEAR(table[i].mos, quality_mos(table[i].r), 0.006, "table B.1");
	for (double r = 0; r < 100; r += 0.5)
		CHECK(quality_mos(r) <= quality_mos(r + 0.5), "more R is never less MOS, at %.1f", r);
}

TEST(ratings_are_those_of_g107)
{
	struct quality q = judge(CODEC_PCMU, 0, 1, 0, 0);

	CHECK_NEAR(93.2, q.r, 0.05, "all defaults: G.107 section 7.7");
	CHECK_NEAR(4.41, q.mos, 0.01, "which is MOS 4.41");
	CHECK_NEAR(4.41, q.mos_listen, 0.01, "and so is listening");

	/* Delay with an echo loss of 65 dB: Cole and Rosenbluth's line through the curve, which holds below 177 ms. */
	for (double d = 40; d <= 170; d += 10)
		CHECK_NEAR(93.2 - 0.024 * d, judge(CODEC_PCMU, 0, 1, d, 0).r, 1.2, "delay, the flat part");
	CHECK(judge(CODEC_PCMU, 0, 1, 150, 0).r > 85, "150 ms is good (G.114)");
	CHECK_NEAR(63, judge(CODEC_PCMU, 0, 1, 400, 0).r, 2, "400 ms: Idd 24, Idte 6");
	CHECK_NEAR(4.41, judge(CODEC_PCMU, 0, 1, 400, 0).mos_listen, 0.01, "delay is nothing to a listener");

	/* G.113 appendix I: Ie,eff = 95 Ppl / (Ppl / BurstR + 25.1). */
	CHECK_NEAR(93.2 - 3.64, judge(CODEC_PCMU, 0.01, 1, 0, 0).r, 0.1, "1 % at random");
	CHECK_NEAR(93.2 - 15.78, judge(CODEC_PCMA, 0.05, 1, 0, 0).r, 0.1, "5 % at random");
	CHECK_NEAR(93.2 - 95 * 5 / (2.5 + 25.1), judge(CODEC_PCMA, 0.05, 2, 0, 0).r, 0.1, "5 % in bursts");
}

TEST(worse_is_never_better)
{
	for (enum codec_id codec = CODEC_NONE; codec < CODECS; codec++)
		for (int i = 0; i < 100; i++) {
			double x = i / 100.0;

			CHECK(judge(codec, x, 1, 50, 0).r >= judge(codec, x + 0.01, 1, 50, 0).r, "loss %d %%",
				i);
			CHECK(judge(codec, 0.05, 1 + x, 50, 0).r >= judge(codec, 0.05, 1.01 + x, 50, 0).r,
				"burst %d", i);
			CHECK(judge(codec, 0.02, 1, i * 10, 0).r + 1e-9 >=
					judge(codec, 0.02, 1, i * 10 + 10, 0).r,
				"delay %d ms", i * 10);
			CHECK(judge(codec, 0, 1, 100, 1 + i / 2.0).r <=
					judge(codec, 0, 1, 100, 1.5 + i / 2.0).r,
				"echo %d", i);
		}
	CHECK(judge(CODEC_PCMU, 0, 1, 200, 20).r < 60, "an echo 20 dB down after 400 ms annoys");
}

TEST(nonsense_is_bounded)
{
	static const double odd[] = { -1e9, -1, 0, 0.5, 1, 7, 1e9 };

	for (int i = -1; i <= CODECS; i++)
		for (size_t a = 0; a < 7; a++)
			for (size_t b = 0; b < 7; b++) {
				struct quality q = judge((enum codec_id)i, odd[a], odd[b], odd[b], odd[a]);

				CHECK(q.r >= 0 && q.r <= 100 && q.mos >= 1 && q.mos <= 4.5 &&
						q.mos_listen >= 1,
					"%f %f", odd[a], odd[b]);
			}
}

TESTS(scores_are_those_of_g107_annex_b, ratings_are_those_of_g107, worse_is_never_better, nonsense_is_bounded)
