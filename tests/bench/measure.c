#include "tests/bench/measure.h"
#include "tests/bench/callers.h"
#include "tests/bench/gauge.h"
#include <stdio.h>
#include <stdlib.h>

enum { JOIN_MS = 180000, SECONDS = 15 };

static double worker_sum(const json_t *status, const char *name)
{
	const json_t *workers = json_object_get(status, "workers");
	double sum = 0;
	size_t i;
	json_t *w;

	json_array_foreach(workers, i, w) sum += json_number_value(json_object_get(w, name));
	return sum;
}

/* The span itself: CPU time and ticks between two moments of steady state. */
static void measure(const struct bench_case *c, const struct bridge *b, unsigned rooms, unsigned seconds,
	struct result *r)
{
	struct gauge from, to;

	test_sleep_ms(SETTLE_MS);
	json_t *before = bridge_get(b, "/v1/status");
	bool there = gauge_read(&from, b->peer.pid);
	test_sleep_ms(seconds * 1000);
	there = gauge_read(&to, b->peer.pid) && there;
	json_t *after = bridge_get(b, "/v1/status");
	if (c->delay)
		parts_read(&r->parts, b, rooms);
	const double wall = (double)(to.at_ms - from.at_ms) / 1000.0, percent = 100.0 / wall;

	r->user_percent = (to.user_s - from.user_s) * percent;
	r->kernel_percent = (to.kernel_s - from.kernel_s) * percent;
	r->cpu_percent = r->user_percent + r->kernel_percent;
	r->media_percent = (to.media_s - from.media_s) * percent;
	r->control_percent = (to.control_s - from.control_s) * percent;
	r->steal_percent = (to.stolen_s - from.stolen_s) * 100 / (to.machine_s - from.machine_s);
	r->us_per_leg = r->cpu_percent * 1e4 / r->legs;
	r->late = worker_sum(after, "late_ticks") - worker_sum(before, "late_ticks");
	r->skipped = worker_sum(after, "skipped_ticks") - worker_sum(before, "skipped_ticks");
	r->tick_us_max = worker_sum(after, "tick_us_max");
	r->margin_percent = json_at(after, "workers.0.margin_percent", 0);
	r->encodes = (worker_sum(after, "encodes") - worker_sum(before, "encodes")) / wall;
	r->kb_per_leg = (to.rss_kb - r->rss_kb) / r->legs;
	r->rss_kb = to.rss_kb;
	r->ok = there && r->cpu_percent > 0 && before && after;
	json_decref(before);
	json_decref(after);
}

static void read_report(const json_t *report, bool overload, struct result *r)
{
	const json_t *groups = json_object_get(report, "groups");
	double placed = 0, planned = 0, refused = 0;
	size_t i;
	json_t *g;

	json_array_foreach(groups, i, g)
	{
		placed += json_at(g, "placed", 0);
		planned += json_at(g, "planned", 0);
		refused += json_at(g, "refused.503", 0);
		r->rtp_lost += json_at(g, "rtp.lost", 0);
		r->rtp_late += json_at(g, "rtp.late", 0);
		r->delay_median = json_at(g, "delay_ms.median", r->delay_median);
		r->delay_p99 = json_at(g, "delay_ms.p99", r->delay_p99);
	}
	r->refused = (unsigned)refused;
	if (overload) /* nobody is lost between in and out */
		r->ok = r->ok && refused > 0 && placed == planned + refused && r->rtp_lost == 0;
	else
		r->ok = r->ok && json_at(report, "ok", 0) > 0;
}

struct joining {
	const struct bridge *bridge;
	struct peer *crowd;
	unsigned legs;
	double in, refused;
};

static bool joined_or_hopeless(void *arg)
{
	struct joining *j = arg;
	json_t *status = bridge_get(j->bridge, "/v1/status");

	j->in = json_at(status, "participants", 0);
	j->refused = json_at(status, "sip.refused", 0);
	json_decref(status);
	return j->in + j->refused >= j->legs || peer_wait_exit(j->crowd, 0) != PEER_RUNNING;
}

/* Asks five times a second at most: asking costs the server too. */
static bool join(struct joining *j, bool overload)
{
	const uint64_t until_ms = test_now_ms() + JOIN_MS;

	while (!joined_or_hopeless(j) && test_now_ms() < until_ms)
		test_sleep_ms(200);
	return overload ? j->in + j->refused >= j->legs && j->in > 0 : j->in >= j->legs;
}

/* What meetings that nobody is in cost, once the memory that reading them took has gone back. */
struct result measure_meetings(const struct bench_case *c)
{
	struct result r = { .legs = 0 };
	char *site = callers_site(0, c->meetings, NULL);
	struct gauge before, after;
	struct bridge b;

	if (site && bridge_start(&b, NULL)) {
		r.ok = gauge_read(&before, b.peer.pid) && bridge_put_site(&b, site, NULL) == 200;
		test_sleep_ms(SETTLE_MS);
		r.ok = r.ok && gauge_read(&after, b.peer.pid) && bridge_stop(&b) == 0;
	}
	if (r.ok)
		r.bytes_per_meeting = (after.rss_kb - before.rss_kb) * 1024 / c->meetings;
	free(site);
	return r;
}

struct result measure_case(const struct bench_case *c, const struct settings *s)
{
	static const char *const one_core[] = { "taskset", "-c", "0", NULL };
	const unsigned seconds = s->seconds ? s->seconds : c->seconds ? c->seconds : SECONDS;
	const unsigned rooms = callers_rooms(c, s->scale);
	struct result r = { .legs = callers_legs(c, s->scale) };
	char *site = callers_site(rooms, c->meetings > rooms ? c->meetings : rooms, s->media_port);
	struct bridge_setup setup = { .site = site,
		.wrap = c->workers ? NULL : one_core,
		.workers = c->workers,
		.max_load = c->max_load,
		.room_legs = c->room_legs,
		.rtp_ports = "16000-31999",
		.node = "log: { level: warning }\n" };
	struct bridge b;
	struct command cmd;
	struct peer crowd;
	struct gauge empty;

	if (!site || !bridge_start(&b, &setup)) {
		free(site);
		return r;
	}
	gauge_read(&empty, b.peer.pid);
	r.rss_kb = empty.rss_kb;
	callers_command(&cmd, c, s->scale, seconds, &b, s->media_port != NULL);
	struct joining j = { .bridge = &b, .crowd = &crowd, .legs = r.legs };
	if (!peer_start(&crowd, &b.folder, "crowd", cmd.argv)) {
		fprintf(stderr, "%s: crowd does not start\n", c->name);
	} else if (!join(&j, c->overload)) {
		fprintf(stderr, "%s: %g of %u callers came in, %g were refused\n", c->name, j.in, r.legs,
			j.refused);
		peer_stop(&crowd, 3000);
	} else {
		r.legs = (unsigned)j.in;
		measure(c, &b, rooms, seconds, &r);
		json_t *report = bridge_crowd_end(&b, &crowd, (seconds + 60) * 1000, NULL);
		read_report(report, c->overload, &r);
		json_decref(report);
	}
	if (bridge_stop(&b) != 0)
		r.ok = false;
	free(site);
	return r;
}
