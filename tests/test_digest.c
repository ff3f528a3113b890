/* links: sip/digest.c */
#include "sip/digest.h"
#include "tests/test.h"

static struct digest_challenge read_good(const char *value)
{
	struct digest_challenge c;

	CHECK_INT(CALL_OK, digest_read(&c, value, strlen(value)), value);
	return c;
}

/* The standards' own examples, to the last digit. */
TEST(answers_are_those_of_the_standards)
{
	static const struct {
		const char *story, *challenge, *username, *password, *method, *uri, *cnonce, *want;
	} cases[] = {
		{ "RFC 7616 section 3.9.1, MD5",
			"Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=MD5, "
			"nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
			"opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
			"Mufasa", "Circle of Life", "GET", "/dir/index.html",
			"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
			"response=\"8ca523f5e9506fed4657c9700eebdbec\"" },
		{ "RFC 7616 section 3.9.1, SHA-256",
			"Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=SHA-256, "
			"nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
			"opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
			"Mufasa", "Circle of Life", "GET", "/dir/index.html",
			"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
			"response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\"" },
		{ "RFC 2617 section 3.5",
			"Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", "
			"nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
			"opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
			"Mufasa", "Circle Of Life", "GET", "/dir/index.html", "0a4f113b",
			"response=\"6629fae49393a05397450978507c4ef1\"" },
		{ "RFC 2069's form, without qop (RFC 7616's erratum-free example of RFC 2617)",
			"Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"",
			"Mufasa", "Circle Of Life", "GET", "/dir/index.html", "0a4f113b",
			"response=\"670fd8c2df070c60b045671b8b24ff02\"" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct digest_challenge c = read_good(cases[i].challenge);
		const struct digest_request r = { cases[i].username, cases[i].password, cases[i].method,
			cases[i].uri, cases[i].cnonce, 1 };
		char out[DIGEST_VALUE];

		CHECK_INT(CALL_OK, digest_answer(out, sizeof(out), &c, &r), cases[i].story);
		CHECK(strstr(out, cases[i].want), "%s: %s", cases[i].story, out);
		CHECK(!strstr(out, cases[i].password), "%s: the password is in it", cases[i].story);
	}
}

/* The challenge of RFC 7616 section 3.9.2: the name itself is hidden as well.  The digits printed there are of SHA-512 cut
 * short, as its erratum says; these come from another implementation (Python's hashlib). */
TEST(a_user_name_may_be_hashed)
{
	const struct digest_challenge c =
		read_good("Digest realm=\"api@example.org\", qop=\"auth\", algorithm=SHA-512-256, "
			  "nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", "
			  "opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS\", charset=UTF-8, "
			  "userhash=true");
	const struct digest_request r = { "J\xc3\xa4s\xc3\xb8n Doe", "Secret, or not?", "GET", "/doe.json",
		"NTg6RKcb9boFIAS3KrFK9BGeh+niz/sm", 1 };
	char out[DIGEST_VALUE];

	CHECK_INT(CALL_OK, digest_answer(out, sizeof(out), &c, &r), "SHA-512-256");
	CHECK(strstr(out, "username=\"793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b\""),
		"%s", out);
	CHECK(strstr(out, "response=\"7a4e1192babbba02e91182d2895bfdbf7adafc6e48d4e517ca301974843d840c\""),
		"%s", out);
	CHECK(strstr(out, "userhash=true") && strstr(out, "nc=00000001"), "%s", out);
}

/* Credentials go to their own realm and to nobody else; of what it offers the strongest is answered (RFC 8760 section 2.4). */
TEST(only_the_configured_realm_is_answered)
{
	struct digest_challenge list[4] = {
		read_good("Digest realm=\"evil\", nonce=\"1\", algorithm=SHA-256, qop=\"auth\""),
		read_good("Digest realm=\"carrier\", nonce=\"2\", algorithm=MD5, qop=\"auth\""),
		read_good("Digest realm=\"carrier\", nonce=\"3\", algorithm=SHA-256, qop=\"auth\""),
		read_good("Digest realm=\"carrier\", nonce=\"4\", algorithm=SHA-3, qop=\"auth\""),
	};

	CHECK_STR("3", digest_pick(list, 4, "carrier")->nonce, "strongest of its realm");
	CHECK_STR("2", digest_pick(list, 2, "carrier")->nonce, "MD5 where there is no other");
	CHECK(!digest_pick(list, 4, "Carrier"), "realms are compared as they stand");
	CHECK(!digest_pick(list, 4, ""), "no realm, no answer");
	CHECK(!digest_pick(list + 3, 1, "carrier"), "an algorithm nobody knows");
	list[0] = read_good("Digest realm=\"carrier\", nonce=\"5\", qop=\"auth-int\"");
	CHECK(!digest_pick(list, 1, "carrier"), "a qop that is not ours");
}

TEST(challenges_are_read_whole_or_not_at_all)
{
	static const struct {
		const char *value;
		enum call_err want;
	} cases[] = {
		{ "Digest realm=\"a\", nonce=\"b\"", CALL_OK },
		{ "digest  REALM = \"a\" , Nonce=b,, stale=TRUE", CALL_OK },
		{ "Digest realm=\"a\\\"b\", nonce=\"b\"", CALL_OK },
		{ "Basic realm=\"a\"", CALL_NO_MATCH },
		{ "", CALL_NO_MATCH },
		{ "Digest realm=\"a\"", CALL_SYNTAX },
		{ "Digest nonce=\"a\"", CALL_SYNTAX },
		{ "Digest realm=\"a, nonce=b", CALL_SYNTAX },
		{ "Digest realm", CALL_SYNTAX },
		{ "Digest realm=\"a\", nonce=b\nc", CALL_SYNTAX },
		{ "Digest realm=\"a\r\nX: y\", nonce=\"b\"", CALL_SYNTAX },
	};
	struct digest_challenge c;
	char big[DIGEST_TEXT + 64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK_INT(cases[i].want, digest_read(&c, cases[i].value, strlen(cases[i].value)),
			cases[i].value);
	CHECK(read_good("digest REALM = \"a\" , nonce=b, stale=TRUE").stale, "stale");
	CHECK_STR("a\"b", read_good("Digest realm=\"a\\\"b\", nonce=\"b\"").realm, "escaped quote");
	snprintf(big, sizeof(big), "Digest realm=\"a\", nonce=\"%0*d\"", DIGEST_TEXT, 0);
	CHECK_INT(CALL_LIMIT, digest_read(&c, big, strlen(big)), "too long");
}

/* A realm with a quote in it must not end its own parameter. */
TEST(quotes_are_escaped_again)
{
	const struct digest_challenge c =
		read_good("Digest realm=\"a\\\"b\", nonce=\"n\", algorithm=MD5-sess");
	const struct digest_request r = { "u", "p", "INVITE", "sip:1@192.0.2.1", "cn", 1 };
	char out[DIGEST_VALUE];

	CHECK_INT(CALL_OK, digest_answer(out, sizeof(out), &c, &r), "answer");
	CHECK(strstr(out, "realm=\"a\\\"b\"") && strstr(out, "cnonce=\"cn\""), "%s", out);
	CHECK_INT(CALL_LIMIT, digest_answer(out, 40, &c, &r), "no room");
}

TESTS(answers_are_those_of_the_standards, a_user_name_may_be_hashed, only_the_configured_realm_is_answered,
	challenges_are_read_whole_or_not_at_all, quotes_are_escaped_again)
