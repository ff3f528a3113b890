/* gateway.h - how one gateway of a trunk does: is it there, and how do calls fare through it (FEATURES T3)?
 *
 *                `up` good of the last `of`
 *      UNKNOWN ----------------------------> UP
 *         |                                  | ^
 *         |  `down` missed of the last `of`  v |  `up` good of those since
 *         +--------------------------------> DOWN
 *
 * UNKNOWN and UP are called; DOWN is not, and is asked on.  Apart from that a gateway rests while it asked to be left alone
 * (503 with Retry-After, a timeout): gateway_rest().
 *
 * How: OPTIONS go out every interval, sooner after a miss, each moved by up to a tenth so that gateways are not asked in step.
 * Any response but 408 and 5xx shows life, 404, 405 and 483 among them; with `only_2xx` nothing but a 2xx does.
 * Use:  gateway_due() every tick, ask when it says so, gateway_asked(); gateway_heard() with the answer; gateway_call() per call.
 *
 * Thread: control; time and randomness injected; the struct is plain.
 */
#ifndef SIP_GATEWAY_H
#define SIP_GATEWAY_H

#include <stdbool.h>
#include <stdint.h>

enum gateway_state { GATEWAY_UNKNOWN, GATEWAY_UP, GATEWAY_DOWN };
enum gateway_change { GATEWAY_SAME, GATEWAY_CAME_UP, GATEWAY_WENT_DOWN };
enum { GATEWAY_WINDOW = 16, GATEWAY_CALLS = 64, GATEWAY_CAUSES = 8, GATEWAY_PATIENCE_MS = 4000 };

struct gateway_rules {
	unsigned interval_s;   /* 0: it is never asked */
	unsigned up, down, of; /* of <= GATEWAY_WINDOW; 0: 2, 3, 5 */
	bool only_2xx;
};

struct gateway {
	struct gateway_rules rules;
	enum gateway_state state;
	uint32_t history; /* bit 0: the last answer; 1 good */
	unsigned n_history;
	uint64_t next_us, asked_us; /* asked_us 0: no question is out */
	uint64_t rest_until_us;
	uint32_t round_trip_us; /* smoothed; 0: not known */
	uint64_t n_asked, n_missed;
	/* calls */
	uint64_t calls, n_answered;
	uint64_t n_over, talked_s; /* answered ones that are over, and how long they lasted together */
	uint64_t lately;           /* bit 0: the last call; 1 answered */
	unsigned n_lately;
	uint32_t post_dial_us;          /* smoothed: INVITE to first 18x or answer; 0: not known */
	uint8_t causes[GATEWAY_CAUSES]; /* Q.850 of the last failures, latest first; 0: none */
};

void gateway_init(struct gateway *g, const struct gateway_rules *rules);
void gateway_set_rules(struct gateway *g, const struct gateway_rules *rules); /* state and figures stay */
/* Time for OPTIONS?  A question without answer for GATEWAY_PATIENCE_MS counts as missed here; *change says what came of it. */
bool gateway_due(struct gateway *g, uint64_t now_us, uint32_t random, enum gateway_change *change);
void gateway_asked(struct gateway *g, uint64_t now_us);
/* `status` 0: nothing came. */
enum gateway_change gateway_heard(
	struct gateway *g, uint64_t now_us, unsigned status, uint32_t round_trip_us, uint32_t random);
void gateway_rest(struct gateway *g, uint64_t until_us);
bool gateway_usable(const struct gateway *g, uint64_t now_us);
unsigned gateway_rests_s(const struct gateway *g, uint64_t now_us); /* rounded up; 0: it does not rest */

/* A call through it has come to an end, or has been answered. */
void gateway_call(struct gateway *g, bool answered, unsigned q850, uint32_t post_dial_us);
/* One that was answered is over. */
void gateway_talked(struct gateway *g, uint32_t talked_s);
unsigned gateway_answer_percent(
	const struct gateway *g);                   /* of the last GATEWAY_CALLS; 100 when there were none */
const char *gateway_word(enum gateway_state state); /* "unknown", "up", "down" */
#endif
