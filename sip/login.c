#include "sip/login.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

void login_set(struct login *l, const char *username, const char *password, const char *realm,
	const uint8_t gateway[16])
{
	login_clear(l);
	snprintf(l->username, sizeof(l->username), "%s", username ? username : "");
	snprintf(l->password, sizeof(l->password), "%s", password ? password : "");
	snprintf(l->realm, sizeof(l->realm), "%s", realm ? realm : "");
	memcpy(l->gateway, gateway, sizeof(l->gateway));
}

void login_fresh(struct login *l)
{
	l->n_answers = 0;
}

void login_clear(struct login *l)
{
	OPENSSL_cleanse(l, sizeof(*l));
}

const char *login_answer(struct login *l, const struct login_challenge *challenge, const char *method,
	const char *uri, const char *cnonce, char out[DIGEST_VALUE], bool *by_proxy)
{
	const struct digest_challenge *c;
	struct digest_request request = { .username = l->username,
		.password = l->password,
		.method = method,
		.uri = uri,
		.cnonce = cnonce };

	if (!l->username[0])
		return "asked for a password, and the trunk has none";
	if (memcmp(challenge->from, l->gateway, sizeof(l->gateway)) != 0)
		return "asked for a password by another than the gateway";
	c = digest_pick(challenge->list, challenge->n, l->realm);
	if (!c)
		return "asked for a password for another realm than the trunk's";
	if (l->n_answers >= LOGIN_TRIES)
		return "the gateway refuses the trunk's user name and password";
	l->nc = strcmp(l->last_nonce, c->nonce) == 0 ? l->nc + 1 : 1;
	snprintf(l->last_nonce, sizeof(l->last_nonce), "%s", c->nonce);
	request.nc = l->nc;
	if (digest_answer(out, DIGEST_VALUE, c, &request) != CALL_OK)
		return "the gateway's question for a password cannot be answered";
	l->n_answers++;
	*by_proxy = c->by_proxy;
	return NULL;
}
