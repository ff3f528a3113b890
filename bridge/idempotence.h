/* idempotence.h - requests that are sent twice and done once: POST with an Idempotency-Key.
 *
 * How: the first request of a key is noted with a hash of what it asks; its answer is kept when it was a success (what failed has
 * done nothing and may be tried again).  A second one gets that answer.  Keys are each asker's own.  Kept for a day, IDEMPOTENCE_MAX
 * of them and IDEMPOTENCE_BYTES of answers, then the oldest go.  They outlive the process: an answer goes out when its key is on the
 * disk (bridge/keeping), and what is there is put back at the start.  An answer that shows a secret this once (a token's, a webhook's) is
 * kept in memory alone: after a restart only that it was carried out is known.
 * Use:  idempotence_begin() before the request is carried out; idempotence_settle() with every answer.
 *
 * Thread: control.
 */
#ifndef BRIDGE_IDEMPOTENCE_H
#define BRIDGE_IDEMPOTENCE_H

#include "bridge/http.h"

enum { IDEMPOTENCE_MAX = 4096, IDEMPOTENCE_BYTES = 8 << 20, IDEMPOTENCE_HOURS = 24 };

enum idempotence_verdict {
	IDEMPOTENCE_NEW,   /* carry it out */
	IDEMPOTENCE_BUSY,  /* the first one is not answered yet */
	IDEMPOTENCE_OTHER, /* the key was used for something else */
	IDEMPOTENCE_AGAIN, /* here is the answer */
	IDEMPOTENCE_GONE   /* it was carried out, and its answer was a secret */
};

struct idempotence_answer { /* borrowed until the next call */
	unsigned status;
	const char *body;
	size_t len;
	struct http_more more;
};

enum { IDEMPOTENCE_HASH = 32, IDEMPOTENCE_WHO = 160 };

struct idempotence_kept { /* one that is settled */
	char who[IDEMPOTENCE_WHO], key[HTTP_KEY_MAX];
	uint8_t asked[IDEMPOTENCE_HASH]; /* of what it asks */
	int64_t at_us;
	unsigned status;
	bool secret; /* the answer's body is */
	char *body;  /* owned; NULL: a secret that is gone */
	size_t len;
	struct http_more more;
};

struct idempotence;
enum bridge_err idempotence_alloc(struct idempotence **out);
struct idempotence *idempotence_free(struct idempotence *t); /* clears what is kept; accepts NULL */

/* `who`: the asker, as in the audit log.  Out of memory: IDEMPOTENCE_NEW, and nothing is noted. */
enum idempotence_verdict idempotence_begin(struct idempotence *t, const char *who,
	const struct http_request *request, int64_t now_us, struct idempotence_answer *out);
/* Request `id` is answered; one that has no key is none of this.  What is kept of it, borrowed until the next call; NULL: nothing. */
const struct idempotence_kept *idempotence_settle(struct idempotence *t, uint64_t id, unsigned status,
	const char *body, size_t len, const struct http_more *more);
/* What an earlier run has kept: the oldest first. */
void idempotence_restore(struct idempotence *t, const struct idempotence_kept *k);
/* Another database knows other answers: what is settled becomes what `from` has, which is freed; requests that wait for theirs stay. */
void idempotence_take(struct idempotence *t, struct idempotence *from);
#endif
