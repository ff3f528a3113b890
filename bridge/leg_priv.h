/* leg_priv.h - a leg's beginning and end: shared by leg.c and incoming.c alone. */
#ifndef BRIDGE_LEG_PRIV_H
#define BRIDGE_LEG_PRIV_H

#include "bridge/leg.h"

struct leg *leg_alloc(struct node *n, struct call *call);           /* enlisted; NULL: out of memory */
void leg_emit(const struct leg *leg, const char *type);             /* an event about it */
void leg_note_end(struct leg *leg, unsigned q850, const char *why); /* the first reason is the reason */
/* The last step of every leg, answered or refused: its record is written and it is freed. */
void leg_finish(struct leg *leg);
#endif
