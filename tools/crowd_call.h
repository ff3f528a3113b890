/* crowd_call.h - one caller's SIP: INVITE to BYE, with the retransmissions of UDP (RFC 3261 section 17).
 *
 *            start                1xx                 2xx: ACK
 *   IDLE ----------> CALLING ----------> PROCEEDING ----------> TALKING
 *                       |   2xx: ACK        |  cancel              | hang up: BYE      | BYE from far
 *                       |                   v                      v                   |
 *                       |               CANCELLING -- 2xx --> LEAVING                  |
 *                       | final, 32 s       | final, 32 s          | answer, 32 s      |
 *                       +-------------------+----> ENDED <---------+-------------------+
 *
 * How: a state machine without socket or clock: what is to be sent is written into an outbox,
 * `now_us` comes in.  What was sent is made again for a retransmission, not kept.  After ENDED
 * it still acknowledges what is repeated.
 * Use:  crowd_call_start(); crowd_call_take() per message with its Call-ID; crowd_call_timer() when
 *       next_us has come; crowd_call_hangup().
 *
 * Thread: one.
 */
#ifndef TOOLS_CROWD_CALL_H
#define TOOLS_CROWD_CALL_H

#include "tools/crowd_sdp.h"
#include "tools/crowd_sip.h"
#include <netinet/in.h>

enum { CROWD_URI = 256, CROWD_T1_US = 500000, CROWD_T2_US = 4000000, CROWD_GIVE_UP_US = 64 * CROWD_T1_US };

enum crowd_state {
	CROWD_IDLE,
	CROWD_CALLING,
	CROWD_PROCEEDING,
	CROWD_TALKING,
	CROWD_CANCELLING,
	CROWD_LEAVING,
	CROWD_ENDED,
	CROWD_STATES
};

enum crowd_end {
	CROWD_END_NONE,
	CROWD_END_PLANNED,   /* our BYE */
	CROWD_END_FAR,       /* their BYE */
	CROWD_END_REFUSED,   /* a final status that is no 2xx */
	CROWD_END_TIMEOUT,   /* nothing final came */
	CROWD_END_CANCELLED, /* we gave up before the answer */
	CROWD_END_UNUSABLE,  /* answered with what we cannot use: hung up at once */
	CROWD_ENDS
};
const char *crowd_end_text(enum crowd_end end);

struct crowd_outbox { /* what a step wants sent */
	struct {
		char text[CROWD_MESSAGE];
		size_t len;
		struct sockaddr_in to;
	} items[3];
	unsigned n;
};

/* Of one request that waits for its answer. */
struct crowd_transaction {
	uint32_t cseq; /* 0: none */
	uint64_t next_us, interval_us, give_up_us;
	bool quiet; /* INVITE after a 1xx: no retransmissions */
};

struct crowd_call {
	enum crowd_state state;
	enum crowd_end end;
	unsigned status;        /* final status of the INVITE */
	unsigned retry_after_s; /* that a refusal asked for; 0: none */
	/* Set by the owner before the start. */
	char to_uri[CROWD_URI], from_user[64], call_id[64], from_tag[24];
	struct sockaddr_in local, server; /* our SIP address; where requests go */
	struct crowd_offer offer;
	bool allow_remote; /* else 127.0.0.0/8 only, whatever Contact or SDP say */
	/* The dialog. */
	char to_tag[96], target[CROWD_URI], routes[4 * CROWD_URI];
	struct sockaddr_in next_hop;
	struct crowd_answer answer;
	uint32_t cseq; /* last used */
	uint32_t invite_cseq;
	struct crowd_transaction invite, cancel, bye, info;
	char info_key;
	unsigned info_ms;
	bool answer_changed; /* a re-INVITE moved the media; the owner clears it */
	bool hangup_wanted;  /* before anything came back */
	uint64_t started_us, answered_us, ended_us;
	unsigned retransmits;
};

void crowd_call_start(struct crowd_call *c, uint64_t now_us, struct crowd_outbox *out);
/* A message with this call's Call-ID.  Response or request; what does not fit is ignored. */
void crowd_call_take(
	struct crowd_call *c, const struct crowd_message *m, uint64_t now_us, struct crowd_outbox *out);
/* When crowd_call_timer() is due; UINT64_MAX: never. */
uint64_t crowd_call_next(const struct crowd_call *c);
void crowd_call_timer(struct crowd_call *c, uint64_t now_us, struct crowd_outbox *out);
/* BYE, or CANCEL, or the wait for something to cancel. */
void crowd_call_hangup(struct crowd_call *c, uint64_t now_us, struct crowd_outbox *out);
/* Sends a key as INFO application/dtmf-relay; false: not talking, or one is on its way. */
bool crowd_call_info(struct crowd_call *c, char key, unsigned ms, uint64_t now_us, struct crowd_outbox *out);
#endif
