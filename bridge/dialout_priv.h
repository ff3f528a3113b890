/* dialout_priv.h - a call that a meeting makes, as the files dialout*.c share it.
 *
 * Thread: control.
 */
#ifndef BRIDGE_DIALOUT_PRIV_H
#define BRIDGE_DIALOUT_PRIV_H

#include "bridge/carrier.h"
#include "bridge/cdr.h"
#include "bridge/dialout.h"
#include "bridge/lookup.h"

enum dialout_state {
	DIALOUT_QUEUED,
	DIALOUT_DIALLING,
	DIALOUT_RINGING,
	DIALOUT_EARLY,
	DIALOUT_ANSWERED,
	DIALOUT_BUSY,
	DIALOUT_NO_ANSWER,
	DIALOUT_FAILED
};

enum gave_up { GAVE_UP_NOT, GAVE_UP_SILENCE, GAVE_UP_RINGING, GAVE_UP_ASKED };

struct dialout {
	struct node *node; /* borrowed */
	struct dialout *next;
	uint32_t number; /* what its legs know it by */
	char id[DIALOUT_ID];
	char meeting[SITE_MEETING_ID], account[SITE_NAME], name[CALL_NAME], user[LEG_USER];
	uint32_t referrer;            /* ID of the leg that waits for news of it; 0: none */
	char *referred_by, *replaces; /* owned; as in the order, NULL: none */
	char hunt[DIALOUT_ID];        /* "" : of none */
	struct postdial_order postdial;
	enum dialout_state state;
	struct dialout_tries tries;
	size_t at_try;
	struct carrier_target targets[CARRIER_TARGETS]; /* of this trunk; n_targets 0: not looked at yet */
	size_t n_targets, at_target;
	struct lookup lookup; /* what the DNS says of the number */
	bool asking;
	unsigned redirects; /* that were followed */
	struct leg *leg;    /* borrowed; of the attempt that is under way */
	unsigned attempts;
	char passed_over[CDR_PASSED_OVER_MAX]; /* trunks before this one that were not tried, and why */
	int64_t cost,
		cut_us; /* bridge/meter.h: when it is over; how long it had lasted when its money was used up, 0: it was not */
	bool rang;
	enum gave_up gave_up;
	uint64_t begun_us, dialled_us, rang_us, deadline_us, answered_us;
	/* how the last attempt ended, or why there was none */
	unsigned status, q850;
	char cause[96], no_port[INTERFACES_WHY];
};

/* dialout_tell.c: as the API and events show it */
const char *dialout_state_word(enum dialout_state state);
json_t *dialout_json(const struct dialout *d);
json_t *dialout_cause_json(const struct dialout *d);
void dialout_emit(const struct dialout *d, const char *word, json_t *more); /* takes `more`, NULL: none */
void dialout_note_cause(struct dialout *d, unsigned status, unsigned q850, const char *text);
void dialout_set_state(struct dialout *d, enum dialout_state state); /* and tells it */

/* dialout.c: NULL: it has ended */
struct dialout *dialout_find(const struct node *n, uint32_t number);
/* The next INVITE, or the end: then it is gone. */
void dialout_advance(struct dialout *d);

/* dialout_dips.c: asks the DNS; until !lookup_waits() no INVITE may go out. */
void dialout_look_up(struct dialout *d);

/* dialout_redirect.c: puts those of these URIs (sip/call.h, struct call_end) that may be called behind the try at hand.  False: there
 * are none. */
bool dialout_redirect(struct dialout *d, const char *uris);

/* dialout_attempt.c: one INVITE to the target in turn.  NULL: it is out; else why not. */
const char *dialout_attempt(struct dialout *d, const struct site_trunk *trunk);
#endif
