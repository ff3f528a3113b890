/* codec_g711.c - G.711 by table, bit-exact with the ITU's own tool (G.191, ulaw and
 * alaw `_compress` and `_expand`).
 *
 * The tables are constants, laid out by the compiler from the law's own shape: eight segments
 * of sixteen steps, mirrored.  G.191 folds a negative sample by one's complement; SpanDSP's
 * u-law negates instead, and is one code off at each negative decision value.
 */
#include "mixer/codec_priv.h"

/* A law's 128 steps: STEPS expands X(sign, segment, step) for one sign. */
#define SEGMENT(X, g, s)                                                                                     \
	X(g, s, 0)                                                                                           \
	X(g, s, 1)                                                                                           \
	X(g, s, 2)                                                                                           \
	X(g, s, 3)                                                                                           \
	X(g, s, 4)                                                                                           \
	X(g, s, 5)                                                                                           \
	X(g, s, 6)                                                                                           \
	X(g, s, 7)                                                                                           \
	X(g, s, 8)                                                                                           \
	X(g, s, 9)                                                                                           \
	X(g, s, 10)                                                                                          \
	X(g, s, 11)                                                                                          \
	X(g, s, 12)                                                                                          \
	X(g, s, 13)                                                                                          \
	X(g, s, 14)                                                                                          \
	X(g, s, 15)
#define STEPS(X, g)                                                                                          \
	SEGMENT(X, g, 0)                                                                                     \
	SEGMENT(X, g, 1)                                                                                     \
	SEGMENT(X, g, 2)                                                                                     \
	SEGMENT(X, g, 3)                                                                                     \
	SEGMENT(X, g, 4)                                                                                     \
	SEGMENT(X, g, 5)                                                                                     \
	SEGMENT(X, g, 6)                                                                                     \
	SEGMENT(X, g, 7)
#define BOTH(X) STEPS(X, 1) STEPS(X, 0)

/* u-law, G.711 table 2: 14 bit magnitudes, segments begin at 2^(s+5) once 33 is added.
 * The first step is half as wide, and the last one takes all that is louder. */
enum { ULAW_HALF = 8192, ULAW_BIAS = 33 };
#define ULAW_LOW(s, k) ((s) == 0 && (k) == 0 ? 0 : ((16 + (k)) << ((s) + 1)) - ULAW_BIAS)
#define ULAW_HIGH(s, k) ((s) == 7 && (k) == 15 ? ULAW_HALF - 1 : ((17 + (k)) << ((s) + 1)) - ULAW_BIAS - 1)
#define ULAW_CODE(g, s, k) (((g) ? 0xff : 0x7f) - (16 * (s) + (k)))
#define ULAW_RANGE(g, s, k)                                                                                  \
	[(g)                                            ? ULAW_HALF + ULAW_LOW(s, k)                         \
		: ULAW_HALF - 1 - ULAW_HIGH(s, k)...(g) ? ULAW_HALF + ULAW_HIGH(s, k)                        \
							: ULAW_HALF - 1 - ULAW_LOW(s, k)] =                  \
		ULAW_CODE(g, s, k),
#define ULAW_VALUE(s, k) (((33 + 2 * (k)) << ((s) + 2)) - 4 * ULAW_BIAS)
#define ULAW_BACK(g, s, k) [ULAW_CODE(g, s, k)] = (g) ? ULAW_VALUE(s, k) : -ULAW_VALUE(s, k),

/* A-law, G.711 table 1: 12 bit magnitudes; segments 0 and 1 have the same step. */
enum { ALAW_HALF = 2048 };
#define ALAW_LOW(s, k) ((s) == 0 ? (k) : (16 + (k)) << ((s) ? (s)-1 : 0))
#define ALAW_HIGH(s, k) ((s) == 0 ? (k) : ((17 + (k)) << ((s) ? (s)-1 : 0)) - 1)
#define ALAW_CODE(g, s, k) (((g) ? 0x80 : 0x00) + ((16 * (s) + (k)) ^ 0x55))
#define ALAW_RANGE(g, s, k)                                                                                  \
	[(g)                                            ? ALAW_HALF + ALAW_LOW(s, k)                         \
		: ALAW_HALF - 1 - ALAW_HIGH(s, k)...(g) ? ALAW_HALF + ALAW_HIGH(s, k)                        \
							: ALAW_HALF - 1 - ALAW_LOW(s, k)] =                  \
		ALAW_CODE(g, s, k),
#define ALAW_VALUE(s, k) ((s) == 0 ? 16 * (k) + 8 : (33 + 2 * (k)) << ((s) ? (s) + 2 : 0))
#define ALAW_BACK(g, s, k) [ALAW_CODE(g, s, k)] = (g) ? ALAW_VALUE(s, k) : -ALAW_VALUE(s, k),

static const uint8_t ulaw_of[2 * ULAW_HALF] = { BOTH(ULAW_RANGE) }; /* by sample / 4 + 8192 */
static const uint8_t alaw_of[2 * ALAW_HALF] = { BOTH(ALAW_RANGE) }; /* by sample / 16 + 2048 */
static const int16_t of_ulaw[256] = { BOTH(ULAW_BACK) };
static const int16_t of_alaw[256] = { BOTH(ALAW_BACK) };

void codec_ulaw_encode(uint8_t *out, const int16_t *pcm, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = ulaw_of[(pcm[i] >> 2) + ULAW_HALF];
}

void codec_alaw_encode(uint8_t *out, const int16_t *pcm, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = alaw_of[(pcm[i] >> 4) + ALAW_HALF];
}

void codec_ulaw_decode(int16_t *pcm, const uint8_t *in, size_t n)
{
	for (size_t i = 0; i < n; i++)
		pcm[i] = of_ulaw[in[i]];
}

void codec_alaw_decode(int16_t *pcm, const uint8_t *in, size_t n)
{
	for (size_t i = 0; i < n; i++)
		pcm[i] = of_alaw[in[i]];
}
