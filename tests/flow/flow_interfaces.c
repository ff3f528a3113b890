/* links: tests/gate.c tests/rawsip.c */
#include "tests/flow/ask.h"
#include "tests/flow/events.h"
#include "tests/gate.h"
#include "tests/rawsip.h"
#include "tests/test.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <unistd.h>

/* Trunks on other addresses of this machine (FEATURES T24): `lan` at 127.0.0.7, which is 127.0.0.77 to others, with two pairs of
 * ports of its own; `six` on ::1; `plain` as the node's rtp: says. */

enum { WAIT_MS = 5000, OWN_FIRST = 36000, OWN_LAST = 36003, LAN_LAST = 36019, TEXT = 4096 };

static const char node[] = "interfaces:\n"
			   "  lan: { listen: 127.0.0.7, advertise: 127.0.0.77, ports: 36000-36019 }\n"
			   "  six: { listen: \"::1\", ports: 36100-36119 }\n";

static const char site[] =
	"accounts:\n  - name: acme\n    meetings:\n      - { id: \"100200300\", name: Open }\n"
	"trunks:\n"
	"  - { name: plain, inbound: { from: [ 127.0.0.2 ] } }\n"
	"  - { name: beside, inbound: { from: [ 127.0.0.3 ] }, interface: lan }\n"
	"  - name: lan\n    inbound: { from: [ 127.0.0.4 ] }\n    interface: %s\n    rtp: { ports: %s }\n"
	"    outbound: { gateways: [ \"sip:127.0.0.21:%u\" ], keepalive: %s, keepalive_s: 1 }\n"
	"  - name: six\n    inbound: { from: [ \"::1\" ] }\n    interface: six\n"
	"    outbound: { gateways: [ \"sip:[::1]:%u\" ], keepalive: false }\n"
	"routes:\n  - { account: acme, prefix: \"+1\", trunks: [ lan ] }\n"
	"  - { account: acme, prefix: \"+44\", trunks: [ six ] }\n"
	"numbers:\n  - { number: \"+15550101\", account: acme, answer: \"meeting:100200300\" }\n";

struct bed {
	struct bridge bridge;
	struct gate gate;
	uint16_t six;
	struct events *events;
};

static const char *site_of(
	const struct bed *b, const char *interface, const char *ports, const char *keepalive)
{
	static char text[TEXT];

	snprintf(text, sizeof(text), site, interface, ports, b->gate.port, keepalive, b->six);
	return text;
}

static void begin(struct bed *b)
{
	static const char *const others[] = { "127.0.0.7", "[::1]", NULL };

	memset(b, 0, sizeof(*b));
	CHECK(gate_open(&b->gate, "127.0.0.21"), "gateway");
	b->six = (uint16_t)(35000 + getpid() % 900);
	CHECK(bridge_start(
		      &b->bridge, &(struct bridge_setup){ .site = site_of(b, "lan", "36000-36003", "false"),
					  .node = node,
					  .t1_ms = 50,
					  .listen_ips = others }),
		"bridge");
	b->events = events_open(&b->bridge, NULL);
	CHECK(b->events, "events");
}

static void end(struct bed *b)
{
	events_close(b->events);
	CHECK_INT(0, bridge_stop(&b->bridge), "bridge");
	gate_close(&b->gate);
}

static unsigned call(struct bed *b, struct raw *r, const char *from)
{
	CHECK(raw_open(r, from, 0, b->bridge.sip_port, false), "socket");
	return raw_call(r, "+15550101");
}

/* The port in the description that came last; 0: another address than `address`. */
static unsigned port_at(const char *sdp, const char *address)
{
	char line[80];
	const char *m = strstr(sdp, "\r\nm=audio ");

	snprintf(line, sizeof(line), "\r\nc=IN %s %s\r\n", strchr(address, ':') ? "IP6" : "IP4", address);
	return m && strstr(sdp, line) ? (unsigned)atoi(m + strlen("\r\nm=audio ")) : 0;
}

static bool is_bound(const char *ip, unsigned port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);
	bool bound;

	inet_pton(AF_INET, ip, &a.sin_addr);
	bound = bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0;
	close(fd);
	return bound;
}

static void hang_up(struct raw *r)
{
	raw_request(r, "BYE", NULL, NULL);
	CHECK_INT(200, raw_final(r, WAIT_MS), "BYE");
	raw_close(r);
}

static double figure(const struct bed *b, const char *at)
{
	return bridge_number(&b->bridge, "/v1/status", at, -1);
}

/* ladder: carrier at 127.0.0.4    INVITE ->   <- 200, SDP with 127.0.0.77 and a port of the trunk's own, twice;   INVITE ->
 *         <- 503 with Retry-After and Reason, a record that says why; the trunks beside it are served all the same */
TEST(a_trunk_has_ports_of_its_own)
{
	struct bed b;
	struct raw own[3], other, beside;
	json_t *row;
	char *text;

	begin(&b);
	for (unsigned i = 0; i < 2; i++) {
		unsigned port;

		CHECK_INT(200, call(&b, &own[i], "127.0.0.4"), "a call");
		port = port_at(own[i].last, "127.0.0.77");
		CHECK(port >= OWN_FIRST && port < OWN_LAST, "port %u of its own: %s", port, own[i].last);
		CHECK(is_bound("127.0.0.7", port), "bound at the interface's address");
		CHECK(!is_bound("127.0.0.1", port), "and nowhere else");
	}
	CHECK_INT(503, call(&b, &own[2], "127.0.0.4"), "no port is left");
	CHECK(raw_has(&own[2], "Reason: Q.850;cause=42") && raw_has(&own[2], "Retry-After:"), "%s",
		own[2].last);
	row = record_wait(&b.bridge, own[2].call_id, WAIT_MS);
	CHECK_STR(
		"no RTP port is free of 36000-36003, the trunk's own", json_text_at(row, "cause"), "record");
	json_decref(row);
	CHECK_INT(200, call(&b, &other, "127.0.0.2"), "another trunk");
	CHECK(port_at(other.last, "127.0.0.1") > 0, "on the node's own address: %s", other.last);
	CHECK_INT(200, call(&b, &beside, "127.0.0.3"), "a trunk beside it");
	CHECK(port_at(beside.last, "127.0.0.77") > OWN_LAST, "what the other one left: %s", beside.last);

	CHECK_INT(3, figure(&b, "interfaces.1.used"), "used");
	CHECK_INT(1, figure(&b, "interfaces.1.refused"), "refused");
	CHECK_INT(4, figure(&b, "rtp_ports_used"), "of all");
	CHECK_INT(2, bridge_number(&b.bridge, "/v1/trunks/lan", "rtp_pairs_used", -1), "the trunk's");
	CHECK_INT(8, bridge_number(&b.bridge, "/v1/trunks/beside", "rtp_pairs", -1), "what it may use");
	text = bridge_text(&b.bridge, "GET", "/metrics", NULL, NULL, NULL);
	CHECK(text && strstr(text, "partyline_interface_rtp_refused_total{interface=\"lan\"} 1\n"), "%s",
		text);
	free(text);
	hang_up(&own[0]);
	CHECK(bridge_wait_number(&b.bridge, "/v1/trunks/lan", "rtp_pairs_used", 1, WAIT_MS), "given back");
	raw_close(&own[2]);
	CHECK_INT(200, call(&b, &own[2], "127.0.0.4"), "there is one again");
	hang_up(&own[1]);
	hang_up(&own[2]);
	hang_up(&other);
	hang_up(&beside);
	CHECK(bridge_wait_number(&b.bridge, "/v1/status", "rtp_ports_used", 0, WAIT_MS), "all given back");
	end(&b);
}

/* A new site moves the trunk to the node's own address: the call that is there keeps its port, the next one goes there. */
TEST(a_reload_changes_new_calls_only)
{
	struct bed b;
	struct raw before, after;
	unsigned port;

	begin(&b);
	CHECK_INT(200, call(&b, &before, "127.0.0.4"), "a call");
	port = port_at(before.last, "127.0.0.77");
	CHECK_INT(200, bridge_put_site(&b.bridge, site_of(&b, "default", "null", "false"), NULL), "moved");
	CHECK(is_bound("127.0.0.7", port), "still there");
	CHECK_INT(200, call(&b, &after, "127.0.0.4"), "another call");
	CHECK(port_at(after.last, "127.0.0.1") > 0, "the node's own address: %s", after.last);
	raw_request(&before, "INVITE", NULL, raw_offer);
	CHECK_INT(200, raw_final(&before, WAIT_MS), "re-INVITE");
	CHECK_INT(port, port_at(before.last, "127.0.0.77"), "its port stays");
	raw_request(&before, "ACK", NULL, NULL);
	hang_up(&before);
	CHECK(bridge_wait_number(&b.bridge, "/v1/status", "interfaces.1.used", 0, WAIT_MS), "given back");
	CHECK_INT(200, bridge_put_site(&b.bridge, site_of(&b, "lan", "36004-36007", "false"), NULL), "back");
	hang_up(&after);
	CHECK_INT(200, call(&b, &after, "127.0.0.4"), "a third");
	port = port_at(after.last, "127.0.0.77");
	CHECK(port >= 36004 && port < 36007, "the new range: %u", port);
	hang_up(&after);
	end(&b);
}

static void dial(struct bed *b, const char *to)
{
	char body[64];
	long status;

	snprintf(body, sizeof(body), "{\"to\":\"%s\"}", to);
	json_decref(bridge_call(&b->bridge, "POST", "/v1/meetings/100200300/calls", NULL, body, &status));
	CHECK_INT(202, status, "POST");
}

/* What goes out leaves from the interface's address, and tells the one that others know it by. */
TEST(calls_and_questions_go_out_from_the_interface)
{
	struct bed b;
	struct gate_request r;
	char ip[INET_ADDRSTRLEN];
	unsigned port;

	begin(&b);
	dial(&b, "+15550199");
	CHECK(gate_wait(&b.gate, &r, "INVITE", WAIT_MS), "INVITE");
	CHECK_STR("127.0.0.7", inet_ntop(AF_INET, &r.from.sin_addr, ip, sizeof(ip)), "source");
	CHECK(strncmp(gate_header(&r, "Via"), "SIP/2.0/UDP 127.0.0.77:", 23) == 0, "%s",
		gate_header(&r, "Via"));
	CHECK(strstr(gate_header(&r, "Contact"), "@127.0.0.77:"), "%s", gate_header(&r, "Contact"));
	port = port_at(r.text, "127.0.0.77");
	CHECK(port >= OWN_FIRST && port < OWN_LAST, "port %u of its own: %s", port, r.text);
	gate_answer(&b.gate, &r, 486, "a", NULL, NULL);
	CHECK(events_wait(b.events, 0, "dialout.busy", "state", "busy", WAIT_MS) >= 0, "busy");

	CHECK_INT(200, bridge_put_site(&b.bridge, site_of(&b, "lan", "36000-36003", "true"), NULL), "asks");
	CHECK(gate_wait(&b.gate, &r, "OPTIONS", WAIT_MS), "OPTIONS");
	CHECK_STR("127.0.0.7", inet_ntop(AF_INET, &r.from.sin_addr, ip, sizeof(ip)), "source");
	end(&b);
}

/* SIPp at ::1, both ways: what it was sent names ::1 wherever an address stands. */
TEST(ipv6_both_ways)
{
	struct bed b;
	struct peer gateway, caller;
	char port[8], target[40], messages[2][FOLDER_PATH + 40], line[TEXT];
	bool seen[2] = { false, false };

	begin(&b);
	snprintf(port, sizeof(port), "%u", b.six);
	snprintf(target, sizeof(target), "[::1]:%u", b.bridge.sip_port);
	for (int i = 0; i < 2; i++)
		snprintf(messages[i], sizeof(messages[i]), "%s/six-%d.messages", b.bridge.folder.path, i);
	{
		const char *const argv[] = { "sipp", "-sf", "tests/flow/sipp/gateway_answers.xml", "-i",
			"[::1]", "-p", port, "-nostdin", "-trace_msg", "-message_file", messages[0],
			"-timeout", "60s", NULL };

		CHECK(peer_start(&gateway, &b.bridge.folder, "six-gateway", argv), "sipp");
	}
	test_sleep_ms(300); /* SIPp says nothing when it listens */
	dial(&b, "+442079460000");
	CHECK(events_wait(b.events, 0, "dialout.answered", "trunk", "six", WAIT_MS) >= 0, "answered");
	{
		const char *const argv[] = { "sipp", "-sf", "tests/flow/sipp/six.xml", "-i", "[::1]", "-s",
			"+15550101", "-m", "1", "-nostdin", "-trace_msg", "-message_file", messages[1],
			"-timeout", "20s", target, NULL };

		CHECK(peer_start(&caller, &b.bridge.folder, "six-caller", argv), "sipp");
		CHECK_INT(0, peer_wait_exit(&caller, 2 * WAIT_MS), "SIPp as caller");
	}
	for (int i = 0; i < 2; i++) {
		FILE *f = fopen(messages[i], "re");

		while (f && fgets(line, sizeof(line), f)) {
			seen[i] = seen[i] || strncmp(line, "c=IN IP6 ::1", 12) == 0;
			CHECK(!strstr(line, "127.0.0."), "six-%d: %s", i, line);
		}
		if (f)
			fclose(f);
		CHECK(seen[i], "six-%d: no description with ::1", i);
	}
	peer_stop(&gateway, 500);
	end(&b);
}

/* What cannot be is refused with line and key, and the site in force stays. */
TEST(what_does_not_fit_is_refused)
{
	static const struct {
		const char *story, *interface, *ports, *key, *word;
	} cases[] = {
		{ "no such interface", "wan", "null", "trunks[2].interface", "no interface wan" },
		{ "not in its range", "lan", "36000-36023", "trunks[2].rtp.ports", "36000-36019" },
		{ "no range", "lan", "many", "trunks[2].rtp.ports", "FIRST-LAST" },
	};
	struct bed b;
	json_t *answer = NULL;

	begin(&b);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK_INT(422,
			bridge_put_site(
				&b.bridge, site_of(&b, cases[i].interface, cases[i].ports, "false"), &answer),
			cases[i].story);
		CHECK_STR(cases[i].key, json_text_at(answer, "error.field"), cases[i].story);
		CHECK(json_at(answer, "error.line", 0) >= 10, "%s: a line", cases[i].story);
		CHECK(strstr(json_text_at(answer, "error.message"), cases[i].word), "%s: %s", cases[i].story,
			json_text_at(answer, "error.message"));
		json_decref(answer);
		answer = NULL;
	}
	{
		long status;

		answer = bridge_call(
			&b.bridge, "PATCH", "/v1/trunks/beside", NULL, "{\"interface\":\"wan\"}", &status);
		CHECK_INT(422, status, "one object");
		CHECK_STR("interface", json_text_at(answer, "error.field"), "field");
		json_decref(answer);
		answer = bridge_call(&b.bridge, "PATCH", "/v1/trunks/beside", NULL,
			"{\"rtp\":{\"ports\":\"36002-36005\"}}", &status);
		CHECK_INT(409, status, "it cuts into another's");
		CHECK(strstr(json_text_at(answer, "error.message"), "overlaps those of trunk"), "%s",
			json_text_at(answer, "error.message"));
		json_decref(answer);
	}
	end(&b);
}

TESTS(a_trunk_has_ports_of_its_own, a_reload_changes_new_calls_only,
	calls_and_questions_go_out_from_the_interface, ipv6_both_ways, what_does_not_fit_is_refused)
