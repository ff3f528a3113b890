/* links: bridge/callerid.c sip/caller.c sip/vet.c bridge/headers.c bridge/cdr.c bridge/texts.c bridge/when.c dialplan/days.c dialplan/money.c */
#include "bridge/callerid.h"
#include "tests/test.h"
#include <string.h>

/* From, headers, and what the record says: "number by diverted why shown". */
TEST(a_trusted_trunk_says_who_calls)
{
	static char strip[][SITE_NAME] = { "privacy", "Diversion", "P-Asserted-Identity" };
	static const struct site_trunk trusted = { .trusted = true }, other = { .trusted = false },
				       deaf = { .trusted = true, .ignored = strip, .n_ignored = 3 };
	static const struct {
		const char *story;
		const struct site_trunk *trunk;
		const char *from, *headers[6], *want;
	} cases[] = {
		{ "From", &trusted, "+15550001", { NULL }, "+15550001 from   1" },
		{ "PAI before the others", &trusted, "+15550001",
			{ "Remote-Party-ID", "<sip:+15550003@h>", "P-Asserted-Identity",
				"<sip:+15550002@h>" },
			"+15550002 pai   1" },
		{ "not believed", &other, "+15550001",
			{ "P-Asserted-Identity", "<sip:+15550002@h>", "Diversion", "<sip:+15550009@h>" },
			"+15550001 from   1" },
		{ "RPID", &trusted, "+15550001", { "Remote-Party-ID", "<sip:+15550003@h>" },
			"+15550003 rpid   1" },
		{ "PPI for who is nobody", &trusted, "anonymous",
			{ "P-Preferred-Identity", "<sip:+15550004@h>" }, "+15550004 ppi   0" },
		{ "nobody", &trusted, "Anonymous", { NULL }, "anonymous from   0" },
		{ "asserted, and hidden", &trusted, "anonymous",
			{ "P-Asserted-Identity", "<sip:+15550002@h>", "Privacy", "id" },
			"anonymous pai   0" },
		{ "a wish is kept on any trunk", &other, "+15550001", { "Privacy", "id" },
			"anonymous from   0" },
		{ "diverted", &trusted, "+15550001", { "Diversion", "<sip:+15550009@h>;reason=user-busy" },
			"+15550001 from +15550009 user-busy 1" },
		{ "by its history", &trusted, "+15550001",
			{ "History-Info",
				"<sip:+15550009@h?Reason=SIP%3Bcause%3D486>;index=1, <sip:a@h>;index=1.1" },
			"+15550001 from +15550009 user-busy 1" },
		{ "diverted by somebody who hides", &trusted, "+15550001",
			{ "Diversion", "<sip:+15550009@h>;reason=no-answer;privacy=full" },
			"+15550001 from anonymous no-answer 1" },
		{ "a history that is not for us", &trusted, "+15550001",
			{ "History-Info", "<sip:+15550009@h>;index=1, <sip:a@h;cause=302>;index=1.1",
				"Privacy", "history" },
			"+15550001 from anonymous unconditional 1" },
		{ "an entry that is not for us", &trusted, "+15550001",
			{ "History-Info",
				"<sip:+15550009@h?Privacy=history&Reason=SIP%3Bcause%3D408>;index=1, "
				"<sip:a@h>;index=1.1" },
			"+15550001 from anonymous no-answer 1" },
		{ "passed on to another address of the same one", &trusted, "+15550001",
			{ "History-Info", "<sip:+15550100@h>;index=1, <sip:+15550100@h2>;index=1.1;rc=1" },
			"+15550001 from   1" },
		{ "by its history, not believed", &other, "+15550001",
			{ "History-Info", "<sip:+15550009@h>;index=1, <sip:a@h>;index=1.1;mp=1" },
			"+15550001 from   1" },
		{ "RPID and PPI, not believed", &other, "+15550001",
			{ "Remote-Party-ID", "<sip:+15550003@h>", "P-Preferred-Identity",
				"<sip:+15550004@h>" },
			"+15550001 from   1" },
		{ "stripped", &deaf, "+15550001",
			{ "P-Asserted-Identity", "<sip:+15550002@h>", "Privacy", "id", "Diversion",
				"<sip:+15550009@h>" },
			"+15550001 from   1" },
		{ "no trunk", NULL, "+15550001", { "P-Asserted-Identity", "<sip:+15550002@h>" },
			"+15550002 pai   1" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		static struct call_invite v;
		static struct cdr cdr;
		char have[300];
		bool shown;

		memset(&v, 0, sizeof(v));
		memset(&cdr, 0, sizeof(cdr));
		snprintf(v.from_user, sizeof(v.from_user), "%s", cases[i].from);
		for (size_t k = 0; k + 1 < 6 && cases[i].headers[k]; k += 2)
			caller_read(&v.caller, cases[i].headers[k], cases[i].headers[k + 1]);
		shown = callerid_read(&cdr, &v, cases[i].trunk);
		snprintf(have, sizeof(have), "%s %s %s %s %d", cdr.from_number, cdr.caller_by,
			cdr_text(&cdr, CDR_DIVERTED_FROM), cdr_text(&cdr, CDR_DIVERSION), shown);
		cdr_clear(&cdr);
		CHECK_STR(cases[i].want, have, cases[i].story);
	}
}

TEST(a_trunk_adds_and_leaves_out)
{
	static char added[][SITE_HEADER] = { "X-Tenant: acme", "X-B: c" },
		    strip[][SITE_NAME] = { "p-asserted-identity", "User-Agent" };
	struct site_number numbers[] = { { .number = "+15550177", .account = "other" },
		{ .number = "+15550100", .account = "acme", .trunk = "t" } };
	const struct site site = { .numbers = numbers, .n_numbers = 2 };
	struct site_trunk t = { .name = "t",
		.added = added,
		.n_added = 2,
		.stripped = strip,
		.n_stripped = 2,
		.asserts = true,
		.trusted = true,
		.diverts = true };
	struct call_dial d = { .from_user = "+15550100", .stated = { .user = "+15550100" } };
	const struct headers_words words = { .account = "acme" };
	char lines[HEADERS_LINES];

	callerid_write(&d, &site, &t, &words, lines);
	CHECK_STR("X-Tenant: acme\r\nX-B: c\r\n", lines, "added");
	CHECK_INT(STATED_DIVERSION, d.stated.forms, "asserted to nobody");
	CHECK(d.no_agent && !d.no_session, "left out");
	CHECK(!d.stated.diverted, "it shows its own number");
	d.from_user = "+4930123456";
	callerid_write(&d, &site, &t, &words, lines);
	CHECK_STR("+15550100", d.stated.diverted, "it shows another's");
	d.from_user = NULL;
	callerid_write(&d, &site, &t, &words, lines);
	CHECK_STR("+15550100", d.stated.diverted, "it shows none");
	t.diverts = false;
	callerid_write(&d, &site, &t, &words, lines);
	CHECK(!d.stated.diverted, "not asked for");
}

/* "forms caller diverted referrer private": what a carrier is told. */
static void told(char out[200], const struct site_trunk *t, bool hidden)
{
	static const struct site_number own = { .number = "+15550100", .account = "acme" };
	struct site_number numbers[] = { own };
	const struct site site = { .numbers = numbers, .n_numbers = 1 };
	const struct headers_words words = { .account = "acme" };
	struct call_dial d = { .from_user = hidden ? NULL : "+4930123456",
		.referred_by = "sip:ann@example.org",
		.stated = { .user = "+4930123456", .hidden = hidden } };
	char lines[HEADERS_LINES];

	callerid_write(&d, &site, t, &words, lines);
	snprintf(out, 200, "%s%s%s%s%s %s %s %s %d", d.stated.forms & STATED_ASSERTED ? "pai " : "",
		d.stated.forms & STATED_PREFERRED ? "ppi " : "",
		d.stated.forms & STATED_REMOTE_PARTY ? "rpid " : "",
		d.stated.forms & STATED_DIVERSION ? "diversion " : "",
		d.stated.forms & STATED_HISTORY ? "history " : "", d.stated.user ? d.stated.user : "-",
		d.stated.diverted ? d.stated.diverted : "-", d.referred_by ? "by" : "-",
		d.stated.wants_privacy);
}

/* T18: the ways to say who calls, and to whom a hidden caller is named at all (RFC 3325 section 7). */
TEST(a_carrier_is_told_what_it_is_trusted_with)
{
	static char both[][SITE_WORD] = { "ppi", "rpid" }, from[][SITE_WORD] = { "from" },
		    strip[][SITE_NAME] = { "remote-party-id", "Privacy" };
	static const struct {
		const char *story;
		struct site_trunk t;
		bool hidden;
		const char *want;
	} cases[] = {
		{ "as it always was", { .asserts = true, .trusted = true }, false,
			"pai  +4930123456 - by 0" },
		{ "hidden, from a carrier that is trusted", { .asserts = true, .trusted = true }, true,
			"pai  +4930123456 - by 1" },
		{ "hidden, from one that is not", { .asserts = true, .diverts = true }, true,
			"pai diversion  - - - 1" },
		{ "shown to one that is not", { .asserts = true, .diverts = true }, false,
			"pai diversion  +4930123456 +15550100 by 0" },
		{ "its word is not believed, but it is told",
			{ .asserts = true, .peer_trust = SITE_TRUST_FULL }, true, "pai  +4930123456 - by 1" },
		{ "its word is believed, but it is not told",
			{ .asserts = true, .trusted = true, .peer_trust = SITE_TRUST_NONE }, true,
			"pai  - - - 1" },
		{ "two ways at once",
			{ .asserts = true, .trusted = true, .identities = both, .n_identities = 2 }, false,
			"ppi rpid  +4930123456 - by 0" },
		{ "one of them stripped, and Privacy",
			{ .asserts = true,
				.trusted = true,
				.identities = both,
				.n_identities = 2,
				.stripped = strip,
				.n_stripped = 2 },
			true, "ppi  +4930123456 - by 0" },
		{ "From alone", { .asserts = true, .trusted = true, .identities = from, .n_identities = 1 },
			false, " +4930123456 - by 0" },
		{ "nor by assert", { .trusted = true }, false, " +4930123456 - by 0" },
		{ "diverted, by its history",
			{ .trusted = true, .diverts = true, .diverts_by = SITE_DIVERTS_HISTORY }, false,
			"history  +4930123456 +15550100 by 0" },
		{ "diverted, both ways",
			{ .trusted = true, .diverts = true, .diverts_by = SITE_DIVERTS_BOTH }, true,
			"diversion history  +4930123456 +15550100 by 1" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char have[200];

		told(have, &cases[i].t, cases[i].hidden);
		CHECK_STR(cases[i].want, have, cases[i].story);
	}
	CHECK(callerid_tells_hidden(&cases[0].t), "a trusted one learns who hides");
	CHECK(!callerid_tells_hidden(&cases[2].t), "others do not");
	CHECK(!callerid_tells_hidden(&cases[8].t), "nor does one that gets From alone");
}

/* Headers of a made-up INVITE. */
static bool header_of(const struct call_invite *invite, const char *name, char *out, size_t cap)
{
	static const struct {
		const char *name, *value;
	} there[] = { { "X-Customer", "4711" }, { "X-Odd", "a;b%c\r\nd\x80" }, { "X-Empty", "" },
		{ "X-Long", "1234567890123456789012345678901234567890123456789012345678901234567890"
			    "1234567890123456789012345678901234567890123456789012345678901234567890"
			    "1234567890123456789012345678901234567890123456789012345678901234567890" } };

	(void)invite;
	for (size_t i = 0; i < sizeof(there) / sizeof(*there); i++)
		if (strcmp(there[i].name, name) == 0)
			return (size_t)snprintf(out, cap, "%s", there[i].value) < cap;
	return false;
}

TEST(headers_are_mapped_to_fields)
{
	static char mapped[][SITE_HEADER] = { "X-Customer: customer", "X-Absent: absent", "X-Odd: odd",
		"X-Empty: empty" },
		    twice[][SITE_HEADER] = { "X-Long: one", "X-Long: two", "X-Customer: customer" };
	const struct call_invite invite = { .header = header_of }, none = { .header = NULL };
	struct site_trunk t = { .mapped = mapped, .n_mapped = 4 };
	char out[HEADERS_KEPT];

	headers_read(out, &invite, &t);
	CHECK_STR("customer=4711; odd=a%3Bb%25cd; empty=", out, "what is there");
	headers_read(out, &none, &t);
	CHECK_STR("", out, "no INVITE");
	headers_read(out, &invite, NULL);
	CHECK_STR("", out, "no trunk");
	t.mapped = twice;
	t.n_mapped = 3;
	headers_read(out, &invite, &t);
	CHECK_INT(4 + 210 + 2 + 13, strlen(out), "whole ones, as far as there is room");
	CHECK(strstr(out, "; customer=4711"), "%s", out);
}

TEST(words_in_braces_are_filled_in)
{
	static char texts[][SITE_HEADER] = { "X-A: {account}/{meeting}", "X-B: {caller} to {called}",
		"X-C: {trunk}{call}" };
	const struct headers_words words = { .account = "acme",
		.meeting = "1002",
		.called = "+15550199",
		.trunk = "t",
		.call = "a\r\nVia: x" };
	char lines[HEADERS_LINES];

	headers_write(lines, (const char(*)[SITE_HEADER])texts, 3, &words);
	CHECK_STR("X-A: acme/1002\r\nX-B:  to +15550199\r\nX-C: taVia: x\r\n", lines, "lines");
	headers_write(lines, (const char(*)[SITE_HEADER])texts, 0, &words);
	CHECK_STR("", lines, "none");
	for (const char *const *good = (const char *const[]){ "acme", "{account}", "a{call}b}", NULL }; *good;
		good++)
		CHECK(!headers_words_broken(*good), "%s", *good);
	for (const char *const *bad =
			(const char *const[]){ "{", "{}", "{pin}", "{account", "{ account}", NULL };
		*bad; bad++)
		CHECK(headers_words_broken(*bad), "%s", *bad);
	CHECK(!headers_name_broken("customer_2"), "a name");
	for (const char *const *bad = (const char *const[]){ "", "A", "a b", "a=b",
		     "a1234567890123456789012345678901", NULL };
		*bad; bad++)
		CHECK(headers_name_broken(*bad), "%s", *bad);
}

TESTS(a_trusted_trunk_says_who_calls, a_trunk_adds_and_leaves_out, a_carrier_is_told_what_it_is_trusted_with,
	headers_are_mapped_to_fields, words_in_braces_are_filled_in)
