/* texts.h - the few texts that something has, of the many that it may have: each is known by a number.
 *
 * How: a chain of them, each as long as its text.  One stays where it is until it is replaced, whatever happens to the others.
 * Use:  begin with NULL; texts_set(); texts_get(); texts_copy() for another owner; texts_free().
 *
 * Thread: whoever owns them.
 */
#ifndef BRIDGE_TEXTS_H
#define BRIDGE_TEXTS_H

#include <stdbool.h>
#include <stddef.h>

struct texts;

/* `text`, of `len` bytes without a NUL, in place of what was under that number, below 256; len 0: nothing is from now on.
 * False: out of memory, and what was there still is. */
bool texts_set(struct texts **t, unsigned which, const char *text, size_t len);
const char *texts_get(const struct texts *t, unsigned which); /* "": there is none */

/* Into *out, which is written only then.  False: out of memory. */
bool texts_copy(struct texts **out, const struct texts *from);
struct texts *texts_free(struct texts *t); /* accepts NULL, returns NULL */
#endif
