/* ere.h - POSIX extended regular expressions that strangers wrote, in bounded time and memory (RFC 6116 section 3.4.3).
 *
 * How: the expression becomes a short program; a walk that visits each step of it at each place of the text once at most finds
 * what it matches, so no expression takes longer than steps times characters: libc's own may take minutes and
 * gigabytes for some.  The leftmost match counts, of those the longest; groups as a greedy reading has them.
 * Not here: back-references inside the expression (POSIX has none in ERE), equivalence classes, other characters than bytes.
 * Use:  ere_compile(); ere_match().
 *
 * Thread: any; pure, no allocation.
 */
#ifndef SIP_ERE_H
#define SIP_ERE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ERE_STEPS = 512, ERE_SETS = 16, ERE_GROUPS = 10, ERE_TEXT = 64, ERE_DEPTH = 16, ERE_REPEATS = 64 };

struct ere_step {
	uint8_t what;      /* enum of ere.c */
	uint8_t byte;      /* character, set or group */
	int16_t to, or_to; /* relative to this step */
};

struct ere {
	struct ere_step steps[ERE_STEPS];
	unsigned n;
	uint8_t sets[ERE_SETS][32]; /* a bit per byte */
	unsigned n_sets, n_groups;
	bool any_case;
};

struct ere_span {
	unsigned from, to; /* characters; from > to: the group took no part */
};

/* False: no such expression, or one beyond the bounds above. */
bool ere_compile(struct ere *out, const char *expression, size_t len, bool any_case);
/* `text` of ERE_TEXT characters at most.  True: spans[0] is the match, the others its groups. */
bool ere_match(const struct ere *e, const char *text, struct ere_span spans[ERE_GROUPS]);
#endif
