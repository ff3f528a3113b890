/* exchange.h - one request of the API with headers of the test's choice, and the whole answer.
 *
 * Use:  struct exchange x = exchange(&b, "PATCH", path, body, "If-Match: \"ab\"", NULL); ... exchange_free(&x);
 * Thread: the test's.
 */
#ifndef TESTS_FLOW_EXCHANGE_H
#define TESTS_FLOW_EXCHANGE_H

#include "tests/flow/bridge.h"

struct exchange {
	long status; /* 0: no answer */
	char headers[2048];
	char *text;   /* owned */
	json_t *body; /* owned; NULL: no JSON */
};

/* Headers follow, NULL-ended; over the control socket, over TCP where one of them begins with "Authorization:". */
struct exchange exchange(const struct bridge *b, const char *method, const char *path, const char *body, ...);
void exchange_free(struct exchange *x);
/* Value of a header, "" where there is none; `name` in lower case. */
const char *exchange_header(const struct exchange *x, const char *name, char out[256]);
#endif
