/* api_records.c - call records by the API: a page of JSON, or all of them as CSV, a page at a time as it is read. */
#include "bridge/api.h"
#include "bridge/records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An answer under way: in the disk thread's hands, or (CSV) until its reader has taken what there is. */
struct export
{
	struct node *node;
	struct export *next;
	uint64_t id; /* of the request */
	bool reading, gone;
	struct records records;
};

static void export_free(struct export *e)
{
	struct export **at = &e->node->exports;

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	records_clear(&e->records);
	free(e);
}

static enum bridge_err read_page(void *arg, struct store *store)
{
	struct export *e = arg;

	return records_page(&e->records, store);
}

static void refuse_database(const struct export *e)
{
	api_refuse_as(e->node, e->id, 503, "database", "the database cannot be read now", NULL);
}

static void page_read(void *arg, enum bridge_err err, const char *text)
{
	struct export *e = arg;
	struct records *r = &e->records;

	(void)text;
	e->reading = false;
	if (!e->node->http || e->gone) {
		export_free(e);
		return;
	}
	if (!r->csv) {
		if (err)
			refuse_database(e);
		else
			http_reply(e->node->http, e->id, 200, "application/json", r->text, r->len);
		export_free(e);
		return;
	}
	/* A list that breaks off is not ended: its reader sees that it is not whole. */
	if (err || !http_part(e->node->http, e->id, 200, "text/csv; charset=utf-8; header=present", r->text,
			   r->len, r->ended)) {
		log_line(LOG_WARNING, NULL, "records", "an export breaks off: the database cannot be read");
		export_free(e);
		return;
	}
	if (r->ended)
		export_free(e);
}

static void next_page(struct export *e)
{
	e->reading = true;
	writer_do(e->node->writer, read_page, page_read, e);
}

void api_more(void *arg, uint64_t id, bool gone)
{
	struct node *n = arg;
	struct export *e = n->exports;

	while (e && e->id != id)
		e = e->next;
	if (!e)
		return;
	e->gone = gone;
	if (gone && !e->reading)
		export_free(e);
	else if (!gone && !e->reading)
		next_page(e);
}

void exports_close(struct node *n)
{
	for (struct export *e = n->exports, *next; e; e = next) {
		next = e->next;
		e->gone = true;
		if (!e->reading) /* else it comes back from the disk thread */
			export_free(e);
	}
}

static bool wants_csv(const struct http_request *request)
{
	return strncmp(request->accept, "text/csv", 8) == 0;
}

void api_records(struct node *n, const struct http_request *request, const char *word)
{
	struct export *e = calloc(1, sizeof(*e));
	const char *wrong, *field;

	(void)word;
	if (!e) {
		api_reply(n, request->id, 503, NULL);
		return;
	}
	wrong = records_read(&e->records, request->query, wants_csv(request), &field);
	if (wrong) {
		free(e);
		api_refuse_field(n, request->id, field, wrong);
		return;
	}
	if (request->who->account[0])
		records_confine(&e->records, request->who->account);
	e->records.masked = request->who->role < ACCESS_ADMIN;
	e->node = n;
	e->id = request->id;
	e->next = n->exports;
	n->exports = e;
	next_page(e);
}
