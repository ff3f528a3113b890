/* api_people.c - POST /v1/meetings/ID/people: a meeting calls a list of people, each at one number or several. */
#include "bridge/api.h"
#include "bridge/hunt.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RATE_MAX = 100, SECONDS_MAX = 600, PEOPLE_MAX = 500, SECOND_US = 1000000 };

/* One request as it is read: what is wrong, and where. */
struct reading {
	const char *why, *field;
	struct hunt_order *orders; /* owned */
	size_t n;
};

static bool wrong(struct reading *r, const char *field, const char *why)
{
	r->field = field;
	r->why = why;
	return false;
}

/* A count in 1..most; `value` when it is left out. */
static bool read_count(struct reading *r, const json_t *body, const char *key, unsigned most, unsigned *value)
{
	const json_t *j = json_object_get(body, key);
	const json_int_t n = json_integer_value(j);

	if (!j)
		return true;
	if (!json_is_integer(j) || n < 1 || n > most)
		return wrong(
			r, key, "a whole number from 1 up is wanted, 600 (calls_per_second: 100) at most");
	*value = (unsigned)n;
	return true;
}

static bool read_number(struct reading *r, struct hunt_order *o, const json_t *number)
{
	const char *text = json_string_value(number);

	if (!text || !text[0] || strlen(text) >= HUNT_NUMBER || o->n_numbers == HUNT_NUMBERS)
		return wrong(r, "to", "a number, or a list of up to 8, is wanted");
	snprintf(o->numbers[o->n_numbers++], HUNT_NUMBER, "%s", text);
	return true;
}

static bool read_person(struct reading *r, struct hunt_order *o, const json_t *person)
{
	const json_t *to = json_object_get(person, "to"), *ring = json_object_get(person, "ring");
	const char *word = json_string_value(ring);
	size_t i;
	json_t *number;

	r->why = api_read_whom(person, &o->name, &o->user, &r->field);
	if (r->why)
		return false;
	o->parallel = word && strcmp(word, "parallel") == 0;
	if (ring && !o->parallel && (!word || strcmp(word, "sequential") != 0))
		return wrong(r, "ring", "sequential or parallel is wanted");
	if (!json_is_array(to))
		return read_number(r, o, to);
	json_array_foreach(to, i, number) if (!read_number(r, o, number)) return false;
	return o->n_numbers ? true : wrong(r, "to", "a number, or a list of up to 8, is wanted");
}

static bool read_all(struct reading *r, const json_t *body, const char *meeting, const char *account)
{
	const json_t *people = json_object_get(body, "people");
	unsigned rate = 1, ring_s = HUNT_RING_S, wait_s = HUNT_WAIT_S;
	const size_t n = json_array_size(people);

	if (!n || n > PEOPLE_MAX)
		return wrong(r, "people", "a list of 1 to 500 is wanted, of { \"to\", \"name\", \"ring\" }");
	if (!read_count(r, body, "calls_per_second", RATE_MAX, &rate) ||
		!read_count(r, body, "ring_s", SECONDS_MAX, &ring_s) ||
		!read_count(r, body, "wait_s", SECONDS_MAX, &wait_s))
		return false;
	r->orders = calloc(n, sizeof(*r->orders));
	if (!r->orders)
		return wrong(r, NULL, "out of memory");
	for (; r->n < n; r->n++) {
		struct hunt_order *o = &r->orders[r->n];

		*o = (struct hunt_order){ .meeting = meeting,
			.account = account,
			.ring_s = ring_s,
			.wait_s = wait_s,
			.after_us = r->n * (uint64_t)SECOND_US / rate };
		if (!read_person(r, o, json_array_get(people, r->n)))
			return false;
	}
	return true;
}

static void start_all(struct node *n, const struct http_request *request, const struct reading *r)
{
	json_t *items = json_array();

	for (size_t i = 0; i < r->n; i++) {
		char id[DIALOUT_ID];

		if (!hunt_start(n, &r->orders[i], id))
			break; /* those that are on are told; the rest is missing in the answer */
		json_array_append_new(
			items, json_pack("{s:s, s:s, s:s, s:i}", "id", id, "name", r->orders[i].name, "state",
				       "waiting", "numbers", (int)r->orders[i].n_numbers));
	}
	api_audit(n, request, "meeting.call_people",
		json_pack("{s:s, s:i}", "meeting", r->orders[0].meeting, "people",
			(int)json_array_size(items)));
	api_reply(n, request->id, json_array_size(items) ? 202 : 503, json_pack("{s:o}", "items", items));
}

void api_people(struct node *n, const struct http_request *request, const char *word)
{
	const struct site_account *account = api_account_of(n, request, word);
	struct reading r = { .why = NULL };
	json_t *body;

	if (!account)
		return;
	body = json_loadb(request->body, request->body_len, 0, NULL);
	if (read_all(&r, body, word, account->name))
		start_all(n, request, &r);
	else
		api_refuse_as(n, request->id, 400, "bad_request", r.why, r.field);
	free(r.orders);
	json_decref(body);
}

void api_people_list(struct node *n, const struct http_request *request, const char *word)
{
	static const struct page_rules rules = { "id", "state name", PAGE_ALL, PAGE_ALL };

	if (api_account_of(n, request, word))
		api_reply_page(n, request, &rules, hunt_list(n, word));
}
