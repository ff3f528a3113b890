/* figures.h - how a trunk fares, in a few numbers: for status, `partyctl status` and the metrics page.
 *
 * How: ended calls are counted by direction and by class of cause (cause_class()), so that the metrics page has a bounded number
 * of series whatever carriers send.  What gateways know is put together from their members: answer-seizure ratio over the last calls,
 * post-dial delay and round trip weighed by calls, the last causes.
 * Use:  figures_count() per ended call; figures_of() when somebody asks.
 *
 * Thread: control.
 */
#ifndef BRIDGE_FIGURES_H
#define BRIDGE_FIGURES_H

#include "mixer/quirk.h"
#include "sip/cause.h"
#include <stdint.h>

enum { FIGURES_IN = 0, FIGURES_OUT = 1 };

struct cdr;
struct carrier;
struct node;

struct figures_tally { /* of a trunk, since the node started; kept over a reload */
	uint64_t ended[2][CAUSE_CLASSES], answered[2];
	uint32_t quirks[QUIRKS]; /* calls whose packets had it */
	uint8_t last_cause[2];   /* Q.850, of the last call that was not answered; 0: none */
};

struct figures {
	unsigned n_gateways, n_usable; /* addresses */
	unsigned answer_percent;       /* of the last calls that we made; 100 when there were none */
	uint64_t dialled, answered;
	uint32_t post_dial_us, round_trip_us; /* 0: not known */
	unsigned n_registered;                /* gateways that hold a registration of ours */
	uint64_t talked_s;                    /* answered calls that we made and that are over, together */
	uint32_t talk_ms;                     /* one of them, on average; 0: none is over */
};

/* To the trunk that the record names; none: nothing happens. */
void figures_count(struct node *n, const struct cdr *cdr);
void figures_of(struct figures *out, const struct carrier *c, uint64_t now_us);
#endif
