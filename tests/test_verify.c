/* links: sip/verify.c sip/credential.c sip/tnauth.c sip/der.c sip/claims.c sip/passport.c sip/jread.c sip/base64url.c sip/identity.c tests/pki.c */
#include "sip/base64url.h"
#include "sip/verify.h"
#include "tests/pki.h"
#include "tests/test.h"

#include <stdlib.h>
#include <time.h>

#define X5U "https://cert.example.org/passport.cer"
#define HEADER "{\"alg\":\"ES256\",\"ppt\":\"shaken\",\"typ\":\"passport\",\"x5u\":\"" X5U "\"}"
#define PLAIN "{\"alg\":\"ES256\",\"typ\":\"passport\",\"x5u\":\"" X5U "\"}"
#define DIV "{\"alg\":\"ES256\",\"ppt\":\"div\",\"typ\":\"passport\",\"x5u\":\"" X5U "\"}"
#define ORIGID "123e4567-e89b-12d3-a456-426655440000"

/* RFC 7515 appendix A.3: key, text and signature.  (Those of RFC 8225 appendix A do not belong together.) */
static const char rfc7515_key[] = "-----BEGIN EC PRIVATE KEY-----\n"
				  "MHcCAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49\n"
				  "AwEHoUQDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72b\n"
				  "focs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"
				  "-----END EC PRIVATE KEY-----\n";
static const char rfc7515_text[] =
	"eyJhbGciOiJFUzI1NiJ9."
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
static const char rfc7515_signature[] =
	"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

/* One authority that is trusted, one that is not, and a call from +12155551212 to +12125551213. */
struct bed {
	struct pki pki, strange;
	struct anchors *anchors;
	struct pki_leaf leaf;
	struct credential *credential;
	uint64_t now_s;
	char values[IDENTITY_TOKENS + 1][PKI_TOKEN + 256];
	size_t n_values;
};

static void take_leaf(struct bed *b, const struct pki *from, const struct pki_order *order)
{
	credential_free(b->credential);
	pki_leaf_close(&b->leaf);
	CHECK(pki_issue(from, order, &b->leaf), "certificate");
	b->credential = NULL;
	CHECK_INT(CALL_OK, credential_read(&b->credential, b->leaf.pem, strlen(b->leaf.pem)), "credential");
}

static void begin(struct bed *b)
{
	memset(b, 0, sizeof(*b));
	CHECK(pki_open(&b->pki) && pki_open(&b->strange), "authorities");
	CHECK_INT(CALL_OK, anchors_alloc(&b->anchors), "anchors");
	CHECK_INT(1, anchors_add(b->anchors, b->pki.pem, strlen(b->pki.pem)), "anchor");
	b->now_s = (uint64_t)time(
		NULL); /* certificates are made around it; a run may last a second or an hour */
	take_leaf(b, &b->pki, &(struct pki_order){ .spc = "709J" });
}

static void end(struct bed *b)
{
	credential_free(b->credential);
	anchors_free(b->anchors);
	pki_leaf_close(&b->leaf);
	pki_close(&b->pki);
	pki_close(&b->strange);
}

static void claims_of(
	char out[512], const struct bed *b, long age_s, const char *orig, const char *dest, const char *more)
{
	snprintf(out, 512, "{%s\"dest\":{\"tn\":[\"%s\"]},\"iat\":%llu,\"orig\":{\"tn\":\"%s\"}}", more, dest,
		(unsigned long long)(b->now_s - (uint64_t)age_s), orig);
}

/* One more Identity value for the call. */
static void sign(struct bed *b, const char *header, const char *claims, const char *params)
{
	char token[PKI_TOKEN];

	CHECK(pki_token(&b->leaf, header, claims, token), "token");
	snprintf(b->values[b->n_values++], sizeof(b->values[0]), "%s%s", token, params);
}

static void sign_shaken(struct bed *b, long age_s, const char *orig, const char *dest)
{
	char claims[512];

	claims_of(claims, b, age_s, orig, dest, "\"attest\":\"A\",\"origid\":\"" ORIGID "\",");
	sign(b, HEADER, claims, ";info=<" X5U ">;alg=ES256;ppt=shaken");
}

static struct verify_result decide_with(const struct bed *b, struct verify_credential c)
{
	const struct verify_call call = { "+12155551212", "+12125551213", b->now_s };
	struct verify_credential all[IDENTITY_TOKENS];
	const char *values[IDENTITY_TOKENS + 1];
	struct verify_result out;
	static struct verify v;

	for (size_t i = 0; i < b->n_values; i++)
		values[i] = b->values[i];
	for (size_t i = 0; i < IDENTITY_TOKENS; i++)
		all[i] = c;
	verify_read(&v, values, b->n_values);
	verify_decide(&v, all, &call, &out);
	return out;
}

static struct verify_result decide(const struct bed *b)
{
	uint64_t until_s;

	return decide_with(b, (struct verify_credential){ b->credential,
				      credential_check(b->credential, b->anchors, b->now_s, &until_s) });
}

static void check_result(const struct verify_result *r, enum verstat verstat, unsigned status,
	const char *words, const char *story)
{
	CHECK_INT(verstat, r->verstat, story);
	CHECK_INT(status, r->status, story);
	CHECK(strstr(r->why, words), "%s: '%s' is not in '%s'", story, words, r->why);
	CHECK((r->attest != 0) == (verstat == VERSTAT_PASSED && status == 0 && r->origid[0]), "%s: attest %d",
		story, r->attest);
}

/* The signature that the standard prints, and ours by its key. */
TEST(es256_is_that_of_the_standard)
{
	const struct span text = { rfc7515_text, strlen(rfc7515_text) };
	struct bed b;
	struct signer *s = NULL;
	uint8_t signature[PASSPORT_SIGNATURE];
	char out[IDENTITY_VALUE];
	size_t n;

	begin(&b);
	take_leaf(&b, &b.pki, &(struct pki_order){ .spc = "709J", .key_pem = rfc7515_key });
	CHECK(base64url_read(signature, sizeof(signature), &n, rfc7515_signature, strlen(rfc7515_signature)),
		"letters");
	CHECK(credential_verify(b.credential, text, signature), "RFC 7515 appendix A.3");
	CHECK(!credential_verify(b.credential, (struct span){ text.p, text.n - 1 }, signature),
		"of another text");
	memset(signature, 0, sizeof(signature));
	CHECK(!credential_verify(b.credential, text, signature), "nothing but zeros");
	memset(signature, 0xff, sizeof(signature));
	CHECK(!credential_verify(b.credential, text, signature), "numbers that are too large");

	CHECK_INT(CALL_OK, signer_read(&s, rfc7515_key, strlen(rfc7515_key)), "key");
	CHECK_INT(CALL_OK, signer_sign(s, rfc7515_text, strlen(rfc7515_text), signature), "sign");
	CHECK(credential_verify(b.credential, text, signature), "ours, read back");
	CHECK_INT(CALL_OK, identity_write(out, rfc7515_text, signature, X5U, ""), "write");
	CHECK(pki_check(b.leaf.pem, out), "ours, by somebody else");
	out[5] ^= 1;
	CHECK(!pki_check(b.leaf.pem, out), "and of that text alone");
	signer_free(s);
	CHECK_INT(CALL_SYNTAX, signer_read(&s, b.leaf.pem, strlen(b.leaf.pem)), "no private key");
	end(&b);
}

TEST(a_good_call_passes)
{
	struct bed b;
	struct verify_result r;

	begin(&b);
	sign_shaken(&b, 5, "12155551212", "12125551213");
	r = decide(&b);
	check_result(&r, VERSTAT_PASSED, 0, "proven", "shaken by its provider");
	CHECK_INT('A', r.attest, "attest");
	CHECK_STR(ORIGID, r.origid, "origid");
	CHECK_STR("passed", verstat_words(r.verstat), "words");
	end(&b);
}

/* What is wrong, and what RFC 8224 section 6.2.2 has to say of it. */
TEST(whatever_is_wrong_is_named)
{
	static const struct {
		const char *story;
		long age_s;
		const char *orig, *dest;
		unsigned status;
		const char *words;
	} cases[] = {
		{ "60 s old", 60, "12155551212", "12125551213", 0, "proven" },
		{ "61 s old", 61, "12155551212", "12125551213", 403,
			"Stale Date: the token was made 61 s ago" },
		{ "a clock that is fast", -60, "12155551212", "12125551213", 0, "proven" },
		{ "from the future", -61, "12155551212", "12125551213", 403, "61 s from now" },
		{ "another caller", 0, "12155551299", "12125551213", 438, "another caller" },
		{ "for somebody else", 0, "12155551212", "12125551299", 438, "+12125551213 is called" },
		{ "a plus is forgiven", 0, "+12155551212", "+12125551213", 0, "proven" },
	};
	struct bed b;

	begin(&b);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct verify_result r;

		b.n_values = 0;
		sign_shaken(&b, cases[i].age_s, cases[i].orig, cases[i].dest);
		r = decide(&b);
		check_result(&r, cases[i].status ? VERSTAT_FAILED : VERSTAT_PASSED, cases[i].status,
			cases[i].words, cases[i].story);
	}
	end(&b);
}

TEST(a_signature_is_of_one_text_and_one_key)
{
	struct bed b;
	struct verify_result r;
	char *dot;

	begin(&b);
	sign_shaken(&b, 0, "12155551212", "12125551213");
	dot = strrchr(strtok(b.values[0], ";"), '.');
	dot[5] = dot[5] == 'A' ? 'B' : 'A';
	r = decide(&b);
	check_result(&r, VERSTAT_FAILED, 438, "signature", "a letter was changed");

	b.n_values = 0;
	sign_shaken(&b, 0, "12155551212", "12125551213");
	take_leaf(&b, &b.pki, &(struct pki_order){ .spc = "709J" });
	r = decide(&b);
	check_result(&r, VERSTAT_FAILED, 438, "signature", "another provider's key");
	end(&b);
}

TEST(certificates_that_do_not_count)
{
	static const struct {
		const char *story;
		struct pki_order order;
		bool strange;
		const char *words;
	} cases[] = {
		{ "expired", { .spc = "709J", .from_s = -7000, .until_s = -10 }, false, "expired" },
		{ "not yet", { .spc = "709J", .from_s = 600, .until_s = 6000 }, false, "not valid yet" },
		{ "from somebody else", { .spc = "709J" }, true, "nobody whom the operator trusts" },
		{ "no TNAuthList", { .no_list = true }, false, "no readable TNAuthList" },
		{ "a bad TNAuthList", { .one = "12155551212x" }, false, "no readable TNAuthList" },
		{ "an empty one", { .spc = NULL }, false, "no readable TNAuthList" },
		{ "P-384", { .spc = "709J", .other_curve = true }, false, "not one of P-256" },
		{ "claims restricted to nothing", { .spc = "709J", .constrains = true }, false,
			"restrictions on claims cannot be read" },
		{ "a claim must be there that is not", { .spc = "709J", .include = "rph" }, false,
			"demands is missing" },
		{ "attest A is not permitted", { .spc = "709J", .claim = "attest", .values = { "B", "C" } },
			false, "does not permit" },
		{ "an object has no permitted value",
			{ .spc = "709J", .claim = "orig", .values = { "12155551212" } }, false,
			"does not permit" },
		{ "a claim that is excluded", { .spc = "709J", .exclude = "origid" }, false,
			"excludes is there" },
	};
	struct bed b;

	begin(&b);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct verify_result r;

		take_leaf(&b, cases[i].strange ? &b.strange : &b.pki, &cases[i].order);
		b.n_values = 0;
		sign_shaken(&b, 0, "12155551212", "12125551213");
		r = decide(&b);
		check_result(&r, VERSTAT_FAILED, 437, cases[i].words, cases[i].story);
	}
	end(&b);
}

/* RFC 8226 section 8: what is permitted passes. */
TEST(claims_that_a_certificate_permits_pass)
{
	static const struct {
		const char *story;
		struct pki_order order;
	} cases[] = {
		{ "the claim is there", { .spc = "709J", .include = "origid" } },
		{ "one of two values", { .spc = "709J", .claim = "attest", .values = { "B", "A" } } },
		{ "a claim that is not there", { .spc = "709J", .claim = "rph", .values = { "x" } } },
		{ "all at once", { .spc = "709J",
					 .include = "attest",
					 .claim = "attest",
					 .values = { "A" },
					 .exclude = "rph" } },
	};
	struct bed b;

	begin(&b);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct verify_result r;

		take_leaf(&b, &b.pki, &cases[i].order);
		b.n_values = 0;
		sign_shaken(&b, 0, "12155551212", "12125551213");
		r = decide(&b);
		check_result(&r, VERSTAT_PASSED, 0, "proven", cases[i].story);
	}
	end(&b);
}

/* RFC 5280: who stands on the list fails, others do not; an old list still says what it says; a stranger's list says nothing. */
TEST(revoked_certificates_fail)
{
	static const struct {
		const char *story;
		bool of_leaf, strange;
		long until_s;
		bool passes;
	} cases[] = {
		{ "on nobody's list", false, false, 3600, true },
		{ "an empty list that is over", false, false, -60, true },
		{ "a list that its authority did not sign", true, true, 3600, false },
		{ "on the list", true, false, 3600, false },
		{ "on a list that is over", true, false, -60, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bed b;
		struct verify_result r;
		char list[PKI_PEM];

		begin(&b);
		CHECK(pki_revoke(cases[i].strange ? &b.strange : &b.pki, cases[i].of_leaf ? &b.leaf : NULL,
			      cases[i].until_s, list),
			"list");
		CHECK_INT(1, anchors_revoke(b.anchors, list, strlen(list)), cases[i].story);
		sign_shaken(&b, 0, "12155551212", "12125551213");
		r = decide(&b);
		check_result(&r, cases[i].passes ? VERSTAT_PASSED : VERSTAT_FAILED, cases[i].passes ? 0 : 437,
			cases[i].passes    ? "proven"
			: cases[i].strange ? "signature failure"
					   : "was revoked",
			cases[i].story);
		end(&b);
	}
}

TEST(certificates_speak_for_their_numbers_only)
{
	static const struct {
		const char *story;
		struct pki_order order;
		bool shaken, passes;
	} cases[] = {
		{ "the number itself", { .one = "12155551212" }, true, true },
		{ "another number", { .one = "12155551213" }, true, false },
		{ "a range's last", { .range_start = "12155551203", .range_count = 10 }, true, true },
		{ "the one behind a range", { .range_start = "12155551203", .range_count = 9 }, true, false },
		{ "a range of shorter numbers", { .range_start = "1215555121", .range_count = 99 }, true,
			false },
		{ "a provider, and it is shaken", { .spc = "709J" }, true, true },
		{ "a provider, and it is not", { .spc = "709J" }, false, false },
		{ "a number, without shaken", { .one = "12155551212" }, false, true },
		{ "all three", { .spc = "709J", .one = "1", .range_start = "12155551212", .range_count = 2 },
			false, true },
	};
	struct bed b;
	char claims[512];

	begin(&b);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct verify_result r;

		take_leaf(&b, &b.pki, &cases[i].order);
		b.n_values = 0;
		claims_of(claims, &b, 0, "12155551212", "12125551213", "");
		if (cases[i].shaken)
			sign_shaken(&b, 0, "12155551212", "12125551213");
		else
			sign(&b, PLAIN, claims, ";info=<" X5U ">");
		r = decide(&b);
		CHECK_INT(cases[i].passes ? 0 : 437, r.status, cases[i].story);
		CHECK_INT(cases[i].passes && cases[i].shaken ? 'A' : 0, r.attest, cases[i].story);
	}
	end(&b);
}

TEST(headers_that_do_not_count)
{
	static const char none[] =
		"{\"alg\":\"none\",\"ppt\":\"shaken\",\"typ\":\"passport\",\"x5u\":\"" X5U "\"}";
	static const char other[] =
		"{\"alg\":\"ES256\",\"ppt\":\"rph\",\"typ\":\"passport\",\"x5u\":\"" X5U "\"}";
	static const char more[] = "\"attest\":\"A\",\"origid\":\"" ORIGID "\",";
	static const struct {
		const char *story, *header, *more, *params;
		enum verstat verstat;
		unsigned status;
		const char *words;
	} cases[] = {
		{ "alg none", none, more, "", VERSTAT_FAILED, 438, "not one of ES256" },
		{ "alg none in the header alone", HEADER, more, ";alg=none", VERSTAT_FAILED, 438,
			"algorithms" },
		{ "another info", HEADER, more, ";info=<https://evil.example/>", VERSTAT_FAILED, 438,
			"different certificates" },
		{ "another ppt", HEADER, more, ";ppt=div", VERSTAT_FAILED, 438, "different kinds" },
		{ "shaken without attest", HEADER, "", "", VERSTAT_FAILED, 438, "without attest" },
		{ "a kind that proves nothing", other, "", "", VERSTAT_NONE, 428, "of a kind" },
	};
	struct bed b;
	struct verify_result r;
	char claims[512];

	begin(&b);
	r = decide(&b);
	check_result(&r, VERSTAT_NONE, 428, "no Identity header", "nothing");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		b.n_values = 0;
		claims_of(claims, &b, 0, "12155551212", "12125551213", cases[i].more);
		sign(&b, cases[i].header, claims, cases[i].params);
		r = decide(&b);
		check_result(&r, cases[i].verstat, cases[i].status, cases[i].words, cases[i].story);
	}
	b.n_values = 0;
	snprintf(b.values[b.n_values++], sizeof(b.values[0]), "@@@");
	r = decide(&b);
	check_result(&r, VERSTAT_FAILED, 438, "cannot be read", "garbage");
	sign_shaken(&b, 0, "12155551212", "12125551213");
	r = decide(&b);
	check_result(&r, VERSTAT_PASSED, 0, "proven", "garbage, and a good one");
	while (b.n_values < IDENTITY_TOKENS + 1)
		sign_shaken(&b, 0, "12155551212", "12125551213");
	r = decide(&b);
	check_result(&r, VERSTAT_FAILED, 438, "more Identity tokens", "a heap of them");
	end(&b);
}

TEST(a_certificate_that_cannot_be_had_proves_nothing)
{
	struct bed b;
	struct verify_result r;
	const char *values[1];
	static struct verify v;

	begin(&b);
	sign_shaken(&b, 0, "12155551212", "12125551213");
	r = decide_with(&b, (struct verify_credential){ NULL, "was not there within 300 ms" });
	check_result(&r, VERSTAT_NONE, 436, "was not there", "no certificate");

	values[0] = b.values[0];
	verify_read(&v, values, 1);
	CHECK_STR(X5U, verify_wants(&v, 0, b.now_s), "wanted");
	CHECK(!verify_wants(&v, 0, b.now_s + 61), "nobody fetches for a token that is too old");
	end(&b);
}

/* RFC 8946: the call was for 12125551211, went on to 12125551212, and from there to us. */
TEST(diverted_calls_are_followed)
{
	struct bed b;
	struct verify_result r;
	char first[512], second[512], other[512], *letter;

	begin(&b);
	claims_of(first, &b, 0, "12155551212", "12125551212", "\"div\":{\"tn\":\"12125551211\"},");
	claims_of(second, &b, 0, "12155551212", "12125551213", "\"div\":{\"tn\":\"12125551212\"},");
	claims_of(other, &b, 0, "12155559999", "12125551213", "\"div\":{\"tn\":\"12125551212\"},");
	sign(&b, DIV, second, "");
	sign_shaken(&b, 3, "12155551212", "12125551211");
	r = decide(&b);
	check_result(&r, VERSTAT_FAILED, 438, "is called", "a step is missing");
	sign(&b, DIV, first, "");
	r = decide(&b);
	check_result(&r, VERSTAT_PASSED, 0, "proven", "two steps, in any order");
	letter = &b.values[0][strlen(b.values[0]) - 9];
	*letter = *letter == 'A' ? 'B' : 'A';
	r = decide(&b);
	check_result(&r, VERSTAT_FAILED, 438, "signature", "a step that was forged");
	b.n_values = 0;
	sign_shaken(&b, 3, "12155551212", "12125551212");
	sign(&b, DIV, other, "");
	r = decide(&b);
	check_result(&r, VERSTAT_FAILED, 438, "about another caller", "a step of another call");
	b.n_values = 0;
	sign(&b, DIV, second, "");
	r = decide(&b);
	check_result(&r, VERSTAT_NONE, 428, "of a kind", "a step alone proves no caller");
	end(&b);
}

TEST(lists_of_numbers_are_read_as_the_standard_has_them)
{
	/* as providers' certificates have it: one code */
	static const uint8_t spc[] = { 0x30, 0x08, 0xa0, 0x06, 0x16, 0x04, '7', '0', '9', 'J' };
	static const uint8_t range[] = { 0x30, 0x0f, 0xa1, 0x0d, 0x30, 0x0b, 0x16, 0x06, '1', '2', '1', '5',
		'0', '0', 0x02, 0x01, 0x64 };
	struct tnauth list;
	uint8_t copy[sizeof(range)];

	CHECK(tnauth_read(&list, spc, sizeof(spc)), "code");
	CHECK_STR("709J", list.spc, "code");
	CHECK(!tnauth_holds(&list, "1215"), "a code has no numbers of its own");
	CHECK(tnauth_read(&list, range, sizeof(range)), "range");
	CHECK(tnauth_holds(&list, "121500") && tnauth_holds(&list, "121599"), "both ends");
	CHECK(!tnauth_holds(&list, "121600") && !tnauth_holds(&list, "121499") && !tnauth_holds(&list, ""),
		"beside it");
	for (size_t n = 0; n < sizeof(range); n++)
		CHECK(!tnauth_read(&list, range, n), "cut at %zu", n);
	memcpy(copy, range, sizeof(copy));
	copy[16] = 1;
	CHECK(!tnauth_read(&list, copy, sizeof(copy)), "a range of one");
	copy[16] = 0x80;
	CHECK(!tnauth_read(&list, copy, sizeof(copy)), "a negative count");
	copy[16] = 2;
	copy[9] = 'x';
	CHECK(!tnauth_read(&list, copy, sizeof(copy)), "no digit");
}

TEST(certificates_are_read_or_refused_whole)
{
	struct credential *c = NULL;
	struct bed b;
	char two[2 * PKI_PEM];
	char *heap = malloc(CREDENTIAL_PEM + 2);

	begin(&b);
	CHECK_INT(CALL_SYNTAX, credential_read(&c, "", 0), "nothing");
	CHECK_INT(CALL_SYNTAX, credential_read(&c, "hello", 5), "no PEM");
	CHECK_INT(CALL_SYNTAX, credential_read(&c, b.leaf.pem, strlen(b.leaf.pem) - 60), "cut");
	memset(heap, 'A', CREDENTIAL_PEM + 1);
	CHECK_INT(CALL_LIMIT, credential_read(&c, heap, CREDENTIAL_PEM + 1), "too long");
	snprintf(two, sizeof(two), "%s%s", b.leaf.pem, b.pki.pem);
	CHECK_INT(CALL_OK, credential_read(&c, two, strlen(two)), "with the one above it");
	credential_free(c);
	free(heap);
	end(&b);
}

TESTS(es256_is_that_of_the_standard, a_good_call_passes, whatever_is_wrong_is_named,
	a_signature_is_of_one_text_and_one_key, certificates_that_do_not_count,
	claims_that_a_certificate_permits_pass, revoked_certificates_fail,
	certificates_speak_for_their_numbers_only, headers_that_do_not_count,
	a_certificate_that_cannot_be_had_proves_nothing, diverted_calls_are_followed,
	lists_of_numbers_are_read_as_the_standard_has_them, certificates_are_read_or_refused_whole)
