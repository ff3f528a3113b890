/* bench - what a leg costs: real sockets, CPU time of the server process only.
 *
 * How: cases.h says what is run, measure.h how.  `legs a core` is 1 s over the CPU time that one leg takes in a
 * second: what the cost comes to, not a load that was run.  Beside each result stands what share of the machine's
 * time was stolen meanwhile: with more than a few percent, late ticks say little about the server.
 *
 * Use:  tests/bench/run [--seconds S] [--scale F] [--repeat N] [CASE...]     writes build/bench.json, compares
 *       tests/bench/kept.json; of N runs the one in the middle, by cost (or delay), is told
 */
#include "tests/bench/callers.h"
#include "tests/bench/gauge.h"
#include "tests/bench/measure.h"
#include "tests/flow/bridge.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { REPEAT_MAX = 25 };

static json_t *result_json(const struct bench_case *c, const struct result *r)
{
	json_t *j = json_pack(
		"{s:s, s:s, s:i, s:b, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, "
		"s:f, s:f}",
		"name", c->name, "story", c->story, "legs", (int)r->legs, "ok", r->ok, "cpu_percent",
		r->cpu_percent, "user_percent", r->user_percent, "kernel_percent", r->kernel_percent,
		"media_percent", r->media_percent, "control_percent", r->control_percent, "steal_percent",
		r->steal_percent, "margin_percent", r->margin_percent, "late_ticks", r->late, "skipped_ticks",
		r->skipped, "tick_us_max", r->tick_us_max, "rtp_lost", r->rtp_lost, "rtp_late", r->rtp_late,
		"rss_kb", r->rss_kb, "encodes", r->encodes, "kb_per_leg", r->kb_per_leg);

	if (c->overload)
		json_object_set_new(j, "refused", json_integer(r->refused));
	if (r->bytes_per_meeting > 0)
		json_object_set_new(j, "bytes_per_meeting", json_real(r->bytes_per_meeting));
	if (c->calls && r->us_per_call > 0)
		json_object_update_new(
			j, json_pack("{s:i, s:f, s:f, s:f, s:i}", "calls", (int)r->calls, "us_per_call",
				   r->us_per_call, "us_control", r->us_control, "us_media", r->us_media,
				   "calls_per_core_second", (int)(1e6 / r->us_per_call)));
	if (c->delay) {
		json_object_set_new(j, "delay_median_ms", json_real(r->delay_median));
		json_object_set_new(j, "delay_p99_ms", json_real(r->delay_p99));
	} else if (r->us_per_leg > 0) {
		json_object_set_new(j, "us_per_leg", json_real(r->us_per_leg));
		json_object_set_new(j, "legs_per_core", json_integer((json_int_t)(1e6 / r->us_per_leg)));
	}
	return j;
}

static const json_t *find_case(const json_t *kept, const char *name)
{
	const json_t *list = json_object_get(kept, "cases");
	size_t i;
	json_t *one;

	json_array_foreach(list, i,
		one) if (json_string_value(json_object_get(one, "name")) &&
			 strcmp(json_string_value(json_object_get(one, "name")), name) == 0) return one;
	return NULL;
}

static void print_result(
	const struct bench_case *c, const struct result *r, const json_t *now, const json_t *kept)
{
	const json_t *was = find_case(kept, c->name);
	char before[48] = "no kept figure";

	if (c->calls) {
		printf("%-52s %5.0f calls  %6.0f us/call  %5.0f calls a core-second  (kept %.0f)%s\n%-52s "
		       "control "
		       "%.0f, media %.0f us; user %.1f, kernel %.1f %%; stolen %.1f %%\n",
			c->story, json_at(now, "calls", 0), json_at(now, "us_per_call", 0),
			json_at(now, "calls_per_core_second", 0), json_at(was, "calls_per_core_second", 0),
			json_at(now, "ok", 0) > 0 ? "" : "   NOT OK", "", json_at(now, "us_control", 0),
			json_at(now, "us_media", 0), json_at(now, "user_percent", 0),
			json_at(now, "kernel_percent", 0), json_at(now, "steal_percent", 0));
		fflush(stdout);
		return;
	}
	if (json_at(now, "bytes_per_meeting", 0) > 0) {
		printf("%-52s %.0f bytes a meeting  (kept %.0f)%s\n", c->story,
			json_at(now, "bytes_per_meeting", 0), json_at(was, "bytes_per_meeting", 0),
			json_at(now, "ok", 0) > 0 ? "" : "   NOT OK");
		return;
	}
	if (c->delay) {
		if (was)
			snprintf(before, sizeof(before), "kept %.1f / %.1f",
				json_at(was, "delay_median_ms", 0), json_at(was, "delay_p99_ms", 0));
		printf("%-52s %5.0f legs  median %.1f ms, p99 %.1f ms  (%s)", c->story,
			json_at(now, "legs", 0), json_at(now, "delay_median_ms", 0),
			json_at(now, "delay_p99_ms", 0), before);
	} else {
		if (was)
			snprintf(before, sizeof(before), "kept %.0f us, %.0f legs",
				json_at(was, "us_per_leg", 0), json_at(was, "legs_per_core", 0));
		printf("%-52s %5.0f legs  %6.0f us/leg/s  %5.0f legs a core  (%s)", c->story,
			json_at(now, "legs", 0), json_at(now, "us_per_leg", 0),
			json_at(now, "legs_per_core", 0), before);
	}
	if (c->delay)
		parts_print(&r->parts, json_at(now, "delay_median_ms", 0));
	if (c->overload)
		printf("\n%-52s admitted %.0f, refused %.0f", "", json_at(now, "legs", 0),
			json_at(now, "refused", 0));
	printf("\n%-52s cpu %.1f %% (user %.1f, kernel %.1f; media %.1f, control %.1f); stolen %.1f %%; "
	       "margin "
	       "%.0f %%\n",
		"", json_at(now, "cpu_percent", 0), json_at(now, "user_percent", 0),
		json_at(now, "kernel_percent", 0), json_at(now, "media_percent", 0),
		json_at(now, "control_percent", 0), json_at(now, "steal_percent", 0),
		json_at(now, "margin_percent", 0));
	printf("%-52s %.0f encodes/s; ticks late %.0f, skipped %.0f, longest %.0f us; %.1f kB a leg; RTP "
	       "lost %.0f, "
	       "late %.0f%s\n",
		"", json_at(now, "encodes", 0), json_at(now, "late_ticks", 0),
		json_at(now, "skipped_ticks", 0), json_at(now, "tick_us_max", 0),
		json_at(now, "kb_per_leg", 0), json_at(now, "rtp_lost", 0), json_at(now, "rtp_late", 0),
		json_at(now, "ok", 0) > 0 ? "" : "   NOT OK");
	fflush(stdout);
}

static bool wanted(const struct bench_case *c, char **names, int n)
{
	for (int i = 0; i < n; i++)
		if (strcmp(names[i], c->name) == 0 || strcmp(names[i], "all") == 0)
			return true;
	return n == 0 && c->standard;
}

/* What stands for a result when several are ordered. */
static double figure(const struct bench_case *c, const struct result *r)
{
	return c->delay   ? r->delay_median
	       : c->calls ? r->us_per_call
	       : r->legs  ? r->us_per_leg
			  : r->bytes_per_meeting;
}

/* The middle one of `repeat` runs; a run that failed fails the case. */
static struct result run_case(const struct bench_case *c, const struct settings *s)
{
	struct result runs[REPEAT_MAX];
	bool ok = true;

	for (unsigned i = 0; i < s->repeat; i++) {
		const struct result r = c->calls                    ? measure_calls(c, s)
					: callers_legs(c, s->scale) ? measure_case(c, s)
								    : measure_meetings(c);
		unsigned at = i;

		ok = ok && r.ok;
		for (; at > 0 && figure(c, &runs[at - 1]) > figure(c, &r); at--)
			runs[at] = runs[at - 1];
		runs[at] = r;
	}
	runs[s->repeat / 2].ok = ok;
	return runs[s->repeat / 2];
}

int main(int argc, char **argv)
{
	struct settings s = { .scale = 1.0, .repeat = 1 };
	int at = 1;

	for (; at + 1 < argc && strncmp(argv[at], "--", 2) == 0; at += 2) {
		if (strcmp(argv[at], "--seconds") == 0)
			s.seconds = (unsigned)strtoul(argv[at + 1], NULL, 10);
		else if (strcmp(argv[at], "--media-port") == 0)
			s.media_port = argv[at + 1];
		else if (strcmp(argv[at], "--scale") == 0)
			s.scale = strtod(argv[at + 1], NULL);
		else if (strcmp(argv[at], "--repeat") == 0)
			s.repeat = (unsigned)strtoul(argv[at + 1], NULL, 10);
		else if (strcmp(argv[at], "--out") == 0)
			s.out = argv[at + 1];
		else if (strcmp(argv[at], "--kept") == 0)
			s.kept = argv[at + 1];
	}
	if (s.repeat < 1 || s.repeat > REPEAT_MAX) {
		fprintf(stderr, "bench: --repeat 1 to %d\n", REPEAT_MAX);
		return 2;
	}
	char machine[128], date[32];
	time_t now = time(NULL);
	struct tm utc;
	gauge_machine(machine, sizeof(machine));
	strftime(date, sizeof(date), "%Y-%m-%d", gmtime_r(&now, &utc));
	json_t *kept = s.kept ? json_load_file(s.kept, 0, NULL) : NULL, *list = json_array();
	json_t *whole = json_pack("{s:s, s:s, s:i, s:o}", "date", date, "machine", machine, "cores",
		(int)sysconf(_SC_NPROCESSORS_ONLN), "cases", list);
	bool ok = true;

	for (size_t i = 0; i < n_bench_cases; i++) {
		if (!wanted(&bench_cases[i], argv + at, argc - at))
			continue;
		struct result r = run_case(&bench_cases[i], &s);
		json_t *j = result_json(&bench_cases[i], &r);
		print_result(&bench_cases[i], &r, j, kept);
		json_array_append_new(list, j);
		ok = ok && r.ok;
	}
	if (s.out && json_dump_file(whole, s.out, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) != 0)
		ok = false;
	json_decref(whole);
	json_decref(kept);
	return ok ? 0 : 1;
}
