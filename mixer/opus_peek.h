/* opus_peek.h - what an Opus packet says of itself without being decoded.
 *
 * How: a SILK or hybrid frame begins with one voice-activity flag for each of its 10 or 20 ms SILK frames, then
 * the FEC flag (RFC 6716 sections 4.2.3 and 4.2.4), for the mid and then for the side channel.  Each has even odds, so
 * that the range coder leaves them as the plain first bits of the frame.  A CELT frame has no such flag; only
 * its mark of digital silence can be read: fifteen one bits (section 4.3, odds 1 in 32768).
 *
 * Thread: any; no state.
 */
#ifndef MIXER_OPUS_PEEK_H
#define MIXER_OPUS_PEEK_H

#include <stddef.h>
#include <stdint.h>

enum peek {
	PEEK_BROKEN, /* no Opus packet (section 3.4) */
	PEEK_EMPTY,  /* no frame in it has sound: the sender's DTX */
	PEEK_QUIET,  /* the encoder heard no voice in any frame */
	PEEK_VOICED, /* it heard some */
	PEEK_UNTOLD  /* CELT: only decoding tells */
};

/* Any bytes are allowed in. */
enum peek peek_opus(const uint8_t *payload, size_t len);
#endif
