/* links: bridge/freshness.c */
#include "bridge/freshness.h"
#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

/* Header lines of one answer, divided by '|'. */
static int64_t fresh(const char *headers)
{
	struct freshness f;

	freshness_init(&f);
	for (const char *at = headers; *at; at += strcspn(at, "|"), at += *at == '|')
		freshness_header(&f, at, strcspn(at, "|"));
	return freshness_s(&f);
}

TEST(servers_say_how_long)
{
	static const struct {
		const char *story, *headers;
		int64_t s;
	} cases[] = {
		{ "nothing is said", "HTTP/1.1 200 OK\r\n|Content-Type: application/pem\r\n|\r\n", -1 },
		{ "an hour", "Cache-Control: max-age=3600\r\n", 3600 },
		{ "no blank, any letters", "CACHE-control:Max-Age=60\r\n", 60 },
		{ "among others", "Cache-Control: public , max-age=60 ,immutable\r\n", 60 },
		{ "in quotes (5.2)", "Cache-Control: max-age=\"60\"\r\n", 60 },
		{ "two headers", "Cache-Control: public\r\n|Cache-Control: max-age=60\r\n", 60 },
		{ "the shorter of two", "Cache-Control: max-age=900\r\n|Cache-Control: max-age=60\r\n", 60 },
		{ "the shorter, whatever comes first", "Cache-Control: max-age=60, max-age=900\r\n", 60 },
		{ "none of it", "Cache-Control: max-age=0\r\n", 0 },
		{ "not to be kept", "Cache-Control: max-age=60, no-store\r\n", 0 },
		{ "not to be kept, said first", "Cache-Control: no-store\r\n|Cache-Control: max-age=60\r\n",
			0 },
		{ "not without asking", "Cache-Control: no-cache\r\n", 0 },
		{ "but for one header (5.2.2.4)", "Cache-Control: no-cache=\"Set-Cookie\", max-age=60\r\n",
			60 },
		{ "shared caches' business (5.2.2.10)", "Cache-Control: s-maxage=9, max-age=60\r\n", 60 },
		{ "within quotes is another's value",
			"Cache-Control: private=\"a, max-age=9\", max-age=60\r\n", 60 },
		{ "a quote within quotes", "Cache-Control: x=\"a\\\", no-store\", max-age=60\r\n", 60 },
		{ "no number (4.2.1)", "Cache-Control: max-age=soon\r\n", 0 },
		{ "less than none", "Cache-Control: max-age=-5\r\n", 0 },
		{ "no value", "Cache-Control: max-age\r\n", 0 },
		{ "a number, and more", "Cache-Control: max-age=60s\r\n", 0 },
		{ "more than can be counted (1.2.2)", "Cache-Control: max-age=99999999999999999999999\r\n",
			FRESHNESS_MOST_S },
		{ "some of it is over (4.2.3)", "Age: 20\r\n|Cache-Control: max-age=60\r\n", 40 },
		{ "all of it is over", "Cache-Control: max-age=60\r\n|Age: 90\r\n", 0 },
		{ "an age that is no number", "Cache-Control: max-age=60\r\n|Age: old\r\n", 60 },
		{ "an age alone says nothing", "Age: 20\r\n", -1 },
		{ "another header", "X-Cache-Control: max-age=60\r\n", -1 },
		{ "a blank in the name", "Cache-Control : max-age=60\r\n", -1 },
		{ "no colon", "Cache-Control max-age=60\r\n", -1 },
		{ "a quote that does not end", "Cache-Control: x=\"a, max-age=60\r\n", -1 },
		{ "empty parts", "Cache-Control: ,, ,max-age=60,\r\n", 60 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK_INT(cases[i].s, fresh(cases[i].headers), cases[i].story);
}

/* Every beginning of a line, in memory of just its size: nothing behind it is read (asan). */
TEST(lines_end_where_they_say)
{
	static const char line[] = "Cache-Control: x=\"a\\\\\", max-age=\"60\"";

	for (size_t n = 0; n < sizeof(line); n++) {
		char *copy = malloc(n ? n : 1);
		struct freshness f;

		memcpy(copy, line, n);
		freshness_init(&f);
		freshness_header(&f, copy, n);
		CHECK(freshness_s(&f) <= 60, "%zu bytes", n);
		free(copy);
	}
}

TESTS(servers_say_how_long, lines_end_where_they_say)
