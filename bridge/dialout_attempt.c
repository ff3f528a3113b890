/* dialout_attempt.c - one try of a dial-out: a leg with a record of its own, and an INVITE to one target. */
#include "bridge/callerid.h"
#include "bridge/dialout_priv.h"
#include "bridge/leg_priv.h"
#include "bridge/media.h"
#include "bridge/meter.h"
#include "bridge/remark.h"
#include "bridge/secure.h"
#include "bridge/signing.h"
#include <stdio.h>
#include <string.h>

enum { SILENCE_T1 = 12, T1_MS = 500 };

static unsigned silence_ms(const struct node *n)
{
	return SILENCE_T1 * (n->config.sip.t1_ms ? n->config.sip.t1_ms : T1_MS);
}

static void fill_record(const struct dialout *d, struct leg *leg)
{
	struct cdr *cdr = &leg->cdr;
	char dips[LOOKUP_WORDS];
	const struct dialout_try *t = &d->tries.list[d->at_try];

	memcpy(cdr->direction, "out", 4);
	node_token(cdr->id, 32);
	cdr_say(cdr, CDR_DIALOUT, "%s", d->id);
	snprintf(cdr->trunk, sizeof(cdr->trunk), "%s", t->trunk);
	cdr_say(cdr, CDR_SOURCE, "%.63s", d->targets[d->at_target].target);
	snprintf(cdr->account, sizeof(cdr->account), "%s", d->account);
	snprintf(cdr->meeting, sizeof(cdr->meeting), "%s", d->meeting);
	snprintf(cdr->from_number, sizeof(cdr->from_number), "%s",
		t->caller_id[0] ? t->caller_id : "anonymous");
	snprintf(cdr->to_number, sizeof(cdr->to_number), "%s", t->number);
	snprintf(cdr->number, sizeof(cdr->number), "%s", d->tries.e164);
	lookup_words(&d->lookup, dips);
	cdr_say(cdr, CDR_DIPS, "%s", dips);
	cdr_say(cdr, CDR_ROUTING, "%s", d->lookup.routing);
	cdr_say(cdr, CDR_PASSED_OVER, "%s", d->passed_over);
	cdr->started_us = when_now_us();
	snprintf(leg->direct_meeting, sizeof(leg->direct_meeting), "%s", d->meeting);
	snprintf(leg->name, sizeof(leg->name), "%s", d->name[0] ? d->name : d->tries.e164);
	leg->user = d->user[0] ? strdup(d->user) : NULL;
	leg->dialout = d->number;
	meter_begin(t, cdr);
}

/* The site's caller-ID policy for this trunk (FEATURES T18, O8). */
static struct call_dial dial_of(const struct dialout *d, const struct site_trunk *trunk)
{
	const struct dialout_try *t = &d->tries.list[d->at_try];
	const struct carrier_target *at = &d->targets[d->at_target];
	const bool hidden = trunk->privacy || !t->caller_id[0];

	return (struct call_dial){ .trunk = trunk->name,
		.target = at->target,
		.local = interfaces_local(d->node->interfaces, trunk),
		.host = at->host,
		.sips = at->sips,
		.to_user = t->number,
		.from_user = hidden ? NULL : t->caller_id,
		.stated = { .user = t->caller_id, .hidden = hidden, .screened = t->own_number },
		.asks_permit = trunk->asks_permit,
		.replaces = d->replaces,
		.referred_by = d->referred_by,
		.username = trunk->username,
		.password = trunk->password,
		.realm = trunk->realm[0] ? trunk->realm : at->host };
}

/* One INVITE to the target in turn.  NULL: it is out; else why not. */
/* Signs it, where the trunk is to; `identity` must stay until it is out. */
static void sign(const struct dialout *d, const struct site_trunk *trunk, struct leg *leg,
	struct call_dial *dial, char identity[IDENTITY_VALUE])
{
	const struct dialout_try *t = &d->tries.list[d->at_try];
	const struct signing_call call = { .account = d->account,
		.caller = t->caller_e164,
		.called = d->tries.e164,
		.own_number = t->own_number,
		.now_s = when_now_us() / 1000000 };

	if (callerid_leaves_out(trunk, "Identity"))
		return;
	if (signing_make(d->node, trunk, &call, identity, &leg->cdr)) {
		dial->identity = identity;
		dial->date_s = callerid_leaves_out(trunk, "Date") ? 0 : call.now_s;
	}
}

const char *dialout_attempt(struct dialout *d, const struct site_trunk *trunk)
{
	struct node *n = d->node;
	struct leg *leg = leg_alloc(n, NULL);
	struct call_dial dial = dial_of(d, trunk);
	struct headers_words words;
	char lines[HEADERS_LINES], identity[IDENTITY_VALUE];
	char relay[SECURE_RELAY], name[TRUNK_SUBJECT];
	struct media_self self;
	enum call_err err;

	if (!leg)
		return "out of memory";
	fill_record(d, leg);
	words = (struct headers_words){ .account = d->account,
		.meeting = d->meeting,
		.call = d->id,
		.trunk = trunk->name,
		.caller = dial.from_user,
		.called = d->tries.e164 };
	callerid_write(&dial, n->site, trunk, &words, lines);
	sign(d, trunk, leg, &dial, identity);
	err = leg_open_media(leg, trunk, &self, d->no_port);
	if (secure_way(n, trunk, dial.host, dial.target, relay)) {
		dial.relay = relay;
		dial.certified = secure_name(trunk, dial.host, name);
	} else if (self.srtp == OFFER_SRTP_ALLOW) {
		self.srtp = OFFER_SRTP_NEVER; /* keys would go out for all to read */
	}
	if (!err) {
		leg->state = LEG_DIALLING;
		dial.owner = leg;
		err = call_dial(&leg->call, n->ua, &dial, &self);
	}
	d->attempts++;
	if (err) {
		const char *why = err == CALL_LIMIT     ? d->no_port
				  : err == CALL_ADDRESS ? "we do not listen on the gateway's transport"
							: call_strerror(err);

		leg->dialout = 0;
		leg_note_end(leg, Q850_TEMPORARY, why);
		leg_finish(leg);
		return why;
	}
	leg_take_channel(leg);
	snprintf(leg->cdr.id, sizeof(leg->cdr.id), "%s", call_token(leg->call));
	cdr_say(&leg->cdr, CDR_CALL_ID, "%s", call_sip_id(leg->call));
	snprintf(leg->cdr.session_id, sizeof(leg->cdr.session_id), "%s", call_session(leg->call));
	remark_begin(leg);
	leg_emit(leg, "call.started");
	d->leg = leg;
	d->rang = false;
	d->gave_up = GAVE_UP_NOT;
	d->dialled_us = loop_now_us();
	d->rang_us = 0;
	d->deadline_us = d->dialled_us + silence_ms(n) * 1000ull;
	dialout_set_state(d, DIALOUT_DIALLING);
	return NULL;
}
