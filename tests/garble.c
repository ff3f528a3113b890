#include "tests/garble.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void garble_init(struct garble *g, uint64_t seed)
{
	g->state = seed * 2862933555777941757ull + 3037000493ull;
}

uint32_t garble_below(struct garble *g, uint32_t bound)
{
	g->state = g->state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)((g->state >> 33) % bound);
}

static size_t spot(struct garble *g, size_t n)
{
	return n ? garble_below(g, (uint32_t)n) : 0;
}

static size_t one_change(struct garble *g, uint8_t *p, size_t n, size_t cap)
{
	static const uint8_t odd[] = { 0, 0xff, '\r', '\n', ' ', ':', ';', '<', '>', '"', ',', '%', '=', '0',
		'9', '-' };
	const size_t at = spot(g, n);
	size_t len = 1 + spot(g, 40);

	if (n == 0)
		return 0;
	if (len > n - at)
		len = n - at;
	switch (garble_below(g, 7)) {
	case 0: p[at] ^= (uint8_t)(1u << garble_below(g, 8)); return n;
	case 1: p[at] = odd[spot(g, sizeof(odd))]; return n;
	case 2: p[at] = (uint8_t)garble_below(g, 256); return n;
	case 3: memmove(p + at, p + at + len, n - at - len); return n - len; /* cut out */
	case 4:                                                              /* doubled */
		if (n + len > cap)
			return n;
		memmove(p + at + len, p + at, n - at);
		return n + len;
	case 5: memset(p + at, odd[spot(g, sizeof(odd))], len); return n;
	default: return garble_below(g, 4) ? n : at; /* the end cut off */
	}
}

size_t garble_take(struct garble *g, uint8_t *out, size_t cap, const void *bytes, size_t n)
{
	if (n > cap)
		n = cap;
	memcpy(out, bytes, n);
	for (uint32_t changes = 1 + garble_below(g, 4); changes > 0; changes--)
		n = one_change(g, out, n, cap);
	return n;
}

size_t vector_read(void *out, size_t cap, const char *name)
{
	const char *root = getenv("TESTS_ROOT");
	char path[512];

	snprintf(path, sizeof(path), "%s/tests/vectors/%s", root ? root : ".", name);
	FILE *f = fopen(path, "rb");
	const size_t n = f ? fread(out, 1, cap, f) : 0;
	if (f)
		fclose(f);
	return n;
}
