/* links: sip/pace.c */
#include "sip/pace.h"
#include "tests/test.h"

TEST(no_more_than_so_many_a_second)
{
	struct pace p = { 0 };
	unsigned taken = 0;

	for (int i = 0; i < 100; i++)
		taken += pace_take(&p, 10, 5000000);
	CHECK_INT(10, taken, "at one moment");
	CHECK(!pace_take(&p, 10, 5050000), "half a place later");
	CHECK(pace_take(&p, 10, 5100000), "a tenth of a second later one more");
	CHECK(!pace_take(&p, 10, 5100000), "and no second");
	taken = 0;
	for (uint64_t t = 20000000; t < 30000000; t += 10000)
		taken += pace_take(&p, 10, t);
	CHECK_NEAR(109, taken, 1, "ten seconds: what was saved up, and ten a second");
	for (int i = 0; i < 1000; i++)
		CHECK(pace_take(&p, 0, 1), "no limit");
}

TESTS(no_more_than_so_many_a_second)
