/* gauge.h - what /proc says of a process and of the machine: CPU time by kind and thread, memory, stolen time.
 *
 * Use:  two gauges, one at each end of a span; their difference is the span's.
 *
 * Thread: any.
 */
#ifndef TESTS_BENCH_GAUGE_H
#define TESTS_BENCH_GAUGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct gauge {
	double user_s, kernel_s;    /* of the process */
	double media_s, control_s;  /* of its threads named media-N; of its first thread */
	double stolen_s, machine_s; /* of all cores: taken by the hypervisor; all time there was */
	double rss_kb;
	uint64_t at_ms;
};

bool gauge_read(struct gauge *out, pid_t pid); /* false: the process is gone */
void gauge_machine(char *out, size_t cap);     /* the processor's name */
#endif
