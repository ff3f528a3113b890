#include "sip/ua_listen.h"
#include "sip/ua_nua.h"
#include "sip/info.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su_tag.h>

enum { TICK_MS = 100, CLOSE_MS = 1500 };
#define SIEVE_EVERY_US (60ull * 1000000)

/* --- calls: a list and an index by Call-ID --- */

static size_t bucket_of(const char *call_id)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (; *call_id; call_id++)
		h = (h ^ (unsigned char)*call_id) * 16777619u;
	return h % UA_BUCKETS;
}

void ua_adopt(struct ua *ua, struct call *c)
{
	struct call **bucket = &ua->buckets[bucket_of(c->id)];

	c->bucket_next = *bucket;
	*bucket = c;
	c->next = ua->calls;
	c->prev = &ua->calls;
	if (c->next)
		c->next->prev = &c->next;
	ua->calls = c;
	ua->stats.live++;
}

static void disown(struct ua *ua, struct call *c)
{
	struct call **at = &ua->buckets[bucket_of(c->id)];

	while (*at != c)
		at = &(*at)->bucket_next;
	*at = c->bucket_next;
	*c->prev = c->next;
	if (c->next)
		c->next->prev = c->prev;
	ua->stats.live--;
}

struct call *ua_find(const struct ua *ua, const char *call_id, const char *remote_tag)
{
	struct call *c = ua->buckets[bucket_of(call_id)];

	while (c && (strcmp(c->id, call_id) != 0 || strcasecmp(c->remote_tag, remote_tag) != 0))
		c = c->bucket_next;
	return c;
}

uint64_t ua_now_us(const struct ua *ua)
{
	return loop_now_us() * ua->config.timer_speed;
}

void ua_kick(struct ua *ua)
{
	const uint64_t one = 1;

	if (write(ua->kick_fd, &one, sizeof(one)) != sizeof(one)) {
		/* full: it will be read anyway */
	}
}

void ua_note(struct ua *ua, const char *call_id, const char *text)
{
	if (ua->config.on.on_note)
		ua->config.on.on_note(ua->config.on.arg, call_id, text);
}

void ua_sieve(struct ua *ua)
{
	uint8_t silenced[GUARD_SOURCES][16];
	struct sieve_rules rules = { .silenced = silenced, .crowded = guard_crowded(ua->guard) };

	rules.n_silenced = guard_silenced(ua->guard, silenced, GUARD_SOURCES, loop_now_us());
	rules.n_allowed = trunk_networks(ua->config.trunks, &rules.allowed);
	ua->sieve_at_us = loop_now_us();
	if (sieve_build(ua->sieve, &rules) == CALL_OK)
		listen_sieve(ua, ua->sieve);
}

/* --- a new INVITE --- */

/* One that does not become a call: answered, told to the owner for the record, forgotten. */
static void turn_away(const struct ua_event *ev, const struct ua_reply *reply, const char *text)
{
	struct ua *ua = ev->at->ua;
	struct call_invite invite;
	struct ua_reply full = *reply;
	char reason[160];

	read_invite(&invite, ev->sip, ev->seen);
	if (!full.reason) {
		cause_reason(reason, sizeof(reason), cause_from_status(full.status), text);
		full.reason = reason;
	}
	if (ua->config.on.on_refused)
		ua->config.on.on_refused(ua->config.on.arg, ev->seen->trunk[0] ? ev->seen->trunk : NULL,
			ev->seen->source, invite.from_user, invite.to_user, invite.call_id, full.status,
			text);
	ua->stats.refused++;
	ua_refuse(ev->at, ev->handle, &full);
}

/* Everything that refuses an INVITE below the owner; 0: nothing does. */
static unsigned invite_status(const struct ua_event *ev, struct body_text *sdp, const char **text)
{
	struct ua *ua = ev->at->ua;
	unsigned status;

	if (!ev->seen->trunk[0]) {
		ua->stats.stranger_refused++;
		*text = "not from a known trunk";
		return 403;
	}
	if (ev->seen->bad) {
		ua->stats.malformed++;
		*text = ev->seen->bad;
		return 400;
	}
	if (!ev->sip->sip_from->a_tag) {
		ua->stats.malformed++;
		*text = "From without tag";
		return 400;
	}
	if (ua->closing) {
		*text = "shutting down";
		return 503;
	}
	if (ev->sip->sip_max_forwards && ev->sip->sip_max_forwards->mf_count == 0) {
		*text = "Max-Forwards used up";
		return 483;
	}
	status = read_body(sdp, ev->sip);
	if (status)
		*text = "body is not a session description";
	return status;
}

static struct call *call_of_invite(const struct ua_event *ev, const struct body_text *sdp)
{
	struct call *c = call_alloc(ev->at->ua);

	if (!c)
		return NULL;
	c->handle = ev->handle;
	c->listener = ev->at;
	c->by_tcp = ev->seen->by_tcp;
	snprintf(c->trunk, sizeof(c->trunk), "%s", ev->seen->trunk);
	snprintf(c->id, sizeof(c->id), "%s", ev->sip->sip_call_id->i_id);
	snprintf(c->remote_tag, sizeof(c->remote_tag), "%s", ev->sip->sip_from->a_tag);
	read_features(c, ev->sip);
	c->media.had_offer = sdp->text != NULL;
	if (sdp->text) {
		c->media.offer_rx = strndup(sdp->text, sdp->len);
		c->media.offer_rx_len = c->media.offer_rx ? strlen(c->media.offer_rx) : 0;
		if (!c->media.offer_rx)
			return call_free(c);
	}
	return c;
}

/* Sofia would look names up itself, in this thread and without bounds: requests go to where theirs came from. */
static void keep_from_resolver(const struct ua_event *ev, struct call *c)
{
	if (read_next_hop_is_name(ev->sip))
		ua_send_to_source(c, ev->seen->source);
}

static void new_call(const struct ua_event *ev)
{
	struct ua *ua = ev->at->ua;
	struct ua_reply reply = { .status = 0 };
	const char *text = "";
	struct call_invite invite;
	struct body_text sdp;
	struct call *c;

	ua->stats.invites++;
	reply.status = invite_status(ev, &sdp, &text);
	reply.retry_after_s = reply.status == 503 ? 10 : 0;
	if (reply.status) {
		turn_away(ev, &reply, text);
		return;
	}
	c = call_of_invite(ev, &sdp);
	if (!c) {
		turn_away(ev, &(struct ua_reply){ .status = 500 }, "out of memory");
		return;
	}
	reply.status = timer_invite(&c->timer, &ev->seen->timer, &c->timer_reply, ua_now_us(ua));
	if (reply.status) {
		reply.has_timer = true;
		reply.timer = c->timer_reply;
		turn_away(ev, &reply, "session interval too small");
		call_free(c);
		return;
	}
	nua_handle_bind(ev->handle, (nua_hmagic_t *)c);
	ua_adopt(ua, c);
	keep_from_resolver(ev, c);
	read_invite(&invite, ev->sip, ev->seen);
	invite.trunk = c->trunk;
	invite.has_offer = c->media.had_offer;
	ua->config.on.on_invite(ua->config.on.arg, c, &invite);
}

/* --- requests inside a dialog --- */

/* What refuses any request of a dialog before its own rules; 0: nothing. */
static unsigned request_status(const struct ua_event *ev)
{
	if (strcmp(ev->seen->trunk, ev->call->trunk) != 0)
		return 403; /* the screen detaches these; never rely on one guard alone */
	if (ev->seen->bad) {
		ev->at->ua->stats.malformed++;
		return 400;
	}
	if (ev->call->finished)
		return 481;
	return 0;
}

static void on_invite(const struct ua_event *ev)
{
	struct ua_reply reply = { 0 };
	struct body_text sdp;

	if (!ev->call) {
		new_call(ev);
		return;
	}
	reply.status = request_status(ev);
	if (!reply.status)
		reply.status = read_body(&sdp, ev->sip);
	if (!reply.status) {
		keep_from_resolver(ev, ev->call);
		if (ev->sip->sip_allow)
			ev->call->allows_update = sip_is_allowed(ev->sip->sip_allow, sip_method_update, NULL);
		call_take_reinvite(ev->call, sdp.text ? &sdp : NULL, &ev->seen->timer, &reply);
	}
	ua_reply_invite(ev->call, &reply);
}

static void on_update(const struct ua_event *ev)
{
	struct ua_reply reply = { .status = request_status(ev) };
	struct body_text sdp;

	if (!reply.status)
		reply.status = read_body(&sdp, ev->sip);
	if (!reply.status)
		keep_from_resolver(ev, ev->call);
	if (!reply.status)
		call_take_update(ev->call, sdp.text ? &sdp : NULL, &ev->seen->timer, &reply);
	ua_reply_request(ev->call, &reply);
}

static void on_prack(const struct ua_event *ev)
{
	struct ua_reply reply = { .status = request_status(ev) };
	struct body_text sdp;

	if (!reply.status)
		reply.status = read_body(&sdp, ev->sip);
	if (!reply.status)
		call_take_prack(ev->call, sdp.text ? &sdp : NULL, &reply);
	ua_reply_request(ev->call, &reply);
	if (reply.status >= 300 && !ev->call->media.had_offer && !ev->call->media.settled)
		call_refuse(ev->call, 488, Q850_INCOMPATIBLE, "no usable answer to our offer", 0);
}

static void on_info(const struct ua_event *ev)
{
	const sip_payload_t *p = ev->sip->sip_payload;
	const sip_content_type_t *t = ev->sip->sip_content_type;
	struct ua *ua = ev->at->ua;
	struct ua_reply reply = { .status = request_status(ev) };
	struct info_digit digit = { 0, 0 };

	if (!reply.status && p && p->pl_len) {
		switch (info_read(&digit, t ? t->c_type : NULL, p->pl_data, p->pl_len)) {
		case CALL_OK: break;
		case CALL_NO_MATCH: reply.status = 415; break;
		default: reply.status = 400; break;
		}
	}
	if (!reply.status)
		reply.status = 200;
	ua_reply_request(ev->call, &reply);
	if (digit.key && ua->config.on.on_digit)
		ua->config.on.on_digit(ev->call->owner, ev->call, digit.key);
}

static void on_options(const struct ua_event *ev)
{
	const bool stranger = !ev->seen->trunk[0];
	const int status = stranger ? 403 : ev->at->ua->closing ? 503 : 200;

	if (stranger)
		ev->at->ua->stats.stranger_refused++;
	nua_respond(ev->handle, status, status_words((unsigned)status), NUTAG_WITH_THIS(ev->at->nua),
		SIPTAG_SERVER_STR(ev->at->ua->agent),
		TAG_IF(status == 200, SIPTAG_ACCEPT_STR("application/sdp")),
		TAG_IF(status == 200, SIPTAG_ACCEPT_ENCODING_STR("identity")),
		TAG_IF(status == 200, SIPTAG_ACCEPT_LANGUAGE_STR("en")), TAG_END());
	if (!ev->call)
		nua_handle_destroy(ev->handle);
}

static void on_ack(const struct ua_event *ev)
{
	struct body_text sdp = { NULL, 0 };
	const bool readable = ev->sip && read_body(&sdp, ev->sip) == 0;

	call_take_ack(ev->call, readable && sdp.text ? &sdp : NULL);
}

/* Sofia has answered BYE and CANCEL already; the dialog's end follows. */
static void on_bye(const struct ua_event *ev)
{
	const bool early = ev->call->state == DIALOG_INCOMING || ev->call->state == DIALOG_EARLY;
	const struct call_end end =
		call_end_of(true, early ? 487 : 0, read_reason(ev->sip, Q850_NORMAL), "far end hung up");

	call_finish(ev->call, &end);
}

static void on_cancel(const struct ua_event *ev)
{
	const struct call_end end = call_end_of(
		true, 487, read_reason(ev->sip, Q850_NORMAL), "far end gave up before the answer");

	call_finish(ev->call, &end);
}

static void on_error(const struct ua_event *ev)
{
	const char *phrase = ev->phrase ? ev->phrase : "";

	if (ev->status == 408 && strcmp(phrase, "ACK Timeout") == 0) {
		const struct call_end end = call_end_of(false, 0, Q850_TIMER, "no ACK within 32 s");

		call_event(ev->call, EV_HANGUP);
		call_finish(ev->call, &end);
	} else if (strstr(phrase, "PRACK") || strstr(phrase, "Reliable Response")) {
		const struct call_end end = call_end_of(false, 504, Q850_TIMER, "no PRACK within 32 s");

		call_finish(ev->call, &end);
	} else {
		ua_note(ev->at->ua, ev->call->id, phrase);
	}
}

static void on_state(const struct ua_event *ev)
{
	const tagi_t *state = tl_find(ev->tags, nutag_callstate);

	if (state && (int)state->t_value == nua_callstate_terminated)
		call_take_gone(ev->call, (unsigned)ev->status, ev->phrase);
}

/* --- answers to requests of ours --- */

static void on_refreshed(const struct ua_event *ev, bool by_update)
{
	struct timer_headers none = { 0 };
	struct body_text sdp = { NULL, 0 };

	if (ev->status < 200)
		return;
	if (!by_update && ev->status < 300)
		ua_send_ack(ev->call);
	if (ev->seen && ev->seen->bad)
		ua_note(ev->at->ua, ev->call->id, ev->seen->bad);
	if (ev->sip && read_body(&sdp, ev->sip) != 0)
		sdp.text = NULL;
	call_take_refreshed(ev->call, by_update,
		ev->seen && ev->seen->interval_refused ? 422 : (unsigned)ev->status,
		ev->seen ? &ev->seen->timer : &none, sdp.text ? &sdp : NULL);
}

static void on_r_invite(const struct ua_event *ev)
{
	on_refreshed(ev, false);
}

static void on_r_update(const struct ua_event *ev)
{
	on_refreshed(ev, true);
}

/* --- the table --- */

static const struct {
	void (*handle)(const struct ua_event *ev);
	bool needs_call;
	bool needs_message;
} events[] = {
	[nua_i_invite] = { on_invite, false, true },
	[nua_i_options] = { on_options, false, true },
	[nua_i_update] = { on_update, true, true },
	[nua_i_prack] = { on_prack, true, true },
	[nua_i_info] = { on_info, true, true },
	[nua_i_ack] = { on_ack, true, false },
	[nua_i_bye] = { on_bye, true, false },
	[nua_i_cancel] = { on_cancel, true, false },
	[nua_i_error] = { on_error, true, false },
	[nua_i_state] = { on_state, true, false },
	[nua_r_invite] = { on_r_invite, true, false },
	[nua_r_update] = { on_r_update, true, false },
};

static void on_nua(nua_event_t event, int status, char const *phrase, nua_t *nua, nua_magic_t *magic,
	nua_handle_t *handle, nua_hmagic_t *hmagic, sip_t const *sip, tagi_t tags[])
{
	struct listener *at = (struct listener *)magic;
	const struct ua_event ev = { .at = at,
		.handle = handle,
		.call = (struct call *)hmagic,
		.status = status,
		.phrase = phrase,
		.sip = sip,
		.seen = read_screened(sip),
		.tags = tags };
	const bool known =
		event >= 0 && (size_t)event < sizeof(events) / sizeof(*events) && events[event].handle;

	(void)nua;
	if (event == nua_r_shutdown && status >= 200)
		at->shut = true;
	if (known && (ev.call || !events[event].needs_call) && (ev.seen || !events[event].needs_message)) {
		events[event].handle(&ev);
		return;
	}
	/* nobody's: answer, if it waits for one, and let go of its handle */
	if (nua_event_is_incoming_request(event) && status < 200)
		nua_respond(handle, SIP_481_NO_TRANSACTION, NUTAG_WITH_THIS(at->nua), TAG_END());
	if (handle && !hmagic && event != nua_i_state && event != nua_i_terminated && event != nua_i_active)
		nua_handle_destroy(handle);
}

/* --- the endpoint --- */

/* Reports what has ended and frees what is gone; the owner may start anything meanwhile. */
static void reap(struct ua *ua)
{
	for (struct call *c = ua->calls, *next; c; c = next) {
		next = c->next;
		if (c->finished && !c->reported) {
			c->reported = true;
			if (c->owner && ua->config.on.on_ended)
				ua->config.on.on_ended(c->owner, c, &c->end);
			c->owner = NULL;
			next = c->next;
		}
		if (c->reported && !c->handle) {
			disown(ua, c);
			call_free(c);
		}
	}
}

static void on_kick(void *arg)
{
	struct ua *ua = arg;
	uint64_t n;

	if (read(ua->kick_fd, &n, sizeof(n)) == sizeof(n))
		reap(ua);
}

static void check_closed(struct ua *ua)
{
	loop_fn done = ua->closed;

	if (!ua->closing || !done || (ua->calls && loop_now_us() < ua->close_by_us))
		return;
	ua->closed = NULL;
	done(ua->closed_arg);
}

static void on_tick(void *arg)
{
	struct ua *ua = arg;
	const uint64_t now_us = ua_now_us(ua);

	for (struct call *c = ua->calls; c; c = c->next)
		call_tick(c, now_us);
	if (loop_now_us() - ua->sieve_at_us > SIEVE_EVERY_US)
		ua_sieve(ua); /* lets go of those whose time is over */
	check_closed(ua);
}

static enum call_err settle_config(struct ua *ua, const struct ua_config *config)
{
	ua->config = *config;
	if (!ua->config.timer_speed)
		ua->config.timer_speed = 1;
	snprintf(ua->agent, sizeof(ua->agent), "%s", config->user_agent ? config->user_agent : "partyline");
	snprintf(ua->advertise, sizeof(ua->advertise), "%s", config->advertise ? config->advertise : "");
	ua->config.user_agent = ua->agent;
	if (!config->loop || !config->on.on_invite || config->n_listen == 0 ||
		config->n_listen > CALL_LISTEN_MAX)
		return CALL_RANGE;
	return CALL_OK;
}

enum call_err ua_open(struct ua **out, const struct ua_config *config, char *why, size_t why_cap)
{
	struct ua *ua = calloc(1, sizeof(*ua));
	enum call_err err = CALL_NOMEM;

	if (!ua)
		return CALL_NOMEM;
	ua->kick_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	ua->guard = guard_alloc();
	ua->sieve = malloc(sizeof(*ua->sieve));
	ua->sieve_at_us = loop_now_us();
	if (!ua->guard || !ua->sieve || ua->kick_fd < 0)
		goto fail;
	err = settle_config(ua, config);
	if (!err)
		err = listen_open(ua, on_nua, why, why_cap);
	if (!err)
		err = loop_watch(config->loop, ua->kick_fd, on_kick, ua);
	if (!err)
		err = loop_every(config->loop, TICK_MS, on_tick, ua);
	if (err)
		goto fail;
	ua_sieve(ua);
	*out = ua;
	return CALL_OK;
fail:
	ua_close(ua);
	return err;
}

void ua_set_trunks(struct ua *ua, const struct trunks *trunks)
{
	ua->config.trunks = trunks;
	guard_forgive(ua->guard);
	ua_sieve(ua);
}

void ua_shutdown(struct ua *ua, unsigned limit_ms, loop_fn done, void *arg)
{
	ua->closing = true;
	ua->closed = done;
	ua->closed_arg = arg;
	ua->close_by_us = loop_now_us() + limit_ms * 1000ull;
	for (struct call *c = ua->calls; c; c = c->next) {
		if (c->state == DIALOG_INCOMING || c->state == DIALOG_EARLY)
			call_refuse(c, 503, Q850_TEMPORARY, "shutting down", 10);
		else
			call_hangup(c, Q850_NORMAL, "shutting down");
	}
}

static bool all_shut(const struct ua *ua)
{
	for (size_t i = 0; i < ua->n_listeners; i++)
		if (!ua->listeners[i].shut)
			return false;
	return true;
}

struct ua *ua_close(struct ua *ua)
{
	uint64_t until_us = loop_now_us() + CLOSE_MS * 1000ull;

	if (!ua)
		return NULL;
	for (struct call *c = ua->calls; c; c = c->next)
		ua_release(c);
	for (size_t i = 0; i < ua->n_listeners; i++)
		if (ua->listeners[i].nua)
			nua_shutdown(ua->listeners[i].nua);
	while (!all_shut(ua) && loop_now_us() < until_us)
		su_root_step(loop_root(ua->config.loop), 10);
	for (size_t i = 0; i < ua->n_listeners; i++) {
		struct listener *at = &ua->listeners[i];

		if (at->nua && at->shut) {
			nua_destroy(at->nua);
			at->screen = screen_free(at->screen);
		}
	}
	while (ua->calls) {
		struct call *c = ua->calls;

		disown(ua, c);
		call_free(c);
	}
	if (ua->config.loop) {
		loop_never(ua->config.loop, on_tick, ua);
		loop_unwatch(ua->config.loop, ua->kick_fd);
	}
	if (ua->kick_fd >= 0)
		close(ua->kick_fd);
	free(ua->sieve);
	guard_free(ua->guard);
	free(ua);
	return NULL;
}

void ua_stats(const struct ua *ua, struct call_stats *out)
{
	*out = ua->stats;
}

unsigned ua_port(const struct ua *ua, const char *transport)
{
	const bool tcp = strcmp(transport, "tcp") == 0;

	for (size_t i = 0; i < ua->n_listeners; i++)
		if (tcp ? ua->listeners[i].tcp : ua->listeners[i].udp)
			return ua->listeners[i].port;
	return 0;
}
