/* links: sip/early.c sip/err.c */
#include "sip/early.h"
#include "tests/test.h"

/* R required, S supported, o the INVITE had an offer, m our description is ready, p a PRACK is owed, u/r it went out (un)reliably. */
static struct early_facts facts_of(const char *letters)
{
	return (struct early_facts){ .required = strchr(letters, 'R'),
		.supported = strchr(letters, 'S'),
		.has_offer = strchr(letters, 'o'),
		.media_ready = strchr(letters, 'm'),
		.awaits_prack = strchr(letters, 'p'),
		.sent = strchr(letters, 'r')   ? EARLY_RELIABLY
			: strchr(letters, 'u') ? EARLY_UNRELIABLY
					       : EARLY_NONE };
}

TEST(what_a_provisional_response_carries)
{
	static const struct {
		const char *story, *facts;
		unsigned status;
		bool wants;
		enum call_err err;
		const char *plan; /* s with description, r reliable */
	} cases[] = {
		{ "ringing to a simple phone", "om", 180, false, CALL_OK, "" },
		{ "early media to a simple phone: unreliable answer (RFC 3264)", "om", 183, true, CALL_OK,
			"s" },
		{ "the same again", "omu", 183, true, CALL_OK, "s" },
		{ "early media, 100rel supported", "Som", 183, true, CALL_OK, "sr" },
		{ "ringing with media, 100rel supported", "Som", 180, true, CALL_OK, "sr" },
		{ "ringing, 100rel supported: no need", "Som", 180, false, CALL_OK, "" },
		{ "183 without media, 100rel supported", "Som", 183, false, CALL_OK, "r" },
		{ "ringing, 100rel required (RFC 3262 section 3)", "Rom", 180, false, CALL_OK, "r" },
		{ "an offer of ours may not go out unreliably", "m", 183, true, CALL_OK, "" },
		{ "but reliably (RFC 6337 section 2)", "Sm", 183, true, CALL_OK, "sr" },
		{ "what went out reliably is not repeated", "Somr", 183, true, CALL_OK, "r" },
		{ "one reliable response at a time", "Sompr", 183, true, CALL_STATE, NULL },
		{ "ringing may go out meanwhile", "Sompr", 180, false, CALL_OK, "" },
		{ "but not if all must be reliable", "Rompr", 180, false, CALL_STATE, NULL },
		{ "no media yet", "o", 183, true, CALL_STATE, NULL },
		{ "100 is not ours", "om", 100, false, CALL_RANGE, NULL },
		{ "199 is", "om", 199, false, CALL_OK, "" },
		{ "200 is final", "om", 200, false, CALL_RANGE, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct early_facts facts = facts_of(cases[i].facts);
		struct early_plan plan = { true, true };
		const enum call_err err = early_plan(&plan, &facts, cases[i].status, cases[i].wants);

		CHECK_INT(cases[i].err, err, cases[i].story);
		if (err) {
			CHECK(plan.with_sdp && plan.reliable, "%s: unchanged", cases[i].story);
			continue;
		}
		CHECK_INT(strchr(cases[i].plan, 's') != NULL, plan.with_sdp, cases[i].story);
		CHECK_INT(strchr(cases[i].plan, 'r') != NULL, plan.reliable, cases[i].story);
	}
}

TEST(what_the_final_response_carries)
{
	static const struct {
		const char *story, *facts;
		bool sdp;
	} cases[] = {
		{ "nothing went before", "om", true },
		{ "an unreliable answer is repeated (RFC 3261 section 13.2.1)", "omu", true },
		{ "a reliable one is not", "omr", false },
		{ "nor is a reliable offer", "mr", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct early_facts facts = facts_of(cases[i].facts);

		CHECK_INT(cases[i].sdp, early_final_sdp(&facts), cases[i].story);
	}
}

TESTS(what_a_provisional_response_carries, what_the_final_response_carries)
