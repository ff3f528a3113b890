#include "dialplan/prefix.h"

#include <stdlib.h>
#include <string.h>

enum { E164_DIGITS = 15, NO_PARENT = UINT32_MAX };

struct node {
	uint64_t key; /* digits from the top, 4 bits each, 0 as 1 and 9 as 10: what is shorter comes first */
	uint32_t set, parent, first, n; /* parent: longest other that begins it; first, n: its values */
};

struct prefixes {
	struct node *nodes; /* owned, sorted by set, then key */
	uint32_t n_nodes;
	uint32_t *values; /* owned */
};

struct item {
	uint64_t key;
	uint32_t set, value;
};

bool prefix_valid(const char *text)
{
	size_t n;

	if (text[0] != '+' || text[1] == '0')
		return false;
	n = strspn(text + 1, "0123456789");
	return !text[1 + n] && n <= E164_DIGITS;
}

static uint64_t key_of(const char *prefix)
{
	uint64_t key = 0;

	for (unsigned i = 0; i < E164_DIGITS && prefix[1 + i]; i++)
		key |= (uint64_t)(prefix[1 + i] - '0' + 1) << (60 - 4 * i);
	return key;
}

static unsigned digits_of(uint64_t key)
{
	return key ? 16 - (unsigned)__builtin_ctzll(key) / 4 : 0;
}

static bool begins(uint64_t prefix, uint64_t key)
{
	unsigned digits = digits_of(prefix);

	return digits == 0 || ((prefix ^ key) >> (64 - 4 * digits)) == 0;
}

static int key_order(uint32_t set_a, uint64_t a, uint32_t set_b, uint64_t b)
{
	if (set_a != set_b)
		return set_a < set_b ? -1 : 1;
	return a < b ? -1 : a > b;
}

static int item_order(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = key_order(x->set, x->key, y->set, y->key);

	return order ? order : x->value < y->value ? -1 : x->value > y->value;
}

/* Nodes out of sorted items, and whom each hangs below: the last node is that, or hangs below that. */
static void nodes_fill(struct prefixes *p, const struct item *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct node *last = p->n_nodes ? &p->nodes[p->n_nodes - 1] : NULL;
		struct node *node = &p->nodes[p->n_nodes];
		uint32_t up = p->n_nodes - 1;

		p->values[i] = items[i].value;
		if (last && last->set == items[i].set && last->key == items[i].key) {
			last->n++;
			continue;
		}
		*node = (struct node){ items[i].key, items[i].set, NO_PARENT, (uint32_t)i, 1 };
		for (; last && last->set == node->set; last = &p->nodes[up]) {
			if (begins(last->key, node->key)) {
				node->parent = up;
				break;
			}
			up = last->parent;
			if (up == NO_PARENT)
				break;
		}
		p->n_nodes++;
	}
}

enum plan_err prefixes_alloc(struct prefixes **out, const struct prefix_entry *entries, size_t n)
{
	enum plan_err err = PLAN_NOMEM;
	struct prefixes *p = calloc(1, sizeof(*p));
	struct item *items = calloc(n + 1, sizeof(*items));

	if (!p || !items)
		goto fail;
	p->nodes = calloc(n + 1, sizeof(*p->nodes));
	p->values = calloc(n + 1, sizeof(*p->values));
	if (!p->nodes || !p->values)
		goto fail;
	err = PLAN_SYNTAX;
	for (size_t i = 0; i < n; i++) {
		if (!prefix_valid(entries[i].prefix))
			goto fail;
		items[i] = (struct item){ key_of(entries[i].prefix), entries[i].set, entries[i].value };
	}
	qsort(items, n, sizeof(*items), item_order);
	nodes_fill(p, items, n);

	free(items);
	*out = p;
	return PLAN_OK;
fail:
	free(items);
	prefixes_free(p);
	return err;
}

struct prefixes *prefixes_free(struct prefixes *p)
{
	if (p) {
		free(p->values);
		free(p->nodes);
		free(p);
	}
	return NULL;
}

unsigned prefixes_find(
	const struct prefixes *p, uint32_t set, const char *e164, struct prefix_match out[PREFIX_DEPTH])
{
	uint64_t key = key_of(e164);
	uint32_t low = 0, high = p->n_nodes; /* the first node behind the number */
	unsigned n = 0;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (key_order(p->nodes[middle].set, p->nodes[middle].key, set, key) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return 0;
	for (uint32_t at = low - 1; at != NO_PARENT && p->nodes[at].set == set; at = p->nodes[at].parent) {
		const struct node *node = &p->nodes[at];

		if (begins(node->key, key))
			out[n++] = (struct prefix_match){ &p->values[node->first], node->n,
				digits_of(node->key) };
	}
	return n;
}
