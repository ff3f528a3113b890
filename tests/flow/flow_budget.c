#include "tests/flow/bridge.h"
#include "tests/flow/ctl.h"
#include "tests/flow/events.h"
#include "tests/test.h"

#include <signal.h>
#include <stdlib.h>

/* What an account spends on calls of its meetings (FEATURES S3): told at four fifths, refused at the ceiling, blocked when it looks like
 * fraud, and none of it forgotten by a restart.  Nobody is at the only gateway: a call counts from when it is tried. */

enum { WAIT_MS = 5000, SAVED_MS = 1500, ALERT_MS = 12000 };

static const char site[] =
	"accounts:\n"
	"  - name: acme\n    dialling: { daily: 5, consecutive: 2, daily_minutes: 600 }\n"
	"    meetings: [ { id: \"100200300\", name: Open } ]\n"
	"  - name: zeta\n"
	"    meetings: [ { id: \"100200301\", name: Other } ]\n"
	"trunks:\n  - name: first\n    outbound: { gateways: [ \"sip:127.0.0.11:9\" ], keepalive: false }\n"
	"routes:\n  - { account: acme, prefix: \"+1\", trunks: [ first ], caller_id: \"+15550100\" }\n"
	"numbers:\n  - { number: \"+15550100\", account: acme, answer: attendant }\n";

static long dial(const struct bridge *b, const char *to)
{
	char body[64];
	long status;

	snprintf(body, sizeof(body), "{\"to\":\"%s\"}", to);
	json_decref(bridge_call(b, "POST", "/v1/meetings/100200300/calls", NULL, body, &status));
	return status;
}

static int wait_for(struct events *e, const char *type)
{
	return events_wait(e, 0, type, "account", "acme", WAIT_MS);
}

static void check_row(const struct bridge *b, const char *story, int today, bool blocked)
{
	json_t *list = bridge_get(b, "/v1/budgets");

	CHECK_STR("acme", json_text_at(list, "items.0.account"), story);
	CHECK_INT(today, json_at(list, "items.0.today", -1), story);
	CHECK_INT(5, json_at(list, "items.0.daily", -1), story);
	CHECK_INT(blocked, json_at(list, "items.0.blocked", -1), story);
	CHECK_INT(blocked, json_text_at(list, "items.0.blocked_until") != NULL, story);
	CHECK_INT(0, json_at(list, "items.1.today", -1), "the other account");
	json_decref(list);
}

static void restart(struct bridge *b, int how, int want)
{
	int code;

	CHECK(bridge_restart(b, how, &code), "restart");
	CHECK_INT(want, code, "the way it ended");
}

TEST(a_budget_is_told_kept_and_let_go)
{
	struct bridge b;
	struct events *e;
	char *text;

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "bridge");
	e = events_open(&b, NULL);
	CHECK_INT(202, dial(&b, "+15550111"), "the first");
	CHECK_INT(202, dial(&b, "+15550112"), "and the next");
	CHECK_INT(403, dial(&b, "+15550113"), "a third in a row is a pattern");
	CHECK(wait_for(e, "budget.blocked") >= 0, "told");
	CHECK_STR("consecutive", json_text_at(events_get(e, wait_for(e, "budget.blocked"), NULL), "kind"),
		"kind");
	CHECK_INT(403, dial(&b, "+15550190"), "blocked whatever the number");
	CHECK(events_wait(e, 0, "alert.raised", "kind", "budget_blocked", ALERT_MS) >= 0, "an alert");
	check_row(&b, "blocked", 2, true);
	events_close(e);

	restart(&b, SIGKILL, 128 + SIGKILL); /* at once: a block does not wait to be saved */
	check_row(&b, "after a crash", 2, true);
	CHECK_INT(403, dial(&b, "+15550191"), "still blocked");

	CHECK(bridge_wait_count(&b, "/v1/alerts", 1, ALERT_MS), "told of again");
	e = events_open(&b, NULL);
	text = ctl(&b, 0, "budget list");
	CHECK(strstr(text, "acme") && strstr(text, "zeta") && strstr(text, "BLOCKED UNTIL"), "%s", text);
	free(text);
	free(ctl(&b, 0, "budget unblock acme"));
	free(ctl(&b, 1, "budget unblock nobody"));
	CHECK(wait_for(e, "budget.unblocked") >= 0, "told");
	CHECK(bridge_wait_count(&b, "/v1/alerts", 0, ALERT_MS), "the alert is over");
	CHECK_INT(202, dial(&b, "+15550130"), "calls go again");
	CHECK(events_wait(e, 0, "budget.near", NULL, NULL, 200) < 0, "three of five are not near");
	CHECK_INT(202, dial(&b, "+15550150"), "the fourth of five");
	CHECK(wait_for(e, "budget.near") >= 0, "told at four fifths");
	CHECK_INT(202, dial(&b, "+15550170"), "the fifth");
	events_close(e);

	restart(&b, SIGTERM, 0);
	check_row(&b, "after a restart", 5, false);
	e = events_open(&b, NULL);
	CHECK_INT(403, dial(&b, "+15550180"), "a sixth");
	CHECK_INT(403, dial(&b, "+15550185"), "and a seventh");
	CHECK(wait_for(e, "budget.reached") >= 0, "told");
	CHECK(events_wait(e, (size_t)wait_for(e, "budget.reached") + 1, "budget.reached", NULL, NULL, 200) <
			0,
		"once a minute");
	text = bridge_text(&b, "GET", "/metrics", NULL, NULL, NULL);
	CHECK(strstr(text, "\npartyline_over_budget_total 2\n") &&
			strstr(text, "\npartyline_accounts_blocked 0\n"),
		"%s", text);
	free(text);
	events_close(e);
	CHECK_INT(0, bridge_stop(&b), "bridge");
}

/* What was spent in a second of quiet outlives a crash as well. */
TEST(what_was_spent_is_saved_soon)
{
	struct bridge b;

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "bridge");
	CHECK_INT(202, dial(&b, "+15550111"), "one");
	test_sleep_ms(SAVED_MS);
	restart(&b, SIGKILL, 128 + SIGKILL);
	check_row(&b, "after a crash", 1, false);
	CHECK_INT(0, bridge_stop(&b), "bridge");
}

static void copy(const struct bridge *b, const char *verb, const char *file)
{
	char program[FOLDER_PATH * 2];
	const char *const argv[] = { build_program("partyctl", program), "--socket", b->control, verb, file,
		NULL };
	struct peer p;

	CHECK(peer_start(&p, &b->folder, "partyctl", argv), "partyctl");
	CHECK_INT(0, peer_wait_exit(&p, WAIT_MS), verb);
}

/* A backup that is restored brings what was spent and who was blocked, into another machine as into the same; it forgives nothing. */
TEST(a_backup_brings_what_was_spent)
{
	struct bridge b, other;
	char file[FOLDER_PATH + 16];

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "bridge");
	CHECK_INT(202, dial(&b, "+15550111"), "one");
	CHECK_INT(202, dial(&b, "+15550112"), "two");
	test_sleep_ms(SAVED_MS);
	snprintf(file, sizeof(file), "%s/copy.db", b.folder.path);
	copy(&b, "backup", file);
	CHECK_INT(202, dial(&b, "+15550150"), "a third after it");
	copy(&b, "restore", file);
	check_row(&b, "nothing is forgiven", 3, false);

	CHECK(bridge_start(&other, &(struct bridge_setup){ .site = "accounts: []\n" }), "another bridge");
	copy(&other, "restore", file);
	check_row(&other, "what the backup knows", 2, false);
	CHECK_INT(403, dial(&other, "+15550113"), "and the pattern goes on");
	check_row(&other, "blocked", 2, true);
	restart(&other, SIGKILL, 128 + SIGKILL);
	check_row(&other, "it was kept", 2, true);
	CHECK_INT(0, bridge_stop(&other), "the other bridge");
	CHECK_INT(0, bridge_stop(&b), "bridge");
}

TESTS(a_budget_is_told_kept_and_let_go, what_was_spent_is_saved_soon, a_backup_brings_what_was_spent)
