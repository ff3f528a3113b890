#include "tools/crowd_call.h"
#include "tools/crowd_text.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *crowd_end_text(enum crowd_end end)
{
	static const char *const text[CROWD_ENDS] = { "running", "planned", "far end", "refused", "timeout",
		"cancelled", "unusable" };

	return (unsigned)end < CROWD_ENDS ? text[end] : "unknown";
}

static const char *ip_text(const struct sockaddr_in *a, char text[INET_ADDRSTRLEN])
{
	return inet_ntop(AF_INET, &a->sin_addr, text, INET_ADDRSTRLEN);
}

static void put(struct crowd_outbox *out, const struct sockaddr_in *to, size_t len)
{
	if (len == 0 || len >= CROWD_MESSAGE)
		return;
	out->items[out->n].len = len;
	out->items[out->n].to = *to;
	out->n++;
}

static bool outbox_full(const struct crowd_outbox *out)
{
	return out->n >= sizeof(out->items) / sizeof(*out->items);
}

/* Writes a request.  `branch_method` differs from the method where two share a branch: a CANCEL and the ACK of a
 * refusal have their INVITE's (RFC 3261 sections 9.1 and 17.1.1.3); the ACK of a 2xx has its own. */
static void request(const struct crowd_call *c, struct crowd_outbox *out, const char *method,
	const char *branch_method, uint32_t cseq, bool in_dialog, const char *type, const char *body)
{
	char ip[INET_ADDRSTRLEN];

	if (outbox_full(out))
		return;
	struct text t = { out->items[out->n].text, CROWD_MESSAGE, 0 };
	ip_text(&c->local, ip);
	unsigned port = ntohs(c->local.sin_port);

	add(&t, "%s %s SIP/2.0\r\n", method, in_dialog ? c->target : c->to_uri);
	add(&t, "Via: SIP/2.0/UDP %s:%u;rport;branch=z9hG4bK%s-%u-%s\r\n", ip, port, c->from_tag, cseq,
		branch_method);
	if (in_dialog && c->routes[0])
		add(&t, "Route: %s\r\n", c->routes);
	add(&t, "Max-Forwards: 70\r\nFrom: <sip:%s@%s:%u>;tag=%s\r\n", c->from_user, ip, port, c->from_tag);
	add(&t, "To: <%s>", c->to_uri);
	/* The ACK of a refusal carries the refusal's tag; a CANCEL its INVITE's To: without. */
	if (c->to_tag[0] && strcmp(method, "CANCEL") != 0 && strcmp(method, "INVITE") != 0)
		add(&t, ";tag=%s", c->to_tag);
	add(&t, "\r\nCall-ID: %s\r\nCSeq: %u %s\r\n", c->call_id, cseq, method);
	if (strcmp(method, "INVITE") == 0)
		add(&t,
			"Contact: <sip:%s@%s:%u>\r\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, "
			"UPDATE\r\n",
			c->from_user, ip, port);
	add(&t, "User-Agent: crowd\r\n");
	if (type)
		add(&t, "Content-Type: %s\r\n", type);
	add(&t, "Content-Length: %zu\r\n\r\n%s", body ? strlen(body) : 0, body ? body : "");
	put(out, in_dialog ? &c->next_hop : &c->server, t.len);
}

static void send_invite(const struct crowd_call *c, struct crowd_outbox *out)
{
	char sdp[CROWD_SDP];

	if (crowd_offer_write(sdp, sizeof(sdp), &c->offer))
		request(c, out, "INVITE", "INVITE", c->invite_cseq, false, "application/sdp", sdp);
}

static void send_info(const struct crowd_call *c, struct crowd_outbox *out)
{
	char body[64];

	snprintf(body, sizeof(body), "Signal=%c\r\nDuration=%u\r\n", c->info_key, c->info_ms);
	request(c, out, "INFO", "INFO", c->info.cseq, true, "application/dtmf-relay", body);
}

static struct crowd_transaction transaction(uint32_t cseq, uint64_t now_us)
{
	return (struct crowd_transaction){ .cseq = cseq,
		.next_us = now_us + CROWD_T1_US,
		.interval_us = CROWD_T1_US,
		.give_up_us = now_us + CROWD_GIVE_UP_US };
}

static void finish(struct crowd_call *c, enum crowd_end end, uint64_t now_us)
{
	static const struct crowd_transaction none;

	c->state = CROWD_ENDED;
	if (c->end == CROWD_END_NONE)
		c->end = end;
	c->ended_us = now_us;
	c->invite = c->cancel = c->bye = c->info = none;
}

void crowd_call_start(struct crowd_call *c, uint64_t now_us, struct crowd_outbox *out)
{
	c->state = CROWD_CALLING;
	c->started_us = now_us;
	c->invite_cseq = ++c->cseq;
	c->invite = transaction(c->invite_cseq, now_us);
	send_invite(c, out);
}

static void start_bye(struct crowd_call *c, uint64_t now_us, struct crowd_outbox *out)
{
	c->state = CROWD_LEAVING;
	c->bye = transaction(++c->cseq, now_us);
	request(c, out, "BYE", "BYE", c->bye.cseq, true, NULL, NULL);
}

static void start_cancel(struct crowd_call *c, uint64_t now_us, struct crowd_outbox *out)
{
	c->state = CROWD_CANCELLING;
	c->cancel = transaction(c->invite_cseq, now_us);
	request(c, out, "CANCEL", "INVITE", c->invite_cseq, false, NULL, NULL);
}

void crowd_call_hangup(struct crowd_call *c, uint64_t now_us, struct crowd_outbox *out)
{
	if (c->state == CROWD_TALKING)
		start_bye(c, now_us, out);
	else if (c->state == CROWD_PROCEEDING)
		start_cancel(c, now_us, out);
	else if (c->state == CROWD_CALLING)
		c->hangup_wanted = true; /* nothing may be cancelled before a 1xx (RFC 3261 section 9.1) */
	else if (c->state == CROWD_IDLE)
		finish(c, CROWD_END_CANCELLED, now_us);
}

bool crowd_call_info(struct crowd_call *c, char key, unsigned ms, uint64_t now_us, struct crowd_outbox *out)
{
	if (c->state != CROWD_TALKING || c->info.cseq)
		return false;
	c->info_key = key;
	c->info_ms = ms;
	c->info = transaction(++c->cseq, now_us);
	send_info(c, out);
	return true;
}

static bool allowed(const struct crowd_call *c, struct in_addr ip)
{
	return c->allow_remote || (ntohl(ip.s_addr) >> 24) == 127;
}

/* Address of a sip: URI with a literal host. */
static bool uri_address(struct crowd_span uri, struct sockaddr_in *out)
{
	char host[64];
	uint16_t port;

	*out = (struct sockaddr_in){ .sin_family = AF_INET };
	if (!crowd_uri_host(uri, host, sizeof(host), &port) || inet_pton(AF_INET, host, &out->sin_addr) != 1)
		return false;
	out->sin_port = htons(port);
	return true;
}

/* The route set: Record-Route from the last to the first (RFC 3261 section 12.1.2), one list over all headers. */
static bool read_routes(struct crowd_call *c, const struct crowd_message *m)
{
	char list[sizeof(c->routes)] = "";

	for (unsigned i = 0; i < m->n_routes; i++) {
		const char *p = m->routes[i].p, *end = p + m->routes[i].len;
		while (p < end) {
			const char *close = memchr(p, '>', (size_t)(end - p));
			const char *comma = close ? memchr(close, ',', (size_t)(end - close)) : NULL;
			const char *stop = comma ? comma : end;
			char one[CROWD_URI], longer[sizeof(list)];
			while (p < stop && (*p == ' ' || *p == '\t'))
				p++;
			if (!crowd_span_copy(one, sizeof(one), (struct crowd_span){ p, (size_t)(stop - p) }))
				return false;
			int n = snprintf(longer, sizeof(longer), "%s%s%s", one, list[0] ? ", " : "", list);
			if (n < 0 || (size_t)n >= sizeof(longer))
				return false;
			memcpy(list, longer, sizeof(list));
			p = comma ? comma + 1 : end;
		}
	}
	memcpy(c->routes, list, sizeof(c->routes));
	return true;
}

/* Takes the dialog's identifiers from a 2xx.  False: unusable. */
static bool read_dialog(struct crowd_call *c, const struct crowd_message *m)
{
	struct sockaddr_in hop;

	if (!crowd_span_copy(c->target, sizeof(c->target), crowd_span_uri(m->contact)) || !c->target[0])
		return false;
	if (!read_routes(c, m))
		return false;
	struct crowd_span first =
		c->routes[0] ? (struct crowd_span){ c->routes, strlen(c->routes) } : m->contact;
	c->next_hop = uri_address(crowd_span_uri(first), &hop) ? hop : c->server;
	return allowed(c, c->next_hop.sin_addr);
}

static void on_answered(
	struct crowd_call *c, const struct crowd_message *m, uint64_t now_us, struct crowd_outbox *out)
{
	c->status = m->status;
	c->invite.cseq = c->cancel.cseq = 0;
	bool dialog = crowd_span_copy(c->to_tag, sizeof(c->to_tag), m->to_tag) && read_dialog(c, m);
	if (!dialog) { /* nowhere to send an ACK or a BYE */
		finish(c, CROWD_END_UNUSABLE, now_us);
		return;
	}
	request(c, out, "ACK", "ACK", c->invite_cseq, true, NULL, NULL);
	bool media = crowd_answer_read(&c->answer, m->body.p, m->body.len, &c->offer) && c->answer.port &&
		     allowed(c, c->answer.ip);
	if (c->state == CROWD_CANCELLING || c->hangup_wanted) {
		c->end = CROWD_END_CANCELLED;
		start_bye(c, now_us, out);
	} else if (!media) {
		c->end = CROWD_END_UNUSABLE;
		start_bye(c, now_us, out);
	} else {
		c->state = CROWD_TALKING;
		c->answered_us = now_us;
	}
}

static void on_refused(
	struct crowd_call *c, const struct crowd_message *m, uint64_t now_us, struct crowd_outbox *out)
{
	char seconds[16];

	crowd_span_copy(c->to_tag, sizeof(c->to_tag), m->to_tag);
	c->status = m->status;
	if (crowd_span_copy(seconds, sizeof(seconds), m->retry_after))
		c->retry_after_s = (unsigned)strtoul(seconds, NULL, 10);
	request(c, out, "ACK", "INVITE", c->invite_cseq, false, NULL, NULL);
	bool ours = c->state == CROWD_CANCELLING || c->hangup_wanted;
	finish(c, ours ? CROWD_END_CANCELLED : CROWD_END_REFUSED, now_us);
}

static void on_invite_response(
	struct crowd_call *c, const struct crowd_message *m, uint64_t now_us, struct crowd_outbox *out)
{
	if (m->cseq != c->invite_cseq)
		return;
	if (!c->invite.cseq) { /* settled: what comes now is a repetition, acknowledged again */
		if (m->status >= 200 && m->status < 300 && c->target[0])
			request(c, out, "ACK", "ACK", c->invite_cseq, true, NULL, NULL);
		else if (m->status >= 300)
			request(c, out, "ACK", "INVITE", c->invite_cseq, false, NULL, NULL);
		return;
	}
	if (m->status < 200) {
		c->invite.quiet = true;
		if (c->state == CROWD_CALLING) {
			c->state = CROWD_PROCEEDING;
			if (c->hangup_wanted)
				start_cancel(c, now_us, out);
		}
	} else if (m->status < 300) {
		on_answered(c, m, now_us, out);
	} else {
		on_refused(c, m, now_us, out);
	}
}

static void on_response(
	struct crowd_call *c, const struct crowd_message *m, uint64_t now_us, struct crowd_outbox *out)
{
	if (crowd_span_is(m->method, "INVITE")) {
		on_invite_response(c, m, now_us, out);
	} else if (m->status < 200) {
		return;
	} else if (crowd_span_is(m->method, "BYE") && c->bye.cseq && m->cseq == c->bye.cseq) {
		finish(c, CROWD_END_PLANNED, now_us);
	} else if (crowd_span_is(m->method, "INFO") && m->cseq == c->info.cseq) {
		c->info.cseq = 0;
	} else if (crowd_span_is(m->method, "CANCEL") && m->cseq == c->cancel.cseq) {
		c->cancel.cseq = 0; /* the INVITE's own answer follows */
	}
}

static void reply(const struct crowd_call *c, const struct crowd_message *m, unsigned status,
	const char *phrase, const char *sdp, struct crowd_outbox *out)
{
	char contact[128], ip[INET_ADDRSTRLEN];

	if (outbox_full(out))
		return;
	snprintf(contact, sizeof(contact), "sip:%s@%s:%u", c->from_user, ip_text(&c->local, ip),
		ntohs(c->local.sin_port));
	put(out, c->target[0] ? &c->next_hop : &c->server,
		crowd_reply_write(out->items[out->n].text, CROWD_MESSAGE, m, status, phrase, c->from_tag,
			contact, sdp));
}

/* re-INVITE or UPDATE: the media may move; our own side stays as it was. */
static void on_reoffer(struct crowd_call *c, const struct crowd_message *m, struct crowd_outbox *out)
{
	struct crowd_offer ours = c->offer;
	struct crowd_answer theirs;
	char sdp[CROWD_SDP];

	if (m->body.len > 0) {
		if (!crowd_answer_read(&theirs, m->body.p, m->body.len, &ours) || !allowed(c, theirs.ip)) {
			reply(c, m, 488, "Not Acceptable Here", NULL, out);
			return;
		}
		c->answer_changed = true;
		c->answer = theirs;
		ours.direction = theirs.sends && theirs.receives ? "sendrecv"
				 : theirs.sends                  ? "recvonly"
				 : theirs.receives               ? "sendonly"
								 : "inactive";
	}
	bool wants_sdp = m->body.len > 0 || crowd_span_is(m->method, "INVITE");
	reply(c, m, 200, "OK", wants_sdp && crowd_offer_write(sdp, sizeof(sdp), &ours) ? sdp : NULL, out);
}

static void on_request(
	struct crowd_call *c, const struct crowd_message *m, uint64_t now_us, struct crowd_outbox *out)
{
	bool in_dialog = c->to_tag[0] && crowd_span_is(m->from_tag, c->to_tag) &&
			 crowd_span_is(m->to_tag, c->from_tag);

	if (crowd_span_is(m->method, "ACK"))
		return;
	if (!in_dialog) {
		reply(c, m, 481, "Call/Transaction Does Not Exist", NULL, out);
	} else if (crowd_span_is(m->method, "BYE")) {
		reply(c, m, 200, "OK", NULL, out);
		if (c->state == CROWD_TALKING) /* when we are leaving as well, our BYE's answer ends it */
			finish(c, CROWD_END_FAR, now_us);
	} else if (crowd_span_is(m->method, "INVITE") || crowd_span_is(m->method, "UPDATE")) {
		if (c->state == CROWD_TALKING)
			on_reoffer(c, m, out);
		else
			reply(c, m, 481, "Call/Transaction Does Not Exist", NULL, out);
	} else if (crowd_span_is(m->method, "CANCEL")) {
		reply(c, m, 481, "Call/Transaction Does Not Exist", NULL, out);
	} else if (crowd_span_is(m->method, "OPTIONS") || crowd_span_is(m->method, "INFO")) {
		reply(c, m, 200, "OK", NULL, out);
	} else {
		reply(c, m, 501, "Not Implemented", NULL, out);
	}
}

void crowd_call_take(
	struct crowd_call *c, const struct crowd_message *m, uint64_t now_us, struct crowd_outbox *out)
{
	if (c->state == CROWD_IDLE)
		return;
	if (!m->status)
		on_request(c, m, now_us, out);
	else if (crowd_span_is(m->from_tag, c->from_tag))
		on_response(c, m, now_us, out);
}

static uint64_t due(const struct crowd_transaction *t)
{
	if (!t->cseq)
		return UINT64_MAX;
	return t->quiet || t->next_us > t->give_up_us ? t->give_up_us : t->next_us;
}

uint64_t crowd_call_next(const struct crowd_call *c)
{
	const struct crowd_transaction *all[] = { &c->invite, &c->cancel, &c->bye, &c->info };
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (due(all[i]) < next)
			next = due(all[i]);
	return next;
}

/* True: to be sent again now. */
static bool again(struct crowd_call *c, struct crowd_transaction *t, uint64_t cap_us, uint64_t now_us)
{
	if (!t->cseq || t->quiet || now_us < t->next_us || now_us >= t->give_up_us)
		return false;
	t->interval_us = 2 * t->interval_us < cap_us ? 2 * t->interval_us : cap_us;
	t->next_us = now_us + t->interval_us;
	c->retransmits++;
	return true;
}

static bool given_up(const struct crowd_transaction *t, uint64_t now_us)
{
	return t->cseq && now_us >= t->give_up_us;
}

void crowd_call_timer(struct crowd_call *c, uint64_t now_us, struct crowd_outbox *out)
{
	if (again(c, &c->invite, UINT64_MAX, now_us))
		send_invite(c, out);
	if (again(c, &c->cancel, CROWD_T2_US, now_us))
		request(c, out, "CANCEL", "INVITE", c->invite_cseq, false, NULL, NULL);
	if (again(c, &c->bye, CROWD_T2_US, now_us))
		request(c, out, "BYE", "BYE", c->bye.cseq, true, NULL, NULL);
	if (again(c, &c->info, CROWD_T2_US, now_us))
		send_info(c, out);

	if (given_up(&c->info, now_us))
		c->info.cseq = 0;
	if (given_up(&c->bye, now_us) || given_up(&c->cancel, now_us)) {
		finish(c, CROWD_END_TIMEOUT, now_us);
	} else if (given_up(&c->invite, now_us)) {
		if (c->state != CROWD_PROCEEDING) {
			finish(c, CROWD_END_TIMEOUT, now_us);
		} else { /* it rings for ever: cancelled, and waited for once more */
			c->end = CROWD_END_TIMEOUT;
			c->invite.give_up_us = now_us + CROWD_GIVE_UP_US;
			start_cancel(c, now_us, out);
		}
	}
}
