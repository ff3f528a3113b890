/* block.h - blocks of numbers, and which one holds a number: the narrowest.
 *
 * How: one array, sorted by set and first number; each block knows the one around it.  Blocks of a set lie inside one another
 * or apart; two that merely overlap are refused, as nobody could say whose the numbers in both are.
 *
 * Thread: any; constant once made.
 */
#ifndef DIALPLAN_BLOCK_H
#define DIALPLAN_BLOCK_H

#include "dialplan/number.h"
#include <stdint.h>

enum { BLOCK_NONE = UINT32_MAX };

struct block {                /* numbers of one length, both ends included; a single number is both ends */
	uint64_t first, last; /* digits as a number: no E.164 number begins with 0 */
	uint32_t set, value;
};

uint64_t block_digits(const char *e164); /* of a valid number */
/* `last` "" is `first`.  False: not two numbers of one length, the first not behind the last. */
bool block_ends(struct block *out, const char *first, const char *last);

struct blocks;
/* PLAN_TWICE: *at (may be NULL) is the index of a block that is given twice or overlaps another, that one's is *with. */
enum plan_err blocks_alloc(
	struct blocks **out, const struct block *blocks, size_t n, size_t *at, size_t *with);
struct blocks *blocks_free(struct blocks *b); /* accepts NULL, returns NULL */
/* The value of the narrowest block of the set around the number; BLOCK_NONE. */
uint32_t blocks_find(const struct blocks *b, uint32_t set, uint64_t number);
#endif
