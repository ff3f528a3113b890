/* The command line knows what the API knows (FEATURES X1): each path of the running bridge's description has its verb, and each verb of the table is one
 * of `partyctl help`.  That a verb asks what it should is test_partyctl's. */
#include "tests/flow/bridge.h"
#include "tests/test.h"

#include <stdlib.h>

enum { WAIT_MS = 10000 };

static const struct {
	const char *method, *path, *words; /* words: as help says them */
} table[] = {
	{ "GET", "/v1/status", "status" },
	{ "POST", "/v1/trunks/{id}/drain", "drain TRUNK" },
	{ "POST", "/v1/trunks/{id}/resume", "resume TRUNK" },
	{ "POST", "/v1/drain", "drain [--stay]" },
	{ "POST", "/v1/resume", "resume" },
	{ "GET", "/v1/meetings/{id}/participants", "participants MEETING" },
	{ "POST", "/v1/meetings/{id}/lock", "lock MEETING" },
	{ "POST", "/v1/participants/{id}/mute", "mute PARTICIPANT" },
	{ "DELETE", "/v1/participants/{id}", "remove PARTICIPANT" },
	{ "POST", "/v1/meetings/{id}/calls", "call MEETING NUMBER" },
	{ "GET", "/v1/meetings/{id}/calls", "dialouts MEETING" },
	{ "GET", "/v1/meetings/{id}/invite", "invite MEETING" },
	{ "POST", "/v1/meetings/{id}/people", "people MEETING [FILE]" },
	{ "GET", "/v1/meetings/{id}/people", "people MEETING" },
	{ "GET", "/v1/alerts", "alerts" },
	{ "GET", "/v1/budgets", "budget list" },
	{ "POST", "/v1/budgets/{id}/unblock", "unblock ACCOUNT" },
	{ "GET", "/v1/rates", "rates import TRUNK FILE" },
	{ "GET", "/v1/rates/{id}", "show TRUNK" },
	{ "PUT", "/v1/rates/{id}", "rates import TRUNK FILE" },
	{ "DELETE", "/v1/rates/{id}", "delete TRUNK" },
	{ "GET", "/v1/calls", "calls" },
	{ "DELETE", "/v1/calls/{id}", "hangup CALL" },
	{ "POST", "/v1/calls/{id}/transfer", "transfer CALL" },
	{ "POST", "/v1/calls/{id}/digits", "press CALL" },
	{ "GET", "/v1/calls/{id}/trace", "trace CALL" },
	{ "GET", "/v1/calls/{id}/why", "why CALL" },
	{ "GET", "/v1/records", "records [--csv]" },
	{ "GET", "/v1/sittings", "sittings" },
	{ "PUT", "/v1/site", "apply FILE" },
	{ "POST", "/v1/site/rollback", "rollback [--dry-run]" },
	{ "GET", "/v1/site", "export" },
	{ "GET", "/v1/dialplan/explain", "dialplan explain NUMBER" },
	{ "POST", "/v1/dialplan/diff", "diff FILE --records DAY" },
	{ "POST", "/v1/tokens", "token create NAME" },
	{ "GET", "/v1/tokens", "token create NAME" },
	{ "DELETE", "/v1/tokens/{id}", "revoke TOKEN" },
	{ "GET", "/v1/audit", "audit [--what KIND]" },
	{ "GET", "/v1/audit/check", "| check" },
	{ "POST", "/v1/webhooks", "webhook create URL" },
	{ "GET", "/v1/webhooks", "webhook create URL" },
	{ "POST", "/v1/webhooks/{id}/retry", "retry WEBHOOK" },
	{ "DELETE", "/v1/webhooks/{id}", "delete WEBHOOK" },
	{ "POST", "/v1/backup", "backup FILE" },
	{ "POST", "/v1/restore", "restore FILE" },
	{ "GET", "/metrics", "metrics" },
	{ "GET", "/v1/events", "watch" },
	{ "GET", "/v1/openapi.json", "help" },
};

/* "/v1/meetings/{id}" is `meeting`: what the site holds has one verb for all methods. */
static const char *object_of(const char *path)
{
	static const char *const lists[] = { "accounts", "meetings", "users", "trunks", "numbers", "routes",
		"calendars", "classes" };
	static const char *const words[] = { "account list", "meeting list", "user list", "trunk list",
		"number list", "route list", "calendar list", "class list" };

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		const size_t n = strlen(lists[i]);

		if (strncmp(path, "/v1/", 4) == 0 && strncmp(path + 4, lists[i], n) == 0 &&
			(!path[4 + n] || strncmp(path + 4 + n, "/{", 2) == 0) &&
			!strchr(path + 4 + n + (path[4 + n] != 0), '/'))
			return words[i];
	}
	return strcmp(path, "/v1/users/{account}/{id}") == 0 ? "user list" : NULL;
}

static const char *words_for(const char *method, const char *path)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (strcasecmp(table[i].method, method) == 0 && strcmp(table[i].path, path) == 0)
			return table[i].words;
	return object_of(path);
}

static char *ctl(const struct bridge *b, int want, const char *one, const char *two, const char *three)
{
	char program[FOLDER_PATH * 2];
	const char *const argv[] = { build_program("partyctl", program), "--socket", b->control, one, two,
		three, NULL };
	struct peer p;

	CHECK(peer_start(&p, &b->folder, "partyctl", argv), "partyctl");
	CHECK_INT(want, peer_wait_exit(&p, WAIT_MS), one);
	return peer_output(&p);
}

TEST(each_path_has_its_verb)
{
	struct bridge b;
	json_t *described, *operations, *operation;
	const char *path, *method;
	char *help, line[120];
	unsigned n = 0;

	CHECK(bridge_start(&b, NULL), "bridge");
	help = ctl(&b, 0, "help", NULL, NULL);
	described = bridge_get(&b, "/v1/openapi.json");
	json_object_foreach(json_object_get(described, "paths"), path, operations)
		json_object_foreach(operations, method, operation)
	{
		const char *words = words_for(method, path);

		CHECK(words, "no verb for %s %s", method, path);
		snprintf(line, sizeof(line), "%s", words);
		CHECK(strstr(help, line), "%s %s: help does not know '%s'", method, path, words);
		n++;
	}
	CHECK(n > 70, "%u operations", n);
	json_decref(described);
	free(help);
	CHECK_INT(0, bridge_stop(&b), "bridge");
}

/* N8: what a file has done is undone by a word, and the calls that are on do not notice. */
TEST(the_site_before_comes_back)
{
	static const char worse[] =
		"accounts:\n  - name: acme\n    meetings: [ { id: \"100200300\" } ]\n"
		"trunks:\n  - { name: carrier-a, inbound: { from: [ 127.0.0.2 ] } }\n"
		"numbers:\n  - { number: \"+15550101\", account: acme, answer: \"meeting:100200300\" }\n";
	const char *const talk[] = { "--to", NULL, "--calls", "1", "--seconds", "6", NULL };
	const char *argv[sizeof(talk) / sizeof(*talk)];
	struct bridge b;
	struct peer crowd;
	char *text, *first, *again;
	int code;

	CHECK(bridge_start(&b, NULL), "bridge");
	free(ctl(&b, 1, "rollback", NULL, NULL)); /* nothing was there before */
	memcpy(argv, talk, sizeof(talk));
	argv[1] = b.uri_meeting;
	CHECK(bridge_crowd_start(&b, &crowd, "talk", argv), "a call");
	CHECK(bridge_wait_number(&b, "/v1/status", "participants", 1, WAIT_MS), "in");
	first = ctl(&b, 0, "export", NULL, NULL);
	CHECK_INT(200, bridge_put_site(&b, worse, NULL), "a worse site");
	CHECK_INT(422, bridge_put_site(&b, "accounts: [ { nmae: x } ]\n", NULL), "and one that is refused");
	text = ctl(&b, 0, "rollback", "--dry-run", NULL);
	CHECK(strstr(text, "added    number   +15550100") && strstr(text, "nothing was applied"), "%s", text);
	free(text);
	again = ctl(&b, 0, "export", NULL, NULL);
	CHECK(strcmp(first, again) != 0, "a dry run changes nothing");
	free(again);
	free(ctl(&b, 0, "rollback", NULL, NULL));
	again = ctl(&b, 0, "export", NULL, NULL);
	CHECK_STR(first, again, "as it was, PINs and all");
	free(again);
	text = ctl(&b, 0, "rollback", NULL, NULL);
	CHECK(strstr(text, "removed  number   +15550100"), "forward again: %s", text);
	free(text);
	free(ctl(&b, 0, "rollback", NULL, NULL));
	json_decref(bridge_crowd_end(&b, &crowd, WAIT_MS, &code));
	CHECK_INT(0, code, "the call went on all the while");
	free(first);
	text = bridge_text(&b, "GET", "/v1/audit?limit=1", NULL, NULL, NULL);
	CHECK(strstr(text, "+15550100"), "who did it is in the audit log: %s", text);
	free(text);
	CHECK_INT(0, bridge_stop(&b), "bridge");
}

TESTS(each_path_has_its_verb, the_site_before_comes_back)
