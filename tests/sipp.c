#include "tests/sipp.h"
#include "tests/flow/peer.h"

#include <stdio.h>
#include <stdlib.h>

enum { ARGS = 48, TEXT = 512 };

struct numbers { /* as text, for the command line */
	char to[32], calls[16], rate[16], limit[16], file[TEXT], errors[TEXT];
};

/* Tests run from the root of the tree; from elsewhere TESTS_ROOT says where that is. */
static void write_numbers(struct numbers *n, const struct sipp_run *run, const struct folder *f)
{
	const char *root = getenv("TESTS_ROOT");

	snprintf(n->file, sizeof(n->file), "%s/tests/flow/sipp/%s.xml", root ? root : ".", run->scenario);
	snprintf(n->errors, sizeof(n->errors), "%s", folder_file(f, "sipp.errors"));
	snprintf(n->to, sizeof(n->to), "127.0.0.1:%u", run->to_port);
	snprintf(n->calls, sizeof(n->calls), "%u", run->calls ? run->calls : 1);
	snprintf(n->rate, sizeof(n->rate), "%u", run->rate ? run->rate : 10);
	snprintf(n->limit, sizeof(n->limit), "%u", run->seconds ? run->seconds : 20);
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

int sipp_run(const struct sipp_run *run)
{
	struct numbers n;
	const char *const args[ARGS] = { "sipp", n.to, "-sf", n.file, "-i",
		run->from ? run->from : "127.0.0.2", "-s", run->number ? run->number : "answer", "-m",
		n.calls, "-r", n.rate, "-timeout", n.limit, "-timeout_error", "-nostdin", "-trace_err",
		"-error_file", n.errors, "-nd", "-t", run->tcp ? "t1" : "u1", "-skip_rlimit", "-cid_str",
		"%u-%p@sipp.invalid", NULL };
	struct folder f;
	struct peer peer;
	int code = 255;

	if (!folder_make(&f))
		return code;
	write_numbers(&n, run, &f);
	setenv("TERM", "dumb", 1);
	if (peer_start(&peer, &f, "sipp", args))
		code = peer_wait_exit(&peer, (run->seconds ? run->seconds : 20) * 1000 + 5000);
	if (code == PEER_RUNNING)
		code = peer_stop(&peer, 500);
	if (code)
		print_file(n.errors);
	folder_remove(&f);
	return code;
}
