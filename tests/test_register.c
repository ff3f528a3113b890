/* links: sip/register.c */
#include "sip/register.h"
#include "tests/test.h"

enum { S = 1000000 };

static void ask(struct registration *r, uint64_t now_us, unsigned want_expires_s, const char *story)
{
	unsigned expires_s = 77;

	CHECK(register_due(r, now_us, &expires_s), "%s: not due", story);
	CHECK_INT(want_expires_s, expires_s, story);
	CHECK(!register_due(r, now_us + 9999ull * S, &expires_s), "%s: twice at once", story);
}

/* What comes back, and between which seconds the next REGISTER goes out, with the least and the most luck. */
TEST(the_next_one_comes_when_it_should)
{
	static const struct {
		const char *story;
		struct register_answer answer;
		unsigned failures;
		double from_s, to_s;
		bool held;
	} cases[] = {
		{ "granted as asked", { .status = 200 }, 0, 480, 540, true },
		{ "granted for less", { .status = 200, .expires_s = 60 }, 0, 48, 54, true },
		{ "nothing came", { .status = 0 }, 0, 15, 30, false },
		{ "a third time", { .status = 0 }, 2, 60, 120, false },
		{ "for days", { .status = 500 }, 90, 900, 1800, false },
		{ "503 with Retry-After", { .status = 503, .retry_after_s = 100 }, 0, 100, 110, false },
		{ "Retry-After shorter than our own wait", { .status = 503, .retry_after_s = 1 }, 5, 480, 960,
			false },
		{ "wrong password", { .status = 401, .refused_credentials = true }, 0, 150, 300, false },
		{ "423 with Min-Expires", { .status = 423, .min_expires_s = 3600 }, 0, 0, 0, false },
		{ "423 that asks for no more than we did", { .status = 423, .min_expires_s = 600 }, 0, 15, 30,
			false },
		{ "423 beyond reason", { .status = 423, .min_expires_s = 900000 }, 0, 15, 30, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (int luck = 0; luck < 2; luck++) {
			struct registration r;
			const uint64_t now_us = 1000ull * S;
			unsigned expires_s;

			register_init(&r, 0);
			ask(&r, now_us, 600, cases[i].story);
			r.failures = cases[i].failures;
			register_heard(&r, &cases[i].answer, now_us, luck ? UINT32_MAX : 0);
			CHECK(r.next_us >= now_us + (uint64_t)(cases[i].from_s * S), "%s: too soon",
				cases[i].story);
			CHECK(r.next_us <= now_us + (uint64_t)(cases[i].to_s * S) + 1, "%s: too late",
				cases[i].story);
			CHECK_INT(cases[i].held, register_holds(&r, now_us), cases[i].story);
			CHECK(r.next_us == now_us || !register_due(&r, r.next_us - 1, &expires_s),
				"%s: early", cases[i].story);
			CHECK(register_due(&r, r.next_us, &expires_s), "%s: due", cases[i].story);
		}
}

TEST(min_expires_is_taken_up)
{
	struct registration r;

	register_init(&r, 120);
	ask(&r, 0, 120, "first");
	register_heard(&r, &(struct register_answer){ .status = 423, .min_expires_s = 3600 }, 5, 0);
	ask(&r, 5, 3600, "again, for as long as it wants");
	register_heard(&r, &(struct register_answer){ .status = 200 }, 6, 0);
	CHECK(register_holds(&r, 3599ull * S) && !register_holds(&r, 3601ull * S), "an hour");
}

/* A registration outlives a refused refresh, until its own time is over. */
TEST(a_failed_refresh_is_not_the_end)
{
	struct registration r;

	register_init(&r, 600);
	ask(&r, 0, 600, "first");
	register_heard(&r, &(struct register_answer){ .status = 200 }, 0, 0);
	ask(&r, 480ull * S, 600, "refresh");
	register_heard(&r, &(struct register_answer){ .status = 0 }, 481ull * S, 0);
	CHECK(register_holds(&r, 599ull * S), "still held");
	CHECK(!register_holds(&r, 600ull * S), "over");
	register_stop(&r);
	ask(&r, 500ull * S, 0, "goodbye");
	register_heard(&r, &(struct register_answer){ .status = 200 }, 500ull * S, 0);
	CHECK_INT(REGISTER_OFF, r.state, "off");
	CHECK(!register_holds(&r, 500ull * S), "gone");
}

TESTS(the_next_one_comes_when_it_should, min_expires_is_taken_up, a_failed_refresh_is_not_the_end)
