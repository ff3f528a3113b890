#include "sip/digest.h"
#include "sip/span.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { HASH_HEX = 2 * EVP_MAX_MD_SIZE + 1 };

static const struct algorithm {
	const char *word, *sess_word;
	const char *evp;
} algorithms[] = {
	[DIGEST_MD5] = { "MD5", "MD5-sess", "MD5" },
	[DIGEST_SHA256] = { "SHA-256", "SHA-256-sess", "SHA2-256" },
	[DIGEST_SHA512_256] = { "SHA-512-256", "SHA-512-256-sess", "SHA2-512/256" },
};

/* "SHA-256-sess" */
static const char *digest_word(enum digest_algorithm algorithm, bool sess)
{
	if (algorithm == DIGEST_UNKNOWN)
		return "unknown";
	return sess ? algorithms[algorithm].sess_word : algorithms[algorithm].word;
}

/* ---- reading ---- */

/* Takes `name = value` off *rest, commas before it dropped; a quoted value loses quotes and backslashes. */
static enum call_err take_parameter(struct span *rest, struct span *name, char value[DIGEST_TEXT])
{
	size_t n = 0;

	while (rest->n && (span_is_space(rest->p[0]) || rest->p[0] == ','))
		rest->p++, rest->n--;
	if (!rest->n) {
		name->n = 0;
		return CALL_OK;
	}
	*name = span_trim(span_until(rest, '='));
	*rest = span_trim(*rest);
	if (!name->n || !rest->n)
		return CALL_SYNTAX;
	if (rest->p[0] != '"') {
		struct span token = span_trim(span_until(rest, ','));

		if (token.n >= DIGEST_TEXT)
			return CALL_LIMIT;
		for (size_t i = 0; i < token.n; i++) /* a token (RFC 3261 section 25.1) has none of these */
			if ((unsigned char)token.p[i] <= ' ' || token.p[i] == '"')
				return CALL_SYNTAX;
		memcpy(value, token.p, token.n);
		value[token.n] = '\0';
		return CALL_OK;
	}
	for (rest->p++, rest->n--; rest->n && rest->p[0] != '"'; rest->p++, rest->n--) {
		if (rest->p[0] == '\\' && rest->n > 1)
			rest->p++, rest->n--;
		if (n + 1 >= DIGEST_TEXT)
			return CALL_LIMIT;
		if ((unsigned char)rest->p[0] < ' ')
			return CALL_SYNTAX;
		value[n++] = rest->p[0];
	}
	value[n] = '\0';
	if (!rest->n)
		return CALL_SYNTAX;
	rest->p++, rest->n--;
	return CALL_OK;
}

static enum digest_algorithm read_algorithm(const char *word, bool *sess)
{
	for (size_t i = DIGEST_MD5; i < sizeof(algorithms) / sizeof(*algorithms); i++) {
		*sess = strcasecmp(word, algorithms[i].sess_word) == 0;
		if (*sess || strcasecmp(word, algorithms[i].word) == 0)
			return (enum digest_algorithm)i;
	}
	*sess = false;
	return DIGEST_UNKNOWN;
}

static void read_qop(struct digest_challenge *c, const char *list)
{
	struct span rest = { list, strlen(list) };

	while (rest.n)
		if (span_is(span_trim(span_until(&rest, ',')), "auth"))
			c->qop_auth = true;
	c->qop_other = !c->qop_auth;
}

static void read_one(void *arg, struct span name, const char *value)
{
	struct digest_challenge *c = arg;

	if (span_is(name, "realm"))
		memcpy(c->realm, value, strlen(value) + 1);
	else if (span_is(name, "nonce"))
		memcpy(c->nonce, value, strlen(value) + 1);
	else if (span_is(name, "opaque"))
		memcpy(c->opaque, value, strlen(value) + 1), c->has_opaque = true;
	else if (span_is(name, "algorithm"))
		c->algorithm = read_algorithm(value, &c->sess);
	else if (span_is(name, "qop"))
		read_qop(c, value);
	else if (span_is(name, "stale"))
		c->stale = strcasecmp(value, "true") == 0;
	else if (span_is(name, "userhash"))
		c->userhash = strcasecmp(value, "true") == 0;
}

/* Drops the scheme; false: it is another one. */
static bool take_scheme(struct span *rest)
{
	size_t word = 0;

	*rest = span_trim(*rest);
	while (word < rest->n && !span_is_space(rest->p[word]))
		word++;
	if (!span_is((struct span){ rest->p, word }, "Digest"))
		return false;
	rest->p += word;
	rest->n -= word;
	return true;
}

/* Hands each parameter behind "Digest" to `take`. */
static enum call_err read_parameters(
	const char *value, size_t len, void (*take)(void *arg, struct span name, const char *text), void *arg)
{
	struct span rest = { value, len }, name = { NULL, 0 };
	char text[DIGEST_TEXT];

	if (!take_scheme(&rest))
		return CALL_NO_MATCH;
	for (;;) {
		enum call_err err = take_parameter(&rest, &name, text);

		if (err || !name.n)
			return err;
		take(arg, name, text);
	}
}

enum call_err digest_read(struct digest_challenge *out, const char *value, size_t len)
{
	struct digest_challenge c = { .algorithm = DIGEST_MD5 };
	enum call_err err = read_parameters(value, len, read_one, &c);

	if (err)
		return err;
	if (!c.realm[0] || !c.nonce[0])
		return CALL_SYNTAX;
	*out = c;
	return CALL_OK;
}

const struct digest_challenge *digest_pick(
	const struct digest_challenge *challenges, size_t n, const char *realm)
{
	const struct digest_challenge *best = NULL;

	if (!realm[0])
		return NULL;
	for (size_t i = 0; i < n; i++) {
		const struct digest_challenge *c = &challenges[i];

		if (c->algorithm == DIGEST_UNKNOWN || c->qop_other || strcmp(c->realm, realm) != 0)
			continue;
		if (!best || c->algorithm > best->algorithm)
			best = c;
	}
	return best;
}

/* ---- answering ---- */

/* H(parts joined by ':') in hexadecimal; the list ends with NULL. */
static bool hash(char out[HASH_HEX], enum digest_algorithm algorithm, ...)
{
	static const char digits[] = "0123456789abcdef";
	EVP_MD *md = EVP_MD_fetch(NULL, algorithms[algorithm].evp, NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	bool good = md && ctx && EVP_DigestInit_ex(ctx, md, NULL) == 1;
	va_list parts;

	va_start(parts, algorithm);
	for (const char *part = va_arg(parts, const char *), *next; part && good; part = next) {
		good = EVP_DigestUpdate(ctx, part, strlen(part)) == 1;
		next = va_arg(parts, const char *);
		if (next && good)
			good = EVP_DigestUpdate(ctx, ":", 1) == 1;
	}
	va_end(parts);
	good = good && EVP_DigestFinal_ex(ctx, raw, &n) == 1;
	for (unsigned i = 0; i < n; i++) {
		out[2 * i] = digits[raw[i] >> 4];
		out[2 * i + 1] = digits[raw[i] & 15];
	}
	out[2 * n] = '\0';
	EVP_MD_CTX_free(ctx);
	EVP_MD_free(md);
	return good;
}

struct text {
	char *out;
	size_t cap, n;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(t->out + (t->n < t->cap ? t->n : 0), t->n < t->cap ? t->cap - t->n : 0, format, ap);
	va_end(ap);
	t->n += n > 0 ? (size_t)n : 0;
}

static void add_quoted(struct text *t, const char *name, const char *value)
{
	add(t, ", %s=\"", name);
	for (; *value; value++)
		add(t, "%s%c", *value == '"' || *value == '\\' ? "\\" : "", *value);
	add(t, "\"");
}

static enum call_err write_value(struct text *t, const struct digest_challenge *c,
	const struct digest_request *r, const char *user, const char *response, const char *nc)
{
	add(t, "Digest algorithm=%s", digest_word(c->algorithm, c->sess));
	add_quoted(t, "username", user);
	add_quoted(t, "realm", c->realm);
	add_quoted(t, "nonce", c->nonce);
	add_quoted(t, "uri", r->uri);
	add_quoted(t, "response", response);
	if (c->has_opaque)
		add_quoted(t, "opaque", c->opaque);
	if (c->qop_auth)
		add(t, ", qop=auth, nc=%s", nc);
	if (c->qop_auth || c->sess)
		add_quoted(t, "cnonce", r->cnonce);
	if (c->userhash)
		add(t, ", userhash=true");
	return t->n < t->cap ? CALL_OK : CALL_LIMIT;
}

enum call_err digest_answer(
	char *out, size_t cap, const struct digest_challenge *challenge, const struct digest_request *request)
{
	const struct digest_challenge *c = challenge;
	const enum digest_algorithm a = c->algorithm;
	char ha1[HASH_HEX] = "", sess[HASH_HEX] = "", ha2[HASH_HEX], response[HASH_HEX], user[HASH_HEX],
	     nc[9];
	struct text t = { .out = out, .cap = cap };
	enum call_err err = CALL_LIBRARY;
	bool good;

	snprintf(nc, sizeof(nc), "%08x", request->nc);
	good = hash(ha1, a, request->username, c->realm, request->password, NULL) &&
	       hash(ha2, a, request->method, request->uri, NULL) &&
	       hash(user, a, request->username, c->realm, NULL);
	if (good && c->sess) { /* RFC 7616 section 3.4.2 */
		good = hash(sess, a, ha1, c->nonce, request->cnonce, NULL);
		memcpy(ha1, sess, sizeof(ha1));
	}
	if (good && c->qop_auth)
		good = hash(response, a, ha1, c->nonce, nc, request->cnonce, "auth", ha2, NULL);
	else if (good)
		good = hash(response, a, ha1, c->nonce, ha2, NULL);
	OPENSSL_cleanse(ha1, sizeof(ha1));
	OPENSSL_cleanse(sess, sizeof(sess));
	if (good)
		err = write_value(&t, c, request, c->userhash ? user : request->username, response, nc);
	return err;
}

/* ---- answers to our own ---- */

const char *digest_algorithm_word(enum digest_algorithm algorithm)
{
	return digest_word(algorithm, false);
}

static void given_one(void *arg, struct span name, const char *value)
{
	struct digest_given *g = arg;
	const struct {
		const char *name;
		char *out;
	} texts[] = { { "username", g->username }, { "realm", g->realm }, { "nonce", g->nonce },
		{ "uri", g->uri }, { "response", g->response }, { "cnonce", g->cnonce } };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (span_is(name, texts[i].name))
			memcpy(texts[i].out, value, strlen(value) + 1);
	if (span_is(name, "algorithm"))
		g->algorithm = read_algorithm(value, &g->sess);
	else if (span_is(name, "nc"))
		memcpy(g->nc, strlen(value) == 8 ? value : "", strlen(value) == 8 ? 9 : 1);
	else if (span_is(name, "qop")) {
		g->qop_auth = strcasecmp(value, "auth") == 0;
		g->qop_other = !g->qop_auth;
	}
}

enum call_err digest_given(struct digest_given *out, const char *value, size_t len)
{
	struct digest_given g = { .algorithm = DIGEST_MD5 };
	enum call_err err = read_parameters(value, len, given_one, &g);

	if (err)
		return err;
	if (!g.username[0] || !g.realm[0] || !g.nonce[0] || !g.uri[0] || !g.response[0])
		return CALL_SYNTAX;
	if (g.qop_auth && (strlen(g.nc) != 8 || g.nc[strspn(g.nc, "0123456789abcdefABCDEF")] || !g.cnonce[0]))
		return CALL_SYNTAX;
	g.n = g.qop_auth ? (unsigned)strtoul(g.nc, NULL, 16) : 0;
	if (g.qop_auth && !g.n)
		return CALL_SYNTAX;
	*out = g;
	return CALL_OK;
}

bool digest_matches(const struct digest_given *g, const char *password, const char *method)
{
	char ha1[HASH_HEX] = "", sess[HASH_HEX] = "", ha2[HASH_HEX] = "", wanted[HASH_HEX] = "";
	const enum digest_algorithm a = g->algorithm;
	bool good = a != DIGEST_UNKNOWN && !g->qop_other;
	size_t n;

	good = good && hash(ha1, a, g->username, g->realm, password, NULL) &&
	       hash(ha2, a, method, g->uri, NULL);
	if (good && g->sess) {
		good = hash(sess, a, ha1, g->nonce, g->cnonce, NULL);
		memcpy(ha1, sess, sizeof(ha1));
	}
	if (good && g->qop_auth)
		good = hash(wanted, a, ha1, g->nonce, g->nc, g->cnonce, "auth", ha2, NULL);
	else if (good)
		good = hash(wanted, a, ha1, g->nonce, ha2, NULL);
	n = strlen(wanted);
	good = good && strlen(g->response) == n && CRYPTO_memcmp(g->response, wanted, n) == 0;
	OPENSSL_cleanse(ha1, sizeof(ha1));
	OPENSSL_cleanse(sess, sizeof(sess));
	OPENSSL_cleanse(wanted, sizeof(wanted));
	return good;
}
