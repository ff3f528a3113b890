#include "mixer/warp.h"
#include "mixer/quad.h"

#include <math.h>
#include <string.h>

enum { HALF = WARP_TAPS / 2 };

enum { QUADS = (WARP_TAPS + 3) / 4 };

struct filter {
	quad tap[QUADS];
};

static double end_of(const struct warp *w, size_t n, int32_t ppb)
{
	return w->at + (double)n * (1 + ppb * 1e-9);
}

size_t warp_need(const struct warp *w, size_t n, int32_t ppb)
{
	return (size_t)end_of(w, n, ppb);
}

void warp_pass(struct warp *w, size_t n, int32_t ppb)
{
	double end = end_of(w, n, ppb);

	w->at = end - (double)(size_t)end;
}

/* A sinc under (1 - x^2)^2, for a point `mu` behind tap HALF - 1: 0..1, and a little beyond. */
static void make_filter(struct filter *f, float mu)
{
	/* sin(pi (mu - k)) is sin(pi mu) with the sign of k: one series serves all taps. */
	if (fabsf(mu) < 1e-6f || fabsf(mu - 1) < 1e-6f) /* on a sample: keeps 0 from being divided by 0 */
		mu += 2e-6f;

	float m = mu - 0.5f, m2 = m * m * 9.8696044f, sum;
	float sine = (1 - m2 * (0.5f - m2 * (4.16666667e-2f - m2 * (1.38888889e-3f - m2 * 2.48015873e-5f)))) *
		     0.318309886f;
	const quad sign = { sine, -sine, sine, -sine };
	quad x = mu + (quad){ HALF - 1, HALF - 2, HALF - 3, HALF - 4 }, all = { 0 };

	for (int q = 0; q < QUADS; q++, x -= 4) {
		quad window = 1 - x * x * (1.0f / (HALF * HALF));

		f->tap[q] = window * window * sign / x;
		if (q == QUADS - 1)
			f->tap[q] *= (quad){ 1, 1, 0, 0 };
		all += f->tap[q];
	}
	sum = 1 / (all[0] + all[1] + all[2] + all[3]);
	for (int q = 0; q < QUADS; q++)
		f->tap[q] *= sum;
}
_Static_assert(WARP_TAPS % 4 == 2 && (HALF - 1) % 2 == 0,
	"the last two of the quads are no taps; signs begin with +");

static quad quad_at(const float *x)
{
	quad q;

	memcpy(&q, x, sizeof(q));
	return q;
}

static void widen(float *x, const int16_t *in)
{
	half_quad four;
	quad wide;

	memcpy(&four, in, sizeof(four));
	wide = __builtin_convertvector(four, quad);
	memcpy(x, &wide, sizeof(wide));
}

static void put(int16_t *out, quad y)
{
	whole_quad r = __builtin_convertvector(y + 32768.5f, whole_quad) - 32768; /* cuts a positive one */
	whole_quad over = r > INT16_MAX, under = r < INT16_MIN;
	half_quad done = __builtin_convertvector(
		(r & ~over & ~under) | (over & INT16_MAX) | (under & INT16_MIN), half_quad);

	memcpy(out, &done, sizeof(done));
}

/* One block through a filter that turns from `from` into `to`. */
static void run_block(const struct filter *from, const struct filter *to, const int16_t *in, int16_t *out)
{
	float x[WARP_BLOCK + WARP_TAPS];
	quad first[WARP_TAPS], turn[WARP_TAPS], since = { 0, 1, 2, 3 }; /* samples since the block began */

	for (int k = 0; k < WARP_TAPS; k++) {
		float a = from->tap[k / 4][k % 4], b = to->tap[k / 4][k % 4];

		first[k] = (quad){ 0 } + a;
		turn[k] = (quad){ 0 } + (b - a) * (1.0f / WARP_BLOCK);
	}
	for (int i = 0; i < WARP_BLOCK + WARP_TAPS - 2; i += 4)
		widen(x + i, in + i);
	x[WARP_BLOCK + WARP_TAPS - 2] = in[WARP_BLOCK + WARP_TAPS - 2];
	for (int i = 0; i < WARP_BLOCK; i += 8) {
		quad y0 = { 0 }, y1 = y0, turn0 = y0, turn1 = y0;

#pragma GCC unroll 10
		for (int k = 0; k < WARP_TAPS; k++) {
			quad q0 = quad_at(x + i + k), q1 = quad_at(x + i + k + 4);

			y0 += q0 * first[k];
			y1 += q1 * first[k];
			turn0 += q0 * turn[k];
			turn1 += q1 * turn[k];
		}
		put(out + i, y0 + since * turn0);
		put(out + i + 4, y1 + (since + 4) * turn1);
		since += 8;
	}
}
_Static_assert((WARP_BLOCK + WARP_TAPS - 2) % 4 == 0, "all but the last input are widened by fours");

void warp_frame(struct warp *w, const int16_t *in, int16_t *out, size_t n, int32_t ppb)
{
	const double step = 1 + ppb * 1e-9, end = end_of(w, n, ppb);
	const int need = (int)end;
	struct filter from, to;
	int whole = 0, before = -1;

	for (int made = 0; made < (int)n; made += WARP_BLOCK, before = whole + WARP_BLOCK) {
		double at = w->at + made * step;

		whole = (int)at;
		if (whole >
			need - WARP_BLOCK) /* slow input: its last block may begin a whole sample too far */
			whole = need - WARP_BLOCK;
		if (whole == before)
			from = to;
		else
			make_filter(&from, (float)(at - whole));
		make_filter(&to, (float)(at + WARP_BLOCK * step - (whole + WARP_BLOCK)));
		run_block(&from, &to, in + whole - WARP_DELAY - (HALF - 1), out + made);
	}
	w->at = end - need;
}
