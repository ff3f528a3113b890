#include "bridge/referral.h"
#include "bridge/dialout.h"
#include "bridge/leg_priv.h"
#include "bridge/meeting.h"
#include "bridge/remark.h"
#include "bridge/referral_here.h"
#include "dialplan/number.h"
#include "sip/vet.h"
#include <stdio.h>
#include <string.h>

enum { BARE_DIGITS = 7 };

static bool is_allowed(const struct leg *leg)
{
	const struct site_trunk *trunk = site_trunk(leg->node->site, leg->cdr.trunk);

	return trunk && trunk->takes_refer;
}

/* ---- REFER ---- */

/* Calling ourselves through a carrier would be a loop. */
static bool comes_back(const struct leg *leg, const char *number)
{
	const struct route_call call = {
		.account = leg->cdr.account, .number = number, .at_s = when_now_us() / 1000000
	};
	struct route_decision d;

	dialling_decide(leg->node->dialling, &call, &d);
	return d.number.e164[0] && referral_here_number(leg->node->site, d.number.e164);
}

/* 404 or 482 would end the call that asks (RFC 5057 section 5.1). */
static unsigned status_of(enum dialout_verdict v)
{
	switch (v) {
	case DIALOUT_OK: return 202;
	case DIALOUT_NO_NUMBER:
	case DIALOUT_NO_ROUTE:
	case DIALOUT_REFUSED: return 403;
	case DIALOUT_BUSY_NODE: return 503;
	case DIALOUT_NOMEM: return 500;
	}
	return 500;
}

/* Of an exchange's own: "204", "bob". */
static bool is_extension(const char *user)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

	return user[0] && strlen(user) < DIALOUT_NUMBER && !user[strspn(user, plain)];
}

/* What the number is, as the phone's trunk writes numbers; "": none.  Of several readings one that is ours. */
static void read_number(const struct leg *leg, const char *user, char e164[NUMBER_E164])
{
	const struct site_trunk *trunk = site_trunk(leg->node->site, leg->cdr.trunk);
	struct number_readings r;
	size_t at = 0;

	e164[0] = '\0';
	if (number_read(&r, user, trunk ? &trunk->country : NULL) != PLAN_OK || r.n == 0)
		return;
	for (size_t i = r.n; i-- > 0;)
		if (referral_here_number(leg->node->site, r.reading[i].e164))
			at = i;
	if (r.reading[at].form == NUMBER_BARE && strlen(user) < BARE_DIGITS &&
		!referral_here_number(leg->node->site, r.reading[at].e164))
		return; /* an extension, rather than a country code without + and hardly a number behind it */
	memcpy(e164, r.reading[at].e164, NUMBER_E164);
}

static unsigned call_them(
	struct leg *leg, const struct refer_target *target, const char *number, const char *e164)
{
	char replaces[3 * REFER_TAG + 40];
	const bool extension = target->has_replaces && !e164[0] && is_extension(number);
	const struct dialout_order order = { .meeting = leg->person->meeting->id,
		.account = leg->cdr.account,
		.to = e164[0] ? e164 : number,
		.extension_from = extension ? leg->cdr.number : NULL,
		.name = "",
		.referrer = leg->id,
		.referred_by = target->referred_by,
		.replaces = target->has_replaces ? replaces : NULL,
		.trunk = target->has_replaces ? leg->cdr.trunk : NULL };
	char id[DIALOUT_ID], why[DIALOUT_WHY];
	enum dialout_verdict verdict;

	(void)refer_replaces_write(replaces, sizeof(replaces), &target->replaces); /* it fits */
	verdict = dialout_start(leg->node, &order, id, why);
	remark(leg,
		verdict == DIALOUT_OK ? "it has us call somebody into the meeting: %s"
				      : "it would have us call somebody: %s",
		verdict == DIALOUT_OK ? id : why);
	return status_of(verdict);
}

static unsigned decide(struct leg *leg, const struct refer_target *target, const char *number)
{
	struct referral_here place;
	char e164[NUMBER_E164];

	if (!is_allowed(leg))
		return 403;
	if (!leg->person || leg->state != LEG_SEATED)
		return 603; /* there is nothing that it could hand on */
	read_number(leg, number, e164);
	if (referral_here_find(leg, target, number, e164, &place))
		return referral_here_ask(leg, &place);
	if (comes_back(leg, number))
		return 403;
	return call_them(leg, target, number, e164);
}

unsigned referral_asked(struct leg *leg, const struct refer_target *target)
{
	char number[sizeof(leg->referred_to)], shown[24];
	unsigned status;

	vet_user(number, sizeof(number), target->user, strlen(target->user));
	number[strcspn(number, ";")] = '\0';
	status = decide(leg, target, number);
	leg_emit_more(leg, "referral.asked",
		json_pack("{s:s, s:i}", "to", log_number(shown, number), "status", (int)status));
	log_line(LOG_INFO, leg_call_id(leg), "referral", "asked to call %s: %u", log_number(shown, number),
		status);
	if (status == 202)
		memcpy(leg->referred_to, number, sizeof(number));
	return status;
}

void referral_news(struct node *n, uint32_t referrer, unsigned status)
{
	struct leg *leg = referrer ? leg_find(n, referrer) : NULL;

	if (!leg || !leg->call || leg->state == LEG_ENDED)
		return; /* it has left meanwhile */
	call_refer_news(leg->call, status);
	if (status < 200)
		return;
	if (status < 300) {
		cdr_say(&leg->cdr, CDR_TRANSFERRED, "%s", leg->referred_to);
		leg_ended_by(leg, WHY_CALLER);
		leg_hangup(leg, Q850_NORMAL, "it had us call somebody in its place");
	} else {
		remark(leg, "whom it had us call did not come: %u", status);
	}
	leg->referred_to[0] = '\0';
}

/* ---- Replaces ---- */

unsigned referral_replaces(struct leg *leg, const struct refer_replaces *r, const char **why)
{
	const struct call *call = call_of_dialog(leg->node->ua, r);
	const struct leg *seat = call ? call_owner(call) : NULL;

	*why = "there is no such call to be replaced";
	if (!seat || strcmp(seat->cdr.trunk, leg->cdr.trunk) != 0)
		return 481; /* another trunk's does not exist here */
	*why = "the trunk's calls are not replaced (refer)";
	if (!is_allowed(leg))
		return 403;
	*why = "the call to be replaced is up";
	if (r->early_only)
		return 486; /* RFC 3891 section 3 */
	*why = "the call to be replaced is in no meeting";
	if (seat->state != LEG_SEATED || !seat->person)
		return 603;
	leg->replaces = seat->id;
	snprintf(leg->cdr.account, sizeof(leg->cdr.account), "%s", seat->cdr.account);
	snprintf(leg->cdr.number, sizeof(leg->cdr.number), "%s", seat->cdr.number);
	snprintf(leg->direct_meeting, sizeof(leg->direct_meeting), "%s", seat->person->meeting->id);
	return 0;
}

bool referral_seat(struct leg *leg)
{
	struct leg *seat = leg->replaces ? leg_find(leg->node, leg->replaces) : NULL;
	struct participant *person = seat && seat->state == LEG_SEATED ? seat->person : NULL;

	if (!leg->replaces)
		return false;
	if (!person || meeting_enter(leg->node, leg, person->meeting->id, person->state.role) != DOOR_OPEN) {
		leg_hangup(leg, Q850_NORMAL_UNSPECIFIED, "the call to be replaced is no more");
		return true;
	}
	leg_emit_more(seat, "call.replaced", json_pack("{s:s}", "by", leg->cdr.id));
	leg_ended_by(seat, WHY_CALLER);
	leg_hangup(seat, Q850_NORMAL, "replaced by another call");
	return true;
}
