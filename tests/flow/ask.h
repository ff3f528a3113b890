/* ask.h - who is in a meeting, and what became of a call: the API's rows as a test wants them.
 *
 * Thread: the test's.
 */
#ifndef TESTS_FLOW_ASK_H
#define TESTS_FLOW_ASK_H

#include "tests/flow/bridge.h"

enum { ASK_ID = 64 };

/* The roster's row of who goes by this name; the caller json_decref()s. NULL: not there. */
json_t *roster_row(const struct bridge *b, const char *meeting, const char *name);
/* Waits until somebody of this name is in it; the row, NULL when nobody came. */
json_t *roster_wait(const struct bridge *b, const char *meeting, const char *name, unsigned ms);

/* The record of the call with this SIP Call-ID; waits, as records are written after the call. NULL: none. */
json_t *record_wait(const struct bridge *b, const char *call_id, unsigned ms);

/* Meeting 100200300 is to call this number, and takes it on: the call's ID. */
void ask_call(const struct bridge *b, const char *to, char id[ASK_ID]);

/* Hangs that call up as an operator does; it must be there. */
void ask_hang_up(const struct bridge *b, const char *id);

/* Milliseconds of a time as the API writes it, since 1970. -1: it is none. */
double time_at(const json_t *j, const char *path);
#endif
