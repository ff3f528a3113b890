/* links: bridge/http_query.c */
#include "bridge/http.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says how much room there is, then a name up to NUL, then a query. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text, *out;
	size_t cap, name_len;

	if (size < 2 || size > 65536)
		return 0;
	cap = data[0];
	text = calloc(1, size + 1);
	out = malloc(cap ? cap : 1);
	assert(text && out);
	memcpy(text, data + 1, size - 1);
	name_len = strlen(text);
	if (name_len + 1 < size && http_query(text + name_len + 1, text, out, cap))
		assert(memchr(out, 0, cap)); /* ends within its room */
	free(text);
	free(out);
	return 0;
}
