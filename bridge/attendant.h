/* attendant.h - the voice that answers: asks for meeting ID and PIN, then hands over (FEATURES D1-D4, D12).
 *
 *             start                 ID complete            PIN matches          door open
 *   IDLE ---------------> ASK_ID --------------> ASK_PIN --------------> (enter) ---------> DONE
 *     |  start_direct        |  three failures      |  three failures       | door closed
 *     +-------> ASK_PIN      +----------------------+-----------------------+----> FAREWELL ---> DONE
 *     |  start_invited             1: (enter)         three failures        |
 *     +-------> ASK_JOIN ---------------------------------------------------+
 *                                                                               (the last prompt has been said)
 *
 * ASK_ID    keys collect an ID; complete when it is a meeting's (no '#' needed), by '#', or at its longest
 * ASK_PIN   keys collect a PIN; the PIN that matched decides the role (D3); skipped when there is none
 * ASK_JOIN  we have called: nobody is in the meeting before they pressed 1, a machine never is (O2, O3); 2 declines
 * FAREWELL  keys are ignored; when the prompt ends (or does not within 15 s) the call is hung up with its cause
 *
 * How: a pure machine.  Keys barge in on whatever is being said and are never lost; '*' restarts the entry.  The first
 * key is awaited for ATTENDANT_FIRST_US from the end of the prompt, the next ones for ATTENDANT_NEXT_US each.
 * Whom we called, and who then talks for ATTENDANT_GREETING_US of the first ATTENDANT_GREETED_US without a key, is an answering machine that
 * tells its greeting, and is hung up on (O3): people say a word or two, and listen to what we say.  So is who beeps, whenever that is.
 * Use:  attendant_start(); then attendant_key(), attendant_said() and attendant_tick() as things happen.
 *
 * Thread: control; time injected.  The struct is plain; what was keyed is cleared as soon as it is used (S7).
 */
#ifndef BRIDGE_ATTENDANT_H
#define BRIDGE_ATTENDANT_H

#include "bridge/say.h"
#include <stdbool.h>
#include <stdint.h>

enum { ATTENDANT_TRIES = 3, ATTENDANT_KEYS = 16 };
#define ATTENDANT_FIRST_US 10000000ull
#define ATTENDANT_NEXT_US 4000000ull
#define ATTENDANT_FAREWELL_US 15000000ull
#define ATTENDANT_GREETING_US 6000000ull
#define ATTENDANT_GREETED_US 10000000ull

enum role { ROLE_GUEST, ROLE_HOST };
const char *role_name(enum role role); /* "guest", "host" */

enum door { DOOR_OPEN, DOOR_LOCKED, DOOR_FULL, DOOR_ENDED };

struct attendant_meeting {
	char id[16], host_pin[16], guest_pin[16];
}; /* PINs "" for none */

struct attendant_world { /* what the script may do; called from inside its functions */
	bool (*find)(
		void *arg, const char *id, struct attendant_meeting *out); /* a meeting the caller may join */
	size_t (*longest_id)(void *arg);
	enum door (*enter)(
		void *arg, const char *id, enum role role); /* DOOR_OPEN: the leg is in the room now */
	void (*say)(void *arg, const struct say *what);     /* cuts off what is being said */
	void (*hush)(void *arg);
	void (*leave)(void *arg, unsigned q850, const char *why); /* hang up */
};

enum attendant_state {
	ATTENDANT_IDLE,
	ATTENDANT_ASK_ID,
	ATTENDANT_ASK_PIN,
	ATTENDANT_ASK_JOIN,
	ATTENDANT_FAREWELL,
	ATTENDANT_DONE
};

struct attendant {
	enum attendant_state state;
	char keyed[ATTENDANT_KEYS];
	unsigned n_keyed, failures;
	bool by_id;          /* the meeting was keyed, so '*' may go back to the ID */
	bool auto_completed; /* the ID needed no '#': one that still comes is not a key of the PIN */
	bool speaking;
	uint64_t deadline_us; /* 0: none */
	struct attendant_meeting meeting;
	enum role invited_as;
	uint64_t listens_us, talks_us,
		talked_us; /* since when a greeting is listened for, since when they talk; 0: not; for how long */
	unsigned cause;
	const char *why;
	const struct attendant_world *world; /* borrowed */
	void *arg;
};

/* Asks for the meeting's ID, then for its PIN. */
void attendant_start(struct attendant *a, const struct attendant_world *world, void *arg);
/* The number is the meeting's own: asks for the PIN alone, if there is one. */
void attendant_start_direct(struct attendant *a, const struct attendant_world *world, void *arg,
	const char *meeting_id, uint64_t now_us);
/* Whom we called is asked to press 1; then they come in with this role. */
void attendant_start_invited(struct attendant *a, const struct attendant_world *world, void *arg,
	const char *meeting_id, enum role role, uint64_t now_us);
/* Who was sent digits in a call of ours and is not asked, because the order says so: they come in, or hear why not. */
void attendant_let_in(struct attendant *a, const struct attendant_world *world, void *arg,
	const char *meeting_id, enum role role, uint64_t now_us);
/* Of whom we called, and without sending digits first: from now on a machine's greeting is listened for.  True: its beep as well. */
bool attendant_listen(struct attendant *a, uint64_t now_us);
void attendant_beep(struct attendant
		*a); /* a machine's, after its greeting: it is hung up on, unless a key was pressed */
void attendant_talk(
	struct attendant *a, bool on, uint64_t now_us); /* a talk burst of theirs began or ended */
void attendant_key(struct attendant *a, char digit, uint64_t now_us);
void attendant_said(struct attendant *a, uint64_t now_us); /* the last say() has ended by itself */
void attendant_tick(struct attendant *a, uint64_t now_us); /* every 100 ms or so */
#endif
