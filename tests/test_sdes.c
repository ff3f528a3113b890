/* links: sip/sdes.c */
#include "sip/sdes.h"
#include "tests/test.h"

#define COUNT(list) (sizeof(list) / sizeof(*(list)))
#define K30 "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz" /* RFC 4568 section 9.2's example */
#define K28 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw"
#define K44 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKis"

static struct sdp_crypto line_of(const char *suite, const char *params)
{
	struct sdp_crypto line = { .tag = 7 };

	snprintf(line.suite, sizeof(line.suite), "%s", suite);
	snprintf(line.params, sizeof(line.params), "%s", params);
	return line;
}

TEST(lines_are_taken_whole_or_not_at_all)
{
	static const struct {
		const char *story, *suite, *params;
		enum call_err want;
		enum sdes_suite is;
	} cases[] = {
		{ "the plainest", "AES_CM_128_HMAC_SHA1_80", "inline:" K30, CALL_OK, SDES_AES_CM_128_80 },
		{ "the short tag", "AES_CM_128_HMAC_SHA1_32", "inline:" K30, CALL_OK, SDES_AES_CM_128_32 },
		{ "names in any case", "aes_cm_128_hmac_sha1_80", "INLINE:" K30, CALL_OK,
			SDES_AES_CM_128_80 },
		{ "GCM", "AEAD_AES_128_GCM", "inline:" K28 "==", CALL_OK, SDES_GCM_128 },
		{ "GCM, unpadded", "AEAD_AES_128_GCM", "inline:" K28, CALL_OK, SDES_GCM_128 },
		{ "GCM of 256 bits", "AEAD_AES_256_GCM", "inline:" K44 "=", CALL_OK, SDES_GCM_256 },
		{ "a lifetime", "AES_CM_128_HMAC_SHA1_80", "inline:" K30 "|2^20", CALL_OK,
			SDES_AES_CM_128_80 },
		{ "in packets", "AES_CM_128_HMAC_SHA1_80", "inline:" K30 "|1048576", CALL_OK,
			SDES_AES_CM_128_80 },
		{ "and a key number", "AES_CM_128_HMAC_SHA1_80", "inline:" K30 "|2^20|1:4", CALL_OK,
			SDES_AES_CM_128_80 },
		{ "a key number alone", "AES_CM_128_HMAC_SHA1_80", "inline:" K30 "|66:1", CALL_OK,
			SDES_AES_CM_128_80 },
		{ "a window that it wishes", "AES_CM_128_HMAC_SHA1_80", "inline:" K30 " WSH=128", CALL_OK,
			SDES_AES_CM_128_80 },
		{ "no encryption", "AES_CM_128_HMAC_SHA1_80", "inline:" K30 " UNENCRYPTED_SRTP",
			CALL_NO_MATCH, 0 },
		{ "none of RTCP", "AES_CM_128_HMAC_SHA1_80", "inline:" K30 " UNENCRYPTED_SRTCP",
			CALL_NO_MATCH, 0 },
		{ "no authentication", "AES_CM_128_HMAC_SHA1_80",
			"inline:" K30 " WSH=64 UNAUTHENTICATED_SRTP", CALL_NO_MATCH, 0 },
		{ "another derivation", "AES_CM_128_HMAC_SHA1_80", "inline:" K30 " KDR=1", CALL_NO_MATCH, 0 },
		{ "an order of FEC", "AES_CM_128_HMAC_SHA1_80", "inline:" K30 " FEC_ORDER=FEC_SRTP",
			CALL_NO_MATCH, 0 },
		{ "unknown", "AES_CM_128_HMAC_SHA1_80", "inline:" K30 " SOMETHING", CALL_NO_MATCH, 0 },
		{ "a window below the least", "AES_CM_128_HMAC_SHA1_80", "inline:" K30 " WSH=63",
			CALL_NO_MATCH, 0 },
		{ "two keys", "AES_CM_128_HMAC_SHA1_80", "inline:" K30 "|2^20|1:4;inline:" K30 "|2^20|2:4",
			CALL_NO_MATCH, 0 },
		{ "a long key number", "AES_CM_128_HMAC_SHA1_80", "inline:" K30 "|1:8", CALL_NO_MATCH, 0 },
		{ "F8", "F8_128_HMAC_SHA1_80", "inline:" K30, CALL_NO_MATCH, 0 },
		{ "no cipher", "NULL_HMAC_SHA1_80", "inline:" K30, CALL_NO_MATCH, 0 },
		{ "another method", "AES_CM_128_HMAC_SHA1_80", "uri:" K30, CALL_NO_MATCH, 0 },
		{ "a key too short", "AES_CM_128_HMAC_SHA1_80", "inline:" K28 "==", CALL_SYNTAX, 0 },
		{ "a key too long", "AES_CM_128_HMAC_SHA1_80", "inline:" K30 "AAAA", CALL_SYNTAX, 0 },
		{ "no base64", "AES_CM_128_HMAC_SHA1_80", "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVub*Vz",
			CALL_SYNTAX, 0 },
		{ "bits of no byte", "AEAD_AES_128_GCM",
			"inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGx==", CALL_SYNTAX, 0 },
		{ "empty", "AES_CM_128_HMAC_SHA1_80", "inline:", CALL_SYNTAX, 0 },
		{ "nothing", "AES_CM_128_HMAC_SHA1_80", "", CALL_NO_MATCH, 0 },
		{ "no lifetime", "AES_CM_128_HMAC_SHA1_80", "inline:" K30 "|soon", CALL_SYNTAX, 0 },
		{ "one above RFC 3711's", "AES_CM_128_HMAC_SHA1_80", "inline:" K30 "|2^49", CALL_SYNTAX, 0 },
		{ "none at all", "AES_CM_128_HMAC_SHA1_80", "inline:" K30 "|0", CALL_SYNTAX, 0 },
		{ "a number over its length", "AES_CM_128_HMAC_SHA1_80", "inline:" K30 "|256:1", CALL_SYNTAX,
			0 },
		{ "of no length", "AES_CM_128_HMAC_SHA1_80", "inline:" K30 "|1:0", CALL_SYNTAX, 0 },
		{ "one bar too many", "AES_CM_128_HMAC_SHA1_80", "inline:" K30 "|2^20|1:4|", CALL_OK,
			SDES_AES_CM_128_80 },
		{ "and something behind", "AES_CM_128_HMAC_SHA1_80", "inline:" K30 "|2^20|1:4|x", CALL_SYNTAX,
			0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct sdp_crypto line = line_of(cases[i].suite, cases[i].params);
		struct sdes_key key;

		memset(&key, 0xff, sizeof(key));
		CHECK_INT(cases[i].want, sdes_read(&key, &line), cases[i].story);
		CHECK_INT(cases[i].is, key.suite, cases[i].story);
		CHECK_INT(cases[i].is ? 7 : 0, key.tag, cases[i].story);
	}
}

TEST(key_and_number_are_read)
{
	const struct sdp_crypto line = line_of("AES_CM_128_HMAC_SHA1_80", "inline:" K30 "|2^20|66051:4");
	static const char plain[] = "YS___semctl () {\t220;}\n}\nunles"; /* what the RFC's example says */
	struct sdes_key key;

	CHECK_INT(CALL_OK, sdes_read(&key, &line), "taken");
	CHECK_INT(30, strlen(plain), "as long as it should be");
	CHECK(memcmp(plain, key.master, 5) == 0, "its first bytes");
	CHECK(memcmp(plain + 24, key.master + 24, 6) == 0, "its last ones");
	CHECK_INT(4, key.mki_len, "length of the number");
	CHECK(memcmp(key.mki, "\0\1\2\3", 4) == 0, "the number, in network order");
}

TEST(what_is_written_is_read_again)
{
	for (int suite = SDES_NONE + 1; suite < SDES_SUITES; suite++) {
		struct sdes_key key = { .suite = (enum sdes_suite)suite, .tag = 3 }, again;
		struct sdp_crypto line;

		for (size_t i = 0; i < sdes_master_len(key.suite); i++)
			key.master[i] = (uint8_t)(i * 37 + 200);
		sdes_write(&line, &key);
		CHECK_STR(sdes_suite_name(key.suite), line.suite, "suite");
		CHECK_INT(CALL_OK, sdes_read(&again, &line), "read");
		CHECK(memcmp(&key, &again, sizeof(key)) == 0, "%s: the same", line.suite);
	}
	CHECK_INT(0, sdes_master_len(SDES_NONE), "no key for the clear");
	CHECK_INT(0, sdes_master_len(SDES_SUITES), "nor for what is no suite");
	CHECK_STR("", sdes_suite_name(SDES_SUITES), "nor a name");
}

TEST(the_first_usable_line_is_chosen)
{
	struct sdp_media m = { .n_crypto = 3 };
	struct sdes_key key;

	m.crypto[0] = line_of("F8_128_HMAC_SHA1_80", "inline:" K30);
	m.crypto[1] = line_of("AEAD_AES_128_GCM", "inline:" K28 " UNENCRYPTED_SRTP");
	m.crypto[2] = line_of("AES_CM_128_HMAC_SHA1_32", "inline:" K30);
	CHECK(sdes_choose(&key, &m), "there is one");
	CHECK_INT(SDES_AES_CM_128_32, key.suite, "the third");
	m.n_crypto = 2;
	CHECK(!sdes_choose(&key, &m), "now there is none");
	CHECK_INT(SDES_NONE, key.suite, "and it says so");
}

TESTS(lines_are_taken_whole_or_not_at_all, key_and_number_are_read, what_is_written_is_read_again,
	the_first_usable_line_is_chosen)
