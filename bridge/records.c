#include "bridge/records.h"
#include "bridge/csv.h"
#include "bridge/http.h"
#include "bridge/when.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is asked for ---- */

static bool read_number(const char *text, double max, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return end != text && !*end && *out >= 0 && *out <= max &&
	       strspn(text, "0123456789.") == strlen(text);
}

/* "started-seq", both whole numbers. */
static bool read_cursor(const char *text, struct cdr_filter *f)
{
	char *end;

	f->from_started_us = strtoll(text, &end, 10);
	if (end == text || *end != '-')
		return false;
	text = end + 1;
	f->from_seq = strtoll(text, &end, 10);
	return end != text && !*end && f->from_seq > 0;
}

static void read_texts(struct records *r, const char *query)
{
	http_query(query, "account", r->account, sizeof(r->account));
	http_query(query, "meeting", r->meeting, sizeof(r->meeting));
	http_query(query, "trunk", r->trunk, sizeof(r->trunk));
	http_query(query, "call", r->call, sizeof(r->call));
	http_query(query, "number", r->number, sizeof(r->number));
	http_query(query, "direction", r->direction, sizeof(r->direction));
	http_query(query, "cause", r->cause, sizeof(r->cause));
	http_query(query, "ended_by", r->ended_by, sizeof(r->ended_by));
}

/* The struct may have been copied since it was read. */
static void point_at_texts(struct records *r)
{
	r->filter.account = r->account;
	r->filter.meeting = r->meeting;
	r->filter.trunk = r->trunk;
	r->filter.call = r->call;
	r->filter.number = r->number;
	r->filter.direction = r->direction;
	r->filter.cause = r->cause;
	r->filter.ended_by = r->ended_by;
}

/* NULL, or the name of the one that is no number, or too large. */
static const char *read_numbers(struct records *r, const char *query)
{
	double q850 = 0, status = 0, seconds = 0, mos = 0;
	uint64_t limit = r->csv ? UINT64_MAX : RECORDS_LIMIT;
	const struct {
		const char *name;
		double max, *to;
	} list[] = {
		{ "q850", 127, &q850 },
		{ "status", 699, &status },
		{ "min_duration", 1e7, &seconds },
		{ "mos_below", 5, &mos },
	};
	char text[32];

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++)
		if (http_query(query, list[i].name, text, sizeof(text)) &&
			!read_number(text, list[i].max, list[i].to))
			return list[i].name;
	if (!http_number(query, "limit", 1, r->csv ? UINT64_MAX : STORE_LIST_MAX, &limit))
		return "limit";
	r->filter.q850 = (unsigned)q850;
	r->filter.status = (unsigned)status;
	r->filter.min_us = (int64_t)(seconds * 1e6);
	r->filter.mos_below = (uint32_t)(mos * 100 + 0.5);
	r->left = limit;
	return NULL;
}

const char *records_read(struct records *out, const char *query, bool csv, const char **field)
{
	char text[64];

	memset(out, 0, sizeof(*out));
	out->csv = csv;
	read_texts(out, query);
	*field = read_numbers(out, query);
	if (*field)
		return strcmp(*field, "limit") == 0 ? "limit must be 1 to 10000"
						    : "not a number, or too large a one";
	*field = "since";
	if (http_query(query, "since", text, sizeof(text)) && !when_parse(text, &out->filter.since_us))
		return "not a time, as in 2026-12-24T18:00:00Z";
	*field = "before";
	if (http_query(query, "before", text, sizeof(text)) && !when_parse(text, &out->filter.before_us))
		return "not a time, as in 2026-12-24T18:00:00Z";
	*field = "answered";
	if (http_query(query, "answered", text, sizeof(text))) {
		if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
			return "true or false";
		out->filter.answered = text[0] == 't' ? CDR_ANSWERED : CDR_UNANSWERED;
	}
	*field = "direction";
	if (out->direction[0] && strcmp(out->direction, "in") != 0 && strcmp(out->direction, "out") != 0)
		return "in or out";
	*field = "cursor";
	if (http_query(query, "cursor", text, sizeof(text)) && !read_cursor(text, &out->filter))
		return "not a cursor that came with a page";
	*field = NULL;
	return NULL;
}

void records_confine(struct records *r, const char *account)
{
	if (r->account[0] && strcmp(r->account, account) != 0)
		r->ended = true;
	snprintf(r->account, sizeof(r->account), "%s", account);
}

/* ---- a page ---- */

static char *room(struct records *r, size_t n)
{
	char *more;
	size_t cap = r->cap ? r->cap : 16384;

	while (cap < r->len + n)
		cap *= 2;
	if (cap != r->cap) {
		more = realloc(r->text, cap);
		if (!more) {
			r->no_memory = true;
			return NULL;
		}
		r->text = more;
		r->cap = cap;
	}
	return r->text + r->len;
}

static void put(struct records *r, const char *text)
{
	const size_t n = strlen(text);
	char *to = room(r, n + 1);

	if (!to)
		return;
	memcpy(to, text, n + 1);
	r->len += n;
}

static void put_names(struct records *r)
{
	size_t n;
	const struct cdr_field *fields = cdr_fields(&n);

	for (size_t i = 0; i < n; i++) {
		put(r, i ? "," : "");
		put(r, fields[i].json);
	}
	put(r, "\r\n");
}

/* One field as the JSON has it, without its quotes; "" for null. */
static void put_value(struct records *r, const json_t *value)
{
	char number[48] = "";
	const char *text = json_is_string(value) ? json_string_value(value) : number;
	char *to;

	if (json_is_integer(value))
		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		snprintf(number, sizeof(number), "%.10g", json_real_value(value));
	else if (json_is_boolean(value))
		snprintf(number, sizeof(number), "%s", json_is_true(value) ? "true" : "false");
	to = room(r, CSV_ROOM(strlen(text)));
	if (to)
		r->len += csv_field(to, CSV_ROOM(strlen(text)), text);
}

static void put_csv(struct records *r, const json_t *row)
{
	size_t n;
	const struct cdr_field *fields = cdr_fields(&n);

	for (size_t i = 0; i < n; i++) {
		put(r, i ? "," : "");
		put_value(r, json_object_get(row, fields[i].json));
	}
	put(r, "\r\n");
}

static void put_json(struct records *r, const json_t *row)
{
	char *text = json_dumps(row, JSON_COMPACT);

	if (!text) {
		r->no_memory = true;
		return;
	}
	put(r, r->n ? "," : "");
	put(r, text);
	free(text);
}

static bool put_record(void *arg, struct cdr *cdr, int64_t seq)
{
	struct records *r = arg;
	json_t *row;

	if (r->masked)
		cdr_mask(cdr);
	row = cdr_json(cdr);
	if (!row)
		r->no_memory = true;
	else if (r->csv)
		put_csv(r, row);
	else
		put_json(r, row);
	json_decref(row);
	r->filter.from_started_us = cdr->started_us;
	r->filter.from_seq = seq;
	r->n++;
	return !r->no_memory;
}

static void put_end(struct records *r)
{
	char text[96] = "]}";

	if (!r->ended)
		snprintf(text, sizeof(text), "],\"next_cursor\":\"%lld-%lld\"}",
			(long long)r->filter.from_started_us, (long long)r->filter.from_seq);
	put(r, text);
}

enum bridge_err records_page(struct records *r, struct store *store)
{
	const uint64_t page = r->csv ? RECORDS_PAGE : STORE_LIST_MAX;
	enum bridge_err err = BRIDGE_OK;

	r->len = 0;
	r->n = 0;
	point_at_texts(r);
	r->filter.limit = (unsigned)(r->left < page ? r->left : page);
	r->filter.number_is_ours = r->masked; /* whom they may not see they may not look for */
	put(r, r->csv ? "" : "{\"items\":[");
	if (r->csv && !r->begun)
		put_names(r);
	r->begun = true;
	if (!r->ended)
		err = store_each_cdr(store, &r->filter, put_record, r);
	r->ended = r->ended || r->n < r->filter.limit;
	r->left -= r->n;
	if (r->csv && !r->left)
		r->ended = true;
	if (!r->csv)
		put_end(r);
	return r->no_memory ? BRIDGE_NOMEM : err;
}

void records_clear(struct records *r)
{
	free(r->text);
	r->text = NULL;
	r->len = r->cap = 0;
}
