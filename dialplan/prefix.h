/* prefix.h - which of very many prefixes begin a number.
 *
 * How: one array, sorted by set and digits, so that everything a prefix begins lies right behind it; each entry knows the
 * longest other one that begins it.  The last entry not behind the number, or one that begins that entry, is the
 * longest that begins the number: one binary search, then a walk of at most 15 steps.
 * Cost: 24 bytes a prefix.
 *
 * Thread: any; constant once made.
 */
#ifndef DIALPLAN_PREFIX_H
#define DIALPLAN_PREFIX_H

#include "dialplan/number.h"
#include <stdint.h>

enum { PREFIX_DEPTH = 16 /* "+" and 15 digits */ };

struct prefix_entry {
	uint32_t set; /* tables side by side in one: an account's */
	uint32_t value;
	char prefix[NUMBER_E164]; /* "+", "+49" */
};

struct prefix_match {           /* one prefix; several entries may have it */
	const uint32_t *values; /* borrowed from the table, ascending */
	uint32_t n;
	unsigned digits;
};

bool prefix_valid(const char *text); /* + and 0..15 digits, the first not 0 */

struct prefixes;
/* PLAN_SYNTAX: an entry that is no prefix. */
enum plan_err prefixes_alloc(struct prefixes **out, const struct prefix_entry *entries, size_t n);
struct prefixes *prefixes_free(struct prefixes *p); /* accepts NULL, returns NULL */
/* All prefixes of the set that begin `e164`, the longest first; returns how many. */
unsigned prefixes_find(
	const struct prefixes *p, uint32_t set, const char *e164, struct prefix_match out[PREFIX_DEPTH]);
#endif
