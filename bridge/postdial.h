/* postdial.h - keys that we press when a call of ours is answered: an extension, or the ID and PIN of another bridge (O7).
 *
 *             answered            wait is over                       all pressed              quiet for a moment
 *   (order) ----------> WAITING -------------> PRESSING <---> GAP -------------> SETTLING ------------------> DONE
 *                                              the key is out
 *
 * How: a key goes out as an RFC 4733 event where the answer has telephone-event, by SIP INFO where the trunk's `dtmf` says info,
 * else as its tone (ITU-T Q.23); one at a time, the next one when the worker or the far end's 200 says that it is out.  Keys that
 * come in meanwhile, and in the moment afterwards, are dropped: they may be echoes of ours, and would let a machine in (O3).
 * Then the called party is asked to press 1 like anybody whom we call; where the order says that a machine is called
 * (`confirm: false`), it is let in at once.
 * Keys may also be pressed later, on a call that sits in a meeting (bridge/drive): the same, but for what follows.
 * Use:  postdial_read() or postdial_split() on what a person wrote; leg->postdial before the answer; postdial_begin() with it.
 *
 * Thread: control.  What is pressed may be a PIN: it is told to nobody, and cleared (C11, S7).
 */
#ifndef BRIDGE_POSTDIAL_H
#define BRIDGE_POSTDIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	POSTDIAL_KEYS = 64, /* keys and pauses */
	POSTDIAL_WAIT_MS = 1000,
	POSTDIAL_WAIT_MAX_MS = 30000,
	POSTDIAL_PRESS_MS = 100
};

struct leg;

/* What an order says of it.  `keys` "": nothing is pressed. */
struct postdial_order {
	char keys[POSTDIAL_KEYS + 1]; /* 0-9 * # A-D, w half a second, ',' two seconds */
	unsigned wait_ms;             /* from the answer to the first key */
	bool lets_in;                 /* nobody has to press 1 afterwards */
};

/* Keys as a person writes them: spaces, '-' and '.' mean nothing, small letters are as good.  False: something else is in it, there is no key, or
 * there are too many; *o is unchanged. */
bool postdial_read(struct postdial_order *o, const char *text);
/* A number with `;postd=` (RFC 2806 section 2.5.6: p a second, w the dial tone, which is given two): copies the number
 * without it.  False: that is no string of keys, or the number is longer than cap. */
bool postdial_split(struct postdial_order *o, char *number, size_t cap, const char *to);
void postdial_clear(struct postdial_order *o);

struct postdial *postdial_alloc(const struct postdial_order *o); /* NULL: out of memory */
struct postdial *postdial_free(struct postdial *p); /* cleared first; accepts NULL, returns NULL */

/* The leg is answered.  False: it has nothing to press. */
bool postdial_begin(struct leg *leg);
/* More keys, as in an order, on a leg that sits in a meeting, behind those that are still to be pressed; its place and its call stay as they
 * are whatever becomes of them.  False: too many wait, or out of memory. */
bool postdial_add(struct leg *leg, const char *keys);
void postdial_tick(struct leg *leg, uint64_t now_us); /* every 100 ms */
/* The event went out, or (false) could not: then its tone does. */
void postdial_pressed(struct leg *leg, bool sent);
void postdial_said(struct leg *leg);                  /* the tone was */
void postdial_told(struct leg *leg, unsigned status); /* the far end's answer to the INFO */
#endif
