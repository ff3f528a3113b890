#include "bridge/idempotence.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

enum { HASH = 32, WHO_MAX = 160 };
static const int64_t HOUR_US = 3600000000;

struct entry {
	struct entry *next;
	char who[WHO_MAX], key[HTTP_KEY_MAX];
	uint8_t asked[HASH];
	int64_t at_us;
	uint64_t request; /* 0: settled */
	unsigned status;
	char *body; /* owned */
	size_t len;
	struct http_more more;
};

struct idempotence {
	struct entry *first, **end; /* oldest first */
	size_t n, bytes;
};

enum bridge_err idempotence_alloc(struct idempotence **out)
{
	struct idempotence *t = calloc(1, sizeof(*t));

	if (!t)
		return BRIDGE_NOMEM;
	t->end = &t->first;
	*out = t;
	return BRIDGE_OK;
}

/* Unlinks what `at` points to; answers may hold a token that was shown once. */
static void drop(struct idempotence *t, struct entry **at)
{
	struct entry *e = *at;

	*at = e->next;
	if (!*at)
		t->end = at;
	t->n--;
	t->bytes -= e->len;
	if (e->body)
		OPENSSL_cleanse(e->body, e->len);
	free(e->body);
	free(e);
}

struct idempotence *idempotence_free(struct idempotence *t)
{
	while (t && t->first)
		drop(t, &t->first);
	free(t);
	return NULL;
}

static bool hash_of(const struct http_request *r, uint8_t out[HASH])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned len = 0;
	/* Each with its final 0: nothing can be shifted from one to the next. */
	const bool good = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
			  EVP_DigestUpdate(md, r->path, strlen(r->path) + 1) == 1 &&
			  EVP_DigestUpdate(md, r->query, strlen(r->query) + 1) == 1 &&
			  EVP_DigestUpdate(md, r->body ? r->body : "", r->body_len) == 1 &&
			  EVP_DigestFinal_ex(md, out, &len) == 1;

	EVP_MD_CTX_free(md);
	return good;
}

static void forget_old(struct idempotence *t, int64_t now_us)
{
	while (t->first && (t->n >= IDEMPOTENCE_MAX || t->bytes > IDEMPOTENCE_BYTES ||
				   now_us - t->first->at_us >= IDEMPOTENCE_HOURS * HOUR_US))
		drop(t, &t->first);
}

static void note(struct idempotence *t, const char *who, const struct http_request *request,
	const uint8_t asked[HASH], int64_t now_us)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (!e)
		return;
	snprintf(e->who, sizeof(e->who), "%s", who);
	snprintf(e->key, sizeof(e->key), "%s", request->idempotency_key);
	memcpy(e->asked, asked, HASH);
	e->at_us = now_us;
	e->request = request->id;
	*t->end = e;
	t->end = &e->next;
	t->n++;
}

enum idempotence_verdict idempotence_begin(struct idempotence *t, const char *who,
	const struct http_request *request, int64_t now_us, struct idempotence_answer *out)
{
	uint8_t asked[HASH] = { 0 };

	forget_old(t, now_us);
	if (!hash_of(request, asked))
		return IDEMPOTENCE_NEW;
	for (const struct entry *e = t->first; e; e = e->next) {
		if (strcmp(e->key, request->idempotency_key) != 0 || strcmp(e->who, who) != 0)
			continue;
		if (memcmp(e->asked, asked, HASH) != 0)
			return IDEMPOTENCE_OTHER;
		if (e->request)
			return IDEMPOTENCE_BUSY;
		*out = (struct idempotence_answer){ e->status, e->body, e->len, e->more };
		return IDEMPOTENCE_AGAIN;
	}
	note(t, who, request, asked, now_us);
	return IDEMPOTENCE_NEW;
}

void idempotence_settle(struct idempotence *t, uint64_t id, unsigned status, const char *body, size_t len,
	const struct http_more *more)
{
	struct entry **at = &t->first, *e;

	while (*at && (*at)->request != id)
		at = &(*at)->next;
	e = *at;
	if (!e)
		return;
	e->body = status < 300 ? malloc(len ? len : 1) : NULL;
	if (!e->body) {
		drop(t, at);
		return;
	}
	memcpy(e->body, body, len);
	e->len = len;
	e->status = status;
	e->request = 0;
	if (more)
		e->more = *more;
	t->bytes += len;
}
