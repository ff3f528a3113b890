/* comfort.h - comfort noise as the far end describes it (RFC 3389): its level, and the shape of its spectrum.
 *
 * How: noise through an all-pole lattice of the reflection coefficients in the packet, of which the first COMFORT_ORDER
 * are taken; the level holds whatever they are.  A packet that names a level alone gets a spectrum that falls
 * as that of rooms does, not white noise, which is a hiss.
 * Use:  zero-initialise; comfort_read() per packet, comfort_fill() while nothing else comes.
 *
 * Thread: the worker that owns the leg.
 */
#ifndef MIXER_COMFORT_H
#define MIXER_COMFORT_H

#include <stddef.h>
#include <stdint.h>

enum { COMFORT_ORDER = 6, COMFORT_LEAST_DBOV = 75 /* below is silence */ };

struct comfort {
	uint8_t dbov, order;
	int8_t reflection[COMFORT_ORDER]; /* times 128 */
	uint32_t dice;
	float past[COMFORT_ORDER];
};

/* A comfort noise payload of `len` bytes, 1 or more. */
void comfort_read(struct comfort *c, const uint8_t *payload, size_t len);

void comfort_fill(struct comfort *c, int16_t *pcm, size_t n);
#endif
