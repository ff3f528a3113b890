/* digits.h - numbers of so many digits, as dates and hours are written.
 *
 * Thread: any; pure.
 */
#ifndef DIALPLAN_DIGITS_H
#define DIALPLAN_DIGITS_H

#include <stdbool.h>

/* Reads exactly `n` digits, few enough for an int, and moves *text behind them; false: there is something else among them. */
static inline bool digits_take(const char **text, unsigned n, int *out)
{
	*out = 0;
	for (unsigned i = 0; i < n; i++, ++*text) {
		if (**text < '0' || **text > '9')
			return false;
		*out = *out * 10 + **text - '0';
	}
	return true;
}
#endif
