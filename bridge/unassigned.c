#include "bridge/unassigned.h"
#include "bridge/conditions.h"
#include "bridge/leg_priv.h"
#include <openssl/crypto.h>
#include <jansson.h>

static const char cause[] = "nobody has this number";

void unassigned_alarm(const struct leg *leg, const char *number)
{
	log_line(LOG_WARNING, leg_call_id(leg), "number", "%s comes by trunk %s, and nobody has it", number,
		leg->cdr.trunk);
	conditions_unassigned(leg->node, leg->cdr.trunk, number);
	event_emit(leg->node->bus, "number.unassigned",
		json_pack("{s:s, s:s, s:s}", "trunk", leg->cdr.trunk, "number", number, "call", leg->cdr.id));
}

bool unassigned_begin(struct leg *leg, const struct site_trunk *trunk, bool has_offer)
{
	char why[INTERFACES_WHY];
	struct media_self self;
	enum call_err err;

	if (!has_offer || leg->node->n_announced >= UNASSIGNED_AT_ONCE)
		return false;
	err = leg_open_media(leg, trunk, &self, why);
	if (!err)
		err = call_accept_media(leg->call, &self);
	OPENSSL_cleanse(&self, sizeof(self));
	if (!err)
		err = call_progress(leg->call, 183, true);
	if (err || leg_place(leg))
		return false;
	leg->state = LEG_ANNOUNCING;
	leg->announced = true;
	leg->node->n_announced++;
	leg_say_one(leg, PROMPT_UNASSIGNED);
	return true;
}

void unassigned_said(struct leg *leg)
{
	leg_note_end(leg, Q850_UNALLOCATED, cause);
	if (leg->call)
		call_refuse(leg->call, 404, Q850_UNALLOCATED, cause, 0);
}

void unassigned_tick(struct leg *leg, uint64_t now_us)
{
	if (leg->call && now_us > leg->placed_us + UNASSIGNED_MAX_S * 1000000ull)
		unassigned_said(leg);
}

void unassigned_end(struct leg *leg)
{
	leg->node->n_announced -= leg->announced;
	leg->announced = false;
}
