#include "bridge/quirks.h"
#include "bridge/carrier.h"
#include "bridge/remark.h"
#include <stdio.h>
#include <string.h>

void quirks_tell(struct leg *leg, enum quirk quirk)
{
	struct carrier *c = carrier_find(leg->node, leg->cdr.trunk);

	if (leg->quirks & 1U << quirk)
		return;
	leg->quirks |= 1U << quirk;
	cdr_add_word(&leg->cdr, CDR_QUIRKS, quirk_name(quirk));
	remark(leg, "the far end %s (%s)", quirk_words(quirk), quirk_name(quirk));
	log_line(LOG_DEBUG, leg_call_id(leg), "media", "the far end %s (%s)", quirk_words(quirk),
		quirk_name(quirk));
	if (c)
		c->tally.quirks[quirk]++;
}

json_t *quirks_json(uint32_t quirks)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < QUIRKS; i++)
		if (quirks >> i & 1)
			json_array_append_new(list, json_string(quirk_name((enum quirk)i)));
	return list;
}

json_t *quirks_trunk_json(const uint32_t calls[QUIRKS])
{
	json_t *list = json_array();

	for (unsigned i = 0; i < QUIRKS; i++)
		if (calls[i])
			json_array_append_new(
				list, json_pack("{s:s, s:i, s:s}", "quirk", quirk_name((enum quirk)i),
					      "calls", (int)calls[i], "what", quirk_words((enum quirk)i)));
	return list;
}
