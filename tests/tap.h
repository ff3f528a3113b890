/* tap.h - a room heard sample by sample: far ends whose codec is the PCM itself.
 *
 * How: tap.c stands in the place of mixer/codec.c: what it calls PCMU carries 160 samples of 16 bit as they are (as L16 would,
 * RFC 3551 section 4.5.11), so that what a listener gets is what the engine gave to its encoder.  Everything else
 * is the engine: latch, jitter buffer, levels, choice, sums, limiters.  Time is a count that the test moves on.
 * Use:  tap_open(); per 20 ms: tap_say() for those who send, tap_tick(); tap_close().  Link it instead of mixer/codec*.c.
 *
 * Thread: the test's.
 */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include "mixer/room.h"

enum { TAP_FRAME = 160, TAP_HEARD_MAX = 8000 * 30, TAP_EVENTS = 64 };

struct tap_house;
struct tap {                     /* one leg */
	struct tap_house *house; /* borrowed */
	struct stream *stream;   /* owned */
	struct stream_format format;
	uint32_t ssrc, timestamp;
	uint16_t seq;

	int16_t *heard; /* owned; by RTP timestamp */
	size_t n_heard;
	uint32_t first_ts;
	unsigned packets;
	struct {
		bool on;
		uint64_t at_us; /* of the tick that said so */
	} talk[TAP_EVENTS];
	unsigned n_talk;
	char digits[TAP_EVENTS];
	unsigned n_digits;
};

struct tap_house {
	struct room *room;
	struct tap *taps; /* owned */
	unsigned n;
	uint64_t now_us;
	struct media_out out;
};

/* A room with n legs. `events`: they have telephone-event. */
void tap_open(struct tap_house *h, unsigned n, unsigned mixed_talkers, bool events);
void tap_close(struct tap_house *h);

/* The packet of the coming tick; NULL: none, and its timestamps pass by. */
void tap_say(struct tap *t, const int16_t pcm[TAP_FRAME]);
void tap_tick(struct tap_house *h);

/* Samples from a sound that goes in to the same sound coming out. */
size_t tap_delay(void);
#endif
