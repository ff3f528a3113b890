/* links: bridge/access.c bridge/err.c */
#include "bridge/access.h"

#include "tests/test.h"

#include <stdlib.h>

static const int64_t NOW = 1800000000000000, SECOND = 1000000;

static struct access *access_of(bool open_without_tokens)
{
	struct access *a = NULL;

	CHECK_INT(BRIDGE_OK, access_alloc(&a, open_without_tokens), "table");
	return a;
}

/* A token put in force; its secret. */
static struct access_token give(struct access *a, enum access_role role, const char *account,
	int64_t expires_us, char secret[ACCESS_SECRET_TEXT])
{
	struct access_token token = { .role = role, .expires_us = expires_us };

	snprintf(token.name, sizeof(token.name), "console");
	snprintf(token.account, sizeof(token.account), "%s", account);
	CHECK_INT(BRIDGE_OK, access_make(&token, secret, NOW), "token");
	CHECK_INT(BRIDGE_OK, access_put(a, &token), "in force");
	return token;
}

TEST(a_token_is_what_its_role_says)
{
	static const struct {
		const char *story;
		enum access_role role;
		const char *account;
		bool reads_acme, reads_other, reads_node, changes_acme, changes_node;
	} cases[] = {
		{ "operator", ACCESS_OPERATOR, "", true, true, true, true, true },
		{ "admin of all", ACCESS_ADMIN, "", true, true, true, true, false },
		{ "admin of acme", ACCESS_ADMIN, "acme", true, false, false, true, false },
		{ "reader of all", ACCESS_READER, "", true, true, true, false, false },
		{ "reader of acme", ACCESS_READER, "acme", true, false, false, false, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct access *a = access_of(false);
		char secret[ACCESS_SECRET_TEXT];
		struct access_who who;

		give(a, cases[i].role, cases[i].account, 0, secret);
		CHECK_INT(ACCESS_YES, access_ask(a, false, secret, "192.0.2.1", NOW, &who), cases[i].story);
		CHECK_INT(cases[i].reads_acme, access_allows(&who, ACCESS_READER, "acme"), cases[i].story);
		CHECK_INT(cases[i].reads_other, access_allows(&who, ACCESS_READER, "acm"), cases[i].story);
		CHECK_INT(cases[i].reads_node, access_allows(&who, ACCESS_READER, NULL), cases[i].story);
		CHECK_INT(cases[i].changes_acme, access_allows(&who, ACCESS_ADMIN, "acme"), cases[i].story);
		CHECK_INT(cases[i].changes_node, access_allows(&who, ACCESS_OPERATOR, NULL), cases[i].story);
		access_free(a);
	}
}

TEST(who_joins_one_meeting)
{
	static const struct {
		const char *story, *account, *meeting;
		enum access_role role;
		enum bridge_err made;
	} cases[] = {
		{ "a meeting of an account", "acme", "4839", ACCESS_JOIN, BRIDGE_OK },
		{ "of nobody's", "", "4839", ACCESS_JOIN, BRIDGE_RANGE },
		{ "no meeting", "acme", "", ACCESS_JOIN, BRIDGE_RANGE },
		{ "a reader of one meeting", "acme", "4839", ACCESS_READER, BRIDGE_RANGE },
	};
	struct access *a = access_of(false);
	char secret[ACCESS_SECRET_TEXT];
	struct access_who who;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct access_token token = { .role = cases[i].role, .name = "guest" };

		snprintf(token.account, sizeof(token.account), "%s", cases[i].account);
		snprintf(token.meeting, sizeof(token.meeting), "%s", cases[i].meeting);
		CHECK_INT(cases[i].made, access_make(&token, secret, NOW), cases[i].story);
		if (cases[i].made)
			continue;
		CHECK_INT(BRIDGE_OK, access_put(a, &token), "in force");
		CHECK_INT(ACCESS_YES, access_ask(a, false, secret, "192.0.2.1", NOW, &who), cases[i].story);
		CHECK_STR(cases[i].meeting, who.meeting, "it is of that meeting");
		CHECK(access_allows(&who, ACCESS_JOIN, "acme"), "may join");
		CHECK(!access_allows(&who, ACCESS_READER, "acme"), "may not read the account's");
		CHECK(!access_allows(&who, ACCESS_JOIN, "zenith"), "nor another's");
	}
	access_free(a);
}

TEST(who_shows_nothing)
{
	struct access *open = access_of(true), *shut = access_of(false);
	char secret[ACCESS_SECRET_TEXT];
	struct access_who who;

	CHECK_INT(
		ACCESS_UNKNOWN, access_ask(shut, false, NULL, "192.0.2.1", NOW, &who), "shut from the start");
	CHECK_INT(ACCESS_YES, access_ask(shut, true, NULL, "", NOW, &who), "the control socket");
	CHECK_INT(ACCESS_OPERATOR, who.role, "is an operator's");
	CHECK_INT(ACCESS_YES, access_ask(open, false, "", "127.0.0.1", NOW, &who), "no token made yet");
	CHECK_INT(ACCESS_OPERATOR, who.role, "all is allowed");
	give(open, ACCESS_READER, "", 0, secret);
	CHECK_INT(ACCESS_UNKNOWN, access_ask(open, false, "", "127.0.0.1", NOW, &who),
		"the first one shuts it");
	CHECK_INT(ACCESS_NOBODY, who.role, "and who is nobody may do nothing");
	CHECK(!access_allows(&who, ACCESS_READER, NULL), "not even read");
	access_free(open);
	access_free(shut);
}

TEST(a_token_ends)
{
	struct access *a = access_of(false);
	char lasting[ACCESS_SECRET_TEXT], ending[ACCESS_SECRET_TEXT];
	struct access_token first = give(a, ACCESS_READER, "", 0, lasting);
	struct access_who who;

	give(a, ACCESS_READER, "", NOW + 60 * SECOND, ending);
	CHECK_INT(ACCESS_YES, access_ask(a, false, ending, "192.0.2.1", NOW + 59 * SECOND, &who), "in time");
	CHECK_INT(ACCESS_UNKNOWN, access_ask(a, false, ending, "192.0.2.1", NOW + 60 * SECOND, &who),
		"expired");
	CHECK(access_drop(a, first.id), "revoked");
	CHECK(!access_drop(a, first.id), "once");
	CHECK_INT(ACCESS_UNKNOWN, access_ask(a, false, lasting, "192.0.2.1", NOW, &who), "revoked");
	access_free(a);
}

TEST(who_guesses_is_not_heard_for_a_minute)
{
	struct access *a = access_of(false);
	char secret[ACCESS_SECRET_TEXT], wrong[ACCESS_SECRET_TEXT];
	struct access_who who;

	give(a, ACCESS_READER, "", 0, secret);
	memcpy(wrong, secret, sizeof(wrong));
	wrong[20] = wrong[20] == '0' ? '1' : '0';
	for (int i = 0; i < ACCESS_TRIES; i++)
		CHECK_INT(ACCESS_UNKNOWN, access_ask(a, false, wrong, "2001:db8:0:1:2::3", NOW + i, &who),
			"a guess");
	CHECK_INT(ACCESS_TOO_OFTEN, access_ask(a, false, secret, "2001:db8:0:1:2::3", NOW + SECOND, &who),
		"even a right one now");
	CHECK_INT(ACCESS_TOO_OFTEN, access_ask(a, false, secret, "2001:db8:0:1:ffff::9", NOW + SECOND, &who),
		"its /64 is one house");
	CHECK_INT(ACCESS_YES, access_ask(a, false, secret, "2001:db8:0:2::3", NOW + SECOND, &who),
		"the next is not");
	CHECK_INT(ACCESS_YES, access_ask(a, false, secret, "192.0.2.1", NOW + SECOND, &who),
		"nor is anybody else");
	CHECK_INT(ACCESS_YES, access_ask(a, true, NULL, "", NOW + SECOND, &who), "nor the control socket");
	CHECK_INT(ACCESS_YES,
		access_ask(a, false, secret, "2001:db8:0:1:2::3", NOW + ACCESS_WINDOW_S * SECOND, &who),
		"a minute later");
	access_free(a);
}

TEST(a_crowd_of_guessers_pushes_nobody_out)
{
	struct access *a = access_of(false);
	char secret[ACCESS_SECRET_TEXT], source[32];
	struct access_who who;

	give(a, ACCESS_READER, "", 0, secret);
	for (int i = 0; i < 3 * ACCESS_SOURCES; i++) {
		snprintf(source, sizeof(source), "10.%d.%d.1", i / 256, i % 256);
		CHECK_INT(ACCESS_UNKNOWN, access_ask(a, false, "plt_0", source, NOW + i, &who), source);
	}
	CHECK_INT(ACCESS_YES, access_ask(a, false, secret, "192.0.2.1", NOW + SECOND, &who), "a right token");
	access_free(a);
}

TEST(what_no_token_may_be)
{
	static const struct {
		const char *story, *name, *account;
		enum access_role role;
	} cases[] = {
		{ "no name", "", "", ACCESS_READER },
		{ "a name over two lines", "a\nb", "", ACCESS_READER },
		{ "an operator of one account", "x", "acme", ACCESS_OPERATOR },
		{ "nobody", "x", "", ACCESS_NOBODY },
	};
	char secret[ACCESS_SECRET_TEXT];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct access_token token = { .role = cases[i].role };
		snprintf(token.name, sizeof(token.name), "%s", cases[i].name);
		snprintf(token.account, sizeof(token.account), "%s", cases[i].account);
		CHECK_INT(BRIDGE_RANGE, access_make(&token, secret, NOW), cases[i].story);
	}
}

TEST(the_list_is_bounded_and_in_order)
{
	struct access *a = access_of(false);
	struct access_token token = { .role = ACCESS_READER }, *list;
	size_t n = 0;

	for (int i = 0; i <= ACCESS_TOKENS_MAX; i++) {
		snprintf(token.id, sizeof(token.id), "%016x", (unsigned)i);
		CHECK_INT(
			i < ACCESS_TOKENS_MAX ? BRIDGE_OK : BRIDGE_RANGE, access_put(a, &token), "one more");
	}
	list = access_list(a, &n);
	CHECK_INT(ACCESS_TOKENS_MAX, n, "tokens");
	CHECK_STR("0000000000000000", list[0].id, "the oldest first");
	free(list);
	access_free(a);
}

/* A restore's: tokens change places whole, and whoever asks meanwhile finds the ones or the others. */
TEST(all_tokens_change_at_once)
{
	struct access *a = access_of(true), *fresh = access_of(false);
	struct access_token token = { .role = ACCESS_READER, .id = "0000000000000001" }, *list;
	size_t n = 0;

	CHECK_INT(BRIDGE_OK, access_put(a, &token), "one");
	snprintf(token.id, sizeof(token.id), "%s", "0000000000000002");
	CHECK_INT(BRIDGE_OK, access_put(fresh, &token), "another");
	access_take(a, fresh);
	list = access_list(a, &n);
	CHECK_INT(1, n, "one");
	CHECK_STR("0000000000000002", list[0].id, "the other");
	free(list);
	access_free(fresh);
	fresh = access_of(false);
	access_take(a, fresh);
	CHECK(!access_list(a, &n), "none");
	CHECK_INT(0, n, "none");
	access_free(fresh);
	access_free(a);
}

TESTS(a_token_is_what_its_role_says, who_joins_one_meeting, who_shows_nothing, a_token_ends,
	who_guesses_is_not_heard_for_a_minute, a_crowd_of_guessers_pushes_nobody_out, what_no_token_may_be,
	the_list_is_bounded_and_in_order, all_tokens_change_at_once)
