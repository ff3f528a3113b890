/* links: tests/gate.c tests/tlsgate.c */
/* Calls to carriers over TLS: who is believed, what is on the wire, one connection for all, and where a call goes when TLS fails. */
#include "tests/flow/ask.h"
#include "tests/flow/events.h"
#include "tests/test.h"
#include "tests/tlsgate.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SITE = 3000, NODE = 1600, WAIT_MS = 8000 };

struct bed {
	struct folder keys;
	struct bridge bridge;
	struct events *events;
	uint16_t tls_port, spare_port; /* spare: of SIPp at 127.0.0.12, UDP */
	char id[ASK_ID];
};

static void make_keys(struct bed *b)
{
	memset(b, 0, sizeof(*b));
	CHECK(folder_make(&b->keys), "a folder");
	tlspeer_authority(&b->keys, "authority");
	tlspeer_certificate(&b->keys, "bridge", "bridge.example", "authority");
	tlspeer_certificate(&b->keys, "carrier", "carrier.example", "authority");
	b->spare_port = free_sip_port("127.0.0.12");
}

static void write_site(const struct bed *b, char out[SITE], const char *gateway, const char *more)
{
	snprintf(out, SITE,
		"accounts:\n  - name: acme\n    meetings:\n      - { id: \"100200300\", name: Open }\n"
		"trunks:\n"
		"  - name: first\n    outbound: { gateways: [ \"%s\" ], username: us, password: secret, "
		"realm: "
		"carrier, keepalive: false%s }\n"
		"  - name: second\n    outbound: { gateways: [ \"sip:127.0.0.12:%u\" ], keepalive: false }\n"
		"routes:\n  - { account: acme, prefix: \"+1\", trunks: [ first, second ], caller_id: "
		"\"+15550100\" }\n"
		"numbers:\n"
		"  - { number: \"+15550100\", trunk: first, account: acme, answer: \"meeting:100200300\" }\n",
		gateway, more, b->spare_port);
}

static void begin_with(struct bed *b, const char *gateway, const char *more, const char *node_more,
	const char *tls_ip, unsigned idle_s)
{
	char site[SITE], node[NODE];

	write_site(b, site, gateway, more);
	b->tls_port = free_tcp_port("127.0.0.1");
	snprintf(node, sizeof(node),
		"tls: { certificate: \"%s\", key: \"%s\", ca: \"%s\", keepalive_s: 1, idle_s: %u }\n%s",
		folder_file(&b->keys, "bridge.pem"), folder_file(&b->keys, "bridge.key"),
		folder_file(&b->keys, "authority.pem"), idle_s, node_more ? node_more : "");
	CHECK(bridge_start(&b->bridge,
		      &(struct bridge_setup){
			      .site = site, .node = node, .tls_port = b->tls_port, .tls_ip = tls_ip }),
		"the bridge is up");
	b->events = events_open(&b->bridge, NULL);
	CHECK(b->events, "events");
}

static void begin(
	struct bed *b, const char *gateway, const char *more, const char *node_more, const char *tls_ip)
{
	begin_with(b, gateway, more, node_more, tls_ip, 60);
}

static void begin_idle(struct bed *b, const char *gateway, const char *more, unsigned idle_s)
{
	begin_with(b, gateway, more, NULL, NULL, idle_s);
}

static void end(struct bed *b)
{
	events_close(b->events);
	CHECK_INT(0, bridge_stop(&b->bridge), "the bridge ends in order");
	folder_remove(&b->keys);
}

static void dial(struct bed *b)
{
	ask_call(&b->bridge, "+15550199", b->id);
}

static const json_t *wait_event(struct bed *b, const char *type)
{
	const bool of_ours = strncmp(type, "dialout", 7) == 0;
	const int n = events_need(b->events, &b->bridge, type, of_ours ? "id" : NULL, b->id, WAIT_MS);

	return json_object_get(events_get(b->events, n, NULL), "data")
		       ? json_object_get(events_get(b->events, n, NULL), "data")
		       : events_get(b->events, n, NULL);
}

static void hang_up(struct bed *b)
{
	char path[96];
	long status;

	snprintf(path, sizeof(path), "/v1/calls/%s", b->id);
	json_decref(bridge_call(&b->bridge, "DELETE", path, NULL, NULL, &status));
	CHECK_INT(200, status, "DELETE");
}

static json_t *member(const struct bed *b)
{
	json_t *list = bridge_get(&b->bridge, "/v1/trunks"), *out;

	out = json_incref(json_object_get(
		json_array_get(
			json_object_get(
				json_array_get(
					json_object_get(json_array_get(json_object_get(list, "items"), 0),
						"gateways"),
					0),
				"members"),
			0),
		"tls"));
	json_decref(list);
	return out;
}

static const char tls_gateway[] = "sip:127.0.0.11:%u;transport=tls";

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

/* ---- what can go wrong ---- */

static void start_spare(struct bed *b, struct peer *sipp)
{
	char port[8];

	snprintf(port, sizeof(port), "%u", b->spare_port);
	CHECK(peer_start(sipp, &b->bridge.folder, "spare",
		      (const char *const[]){ "sipp", "-sf", "tests/flow/sipp/gateway_answers.xml", "-i",
			      "127.0.0.12", "-p", port, "-nostdin", "-timeout", "60s", NULL }),
		"sipp");
	test_sleep_ms(300);
}

static int listen_quietly(uint16_t *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f00000b) };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(at);

	CHECK(bind(fd, (struct sockaddr *)&at, len) == 0 && listen(fd, 4) == 0 &&
			getsockname(fd, (struct sockaddr *)&at, &len) == 0,
		"it listens");
	*port = ntohs(at.sin_port);
	return fd;
}

/* openssl s_server with that certificate. */
static uint16_t start_server(struct bed *b, struct peer *server, const char *certificate, const char *option)
{
	const uint16_t port = free_tcp_port("127.0.0.11");
	static unsigned n;
	char name[24], at[32], pem[80], key[80];

	snprintf(name, sizeof(name), "server-%u", n++);
	snprintf(at, sizeof(at), "127.0.0.11:%u", port);
	snprintf(pem, sizeof(pem), "%s.pem", certificate);
	snprintf(key, sizeof(key), "%s.key", certificate);
	CHECK(peer_start(server, &b->keys, name,
		      (const char *const[]){ "openssl", "s_server", "-accept", at, "-cert",
			      folder_file(&b->keys, pem), "-key", folder_file(&b->keys, key), "-www", option,
			      NULL }),
		"openssl s_server");
	CHECK(peer_wait_line(server, "ACCEPT", 3000), "it is ready");
	return port;
}

TEST(tls_failures_move_on_and_say_why)
{
	static const struct {
		const char *story, *certificate; /* NULL: nobody is there; "": somebody who says nothing */
		const char *option, *more, *words;
	} cases[] = {
		{ "wrong name", "other", NULL, ", tls_name: carrier.example",
			"TLS: its certificate is for other.example, not for carrier.example" },
		{ "the host of the URI, when no name is given", "carrier", NULL, "",
			"TLS: its certificate is for carrier.example, not for 127.0.0.11" },
		{ "a wildcard is no name (RFC 5922 section 7.2)", "wild", NULL, ", tls_name: carrier.example",
			"TLS: its certificate is for *.example, not for carrier.example" },
		{ "a DNS name beside a sip: URI does not count (section 7.1)", "both", NULL,
			", tls_name: carrier.example",
			"TLS: its certificate is for other.example, not for carrier.example" },
		{ "expired", "expired", NULL, ", tls_name: carrier.example",
			"TLS: its certificate does not hold: certificate has expired" },
		{ "another authority", "false", NULL, ", tls_name: carrier.example",
			"TLS: its certificate does not hold: unable to get local issuer certificate" },
		{ "its own authority", "impostor", NULL, ", tls_name: impostor",
			"TLS: its certificate does not hold: self-signed certificate" },
		{ "TLS 1.1", "carrier", "-tls1_1", ", tls_name: carrier.example", "TLS: " },
		{ "nobody is there", NULL, NULL, ", tls_name: carrier.example", "TLS: Connection refused" },
		{ "no handshake", "", NULL, ", tls_name: carrier.example",
			"TLS: the handshake was not over within 5 s" },
		{ "an authority that cannot be read", "carrier", NULL,
			", tls_name: carrier.example, tls_ca: /nonexistent/ca.pem",
			"TLS: tls.ca: /nonexistent/ca.pem: " },
	};
	struct bed b;
	struct peer spare;
	char site[SITE], gateway[80];

	make_keys(&b);
	tlspeer_authority(&b.keys, "impostor");
	tlspeer_certificate(&b.keys, "other", "other.example", "authority");
	tlspeer_certificate(&b.keys, "wild", "DNS:*.example", "authority");
	tlspeer_certificate(&b.keys, "both", "URI:sip:other.example,DNS:carrier.example", "authority");
	tlspeer_certificate(&b.keys, "false", "carrier.example", "impostor");
	tlspeer_expired(&b.keys, "expired", "carrier.example", "authority");
	begin(&b, "sip:127.0.0.11:1;transport=tls", "", NULL, NULL);
	start_spare(&b, &spare);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const bool serves = cases[i].certificate && cases[i].certificate[0];
		uint16_t port = free_tcp_port("127.0.0.11");
		struct peer server;
		int quiet = -1;
		const json_t *event;
		json_t *tls;

		if (serves)
			port = start_server(&b, &server, cases[i].certificate, cases[i].option);
		else if (cases[i].certificate)
			quiet = listen_quietly(&port);
		snprintf(gateway, sizeof(gateway), tls_gateway, port);
		write_site(&b, site, gateway, cases[i].more);
		CHECK_INT(200, bridge_put_site(&b.bridge, site, NULL), cases[i].story);
		dial(&b);
		event = wait_event(&b, "dialout.rerouted");
		CHECK(strncmp(json_text_at(event, "cause"), cases[i].words, strlen(cases[i].words)) == 0 &&
				strlen(json_text_at(event, "cause")) > 6,
			"%s: %s", cases[i].story, json_text_at(event, "cause"));
		CHECK_STR("the gateway could not be reached", json_text_at(event, "why"), cases[i].story);
		event = wait_event(&b, "dialout.answered");
		CHECK_STR("second", json_text_at(event, "trunk"), cases[i].story);
		tls = member(&b);
		CHECK_STR("failed", json_text_at(tls, "state"), cases[i].story);
		CHECK(strstr(json_text_at(tls, "failure"), cases[i].words + 5), "%s: %s", cases[i].story,
			json_text_at(tls, "failure"));
		json_decref(tls);
		hang_up(&b);
		CHECK(bridge_wait_count(&b.bridge, "/v1/calls", 0, WAIT_MS), "gone");
		if (serves)
			peer_stop(&server, 1000);
		if (quiet >= 0)
			close(quiet);
	}
	CHECK(bridge_wait_count(
		      &b.bridge, "/v1/records?trunk=second", (int)(sizeof(cases) / sizeof(*cases)), WAIT_MS),
		"records");
	CHECK(events_wait(b.events, 0, "trunk.tls_failed", "trunk", "first", 100) >= 0, "events");
	peer_stop(&spare, 500);
	end(&b);
}

/* Who wants a certificate and gets none it knows says so after the handshake (TLS 1.3): the same. */
TEST(a_gateway_that_does_not_know_us_is_a_failure)
{
	char gateway[80];
	struct peer spare;
	struct tlsgate g;
	struct bed b;
	const json_t *event;

	make_keys(&b);
	tlspeer_authority(&b.keys, "impostor");
	tlsgate_open(&g, &b.keys, "127.0.0.11", "carrier", "impostor");
	snprintf(gateway, sizeof(gateway), tls_gateway, g.port);
	begin(&b, gateway, ", tls_name: carrier.example", NULL, NULL);
	start_spare(&b, &spare);
	dial(&b);
	CHECK(!tlsgate_accept(&g, WAIT_MS), "it does not know our authority");
	event = wait_event(&b, "dialout.rerouted");
	CHECK(strstr(json_text_at(event, "cause"), "TLS: ") &&
			strstr(json_text_at(event, "cause"), "unknown ca"),
		"%s", json_text_at(event, "cause"));
	wait_event(&b, "dialout.answered");
	hang_up(&b);
	CHECK(bridge_wait_count(&b.bridge, "/v1/calls", 0, WAIT_MS), "gone");
	peer_stop(&spare, 500);
	tlsgate_close(&g);
	end(&b);
}

/* ---- whom to believe, and what to offer ---- */

/* A trunk's own authority; a certificate by sip: URI, by address, by a wildcard that the operator names.  Keys by the trunk's policy. */
TEST(names_authorities_and_keys)
{
	static const struct {
		const char *story, *certificate, *more, *sni, *offer;
		bool keys;
	} cases[] = {
		{ "by sip: URI", "uri", ", tls_name: carrier.example", "carrier.example", " RTP/AVP ", true },
		{ "by address", "address", "", "", " RTP/AVP ", true },
		{ "a wildcard by its own name", "wild", ", tls_name: \"*.example\"", "", " RTP/AVP ", true },
		{ "the trunk's own authority", "false",
			", tls_name: carrier.example, tls_ca: \"%s\" }\n    srtp: require\n    limits: { "
			"channels: 9",
			"carrier.example", " RTP/SAVP ", true },
		{ "no keys", "carrier",
			", tls_name: carrier.example }\n    srtp: never\n    limits: { channels: 9",
			"carrier.example", " RTP/AVP ", false },
	};
	struct bed b;
	char site[SITE], gateway[80], more[400];
	const char *ca;

	make_keys(&b);
	tlspeer_authority(&b.keys, "impostor");
	tlspeer_certificate(&b.keys, "uri", "URI:sip:carrier.example", "authority");
	tlspeer_certificate(&b.keys, "address", "IP:127.0.0.11", "authority");
	tlspeer_certificate(&b.keys, "wild", "DNS:*.example", "authority");
	tlspeer_certificate(&b.keys, "false", "carrier.example", "impostor");
	begin(&b, "sip:127.0.0.11:1;transport=tls", "", NULL, NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct gate_request invite, r;
		struct tlsgate g;

		tlsgate_open(&g, &b.keys, "127.0.0.11", cases[i].certificate, NULL);
		snprintf(gateway, sizeof(gateway), tls_gateway, g.port);
		ca = strstr(cases[i].more, "%s");
		snprintf(more, sizeof(more), "%.*s%s%s", ca ? (int)(ca - cases[i].more) : 1000, cases[i].more,
			ca ? folder_file(&b.keys, "impostor.pem") : "", ca ? ca + 2 : "");
		write_site(&b, site, gateway, more);
		CHECK_INT(200, bridge_put_site(&b.bridge, site, NULL), cases[i].story);
		dial(&b);
		CHECK(tlsgate_accept(&g, WAIT_MS), "%s: believed", cases[i].story);
		CHECK_STR(cases[i].sni, g.asked_for, cases[i].story);
		CHECK(tlsgate_wait(&g, &invite, "INVITE ", WAIT_MS), "%s: INVITE", cases[i].story);
		CHECK(strstr(invite.text, cases[i].offer), "%s: %s", cases[i].story, invite.text);
		CHECK_INT(cases[i].keys, strstr(invite.text, "a=crypto:") != NULL, cases[i].story);
		tlsgate_answer(&g, &invite, 486, "a", NULL, NULL);
		CHECK(tlsgate_wait(&g, &r, "ACK ", WAIT_MS), "ACK");
		wait_event(&b, "dialout.busy");
		tlsgate_close(&g);
	}
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
	tls_failures_move_on_and_say_why, a_gateway_that_does_not_know_us_is_a_failure,
	names_authorities_and_keys, ipv6)
