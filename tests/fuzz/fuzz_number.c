/* links: dialplan/number.c dialplan/plan.c dialplan/block.c dialplan/err.c */
/* The first byte chooses how the trunk writes numbers; a line break parts Request-URI user and To user.  Whatever
 * comes: what is read is E.164, reads back as itself, and the plan answers only with an entry of that trunk. */
#include "dialplan/plan.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

enum { TEXT_MAX = 1024 };

#define CLAIM(so)                                                                                            \
	do {                                                                                                 \
		if (!(so))                                                                                   \
			abort();                                                                             \
	} while (0)

static const struct number_country countries[] = {
	{ "", "", 0, 0 },
	{ "1", "1", 0, 0 },
	{ "49", "0", 0, 0 },
	{ "39", "", 6, 11 },
	{ "7", "8", 10, 10 },
};
enum { COUNTRIES = sizeof(countries) / sizeof(*countries) };

static const struct plan_did dids[] = {
	{ "+15550100", "t", "acme", PLAN_ATTENDANT, "", "", "", "", false },
	{ "+4930123456", "", "acme", PLAN_MEETING, "777", "", "", "", false },
	{ "+3906123456", "u", "other", PLAN_ATTENDANT, "", "", "", "", false },
};

static void check_number(const struct number *n)
{
	struct number again;

	CLAIM(number_valid(n->e164) && n->form != NUMBER_NONE);
	CLAIM(!n->routing[0] || number_valid(n->routing));
	CLAIM(number_parse(&again, n->e164, &countries[2]) == PLAN_OK && strcmp(again.e164, n->e164) == 0 &&
		again.form == NUMBER_GLOBAL);
}

static void check_readings(const char *text, const struct number_country *country)
{
	struct number_readings r;
	struct number n;
	enum plan_err err = number_read(&r, text, country);

	CLAIM((err == PLAN_OK) == (r.n > 0) && r.n <= NUMBER_READINGS);
	CLAIM((number_parse(&n, text, country) == PLAN_OK) == (err == PLAN_OK));
	CLAIM(strcmp(n.original, r.original) == 0);
	for (const char *c = r.original; *c; c++)
		CLAIM((unsigned char)*c >= 0x20 && *c != 0x7f);
	for (size_t i = 0; i < r.n; i++) {
		check_number(&r.reading[i]);
		for (size_t k = 0; k < i; k++)
			CLAIM(strcmp(r.reading[k].e164, r.reading[i].e164) != 0);
	}
}

static void check_plan(const char *request, const char *to, const struct number_country *country)
{
	struct plan_trunk trunk = { .name = "t", .country = *country };
	struct plan_decision d;
	struct plan *plan;

	CLAIM(plan_alloc(&plan, dids, 3, &trunk, 1, NULL) == PLAN_OK);
	plan_decide(plan, &(struct plan_call){ "t", request, to }, &d);
	CLAIM(d.n_steps >= 3 && d.n_steps <= PLAN_STEPS);
	CLAIM((d.answer == PLAN_REFUSE) == !d.did && (d.answer == PLAN_REFUSE) == (d.sip_status >= 400));
	CLAIM(!d.did || strcmp(d.did->trunk, "u") != 0);
	CLAIM(!d.did || strcmp(d.did->number, d.number.e164) == 0);
	plan_free(plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	const struct number_country *country = &countries[len ? p[0] % COUNTRIES : 0];
	char text[TEXT_MAX], *to;

	if (len < 1 || len > TEXT_MAX)
		return 0;
	memcpy(text, p + 1, len - 1);
	text[len - 1] = '\0';
	to = strchr(text, '\n');
	if (to)
		*to++ = '\0';
	check_readings(text, country);
	check_plan(text, to, country);
	return 0;
}
