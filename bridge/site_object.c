#include "bridge/site_object.h"
#include "dialplan/sorted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- lists of objects, whatever their kind ---- */

static bool is_inner(enum site_kind kind)
{
	return kind == SITE_MEETING || kind == SITE_USER;
}

static size_t *count_at(struct site *s, enum site_kind kind, size_t outer)
{
	switch (kind) {
	case SITE_ACCOUNT: return &s->n_accounts;
	case SITE_MEETING: return &s->accounts[outer].n_meetings;
	case SITE_USER: return &s->accounts[outer].n_users;
	case SITE_TRUNK: return &s->n_trunks;
	case SITE_NUMBER: return &s->n_numbers;
	case SITE_ROUTE: return &s->n_routes;
	case SITE_CALENDAR: return &s->n_calendars;
	case SITE_CLASS: return &s->n_classes;
	case SITE_KINDS: break;
	}
	abort();
}

static char *objects_of(const struct site *s, enum site_kind kind, size_t outer)
{
	switch (kind) {
	case SITE_ACCOUNT: return (char *)s->accounts;
	case SITE_MEETING: return (char *)s->accounts[outer].meetings;
	case SITE_USER: return (char *)s->accounts[outer].users;
	case SITE_TRUNK: return (char *)s->trunks;
	case SITE_NUMBER: return (char *)s->numbers;
	case SITE_ROUTE: return (char *)s->routes;
	case SITE_CALENDAR: return (char *)s->calendars;
	case SITE_CLASS: return (char *)s->classes;
	case SITE_KINDS: break;
	}
	abort();
}

static void objects_set(struct site *s, enum site_kind kind, size_t outer, void *objects)
{
	switch (kind) {
	case SITE_ACCOUNT: s->accounts = objects; return;
	case SITE_MEETING: s->accounts[outer].meetings = objects; return;
	case SITE_USER: s->accounts[outer].users = objects; return;
	case SITE_TRUNK: s->trunks = objects; return;
	case SITE_NUMBER: s->numbers = objects; return;
	case SITE_ROUTE: s->routes = objects; return;
	case SITE_CALENDAR: s->calendars = objects; return;
	case SITE_CLASS: s->classes = objects; return;
	case SITE_KINDS: break;
	}
	abort();
}

size_t site_count(const struct site *s, enum site_kind kind, size_t outer)
{
	return *count_at((struct site *)(uintptr_t)s, kind, outer); /* only read */
}

bool site_kind_find(const char *list, enum site_kind *out)
{
	for (enum site_kind kind = 0; kind < SITE_KINDS; kind++)
		if (strcmp(site_schemas[kind].list, list) == 0) {
			*out = kind;
			return true;
		}
	return false;
}

static size_t index_of(const struct site_place *at)
{
	return is_inner(at->kind) ? at->inner : at->outer;
}

static void *object_at(const struct site *s, const struct site_place *at)
{
	return objects_of(s, at->kind, at->outer) + index_of(at) * site_schemas[at->kind].size;
}

const void *site_object(const struct site *s, const struct site_place *at)
{
	return object_at(s, at);
}

/* ---- keys ---- */

static uint64_t hash_text(uint64_t hash, const char *text) /* FNV-1a, with the end of each text in it */
{
	do {
		hash ^= (unsigned char)*text;
		hash *= 0x100000001b3u;
	} while (*text++);
	return hash;
}

/* May others have its prefix and priority? */
static bool shares(const struct site_route *r)
{
	return r->weight || r->order == SITE_ORDER_COST;
}

static uint64_t route_hash(const struct site_route *r)
{
	uint64_t hash = 0xcbf29ce484222325u;
	char priority[16];

	snprintf(priority, sizeof(priority), "%u", r->priority ? r->priority : 1);
	hash = hash_text(hash, r->account);
	for (size_t i = 0; i < site_prefixes(r); i++)
		hash = hash_text(hash, site_prefix(r, i));
	hash = hash_text(hash, priority);
	hash = hash_text(hash, r->calendar);
	if (r->order == SITE_ORDER_COST)
		hash = hash_text(hash, "cost");
	for (size_t i = 0; shares(r) && i < r->n_trunks; i++)
		hash = hash_text(hash, r->trunks[i]);
	return hash;
}

/* Twins that share calls have all of that in common: they are counted. */
static void route_key(const struct site *s, size_t index, char out[SITE_KEY])
{
	uint64_t hash = route_hash(&s->routes[index]);
	unsigned twin = 1;

	for (size_t i = 0; shares(&s->routes[index]) && i < index; i++)
		twin += shares(&s->routes[i]) && route_hash(&s->routes[i]) == hash;
	if (twin == 1)
		snprintf(out, SITE_KEY, "%016llx", (unsigned long long)hash);
	else
		snprintf(out, SITE_KEY, "%016llx-%u", (unsigned long long)hash, twin);
}

void site_key(const struct site *s, const struct site_place *at, char out[SITE_KEY])
{
	const void *object = object_at(s, at);
	const struct site_number *n;

	switch (at->kind) {
	case SITE_ACCOUNT: snprintf(out, SITE_KEY, "%s", s->accounts[at->outer].name); return;
	case SITE_MEETING: snprintf(out, SITE_KEY, "%s", ((const struct site_meeting *)object)->id); return;
	case SITE_USER:
		snprintf(out, SITE_KEY, "%s/%s", s->accounts[at->outer].name,
			((const struct site_user *)object)->name);
		return;
	case SITE_TRUNK: snprintf(out, SITE_KEY, "%s", ((const struct site_trunk *)object)->name); return;
	case SITE_NUMBER:
		n = object;
		snprintf(out, SITE_KEY, "%s%s%s%s%s", n->number, n->last[0] ? ".." : "", n->last,
			n->trunk[0] ? "@" : "", n->trunk);
		return;
	case SITE_ROUTE: route_key(s, at->outer, out); return;
	case SITE_CALENDAR:
		snprintf(out, SITE_KEY, "%s", ((const struct site_calendar *)object)->name);
		return;
	case SITE_CLASS:
		snprintf(out, SITE_KEY, "%s", ((const struct site_class *)object)->prefixes[0]);
		return;
	case SITE_KINDS: break;
	}
	abort();
}

const char *site_owner(const struct site *s, const struct site_place *at)
{
	switch (at->kind) {
	case SITE_ACCOUNT:
	case SITE_MEETING:
	case SITE_USER: return s->accounts[at->outer].name;
	case SITE_NUMBER: return s->numbers[at->outer].account;
	case SITE_ROUTE: return s->routes[at->outer].account;
	default: return "";
	}
}

/* A key made ready to be compared with many. */
struct wanted {
	char first[SITE_KEY], second[SITE_KEY]; /* account and user; number and trunk */
	uint64_t hash;
	unsigned twin;
};

static bool wanted_read(struct wanted *w, enum site_kind kind, const char *key)
{
	const char *part = kind == SITE_USER     ? strchr(key, '/')
			   : kind == SITE_NUMBER ? strchr(key, '@')
						 : NULL;
	char *end = NULL;

	memset(w, 0, sizeof(*w));
	if (strlen(key) >= SITE_KEY || (kind == SITE_USER && !part))
		return false;
	snprintf(w->first, sizeof(w->first), "%.*s", part ? (int)(part - key) : (int)strlen(key), key);
	snprintf(w->second, sizeof(w->second), "%s", part ? part + 1 : "");
	if (kind == SITE_ROUTE) {
		if (strspn(key, "0123456789abcdef") != 16)
			return false;
		w->hash = strtoull(key, &end, 16);
		w->twin = *end == '-' ? (unsigned)strtoul(end + 1, NULL, 10) : 1;
	}
	return true;
}

static bool number_is(const struct site_number *n, const struct wanted *w)
{
	size_t len = strlen(n->number);

	return strncmp(n->number, w->first, len) == 0 &&
	       (n->last[0] ? strncmp(w->first + len, "..", 2) == 0 && strcmp(w->first + len + 2, n->last) == 0
			   : !w->first[len]) &&
	       strcmp(n->trunk, w->second) == 0;
}

static bool object_is(const void *object, enum site_kind kind, struct wanted *w)
{
	const struct site_route *r = object;

	switch (kind) {
	case SITE_ACCOUNT: return strcmp(((const struct site_account *)object)->name, w->first) == 0;
	case SITE_USER: return strcmp(((const struct site_user *)object)->name, w->second) == 0;
	case SITE_TRUNK: return strcmp(((const struct site_trunk *)object)->name, w->first) == 0;
	case SITE_NUMBER: return number_is(object, w);
	case SITE_ROUTE: return route_hash(r) == w->hash && --w->twin == 0;
	case SITE_CALENDAR: return strcmp(((const struct site_calendar *)object)->name, w->first) == 0;
	case SITE_CLASS: return strcmp(((const struct site_class *)object)->prefixes[0], w->first) == 0;
	default: return false;
	}
}

size_t site_meeting_slot(const struct site_account *a, const char *id)
{
	return sorted_slot(
		a->meetings, a->n_meetings, sizeof(*a->meetings), offsetof(struct site_meeting, id), id);
}

size_t site_meeting_after(const struct site_account *a, const char *id)
{
	const size_t slot = site_meeting_slot(a, id);

	return slot < a->n_meetings && strcmp(a->meetings[slot].id, id) == 0 ? slot + 1 : slot;
}

bool site_find(const struct site *s, enum site_kind kind, const char *key, struct site_place *out)
{
	const struct site_account *account = NULL;
	const struct site_meeting *m;
	struct wanted w;
	size_t outer = 0, n;

	if (!wanted_read(&w, kind, key))
		return false;
	if (kind == SITE_MEETING) {
		m = site_meeting(s, key, &account);
		if (m)
			*out = (struct site_place){ kind, (size_t)(account - s->accounts),
				(size_t)(m - account->meetings) };
		return m != NULL;
	}
	if (kind == SITE_USER) {
		account = site_account(s, w.first);
		if (!account)
			return false;
		outer = (size_t)(account - s->accounts);
	}
	n = site_count(s, kind, outer);
	for (size_t i = 0; i < n; i++)
		if (object_is(objects_of(s, kind, outer) + i * site_schemas[kind].size, kind, &w)) {
			*out = kind == SITE_USER ? (struct site_place){ kind, outer, i }
						 : (struct site_place){ kind, i, 0 };
			return true;
		}
	return false;
}

/* ---- copies ---- */

void site_object_clear(enum site_kind kind, void *object)
{
	const struct site_schema *schema = &site_schemas[kind];

	for (size_t i = 0; i < schema->n_fields; i++)
		if (schema->fields[i].type == FIELD_LIST)
			free(*(void **)(void *)((char *)object + schema->fields[i].offset));
	explicit_bzero(object, schema->size);
}

/* The bytes are there already; lists get memory of their own. */
static bool lists_own(enum site_kind kind, char *object)
{
	const struct site_schema *schema = &site_schemas[kind];
	bool good = true;

	for (size_t i = 0; i < schema->n_fields; i++) {
		const struct site_field *f = &schema->fields[i];
		void **at = (void **)(void *)(object + f->offset);
		size_t bytes;
		void *copy;

		if (f->type != FIELD_LIST || !*at)
			continue;
		bytes = site_texts(object, f) * f->cap;
		copy = good ? malloc(bytes ? bytes : 1) : NULL;
		if (copy)
			memcpy(copy, *at, bytes);
		good = copy != NULL;
		*at = copy; /* NULL: what another object owns is not ours to free */
	}
	return good;
}

bool site_object_copy(enum site_kind kind, void *out, const void *object)
{
	memcpy(out, object, site_schemas[kind].size);
	if (lists_own(kind, out))
		return true;
	site_object_clear(kind, out);
	return false;
}

static bool list_clone(struct site *to, const struct site *from, enum site_kind kind, size_t outer)
{
	const size_t n = site_count(from, kind, outer), size = site_schemas[kind].size;
	char *objects = malloc(n ? n * size : 1);
	bool good = objects != NULL;

	if (!good)
		return false;
	if (n)
		memcpy(objects, objects_of(from, kind, outer), n * size);
	for (size_t i = 0; i < n; i++) {
		struct site_account *a = (void *)(objects + i * size);

		good = lists_own(kind, objects + i * size) && good;
		if (kind == SITE_ACCOUNT) { /* their meetings and users follow */
			a->meetings = NULL;
			a->users = NULL;
			a->n_meetings = a->n_users = 0;
		}
	}
	objects_set(to, kind, outer, objects);
	*count_at(to, kind, outer) = n;
	return good;
}

struct site *site_clone(const struct site *s)
{
	struct site *copy = site_new();
	bool good = copy && list_clone(copy, s, SITE_ACCOUNT, 0);

	for (size_t i = 0; good && i < s->n_accounts; i++)
		good = list_clone(copy, s, SITE_MEETING, i) && list_clone(copy, s, SITE_USER, i);
	for (enum site_kind kind = SITE_TRUNK; good && kind < SITE_KINDS; kind++)
		good = list_clone(copy, s, kind, 0);
	return good ? copy : site_free(copy);
}

/* ---- changing one ---- */

static void longest_again(struct site_account *a)
{
	a->longest_id = 0;
	for (size_t i = 0; i < a->n_meetings; i++)
		if (strlen(a->meetings[i].id) > a->longest_id)
			a->longest_id = strlen(a->meetings[i].id);
}

enum bridge_err site_insert(
	struct site *s, enum site_kind kind, const char *account, const void *object, struct site_place *at)
{
	const size_t size = site_schemas[kind].size;
	size_t outer = 0, n, slot;
	char *objects;

	if (is_inner(kind)) {
		const struct site_account *a = site_account(s, account);

		if (!a)
			return BRIDGE_UNKNOWN;
		outer = (size_t)(a - s->accounts);
	}
	n = site_count(s, kind, outer);
	objects = realloc(objects_of(s, kind, outer), (n + 1) * size);
	if (!objects)
		return BRIDGE_NOMEM;
	objects_set(s, kind, outer, objects);
	slot = kind == SITE_MEETING
		       ? site_meeting_slot(&s->accounts[outer], ((const struct site_meeting *)object)->id)
		       : n;
	memmove(objects + (slot + 1) * size, objects + slot * size, (n - slot) * size);
	memcpy(objects + slot * size, object, size);
	*count_at(s, kind, outer) = n + 1;
	if (kind == SITE_MEETING)
		longest_again(&s->accounts[outer]);
	*at = is_inner(kind) ? (struct site_place){ kind, outer, slot }
			     : (struct site_place){ kind, slot, 0 };
	return BRIDGE_OK;
}

void site_drop(struct site *s, const struct site_place *at)
{
	const size_t size = site_schemas[at->kind].size, i = index_of(at);
	size_t *n = count_at(s, at->kind, at->outer);
	char *objects = objects_of(s, at->kind, at->outer);

	if (at->kind == SITE_ACCOUNT) {
		struct site_account *a = &s->accounts[i];

		if (a->n_meetings)
			explicit_bzero(a->meetings, a->n_meetings * sizeof(*a->meetings));
		if (a->n_users)
			explicit_bzero(a->users, a->n_users * sizeof(*a->users));
		free(a->meetings);
		free(a->users);
	}
	site_object_clear(at->kind, objects + i * size);
	memmove(objects + i * size, objects + (i + 1) * size, (*n - i - 1) * size);
	--*n;
	explicit_bzero(objects + *n * size, size);
	if (at->kind == SITE_MEETING)
		longest_again(&s->accounts[at->outer]);
}

enum bridge_err site_replace(struct site *s, const char *account, const void *object, struct site_place *at)
{
	const struct site_schema *schema = &site_schemas[at->kind];
	struct site_account *kept;
	char *old = object_at(s, at);
	enum bridge_err err;

	if (is_inner(at->kind) && (strcmp(account, s->accounts[at->outer].name) != 0 ||
					  (at->kind == SITE_MEETING &&
						  strcmp(((struct site_meeting *)(void *)old)->id,
							  ((const struct site_meeting *)object)->id) != 0))) {
		struct site_place was = *at, now;

		if (!site_account(s, account))
			return BRIDGE_UNKNOWN;
		err = site_insert(s, at->kind, account, object, &now);
		if (err)
			return err;
		if (now.outer == was.outer && now.inner <= was.inner)
			was.inner++;
		site_drop(s, &was);
		if (now.outer == was.outer && now.inner > was.inner)
			now.inner--;
		*at = now;
		return BRIDGE_OK;
	}
	if (at->kind == SITE_ACCOUNT) {
		struct site_account fresh = *(const struct site_account *)object;

		kept = (void *)old;
		fresh.meetings = kept->meetings;
		fresh.users = kept->users;
		fresh.n_meetings = kept->n_meetings;
		fresh.n_users = kept->n_users;
		fresh.longest_id = kept->longest_id;
		site_object_clear(SITE_ACCOUNT, kept);
		*kept = fresh;
		return BRIDGE_OK;
	}
	site_object_clear(at->kind, old);
	memcpy(old, object, schema->size);
	return BRIDGE_OK;
}
