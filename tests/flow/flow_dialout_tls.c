/* links: tests/gate.c tests/tlsgate.c */
/* Calls to carriers over TLS: what is on the wire, one connection for all, kept alive, closed, and made anew after a change. */
#include "tests/tlsbed.h"

#include <signal.h>
#include <stdlib.h>

static void begin_idle(struct bed *b, const char *gateway, const char *more, unsigned idle_s)
{
	begin_with(b, gateway, more, NULL, NULL, idle_s);
}

/* gate                          bridge
 *  | <== TLS: SNI, certificates == |
 *  | <-- INVITE                    |  Via TLS, Contact over TLS, keys offered
 *  | --- 200 -->  <-- ACK          |
 *  | --- re-INVITE, BYE ---------> |  by the same connection
 *  | --- INVITE +15550100 -------> |  and it is the trunk's
 *  | <-- INVITE, CANCEL            |  still the same
 *  |  X  closed; <== TLS, INVITE   |  a new one when it is needed */
TEST(one_connection_for_calls_both_ways)
{
	char gateway[80], contact[80];
	struct gate_request invite, r;
	struct tlsgate g;
	struct bed b;
	json_t *tls;

	make_keys(&b);
	tlsgate_open(&g, &b.keys, "127.0.0.11", "carrier", "authority");
	snprintf(gateway, sizeof(gateway), tls_gateway, g.port);
	begin(&b, gateway, ", tls_name: carrier.example", NULL, NULL);
	dial(&b);
	CHECK(tlsgate_accept(&g, WAIT_MS), "a connection");
	CHECK_STR("carrier.example", g.asked_for, "the name is asked for");
	CHECK_STR("/CN=bridge.example", g.at.shown, "our certificate is shown when it is asked for");
	CHECK(tlsgate_wait(&g, &invite, "INVITE ", WAIT_MS), "INVITE");
	CHECK(strncmp(gate_header(&invite, "Via"), "SIP/2.0/TLS 127.0.0.1", 21) == 0, "%s",
		gate_header(&invite, "Via"));
	snprintf(contact, sizeof(contact), "@127.0.0.1:%u;transport=tls>", b.tls_port);
	CHECK(strstr(gate_header(&invite, "Contact"), contact), "%s", gate_header(&invite, "Contact"));
	CHECK(!strstr(invite.text, "127.80.") && !strstr(invite.text, "Route:"), "nothing of the inside: %s",
		invite.text);
	CHECK(strstr(invite.text, "a=crypto:") && strstr(invite.text, " RTP/AVP "),
		"keys are offered over TLS: %s", invite.text);
	tlsgate_answer(&g, &invite, 200, "a", NULL, gate_sdp);
	CHECK(tlsgate_wait(&g, &r, "ACK ", WAIT_MS), "ACK");
	wait_event(&b, "dialout.answered");
	tls = member(&b);
	CHECK_STR("open", json_text_at(tls, "state"), "told in the status");
	CHECK_STR("TLSv1.3", json_text_at(tls, "version"), "and how");
	json_decref(tls);

	tlsgate_request(&g, &invite, "INVITE", "a", 1, gate_sdp);
	CHECK(tlsgate_wait(&g, &r, "SIP/2.0 200 ", WAIT_MS), "a re-INVITE of theirs");
	CHECK(strncmp(gate_header(&r, "Via"), "SIP/2.0/TLS ", 12) == 0, "%s", gate_header(&r, "Via"));
	tlsgate_request(&g, &invite, "ACK", "a", 1, NULL);
	tlsgate_request(&g, &invite, "BYE", "a", 2, NULL);
	CHECK(tlsgate_wait(&g, &r, "SIP/2.0 200 ", WAIT_MS), "their BYE");
	CHECK(bridge_wait_count(&b.bridge, "/v1/calls", 0, WAIT_MS), "gone");

	/* a call of theirs, by the same connection: it is the trunk's, though no network of its is known */
	{
		char text[1500];

		snprintf(text, sizeof(text),
			"INVITE sip:+15550100@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS "
			"127.0.0.11:%u;branch=z9hG4bKin;rport\r\n"
			"From: <sip:+15559999@carrier.example>;tag=theirs\r\nTo: "
			"<sip:+15550100@127.0.0.1>\r\n"
			"Call-ID: theirs\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n"
			"Contact: <sip:gate@127.0.0.11:%u;transport=tls>\r\nContent-Type: application/sdp\r\n"
			"Content-Length: %zu\r\n\r\n%s",
			g.port, g.port, strlen(gate_sdp), gate_sdp);
		CHECK(tlspeer_send(&g.at, text), "INVITE of theirs");
	}
	CHECK(tlsgate_wait(&g, &r, "SIP/2.0 200 ", WAIT_MS), "answered");
	json_t *calls = bridge_get(&b.bridge, "/v1/calls");
	CHECK_STR("first", json_text_at(calls, "items.0.trunk"), "the trunk");
	snprintf(b.id, sizeof(b.id), "%s", json_text_at(calls, "items.0.id"));
	json_decref(calls);
	tlspeer_send(&g.at, "\r\n\r\n");
	{
		char text[800];

		snprintf(text, sizeof(text),
			"ACK %.*s SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.11:%u;branch=z9hG4bKack\r\nFrom: "
			"%s\r\nTo: %s\r\n"
			"Call-ID: theirs\r\nCSeq: 1 ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
			(int)strcspn(gate_header(&r, "Contact") + 1, ">"), gate_header(&r, "Contact") + 1,
			g.port, gate_header(&r, "From"), gate_header(&r, "To"));
		CHECK(tlspeer_send(&g.at, text), "ACK");
	}
	hang_up(&b);
	CHECK(tlsgate_wait(&g, &r, "BYE ", WAIT_MS), "our BYE goes by it as well");
	tlsgate_answer(&g, &r, 200, NULL, NULL, NULL);
	CHECK(bridge_wait_count(&b.bridge, "/v1/calls", 0, WAIT_MS), "gone");

	dial(&b);
	CHECK(tlsgate_wait(&g, &invite, "INVITE ", WAIT_MS), "the next call takes the same connection");
	CHECK(tlsgate_quiet(&g, 100), "and no other");
	tlsgate_answer(&g, &invite, 180, "b", NULL, NULL);
	wait_event(&b, "dialout.ringing");
	hang_up(&b);
	CHECK(tlsgate_wait(&g, &r, "CANCEL ", WAIT_MS), "CANCEL");
	tlsgate_answer(&g, &r, 200, NULL, NULL, NULL);
	tlsgate_answer(&g, &invite, 487, "b", NULL, NULL);
	CHECK(tlsgate_wait(&g, &r, "ACK ", WAIT_MS), "ACK");
	CHECK(bridge_wait_count(&b.bridge, "/v1/calls", 0, WAIT_MS), "gone");

	tlsgate_hangup(&g);
	test_sleep_ms(300);
	tls = member(&b);
	CHECK_STR("idle", json_text_at(tls, "state"), "closed in order is no failure");
	json_decref(tls);
	dial(&b);
	CHECK(tlsgate_accept(&g, WAIT_MS), "a new connection when it is needed");
	CHECK(tlsgate_wait(&g, &invite, "INVITE ", WAIT_MS), "INVITE");
	tlsgate_answer(&g, &invite, 603, "c", NULL, NULL);
	CHECK(tlsgate_wait(&g, &r, "ACK ", WAIT_MS), "ACK");
	wait_event(&b, "dialout.failed");
	tlsgate_close(&g);
	end(&b);
}

/* Empty lines keep it alive, half a minute after half a minute; without a message it is closed all the same. */
TEST(kept_alive_and_closed_when_idle)
{
	char gateway[80], node[NODE];
	struct gate_request invite, r;
	struct tlsgate g;
	struct bed b;
	unsigned n = 0;

	make_keys(&b);
	tlsgate_open(&g, &b.keys, "127.0.0.11", "carrier", NULL);
	snprintf(gateway, sizeof(gateway), tls_gateway, g.port);
	begin(&b, gateway, ", tls_name: carrier.example", NULL, NULL);
	dial(&b);
	CHECK(tlsgate_accept(&g, WAIT_MS) && tlsgate_wait(&g, &invite, "INVITE ", WAIT_MS), "INVITE");
	CHECK_STR("", g.at.shown, "no certificate where none is asked for");
	tlsgate_answer(&g, &invite, 486, "a", NULL, NULL);
	CHECK(tlsgate_wait(&g, &r, "ACK ", WAIT_MS), "ACK");
	g.at.got[0] = '\0';
	CHECK(tlspeer_wait(&g.at, "\r\n\r\n\r\n\r\n", 4000), "an empty line each second: %zu bytes",
		strlen(g.at.got));
	CHECK_INT(strlen(g.at.got), strspn(g.at.got, "\r\n"), "and nothing else");

	snprintf(node, sizeof(node),
		"node: test\ntls: { certificate: \"%s\", key: \"%s\", ca: \"%s\", keepalive_s: 1, idle_s: 3 "
		"}\n",
		folder_file(&b.keys, "bridge.pem"), folder_file(&b.keys, "bridge.key"),
		folder_file(&b.keys, "authority.pem"));
	CHECK(folder_write(&b.bridge.folder, "node.yaml", node), "another node file");
	peer_signal(&b.bridge.peer, SIGHUP);
	CHECK(tlspeer_ended(&g.at, 8000), "closed when idle");
	for (const char *p = g.at.got; (p = strstr(p, "\r\n\r\n")); p += 4)
		n++;
	CHECK(n >= 2, "kept alive till then: %u", n);
	tlsgate_close(&g);
	end(&b);
}

/* A file of certificates: the ones named, together. */
static void join_files(struct bed *b, const char *file, const char *const names[], size_t n)
{
	static char text[16384];
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		FILE *f = fopen(folder_file(&b->keys, names[i]), "re");

		CHECK(f, "%s", names[i]);
		used += fread(text + used, 1, sizeof(text) - 1 - used, f);
		fclose(f);
	}
	text[used] = '\0';
	CHECK(folder_write(&b->keys, file, text), "%s", file);
}

/* The next call comes by a connection of its own, and ends. */
static void comes_anew(struct bed *b, struct tlsgate *g, const char *sni, const char *story)
{
	struct gate_request invite, r;

	dial(b);
	CHECK(tlsgate_accept(g, WAIT_MS), "%s: a new connection", story);
	CHECK_STR(sni, g->asked_for, story);
	CHECK(tlsgate_wait(g, &invite, "INVITE ", WAIT_MS), "%s: INVITE", story);
	tlsgate_answer(g, &invite, 486, "x", NULL, NULL);
	CHECK(tlsgate_wait(g, &r, "ACK ", WAIT_MS), "%s: ACK", story);
	wait_event(b, "dialout.busy");
}

static unsigned replaced(struct bed *b)
{
	unsigned n = 0;

	for (int at = -1; (at = events_wait(b->events, (size_t)at + 1, "trunk.tls_replaced", "trunk", "first",
				   1)) >= 0;)
		n++;
	return n;
}

static bool is_replaced(void *arg)
{
	const unsigned *wanted = ((void **)arg)[1];

	return replaced(((void **)arg)[0]) >= *wanted;
}

static void wait_replaced(struct bed *b, unsigned times, const char *story)
{
	void *both[] = { b, &times };

	CHECK(wait_until(is_replaced, both, 9000), "%s: told that it is replaced", story);
}

/* The connection stays, and the next one does not end it. */
static struct tlspeer set_aside(struct tlsgate *g)
{
	const struct tlspeer at = g->at;

	g->at = (struct tlspeer){ .fd = -1 };
	return at;
}

/* The trunk's authorities, then our certificate: files alone have changed. */
static void comes_anew_after_change(struct bed *b, struct tlsgate *g, const char *const both[2])
{
	struct tlspeer before;

	dial(b); /* one that is open, by what is in force */
	if (tlsgate_quiet(g, 300)) {
		struct gate_request invite, r;

		CHECK(tlsgate_wait(g, &invite, "INVITE ", WAIT_MS), "INVITE");
		tlsgate_answer(g, &invite, 486, "y", NULL, NULL);
		CHECK(tlsgate_wait(g, &r, "ACK ", WAIT_MS), "ACK");
	} else {
		struct gate_request invite, r;

		CHECK(tlsgate_accept(g, WAIT_MS) && tlsgate_wait(g, &invite, "INVITE ", WAIT_MS), "INVITE");
		tlsgate_answer(g, &invite, 486, "y", NULL, NULL);
		CHECK(tlsgate_wait(g, &r, "ACK ", WAIT_MS), "ACK");
	}
	wait_event(b, "dialout.busy");
	before = set_aside(g);
	join_files(b, "trust.pem", both, 2);
	wait_replaced(b, 2, "its authorities");
	comes_anew(b, g, "other.example", "its authorities");
	CHECK_STR("/CN=bridge.example", g->at.shown, "our certificate");
	tlspeer_close(&before);

	before = set_aside(g);
	join_files(b, "bridge.key", (const char *const[]){ "fresh.key" }, 1);
	join_files(b, "bridge.pem", (const char *const[]){ "fresh.pem" }, 1);
	wait_replaced(b, 3, "our certificate");
	comes_anew(b, g, "other.example", "our certificate");
	CHECK_STR("/CN=fresh.example", g->at.shown, "the new one is shown");
	CHECK(tlspeer_ended(&before, 20000), "the old connection is closed");
	tlspeer_close(&before);
}

/* What a connection was made with has changed: nothing new goes by it.
 *
 *   a call by the first; another tls_name -> the next call by a second, the first call goes on, ends, and its connection is closed
 *   the trunk's authorities, our certificate: a third, a fourth */
TEST(a_change_takes_new_connections)
{
	static const char *const both[] = { "authority.pem", "impostor.pem" };
	char site[SITE], gateway[80], more[400];
	struct gate_request invite, r;
	struct tlsgate g, first;
	struct bed b;

	make_keys(&b);
	tlspeer_authority(&b.keys, "impostor");
	tlspeer_certificate(&b.keys, "two", "DNS:carrier.example,DNS:other.example", "authority");
	tlspeer_certificate(&b.keys, "fresh", "fresh.example", "authority");
	join_files(&b, "trust.pem", both, 1);
	tlsgate_open(&g, &b.keys, "127.0.0.11", "two", "authority");
	snprintf(gateway, sizeof(gateway), tls_gateway, g.port);
	snprintf(more, sizeof(more), ", tls_name: carrier.example, tls_ca: \"%s\"",
		folder_file(&b.keys, "trust.pem"));
	begin_idle(&b, gateway, more, 7);
	dial(&b);
	CHECK(tlsgate_accept(&g, WAIT_MS) && tlsgate_wait(&g, &invite, "INVITE ", WAIT_MS), "INVITE");
	tlsgate_answer(&g, &invite, 200, "a", NULL, gate_sdp);
	CHECK(tlsgate_wait(&g, &r, "ACK ", WAIT_MS), "ACK");
	wait_event(&b, "dialout.answered");
	first = g;
	first.at = set_aside(&g);

	snprintf(more, sizeof(more), ", tls_name: other.example, tls_ca: \"%s\"",
		folder_file(&b.keys, "trust.pem"));
	write_site(&b, site, gateway, more);
	CHECK_INT(200, bridge_put_site(&b.bridge, site, NULL), "another name");
	wait_replaced(&b, 1, "another name");
	comes_anew(&b, &g, "other.example", "another name");
	CHECK(!tlspeer_ended(&first.at, 8500), "who talks stays, longer than an idle connection may");
	tlsgate_request(&first, &invite, "BYE", "a", 1, NULL);
	CHECK(tlsgate_wait(&first, &r, "SIP/2.0 200 ", WAIT_MS), "the first call ends by its own connection");
	CHECK(tlspeer_ended(&first.at, 20000), "which is closed then");
	tlspeer_close(&first.at);

	comes_anew_after_change(&b, &g, both);
	tlsgate_close(&g);
	end(&b);
}

/* [::1], both ways. */
TEST(ipv6)
{
	char gateway[80];
	struct gate_request invite, r;
	struct tlsgate g;
	struct bed b;

	make_keys(&b);
	tlspeer_certificate(&b.keys, "six", "IP:::1", "authority");
	tlsgate_open(&g, &b.keys, "::1", "six", "authority");
	snprintf(gateway, sizeof(gateway), "sips:[::1]:%u", g.port);
	begin(&b, gateway, "", NULL, "[::1]");
	dial(&b);
	CHECK(tlsgate_accept(&g, WAIT_MS) && tlsgate_wait(&g, &invite, "INVITE ", WAIT_MS), "INVITE");
	CHECK(strncmp(gate_header(&invite, "Via"), "SIP/2.0/TLS [::1]:", 18) == 0, "%s",
		gate_header(&invite, "Via"));
	CHECK(strstr(gate_header(&invite, "Contact"), "@[::1]:"), "%s", gate_header(&invite, "Contact"));
	CHECK(strncmp(gate_line(&invite), "INVITE sips:+15550199@[::1]:", 28) == 0, "%s", gate_line(&invite));
	CHECK(strncmp(gate_header(&invite, "To"), "<sips:", 6) == 0, "%s", gate_header(&invite, "To"));
	CHECK(strncmp(gate_header(&invite, "Contact"), "<sips:", 6) == 0 &&
			!strstr(gate_header(&invite, "Contact"), "transport"),
		"%s", gate_header(&invite, "Contact"));
	tlsgate_answer(&g, &invite, 200, "a", NULL, gate_sdp);
	CHECK(tlsgate_wait(&g, &r, "ACK ", WAIT_MS), "ACK");
	wait_event(&b, "dialout.answered");
	tlsgate_request(&g, &invite, "BYE", "a", 1, NULL);
	CHECK(tlsgate_wait(&g, &r, "SIP/2.0 200 ", WAIT_MS), "BYE");
	CHECK(bridge_wait_count(&b.bridge, "/v1/calls", 0, WAIT_MS), "gone");
	tlsgate_close(&g);
	end(&b);
}

TESTS(one_connection_for_calls_both_ways, kept_alive_and_closed_when_idle, a_change_takes_new_connections,
	ipv6)
