/* api_rates.c - trunks' rate sheets by the API: imported, listed, shown, deleted. */
#include "bridge/api.h"
#include "bridge/tariff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND_US = 1000000 };

/* ---- as it is shown ---- */

static json_t *moment_json(int64_t at_s)
{
	char text[WHEN_TEXT];

	return at_s == RATE_EVER || at_s == RATE_NEVER ? json_null()
						       : json_string(when_text(text, at_s * SECOND_US));
}

static json_t *rate_json(const struct rate *r)
{
	char price[MONEY_TEXT], connect[MONEY_TEXT];

	return json_pack("{s:s, s:s, s:s, s:i, s:i, s:o, s:o}", "prefix", r->prefix, "per_minute",
		money_text(price, r->per_minute), "connect", money_text(connect, r->connect), "first_s",
		(int)r->first_s, "next_s", (int)r->next_s, "from", moment_json(r->from_s), "until",
		moment_json(r->until_s));
}

json_t *api_price_json(const struct rates *rates, const struct rate *rate)
{
	char words[RATE_WORDS], cost[MONEY_TEXT];
	const char *currency = rates ? rates_currency(rates) : "";

	if (!rate)
		return json_null();
	return json_pack("{s:s, s:o, s:s, s:s, s:i}", "currency", currency, "rate", rate_json(rate), "text",
		rate_words(rate, currency, words), "cost",
		money_text(cost, rate_cost(rate, (int64_t)ROUTE_COST_S * SECOND_US)), "seconds",
		ROUTE_COST_S);
}

static json_t *sheet_json(const struct node *n, const struct tariff *t)
{
	return json_pack("{s:s, s:s, s:I, s:o, s:s, s:b}", "trunk", t->trunk, "currency",
		rates_currency(t->rates), "rows", (json_int_t)rates_count(t->rates), "imported_at",
		when_json(t->imported_us), "imported_by", t->who, "in_site",
		site_trunk(n->site, t->trunk) != NULL);
}

void api_rates(struct node *n, const struct http_request *request, const char *word)
{
	static const struct page_rules rules = { "trunk", "trunk currency in_site", PAGE_LIMIT, PAGE_MAX };
	json_t *items = json_array();

	(void)word;
	for (const struct tariff *t = n->tariffs; t; t = t->next)
		json_array_append_new(items, sheet_json(n, t));
	api_reply_page(n, request, &rules, items);
}

struct asked { /* how a sheet is to be shown */
	char number[NUMBER_TEXT];
	int64_t at_us;
	uint64_t limit, cursor;
};

/* NULL, or the parameter that is wrong. */
static const char *read_asked(struct asked *a, const char *query, const char **message)
{
	char at[WHEN_TEXT + 8] = "";

	*a = (struct asked){ .at_us = when_now_us(), .limit = PAGE_LIMIT };
	http_query(query, "number", a->number, sizeof(a->number));
	http_query(query, "at", at, sizeof(at));
	*message = "a number in E.164 is wanted as in +15550100";
	if (a->number[0] && !number_valid(a->number))
		return "number";
	*message = "a time is wanted as in 2026-12-24T18:00:00+01:00";
	if (at[0] && !when_parse(at, &a->at_us))
		return "at";
	*message = "limit must be 1 to 1000";
	if (!http_number(query, "limit", 1, PAGE_MAX, &a->limit))
		return "limit";
	*message = "not a cursor that came with a page";
	return http_number(query, "cursor", 0, SIZE_MAX, &a->cursor) ? NULL : "cursor";
}

static bool begins(const struct rate *r, const char *number)
{
	return !number[0] || strncmp(r->prefix, number, strlen(r->prefix)) == 0;
}

static void put_rows(json_t *answer, const struct tariff *t, const struct asked *a)
{
	json_t *items = json_array();
	size_t i = a->cursor;
	const size_t n = rates_count(t->rates);

	for (; i < n && json_array_size(items) < a->limit; i++)
		if (begins(rates_row(t->rates, i), a->number))
			json_array_append_new(items, rate_json(rates_row(t->rates, i)));
	json_object_set_new(answer, "items", items);
	if (i < n)
		json_object_set_new(answer, "next_cursor", json_integer((json_int_t)i));
}

void api_rates_show(struct node *n, const struct http_request *request, const char *word)
{
	const struct tariff *t = tariff_find(n, word);
	const char *wrong, *message;
	struct asked a;
	json_t *answer;

	if (!t) {
		api_refuse_as(n, request->id, 404, "not_found", "this trunk has no rate sheet", NULL);
		return;
	}
	wrong = read_asked(&a, request->query, &message);
	if (wrong) {
		api_refuse_field(n, request->id, wrong, message);
		return;
	}
	answer = sheet_json(n, t);
	put_rows(answer, t, &a);
	json_object_set_new(answer, "price",
		api_price_json(
			t->rates, a.number[0] ? rates_find(t->rates, a.number, a.at_us / SECOND_US) : NULL));
	api_reply(n, request->id, 200, answer);
}

/* ---- changes ---- */

struct rates_job { /* a sheet on its way to the disk, or away from it */
	struct node *node;
	uint64_t request;
	char trunk[SITE_NAME], who[STORE_WHO];
	struct tariff_order order;
	char *text;          /* owned; CSV */
	struct tariff *made; /* owned */
	struct rates_why why;
};

static void job_free(struct rates_job *job)
{
	tariff_free(job->made);
	free(job->text);
	free(job);
}

static struct rates_job *job_of(struct node *n, const struct http_request *request, const char *trunk)
{
	struct rates_job *job = calloc(1, sizeof(*job));

	if (!job) {
		api_reply(n, request->id, 503, NULL);
		return NULL;
	}
	job->node = n;
	job->request = request->id;
	snprintf(job->trunk, sizeof(job->trunk), "%s", trunk);
	snprintf(job->who, sizeof(job->who), "%s", request->who->name);
	job->order = (struct tariff_order){ .trunk = job->trunk, .who = job->who, .now_us = when_now_us() };
	return job;
}

static void tell(const struct rates_job *job, const char *type, const char *currency, size_t rows)
{
	event_emit(job->node->bus, type,
		json_pack("{s:s, s:s, s:I, s:s}", "trunk", job->trunk, "currency", currency, "rows",
			(json_int_t)rows, "who", job->who));
	log_line(LOG_INFO, NULL, "rates", "%s: %s by %s, %zu rows", job->trunk, type, job->who, rows);
}

static enum bridge_err import(void *arg, struct store *store)
{
	struct rates_job *job = arg;

	return tariff_import(store, &job->order, &job->made, &job->why);
}

static void refuse_sheet(struct rates_job *job)
{
	const struct rates_why *why = &job->why;
	char message[sizeof(why->text) + 64], column[40] = "";

	if (why->column)
		snprintf(column, sizeof(column), ", column %u%s%s%s", why->column, why->name[0] ? " (" : "",
			why->name, why->name[0] ? ")" : "");
	if (why->line)
		snprintf(message, sizeof(message), "line %u%s: %s", why->line, column, why->text);
	else
		snprintf(message, sizeof(message), "%s", why->text);
	api_refuse(job->node, job->request,
		&(struct api_error){ .status = 422,
			.code = "invalid_rates",
			.message = message,
			.field = why->name,
			.line = why->line });
}

static void imported(void *arg, enum bridge_err err, const char *text)
{
	struct rates_job *job = arg;
	struct node *n = job->node;
	struct tariff *t = job->made;

	if (err == BRIDGE_SYNTAX) {
		refuse_sheet(job);
	} else if (err == BRIDGE_NOMEM) {
		api_reply(n, job->request, 503, NULL);
	} else if (err) {
		api_refuse_as(n, job->request, 503, "database", text[0] ? text : bridge_strerror(err), NULL);
	} else {
		job->made = NULL;
		tariff_put(n, t);
		tell(job, "rates.imported", rates_currency(t->rates), rates_count(t->rates));
		api_reply(n, job->request, 200, sheet_json(n, t));
	}
	job_free(job);
}

void api_rates_import(struct node *n, const struct http_request *request, const char *word)
{
	char add[8] = "", currency[MONEY_CURRENCY + 4] = "";
	struct rates_job *job;

	http_query(request->query, "add", add, sizeof(add));
	http_query(request->query, "currency", currency, sizeof(currency));
	if (!site_trunk(n->site, word)) {
		api_refuse_as(n, request->id, 404, "not_found", "there is no such trunk", NULL);
		return;
	}
	if (currency[0] && !money_is_currency(currency)) {
		api_refuse_field(n, request->id, "currency", "a currency is wanted as in EUR");
		return;
	}
	job = job_of(n, request, word);
	if (!job)
		return;
	job->text = malloc(request->body_len + 1);
	if (!job->text) {
		job_free(job);
		api_reply(n, request->id, 503, NULL);
		return;
	}
	memcpy(job->text, request->body, request->body_len);
	job->order.text = job->text;
	job->order.len = request->body_len;
	job->order.add = strcmp(add, "true") == 0;
	snprintf(job->order.currency, sizeof(job->order.currency), "%.3s", currency);
	writer_do(n->writer, import, imported, job);
}

static enum bridge_err forget(void *arg, struct store *store)
{
	const struct rates_job *job = arg;

	return tariff_forget(store, &job->order);
}

static void forgotten(void *arg, enum bridge_err err, const char *text)
{
	struct rates_job *job = arg;
	struct node *n = job->node;

	if (err) {
		api_refuse_as(n, job->request, 503, "database", text[0] ? text : bridge_strerror(err), NULL);
	} else {
		tariff_drop(n, job->trunk);
		tell(job, "rates.deleted", "", 0);
		api_reply(n, job->request, 200, json_pack("{s:s}", "id", job->trunk));
	}
	job_free(job);
}

void api_rates_delete(struct node *n, const struct http_request *request, const char *word)
{
	struct rates_job *job;

	if (!tariff_find(n, word)) {
		api_refuse_as(n, request->id, 404, "not_found", "this trunk has no rate sheet", NULL);
		return;
	}
	job = job_of(n, request, word);
	if (job)
		writer_do(n->writer, forget, forgotten, job);
}
