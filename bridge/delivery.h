/* delivery.h - a webhook, and an event on its way to it: what the store keeps of both.  Thread: any; plain values. */
#ifndef BRIDGE_DELIVERY_H
#define BRIDGE_DELIVERY_H

#include <stdint.h>

enum {
	WEBHOOK_URL = 512,
	WEBHOOK_ACCOUNT = 64,
	WEBHOOK_EVENTS = 256, /* bytes of the list of types */
	WEBHOOK_SECRET = 72,  /* "whs_" and 64 hexadecimal */
	WEBHOOK_ID = 17
};

struct webhook {
	char id[WEBHOOK_ID], url[WEBHOOK_URL], account[WEBHOOK_ACCOUNT]; /* account "": events of all */
	char events[WEBHOOK_EVENTS]; /* "call.ended,meeting.*"; "": all but participant.talking */
	char secret[WEBHOOK_SECRET];
	int64_t created_us;
};

struct delivery {
	struct delivery *next;
	int64_t id; /* the store's; 0 before it is stored */
	char hook[WEBHOOK_ID];
	uint64_t seq; /* of the event */
	int64_t at_us;
	char body[]; /* JSON, 0-terminated */
};

struct delivery *delivery_new(
	const char *hook, uint64_t seq, const char *body, int64_t at_us); /* NULL: out of memory */
void delivery_free_all(struct delivery *first);
#endif
