/* api_dial.c - calls that meetings make, by the API; trunks and their gateways as they are doing. */
#include "bridge/api.h"
#include "bridge/carrier.h"
#include "bridge/dialout.h"
#include "bridge/figures.h"
#include "bridge/quirks.h"
#include "bridge/secure.h"
#include "bridge/standing.h"
#include <string.h>

const struct site_account *api_account_of(
	struct node *n, const struct http_request *request, const char *meeting)
{
	const struct site_account *account = NULL;

	if (site_meeting(n->site, meeting, &account) && api_sees(request, account->name))
		return account;
	api_refuse_as(n, request->id, 404, "not_found", "no such meeting", NULL);
	return NULL;
}

/* False: it is there, and no text that `cap` holds. */
static bool read_text(const json_t *value, size_t cap, const char **out)
{
	if (value)
		*out = json_string_value(value);
	return !value || (*out && strlen(*out) < cap);
}

const char *api_read_whom(const json_t *body, const char **name, const char **user, const char **field)
{
	*name = "";
	*user = NULL;
	*field = "name";
	if (!read_text(json_object_get(body, "name"), CALL_NAME, name))
		return "a name of at most 63 bytes is wanted";
	*field = "user";
	return read_text(json_object_get(body, "user"), LEG_USER, user)
		       ? NULL
		       : "an ID of at most 63 bytes is wanted";
}

static void start(struct node *n, const struct http_request *request, const struct dialout_order *order)
{
	char id[DIALOUT_ID];
	char why[DIALOUT_WHY];

	switch (dialout_start(n, order, id, why)) {
	case DIALOUT_OK:
		api_audit(n, request, "meeting.call",
			json_pack("{s:s, s:s}", "meeting", order->meeting, "dialout", id));
		api_reply(n, request->id, 202,
			json_pack("{s:s, s:s, s:s}", "id", id, "meeting", order->meeting, "state", "queued"));
		return;
	case DIALOUT_NO_NUMBER: api_refuse_field(n, request->id, "to", why); return;
	case DIALOUT_NO_ROUTE: api_refuse_as(n, request->id, 422, "no_route", why, "to"); return;
	case DIALOUT_REFUSED: api_refuse_as(n, request->id, 403, "refused", why, "to"); return;
	case DIALOUT_BUSY_NODE: api_refuse_as(n, request->id, 503, "busy", why, NULL); return;
	case DIALOUT_NOMEM: api_reply(n, request->id, 503, NULL); return;
	}
}

/* The digits of a request; NULL: they are in order, else what is wrong, and *field where. */
static const char *read_postdial(struct postdial_order *out, const json_t *body, const char **field)
{
	const json_t *wait = json_object_get(body, "digits_wait_ms");
	const json_t *confirm = json_object_get(body, "confirm");
	const json_t *digits = json_object_get(body, "digits");
	const json_int_t wait_ms = json_integer_value(wait);

	*field = "digits";
	if (digits && out->keys[0])
		return "digits stand in the number (postd=) as well";
	if (digits && (!json_is_string(digits) || !postdial_read(out, json_string_value(digits))))
		return "up to 64 of 0-9 A-D * #, w (half a second) and , (two seconds) are wanted";
	*field = "digits_wait_ms";
	if (wait && (!json_is_integer(wait) || wait_ms < 0 || wait_ms > POSTDIAL_WAIT_MAX_MS))
		return "0 to 30000 milliseconds are wanted";
	out->wait_ms = wait ? (unsigned)wait_ms : POSTDIAL_WAIT_MS;
	*field = "confirm";
	if (confirm && !json_is_boolean(confirm))
		return "true or false is wanted";
	out->lets_in = confirm && !json_is_true(confirm);
	if (out->lets_in && !out->keys[0])
		return "nobody joins unasked, unless digits are sent to a machine";
	return NULL;
}

/* Refuses it, or starts the call. */
static void dial(struct node *n, const struct http_request *request, struct dialout_order *order,
	const json_t *body, struct postdial_order *postdial)
{
	const char *to = json_string_value(json_object_get(body, "to")), *why, *field;
	char number[128];

	if (!to) {
		api_refuse_field(n, request->id, "to", "the body must be a JSON object with `to`, a number");
		return;
	}
	why = api_read_whom(body, &order->name, &order->user, &field);
	if (why) {
		api_refuse_field(n, request->id, field, why);
		return;
	}
	if (!postdial_split(postdial, number, sizeof(number), to)) {
		api_refuse_field(n, request->id, "to", "no number, or no digits behind postd=");
		return;
	}
	why = read_postdial(postdial, body, &field);
	if (why) {
		api_refuse_field(n, request->id, field, why);
		return;
	}
	order->to = number;
	order->postdial = postdial;
	start(n, request, order);
}

void api_dial(struct node *n, const struct http_request *request, const char *word)
{
	const struct site_account *account = api_account_of(n, request, word);
	struct postdial_order postdial = { .wait_ms = 0 };
	json_t *body;

	if (!account)
		return;
	body = json_loadb(request->body, request->body_len, 0, NULL);
	dial(n, request, &(struct dialout_order){ .meeting = word, .account = account->name }, body,
		&postdial);
	postdial_clear(&postdial);
	json_decref(body);
}

void api_dialouts(struct node *n, const struct http_request *request, const char *word)
{
	static const struct page_rules rules = { "id", "state trunk user hunt", PAGE_ALL, PAGE_ALL };

	if (api_account_of(n, request, word))
		api_reply_page(n, request, &rules, dialout_list(n, word));
}

/* ---- trunks ---- */

static json_t *causes_json(const struct gateway *g)
{
	json_t *list = json_array();

	for (size_t i = 0; i < GATEWAY_CAUSES && g->causes[i]; i++)
		json_array_append_new(list,
			json_pack("{s:i, s:s}", "q850", g->causes[i], "words", cause_words(g->causes[i])));
	return list;
}

static json_t *member_json(const struct carrier_member *m, uint64_t now_us)
{
	const struct gateway *g = &m->health;
	const struct carrier *c = m->of->of;

	return json_pack("{s:s, s:s, s:i, s:i, s:s, s:b, s:i, s:f, s:I, s:I, s:I, s:I, s:i, s:f, s:o, s:o}",
		"address", m->at.target, "name", m->at.name, "priority", m->at.priority, "weight",
		m->at.weight, "state", gateway_word(g->state), "usable", gateway_usable(g, now_us), "rests_s",
		(int)gateway_rests_s(g, now_us), "round_trip_ms", g->round_trip_us / 1000.0, "asked",
		(json_int_t)g->n_asked, "missed", (json_int_t)g->n_missed, "calls", (json_int_t)g->calls,
		"answered", (json_int_t)g->n_answered, "answer_percent", (int)gateway_answer_percent(g),
		"post_dial_ms", g->post_dial_us / 1000.0, "causes", causes_json(g), "tls",
		secure_member_json(c->node, site_trunk(c->node->site, c->name), m->of->host, m->at.target));
}

static json_t *gateway_json(const struct carrier_gateway *g, bool registers, uint64_t now_us)
{
	json_t *members = json_array();

	for (size_t i = 0; i < g->n_members; i++)
		json_array_append_new(members, member_json(&g->members[i], now_us));
	return json_pack("{s:s, s:b, s:s, s:b, s:o}", "uri", g->uri, "name_server_answers",
		!g->no_name_server, "registration", registers ? register_word(g->registration.state) : "off",
		"registered", register_holds(&g->registration, now_us), "members", members);
}

/* Of the calls that we made on it. */
static void add_figures(json_t *row, const struct carrier *c, uint64_t now_us)
{
	struct figures f;

	figures_of(&f, c, now_us);
	json_object_set_new(row, "dialled", json_integer((json_int_t)f.dialled));
	json_object_set_new(row, "answered", json_integer((json_int_t)f.answered));
	json_object_set_new(row, "answer_percent", json_integer((json_int_t)f.answer_percent));
	json_object_set_new(row, "talk_s", json_real(f.talk_ms / 1e3));
	json_object_set_new(row, "post_dial_ms", json_real(f.post_dial_us / 1e3));
	json_object_set_new(row, "standing", standing_json(c));
}

void api_trunk_live(struct node *n, const char *name, json_t *row)
{
	const struct carrier *c = carrier_find(n, name);
	const struct site_trunk *t = site_trunk(n->site, name);
	const uint64_t now_us = loop_now_us();
	const struct ports_count ports = interfaces_count(n->interfaces, t);
	json_t *gateways = json_array();

	for (size_t i = 0; c && i < c->n_gateways; i++)
		json_array_append_new(gateways, gateway_json(&c->gateways[i], t && t->registers, now_us));
	json_object_set_new(row, "drain", json_string(drain_word(t ? drain_of(n, t) : DRAIN_OPEN)));
	json_object_set_new(row, "calls", json_integer(channels_used(&n->channels, name)));
	json_object_set_new(row, "channels", json_integer(t ? t->channels : 0));
	json_object_set_new(row, "rtp_pairs", json_integer((json_int_t)ports.all));
	json_object_set_new(row, "rtp_pairs_used", json_integer((json_int_t)ports.used));
	if (c)
		add_figures(row, c, now_us);
	json_object_set_new(row, "gateways", gateways);
	if (c)
		json_object_set_new(row, "quirks", quirks_trunk_json(c->tally.quirks));
}
