/* carrier_priv.h - what the files carrier*.c share: the questions that a trunk's gateways are asked.
 *
 * Thread: control.
 */
#ifndef BRIDGE_CARRIER_PRIV_H
#define BRIDGE_CARRIER_PRIV_H

#include "bridge/carrier.h"
#include "sip/ask.h"

enum { CARRIER_WORDS = 200 };

uint32_t carrier_any(void); /* a random number */
/* An event about the trunk, and a line in the log. */
void carrier_tell(const struct carrier *c, const char *type, const char *gateway, const char *more);
/* What a challenge of this gateway is answered with. */
void carrier_credentials(struct ask_question *q, const struct site_trunk *t, const struct carrier_gateway *g);

/* Puts it by the way that leads there, which is noted in *way (0: none, no TLS); `done` is called in any case. */
void carrier_put(
	struct node *n, struct ask_question *q, const struct site_trunk *t, const char *host, uint16_t *way);
/* What went wrong on that way, if that is known; else `otherwise`. */
const char *carrier_words(struct node *n, uint16_t way, const char *otherwise, char text[CARRIER_WORDS]);

/* carrier_options.c */
void carrier_ask_options(struct carrier_member *m, const struct site_trunk *t, uint64_t now_us);
void carrier_tell_change(const struct carrier_member *m, enum gateway_change change);

/* carrier_register.c */
void carrier_ask_register(struct carrier_gateway *g, const struct site_trunk *t, unsigned expires_s);
#endif
