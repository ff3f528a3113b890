/* call_refer.c - calls that are sent elsewhere: REFER from us and its NOTIFYs, REFER from them and ours (RFC 3515).
 *
 *            us                           them                        them                         us
 *   call_refer()   REFER ----------->              |   REFER -------------> on_refer(): 202, or why not
 *                  <------- 202: accepted          |   <------- 202, NOTIFY 100
 *                  <--- NOTIFY 180: progress       |   <------- NOTIFY 180      call_refer_news()
 *                  <--- NOTIFY 200: done           |   <------- NOTIFY 200, terminated
 */
#include "sip/call_priv.h"
#include "sip/ua_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct call_refer *refer_state_free(struct call_refer *r)
{
	if (r)
		free(r->to);
	free(r);
	return NULL;
}

static struct call_refer *state_of(struct call *c)
{
	if (!c->refer)
		c->refer = calloc(1, sizeof(*c->refer));
	return c->refer;
}

/* ---- ours ---- */

/* Our own tag in its dialog; "" not known. */
static size_t local_tag(const struct call *c, const char **tag)
{
	const char *at = c->out ? strstr(c->out->from, ";tag=") : NULL;

	*tag = at ? at + 5 : c->local_tag ? c->local_tag : "";
	return strlen(*tag);
}

/* Where the far end of a call can be called, for who replaces it. */
static bool write_replacing(char *out, size_t cap, const struct call *c)
{
	const char *target = c->out ? c->out->remote_target : c->target, *ours;
	char value[3 * REFER_TAG + 40], escaped[3 * sizeof(value)];
	int n;

	if (!target || !target[0] || strpbrk(target, "<>?") || local_tag(c, &ours) == 0 || !c->remote_tag[0])
		return false;
	n = snprintf(value, sizeof(value), "%s;to-tag=%s;from-tag=%s", c->id, c->remote_tag, ours);
	if (n < 0 || (size_t)n >= sizeof(value) || !refer_escape(escaped, sizeof(escaped), value))
		return false;
	n = snprintf(out, cap, "<%s?Replaces=%s>", target, escaped);
	return n > 0 && (size_t)n < cap;
}

/* As whom the far end knows the gateway: a number there is called by it. */
static bool write_number(char *out, size_t cap, const struct call *c, const char *user)
{
	char escaped[CALL_URI];
	const char *host = c->peer_host;
	char called[CALL_URI] = "";
	int n;

	if (c->out) {
		const char *at = strrchr(c->out->request_uri, '@');

		snprintf(called, sizeof(called), "%s", at ? at + 1 : "");
		called[strcspn(called, ";?>")] = '\0';
		host = called;
	}
	if (!host || !host[0] || !refer_escape(escaped, sizeof(escaped), user))
		return false;
	n = snprintf(out, cap, "<sip:%s@%s>", escaped, host);
	return n > 0 && (size_t)n < cap;
}

static bool write_uri(char *out, size_t cap, const char *uri)
{
	const int n = snprintf(out, cap, "<%s>", uri);

	return n > 0 && (size_t)n < cap && vet_uri(uri, strlen(uri)) == VET_OK;
}

enum call_err call_refer(struct call *c, const struct call_transfer *t)
{
	struct call_refer *r;
	char to[4096];
	bool good;

	if (c->state != DIALOG_CONFIRMED || c->finished || (c->refer && c->refer->ours))
		return CALL_STATE;
	if (t->replaces)
		good = t->replaces->state == DIALOG_CONFIRMED && write_replacing(to, sizeof(to), t->replaces);
	else if (t->number)
		good = write_number(to, sizeof(to), c, t->number);
	else
		good = write_uri(to, sizeof(to), t->uri);
	if (!good)
		return CALL_RANGE;
	r = state_of(c);
	if (r)
		r->to = strdup(to);
	if (!r || !r->to)
		return CALL_NOMEM;
	if (c->out)
		login_fresh(&c->out->login);
	r->ours = true;
	ua_send_refer(c, r->to);
	return CALL_OK;
}

static void tell(struct call *c, enum call_referred what, unsigned status)
{
	const bool goes_on = what == REFERRED_ACCEPTED || what == REFERRED_PROGRESS;

	if (!goes_on) {
		c->refer->ours = false;
		free(c->refer->to);
		c->refer->to = NULL;
	}
	if (c->ua->config.on.on_referred && !c->finished)
		c->ua->config.on.on_referred(c->owner, c, what, status);
}

void call_take_refer_response(struct call *c, const struct call_response *r)
{
	if (r->status < 200 || !c->refer || !c->refer->ours)
		return;
	if (call_take_challenge(c, r, "REFER")) {
		ua_send_refer(c, c->refer->to);
		return;
	}
	if (!r->none && r->status < 300)
		tell(c, REFERRED_ACCEPTED, r->status);
	else
		tell(c, REFERRED_REFUSED, r->none ? 408 : r->status);
}

void call_take_notify(struct call *c, unsigned status, bool last)
{
	if (!c->refer || !c->refer->ours)
		return;
	if (status >= 200)
		tell(c, status < 300 ? REFERRED_DONE : REFERRED_FAILED, status);
	else if (last)
		tell(c, REFERRED_FAILED, 0);
	else if (status)
		tell(c, REFERRED_PROGRESS, status);
}

void call_refer_forget(struct call *c)
{
	if (!c->refer)
		return;
	c->refer->ours = false;
	free(c->refer->to);
	c->refer->to = NULL;
}

/* ---- theirs ---- */

unsigned call_take_refer(struct call *c, const struct refer_target *target, const char *event)
{
	const struct call_handlers *on = &c->ua->config.on;
	unsigned status;

	if (c->state != DIALOG_CONFIRMED || !on->on_refer || !c->owner)
		return 603;
	if (c->refer && c->refer->theirs)
		return 491;
	if (!state_of(c))
		return 500;
	snprintf(c->refer->event, sizeof(c->refer->event), "%s", event);
	status = on->on_refer(c->owner, c, target);
	c->refer->theirs = status < 300;
	return status;
}

void call_refer_news(struct call *c, unsigned status)
{
	char fragment[96];

	if (!c->refer || !c->refer->theirs)
		return;
	c->refer->theirs = status < 200;
	snprintf(fragment, sizeof(fragment), "SIP/2.0 %u %.60s\r\n", status, status_words(status));
	ua_send_notify(c, c->refer->event, fragment, status >= 200);
}
