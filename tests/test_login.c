/* links: sip/login.c sip/digest.c */
#include "sip/login.h"
#include "tests/test.h"

static const uint8_t gateway[16] = { [10] = 0xff, 0xff, 192, 0, 2, 1 };
static const uint8_t other[16] = { [10] = 0xff, 0xff, 192, 0, 2, 2 };

static struct digest_challenge challenge(const char *realm, const char *nonce)
{
	char text[200];
	struct digest_challenge c;

	snprintf(text, sizeof(text), "Digest realm=\"%s\", nonce=\"%s\", qop=\"auth\"", realm, nonce);
	CHECK_INT(CALL_OK, digest_read(&c, text, strlen(text)), text);
	return c;
}

static char out[DIGEST_VALUE];

static const char *ask(struct login *l, const char *realm, const char *nonce, const uint8_t *from)
{
	const struct digest_challenge c = challenge(realm, nonce);
	bool by_proxy;

	out[0] = '\0';
	return login_answer(l, &(struct login_challenge){ &c, 1, from }, "INVITE", "sip:1@192.0.2.1", "c",
		out, &by_proxy);
}

TEST(only_gateway_and_realm_get_an_answer)
{
	struct login l;

	login_set(&l, "us", "secret", "carrier", gateway);
	CHECK(strstr(ask(&l, "carrier", "n", other), "another than the gateway"), "another address");
	CHECK_STR("", out, "nothing was written for it");
	CHECK(strstr(ask(&l, "elsewhere", "n", gateway), "another realm"), "another realm");
	CHECK_STR("", out, "nothing was written for it either");
	CHECK(!ask(&l, "carrier", "n", gateway), "ours");
	CHECK(strstr(out, "username=\"us\""), "%s", out);
	login_set(&l, NULL, NULL, NULL, gateway);
	CHECK(strstr(ask(&l, "carrier", "n", gateway), "has none"), "no credentials");
}

TEST(two_answers_and_no_more)
{
	struct login l;

	login_set(&l, "us", "secret", "carrier", gateway);
	CHECK(!ask(&l, "carrier", "a", gateway), "first");
	CHECK(!ask(&l, "carrier", "b", gateway), "second, with a fresh nonce");
	CHECK(strstr(ask(&l, "carrier", "c", gateway), "refuses"), "third");
	login_fresh(&l);
	CHECK(!ask(&l, "carrier", "c", gateway), "the next request may answer again");
}

TEST(a_nonce_used_again_is_counted)
{
	struct login l;

	login_set(&l, "us", "secret", "carrier", gateway);
	CHECK(!ask(&l, "carrier", "a", gateway) && strstr(out, "nc=00000001"), "%s", out);
	login_fresh(&l);
	CHECK(!ask(&l, "carrier", "a", gateway) && strstr(out, "nc=00000002"), "%s", out);
	CHECK(!ask(&l, "carrier", "b", gateway) && strstr(out, "nc=00000001"), "%s", out);
}

TESTS(only_gateway_and_realm_get_an_answer, two_answers_and_no_more, a_nonce_used_again_is_counted)
