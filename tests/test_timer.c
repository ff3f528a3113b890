/* links: sip/timer.c */
#include "sip/timer.h"
#include "tests/test.h"

#define COUNT(list) (sizeof(list) / sizeof(*(list)))
#define S(seconds) ((uint64_t)(seconds)*1000000)

static const char *who(enum timer_side side)
{
	return side == TIMER_WE ? "we" : side == TIMER_THEY ? "they" : "nobody";
}

/* RFC 4028 section 9 with its table 2: every combination a UAC may send. */
TEST(as_uas_every_combination_is_answered)
{
	static const struct {
		const char *story;
		struct timer_headers request;
		unsigned status, expires_s, min_se_s;
		char refresher;
		bool required;
		const char *refreshes;
	} cases[] = {
		/*                             supp   req    SE    Min-SE ref */
		{ "no support, no wish", { false, false, 0, 0, 0 }, 0, 0, 0, 0, false, "nobody" },
		{ "no support, a proxy wants it", { false, false, 600, 0, 0 }, 0, 600, 0, 's', false, "we" },
		{ "no support, yet uac: cannot be", { false, false, 600, 0, 'u' }, 0, 600, 0, 's', false,
			"we" },
		{ "no support, uas", { false, false, 600, 0, 's' }, 0, 600, 0, 's', false, "we" },
		{ "support, no wish: ours", { true, false, 0, 0, 0 }, 0, 1800, 0, 's', true, "we" },
		{ "support, no wish, Min-SE above ours", { true, false, 0, 7200, 0 }, 0, 7200, 0, 's', true,
			"we" },
		{ "support, interval, nobody named", { true, false, 600, 0, 0 }, 0, 600, 0, 'u', true,
			"they" },
		{ "support, interval, uac", { true, false, 600, 0, 'u' }, 0, 600, 0, 'u', true, "they" },
		{ "support, interval, uas", { true, false, 600, 0, 's' }, 0, 600, 0, 's', true, "we" },
		{ "Require stands for Supported", { false, true, 600, 0, 'u' }, 0, 600, 0, 'u', true,
			"they" },
		{ "no interval, uac", { true, false, 0, 0, 'u' }, 0, 1800, 0, 'u', true, "they" },
		{ "the least", { true, false, 90, 90, 'u' }, 0, 90, 0, 'u', true, "they" },
		{ "too small", { true, false, 89, 0, 'u' }, 422, 0, 90, 0, false, "nobody" },
		{ "one second", { true, false, 1, 1, 's' }, 422, 0, 90, 0, false, "nobody" },
		{ "too small, from who knows no 422", { false, false, 30, 0, 0 }, 0, 30, 0, 's', false,
			"we" },
		{ "as large as it gets", { true, false, 4294967295u, 0, 'u' }, 0, 4294967295u, 0, 'u', true,
			"they" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct session_timer t = { 0 };
		struct timer_headers reply;

		CHECK_INT(cases[i].status, timer_invite(&t, &cases[i].request, &reply, S(1000)),
			cases[i].story);
		CHECK_INT(cases[i].expires_s, reply.expires_s, cases[i].story);
		CHECK_INT(cases[i].min_se_s, reply.min_se_s, cases[i].story);
		CHECK_INT(cases[i].refresher, reply.refresher, cases[i].story);
		CHECK_INT(cases[i].required, reply.required, cases[i].story);
		CHECK_INT(true, reply.supported, cases[i].story);
		CHECK_STR(cases[i].refreshes, who(t.refresher), cases[i].story);
		CHECK(!reply.required || reply.refresher, "%s", cases[i].story);
	}
}

TEST(a_422_leaves_the_timer_as_it_was)
{
	struct session_timer t = { .interval_s = 1800, .refresher = TIMER_THEY, .refreshed_us = S(5) },
			     before = t;
	struct timer_headers reply;

	CHECK_INT(422,
		timer_invite(&t, &(struct timer_headers){ .supported = true, .expires_s = 60 }, &reply, S(9)),
		"60 s");
	CHECK(memcmp(&t, &before, sizeof(t)) == 0, "the old agreement holds");
}

/* RFC 4028 section 7.2: what a 2xx makes of our request */
TEST(as_uac_every_answer_is_understood)
{
	static const struct {
		const char *story;
		struct timer_headers answer;
		unsigned interval_s;
		const char *refreshes;
	} cases[] = {
		{ "no Session-Expires: no timer", { true, false, 0, 0, 0 }, 0, "nobody" },
		{ "uac: we", { true, true, 1800, 0, 'u' }, 1800, "we" },
		{ "uas: they", { true, true, 1800, 0, 's' }, 1800, "they" },
		{ "unnamed: we are safe when we do it", { false, false, 1800, 0, 0 }, 1800, "we" },
		{ "they made it shorter", { true, true, 300, 0, 's' }, 300, "they" },
		{ "below the least there is", { true, true, 1, 0, 'u' }, 90, "we" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct session_timer t = { 0 };

		timer_answer(&t, &cases[i].answer, S(1000));
		CHECK_INT(cases[i].interval_s, t.interval_s, cases[i].story);
		CHECK_STR(cases[i].refreshes, who(t.refresher), cases[i].story);
	}
}

/* RFC 4028 sections 7.1, 7.3 and 7.4 */
TEST(a_request_of_ours_says_what_holds)
{
	struct session_timer t = { 0 };
	struct timer_headers request;

	timer_request(&t, &request);
	CHECK_INT(TIMER_DEFAULT_SE, request.expires_s, "the first INVITE");
	CHECK_INT(0, request.refresher, "leaves it to them who refreshes");
	CHECK_INT(0, request.min_se_s, "and names no minimum");
	CHECK(request.supported && !request.required, "Supported: timer");

	CHECK(timer_too_small(&t, &(struct timer_headers){ .min_se_s = 3600 }),
		"422 with more than we asked for");
	timer_request(&t, &request);
	CHECK_INT(3600, request.expires_s, "asked again with as much");
	CHECK_INT(3600, request.min_se_s, "and with their minimum (section 7.3)");
	CHECK(!timer_too_small(&t, &(struct timer_headers){ .min_se_s = 3600 }), "422 again: no third try");
	CHECK(!timer_too_small(&t, &(struct timer_headers){ 0 }), "422 without Min-SE: no use in trying");

	timer_answer(&t, &(struct timer_headers){ .expires_s = 3600, .refresher = 's' }, S(10));
	timer_request(&t, &request);
	CHECK_INT('s', request.refresher, "a re-INVITE of ours leaves the duty with them");
	timer_answer(&t, &(struct timer_headers){ .expires_s = 3600, .refresher = 'u' }, S(20));
	timer_request(&t, &request);
	CHECK_INT('u', request.refresher, "and with us");
	CHECK_INT(3600, request.expires_s, "at the same interval");
}

/* As UAS we agreed that we refresh; our refresh makes us the UAC of that request, so the duty is called 'uac' there. */
TEST(the_duty_stays_when_the_roles_swap)
{
	struct session_timer t = { 0 };
	struct timer_headers reply, request;

	timer_invite(&t, &(struct timer_headers){ .supported = true, .expires_s = 600, .refresher = 's' },
		&reply, 0);
	timer_request(&t, &request);
	CHECK_INT('u', request.refresher, "we were uas, now we are uac");
	timer_invite(&t, &(struct timer_headers){ .supported = true, .expires_s = 600, .refresher = 'u' },
		&reply, 0);
	timer_request(&t, &request);
	CHECK_INT('s', request.refresher, "they were uac, now they are uas");
}

TEST(what_is_due_when)
{
	static const struct {
		const char *story;
		unsigned interval_s, at_s;
		enum timer_side refresher;
		bool media;
		enum timer_action action;
	} cases[] = {
		{ "no timer", 0, 1000000, TIMER_NOBODY, false, TIMER_WAIT },
		{ "we, before half", 1800, 899, TIMER_WE, false, TIMER_WAIT },
		{ "we, at half", 1800, 900, TIMER_WE, false, TIMER_REFRESH },
		{ "we, sound or not", 1800, 900, TIMER_WE, true, TIMER_REFRESH },
		{ "we, nobody answered, 32 s before the end", 1800, 1768, TIMER_WE, false, TIMER_EXPIRED },
		{ "we, one second before that", 1800, 1767, TIMER_WE, false, TIMER_REFRESH },
		{ "we, over, but sound flows", 1800, 5000, TIMER_WE, true, TIMER_REFRESH },
		{ "they, at half", 1800, 900, TIMER_THEY, false, TIMER_WAIT },
		{ "they, 33 s before the end", 1800, 1767, TIMER_THEY, false, TIMER_WAIT },
		{ "they, 32 s before the end", 1800, 1768, TIMER_THEY, false, TIMER_EXPIRED },
		{ "they, over, but sound flows (T7)", 1800, 99999, TIMER_THEY, true, TIMER_WAIT },
		{ "a third of a short one: 90 - 30", 90, 60, TIMER_THEY, false, TIMER_EXPIRED },
		{ "and just before", 90, 59, TIMER_THEY, false, TIMER_WAIT },
		{ "half of a short one", 90, 45, TIMER_WE, false, TIMER_REFRESH },
		{ "the largest there is", 4294967295u, 2000000000u, TIMER_THEY, false, TIMER_WAIT },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct session_timer t = { .interval_s = cases[i].interval_s,
			.refresher = cases[i].refresher,
			.refreshed_us = S(7) };

		CHECK_INT(cases[i].action, timer_due(&t, cases[i].media, S(7) + S(cases[i].at_s)),
			cases[i].story);
	}
	CHECK_INT(TIMER_WAIT,
		timer_due(&(struct session_timer){ 1800, TIMER_THEY, S(100), 0, 0 }, false, S(1)),
		"a clock behind the last refresh");
}

/* interval 90: half is 45, a pause is 15, the end is 60 */
TEST(a_refresh_under_way_is_not_repeated_at_once)
{
	struct session_timer t = { .interval_s = 90, .refresher = TIMER_WE, .refreshed_us = S(100) };

	CHECK_INT(TIMER_REFRESH, timer_due(&t, false, S(145)), "due");
	timer_asked(&t, S(145));
	CHECK_INT(TIMER_WAIT, timer_due(&t, false, S(146)), "sent");
	CHECK_INT(TIMER_WAIT, timer_due(&t, false, S(159)), "still waiting");
	CHECK_INT(TIMER_EXPIRED, timer_due(&t, false, S(160)), "no answer");
	CHECK_INT(TIMER_REFRESH, timer_due(&t, true, S(160)), "no answer, but sound: once more");
	timer_answer(&t, &(struct timer_headers){ .expires_s = 90, .refresher = 'u' }, S(150));
	CHECK_INT(TIMER_WAIT, timer_due(&t, false, S(194)), "answered: a new half");
	CHECK_INT(TIMER_REFRESH, timer_due(&t, false, S(195)), "which ends");
}

/* interval 1800: a pause is 32 s, not a sixth of it */
TEST(a_refresh_that_failed_is_tried_again_soon)
{
	struct session_timer t = { .interval_s = 1800, .refresher = TIMER_WE, .refreshed_us = S(100) };

	timer_asked(&t, S(1000));
	CHECK_INT(TIMER_WAIT, timer_due(&t, false, S(1031)), "31 s");
	CHECK_INT(TIMER_REFRESH, timer_due(&t, false, S(1032)), "32 s");
}

TEST(a_timer_ends_when_a_refresh_no_longer_names_one)
{
	struct session_timer t = { .interval_s = 1800, .refresher = TIMER_THEY };
	struct timer_headers reply;

	CHECK_INT(0, timer_invite(&t, &(struct timer_headers){ 0 }, &reply, S(9)), "as UAS");
	CHECK_INT(0, t.interval_s, "as UAS");
	CHECK_STR("nobody", who(t.refresher), "as UAS");
	t = (struct session_timer){ .interval_s = 1800, .refresher = TIMER_WE };
	timer_answer(&t, &(struct timer_headers){ .supported = true }, S(9));
	CHECK_INT(0, t.interval_s, "as UAC");
	CHECK_STR("nobody", who(t.refresher), "as UAC");
}

TESTS(a_refresh_that_failed_is_tried_again_soon, a_timer_ends_when_a_refresh_no_longer_names_one,
	as_uas_every_combination_is_answered, a_422_leaves_the_timer_as_it_was,
	as_uac_every_answer_is_understood, a_request_of_ours_says_what_holds,
	the_duty_stays_when_the_roles_swap, what_is_due_when, a_refresh_under_way_is_not_repeated_at_once)
