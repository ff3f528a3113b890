/* leg_quality.h - says when a call begins to sound bad, while something can still be done about it (FEATURES P2).
 *
 * How: with each report of its figures, by MOS (ITU-T G.107) of each direction: rx what we hear of it, tx what it reports of us.
 * Bad is below 3.6, where many people are dissatisfied, and good again from 3.8 on; not before five seconds of packets.
 * Thread: control.
 */
#ifndef BRIDGE_LEG_QUALITY_H
#define BRIDGE_LEG_QUALITY_H

#include "bridge/leg.h"

void leg_judge_quality(struct leg *leg); /* leg->stats are new */
#endif
