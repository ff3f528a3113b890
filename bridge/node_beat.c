#include "bridge/node_beat.h"
#include "bridge/carrier.h"
#include "bridge/conditions.h"
#include "bridge/dialout.h"
#include "bridge/learned.h"
#include "bridge/hunt.h"
#include "bridge/leg_heard.h"
#include "bridge/meter.h"
#include "bridge/retention.h"
#include "bridge/secure.h"
#include "bridge/spending.h"
#include "bridge/standing.h"
#include <malloc.h>
#include <time.h>

enum { TICK_MS = PULSE_BEAT_US / 1000, STATS_MS = 5000 };

static uint64_t thread_cpu_us(void)
{
	struct timespec cpu;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
	return (uint64_t)cpu.tv_sec * 1000000u + (uint64_t)cpu.tv_nsec / 1000u;
}

static void on_tick(void *arg)
{
	struct node *n = arg;
	const uint64_t now_us = loop_now_us();

	heap_look(&n->heap);
	pulse_beat(&n->pulse, now_us, thread_cpu_us());
	conditions_beat(n);
	leg_tick_all(n, now_us);
	carriers_tick(n, now_us);
	drain_tick(n, now_us);
	dialout_tick_all(n, now_us);
	hunt_tick_all(n, now_us);
}

/* A large site is read with ten times the memory that it keeps. */
static void give_back(struct node *n)
{
	if (n->trim_due)
		malloc_trim(0);
	n->trim_due = false;
}

/* Calls go on while the disk is full or away; that they do so without a record on it is told once, and its end. */
static void tell_disk(struct node *n)
{
	struct writer_stats s;

	writer_stats(n->writer, &s);
	if (s.disk_ok != n->disk_told)
		return;
	n->disk_told = !s.disk_ok;
	if (s.disk_ok)
		log_line(LOG_WARNING, NULL, "disk", "%s can be written again", n->config.database);
	else
		log_line(LOG_ERROR, NULL, "disk", "%s cannot be written, call records wait in memory: %s",
			n->config.database, s.why);
	event_emit(n->bus, s.disk_ok ? "disk.recovered" : "disk.failed",
		json_pack("{s:s, s:i, s:I}", "why", s.disk_ok ? "" : s.why, "waiting", (int)s.waiting, "lost",
			(json_int_t)s.lost));
}

static void on_second(void *arg)
{
	meter_tick(arg);
	standing_tick(arg);
	spending_save(arg);
	tell_disk(arg);
}

static void on_stats(void *arg)
{
	struct node *n = arg;

	leg_ask_stats_all(arg);
	retention_tick(n->retention, n->site, when_now_us());
	secure_tick(arg);
	learned_save(n);
	conditions_round(n);
	give_back(arg);
}

enum bridge_err node_beat_start(struct node *n)
{
	pulse_begin(&n->pulse, loop_now_us(), thread_cpu_us());
	n->pulse.lenient = n->config.media.max_load == 0;
	return loop_every(n->loop, TICK_MS, on_tick, n) == CALL_OK &&
			       loop_every(n->loop, STATS_MS, on_stats, n) == CALL_OK &&
			       loop_every(n->loop, SPENDING_EVERY_MS, on_second, n) == CALL_OK
		       ? BRIDGE_OK
		       : BRIDGE_NOMEM;
}
