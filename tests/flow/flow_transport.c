/* links: tests/gate.c tests/rawsip.c tests/tlsgate.c */
#include "tests/flow/ask.h"
#include "tests/flow/events.h"
#include "tests/gate.h"
#include "tests/rawsip.h"
#include "tests/test.h"
#include "tests/tlsgate.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* Transports (FEATURES T27): what is too large for one packet of UDP goes by TCP (RFC 3261 section 18.1.1), and connections are kept alive
 * by empty lines (RFC 5626 section 4.4.1).  The gateway at 127.0.0.21 has UDP and TCP on one port, and answers by what a request came by. */

enum { T1_MS = 50, WAIT_MS = 8000, SITE = 6000, LIMIT = 1300, HEADERS = 10, LONG = 70 };

struct bed {
	struct bridge bridge;
	struct events *events;
	struct tlsgate tcp;
	struct gate udp;
	char id[ASK_ID];
};

static void site_of(const struct bed *b, char out[SITE], const char *parameter, unsigned n_headers)
{
	char more[HEADERS * (LONG + 30)] = "", text[LONG + 1];

	memset(text, 'x', LONG);
	text[LONG] = '\0';
	for (unsigned i = 0; i < n_headers; i++)
		snprintf(more + strlen(more), sizeof(more) - strlen(more), "%s\"X-Long-%u: %s\"",
			i ? ", " : "", i, text);
	snprintf(out, SITE,
		"accounts:\n  - name: acme\n    meetings:\n      - { id: \"100200300\", name: Open }\n"
		"trunks:\n"
		"  - name: first\n    inbound: { from: [ 127.0.0.21 ] }\n"
		"    outbound: { gateways: [ \"sip:127.0.0.21:%u%s\" ], keepalive: false, add: [ %s ] }\n"
		"routes:\n  - { account: acme, prefix: \"+1\", trunks: [ first ] }\n",
		b->tcp.port, parameter, more);
}

static void use(struct bed *b, const char *parameter, unsigned n_headers)
{
	char site[SITE];

	site_of(b, site, parameter, n_headers);
	CHECK_INT(200, bridge_put_site(&b->bridge, site, NULL), site);
}

static void begin(struct bed *b)
{
	memset(b, 0, sizeof(*b));
	tlsgate_open_clear(&b->tcp, "127.0.0.21", 0);
	CHECK(gate_open_at(&b->udp, "127.0.0.21", b->tcp.port), "the same port of UDP");
	CHECK(bridge_start(&b->bridge, &(struct bridge_setup){ .t1_ms = T1_MS }), "bridge");
	b->events = events_open(&b->bridge, NULL);
	CHECK(b->events, "events");
}

static void end(struct bed *b)
{
	events_close(b->events);
	CHECK_INT(0, bridge_stop(&b->bridge), "bridge");
	gate_close(&b->udp);
	tlsgate_close(&b->tcp);
}

static void wait_event(struct bed *b, const char *type)
{
	events_need(b->events, &b->bridge, type, "id", b->id, WAIT_MS);
}

TEST(what_is_small_goes_by_udp)
{
	struct gate_request invite, r;
	struct bed b;

	begin(&b);
	use(&b, "", 0);
	ask_call(&b.bridge, "+15550199", b.id);
	CHECK(gate_wait(&b.udp, &invite, "INVITE", WAIT_MS), "INVITE");
	CHECK(strlen(invite.text) <= LIMIT, "%zu bytes", strlen(invite.text));
	gate_answer(&b.udp, &invite, 486, "a", NULL, NULL);
	CHECK(gate_wait(&b.udp, &r, "ACK", WAIT_MS), "ACK");
	wait_event(&b, "dialout.busy");
	CHECK(tlsgate_quiet(&b.tcp, 0), "nobody connects");
	end(&b);
}

TEST(what_is_large_goes_by_tcp)
{
	struct gate_request invite, r;
	struct bed b;

	begin(&b);
	use(&b, "", HEADERS);
	ask_call(&b.bridge, "+15550199", b.id);
	CHECK(tlsgate_accept(&b.tcp, WAIT_MS), "a connection");
	CHECK(tlsgate_wait(&b.tcp, &invite, "INVITE ", WAIT_MS), "INVITE");
	CHECK(strlen(invite.text) > LIMIT, "%zu bytes", strlen(invite.text));
	CHECK(strncmp(gate_header(&invite, "Via"), "SIP/2.0/TCP ", 12) == 0, "%s",
		gate_header(&invite, "Via"));
	CHECK(gate_quiet(&b.udp, "INVITE", 100), "not by UDP as well");
	tlsgate_answer(&b.tcp, &invite, 200, "a", NULL, gate_sdp);
	CHECK(tlsgate_wait(&b.tcp, &r, "ACK ", WAIT_MS), "ACK");
	wait_event(&b, "dialout.answered");
	tlsgate_request(&b.tcp, &invite, "BYE", "a", 1, NULL);
	CHECK(tlsgate_wait(&b.tcp, &r, "SIP/2.0 200 ", WAIT_MS), "their BYE");
	end(&b);
}

/* Nobody has TCP there: by UDP then, whatever its size. */
TEST(what_is_large_goes_by_udp_where_there_is_no_tcp)
{
	struct gate_request invite, r;
	struct bed b;

	begin(&b);
	use(&b, "", HEADERS);
	close(b.tcp.listen_fd);
	b.tcp.listen_fd = -1;
	ask_call(&b.bridge, "+15550199", b.id);
	CHECK(gate_wait(&b.udp, &invite, "INVITE", WAIT_MS), "INVITE");
	CHECK(strlen(invite.text) > LIMIT, "%zu bytes", strlen(invite.text));
	CHECK(strncmp(gate_header(&invite, "Via"), "SIP/2.0/UDP ", 12) == 0, "%s",
		gate_header(&invite, "Via"));
	gate_answer(&b.udp, &invite, 486, "a", NULL, NULL);
	CHECK(gate_wait(&b.udp, &r, "ACK", WAIT_MS), "ACK");
	wait_event(&b, "dialout.busy");
	end(&b);
}

static int connected(const struct bed *b)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(b->tcp.port) };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, "127.0.0.21", &at.sin_addr);
	CHECK(connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0, "the queue is taken");
	return fd;
}

/* A firewall swallows what goes to the TCP port: its queue is full here, and more is not answered.  Nobody waits for longer than for
 * any gateway that is silent: the next trunk is asked. */
TEST(who_swallows_tcp_is_a_silent_gateway)
{
	struct gate_request invite, r;
	struct gate next;
	struct bed b;
	char site[SITE + 400], *routes;
	uint64_t since_ms;
	int waiting;

	begin(&b);
	CHECK(gate_open(&next, "127.0.0.22"), "the next trunk");
	site_of(&b, site, "", HEADERS);
	routes = strstr(site, "routes:");
	snprintf(routes, 400,
		"  - name: second\n    outbound: { gateways: [ \"sip:127.0.0.22:%u\" ], keepalive: false }\n"
		"routes:\n  - { account: acme, prefix: \"+1\", trunks: [ first, second ] }\n",
		next.port);
	CHECK_INT(200, bridge_put_site(&b.bridge, site, NULL), site);
	CHECK(listen(b.tcp.listen_fd, 0) == 0, "a queue of one");
	waiting = connected(&b);
	since_ms = test_now_ms();
	ask_call(&b.bridge, "+15550199", b.id);
	CHECK(gate_wait(&next, &invite, "INVITE", 2 * WAIT_MS), "the next trunk is asked");
	CHECK(test_now_ms() - since_ms < T1_MS * 64 + 2000, "after %u ms",
		(unsigned)(test_now_ms() - since_ms));
	gate_answer(&next, &invite, 486, "a", NULL, NULL);
	CHECK(gate_wait(&next, &r, "ACK", WAIT_MS), "ACK");
	wait_event(&b, "dialout.busy");
	close(waiting);
	gate_close(&next);
	end(&b);
}

static bool reads(struct raw *r, const char *text)
{
	char got[80] = "";
	const ssize_t n = recv(r->fd, got, sizeof(got) - 1, 0);

	got[n > 0 ? n : 0] = '\0';
	return strcmp(got, text) == 0;
}

/* Two empty lines are a question, one is the answer: who connected to us is told that we are there. */
TEST(an_empty_line_is_answered)
{
	const struct timeval limit = { .tv_sec = 4 };
	struct bed b;
	struct raw r;

	begin(&b);
	use(&b, "", 0);
	CHECK(raw_open(&r, "127.0.0.21", 0, b.bridge.sip_port, true), "TCP");
	setsockopt(r.fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	raw_fresh(&r, "+15550100");
	raw_request(&r, "OPTIONS", NULL, NULL);
	CHECK(raw_final(&r, WAIT_MS), "an answer");
	for (int i = 0; i < 3; i++) {
		CHECK(raw_send(&r, "\r\n\r\n", 4), "a ping");
		CHECK(reads(&r, "\r\n"), "a pong, and nothing else");
	}
	raw_request(&r, "OPTIONS", NULL, NULL);
	CHECK(raw_final(&r, WAIT_MS), "an answer, after all that");
	raw_close(&r);
	end(&b);
}

/* A connection of ours: after a minute without a word (T1 is a tenth here, and so is that) an empty line, and again. */
TEST(a_connection_of_ours_is_kept_alive)
{
	struct gate_request invite, r;
	struct bed b;

	begin(&b);
	use(&b, ";transport=tcp", 0);
	ask_call(&b.bridge, "+15550199", b.id);
	CHECK(tlsgate_accept(&b.tcp, WAIT_MS) && tlsgate_wait(&b.tcp, &invite, "INVITE ", WAIT_MS), "INVITE");
	tlsgate_answer(&b.tcp, &invite, 486, "a", NULL, NULL);
	CHECK(tlsgate_wait(&b.tcp, &r, "ACK ", WAIT_MS), "ACK");
	wait_event(&b, "dialout.busy");
	b.tcp.at.got[0] = '\0';
	CHECK(tlspeer_wait(&b.tcp.at, "\r\n\r\n\r\n\r\n", 20000), "empty lines: %zu bytes",
		strlen(b.tcp.at.got));
	CHECK_INT(strlen(b.tcp.at.got), strspn(b.tcp.at.got, "\r\n"), "and nothing else");
	ask_call(&b.bridge, "+15550199", b.id);
	CHECK(tlsgate_wait(&b.tcp, &invite, "INVITE ", WAIT_MS), "the next call goes by it");
	tlsgate_answer(&b.tcp, &invite, 486, "b", NULL, NULL);
	CHECK(tlsgate_wait(&b.tcp, &r, "ACK ", WAIT_MS), "ACK");
	end(&b);
}

TESTS(what_is_small_goes_by_udp, what_is_large_goes_by_tcp, what_is_large_goes_by_udp_where_there_is_no_tcp,
	who_swallows_tcp_is_a_silent_gateway, an_empty_line_is_answered, a_connection_of_ours_is_kept_alive)
