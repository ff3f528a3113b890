/* links: sip/caller.c sip/vet.c */
#include "sip/caller.h"
#include "tests/test.h"

/* One line per header; what is read of it, as "pai ppi rpid private diverted why history why". */
TEST(headers_say_who_calls)
{
	static const struct {
		const char *story, *headers[5], *want;
	} cases[] = {
		{ "nothing", { "Subject", "hello" }, "- - - 0 - - - -" },
		{ "RFC 3325 section 9.1",
			{ "P-Asserted-Identity", "\"Cullen Jennings\" <sip:fluffy@cisco.com>",
				"P-Asserted-Identity", "tel:+14085264000" },
			"fluffy - - 0 - - - -" },
		{ "a list, and a name with a comma",
			{ "P-Asserted-Identity", "\"A, \\\"B\\\" <x>\" <tel:+14085264000;ext=1>, <sip:b@h>" },
			"+14085264000 - - 0 - - - -" },
		{ "a host alone is nobody", { "P-Asserted-Identity", "<sip:192.0.2.1>" }, "- - - 0 - - - -" },
		{ "preferred", { "P-Preferred-Identity", "<sip:+1555%30@h;user=phone>" },
			"- +15550 - 0 - - - -" },
		{ "Remote-Party-ID",
			{ "Remote-Party-ID",
				"\"x\" <sip:+15550001@h>;party=calling;id-type=subscriber;privacy=full" },
			"- - +15550001 1 - - - -" },
		{ "privacy off", { "Remote-Party-ID", "<sip:+15550001@h>;privacy=off;screen=yes" },
			"- - +15550001 0 - - - -" },
		{ "of the one called", { "Remote-Party-ID", "<sip:+15550001@h>;party=called" },
			"- - - 0 - - - -" },
		{ "Privacy: id", { "Privacy", "header;id" }, "- - - 1 - - - -" },
		{ "Privacy: none", { "Privacy", "none" }, "- - - 0 - - - -" },
		{ "RFC 5806 section 5: the last is the first that was called",
			{ "Diversion", "<sip:WeSellPizza@p4.isp.com>;reason=time-of-day", "Diversion",
				"<sip:WeSellPizza-Denver@p4.isp.com>;reason=\"user-busy\", "
				"<sip:Bob@uc.edu>" },
			"- - - 0 Bob unknown - -" },
		{ "a reason", { "Diversion", "\"O, x\" <tel:+15550009>;reason=no-answer;counter=1" },
			"- - - 0 +15550009 no-answer - -" },
		{ "RFC 7044: diverted by a busy phone",
			{ "History-Info", "<sip:bob@example.com?Reason=SIP%3Bcause%3D486>;index=1, "
					  "<sip:office@example.com>;index=1.1;rc=1" },
			"- - - 0 - - bob user-busy" },
		{ "RFC 4458's cause",
			{ "History-Info", "<sip:bob@h>;index=1", "History-Info",
				"<sip:box@h;cause=408>;index=1.1" },
			"- - - 0 - - bob no-answer" },
		{ "one entry is no diversion", { "History-Info", "<sip:bob@h>;index=1" }, "- - - 0 - - - -" },
		{ "open ends", { "Diversion", "\"a", "P-Asserted-Identity", "<sip:" }, "- - - 0 - - - -" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct caller c = { .n_history = 0 };
		char have[400];

#define OR_DASH(text) ((text)[0] ? (text) : "-")
		for (size_t k = 0; k + 1 < 5 && cases[i].headers[k]; k += 2)
			caller_read(&c, cases[i].headers[k], cases[i].headers[k + 1]);
		if (c.n_history < 2)
			c.history[0] = c.history_why[0] = '\0';
		snprintf(have, sizeof(have), "%s %s %s %d %s %s %s %s", OR_DASH(c.asserted),
			OR_DASH(c.preferred), OR_DASH(c.remote_party), c.privacy || c.remote_party_privacy,
			OR_DASH(c.diverted), OR_DASH(c.diverted_why), OR_DASH(c.history),
			OR_DASH(c.history_why));
		CHECK_STR(cases[i].want, have, cases[i].story);
	}
}

TEST(a_session_has_32_digits)
{
	static const struct {
		const char *value, *want;
	} cases[] = {
		{ "ab30317f1a784dc48ff824d0d3715d86;remote=00000000000000000000000000000000",
			"ab30317f1a784dc48ff824d0d3715d86" }, /* RFC 7989 section 6 */
		{ "ab30317f1a784dc48ff824d0d3715d86", "ab30317f1a784dc48ff824d0d3715d86" },
		{ "AB30317f1a784dc48ff824d0d3715d86", "" },
		{ "ab30317f1a784dc48ff824d0d3715d8", "" },
		{ "ab30317f1a784dc48ff824d0d3715d866", "" },
		{ "00000000000000000000000000000000;remote=ab30317f1a784dc48ff824d0d3715d86", "" }, /* nil */
		{ "", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char out[CALLER_SESSION] = "";

		CHECK_INT(cases[i].want[0] != '\0', caller_session(out, cases[i].value), cases[i].value);
		CHECK_STR(cases[i].want, out, cases[i].value);
	}
}

TESTS(headers_say_who_calls, a_session_has_32_digits)
