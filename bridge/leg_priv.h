/* leg_priv.h - a leg's beginning and end: for those who make legs and those who are told of them.
 *
 * Thread: control.
 */
#ifndef BRIDGE_LEG_PRIV_H
#define BRIDGE_LEG_PRIV_H

#include "bridge/leg.h"
#include "sip/offer.h"

struct leg *leg_alloc(struct node *n, struct call *call); /* enlisted; NULL: out of memory */
void leg_free(struct leg *leg);                           /* its stream and its ports with it */
struct leg *leg_find(const struct node *n, uint32_t id);  /* NULL: it is gone */
void leg_arrived(struct leg *leg); /* it has a seat, or never will: forgets what it needed until then */
void leg_note_end(struct leg *leg, unsigned q850, const char *why); /* the first reason is the reason */
void leg_key(struct leg *leg, char digit); /* what a pressed key means where it is just now (leg_heard.c) */

/* leg_media.c: what it needs */

/* Ports, a stream, and our side of the media.  CALL_LIMIT: no port, `why` says why; CALL_NOMEM. */
enum call_err leg_open_media(
	struct leg *leg, const struct site_trunk *trunk, struct media_self *self, char why[INTERFACES_WHY]);
/* Gives the stream to the worker with the most time.  NULL: done; else why there is none. */
const char *leg_place(struct leg *leg);
const char *leg_no_room(struct node *n); /* NULL: there is time for one leg more */
/* It has a call and its record a trunk: it takes one of its channels, until the call ends. */
void leg_take_channel(struct leg *leg);
void leg_give_channel(struct leg *leg);
/* Are all channels of the trunk in use when `coming` more come? */
bool leg_trunk_is_full(struct node *n, const struct site_trunk *trunk, unsigned coming);

/* leg_record.c: what is told of it */

void leg_emit(const struct leg *leg, const char *type);                    /* an event about it */
void leg_emit_more(const struct leg *leg, const char *type, json_t *more); /* takes `more` */
/* The last step of every leg, answered or refused: its record is written and it is freed. */
void leg_finish(struct leg *leg);
#endif
