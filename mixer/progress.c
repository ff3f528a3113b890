#include "mixer/progress.h"

#include <math.h>
#include <stdlib.h>

enum {
	FRAME_8K = 8 * FRAME_MS,
	STEP_MS = 4,
	FRAME_STEPS = FRAME_MS / STEP_MS,
	QUIET_DBOV = 42,
	UNEVEN_DB = 2,
	SAME_HZ = 20,
	BUSY_BY_HZ = 9,
	PAIR_BY_HZ = 15,
	JOIN_MS = 2 * FRAME_MS + 5, /* one frame may be spoilt by an edge, or a turn of phase */
	STRANGE = 3,                /* frames of other sound in a row end a pattern: an edge spoils two */
	BEAT_LEAST_MS = 140,
	BEAT_MOST_MS = 760,
	BEAT_OFF_BY_MS = 45,
	BEATS = 4,
	DIAL_MS = 5000,
	SIT_LEAST_MS = 220,
	SIT_MOST_MS = 480,
	SIT_APART_MS = 120,
	CNG_LEAST_MS = 380,
	CNG_MOST_MS = 660,
	CNG_APART_LEAST_MS = 2400,
	CNG_APART_MOST_MS = 3700,
	CED_MS = 2000,
	VOICE_FRAMES = 25
};

/* ---- a frame ---- */

#define LOW_SHARE 0.65F /* of the power below 700 Hz or so, where sampling down by 4 leaves it */
#define PURE_LOW_HZ                                                                                          \
	15.0F /* how wide one sine may seem: below 700 Hz, and above, where G.711's noise seems wider */
#define PURE_HIGH_HZ 90.0F
#define PAIR_REST 0.01F /* of its power, what two sines may leave over */

static float power(const float *x, size_t n)
{
	float sum = 1;

	for (size_t i = 0; i < n; i++)
		sum += x[i] * x[i];
	return sum;
}

static size_t sample_down(const int16_t *pcm, unsigned by, float *out)
{
	const size_t n = FRAME_8K / by;

	for (size_t i = 0; i < n; i++) {
		float sum = 0;

		for (unsigned k = 0; k < by; k++)
			sum += pcm[i * by + k];
		out[i] = sum / (float)by;
	}
	return n;
}

static float hz_of(float twice_cosine, unsigned rate)
{
	return acosf(twice_cosine / 2) * (float)rate / (2 * (float)M_PI);
}

/* The one sine that it is, Hz; 0: it is none. */
static float one_sine(const float *x, size_t n, unsigned rate, float pure_hz)
{
	float yu = 0, uu = 1, yy = 0, multiple, rest, wide, sine;

	for (size_t i = 2; i < n; i++) {
		float y = x[i] + x[i - 2], u = x[i - 1];

		yu += y * u;
		uu += u * u;
		yy += y * y;
	}
	multiple = yu / uu;
	sine = 4 - multiple * multiple; /* 4 sin^2 w */
	if (sine <= 0.05F)
		return 0;
	rest = fmaxf(yy - multiple * yu, 0) / uu;
	wide = 2 * (float)M_PI * pure_hz / (float)rate;
	return rest / sine <= wide * wide ? hz_of(multiple, rate) : 0;
}

static struct progress_tone two_sines(const float *x, size_t n, unsigned rate)
{
	float uu = 1, uv = 0, vv = 1, yu = 0, yv = 0, yy = 0, det, a, b, root, rest;

	for (size_t i = 4; i < n; i++) {
		float y = x[i] + x[i - 4], u = x[i - 1] + x[i - 3], v = x[i - 2];

		uu += u * u;
		uv += u * v;
		vv += v * v;
		yu += y * u;
		yv += y * v;
		yy += y * y;
	}
	det = uu * vv - uv * uv;
	if (det <= 0)
		return (struct progress_tone){ 0 };
	a = (yu * vv - yv * uv) / det;
	b = (yv * uu - yu * uv) / det;
	rest = yy - a * yu - b * yv;
	root = a * a + 4 * (b + 2);
	if (rest > PAIR_REST * power(x, n) || root <= 0)
		return (struct progress_tone){ 0 };
	root = sqrtf(root);
	if (a + root >= 4 || a - root <= -4)
		return (struct progress_tone){ 0 };
	return (struct progress_tone){ .low = (uint16_t)lrintf(hz_of((a + root) / 2, rate)),
		.high = (uint16_t)lrintf(hz_of((a - root) / 2, rate)) };
}

/* What is in a frame that is neither quiet nor uneven. */
static struct progress_tone progress_look(const int16_t pcm8k[FRAME_8K])
{
	float x[FRAME_8K], low[FRAME_8K / 4], hz;
	size_t n = sample_down(pcm8k, 1, x), n_low = sample_down(pcm8k, 4, low);

	if (power(low, n_low) * 4 < power(x, n) * LOW_SHARE)
		return (struct progress_tone){ .low = (uint16_t)lrintf(one_sine(x, n, 8000, PURE_HIGH_HZ)) };
	hz = one_sine(low, n_low, 2000, PURE_LOW_HZ);
	return hz > 0 ? (struct progress_tone){ .low = (uint16_t)lrintf(hz) } : two_sines(low, n_low, 2000);
}

/* ---- runs of a tone ---- */

static bool near(unsigned a, unsigned b, unsigned by)
{
	return a <= b + by && b <= a + by;
}

static bool same(struct progress_tone a, struct progress_tone b)
{
	return near(a.low, b.low, SAME_HZ) && near(a.high, b.high, SAME_HZ);
}

static bool within(unsigned what, unsigned least, unsigned most)
{
	return what >= least && what <= most;
}

static bool is_one(struct progress_tone t, unsigned hz, unsigned by)
{
	return t.high == 0 && near(t.low, hz, by);
}

static bool is_pair(struct progress_tone t, unsigned low, unsigned high)
{
	return near(t.low, low, PAIR_BY_HZ) && near(t.high, high, PAIR_BY_HZ);
}

/* What countries send (ITU-T E.180 supplement 2): 425 Hz nearly all, 400, 450, in North America a pair. */
static bool is_busy_tone(struct progress_tone t)
{
	return is_one(t, 425, BUSY_BY_HZ) || is_one(t, 400, BUSY_BY_HZ) || is_one(t, 450, BUSY_BY_HZ) ||
	       is_pair(t, 480, 620);
}

/* A pair alone: one sine for so long may be anything. */
static bool is_dial_tone(struct progress_tone t)
{
	return is_pair(t, 350, 440);
}

static void count_beat(struct progress *p)
{
	const bool fits = is_busy_tone(p->tone) && same(p->tone, p->before) &&
			  within(p->on_ms, BEAT_LEAST_MS, BEAT_MOST_MS) &&
			  within(p->off_ms, BEAT_LEAST_MS, BEAT_MOST_MS);

	if (!fits)
		p->beats = 0;
	else if (p->beats > 0 && near(p->on_ms, p->beat_on_ms, BEAT_OFF_BY_MS) &&
		 near(p->off_ms, p->beat_off_ms, BEAT_OFF_BY_MS))
		p->beats++;
	else
		p->beats = 1;
	if (p->beats == 1) {
		p->beat_on_ms = p->on_ms;
		p->beat_off_ms = p->off_ms;
	}
}

/* Which of the three it is, 1 to 3; 0 none. */
static unsigned step_of_three(struct progress_tone t)
{
	if (is_one(t, 950, 65))
		return 1;
	if (is_one(t, 1400, 65))
		return 2;
	return is_one(t, 1777, 40) ? 3 : 0;
}

static void count_rising(struct progress *p)
{
	const unsigned step = step_of_three(p->tone);
	const bool follows = p->rising > 0 && step == p->rising + 1u && p->off_ms <= SIT_APART_MS &&
			     within(p->on_ms, SIT_LEAST_MS, SIT_MOST_MS);

	p->rising = (uint8_t)(step == 1 || follows ? step : 0);
}

/* From one moment until another, at most what 16 bits hold. */
static uint16_t span_ms(unsigned from, unsigned to)
{
	const unsigned ms = (uint16_t)(to - from) * (unsigned)STEP_MS;

	return ms < UINT16_MAX ? (uint16_t)ms : UINT16_MAX;
}

static void begin_run(struct progress *p, struct progress_tone tone, uint16_t from)
{
	p->before = p->tone;
	p->on_ms = span_ms(p->from, p->last + FRAME_STEPS);
	p->off_ms = span_ms(p->last + FRAME_STEPS, from);
	p->tone = tone;
	p->from = from;
	count_beat(p);
	count_rising(p);
}

/* What the run that is on says, so far. */
static enum progress_kind judge(const struct progress *p)
{
	const unsigned lasts = span_ms(p->from, p->last + FRAME_STEPS);

	if (p->beats >= BEATS)
		return PROGRESS_BUSY;
	if (p->rising == 3 && lasts >= SIT_LEAST_MS)
		return PROGRESS_SPECIAL;
	if (is_one(p->tone, 1100, 40) && is_one(p->before, 1100, 40) &&
		within(p->on_ms, CNG_LEAST_MS, CNG_MOST_MS) &&
		within(p->off_ms, CNG_APART_LEAST_MS, CNG_APART_MOST_MS))
		return PROGRESS_FAX_CALLS;
	if (is_one(p->tone, 2100, 20) && lasts >= CED_MS)
		return PROGRESS_FAX_ANSWERS;
	return is_dial_tone(p->tone) && lasts >= DIAL_MS ? PROGRESS_DIAL : PROGRESS_NONE;
}

static bool hear_other(struct progress *p)
{
	if (p->strange < STRANGE)
		p->strange++;
	if (p->strange == STRANGE) {
		p->tone = (struct progress_tone){ 0 };
		p->beats = p->rising = 0;
	}
	if (p->found == PROGRESS_NONE || ++p->voice < VOICE_FRAMES)
		return false;
	p->found = PROGRESS_NONE;
	return true;
}

static bool hear_tone(struct progress *p, struct progress_tone tone, uint16_t now)
{
	enum progress_kind found;

	if (!same(tone, p->tone) || span_ms(p->last, now) > JOIN_MS) {
		const bool again = same(tone, p->maybe) && span_ms(p->maybe_at, now) <= JOIN_MS;

		if (!again) {
			p->maybe = tone;
			p->maybe_at = now;
			return false;
		}
		begin_run(p, tone, p->maybe_at);
	}
	p->strange = p->voice = 0;
	p->last = now;
	found = judge(p);
	if (found == PROGRESS_NONE || found == p->found)
		return false;
	p->found = (uint8_t)found;
	return true;
}

bool progress_frame(struct progress *p, const int16_t pcm8k[FRAME_8K], uint8_t dbov, uint32_t now_ms)
{
	const bool even = abs(dbov - p->dbov) <= UNEVEN_DB;
	struct progress_tone tone = { 0 };

	p->dbov = dbov;
	if (dbov > QUIET_DBOV) {
		p->strange = 0;
		return false;
	}
	if (even)
		tone = progress_look(pcm8k);
	return tone.low > 0 ? hear_tone(p, tone, (uint16_t)(now_ms / STEP_MS)) : hear_other(p);
}

const char *progress_name(enum progress_kind kind)
{
	static const char *const names[] = { [PROGRESS_NONE] = "none",
		[PROGRESS_BUSY] = "busy",
		[PROGRESS_DIAL] = "dial",
		[PROGRESS_SPECIAL] = "special",
		[PROGRESS_FAX_CALLS] = "fax_calls",
		[PROGRESS_FAX_ANSWERS] = "fax_answers" };

	return names[kind];
}
