#include "tests/attack.h"
#include "tests/test.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WAIT_MS = 3000, HALF_OPEN = 300 };

static int connect_tcp(const char *from, unsigned port)
{
	struct sockaddr_in self = { .sin_family = AF_INET },
			   to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	inet_pton(AF_INET, from, &self.sin_addr);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&self, sizeof(self)) == 0)
		(void)connect(fd, (struct sockaddr *)&to, sizeof(to));
	return fd;
}

struct crowd_of_sockets {
	int fds[HALF_OPEN];
};

static void open_half(struct crowd_of_sockets *c, const char *from, unsigned port, const char *first_words)
{
	for (int i = 0; i < HALF_OPEN; i++) {
		c->fds[i] = connect_tcp(from, port);
		if (i % 16 == 0)
			test_sleep_ms(2);
	}
	for (int i = 0; i < HALF_OPEN; i++)
		if (i % 3)
			(void)send(c->fds[i], first_words, strlen(first_words), MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void close_half(struct crowd_of_sockets *c)
{
	for (int i = 0; i < HALF_OPEN; i++)
		close(c->fds[i]);
}

/* Raw bytes to the API; the status of its answer, 0 when it only closes. */
static unsigned shout(const struct bridge *b, const char *bytes, size_t n)
{
	char answer[64] = "";
	struct raw r;
	size_t got = 0;

	if (!raw_open(&r, "127.0.0.1", 0, b->http_port, true))
		return 0;
	raw_send(&r, bytes, n);
	shutdown(r.fd, SHUT_WR);
	setsockopt(r.fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ .tv_sec = 2 }, sizeof(struct timeval));
	while (got < sizeof(answer) - 1) {
		const ssize_t more = recv(r.fd, answer + got, sizeof(answer) - 1 - got, 0);
		if (more <= 0)
			break;
		got += (size_t)more;
	}
	raw_close(&r);
	return strncmp(answer, "HTTP/1.", 7) == 0 ? (unsigned)strtoul(answer + 9, NULL, 10) : 0;
}

void attack_api(struct attack *a)
{
	static const struct {
		const char *method, *path, *body;
		long status;
	} asks[] = {
		{ "GET", "/v1/nothing", NULL, 404 },
		{ "GET", "/", NULL, 404 },
		{ "GET", "/../../../../etc/passwd", NULL, 404 },
		{ "GET", "/%2e%2e/%2e%2e/etc/passwd", NULL, 404 },
		{ "GET", "/v1/meetings/%00", NULL, 0 },
		{ "GET", "/v1/meetings/nobody/participants", NULL, 404 },
		{ "GET", "/v1/records?limit=-1", NULL, 400 },
		{ "GET", "/v1/records?limit=99999999999999999999", NULL, 400 },
		{ "DELETE", "/v1/status", NULL, 405 },
		{ "DELETE", "/v1/calls/nobody", NULL, 404 },
		{ "POST", "/v1/meetings/100200300/lock", "{", 400 },
		{ "POST", "/v1/meetings/100200300/lock", "{\"locked\":1e999}", 400 },
		{ "POST", "/v1/meetings/100200300/lock", "[[[[[[[[[[[[[[[[[[[[", 400 },
		{ "POST", "/v1/meetings/100200300/lock", "", 0 },
		{ "POST", "/v1/participants/p0/mute", "{\"muted\":true}", 404 },
		{ "PUT", "/v1/site", "accounts: [", 422 },
		{ "PUT", "/v1/site", "a: &a [*a,*a]", 422 },
		{ "PUT", "/v1/site", "\xff\xfe\x00", 422 },
	};
	static const char *const lines[] = { "\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
		"\x16\x03\x01\x02\x00\x01\x00\x01",
		"PUT /v1/site HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
		"PUT /v1/site HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
		"PUT /v1/site HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx",
		"POST /v1/meetings/1/lock HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" };
	const struct bridge *b = a->b;
	const size_t large_n = 33u << 20; /* the local socket takes 32 */
	char *large = calloc(1, large_n + 1);
	long status;

	for (size_t i = 0; i < sizeof(asks) / sizeof(*asks); i++) {
		free(bridge_text(b, asks[i].method, asks[i].path, NULL, asks[i].body, &status));
		if (asks[i].status)
			CHECK_INT(asks[i].status, status, asks[i].path);
		else
			CHECK(status >= 400 && status < 500, "%s: %ld", asks[i].path, status);
	}
	memset(large, ' ', large_n);
	free(bridge_text(b, "PUT", "/v1/site", "application/yaml", large, &status));
	CHECK_INT(413, status, "33 MB");
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		const unsigned got = shout(b, lines[i], strlen(lines[i]));
		CHECK(got == 0 || (got >= 400 && got < 600), "'%s': %u", lines[i], got);
	}
	memset(large, 'x', 100000);
	memcpy(large, "GET /", 5);
	const unsigned got = shout(b, large, 100000);
	CHECK(got == 0 || (got >= 400 && got < 500), "a line of 100 kB: %u", got);
	free(large);
}

void attack_half_open(struct attack *a)
{
	static const char ask[] = "GET /v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
	static struct crowd_of_sockets sip, http;
	struct raw tcp;

	open_half(&sip, ATTACK_TRUNK, a->b->sip_port,
		"INVITE sip:+15550100@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.2;bran");
	open_half(&http, "127.0.0.1", a->b->http_port, "PUT /v1/site HTTP/1.1\r\nHost: x\r\nContent-Len");
	attack_check_alive(a, "with half-open connections"); /* UDP, and the control socket */
	const unsigned full = shout(a->b, ask, sizeof(ask) - 1);
	CHECK(full == 503 || full == 200, "one more: %u", full);
	close_half(&sip);
	close_half(&http);
	test_sleep_ms(200);
	CHECK(raw_open(&tcp, ATTACK_TRUNK, 0, a->b->sip_port, true), "SIP by TCP again");
	raw_request(&tcp, "OPTIONS", NULL, NULL);
	CHECK_INT(200, raw_final(&tcp, WAIT_MS), "and it is answered");
	raw_close(&tcp);
	CHECK_INT(200, shout(a->b, ask, sizeof(ask) - 1), "HTTP again");
}
