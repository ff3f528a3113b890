/* carrier_priv.h - what the files carrier*.c share: the questions that a trunk's gateways are asked. */
#ifndef BRIDGE_CARRIER_PRIV_H
#define BRIDGE_CARRIER_PRIV_H

#include "bridge/carrier.h"
#include "sip/ask.h"

uint32_t carrier_any(void); /* a random number */
/* An event about the trunk, and a line in the log. */
void carrier_tell(const struct carrier *c, const char *type, const char *gateway, const char *more);
/* What a challenge of this gateway is answered with. */
void carrier_credentials(struct ask_question *q, const struct site_trunk *t, const struct carrier_gateway *g);

/* carrier_options.c */
void carrier_ask_options(struct carrier_member *m, const struct site_trunk *t, uint64_t now_us);
void carrier_tell_change(const struct carrier_member *m, enum gateway_change change);

/* carrier_register.c */
void carrier_ask_register(struct carrier_gateway *g, const struct site_trunk *t, unsigned expires_s);
#endif
