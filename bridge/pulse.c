#include "bridge/pulse.h"

#include <string.h>

void pulse_begin(struct pulse *p, uint64_t now_us, uint64_t cpu_us)
{
	memset(p, 0, sizeof(*p));
	p->due_us = now_us + PULSE_BEAT_US;
	for (unsigned i = 0; i < PULSE_BEATS; i++) {
		p->at_us[i] = now_us;
		p->cpu_us[i] = cpu_us;
	}
}

static void note(struct pulse *p, uint64_t now_us, uint64_t lag_us, uint64_t cpu_us)
{
	p->at = (p->at + 1) % PULSE_BEATS;
	p->lags_us[p->at] = lag_us > UINT32_MAX ? UINT32_MAX : (uint32_t)lag_us;
	p->at_us[p->at] = now_us;
	p->cpu_us[p->at] = cpu_us;
	if (p->n < PULSE_BEATS)
		p->n++;
}

void pulse_beat(struct pulse *p, uint64_t now_us, uint64_t cpu_us)
{
	const uint64_t whole_us = (uint64_t)PULSE_BEATS * PULSE_BEAT_US;

	if (now_us > p->due_us + whole_us) { /* of a long absence the last two seconds count */
		p->due_us += (now_us - p->due_us - whole_us) / PULSE_BEAT_US * PULSE_BEAT_US;
	}
	if (now_us < p->due_us) { /* the timer's phase is a little off ours */
		note(p, now_us, 0, cpu_us);
		p->due_us += PULSE_BEAT_US;
	}
	for (; p->due_us <= now_us; p->due_us += PULSE_BEAT_US)
		note(p, now_us, now_us - p->due_us, cpu_us);
	const uint32_t lag_us = pulse_lag_us(p), cpu = pulse_cpu_permille(p);

	p->busy = lag_us >= (p->busy ? PULSE_CALM_LAG_US : PULSE_BUSY_LAG_US) ||
		  cpu >= (p->busy ? PULSE_CALM_CPU_PERMILLE : PULSE_BUSY_CPU_PERMILLE);
}

uint32_t pulse_lag_us(const struct pulse *p)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < PULSE_BEATS; i++)
		sum += p->lags_us[i];
	return (uint32_t)(sum / PULSE_BEATS);
}

uint32_t pulse_worst_us(const struct pulse *p)
{
	uint32_t worst = 0;

	for (unsigned i = 0; i < PULSE_BEATS; i++)
		if (p->lags_us[i] > worst)
			worst = p->lags_us[i];
	return worst;
}

uint32_t pulse_cpu_permille(const struct pulse *p)
{
	const unsigned oldest = (p->at + 1) % PULSE_BEATS;
	const uint64_t span_us = p->at_us[p->at] - p->at_us[oldest];

	if (p->n < PULSE_BEATS || span_us == 0)
		return 0;
	return (uint32_t)((p->cpu_us[p->at] - p->cpu_us[oldest]) * 1000 / span_us);
}

bool pulse_busy(const struct pulse *p)
{
	return p->busy && !p->lenient;
}
