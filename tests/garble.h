/* garble.h - bad input by the thousand: messages cut, flipped and stirred, the same ones for the same seed.
 *
 * Use:  garble_init(); garble_take() for the next variant of a message; vector_read() for a file of tests/vectors.
 */
#ifndef TESTS_GARBLE_H
#define TESTS_GARBLE_H

#include <stddef.h>
#include <stdint.h>

struct garble {
	uint64_t state;
};

void garble_init(struct garble *g, uint64_t seed);
uint32_t garble_below(struct garble *g, uint32_t bound); /* 0..bound-1 */

/* Copies `n` bytes to `out` with some of them wrong: bits flipped, bytes replaced, a part cut out, doubled or
 * overwritten, the end cut off.  Never more than `cap` bytes; how many. */
size_t garble_take(struct garble *g, uint8_t *out, size_t cap, const void *bytes, size_t n);

/* tests/vectors/NAME into `out`; how many bytes, 0: no such file. */
size_t vector_read(void *out, size_t cap, const char *name);
#endif
