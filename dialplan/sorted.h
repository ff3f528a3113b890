/* sorted.h - where a text stands among items that are sorted by one of theirs.
 *
 * How: halves, by strcmp().  Cost: log2(n) comparisons.
 *
 * Thread: any; pure.
 */
#ifndef DIALPLAN_SORTED_H
#define DIALPLAN_SORTED_H

#include <stddef.h>
#include <string.h>

/* Index of the first item whose text is not before `text`; `n`: all are before it.
 *
 *   items   `n` of them, `each` bytes apart; may be NULL when n is 0
 *   offset  bytes from an item's beginning to its text, 0-terminated */
static inline size_t sorted_slot(const void *items, size_t n, size_t each, size_t offset, const char *text)
{
	size_t low = 0, high = n;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (strcmp((const char *)items + middle * each + offset, text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
#endif
