/* What calls cost, against what an account may spend in a day (FEATURES S3): counted while they go on, told, refused, ended before it is
 * outgrown, and known after a crash.  SIPp stands at the gateways. */
#include "tests/flow/outbed.h"

#include <signal.h>
#include <stdlib.h>

enum { FIRST, SECOND, GATEWAYS, WAIT_MS = 8000, SITE = 4096, LONG_MS = 20000 };

static void begin(struct bed *b, const char *money, const char *first, const char *second)
{
	static char site[SITE];
	long status;

	memset(b, 0, sizeof(*b));
	gateways_init(&b->gateways, GATEWAYS);
	snprintf(site, sizeof(site),
		"accounts:\n  - name: acme\n    dialling: { daily_money: %s }\n"
		"    meetings: [ { id: \"100200300\", name: Open } ]\n"
		"trunks:\n"
		"  - { name: first, outbound: { gateways: [ \"sip:127.0.0.11:%u\" ], keepalive: false } }\n"
		"  - { name: second, outbound: { gateways: [ \"sip:127.0.0.12:%u\" ], keepalive: false } }\n"
		"routes:\n  - { account: acme, prefix: \"+1\", trunks: [ first, second ], caller_id: "
		"\"+15550100\" }\n"
		"  - { account: acme, prefix: \"+44\", trunks: [ second ], caller_id: \"+15550100\" }\n"
		"numbers:\n  - { number: \"+15550100\", account: acme, answer: attendant }\n",
		money, b->gateways.ports[FIRST], b->gateways.ports[SECOND]);
	bed_start(b, site);
	json_decref(
		bridge_call(&b->bridge, "PUT", "/v1/rates/first?currency=EUR", "text/csv", first, &status));
	CHECK_INT(200, status, first);
	json_decref(
		bridge_call(&b->bridge, "PUT", "/v1/rates/second?currency=EUR", "text/csv", second, &status));
	CHECK_INT(200, status, second);
}

static void refused(struct bed *b, const char *to, const char *why)
{
	char body[128];
	long status;
	json_t *answer;

	snprintf(body, sizeof(body), "{\"to\":\"%s\"}", to);
	answer = bridge_call(&b->bridge, "POST", "/v1/meetings/100200300/calls", NULL, body, &status);
	CHECK_INT(403, status, to);
	CHECK(strstr(json_text_at(answer, "error.message"), why), "%s: %s", to,
		json_text_at(answer, "error.message"));
	json_decref(answer);
}

static const json_t *need(struct bed *b, const char *type, const char *key, const char *value, unsigned ms)
{
	return events_get(b->events, events_need(b->events, &b->bridge, type, key, value, ms), NULL);
}

static double money_today(const struct bed *b)
{
	json_t *list = bridge_get(&b->bridge, "/v1/budgets");
	const char *text = json_text_at(list, "items.0.money_today");
	const double money = text ? strtod(text, NULL) : -1;

	json_decref(list);
	return money;
}

static json_t *record(struct bed *b)
{
	char path[120];

	snprintf(path, sizeof(path), "/v1/records?call=%s", b->id);
	CHECK(bridge_wait_count(&b->bridge, path, 1, WAIT_MS), "a record");
	return bridge_get(&b->bridge, path);
}

/* A tenth a second and a tenth to connect, of 1.2: told at four fifths, ended before it is more. */
TEST(a_call_is_ended_before_it_outgrows_the_money)
{
	struct bed b;
	json_t *list;
	double cost;

	begin(&b, "1.2", "prefix,per_minute,connect,increments\n+1,6,0.1,1/1\n",
		"prefix,per_minute\n+1,0.01\n");
	gateways_start(&b.gateways, &b.bridge, FIRST, "answer");
	ask_call(&b.bridge, "+15550199", b.id);
	need(&b, "dialout.answered", "id", b.id, WAIT_MS);
	CHECK_STR("near", json_text_at(need(&b, "budget.near", "account", "acme", LONG_MS), "kind"), "near");
	CHECK(bridge_count(&b.bridge, "/v1/calls") == 1, "it goes on");
	CHECK(money_today(&b) >= 0.96, "what it costs so far is counted: %g", money_today(&b));
	CHECK_STR("money", json_text_at(need(&b, "budget.reached", "account", "acme", LONG_MS), "kind"),
		"reached");
	need(&b, "call.ended", "cause", "the account's money for today is used up", WAIT_MS);
	list = record(&b);
	CHECK_STR("us", json_text_at(list, "items.0.ended_by"), "by whom");
	cost = strtod(json_text_at(list, "items.0.cost"), NULL);
	CHECK(cost >= 1.0 && cost <= 1.2, "it cost %g", cost);
	json_decref(list);
	CHECK(money_today(&b) > cost - 1e-9 && money_today(&b) < cost + 1e-9, "and so much is spent: %g",
		money_today(&b));
	CHECK(gateways_asked(&b.gateways, FIRST) == 1, "one call");
	end(&b);
}

/* Where a second at the ceiling is the difference: a killed bridge knows what its calls had cost. */
TEST(what_a_call_cost_so_far_outlives_a_crash)
{
	struct bed b;
	double before, after;
	int code;

	begin(&b, "100", "prefix,per_minute,increments\n+1,60,1/1\n", "prefix,per_minute\n+1,0.01\n");
	gateways_start(&b.gateways, &b.bridge, FIRST, "answer");
	ask_call(&b.bridge, "+15550199", b.id);
	need(&b, "dialout.answered", "id", b.id, WAIT_MS);
	test_sleep_ms(3500);
	before = money_today(&b);
	CHECK(before >= 3, "it costs while it goes on: %g", before);
	events_close(b.events);
	CHECK(bridge_restart(&b.bridge, SIGKILL, &code), "killed");
	after = money_today(&b);
	CHECK(after >= before - 2 && after >= 2, "%g before, %g after", before, after);
	b.events = events_open(&b.bridge, NULL);
	end(&b);
}

/* A call that rings has its first step kept for it; where there is no price nothing is let out. */
TEST(a_call_is_let_out_while_its_first_step_is_left)
{
	struct bed b;

	begin(&b, "1", "prefix,per_minute\n+1,0.6\n", "prefix,per_minute\n+33,0.01\n");
	gateways_start(&b.gateways, &b.bridge, FIRST, "silent");
	ask_call(&b.bridge, "+15550199", b.id);
	refused(&b, "+15550188",
		"1 a day is all the account may spend: 0.6 is spent, its first step costs 0.6");
	CHECK_STR("money", json_text_at(need(&b, "budget.reached", "account", "acme", WAIT_MS), "kind"),
		"told");
	refused(&b, "+442012345", "nobody knows what it costs");
	end(&b);
}

/* The next trunk is too dear: it is passed over, and the record says so. */
TEST(a_dearer_trunk_is_passed_over)
{
	struct bed b;
	const json_t *event;

	begin(&b, "1", "prefix,per_minute\n+1,0.6\n", "prefix,per_minute\n+1,2\n");
	gateways_start(&b.gateways, &b.bridge, FIRST, "500");
	gateways_start(&b.gateways, &b.bridge, SECOND, "answer");
	ask_call(&b.bridge, "+15550199", b.id);
	event = need(&b, "dialout.failed", "id", b.id, WAIT_MS);
	CHECK_STR("the account's money for today does not reach for its first step",
		json_text_at(event, "cause"), "why");
	CHECK(gateways_asked(&b.gateways, FIRST) == 1 && gateways_asked(&b.gateways, SECOND) == 0,
		"the dear one was not asked");
	CHECK(money_today(&b) < 1e-9, "and nothing is spent: %g", money_today(&b));
	end(&b);
}

TESTS(a_call_is_ended_before_it_outgrows_the_money, what_a_call_cost_so_far_outlives_a_crash,
	a_call_is_let_out_while_its_first_step_is_left, a_dearer_trunk_is_passed_over)
