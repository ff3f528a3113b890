/* dips.h - what name servers say of telephone numbers (FEATURES N5): asked, remembered for a while, and never waited for
 * longer than the asker allows.
 *
 * How: NAPTR records of a name by bridge/resolver.  An answer is kept as long as its TTL says (an hour at most), "no such name" a
 * minute; what failed is not kept.  An answer that comes too late for whoever asked is there for the next one.
 * There is room for DIPS_CACHE names; then the oldest goes.
 * Use:  dips_open() when the resolver is there; dips_ask(): the answer comes by `done`, once.
 *
 * Thread: control.
 */
#ifndef BRIDGE_DIPS_H
#define BRIDGE_DIPS_H

#include "bridge/resolver.h"

enum { DIPS_CACHE = 2048, DIPS_WAITS = 1024, DIPS_MS = 300, DIPS_TTL_MAX_S = 3600, DIPS_NOTHING_S = 60 };

enum dips_result { DIPS_FOUND, DIPS_NOTHING, DIPS_FAILED, DIPS_LATE, DIPS_BUSY, DIPS_RESULTS };

struct dips_answer {
	enum dips_result result;
	const char *failure;                 /* words; NULL: DIPS_FOUND */
	struct naptr records[NAPTR_RECORDS]; /* a copy: naptr_pick() may sort it */
	size_t n;
};

struct dips;
struct node;
/* `id` as it was asked with: who asks may be gone by now. */
typedef void (*dips_fn)(struct node *n, uint32_t id, struct dips_answer *answer);

enum bridge_err dips_open(struct dips **out, struct node *n);
struct dips *dips_close(struct dips *d); /* accepts NULL, returns NULL; `done` is not called any more */
/* Within wait_ms (DIPS_MS at most; 0: DIPS_MS) `done` is called; also from inside, when the answer is known. */
void dips_ask(struct dips *d, const char *name, unsigned wait_ms, dips_fn done, uint32_t id);
/* How many ended so; *word says it for metrics. */
uint64_t dips_count(const struct dips *d, enum dips_result result, const char **word);
uint64_t dips_remembered(const struct dips *d); /* of them: answered without a name server */
#endif
