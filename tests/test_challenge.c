/* links: sip/digest.c */
#include "tests/test.h"

#include "sip/challenge.c"

#define S(seconds) ((uint64_t)(seconds)*1000000)

static const uint8_t secret[CHALLENGE_SECRET] = "a secret that nobody knows here";
static const uint8_t here[16] = { [10] = 0xff, 0xff, 192, 0, 2, 1 },
		     there[16] = { [10] = 0xff, 0xff, 192, 0, 2, 2 };

/* The challenge of one algorithm, as who was asked reads it; `line` 0: the first. */
static struct digest_challenge asked(struct challenger *c, unsigned line, bool stale, uint64_t now_us)
{
	char text[CHALLENGE_TEXT], *at = text, *end;
	struct digest_challenge out;

	CHECK(challenge_write(c, text, "realm.example", here, CHALLENGE_BOTH, stale, now_us), "written");
	for (unsigned i = 0; i <= line; i++) {
		CHECK(strncmp(at, "WWW-Authenticate: ", 18) == 0, "%s", at);
		at += 18;
		end = strstr(at, "\r\n");
		CHECK(end, "%s", at);
		if (i < line)
			at = end + 2;
	}
	CHECK_INT(CALL_OK, digest_read(&out, at, (size_t)(end - at)), at);
	return out;
}

static struct digest_given answer(
	const struct digest_challenge *c, const char *password, unsigned nc, const char *method)
{
	const struct digest_request r = { "gold", password, method, "sip:+15550100@192.0.2.9", "0a4f113b",
		nc };
	struct digest_given out;
	char value[DIGEST_VALUE];

	CHECK_INT(CALL_OK, digest_answer(value, sizeof(value), c, &r), "answer");
	CHECK_INT(CALL_OK, digest_given(&out, value, strlen(value)), value);
	return out;
}

static enum challenge_verdict check(
	struct challenger *c, const struct digest_given *g, const uint8_t ip[16], uint64_t now_us)
{
	return challenge_check(c, g, "realm.example", "s3cret", "INVITE", ip, now_us);
}

TEST(both_algorithms_are_offered_and_taken)
{
	static const enum digest_algorithm wanted[] = { DIGEST_SHA256, DIGEST_MD5 };
	struct challenger *c = challenger_alloc(secret);

	for (unsigned i = 0; i < 2; i++) {
		const struct digest_challenge q = asked(c, i, false, S(10));
		struct digest_given g = answer(&q, "s3cret", 1, "INVITE");

		CHECK_INT(wanted[i], q.algorithm, "SHA-256 first (RFC 8760 section 2.4)");
		CHECK(q.qop_auth && !q.stale, "qop auth");
		CHECK_INT(CHALLENGE_GOOD, check(c, &g, here, S(11)), "the password");
		g = answer(&q, "secret", 2, "INVITE");
		CHECK_INT(CHALLENGE_WRONG, check(c, &g, here, S(11)), "another");
		g = answer(&q, "s3cret", 2, "OPTIONS");
		CHECK_INT(CHALLENGE_WRONG, check(c, &g, here, S(11)), "made for another method");
		g = answer(&q, "", 2, "INVITE");
		CHECK_INT(CHALLENGE_WRONG,
			challenge_check(c, &g, "realm.example", NULL, "INVITE", here, S(11)),
			"nobody's name");
	}
	CHECK(asked(c, 1, true, S(12)).stale, "stale=true");
	{
		char text[CHALLENGE_TEXT];

		CHECK(challenge_write(c, text, "realm.example", here, CHALLENGE_MD5, false, S(12)),
			"MD5 alone");
		CHECK(strstr(text, "MD5") && !strstr(text, "SHA-256"), "%s", text);
	}
	challenger_free(c);
}

TEST(a_nonce_is_good_for_its_source_and_time)
{
	static const uint8_t other_secret[CHALLENGE_SECRET] = "another life of this process...";
	struct challenger *c = challenger_alloc(secret), *other = challenger_alloc(other_secret);
	struct digest_challenge q = asked(c, 0, false, S(10));
	struct digest_given g = answer(&q, "s3cret", 1, "INVITE");

	CHECK_INT(CHALLENGE_STRANGE, check(c, &g, there, S(11)), "from another source");
	CHECK_INT(CHALLENGE_STRANGE, check(other, &g, here, S(11)), "of another process");
	CHECK_INT(CHALLENGE_STALE, check(c, &g, here, S(10) + CHALLENGE_LIFE_US + 1), "too late");
	CHECK_INT(CHALLENGE_STALE, check(c, &g, here, S(9)), "before it was made");
	CHECK_INT(CHALLENGE_GOOD, check(c, &g, here, S(10) + CHALLENGE_LIFE_US), "in time");
	q.nonce[3] = q.nonce[3] == '0' ? '1' : '0';
	g = answer(&q, "s3cret", 1, "INVITE");
	CHECK_INT(CHALLENGE_STRANGE, check(c, &g, here, S(11)), "made up");
	snprintf(g.nonce, sizeof(g.nonce), "abc");
	CHECK_INT(CHALLENGE_STRANGE, check(c, &g, here, S(11)), "of another shape");
	q = asked(c, 0, false, S(10));
	snprintf(q.realm, sizeof(q.realm), "other.example");
	g = answer(&q, "s3cret", 1, "INVITE");
	CHECK_INT(CHALLENGE_STRANGE, check(c, &g, here, S(11)), "another realm");
	q = asked(c, 0, false, S(10));
	q.algorithm = DIGEST_SHA512_256;
	g = answer(&q, "s3cret", 1, "INVITE");
	CHECK_INT(CHALLENGE_STRANGE, check(c, &g, here, S(11)), "an algorithm that was not offered");
	challenger_free(c);
	challenger_free(other);
}

TEST(a_count_comes_once)
{
	static const struct {
		unsigned nc;
		enum challenge_verdict verdict;
	} steps[] = { { 1, CHALLENGE_GOOD }, { 1, CHALLENGE_STALE }, { 3, CHALLENGE_GOOD },
		{ 2, CHALLENGE_GOOD }, { 2, CHALLENGE_STALE }, { 100, CHALLENGE_GOOD },
		{ 36, CHALLENGE_STALE }, { 37, CHALLENGE_GOOD }, { 100, CHALLENGE_STALE },
		{ 4000000000u, CHALLENGE_GOOD }, { 100, CHALLENGE_STALE } };
	struct challenger *c = challenger_alloc(secret);
	struct digest_challenge q = asked(c, 0, false, S(10));
	struct digest_given g;

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		char story[32];

		snprintf(story, sizeof(story), "step %zu, nc %u", i, steps[i].nc);
		g = answer(&q, "s3cret", steps[i].nc, "INVITE");
		CHECK_INT(steps[i].verdict, check(c, &g, here, S(11)), story);
	}
	q = asked(c, 1, false, S(10));
	q.qop_auth = false; /* RFC 2617's older form */
	g = answer(&q, "s3cret", 0, "INVITE");
	CHECK_INT(CHALLENGE_GOOD, check(c, &g, here, S(11)), "without qop");
	CHECK_INT(CHALLENGE_STALE, check(c, &g, here, S(11)), "once");
	challenger_free(c);
}

/* A full table forgets the oldest; whatever is as old as that can be used no more, or it could be used twice. */
TEST(what_is_forgotten_cannot_come_again)
{
	struct challenger *c = challenger_alloc(secret);
	const struct digest_challenge first = asked(c, 0, false, S(10)), unused = asked(c, 0, false, S(9));
	struct digest_given g = answer(&first, "s3cret", 1, "INVITE");

	CHECK_INT(CHALLENGE_GOOD, check(c, &g, here, S(20)), "first");
	for (unsigned i = 0; i < CHALLENGE_NONCES; i++) {
		const struct digest_challenge q = asked(c, 1, false, S(11) + i);

		g = answer(&q, "s3cret", 1, "INVITE");
		CHECK_INT(CHALLENGE_GOOD, check(c, &g, here, S(20)), "others");
	}
	g = answer(&first, "s3cret", 1, "INVITE");
	CHECK_INT(CHALLENGE_STALE, check(c, &g, here, S(20)), "again");
	g = answer(&first, "s3cret", 2, "INVITE");
	CHECK_INT(CHALLENGE_STALE, check(c, &g, here, S(20)), "its next count");
	g = answer(&unused, "s3cret", 1, "INVITE");
	CHECK_INT(CHALLENGE_STALE, check(c, &g, here, S(20)), "one as old that nobody used");
	challenger_free(c);
}

TEST(an_answer_is_read_strictly)
{
	static const struct {
		const char *story, *value;
		enum call_err err;
	} cases[] = {
		{ "RFC 7616 section 3.9.1",
			"Digest username=\"Mufasa\", realm=\"http-auth@example.org\", "
			"uri=\"/dir/index.html\", "
			"algorithm=MD5, nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, "
			"cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, "
			"response=\"8ca523f5e9506fed4657c9700eebdbec\"",
			CALL_OK },
		{ "another scheme", "Basic QWxhZGRpbg==", CALL_NO_MATCH },
		{ "no username", "Digest realm=\"a\", nonce=\"b\", uri=\"c\", response=\"d\"", CALL_SYNTAX },
		{ "qop without nc",
			"Digest username=\"u\", realm=\"a\", nonce=\"b\", uri=\"c\", response=\"d\", "
			"qop=auth, "
			"cnonce=\"e\"",
			CALL_SYNTAX },
		{ "nc 0",
			"Digest username=\"u\", realm=\"a\", nonce=\"b\", uri=\"c\", response=\"d\", "
			"qop=auth, "
			"cnonce=\"e\", nc=00000000",
			CALL_SYNTAX },
		{ "nc is no number",
			"Digest username=\"u\", realm=\"a\", nonce=\"b\", uri=\"c\", response=\"d\", "
			"qop=auth, "
			"cnonce=\"e\", nc=0000000g",
			CALL_SYNTAX },
		{ "nothing", "", CALL_NO_MATCH },
		{ "open quote", "Digest username=\"u", CALL_SYNTAX },
	};
	struct digest_given g;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK_INT(cases[i].err, digest_given(&g, cases[i].value, strlen(cases[i].value)),
			cases[i].story);
	CHECK_INT(CALL_OK, digest_given(&g, cases[0].value, strlen(cases[0].value)), "again");
	CHECK(digest_matches(&g, "Circle of Life", "GET"), "the standard's password");
	CHECK(!digest_matches(&g, "Circle of life", "GET"), "another");
}

TESTS(both_algorithms_are_offered_and_taken, a_nonce_is_good_for_its_source_and_time, a_count_comes_once,
	what_is_forgotten_cannot_come_again, an_answer_is_read_strictly)
