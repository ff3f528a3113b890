/* links: tests/rawsip.c */
/* The process is told to stop while the disk is at work for those who ask: it ends in order, and what was carried out was answered. */
#include "tests/flow/bridge.h"
#include "tests/rawsip.h"
#include "tests/test.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

enum { MEETINGS = 20000, ROUNDS = 6, ASKERS = 8, GRACE_MS = 15 };

/* A site that takes the disk thread a while. */
static char *large_site(unsigned round)
{
	const size_t cap = 200 + (size_t)MEETINGS * 64;
	char *text = malloc(cap);
	size_t n;

	CHECK(text, "memory");
	n = (size_t)snprintf(text, cap, "accounts:\n  - name: acme\n    meetings:\n");
	for (unsigned i = 0; i < MEETINGS; i++)
		n += (size_t)snprintf(
			text + n, cap - n, "      - { id: \"%u\", name: Round %u }\n", 100000000 + i, round);
	return text;
}

struct asker {
	pthread_t thread;
	const struct bridge *bridge; /* borrowed */
	const char *method, *path, *type;
	char *body; /* owned */
	long status;
};

static void *ask(void *arg)
{
	struct asker *a = arg;

	free(bridge_text(a->bridge, a->method, a->path, a->type, a->body, &a->status));
	return NULL;
}

static void begin(struct asker *a, const struct bridge *b, const char *method, const char *path,
	const char *type, char *body)
{
	*a = (struct asker){ .bridge = b, .method = method, .path = path, .type = type, .body = body };
	CHECK_INT(0, pthread_create(&a->thread, NULL, ask, a), "a thread");
}

/*  PUT /v1/site, dialplan/diff, audit, audit/check, a token, records as CSV ...  ---> the disk thread
 *  SIGTERM  --------------------------------------------------------------------> exit status 0
 *  and again on the same files, where a site that was answered 200 is in force */
TEST(stops_in_order_while_the_disk_is_at_work)
{
	struct asker askers[ASKERS];
	struct bridge b;

	CHECK(bridge_start(&b, NULL), "bridge");
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned n = 0, answered = 0;
		char name[24];
		int code = -1;

		begin(&askers[n++], &b, "GET", "/v1/audit/check", NULL, NULL);
		begin(&askers[n++], &b, "PUT", "/v1/site", "application/yaml", large_site(round));
		begin(&askers[n++], &b, "POST", "/v1/dialplan/diff?day=2026-01-01", "application/yaml",
			large_site(round));
		begin(&askers[n++], &b, "GET", "/v1/audit?limit=100", NULL, NULL);
		begin(&askers[n++], &b, "POST", "/v1/tokens", NULL,
			strdup("{\"name\":\"t\",\"role\":\"reader\"}"));
		begin(&askers[n++], &b, "GET", "/v1/records", NULL, NULL);
		begin(&askers[n++], &b, "GET", "/v1/site", NULL, NULL);
		begin(&askers[n++], &b, "PATCH", "/v1/accounts/acme", NULL, strdup("{\"language\":\"de\"}"));
		test_sleep_ms(GRACE_MS * (round + 1)); /* so that they are caught at one step and another */
		CHECK(bridge_restart(&b, SIGTERM, &code), "it comes up again");
		CHECK_INT(0, code, "it ended in order");
		for (unsigned i = 0; i < n; i++) {
			pthread_join(askers[i].thread, NULL);
			answered += askers[i].status != 0;
			free(askers[i].body);
		}
		print_message("round %u: %u of %u were answered\n", round, answered, n);
		snprintf(name, sizeof(name), "Round %u", round);
		if (askers[1].status == 200) {
			json_t *m = bridge_get(&b, "/v1/meetings/100000000");

			CHECK_STR(name, json_text_at(m, "name"), "what was answered is kept");
			json_decref(m);
		}
	}
	CHECK_INT(0, bridge_stop(&b), "exit status");
}

/* The thread of that name in the bridge; -1: none. */
static pid_t thread_named(const struct bridge *b, const char *name)
{
	char path[64], have[32];
	pid_t found = -1;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)b->peer.pid);
	dir = opendir(path);
	for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%d/task/%.10s/comm", (int)b->peer.pid, e->d_name);
		f = fopen(path, "re");
		if (f && fgets(have, sizeof(have), f) && strncmp(have, name, strlen(name)) == 0)
			found = (pid_t)atoi(e->d_name);
		if (f)
			fclose(f);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* The machine keeps the media thread waiting while the bridge ends: the calls that end with it are in the records for all that. */
TEST(calls_that_end_with_the_bridge_leave_records)
{
	enum { CALLS = 5, STILL_MS = 300, PATIENCE_MS = 3000 };
	struct raw r[CALLS];
	struct bridge b;
	int code = -1;
	pid_t media;

	CHECK(bridge_start(&b, NULL), "bridge");
	for (unsigned i = 0; i < CALLS; i++) {
		CHECK(raw_open(&r[i], "127.0.0.2", 0, b.sip_port, false), "a socket");
		raw_fresh(&r[i], "+15550101");
		CHECK_INT(200, raw_call(&r[i], "+15550101"), "a call");
	}
	CHECK(bridge_wait_number(&b, "/v1/status", "calls", CALLS, PATIENCE_MS), "all are there");
	media = thread_named(&b, "media-0");
	CHECK(media > 0 && ptrace(PTRACE_SEIZE, media, NULL, NULL) == 0, "the media thread");
	CHECK(ptrace(PTRACE_INTERRUPT, media, NULL, NULL) == 0 && waitpid(media, NULL, __WALL) == media,
		"stands");
	peer_signal(&b.peer, SIGTERM);
	for (unsigned i = 0; i < CALLS; i++) {
		CHECK_INT(1, raw_any(&r[i], PATIENCE_MS), "BYE");
		raw_reply(&r[i], 200, NULL);
		raw_close(&r[i]);
	}
	test_sleep_ms(STILL_MS);
	ptrace(PTRACE_DETACH, media, NULL, NULL);
	CHECK(bridge_restart(&b, SIGTERM, &code), "it comes up again");
	CHECK_INT(0, code, "it ended in order");
	CHECK_INT(CALLS, bridge_count(&b, "/v1/records?limit=100"), "records");
	CHECK_INT(0, bridge_stop(&b), "bridge");
}

TESTS(stops_in_order_while_the_disk_is_at_work, calls_that_end_with_the_bridge_leave_records)
