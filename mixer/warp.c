#include "mixer/warp.h"

#include <string.h>

enum { HALF = WARP_TAPS / 2 };

struct filter {
	float tap[WARP_TAPS];
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
	float m = mu - 0.5f, m2 = m * m * 9.8696044f, sum = 0;
	float sine = (1 - m2 * (0.5f - m2 * (4.16666667e-2f - m2 * (1.38888889e-3f - m2 * 2.48015873e-5f)))) *
		     0.318309886f;

	for (int k = 0; k < WARP_TAPS; k++) {
		float x = mu - (float)(k - (HALF - 1));
		float window = 1 - x * x * (1.0f / (HALF * HALF));
		bool here = x > -1e-6f && x < 1e-6f;

		f->tap[k] = here ? 1 : window * window * (((k - (HALF - 1)) & 1) ? -sine : sine) / x;
		sum += f->tap[k];
	}
	for (int k = 0; k < WARP_TAPS; k++)
		f->tap[k] /= sum;
}

/* Four samples at a time: -O2 alone does not see that it may. */
typedef float quad __attribute__((vector_size(16)));

static quad quad_at(const float *x)
{
	quad q;

	memcpy(&q, x, sizeof(q));
	return q;
}

/* One block through a filter that turns from `from` into `to`. */
static void run_block(const struct filter *from, const struct filter *to, const int16_t *in, int16_t *out)
{
	float x[WARP_BLOCK + WARP_TAPS], turn[WARP_TAPS];
	quad since = { 0, 1, 2, 3 };

	for (int k = 0; k < WARP_TAPS; k++)
		turn[k] = (to->tap[k] - from->tap[k]) / WARP_BLOCK;
	for (int i = 0; i < WARP_BLOCK + WARP_TAPS - 1; i++)
		x[i] = in[i];
	for (int i = 0; i < WARP_BLOCK; i += 4, since += 4) {
		quad y = { 0 }, change = { 0 };

		for (int k = 0; k < WARP_TAPS; k++) {
			quad q = quad_at(x + i + k);

			y += q * from->tap[k];
			change += q * turn[k];
		}
		y += since * change;
		for (int k = 0; k < 4; k++) {
			float sample = y[k] > 32767 ? 32767 : y[k] < -32768 ? -32768 : y[k];

			/* rounded, by cutting a positive number */
			out[i + k] = (int16_t)((int32_t)(sample + 32768.5f) - 32768);
		}
	}
}

void warp_frame(struct warp *w, const int16_t *in, int16_t *out, size_t n, int32_t ppb)
{
	const double step = WARP_BLOCK * (1 + ppb * 1e-9);
	const double end = end_of(w, n, ppb);
	const size_t need = (size_t)end;
	struct filter from, to;

	for (size_t made = 0; made < n; made += WARP_BLOCK) {
		double at = w->at + (double)(made / WARP_BLOCK) * step;
		size_t whole = (size_t)at;

		if (whole + (n - made) > need) /* a slow input's last block begins past a whole sample too many */
			whole = need - (n - made);
		make_filter(&from, (float)(at - (double)whole));
		make_filter(&to, (float)(at + step - WARP_BLOCK - (double)whole));
		run_block(&from, &to, in + whole - WARP_DELAY - (HALF - 1), out + made);
	}
	w->at = end - (double)need;
}
