/* records.h - call records as they leave the database: a page of JSON, or CSV, in the order newest first.
 *
 *   ?since= &before= &account= &meeting= &trunk= &call= &number= &direction=in|out &cause=WORDS &q850= &status= &ended_by=
 *    &answered=true|false &min_duration=SECONDS &mos_below= &limit= &cursor=
 *
 * How: the query is read on the control thread; pages are asked for and written on the disk thread, by whom the database belongs
 * to, so that neither holds more than a page.  A page says where the next one begins: a cursor names a record, so records that
 * come meanwhile do not move it.
 * Use:  records_read(); records_page() until r->ended.
 *
 * Thread: one at a time.
 */
#ifndef BRIDGE_RECORDS_H
#define BRIDGE_RECORDS_H

#include "bridge/store.h"

enum { RECORDS_WORD = 96, RECORDS_CALL = 300, RECORDS_PAGE = 1000, RECORDS_LIMIT = 100 };

struct records {
	struct cdr_filter filter; /* its texts are the ones below */
	char account[RECORDS_WORD], meeting[RECORDS_WORD], trunk[RECORDS_WORD], call[RECORDS_CALL];
	char number[RECORDS_WORD], direction[8], cause[RECORDS_WORD], ended_by[16];
	bool csv, masked;
	uint64_t left; /* how many more are wanted; CSV without limit: all */
	bool begun, ended;
	char *text; /* owned; the page */
	size_t len, cap;
	bool no_memory;
	unsigned n; /* records of the page */
};

/* NULL: good; else what is wrong with which parameter (*field). */
const char *records_read(struct records *out, const char *query, bool csv, const char **field);
/* Whoever asks is confined to this account; asks they for another, they get nothing. */
void records_confine(struct records *r, const char *account);
/* The next page, into r->text.  CSV: the first begins with the line of names. */
enum bridge_err records_page(struct records *r, struct store *store);
void records_clear(struct records *r);
#endif
