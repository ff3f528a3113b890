/* pulse.h - how promptly the control thread comes to its work: the lag of its loop, and its CPU share.
 *
 * How: a timer beats every 100 ms; a beat that comes late says how long whatever waits in this loop has waited, and so
 * does each beat that was left out meanwhile.  The mean over two seconds is what a message waits; a single
 * hiccup, even of half a second, is no overload.  Sofia reads its sockets one message a turn, so a flood is
 * not seen by the lag alone: a thread that works all the time is as busy.  Busy means: new INVITEs are
 * refused with 503 before SIP's own timers suffer (T1 is 500 ms, RFC 3261 section 17.1.1.1).
 * Use:  pulse_begin(); pulse_beat() from the timer; pulse_busy().
 *
 * Thread: control; no clock.
 */
#ifndef BRIDGE_PULSE_H
#define BRIDGE_PULSE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	PULSE_BEAT_US = 100000,
	PULSE_BEATS = 20,
	PULSE_BUSY_LAG_US = 150000, /* busy from here on */
	PULSE_CALM_LAG_US = 75000,  /* and no more below */
	PULSE_BUSY_CPU_PERMILLE = 950,
	PULSE_CALM_CPU_PERMILLE = 850
};

struct pulse {
	uint64_t due_us; /* of the next beat */
	uint32_t lags_us[PULSE_BEATS];
	uint64_t at_us[PULSE_BEATS], cpu_us[PULSE_BEATS]; /* of the same beats: clock and CPU time */
	unsigned at, n;
	bool busy;
	bool lenient; /* pulse_busy() never says so: media.max_load 0, for measuring.  Of the owner, after pulse_begin() */
};

void pulse_begin(
	struct pulse *p, uint64_t now_us, uint64_t cpu_us); /* cpu_us: CPU time of the thread so far */
void pulse_beat(struct pulse *p, uint64_t now_us, uint64_t cpu_us);

uint32_t pulse_lag_us(const struct pulse *p);       /* mean of the last two seconds */
uint32_t pulse_worst_us(const struct pulse *p);     /* longest of them */
uint32_t pulse_cpu_permille(const struct pulse *p); /* of the same time; 0 before two seconds are full */
bool pulse_busy(const struct pulse *p);
#endif
