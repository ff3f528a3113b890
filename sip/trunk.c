#include "sip/trunk.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { V4_BITS = 96 }; /* what a v4-mapped address has in front of its IPv4 part */

struct entry {
	struct trunk_network network;
	unsigned trunk; /* index into names */
};

struct trunks {
	char (*names)[TRUNK_NAME];       /* owned */
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

static enum call_err fill(struct trunks *t, const struct trunk_config *configs, size_t n)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		snprintf(t->names[i], TRUNK_NAME, "%s", configs[i].name);
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
	t->n_names = n;
	t->entries = calloc(total + 1, sizeof(*t->entries));
	t->networks = calloc(total + 1, sizeof(*t->networks));
	if (!t->names || !t->subjects || !t->entries || !t->networks)
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

const char *trunk_identify(const struct trunks *t, const uint8_t ip[16])
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
			return t->names[found->trunk];
	}
	return NULL;
}

const char *trunk_of_subject(const struct trunks *t, const char (*names)[TRUNK_SUBJECT], size_t n)
{
	for (size_t i = 0; t && i < t->n_names; i++)
		for (size_t k = 0; t->subjects[i][0] && k < n; k++)
			if (strcasecmp(t->subjects[i], names[k]) == 0)
				return t->names[i];
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
