/* links: sip/reroute.c sip/reroute_chosen.c sip/cause.c */
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
		const struct reroute_verdict v = reroute_decide(&cases[i].end, NULL, NULL);

		CHECK_INT(cases[i].what, v.what, cases[i].story);
		CHECK_INT(cases[i].rest_s, v.rest_s, cases[i].story);
		CHECK(v.why && v.why[0], "%s: no reason", cases[i].story);
	}
}

/* "404 5xx -486": words of a policy, those that stop with a minus. */
static struct reroute_policy policy_of(const char *text)
{
	struct reroute_policy p = { { 0 }, { 0 } };

	while (*text) {
		const size_t n = strcspn(text, " ");
		const bool stops = *text == '-';
		char word[16];

		snprintf(word, sizeof(word), "%.*s", (int)n - stops, text + stops);
		CHECK(!reroute_policy_add(&p, stops ? REROUTE_STOP : REROUTE_GO_ON, word), "%s", word);
		text += n + (text[n] == ' ');
	}
	return p;
}

TEST(an_operator_may_choose_otherwise)
{
	static const struct {
		const char *story, *route, *trunk;
		struct reroute_end end;
		enum reroute what;
		bool chosen;
	} cases[] = {
		{ "nothing chosen", "", "", { .sip_status = 404 }, REROUTE_ANSWER, false },
		{ "a status", "", "404", { .sip_status = 404 }, REROUTE_GATEWAY, true },
		{ "another one", "", "404", { .sip_status = 480 }, REROUTE_ANSWER, false },
		{ "a class", "", "4xx", { .sip_status = 480 }, REROUTE_GATEWAY, true },
		{ "a class does not mean busy", "", "4xx", { .sip_status = 486 }, REROUTE_ANSWER, false },
		{ "nor busy everywhere", "", "6xx", { .sip_status = 600 }, REROUTE_ANSWER, false },
		{ "nor a refusal", "", "6xx", { .sip_status = 603 }, REROUTE_ANSWER, false },
		{ "606 is of that class", "", "6xx", { .sip_status = 606 }, REROUTE_GATEWAY, true },
		{ "busy, named outright", "", "486", { .sip_status = 486 }, REROUTE_GATEWAY, true },
		{ "what is so anyway", "", "5xx", { .sip_status = 500 }, REROUTE_GATEWAY, false },
		{ "a class, and busy in truth", "", "5xx", { .sip_status = 500, .q850 = 17 }, REROUTE_ANSWER,
			false },
		{ "480 by its class, and the cause that the status stands for", "", "4xx",
			{ .sip_status = 480, .q850 = 18 }, REROUTE_GATEWAY, true },
		{ "480 that is busy in truth", "", "4xx", { .sip_status = 480, .q850 = 17 }, REROUTE_ANSWER,
			false },
		{ "named, whatever the cause", "", "500", { .sip_status = 500, .q850 = 17 }, REROUTE_GATEWAY,
			true },
		{ "stop at a class", "", "-5xx", { .sip_status = 503 }, REROUTE_ANSWER, true },
		{ "but at that one go on", "", "-5xx 503", { .sip_status = 503 }, REROUTE_GATEWAY, false },
		{ "the route before the trunk", "404", "-404", { .sip_status = 404 }, REROUTE_GATEWAY, true },
		{ "the route's class before the trunk's status", "-5xx", "503", { .sip_status = 503 },
			REROUTE_ANSWER, true },
		{ "the trunk where the route is silent", "404", "480", { .sip_status = 480 }, REROUTE_GATEWAY,
			true },
		{ "stop at silence", "", "-timeout", { .sip_status = 408, .no_response = true },
			REROUTE_ANSWER, true },
		{ "a 408 that was said is none", "", "-timeout", { .sip_status = 408 }, REROUTE_GATEWAY,
			false },
		{ "and silence is no 408", "", "-408", { .sip_status = 408, .no_response = true },
			REROUTE_GATEWAY, false },
		{ "stop at a refused connection", "", "-refused", { .sip_status = 503, .no_response = true },
			REROUTE_ANSWER, true },
		{ "which is no TLS", "", "-refused", { .sip_status = 503, .no_response = true, .tls = true },
			REROUTE_GATEWAY, false },
		{ "stop where TLS fails", "", "-tls", { .sip_status = 503, .no_response = true, .tls = true },
			REROUTE_ANSWER, true },
		{ "and is no 503", "", "-503", { .sip_status = 503, .no_response = true }, REROUTE_GATEWAY,
			false },
		{ "once it has rung nothing goes on", "486 5xx", "", { .sip_status = 486, .rang = true },
			REROUTE_ANSWER, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct reroute_policy route = policy_of(cases[i].route),
					    trunk = policy_of(cases[i].trunk);
		const struct reroute_verdict v = reroute_decide(&cases[i].end, &route, &trunk);

		CHECK_INT(cases[i].what, v.what, cases[i].story);
		CHECK_INT(cases[i].chosen, v.chosen, cases[i].story);
		CHECK(v.why && v.why[0], "%s: no reason", cases[i].story);
	}
}

TEST(words_of_a_policy)
{
	static const char *const good[] = { "400", "404", "486", "503", "600", "603", "699", "4xx", "5xx",
		"6xx", "timeout", "refused", "tls" };
	static const struct {
		const char *word, *why;
	} bad[] = { { "200", "answered" }, { "2xx", "answered" }, { "183", "provisional" },
		{ "302", "redirection" }, { "3xx", "redirection" }, { "700", "a final status" },
		{ "7xx", "a final status" }, { "5x", "a final status" }, { "50x", "a final status" },
		{ "5XX", "a final status" }, { "", "a final status" }, { "5030", "a final status" },
		{ "Timeout", "a final status" }, { "-404", "a final status" } };
	struct reroute_policy p = policy_of("404 timeout 5xx -503 -tls");
	char words[200];

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		CHECK(!reroute_word_broken(good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		const char *why = reroute_word_broken(bad[i].word);

		CHECK(why && strstr(why, bad[i].why), "'%s': %s", bad[i].word, why ? why : "taken");
	}
	reroute_policy_words(words, sizeof(words), &p);
	CHECK_STR("goes on after 404, timeout, 5xx; stops at 503, tls", words, "in words");
	for (size_t cap = 1; cap < strlen(words) + 1; cap++) {
		char part[200];

		reroute_policy_words(part, cap, &p);
		CHECK(strlen(part) < cap, "within %zu bytes", cap);
	}
	CHECK_STR("it stands in reroute_on and in stop_on", reroute_policy_add(&p, REROUTE_GO_ON, "503"),
		"both");
	CHECK_STR("given twice", reroute_policy_add(&p, REROUTE_GO_ON, "404"), "twice");
	p = (struct reroute_policy){ { 0 }, { 0 } };
	reroute_policy_words(words, sizeof(words), &p);
	CHECK_STR("", words, "nothing");
	for (unsigned i = 0; i < REROUTE_WORDS; i++) {
		snprintf(words, sizeof(words), "%u", 400 + i);
		CHECK(!reroute_policy_add(&p, REROUTE_STOP, words), "%s", words);
	}
	CHECK_STR("at most 16", reroute_policy_add(&p, REROUTE_STOP, "4xx"), "one too many");
}

TESTS(an_answer_is_an_answer_and_a_failure_moves_on, an_operator_may_choose_otherwise, words_of_a_policy)
