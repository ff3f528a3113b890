/* sitting.h - a meeting's record: one sitting of it, from its first participant to its last (FEATURES X5).
 *
 *   call records with the same `sitting` --store_each_sitting()--> when, how many, how long, how it sounded, what it cost
 *
 * How: each call record names the sitting that its caller was in, so a sitting's record is what its calls' records add up to: it is on the disk when
 * they are, is lost with none of them, and goes when the account's records go.  The ID begins with the moment of opening, so that IDs sort by time
 * and a list begins and ends anywhere in the index.
 *
 * Thread: any; pure but for the randomness in an ID.
 */
#ifndef BRIDGE_SITTING_H
#define BRIDGE_SITTING_H

#include <jansson.h>
#include <stdint.h>

enum { SITTING_ID = 24, SITTING_TIME = 14 /* digits of an ID that are its time */ };

struct sitting { /* its texts are borrowed during the call */
	const char *id, *account, *meeting;
	int64_t opened_us, ended_us;
	unsigned calls, dialled, participants, most; /* dialled: of the calls, those we made; most: at once */
	int64_t talked_us;                           /* of all together */
	int64_t cost;                                /* millionths */
	const char *currency;                        /* "": nothing is known of its cost */
	unsigned mos,
		worst_mos; /* hundredths, 0: not known; of what callers sent, and of the worse way of the worst call */
	unsigned troubled;            /* calls with something wrong with their sound */
	const char *cause, *ended_by; /* of the last call */
};

void sitting_make(char out[SITTING_ID], int64_t opened_us);
/* The least that the ID of one opened then or later can be. */
void sitting_since(char out[SITTING_ID], int64_t us);
json_t *sitting_json(const struct sitting *s); /* NULL: out of memory */
#endif
