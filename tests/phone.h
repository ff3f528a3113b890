/* phone.h - a far end for tests of the media engine: it sends a tone as RTP and keeps what it hears.
 *
 * How: a phone has its own encoder and decoder and talks to one struct stream without a socket.  Time is
 * a count of microseconds that the test moves on; phone_send() makes the packets due at `now`.
 * What comes back is placed by its RTP timestamp, so that a hole, an overlap or a jump can be seen.
 */
#ifndef TESTS_PHONE_H
#define TESTS_PHONE_H

#include "mixer/rtp.h"
#include "mixer/stream.h"

enum { PHONE_HEARD_MAX = 48000 * 12 };

struct phone {
	struct stream *stream; /* owned */
	struct stream_format format;
	struct ice_credentials ice; /* the stream's, from the next phone_refit() on; ufrag "": none */
	struct net_addr address;
	struct encoder *encoder; /* owned; of what it sends */
	struct decoder *decoder; /* owned; of what it hears */
	enum codec_id codec;
	unsigned ptime_ms, hz; /* it sends; its tone, 0: nothing, not even packets */
	double dbov, phase;    /* a sine of so many dB below full scale */
	bool holds_its_tongue; /* packets of exact silence */
	const int16_t *says;   /* borrowed; instead of the tone, over and over, at its codec's rate */
	size_t n_says, at_says;
	uint16_t seq;
	uint32_t timestamp, ssrc;
	uint64_t next_us;
	unsigned lose_every; /* every n-th packet is lost on the way, 0 none */
	unsigned sent;
	struct seal *tx_seal, *rx_seal; /* owned; NULL in the clear */

	/* heard */
	int16_t *heard; /* owned; by timestamp, at the codec's rate */
	size_t n_heard;
	bool started;
	uint32_t first_ts, last_ts;
	uint16_t last_seq, jumps; /* sequence numbers that did not follow, SSRCs that were not ours */
	unsigned packets, markers, events, event_ends, reports;
	unsigned odd_steps; /* timestamps that did not follow the packet before */
	unsigned overlaps;  /* of those, that went back into it */
	uint32_t next_ts, event_ts;
	uint8_t report[256]; /* the last RTCP packet */
	size_t report_len;
	unsigned unreadable; /* what came did not open */
	uint8_t answer[128]; /* to the last check (tests/check.h) */
	size_t answer_len;
	struct net_addr answered; /* where it was sent */
	bool answered_rtcp;       /* from the RTCP port */
	unsigned paths;           /* told; the last one: */
	struct net_addr path;
	char digits[32];
	unsigned n_digits, talk_on, talk_off, silent, played, latched, pressed;
	enum oneway_kind one_way; /* last told */
	bool echo;
	unsigned beeps;
	enum progress_kind progress;     /* last told */
	uint32_t quirks;                 /* told so far, 1 << enum quirk */
	unsigned comforts, comfort_dbov; /* RFC 3389 packets, the last one's level */
	uint32_t last_played;
};

extern const struct media_out phone_out; /* streams' user is their struct phone */

/* `ptime_ms` both ways. */
void phone_init(struct phone *p, unsigned number, enum codec_id codec, unsigned ptime_ms, unsigned hz);
void phone_free(struct phone *p);
void phone_send(struct phone *p, uint64_t now_us);
/* A new kit for p->format, as after an offer/answer. */
void phone_refit(struct phone *p, uint64_t now_us);
/* SRTP with these keys, as the stream has them, from the next phone_refit() on; counters of the keys before go on. */
void phone_secure(struct phone *p, const struct seal_key *tx, const struct seal_key *rx);
void phone_send_event(
	struct phone *p, unsigned code, bool end, unsigned duration, uint32_t timestamp, uint64_t now_us);
void phone_forget(struct phone *p); /* what it has heard so far */

unsigned phone_rate(const struct phone *p); /* of `heard`, Hz */
/* Level of one frequency in the last `ms` that it heard, dB below full scale sine (positive: quieter). */
double phone_level(const struct phone *p, unsigned hz, unsigned ms);
/* RMS of the last `ms`, dBov below. */
double phone_rms(const struct phone *p, unsigned ms);
#endif
