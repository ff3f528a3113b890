#include "bridge/site_priv.h"

#include <stdlib.h>
#include <string.h>

struct site *site_new(void)
{
	return calloc(1, sizeof(struct site));
}

static void clear_free(void *objects, size_t n, size_t size)
{
	if (objects)
		explicit_bzero(objects, n * size);
	free(objects);
}

/* Lists of any length belong to their object. */
static void lists_free(enum site_kind kind, void *objects, size_t n)
{
	const struct site_schema *schema = &site_schemas[kind];

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < schema->n_fields; k++)
			if (schema->fields[k].type == FIELD_LIST) {
				char *at = (char *)objects + i * schema->size + schema->fields[k].offset;

				free(*(void **)(void *)at);
			}
}

struct site *site_free(struct site *s)
{
	if (!s)
		return NULL;
	for (size_t i = 0; i < s->n_accounts; i++) {
		struct site_account *a = &s->accounts[i];

		clear_free(a->meetings, a->n_meetings, sizeof(*a->meetings));
		clear_free(a->users, a->n_users, sizeof(*a->users));
	}
	lists_free(SITE_ACCOUNT, s->accounts, s->n_accounts);
	lists_free(SITE_TRUNK, s->trunks, s->n_trunks);
	lists_free(SITE_ROUTE, s->routes, s->n_routes);
	lists_free(SITE_CALENDAR, s->calendars, s->n_calendars);
	lists_free(SITE_CLASS, s->classes, s->n_classes);
	free(s->accounts);
	clear_free(s->trunks, s->n_trunks, sizeof(*s->trunks));
	free(s->numbers);
	free(s->routes);
	free(s->calendars);
	free(s->classes);
	free(s);
	return NULL;
}

static size_t longest_id(const struct site_account *a)
{
	size_t longest = 0;

	for (size_t i = 0; i < a->n_meetings; i++) {
		size_t len = strlen(a->meetings[i].id);

		longest = len > longest ? len : longest;
	}
	return longest;
}

static int meeting_order(const void *a, const void *b)
{
	const struct site_meeting *x = a, *y = b;

	return strcmp(x->id, y->id);
}

void site_sort(struct site *s)
{
	for (size_t i = 0; i < s->n_accounts; i++) {
		struct site_account *a = &s->accounts[i];

		if (a->n_meetings)
			qsort(a->meetings, a->n_meetings, sizeof(*a->meetings), meeting_order);
		a->longest_id = longest_id(a);
	}
}

const struct site_account *site_account(const struct site *s, const char *name)
{
	for (size_t i = 0; name && i < s->n_accounts; i++)
		if (strcmp(s->accounts[i].name, name) == 0)
			return &s->accounts[i];
	return NULL;
}

const struct site_meeting *site_meeting(
	const struct site *s, const char *id, const struct site_account **account)
{
	struct site_meeting key;

	if (!id || strlen(id) >= sizeof(key.id))
		return NULL;
	memcpy(key.id, id, strlen(id) + 1);
	for (size_t i = 0; i < s->n_accounts; i++) {
		const struct site_account *a = &s->accounts[i];
		const struct site_meeting *m =
			a->n_meetings ? bsearch(&key, a->meetings, a->n_meetings, sizeof(key), meeting_order)
				      : NULL;

		if (m) {
			if (account)
				*account = a;
			return m;
		}
	}
	return NULL;
}

const struct site_trunk *site_trunk(const struct site *s, const char *name)
{
	for (size_t i = 0; name && i < s->n_trunks; i++)
		if (strcmp(s->trunks[i].name, name) == 0)
			return &s->trunks[i];
	return NULL;
}

static void did_fill(struct plan_did *did, const struct site_number *n)
{
	memcpy(did->number, n->number, sizeof(did->number));
	memcpy(did->trunk, n->trunk, sizeof(did->trunk));
	memcpy(did->account, n->account, sizeof(did->account));
	memcpy(did->meeting, n->meeting, sizeof(n->meeting));
	memcpy(did->language, n->language, sizeof(did->language));
	memcpy(did->last, n->last, sizeof(did->last));
	memcpy(did->country, n->country, sizeof(did->country));
	did->toll_free = n->toll_free;
	did->answer = n->answer;
}

/* All trunks' ranges, one after the other; allocated, NULL: out of memory. */
static struct plan_range *ranges_of(const struct site *s)
{
	struct plan_range *ranges;
	size_t n = 0;

	for (size_t i = 0; i < s->n_trunks; i++)
		n += s->trunks[i].n_ranges;
	ranges = calloc(n + 1, sizeof(*ranges));
	n = 0;
	for (size_t i = 0; ranges && i < s->n_trunks; i++)
		for (size_t k = 0; k < s->trunks[i].n_ranges; k++, n++)
			site_range_parse(s->trunks[i].ranges[k], ranges[n].first, ranges[n].last);
	return ranges;
}

size_t site_prefixes(const struct site_route *r)
{
	return r->n_prefixes ? r->n_prefixes : 1;
}

const char *site_prefix(const struct site_route *r, size_t i)
{
	return r->n_prefixes ? r->prefixes[i] : r->prefix;
}

enum bridge_err site_plan(const struct site *s, struct plan **out)
{
	struct plan_did *dids = calloc(s->n_numbers + 1, sizeof(*dids));
	struct plan_trunk *trunks = calloc(s->n_trunks + 1, sizeof(*trunks));
	struct plan_range *ranges = ranges_of(s);
	enum plan_err err = PLAN_NOMEM;
	size_t n_ranges = 0;

	if (dids && trunks && ranges) {
		for (size_t i = 0; i < s->n_numbers; i++)
			did_fill(&dids[i], &s->numbers[i]);
		for (size_t i = 0; i < s->n_trunks; i++) {
			memcpy(trunks[i].name, s->trunks[i].name, sizeof(trunks[i].name));
			trunks[i].country = s->trunks[i].country;
			trunks[i].ranges = ranges + n_ranges;
			trunks[i].n_ranges = s->trunks[i].n_ranges;
			n_ranges += s->trunks[i].n_ranges;
		}
		err = plan_alloc(out, dids, s->n_numbers, trunks, s->n_trunks, NULL);
	}
	free(dids);
	free(trunks);
	free(ranges);
	return err == PLAN_OK ? BRIDGE_OK : err == PLAN_NOMEM ? BRIDGE_NOMEM : BRIDGE_SYNTAX;
}

enum bridge_err site_trunks(const struct site *s, struct trunks **out)
{
	struct trunk_config *configs = calloc(s->n_trunks + 1, sizeof(*configs));
	enum call_err err;

	if (!configs)
		return BRIDGE_NOMEM;
	for (size_t i = 0; i < s->n_trunks; i++) {
		memcpy(configs[i].name, s->trunks[i].name, sizeof(configs[i].name));
		configs[i].from = (struct trunk_network *)s->trunks[i].from; /* only read */
		configs[i].n_from = s->trunks[i].n_from;
		configs[i].tls_subject = s->trunks[i].tls_subject;
		configs[i].by_number = s->trunks[i].n_called > 0;
		configs[i].header = s->trunks[i].header;
		configs[i].username = s->trunks[i].login;
		configs[i].password = s->trunks[i].secret;
		configs[i].no_md5 = s->trunks[i].digest == SITE_DIGEST_SHA256;
		configs[i].no_sha256 = s->trunks[i].digest == SITE_DIGEST_MD5;
	}
	err = trunks_alloc(out, configs, s->n_trunks);
	free(configs);
	return err == CALL_OK ? BRIDGE_OK : err == CALL_NOMEM ? BRIDGE_NOMEM : BRIDGE_SYNTAX;
}
