#include "dialplan/rates.h"
#include "dialplan/days.h"
#include "dialplan/prefix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MINUTE_S = 60 };
static const int64_t SECOND_US = 1000000, TALK_MAX_S = 100000000;

struct rates {
	struct rate *rows; /* owned, sorted by prefix, then from_s */
	size_t n;
	struct prefixes *prefixes; /* owned; values: rows, ascending */
	char currency[MONEY_CURRENCY];
};

struct placed { /* a row on its way to its place */
	const struct rate *rate;
	size_t from; /* index in the caller's array */
};

static int rate_order(const struct rate *x, const struct rate *y)
{
	int order = strcmp(x->prefix, y->prefix);

	return order ? order : x->from_s < y->from_s ? -1 : x->from_s > y->from_s;
}

static int placed_order(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	int order = rate_order(x->rate, y->rate);

	return order ? order : x->from < y->from ? -1 : x->from > y->from;
}

static bool is_rate(const struct rate *r)
{
	return memchr(r->prefix, '\0', sizeof(r->prefix)) && prefix_valid(r->prefix) && r->first_s > 0 &&
	       r->first_s <= RATE_STEP_MAX_S && r->next_s > 0 && r->next_s <= RATE_STEP_MAX_S &&
	       r->per_minute >= 0 && r->per_minute <= RATE_PRICE_MAX && r->connect >= 0 &&
	       r->connect <= RATE_PRICE_MAX && r->from_s < r->until_s;
}

static struct placed *in_order(const struct rate *rows, size_t n)
{
	struct placed *placed = calloc(n + 1, sizeof(*placed));

	for (size_t i = 0; placed && i < n; i++)
		placed[i] = (struct placed){ &rows[i], i };
	if (placed)
		qsort(placed, n, sizeof(*placed), placed_order);
	return placed;
}

static enum plan_err rows_fill(struct rates *r, const struct placed *placed, size_t n, size_t *at)
{
	struct prefix_entry *entries = calloc(n + 1, sizeof(*entries));
	enum plan_err err = entries ? PLAN_OK : PLAN_NOMEM;

	for (size_t i = 0; i < n && !err; i++) {
		const struct rate *rate = placed[i].rate;

		*at = placed[i].from;
		if (i && rate_order(placed[i - 1].rate, rate) == 0)
			err = PLAN_TWICE;
		r->rows[i] = *rate;
		entries[i].value = (uint32_t)i;
		memcpy(entries[i].prefix, rate->prefix, sizeof(entries[i].prefix));
	}
	if (!err)
		err = prefixes_alloc(&r->prefixes, entries, n);
	free(entries);
	return err;
}

enum plan_err rates_alloc(struct rates **out, const struct rate *rows, size_t n,
	const char currency[MONEY_CURRENCY], size_t *at)
{
	struct rates *r;
	struct placed *placed;
	enum plan_err err = PLAN_NOMEM;

	for (*at = 0; *at < n; ++*at)
		if (!is_rate(&rows[*at]))
			return PLAN_SYNTAX;
	r = calloc(1, sizeof(*r));
	placed = in_order(rows, n);
	if (r)
		r->rows = calloc(n + 1, sizeof(*r->rows));
	if (placed && r && r->rows)
		err = rows_fill(r, placed, n, at);
	free(placed);
	if (err) {
		rates_free(r);
		return err;
	}
	r->n = n;
	snprintf(r->currency, sizeof(r->currency), "%s", currency);
	*out = r;
	return PLAN_OK;
}

struct rates *rates_free(struct rates *r)
{
	if (r) {
		prefixes_free(r->prefixes);
		free(r->rows);
		free(r);
	}
	return NULL;
}

size_t rates_count(const struct rates *r)
{
	return r->n;
}

const struct rate *rates_row(const struct rates *r, size_t i)
{
	return &r->rows[i];
}

const char *rates_currency(const struct rates *r)
{
	return r->currency;
}

const struct rate *rates_find(const struct rates *r, const char *e164, int64_t at_s)
{
	struct prefix_match found[PREFIX_DEPTH];
	const unsigned n = r ? prefixes_find(r->prefixes, 0, e164, found) : 0;

	for (unsigned i = 0; i < n; i++)
		for (uint32_t k = found[i].n; k-- > 0;) {
			const struct rate *rate = &r->rows[found[i].values[k]];

			if (rate->from_s <= at_s && at_s < rate->until_s)
				return rate;
		}
	return NULL;
}

int64_t rate_cost(const struct rate *rate, int64_t talked_us)
{
	int64_t seconds = talked_us > 0 ? (talked_us - 1) / SECOND_US + 1 : 0, charged = rate->first_s;

	if (seconds > TALK_MAX_S)
		seconds = TALK_MAX_S;
	if (seconds > charged)
		charged += (seconds - charged - 1) / rate->next_s * rate->next_s + rate->next_s;
	return rate->connect + (rate->per_minute * charged + MINUTE_S / 2) / MINUTE_S;
}

const char *rate_words(const struct rate *rate, const char *currency, char out[RATE_WORDS])
{
	char price[MONEY_TEXT], connect[MONEY_TEXT], from[DAYS_TEXT], until[DAYS_TEXT];
	int len = snprintf(out, RATE_WORDS, "%s %s a minute in %u/%u s", money_text(price, rate->per_minute),
		currency, rate->first_s, rate->next_s);

	if (rate->connect)
		len += snprintf(out + len, RATE_WORDS - (size_t)len, ", %s to connect",
			money_text(connect, rate->connect));
	len += snprintf(out + len, RATE_WORDS - (size_t)len, ", by %s", rate->prefix);
	if (rate->from_s != RATE_EVER)
		len += snprintf(
			out + len, RATE_WORDS - (size_t)len, " since %s", days_text(from, rate->from_s));
	if (rate->until_s != RATE_NEVER)
		snprintf(out + len, RATE_WORDS - (size_t)len, " until %s", days_text(until, rate->until_s));
	return out;
}

struct rate *rates_merge(
	const struct rate *rows, size_t n, const struct rate *more, size_t n_more, size_t *n_out)
{
	struct rate *out = calloc(n + n_more + 1, sizeof(*out));
	struct placed *old = in_order(rows, n), *fresh = in_order(more, n_more);
	size_t k = 0;

	*n_out = 0;
	if (!out || !old || !fresh) {
		free(out);
		out = NULL;
	}
	for (size_t i = 0; out && i < n_more; i++)
		out[(*n_out)++] = more[i];
	for (size_t i = 0; out && i < n; i++) {
		while (k < n_more && rate_order(fresh[k].rate, old[i].rate) < 0)
			k++;
		if (k == n_more || rate_order(fresh[k].rate, old[i].rate) != 0)
			out[(*n_out)++] = *old[i].rate;
	}
	free(old);
	free(fresh);
	return out;
}
