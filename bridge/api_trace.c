/* api_trace.c - why a call went as it did: its ladder of messages, and the story in words. */
#include "bridge/api.h"
#include "bridge/ladder.h"
#include "bridge/leg.h"
#include "bridge/why_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CALL_WORD = 300 };

/* What was asked for, while the disk thread looks for the records. */
struct asked {
	struct node *node;
	uint64_t request;
	bool why;     /* else: the ladder */
	bool masked;  /* who may only read has no use for people's whole numbers (S7) */
	bool widened; /* it was one attempt of a dial-out: now for all of them */
	struct access_who who;
	char call[CALL_WORD]; /* a record's ID, a Call-ID or a dial-out's */
	struct cdr *records;  /* owned; oldest first */
	size_t n;
	bool live; /* the last of them goes on */
};

static void asked_free(struct asked *a)
{
	cdrs_free(a->records, a->n);
	free(a);
}

static void refuse(const struct asked *a, unsigned status, const char *code, const char *message)
{
	api_refuse_as(a->node, a->request, status, code, message, NULL);
}

/* ---- what is known of it ---- */

static bool is_of(const struct cdr *cdr, const char *call)
{
	const char *dialout = cdr_text(cdr, CDR_DIALOUT);

	return strcmp(cdr->id, call) == 0 || strcmp(cdr_text(cdr, CDR_CALL_ID), call) == 0 ||
	       (dialout[0] && strcmp(dialout, call) == 0);
}

static bool has(const struct asked *a, const char *id)
{
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->records[i].id, id) == 0)
			return true;
	return false;
}

static void add_live(void *arg, struct leg *leg)
{
	struct asked *a = arg;
	struct cdr *more;

	if (!leg->cdr.id[0] || !is_of(&leg->cdr, a->call) || has(a, leg->cdr.id))
		return;
	more = realloc(a->records, (a->n + 1) * sizeof(*more));
	if (!more)
		return;
	a->records = more;
	leg_sum_up(leg);
	if (cdr_copy(&a->records[a->n], &leg->cdr)) {
		a->n++;
		a->live = true;
	}
}

/* Newest first, as they come. */
static bool take_records(struct asked *a, const struct cdr *records, size_t n)
{
	a->records = n ? malloc(n * sizeof(*records)) : NULL;
	if (n && !a->records)
		return false;
	for (; a->n < n; a->n++)
		if (!cdr_copy(&a->records[a->n], &records[n - 1 - a->n]))
			return false;
	leg_each(a->node, add_live, a);
	return true;
}

/* None of it is of an account that they may not see. */
static bool may_see(const struct asked *a, const struct trace_call *const *calls, size_t n_calls)
{
	for (size_t i = 0; i < a->n; i++)
		if (!access_allows(&a->who, ACCESS_READER, a->records[i].account))
			return false;
	for (size_t i = 0; i < n_calls; i++)
		if (!access_allows(&a->who, ACCESS_READER, calls[i]->account))
			return false;
	return true;
}

/* ---- answers ---- */

static void answer_ladder(const struct asked *a, const struct trace_call *const *calls, size_t n_calls)
{
	const struct ladder ladder = { .calls = calls,
		.n_calls = n_calls,
		.records = a->records,
		.n_records = a->n,
		.masked = a->masked };
	char *text = ladder_text(&ladder);
	json_t *body = text ? ladder_json(&ladder) : NULL;

	if (body)
		json_object_set_new(body, "text", json_string(text));
	if (body)
		json_object_set_new(body, "kept", json_boolean(n_calls > 0));
	api_reply(a->node, a->request, 200, body);
	free(text);
}

static json_t *lines_json(char (*lines)[WHY_TEXT], size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(lines[i]));
	return list;
}

static json_t *why_json(struct why_story *s)
{
	json_t *tried = json_array();

	for (size_t i = 0; i < s->n_tried; i++)
		json_array_append_new(tried, json_pack("{s:s, s:s, s:s}", "trunk", s->tried[i].trunk,
						     "gateway", s->tried[i].gateway, "why", s->tried[i].why));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:o}", "what", s->what, "end", s->end,
		"ended_by", why_ender_word(s->by), "sip", s->sip, "q850", s->q850, "tried", tried,
		"passed_over", s->passed_over, "trouble", lines_json(s->trouble, s->n_trouble), "next",
		lines_json(s->next, s->n_next));
}

static void answer_why(const struct asked *a)
{
	struct why_story *story = malloc(sizeof(*story));
	char *text = NULL;
	json_t *body = NULL;

	if (story) {
		why_call(story, a->records, a->n, a->live);
		text = why_text(story);
		body = text ? why_json(story) : NULL;
	}
	if (body)
		json_object_set_new(body, "text", json_string(text));
	if (body)
		json_object_set_new(body, "id", json_string(a->records[a->n - 1].id));
	api_reply(a->node, a->request, 200, body);
	free(text);
	free(story);
}

static void answer(struct asked *a)
{
	const struct trace_call *calls[TRACE_LEGS];
	const size_t n_calls = trace_find(a->node->trace, a->call, calls);

	if ((!a->n && !n_calls) || !may_see(a, calls, n_calls)) {
		refuse(a, 404, "not_found", "no such call");
		return;
	}
	for (size_t i = 0; a->masked && i < a->n; i++)
		cdr_mask(&a->records[i]);
	if (!a->why)
		answer_ladder(a, calls, n_calls);
	else if (a->n)
		answer_why(a);
	else
		refuse(a, 404, "not_found", "there is a trace of this call and no record yet");
}

static void look(struct asked *a);

static void records_found(void *arg, enum bridge_err err, const struct cdr *records, size_t n)
{
	struct asked *a = arg;
	const char *dialout = "";

	if (err) {
		refuse(a, 503, "database", "the database cannot be read now");
		asked_free(a);
		return;
	}
	if (n)
		dialout = cdr_text(&records[0], CDR_DIALOUT);
	if (!a->widened && dialout[0] && strcmp(dialout, a->call) != 0) {
		snprintf(a->call, sizeof(a->call), "%s", dialout);
		a->widened = true;
		look(a);
		return;
	}
	if (take_records(a, records, n))
		answer(a);
	else
		api_reply(a->node, a->request, 503, NULL);
	asked_free(a);
}

static void look(struct asked *a)
{
	writer_list_cdrs(a->node->writer,
		&(struct cdr_filter){ .call = a->call, .limit = TRACE_LEGS, .account = a->who.account },
		records_found, a);
}

struct search {
	const char *call;
	const char *dialout; /* NULL: not found */
};

static void find_dialout(void *arg, struct leg *leg)
{
	struct search *s = arg;

	const char *dialout = cdr_text(&leg->cdr, CDR_DIALOUT);

	if (dialout[0] && is_of(&leg->cdr, s->call))
		s->dialout = dialout;
}

static void ask(struct node *n, const struct http_request *request, const char *word, bool why)
{
	struct search search = { .call = word };
	struct asked *a = calloc(1, sizeof(*a));

	if (!a) {
		api_reply(n, request->id, 503, NULL);
		return;
	}
	a->node = n;
	a->request = request->id;
	a->why = why;
	a->who = *request->who;
	a->masked = request->who->role < ACCESS_ADMIN;
	leg_each(n, find_dialout, &search); /* an attempt that is under way has no record */
	snprintf(a->call, sizeof(a->call), "%s", search.dialout ? search.dialout : word);
	look(a);
}

void api_call_trace(struct node *n, const struct http_request *request, const char *word)
{
	ask(n, request, word, false);
}

void api_call_why(struct node *n, const struct http_request *request, const char *word)
{
	ask(n, request, word, true);
}
