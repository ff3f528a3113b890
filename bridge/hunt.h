/* hunt.h - people whom a meeting calls: a person at several numbers (find-me, FEATURES O5), a list of people at once (O4).
 *
 *   WAITING ---> CALLING ---- one of the calls is in the meeting ----> JOINED     the others are hung up
 *   (its turn)      |  no number is left, time is up, called off ----> FAILED
 *
 * How: a hunt is one person.  Their numbers are called one after another, the next when the one before was busy, was not answered within
 * `ring_s`, failed, or nobody there pressed 1; or (`parallel`) all at once, until somebody has pressed 1 on one of them: an answering
 * machine ends no search.  Each call is a dial-out (bridge/dialout), which the dial plan and the account's budget must allow when its turn comes.
 * Of a list each person begins 1/`calls_per_second` after the one before, and nobody is called for longer than `wait_s`.
 * What is still to be called outlives the process: it goes on with the numbers that were not reached (hunt_kept.c), by the same ID and
 * within the same time; who had answered, or was busy, is not called again.
 * Events `hunt.resumed`, `hunt.started`, `.joined` (`dialout`: by which call), `.failed` (`why`); those of dial-outs carry `hunt`, its ID.
 * Use:  hunt_start() per person; dialout.c reports what becomes of the calls; hunt_tick_all() does the rest.
 *
 * Thread: control.
 */
#ifndef BRIDGE_HUNT_H
#define BRIDGE_HUNT_H

#include "bridge/dialout.h"

enum { HUNT_NUMBERS = 8, HUNT_NUMBER = 64, HUNTS_MAX = 1000, HUNT_RING_S = 25, HUNT_WAIT_S = 120 };

struct hunt_order {
	const char *meeting, *account, *name;
	const char *user;                        /* NULL: not said */
	char numbers[HUNT_NUMBERS][HUNT_NUMBER]; /* as asked for */
	size_t n_numbers;
	bool parallel;
	unsigned ring_s, wait_s; /* of one call, without an answer; of the whole hunt */
	uint64_t after_us;       /* how long before it begins */
};

/* Copies it; the first call goes out with a tick.  False: out of memory, or HUNTS_MAX are on. */
bool hunt_start(struct node *n, const struct hunt_order *order, char id[DIALOUT_ID]);
/* False: there is none of this ID. */
bool hunt_call_off(struct node *n, const char *id);
const char *hunt_account(const struct node *n, const char *id); /* NULL: there is none */
json_t *hunt_list(const struct node *n, const char *meeting);   /* as the API shows them; a new array */

/* What became of a dial-out of this hunt: it is in the meeting; it is over. */
void hunt_joined(struct node *n, const char *id, const char *dialout);
void hunt_over(struct node *n, const char *id, const char *dialout, const char *why);

void hunt_tick_all(struct node *n, uint64_t now_us);
void hunt_close_all(struct node *n); /* they are kept on the disk */
enum bridge_err hunt_load(
	struct node *n, struct store *store); /* those that were on when the last process ended */
void hunt_restored(
	struct node *n); /* another database took the place of ours: those that go on are written into it */
#endif
