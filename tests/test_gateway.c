/* links: sip/gateway.c */
#include "sip/gateway.h"
#include "tests/test.h"

enum { SECOND = 1000000 };

/* Each letter is one answer: g 200, m 404, e 503, t nothing for 5 s; what the gateway is afterwards. */
static struct gateway after(const char *answers, bool only_2xx, enum gateway_change *last)
{
	const struct gateway_rules rules = { .interval_s = 30, .only_2xx = only_2xx };
	struct gateway g;
	uint64_t now_us = 1000 * SECOND;
	enum gateway_change change;

	gateway_init(&g, &rules);
	*last = GATEWAY_SAME;
	for (const char *p = answers; *p; p++) {
		while (!gateway_due(&g, now_us, 7, &change))
			now_us += SECOND / 10;
		gateway_asked(&g, now_us);
		now_us += *p == 't' ? 5 * SECOND : SECOND / 50;
		if (*p == 't')
			gateway_due(&g, now_us, 7, last);
		else
			*last = gateway_heard(&g, now_us,
				*p == 'g'   ? 200
				: *p == 'm' ? 404
					    : 503,
				SECOND / 50, 7);
	}
	return g;
}

TEST(up_and_down_by_n_of_m)
{
	static const struct {
		const char *story, *answers;
		bool only_2xx;
		enum gateway_state state;
		enum gateway_change change;
	} cases[] = {
		{ "nothing known", "", false, GATEWAY_UNKNOWN, GATEWAY_SAME },
		{ "one is not enough", "g", false, GATEWAY_UNKNOWN, GATEWAY_SAME },
		{ "two are", "gg", false, GATEWAY_UP, GATEWAY_CAME_UP },
		{ "two missed of five are not", "ggttg", false, GATEWAY_UP, GATEWAY_SAME },
		{ "three missed of five are", "ggtgtt", false, GATEWAY_DOWN, GATEWAY_WENT_DOWN },
		{ "never up, then down", "ttt", false, GATEWAY_DOWN, GATEWAY_WENT_DOWN },
		{ "503 is no life", "ggeee", false, GATEWAY_DOWN, GATEWAY_WENT_DOWN },
		{ "404 is", "mm", false, GATEWAY_UP, GATEWAY_CAME_UP },
		{ "404 is not where only 2xx is", "mmm", true, GATEWAY_DOWN, GATEWAY_WENT_DOWN },
		{ "one good answer does not raise the dead", "tttg", false, GATEWAY_DOWN, GATEWAY_SAME },
		{ "two do, even with one missed between", "tttgtg", false, GATEWAY_UP, GATEWAY_CAME_UP },
		{ "what was before does not count", "tttggtt", false, GATEWAY_UP, GATEWAY_SAME },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		enum gateway_change change;
		const struct gateway g = after(cases[i].answers, cases[i].only_2xx, &change);

		CHECK_INT(cases[i].state, g.state, cases[i].story);
		CHECK_INT(cases[i].change, change, cases[i].story);
		CHECK_INT(cases[i].state != GATEWAY_DOWN, gateway_usable(&g, 0), cases[i].story);
	}
}

TEST(questions_come_in_time)
{
	const struct gateway_rules rules = { .interval_s = 40 };
	enum gateway_change change;
	struct gateway g;

	gateway_init(&g, &rules);
	CHECK(gateway_due(&g, 1000 * SECOND, 0, &change), "at once");
	gateway_asked(&g, 1000 * SECOND);
	CHECK(!gateway_due(&g, 1001ull * SECOND, 0, &change), "not while one is out");
	gateway_heard(&g, 1001ull * SECOND, 200, 9000, 0);
	CHECK(!gateway_due(&g, 1036ull * SECOND, 0, &change), "40 s less a tenth");
	CHECK(gateway_due(&g, 1038ull * SECOND, 0, &change), "then");
	gateway_asked(&g, 1038ull * SECOND);
	CHECK(!gateway_due(&g, 1043ull * SECOND, 0, &change) && g.n_missed == 1, "a miss");
	CHECK(gateway_due(&g, 1053ull * SECOND, 0, &change), "is followed up in a quarter of the time");
	gateway_asked(&g, 1053ull * SECOND);
	gateway_due(&g, 1058ull * SECOND, 0, &change);
	CHECK_INT(GATEWAY_SAME, gateway_heard(&g, 1059ull * SECOND, 200, 9000, 0), "too late");
	CHECK_INT(9000, g.round_trip_us, "round trip");
	gateway_set_rules(&g, &(struct gateway_rules){ .interval_s = 0 });
	CHECK(!gateway_due(&g, 9999ull * SECOND, 0, &change), "never asked");
}

TEST(a_gateway_rests_and_calls_are_counted)
{
	struct gateway g;

	gateway_init(&g, &(struct gateway_rules){ 0 });
	gateway_rest(&g, 50);
	gateway_rest(&g, 20);
	CHECK(!gateway_usable(&g, 49) && gateway_usable(&g, 50), "the longer rest counts");
	CHECK_INT(1, gateway_rests_s(&g, 49), "told in seconds, none too few");
	CHECK_INT(0, gateway_rests_s(&g, 50), "and when it is over");
	CHECK_INT(100, gateway_answer_percent(&g), "no call, no blame");
	for (int i = 0; i < 100; i++)
		gateway_call(&g, i % 4 == 0, 42, 2000);
	CHECK_INT(25, gateway_answer_percent(&g), "answer-seizure ratio");
	CHECK_INT(100, g.calls, "calls");
	CHECK_INT(42, g.causes[0], "latest cause");
	CHECK_INT(2000, g.post_dial_us, "post-dial delay");
	gateway_talked(&g, 60);
	gateway_talked(&g, 30);
	CHECK(g.n_over == 2 && g.talked_s == 90, "talk");
	gateway_call(&g, false, 17, 0);
	CHECK(g.causes[0] == 17 && g.causes[1] == 42, "latest first");
}

TESTS(up_and_down_by_n_of_m, questions_come_in_time, a_gateway_rests_and_calls_are_counted)
