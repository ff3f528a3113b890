/* register.h - our registration with a carrier: when to send REGISTER, and how long to wait after a refusal (FEATURES T2).
 *
 *              due              2xx               most of the time is over
 *   IDLE -----------> ASKING ----------> HELD ------------------------------> ASKING
 *                       | ^                       stop: one REGISTER with Expires 0, then OFF
 *               refused | | the wait is over
 *                       v |
 *                     WAITING
 *
 * How: refreshed at 80 to 90 % of what was granted.  423 is tried again at once with its Min-Expires.  After other
 * refusals the wait doubles from 30 s to 30 min, half of it drawn (RFC 5626 section 4.5), and is never shorter than
 * Retry-After asked for; after refused credentials it begins at 5 min, as carriers lock accounts that guess.
 * Use:  register_due() every tick, send when it says so; register_heard() with the answer.
 *
 * Thread: control; time and randomness injected; the struct is plain.
 */
#ifndef SIP_REGISTER_H
#define SIP_REGISTER_H

#include <stdbool.h>
#include <stdint.h>

enum register_state { REGISTER_IDLE, REGISTER_ASKING, REGISTER_HELD, REGISTER_WAITING, REGISTER_OFF };
enum {
	REGISTER_EXPIRES_S = 600,
	REGISTER_EXPIRES_MAX_S = 86400,
	REGISTER_BACKOFF_S = 30,
	REGISTER_BACKOFF_MAX_S = 1800,
	REGISTER_REFUSED_S = 300
};

struct registration {
	enum register_state state;
	unsigned wanted_s; /* asked for */
	bool held;         /* there is a registration, until expires_us */
	uint64_t next_us;  /* when to send again */
	uint64_t expires_us;
	unsigned failures; /* in a row */
	unsigned status;   /* last final status; 0: nothing came */
	bool stopping;
};

struct register_answer {
	unsigned status;                                  /* 0: nothing came */
	unsigned expires_s, min_expires_s, retry_after_s; /* 0: not said */
	bool refused_credentials;
};

void register_init(struct registration *r, unsigned expires_s); /* 0: REGISTER_EXPIRES_S */
/* Send REGISTER now?  *expires_s: its Expires. */
bool register_due(struct registration *r, uint64_t now_us, unsigned *expires_s);
void register_heard(
	struct registration *r, const struct register_answer *answer, uint64_t now_us, uint32_t random);
void register_stop(struct registration *r); /* say goodbye with the next register_due() */
bool register_holds(const struct registration *r, uint64_t now_us);
const char *register_word(enum register_state state);
#endif
