/* site_names.c - what in a site names or excludes something else: duplicates, references, networks. */
#include "bridge/site_priv.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct entry { /* a name and whose it is; sorted to find duplicates and references */
	const char *name, *within;
	struct site_place at;
};

static int size_order(size_t a, size_t b)
{
	return a < b ? -1 : a > b;
}

static int entry_order(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (!order)
		order = strcmp(x->within, y->within);
	if (!order)
		order = size_order(x->at.outer, y->at.outer);
	return order ? order : size_order(x->at.inner, y->at.inner);
}

static void entry_add(
	struct entry *entries, size_t *n, const char *name, const char *within, struct site_place at)
{
	entries[(*n)++] = (struct entry){ .name = name, .within = within, .at = at };
}

static enum bridge_err refuse_twice(
	const struct entry *entries, size_t n, const char *field, struct config_why *why)
{
	char first[80];

	for (size_t i = 1; i < n; i++)
		if (strcmp(entries[i - 1].name, entries[i].name) == 0 &&
			strcmp(entries[i - 1].within, entries[i].within) == 0)
			return site_refuse(why, &entries[i].at, field, "'%.60s' is given twice, first in %s",
				entries[i].name, site_place_path(&entries[i - 1].at, first, sizeof(first)));
	return BRIDGE_OK;
}

/* D1: an ID is complete without '#', so one that begins another would hide it.  Among sorted
 * IDs, one that begins any other begins the next. */
static enum bridge_err refuse_beginnings(const struct entry *ids, size_t n, struct config_why *why)
{
	char other[80];

	for (size_t i = 1; i < n; i++)
		if (strncmp(ids[i - 1].name, ids[i].name, strlen(ids[i - 1].name)) == 0)
			return site_refuse(why, &ids[i].at, "id",
				"begins with %s, the ID of %s: keyed without '#', it could never be reached",
				ids[i - 1].name, site_place_path(&ids[i - 1].at, other, sizeof(other)));
	return BRIDGE_OK;
}

/* The sorted names of everything; freed by site_check_names(). */
struct names {
	struct entry *accounts, *trunks, *numbers, *calendars, *meetings, *users;
	size_t n_accounts, n_trunks, n_numbers, n_calendars, n_meetings, n_users;
};

static bool names_collect(struct names *names, const struct site *s)
{
	size_t meetings = 0, users = 0;

	for (size_t i = 0; i < s->n_accounts; i++) {
		meetings += s->accounts[i].n_meetings;
		users += s->accounts[i].n_users;
	}
	names->accounts = calloc(s->n_accounts + 1, sizeof(struct entry));
	names->trunks = calloc(s->n_trunks + 1, sizeof(struct entry));
	names->numbers = calloc(s->n_numbers + 1, sizeof(struct entry));
	names->calendars = calloc(s->n_calendars + 1, sizeof(struct entry));
	names->meetings = calloc(meetings + 1, sizeof(struct entry));
	names->users = calloc(users + 1, sizeof(struct entry));
	if (!names->accounts || !names->trunks || !names->numbers || !names->calendars || !names->meetings ||
		!names->users)
		return false;
	for (size_t i = 0; i < s->n_accounts; i++) {
		const struct site_account *a = &s->accounts[i];

		entry_add(names->accounts, &names->n_accounts, a->name, "",
			(struct site_place){ SITE_ACCOUNT, i, 0 });
		for (size_t k = 0; k < a->n_meetings; k++)
			entry_add(names->meetings, &names->n_meetings, a->meetings[k].id, "",
				(struct site_place){ SITE_MEETING, i, k });
		for (size_t k = 0; k < a->n_users; k++)
			entry_add(names->users, &names->n_users, a->users[k].name, a->name,
				(struct site_place){ SITE_USER, i, k });
	}
	for (size_t i = 0; i < s->n_trunks; i++)
		entry_add(names->trunks, &names->n_trunks, s->trunks[i].name, "",
			(struct site_place){ SITE_TRUNK, i, 0 });
	for (size_t i = 0; i < s->n_numbers; i++)
		if (!s->numbers[i].last[0])
			entry_add(names->numbers, &names->n_numbers, s->numbers[i].number,
				s->numbers[i].trunk, (struct site_place){ SITE_NUMBER, i, 0 });
	for (size_t i = 0; i < s->n_calendars; i++)
		entry_add(names->calendars, &names->n_calendars, s->calendars[i].name, "",
			(struct site_place){ SITE_CALENDAR, i, 0 });
	qsort(names->accounts, names->n_accounts, sizeof(struct entry), entry_order);
	qsort(names->trunks, names->n_trunks, sizeof(struct entry), entry_order);
	qsort(names->numbers, names->n_numbers, sizeof(struct entry), entry_order);
	qsort(names->calendars, names->n_calendars, sizeof(struct entry), entry_order);
	qsort(names->meetings, names->n_meetings, sizeof(struct entry), entry_order);
	qsort(names->users, names->n_users, sizeof(struct entry), entry_order);
	return true;
}

static void names_free(struct names *names)
{
	free(names->accounts);
	free(names->trunks);
	free(names->numbers);
	free(names->calendars);
	free(names->meetings);
	free(names->users);
}

static const struct entry *entry_find(const struct entry *entries, size_t n, const char *name)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(entries[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && strcmp(entries[low].name, name) == 0 ? &entries[low] : NULL;
}

static enum bridge_err check_account(
	const struct site *s, const struct names *names, size_t i, struct config_why *why)
{
	const struct site_account *a = &s->accounts[i];
	struct site_place at = { SITE_ACCOUNT, i, 0 };

	if (!a->enum_trunk[0] || strcmp(a->enum_trunk, "any") == 0 ||
		entry_find(names->trunks, names->n_trunks, a->enum_trunk))
		return BRIDGE_OK;
	return site_refuse(why, &at, "enum.trunk", "there is no trunk '%.60s'", a->enum_trunk);
}

static enum bridge_err check_number(
	const struct site *s, const struct names *names, size_t i, struct config_why *why)
{
	const struct site_number *n = &s->numbers[i];
	struct site_place at = { SITE_NUMBER, i, 0 };
	const struct entry *meeting;

	if (!entry_find(names->accounts, names->n_accounts, n->account))
		return site_refuse(why, &at, "account", "there is no account '%.60s'", n->account);
	if (n->trunk[0] && !entry_find(names->trunks, names->n_trunks, n->trunk))
		return site_refuse(why, &at, "trunk", "there is no trunk '%.60s'", n->trunk);
	if (n->answer != PLAN_MEETING)
		return BRIDGE_OK;
	meeting = entry_find(names->meetings, names->n_meetings, n->meeting);
	if (!meeting)
		return site_refuse(why, &at, "answer", "there is no meeting '%.15s'", n->meeting);
	if (strcmp(s->accounts[meeting->at.outer].name, n->account) != 0)
		return site_refuse(
			why, &at, "answer", "meeting %s is not of account '%.60s'", n->meeting, n->account);
	return BRIDGE_OK;
}

static enum bridge_err check_route(
	const struct site *s, const struct names *names, size_t i, struct config_why *why)
{
	const struct site_route *r = &s->routes[i];
	struct site_place at = { SITE_ROUTE, i, 0 };
	char item[32];

	if (!entry_find(names->accounts, names->n_accounts, r->account))
		return site_refuse(why, &at, "account", "there is no account '%.60s'", r->account);
	for (size_t k = 0; k < r->n_trunks; k++)
		if (!entry_find(names->trunks, names->n_trunks, r->trunks[k])) {
			snprintf(item, sizeof(item), "trunks[%zu]", k);
			return site_refuse(why, &at, item, "there is no trunk '%.60s'", r->trunks[k]);
		}
	if (r->calendar[0] && !entry_find(names->calendars, names->n_calendars, r->calendar))
		return site_refuse(why, &at, "calendar", "there is no calendar '%.60s'", r->calendar);
	return BRIDGE_OK;
}

static enum bridge_err check_names(const struct site *s, const struct names *names, struct config_why *why)
{
	enum bridge_err err = refuse_twice(names->accounts, names->n_accounts, "name", why);

	if (!err)
		err = refuse_twice(names->meetings, names->n_meetings, "id", why);
	if (!err)
		err = refuse_beginnings(names->meetings, names->n_meetings, why);
	if (!err)
		err = refuse_twice(names->users, names->n_users, "name", why);
	if (!err)
		err = refuse_twice(names->trunks, names->n_trunks, "name", why);
	if (!err)
		err = refuse_twice(names->numbers, names->n_numbers, "number", why);
	if (!err)
		err = refuse_twice(names->calendars, names->n_calendars, "name", why);
	for (size_t i = 0; !err && i < s->n_accounts; i++)
		err = check_account(s, names, i, why);
	for (size_t i = 0; !err && i < s->n_numbers; i++)
		err = check_number(s, names, i, why);
	for (size_t i = 0; !err && i < s->n_routes; i++)
		err = check_route(s, names, i, why);
	return err;
}

struct owned_network {
	struct trunk_network network;
	size_t trunk, index;
};

static int network_order(const void *a, const void *b)
{
	const struct owned_network *x = a, *y = b;
	int order = memcmp(x->network.ip, y->network.ip, sizeof(x->network.ip));

	if (!order)
		order = size_order(x->network.prefix_bits, y->network.prefix_bits);
	if (!order)
		order = size_order(x->trunk, y->trunk);
	return order ? order : size_order(x->index, y->index);
}

/* `later` has the same network as `first`, and `n_before` trunks before it have it too. */
static enum bridge_err refuse_network(const struct site *s, const struct owned_network *first,
	const struct owned_network *later, size_t n_before, struct config_why *why)
{
	const char *mixed = site_mixed_up(&s->trunks[first->trunk], &s->trunks[later->trunk]);
	char item[48];

	snprintf(item, sizeof(item), "inbound.from[%zu]", later->index);
	if (mixed)
		return site_refuse(why, &(struct site_place){ SITE_TRUNK, later->trunk, 0 }, item,
			"already the network of trunk '%.60s': calls could not be told apart (%s)",
			s->trunks[first->trunk].name, mixed);
	if (n_before >= TRUNK_SHARED)
		return site_refuse(why, &(struct site_place){ SITE_TRUNK, later->trunk, 0 }, item,
			"more than %d trunks share this network", TRUNK_SHARED);
	return BRIDGE_OK;
}

/* The source tells trunks apart, or marks of theirs do.  A narrower network inside a wider is no conflict. */
static enum bridge_err check_networks(const struct site *s, struct config_why *why)
{
	struct owned_network *all = calloc(s->n_trunks * SITE_LIST + 1, sizeof(*all));
	enum bridge_err err = BRIDGE_OK;
	size_t n = 0;

	if (!all)
		return BRIDGE_NOMEM;
	for (size_t i = 0; i < s->n_trunks; i++)
		for (size_t k = 0; k < s->trunks[i].n_from; k++) {
			all[n].trunk = i;
			all[n].index = k;
			all[n].network = s->trunks[i].from[k]; /* host bits are cleared when it is read */
			n++;
		}
	qsort(all, n, sizeof(*all), network_order);
	for (size_t i = 1, first = 0; i < n && !err; i++) {
		if (memcmp(all[first].network.ip, all[i].network.ip, sizeof(all[i].network.ip)) != 0 ||
			all[first].network.prefix_bits != all[i].network.prefix_bits) {
			first = i;
			continue;
		}
		for (size_t k = first; k < i && !err; k++)
			err = refuse_network(s, &all[k], &all[i], i - first, why);
	}
	free(all);
	return err;
}

/* And so does a certificate. */
static enum bridge_err check_subjects(const struct site *s, struct config_why *why)
{
	for (size_t i = 0; i < s->n_trunks; i++)
		for (size_t k = 0; s->trunks[i].tls_subject[0] && k < i; k++)
			if (strcasecmp(s->trunks[i].tls_subject, s->trunks[k].tls_subject) == 0 &&
				site_mixed_up(&s->trunks[k], &s->trunks[i]))
				return site_refuse(why, &(struct site_place){ SITE_TRUNK, i, 0 },
					"inbound.tls_subject", "already that of trunk '%.60s' (%s)",
					s->trunks[k].name, site_mixed_up(&s->trunks[k], &s->trunks[i]));
	return BRIDGE_OK;
}

enum bridge_err site_check_names(const struct site *s, struct config_why *why)
{
	struct names names = { 0 };
	enum bridge_err err = names_collect(&names, s) ? check_names(s, &names, why) : BRIDGE_NOMEM;

	names_free(&names);
	if (!err)
		err = check_subjects(s, why);
	return err ? err : check_networks(s, why);
}
