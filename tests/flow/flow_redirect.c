/* links: tests/gate.c */
#include "tests/flow/ask.h"
#include "tests/flow/events.h"
#include "tests/gate.h"
#include "tests/test.h"

#include <stdlib.h>

/* 3xx: trunk `first` has gateways at 127.0.0.11 and 127.0.0.12, the second of them a name too; `second` one at 127.0.0.13. */

enum { GATES = 3, WAIT_MS = 5000, SITE = 2048, HOPS = 6 };

struct bed {
	struct bridge bridge;
	struct gate gates[GATES];
	struct events *events;
	char id[64];
};

static void begin(struct bed *b)
{
	static const char *const ips[GATES] = { "127.0.0.11", "127.0.0.12", "127.0.0.13" };
	char site[SITE];

	memset(b, 0, sizeof(*b));
	for (unsigned i = 0; i < GATES; i++)
		CHECK(gate_open(&b->gates[i], ips[i]), "gateway");
	snprintf(site, sizeof(site),
		"accounts:\n  - name: acme\n    meetings:\n      - { id: \"100200300\", name: Open }\n"
		"trunks:\n"
		"  - { name: first, outbound: { gateways: [ \"sip:127.0.0.11:%u\", \"sip:127.0.0.12:%u\" ], "
		"keepalive: false } }\n"
		"  - { name: second, outbound: { gateways: [ \"sip:127.0.0.13:%u\" ], keepalive: false } }\n"
		"routes:\n  - { account: acme, prefix: \"+1\", trunks: [ first ], caller_id: \"+15550100\" "
		"}\n"
		"numbers:\n  - { number: \"+15550100\", account: acme, answer: attendant }\n",
		b->gates[0].port, b->gates[1].port, b->gates[2].port);
	CHECK(bridge_start(&b->bridge, &(struct bridge_setup){ .site = site }), "bridge");
	b->events = events_open(&b->bridge, NULL);
	CHECK(b->events, "events");
}

static void end(struct bed *b)
{
	events_close(b->events);
	CHECK_INT(0, bridge_stop(&b->bridge), "bridge");
	for (unsigned i = 0; i < GATES; i++)
		gate_close(&b->gates[i]);
}

static void dial(struct bed *b)
{
	long status;
	json_t *answer = bridge_call(
		&b->bridge, "POST", "/v1/meetings/100200300/calls", NULL, "{\"to\":\"+15550199\"}", &status);

	CHECK_INT(202, status, "POST");
	snprintf(b->id, sizeof(b->id), "%s", json_text_at(answer, "id"));
	json_decref(answer);
}

/* "+15550777@1,5" - to the second gateway; "@9" somebody else's. */
static void write_contact(const struct bed *b, char *out, size_t cap, const char *to)
{
	const char *at = strchr(to, '@');
	const unsigned i = (unsigned)atoi(at + 1);
	const char *q = strchr(at, ';');

	if (i < GATES)
		snprintf(out, cap, "Contact: <sip:%.*s@%s:%u>%s\r\n", (int)(at - to), to, b->gates[i].ip,
			b->gates[i].port, q ? q : "");
	else
		snprintf(out, cap, "Contact: <sip:%.*s@192.0.2.66:5060>%s\r\n", (int)(at - to), to,
			q ? q : "");
}

/* ladder:  each hop: INVITE at that gateway to that number, answered 302 with those Contacts; the last one is answered 486, or,
 *          where nothing more may follow, the dial-out ends as 302 */
TEST(a_redirection_is_followed_among_the_trunks_gateways)
{
	static const struct {
		const char *story;
		struct {
			unsigned at;
			const char *number, *to, *or_to; /* `to` NULL: 486 */
		} hops[HOPS];
		unsigned n;
		const char *event, *said; /* in the trace */
	} cases[] = {
		{ "to the other gateway",
			{ { 0, "+15550199", "+15550199@1", NULL }, { 1, "+15550199", NULL, NULL } }, 2,
			"dialout.busy", "redirected to 127.0.0.12" },
		{ "to another number at the same one",
			{ { 0, "+15550199", "+15550777@0", NULL }, { 0, "+15550777", NULL, NULL } }, 2,
			"dialout.busy", "redirected to 127.0.0.11" },
		{ "to somebody else", { { 0, "+15550199", "+15550199@9", NULL } }, 1, "dialout.failed",
			"redirected to no gateway of this trunk" },
		{ "to another trunk's gateway", { { 0, "+15550199", "+15550199@2", NULL } }, 1,
			"dialout.failed", "redirected to no gateway of this trunk" },
		{ "to a number that costs", { { 0, "+15550199", "+19005550000@1", NULL } }, 1,
			"dialout.failed", "redirected to a number that the account may not call" },
		{ "in a circle",
			{ { 0, "+15550199", "+15550199@1", NULL }, { 1, "+15550199", "+15550199@0", NULL },
				{ 0, "+15550199", "+15550199@1", NULL } },
			3, "dialout.failed", "redirected in a circle" },
		{ "to itself", { { 0, "+15550199", "+15550199@0", NULL } }, 1, "dialout.failed",
			"redirected in a circle" },
		{ "the best that may be called",
			{ { 0, "+15550199", "+15550199@9;q=0.9", "+15550199@1;q=0.5" },
				{ 1, "+15550199", NULL, NULL } },
			2, "dialout.busy", "redirected to 127.0.0.12" },
		{ "three times and no more",
			{ { 0, "+15550199", "+15550001@1", NULL }, { 1, "+15550001", "+15550002@0", NULL },
				{ 0, "+15550002", "+15550003@1", NULL },
				{ 1, "+15550003", "+15550004@0", NULL } },
			4, "dialout.failed", "redirected too often" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bed b;
		char path[96], *trace;

		begin(&b);
		dial(&b);
		for (unsigned h = 0; h < cases[i].n; h++) {
			struct gate *g = &b.gates[cases[i].hops[h].at];
			struct gate_request r;
			char want[96], contacts[300] = "";
			int n;

			CHECK(gate_wait(g, &r, "INVITE", WAIT_MS), "%s: hop %u", cases[i].story, h);
			snprintf(want, sizeof(want), "INVITE sip:%s@%s:%u SIP/2.0", cases[i].hops[h].number,
				g->ip, g->port);
			CHECK_STR(want, gate_line(&r), cases[i].story);
			if (cases[i].hops[h].to)
				write_contact(&b, contacts, sizeof(contacts), cases[i].hops[h].to);
			n = (int)strlen(contacts);
			if (cases[i].hops[h].or_to)
				write_contact(&b, contacts + n, sizeof(contacts) - (size_t)n,
					cases[i].hops[h].or_to);
			gate_answer(g, &r, cases[i].hops[h].to ? 302 : 486, "a",
				contacts[0] ? contacts : NULL, NULL);
		}
		CHECK(events_wait(b.events, 0, cases[i].event, "id", b.id, WAIT_MS) >= 0, "%s: no %s",
			cases[i].story, cases[i].event);
		for (unsigned g = 0; g < GATES; g++)
			CHECK(gate_quiet(&b.gates[g], "INVITE", 100), "%s: gateway %u is asked once more",
				cases[i].story, g);
		snprintf(path, sizeof(path), "/v1/calls/%s/trace", b.id);
		trace = bridge_text(&b.bridge, "GET", path, NULL, NULL, NULL);
		CHECK(trace && strstr(trace, cases[i].said), "%s: '%s' in %s", cases[i].story, cases[i].said,
			trace ? trace : "");
		free(trace);
		end(&b);
	}
}

TESTS(a_redirection_is_followed_among_the_trunks_gateways)
