/* rtcp.h - RTCP: reports read and written, and the counting behind them (RFC 3550 section 6).
 *
 * How: struct rtcp_rx counts what one remote source sends us (appendix A.1, A.3, A.8);
 * struct rtcp_tx counts what we send.  rtcp_write() makes a compound packet of SR or
 * RR with one report block, SDES CNAME, and BYE when asked.  rtcp_parse() reads a
 * compound packet and says what it holds about us.
 * Use:  rtcp_rx_packet() per RTP packet; rtcp_write() every five seconds; rtcp_parse()
 *       on what comes in.
 *
 * Thread: the worker that owns the leg.  Times are injected: `now_us` monotonic,
 * `ntp` the wall clock in RFC 3550 section 4 format.
 */
#ifndef MIXER_RTCP_H
#define MIXER_RTCP_H

#include "mixer/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RTCP_INTERVAL_US = 5000000, RTCP_CNAME_MAX = 63, RTCP_PACKET_MAX = 256 };

/* What one remote source has sent us.  All fields belong to rtcp.c, `lost`, `fraction_lost` and
 * `jitter` may be read; zero-initialise. */
struct rtcp_rx {
	uint32_t ssrc;
	bool started;
	uint16_t max_seq;
	uint32_t bad_seq; /* the number that would prove a restart; above 65535: none */
	uint32_t cycles, base_seq, received, expected_prior, received_prior;
	uint32_t transit, timestamp; /* of the latest packet that tells of time */
	double jitter;               /* RTP clock units */
	uint32_t lost;               /* cumulative, never below 0 here */
	uint8_t fraction_lost;       /* of the last interval we reported, 1/256 */
	uint32_t sr_ssrc;            /* who sent the last SR; 0 with last_sr 0 */
	uint32_t last_sr;            /* middle 32 bits of their last SR's NTP time */
	uint64_t last_sr_us;         /* when it came */
};

struct rtcp_tx {
	uint32_t ssrc;
	uint32_t packets, octets; /* octets of payload */
	uint32_t timestamp;       /* RTP timestamp that belongs to the moment of the report */
};

/* What the far end says about our stream, and whether it leaves. */
struct rtcp_news {
	bool has_report;        /* a report block about our SSRC was there */
	uint8_t fraction_lost;  /* 1/256 */
	int32_t lost;           /* cumulative, signed (RFC 3550 section 6.4.1) */
	uint32_t jitter;        /* RTP clock units */
	uint32_t round_trip_us; /* 0 when it cannot be known yet */
	bool has_sr;
	bool bye;
};

/* Counts one RTP packet; a change of SSRC or a jump of the sequence restarts the
 * counting without false loss (appendix A.1; without its probation, since only packets of a
 * latched source with a negotiated payload type come here).  `clock_hz` is the RTP clock's. */
void rtcp_rx_packet(struct rtcp_rx *rx, uint32_t ssrc, uint16_t seq, uint32_t timestamp, unsigned clock_hz,
	uint64_t now_us);

/* Writes a compound packet: SR when tx->packets is not 0, else RR; a report block
 * when rx has heard somebody; SDES with `cname`; BYE when `bye`.
 * Updates rx's interval counters.  MIX_SHORT: cap is below RTCP_PACKET_MAX. */
enum mix_err rtcp_write(uint8_t *p, size_t cap, size_t *len, struct rtcp_rx *rx, const struct rtcp_tx *tx,
	const char *cname, bool bye, uint64_t now_us, uint64_t ntp);

/* Reads a compound packet (section 6.1, appendix A.2; any bytes are allowed in).  SR and BYE count only
 * from the source that rx hears, or from anybody before it heard one.  `ntp_now` serves
 * the round trip.  MIX_SHORT or MIX_SYNTAX: *out is zeroed and nothing was counted. */
enum mix_err rtcp_parse(struct rtcp_news *out, struct rtcp_rx *rx, uint32_t our_ssrc, const uint8_t *p,
	size_t len, uint64_t now_us, uint64_t ntp_now);
#endif
