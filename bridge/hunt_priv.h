/* hunt_priv.h - a hunt from inside: hunt.c lets it happen, hunt_kept.c keeps it over a restart.
 *
 * Thread: control.
 */
#ifndef BRIDGE_HUNT_PRIV_H
#define BRIDGE_HUNT_PRIV_H

#include "bridge/hunt.h"
#include "bridge/node.h"

enum hunt_state { HUNT_WAITING, HUNT_CALLING, HUNT_JOINED, HUNT_CALLED_OFF };

struct hunt_call {           /* the call to one of its numbers */
	char id[DIALOUT_ID]; /* "" : not begun, or over */
	uint64_t began_us;
	bool answered;
	bool done; /* answered, or over by itself: this number is not called again, whatever happens */
};

struct hunt {
	struct node *node; /* borrowed */
	struct hunt *next;
	char id[DIALOUT_ID], meeting[SITE_MEETING_ID], account[SITE_NAME], name[CALL_NAME], user[LEG_USER];
	char numbers[HUNT_NUMBERS][HUNT_NUMBER];
	struct hunt_call calls[HUNT_NUMBERS];
	size_t n_numbers, next_number;
	bool parallel;
	unsigned ring_s;
	enum hunt_state state;
	uint64_t begin_us, until_us;
	char joined_by[DIALOUT_ID];
	char why[DIALOUT_WHY]; /* how the last call ended */
	bool changed;          /* since it was last put on the disk's way */
	bool resumed;          /* it began in another process */
};

/* hunt.c: a new one, the last of the list; NULL: out of memory, or HUNTS_MAX are on. */
struct hunt *hunt_new(struct node *n);

/* hunt_kept.c: it is over, and need not be kept. */
void hunt_forget(const struct hunt *h);
void hunt_save(struct node *n); /* those that have changed, when the last ones are on the disk */
#endif
