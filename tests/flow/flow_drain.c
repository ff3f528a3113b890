/* links: tests/sipp.c tests/gate.c tests/rawsip.c */
/* No new calls, live ones end by themselves (FEATURES T26): a trunk both ways, its registration, the whole node. */
#include "tests/flow/ask.h"
#include "tests/flow/ctl.h"
#include "tests/flow/bridge.h"
#include "tests/flow/events.h"
#include "tests/gate.h"
#include "tests/rawsip.h"
#include "tests/sipp.h"
#include "tests/test.h"

#include <signal.h>
#include <stdlib.h>

enum { WAIT_MS = 8000, T1_MS = 100, SITE = 2048 };

/* SIPp as a gateway that answers. */
static void gateway_start(struct bridge *b, struct peer *p, const char *ip, uint16_t port)
{
	char text[8], scenario[200];
	const char *root = getenv("TESTS_ROOT");
	const char *const argv[] = { "sipp", "-sf", scenario, "-i", ip, "-p", text, "-nostdin", "-timeout",
		"60s", NULL };

	snprintf(text, sizeof(text), "%u", port);
	snprintf(scenario, sizeof(scenario), "%s/tests/flow/sipp/gateway_answers.xml", root ? root : ".");
	CHECK(peer_start(p, &b->folder, ip, argv), "sipp");
}

static void dial(struct bridge *b, char id[64], long want)
{
	long status;
	json_t *answer = bridge_call(b, "POST", "/v1/meetings/100200300/calls", NULL,
		"{\"to\":\"+15550199\",\"name\":\"Bob\"}", &status);

	CHECK_INT(want, status, "POST");
	snprintf(id, 64, "%s",
		want == 202 ? json_text_at(answer, "id") : json_text_at(answer, "error.message"));
	json_decref(answer);
}

static unsigned options(struct raw *r, const char *number)
{
	raw_fresh(r, number);
	raw_request(r, "OPTIONS", NULL, NULL);
	return raw_final(r, 3000);
}

static void hear(struct events *e, const char *type, const char *key, const char *value)
{
	CHECK(events_wait(e, 0, type, key, value, WAIT_MS) >= 0, "no event %s", type);
}

static const char two_trunks[] =
	"accounts:\n  - name: acme\n    meetings:\n      - { id: \"100200300\", name: Open }\n"
	"trunks:\n"
	"  - { name: first, inbound: { from: [ 127.0.0.2 ] }, outbound: { gateways: [ \"sip:127.0.0.11:%u\" "
	"], "
	"keepalive: false } }\n"
	"  - { name: second, inbound: { from: [ 127.0.0.3 ] }, outbound: { gateways: [ \"sip:127.0.0.13:%u\" "
	"], "
	"keepalive: false } }\n"
	"routes:\n  - { account: acme, prefix: \"+1\", trunks: [ first, second ], caller_id: \"+15550100\" "
	"}\n"
	"numbers:\n  - { number: \"+15550100\", account: acme, answer: attendant }\n"
	"  - { number: \"+15550101\", account: acme, answer: \"meeting:100200300\" }\n";

/* Nobody new comes in by `first`, and nobody goes out by it. */
static void takes_no_calls(struct bridge *b, struct events *events)
{
	const struct sipp_run in = { .scenario = "drained",
		.number = "+15550101",
		.to_port = b->sip_port,
		.calls = 3,
		.on_bridge = true };
	const struct sipp_run other = { .scenario = "hold",
		.number = "+15550101",
		.from = "127.0.0.3",
		.to_port = b->sip_port,
		.on_bridge = true };
	struct raw r;
	char id[64], words[80];
	json_t *list;

	CHECK_INT(0, sipp_run(&in), "three calls: 503, Reason, Retry-After of a minute and more");
	CHECK_INT(0, sipp_run(&other), "a call by the other trunk");
	CHECK(raw_open(&r, "127.0.0.2", 0, b->sip_port, false), "socket");
	CHECK_INT(503, options(&r, "+15550101"), "OPTIONS are answered as an INVITE would be");
	CHECK(raw_has(&r, "Retry-After: "), "%s", r.last);
	raw_close(&r);
	CHECK(raw_open(&r, "127.0.0.3", 0, b->sip_port, false), "socket");
	CHECK_INT(200, options(&r, "+15550101"), "the other trunk's");
	raw_close(&r);

	dial(b, id, 202);
	CHECK(events_wait(events, 0, "dialout.answered", "id", id, WAIT_MS) >= 0, "answered");
	ask_hang_up(b, id);
	CHECK(bridge_wait_count(b, "/v1/records?direction=out&trunk=second", 1, WAIT_MS), "a record");
	list = bridge_get(b, "/v1/records?direction=out&trunk=second");
	CHECK_STR("first: the trunk is in maintenance", json_text_at(list, "items.0.passed_over"),
		"the record");
	json_decref(list);
	snprintf(words, sizeof(words), "why %s", id);
	ctl_says(b, 0, words, SAYS("not tried first: the trunk is in maintenance"));
	ctl_says(b, 0, "dialplan explain +15550199 --account acme",
		SAYS("first is passed over: the trunk is in maintenance"));
	ctl_says(b, 0, "dialplan explain +15550101 --trunk first",
		SAYS("refused with SIP status 503: drained"));
	ctl_says(b, 0, "dialplan explain +15550101 --trunk second", SAYS("is answered by meeting 100200300"));
}

/*   one call in and one out by `first`; drain; nobody new; both end; drained; restart: still drained; resume */
TEST(a_trunk_is_drained_both_ways)
{
	const uint16_t ports[] = { free_sip_port("127.0.0.11"), free_sip_port("127.0.0.13") };
	struct peer gateways[2], waiting;
	struct events *events;
	struct bridge b;
	struct raw r;
	char site[SITE], id[64], *said;
	int code;

	snprintf(site, sizeof(site), two_trunks, ports[0], ports[1]);
	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site, .t1_ms = T1_MS }), "bridge");
	events = events_open(&b, NULL);
	gateway_start(&b, &gateways[0], "127.0.0.11", ports[0]);
	gateway_start(&b, &gateways[1], "127.0.0.13", ports[1]);
	test_sleep_ms(300); /* SIPp says nothing when it listens */
	CHECK(raw_open(&r, "127.0.0.2", 0, b.sip_port, false), "socket");
	CHECK_INT(200, raw_call(&r, "+15550101"), "a call in");
	dial(&b, id, 202);
	CHECK(events_wait(events, 0, "dialout.answered", "id", id, WAIT_MS) >= 0, "a call out");
	CHECK_INT(2, bridge_count(&b, "/v1/calls?trunk=first"), "two live calls");

	ctl_says(&b, 0, "trunk drain first", SAYS("first is draining, 2 calls"));
	hear(events, "trunk.draining", "trunk", "first");
	takes_no_calls(&b, events);
	CHECK_INT(2, bridge_count(&b, "/v1/calls?trunk=first"), "live calls stay");
	raw_request(&r, "INVITE", NULL, raw_offer);
	CHECK_INT(200, raw_final(&r, 3000), "and may be changed");
	raw_request(&r, "ACK", NULL, NULL);
	ctl_says(&b, 0, "status", SAYS("first   draining     2"));
	CHECK(events_wait(events, 0, "trunk.drained", NULL, NULL, 200) < 0, "not drained yet");

	ctl_start(&b, &waiting, "waiting", "trunk drain first --wait");
	CHECK(peer_wait_line(&waiting, "first is draining, 2 calls", WAIT_MS), "it waits");
	ask_hang_up(&b, id);
	CHECK(peer_wait_line(&waiting, "first is draining, 1 calls", WAIT_MS), "one is left");
	raw_request(&r, "BYE", NULL, NULL);
	CHECK_INT(200, raw_final(&r, 3000), "the last one ends");
	hear(events, "trunk.drained", "trunk", "first");
	CHECK_INT(0, peer_wait_exit(&waiting, WAIT_MS), "nothing to wait for any more");
	said = peer_output(&waiting);
	CHECK(strstr(said, "first is drained, 0 calls"), "%s", said);
	free(said);
	events_close(events);

	CHECK(bridge_restart(&b, SIGTERM, &code) && code == 0, "a restart: %d", code);
	events = events_open(&b, NULL);
	raw_close(&r);
	CHECK(raw_open(&r, "127.0.0.2", 0, b.sip_port, false), "socket");
	CHECK_INT(503, raw_call(&r, "+15550101"), "drained over the restart");
	ctl_says(&b, 0, "trunk resume first", SAYS("first is open, 0 calls"));
	hear(events, "trunk.resumed", "trunk", "first");
	CHECK_INT(200, raw_call(&r, "+15550101"), "calls again");
	CHECK_INT(200, options(&r, "+15550101"), "and OPTIONS");
	raw_close(&r);
	events_close(events);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
	peer_stop(&gateways[0], 500);
	peer_stop(&gateways[1], 500);
}

/*   REGISTER 600; a call; drain: held; the call ends: REGISTER 0; resume: REGISTER 600 */
TEST(a_registration_is_given_back_with_the_last_call)
{
	struct gate_request r, invite;
	struct gate g;
	struct bridge b;
	char site[SITE], id[64];

	CHECK(gate_open(&g, "127.0.0.11"), "gateway");
	snprintf(site, sizeof(site),
		"accounts:\n  - name: acme\n    meetings:\n      - { id: \"100200300\", name: Open }\n"
		"trunks:\n  - { name: first, outbound: { gateways: [ \"sip:127.0.0.11:%u\" ], keepalive: "
		"false, register: true, "
		"username: us, password: secret } }\n"
		"routes:\n  - { account: acme, prefix: \"+1\", trunks: [ first ], caller_id: \"+15550100\" "
		"}\n"
		"numbers:\n  - { number: \"+15550100\", account: acme, answer: attendant }\n",
		g.port);
	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site, .t1_ms = T1_MS }), "bridge");
	CHECK(gate_wait(&g, &r, "REGISTER", WAIT_MS), "REGISTER");
	CHECK_STR("600", gate_header(&r, "Expires"), "for ten minutes");
	gate_answer(&g, &r, 200, "a", "Expires: 600\r\n", NULL);
	dial(&b, id, 202);
	CHECK(gate_wait(&g, &invite, "INVITE", WAIT_MS), "INVITE");
	gate_answer(&g, &invite, 200, "b", NULL, gate_sdp);
	CHECK(gate_wait(&g, &r, "ACK", WAIT_MS), "ACK");
	ctl_says(&b, 0, "trunk drain first", SAYS("first is draining, 1 calls"));
	CHECK(gate_quiet(&g, "REGISTER", 500), "held while somebody talks");
	gate_request(&g, &invite, "BYE", "b", 1);
	CHECK(gate_wait(&g, &r, "REGISTER", WAIT_MS), "given back");
	CHECK_STR("0", gate_header(&r, "Expires"), "Expires");
	gate_answer(&g, &r, 200, "c", NULL, NULL);
	CHECK(gate_quiet(&g, "REGISTER", 500), "and left alone");
	ctl_says(&b, 0, "trunk resume first", SAYS("first is open, 0 calls"));
	CHECK(gate_wait(&g, &r, "REGISTER", WAIT_MS), "registered again");
	CHECK_STR("600", gate_header(&r, "Expires"), "Expires");
	gate_answer(&g, &r, 200, "d", "Expires: 600\r\n", NULL);
	gate_close(&g);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

/* Before an upgrade: nobody new, either way; the last one hangs up; the process ends by itself. */
TEST(the_node_drains_and_ends)
{
	struct peer waiting;
	struct bridge b;
	struct raw r, other;
	char why[64], *said;

	CHECK(bridge_start(&b, &(struct bridge_setup){ .t1_ms = T1_MS }), "bridge");
	CHECK(raw_open(&r, "127.0.0.2", 0, b.sip_port, false), "socket");
	CHECK(raw_open(&other, "127.0.0.2", 0, b.sip_port, false), "socket");
	CHECK_INT(200, raw_call(&r, "+15550101"), "a call");

	ctl_says(&b, 0, "drain --stay", SAYS("the bridge is draining, 1 calls"));
	CHECK_INT(503, raw_call(&other, "+15550101"), "nobody new");
	ctl_says(&b, 0, "resume", SAYS("the bridge is open, 1 calls"));
	CHECK_INT(200, raw_call(&other, "+15550101"), "taken back");
	raw_request(&other, "BYE", NULL, NULL);
	CHECK_INT(200, raw_final(&other, 3000), "BYE");

	ctl_start(&b, &waiting, "waiting", "drain --wait");
	CHECK(peer_wait_line(&waiting, "the bridge is draining, 1 calls", WAIT_MS), "it waits");
	CHECK_INT(503, raw_call(&other, "+15550101"), "nobody new");
	CHECK(raw_has(&other, "Retry-After: ") && raw_has(&other, "Q.850;cause=41"), "%s", other.last);
	CHECK_INT(503, options(&other, "+15550101"), "OPTIONS");
	dial(&b, why, 503);
	CHECK_STR("the bridge is being drained", why, "nobody is called");
	CHECK_INT(PEER_RUNNING, peer_wait_exit(&b.peer, 500), "it waits for the last one");
	raw_request(&r, "BYE", NULL, NULL);
	CHECK_INT(200, raw_final(&r, 3000), "the last one");
	CHECK_INT(0, peer_wait_exit(&b.peer, WAIT_MS), "it ends by itself, well");
	CHECK_INT(0, peer_wait_exit(&waiting, WAIT_MS), "and partyctl with it");
	said = peer_output(&b.peer);
	CHECK(strstr(said, "drained, 0 calls"), "%s", said);
	free(said);
	raw_close(&r);
	raw_close(&other);
	CHECK_INT(0, bridge_stop(&b), "nothing is left to stop");
}

TESTS(a_trunk_is_drained_both_ways, a_registration_is_given_back_with_the_last_call, the_node_drains_and_ends)
