/* crowd_text.h - text that grows in a buffer of fixed size; what does not fit shows in `len` >= `cap`.
 *
 * Thread: one.
 */
#ifndef TOOLS_CROWD_TEXT_H
#define TOOLS_CROWD_TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

struct text {
	char *p;
	size_t cap, len;
};

static inline void __attribute__((format(printf, 2, 3))) add(struct text *t, const char *format, ...)
{
	va_list args;

	if (t->len >= t->cap)
		return;
	va_start(args, format);
	int n = vsnprintf(t->p + t->len, t->cap - t->len, format, args);
	va_end(args);
	t->len += n < 0 ? t->cap : (size_t)n;
}
#endif
