/* httpbed.h - a bridge's API alone: an API thread on loopback and a control socket, and a control thread that
 * answers with what it was asked.  Shared by the test_http*.c.
 */
#ifndef TESTS_HTTPBED_H
#define TESTS_HTTPBED_H

#include "bridge/http.h"
#include "tests/test.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BED_WAIT_MS = 5000, BED_BIG = 20 << 20 };

struct bed {
	struct http *http;
	char dir[64], control[96], why[256];
	int stop_fd;
	pthread_t thread;
	struct http_config config;
};

/* What it says: "METHOD local? path|query|type|length:sum". */
static void bed_on_request(void *arg, const struct http_request *r)
{
	struct bed *bed = arg;
	unsigned char sum = 0;
	char text[2048];
	int len;

	if (strcmp(r->path, "/never") == 0)
		return;
	if (strcmp(r->path, "/big") == 0) {
		char *big = malloc(BED_BIG);

		memset(big, 'x', BED_BIG);
		http_reply(bed->http, r->id, 200, "text/plain", big, BED_BIG);
		free(big);
		return;
	}
	if (strcmp(r->path, "/empty") == 0) {
		http_reply(bed->http, r->id, 204, "", NULL, 0);
		return;
	}
	for (size_t i = 0; i < r->body_len; i++)
		sum = (unsigned char)(sum + (unsigned char)r->body[i]);
	len = snprintf(text, sizeof(text), "%s %s %s|%s|%s|%zu:%u", r->method, r->local ? "local" : "far",
		r->path, r->query, r->content_type, r->body_len, sum);
	http_reply(bed->http, r->id, 200, "text/plain", text, (size_t)len);
}

static void *bed_run(void *arg)
{
	struct bed *bed = arg;
	struct pollfd fds[2] = { { http_fd(bed->http), POLLIN, 0 }, { bed->stop_fd, POLLIN, 0 } };

	while (poll(fds, 2, -1) > 0 && !fds[1].revents)
		if (fds[0].revents)
			http_poll(bed->http);
	return NULL;
}

static void bed_open(struct bed *bed)
{
	struct http_config *c = &bed->config;

	strcpy(bed->dir, "/tmp/partyline-http-XXXXXX");
	CHECK(mkdtemp(bed->dir), "a directory of its own");
	snprintf(bed->control, sizeof(bed->control), "%s/control.sock", bed->dir);
	c->control = bed->control;
	c->listen = "127.0.0.1:0";
	if (!c->on_request) /* a test may have its own */
		c->on_request = bed_on_request;
	c->arg = bed;
	CHECK_INT(BRIDGE_OK, http_open(&bed->http, c, bed->why, sizeof(bed->why)), bed->why);
	bed->stop_fd = eventfd(0, EFD_CLOEXEC);
	CHECK(pthread_create(&bed->thread, NULL, bed_run, bed) == 0, "a control thread");
}

static void bed_stop_control(struct bed *bed)
{
	if (bed->stop_fd < 0)
		return;
	eventfd_write(bed->stop_fd, 1);
	pthread_join(bed->thread, NULL);
	close(bed->stop_fd);
	bed->stop_fd = -1;
}

static void bed_close(struct bed *bed)
{
	bed_stop_control(bed);
	bed->http = http_close(bed->http);
	CHECK(access(bed->control, F_OK) != 0, "the control socket is gone");
	CHECK(rmdir(bed->dir) == 0, "nothing is left behind");
}

static int bed_connect_tcp(unsigned port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct timeval wait = { .tv_sec = BED_WAIT_MS / 1000 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	CHECK(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0, "connects to port %u", port);
	return fd;
}

static inline int bed_connect_unix(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct timeval wait = { .tv_sec = BED_WAIT_MS / 1000 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	CHECK(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0, "connects to %s", path);
	return fd;
}

static inline void bed_send(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

		if (n <= 0) /* the other side has had enough: what it says is read next */
			return;
		bytes += n;
		len -= (size_t)n;
	}
}

/* Reads until `until` has come `times` times, or the end; false: neither in time. */
static inline bool bed_read(int fd, char *out, size_t cap, const char *until, int times)
{
	size_t n = 0;

	out[0] = '\0';
	for (;;) {
		const char *at = out;
		int seen = 0;
		ssize_t got;

		while (until && (at = strstr(at, until))) {
			seen++;
			at += strlen(until);
		}
		if ((until && seen >= times) || n + 1 >= cap)
			return true;
		got = recv(fd, out + n, cap - 1 - n, 0);
		if (got <= 0)
			return got == 0 || errno == ECONNRESET;
		for (ssize_t i = 0; i < got; i++) /* frames of WebSocket have zeros in them */
			out[n + (size_t)i] = out[n + (size_t)i] ? out[n + (size_t)i] : '0';
		n += (size_t)got;
		out[n] = '\0';
	}
}
#endif
