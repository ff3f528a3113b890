/* Call records and webhooks while the file system is full: nothing is lost, nobody is cut off, and it is said. */
#include "tests/flow/bridge.h"
#include "tests/flow/events.h"
#include "tests/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SHORT_CALLS = 20, LONG_CALLS = 3, WAIT_MS = 10000 };

/* Counts the call.ended events that are posted to it. */
struct ear {
	int fd;
	uint16_t port;
	pthread_t thread;
	atomic_bool stop;
	atomic_uint ended;
};

static void *listen_on(void *arg)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
	struct ear *e = arg;

	while (!atomic_load(&e->stop)) {
		int fd = accept(e->fd, NULL, NULL);
		char text[8192];
		size_t n = 0;
		ssize_t got = 1;

		while (fd >= 0 && got > 0 && (n < 4 || !memmem(text, n, "\"q850\"", 6)) && n < sizeof(text)) {
			got = recv(fd, text + n, sizeof(text) - n, 0);
			n += got > 0 ? (size_t)got : 0;
		}
		if (fd < 0)
			continue;
		atomic_fetch_add(&e->ended, memmem(text, n, "\"call.ended\"", 12) != NULL);
		(void)!send(fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL);
		close(fd);
	}
	return NULL;
}

static void ear_open(struct ear *e)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	static const struct timeval patience = { .tv_usec = 100000 };
	socklen_t len = sizeof(at);

	memset(e, 0, sizeof(*e));
	e->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(e->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	CHECK(bind(e->fd, (struct sockaddr *)&at, len) == 0 && listen(e->fd, 8) == 0, "a listener");
	getsockname(e->fd, (struct sockaddr *)&at, &len);
	e->port = ntohs(at.sin_port);
	CHECK(pthread_create(&e->thread, NULL, listen_on, e) == 0, "a thread");
}

static void ear_close(struct ear *e)
{
	atomic_store(&e->stop, true);
	pthread_join(e->thread, NULL);
	close(e->fd);
}

/* A file system of two megabytes with the database on it. */
struct bed {
	struct folder mount;
	char database[FOLDER_PATH + 16], fill[FOLDER_PATH + 16];
	struct bridge bridge;
	struct events *events;
	struct ear ear;
};

/* To the last byte. */
static void fill(struct bed *b)
{
	static const char bytes[4096];
	int fd = open(b->fill, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);

	CHECK(fd >= 0, "a file");
	for (size_t size = sizeof(bytes); size; size = size > 1 ? size / 2 : 0)
		while (write(fd, bytes, size) == (ssize_t)size)
			;
	CHECK_INT(ENOSPC, errno, "full");
	close(fd);
}

static bool begin(struct bed *b)
{
	char body[96];
	long status;

	memset(b, 0, sizeof(*b));
	CHECK(folder_make(&b->mount), "folder");
	if (mount("tmpfs", b->mount.path, "tmpfs", 0, "size=2m,mode=0700")) {
		folder_remove(&b->mount);
		return false; /* only root may */
	}
	snprintf(b->database, sizeof(b->database), "%s/p.db", b->mount.path);
	snprintf(b->fill, sizeof(b->fill), "%s/fill", b->mount.path);
	CHECK(bridge_start(&b->bridge, &(struct bridge_setup){ .database = b->database }), "bridge");
	b->events = events_open(&b->bridge, NULL);
	ear_open(&b->ear);
	snprintf(body, sizeof(body), "{\"url\":\"http://127.0.0.1:%u/\",\"events\":\"call.ended\"}",
		b->ear.port);
	json_decref(bridge_call(&b->bridge, "POST", "/v1/webhooks", NULL, body, &status));
	CHECK_INT(201, status, "webhook");
	return true;
}

static void end(struct bed *b)
{
	events_close(b->events);
	CHECK_INT(0, bridge_stop(&b->bridge), "bridge");
	ear_close(&b->ear);
	CHECK(umount(b->mount.path) == 0, "unmounted");
	folder_remove(&b->mount);
}

/* Whole calls, all of which must go well. */
static void call(struct bed *b, const char *calls, const char *seconds, const char *rate)
{
	const char *const argv[] = { "--to", b->bridge.uri_meeting, "--calls", calls, "--rate", rate,
		"--own-time", "--seconds", seconds, NULL };
	int code;

	json_decref(bridge_crowd(&b->bridge, argv, &code));
	CHECK_INT(0, code, "calls");
}

static void check_page(struct bed *b, const char *line)
{
	char *page = bridge_text(&b->bridge, "GET", "/metrics", NULL, NULL, NULL);

	CHECK(page && strstr(page, line), "no line '%s'", line);
	free(page);
}

static bool is_heard(void *arg)
{
	struct bed *b = arg;

	return atomic_load(&b->ear.ended) >= SHORT_CALLS + LONG_CALLS;
}

TEST(calls_go_on_without_a_disk_and_nothing_is_lost)
{
	struct bed b;
	struct peer crowd;
	char *log;
	int code;

	if (!begin(&b))
		skip();
	{
		const char *const argv[] = { "--to", b.bridge.uri_meeting, "--calls", "3", "--seconds", "30",
			NULL };

		CHECK(bridge_crowd_start(&b.bridge, &crowd, "long", argv), "crowd");
	}
	CHECK(bridge_wait_number(&b.bridge, "/v1/status", "participants", LONG_CALLS, WAIT_MS),
		"three are in");
	fill(&b);
	call(&b, "20", "0.3", "20");
	CHECK(bridge_wait_number(&b.bridge, "/v1/status", "writer.waiting", SHORT_CALLS, WAIT_MS),
		"records wait");
	CHECK(events_wait(b.events, 0, "disk.failed", NULL, NULL, WAIT_MS) >= 0, "told");
	CHECK_INT(0, bridge_number(&b.bridge, "/v1/status", "writer.disk_ok", -1), "status");
	check_page(&b, "\npartyline_disk_ok 0\n");
	CHECK(events_wait(b.events, 0, "alert.raised", "kind", "disk", WAIT_MS) >= 0, "an alert");
	CHECK(events_wait(b.events, 0, "alert.raised", "kind", "disk_low", WAIT_MS) >= 0,
		"and one that it is full");
	check_page(&b, "\npartyline_records_waiting 20\n");
	CHECK_INT(
		LONG_CALLS, bridge_number(&b.bridge, "/v1/status", "participants", -1), "nobody was cut off");
	CHECK_INT(0, bridge_count(&b.bridge, "/v1/records"), "what is on disk can be read");
	CHECK_INT(503, bridge_put_site(&b.bridge, "accounts: [ { name: other } ]", NULL),
		"a site is not acknowledged");
	CHECK_INT(0, atomic_load(&b.ear.ended), "webhooks wait for the disk");

	CHECK(unlink(b.fill) == 0, "room is back");
	CHECK(bridge_wait_number(&b.bridge, "/v1/status", "writer.waiting", 0, WAIT_MS), "written");
	CHECK(events_wait(b.events, 0, "disk.recovered", NULL, NULL, WAIT_MS) >= 0, "told");
	CHECK(events_wait(b.events, 0, "alert.ended", "kind", "disk", WAIT_MS) >= 0, "that alert is over");
	CHECK(events_wait(b.events, 0, "alert.ended", "kind", "disk_low", WAIT_MS) >= 0, "and the other");
	CHECK_INT(SHORT_CALLS, bridge_count(&b.bridge, "/v1/records"), "each call has its record");
	json_decref(bridge_crowd_end(&b.bridge, &crowd, WAIT_MS * 3, &code));
	CHECK_INT(0, code, "the long calls heard no trouble");
	CHECK(bridge_wait_count(&b.bridge, "/v1/records", SHORT_CALLS + LONG_CALLS, WAIT_MS),
		"theirs as well");
	CHECK(wait_until(is_heard, &b, WAIT_MS), "webhook: %u", atomic_load(&b.ear.ended));
	CHECK_INT(0, bridge_number(&b.bridge, "/v1/status", "writer.lost", -1), "none lost");
	check_page(&b, "\npartyline_webhook_lost_total 0\n");
	log = peer_output(&b.bridge.peer);
	CHECK(strstr(log, "cannot be written, call records wait in memory: database or disk is full") &&
			strstr(log, "can be written again"),
		"the log says so");
	free(log);
	end(&b);
}

/* A bridge that is started while the disk is full takes calls all the same. */
TEST(it_starts_on_a_full_disk)
{
	struct bed b;

	if (!begin(&b))
		skip();
	call(&b, "2", "0.3", "20");
	CHECK(bridge_wait_count(&b.bridge, "/v1/records", 2, WAIT_MS), "two records");
	events_close(b.events);
	fill(&b);
	b.bridge.trouble = !bridge_restart(&b.bridge, SIGTERM, NULL);
	CHECK(!b.bridge.trouble, "it comes up");
	fill(&b);
	b.events = events_open(&b.bridge, NULL);
	call(&b, "3", "0.3", "20");
	CHECK(bridge_wait_number(&b.bridge, "/v1/status", "writer.waiting", 3, WAIT_MS), "records wait");
	CHECK(unlink(b.fill) == 0, "room is back");
	CHECK(bridge_wait_count(&b.bridge, "/v1/records", 5, WAIT_MS), "five records");
	end(&b);
}

TESTS(calls_go_on_without_a_disk_and_nothing_is_lost, it_starts_on_a_full_disk)
