#include "mixer/quality.h"

#include <math.h>

/* G.107 table 2, defaults. */
static const double slr = 8, rlr = 2, stmr = 15, d_r = 3, d_s = 3, wepl = 110, qdu = 1, nc = -70, nfor = -64,
		    ps = 35, pr = 35, telr_default = 65, delay_max_ms = 10000;

/* G.113 appendix I; G.722 and Opus see quality.h. */
static const struct {
	double ie, bpl;
} codecs[CODECS] = {
	[CODEC_NONE] = { 0, 25.1 },
	[CODEC_PCMU] = { 0, 25.1 },
	[CODEC_PCMA] = { 0, 25.1 },
	[CODEC_G722] = { 0, 20 },
	[CODEC_OPUS] = { 0, 35 },
};

static double in_db(double ratio)
{
	return 10 * log10(ratio);
}

static double from_db(double db)
{
	return pow(10, db / 10);
}

/* Sum of all noise, dBm0p (section 7.2). */
static double noise(void)
{
	double olr = slr + rlr, pre = pr + in_db(1 + from_db(10 - (stmr + d_r)));
	double nos = ps - slr - d_s - 100 + 0.004 * pow(ps - olr - d_s - 14, 2);
	double nor = rlr - 121 + pre + 0.008 * pow(pre - 35, 2);

	return in_db(from_db(nc) + from_db(nos) + from_db(nor) + from_db(nfor + rlr));
}

/* What comes with the voice: too loud, sidetone, quantising (section 7.3).  Echo of no delay adds to the sidetone. */
static double simultaneous(double no, double ro, double telr, double ta)
{
	double x = (slr + rlr + 0.2 * (64 + no - rlr)) / 8, q = 37 - 15 * log10(qdu),
	       g = 1.07 + 0.258 * q + 0.0602 * q * q;
	double stmro = -in_db(from_db(-stmr) + exp(-ta / 4) * from_db(-telr));
	double iolr = 20 * (pow(1 + pow(x, 8), 1.0 / 8) - x);
	double ist = 12 * pow(1 + pow((stmro - 13) / 6, 8), 1.0 / 8) -
		     28 * pow(1 + pow((stmro + 1) / 19.4, 35), 1.0 / 35) -
		     13 * pow(1 + pow((stmro - 3) / 33, 13), 1.0 / 13) + 29;
	double y = (ro - 100) / 15 + 46 / 8.4 - g / 9, z = 46.0 / 30 - g / 40;

	return iolr + ist + 15 * log10(1 + pow(10, y) + pow(10, z));
}

/* Talker echo, listener echo, delay itself (section 7.4). */
static double of_delay(double no, double ro, double telr, double ta)
{
	double terv = telr - 40 * log10((1 + ta / 10) / (1 + ta / 150)) + 6 * exp(-0.3 * ta * ta);
	double re = 80 + 2.5 * (terv - 14), roe = -1.5 * (no - rlr);
	double rle = 10.5 * (wepl + 7) * pow(2 * ta + 1, -0.25), x = ta > 100 ? log2(ta / 100) : 0;
	double idte = ((roe - re) / 2 + sqrt(pow(roe - re, 2) / 4 + 100) - 1) * (1 - exp(-ta));
	double idle = (ro - rle) / 2 + sqrt(pow(ro - rle, 2) / 4 + 169);
	double idd =
		ta > 100 ? 25 * (pow(1 + pow(x, 6), 1.0 / 6) - 3 * pow(1 + pow(x / 3, 6), 1.0 / 6) + 2) : 0;

	return idte + idle + idd;
}

/* Codec and loss (section 7.5). */
static double of_codec(const struct quality_path *path)
{
	enum codec_id id = (unsigned)path->codec < CODECS ? path->codec : CODEC_NONE;
	double loss = 100 * fmin(fmax(path->loss, 0), 1), ratio = fmax(path->burst_ratio, 1);

	return codecs[id].ie + (95 - codecs[id].ie) * loss / (loss / ratio + codecs[id].bpl);
}

double quality_mos(double r)
{
	if (r <= 0)
		return 1;
	if (r >= 100)
		return 4.5;
	return fmax(1, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6);
}

static double rating(const struct quality_path *path, double telr, double delay_ms)
{
	double no = noise(), ro = 15 - 1.5 * (slr + no);

	return ro - simultaneous(no, ro, telr, delay_ms) - of_delay(no, ro, telr, delay_ms) - of_codec(path);
}

void quality_of(const struct quality_path *path, struct quality *out)
{
	double telr = path->echo_loss_db > 0 ? slr + rlr + path->echo_loss_db : telr_default;

	out->r = fmin(
		fmax(rating(path, fmin(telr, telr_default), fmin(fmax(path->delay_ms, 0), delay_max_ms)), 0),
		100);
	out->mos = quality_mos(out->r);
	out->mos_listen = quality_mos(rating(path, telr_default, 0));
}
