/* frame.h - the engine's unit of sound: 20 ms of signed 16 bit mono at one of three rates.
 *
 * Everything between a decoder and an encoder is counted in frames.  A room mixes
 * at each rate class that its legs hear (DESIGN.md section 4, rule 7).
 *
 * Thread: any; pure.
 */
#ifndef MIXER_FRAME_H
#define MIXER_FRAME_H

#include <stddef.h>
#include <stdint.h>

enum rate_class { RATE_8K, RATE_16K, RATE_48K, RATES };

enum {
	FRAME_MS = 20,
	FRAME_US = FRAME_MS * 1000,
	FRAME_MAX = 48 * FRAME_MS, /* samples of the longest frame: 960 */
	PTIME_MIN_MS = 10,
	PTIME_MAX_MS = 60,
	PACKET_MAX = 1500 /* bytes of one datagram, headers of RTP included */
};

static inline unsigned rate_hz(enum rate_class rate)
{
	return rate == RATE_8K ? 8000 : rate == RATE_16K ? 16000 : 48000;
}

static inline size_t frame_samples(enum rate_class rate)
{
	return rate_hz(rate) / 1000 * FRAME_MS;
}
#endif
