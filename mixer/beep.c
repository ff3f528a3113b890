#include "mixer/beep.h"

#include <math.h>

enum {
	FRAME_8K = 8 * FRAME_MS,
	HALF = FRAME_8K / 2,
	HALF_HZ = 4000,
	LEAST_HZ = 350 - 10,
	MOST_HZ = 1500 + 10,
	SAME_HZ = 20,
	LOUD_DBOV = 42,
	QUIETER_DB = 15,
	VOICED = 800 / FRAME_MS,
	LEAST = 100 / FRAME_MS, /* an edge at each end spoils a frame, and noise one more */
	MOST = 3000 / FRAME_MS,
	RINGING = 600 / FRAME_MS,
	SPOILT = 2, /* frames of other sound within a run: an edge, a lost packet */
	QUIET = 160 / FRAME_MS
};

#define REST 0.06F /* of its power, what the sine may leave over */

/* x[n] + x[n-2] is a multiple of x[n-1] if it is one sine, and the multiple tells which; at 4 kHz, where 350 Hz is not too low for it. */
static float hz_if_one(const int16_t pcm8k[FRAME_8K])
{
	float x[HALF], yu = 0, uu = 1;

	for (size_t i = 0; i < HALF; i++)
		x[i] = (float)(pcm8k[2 * i] + pcm8k[2 * i + 1]);
	for (size_t i = 2; i < HALF; i++) {
		yu += (x[i] + x[i - 2]) * x[i - 1];
		uu += x[i - 1] * x[i - 1];
	}
	return fabsf(yu) < 2 * uu ? acosf(yu / uu / 2) * HALF_HZ / (2 * (float)M_PI) : 0;
}

/* The share of the frame's power that is not of that frequency. */
static float rest_of(const int16_t pcm8k[FRAME_8K], float hz)
{
	const float step = 2 * (float)M_PI * hz / 8000, turn = 2 * cosf(step);
	float sum = 1, back = 0, back2 = 0; /* Goertzel */

	for (size_t i = 0; i < FRAME_8K; i++) {
		const float x = pcm8k[i], now = x + turn * back - back2;

		sum += x * x;
		back2 = back;
		back = now;
	}
	return 1 - (back * back + back2 * back2 - turn * back * back2) * 2 / FRAME_8K / sum;
}

/* Hz of the one sine that it is; 0: it is none, or no beep's. */
static unsigned sine_of(const int16_t pcm8k[FRAME_8K])
{
	const float hz = hz_if_one(pcm8k);

	return hz >= LEAST_HZ && hz <= MOST_HZ && rest_of(pcm8k, hz) <= REST ? (unsigned)lrintf(hz) : 0;
}

void beep_listen(struct beep *b, bool on)
{
	*b = (struct beep){ .on = on };
}

static bool near(unsigned a, unsigned b, unsigned by)
{
	return a <= b + by && b <= a + by;
}

static bool rings(const struct beep *b)
{
	return b->frames > RINGING && (near(b->hz, 400, 9) || near(b->hz, 425, 9) || near(b->hz, 450, 9));
}

static void forget_run(struct beep *b)
{
	b->hz = 0;
	b->frames = b->spoilt = b->quiet = 0;
}

static bool after_run(struct beep *b)
{
	bool found;

	if (b->hz == 0)
		return false;
	b->quiet++;
	if (b->quiet < QUIET)
		return false;
	found = b->voiced >= VOICED && b->frames >= LEAST && b->frames <= MOST && !rings(b);
	forget_run(b);
	b->on = !found;
	return found;
}

static void hear_tone(struct beep *b, unsigned hz, uint8_t dbov)
{
	if (b->hz && (b->quiet > 0 || !near(b->hz, hz, SAME_HZ)))
		forget_run(b);
	b->hz = (uint16_t)hz;
	b->run_dbov = b->frames == 0 || dbov < b->run_dbov ? dbov : b->run_dbov;
	b->spoilt = 0;
	if (b->frames <= MOST)
		b->frames++;
}

/* Neither quiet nor a tone: speech, unless it is an edge of the run. */
static void hear_other(struct beep *b)
{
	if (b->hz && b->quiet == 0 && ++b->spoilt <= SPOILT)
		return;
	forget_run(b);
	if (b->voiced < VOICED)
		b->voiced++;
}

bool beep_rest(struct beep *b)
{
	return after_run(b);
}

bool beep_frame(struct beep *b, const int16_t pcm8k[8 * FRAME_MS], uint8_t dbov)
{
	unsigned hz;

	if (dbov > LOUD_DBOV || (b->hz && dbov >= b->run_dbov + QUIETER_DB))
		return after_run(b);
	hz = sine_of(pcm8k);
	if (hz > 0)
		hear_tone(b, hz, dbov);
	else
		hear_other(b);
	return false;
}
