#include "bridge/cnam.h"
#include "bridge/dips.h"
#include "bridge/leg_priv.h"
#include "bridge/meeting.h"
#include "bridge/remark.h"

#include <stdio.h>

static bool read_caller(char e164[NUMBER_E164], const struct cdr *cdr, const struct site_trunk *trunk)
{
	struct number_readings readings;

	if (number_read(&readings, cdr->from_number, trunk ? &trunk->country : NULL) != PLAN_OK)
		return false;
	snprintf(e164, NUMBER_E164, "%s", readings.reading[0].e164);
	return true;
}

static void on_answer(struct node *n, uint32_t id, struct dips_answer *answer)
{
	struct leg *leg = leg_find(n, id);
	char uri[NAPTR_URI], name[NAPTR_TEXT], e164[NUMBER_E164];
	const char *why = answer->failure;

	if (!leg)
		return;
	if (!read_caller(e164, &leg->cdr, site_trunk(n->site, leg->cdr.trunk)))
		return;
	if (!why)
		why = naptr_pick(uri, answer->records, answer->n, NAPTR_CNAM, e164);
	if (!why && !naptr_text(name, uri))
		why = "no name in the answer";
	cdr_say(&leg->cdr, CDR_DIPS, "cnam: %.80s", why ? why : "found");
	if (why) {
		remark(leg, "the caller's name is not known: %s", why);
		return;
	}
	cdr_say(&leg->cdr, CDR_CALLER_NAME, "%s", name);
	remark(leg, "the caller's name was looked up");
	meeting_name(leg, name);
}

void cnam_begin(struct leg *leg, const struct site_trunk *trunk)
{
	const struct site_account *account = site_account(leg->node->site, leg->cdr.account);
	char e164[NUMBER_E164], name[NAPTR_NAME];

	if (!leg->node->dips || !account || !account->cnam_suffix[0] ||
		!read_caller(e164, &leg->cdr, trunk) || !naptr_domain(name, e164, account->cnam_suffix))
		return;
	dips_ask(leg->node->dips, name, account->cnam_ms, on_answer, leg->id);
}
