/* links: dialplan/plan.c dialplan/block.c dialplan/number.c dialplan/err.c */
#include "dialplan/plan.h"
#include "tests/test.h"
#include "tests/starve.h"

#include <stdlib.h>
#include <time.h>

static const struct plan_did dids[] = {
	{ "+15550100", "carrier-a", "acme", PLAN_ATTENDANT, "", "en", "", "", false },
	{ "+15550101", "carrier-a", "acme", PLAN_MEETING, "483920175", "", "", "", false },
	{ "+4930123456", "carrier-a", "berlin", PLAN_ATTENDANT, "", "de", "", "", false },
	{ "+15550100", "carrier-b", "other", PLAN_ATTENDANT, "", "", "", "", false },
	{ "+4420790100", "carrier-b", "other", PLAN_ATTENDANT, "", "", "", "", false },
	{ "+18005550199", "", "free", PLAN_ATTENDANT, "", "", "", "", false },
	{ "+18005550199", "carrier-b", "other", PLAN_ATTENDANT, "", "", "", "", false },
	{ "+4989777100", "carrier-d", "munich", PLAN_ATTENDANT, "", "", "", "", false },
	{ "+4940777100", "carrier-d", "hamburg", PLAN_ATTENDANT, "", "", "", "", false },
	{ "+4989777200", "carrier-d", "munich", PLAN_ATTENDANT, "", "", "", "", false },
};
static const struct plan_range delivered[] = { { "+15550700", "+15550799" } };
static const struct plan_trunk trunks[] = {
	{ "carrier-b", { "", "", 0, 0 }, NULL, 0 },
	{ "carrier-a", { "", "", 0, 0 }, delivered, 1 },
	{ "carrier-d", { "49", "0", 0, 0 }, NULL, 0 },
};
enum { DIDS = sizeof(dids) / sizeof(*dids), TRUNKS = sizeof(trunks) / sizeof(*trunks) };

static struct plan *plan_of_table(void)
{
	struct plan *p = NULL;

	CHECK_INT(PLAN_OK, plan_alloc(&p, dids, DIDS, trunks, TRUNKS, NULL), "the table");
	return p;
}

/* The rules that were considered, "!" before one that did not match. */
static const char *rules(const struct plan_decision *d)
{
	static char out[400];

	out[0] = '\0';
	for (unsigned i = 0; i < d->n_steps; i++) {
		strcat(out, i ? " " : "");
		strcat(out, d->steps[i].matched ? "" : "!");
		strcat(out, d->steps[i].rule);
		CHECK(d->steps[i].text[0], "every step says something");
	}
	return out;
}

TEST(what_answers_a_call)
{
	static const struct {
		const char *story, *trunk, *request, *to, *account, *e164, *rules;
	} cases[] = {
		{ "global", "carrier-a", "+15550100", NULL, "acme", "+15550100",
			"trunk request-uri normalise did answer" },
		{ "escaped", "carrier-a", "%2B15550100;user=phone", NULL, "acme", "+15550100",
			"trunk request-uri normalise did answer" },
		{ "bare code", "carrier-a", "15550100", NULL, "acme", "+15550100",
			"trunk request-uri normalise did answer" },
		{ "the same number of another trunk", "carrier-b", "+15550100", NULL, "other", "+15550100",
			"trunk request-uri normalise did answer" },
		{ "a number of all trunks", "carrier-a", "+18005550199", NULL, "free", "+18005550199",
			"trunk request-uri normalise did answer" },
		{ "its own entry comes first", "carrier-b", "+18005550199", NULL, "other", "+18005550199",
			"trunk request-uri normalise did answer" },
		{ "national, country unknown", "carrier-a", "5550100", NULL, "acme", "+15550100",
			"trunk request-uri normalise !did did answer" },
		{ "trunk prefix, country unknown", "carrier-a", "030123456", NULL, "berlin", "+4930123456",
			"trunk request-uri !normalise did answer" },
		{ "national, country known", "carrier-d", "089777100", NULL, "munich", "+4989777100",
			"trunk request-uri normalise did answer" },
		{ "last digits", "carrier-d", "7200", NULL, "munich", "+4989777200",
			"trunk request-uri normalise !did did answer" },
		{ "number in To only", "carrier-a", "pbx-line-1", "+15550100", "acme", "+15550100",
			"trunk !request-uri to normalise did answer" },
		{ "no user in the Request-URI", "carrier-a", NULL, "+15550100", "acme", "+15550100",
			"trunk !request-uri to normalise did answer" },
		{ "our pilot number in the Request-URI", "carrier-a", "+15559999", "+15550101", "acme",
			"+15550101", "trunk request-uri normalise !did to normalise did answer" },
		{ "both known: the Request-URI", "carrier-a", "+15550100", "+4930123456", "acme", "+15550100",
			"trunk request-uri normalise did answer" },
	};
	struct plan *p = plan_of_table();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct plan_call call = { cases[i].trunk, cases[i].request, cases[i].to };
		struct plan_decision d;

		plan_decide(p, &call, &d);
		CHECK_STR(cases[i].rules, rules(&d), cases[i].story);
		CHECK(d.answer != PLAN_REFUSE && d.did, "%s: refused: %s", cases[i].story,
			d.steps[d.n_steps - 1].text);
		CHECK_STR(cases[i].account, d.did->account, cases[i].story);
		CHECK_STR(cases[i].e164, d.number.e164, cases[i].story);
		CHECK_INT(0, d.sip_status, cases[i].story);
	}
	plan_free(p);
}

TEST(what_is_refused_and_why)
{
	static const struct {
		const char *story, *trunk, *request, *to;
		unsigned status;
		const char *rules, *word; /* in the last step but the answer, or in the answer */
	} cases[] = {
		{ "no trunk", NULL, "+15550100", NULL, 403, "!trunk !answer", "no trunk" },
		{ "unknown trunk", "carrier-x", "+15550100", NULL, 403, "!trunk !answer", "carrier-x" },
		{ "empty trunk is no wildcard", "", "+18005550199", NULL, 403, "!trunk !answer", "''" },
		{ "another trunk's number", "carrier-a", "+4420790100", NULL, 404,
			"trunk request-uri normalise !did !answer", "belongs to trunk 'carrier-b'" },
		{ "nobody's number", "carrier-a", "+15559999", NULL, 404,
			"trunk request-uri normalise !did !answer", "not in the number table" },
		{ "a longer number that ends like ours", "carrier-a", "+4415550100", NULL, 404,
			"trunk request-uri normalise !did !answer", "not in the number table" },
		{ "international that ends like ours", "carrier-a", "0015550100999", NULL, 404,
			"trunk request-uri normalise !did !answer", "not in the number table" },
		{ "international is never last digits", "carrier-b", "00790100", NULL, 404,
			"trunk request-uri normalise !did !answer", "+790100 is not" },
		{ "two numbers end so", "carrier-d", "7100", NULL, 404,
			"trunk request-uri normalise !did !did !answer", "+4940777100 or +4989777100" },
		{ "three digits are too few", "carrier-d", "200", NULL, 404,
			"trunk request-uri normalise !did !answer", "not in the number table" },
		{ "last digits of another trunk's number", "carrier-d", "3456", NULL, 404,
			"trunk request-uri normalise !did !answer", "not in the number table" },
		{ "a name", "carrier-a", "alice", NULL, 484, "trunk !request-uri !answer", "not a number" },
		{ "a name twice", "carrier-a", "alice", "alice", 484, "trunk !request-uri !to !answer",
			"the same" },
		{ "nothing", "carrier-a", "", "", 484, "trunk !request-uri !answer", "not a number" },
		{ "national of nowhere", "carrier-a", "040999999", NULL, 484,
			"trunk request-uri !normalise !answer", "no country" },
		{ "Request-URI and To both unknown", "carrier-a", "+15559998", "+15559999", 404,
			"trunk request-uri normalise !did to normalise !did !answer", "+15559999" },
	};
	struct plan *p = plan_of_table();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct plan_call call = { cases[i].trunk, cases[i].request, cases[i].to };
		struct plan_decision d;

		plan_decide(p, &call, &d);
		CHECK_STR(cases[i].rules, rules(&d), cases[i].story);
		CHECK_INT(PLAN_REFUSE, d.answer, cases[i].story);
		CHECK_INT(cases[i].status, d.sip_status, cases[i].story);
		CHECK(!d.did, "%s: names no entry", cases[i].story);
		CHECK(strstr(d.steps[d.n_steps - 2].text, cases[i].word), "%s: '%s' in '%s'", cases[i].story,
			cases[i].word, d.steps[d.n_steps - 2].text);
	}
	plan_free(p);
}

TEST(a_refused_call_keeps_its_number_for_the_record)
{
	struct plan *p = plan_of_table();
	struct plan_decision d;

	plan_decide(p, &(struct plan_call){ "carrier-a", "0015559999", "alice" }, &d);
	CHECK_STR("+15559999", d.number.e164, "read before it was refused");
	CHECK_STR("0015559999", d.number.original, "and as it came");
	plan_decide(p, &(struct plan_call){ "carrier-a", "alice", NULL }, &d);
	CHECK_STR("", d.number.e164, "a name is no number");
	CHECK_STR("alice", d.number.original, "but is kept");
	plan_free(p);
}

/* The longest explanation that there can be fits. */
TEST(steps_never_run_over)
{
	struct plan_did many[40];
	struct plan_trunk trunk = { "t", { "49", "4", 2, 15 }, NULL, 0 };
	struct plan_decision d;
	struct plan *p = NULL;
	char user[400];

	memset(many, 0, sizeof(many));
	for (unsigned i = 0; i < 40; i++) {
		snprintf(many[i].number, sizeof(many[i].number), "+%u4930123456", 100u + i % 100u);
		strcpy(many[i].trunk, "t");
		many[i].answer = PLAN_ATTENDANT;
	}
	CHECK_INT(PLAN_OK, plan_alloc(&p, many, 40, &trunk, 1, NULL), "forty numbers with one end");
	memset(user, '(', sizeof(user));
	strcpy(user + 300, "4930123456");
	plan_decide(p, &(struct plan_call){ "t", user, "4930123456" }, &d);
	CHECK_INT(PLAN_REFUSE, d.answer, "ambiguous");
	CHECK(d.n_steps > 14 && d.n_steps < PLAN_STEPS, "%u steps", d.n_steps);
	plan_free(p);
}

/* A range answers like so many numbers; a number inside it that has its own entry comes first. */
TEST(ranges_answer_like_their_numbers)
{
	static const struct plan_did table[] = {
		{ "+15550200", "carrier-a", "acme", PLAN_ATTENDANT, "", "", "+15550299", "US", false },
		{ "+15550250", "carrier-a", "acme", PLAN_MEETING, "777", "", "", "US", false },
		{ "+15550260", "", "free", PLAN_ATTENDANT, "", "", "", "", false },
		{ "+15550300", "", "free", PLAN_ATTENDANT, "", "", "+15550399", "", true },
		{ "+15550400", "carrier-b", "other", PLAN_ATTENDANT, "", "", "+15550499", "", false },
		{ "+15550310", "carrier-b", "other", PLAN_ATTENDANT, "", "", "+15550319", "", false },
		{ "+15550710", "carrier-a", "acme", PLAN_ATTENDANT, "", "", "+15550719", "", false },
	};
	static const struct {
		const char *story, *trunk, *request, *account, *number;
		enum plan_cause cause;
		const char *word; /* in the step before the answer */
	} cases[] = {
		{ "the first", "carrier-a", "+15550200", "acme", "+15550200", PLAN_ANSWERED,
			"in the range +15550200..+15550299" },
		{ "the last", "carrier-a", "+15550299", "acme", "+15550299", PLAN_ANSWERED, "in the range" },
		{ "one behind the last", "carrier-a", "+155502990", "", "+155502990", PLAN_UNKNOWN,
			"not in the number table" },
		{ "its own entry inside", "carrier-a", "+15550250", "acme", "+15550250", PLAN_ANSWERED,
			"is a number of trunk" },
		{ "the trunk's range before a number of all trunks", "carrier-a", "+15550260", "acme",
			"+15550260", PLAN_ANSWERED, "in the range" },
		{ "a range of all trunks", "carrier-a", "+15550311", "free", "+15550311", PLAN_ANSWERED,
			"all trunks, in the range" },
		{ "a range of its own inside one of all", "carrier-b", "+15550311", "other", "+15550311",
			PLAN_ANSWERED, "in the range +15550310" },
		{ "another trunk's range", "carrier-a", "+15550444", "", "+15550444", PLAN_UNKNOWN,
			"belongs to trunk 'carrier-b'" },
		{ "last digits within a range", "carrier-b", "50444", "other", "+15550444", PLAN_ANSWERED,
			"only number of trunk" },
		{ "delivered here and nobody's", "carrier-a", "+15550700", "", "+15550700", PLAN_UNASSIGNED,
			"in a range of trunk 'carrier-a', and nobody's" },
		{ "delivered here and somebody's", "carrier-a", "+15550715", "acme", "+15550715",
			PLAN_ANSWERED, "in the range" },
		{ "not delivered by that one", "carrier-b", "+15550700", "", "+15550700", PLAN_UNKNOWN,
			"not in the number table" },
	};
	struct plan *p = NULL;

	CHECK_INT(PLAN_OK, plan_alloc(&p, table, sizeof(table) / sizeof(*table), trunks, TRUNKS, NULL),
		"the table");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct plan_call call = { cases[i].trunk, cases[i].request, NULL };
		struct plan_decision d;

		plan_decide(p, &call, &d);
		CHECK_INT(cases[i].cause, d.cause, cases[i].story);
		CHECK_STR(cases[i].account, d.did ? d.did->account : "", cases[i].story);
		CHECK_STR(cases[i].number, d.number.e164, cases[i].story);
		CHECK(strstr(d.steps[d.n_steps - 2].text, cases[i].word), "%s: '%s'", cases[i].story,
			d.steps[d.n_steps - 2].text);
		CHECK_INT(cases[i].cause ? 404 : 0, d.sip_status, cases[i].story);
	}
	plan_free(p);
}

TEST(ranges_that_overlap_are_refused)
{
	static const struct {
		const char *story, *first[2], *last[2], *trunk[2];
		enum plan_err err;
	} cases[] = {
		{ "over each other's end", { "+100", "+150" }, { "+160", "+199" }, { "t", "t" }, PLAN_TWICE },
		{ "the same", { "+100", "+100" }, { "+160", "+160" }, { "t", "t" }, PLAN_TWICE },
		{ "one inside the other", { "+100", "+110" }, { "+160", "+119" }, { "t", "t" }, PLAN_OK },
		{ "side by side", { "+100", "+150" }, { "+149", "+199" }, { "t", "t" }, PLAN_OK },
		{ "of two trunks", { "+100", "+150" }, { "+160", "+199" }, { "t", "" }, PLAN_OK },
		{ "backwards", { "+200", "+160" }, { "+299", "+150" }, { "t", "t" }, PLAN_SYNTAX },
		{ "of two lengths", { "+200", "+160" }, { "+299", "+1699" }, { "t", "t" }, PLAN_SYNTAX },
	};
	static const struct plan_trunk trunk = { .name = "t" };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct plan_did table[2];
		struct plan *p = NULL;
		size_t at = 99;

		memset(table, 0, sizeof(table));
		for (unsigned k = 0; k < 2; k++) {
			strcpy(table[k].number, cases[i].first[k]);
			strcpy(table[k].last, cases[i].last[k]);
			strcpy(table[k].trunk, cases[i].trunk[k]);
			table[k].answer = PLAN_ATTENDANT;
		}
		CHECK_INT(cases[i].err, plan_alloc(&p, table, 2, &trunk, 1, &at), cases[i].story);
		if (cases[i].err)
			CHECK_INT(1, at, cases[i].story);
		plan_free(p);
	}
}

TEST(a_table_with_an_error_is_refused_whole)
{
	struct plan_did twice[] = { dids[0], dids[1], dids[2], dids[0] };
	struct plan_did broken[] = { dids[0],
		{ "15550100", "carrier-a", "acme", PLAN_ATTENDANT, "", "", "", "", false } };
	struct plan *p = NULL;
	size_t at = 99;

	CHECK_INT(PLAN_TWICE, plan_alloc(&p, twice, 4, trunks, TRUNKS, &at), "twice for one trunk");
	CHECK_INT(3, at, "the later one is named");
	CHECK_INT(PLAN_SYNTAX, plan_alloc(&p, broken, 2, trunks, TRUNKS, &at), "not E.164");
	CHECK_INT(1, at, "and named");
	CHECK(!p, "nothing was made");
	CHECK_INT(PLAN_OK, plan_alloc(&p, NULL, 0, NULL, 0, NULL), "an empty plan is a plan");
	plan_free(p);
	CHECK(!plan_free(NULL), "NULL is fine");
}

TEST(any_allocation_may_fail)
{
	struct plan *p = NULL;
	enum plan_err err;

	STARVE(err, plan_alloc(&p, dids, DIDS, trunks, TRUNKS, NULL), PLAN_NOMEM);
	plan_free(p);
}

/* 100,000 numbers load in under a second; a decision costs under 5 us (twice that here: a shared machine). */
TEST(a_large_table_is_quick)
{
	enum { MANY = 100000, ASKED = 20000 };
	struct plan_did *many = calloc(MANY, sizeof(*many));
	struct plan_decision d;
	struct timespec t[3];
	struct plan *p = NULL;
	char user[32];

	CHECK(many, "memory");
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(many[i].number, sizeof(many[i].number), "+1%09u", (i * 7919u) % MANY);
		strcpy(many[i].trunk, "carrier-a");
		many[i].answer = PLAN_ATTENDANT;
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t[0]);
	CHECK_INT(PLAN_OK, plan_alloc(&p, many, MANY, trunks, TRUNKS, NULL), "a large table");
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t[1]);
	for (unsigned i = 0; i < ASKED; i++) {
		snprintf(user, sizeof(user), "+1%09u", (i * 104729u) % MANY);
		plan_decide(p, &(struct plan_call){ "carrier-a", user, NULL }, &d);
		CHECK_INT(PLAN_ATTENDANT, d.answer, user);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t[2]);
	print_message("loaded in %.0f ms, %.2f us a decision\n",
		(double)(t[1].tv_sec - t[0].tv_sec) * 1e3 + (double)(t[1].tv_nsec - t[0].tv_nsec) / 1e6,
		((double)(t[2].tv_sec - t[1].tv_sec) * 1e6 + (double)(t[2].tv_nsec - t[1].tv_nsec) / 1e3) /
			ASKED);
	plan_free(p);
	free(many);
}

TESTS(what_answers_a_call, what_is_refused_and_why, a_refused_call_keeps_its_number_for_the_record,
	steps_never_run_over, ranges_answer_like_their_numbers, ranges_that_overlap_are_refused,
	a_table_with_an_error_is_refused_whole, any_allocation_may_fail, a_large_table_is_quick)
