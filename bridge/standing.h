/* standing.h - how well trunks do (dialplan/repute.h): noted, told, and heeded when calls are routed.
 *
 *   dialout --standing_call(), standing_talk()--> repute of the carrier --change--> event trunk.quality_low, trunk.quality_ok
 *                                                        |
 *                                                        v  standing_tick(), once a second
 *                                              dialling_standing(): behind the others, or probed
 *
 * How: bounds are the trunk's `quality` in the site; with `demote: false` they only tell.  What was learned is kept over a reload, and by bridge/learned over a restart.
 *
 * Thread: control.
 */
#ifndef BRIDGE_STANDING_H
#define BRIDGE_STANDING_H

#include "bridge/carrier.h"

/* A call of ours through the trunk was answered, or has come to an end without: with this status, this cause, and rang after so long (0: never). */
void standing_call(
	struct node *n, const char *trunk, bool answered, unsigned status, unsigned q850, uint32_t rang_us);
void standing_talk(struct node *n, const char *trunk, uint32_t talked_s); /* an answered one is over */
/* A call was decided on: a trunk that is probed has had its chance for a while. */
void standing_decided(struct node *n, const struct route_decision *d);
void standing_use_site(struct carrier *c, const struct site_trunk *t,
	const struct carrier *kept); /* kept NULL: a new trunk */
/* repute_write()'s text, if nothing is known of the trunk yet.  False: it cannot be read. */
bool standing_take(struct carrier *c, const char *text);
void standing_tick(struct node *n);
/* { standing, since, calls, asr, ccr, pdd_ms, acd_s } */
json_t *standing_json(const struct carrier *c);
const char *standing_word(const struct carrier *c); /* "good", "low", "unbounded" */
#endif
