/* links: sip/callee.c */
#include "sip/callee.h"
#include "tests/test.h"

TEST(uris_are_taken_apart)
{
	static const struct {
		const char *uri, *user, *host; /* user NULL: none */
		bool secure;
	} cases[] = {
		{ "sip:bob@gw.example", "bob", "gw.example", false },
		{ "SIPS:+15550199;npdi@[2001:db8::1]:5061;user=phone?X=y", "+15550199", "[2001:db8::1]:5061",
			true },
		{ "sip:gw.example", NULL, NULL, false },
		{ "sip:@gw.example", NULL, NULL, false },
		{ "sip:bob@", NULL, NULL, false },
		{ "sip:bob:secret@gw.example", NULL, NULL, false },
		{ "sip:bob@mine.example@gw.example", NULL, NULL, false },
		{ "tel:+15550199", NULL, NULL, false },
		{ "http://bob@gw.example", NULL, NULL, false },
		{ "", NULL, NULL, false },
	};
	struct callee c;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK(callee_read(&c, cases[i].uri, strlen(cases[i].uri)) == (cases[i].user != NULL), "%s",
			cases[i].uri);
		if (!cases[i].user)
			continue;
		CHECK_STR(cases[i].user, c.user, cases[i].uri);
		CHECK_STR(cases[i].host, c.host, cases[i].uri);
		CHECK(c.secure == cases[i].secure, "%s", cases[i].uri);
	}
	CHECK(callee_read(&c, "sip:a@b sip:c@d", 7) && strcmp(c.host, "b") == 0,
		"as many characters as said");
}

TEST(hosts_are_configured_gateways_or_nobody)
{
	static const struct {
		const char *uri, *gateway;
		bool is;
	} cases[] = {
		{ "sip:a@gw.example", "sip:gw.example", true },
		{ "sip:a@GW.example:5060", "sip:gw.example;transport=tcp", true },
		{ "sip:a@gw.example", "sip:gw.example:5060", true },
		{ "sip:a@gw.example:5062", "sip:gw.example", false },
		{ "sip:a@gw.example.evil.test", "sip:gw.example", false },
		{ "sip:a@w.example", "sip:gw.example", false },
		{ "sip:a@[2001:db8::1]", "sip:[2001:db8::1]:5060", true },
		{ "sips:a@gw.example", "sip:gw.example", false },
		{ "sips:a@gw.example:5061", "sips:gw.example", true },
		{ "sip:a@gw.example", "sips:gw.example", true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct callee c;

		CHECK(callee_read(&c, cases[i].uri, strlen(cases[i].uri)), "%s", cases[i].uri);
		CHECK(callee_is_at(&c, cases[i].gateway) == cases[i].is, "%s at %s", cases[i].uri,
			cases[i].gateway);
	}
}

TEST(names_have_a_letter)
{
	static const struct {
		const char *uri;
		bool named;
	} cases[] = { { "sip:bob@x", true }, { "sip:b-1_2.3@x", true }, { "sip:+15550199@x", false },
		{ "sip:9011@x", false }, { "sip:a%41@x", false }, { "sip:*67a@x", false } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct callee c;

		CHECK(callee_read(&c, cases[i].uri, strlen(cases[i].uri)), "%s", cases[i].uri);
		CHECK(callee_user_is_name(&c) == cases[i].named, "%s", cases[i].uri);
	}
}

TESTS(uris_are_taken_apart, hosts_are_configured_gateways_or_nobody, names_have_a_letter)
