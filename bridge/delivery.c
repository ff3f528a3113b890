#include "bridge/delivery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct delivery *delivery_new(const char *hook, uint64_t seq, const char *body, int64_t at_us)
{
	size_t len = strlen(body);
	struct delivery *d = calloc(1, sizeof(*d) + len + 1);

	if (!d)
		return NULL;
	snprintf(d->hook, sizeof(d->hook), "%s", hook);
	d->seq = seq;
	d->at_us = at_us;
	memcpy(d->body, body, len + 1);
	return d;
}

void delivery_free_all(struct delivery *first)
{
	for (struct delivery *d = first, *next; d; d = next) {
		next = d->next;
		free(d);
	}
}
