/* links: bridge/freshness.c */
#include "bridge/freshness.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Header lines, each ended by LF. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data;
	struct freshness f;

	freshness_init(&f);
	while (size) {
		const char *end = memchr(at, '\n', size);
		const size_t n = end ? (size_t)(end - at) + 1 : size;

		freshness_header(&f, at, n);
		at += n;
		size -= n;
	}
	assert(freshness_s(&f) >= -1 && freshness_s(&f) <= FRESHNESS_MOST_S);
	return 0;
}
