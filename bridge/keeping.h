/* keeping.h - what must outlive the process for those who ask twice: Idempotency-Keys with their answers, the key of object tags.
 *
 * How: the answer to a request with a key goes to the disk first, then out, so that whoever has seen it finds it again after a crash.  When
 * the process ends between what the request did and this, no answer was seen: sent again, the request meets its own work (409 `exists`).  An
 * answer of more than KEEPING_BODY_MAX stays in memory; when the disk takes nothing, all answers do, and go out all the same.
 *
 * Thread: control.
 */
#ifndef BRIDGE_KEEPING_H
#define BRIDGE_KEEPING_H

#include "bridge/node.h"

struct idempotence;
struct idempotence_kept;

enum { KEEPING_BODY_MAX = 16384 };

/* What an earlier run has kept; *tag_key: EDIT_TAG_KEY bytes, which tags of all runs are made with. */
enum bridge_err keeping_load(struct node *n, struct store *store, uint8_t *tag_key);
/* The same of a database that was restored, on the disk thread; *tag_key, as it comes, is written where there is none.  The caller frees *out. */
enum bridge_err keeping_read(struct idempotence **out, struct store *store, uint8_t *tag_key);
/* Sends an answer that is kept, when it is on the disk. */
void keeping_answer(struct node *n, uint64_t id, const struct idempotence_kept *k);
#endif
