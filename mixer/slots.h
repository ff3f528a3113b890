/* slots.h - the jitter buffer's store: packets by sequence number, payloads in one small arena.
 *
 * How: the packet with number n lives in place n % SLOTS, and only numbers from `next` to
 * next + SLOTS - 1 are kept, so that finding, ordering and dropping are bit masks.  Payloads are
 * appended to the arena and moved together when it is full; when that is not enough the oldest
 * packets go.  A packet without payload holds its number only.
 * Use:  zero-initialise, slots_lend() with NULL.
 *
 * Thread: the worker that owns the leg.
 */
#ifndef MIXER_SLOTS_H
#define MIXER_SLOTS_H

#include "mixer/rtp.h"
#include <stdbool.h>
#include <stdint.h>

enum {
	SLOTS = 32,
	SLOTS_ARENA = 1504,     /* bytes: 188 ms at 64 kbit/s, or the largest packet */
	SLOTS_ARENA_LENT = 5120 /* four of the largest Opus packets; the most there may be */
};

struct slot {
	int32_t since;        /* its RTP timestamp, after `slots.origin` */
	uint16_t offset, len; /* in the arena */
	uint8_t payload_type;
	bool marker;
	bool rest; /* its beginning was taken */
};

struct slots {
	struct slot slot[SLOTS];
	uint32_t occupied; /* bit i: slot[i] holds a number */
	uint32_t sound;    /* bit i: and a payload */
	uint16_t next;     /* the oldest number that may still come or be taken */
	uint16_t used;     /* bytes of the arena up to its last payload */
	uint16_t cap;      /* of the arena */
	int64_t origin;    /* a timestamp of the packets' time */
	uint8_t *arena;    /* own[], or borrowed from slots_lend() */
	uint8_t own[SLOTS_ARENA];
};

struct slots_dropped { /* what had to go: packets that were there, and numbers that never came */
	uint32_t sound, missing;
};

void slots_reset(struct slots *s, uint16_t next); /* empty; `next` is the number that is played next */

/* Payloads live in `arena` of `cap` bytes (SLOTS_ARENA..SLOTS_ARENA_LENT) from now on; NULL: in the own one.  What waits moves;
 * of what does not fit the oldest goes, added to *dropped. */
void slots_lend(struct slots *s, uint8_t *arena, size_t cap, struct slots_dropped *dropped);

/* Keeps a copy of `rtp`, whose number is not below `next`; adds to *dropped what had to go
 * for it.  The caller sees to it that the payload is not larger than the arena. */
void slots_put(struct slots *s, const struct rtp *rtp, int64_t ts, struct slots_dropped *dropped);

/* Finds the oldest sound: its number, and how many numbers from `next` to it are missing. */
bool slots_first(const struct slots *s, uint16_t *seq, unsigned *missing);

/* Gives up all numbers before `seq`. */
void slots_advance(struct slots *s, uint16_t seq);

/* Puts the number that was passed last, which had sound, back without the first `bytes` of its payload: what is left begins at `ts`. */
void slots_keep_rest(struct slots *s, size_t bytes, int64_t ts);

/* Passes numbers that came without sound, up to the first that is missing or sounds. */
void slots_pass_silent(struct slots *s);

bool slots_has_sound(const struct slots *s, uint16_t seq);
const struct slot *slots_at(const struct slots *s, uint16_t seq); /* of a number that has sound */
int64_t slots_ts(const struct slots *s, uint16_t seq);            /* likewise: RTP timestamp, unwrapped */

unsigned slots_count(const struct slots *s); /* packets with sound */

/* Length of the sound that waits, in timestamp units; `per_packet` stands for what cannot be known. */
int64_t slots_waiting(const struct slots *s, int64_t per_packet);
#endif
