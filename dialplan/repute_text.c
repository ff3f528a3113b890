/* repute_text.c - what was learned of a trunk, as a line of text: "1 LOW SINCE_S PROBED_S", then " AT_S:PDD_MS:HOW" per call and " AT_S/TALKED_S" per
 * talk that counts, oldest first; HOW is a letter, a(nswered), r(eached) or x (neither). */
#include "dialplan/repute.h"

#include <stdio.h>
#include <string.h>

void repute_write(const struct repute *r, char out[REPUTE_SAVED])
{
	size_t len = (size_t)snprintf(
		out, REPUTE_SAVED, "1 %d %lld %lld", r->low, (long long)r->since_s, (long long)r->probed_s);

	for (unsigned i = r->n_calls; i > 0; i--) {
		const struct repute_call *c = &r->calls[(r->next_call + REPUTE_CALLS - i) % REPUTE_CALLS];

		len += (size_t)snprintf(out + len, REPUTE_SAVED - len, " %lld:%u:%c", (long long)c->at_s,
			c->pdd_ms,
			c->answered  ? 'a'
			: c->reached ? 'r'
				     : 'x');
	}
	for (unsigned i = r->n_talks; i > 0; i--) {
		const struct repute_talk *t = &r->talks[(r->next_talk + REPUTE_CALLS - i) % REPUTE_CALLS];

		len += (size_t)snprintf(
			out + len, REPUTE_SAVED - len, " %lld/%u", (long long)t->at_s, t->talked_s);
	}
}

/* One word; false: it is none. */
static bool take(struct repute *r, const char *text, int *used)
{
	long long at_s;
	uint32_t value;
	char how;

	if (sscanf(text, " %lld:%u:%c%n", &at_s, &value, &how, used) == 3) {
		if (!strchr("arx", how) || r->n_calls == REPUTE_CALLS)
			return false;
		r->calls[r->n_calls++] = (struct repute_call){
			.at_s = at_s, .pdd_ms = value, .answered = how == 'a', .reached = how != 'x'
		};
		return true;
	}
	if (sscanf(text, " %lld/%u%n", &at_s, &value, used) != 2 || r->n_talks == REPUTE_CALLS)
		return false;
	r->talks[r->n_talks++] = (struct repute_talk){ at_s, value };
	return true;
}

bool repute_read(struct repute *r, const char *text)
{
	const struct repute_rules rules = r->rules;
	long long since_s, probed_s;
	int low, used = 0;
	bool good = sscanf(text, "1 %d %lld %lld%n", &low, &since_s, &probed_s, &used) == 3 &&
		    (low == 0 || low == 1);

	repute_init(r);
	for (text += used; good && *text; text += used)
		good = take(r, text, &used);
	if (!good) {
		repute_init(r);
		repute_set_rules(r, &rules);
		return false;
	}
	r->next_call = r->n_calls % REPUTE_CALLS;
	r->next_talk = r->n_talks % REPUTE_CALLS;
	r->low = low;
	r->since_s = since_s;
	r->probed_s = probed_s;
	repute_set_rules(r, &rules);
	return true;
}
