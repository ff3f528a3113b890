#include "tests/flow/peer.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { POLL_MS = 20, SHOWN = 6000, PORT_TRIES = 100 };

bool folder_make(struct folder *out)
{
	snprintf(out->path, sizeof(out->path), "/tmp/partyline-test-XXXXXX");
	return mkdtemp(out->path) != NULL;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void folder_remove(const struct folder *f)
{
	if (strncmp(f->path, "/tmp/partyline-test-", 20) == 0 && !getenv("PARTYLINE_KEEP"))
		nftw(f->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *folder_file(const struct folder *f, const char *name)
{
	static char texts[8][FOLDER_PATH * 2];
	static unsigned next;
	char *text = texts[next++ % 8];

	snprintf(text, sizeof(texts[0]), "%s/%s", f->path, name);
	return text;
}

bool folder_write(const struct folder *f, const char *name, const char *text)
{
	FILE *file = fopen(folder_file(f, name), "w");

	if (!file)
		return false;
	bool ok = fputs(text, file) >= 0;
	return fclose(file) == 0 && ok;
}

bool peer_start(struct peer *out, const struct folder *f, const char *name, const char *const argv[])
{
	*out = (struct peer){ .code = PEER_RUNNING };
	snprintf(out->name, sizeof(out->name), "%s", name);
	snprintf(out->log, sizeof(out->log), "%s/%s.log", f->path, out->name);
	pid_t test = getpid();
	fflush(NULL);
	out->pid = fork();
	if (out->pid != 0)
		return out->pid > 0;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != test)
		_exit(127);
	int log = open(out->log, O_WRONLY | O_CREAT | O_APPEND | O_TRUNC, 0600),
	    null = open("/dev/null", O_RDONLY);
	dup2(null, 0);
	dup2(log, 1);
	dup2(log, 2);
	for (int fd = 3; fd < 256; fd++)
		close(fd);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	dprintf(2, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

uint64_t test_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void test_sleep_ms(unsigned ms)
{
	struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

bool wait_until(holds_fn holds, void *arg, unsigned ms)
{
	uint64_t end = test_now_ms() + ms;

	for (;;) {
		if (holds(arg))
			return true;
		if (test_now_ms() >= end)
			return false;
		test_sleep_ms(POLL_MS);
	}
}

static bool has_ended(void *arg)
{
	struct peer *p = arg;
	int status;

	if (p->pid > 0 && waitpid(p->pid, &status, WNOHANG) == p->pid) {
		p->pid = 0;
		p->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
	return p->pid == 0;
}

int peer_wait_exit(struct peer *p, unsigned ms)
{
	wait_until(has_ended, p, ms);
	return p->code;
}

void peer_signal(struct peer *p, int signal)
{
	if (!has_ended(p))
		kill(p->pid, signal);
}

int peer_stop(struct peer *p, unsigned ms)
{
	peer_signal(p, SIGTERM);
	if (peer_wait_exit(p, ms) == PEER_RUNNING) {
		peer_signal(p, SIGKILL);
		peer_wait_exit(p, 5000);
	}
	return p->code;
}

char *peer_output(const struct peer *p)
{
	FILE *file = fopen(p->log, "r");
	struct stat st = { 0 };

	if (file)
		fstat(fileno(file), &st);
	char *text = calloc(1, (size_t)st.st_size + 1);
	if (text && file)
		text[fread(text, 1, (size_t)st.st_size, file)] = '\0';
	if (file)
		fclose(file);
	return text;
}

void peer_show(const struct peer *p)
{
	char *text = peer_output(p);

	if (text) {
		size_t n = strlen(text), from = n > SHOWN ? n - SHOWN : 0;
		fprintf(stderr, "---- %s%s\n%s\n----\n", p->name, from ? " (end)" : "", text + from);
	}
	free(text);
}

struct line_wait {
	struct peer *peer;
	const char *text;
	bool found;
};

static bool found_or_ended(void *arg)
{
	struct line_wait *w = arg;
	bool ended = has_ended(w->peer); /* before reading: what it wrote last counts */
	char *text = peer_output(w->peer);

	w->found = text && strstr(text, w->text);
	free(text);
	return w->found || ended;
}

bool peer_wait_line(struct peer *p, const char *text, unsigned ms)
{
	struct line_wait w = { p, text, false };

	wait_until(found_or_ended, &w, ms);
	return w.found;
}

/* Binds port `want` (0: any) and lets go of it again; the port, 0: taken. */
static uint16_t try_port(const char *ip, int type, uint16_t want)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(want) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	uint16_t port = 0;

	if (fd >= 0 && inet_pton(AF_INET, ip, &at.sin_addr) == 1 &&
		bind(fd, (struct sockaddr *)&at, len) == 0 &&
		getsockname(fd, (struct sockaddr *)&at, &len) == 0)
		port = ntohs(at.sin_port);
	if (fd >= 0)
		close(fd);
	return port;
}

uint16_t free_udp_port(const char *ip)
{
	return try_port(ip, SOCK_DGRAM, 0);
}

uint16_t free_tcp_port(const char *ip)
{
	return try_port(ip, SOCK_STREAM, 0);
}

uint16_t free_sip_port(const char *ip)
{
	for (int i = 0; i < PORT_TRIES; i++) {
		uint16_t port = free_udp_port(ip);
		if (port && try_port(ip, SOCK_STREAM, port))
			return port;
	}
	return 0;
}

const char *build_program(const char *name, char out[FOLDER_PATH * 2])
{
	const char *build = getenv("BUILD");
	char self[FOLDER_PATH * 2];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = '\0';
	if (build && *build) {
		snprintf(out, FOLDER_PATH * 2, "%s/%s", build, name);
		return out;
	}
	/* BUILD/tests/flow/flow_x or BUILD/tests/bench/bench */
	for (int i = 0; i < 3; i++) {
		char *slash = strrchr(self, '/');
		if (slash)
			*slash = '\0';
	}
	snprintf(out, FOLDER_PATH * 2, "%.200s/%s", self, name);
	return out;
}
