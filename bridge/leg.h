/* leg.h - one person's side: a call, its stream and what the call is doing here.
 *
 *          invite             ACK              attendant: enter          BYE, hang-up, no media
 *   (none) ------> ANSWERED -------> RECEPTION ----------------> SEATED ----------------+
 *                      |                 |                          |                   v
 *                      +-----------------+--------------------------+-------------> ENDED ---> (call record, freed)
 *                                                                                    when the worker has let go
 *
 *      dial           2xx
 * (none) ---> DIALLING ---> RECEPTION        a call that we make (bridge/dialout); in no room, hears nothing
 *
 * ANNOUNCING nobody has the number, and the caller is being told so (bridge/unassigned); refused afterwards
 * PRESSING   digits go out on a call that we made (bridge/postdial), before RECEPTION; in no room, its keys are nobody's
 * RECEPTION  the attendant speaks; in no room
 * SEATED     in a meeting's room; keys mean commands (bridge/keys)
 *
 * How: here a leg is found, told things and hung up.  What sip/ and its worker report of it (leg_calls.h, leg_heard.h) becomes
 * steps of the attendant or the meeting; its record fills as it goes, and it gives everything back when the worker has
 * let go of the stream (leg_record.c).
 *
 * Thread: control.
 */
#ifndef BRIDGE_LEG_H
#define BRIDGE_LEG_H

#include "bridge/attendant.h"
#include "bridge/cdr.h"
#include "bridge/keys.h"
#include "bridge/node.h"
#include "bridge/postdial.h"
#include "bridge/shared.h"
#include "bridge/why_call.h"
#include "sip/verify.h"

enum { LEG_TOKEN = 40, LEG_EARLY_KEYS = 48, LEG_USER = 64 };

enum leg_state {
	LEG_NONE,
	LEG_DIALLING,
	LEG_ANNOUNCING,
	LEG_ANSWERED,
	LEG_PRESSING,
	LEG_RECEPTION,
	LEG_SEATED,
	LEG_ENDED
};

struct participant;
struct transfer;

/* What is done to its voice (an account's choice). */
struct leg_audio {
	bool levelling, suppresses;
	enum rate_class rate; /* that the suppressor is for; RATE_8K without one */
};

/* What it needs until it has a seat; PINs are among it. */
struct leg_arrival {
	struct attendant attendant;
	char early_keys[LEG_EARLY_KEYS]; /* pressed before its ACK came; then they are told to who answers */
	unsigned n_early_keys;
};

struct leg {
	uint32_t id;
	enum leg_state state;
	struct node *node;       /* borrowed */
	struct leg *next;        /* hash chain */
	struct call *call;       /* borrowed from sip/; NULL when it has ended */
	struct channel *channel; /* of its trunk, while there is a call (node.channels); NULL: none */
	bool announced;          /* counted in node.n_announced */
	struct cdr cdr;
	char name[CALL_NAME]; /* as its From says; for the roster */
	char *user;   /* owned; of a call that we made: for whom, as the order says (O2); NULL: not said */
	bool on_hold; /* the far end holds us */
	bool ice, lapsed;            /* it finds its way by checks; its consent to be sent to has ended */
	struct net_addr path;        /* that it has chosen; port 0: none yet */
	struct port_pair ports;      /* owned until the worker has them, and again afterwards */
	struct share *share;         /* owned: its part of a shared port; NULL: it has its own */
	struct stream *stream;       /* owned until the worker has it */
	struct worker *worker;       /* borrowed; NULL until the stream runs */
	uint64_t placed_us;          /* when that worker got it (loop_now_us()) */
	uint64_t talks_since_us;     /* when it was first seen answered; 0: not yet */
	enum codec_id codec;         /* that it is sent; CODEC_NONE: not agreed yet */
	enum rate_class rate;        /* of its receiving codec */
	unsigned equipped;           /* bit per rate class that it has a resampler for */
	struct leg_audio audio;      /* what its worker was last told */
	struct leg_arrival *arrival; /* owned; NULL: it has a seat */
	char direct_meeting
		[SITE_MEETING_ID]; /* what the number leads to, "" the attendant; its account is in the record */
	enum verstat
		proof; /* of the caller's number (bridge/stir.h), its words are in the record; VERSTAT_UNSET: nobody looked */
	unsigned proof_refuses;    /* status with which, where proof is required; 0: it does not */
	uint32_t dialout;          /* of a call that we made: which one; 0: it came in */
	struct postdial *postdial; /* owned; what we press on it, NULL: nothing */
	uint32_t drives; /* whose call its keys are pressed on (bridge/drive); 0: they are its own */
	bool held_star;  /* of those, one that may begin *#; since star_us */
	uint64_t star_us;
	bool takes_events;         /* telephone-event was agreed on, towards it */
	char referred_to[32];      /* whom it has us call into the meeting, "" nobody */
	uint32_t replaces;         /* whose seat it takes when it is up; 0: nobody's */
	struct transfer *transfer; /* owned; under way, NULL: none */
	struct referral_here
		*goes; /* owned; where it sends who is with it (bridge/referral_here), NULL: nowhere */
	struct keys keys;
	uint32_t play_id;           /* of what it is being told; 0 nothing */
	int volume_db;              /* what it hears (C3) */
	struct participant *person; /* borrowed from its meeting; NULL outside */
	struct stream_stats stats;  /* as last asked for */
	uint32_t quirks;            /* 1 << enum quirk: what was told of its packets */
	uint64_t heard_us;          /* when these last showed new packets (loop_now_us()); 0: never */
	bool media_lost, one_way;   /* its sound was, at some time */
	bool poor_rx, poor_tx;      /* it sounds bad now, and that was told (bridge/leg_quality.h) */
};

/* Its SIP Call-ID, by which the log and the trace know it. */
static inline const char *leg_call_id(const struct leg *leg)
{
	return cdr_text(&leg->cdr, CDR_CALL_ID);
}

static inline const char *leg_user(const struct leg *leg)
{
	return leg->user ? leg->user : "";
}

struct leg *leg_find_call(const struct node *n, const char *token); /* its ID in the API; NULL: it is gone */
/* All of them; the visitor may end the one it is given. */
void leg_each(struct node *n, void (*visit)(void *arg, struct leg *leg), void *arg);

void leg_say(struct leg *leg, const struct say *what); /* cuts off what is being said */
void leg_say_one(struct leg *leg, enum prompt prompt);
void leg_hush(struct leg *leg);
void leg_hangup(struct leg *leg, unsigned q850, const char *why);
/* Whose doing its end will be, where its record cannot tell by itself: before leg_hangup(); the first one stays. */
void leg_ended_by(struct leg *leg, enum why_ender by);
/* Brings its record's figures up to date. */
void leg_sum_up(struct leg *leg);
const char *leg_state_name(const struct leg *leg);
json_t *leg_proof_json(const struct leg
		*leg); /* of the caller's number: { verstat, attest, origid, why }; null: nobody looked */
/* Gives the leg resamplers for these rate classes (bits) where it has none yet. */
void leg_equip(struct leg *leg, unsigned rates);
#endif
