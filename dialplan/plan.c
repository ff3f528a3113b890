#include "dialplan/plan.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Two orders over one table: by number for exact readings, by the number read backwards
 * for those that are only its last digits. */
struct plan {
	struct plan_did *dids; /* owned, sorted by number, then trunk */
	size_t n_dids;
	struct plan_tail { /* owned, sorted by reversed */
		char reversed[NUMBER_E164];
		const struct plan_did *did; /* borrowed from dids */
	} * tails;
	struct plan_trunk *trunks; /* owned, sorted by name */
	size_t n_trunks;
};

struct entry { /* a number on its way into the table: remembers where the caller had it */
	const struct plan_did *did;
	size_t at;
};

static int did_compare(const struct plan_did *a, const struct plan_did *b)
{
	int order = strcmp(a->number, b->number);

	return order ? order : strcmp(a->trunk, b->trunk);
}

static int entry_order(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = did_compare(x->did, y->did);

	if (order)
		return order;
	return x->at < y->at ? -1 : x->at > y->at;
}

static int tail_order(const void *a, const void *b)
{
	const struct plan_tail *x = a, *y = b;
	int order = strcmp(x->reversed, y->reversed);

	return order ? order : strcmp(x->did->trunk, y->did->trunk);
}

static int trunk_order(const void *a, const void *b)
{
	const struct plan_trunk *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void reverse(char out[NUMBER_E164], const char *digits)
{
	size_t n = strnlen(digits, NUMBER_E164 - 1);

	for (size_t i = 0; i < n; i++)
		out[i] = digits[n - 1 - i];
	out[n] = '\0';
}

/* Sorts, finds what is wrong, and fills p->dids. */
static enum plan_err dids_fill(struct plan *p, struct entry *entries, size_t n, size_t *at_did)
{
	for (size_t i = 0; i < n; i++)
		if (!number_valid(entries[i].did->number)) {
			*at_did = i;
			return PLAN_SYNTAX;
		}
	qsort(entries, n, sizeof(*entries), entry_order);
	for (size_t i = 1; i < n; i++)
		if (did_compare(entries[i - 1].did, entries[i].did) == 0) {
			*at_did = entries[i].at;
			return PLAN_TWICE;
		}
	for (size_t i = 0; i < n; i++) {
		p->dids[i] = *entries[i].did;
		reverse(p->tails[i].reversed, p->dids[i].number + 1);
		p->tails[i].did = &p->dids[i];
	}
	p->n_dids = n;
	qsort(p->tails, n, sizeof(*p->tails), tail_order);
	return PLAN_OK;
}

enum plan_err plan_alloc(struct plan **out, const struct plan_did *dids, size_t n_dids,
	const struct plan_trunk *trunks, size_t n_trunks, size_t *at_did)
{
	enum plan_err err = PLAN_NOMEM;
	struct plan *p = calloc(1, sizeof(*p));
	struct entry *entries = calloc(n_dids + 1, sizeof(*entries)); /* + 1: calloc(0) may be NULL */
	size_t nowhere;

	if (!p || !entries)
		goto fail;
	p->dids = calloc(n_dids + 1, sizeof(*p->dids));
	p->tails = calloc(n_dids + 1, sizeof(*p->tails));
	p->trunks = calloc(n_trunks + 1, sizeof(*p->trunks));
	if (!p->dids || !p->tails || !p->trunks)
		goto fail;
	for (size_t i = 0; i < n_dids; i++)
		entries[i] = (struct entry){ .did = &dids[i], .at = i };
	err = dids_fill(p, entries, n_dids, at_did ? at_did : &nowhere);
	if (err)
		goto fail;
	for (size_t i = 0; i < n_trunks; i++)
		p->trunks[i] = trunks[i];
	p->n_trunks = n_trunks;
	qsort(p->trunks, n_trunks, sizeof(*p->trunks), trunk_order);

	free(entries);
	*out = p;
	return PLAN_OK;
fail:
	free(entries);
	plan_free(p);
	return err;
}

struct plan *plan_free(struct plan *p)
{
	if (p) {
		free(p->trunks);
		free(p->tails);
		free(p->dids);
		free(p);
	}
	return NULL;
}

__attribute__((format(printf, 4, 5))) static void note(
	struct plan_decision *d, const char *rule, bool matched, const char *format, ...)
{
	struct plan_step *step;
	va_list args;

	assert(d->n_steps < PLAN_STEPS);
	step = &d->steps[d->n_steps++];
	step->rule = rule;
	step->matched = matched;
	va_start(args, format);
	vsnprintf(step->text, sizeof(step->text), format, args);
	va_end(args);
}

static const struct plan_trunk *trunk_find(const struct plan *p, const char *name)
{
	struct plan_trunk key;

	if (!name || strlen(name) >= sizeof(key.name))
		return NULL;
	memcpy(key.name, name, strlen(name) + 1);
	return bsearch(&key, p->trunks, p->n_trunks, sizeof(key), trunk_order);
}

/* First entry not before `number`; its entries lie side by side, trunk "" first. */
static size_t did_lower(const struct plan *p, const char *number)
{
	size_t low = 0, high = p->n_dids;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(p->dids[middle].number, number) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The entry that answers `number` on `trunk`; *other: one of another trunk, if that is all there is. */
static const struct plan_did *did_find(
	const struct plan *p, const char *number, const char *trunk, const struct plan_did **other)
{
	const struct plan_did *any = NULL;

	*other = NULL;
	for (size_t i = did_lower(p, number); i < p->n_dids && strcmp(p->dids[i].number, number) == 0; i++) {
		const struct plan_did *did = &p->dids[i];

		if (strcmp(did->trunk, trunk) == 0)
			return did;
		if (did->trunk[0] == '\0')
			any = did;
		else
			*other = did;
	}
	return any;
}

static size_t tail_lower(const struct plan *p, const char *reversed)
{
	size_t low = 0, high = p->n_dids;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(p->tails[middle].reversed, reversed) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* How many of the trunk's numbers end in `digits`: 0, 1 or 2 (two or more); found[] holds them. */
static unsigned tail_find(
	const struct plan *p, const char *digits, const char *trunk, const struct plan_did *found[2])
{
	char reversed[NUMBER_E164];
	size_t len = strlen(digits);
	unsigned n = 0;

	if (len < PLAN_TAIL_MIN || len >= NUMBER_E164)
		return 0;
	reverse(reversed, digits);
	for (size_t i = tail_lower(p, reversed); i < p->n_dids && n < 2; i++) {
		const struct plan_did *did = p->tails[i].did;

		if (strncmp(p->tails[i].reversed, reversed, len) != 0)
			break;
		if (did->trunk[0] && strcmp(did->trunk, trunk) != 0)
			continue;
		if (n == 1 && strcmp(found[0]->number, did->number) == 0)
			found[0] =
				did; /* one number, for all trunks and for this one: sorted, this one comes last */
		else
			found[n++] = did;
	}
	return n;
}

static void decide(struct plan_decision *d, const struct plan_did *did, const struct number *number)
{
	d->did = did;
	d->number = *number;
	d->answer = did->answer;
	d->sip_status = 0;
}

static bool try_readings(const struct plan *p, const struct plan_trunk *trunk,
	const struct number_readings *readings, struct plan_decision *d)
{
	for (size_t i = 0; i < readings->n; i++) {
		const struct number *number = &readings->reading[i];
		const struct plan_did *other, *did = did_find(p, number->e164, trunk->name, &other);

		note(d, "normalise", true, "%s '%s': %s", i ? "or" : "read as",
			number_form_words(number->form), number->e164);
		if (!d->number.e164[0])
			d->number = *number;
		if (did) {
			note(d, "did", true, "%s is a number of %s%s%s", number->e164,
				did->trunk[0] ? "trunk '" : "all trunks", did->trunk,
				did->trunk[0] ? "'" : "");
			decide(d, did, number);
			return true;
		}
		if (other)
			note(d, "did", false, "%s belongs to trunk '%s', not to '%s'", number->e164,
				other->trunk, trunk->name);
		else
			note(d, "did", false, "%s is not in the number table", number->e164);
	}
	return false;
}

static bool try_tail(const struct plan *p, const struct plan_trunk *trunk,
	const struct number_readings *readings, struct plan_decision *d)
{
	const struct plan_did *found[2] = { NULL, NULL };
	const char *digits = readings->digits;
	unsigned n;

	if (digits[0] == '0' && digits[1] == '0')
		return false; /* said to be international: nothing is missing in front */
	n = tail_find(p, digits, trunk->name, found);
	if (n == 0 && digits[0] == '0')
		n = tail_find(p, ++digits, trunk->name, found); /* behind a trunk prefix */
	if (n == 1) {
		struct number number = { .form = NUMBER_SHORT };

		memcpy(number.e164, found[0]->number, sizeof(number.e164));
		memcpy(number.original, readings->original, sizeof(number.original));
		note(d, "did", true, "%s is the only number of trunk '%s' that ends in %s", found[0]->number,
			trunk->name, digits);
		decide(d, found[0], &number);
		return true;
	}
	if (n > 1)
		note(d, "did", false, "%s could be %s or %s: set the trunk's country", digits,
			found[0]->number, found[1]->number);
	return false;
}

/* True: decided.  Sets *numeric when there was a number to look up. */
static bool try_candidate(const struct plan *p, const struct plan_trunk *trunk, const char *rule,
	const char *user, bool *numeric, struct plan_decision *d)
{
	struct number_readings readings;
	enum plan_err err = number_read(&readings, user, &trunk->country);

	if (!d->number.original[0])
		memcpy(d->number.original, readings.original, sizeof(d->number.original));
	if (err == PLAN_SYNTAX) {
		note(d, rule, false, "'%s' is not a number", readings.original);
		return false;
	}
	note(d, rule, true, "user '%s'", readings.original);
	if (err == PLAN_NO_RULE)
		note(d, "normalise", false, "national or private digits, and no country to read them by");
	*numeric = *numeric || err == PLAN_OK;
	return try_readings(p, trunk, &readings, d) || try_tail(p, trunk, &readings, d);
}

static void refuse(struct plan_decision *d, unsigned sip_status, const char *text)
{
	d->answer = PLAN_REFUSE;
	d->sip_status = sip_status;
	note(d, "answer", false, "refused with %u: %s", sip_status, text);
}

void plan_decide(const struct plan *p, const struct plan_call *call, struct plan_decision *out)
{
	const struct plan_trunk *trunk = trunk_find(p, call->trunk);
	const char *request = call->request_user ? call->request_user : "";
	const char *to = call->to_user ? call->to_user : "";
	bool numeric = false, decided;

	memset(out, 0, sizeof(*out));
	if (!trunk) {
		note(out, "trunk", false, "%s%s%s", call->trunk ? "there is no trunk '" : "no trunk",
			call->trunk ? call->trunk : " sent this call", call->trunk ? "'" : "");
		refuse(out, 403, "a stranger");
		return;
	}
	note(out, "trunk", true, "trunk '%s', %s%s", trunk->name,
		trunk->country.country_code[0] ? "country +" : "country not set",
		trunk->country.country_code);
	decided = try_candidate(p, trunk, "request-uri", request, &numeric, out);
	if (!decided && to[0] && strcmp(to, request) == 0)
		note(out, "to", false, "says the same");
	else if (!decided && to[0])
		decided = try_candidate(p, trunk, "to", to, &numeric, out);
	if (!decided)
		refuse(out, numeric ? 404 : 484,
			numeric ? "no such number here" : "no complete number in it");
	else if (out->answer == PLAN_MEETING)
		note(out, "answer", true, "meeting %s of account '%s'", out->did->meeting, out->did->account);
	else if (out->answer == PLAN_ATTENDANT)
		note(out, "answer", true, "attendant of account '%s'", out->did->account);
	else
		refuse(out, 404, "the number is set to refuse");
}
