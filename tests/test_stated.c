/* links: sip/stated.c sip/uri.c sip/vet.c sip/caller.c */
#include "sip/caller.h"
#include "sip/stated.h"
#include "tests/test.h"

#define HOST "192.0.2.1"
#define TO "sip:+15550199@carrier.example"

TEST(each_way_to_say_who_calls)
{
	static const struct {
		const char *story;
		struct stated s;
		const char *want;
	} cases[] = {
		{ "nothing", { .forms = STATED_ASSERTED | STATED_DIVERSION }, "" },
		{ "asserted", { .forms = STATED_ASSERTED, .user = "+15550100" },
			"P-Asserted-Identity: <sip:+15550100@192.0.2.1>\r\n" },
		{ "preferred, and the wish that it stays there (RFC 3325 section 9.2)",
			{ .forms = STATED_PREFERRED, .user = "+15550100", .wants_privacy = true },
			"P-Preferred-Identity: <sip:+15550100@192.0.2.1>\r\nPrivacy: id\r\n" },
		{ "the draft's, vouched for",
			{ .forms = STATED_REMOTE_PARTY, .user = "+15550100", .screened = true },
			"Remote-Party-ID: "
			"<sip:+15550100@192.0.2.1>;party=calling;screen=yes;privacy=off\r\n" },
		{ "the draft's, hidden",
			{ .forms = STATED_REMOTE_PARTY, .user = "+15550100", .hidden = true },
			"Remote-Party-ID: "
			"<sip:+15550100@192.0.2.1>;party=calling;screen=no;privacy=full\r\n" },
		{ "several", { .forms = STATED_ASSERTED | STATED_PREFERRED, .user = "a b" },
			"P-Asserted-Identity: <sip:a%20b@192.0.2.1>\r\n"
			"P-Preferred-Identity: <sip:a%20b@192.0.2.1>\r\n" },
		{ "diverted", { .forms = STATED_DIVERSION, .diverted = "+15550111" },
			"Diversion: <sip:+15550111@192.0.2.1>;reason=unconditional\r\n" },
		{ "diverted by its history (RFC 7044)", { .forms = STATED_HISTORY, .diverted = "+15550111" },
			"History-Info: <sip:+15550111@192.0.2.1?Reason=SIP%3Bcause%3D302>;index=1, "
			"<sip:+15550199@carrier.example>;index=1.1;mp=1\r\n" },
		{ "both, by somebody who hides",
			{ .forms = STATED_HISTORY | STATED_DIVERSION,
				.diverted = "+15550111",
				.hidden = true },
			"Diversion: <sip:+15550111@192.0.2.1>;reason=unconditional;privacy=full\r\n"
			"History-Info: <sip:+15550111@192.0.2.1?Reason=SIP%3Bcause%3D302&Privacy=history>;"
			"index=1, <sip:+15550199@carrier.example>;index=1.1;mp=1\r\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char out[1024];

		CHECK(stated_write(out, sizeof(out), &cases[i].s, HOST, TO), "%s", cases[i].story);
		CHECK_STR(cases[i].want, out, cases[i].story);
	}
}

/* What we write we read as it was meant. */
TEST(the_reader_agrees)
{
	const struct stated s = { .forms = STATED_HISTORY, .diverted = "+15550111", .hidden = true };
	struct caller c = { .n_history = 0 };
	char out[1024];
	char *end;

	CHECK(stated_write(out, sizeof(out), &s, HOST, TO), "written");
	end = strstr(out, "\r\n");
	CHECK(end, "a line");
	*end = '\0';
	caller_read(&c, "History-Info", out + sizeof("History-Info:"));
	CHECK_STR("+15550111", c.history, "whom it was for");
	CHECK_STR("unconditional", c.history_why, "why it went on");
	CHECK(c.history_moved && c.history_hidden && c.n_history == 2, "two entries, the first hidden");
}

TEST(what_does_not_fit_is_refused_whole)
{
	const struct stated s = { .forms = STATED_ASSERTED | STATED_REMOTE_PARTY, .user = "+15550100" };
	char long_user[300], out[1024];
	size_t whole;

	CHECK(stated_write(out, sizeof(out), &s, HOST, TO), "room enough");
	whole = strlen(out) + 1;
	for (size_t cap = 1; cap < whole; cap++)
		CHECK(!stated_write(out, cap, &s, HOST, TO) && strlen(out) < cap, "%zu bytes", cap);
	CHECK(stated_write(out, whole, &s, HOST, TO), "just enough");
	memset(long_user, '1', sizeof(long_user) - 1);
	long_user[sizeof(long_user) - 1] = '\0';
	CHECK(!stated_write(out, sizeof(out), &(struct stated){ .forms = STATED_ASSERTED, .user = long_user },
		      HOST, TO),
		"a user that is too long");
	CHECK(!stated_write(out, sizeof(out), &s, "no host", TO), "a host that is none");
}

TESTS(each_way_to_say_who_calls, the_reader_agrees, what_does_not_fit_is_refused_whole)
