/* referral_here.h - a phone in a meeting refers to a place of this bridge: another meeting, a number that leads to one, or its own other
 * call (O9).
 *
 *    phone in meeting A, alone with Ann        REFER, Refer-To: a number of ours, the ID of meeting B, or with Replaces its own call in B
 *      -> Ann sits in meeting B, the phone's calls are over
 *
 * How: as between two phones, whom the phone talks to goes there and the phone leaves; nobody is called, so there is no loop through a
 * carrier.  With more than one other in the meeting only a host may take them all along.  A blind one leads to meetings without
 * PINs alone, and of the same account; in place of a call that sits there already (attended) no PIN is asked for, and who comes first has
 * its role.  It is done with the next tick, after the 202: NOTIFY 200, then BYE; or NOTIFY 603 when the door was closed.
 * Use:  referral_here_find(); referral_here_ask() is then the status; referral_here_tick().
 *
 * Thread: control.
 */
#ifndef BRIDGE_REFERRAL_HERE_H
#define BRIDGE_REFERRAL_HERE_H

#include "bridge/leg.h"

struct referral_here { /* a place */
	char meeting[SITE_MEETING_ID];
	uint32_t seat;  /* ID of the leg that sits in it and is to be replaced; 0: blind */
	bool has_doors; /* a PIN, or no meeting at all behind the number: nobody is sent there */
};

const struct site_number *referral_here_number(
	const struct site *s, const char *e164); /* NULL: it is none of ours */
/* `number`: the user of the Refer-To; `e164`: what it is by the phone's trunk, "" none.  False: it is no place of ours. */
bool referral_here_find(const struct leg *leg, const struct refer_target *target, const char *number,
	const char *e164, struct referral_here *out);
unsigned referral_here_ask(struct leg *leg, const struct referral_here *place); /* 202, or what refuses it */
void referral_here_tick(struct leg *leg);
#endif
