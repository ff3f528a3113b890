/* bytes.h - numbers in network order, read from and written to a packet (RFC 3550 section 4).
 *
 * How: get*() reads at `p`; put*() writes at `p` and returns the place behind.  The caller has
 * checked that the bytes are there.
 *
 * Thread: any; pure.
 */
#ifndef MIXER_BYTES_H
#define MIXER_BYTES_H

#include <stdint.h>

static inline uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static inline uint8_t *put8(uint8_t *p, uint32_t v)
{
	*p = (uint8_t)v;
	return p + 1;
}

static inline uint8_t *put16(uint8_t *p, uint32_t v)
{
	return put8(put8(p, v >> 8), v);
}

static inline uint8_t *put32(uint8_t *p, uint32_t v)
{
	return put16(put16(p, v >> 16), v);
}
#endif
