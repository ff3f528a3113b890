/* links: bridge/openmetrics.c */
#include "bridge/openmetrics.h"
#include "tests/test.h"

#include <stdlib.h>

TEST(families_have_no_total_and_the_page_ends)
{
	static const struct {
		const char *story, *text, *page;
	} cases[] = {
		{ "an empty page", "", "# EOF\n" },
		{ "a counter", "# HELP a_total all of them\n# TYPE a_total counter\na_total 3\n",
			"# HELP a all of them\n# TYPE a counter\na_total 3\n# EOF\n" },
		{ "with labels", "# TYPE a_total counter\na_total{b=\"c_total counter\"} 3\n",
			"# TYPE a counter\na_total{b=\"c_total counter\"} 3\n# EOF\n" },
		{ "a gauge", "# HELP g how _total\n# TYPE g gauge\ng 1.5\n",
			"# HELP g how _total\n# TYPE g gauge\ng 1.5\n# EOF\n" },
		{ "a counter of another name", "# TYPE ticks counter\nticks 3\n",
			"# TYPE ticks unknown\nticks 3\n# EOF\n" },
		{ "a histogram", "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 2\nh_count 1\n",
			"# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 2\nh_count 1\n# EOF\n" },
		{ "without its last line's end", "a 1", "a 1\n# EOF\n" },
		{ "an empty line", "a 1\n\nb 2\n", "a 1\nb 2\n# EOF\n" },
		{ "nothing behind the word", "# TYPE \n", "# TYPE \n# EOF\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t n;
		char *page = openmetrics_page(cases[i].text, strlen(cases[i].text), &n);

		CHECK_STR(cases[i].page, page, cases[i].story);
		CHECK_INT(strlen(page), n, cases[i].story);
		free(page);
	}
}

TEST(who_asks_for_it_gets_it)
{
	CHECK(openmetrics_wanted("application/openmetrics-text;version=1.0.0,text/plain;q=0.5"),
		"Prometheus");
	CHECK(!openmetrics_wanted("text/plain") && !openmetrics_wanted("") && !openmetrics_wanted("*/*"),
		"others");
}

TESTS(families_have_no_total_and_the_page_ends, who_asks_for_it_gets_it)
