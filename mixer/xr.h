/* xr.h - RTCP extended reports, the wire format alone (RFC 3611): VoIP metrics, receiver reference time, DLRR.
 *
 * How: xr_write() makes one XR packet (type 207) that is put behind the SR or RR and SDES of a compound;
 * xr_read() walks a compound packet and picks what is about us.  Blocks of other types are passed over.
 * Use:  rtcp_parse() first, which has checked the compound; then xr_read() on the same bytes.  It
 *       checks every length itself as well.
 *
 * Thread: any; no state.
 */
#ifndef MIXER_XR_H
#define MIXER_XR_H

#include "mixer/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	XR_MAX = 8 + 36 + 12 + 16, /* bytes of what xr_write() makes at most */
	XR_UNKNOWN = 127,          /* of a level, rating or score: not known (section 4.7) */
};

struct xr_voip {                            /* section 4.7, in its own units */
	uint32_t ssrc;                      /* of the stream that is reported on */
	uint8_t loss, discard;              /* 1/256 of packets: never came; came too late */
	uint8_t burst_density, gap_density; /* 1/256 */
	uint16_t burst_ms, gap_ms;
	uint16_t round_trip_ms, end_system_ms; /* 0: not known */
	int8_t signal_dbm0, noise_dbm0;        /* XR_UNKNOWN */
	uint8_t echo_loss_db;                  /* residual echo return loss; XR_UNKNOWN */
	uint8_t gmin;
	uint8_t r, ext_r, mos_listen, mos; /* R 0..100; MOS times 10, 10..50; XR_UNKNOWN */
	uint8_t receiver;                  /* concealment, adaptive buffer (section 4.7.6): xr_receiver() */
	uint16_t jb_nominal_ms, jb_max_ms, jb_abs_max_ms;
};

struct xr {
	bool has_voip, has_time, has_dlrr;
	struct xr_voip voip;
	uint64_t ntp;                             /* receiver reference time (section 4.4) */
	uint32_t from;                            /* who sent the packet that has_time is of */
	uint32_t dlrr_ssrc, last_rr, delay_since; /* section 4.5; of dlrr_ssrc's reference time */
};

/* Receiver configuration byte: enhanced concealment, adaptive jitter buffer that adapts by `rate` 0..15. */
static inline uint8_t xr_receiver(unsigned rate)
{
	return (uint8_t)(3u << 6 | 3u << 4 | (rate & 15));
}

/* Writes what `x` has.  MIX_SHORT: cap is below XR_MAX.  MIX_EMPTY: it has nothing; *len is 0. */
enum mix_err xr_write(uint8_t *p, size_t cap, size_t *len, uint32_t our_ssrc, const struct xr *x);

/* Reads a compound packet; any bytes are allowed in.  VoIP metrics and DLRR are of our SSRC; of
 * several, the last.  MIX_EMPTY: nothing for us.  MIX_SHORT, MIX_SYNTAX: lengths that do not fit; *out is zeroed. */
enum mix_err xr_read(struct xr *out, uint32_t our_ssrc, const uint8_t *p, size_t len);

/* Round trip from a DLRR block; 0: cannot be known. */
uint32_t xr_round_trip_us(const struct xr *x, uint64_t ntp_now);
#endif
