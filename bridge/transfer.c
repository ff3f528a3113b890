#include "bridge/transfer.h"
#include "bridge/leg_priv.h"
#include "bridge/remark.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { T1_MS = 500 };

struct transfer {
	char to[TRANSFER_TO];
	bool accepted, charged;
	uint64_t until_us;
};

struct transfer *transfer_free(struct transfer *t)
{
	free(t);
	return NULL;
}

/* ---- asked ---- */

static bool is_uri(const char *to)
{
	return strncasecmp(to, "sip:", 4) == 0 || strncasecmp(to, "sips:", 5) == 0;
}

static enum transfer_verdict say(char why[DIALOUT_WHY], enum transfer_verdict verdict, const char *text)
{
	snprintf(why, DIALOUT_WHY, "%s", text);
	return verdict;
}

static enum transfer_verdict verdict_of(enum dialout_verdict v)
{
	switch (v) {
	case DIALOUT_OK: return TRANSFER_OK;
	case DIALOUT_NO_NUMBER: return TRANSFER_NO_TARGET;
	case DIALOUT_NO_ROUTE: return TRANSFER_NO_ROUTE;
	default: return TRANSFER_REFUSED;
	}
}

/* The number as the leg's own trunk writes it; by E.164 when no route of the account leads over that. */
static const char *written(const struct dialout_tries *tries, const char *trunk)
{
	for (size_t i = 0; i < tries->n; i++)
		if (strcmp(tries->list[i].trunk, trunk) == 0)
			return tries->list[i].number;
	return tries->e164;
}

static enum transfer_verdict to_number(struct leg *leg, struct transfer *t, const char *to,
	struct dialout_tries *tries, char why[DIALOUT_WHY])
{
	const struct dialout_order order = { .id = leg->cdr.id, .account = leg->cdr.account, .to = to };
	const enum transfer_verdict verdict = verdict_of(dialout_tries(leg->node, &order, tries, why));

	t->charged = verdict == TRANSFER_OK;
	snprintf(t->to, sizeof(t->to), "%s", tries->e164);
	return verdict;
}

static void give_back(const struct leg *leg, struct transfer *t)
{
	if (t->charged)
		dialling_give(leg->node->dialling, leg->cdr.account, 0, 0, when_now_us() / 1000000);
	t->charged = false;
}

/* Fills `out`, or says why not. */
static enum transfer_verdict aim(struct leg *leg, struct transfer *t, const char *to,
	const struct leg *replaces, struct dialout_tries *tries, struct call_transfer *out,
	char why[DIALOUT_WHY])
{
	const struct site_trunk *trunk = site_trunk(leg->node->site, leg->cdr.trunk);
	enum transfer_verdict verdict;

	if (!trunk || trunk->refers == SITE_REFER_NEVER)
		return say(why, TRANSFER_FORBIDDEN, "the trunk sends no calls elsewhere (refer)");
	if (replaces) {
		if (replaces == leg || !replaces->call ||
			strcmp(replaces->cdr.account, leg->cdr.account) != 0)
			return say(why, TRANSFER_NO_TARGET, "that call cannot be replaced");
		out->replaces = replaces->call;
		snprintf(t->to, sizeof(t->to), "%s",
			strcmp(replaces->cdr.direction, "out") == 0 ? replaces->cdr.number
								    : replaces->cdr.from_number);
		return TRANSFER_OK;
	}
	if (is_uri(to)) {
		if (trunk->refers != SITE_REFER_ANY)
			return say(why, TRANSFER_FORBIDDEN, "the trunk sends calls to numbers alone (refer)");
		if (strlen(to) >= sizeof(t->to) || to[strcspn(to, "<>\" \t\r\n")])
			return say(why, TRANSFER_NO_TARGET, "that is no SIP URI");
		snprintf(t->to, sizeof(t->to), "%s", to);
		out->uri = t->to;
		return TRANSFER_OK;
	}
	verdict = to_number(leg, t, to, tries, why);
	out->number = written(tries, leg->cdr.trunk);
	return verdict;
}

static void emit(
	const struct leg *leg, const struct transfer *t, const char *word, unsigned status, const char *why)
{
	char type[32], to[24];

	snprintf(type, sizeof(type), "transfer.%s", word);
	leg_emit_more(leg, type,
		json_pack("{s:s, s:i, s:s}", "to", is_uri(t->to) ? t->to : log_number(to, t->to), "status",
			(int)status, "why", why));
	log_line(LOG_INFO, leg_call_id(leg), "transfer", "%s (status %u)%s%s", word, status,
		why[0] ? ": " : "", why);
}

static uint64_t limit_us(const struct node *n)
{
	return TRANSFER_T1 * 1000ull * (n->config.sip.t1_ms ? n->config.sip.t1_ms : T1_MS);
}

enum transfer_verdict transfer_start(
	struct leg *leg, const char *to, const struct leg *replaces, char why[DIALOUT_WHY])
{
	struct transfer *t;
	struct dialout_tries tries = { .n = 0 };
	struct call_transfer aimed = { .number = NULL };
	enum transfer_verdict verdict;

	if (!leg->call || leg->state == LEG_DIALLING || leg->state == LEG_ENDED || leg->transfer)
		return say(why, TRANSFER_STATE,
			leg->transfer ? "it is being transferred already" : "the call is not up");
	t = calloc(1, sizeof(*t));
	if (!t)
		return say(why, TRANSFER_NOMEM, "out of memory");
	verdict = aim(leg, t, to, replaces, &tries, &aimed, why);
	if (!verdict && call_refer(leg->call, &aimed) != CALL_OK)
		verdict = say(why, TRANSFER_STATE, "the call, or the one to be replaced, is not up");
	if (verdict) {
		give_back(leg, t);
		transfer_free(t);
		return verdict;
	}
	t->until_us = loop_now_us() + limit_us(leg->node);
	leg->transfer = t;
	remark(leg, "the far end is asked to call somebody else (REFER)");
	emit(leg, t, "started", 0, "");
	return TRANSFER_OK;
}

/* ---- what became of it ---- */

static void over(struct leg *leg, const char *word, unsigned status, const char *why)
{
	emit(leg, leg->transfer, word, status, why);
	give_back(leg, leg->transfer);
	leg->transfer = transfer_free(leg->transfer);
}

static void succeeded(struct leg *leg, unsigned status, const char *why)
{
	cdr_say(&leg->cdr, CDR_TRANSFERRED, "%s", leg->transfer->to);
	over(leg, "done", status, why);
}

void transfer_news(struct leg *leg, enum call_referred what, unsigned status)
{
	struct transfer *t = leg->transfer;
	char why[64];

	if (!t)
		return;
	switch (what) {
	case REFERRED_ACCEPTED:
		t->accepted = true;
		emit(leg, t, "accepted", status, "");
		break;
	case REFERRED_PROGRESS: emit(leg, t, "progress", status, ""); break;
	case REFERRED_DONE:
		remark(leg, "it was transferred");
		succeeded(leg, status, "");
		leg_ended_by(leg, WHY_OPERATOR);
		leg_hangup(leg, Q850_NORMAL, "transferred");
		break;
	case REFERRED_FAILED:
		snprintf(why, sizeof(why), "%s",
			status ? "whom it was sent to did not answer"
			       : "the far end does not say how it went");
		remark(leg, "it was not transferred: %u", status);
		over(leg, "failed", status, why);
		break;
	case REFERRED_REFUSED:
		remark(leg, "the far end does not transfer it: %u", status);
		over(leg, "failed", status, "the far end does not transfer calls");
		break;
	}
}

void transfer_tick(struct leg *leg, uint64_t now_us)
{
	if (!leg->transfer || now_us < leg->transfer->until_us)
		return;
	if (leg->call)
		call_refer_forget(leg->call);
	over(leg, "failed", 0, "no word from the far end");
}

void transfer_ended(struct leg *leg)
{
	if (!leg->transfer)
		return;
	if (leg->transfer->accepted && leg->cdr.by_far_end)
		succeeded(leg, 0, "the far end left before it said how it went");
	else
		over(leg, "failed", 0, "the call has ended");
}
