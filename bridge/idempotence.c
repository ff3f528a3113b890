#include "bridge/idempotence.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

enum { HASH = IDEMPOTENCE_HASH };
static const int64_t HOUR_US = 3600000000;

struct entry {
	struct entry *next;
	uint64_t request; /* 0: settled */
	struct idempotence_kept kept;
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
	t->bytes -= e->kept.len;
	if (e->kept.body)
		OPENSSL_cleanse(e->kept.body, e->kept.len);
	free(e->kept.body);
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
				   now_us - t->first->kept.at_us >= IDEMPOTENCE_HOURS * HOUR_US))
		drop(t, &t->first);
}

static struct entry *add(struct idempotence *t)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	*t->end = e;
	t->end = &e->next;
	t->n++;
	return e;
}

/* Whose answers are shown once: only a hash of such a token is on the disk (FEATURES S8). */
static bool shows_secret(const char *path)
{
	return strcmp(path, "/v1/tokens") == 0 || strcmp(path, "/v1/webhooks") == 0;
}

static void note(struct idempotence *t, const char *who, const struct http_request *request,
	const uint8_t asked[HASH], int64_t now_us)
{
	struct entry *e = add(t);

	if (!e)
		return;
	snprintf(e->kept.who, sizeof(e->kept.who), "%s", who);
	snprintf(e->kept.key, sizeof(e->kept.key), "%s", request->idempotency_key);
	memcpy(e->kept.asked, asked, HASH);
	e->kept.at_us = now_us;
	e->kept.secret = shows_secret(request->path);
	e->request = request->id;
}

enum idempotence_verdict idempotence_begin(struct idempotence *t, const char *who,
	const struct http_request *request, int64_t now_us, struct idempotence_answer *out)
{
	uint8_t asked[HASH] = { 0 };

	forget_old(t, now_us);
	if (!hash_of(request, asked))
		return IDEMPOTENCE_NEW;
	for (const struct entry *e = t->first; e; e = e->next) {
		const struct idempotence_kept *k = &e->kept;

		if (strcmp(k->key, request->idempotency_key) != 0 || strcmp(k->who, who) != 0)
			continue;
		if (memcmp(k->asked, asked, HASH) != 0)
			return IDEMPOTENCE_OTHER;
		if (e->request)
			return IDEMPOTENCE_BUSY;
		if (!k->body)
			return IDEMPOTENCE_GONE;
		*out = (struct idempotence_answer){ k->status, k->body, k->len, k->more };
		return IDEMPOTENCE_AGAIN;
	}
	note(t, who, request, asked, now_us);
	return IDEMPOTENCE_NEW;
}

static bool keep_body(struct idempotence *t, struct idempotence_kept *k, const char *body, size_t len)
{
	k->body = malloc(len ? len : 1);
	if (!k->body)
		return false;
	memcpy(k->body, body, len);
	k->len = len;
	t->bytes += len;
	return true;
}

const struct idempotence_kept *idempotence_settle(struct idempotence *t, uint64_t id, unsigned status,
	const char *body, size_t len, const struct http_more *more)
{
	struct entry **at = &t->first, *e;

	while (*at && (*at)->request != id)
		at = &(*at)->next;
	e = *at;
	if (!e)
		return NULL;
	if (status >= 300 || !keep_body(t, &e->kept, body, len)) {
		drop(t, at);
		return NULL;
	}
	e->kept.status = status;
	e->request = 0;
	if (more)
		e->kept.more = *more;
	return &e->kept;
}

void idempotence_restore(struct idempotence *t, const struct idempotence_kept *k)
{
	struct entry *e;

	forget_old(t, k->at_us);
	e = add(t);
	if (!e)
		return;
	e->kept = *k;
	e->kept.body = NULL;
	e->kept.len = 0;
	if (!k->secret && !keep_body(t, &e->kept, k->body, k->len))
		e->kept.secret = true; /* as if it were one: it is not carried out twice */
}

void idempotence_take(struct idempotence *t, struct idempotence *from)
{
	struct entry **at = &t->first;

	while (*at)
		if ((*at)->request)
			at = &(*at)->next;
		else
			drop(t, at);
	if (!from)
		return;
	if (from->first) { /* the oldest first: they are older than what waits */
		*from->end = t->first;
		if (!t->first)
			t->end = from->end;
		t->first = from->first;
		t->n += from->n;
		t->bytes += from->bytes;
	}
	free(from);
}
