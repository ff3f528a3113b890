/* store_rates.c - trunks' rate sheets, on disk. */
#include "bridge/store_pass.h"

#include <stdlib.h>
#include <string.h>

void rate_sheet_clear(struct rate_sheet *sheet)
{
	free(sheet->rows);
	memset(sheet, 0, sizeof(*sheet));
}

/* ---- reading ---- */

static void get_head(struct pass *p, struct rate_sheet *sheet)
{
	pass_get_text(p, 0, sheet->trunk, sizeof(sheet->trunk));
	pass_get_text(p, 1, sheet->currency, sizeof(sheet->currency));
	sheet->imported_us = sqlite3_column_int64(p->statement, 2);
	pass_get_text(p, 3, sheet->who, sizeof(sheet->who));
}

enum bridge_err store_each_sheet(
	struct store *s, void (*each)(void *arg, const struct rate_sheet *sheet), void *arg)
{
	struct pass p = { .s = s };

	pass_use(&p, "SELECT trunk, currency, imported_us, who FROM rate_sheet ORDER BY trunk");
	while (pass_next(&p)) {
		struct rate_sheet sheet = { .n = 0 };

		get_head(&p, &sheet);
		if (!p.err)
			each(arg, &sheet);
	}
	pass_end(&p);
	return p.err;
}

static void get_row(struct pass *p, struct rate *rate)
{
	pass_get_text(p, 0, rate->prefix, sizeof(rate->prefix));
	rate->from_s = sqlite3_column_int64(p->statement, 1);
	rate->until_s = sqlite3_column_int64(p->statement, 2);
	rate->per_minute = sqlite3_column_int64(p->statement, 3);
	rate->connect = sqlite3_column_int64(p->statement, 4);
	rate->first_s = (uint16_t)pass_get_number(p, 5);
	rate->next_s = (uint16_t)pass_get_number(p, 6);
}

enum bridge_err store_load_sheet(struct store *s, const char *trunk, struct rate_sheet *out)
{
	struct pass p = { .s = s };

	memset(out, 0, sizeof(*out));
	pass_use(&p, "SELECT trunk, currency, imported_us, who FROM rate_sheet WHERE trunk = ?");
	pass_put_text(&p, 1, trunk);
	while (pass_next(&p))
		get_head(&p, out);
	pass_use(&p, "SELECT prefix, from_s, until_s, per_minute, connect, first_s, next_s FROM rate"
		     " WHERE trunk = ? ORDER BY prefix, from_s");
	pass_put_text(&p, 1, trunk);
	while (pass_next(&p)) {
		struct rate *rows = pass_grown(&p, out->rows, out->n, sizeof(*rows));

		if (!rows)
			break;
		out->rows = rows;
		get_row(&p, &rows[out->n++]);
	}
	pass_end(&p);
	if (p.err)
		rate_sheet_clear(out);
	return p.err;
}

/* ---- writing ---- */

static void drop(struct pass *p, const char *trunk)
{
	pass_use(p, "DELETE FROM rate WHERE trunk = ?");
	pass_put_text(p, 1, trunk);
	pass_put_row(p);
	pass_use(p, "DELETE FROM rate_sheet WHERE trunk = ?");
	pass_put_text(p, 1, trunk);
	pass_put_row(p);
}

static enum bridge_err finish(struct pass *p, const struct audit_row *row)
{
	pass_end(p);
	if (!p->err)
		p->err = store_add_audit(p->s, row);
	return store_finish(p->s, p->err);
}

static void put_rows(struct pass *p, const struct rate_sheet *sheet)
{
	pass_use(p, "INSERT INTO rate(trunk, prefix, from_s, until_s, per_minute, connect, first_s, next_s)"
		    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
	for (size_t i = 0; i < sheet->n && !p->err; i++) {
		const struct rate *rate = &sheet->rows[i];

		pass_put_text(p, 1, sheet->trunk);
		pass_put_text(p, 2, rate->prefix);
		pass_put_number(p, 3, rate->from_s);
		pass_put_number(p, 4, rate->until_s);
		pass_put_number(p, 5, rate->per_minute);
		pass_put_number(p, 6, rate->connect);
		pass_put_number(p, 7, rate->first_s);
		pass_put_number(p, 8, rate->next_s);
		pass_put_row(p);
	}
}

enum bridge_err store_save_sheet(struct store *s, const struct rate_sheet *sheet, const struct audit_row *row)
{
	struct pass p = { .s = s };

	p.err = store_exec(s, "BEGIN IMMEDIATE");
	if (p.err)
		return p.err;
	drop(&p, sheet->trunk);
	pass_use(&p, "INSERT INTO rate_sheet(trunk, currency, imported_us, who) VALUES (?, ?, ?, ?)");
	pass_put_text(&p, 1, sheet->trunk);
	pass_put_text(&p, 2, sheet->currency);
	pass_put_number(&p, 3, sheet->imported_us);
	pass_put_text(&p, 4, sheet->who);
	pass_put_row(&p);
	put_rows(&p, sheet);
	return finish(&p, row);
}

enum bridge_err store_drop_sheet(struct store *s, const char *trunk, const struct audit_row *row)
{
	struct pass p = { .s = s };

	p.err = store_exec(s, "BEGIN IMMEDIATE");
	if (p.err)
		return p.err;
	drop(&p, trunk);
	return finish(&p, row);
}
