/* hash.h - which bucket a text belongs to.
 *
 * FNV-1a: quick and even, and no protection against whoever picks texts to fall into one bucket: a table that strangers fill is
 * bounded by its owner.
 *
 * Thread: any; pure.
 */
#ifndef BRIDGE_HASH_H
#define BRIDGE_HASH_H

#include <stddef.h>
#include <stdint.h>

static inline uint32_t hash_bytes(const char *p, size_t n)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (uint8_t)p[i]) * 16777619u;
	return hash;
}
#endif
