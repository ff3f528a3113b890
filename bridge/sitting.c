#include "bridge/sitting.h"
#include "bridge/node.h"
#include "bridge/when.h"
#include "dialplan/money.h"

#include <stdio.h>

enum { HUNDREDTHS = 100, SECOND_US = 1000000 };

void sitting_since(char out[SITTING_ID], int64_t us)
{
	snprintf(out, SITTING_ID, "%0*llx", SITTING_TIME, (unsigned long long)(us > 0 ? us : 0));
}

void sitting_make(char out[SITTING_ID], int64_t opened_us)
{
	char chance[SITTING_ID - SITTING_TIME];

	sitting_since(out, opened_us);
	node_token(chance, sizeof(chance) - 2);
	snprintf(out + SITTING_TIME, SITTING_ID - SITTING_TIME, "-%.8s", chance);
}

static json_t *score_json(unsigned hundredths)
{
	return hundredths ? json_real((double)hundredths / HUNDREDTHS) : json_null();
}

json_t *sitting_json(const struct sitting *s)
{
	char cost[MONEY_TEXT];

	return json_pack(
		"{s:s, s:s, s:s, s:o, s:o, s:f, s:i, s:i, s:i, s:i, s:f, s:o, s:s, s:o, s:o, s:i, s:s, s:s}",
		"id", s->id, "account", s->account, "meeting", s->meeting, "opened_at",
		when_json(s->opened_us), "ended_at", when_json(s->ended_us), "duration_s",
		(double)(s->ended_us - s->opened_us) / SECOND_US, "calls", (int)s->calls, "dialled",
		(int)s->dialled, "participants", (int)s->participants, "most", (int)s->most, "talked_s",
		(double)s->talked_us / SECOND_US, "cost",
		s->currency[0] ? json_string(money_text(cost, s->cost)) : json_null(), "currency",
		s->currency, "mos", score_json(s->mos), "worst_mos", score_json(s->worst_mos), "troubled",
		(int)s->troubled, "cause", s->cause, "ended_by", s->ended_by);
}
