/* api_page.c - lists that are there whole, answered page by page. */
#include "bridge/api.h"

void api_reply_page(
	struct node *n, const struct http_request *request, const struct page_rules *rules, json_t *rows)
{
	struct page_wrong wrong = { .code = NULL };
	json_t *page = page_of(rows, rules, request->query, &wrong);

	if (wrong.code)
		api_refuse_as(n, request->id, 400, wrong.code, wrong.message, wrong.field);
	else
		api_reply(n, request->id, 200, page);
	json_decref(rows);
}
