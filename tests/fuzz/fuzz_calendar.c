/* links: dialplan/calendar.c dialplan/zone.c dialplan/err.c */
/* Lines are spans of a calendar.  Whatever comes: a span that is read lies within a day, and a calendar answers with
 * one of its spans; one that overlaps nothing is never open together with another. */
#include "dialplan/calendar.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

enum { TEXT_MAX = 512, HOUR_S = 3600 };

#define CLAIM(so)                                                                                            \
	do {                                                                                                 \
		if (!(so))                                                                                   \
			abort();                                                                             \
	} while (0)

static void read_line(struct calendar *c, const char *line)
{
	struct calendar_span span;
	const char *wrong = NULL;

	if (calendar_span_parse(&span, line, &wrong) != PLAN_OK) {
		CLAIM(wrong && wrong[0]);
		return;
	}
	CLAIM(span.days && span.days <= 0x7f && span.from_min < 1440 && span.until_min <= 1440);
	CLAIM(span.first_day <= span.last_day);
	if (c->n_spans < CALENDAR_SPANS)
		c->spans[c->n_spans++] = span;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static struct calendar c[2];
	char text[TEXT_MAX + 1], *rest = text, *line;
	bool meet;

	if (len > TEXT_MAX)
		return 0;
	memcpy(text, p, len);
	text[len] = '\0';
	memset(c, 0, sizeof(c));
	for (unsigned i = 0; (line = strsep(&rest, "\n")) != NULL; i++)
		read_line(&c[i % 2], line);
	meet = calendar_overlap(&c[0], &c[1]);
	CLAIM(meet == calendar_overlap(&c[1], &c[0]));
	for (int64_t at_s = 1796342400 - HOUR_S; at_s < 1796342400 + 9 * 24 * HOUR_S; at_s += HOUR_S / 2) {
		size_t by[2];
		bool open[2];

		for (unsigned i = 0; i < 2; i++) {
			open[i] = calendar_open(&c[i], at_s, &by[i]);
			CLAIM(by[i] <= c[i].n_spans);
			CLAIM(by[i] == c[i].n_spans || c[i].spans[by[i]].closed == !open[i]);
		}
		CLAIM(meet || !open[0] || !open[1]);
	}
	return 0;
}
