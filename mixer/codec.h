/* codec.h - the codecs that a leg may use, behind one shape.
 *
 * How: an encoder turns PCM of its rate class into payloads, a decoder the reverse;
 * each codec lives in its own codec_*.c, which alone sees its library.  An encoder's
 * state can be copied into another of the same format, so that a listener who starts
 * to talk goes on from the shared encoder without a break (DESIGN.md section 4, rule 2).
 * Use:  codec_info() for names and clocks; alloc on the control thread, use on the
 *       worker, free on the control thread.
 *
 * Thread: one at a time.
 */
#ifndef MIXER_CODEC_H
#define MIXER_CODEC_H

#include "mixer/err.h"
#include "mixer/frame.h"
#include <stdbool.h>

enum codec_id { CODEC_NONE, CODEC_PCMU, CODEC_PCMA, CODEC_G722, CODEC_OPUS, CODECS };

enum { CODEC_DYNAMIC = -1, CODEC_PAYLOAD_MAX = 1275 /* bytes of an Opus frame, RFC 6716 section 3.4 */ };

struct codec_info {
	const char *name;     /* as in a=rtpmap, RFC 3551 section 6 */
	int payload_type;     /* static number, or CODEC_DYNAMIC */
	unsigned clock_hz;    /* of RTP timestamps; G.722's is 8000 (RFC 3551 section 4.5.2) */
	unsigned channels;    /* in a=rtpmap; 2 for Opus whatever is sent (RFC 7587 section 7) */
	enum rate_class rate; /* of its PCM */
};

/* Of Opus, unless the format says otherwise.  At 24 kbit/s tones that sound together come out up to 2 dB wrong,
 * at 40 about half a dB. */
enum {
	CODEC_OPUS_BITRATE = 40000,
	CODEC_FEC_PERCENT = 2 /* of loss: from here on FEC is worth its price, until there is none left */
};

struct codec_format {
	enum codec_id id;
	unsigned ptime_ms;    /* of what we send: 10, 20, 30, 40, 50 or 60 */
	unsigned bitrate_bps; /* Opus; 0: CODEC_OPUS_BITRATE */
	unsigned complexity;  /* Opus, 0..10 */
	unsigned max_rate_hz; /* Opus: a=fmtp maxplaybackrate, 0: no bound */
	bool fec, dtx;        /* Opus; none at 30 and 50 ms, which are several frames in a packet */
	bool silk;            /* Opus: SILK or hybrid at any rate, as other clients' encoders code speech */
};

/* NULL for CODEC_NONE and out of range. */
const struct codec_info *codec_info(enum codec_id id);

/* By rtpmap name (case-insensitive) and clock; CODEC_NONE: not one of ours. */
enum codec_id codec_find(const char *name, unsigned clock_hz);

/* Would these two formats encode to the same bytes? */
bool codec_format_equal(const struct codec_format *a, const struct codec_format *b);

struct encoder;
enum mix_err encoder_alloc(struct encoder **out, const struct codec_format *format);
struct encoder *encoder_free(struct encoder *e);
const struct codec_format *encoder_format(const struct encoder *e); /* that it was made for */

/* Makes `to` go on exactly where `from` is; MIX_RANGE: formats differ. */
enum mix_err encoder_copy(struct encoder *to, const struct encoder *from);

/* Forgets all sound, as if it were new; what it was told of loss stays. */
void encoder_restart(struct encoder *e);

/* The next packet leans on those before it as little as the codec can, for a far decoder that has heard another
 * encoder's: Opus without prediction (RFC 6716 sections 4.2.7.5.5 and 4.3.2.1); others ignore it. */
void encoder_cut(struct encoder *e);

/* Encodes one packet of ptime_ms: `n` = rate of codec_info * ptime samples.
 * *len is 0 when Opus DTX says to send nothing (1 is to be taken the same way).  MIX_SHORT: cap is too small. */
enum mix_err encoder_run(
	struct encoder *e, const int16_t *pcm, size_t n, uint8_t *out, size_t cap, size_t *len);

/* The last packet was made by the codec, and is not the one of a silence sent again (lull.h). */
bool encoder_ran(const struct encoder *e);

/* The byte that G.711 codes silence as; -1: of this codec it depends on what was before. */
int codec_silence(enum codec_id id);

/* Opus: expected loss in percent, for its FEC, which takes another mode of the codec; others ignore it. */
void encoder_expect_loss(struct encoder *e, unsigned percent);

struct decoder;
enum mix_err decoder_alloc(struct decoder **out, enum codec_id id);
struct decoder *decoder_free(struct decoder *d);
enum codec_id decoder_id(const struct decoder *d);

/* Decodes a payload into at most `cap` samples of its rate class, mono.
 * MIX_SYNTAX: not a payload of this codec.  MIX_SHORT: longer than cap. */
enum mix_err decoder_run(
	struct decoder *d, const uint8_t *payload, size_t len, int16_t *pcm, size_t cap, size_t *n);

/* Makes `n` samples for a lost packet.  `next` is the packet after it, if it is here, else
 * NULL: Opus takes its in-band FEC from it (RFC 6716 section 4.2.5), and fades out in 200 ms
 * without.  At most 120 ms at once (MIX_RANGE).  Other codecs give silence: see conceal.h. */
enum mix_err decoder_conceal(struct decoder *d, const uint8_t *next, size_t next_len, int16_t *pcm, size_t n);

/* Samples (of its rate class) that a payload holds, without decoding it; 0: malformed. */
size_t decoder_samples(enum codec_id id, const uint8_t *payload, size_t len);
#endif
