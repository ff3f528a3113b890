/* page.h - one page of a list that is there whole: `limit`, `cursor` and filters of a query, as all lists of the API have them.
 *
 * How: rows are JSON objects in an order that lasts; the cursor is the key of the last one shown, so that pages go on where they stopped whatever
 * is added meanwhile; one whose row has gone is told so.  A filter is a member of the rows, which must be that text (true, false).  What the query
 * has beside these is refused: a filter misspelt would show everything.
 *
 * Thread: any; pure.
 */
#ifndef BRIDGE_PAGE_H
#define BRIDGE_PAGE_H

#include <jansson.h>

enum { PAGE_LIMIT = 100, PAGE_MAX = 1000, PAGE_ALL = 100000 };

struct page_rules {
	const char *key;      /* member that tells rows apart */
	const char *filters;  /* "account role": members that may be asked for; "": none */
	unsigned limit, most; /* rows of a page when nothing is said, and at most */
};

struct page_wrong {
	char field[48];
	const char *code, *message;
};

/* { "items", "next" } of `rows`, which stay the caller's.  NULL: *wrong says what is, or (code NULL) out of memory. */
json_t *page_of(
	const json_t *rows, const struct page_rules *rules, const char *query, struct page_wrong *wrong);
#endif
