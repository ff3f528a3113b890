#include "mixer/unopened.h"

#include <string.h>

enum { HEAD = offsetof(struct unopened_packet, bytes) };

/* Bytes that the oldest takes up. */
static size_t oldest(const struct unopened *u)
{
	struct unopened_packet head;

	memcpy(&head, u->bytes, HEAD);
	return HEAD + head.len;
}

static void drop_oldest(struct unopened *u)
{
	const size_t n = oldest(u);

	u->used = (uint16_t)(u->used - n);
	memmove(u->bytes, u->bytes + n, u->used);
	u->n--;
}

void unopened_put(
	struct unopened *u, const uint8_t *p, size_t len, const struct net_addr *from, uint64_t arrival_us)
{
	struct unopened_packet head;

	if (len > UNOPENED_PACKET)
		return;
	while (u->used + HEAD + len > UNOPENED_BYTES)
		drop_oldest(u);
	memset(&head, 0, HEAD);
	head.arrival_us = arrival_us;
	head.from = *from;
	head.len = (uint16_t)len;
	memcpy(u->bytes + u->used, &head, HEAD);
	memcpy(u->bytes + u->used + HEAD, p, len);
	u->used = (uint16_t)(u->used + HEAD + len);
	u->n++;
}

bool unopened_take(struct unopened *u, struct unopened_packet *out)
{
	if (u->n == 0)
		return false;
	memcpy(out, u->bytes, oldest(u));
	drop_oldest(u);
	return true;
}
