/* links: sip/reroute.c */
#include "sip/reroute.h"
#include "tests/test.h"

TEST(an_answer_is_an_answer_and_a_failure_moves_on)
{
	static const struct {
		const char *story;
		struct reroute_end end;
		enum reroute what;
		unsigned rest_s;
	} cases[] = {
		{ "silence", { .sip_status = 408, .no_response = true }, REROUTE_GATEWAY, 30 },
		{ "refused connection", { .sip_status = 503, .no_response = true }, REROUTE_GATEWAY, 30 },
		{ "408 said by somebody", { .sip_status = 408 }, REROUTE_GATEWAY, 0 },
		{ "480", { .sip_status = 480 }, REROUTE_ANSWER, 0 },
		{ "480 for want of a circuit", { .sip_status = 480, .q850 = 34 }, REROUTE_GATEWAY, 0 },
		{ "486: three gateways cannot make it free (O10)", { .sip_status = 486 }, REROUTE_ANSWER, 0 },
		{ "486 with a cause that says congestion", { .sip_status = 486, .q850 = 42 }, REROUTE_ANSWER,
			0 },
		{ "404", { .sip_status = 404 }, REROUTE_ANSWER, 0 },
		{ "404 because this carrier has no route", { .sip_status = 404, .q850 = 3 }, REROUTE_TRUNK,
			0 },
		{ "403", { .sip_status = 403 }, REROUTE_ANSWER, 0 },
		{ "401 after two answers", { .sip_status = 401 }, REROUTE_TRUNK, 0 },
		{ "500", { .sip_status = 500 }, REROUTE_GATEWAY, 0 },
		{ "500 that is busy in truth", { .sip_status = 500, .q850 = 17 }, REROUTE_ANSWER, 0 },
		{ "503", { .sip_status = 503 }, REROUTE_GATEWAY, 30 },
		{ "503 with Retry-After", { .sip_status = 503, .retry_after_s = 7 }, REROUTE_GATEWAY, 7 },
		{ "503 for a year", { .sip_status = 503, .retry_after_s = 31536000 }, REROUTE_GATEWAY, 600 },
		{ "500 with Retry-After", { .sip_status = 500, .retry_after_s = 5 }, REROUTE_GATEWAY, 5 },
		{ "503 of a callee that is busy rests nobody", { .sip_status = 503, .q850 = 17 },
			REROUTE_ANSWER, 0 },
		{ "603", { .sip_status = 603 }, REROUTE_ANSWER, 0 },
		{ "600 with any cause", { .sip_status = 600 }, REROUTE_ANSWER, 0 },
		{ "302", { .sip_status = 302 }, REROUTE_ANSWER, 0 },
		{ "500 after it rang", { .sip_status = 500, .rang = true }, REROUTE_ANSWER, 0 },
		{ "silence after it rang", { .sip_status = 408, .no_response = true, .rang = true },
			REROUTE_ANSWER, 0 },
		{ "483", { .sip_status = 483 }, REROUTE_GATEWAY, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct reroute_verdict v = reroute_decide(&cases[i].end);

		CHECK_INT(cases[i].what, v.what, cases[i].story);
		CHECK_INT(cases[i].rest_s, v.rest_s, cases[i].story);
		CHECK(v.why && v.why[0], "%s: no reason", cases[i].story);
	}
}

TESTS(an_answer_is_an_answer_and_a_failure_moves_on)
