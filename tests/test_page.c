/* links: bridge/page.c bridge/http_query.c */
/* A list page by page: nothing twice, nothing left out, and nothing asked for that is not there. */
#include "bridge/http.h"
#include "bridge/page.h"
#include "tests/test.h"

#include <stdlib.h>

static const struct page_rules rules = {
	.key = "id", .filters = "account blocked", .limit = 3, .most = PAGE_MAX
};

/* Rows a, b, ...: every second one is of account "even", every third is blocked. */
static json_t *rows_of(unsigned n)
{
	json_t *rows = json_array();

	for (unsigned i = 0; i < n; i++) {
		char id[2] = { (char)('a' + i), '\0' };

		json_array_append_new(rows, json_pack("{s:s, s:s, s:b}", "id", id, "account",
						    i % 2 ? "odd" : "even", "blocked", i % 3 == 0));
	}
	return rows;
}

/* "abc next c", "abc" when it is the last page, "400 FIELD CODE". */
static const char *page(const json_t *rows, const char *query)
{
	static char out[200];
	struct page_wrong wrong;
	json_t *got = page_of(rows, &rules, query, &wrong), *item;
	size_t i, n = 0;

	if (!got) {
		snprintf(out, sizeof(out), "400 %s %s", wrong.field, wrong.code);
		return out;
	}
	out[0] = '\0';
	json_array_foreach(json_object_get(got, "items"), i, item) n += (size_t)snprintf(
		out + n, sizeof(out) - n, "%s", json_string_value(json_object_get(item, "id")));
	if (json_is_string(json_object_get(got, "next")))
		snprintf(out + n, sizeof(out) - n, " next %s",
			json_string_value(json_object_get(got, "next")));
	json_decref(got);
	return out;
}

TEST(page_after_page)
{
	static const struct {
		const char *story, *query, *page;
	} cases[] = {
		{ "the first, as many as are usual", "", "abc next c" },
		{ "the next", "cursor=c", "def next f" },
		{ "the last", "cursor=f", "gh" },
		{ "after the last", "cursor=h", "" },
		{ "of a size that fits to the row", "limit=8", "abcdefgh" },
		{ "all but one", "limit=7", "abcdefg next g" },
		{ "filtered", "account=even", "ace next e" },
		{ "and on", "account=even&cursor=e", "g" },
		{ "a full page that is the last", "account=even&limit=4", "aceg" },
		{ "a cursor that does not fit the filter", "cursor=b&account=even", "ceg" },
		{ "two filters", "account=even&blocked=true", "ag" },
		{ "none fits", "account=other", "" },
		{ "an empty value fits nobody", "account=", "" },
		{ "a token is no filter", "access_token=plt_x&limit=1", "a next a" },
		{ "limit 0", "limit=0", "400 limit bad_request" },
		{ "limit with letters behind", "limit=5x", "400 limit bad_request" },
		{ "limit with a sign", "limit=%2B5", "400 limit bad_request" },
		{ "limit with a blank", "limit=+5", "400 limit bad_request" },
		{ "limit empty", "limit=", "400 limit bad_request" },
		{ "too many", "limit=1001", "400 limit bad_request" },
		{ "too many for any number", "limit=18446744073709551617", "400 limit bad_request" },
		{ "a filter misspelt", "acount=even", "400 acount bad_request" },
		{ "a part of a filter's name", "account+blocked=x", "400 account+blocked bad_request" },
		{ "a value that cannot be read", "account=%zz", "400 account bad_request" },
		{ "a cursor whose row has gone", "cursor=z", "400 cursor cursor_gone" },
	};
	json_t *rows = rows_of(8);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK_STR(cases[i].page, page(rows, cases[i].query), cases[i].story);
	json_decref(rows);
}

TEST(what_comes_and_goes_between_pages)
{
	json_t *rows = rows_of(8);

	CHECK_STR("abc next c", page(rows, ""), "a page");
	json_array_remove(rows, 0);
	CHECK_STR("def next f", page(rows, "cursor=c"), "one before has gone");
	json_array_insert_new(rows, 0, json_pack("{s:s}", "id", "z"));
	CHECK_STR("def next f", page(rows, "cursor=c"), "one has come before");
	json_decref(rows);
}

TESTS(page_after_page, what_comes_and_goes_between_pages)
