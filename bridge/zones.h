/* zones.h - time zones out of the system's tz database (tzdata).
 *
 * How: one small file a zone, read when a site that names it is put in force.
 * Thread: control.
 */
#ifndef BRIDGE_ZONES_H
#define BRIDGE_ZONES_H

#include "bridge/err.h"
#include "dialplan/zone.h"

bool zones_known(const char *name); /* is there such a zone? */
/* BRIDGE_FILE: there is no such zone, or its file is damaged.  The caller zone_free()s. */
enum bridge_err zones_load(struct zone **out, const char *name);
#endif
