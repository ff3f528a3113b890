/* dialout_tell.c - how a dial-out fares, as events and the API say it. */
#include "bridge/dialout_priv.h"
#include <stdio.h>

const char *dialout_state_word(enum dialout_state state)
{
	static const char *const words[] = { "queued", "dialling", "ringing", "early", "answered", "busy",
		"no_answer", "failed" };

	return words[state];
}

json_t *dialout_json(const struct dialout *d)
{
	char to[24];
	const struct dialout_try *t = d->at_try < d->tries.n ? &d->tries.list[d->at_try] : NULL;

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s}", "id", d->id, "meeting",
		d->meeting, "account", d->account, "to", log_number(to, d->tries.e164), "name", d->name,
		"state", dialout_state_word(d->state), "trunk", t ? t->trunk : "", "gateway",
		d->at_target < d->n_targets ? d->targets[d->at_target].target : "", "attempts",
		(int)d->attempts, "hunt", d->hunt, "user", d->user);
}

void dialout_emit(const struct dialout *d, const char *word, json_t *more)
{
	json_t *data = dialout_json(d);
	char type[32];

	if (more)
		json_object_update_new(data, more);
	snprintf(type, sizeof(type), "dialout.%s", word);
	event_emit(d->node->bus, type, data);
}

json_t *dialout_cause_json(const struct dialout *d)
{
	return json_pack("{s:i, s:i, s:s, s:s}", "status", (int)d->status, "q850", (int)d->q850, "cause",
		d->cause, "q850_words", d->q850 ? cause_words(d->q850) : "");
}

void dialout_note_cause(struct dialout *d, unsigned status, unsigned q850, const char *text)
{
	d->status = status;
	d->q850 = q850;
	snprintf(d->cause, sizeof(d->cause), "%s", text);
}

void dialout_set_state(struct dialout *d, enum dialout_state state)
{
	if (d->state == state)
		return;
	d->state = state;
	dialout_emit(d, dialout_state_word(state), NULL);
}
