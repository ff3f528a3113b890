#include "sip/trunk.h"

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { V4_BITS = 96 }; /* what a v4-mapped address has in front of its IPv4 part */

struct entry {
	struct trunk_network network;
	unsigned trunk; /* index into names */
};

struct marks {
	bool by_number;
	char header[TRUNK_HEADER]; /* its name; "": none */
	char value[TRUNK_HEADER];
	char username[TRUNK_LOGIN], password[TRUNK_LOGIN]; /* "": it need not log in */
	bool no_md5, no_sha256;
};

struct trunks {
	char (*names)[TRUNK_NAME];       /* owned */
	struct marks *marks;             /* owned */
	char (*subjects)[TRUNK_SUBJECT]; /* owned; "": none */
	size_t n_names;
	struct entry *entries;          /* owned; longest prefix first, then by address, then as configured */
	struct trunk_network *networks; /* owned; the same order */
	size_t n;
	size_t first_of_bits
		[130]; /* entries of n bits: [first_of_bits[n], first_of_bits[n] + n_of_bits[n]) */
	size_t n_of_bits[130];
};

static const uint8_t v4_prefix[12] = { [10] = 0xff, [11] = 0xff };

static void mask_address(uint8_t ip[16], unsigned bits)
{
	for (unsigned i = 0; i < 16; i++) {
		unsigned keep = bits >= 8 * (i + 1) ? 8 : bits > 8 * i ? bits - 8 * i : 0;

		ip[i] &= (uint8_t)(0xff00 >> keep);
	}
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int by_address;

	if (x->network.prefix_bits != y->network.prefix_bits)
		return x->network.prefix_bits > y->network.prefix_bits ? -1 : 1;
	by_address = memcmp(x->network.ip, y->network.ip, 16);
	if (by_address)
		return by_address;
	return x->trunk < y->trunk ? -1 : x->trunk > y->trunk;
}

static bool copy_mark(char *out, size_t cap, const char *text)
{
	return !text || (size_t)snprintf(out, cap, "%s", text) < cap;
}

static bool fill_marks(struct marks *m, const struct trunk_config *config)
{
	const char *colon = config->header ? strchr(config->header, ':') : NULL;

	m->by_number = config->by_number;
	m->no_md5 = config->no_md5;
	m->no_sha256 = config->no_sha256;
	if (config->header && config->header[0]) {
		if (!colon || colon == config->header ||
			(size_t)(colon - config->header) >= sizeof(m->header))
			return false;
		memcpy(m->header, config->header, (size_t)(colon - config->header));
		if (!copy_mark(m->value, sizeof(m->value), colon + 1 + strspn(colon + 1, " ")))
			return false;
	}
	return copy_mark(m->username, sizeof(m->username), config->username) &&
	       copy_mark(m->password, sizeof(m->password), config->password);
}

static enum call_err fill(struct trunks *t, const struct trunk_config *configs, size_t n)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		snprintf(t->names[i], TRUNK_NAME, "%s", configs[i].name);
		if (i > UINT16_MAX || !fill_marks(&t->marks[i], &configs[i]))
			return CALL_RANGE;
		if (configs[i].tls_subject && configs[i].tls_subject[0]) {
			snprintf(t->subjects[i], TRUNK_SUBJECT, "%s", configs[i].tls_subject);
			continue;
		}
		for (size_t k = 0; k < configs[i].n_from; k++) {
			if (configs[i].from[k].prefix_bits > 128)
				return CALL_RANGE;
			t->entries[at].network = configs[i].from[k];
			mask_address(t->entries[at].network.ip, configs[i].from[k].prefix_bits);
			t->entries[at++].trunk = (unsigned)i;
		}
	}
	qsort(t->entries, at, sizeof(*t->entries), compare_entries);
	t->n = at;
	for (size_t i = 0; i < at; i++) {
		unsigned bits = t->entries[i].network.prefix_bits;

		t->networks[i] = t->entries[i].network;
		if (!t->n_of_bits[bits]++)
			t->first_of_bits[bits] = i;
	}
	return CALL_OK;
}

enum call_err trunks_alloc(struct trunks **out, const struct trunk_config *configs, size_t n)
{
	struct trunks *t = calloc(1, sizeof(*t));
	enum call_err err = CALL_NOMEM;
	size_t total = 0;

	if (!t)
		return CALL_NOMEM;
	for (size_t i = 0; i < n; i++)
		total += configs[i].n_from;
	t->names = calloc(n + 1, sizeof(*t->names));
	t->subjects = calloc(n + 1, sizeof(*t->subjects));
	t->marks = calloc(n + 1, sizeof(*t->marks));
	t->n_names = n;
	t->entries = calloc(total + 1, sizeof(*t->entries));
	t->networks = calloc(total + 1, sizeof(*t->networks));
	if (!t->names || !t->marks || !t->subjects || !t->entries || !t->networks)
		goto fail;
	err = fill(t, configs, n);
	if (err)
		goto fail;
	*out = t;
	return CALL_OK;
fail:
	trunks_free(t);
	return err;
}

struct trunks *trunks_free(struct trunks *t)
{
	if (t) {
		free(t->networks);
		free(t->entries);
		free(t->subjects);
		if (t->marks)
			OPENSSL_cleanse(t->marks, t->n_names * sizeof(*t->marks));
		free(t->marks);
		free(t->names);
		free(t);
	}
	return NULL;
}

/* First entry of exactly this network, in the order of configuration. */
static const struct entry *find_network(const struct trunks *t, const uint8_t ip[16], unsigned bits)
{
	size_t low = t->first_of_bits[bits], high = low + t->n_of_bits[bits];
	size_t end = high;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(t->entries[middle].network.ip, ip, 16) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < end && memcmp(t->entries[low].network.ip, ip, 16) == 0 ? &t->entries[low] : NULL;
}

/* First of the entries whose network is the longest that holds this address; NULL: none does. */
static const struct entry *find_longest(const struct trunks *t, const uint8_t ip[16])
{
	bool v4 = memcmp(ip, v4_prefix, sizeof(v4_prefix)) == 0;

	/* "::/0" means all of IPv6, not IPv4 too */
	for (unsigned bits = 129; t && bits-- > (v4 ? V4_BITS : 0);) {
		const struct entry *found;
		uint8_t network[16];

		if (!t->n_of_bits[bits])
			continue;
		memcpy(network, ip, 16);
		mask_address(network, bits);
		found = find_network(t, network, bits);
		if (found)
			return found;
	}
	return NULL;
}

static bool same_network(const struct entry *a, const struct entry *b)
{
	return a->network.prefix_bits == b->network.prefix_bits &&
	       memcmp(a->network.ip, b->network.ip, 16) == 0;
}

static bool is_open(const struct trunk_network *n)
{
	return memcmp(n->ip, v4_prefix, sizeof(v4_prefix)) == 0 ? n->prefix_bits < V4_BITS + TRUNK_OPEN_V4
								: n->prefix_bits < TRUNK_OPEN_V6;
}

void trunk_at(const struct trunks *t, const uint8_t ip[16], struct trunk_set *out)
{
	const struct entry *first = find_longest(t, ip);

	*out = (struct trunk_set){ .n = 0 };
	if (!first)
		return;
	out->open = is_open(&first->network);
	for (const struct entry *e = first; e < t->entries + t->n && same_network(e, first); e++)
		if (out->n < TRUNK_SHARED)
			out->at[out->n++] = (uint16_t)e->trunk;
}

void trunk_certified(
	const struct trunks *t, const char (*names)[TRUNK_SUBJECT], size_t n, struct trunk_set *out)
{
	*out = (struct trunk_set){ .n = 0 };
	for (size_t i = 0; t && i < t->n_names; i++)
		for (size_t k = 0; t->subjects[i][0] && k < n; k++)
			if (strcasecmp(t->subjects[i], names[k]) == 0 && out->n < TRUNK_SHARED) {
				out->at[out->n++] = (uint16_t)i;
				break;
			}
}

const char *trunk_name(const struct trunks *t, const struct trunk_set *set, unsigned i)
{
	return i < set->n ? t->names[set->at[i]] : NULL;
}

bool trunk_is_among(const struct trunks *t, const struct trunk_set *set, const char *name)
{
	for (unsigned i = 0; i < set->n; i++)
		if (strcmp(t->names[set->at[i]], name) == 0)
			return true;
	return false;
}

/* How many marks fit, login aside; -1: one does not. */
static int fit(const struct marks *m, const char *name, const struct trunk_call *call)
{
	int n = 0;

	if (m->header[0]) {
		const char *value = call->header ? call->header(call->arg, m->header) : NULL;

		if (!value || strcmp(value, m->value) != 0)
			return -1;
		n++;
	}
	if (m->by_number) {
		if (!call->for_number || !call->for_number(call->arg, name))
			return -1;
		n++;
	}
	return n;
}

void trunk_narrow(const struct trunks *t, struct trunk_set *set, const struct trunk_call *call)
{
	struct trunk_set best = { .open = set->open };
	int most = 0;

	for (unsigned i = 0; i < set->n; i++) {
		const int n = fit(&t->marks[set->at[i]], t->names[set->at[i]], call);

		if (n > most)
			best.n = 0;
		if (n >= most) {
			most = n;
			best.at[best.n++] = set->at[i];
		}
	}
	*set = best;
}

bool trunk_logs_in(const struct trunks *t, const struct trunk_set *set, unsigned i)
{
	return i < set->n && t->marks[set->at[i]].username[0];
}

bool trunk_logs_in_by(const struct trunks *t, const struct trunk_set *set, unsigned i, bool sha256)
{
	return trunk_logs_in(t, set, i) &&
	       !(sha256 ? t->marks[set->at[i]].no_sha256 : t->marks[set->at[i]].no_md5);
}

const char *trunk_password(
	const struct trunks *t, const struct trunk_set *set, const char *username, unsigned *i)
{
	for (*i = 0; *i < set->n; ++*i) {
		const struct marks *m = &t->marks[set->at[*i]];

		if (m->username[0] && strcmp(m->username, username) == 0)
			return m->password;
	}
	return NULL;
}

static bool parse_literal(uint8_t ip[16], const char *text, bool *v4)
{
	uint8_t part[4];

	*v4 = inet_pton(AF_INET, text, part) == 1;
	if (!*v4)
		return inet_pton(AF_INET6, text, ip) == 1;
	memcpy(ip, v4_prefix, sizeof(v4_prefix));
	memcpy(ip + 12, part, sizeof(part));
	return true;
}

bool trunk_network_parse(struct trunk_network *out, const char *text)
{
	struct trunk_network network = { .prefix_bits = 128 };
	size_t n = strcspn(text, "/");
	char literal[64];
	unsigned bits = 0;
	bool v4;

	if (n >= sizeof(literal))
		return false;
	memcpy(literal, text, n);
	literal[n] = 0;
	if (!parse_literal(network.ip, literal, &v4))
		return false;
	if (text[n] == '/') {
		const char *digits = text + n + 1;
		size_t n_digits = strspn(digits, "0123456789");

		if (n_digits == 0 || n_digits > 3 || digits[n_digits])
			return false;
		for (size_t i = 0; i < n_digits; i++)
			bits = bits * 10 + (unsigned)(digits[i] - '0');
		if (bits > (v4 ? 32u : 128u))
			return false;
		network.prefix_bits = (uint8_t)(v4 ? V4_BITS + bits : bits);
	}
	mask_address(network.ip, network.prefix_bits);
	*out = network;
	return true;
}

bool trunk_address_parse(uint8_t ip[16], const char *text)
{
	size_t n = strlen(text);
	char literal[64];
	uint8_t parsed[16];
	bool v4, bracketed = n > 2 && text[0] == '[' && text[n - 1] == ']';

	if (n >= sizeof(literal))
		return false;
	memcpy(literal, text + bracketed, n - 2 * bracketed);
	literal[n - 2 * bracketed] = 0;
	if (!parse_literal(parsed, literal, &v4) || (bracketed && v4))
		return false;
	memcpy(ip, parsed, 16);
	return true;
}

size_t trunk_networks(const struct trunks *t, const struct trunk_network **out)
{
	*out = t ? t->networks : NULL;
	return t ? t->n : 0;
}

bool trunk_network_tries(const struct trunks *t, size_t i)
{
	return is_open(&t->networks[i]) && t->marks[t->entries[i].trunk].username[0];
}
