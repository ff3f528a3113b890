/* why_call.h - how a call ended and whose doing it was, in plain words (`partyctl why`).
 *
 * How: from call records alone, those of all attempts when a meeting dialled: who ended it is what the record says, else it is
 * concluded from direction, status and cause; what an operator can do next is a table over the causes of Q.850 and the
 * statuses that say more than those.
 * Use:  why_ender() when a record is closed; why_call() for the story.
 *
 * Thread: any; pure.
 */
#ifndef BRIDGE_WHY_CALL_H
#define BRIDGE_WHY_CALL_H

#include "bridge/cdr.h"

enum { WHY_TEXT = 480, WHY_LINES = 8, WHY_TRIED = 32 };

/* CALLER and CALLED are people; CARRIER: their network said so; US: a rule or a failure of ours; OPERATOR: by the API;
 * NETWORK: nobody said anything, something stopped coming. */
enum why_ender {
	WHY_UNKNOWN,
	WHY_CALLER,
	WHY_CALLED,
	WHY_CARRIER,
	WHY_US,
	WHY_OPERATOR,
	WHY_HOST,
	WHY_NETWORK
};

const char *why_ender_word(enum why_ender by);   /* "caller", as records have it; UNKNOWN is "" */
enum why_ender why_ender(const struct cdr *cdr); /* of an ended call; never UNKNOWN */

struct why_story {
	enum why_ender by;      /* UNKNOWN: it goes on */
	char what[WHY_TEXT];    /* "A call in through carrier-a ... was answered and lasted 12 s." */
	char end[WHY_TEXT];     /* "The caller hung up." */
	char sip[96], q850[96]; /* "486 Busy Here", "17: user busy"; "" when there is none */
	struct {
		char trunk[64], gateway[64];
		char why[160];
	} tried[WHY_TRIED]; /* of a call that we made, in order */
	size_t n_tried;
	char passed_over[CDR_PASSED_OVER_MAX]; /* trunks that were not tried, and why */
	char trouble[WHY_LINES][WHY_TEXT];     /* how it sounded, when not well */
	size_t n_trouble;
	char next[WHY_LINES][WHY_TEXT]; /* what can be done */
	size_t n_next;
};

/*
 *   records  of one call; of a dial-out, those of its attempts, oldest first; n > 0
 *   live     the last of them goes on */
void why_call(struct why_story *out, const struct cdr *records, size_t n, bool live);
/* As text for people, lines ended by \n.  NULL: out of memory; the caller frees. */
char *why_text(const struct why_story *story);
#endif
