#include "sip/early.h"

enum call_err early_plan(
	struct early_plan *out, const struct early_facts *facts, unsigned status, bool wants_sdp)
{
	const bool can = facts->required || facts->supported;
	struct early_plan plan;

	if (status <= 100 || status > 199)
		return CALL_RANGE;
	if (wants_sdp && !facts->media_ready)
		return CALL_STATE;
	plan.with_sdp = wants_sdp && facts->sent != EARLY_RELIABLY && (facts->has_offer || can);
	/* Sofia sends every 183 reliably to whoever supports it: so do we, on purpose */
	plan.reliable = facts->required || (facts->supported && (plan.with_sdp || status == 183));
	if (plan.reliable && facts->awaits_prack)
		return CALL_STATE;
	*out = plan;
	return CALL_OK;
}

bool early_final_sdp(const struct early_facts *facts)
{
	return facts->sent != EARLY_RELIABLY;
}
