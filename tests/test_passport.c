/* links: sip/passport.c sip/jread.c sip/base64url.c sip/identity.c */
#include "sip/base64url.h"
#include "sip/identity.h"
#include "sip/jread.h"
#include "tests/test.h"

#include <stdlib.h>

#define HEADER                                                                                               \
	"{\"alg\":\"ES256\",\"ppt\":\"shaken\",\"typ\":\"passport\",\"x5u\":\"https://cert.example.org/"     \
	"passport.cer\"}"
#define CLAIMS                                                                                               \
	"{\"attest\":\"A\",\"dest\":{\"tn\":[\"12125551213\"]},\"iat\":1443208345,\"orig\":{\"tn\":"         \
	"\"12155551212\"},\"origid\":\"123e4567-e89b-12d3-a456-426655440000\"}"
/* RFC 8225 appendix A */
#define RFC8225_SIGNED                                                                                       \
	"eyJhbGciOiJFUzI1NiIsInR5cCI6InBhc3Nwb3J0IiwieDV1IjoiaHR0cHM6Ly9j"                                   \
	"ZXJ0LmV4YW1wbGUub3JnL3Bhc3Nwb3J0LmNlciJ9."                                                          \
	"eyJkZXN0Ijp7InVyaSI6WyJzaXA6YWxpY2VAZXhhbXBsZS5jb20iXX0sImlhdCI"                                    \
	"6MTQ3MTM3NTQxOCwib3JpZyI6eyJ0biI6IjEyMTU1NTUxMjEyIn19"
#define RFC8225_SIGNATURE                                                                                    \
	"VLBCIVDCaeK6M4hLJb6SHQvacAQVvoiiEOWQ_iUkqk79UD81fHQ0E1b3_GluIkb"                                    \
	"a7UWYRM47ZbNFdOJquE35cw"

/* A token of these two texts, with a signature of zeros. */
static const char *token_of(const char *header, const char *claims)
{
	static char out[4 * PASSPORT_MAX];
	uint8_t zeros[PASSPORT_SIGNATURE] = { 0 };
	size_t n;

	CHECK(base64url_write(out, sizeof(out), header, strlen(header)), "header");
	n = strlen(out);
	out[n++] = '.';
	CHECK(base64url_write(out + n, sizeof(out) - n, claims, strlen(claims)), "claims");
	n = strlen(out);
	out[n++] = '.';
	CHECK(base64url_write(out + n, sizeof(out) - n, zeros, sizeof(zeros)), "signature");
	return out;
}

static enum call_err read_text(struct passport_token *out, const char *token)
{
	const char *why;
	const enum call_err err = passport_read(out, (struct span){ token, strlen(token) }, &why);

	CHECK(!err == !why, "a reason comes with an error and only with one");
	return err;
}

TEST(letters_and_bytes_both_ways)
{
	static const struct {
		const char *bytes, *letters;
	} cases[] = { { "", "" }, { "f", "Zg" }, { "fo", "Zm8" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg" },
		{ "fooba", "Zm9vYmE" }, { "foobar", "Zm9vYmFy" }, { "\xfb\xef\xff", "--__" } };
	static const char *const wrong[] = { "Zg==", "Z", "Zm9v+", "Zm9/", "Zh", "Zm9" };
	char text[16];
	uint8_t back[16];
	size_t n;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) { /* RFC 4648 section 10 */
		CHECK(base64url_write(text, sizeof(text), cases[i].bytes, strlen(cases[i].bytes)), "%zu", i);
		CHECK_STR(cases[i].letters, text, "written");
		CHECK(base64url_read(back, sizeof(back), &n, text, strlen(text)), "%zu", i);
		CHECK(n == strlen(cases[i].bytes) && memcmp(back, cases[i].bytes, n) == 0, "%zu", i);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		CHECK(!base64url_read(back, sizeof(back), &n, wrong[i], strlen(wrong[i])), "%s", wrong[i]);
	CHECK(!base64url_read(back, 2, &n, "Zm9v", 4), "no room");
	CHECK(!base64url_write(text, 4, "foo", 3), "no room for the end");
}

/* The reader's own grammar: what is taken, what is not. */
TEST(json_is_taken_as_the_standard_has_it)
{
	static const struct {
		const char *text;
		bool good;
	} cases[] = {
		{ "{}", true },
		{ " [ 1 , -2.5e+3, true, false, null, \"\\u00e9\\ud83d\\ude00\\n\" ] ", true },
		{ "{\"a\":{\"b\":[[]]}}", true },
		{ "", false },
		{ "{", false },
		{ "{\"a\"}", false },
		{ "{\"a\":1,}", false },
		{ "{,\"a\":1}", false },
		{ "[1 2]", false },
		{ "[1,]", false },
		{ "{} {}", false },
		{ "01", false },
		{ "1.", false },
		{ "+1", false },
		{ ".5", false },
		{ "tru", false },
		{ "\"\\x41\"", false },
		{ "\"\\u00g0\"", false },
		{ "\"\\u0000\"", false },
		{ "\"\\ud83d\"", false },
		{ "\"\\udc00\"", false },
		{ "\"tab\there\"", false },
		{ "\"open", false },
		{ "{1:2}", false },
		{ "[[[[[[[[1]]]]]]]]", true },
		{ "[[[[[[[[[1]]]]]]]]]", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct jread j;

		jread_open(&j, cases[i].text, strlen(cases[i].text));
		jread_skip(&j);
		CHECK_INT(cases[i].good, jread_end(&j), cases[i].text);
	}
}

TEST(json_values_come_as_they_are_meant)
{
	static const char text[] = "{\"long-key-that-does-not-fit\":1,\"t\":\"a\\u00e9\\ud83d\\ude00\\\"\","
				   "\"n\":9007199254740992}";
	char key[8], value[16];
	uint64_t n;
	struct jread j;

	jread_open(&j, text, strlen(text));
	CHECK(jread_object(&j), "object");
	CHECK(jread_member(&j, key, sizeof(key)) && key[0] == '\0' && jread_skip(&j), "key");
	CHECK(jread_member(&j, key, sizeof(key)) && jread_text(&j, value, sizeof(value)), "text");
	CHECK_STR("a\xc3\xa9\xf0\x9f\x98\x80\"", value, "escapes");
	CHECK(jread_member(&j, key, sizeof(key)) && jread_whole(&j, &n), "number");
	CHECK_INT(9007199254740992ll, n, "number");
	CHECK(!jread_member(&j, key, sizeof(key)) && jread_end(&j), "end");

	jread_open(&j, "\"12345\"", 7);
	CHECK(!jread_text(&j, value, 5) && j.bad, "a text that does not fit");
	for (const char *const *bad = (const char *const[]){ "9007199254740993", "-1", "1.0", "1e3", "\"1\"",
		     "99999999999999999999", NULL };
		*bad; bad++) {
		jread_open(&j, *bad, strlen(*bad));
		CHECK(!jread_whole(&j, &n), "%s", *bad);
	}
}

/* RFC 8225 appendix A */
TEST(the_standards_plain_token_is_read)
{
	struct passport_token t;
	char letters[100];

	CHECK_INT(CALL_OK, read_text(&t, RFC8225_SIGNED "." RFC8225_SIGNATURE), "RFC 8225 appendix A");
	CHECK_STR("ES256", t.passport.alg, "alg");
	CHECK_STR("", t.passport.ppt, "ppt");
	CHECK_STR("https://cert.example.org/passport.cer", t.passport.x5u, "x5u");
	CHECK_STR("12155551212", t.passport.orig.name, "orig");
	CHECK(!t.passport.orig.is_uri && t.passport.dest[0].is_uri && t.passport.n_dest == 1, "parties");
	CHECK_STR("sip:alice@example.com", t.passport.dest[0].name, "dest");
	CHECK_INT(1471375418, t.passport.iat_s, "iat");
	CHECK_INT(strlen(RFC8225_SIGNED), t.text.n, "what is signed");
	CHECK(base64url_write(letters, sizeof(letters), t.signature, 64), "signature");
	CHECK_STR(RFC8225_SIGNATURE, letters, "signature");
}

/* RFC 8225 section 9: what we write of the standard's example is letter for letter what the standard has. */
TEST(the_canonical_form_is_the_standards)
{
	struct passport p = { .ppt = "",
		.x5u = "https://cert.example.org/passport.cer",
		.iat_s = 1471375418,
		.orig = { false, "12155551212" },
		.dest = { { true, "sip:alice@example.com" } },
		.n_dest = 1 };
	char out[PASSPORT_SIGNED];

	CHECK_INT(CALL_OK, passport_write(out, &p), "plain");
	CHECK_STR(RFC8225_SIGNED, out, "RFC 8225 appendix A");
}

/* RFC 8588 section 6 and RFC 8946 section 3: written, and read again. */
TEST(shaken_and_div_both_ways)
{
	struct passport p = { .ppt = "shaken",
		.x5u = "https://cert.example.org/passport.cer",
		.iat_s = 1443208345,
		.orig = { false, "12155551212" },
		.dest = { { false, "12125551213" } },
		.n_dest = 1,
		.attest = 'A',
		.origid = "123e4567-e89b-12d3-a456-426655440000" };
	struct passport_token t;
	char out[PASSPORT_SIGNED];
	const char *dot;

	CHECK_INT(CALL_OK, passport_write(out, &p), "shaken");
	dot = strrchr(token_of(HEADER, CLAIMS), '.');
	CHECK_INT((size_t)(dot - token_of(HEADER, CLAIMS)), strlen(out), "length");
	CHECK(strncmp(out, token_of(HEADER, CLAIMS), strlen(out)) == 0, "RFC 8588's example");

	CHECK_INT(CALL_OK, read_text(&t, token_of(HEADER, CLAIMS)), "shaken");
	CHECK_INT('A', t.passport.attest, "attest");
	CHECK_STR(p.origid, t.passport.origid, "origid");
	CHECK_STR("shaken", t.passport.ppt, "ppt");

	CHECK_INT(CALL_OK,
		read_text(
			&t, token_of("{\"typ\":\"passport\",\"ppt\":\"div\",\"alg\":\"ES256\",\"x5u\":"
				     "\"https://www.example.com/cert.cer\"}",
				    "{\"orig\":{\"tn\":\"12155551212\"},\"dest\":{\"tn\":[\"12155551214\"]},"
				    "\"iat\":1443208345,\"div\":{\"tn\":\"12155551213\"}}")),
		"RFC 8946's example, keys in its order");
	CHECK_STR("12155551213", t.passport.div.name, "div");
}

TEST(what_is_no_passport_is_refused)
{
	static const char long_text[] =
		"0123456789012345678901234567890123456789012345678901234567890123456789"
		"0123456789012345678901234567890123456789012345678901234567890123456789";
	static const struct {
		const char *story, *header, *claims;
	} cases[] = {
		{ "alg none", "{\"alg\":\"none\",\"x5u\":\"https://a.b/c\"}", CLAIMS },
		{ "alg HS256", "{\"alg\":\"HS256\",\"x5u\":\"https://a.b/c\"}", CLAIMS },
		{ "no alg", "{\"x5u\":\"https://a.b/c\"}", CLAIMS },
		{ "no x5u", "{\"alg\":\"ES256\"}", CLAIMS },
		{ "alg twice", "{\"alg\":\"ES256\",\"alg\":\"none\",\"x5u\":\"https://a.b/c\"}", CLAIMS },
		{ "critical", "{\"alg\":\"ES256\",\"x5u\":\"https://a.b/c\",\"crit\":[\"x\"]}", CLAIMS },
		{ "another type", "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"x5u\":\"https://a.b/c\"}", CLAIMS },
		{ "x5u of two lines", "{\"alg\":\"ES256\",\"x5u\":\"https://a.b/c\\r\\nX: y\"}", CLAIMS },
		{ "header is a list", "[]", CLAIMS },
		{ "header is nothing", "", CLAIMS },
		{ "no iat", HEADER, "{\"dest\":{\"tn\":[\"1\"]},\"orig\":{\"tn\":\"1\"}}" },
		{ "iat a text", HEADER,
			"{\"dest\":{\"tn\":[\"1\"]},\"iat\":\"1443208345\",\"orig\":{\"tn\":\"1\"}}" },
		{ "no orig", HEADER, "{\"dest\":{\"tn\":[\"1\"]},\"iat\":1}" },
		{ "two origs", HEADER,
			"{\"dest\":{\"tn\":[\"1\"]},\"iat\":1,\"orig\":{\"tn\":\"1\",\"uri\":\"sip:b\"}}" },
		{ "orig twice", HEADER,
			"{\"dest\":{\"tn\":[\"1\"]},\"iat\":1,\"orig\":{\"tn\":\"1\"},\"orig\":{\"tn\":\"2\"}"
			"}" },
		{ "orig a list", HEADER, "{\"dest\":{\"tn\":[\"1\"]},\"iat\":1,\"orig\":{\"tn\":[\"1\"]}}" },
		{ "nobody called", HEADER, "{\"dest\":{\"tn\":[]},\"iat\":1,\"orig\":{\"tn\":\"1\"}}" },
		{ "dest no list", HEADER, "{\"dest\":{\"tn\":\"1\"},\"iat\":1,\"orig\":{\"tn\":\"1\"}}" },
		{ "letters in a number", HEADER,
			"{\"dest\":{\"tn\":[\"1a\"]},\"iat\":1,\"orig\":{\"tn\":\"1\"}}" },
		{ "an empty number", HEADER, "{\"dest\":{\"tn\":[\"1\"]},\"iat\":1,\"orig\":{\"tn\":\"\"}}" },
		{ "attest D", HEADER,
			"{\"attest\":\"D\",\"dest\":{\"tn\":[\"1\"]},\"iat\":1,\"orig\":{\"tn\":\"1\"}}" },
		{ "nine called", HEADER,
			"{\"dest\":{\"tn\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]},\"iat\":"
			"1,\"orig\":"
			"{\"tn\":\"1\"}}" },
		{ "more after the claims", HEADER, CLAIMS "{}" },
	};
	char claims[400];
	struct passport_token t;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK(read_text(&t, token_of(cases[i].header, cases[i].claims)) != CALL_OK, "%s",
			cases[i].story);
	snprintf(claims, sizeof(claims),
		"{\"dest\":{\"tn\":[\"1\"]},\"iat\":1,\"orig\":{\"uri\":\"sip:%s\"}}", long_text);
	CHECK_INT(CALL_SYNTAX, read_text(&t, token_of(HEADER, claims)), "a URI that is too long");
	CHECK_INT(CALL_SYNTAX, read_text(&t, ".." RFC8225_SIGNATURE), "compact form");
	CHECK_INT(CALL_SYNTAX, read_text(&t, RFC8225_SIGNED), "no signature");
	CHECK_INT(CALL_SYNTAX, read_text(&t, RFC8225_SIGNED ".AAAA"), "a short signature");
	CHECK_INT(CALL_SYNTAX, read_text(&t, RFC8225_SIGNED "." RFC8225_SIGNATURE "AA"), "a long one");
	CHECK_INT(CALL_SYNTAX, read_text(&t, ""), "nothing");
}

TEST(nothing_is_signed_that_could_be_read_otherwise)
{
	const struct passport good = { .ppt = "shaken",
		.x5u = "https://a.b/c",
		.iat_s = 1,
		.orig = { false, "1" },
		.dest = { { false, "2" } },
		.n_dest = 1,
		.attest = 'B',
		.origid = "x" };
	char out[PASSPORT_SIGNED];
	struct passport p = good;

	CHECK_INT(CALL_OK, passport_write(out, &p), "good");
	strcpy(p.orig.name, "1\",\"x\":\"");
	CHECK_INT(CALL_RANGE, passport_write(out, &p), "a quote in a number");
	p = good;
	p.n_dest = 0;
	CHECK_INT(CALL_RANGE, passport_write(out, &p), "nobody is called");
	p = good;
	p.x5u[0] = '\0';
	CHECK_INT(CALL_RANGE, passport_write(out, &p), "no certificate");
	p = good;
	p.orig.name[0] = '\0';
	CHECK_INT(CALL_RANGE, passport_write(out, &p), "nobody calls");
}

TEST(header_values_are_taken_apart)
{
	static const char value[] =
		" eyJ.eyK.abc ;info=<https://a.example/c;x,y>; ALG = ES256;ppt=\"shaken\";more , "
		"\"d.e.f\";info=<https://b.example/>,,;alg=x, g.h.i;alg=ES256;alg=none, j.k.l";
	struct span rest = { value, strlen(value) };
	struct identity id;

	CHECK_INT(CALL_OK, identity_read(&id, &rest), "first");
	CHECK(id.token.n == 11 && strncmp(id.token.p, "eyJ.eyK.abc", 11) == 0, "token");
	CHECK_STR("https://a.example/c;x,y", id.info, "info");
	CHECK_STR("ES256", id.alg, "alg");
	CHECK_STR("shaken", id.ppt, "ppt");
	CHECK_INT(CALL_OK, identity_read(&id, &rest), "second");
	CHECK(id.token.n == 5 && id.token.p[0] == 'd', "quotes are gone");
	CHECK_INT(CALL_SYNTAX, identity_read(&id, &rest), "nothing between commas");
	CHECK_INT(CALL_SYNTAX, identity_read(&id, &rest), "no token");
	CHECK_INT(CALL_SYNTAX, identity_read(&id, &rest), "alg twice");
	CHECK_INT(CALL_OK, identity_read(&id, &rest), "the one behind");
	CHECK(id.token.p[0] == 'j' && !id.info[0], "token");
	CHECK_INT(CALL_NO_MATCH, identity_read(&id, &rest), "end");
}

TEST(giant_headers_cost_nothing_but_a_refusal)
{
	enum { GIANT = 200000 };
	char *text = malloc(GIANT + 1);
	struct span rest = { text, GIANT };
	struct passport_token t;
	struct identity id;
	const char *why;

	memset(text, 'A', GIANT);
	text[GIANT] = '\0';
	CHECK_INT(CALL_LIMIT, identity_read(&id, &rest), "one token");
	CHECK_INT(CALL_NO_MATCH, identity_read(&id, &rest), "all of it was taken");
	CHECK_INT(CALL_LIMIT, passport_read(&t, (struct span){ text, GIANT }, &why), "token");
	rest = (struct span){ text, GIANT };
	memcpy(text, "a;info=<", 8);
	CHECK_INT(CALL_SYNTAX, identity_read(&id, &rest), "an angle that never ends");
	CHECK_INT(CALL_NO_MATCH, identity_read(&id, &rest), "all of it was taken");
	free(text);
}

TEST(what_we_send_can_be_read)
{
	uint8_t signature[PASSPORT_SIGNATURE];
	char out[IDENTITY_VALUE];
	struct identity id;
	struct span rest;

	memset(signature, 0xff, sizeof(signature));
	CHECK_INT(
		CALL_OK, identity_write(out, "a.b", signature, "https://a.example/c.pem", "shaken"), "write");
	CHECK(strstr(out, ";info=<https://a.example/c.pem>;alg=ES256;ppt=shaken"), "%s", out);
	rest = (struct span){ out, strlen(out) };
	CHECK_INT(CALL_OK, identity_read(&id, &rest), "read");
	CHECK_STR("https://a.example/c.pem", id.info, "info");
}

TESTS(letters_and_bytes_both_ways, json_is_taken_as_the_standard_has_it, json_values_come_as_they_are_meant,
	the_standards_plain_token_is_read, the_canonical_form_is_the_standards, shaken_and_div_both_ways,
	what_is_no_passport_is_refused, nothing_is_signed_that_could_be_read_otherwise,
	header_values_are_taken_apart, giant_headers_cost_nothing_but_a_refusal, what_we_send_can_be_read)
