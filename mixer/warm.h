/* warm.h - memory that is needed in a moment is asked for now.
 *
 * How: thousands of legs do not fit into a core's cache, and each is touched once in 20 ms: the first
 * touch of a line waits for memory.  Asked for a leg ahead, it is there when its turn comes.
 * Changes nothing but time; any address is allowed.
 *
 * Thread: any.
 */
#ifndef MIXER_WARM_H
#define MIXER_WARM_H

#include <stddef.h>
#include <stdint.h>

enum { WARM_LINE = 64 };

static inline void warm(const void *p, size_t len)
{
	for (uintptr_t at = (uintptr_t)p / WARM_LINE * WARM_LINE; at < (uintptr_t)p + len; at += WARM_LINE)
		__builtin_prefetch((const void *)at);
}
#endif
