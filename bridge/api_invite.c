/* api_invite.c - by which numbers people dial in to a meeting: toll and toll-free, by country, as E.123 writes them. */
#include "bridge/api.h"
#include "dialplan/notation.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBERS_MOST = 500, ID_GROUP = 3, ID_TEXT = 2 * SITE_MEETING_ID, DIAL_TEXT = 96 };

struct entry {
	const struct site_number *number; /* borrowed from the site */
	struct notation written;
	char country[4];
	bool preferred;
};

struct invite {
	const struct site_meeting *meeting; /* borrowed, as the next */
	const char *country;                /* preferred; "": none */
	struct entry list[NUMBERS_MOST];
	size_t n;
	bool more;
};

/* "483920175" is easier keyed from "483 920 175". */
static void write_id(char out[ID_TEXT], const char *id)
{
	const size_t n = strlen(id);
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		if (i && (n - i) % ID_GROUP == 0)
			out[len++] = ' ';
		out[len++] = id[i];
	}
	out[len] = '\0';
}

static bool leads_to(const struct site_number *number, const char *account, const char *meeting)
{
	return strcmp(number->account, account) == 0 &&
	       (number->answer == PLAN_ATTENDANT ||
		       (number->answer == PLAN_MEETING && strcmp(number->meeting, meeting) == 0));
}

static void gather(struct invite *v, const struct site *site, const char *account)
{
	for (size_t i = 0; i < site->n_numbers; i++) {
		const struct site_number *number = &site->numbers[i];
		struct entry *e = &v->list[v->n];

		if (!leads_to(number, account, v->meeting->id))
			continue;
		v->more = v->n == NUMBERS_MOST;
		if (v->more)
			return;
		e->number = number;
		notation_of(&e->written, number->number);
		snprintf(e->country, sizeof(e->country), "%s",
			number->country[0] ? number->country : e->written.country);
		e->preferred = v->country[0] && strcmp(e->country, v->country) == 0;
		v->n++;
	}
}

/* The preferred country first, those that are not known last; within one, in the order of the site. */
static int entry_order(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->preferred != y->preferred)
		return x->preferred ? -1 : 1;
	if (!x->country[0] != !y->country[0])
		return x->country[0] ? -1 : 1;
	if (strcmp(x->country, y->country) != 0)
		return strcmp(x->country, y->country);
	return x->number < y->number ? -1 : 1;
}

static json_t *entry_json(const struct invite *v, const struct entry *e)
{
	const bool asks = e->number->answer == PLAN_ATTENDANT;
	char dial[DIAL_TEXT];

	snprintf(dial, sizeof(dial), asks ? "tel:%s,,%s#" : "tel:%s", e->number->number, v->meeting->id);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s}", "number", e->number->number, "last",
		e->number->last, "international", e->written.international, "national", e->written.national,
		"language", e->number->language, "asks_id", asks, "dial", dial);
}

static json_t *countries_json(const struct invite *v)
{
	json_t *countries = json_array(), *toll = NULL, *toll_free = NULL;

	for (size_t i = 0; i < v->n; i++) {
		const struct entry *e = &v->list[i];

		if (i == 0 || strcmp(e->country, v->list[i - 1].country) != 0) {
			toll = json_array();
			toll_free = json_array();
			json_array_append_new(countries,
				json_pack("{s:s, s:b, s:o, s:o}", "country", e->country, "preferred",
					e->preferred, "toll", toll, "toll_free", toll_free));
		}
		json_array_append_new(e->number->toll_free ? toll_free : toll, entry_json(v, e));
	}
	return countries;
}

/* What is sent to people; it holds no PIN. */
static char *text_of(const struct invite *v, const char *id)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	bool asks = false;

	if (!out)
		return NULL;
	fprintf(out, "%s%sDial in:\n", v->meeting->name, v->meeting->name[0] ? "\n\n" : "");
	for (size_t i = 0; i < v->n; i++) {
		const struct entry *e = &v->list[i];

		fprintf(out, "  %-2s  %s%s\n", e->country, e->written.international,
			e->number->toll_free ? " (toll-free)" : "");
		asks = asks || e->number->answer == PLAN_ATTENDANT;
	}
	if (asks)
		fprintf(out, "Meeting ID: %s\n", id);
	return fclose(out) == 0 ? text : NULL;
}

static bool is_country(const char *text)
{
	return isupper((unsigned char)text[0]) && isupper((unsigned char)text[1]) && !text[2];
}

void api_invite(struct node *n, const struct http_request *request, const char *word)
{
	const struct site_account *account = NULL;
	const struct site_meeting *meeting = site_meeting(n->site, word, &account);
	char country[64] = "", id[ID_TEXT], *text;
	struct invite *v;

	if (!meeting || !api_sees(request, account->name)) {
		api_refuse_as(n, request->id, 404, "not_found", "no such meeting", NULL);
		return;
	}
	snprintf(country, sizeof(country), "%s", account->invite_country);
	if (http_query(request->query, "country", country, sizeof(country)) && !is_country(country)) {
		api_refuse_field(n, request->id, "country", "country must be two capital letters, as in DE");
		return;
	}
	v = calloc(1, sizeof(*v));
	if (!v) {
		api_reply(n, request->id, 503, NULL);
		return;
	}
	v->meeting = meeting;
	v->country = country;
	gather(v, n->site, account->name);
	qsort(v->list, v->n, sizeof(v->list[0]), entry_order);
	write_id(id, meeting->id);
	text = text_of(v, id);
	api_reply(n, request->id, 200,
		json_pack("{s:s, s:s, s:s, s:o, s:b, s:s}", "meeting", meeting->id, "name", meeting->name,
			"id_written", id, "countries", countries_json(v), "more", v->more, "text",
			text ? text : ""));
	free(text);
	free(v);
}
