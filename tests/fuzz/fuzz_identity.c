/* links: sip/verify.c sip/credential.c sip/tnauth.c sip/der.c sip/claims.c sip/passport.c sip/jread.c sip/base64url.c sip/identity.c */
#include "sip/jread.h"
#include "sip/verify.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read of a token is plain; written in the canonical form and read again it says the same. */
static void check_token(const struct verify_token *t)
{
	static struct passport_token again;
	const struct passport *p = &t->token.passport;
	const uint8_t zeros[PASSPORT_SIGNATURE] = { 0 };
	char text[PASSPORT_SIGNED], value[IDENTITY_VALUE];
	struct span rest = { value, 0 };
	struct identity id;
	const char *why;

	if (t->fault)
		return;
	if (p->n_dest == 0 || p->n_dest > PASSPORT_DESTS || strpbrk(p->x5u, "\r\n "))
		abort();
	if (passport_write(text, p) != CALL_OK ||
		identity_write(value, text, zeros, "https://a/", "") != CALL_OK)
		return;
	rest.n = strlen(value);
	if (identity_read(&id, &rest) != CALL_OK || passport_read(&again, id.token, &why) != CALL_OK)
		abort();
	if (again.passport.iat_s != p->iat_s || again.passport.n_dest != p->n_dest ||
		strcmp(again.passport.orig.name, p->orig.name) != 0 ||
		strcmp(again.passport.div.name, p->div.name) != 0 || again.passport.attest != p->attest)
		abort();
}

static void fuzz_json(const char *text, size_t n)
{
	char key[8], value[8];
	struct jread j;

	jread_open(&j, text, n);
	jread_object(&j);
	while (jread_member(&j, key, sizeof(key)))
		jread_text(&j, value, sizeof(value));
	jread_open(&j, text, n);
	jread_skip(&j);
	if (jread_end(&j) && j.p != text + n)
		abort();
}

/* As header values (a byte 0 parts them), as JSON under a token's letters, as a list of numbers. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct verify_call call = { "+12155551212", "+12125551213", 1443208345 };
	struct verify_credential none[IDENTITY_TOKENS] = { { NULL, "none" } };
	const char *values[3];
	struct verify_result result;
	static struct verify v;
	struct tnauth list;
	size_t n = 0;
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	for (size_t i = 1; i < IDENTITY_TOKENS; i++)
		none[i] = none[0];
	for (const char *at = text; n < 3 && at <= text + size; at += strlen(at) + 1)
		values[n++] = at;
	verify_read(&v, values, n);
	for (size_t i = 0; i < v.n; i++)
		check_token(&v.tokens[i]);
	verify_decide(&v, none, &call, &result);
	if (result.verstat == VERSTAT_PASSED || result.attest || !result.status)
		abort();
	fuzz_json(text, size);
	if (tnauth_read(&list, data, size) && !list.n_ranges && !list.spc[0])
		abort();
	free(text);
	return 0;
}
