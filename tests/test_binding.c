/* links: mixer/binding.c mixer/cipher.c tests/check.c */
#include "mixer/binding.h"
#include "tests/check.h"
#include "tests/test.h"
#include <stdlib.h>

static const char password[] = "VOkJxbRl1RmTxUk/WvJxBt"; /* of RFC 5769's short-term examples */

static size_t from_hex(uint8_t *out, const char *hex)
{
	size_t n = 0;

	for (; *hex; hex++)
		if (*hex != ' ') {
			const char two[3] = { hex[0], hex[1], 0 };

			out[n++] = (uint8_t)strtoul(two, NULL, 16);
			hex++;
		}
	return n;
}

static struct hmac *key_of(const char *text)
{
	struct hmac *key;

	CHECK_INT(MIX_OK, hmac_alloc(&key, (const uint8_t *)text, strlen(text)), "a key");
	return key;
}

#define ID "21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae "
#define REQUEST                                                                                              \
	"00 01 00 58 " ID "80 22 00 10 53 54 55 4e 20 74 65 73 74 20 63 6c 69 65 6e 74 "                     \
	"00 24 00 04 6e 00 01 ff 80 29 00 08 93 2f f9 b1 51 26 3b 36 "                                       \
	"00 06 00 09 65 76 74 6a 3a 68 36 76 59 20 20 20 "                                                   \
	"00 08 00 14 9a ea a7 0c bf d8 cb 56 78 1e f2 b5 b2 d3 f2 49 c1 b5 71 a2 80 28 00 04 e5 7a 3b cf"

TEST(the_examples_of_rfc5769_are_read_and_proven)
{
	static const struct {
		const char *story, *hex;
		enum binding_class class;
	} cases[] = {
		{ "2.1 request", REQUEST, BINDING_REQUEST },
		{ "2.2 IPv4 response",
			"01 01 00 3c " ID "80 22 00 0b 74 65 73 74 20 76 65 63 74 6f 72 20 "
			"00 20 00 08 00 01 a1 47 e1 12 a6 43 "
			"00 08 00 14 2b 91 f5 99 fd 9e 90 c3 8c 74 89 f9 2a f9 ba 53 f0 6b e7 d7 "
			"80 28 00 04 c0 7d 4c 96",
			BINDING_SUCCESS },
		{ "2.3 IPv6 response",
			"01 01 00 48 " ID "80 22 00 0b 74 65 73 74 20 76 65 63 74 6f 72 20 "
			"00 20 00 14 00 02 a1 47 01 13 a9 fa a5 d3 f1 79 bc 25 f4 b5 be d2 b9 d9 "
			"00 08 00 14 a3 82 95 4e 4b e6 7b f1 17 84 c9 7c 82 92 c2 75 bf e3 ed 41 "
			"80 28 00 04 c8 fb 0b 4c",
			BINDING_SUCCESS },
	};
	struct hmac *key = key_of(password), *other = key_of("VOkJxbRl1RmTxUk/WvJxBT");
	struct binding m;
	uint8_t p[200];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const size_t n = from_hex(p, cases[i].hex);

		CHECK(binding_is(p, n), "%s: STUN", cases[i].story);
		CHECK_INT(MIX_OK, binding_parse(&m, p, n), cases[i].story);
		CHECK_INT(cases[i].class, m.class, cases[i].story);
		CHECK(binding_proven(&m, p, key), "%s: by its password", cases[i].story);
		CHECK(!binding_proven(&m, p, other), "%s: by no other", cases[i].story);
		for (size_t at = 0; at < n - 8;
			at++) { /* every bit counts, by the fingerprint and by the key */
			p[at] ^= 0x10;
			CHECK(binding_parse(&m, p, n) != MIX_OK, "%s: byte %zu", cases[i].story, at);
			p[at] ^= 0x10;
		}
	}
	from_hex(p, REQUEST);
	CHECK_INT(MIX_OK, binding_parse(&m, p, from_hex(p, REQUEST)), "2.1");
	CHECK(m.username_len == 9 && memcmp(m.username, "evtj:h6vY", 9) == 0, "who");
	CHECK_INT(0x6e0001ff, m.priority, "priority");
	CHECK(m.controlled && !m.nominates && m.n_unknown == 0, "and what it says");
	hmac_free(key);
	hmac_free(other);
}

/* The address of RFC 5769 section 2.2 and 2.3, hidden as there, in a message that any reader can prove. */
TEST(success_hides_the_address_as_rfc5769_does)
{
	static const struct {
		const char *story, *ip, *attribute;
	} cases[] = {
		{ "192.0.2.1:32853", "00 00 00 00 00 00 00 00 00 00 ff ff c0 00 02 01",
			"00 20 00 08 00 01 a1 47 e1 12 a6 43" },
		{ "[2001:db8:1234:5678:11:2233:4455:6677]:32853",
			"20 01 0d b8 12 34 56 78 00 11 22 33 44 55 66 77",
			"00 20 00 14 00 02 a1 47 01 13 a9 fa a5 d3 f1 79 bc 25 f4 b5 be d2 b9 d9" },
	};
	struct hmac *key = key_of(password);
	uint8_t p[200], want[40], out[BINDING_ANSWER_MAX];
	struct net_addr from = { .port = 32853 };
	struct binding request, m;

	CHECK_INT(MIX_OK, binding_parse(&request, p, from_hex(p, REQUEST)), "a request");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		from_hex(from.ip, cases[i].ip);
		const size_t wants = from_hex(want, cases[i].attribute);
		const size_t n = binding_success(out, &request, &from, key);

		CHECK(memcmp(out + 20, want, wants) == 0, "%s", cases[i].story);
		CHECK_INT(MIX_OK, binding_parse(&m, out, n), cases[i].story);
		CHECK_INT(BINDING_SUCCESS, m.class, cases[i].story);
		CHECK(binding_proven(&m, out, key), "%s: proven", cases[i].story);
		CHECK(memcmp(m.id, request.id, BINDING_ID) == 0, "%s: the same transaction", cases[i].story);
	}
	hmac_free(key);
}

TEST(errors_say_what_was_not_understood)
{
	struct check c = { .username = "us:them", .password = password, .flaw = CHECK_UNKNOWN_ATTRIBUTE };
	struct hmac *key = key_of(password);
	uint8_t p[CHECK_MAX], out[BINDING_ANSWER_MAX];
	struct binding request, m;

	CHECK_INT(MIX_OK, binding_parse(&request, p, check_write(p, &c)), "a request");
	CHECK_INT(1, request.n_unknown, "one attribute is not ours");
	const size_t n = binding_error(out, &request, BINDING_UNKNOWN, key);
	CHECK_INT(420, check_status(out, n, &c), "420");
	CHECK_INT(MIX_OK, binding_parse(&m, out, n), "which can be read");
	CHECK(binding_proven(&m, out, key), "and proven");
	CHECK(memcmp(out + 48, (const uint8_t[]){ 0, 0x0a, 0, 2, 0x7a, 0xbc, 0, 0 }, 8) == 0,
		"UNKNOWN-ATTRIBUTES");
	const size_t bare = binding_error(out, &request, BINDING_UNAUTHENTICATED, NULL);
	CHECK_INT(MIX_OK, binding_parse(&m, out, bare), "without a key");
	CHECK_INT(0, m.proven_len, "there is no MESSAGE-INTEGRITY");
	CHECK_INT(401, check_status(out, bare, &c), "401");
	for (unsigned i = 0; i < BINDING_UNKNOWN_MAX; i++)
		request.unknown[i] = 0x7000;
	request.n_unknown = BINDING_UNKNOWN_MAX;
	CHECK(binding_error(out, &request, BINDING_UNKNOWN, key) <= BINDING_ANSWER_MAX, "the longest fits");
	hmac_free(key);
}

TEST(one_port_is_shared_with_rtp_and_rtcp)
{
	uint8_t p[20] = { 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42 };

	CHECK(binding_is(p, 20), "STUN");
	CHECK(!binding_is(p, 19), "too short for a header");
	for (unsigned first = 0; first < 256; first++) {
		p[0] = (uint8_t)first;
		CHECK(binding_is(p, 20) == (first < 4), "first byte %u (RFC 7983)", first);
	}
	p[0] = 0;
	p[7]++;
	CHECK(!binding_is(p, 20), "another cookie");
}

TEST(bytes_of_any_kind_are_refused_in_order)
{
	static const struct {
		const char *story, *hex;
	} cases[] = {
		{ "no attribute, no fingerprint", "00 01 00 00 " ID },
		{ "another method", "00 03 00 00 " ID },
		{ "length of more than there is", "00 01 00 08 " ID "80 28 00 04" },
		{ "length of less than there is", "00 01 00 00 " ID "80 28 00 04 00 00 00 00" },
		{ "length that is no multiple of four", "00 01 00 05 " ID "00 06 00 01 61" },
		{ "attribute of more than there is", "00 01 00 08 " ID "00 06 00 05 61 62 63 64" },
		{ "attribute of 65,535", "00 01 00 08 " ID "00 06 ff ff 61 62 63 64" },
		{ "PRIORITY of three bytes", "00 01 00 08 " ID "00 24 00 03 61 62 63 64" },
		{ "USE-CANDIDATE of four bytes", "00 01 00 08 " ID "00 25 00 04 61 62 63 64" },
		{ "MESSAGE-INTEGRITY of four bytes", "00 01 00 08 " ID "00 08 00 04 61 62 63 64" },
		{ "a fingerprint that is not", "00 01 00 08 " ID "80 28 00 04 00 00 00 00" },
		{ "nothing at all", "" },
	};
	struct check c = { .username = "us:them", .password = password };
	uint8_t p[CHECK_MAX];
	struct binding m;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK(binding_parse(&m, p, from_hex(p, cases[i].hex)) != MIX_OK, "%s", cases[i].story);
	const size_t n = check_write(p, &c);
	CHECK_INT(MIX_OK, binding_parse(&m, p, n), "a sound one");
	for (size_t cut = 0; cut < n; cut++) {
		uint8_t *exact = malloc(cut ? cut : 1);

		memcpy(exact, p, cut);
		CHECK(binding_parse(&m, exact, cut) != MIX_OK, "cut after %zu", cut);
		free(exact);
	}
	memset(p + n, 0, 4);
	p[3] = (uint8_t)(p[3] + 4);
	CHECK(binding_parse(&m, p, n + 4) != MIX_OK, "something behind the fingerprint");
}

TESTS(the_examples_of_rfc5769_are_read_and_proven, success_hides_the_address_as_rfc5769_does,
	errors_say_what_was_not_understood, one_port_is_shared_with_rtp_and_rtcp,
	bytes_of_any_kind_are_refused_in_order)
