/* bench - what a leg costs: real sockets, CPU time of the server process only.
 *
 * How: for each case, partylined runs alone on core 0 and crowd on core 1; when all callers are up and six
 * seconds have gone by, the server's CPU time is read from /proc/PID/stat at both ends of the span measured.
 * `legs a core` is 1 s over the CPU time that one leg takes in a second: what the cost comes to, not a load that was run.
 *
 * Use:  tests/bench/run [--seconds S] [--scale F] [CASE...]     writes build/bench.json, compares tests/bench/kept.json
 */
#include "tests/flow/bridge.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ARGS = 64, JOIN_MS = 120000, FIRST_MEETING = 100000, SITE_LINE = 160, SETTLE_MS = 10000 };

struct bench_case {
	const char *name, *story;
	unsigned rooms, per_room, talkers; /* talkers: of each room */
	double rate;                       /* calls per second while it fills */
	const char *codec, *quiet;
	const char *extra[6]; /* for crowd; NULL-ended */
	bool standard;        /* run when no case is named */
	bool delay;           /* measures delay, not cost */
	unsigned meetings;    /* configured; 0: as many as rooms */
	const char *workers;  /* NULL: one, on core 0 */
};

static const struct bench_case cases[] = {
	{ .name = "pcmu-10",
		.story = "PCMU, rooms of 10, 2 talkers each",
		.rooms = 100,
		.per_room = 10,
		.talkers = 2,
		.rate = 100,
		.codec = "PCMU",
		.quiet = "silence",
		.standard = true },
	{ .name = "pcmu-500",
		.story = "PCMU, one room of 500, 3 talkers",
		.rooms = 1,
		.per_room = 500,
		.talkers = 3,
		.rate = 100,
		.codec = "PCMU",
		.quiet = "silence",
		.standard = true },
	{ .name = "opus-dtx",
		.story = "Opus, one room of 200, 3 talkers, others in DTX",
		.rooms = 1,
		.per_room = 200,
		.talkers = 3,
		.rate = 15,
		.codec = "opus",
		.quiet = "silence",
		.extra = { "--dtx" } },
	{ .name = "opus-noise",
		.story = "Opus, one room of 200, 3 talkers, others send noise",
		.rooms = 1,
		.per_room = 200,
		.talkers = 3,
		.rate = 15,
		.codec = "opus",
		.quiet = "noise:-55" },
	{ .name = "opus-5",
		.story = "Opus, rooms of 5, 2 talkers each",
		.rooms = 20,
		.per_room = 5,
		.talkers = 2,
		.rate = 15,
		.codec = "opus",
		.quiet = "silence" },
	{ .name = "half-10",
		.story = "half PCMU, half Opus, rooms of 10, 2 talkers",
		.rooms = 20,
		.per_room = 10,
		.talkers = 2,
		.rate = 20,
		.codec = "half",
		.quiet = "silence" },
	{ .name = "delay",
		.story = "mouth to ear, PCMU, 40 rooms of 3, 1 talker",
		.rooms = 40,
		.per_room = 3,
		.talkers = 1,
		.rate = 50,
		.codec = "PCMU",
		.quiet = "silence",
		.extra = { "--delay" },
		.standard = true,
		.delay = true },
	{ .name = "pcmu-2000",
		.story = "PCMU, 200 rooms of 10: late ticks at 80 % load",
		.rooms = 200,
		.per_room = 10,
		.talkers = 2,
		.rate = 100,
		.codec = "PCMU",
		.quiet = "silence" },
	{ .name = "lone",
		.story = "10,000 meetings, 1,000 of them open with one leg",
		.rooms = 1000,
		.per_room = 1,
		.talkers = 0,
		.rate = 100,
		.codec = "PCMU",
		.quiet = "silence",
		.meetings = 10000 },
	{ .name = "two-workers",
		.story = "PCMU, rooms of 10, 2 talkers each, two workers",
		.rooms = 100,
		.per_room = 10,
		.talkers = 2,
		.rate = 100,
		.codec = "PCMU",
		.quiet = "silence",
		.workers = "2" },
};
enum { CASES = sizeof(cases) / sizeof(*cases) };

struct settings {
	unsigned seconds;
	double scale; /* of the number of rooms, or of the people in the only one */
	const char *out, *kept;
};

struct result {
	unsigned legs;
	double us_per_leg; /* CPU microseconds per leg and second */
	double encodes;    /* runs of an encoder, per second */
	double cpu_percent, late, skipped, tick_us_max;
	double rtp_lost, rtp_late, rss_kb;
	double kb_per_leg; /* resident memory, calls and all, over what it was without them */
	double delay_median, delay_p99;
	bool ok;
};

/* user and system time of a process, in seconds; -1: gone. */
static double cpu_seconds(pid_t pid)
{
	char path[64], text[1024];
	unsigned long user, system;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	FILE *file = fopen(path, "r");
	if (!file)
		return -1;
	size_t n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[n] = '\0';
	const char *p = strrchr(text, ')'); /* a name may hold anything */
	if (!p || sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
		return -1;
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static double rss_kb(pid_t pid)
{
	char path[64], line[256];
	unsigned long kb = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmRSS: %lu", &kb) == 1)
			break;
	if (file)
		fclose(file);
	return (double)kb;
}

/* A site with a number for each room; a room's meeting asks for nothing and makes no sound. */
static char *make_site(unsigned rooms, unsigned meetings)
{
	size_t cap = 1024 + (size_t)(rooms + meetings) * SITE_LINE, n = 0;
	char *text = malloc(cap);

	if (!text)
		return NULL;
	n += (size_t)snprintf(text + n, cap - n, "accounts:\n  - name: bench\n    meetings:\n");
	for (unsigned i = 0; i < meetings; i++)
		n += (size_t)snprintf(text + n, cap - n,
			"      - { id: \"%u\", name: Room %u, chimes: false }\n", FIRST_MEETING + i, i);
	n += (size_t)snprintf(text + n, cap - n,
		"trunks:\n  - name: carrier\n    inbound: { from: [ 127.0.0.2/32 ] }\nnumbers:\n");
	for (unsigned i = 0; i < rooms; i++)
		n += (size_t)snprintf(text + n, cap - n,
			"  - { number: \"+1555%u\", trunk: carrier, account: bench, answer: \"meeting:%u\" "
			"}\n",
			FIRST_MEETING + i, FIRST_MEETING + i);
	return text;
}

static unsigned rooms_of(const struct bench_case *c, const struct settings *s)
{
	return c->rooms == 1 ? 1 : (unsigned)(c->rooms * s->scale + 0.5);
}

static unsigned legs_of(const struct bench_case *c, const struct settings *s)
{
	return c->rooms == 1 ? (unsigned)(c->per_room * s->scale + 0.5) : rooms_of(c, s) * c->per_room;
}

/* The words of one --and group. Texts live in `words`. */
struct command {
	const char *argv[ARGS];
	size_t n;
	char words[16][96];
	size_t n_words;
};

static void say(struct command *c, const char *word)
{
	if (c->n + 1 < ARGS)
		c->argv[c->n++] = word;
	c->argv[c->n] = NULL;
}

static void __attribute__((format(printf, 3, 4)))
option(struct command *c, const char *name, const char *format, ...)
{
	va_list args;
	char *word = c->words[c->n_words++ % 16];

	va_start(args, format);
	vsnprintf(word, sizeof(c->words[0]), format, args);
	va_end(args);
	say(c, name);
	say(c, word);
}

static void crowd_command(
	struct command *cmd, const struct bench_case *c, const struct settings *s, const struct bridge *b)
{
	char program[FOLDER_PATH * 2];
	unsigned rooms = rooms_of(c, s), legs = legs_of(c, s);
	bool half = strcmp(c->codec, "half") == 0;

	*cmd = (struct command){ .n = 0 };
	say(cmd, "taskset");
	say(cmd, "-c");
	say(cmd, "1");
	snprintf(cmd->words[cmd->n_words], sizeof(cmd->words[0]), "%.95s", build_program("crowd", program));
	say(cmd, cmd->words[cmd->n_words++]);
	say(cmd, "--json");
	option(cmd, "--from-ip", "127.0.0.2");
	option(cmd, "--to", "sip:+1555{}@127.0.0.1:%u", b->sip_port);
	option(cmd, "--each", "%u..%u", FIRST_MEETING, FIRST_MEETING + rooms - 1);
	option(cmd, "--calls", "%u", half ? legs / 2 : legs);
	option(cmd, "--rate", "%g", half ? c->rate / 2 : c->rate);
	option(cmd, "--talkers", "%u", rooms * c->talkers / (half ? 2 : 1));
	option(cmd, "--codec", "%s", half ? "PCMU" : c->codec);
	option(cmd, "--seconds", "%u", s->seconds + 2 + SETTLE_MS / 1000);
	option(cmd, "--settle", "%d", SETTLE_MS / 1000);
	say(cmd, "--say");
	say(cmd, "tone:440:-26:0.7+silence:0.3+tone:550:-26:0.6+silence:0.4");
	say(cmd, "--quiet");
	say(cmd, c->quiet);
	for (size_t i = 0; c->extra[i]; i++)
		say(cmd, c->extra[i]);
	if (half) {
		say(cmd, "--and");
		say(cmd, "--codec");
		say(cmd, "opus");
	}
}

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
static void measure(const struct bridge *b, const struct settings *s, struct result *r)
{
	test_sleep_ms(SETTLE_MS);
	json_t *before = bridge_get(b, "/v1/status");
	double cpu = cpu_seconds(b->peer.pid);
	uint64_t begun_ms = test_now_ms();
	test_sleep_ms(s->seconds * 1000);
	double used = cpu_seconds(b->peer.pid) - cpu, wall = (double)(test_now_ms() - begun_ms) / 1000.0;
	json_t *after = bridge_get(b, "/v1/status");

	r->us_per_leg = used * 1e6 / wall / r->legs;
	r->cpu_percent = used * 100 / wall;
	r->late = worker_sum(after, "late_ticks") - worker_sum(before, "late_ticks");
	r->skipped = worker_sum(after, "skipped_ticks") - worker_sum(before, "skipped_ticks");
	r->tick_us_max = worker_sum(after, "tick_us_max");
	r->encodes = (worker_sum(after, "encodes") - worker_sum(before, "encodes")) / wall;
	r->kb_per_leg = (rss_kb(b->peer.pid) - r->rss_kb) / r->legs;
	r->rss_kb = rss_kb(b->peer.pid);
	r->ok = cpu >= 0 && used > 0 && before && after;
	json_decref(before);
	json_decref(after);
}

static void read_report(const json_t *report, struct result *r)
{
	const json_t *groups = json_object_get(report, "groups");
	size_t i;
	json_t *g;

	r->ok = r->ok && json_at(report, "ok", 0) > 0;
	json_array_foreach(groups, i, g)
	{
		r->rtp_lost += json_at(g, "rtp.lost", 0);
		r->rtp_late += json_at(g, "rtp.late", 0);
		r->delay_median = json_at(g, "delay_ms.median", r->delay_median);
		r->delay_p99 = json_at(g, "delay_ms.p99", r->delay_p99);
	}
}

static struct result run_case(const struct bench_case *c, const struct settings *s)
{
	static const char *const one_core[] = { "taskset", "-c", "0", NULL };
	struct result r = { .legs = legs_of(c, s) };
	char *site = make_site(rooms_of(c, s), c->meetings > rooms_of(c, s) ? c->meetings : rooms_of(c, s));
	struct bridge_setup setup = { .site = site,
		.wrap = c->workers ? NULL : one_core,
		.workers = c->workers,
		.rtp_ports = "16000-31999",
		.node = "log: { level: warning }\n" };
	struct bridge b;
	struct command cmd;
	struct peer crowd;

	if (!site || !bridge_start(&b, &setup)) {
		free(site);
		return r;
	}
	r.rss_kb = rss_kb(b.peer.pid);
	crowd_command(&cmd, c, s, &b);
	if (peer_start(&crowd, &b.folder, "crowd", cmd.argv) &&
		bridge_wait_number(&b, "/v1/status", "participants", r.legs, JOIN_MS)) {
		measure(&b, s, &r);
		json_t *report = bridge_crowd_end(&b, &crowd, (s->seconds + 60) * 1000, NULL);
		read_report(report, &r);
		json_decref(report);
	} else {
		fprintf(stderr, "%s: %g of %u callers came in\n", c->name,
			bridge_number(&b, "/v1/status", "participants", -1), r.legs);
		peer_stop(&crowd, 3000);
		peer_show(&crowd);
		b.trouble = true;
	}
	if (bridge_stop(&b) != 0)
		r.ok = false;
	free(site);
	return r;
}

static json_t *result_json(const struct bench_case *c, const struct result *r)
{
	json_t *j = json_pack("{s:s, s:s, s:i, s:b, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "name",
		c->name, "story", c->story, "legs", (int)r->legs, "ok", r->ok, "cpu_percent", r->cpu_percent,
		"late_ticks", r->late, "skipped_ticks", r->skipped, "tick_us_max", r->tick_us_max, "rtp_lost",
		r->rtp_lost, "rtp_late", r->rtp_late, "rss_kb", r->rss_kb, "encodes", r->encodes,
		"kb_per_leg", r->kb_per_leg);

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

static void print_result(const struct bench_case *c, const json_t *now, const json_t *kept)
{
	const json_t *was = find_case(kept, c->name);
	char before[48] = "no kept figure";

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
	printf("\n%-52s cpu %.1f %%, %.0f encodes/s; ticks late %.0f, skipped %.0f, longest %.0f us; %.1f kB "
	       "a leg; RTP lost %.0f, late "
	       "%.0f%s\n",
		"", json_at(now, "cpu_percent", 0), json_at(now, "encodes", 0), json_at(now, "late_ticks", 0),
		json_at(now, "skipped_ticks", 0), json_at(now, "tick_us_max", 0),
		json_at(now, "kb_per_leg", 0), json_at(now, "rtp_lost", 0), json_at(now, "rtp_late", 0),
		json_at(now, "ok", 0) > 0 ? "" : "   NOT OK");
	fflush(stdout);
}

static void machine_text(char *out, size_t cap)
{
	char line[256];
	FILE *file = fopen("/proc/cpuinfo", "r");

	snprintf(out, cap, "unknown");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "model name : %127[^\n]", out) == 1)
			break;
	if (file)
		fclose(file);
}

static bool wanted(const struct bench_case *c, char **names, int n)
{
	for (int i = 0; i < n; i++)
		if (strcmp(names[i], c->name) == 0 || strcmp(names[i], "all") == 0)
			return true;
	return n == 0 && c->standard;
}

int main(int argc, char **argv)
{
	struct settings s = { .seconds = 15, .scale = 1.0 };
	int at = 1;

	for (; at + 1 < argc && strncmp(argv[at], "--", 2) == 0; at += 2) {
		if (strcmp(argv[at], "--seconds") == 0)
			s.seconds = (unsigned)strtoul(argv[at + 1], NULL, 10);
		else if (strcmp(argv[at], "--scale") == 0)
			s.scale = strtod(argv[at + 1], NULL);
		else if (strcmp(argv[at], "--out") == 0)
			s.out = argv[at + 1];
		else if (strcmp(argv[at], "--kept") == 0)
			s.kept = argv[at + 1];
	}
	char machine[128], date[32];
	time_t now = time(NULL);
	struct tm utc;
	machine_text(machine, sizeof(machine));
	strftime(date, sizeof(date), "%Y-%m-%d", gmtime_r(&now, &utc));
	json_t *kept = s.kept ? json_load_file(s.kept, 0, NULL) : NULL, *list = json_array();
	json_t *whole = json_pack("{s:s, s:s, s:i, s:o}", "date", date, "machine", machine, "cores",
		(int)sysconf(_SC_NPROCESSORS_ONLN), "cases", list);
	bool ok = true;

	for (size_t i = 0; i < CASES; i++) {
		if (!wanted(&cases[i], argv + at, argc - at))
			continue;
		struct result r = run_case(&cases[i], &s);
		json_t *j = result_json(&cases[i], &r);
		print_result(&cases[i], j, kept);
		json_array_append_new(list, j);
		ok = ok && r.ok;
	}
	if (s.out && json_dump_file(whole, s.out, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) != 0)
		ok = false;
	json_decref(whole);
	json_decref(kept);
	return ok ? 0 : 1;
}
