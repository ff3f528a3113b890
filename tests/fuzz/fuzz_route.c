/* links: dialplan/route.c dialplan/route_decide.c dialplan/route_write.c dialplan/route_words.c dialplan/prefix.c dialplan/block.c dialplan/class.c dialplan/class_table.c dialplan/calendar.c dialplan/zone.c dialplan/number.c dialplan/err.c dialplan/route_order.c dialplan/rates.c dialplan/money.c dialplan/days.c */
/* A line of what is dialled, one of the caller ID, one of the account.  Whatever comes: a decision is carried or
 * refused, never both; an emergency number is never sent; what is sent is digits; every step has a sentence. */
#include "dialplan/route.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

enum { TEXT_MAX = 1024 };

#define CLAIM(so)                                                                                            \
	do {                                                                                                 \
		if (!(so))                                                                                   \
			abort();                                                                             \
	} while (0)

static struct routes *table(void)
{
	static const char all[][NUMBER_E164] = { "+" }, some[][NUMBER_E164] = { "+49", "+1900" };
	static const char names[][PLAN_NAME] = { "de", "cut", "idd" };
	static const struct route_trunk trunks[] = {
		{ .name = "de",
			.country = { "49", "0", 0, 0 },
			.format = ROUTE_NATIONAL,
			.foreign = ROUTE_PASS },
		{ .name = "cut", .format = ROUTE_PLAIN, .strip = 2 },
		{ .name = "idd", .format = ROUTE_011, .prepend = "#31#", .foreign = ROUTE_REFUSE },
	};
	static const struct route_account accounts[] = {
		{ .name = "acme", .country = { "49", "0", 0, 0 }, .classes = ~0U },
		{ .name = "zeta", .only = some, .n_only = 2 },
	};
	static const struct route_rule rules[] = {
		{ "acme", all, 1, names, 3, 0, 0, 0, "+15550100", "", false, false, NULL },
		{ "acme", some, 2, names + 1, 2, 1, 2, 50, "", "", false, false, NULL },
		{ "acme", some, 2, names, 1, 1, 1, 0, "", "", false, false, NULL },
		{ "zeta", all, 1, names, 2, 0, 0, 0, "", "", false, false, NULL },
	};
	static const struct route_owned owned[] = { { { "+15550100", "+15550199" }, "", "acme" } };
	struct routes *r = NULL;

	CLAIM(routes_alloc(&r, &(struct route_site){ .accounts = accounts,
				       .n_accounts = 2,
				       .trunks = trunks,
				       .n_trunks = 3,
				       .rules = rules,
				       .n_rules = 4,
				       .owned = owned,
				       .n_owned = 1 }) == PLAN_OK);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static struct routes *r;
	char text[TEXT_MAX + 1], said[200], *rest = text;
	struct route_call call = { .at_s = 1796342400, .seed = len };
	struct route_decision d;

	if (len > TEXT_MAX)
		return 0;
	if (!r)
		r = table();
	memcpy(text, p, len);
	text[len] = '\0';
	call.number = strsep(&rest, "\n");
	call.caller_id = rest ? strsep(&rest, "\n") : NULL;
	call.account = rest ? rest : "acme";
	route_decide(r, &call, &d);
	CLAIM((d.result == ROUTE_OK) == (d.n_tries > 0) && (d.result == ROUTE_OK) == (d.sip_status == 0));
	CLAIM(d.class != CLASS_EMERGENCY || d.n_tries == 0);
	CLAIM(d.n_steps > 0 && d.n_steps <= ROUTE_STEPS);
	for (unsigned i = 0; i < d.n_tries; i++) {
		const struct route_try *t = &d.tries[i];

		CLAIM(number_valid(d.number.e164) && t->number[0] && !class_emergency_code(t->number));
		CLAIM(!t->number[strspn(t->number, "+0123456789*#")]);
		CLAIM(!t->caller_id[strspn(t->caller_id, "+0123456789")]);
		CLAIM(!t->caller_e164[0] || number_valid(t->caller_e164));
	}
	for (unsigned i = 0; i < d.n_steps; i++)
		CLAIM(route_step_text(r, &call, &d, i, said, sizeof(said))[0] &&
			route_step_rule(&d.steps[i])[0]);
	return 0;
}
