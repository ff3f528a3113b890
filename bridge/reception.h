/* reception.h - the attendant at work on a leg: what its script may find, say and do.
 *
 * How: bridge/attendant decides; this file lends it the site (meetings of the called number's account only), the leg's
 * voice and the door of the meeting.
 *
 * Thread: control.
 */
#ifndef BRIDGE_RECEPTION_H
#define BRIDGE_RECEPTION_H

#include "bridge/leg.h"

/* The call is up: greet.  `lets_in`: whom we called comes in without pressing 1. */
void reception_start(struct leg *leg, bool lets_in);
#endif
