/* site_apart.c - trunks that share a network or a certificate: whose is a call?  And the headers that tell, or may be written. */
#include "bridge/site_priv.h"
#include "bridge/headers.h"
#include "dialplan/block.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- headers ---- */

/* What the stack writes or reads by itself, with its short forms; adding it would not be true, and without it there is no dialog. */
static const char *const ours[] = { "Via", "v", "From", "f", "To", "t", "Call-ID", "i", "CSeq", "Contact",
	"m", "Max-Forwards", "Route", "Record-Route", "Content-Length", "l", "Content-Type", "c",
	"Content-Disposition", "Content-Encoding", "e", "Authorization", "Proxy-Authorization", "Require",
	"Proxy-Require", "RAck", "RSeq", "MIME-Version" };
/* What is agreed on by it would be agreed on by one side alone. */
static const char *const agreed[] = { "Supported", "k", "Unsupported", "Allow", "Session-Expires", "x",
	"Min-SE", "Replaces", "Refer-To", "r", "Event", "o", "WWW-Authenticate", "Proxy-Authenticate",
	"Content-Language" };

static bool is_name(const char *text, size_t n)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.!%*_+`'~";

	return n > 0 && n < SITE_NAME && strspn(text, plain) == n;
}

static bool is_among(const char *text, size_t n, const char *const *names, size_t n_names)
{
	for (size_t i = 0; i < n_names; i++)
		if (strlen(names[i]) == n && strncasecmp(names[i], text, n) == 0)
			return true;
	return false;
}

static bool is_ours(const char *text, size_t n)
{
	return is_among(text, n, ours, sizeof(ours) / sizeof(*ours));
}

/* Of a header that is to be as good as absent, or that our calls are to do without. */
static const char *name_broken(const char *text)
{
	const size_t n = strlen(text);

	if (!is_name(text, n))
		return "the name of a header is wanted, as in User-Agent";
	if (is_ours(text, n) || is_among(text, n, agreed, sizeof(agreed) / sizeof(*agreed)))
		return "a call cannot do without this header";
	return n == 1 ? "a header's whole name is wanted, not its short form" : NULL;
}

const char *site_header_broken(enum site_rule rule, const char *text)
{
	const size_t n = strcspn(text, ":");
	const char *value = text + n;

	if (rule == RULE_IGNORED || rule == RULE_STRIPPED)
		return name_broken(text);
	if (*value)
		value += 1 + strspn(value + 1, " ");
	if (!text[n] || !is_name(text, n) || !*value || value[strlen(value) - 1] == ' ')
		return "a header is wanted, as in \"X-Tenant: acme\"";
	if (rule == RULE_MAPPED)
		return headers_name_broken(value);
	if (rule == RULE_ADDED && is_ours(text, n))
		return "this header is written by the bridge itself";
	return rule == RULE_ADDED ? headers_words_broken(value) : NULL;
}

/* ---- whose is a call? ---- */

static unsigned n_marks(const struct site_trunk *t)
{
	return (t->header[0] ? 1u : 0) + (t->n_called ? 1u : 0);
}

/* The same header, and another value: never both. */
static bool headers_part(const struct site_trunk *a, const struct site_trunk *b)
{
	const size_t n = strcspn(a->header, ":"), m = strcspn(b->header, ":");
	const char *x = a->header + n, *y = b->header + m;

	if (!*x || !*y || n != m || strncasecmp(a->header, b->header, n) != 0)
		return false;
	x += 1 + strspn(x + 1, " ");
	y += 1 + strspn(y + 1, " ");
	return strcmp(x, y) != 0;
}

static void block_of(struct block *out, const char *range)
{
	char first[NUMBER_E164], last[NUMBER_E164];

	if (site_range_parse(range, first, last))
		block_ends(out, first, last);
}

static bool numbers_part(const struct site_trunk *a, const struct site_trunk *b)
{
	for (size_t i = 0; i < a->n_called; i++)
		for (size_t k = 0; k < b->n_called; k++) {
			struct block x = { 0 }, y = { 0 };

			block_of(&x, a->called[i]);
			block_of(&y, b->called[k]);
			if (x.first <= y.last && y.first <= x.last)
				return false;
		}
	return a->n_called && b->n_called;
}

const char *site_mixed_up(const struct site_trunk *a, const struct site_trunk *b)
{
	if (headers_part(a, b) || numbers_part(a, b))
		return NULL;
	if (n_marks(a) != n_marks(b))
		return NULL; /* the one with more marks is meant when they fit */
	if (a->login[0] && b->login[0])
		return strcmp(a->login, b->login) == 0 ? "both log in by the same username" : NULL;
	if (a->login[0] || b->login[0])
		return "one logs in and the other does not";
	if (!n_marks(a))
		return "give them inbound.numbers, an inbound.header or an inbound.username each";
	return a->n_called && b->n_called ? "a number is in both" : "their marks may fit at once";
}

/* ---- the number called ---- */

static bool holds(const struct site_trunk *t, const struct number *n)
{
	for (size_t i = 0; i < t->n_called; i++) {
		struct block x = { 0 }, y = { 0 };

		block_of(&x, t->called[i]);
		if (block_ends(&y, n->e164, "") && y.first >= x.first && y.last <= x.last)
			return true;
	}
	return false;
}

bool site_is_called(const struct site *s, const char *trunk, const char *request_user, const char *to_user)
{
	const struct site_trunk *t = site_trunk(s, trunk);
	const char *const users[] = { request_user, to_user };
	struct number_readings r;

	for (size_t i = 0; t && i < 2; i++) {
		if (number_read(&r, users[i], &t->country) != PLAN_OK)
			continue;
		for (size_t k = 0; k < r.n; k++)
			if (holds(t, &r.reading[k]))
				return true;
		return false; /* a number, but not one of these; To says nothing then */
	}
	return false;
}
