/* store_records.c - call records looked for: a filter becomes one statement, its rows are handed on one by one. */
#include "bridge/store_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SQL_CAP = 4096, VALUES = 32, COLUMNS_CAP = 2048, PATTERN = 160 };

struct query {
	char sql[SQL_CAP];
	size_t len;
	struct {
		const char *text; /* borrowed; NULL: number */
		int64_t number;
	} values[VALUES];
	int n_values;
	bool narrowed;
	char pattern[PATTERN];
};

static void add(struct query *q, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct query *q, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(q->sql + q->len, sizeof(q->sql) - q->len, format, args);
	va_end(args);
	if (n > 0 && (size_t)n < sizeof(q->sql) - q->len)
		q->len += (size_t)n;
}

/* One more condition; its values follow by add_text() and add_number(), in the order of its '?'. */
static void narrow(struct query *q, const char *condition)
{
	add(q, "%s(%s)", q->narrowed ? " AND " : " WHERE ", condition);
	q->narrowed = true;
}

static void add_text(struct query *q, const char *text)
{
	q->values[q->n_values++].text = text;
}

static void add_number(struct query *q, int64_t number)
{
	q->values[q->n_values].text = NULL;
	q->values[q->n_values++].number = number;
}

static void narrow_text(struct query *q, const char *condition, const char *text, unsigned times)
{
	if (!text || !*text)
		return;
	narrow(q, condition);
	while (times--)
		add_text(q, text);
}

static void narrow_number(struct query *q, const char *condition, int64_t number, unsigned times)
{
	if (!number)
		return;
	narrow(q, condition);
	while (times--)
		add_number(q, number);
}

/* "%words%", with what LIKE would read as a sign written out. */
static const char *like(struct query *q, const char *words)
{
	size_t n = 0;

	q->pattern[n++] = '%';
	for (; *words && n + 4 < sizeof(q->pattern); words++) {
		if (strchr("%_\\", *words))
			q->pattern[n++] = '\\';
		q->pattern[n++] = *words;
	}
	q->pattern[n++] = '%';
	q->pattern[n] = '\0';
	return q->pattern;
}

static void write_query(struct query *q, const struct cdr_filter *f)
{
	const unsigned limit = f->limit ? f->limit : STORE_LIST_DEFAULT;
	char columns[COLUMNS_CAP];

	store_cdr_columns(columns, sizeof(columns));
	add(q, "SELECT %s,seq FROM cdr", columns);
	narrow_text(q, "account=?", f->account, 1);
	narrow_text(q, "meeting=?", f->meeting, 1);
	narrow_text(q, "trunk=?", f->trunk, 1);
	narrow_text(q, "id=? OR call_id=? OR (dialout=? AND dialout<>'')", f->call, 3);
	if (f->number_is_ours)
		narrow_text(q, "direction='in' AND number=?", f->number, 1);
	else
		narrow_text(q, "number=? OR from_number=? OR to_number=?", f->number, 3);
	narrow_text(q, "direction=?", f->direction, 1);
	narrow_text(q, "ended_by=?", f->ended_by, 1);
	if (f->cause && *f->cause)
		narrow_text(q, "cause LIKE ? ESCAPE '\\'", like(q, f->cause), 1);
	narrow_number(q, "q850=?", f->q850, 1);
	narrow_number(q, "sip_status=?", f->status, 1);
	if (f->answered)
		narrow(q, f->answered == CDR_ANSWERED ? "answered_us>0" : "answered_us=0");
	narrow_number(q, "answered_us>0 AND ended_us-answered_us>=?", f->min_us, 1);
	narrow_number(q, "(rx_mos>0 AND rx_mos<?) OR (tx_mos>0 AND tx_mos<?)", f->mos_below, 2);
	narrow_number(q, "started_us>=?", f->since_us, 1);
	narrow_number(q, "started_us<?", f->before_us, 1);
	if (f->from_seq) {
		narrow(q, "(started_us,seq)<(?,?)");
		add_number(q, f->from_started_us);
		add_number(q, f->from_seq);
	}
	add(q, " ORDER BY started_us DESC, seq DESC LIMIT %u OFFSET %u",
		limit < STORE_LIST_MAX ? limit : STORE_LIST_MAX, f->skip);
}

enum bridge_err store_each_cdr(
	struct store *s, const struct cdr_filter *filter, store_cdr_fn *each, void *arg)
{
	struct query q = { .len = 0 };
	sqlite3_stmt *list;
	struct cdr cdr;
	enum bridge_err err;
	int step;

	write_query(&q, filter);
	err = store_prepare(s, &list, q.sql);
	if (err)
		return err;
	for (int i = 0; i < q.n_values; i++)
		if (q.values[i].text)
			store_bind_text(list, i + 1, q.values[i].text);
		else
			sqlite3_bind_int64(list, i + 1, q.values[i].number);
	while ((step = sqlite3_step(list)) == SQLITE_ROW) {
		bool on = store_read_cdr(list, &cdr);

		if (!on)
			err = BRIDGE_NOMEM;
		else
			on = each(arg, &cdr, sqlite3_column_int64(list, sqlite3_column_count(list) - 1));
		cdr_clear(&cdr);
		if (!on)
			break;
	}
	if (step != SQLITE_ROW && step != SQLITE_DONE)
		err = store_fail(s);
	sqlite3_finalize(list);
	return err;
}

struct rows {
	struct cdr *list; /* owned */
	size_t n, cap;
	bool no_memory;
};

/* Takes it whole, with its texts. */
static bool keep(void *arg, struct cdr *cdr, int64_t seq)
{
	struct rows *r = arg;

	(void)seq;
	if (r->n == r->cap) {
		const size_t cap = r->cap ? r->cap * 2 : 16;
		struct cdr *more = realloc(r->list, cap * sizeof(*more));

		r->no_memory = !more;
		if (!more)
			return false;
		r->list = more;
		r->cap = cap;
	}
	r->list[r->n++] = *cdr;
	cdr->texts = NULL;
	return true;
}

enum bridge_err store_list_cdrs(struct store *s, const struct cdr_filter *filter, struct cdr **out, size_t *n)
{
	struct rows r = { .n = 0 };
	enum bridge_err err = store_each_cdr(s, filter, keep, &r);

	if (r.no_memory)
		err = BRIDGE_NOMEM;
	if (err) {
		cdrs_free(r.list, r.n);
		r.list = NULL;
		r.n = 0;
	}
	*out = r.list;
	*n = r.n;
	return err;
}
