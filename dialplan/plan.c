#include "dialplan/plan.h"
#include "dialplan/block.h"
#include "dialplan/sorted.h"

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
	struct plan_did *ranges; /* owned: DIDs that are ranges */
	size_t n_ranges;
	struct blocks *
		blocks; /* owned: set = trunk + 1 (0 any), value = index of ranges; SET_DELIVERED + trunk: any value */
	struct plan_trunk *trunks; /* owned, sorted by name; without their ranges */
	size_t n_trunks;
};

enum { SET_ANY = 0, SET_DELIVERED = 1 << 24 };

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

static const struct plan_trunk *trunk_find(const struct plan *p, const char *name)
{
	struct plan_trunk key;

	if (!name || strlen(name) >= sizeof(key.name))
		return NULL;
	memcpy(key.name, name, strlen(name) + 1);
	return bsearch(&key, p->trunks, p->n_trunks, sizeof(key), trunk_order);
}

static uint32_t trunk_set(const struct plan *p, const struct plan_trunk *trunk)
{
	return trunk ? (uint32_t)(trunk - p->trunks) + 1 : SET_ANY;
}

/* Ranges of DIDs, and what each trunk delivers.  `entries` are those of DIDs that are ranges. */
static enum plan_err ranges_fill(struct plan *p, const struct entry *entries, size_t n, size_t *at_did)
{
	size_t n_blocks = n, used = 0, at = 0;
	enum plan_err err = PLAN_SYNTAX;
	struct block *blocks;

	for (size_t i = 0; i < p->n_trunks; i++)
		n_blocks += p->trunks[i].n_ranges;
	blocks = calloc(n_blocks + 1, sizeof(*blocks));
	if (!blocks)
		return PLAN_NOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct plan_did *did = entries[i].did;
		const struct plan_trunk *trunk = trunk_find(p, did->trunk);

		*at_did = entries[i].at;
		blocks[used].set = trunk_set(p, trunk);
		blocks[used].value = (uint32_t)p->n_ranges;
		if (!block_ends(&blocks[used], did->number, did->last))
			goto done;
		if (did->trunk[0] && !trunk) { /* no call comes from there */
			blocks[used].set = UINT32_MAX - (uint32_t)i;
		}
		p->ranges[p->n_ranges++] = *did;
		used++;
	}
	for (size_t i = 0; i < p->n_trunks; i++)
		for (size_t k = 0; k < p->trunks[i].n_ranges; k++) {
			const struct plan_range *range = &p->trunks[i].ranges[k];

			blocks[used].set = SET_DELIVERED + (uint32_t)i;
			blocks[used].value = 0;
			if (!block_ends(&blocks[used++], range->first, range->last))
				goto done;
		}
	err = blocks_alloc(&p->blocks, blocks, used, &at, NULL);
	if (err == PLAN_TWICE && at < n)
		*at_did = entries[at].at;
done:
	for (size_t i = 0; i < p->n_trunks; i++)
		p->trunks[i].ranges = NULL; /* not ours */
	free(blocks);
	return err;
}

enum plan_err plan_alloc(struct plan **out, const struct plan_did *dids, size_t n_dids,
	const struct plan_trunk *trunks, size_t n_trunks, size_t *at_did)
{
	enum plan_err err = PLAN_NOMEM;
	struct plan *p = calloc(1, sizeof(*p));
	struct entry *entries = calloc(n_dids + 1, sizeof(*entries)); /* + 1: calloc(0) may be NULL */
	size_t nowhere, n_singles = 0, n_ranges = 0;

	if (!p || !entries)
		goto fail;
	p->dids = calloc(n_dids + 1, sizeof(*p->dids));
	p->tails = calloc(n_dids + 1, sizeof(*p->tails));
	p->trunks = calloc(n_trunks + 1, sizeof(*p->trunks));
	p->ranges = calloc(n_dids + 1, sizeof(*p->ranges));
	if (!p->dids || !p->tails || !p->trunks || !p->ranges)
		goto fail;
	at_did = at_did ? at_did : &nowhere;
	for (size_t i = 0; i < n_dids; i++)
		if (!dids[i].last[0])
			entries[n_singles++] = (struct entry){ .did = &dids[i], .at = i };
	for (size_t i = 0; i < n_dids; i++)
		if (dids[i].last[0])
			entries[n_singles + n_ranges++] = (struct entry){ .did = &dids[i], .at = i };
	err = dids_fill(p, entries, n_singles, at_did);
	if (err)
		goto fail;
	for (size_t i = 0; i < n_trunks; i++)
		p->trunks[i] = trunks[i];
	p->n_trunks = n_trunks;
	qsort(p->trunks, n_trunks, sizeof(*p->trunks), trunk_order);
	err = ranges_fill(p, entries + n_singles, n_ranges, at_did);
	if (err)
		goto fail;

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
		blocks_free(p->blocks);
		free(p->ranges);
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

/* First entry not before `number`; its entries lie side by side, trunk "" first. */
static size_t did_lower(const struct plan *p, const char *number)
{
	return sorted_slot(p->dids, p->n_dids, sizeof(*p->dids), offsetof(struct plan_did, number), number);
}

static const struct plan_did *range_find(const struct plan *p, uint32_t set, const char *number)
{
	uint32_t at = blocks_find(p->blocks, set, block_digits(number));

	return at == BLOCK_NONE ? NULL : &p->ranges[at];
}

/* The entry that answers `number` on `trunk`: its own before that of all trunks, a single number before a
 * range; *other: one of another trunk, if that is all there is. */
static const struct plan_did *did_find(const struct plan *p, const char *number,
	const struct plan_trunk *trunk, const struct plan_did **other)
{
	const struct plan_did *any = NULL, *range = range_find(p, trunk_set(p, trunk), number);

	*other = NULL;
	for (size_t i = did_lower(p, number); i < p->n_dids && strcmp(p->dids[i].number, number) == 0; i++) {
		const struct plan_did *did = &p->dids[i];

		if (strcmp(did->trunk, trunk->name) == 0)
			return did;
		if (did->trunk[0] == '\0')
			any = did;
		else
			*other = did;
	}
	if (range || any)
		return range ? range : any;
	range = range_find(p, SET_ANY, number);
	for (uint32_t set = 1; !range && !*other && set <= p->n_trunks; set++)
		*other = range_find(p, set, number);
	return range;
}

static size_t tail_lower(const struct plan *p, const char *reversed)
{
	return sorted_slot(
		p->tails, p->n_dids, sizeof(*p->tails), offsetof(struct plan_tail, reversed), reversed);
}

struct hit { /* a number that ends in the digits asked for */
	const struct plan_did *did;
	char number[NUMBER_E164];
};

static void hit_add(struct hit found[2], unsigned *n, const struct plan_did *did, const char *number)
{
	for (unsigned i = 0; i < *n; i++)
		if (strcmp(found[i].number, number) == 0) {
			if (did->trunk[0] || !found[i].did->trunk[0])
				found[i].did = did; /* one number, for all trunks and for this one */
			return;
		}
	if (*n < 2) {
		found[*n].did = did;
		memcpy(found[*n].number, number, NUMBER_E164);
		++*n;
	}
}

static void tail_in_range(struct hit found[2], unsigned *n, const struct plan_did *did, const char *digits)
{
	uint64_t tail = strtoull(digits, NULL, 10), step = 1;
	uint64_t first = block_digits(did->number), last = block_digits(did->last), number;
	char text[NUMBER_E164];

	for (size_t i = strlen(digits); i > 0; i--)
		step *= 10;
	number = first - first % step + tail;
	if (number < first)
		number += step;
	for (; number <= last && *n < 2; number += step) {
		unsigned before = *n;
		bool known = false;

		snprintf(text, sizeof(text), "+%llu", (unsigned long long)number);
		for (unsigned i = 0; i < before; i++)
			known = known || strcmp(found[i].number, text) == 0;
		if (!known)
			hit_add(found, n, did, text);
	}
}

/* How many of the trunk's numbers end in `digits`: 0, 1 or 2 (two or more); found[] holds them.
 * Ranges are looked at one by one: a short number is rare. */
static unsigned tail_find(const struct plan *p, const char *digits, const char *trunk, struct hit found[2])
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
		if (!did->trunk[0] || strcmp(did->trunk, trunk) == 0)
			hit_add(found, &n, did, did->number);
	}
	for (size_t i = 0; i < p->n_ranges && n < 2; i++)
		if (!p->ranges[i].trunk[0] || strcmp(p->ranges[i].trunk, trunk) == 0)
			tail_in_range(found, &n, &p->ranges[i], digits);
	return n;
}

static void decide(struct plan_decision *d, const struct plan_did *did, const struct number *number)
{
	d->did = did;
	d->number = *number;
	d->answer = did->answer;
	d->cause = PLAN_ANSWERED;
	d->sip_status = 0;
}

static bool try_readings(const struct plan *p, const struct plan_trunk *trunk,
	const struct number_readings *readings, struct plan_decision *d)
{
	uint32_t delivered = SET_DELIVERED + (uint32_t)(trunk - p->trunks);

	for (size_t i = 0; i < readings->n; i++) {
		const struct number *number = &readings->reading[i];
		const struct plan_did *other, *did = did_find(p, number->e164, trunk, &other);

		note(d, "normalise", true, "%s '%s': %s", i ? "or" : "read as",
			number_form_words(number->form), number->e164);
		if (!d->number.e164[0])
			d->number = *number;
		if (did) {
			note(d, "did", true, "%s is a number of %s%s%s%s%s%s%s", number->e164,
				did->trunk[0] ? "trunk '" : "all trunks", did->trunk,
				did->trunk[0] ? "'" : "", did->last[0] ? ", in the range " : "",
				did->last[0] ? did->number : "", did->last[0] ? ".." : "", did->last);
			decide(d, did, number);
			return true;
		}
		if (blocks_find(p->blocks, delivered, block_digits(number->e164)) != BLOCK_NONE) {
			note(d, "did", false, "%s is in a range of trunk '%s', and nobody's", number->e164,
				trunk->name);
			d->number = *number;
			d->cause = PLAN_UNASSIGNED;
		} else if (other)
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
	struct hit found[2] = { { NULL, "" }, { NULL, "" } };
	const char *digits = readings->digits;
	unsigned n;

	if (digits[0] == '0' && digits[1] == '0')
		return false; /* said to be international: nothing is missing in front */
	n = tail_find(p, digits, trunk->name, found);
	if (n == 0 && digits[0] == '0')
		n = tail_find(p, ++digits, trunk->name, found); /* behind a trunk prefix */
	if (n == 1) {
		struct number number = { .form = NUMBER_SHORT };

		memcpy(number.e164, found[0].number, sizeof(number.e164));
		memcpy(number.original, readings->original, sizeof(number.original));
		note(d, "did", true, "%s is the only number of trunk '%s' that ends in %s", found[0].number,
			trunk->name, digits);
		decide(d, found[0].did, &number);
		return true;
	}
	if (n > 1)
		note(d, "did", false, "%s could be %s or %s: set the trunk's country", digits,
			found[0].number, found[1].number);
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

const char *plan_cause_word(enum plan_cause cause)
{
	switch (cause) {
	case PLAN_ANSWERED: return "answered";
	case PLAN_STRANGER: return "stranger";
	case PLAN_NO_NUMBER: return "no_number";
	case PLAN_UNKNOWN: return "unknown_number";
	case PLAN_UNASSIGNED: return "unassigned_number";
	case PLAN_SET_TO_REFUSE: return "set_to_refuse";
	}
	return "unnamed cause";
}

static void refuse(struct plan_decision *d, enum plan_cause cause, unsigned sip_status, const char *text)
{
	d->answer = PLAN_REFUSE;
	d->cause = cause;
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
		refuse(out, PLAN_STRANGER, 403, "a stranger");
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
	if (!decided && out->cause == PLAN_UNASSIGNED)
		refuse(out, PLAN_UNASSIGNED, 404, "an unassigned number of this trunk");
	else if (!decided)
		refuse(out, numeric ? PLAN_UNKNOWN : PLAN_NO_NUMBER, numeric ? 404 : 484,
			numeric ? "no such number here" : "no complete number in it");
	else if (out->answer == PLAN_MEETING)
		note(out, "answer", true, "meeting %s of account '%s'", out->did->meeting, out->did->account);
	else if (out->answer == PLAN_ATTENDANT)
		note(out, "answer", true, "attendant of account '%s'", out->did->account);
	else
		refuse(out, PLAN_SET_TO_REFUSE, 404, "the number is set to refuse");
}
