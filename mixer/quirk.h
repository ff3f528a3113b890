/* quirk.h - what a far end does to its RTP that the standards do not, or not so: absorbed, and named (FEATURES T15).
 *
 * How: an ordinary packet of sound is the one that follows: quirk_ordinary(), a few comparisons with what the last one
 * promised.  Whatever is not goes to quirk_look(), which finds the name, or that it is nothing (loss, a pause, a marker where
 * it belongs), and learns what follows now.  What could be the network's doing is not named: a new SSRC or sequence must go on with
 * a second packet, and what is missing of a key press counts only when no packet is.
 * Two are put right here: an RTP clock that runs at a multiple of its own (G.722 counted at 16 kHz, against RFC 3551
 * section 4.5.2) is brought back, and a G.711 idle pattern, one byte over and over, becomes silence.  The rest is absorbed where it
 * matters: keypad.h, jbuf.h, latch.h, stream_rx.c.
 * Use:  zero-initialise; quirk_agreed() after each offer/answer; per packet of ours quirk_ordinary(), else quirk_look(); quirk_settle()
 *       now and then.  Each gives the bits (1 << enum quirk) that are news.
 *
 * Thread: the worker that owns the leg.
 */
#ifndef MIXER_QUIRK_H
#define MIXER_QUIRK_H

#include "mixer/codec.h"
#include "mixer/rtp.h"
#include <stdbool.h>
#include <stdint.h>

enum quirk {
	QUIRK_OTHER_PORT,    /* than its description says */
	QUIRK_OTHER_ADDRESS, /* the same of the host */
	QUIRK_SSRC,          /* another one in mid-call, and nothing was signalled */
	QUIRK_SEQUENCE,      /* numbers begin anew */
	QUIRK_TIME_STEP,     /* timestamps jump while packets follow each other */
	QUIRK_CLOCK,         /* timestamps count at a multiple of the payload's RTP clock */
	QUIRK_PTIME,         /* packets hold another time than was agreed on */
	QUIRK_PAYLOAD_TYPE,  /* a dynamic number that we did not ask for */
	QUIRK_MARKER_NEVER,  /* none where a talk burst begins (RFC 3551 section 4.1) */
	QUIRK_MARKER_ALWAYS,
	QUIRK_PADDING,
	QUIRK_EXTENSION,    /* a header extension that nobody asked for */
	QUIRK_CONTRIBUTORS, /* CSRCs: a mixer is behind it */
	QUIRK_EMPTY,        /* packets without payload (RFC 6263 section 4.1) */
	QUIRK_KEEPALIVE,    /* datagrams that are no RTP */
	QUIRK_COMFORT,      /* comfort noise (payload type 13) that was not agreed on */
	QUIRK_SILENCE,      /* nothing in pauses, and no comfort noise */
	QUIRK_IDLE,         /* one byte over and over that is not this law's silence */
	QUIRK_RTCP_PORT,    /* RTCP at the RTP port, not agreed on (RFC 5761) */
	/* key presses, RFC 4733 section 2.5.1 */
	QUIRK_EVENT_TIME,        /* the timestamp moves within a press */
	QUIRK_EVENT_END_TIME,    /* only the end packets have another one */
	QUIRK_EVENT_SAME_TIME,   /* two presses have the same one */
	QUIRK_EVENT_NO_END,      /* no packet says that the key was let go */
	QUIRK_EVENT_ONE_END,     /* one does, where three should */
	QUIRK_EVENT_DURATION,    /* it jumps, or goes back */
	QUIRK_EVENT_NO_DURATION, /* it stays 0 */
	QUIRK_EVENT_NO_MARKER,   /* on the first packet */
	QUIRK_EVENT_MARKERS,     /* on all of them */
	QUIRKS
};

const char *quirk_name(enum quirk quirk);     /* "event_no_end": for programs, stays the same */
const char *quirk_words(enum quirk quirk);    /* for people, goes on from "the far end" */
int quirk_find(const char *name, size_t len); /* -1: no such */

enum quirk_kind { QUIRK_OF_SOUND, QUIRK_OF_EVENT, QUIRK_OF_COMFORT };

struct quirk_press { /* a key press that is being watched */
	uint32_t timestamp;
	uint64_t last_us;
	uint16_t duration;
	uint8_t code, n, n_ends, n_markers;
	bool marked, moved, gap; /* its first packet had the marker; timestamps moved; a packet is missing */
};

struct quirks { /* all zeros: nothing was heard */
	/* what an ordinary packet has */
	uint32_t ssrc, next_timestamp, step;
	uint16_t next_seq;
	uint8_t payload_type;
	bool knows;           /* the fields above; false: the next one is looked at */
	bool heard;           /* a packet since the last offer/answer */
	uint8_t num, den;     /* timestamps are num/den of what they should be; den 0: they are right */
	uint32_t raw, mapped; /* the last packet's timestamp, and what it was made */
	uint64_t last_us;
	uint32_t found, pending; /* bits: named; named if the next packet goes on */
	/* of the packets that were looked at */
	enum quirk_kind last;
	uint32_t last_units, odd_step;
	uint64_t odd_us;
	uint8_t n_odd, n_marked;
	struct quirk_press press;
};

struct quirk_seen { /* what is known of a packet that is not ordinary */
	enum quirk_kind kind;
	uint8_t first_byte;  /* of the datagram */
	enum codec_id codec; /* QUIRK_OF_SOUND */
	uint32_t units;      /* RTP clock units that its sound lasts, by its length; 0: not known */
	unsigned clock_hz;   /* of the RTP clock */
	unsigned ptime_ms;   /* that was agreed on; 0: none */
	bool comfort_agreed;
	uint64_t arrival_us;
};

void quirk_agreed(struct quirks *q); /* what changes now was signalled */

/* Is it the packet of sound that was to come? `plain`: sound without padding, extension or CSRCs. */
static inline bool quirk_ordinary(struct quirks *q, const struct rtp *rtp, bool plain, uint64_t arrival_us)
{
	if (!q->knows || !plain || rtp->seq != q->next_seq || rtp->timestamp != q->next_timestamp ||
		rtp->ssrc != q->ssrc || rtp->payload_type != q->payload_type || rtp->marker ||
		rtp->payload_len < 2 || rtp->payload[0] == rtp->payload[1])
		return false;
	q->next_seq++;
	q->next_timestamp += q->step;
	q->last_us = arrival_us;
	return true;
}

/* *idle: the payload is no sound, whatever it decodes to. */
uint32_t quirk_look(struct quirks *q, const struct rtp *rtp, const struct quirk_seen *seen, bool *idle);
/* The packet's timestamp as it should be; of each packet, once, after one of the two above. */
static inline uint32_t quirk_time(struct quirks *q, uint32_t timestamp)
{
	const int32_t ahead = (int32_t)(timestamp - q->raw);

	q->raw = timestamp;
	if (!q->den)
		q->mapped = timestamp;
	else
		q->mapped += (uint32_t)(int32_t)((int64_t)ahead * q->den / q->num);
	return q->mapped;
}

uint32_t quirk_note(struct quirks *q, enum quirk quirk);  /* somebody else saw it */
uint32_t quirk_settle(struct quirks *q, uint64_t now_us); /* a press that must be over by now */
#endif
