/* jbuf.h - jitter buffer: packets in as they arrive, out in order at their playout time.
 *
 * How: packets wait in slots ordered by extended sequence number.  Playout runs on
 * the sender's RTP timestamps: the first packet is held for the target delay, which
 * follows measured jitter (delay.h) between JBUF_MIN_MS and JBUF_MAX_MS; each take asks for
 * the packet that begins at the next timestamp.  A missing one is LOST when a later packet
 * is there and its time is past, EMPTY when the sender is silent (DTX, hold) or its packets
 * are late.  EMPTY does not move playout, so a late packet is played late and the delay has
 * grown; a new talk burst begins at the target delay again.  Delay that stays too long is cut
 * at a packet boundary and counted in `dropped`; whoever decodes can do it better in a pause: when
 * surplus_ms is a packet or more, take and decode one, call jbuf_played(), and
 * throw its sound away.  Any ptime, changing at any time; a new SSRC, a timestamp
 * jump or a restarted sequence begin afresh without being mistaken for loss.
 * Use:  jbuf_alloc(); jbuf_put() per RTP packet; jbuf_take() until the frame is full.
 * Memory: 2.6 kB in jbuf_alloc(), which is enough for codecs of 64 kbit/s; JBUF_LENT bytes on loan where packets may be larger.
 *
 * Thread: the worker that owns the leg.
 */
#ifndef MIXER_JBUF_H
#define MIXER_JBUF_H

#include "mixer/err.h"
#include "mixer/rtp.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JBUF_MIN_MS = 20, JBUF_MAX_MS = 120, JBUF_SLOTS = 32, JBUF_LENT = 5120 };

struct jbuf;

struct jbuf_stats {          /* counters since jbuf_alloc(), in packets */
	uint32_t taken;      /* given out */
	uint32_t lost;       /* never came, or too late to wait for */
	uint32_t late;       /* of the lost: came after their time */
	uint32_t duplicate;  /* came twice */
	uint32_t reordered;  /* came after a younger one */
	uint32_t restarts;   /* new SSRC, sequence or timestamps */
	uint32_t overflow;   /* dropped because more sound waited than JBUF_MAX_MS or the memory holds */
	uint32_t dropped;    /* dropped to take back delay that was no longer needed */
	uint32_t target_ms;  /* present target delay: JBUF_MIN_MS and what the jitter needs on top */
	uint32_t delay_ms;   /* present delay: how long the fastest packets wait to be taken */
	uint32_t surplus_ms; /* of that delay, what may be taken back */
	uint32_t depth_ms;   /* sound waiting now */
	uint32_t jitter_us;  /* RFC 3550 section 6.4.1 estimate */
};

enum jbuf_got {
	JBUF_PACKET, /* out holds the packet due now */
	JBUF_LOST,   /* a packet due now is missing: conceal `gap` samples of it */
	JBUF_EMPTY   /* nothing due: sender silent, its packet late, or the buffer is filling */
};

struct jbuf_out {
	const uint8_t *payload; /* borrowed until the next jbuf call */
	size_t len;
	uint8_t payload_type;
	bool marker;
	bool rest; /* of a packet whose beginning was taken before, see jbuf_keep_rest() */
	bool late; /* it was due when the last take found nothing: none before it is missing, and delay has grown */
	uint32_t timestamp;
	uint32_t gap; /* JBUF_LOST: RTP clock units until the next packet we have; JBUF_EMPTY: units since the
	                       * last sound ended, 0 before the first: conceal the first 60 ms, then fall silent */
	const uint8_t
		*next; /* JBUF_LOST: the packet after the gap when it is adjacent (for Opus FEC), else NULL */
	size_t next_len;
};

/* `clock_hz` of the RTP clock: 8000 for G.711 and G.722 (RFC 3551 section 4.5.2), 48000 for Opus. */
enum mix_err jbuf_alloc(struct jbuf **out, unsigned clock_hz);
struct jbuf *jbuf_free(struct jbuf *j); /* accepts NULL, returns NULL */

/* Forgets what waits; the next packet begins afresh.  For a codec or address change. */
void jbuf_reset(struct jbuf *j, unsigned clock_hz);

/* Keeps payloads in these JBUF_LENT bytes of the caller's from now on, NULL: in its own.  What waits goes along. */
void jbuf_lend(struct jbuf *j, uint8_t *bytes);

/* Copies one packet in.  One without payload only accounts for its sequence number: keep-alives
 * (RFC 6263 section 4.1), and packets whose payload the caller takes itself; put telephone-events
 * (RFC 4733) so, with payload_len 0, or they would look like loss.
 * MIX_STALE: late or a duplicate, counted.  MIX_RANGE: payload
 * larger than PACKET_MAX.  MIX_FULL: dropped the oldest to make room (the packet is in). */
enum mix_err jbuf_put(struct jbuf *j, const struct rtp *rtp, uint64_t arrival_us);

/* Takes what is due at `now_us`.  `have` is how many RTP clock units of decoded sound
 * the caller still holds: they count as delay.  A packet taken advances playout by
 * what jbuf_played() then says. */
enum jbuf_got jbuf_take(struct jbuf *j, struct jbuf_out *out, uint32_t have, uint64_t now_us);

/* The packet or gap just taken was `units` RTP clock units long; of a gap, how much was
 * concealed now (at most the packet's length at a time, so that a late one still counts).
 * Not after JBUF_EMPTY. */
void jbuf_played(struct jbuf *j, uint32_t units);

/* Instead, after JBUF_PACKET: of the packet just taken, `whole` units long, only the first `bytes` and `units` are wanted
 * now.  The next take begins with the rest of it, which is less than the packet. */
void jbuf_keep_rest(struct jbuf *j, size_t bytes, uint32_t units, uint32_t whole);

uint32_t jbuf_lost(const struct jbuf *j); /* jbuf_stats.lost alone */
void jbuf_stats(const struct jbuf *j, struct jbuf_stats *out);

/* For a caller that takes sound at the sender's pace and shortens or lengthens it itself. */

/* From now on time is counted by the sender's clock, which runs `ppb` parts in 10^9 faster than ours, so
 * that drift is not taken for growing or shrinking delay.  Once called, with 0 too, surplus delay is left to
 * the caller: here it is cut only when a frame more than usual stays for 10 s. */
void jbuf_follow(struct jbuf *j, int32_t ppb, uint64_t now_us);

struct jbuf_balance { /* RTP clock units, none beyond 10 s */
	int32_t lag;  /* delay now: how long the fastest packet waits until it is heard */
	int32_t due;  /* of that, what the jitter needs */
	int32_t slack; /* how long the fastest packet waited until it was taken, at least, in the last takes: less than
	                * `lag` by the sound that the caller still held */
	int32_t packet; /* how long the last one was */
	int32_t edge; /* play this much later, and packets are taken a tick later: their slack grows by a frame */
};

/* How far playout is from where it should be.  A caller with ticks of a frame needs slack >= due; lag >= due + a frame is
 * enough for that wherever in a tick packets come.  False: nothing was played yet. */
bool jbuf_balance(const struct jbuf *j, struct jbuf_balance *out);

/* Would a take now give the packet that is next in sequence? */
bool jbuf_has_next(const struct jbuf *j);

/* It is put to and taken from soon; see warm.h. */
void jbuf_warm(const struct jbuf *j);
#endif
