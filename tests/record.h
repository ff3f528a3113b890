/* record.h - what a call's record must say, checked through GET /v1/records.
 *
 * Thread: the test's; a check that fails ends the test.
 */
#ifndef TESTS_RECORD_H
#define TESTS_RECORD_H

#include "tests/flow/bridge.h"

struct record {
	const char *trunk, *number, *cause; /* NULL: not looked at */
	unsigned status, q850;
	bool by_them, joined; /* joined: meeting 100200300 */
	const char *codec;
};

/* The one record with this Call-ID, waited for; the caller json_decref()s. */
json_t *record_of(const struct bridge *b, const char *call_id, const char *story);
/* It says this, and its times are in order. */
void check_record(const struct bridge *b, const char *call_id, const struct record *want, const char *story);
#endif
