#include "tests/sipp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARGS = 48, TEXT = 512 };

struct numbers { /* as text, for the command line */
	char to[32], calls[16], rate[16], limit[16], file[TEXT], errors[TEXT];
};

/* What a scenario expects of a line, and what a bridge says there. */
static const struct {
	const char *line, *bridge;
} differences[] = { { "m=audio 20000", "m=audio [0-9]+" }, { "partyline/test", "partyline/" } };

static void write_for_bridge(FILE *to, char *text)
{
	for (size_t i = 0; i < sizeof(differences) / sizeof(*differences); i++) {
		char *at = strstr(text, differences[i].line);

		if (!at)
			continue;
		*at = '\0';
		fprintf(to, "%s%s%s", text, differences[i].bridge, at + strlen(differences[i].line));
		return;
	}
	fputs(text, to);
}

/* The scenario as it is for a whole bridge: a copy in the folder. */
static bool copy_for_bridge(const char *scenario, const char *copy)
{
	char line[TEXT * 4];
	FILE *from = fopen(scenario, "r"), *to = fopen(copy, "w");
	const bool good = from && to;

	while (good && fgets(line, sizeof(line), from))
		write_for_bridge(to, line);
	if (from)
		fclose(from);
	if (to)
		fclose(to);
	return good;
}

/* Tests run from the root of the tree; from elsewhere TESTS_ROOT says where that is. */
static bool write_numbers(struct numbers *n, const struct sipp_run *run, const struct folder *f)
{
	const char *root = getenv("TESTS_ROOT");

	snprintf(n->file, sizeof(n->file), "%s/tests/flow/sipp/%s.xml", root ? root : ".", run->scenario);
	snprintf(n->errors, sizeof(n->errors), "%s", folder_file(f, "sipp.errors"));
	snprintf(n->to, sizeof(n->to), "%s:%u", run->to ? run->to : "127.0.0.1", run->to_port);
	snprintf(n->calls, sizeof(n->calls), "%u", run->calls ? run->calls : 1);
	snprintf(n->rate, sizeof(n->rate), "%u", run->rate ? run->rate : 10);
	snprintf(n->limit, sizeof(n->limit), "%u", run->seconds ? run->seconds : 20);
	if (!run->on_bridge)
		return true;
	const char *copy = folder_file(f, "scenario.xml");
	if (!copy_for_bridge(n->file, copy))
		return false;
	snprintf(n->file, sizeof(n->file), "%s", copy);
	return true;
}

static void print_file(const char *path)
{
	char line[TEXT];
	FILE *f = fopen(path, "r");

	while (f && fgets(line, sizeof(line), f))
		fprintf(stderr, "  sipp: %s", line);
	if (f)
		fclose(f);
}

bool sipp_start(struct sipp_job *job, const struct sipp_run *run)
{
	struct numbers n;
	const char *const args[ARGS] = { "sipp", n.to, "-sf", n.file, "-i",
		run->from ? run->from : "127.0.0.2", "-s", run->number ? run->number : "answer", "-m",
		n.calls, "-r", n.rate, "-timeout", n.limit, "-timeout_error", "-nostdin", "-trace_err",
		"-error_file", n.errors, "-nd", "-t", run->tcp ? "t1" : "u1", "-skip_rlimit", "-cid_str",
		run->call_id ? run->call_id : "%u-%p@sipp.invalid", NULL };

	memset(job, 0, sizeof(*job));
	job->limit_ms = (run->seconds ? run->seconds : 20) * 1000 + 5000;
	if (!folder_make(&job->folder))
		return false;
	setenv("TERM", "dumb", 1);
	return write_numbers(&n, run, &job->folder) && peer_start(&job->peer, &job->folder, "sipp", args);
}

int sipp_end(struct sipp_job *job)
{
	int code = 255;

	if (job->peer.pid)
		code = peer_wait_exit(&job->peer, job->limit_ms);
	if (code == PEER_RUNNING)
		code = peer_stop(&job->peer, 500);
	if (code)
		print_file(folder_file(&job->folder, "sipp.errors"));
	folder_remove(&job->folder);
	return code;
}

int sipp_run(const struct sipp_run *run)
{
	struct sipp_job job;

	if (!sipp_start(&job, run))
		fprintf(stderr, "sipp does not start\n");
	return sipp_end(&job);
}
