#include "bridge/node.h"

#include <openssl/rand.h>
#include <stdlib.h>

unsigned node_worker_number(const struct node *n, const struct worker *w)
{
	unsigned i = 0;

	while (i < n->n_workers && n->workers[i] != w)
		i++;
	return i;
}

void node_random(void *out, size_t len)
{
	if (RAND_bytes(out, (int)len) != 1)
		abort(); /* without randomness neither tokens nor SSRCs are safe */
}

void node_token(char *out, size_t hex_chars)
{
	static const char hex[] = "0123456789abcdef";

	node_random(out, hex_chars);
	for (size_t i = 0; i < hex_chars; i++)
		out[i] = hex[out[i] & 15];
	out[hex_chars] = '\0';
}
