/* links: tests/gate.c tests/rawsip.c */
#include "tests/flow/ask.h"
#include "tests/flow/events.h"
#include "tests/gate.h"
#include "tests/rawsip.h"
#include "tests/test.h"

#include <stdlib.h>

/* Whose sound passes before the answer (FEATURES T12, RFC 5009): calls that we make, by SIPp and by hand, and calls that come in. */

static const char site[] =
	"accounts:\n  - name: acme\n    meetings:\n      - { id: \"100200300\", name: Open }\n"
	"trunks:\n  - { name: in, inbound: { from: [ 127.0.0.2 ] }, ranges: [ \"+15550100..99\" ] }\n"
	"  - name: out\n    outbound: { gateways: [ \"sip:127.0.0.11:%u\" ], keepalive: false%s }\n"
	"routes:\n  - { account: acme, prefix: \"+1\", trunks: [ out ], caller_id: \"+15550101\" }\n"
	"numbers:\n  - { number: \"+15550101\", account: acme, answer: \"meeting:100200300\" }\n";

enum { WAIT_MS = 5000, STORY = 400 };

struct bed {
	struct bridge bridge;
	struct events *events;
	char id[ASK_ID];
};

static void begin(struct bed *b, unsigned port, const char *keys)
{
	static char text[2048];

	snprintf(text, sizeof(text), site, port, keys);
	CHECK(bridge_start(&b->bridge, &(struct bridge_setup){ .site = text }), "bridge");
	b->events = events_open(&b->bridge, NULL);
	CHECK(b->events, "events");
}

static void end(struct bed *b)
{
	events_close(b->events);
	CHECK_INT(0, bridge_stop(&b->bridge), "bridge");
}

static void wait_for(struct bed *b, size_t from, const char *type)
{
	CHECK(events_wait(b->events, from, type, "id", b->id, WAIT_MS) >= 0, "no %s in %s", type,
		events_text(b->events));
}

/* States of the dial-out in the order in which they were told. */
static void story(struct bed *b, char out[STORY])
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < events_count(b->events); i++) {
		const char *type = json_text_at(events_get(b->events, (int)i, NULL), "type");

		if (type && strncmp(type, "dialout.", 8) == 0)
			n += (size_t)snprintf(out + n, STORY - n, "%s%s", n ? " " : "", type + 8);
	}
}

/*  us: INVITE, P-Early-Media: supported -->   SIPp
 *     <-- 183 with description, inactive        it rings: ringback is made here
 *     <-- 183 sendrecv                          their sound may be heard
 *     <-- 180                                   it goes on
 *     <-- 183 inactive                          it rings again
 *     <-- 183 sendonly; 200 */
TEST(sipp_opens_and_shuts)
{
	const uint16_t port = free_sip_port("127.0.0.11");
	char text[8], have[STORY];
	struct peer sipp;
	struct bed b;

	begin(&b, port, ", early_media: true");
	snprintf(text, sizeof(text), "%u", port);
	CHECK(peer_start(&sipp, &b.bridge.folder, "sipp",
		      (const char *const[]){ "sipp", "-sf", "tests/flow/sipp/gateway_permit.xml", "-i",
			      "127.0.0.11", "-p", text, "-nostdin", "-m", "1", "-timeout", "30s", NULL }),
		"sipp");
	test_sleep_ms(300); /* SIPp says nothing when it listens */
	ask_call(&b.bridge, "+15550199", b.id);
	wait_for(&b, 0, "dialout.answered");
	story(&b, have);
	CHECK_STR("queued dialling ringing early ringing early answered", have, "as it opens and shuts");
	ask_hang_up(&b.bridge, b.id);
	CHECK_INT(0, peer_wait_exit(&sipp, WAIT_MS), "SIPp saw what it wanted");
	end(&b);
}

/* What no SIPp does: an UPDATE that opens, two forks of which one is shut. */
TEST(an_update_opens_and_forks_are_apart)
{
	struct gate_request invite, r;
	char have[STORY];
	struct gate gate;
	struct bed b;

	CHECK(gate_open(&gate, "127.0.0.11"), "gateway");
	begin(&b, gate.port, "");
	ask_call(&b.bridge, "+15550199", b.id);
	CHECK(gate_wait(&gate, &invite, "INVITE", WAIT_MS), "INVITE");
	CHECK_STR("", gate_header(&invite, "P-Early-Media"), "not asked for");
	gate_answer(&gate, &invite, 183, "a", "P-Early-Media: inactive\r\n", gate_sdp);
	wait_for(&b, 0, "dialout.ringing");
	gate_request_body(&gate, &invite, "UPDATE", "a", 1, "P-Early-Media: sendonly\r\n", "");
	CHECK(gate_wait(&gate, &r, "SIP/2.0", WAIT_MS), "answered");
	wait_for(&b, 0, "dialout.early");
	gate_answer(&gate, &invite, 183, "b", "P-Early-Media: inactive\r\n", NULL);
	gate_answer(&gate, &invite, 486, "a", NULL, NULL);
	wait_for(&b, 0, "dialout.busy");
	story(&b, have);
	CHECK_STR("queued dialling ringing early busy", have, "the other fork shuts nothing");
	end(&b);
	gate_close(&gate);
}

/* Our own sound before the answer, the sentence for a number that nobody has, is announced to who reads the header. */
TEST(our_183_says_that_it_may_be_heard)
{
	static const struct {
		const char *headers, *want;
	} cases[] = { { "P-Early-Media: supported\r\n", "\r\nP-Early-Media: sendonly\r\n" },
		{ "P-Early-Media: gated\r\n", NULL }, { NULL, NULL } };
	struct raw caller;
	struct bed b;

	begin(&b, 5060, "");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK(raw_open(&caller, "127.0.0.2", 0, b.bridge.sip_port, false), "socket");
		raw_fresh(&caller, "+15550177");
		raw_request(&caller, "INVITE", cases[i].headers, raw_offer);
		CHECK_INT(183, raw_wait(&caller, WAIT_MS), "the sentence begins");
		CHECK(raw_has(&caller, "m=audio "), "%s", caller.last);
		CHECK_INT(cases[i].want != NULL, raw_has(&caller, "P-Early-Media"), caller.last);
		CHECK(!cases[i].want || raw_has(&caller, cases[i].want), "%s", caller.last);
		raw_close(&caller);
	}
	end(&b);
}

TESTS(sipp_opens_and_shuts, an_update_opens_and_forks_are_apart, our_183_says_that_it_may_be_heard)
