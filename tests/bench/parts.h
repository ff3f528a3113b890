/* parts.h - what the delay through the bridge is made of, as each talker's leg tells it.
 *
 * How: of the legs in rooms 0..n that have sound, `delay` of the participants' API: how long the fastest packets wait for
 * their room's tick, what of that jitter needs, how much sound is held over from tick to tick.  What
 * crowd measures is the wait, what a packet was later than the fastest ones, and the time from the tick until it is sent; sound
 * held over and the limiter's 5 ms shift the sample within the packet, and cost a frame only beyond that together.
 *
 * Thread: one.
 */
#ifndef TESTS_BENCH_PARTS_H
#define TESTS_BENCH_PARTS_H

#include "tests/flow/bridge.h"

enum { PARTS_TALKERS_MAX = 1000 };

struct spread {
	double median, p90, most;
};

struct parts {
	unsigned n_talkers;
	unsigned n_made_up; /* of these, had sound made up since they were called */
	struct spread wait_ms, held_ms, due_ms;
};

void parts_read(struct parts *p, const struct bridge *b, unsigned rooms);
void parts_print(const struct parts *p, double measured_ms); /* no end of line before it, none behind */
#endif
