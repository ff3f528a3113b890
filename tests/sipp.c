#include "tests/sipp.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGS = 48, TEXT = 160 };

/* Tests run from the root of the tree; from elsewhere TESTS_ROOT says where that is. */
static void scenario_path(char *out, size_t cap, const char *scenario)
{
	const char *root = getenv("TESTS_ROOT");

	snprintf(out, cap, "%s/tests/flow/sipp/%s.xml", root ? root : ".", scenario);
}

static void exec_sipp(const struct sipp_run *run, const char *log)
{
	char file[512], errors[TEXT], to[TEXT], calls[16], rate[16], limit[16];
	const char *args[ARGS] = { "sipp", to, "-sf", file, "-i", run->from ? run->from : "127.0.0.2", "-s",
		run->number ? run->number : "answer", "-m", calls, "-r", rate, "-timeout", limit,
		"-timeout_error", "-nostdin", "-trace_err", "-error_file", errors, "-nd", "-t",
		run->tcp ? "t1" : "u1", "-max_socket", "100", "-skip_rlimit", "-cid_str",
		"%u-%p@sipp.invalid" };
	size_t n = 0;
	int out = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), null = open("/dev/null", O_RDONLY);

	scenario_path(file, sizeof(file), run->scenario);
	snprintf(errors, sizeof(errors), "%s.err", log);
	snprintf(to, sizeof(to), "127.0.0.1:%u", run->to_port);
	snprintf(calls, sizeof(calls), "%u", run->calls ? run->calls : 1);
	snprintf(rate, sizeof(rate), "%u", run->rate ? run->rate : 10);
	snprintf(limit, sizeof(limit), "%u", run->seconds ? run->seconds : 20);
	while (args[n])
		n++;
	if (run->key) {
		args[n++] = "-key";
		args[n++] = run->key;
		args[n++] = run->value;
	}
	dup2(null, 0);
	dup2(out, 1);
	dup2(out, 2);
	setenv("TERM", "dumb", 1);
	execvp("sipp", (char *const *)(uintptr_t)args);
	_exit(127);
}

void sipp_start(struct sipp *s, const struct sipp_run *run)
{
	int fd;

	snprintf(s->log, sizeof(s->log), "/tmp/sipp-XXXXXX");
	fd = mkstemp(s->log);
	if (fd >= 0)
		close(fd);
	s->pid = fork();
	if (s->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		exec_sipp(run, s->log);
	}
}

static void print_file(const char *path)
{
	char line[512];
	FILE *f = fopen(path, "r");

	while (f && fgets(line, sizeof(line), f))
		fprintf(stderr, "  sipp: %s", line);
	if (f)
		fclose(f);
}

int sipp_wait(struct sipp *s)
{
	char errors[TEXT];
	int status = 0;

	snprintf(errors, sizeof(errors), "%s.err", s->log);
	waitpid(s->pid, &status, 0);
	if (status)
		print_file(errors);
	unlink(errors);
	unlink(s->log);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

int sipp_run(const struct sipp_run *run)
{
	struct sipp s;

	sipp_start(&s, run);
	return sipp_wait(&s);
}
