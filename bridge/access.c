#include "bridge/access.h"
#include "bridge/hex.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "plt_" /* so that a token found in a text is known for one */

enum { SECRET_BYTES = 32, ID_BYTES = (ACCESS_ID - 1) / 2, SOURCE_TEXT = 48, SECOND_US = 1000000 };

struct source { /* of wrong tokens */
	char address[SOURCE_TEXT];
	int64_t since_us;
	unsigned tries;
};

struct access {
	pthread_mutex_t lock;
	bool open_without_tokens;
	struct access_token *tokens; /* owned */
	size_t n, cap;
	struct source sources[ACCESS_SOURCES];
};

static const char *const role_names[] = {
	[ACCESS_NOBODY] = "nobody",
	[ACCESS_JOIN] = "join",
	[ACCESS_READER] = "reader",
	[ACCESS_ADMIN] = "admin",
	[ACCESS_OPERATOR] = "operator",
};

const char *access_role_name(enum access_role role)
{
	return role_names[role];
}

bool access_role_find(const char *name, enum access_role *out)
{
	for (int role = ACCESS_JOIN; role <= ACCESS_OPERATOR; role++)
		if (strcmp(role_names[role], name) == 0) {
			*out = (enum access_role)role;
			return true;
		}
	return false;
}

enum bridge_err access_alloc(struct access **out, bool open_without_tokens)
{
	struct access *a = calloc(1, sizeof(*a));

	if (!a)
		return BRIDGE_NOMEM;
	pthread_mutex_init(&a->lock, NULL);
	a->open_without_tokens = open_without_tokens;
	*out = a;
	return BRIDGE_OK;
}

struct access *access_free(struct access *a)
{
	if (!a)
		return NULL;
	pthread_mutex_destroy(&a->lock);
	free(a->tokens);
	free(a);
	return NULL;
}

/* ---- tokens ---- */

static bool hash_of(const char *secret, uint8_t out[ACCESS_HASH])
{
	unsigned len = 0;

	return EVP_Digest(secret, strlen(secret), out, &len, EVP_sha256(), NULL) == 1 && len == ACCESS_HASH;
}

static bool is_plain(const char *name)
{
	if (!*name)
		return false;
	for (const char *p = name; *p; p++)
		if (iscntrl((unsigned char)*p))
			return false;
	return true;
}

enum bridge_err access_make(struct access_token *token, char secret[ACCESS_SECRET_TEXT], int64_t now_us)
{
	uint8_t bytes[SECRET_BYTES], id[ID_BYTES];
	const bool joins = token->role == ACCESS_JOIN;

	if (token->role < ACCESS_JOIN || token->role > ACCESS_OPERATOR || !is_plain(token->name) ||
		(token->role == ACCESS_OPERATOR && token->account[0]) || (joins && !token->account[0]) ||
		joins != (token->meeting[0] != '\0'))
		return BRIDGE_RANGE;
	if (RAND_bytes(bytes, sizeof(bytes)) != 1 || RAND_bytes(id, sizeof(id)) != 1)
		return BRIDGE_STATE;
	memcpy(secret, PREFIX, sizeof(PREFIX));
	hex_write(secret + sizeof(PREFIX) - 1, bytes, sizeof(bytes));
	hex_write(token->id, id, sizeof(id));
	OPENSSL_cleanse(bytes, sizeof(bytes));
	token->created_us = now_us;
	return hash_of(secret, token->hash) ? BRIDGE_OK : BRIDGE_NOMEM;
}

static size_t place_of(const struct access *a, const char *id)
{
	size_t i = 0;

	while (i < a->n && strcmp(a->tokens[i].id, id) != 0)
		i++;
	return i;
}

static enum bridge_err put(struct access *a, const struct access_token *token)
{
	size_t at = place_of(a, token->id);

	if (at == ACCESS_TOKENS_MAX)
		return BRIDGE_RANGE;
	if (at == a->cap) {
		size_t cap = a->cap ? 2 * a->cap : 8;
		struct access_token *more = realloc(a->tokens, cap * sizeof(*more));

		if (!more)
			return BRIDGE_NOMEM;
		a->tokens = more;
		a->cap = cap;
	}
	a->tokens[at] = *token;
	a->n += at == a->n;
	return BRIDGE_OK;
}

enum bridge_err access_put(struct access *a, const struct access_token *token)
{
	enum bridge_err err;

	pthread_mutex_lock(&a->lock);
	err = put(a, token);
	pthread_mutex_unlock(&a->lock);
	return err;
}

bool access_drop(struct access *a, const char *id)
{
	size_t at;
	bool there;

	pthread_mutex_lock(&a->lock);
	at = place_of(a, id);
	there = at < a->n;
	if (there) {
		memmove(a->tokens + at, a->tokens + at + 1, (a->n - at - 1) * sizeof(*a->tokens));
		a->n--;
	}
	pthread_mutex_unlock(&a->lock);
	return there;
}

struct access_token *access_list(const struct access *a, size_t *n)
{
	struct access *shared =
		(struct access *)(uintptr_t)a; /* the lock is not part of what const promises */
	struct access_token *list = NULL;

	pthread_mutex_lock(&shared->lock);
	*n = a->n;
	if (a->n)
		list = malloc(a->n * sizeof(*list));
	if (list)
		memcpy(list, a->tokens, a->n * sizeof(*list));
	else if (a->n)
		*n = SIZE_MAX;
	pthread_mutex_unlock(&shared->lock);
	return list;
}

void access_take(struct access *a, struct access *from)
{
	struct access_token *tokens;
	size_t n, cap;

	pthread_mutex_lock(&a->lock);
	tokens = a->tokens;
	n = a->n;
	cap = a->cap;
	a->tokens = from->tokens;
	a->n = from->n;
	a->cap = from->cap;
	from->tokens = tokens;
	from->n = n;
	from->cap = cap;
	pthread_mutex_unlock(&a->lock);
}

/* ---- who guesses ---- */

/* An IPv6 host has a whole /64 to come from. */
static void source_name(char out[SOURCE_TEXT], const char *address)
{
	unsigned colons = 0;
	size_t n = 0;

	for (; address[n] && n + 1 < SOURCE_TEXT; n++) {
		colons += address[n] == ':';
		if (colons == 4 || (colons && address[n] == ':' && address[n + 1] == ':'))
			break;
		out[n] = address[n];
	}
	out[n] = '\0';
}

/* Its entry; else a free one, or that of who has been quiet longest. */
static struct source *source_of(struct access *a, const char *address)
{
	char name[SOURCE_TEXT];
	struct source *oldest = &a->sources[0];

	source_name(name, address);
	for (size_t i = 0; i < ACCESS_SOURCES; i++) {
		if (strcmp(a->sources[i].address, name) == 0)
			return &a->sources[i];
		if (a->sources[i].since_us < oldest->since_us)
			oldest = &a->sources[i];
	}
	*oldest = (struct source){ .since_us = 0 };
	memcpy(oldest->address, name, sizeof(name));
	return oldest;
}

static bool is_over(const struct source *s, int64_t now_us)
{
	return now_us - s->since_us >= (int64_t)ACCESS_WINDOW_S * SECOND_US || now_us < s->since_us;
}

static void failed(struct source *s, int64_t now_us)
{
	if (is_over(s, now_us)) {
		s->since_us = now_us;
		s->tries = 0;
	}
	s->tries++;
}

/* Every token is looked at, so that the time it takes says nothing. */
static const struct access_token *token_of(const struct access *a, const char *secret, int64_t now_us)
{
	const struct access_token *found = NULL;
	uint8_t hash[ACCESS_HASH];

	if (!hash_of(secret, hash))
		return NULL;
	for (size_t i = 0; i < a->n; i++)
		if (CRYPTO_memcmp(hash, a->tokens[i].hash, sizeof(hash)) == 0)
			found = &a->tokens[i];
	return found && found->expires_us && found->expires_us <= now_us ? NULL : found;
}

static enum access_answer ask(
	struct access *a, const char *secret, const char *source, int64_t now_us, struct access_who *out)
{
	struct source *from = source_of(a, source);
	const struct access_token *token;

	if (from->tries >= ACCESS_TRIES && !is_over(from, now_us))
		return ACCESS_TOO_OFTEN;
	if (!secret || !*secret) {
		if (a->n || !a->open_without_tokens)
			return ACCESS_UNKNOWN;
		*out = (struct access_who){ .role = ACCESS_OPERATOR, .name = "API without token" };
		return ACCESS_YES;
	}
	token = token_of(a, secret, now_us);
	if (!token) {
		failed(from, now_us);
		return ACCESS_UNKNOWN;
	}
	from->tries = 0;
	*out = (struct access_who){ .role = token->role };
	memcpy(out->account, token->account, sizeof(out->account));
	memcpy(out->meeting, token->meeting, sizeof(out->meeting));
	snprintf(out->name, sizeof(out->name), "token %s (%s)", token->id, token->name);
	return ACCESS_YES;
}

enum access_answer access_ask(struct access *a, bool local, const char *secret, const char *source,
	int64_t now_us, struct access_who *out)
{
	enum access_answer answer;

	*out = (struct access_who){ .role = ACCESS_NOBODY };
	if (local) {
		*out = (struct access_who){ .role = ACCESS_OPERATOR,
			.name = "operator at the control socket" };
		return ACCESS_YES;
	}
	pthread_mutex_lock(&a->lock);
	answer = ask(a, secret, source, now_us, out);
	pthread_mutex_unlock(&a->lock);
	return answer;
}

bool access_allows(const struct access_who *who, enum access_role role, const char *account)
{
	if (who->role < role)
		return false;
	return !who->account[0] || (account && strcmp(who->account, account) == 0);
}
