/* links: sip/vet.c */
#include "sip/vet.h"
#include "tests/test.h"

#include <stdlib.h>

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

struct value_case {
	const char *value;
	enum vet verdict;
};

/* The value in a block of its very size, so that the sanitizers see a read past it. */
static enum vet exactly(enum vet (*check)(const char *, size_t), const char *value, size_t n)
{
	char *exact = malloc(n ? n : 1);
	enum vet verdict;

	memcpy(exact, value, n);
	verdict = check(exact, n);
	free(exact);
	return verdict;
}

static void check_all(enum vet (*check)(const char *, size_t), const struct value_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(cases[i].value);

		CHECK_STR(vet_words(cases[i].verdict), vet_words(exactly(check, cases[i].value, len)),
			cases[i].value);
		for (size_t cut = 0; cut < len; cut++)
			exactly(check, cases[i].value, cut);
	}
}

/* K2: a dialog keeps this URI as its remote target, and Sofia-SIP dies of what is no SIP URI. */
TEST(a_contact_is_one_sip_uri)
{
	static const struct value_case cases[] = {
		{ "<sip:alice@192.0.2.1>", VET_OK },
		{ "<sip:alice@192.0.2.1:5060;transport=tcp>;expires=60", VET_OK },
		{ "sip:alice@192.0.2.1", VET_OK },
		{ "sip:192.0.2.1:5060", VET_OK },
		{ "sip:alice@192.0.2.1;expires=60", VET_OK },
		{ "\"Alice, or <sip:x>\" <sips:alice@example.com>", VET_OK },
		{ "\"a \\\" <tel:1>\" <sip:alice@example.com>", VET_OK },
		{ "Alice <SIP:alice@example.com> ; q=1", VET_OK },
		{ " < sip:alice@[2001:db8::1]:5060 > ", VET_OK },
		{ "<sip:+15550100;npdi;rn=1@carrier.example;user=phone>", VET_OK },
		{ "<sip:a,b@example.com>", VET_OK },
		{ "<sip:a@192.0.2.1;maddr=192.0.2.9>", VET_OK },
		{ "<tel:+15550100>", VET_SCHEME },
		{ "tel:+15550100", VET_SCHEME },
		{ "<http://192.0.2.1/>", VET_SCHEME },
		{ "<urn:service:sos>", VET_SCHEME },
		{ "<mailto:a@example.com>", VET_SCHEME },
		{ "<im:a@example.com>", VET_SCHEME },
		{ "*", VET_SCHEME },
		{ " * ", VET_SCHEME },
		{ "<*>", VET_SCHEME },
		{ "<alice@192.0.2.1>", VET_SCHEME },
		{ "<sipx:a@192.0.2.1>", VET_SCHEME },
		{ "<:a@192.0.2.1>", VET_SCHEME },
		{ "", VET_MISSING },
		{ "  \r\n ", VET_MISSING },
		{ "<>", VET_MISSING },
		{ "<sip:>", VET_HOST },
		{ "<sip:alice@>", VET_HOST },
		{ "<sip:@192.0.2.1>", VET_BYTES },
		{ "<sip:a@0.0.0.0;x=@192.0.2.1>", VET_BYTES },
		{ "<sip:alice@0.0.0.0>", VET_HOST },
		{ "<sip:alice@255.255.255.255>", VET_HOST },
		{ "<sip:alice@233.252.0.1>", VET_HOST },
		{ "<sip:alice@224.0.0.1>", VET_HOST },
		{ "<sip:alice@240.0.0.1>", VET_HOST },
		{ "<sip:alice@223.255.255.255>", VET_OK },
		{ "<sip:alice@[::]>", VET_HOST },
		{ "<sip:alice@[ff02::1]>", VET_HOST },
		{ "<sip:alice@[::ffff:0.0.0.0]>", VET_HOST },
		{ "<sip:alice@2001:db8::1>", VET_HOST },
		{ "<sip:alice@[2001:db8::1>", VET_HOST },
		{ "<sip:alice@[192.0.2.1]>", VET_HOST },
		{ "<sip:alice@[2001:db8::1]x>", VET_HOST },
		{ "<sip:alice@192.0.2>", VET_HOST },
		{ "<sip:alice@192.0.2.256>", VET_HOST },
		{ "<sip:alice@.>", VET_HOST },
		{ "<sip:alice@a..b>", VET_HOST },
		{ "<sip:alice@-a.b>", VET_HOST },
		{ "<sip:alice@a/b>", VET_HOST },
		{ "<sip:a@192.0.2.1;maddr=0.0.0.0>", VET_HOST },
		{ "<sip:a@192.0.2.1;maddr=224.0.0.75>", VET_HOST },
		{ "<sip:a@192.0.2.1;maddr>", VET_HOST },
		{ "<sip:alice@192.0.2.1:>", VET_PORT },
		{ "<sip:alice@192.0.2.1:0>", VET_PORT },
		{ "<sip:alice@192.0.2.1:65536>", VET_PORT },
		{ "<sip:alice@192.0.2.1:99999999999>", VET_PORT },
		{ "<sip:alice@192.0.2.1:-5060>", VET_PORT },
		{ "<sip:alice@192.0.2.1:5060x>", VET_PORT },
		{ "<sip:alice@192.0.2.1;transport=>", VET_BYTES },
		{ "<sip:alice@192.0.2.1;;>", VET_BYTES },
		{ "<sip:alice@192.0.2.1?Route=%3Csip:evil%3E>", VET_BYTES },
		{ "<sip:al ice@192.0.2.1>", VET_BYTES },
		{ "<sip:alice@192.0.2.1", VET_BYTES },
		{ "\"Alice <sip:alice@192.0.2.1>", VET_BYTES },
		{ "<sip:alice@192.0.2.1> x", VET_BYTES },
		{ "<sip:a@192.0.2.1>, <sip:b@192.0.2.2>", VET_MANY },
		{ "sip:a@192.0.2.1,sip:b@192.0.2.2", VET_MANY },
		{ "<sip:a@192.0.2.1>,", VET_OK },
	};
	char text[2 * VET_URI_MAX];

	check_all(vet_contact, cases, COUNT(cases));
	CHECK_INT(VET_BYTES, vet_contact("<sip:a\0b@192.0.2.1>", 19), "a zero byte");
	CHECK_INT(VET_MISSING, vet_contact(NULL, 0), "no header");
	snprintf(text, sizeof(text), "<sip:%01023d@192.0.2.1>", 0);
	CHECK_INT(VET_LONG, vet_contact(text, strlen(text)), "a user of 1,023 digits");
	snprintf(text, sizeof(text), "<sip:a@%0254d.com>", 0);
	CHECK_INT(VET_LONG, vet_contact(text, strlen(text)), "a host over 253");
}

TEST(every_route_is_a_sip_uri)
{
	static const struct value_case cases[] = {
		{ "", VET_OK },
		{ "<sip:192.0.2.1;lr>", VET_OK },
		{ "<sip:p1.example.com;lr>, <sips:[2001:db8::1]:5061;lr>;x=\",\"", VET_OK },
		{ "sip:192.0.2.1", VET_OK },
		{ "<sip:192.0.2.1;lr>,<tel:+15550100>", VET_SCHEME },
		{ "<http:192.0.2.1;lr>", VET_SCHEME },
		{ "<sip:192.0.2.1;lr>,,<sip:192.0.2.2;lr>", VET_MISSING },
		{ "<sip:192.0.2.1;lr>,<sip:>", VET_HOST },
		{ "<sip:192.0.2.1:0;lr>", VET_PORT },
		{ "*", VET_SCHEME },
	};
	char many[4096] = "";

	check_all(vet_routes, cases, COUNT(cases));
	for (unsigned i = 0; i < VET_ROUTES_MAX; i++)
		strcat(many, i ? ",<sip:192.0.2.1;lr>" : "<sip:192.0.2.1;lr>");
	CHECK_INT(VET_OK, vet_routes(many, strlen(many)), "as many as we keep");
	strcat(many, ",<sip:192.0.2.1;lr>");
	CHECK_INT(VET_MANY, vet_routes(many, strlen(many)), "one more");
}

TEST(a_uri_in_parts_is_judged_the_same)
{
	static const struct {
		const char *scheme, *host, *port;
		enum vet verdict;
	} cases[] = {
		{ "sip", "192.0.2.1", NULL, VET_OK },
		{ "SIPS", "[2001:db8::1]", "5061", VET_OK },
		{ "sip", "2001:db8::1", "", VET_OK },
		{ "sip", "carrier_1.example.", "5060", VET_OK },
		{ "tel", "192.0.2.1", NULL, VET_SCHEME },
		{ "", "192.0.2.1", NULL, VET_SCHEME },
		{ NULL, "192.0.2.1", NULL, VET_MISSING },
		{ "sip", NULL, NULL, VET_MISSING },
		{ "sip", "", NULL, VET_HOST },
		{ "sip", "0.0.0.0", NULL, VET_HOST },
		{ "sip", "a b", NULL, VET_HOST },
		{ "sip", "192.0.2.1", "0", VET_PORT },
		{ "sip", "192.0.2.1", "70000", VET_PORT },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		CHECK_INT(cases[i].verdict, vet_parts(cases[i].scheme, cases[i].host, cases[i].port),
			cases[i].host ? cases[i].host : "NULL");
}

static char *repeat(const char *head, char c, size_t n)
{
	static char out[2048];
	size_t at = strlen(head);

	memcpy(out, head, at);
	memset(out + at, c, n);
	out[at + n] = 0;
	return out;
}

TEST(a_host_is_a_literal_or_a_name)
{
	static const struct {
		const char *host;
		enum vet_host kind;
	} cases[] = {
		{ "127.0.0.1", VET_HOST_IPV4 },
		{ "[::1]", VET_HOST_IPV6 },
		{ "::1", VET_HOST_IPV6 },
		{ "localhost", VET_HOST_NAME },
		{ "sip-1.carrier.example", VET_HOST_NAME },
		{ "3com.example", VET_HOST_NAME },
		{ "1.2.3", VET_HOST_BAD },
		{ "0x7f000001", VET_HOST_BAD },
		{ "127.1", VET_HOST_BAD },
		{ "0.1.2.3", VET_HOST_BAD },
		{ "[]", VET_HOST_BAD },
		{ "", VET_HOST_BAD },
		{ "a\xc3\xa9", VET_HOST_BAD },
		{ "fe80::1%eth0", VET_HOST_BAD },
		{ "a.example-", VET_HOST_BAD },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		CHECK_INT(cases[i].kind, vet_host(cases[i].host, strlen(cases[i].host)), cases[i].host);
	CHECK_INT(VET_HOST_BAD, vet_host(NULL, 0), "NULL");
	CHECK_INT(VET_HOST_NAME, vet_host(repeat("", 'a', 63), 63), "a label of 63");
	CHECK_INT(VET_HOST_BAD, vet_host(repeat("", 'a', 64), 64), "a label of 64");
}

/* K3 and LIBRARIES' rule 3; RFC 4475 section 3.3.1 has a branch that is only the cookie. */
TEST(a_branch_begins_with_the_cookie_and_goes_on)
{
	static const struct value_case cases[] = {
		{ "z9hG4bK776asdhds", VET_OK },
		{ "z9hG4bK-", VET_OK },
		{ "Z9HG4BKx", VET_OK }, /* parameters do not mind case */
		{ "z9hG4bK", VET_COOKIE },
		{ "z9hG4b", VET_COOKIE },
		{ "z", VET_COOKIE },
		{ "776asdhdsz9hG4bK", VET_COOKIE },
		{ "z9hG4bK a", VET_BYTES },
		{ "z9hG4bK\r\nVia:", VET_BYTES },
		{ "z9hG4bK\xff", VET_BYTES },
		{ "", VET_MISSING },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		CHECK_STR(vet_words(cases[i].verdict), vet_words(vet_branch(cases[i].value)), cases[i].value);
	CHECK_INT(VET_MISSING, vet_branch(NULL), "NULL");
	CHECK_INT(VET_OK, vet_branch(repeat("z9hG4bK", 'a', VET_BRANCH_MAX - 7)), "as long as we take");
	CHECK_INT(VET_LONG, vet_branch(repeat("z9hG4bK", 'a', VET_BRANCH_MAX - 6)), "one more");
}

TEST(call_id_and_tags_are_bounded_and_clean)
{
	CHECK_INT(VET_OK, vet_call_id("f81d4fae-7dec-11d0-a765-00a0c91e6bf6@biloxi.com"),
		"RFC 3261 section 8.1.1.4");
	CHECK_INT(VET_OK, vet_call_id("intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{"),
		"RFC 4475 section 3.1.1.2");
	CHECK_INT(VET_OK, vet_call_id(repeat("longreq.one", 'r', 130)), "RFC 4475 section 3.1.1.7");
	CHECK_INT(VET_MISSING, vet_call_id(""), "empty");
	CHECK_INT(VET_MISSING, vet_call_id(NULL), "none");
	CHECK_INT(VET_BYTES, vet_call_id("a b"), "a space");
	CHECK_INT(VET_BYTES, vet_call_id("a\nb"), "a line end");
	CHECK_INT(VET_BYTES, vet_call_id("a\x1b[2J"), "an escape");
	CHECK_INT(VET_BYTES, vet_call_id("a\xc3\xa9"), "no ASCII");
	CHECK_INT(VET_OK, vet_call_id(repeat("", 'c', VET_CALL_ID_MAX)), "as long as we take");
	CHECK_INT(VET_LONG, vet_call_id(repeat("", 'c', VET_CALL_ID_MAX + 1)), "one more");

	CHECK_INT(VET_OK, vet_tag("1928301774"), "RFC 3261 section 8.1.1.3");
	CHECK_INT(VET_OK, vet_tag("-.!%*_+`'~aZ0"), "all that a token may hold");
	CHECK_INT(VET_MISSING, vet_tag(""), "empty");
	CHECK_INT(VET_BYTES, vet_tag("a;b"), "a semicolon");
	CHECK_INT(VET_BYTES, vet_tag("a\r"), "a control");
	CHECK_INT(VET_LONG, vet_tag(repeat("", 't', VET_TAG_MAX + 1)), "too long");
}

TEST(a_cseq_is_a_number_and_the_method)
{
	static const struct value_case cases[] = {
		{ "1 INVITE", VET_OK },
		{ "0 INVITE", VET_OK },
		{ "0009 \t INVITE", VET_OK }, /* RFC 4475 section 3.1.1.1 */
		{ "2147483647 INVITE", VET_OK },
		{ "2147483648 INVITE", VET_LONG },
		{ "36893488147419103232 INVITE", VET_LONG }, /* RFC 4475 section 3.1.2.4 */
		{ "1 invite", VET_BYTES },
		{ "1 BYE", VET_BYTES },
		{ "1INVITE", VET_BYTES },
		{ "1", VET_BYTES },
		{ "1 ", VET_BYTES },
		{ "-1 INVITE", VET_BYTES },
		{ "INVITE", VET_BYTES },
		{ "1 INVITE x", VET_BYTES },
		{ "", VET_MISSING },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		CHECK_STR(vet_words(cases[i].verdict),
			vet_words(vet_cseq(cases[i].value, strlen(cases[i].value), "INVITE")),
			cases[i].value);
}

TEST(what_people_read_is_clean)
{
	static const struct {
		const char *story, *text;
		size_t cap;
		const char *clean, *user;
	} cases[] = {
		{ "plain", "Alice", 64, "Alice", "Alice" },
		{ "an umlaut and a smile", "J\xc3\xbcrgen \xf0\x9f\x98\x80", 64,
			"J\xc3\xbcrgen \xf0\x9f\x98\x80", "J\xc3\xbcrgen \xf0\x9f\x98\x80" },
		{ "a second log line", "bob\r\n2026 root logged in", 64, "bob??2026 root logged in",
			"bob??2026 root logged in" },
		{ "a terminal's escape", "\x1b[2Jx\x7f", 64, "?[2Jx?", "?[2Jx?" },
		{ "controls of Latin-1", "\xc2\x9b[1m", 64, "?[1m", "?[1m" },
		{ "turned around",
			"a\xe2\x80\xae"
			"b\xe2\x81\xa6"
			"c\xe2\x80\xa8"
			"d",
			64, "a?b?c?d", "a?b?c?d" },
		{ "joined by nothing",
			"\xe2\x81\xa0"
			"a\xe2\x81\xaf"
			"b\xe2\x81\xb0",
			64, "?a?b\xe2\x81\xb0", "?a?b\xe2\x81\xb0" },
		{ "no UTF-8", "\xff\xc3(\xe2\x82", 64, "?\?(?\?", "?\?(?\?" },
		{ "overlong", "\xc0\xaf\xe0\x80\xaf", 64, "?????", "?????" },
		{ "a surrogate", "\xed\xa0\x80", 64, "???", "???" },
		{ "past the last character", "\xf4\x90\x80\x80\xf8\x88\x80\x80\x80", 64, "?????????",
			"?????????" },
		{ "cut between characters", "a\xc3\xa9\xc3\xa9", 5, "a\xc3\xa9", "a\xc3\xa9" },
		{ "cut", "abcdef", 4, "abc", "abc" },
		{ "room for the end only", "abc", 1, "", "" },
		{ "escaped number", "%2B1%35550100", 64, "%2B1%35550100", "+15550100" },
		{ "escaped controls (RFC 4475 section 3.1.1.4)", "null-%00-null%0d%0A", 64,
			"null-%00-null%0d%0A", "null-?-null??" },
		{ "half an escape", "a%4", 64, "a%4", "a%4" },
		{ "no escape", "100%zz%", 64, "100%zz%", "100%zz%" },
		{ "escaped once, read once", "%2500", 64, "%2500", "%00" },
	};
	char out[64];

	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t n = strlen(cases[i].text);
		char *exact = malloc(n), *to = malloc(cases[i].cap);

		memcpy(exact, cases[i].text, n);
		vet_clean(to, cases[i].cap, exact, n);
		CHECK_STR(cases[i].clean, to, cases[i].story);
		vet_user(to, cases[i].cap, exact, n);
		CHECK_STR(cases[i].user, to, cases[i].story);
		free(exact);
		free(to);
	}
	vet_clean(out, sizeof(out), NULL, 0);
	CHECK_STR("", out, "no text");
	vet_user(out, sizeof(out), NULL, 0);
	CHECK_STR("", out, "no text");
	vet_clean(out, 0, "abc", 3);
	vet_user(out, sizeof(out), repeat("", 'u', 2000), 2000);
	CHECK_INT(63, strlen(out), "a long one is cut");
}

TEST(every_verdict_has_words)
{
	for (int verdict = VET_OK; verdict <= VET_COOKIE; verdict++) {
		const char *words = vet_words((enum vet)verdict);

		CHECK(*words && strcmp(words, "Bad value") != 0 && strlen(words) < 64, "%d", verdict);
		CHECK(strpbrk(words, "\r\n\"") == NULL, "%d", verdict);
	}
	CHECK_STR("Bad value", vet_words((enum vet)99), "one that is none");
}

TESTS(a_contact_is_one_sip_uri, every_route_is_a_sip_uri, a_uri_in_parts_is_judged_the_same,
	a_host_is_a_literal_or_a_name, a_branch_begins_with_the_cookie_and_goes_on,
	call_id_and_tags_are_bounded_and_clean, a_cseq_is_a_number_and_the_method, what_people_read_is_clean,
	every_verdict_has_words)
