/* api_live.c - what is going on, by the API: status, rosters, locks and mutes, live calls. */
#include "bridge/api.h"
#include "bridge/carrier.h"
#include "bridge/dialout.h"
#include "bridge/hunt.h"
#include "bridge/leg.h"
#include "bridge/media.h"
#include "bridge/meeting.h"
#include "bridge/quirks.h"
#include "bridge/standing.h"
#include "bridge/stir.h"
#include "bridge/version.h"
#include "bridge/secure.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void not_found(struct node *n, const struct http_request *request, const char *message)
{
	api_refuse_as(n, request->id, 404, "not_found", message, NULL);
}

/* ---- status ---- */

static json_t *worker_json(const struct node *n, unsigned index)
{
	struct worker_load load;

	worker_load(n->workers[index], &load);
	return json_pack("{s:i, s:i, s:i, s:I, s:I, s:I, s:I, s:i, s:f, s:f, s:f, s:f, s:f, s:f, s:b, s:I, "
			 "s:I, s:I, s:I, s:I}",
		"index", (int)index, "legs", (int)load.n_legs, "rooms", (int)load.n_rooms, "ticks",
		(json_int_t)load.ticks, "late_ticks", (json_int_t)load.late_ticks, "kept_waiting_ticks",
		(json_int_t)load.kept_waiting_ticks, "skipped_ticks", (json_int_t)load.skipped_ticks,
		"tick_us_max", (int)load.tick_us_max, "load_percent", load.busy_permille / 10.0,
		"used_percent", load.margin.used_permille / 10.0, "budget_p99_percent",
		load.margin.p99_permille / 10.0, "budget_worst_percent", load.margin.worst_permille / 10.0,
		"margin_percent", margin_left(&load.margin) / 10.0, "expected_percent",
		admission_expected(&n->admission, index) / 10.0, "refuses",
		n->admission.workers[index].closed, "events_dropped", (json_int_t)load.events_dropped,
		"encodes", (json_int_t)load.encodes, "encodes_shared", (json_int_t)load.encodes_shared,
		"offers_missed", (json_int_t)load.offers_missed, "strangers", (json_int_t)load.strangers);
}

static json_t *sip_json(const struct node *n)
{
	struct call_stats s;

	ua_stats(n->ua, &s);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:i}", "invites", (json_int_t)s.invites, "refused",
		(json_int_t)s.refused, "stranger_refused", (json_int_t)s.stranger_refused, "stranger_silent",
		(json_int_t)s.stranger_silent, "malformed", (json_int_t)s.malformed, "ended",
		(json_int_t)s.ended, "live", (int)s.live);
}

static json_t *control_json(const struct node *n)
{
	return json_pack("{s:f, s:f, s:f, s:b}", "lag_ms", pulse_lag_us(&n->pulse) / 1000.0, "lag_worst_ms",
		pulse_worst_us(&n->pulse) / 1000.0, "cpu_percent", pulse_cpu_permille(&n->pulse) / 10.0,
		"refuses", pulse_busy(&n->pulse));
}

static json_t *writer_json(const struct node *n)
{
	struct writer_stats s;

	writer_stats(n->writer, &s);
	return json_pack("{s:I, s:I, s:I, s:i, s:b}", "written", (json_int_t)s.written, "failed_tries",
		(json_int_t)s.failed_tries, "lost", (json_int_t)s.lost, "waiting", (int)s.waiting, "disk_ok",
		s.disk_ok);
}

static unsigned count_people(const struct node *n)
{
	unsigned count = 0;

	for (const struct meeting *m = n->meetings; m; m = m->next)
		count += m->n_people;
	return count;
}

static json_t *trunks_json(struct node *n)
{
	json_t *list = json_array();
	const uint64_t now_us = loop_now_us();

	for (const struct carrier *c = n->carriers; c; c = c->next) {
		const struct figures_tally *t = &c->tally;
		struct figures f;
		uint64_t in = 0;

		figures_of(&f, c, now_us);
		for (unsigned class = 0; class < CAUSE_CLASSES; class ++)
			in += t->ended[FIGURES_IN][class];
		json_array_append_new(list,
			json_pack(
				"{s:s, s:s, s:i, s:i, s:i, s:I, s:I, s:I, s:I, s:i, s:f, s:f, s:s, s:s, s:s}",
				"name", c->name, "drain",
				drain_word(drain_of(n, site_trunk(n->site, c->name))), "calls",
				(int)channels_used(&n->channels, c->name), "gateways", (int)f.n_gateways,
				"usable", (int)f.n_usable, "calls_in", (json_int_t)in, "answered_in",
				(json_int_t)t->answered[FIGURES_IN], "calls_out", (json_int_t)f.dialled,
				"answered_out", (json_int_t)f.answered, "answer_percent",
				(int)f.answer_percent, "post_dial_ms", f.post_dial_us / 1000.0,
				"round_trip_ms", f.round_trip_us / 1000.0, "standing", standing_word(c),
				"last_cause_in",
				t->last_cause[FIGURES_IN] ? cause_words(t->last_cause[FIGURES_IN]) : "",
				"last_cause_out",
				t->last_cause[FIGURES_OUT] ? cause_words(t->last_cause[FIGURES_OUT]) : ""));
	}
	return list;
}

void api_status(struct node *n, const struct http_request *request, const char *word)
{
	json_t *workers = json_array();
	struct event_stats events;

	(void)word;
	event_stats(n->bus, &events);
	for (unsigned i = 0; i < n->n_workers; i++)
		json_array_append_new(workers, worker_json(n, i));
	api_reply(n, request->id, 200,
		json_pack("{s:s, s:s, s:o, s:f, s:s, s:i, s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:I, s:o, "
			  "s:o}",
			"node", n->config.node, "version", PARTYLINE_VERSION, "started_at",
			when_json(n->started_us), "uptime_s", (double)(when_now_us() - n->started_us) / 1e6,
			"drain", drain_word(n->drain.state), "calls", (int)n->n_legs, "meetings_open",
			(int)n->n_meetings, "participants", (int)count_people(n), "rtp_ports_used",
			(int)interfaces_used(n->interfaces), "interfaces", interfaces_json(n->interfaces),
			"sip", sip_json(n), "control", control_json(n), "workers", workers, "writer",
			writer_json(n), "events", (json_int_t)events.emitted, "trunks", trunks_json(n), "tls",
			secure_json(n)));
}

/* ---- meetings ---- */

void api_meeting_live(const struct node *n, const char *id, json_t *row)
{
	const struct meeting *open = meeting_find(n, id);
	json_t *live = json_pack("{s:b, s:i, s:i, s:b, s:o}", "open", open != NULL, "participants",
		open ? (int)open->n_people : 0, "parts", open ? (int)open->parts.n : 0, "locked",
		open && open->policy.locked, "opened_at", when_json(open ? open->opened_us : 0));

	json_object_update(row, live);
	json_decref(live);
}

/* ---- the roster ---- */

/* What is known of its sound; null where nothing is known. */
static json_t *score_json(float score, double steps)
{
	return score > 0 ? json_real((double)(int)((double)score * steps + 0.5) / steps) : json_null();
}

static json_t *quality_json(const struct stream_stats *s)
{
	json_t *echo = s->has_echo
			       ? json_pack("{s:i, s:i, s:i}", "delay_ms", (int)s->echo.delay_ms, "loss_db",
					 (int)s->echo.loss_db, "confidence", (int)s->echo.confidence)
			       : json_null();

	return json_pack("{s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:i, s:i, s:I, s:f, s:s, s:s, s:o}", "rx_r",
		score_json(s->rx_r, 10), "rx_mos", score_json(s->rx_mos, 100), "tx_r",
		score_json(s->tx_r, 10), "tx_mos", score_json(s->tx_mos, 100), "rx_missing",
		(json_int_t)s->rx_missing, "burst_ms", (json_int_t)s->burst_ms, "gap_ms",
		(json_int_t)s->gap_ms, "level_dbov", -(int)s->level_dbov, "levelling_db",
		(int)s->levelling_db, "clipped_frames", (json_int_t)s->rx_clipped, "clipped_percent",
		s->rx_heard ? 100.0 * s->rx_clipped / s->rx_heard : 0.0, "one_way", oneway_name(s->one_way),
		"tones", progress_name(s->progress), "echo", echo);
}

/* "": no ICE. */
static const char *path_word(const struct leg *leg, char at[MEDIA_ADDRESS])
{
	if (!leg->ice)
		return "";
	if (!leg->path.port)
		return "checking";
	if (leg->lapsed)
		return "lapsed";
	media_address_write(at, &leg->path);
	return at;
}

static json_t *leg_json(const struct leg *leg)
{
	const struct stream_stats *s = &leg->stats;
	char at[MEDIA_ADDRESS];

	return json_pack(
		"{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:f, s:i, s:{s:f, s:f, s:f, s:i}, s:I, s:I, "
		"s:I, s:I, s:f, s:o, s:o, s:o}",
		"id", (int)leg->id, "call", leg->cdr.id, "kind", "phone", "trunk", leg->cdr.trunk, "codec",
		leg->cdr.codec, "srtp", cdr_text(&leg->cdr, CDR_SRTP), "ice", path_word(leg, at), "on_hold",
		leg->on_hold, "jitter_ms", s->jitter_us / 1000.0, "delay_ms", (int)s->delay_ms, "delay",
		"wait_ms", s->wait_us / 1000.0, "held_ms", s->held_us / 1000.0, "due_ms", s->due_us / 1000.0,
		"made_up_ms", (int)(s->concealed_ms + s->added_ms), "rx_packets", (json_int_t)s->rx_packets,
		"tx_packets", (json_int_t)s->tx_packets, "rx_lost", (json_int_t)s->rx_lost, "far_lost",
		(json_int_t)s->far_lost, "round_trip_ms", s->round_trip_us / 1000.0, "quality",
		quality_json(s), "stir", leg_proof_json(leg), "quirks", quirks_json(leg->quirks));
}

static json_t *person_row(const struct participant *p)
{
	char number[24];

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:o, s:[o]}", "id", p->id,
		"meeting", p->meeting->id, "name", p->leg->name, "user", leg_user(p->leg), "number",
		log_number(number, p->leg->cdr.from_number), "role", role_name(p->state.role), "muted",
		p->state.muted || p->state.host_muted, "host_muted", p->state.host_muted, "hand",
		p->state.hand, "talking", p->talking, "joined_at", when_json(p->joined_us), "legs",
		leg_json(p->leg));
}

/* From the one after `cursor` on, `limit` of them; without either all. */
static void answer_page(struct node *n, const struct http_request *request, const struct participant *p)
{
	char cursor[sizeof(p->id)] = "";
	uint64_t limit = PAGE_ALL;
	const struct participant *last = NULL;
	json_t *items;

	if (!http_number(request->query, "limit", 1, PAGE_ALL, &limit)) {
		api_refuse_field(n, request->id, "limit", "limit must be 1 to 100000");
		return;
	}
	if (http_query(request->query, "cursor", cursor, sizeof(cursor)) && cursor[0]) {
		while (p && strcmp(p->id, cursor) != 0)
			p = p->next;
		if (!p) {
			api_refuse_as(n, request->id, 400, "cursor_gone",
				"whom the cursor points to has left: begin again", "cursor");
			return;
		}
		p = p->next;
	}
	items = json_array();
	for (; p && limit > 0; p = p->next, limit--) {
		json_array_append_new(items, person_row(p));
		last = p;
	}
	api_reply(n, request->id, 200,
		json_pack("{s:o, s:o}", "items", items, "next",
			p && last ? json_string(last->id) : json_null()));
}

void api_participants(struct node *n, const struct http_request *request, const char *word)
{
	const struct site_account *account = NULL;
	const struct meeting *m = meeting_find(n, word);

	if (m ? !api_sees(request, m->account)
	      : !site_meeting(n->site, word, &account) || !api_sees(request, account->name)) {
		not_found(n, request, "no such meeting");
		return;
	}
	answer_page(n, request, m ? m->people : NULL);
}

/* Reads {"name": true|false}; answers the error itself. */
static bool read_flag(struct node *n, const struct http_request *request, const char *name, bool *out)
{
	json_t *body = json_loadb(request->body, request->body_len, 0, NULL);
	const json_t *value = json_object_get(body, name);
	bool good = json_is_boolean(value);

	*out = json_is_true(value);
	json_decref(body);
	if (!good)
		api_refuse_field(n, request->id, name,
			"the body must be a JSON object with this field, true or false");
	return good;
}

void api_lock(struct node *n, const struct http_request *request, const char *word)
{
	struct meeting *m = meeting_find(n, word);
	bool locked;

	if (!m || !api_sees(request, m->account)) {
		not_found(n, request, "no such meeting is open");
		return;
	}
	if (!read_flag(n, request, "locked", &locked))
		return;
	api_audit(n, request, "meeting.lock",
		json_pack("{s:s, s:b, s:b}", "meeting", m->id, "before", m->policy.locked, "after", locked));
	meeting_lock(n, m, locked);
	api_reply(n, request->id, 200, json_pack("{s:s, s:b}", "id", m->id, "locked", locked));
}

void api_mute(struct node *n, const struct http_request *request, const char *word)
{
	struct participant *p = meeting_person(n, word);
	bool muted;

	if (!p || !api_sees(request, p->meeting->account)) {
		not_found(n, request, "no such participant");
		return;
	}
	if (!read_flag(n, request, "muted", &muted))
		return;
	api_audit(n, request, "participant.mute",
		json_pack("{s:s, s:s, s:b, s:b}", "meeting", p->meeting->id, "participant", p->id, "before",
			p->state.host_muted, "after", muted));
	meeting_mute(n, p, muted);
	api_reply(n, request->id, 200, person_row(p));
}

void api_remove(struct node *n, const struct http_request *request, const char *word)
{
	struct participant *p = meeting_person(n, word);

	if (!p || !api_sees(request, p->meeting->account)) {
		not_found(n, request, "no such participant");
		return;
	}
	api_audit(n, request, "participant.remove",
		json_pack("{s:s, s:s}", "meeting", p->meeting->id, "participant", p->id));
	leg_ended_by(p->leg, WHY_OPERATOR);
	meeting_remove(n, p, "removed by the operator");
	api_reply(n, request->id, 200, json_pack("{s:s}", "id", word));
}

/* ---- calls ---- */

struct call_list {
	const struct http_request *request;
	char account[SITE_NAME], meeting[SITE_NAME], trunk[SITE_NAME], state[32]; /* "": any */
	uint32_t after;                                                           /* leg ID */
	struct leg **legs;                                                        /* owned; room for all */
	size_t n;
	json_t *items;
};

static bool is_wanted(const char *filter, const char *value)
{
	return !filter[0] || strcmp(filter, value) == 0;
}

static void take_call(void *arg, struct leg *leg)
{
	struct call_list *list = arg;

	if (leg->call && leg->id > list->after && api_sees(list->request, leg->cdr.account) &&
		is_wanted(list->account, leg->cdr.account) && is_wanted(list->meeting, leg->cdr.meeting) &&
		is_wanted(list->trunk, leg->cdr.trunk) && is_wanted(list->state, leg_state_name(leg)))
		list->legs[list->n++] = leg;
}

static int leg_order(const void *a, const void *b)
{
	const struct leg *const *x = a, *const *y = b;

	return (*x)->id < (*y)->id ? -1 : (*x)->id > (*y)->id;
}

static void add_call(struct call_list *list, struct leg *leg)
{
	char from[24], to[24], number[24], diverted[24];
	const bool out = strcmp(leg->cdr.direction, "out") == 0; /* whom we called is a person, too */

	json_array_append_new(list->items,
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, "
			  "s:s, s:s, s:s, s:o, s:o, s:o}",
			"id", leg->cdr.id, "call_id", leg_call_id(leg), "trunk", leg->cdr.trunk, "source",
			cdr_text(&leg->cdr, CDR_SOURCE), "caller_by", leg->cdr.caller_by, "diverted_from",
			log_number(diverted, cdr_text(&leg->cdr, CDR_DIVERTED_FROM)), "diversion",
			cdr_text(&leg->cdr, CDR_DIVERSION), "session_id", leg->cdr.session_id, "session_peer",
			cdr_text(&leg->cdr, CDR_SESSION_PEER), "headers", cdr_text(&leg->cdr, CDR_HEADERS),
			"from", log_number(from, leg->cdr.from_number), "to",
			log_number(to, leg->cdr.to_number), "number",
			out ? log_number(number, leg->cdr.number) : leg->cdr.number, "account",
			leg->cdr.account, "meeting", leg->cdr.meeting, "participant", leg->cdr.participant,
			"state", leg_state_name(leg), "codec", leg->cdr.codec, "srtp",
			cdr_text(&leg->cdr, CDR_SRTP), "started_at", when_json(leg->cdr.started_us),
			"answered_at", when_json(leg->cdr.answered_us), "media", leg_json(leg)));
}

/* Oldest first.  Without `limit` all of them. */
void api_calls(struct node *n, const struct http_request *request, const char *word)
{
	struct call_list list = { .request = request };
	uint64_t shown = PAGE_ALL, after = 0;

	(void)word;
	http_query(request->query, "account", list.account, sizeof(list.account));
	http_query(request->query, "meeting", list.meeting, sizeof(list.meeting));
	http_query(request->query, "trunk", list.trunk, sizeof(list.trunk));
	http_query(request->query, "state", list.state, sizeof(list.state));
	if (!http_number(request->query, "limit", 1, PAGE_ALL, &shown)) {
		api_refuse_field(n, request->id, "limit", "limit must be 1 to 100000");
		return;
	}
	if (!http_number(request->query, "cursor", 0, UINT32_MAX, &after)) {
		api_refuse_field(n, request->id, "cursor", "not a cursor that came with a page");
		return;
	}
	list.after = (uint32_t)after;
	list.legs = calloc(n->n_legs + 1, sizeof(struct leg *));
	if (!list.legs) {
		api_reply(n, request->id, 503, NULL);
		return;
	}
	leg_each(n, take_call, &list);
	qsort(list.legs, list.n, sizeof(struct leg *), leg_order);
	shown = shown < list.n ? shown : list.n;
	list.items = json_array();
	for (size_t i = 0; i < shown; i++)
		add_call(&list, list.legs[i]);
	api_reply(n, request->id, 200,
		json_pack("{s:o, s:o}", "items", list.items, "next",
			shown < list.n ? json_sprintf("%u", list.legs[shown - 1]->id) : json_null()));
	free(list.legs);
}

void api_hangup(struct node *n, const struct http_request *request, const char *word)
{
	struct leg *leg = leg_find_call(n, word);
	const char *account = dialout_account(n, word);

	if (account && api_sees(request, account)) { /* a dial-out, whichever attempt it is at */
		api_audit(n, request, "meeting.call_off", json_pack("{s:s}", "dialout", word));
		dialout_hangup(n, word, "hung up by the operator");
		api_reply(n, request->id, 200, json_pack("{s:s}", "id", word));
		return;
	}
	account = hunt_account(n, word);
	if (account && api_sees(request, account)) {
		api_audit(n, request, "meeting.call_off", json_pack("{s:s}", "hunt", word));
		hunt_call_off(n, word);
		api_reply(n, request->id, 200, json_pack("{s:s}", "id", word));
		return;
	}
	if (!leg || !leg->call || !api_sees(request, leg->cdr.account)) {
		not_found(n, request, "no such call");
		return;
	}
	api_audit(n, request, "call.hangup", json_pack("{s:s}", "call", leg->cdr.id));
	leg_ended_by(leg, WHY_OPERATOR);
	leg_hangup(leg, Q850_NORMAL, "hung up by the operator");
	api_reply(n, request->id, 200, json_pack("{s:s}", "id", word));
}
