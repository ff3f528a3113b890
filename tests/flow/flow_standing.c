/* Routing by how well carriers do (FEATURES T23, X8): one that fails falls behind the others of its priority, is tried now and then, and comes
 * back; both are told.  SIPp stands at the gateways. */
#include "tests/flow/outbed.h"

#include <signal.h>
#include <stdlib.h>

enum { FIRST, SECOND, GATEWAYS, WAIT_MS = 8000, SITE = 4096, PROBE_MS = 2000, SAVED_MS = 6500 };

static void begin(struct bed *b, const char *quality)
{
	static char site[SITE];

	memset(b, 0, sizeof(*b));
	gateways_init(&b->gateways, GATEWAYS);
	snprintf(site, sizeof(site),
		"accounts:\n  - name: acme\n    meetings: [ { id: \"100200300\", name: Open } ]\n"
		"trunks:\n"
		"  - name: first\n    outbound: { gateways: [ \"sip:127.0.0.11:%u\" ], keepalive: false }\n"
		"    quality: { %s }\n"
		"  - { name: second, outbound: { gateways: [ \"sip:127.0.0.12:%u\" ], keepalive: false } }\n"
		"routes:\n  - { account: acme, prefix: \"+1\", trunks: [ first, second ], caller_id: "
		"\"+15550100\" }\n"
		"numbers:\n  - { number: \"+15550100\", account: acme, answer: attendant }\n",
		b->gateways.ports[FIRST], quality, b->gateways.ports[SECOND]);
	bed_start(b, site);
	gateways_start(&b->gateways, &b->bridge, SECOND, "answer");
}

/* One call that somebody answers. */
static void call(struct bed *b, unsigned n)
{
	char to[20];

	snprintf(to, sizeof(to), "+155501%02u", n);
	ask_call(&b->bridge, to, b->id);
	events_need(b->events, &b->bridge, "dialout.answered", "id", b->id, WAIT_MS);
	ask_hang_up(&b->bridge, b->id);
	CHECK(bridge_wait_count(&b->bridge, "/v1/calls", 0, WAIT_MS), "calls are left");
}

/* Trunks in the order of the decision, and what is said of the first one. */
static void decided(const struct bed *b, const char *first, const char *standing, const char *says)
{
	char *text = bridge_text(
		&b->bridge, "GET", "/v1/dialplan/explain?number=%2B15550199&account=acme", NULL, NULL, NULL);
	json_t *answer = json_loads(text, 0, NULL);

	CHECK_STR(first, json_text_at(answer, "trunks.0.trunk"), says);
	CHECK_STR(standing,
		json_text_at(answer, strcmp(first, "first") == 0 ? "trunks.0.standing" : "trunks.1.standing"),
		says);
	CHECK(strstr(text, says), "'%s' in %s", says, text);
	json_decref(answer);
	free(text);
}

static void metric(const struct bed *b, const char *line)
{
	char *text = bridge_text(&b->bridge, "GET", "/metrics", NULL, NULL, NULL);

	CHECK(strstr(text, line), "%s in %s", line, text);
	free(text);
}

static int told(struct bed *b, const char *type)
{
	return events_wait(b->events, 0, type, "trunk", "first", WAIT_MS);
}

TEST(a_failing_carrier_falls_behind_and_comes_back)
{
	struct bed b;
	json_t *trunks;
	const char *why;

	begin(&b, "min_asr: 50, min_calls: 4, probe_s: 2");
	gateways_start(&b.gateways, &b.bridge, FIRST, "500");
	decided(&b, "first", "good", "trunks, in this order");
	for (unsigned i = 0; i < 4; i++)
		call(&b, i);
	CHECK(told(&b, "trunk.quality_low") >= 0, "told");
	why = json_text_at(events_get(b.events, told(&b, "trunk.quality_low"), NULL), "why");
	CHECK_STR("ASR 0 % of 4 calls, 50 % is wanted", why, "why");
	decided(&b, "second", "low", "trunk 'first' does badly: it comes behind the others of its priority");
	metric(&b, "\npartyline_trunk_quality_low{trunk=\"first\"} 1\n");
	trunks = bridge_get(&b.bridge, "/v1/trunks/first");
	CHECK_STR("low", json_text_at(trunks, "standing.standing"), "shown");
	json_decref(trunks);
	json_decref(bridge_call(
		&b.bridge, "PATCH", "/v1/trunks/second", "application/json", "{\"ptime\":30}", NULL));
	decided(&b, "second", "low", "trunk 'first' does badly"); /* a new site forgets nothing */
	call(&b, 4);
	CHECK(gateways_asked(&b.gateways, FIRST) == 4 && gateways_asked(&b.gateways, SECOND) == 5,
		"the failing one is left alone: %u and %u", gateways_asked(&b.gateways, FIRST),
		gateways_asked(&b.gateways, SECOND));

	why = json_text_at(
		events_get(b.events,
			events_need(b.events, &b.bridge, "alert.raised", "kind", "trunk_quality", WAIT_MS),
			NULL),
		"text");
	CHECK_STR("ASR 0 % of 4 calls, 50 % is wanted", why, "and an alert");

	/* it has recovered: two calls, each let through after a while, show it */
	gateways_start(&b.gateways, &b.bridge, FIRST, "answer");
	test_sleep_ms(PROBE_MS + 1200);
	decided(&b, "first", "probed", "it keeps its place this once");
	call(&b, 5);
	CHECK(gateways_asked(&b.gateways, FIRST) == 1, "one call tries it");
	call(&b, 6);
	CHECK(gateways_asked(&b.gateways, FIRST) == 1, "the next does not");
	CHECK(events_wait(b.events, 0, "trunk.quality_ok", NULL, NULL, 100) < 0, "one is not enough");
	test_sleep_ms(PROBE_MS + 1200);
	call(&b, 7);
	CHECK(told(&b, "trunk.quality_ok") >= 0, "told");
	events_need(b.events, &b.bridge, "alert.ended", "kind", "trunk_quality", WAIT_MS);
	decided(&b, "first", "good", "trunks, in this order");
	metric(&b, "\npartyline_trunk_quality_low{trunk=\"first\"} 0\n");
	end(&b);
}

static void restart(struct bed *b, int how)
{
	events_close(b->events);
	CHECK(bridge_restart(&b->bridge, how, NULL), "restart");
	b->events = events_open(&b->bridge, NULL);
	CHECK(b->events, "events");
}

/* Its place behind the others outlives the process, and so do the figures: after an end in order at once, after a crash as of five seconds before. */
TEST(what_was_learned_outlives_the_process)
{
	struct bed b;
	json_t *trunk;

	begin(&b, "min_asr: 50, min_calls: 4, probe_s: 600");
	gateways_start(&b.gateways, &b.bridge, FIRST, "500");
	for (unsigned i = 0; i < 4; i++)
		call(&b, i);
	decided(&b, "second", "low", "trunk 'first' does badly");
	restart(&b, SIGTERM);
	decided(&b, "second", "low", "trunk 'first' does badly");
	trunk = bridge_get(&b.bridge, "/v1/trunks/second");
	CHECK_INT(4, json_at(trunk, "standing.calls", -1), "the other's calls are known");
	json_decref(trunk);
	call(&b, 4);
	test_sleep_ms(SAVED_MS);
	restart(&b, SIGKILL);
	decided(&b, "second", "low", "trunk 'first' does badly");
	trunk = bridge_get(&b.bridge, "/v1/trunks/second");
	CHECK_INT(5, json_at(trunk, "standing.calls", -1), "and of its next life's as well");
	json_decref(trunk);
	CHECK_INT(4, (int)gateways_asked(&b.gateways, FIRST), "the failing one is left alone all the while");
	end(&b);
}

/* X8: told, though it keeps its place. */
TEST(a_slow_carrier_is_told_and_may_keep_its_place)
{
	struct bed b;
	const json_t *event;

	begin(&b, "max_pdd_ms: 200, min_calls: 2, demote: false");
	gateways_start(&b.gateways, &b.bridge, FIRST, "late 600");
	call(&b, 0);
	call(&b, 1);
	CHECK(told(&b, "trunk.quality_low") >= 0, "told");
	event = events_get(b.events, told(&b, "trunk.quality_low"), NULL);
	CHECK(strncmp(json_text_at(event, "why"), "PDD ", 4) == 0, "%s", json_text_at(event, "why"));
	CHECK(json_at(event, "pdd_ms", 0) >= 600, "%g ms", json_at(event, "pdd_ms", 0));
	event = events_get(b.events,
		events_need(b.events, &b.bridge, "alert.raised", "kind", "trunk_quality", WAIT_MS), NULL);
	CHECK(strncmp(json_text_at(event, "text"), "PDD ", 4) == 0, "%s", json_text_at(event, "text"));
	decided(&b, "first", "good", "trunks, in this order");
	call(&b, 2);
	CHECK(gateways_asked(&b.gateways, FIRST) == 3 && gateways_asked(&b.gateways, SECOND) == 0,
		"in its place");
	end(&b);
}

TESTS(a_failing_carrier_falls_behind_and_comes_back, what_was_learned_outlives_the_process,
	a_slow_carrier_is_told_and_may_keep_its_place)
