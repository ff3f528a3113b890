/* calls.c - what a whole call costs: INVITE, 100, 200 with SDP, ACK, ten packets each way, BYE, and its record on disk.
 *
 * With `stay_s` they stay for longer, as those do who hear a prompt.
 *
 * How: the callers of warm-up come and go first, so that nothing is counted that happens once.  The span ends when the last
 * record has been written, not when the last call is over.  Logging is on, as in service.
 */
#include "tests/bench/callers.h"
#include "tests/bench/gauge.h"
#include "tests/bench/measure.h"
#include <stdio.h>
#include <stdlib.h>

enum { WARM_UP_MAX = 300, CALLS_MS = 120000, WRITTEN_MS = 5000 };

/* That many calls come and go; false: some did not go well. */
static bool run_crowd(struct bridge *b, const struct bench_case *c, unsigned calls)
{
	char program[FOLDER_PATH * 2], to[64], each[32], n[16], rate[16];
	const char *const argv[] = { "taskset", "-c", "1", build_program("crowd", program), "--json",
		"--from-ip", "127.0.0.2", "--to", to, "--each", each, "--calls", n, "--rate", rate,
		"--own-time", "--seconds", c->stay_s ? c->stay_s : "0.2", "--codec", c->codec, NULL };
	struct peer crowd;
	int code = 1;

	snprintf(to, sizeof(to), "sip:+1555{}@127.0.0.1:%u", b->sip_port);
	snprintf(each, sizeof(each), "%d..%u", CALLERS_FIRST, CALLERS_FIRST + c->rooms - 1);
	snprintf(n, sizeof(n), "%u", calls);
	snprintf(rate, sizeof(rate), "%g", c->rate);
	if (peer_start(&crowd, &b->folder, "crowd", argv))
		json_decref(bridge_crowd_end(b, &crowd, CALLS_MS, &code));
	return code == 0;
}

struct result measure_calls(const struct bench_case *c, const struct settings *s)
{
	static const char *const one_core[] = { "taskset", "-c", "0", NULL };
	struct result r = { .calls = (unsigned)(c->calls * s->scale) };
	char *site = callers_site(c->rooms, c->rooms, s->media_port);
	struct bridge_setup setup = {
		.site = site, .wrap = one_core, .max_load = c->max_load ? c->max_load : "100"
	};
	const unsigned warm_up = r.calls / 4 < WARM_UP_MAX ? r.calls / 4 : WARM_UP_MAX;
	struct gauge from, to;
	struct bridge b;

	if (!site || !bridge_start(&b, &setup)) {
		free(site);
		return r;
	}
	r.ok = run_crowd(&b, c, warm_up) &&
	       bridge_wait_number(&b, "/v1/status", "writer.written", warm_up, WRITTEN_MS) &&
	       gauge_read(&from, b.peer.pid) && run_crowd(&b, c, r.calls) &&
	       bridge_wait_number(&b, "/v1/status", "writer.written", warm_up + r.calls, WRITTEN_MS) &&
	       gauge_read(&to, b.peer.pid);
	if (r.ok) {
		const double us = 1e6 / r.calls, wall_s = (double)(to.at_ms - from.at_ms) / 1000.0;

		r.user_percent = (to.user_s - from.user_s) * 100 / wall_s;
		r.kernel_percent = (to.kernel_s - from.kernel_s) * 100 / wall_s;
		r.cpu_percent = r.user_percent + r.kernel_percent;
		r.us_per_call = (to.user_s - from.user_s + to.kernel_s - from.kernel_s) * us;
		r.us_control = (to.control_s - from.control_s) * us;
		r.us_media = (to.media_s - from.media_s) * us;
		r.steal_percent = (to.stolen_s - from.stolen_s) * 100 / (to.machine_s - from.machine_s);
		r.rss_kb = to.rss_kb;
	}
	if (bridge_stop(&b) != 0)
		r.ok = false;
	free(site);
	return r;
}
