/* codec_priv.h - what codec.c asks of each codec_*.c; nobody else includes this.
 *
 * How: a codec's state is one block of plain memory inside struct encoder or struct
 * decoder, so that alloc is one calloc and a copy is one memcpy.  Sizes are asked of
 * the codec, which alone knows its library.
 *
 * Thread: as codec.h.
 */
#ifndef MIXER_CODEC_PRIV_H
#define MIXER_CODEC_PRIV_H

#include "mixer/codec.h"

/* G.711: no state, tables only.  n samples are n bytes. */
void codec_ulaw_encode(uint8_t *out, const int16_t *pcm, size_t n);
void codec_alaw_encode(uint8_t *out, const int16_t *pcm, size_t n);
void codec_ulaw_decode(int16_t *pcm, const uint8_t *in, size_t n);
void codec_alaw_decode(int16_t *pcm, const uint8_t *in, size_t n);

/* G.722 at 64 kbit/s: a byte is two samples of 16 kHz. */
size_t codec_g722_encoder_size(void);
void codec_g722_encoder_init(void *state);
void codec_g722_encode(void *state, uint8_t *out, const int16_t *pcm, size_t n); /* n even; n / 2 bytes */
size_t codec_g722_decoder_size(void);
void codec_g722_decoder_init(void *state);
void codec_g722_decode(
	void *state, int16_t *pcm, const uint8_t *in, size_t n_bytes); /* 2 * n_bytes samples */

/* Opus at 48 kHz, mono both ways. */
size_t codec_opus_encoder_size(void);
enum mix_err codec_opus_encoder_init(void *state, const struct codec_format *format);
enum mix_err codec_opus_encode(void *state, const struct codec_format *format, const int16_t *pcm,
	uint8_t *out, size_t cap, size_t *len);
void codec_opus_restart(void *state);                /* its settings stay */
void codec_opus_predict(void *state, bool predicts); /* from the packets before; true in a new one */
void codec_opus_expect_loss(void *state, const struct codec_format *format, unsigned percent);
size_t codec_opus_decoder_size(void);
enum mix_err codec_opus_decoder_init(void *state);
enum mix_err codec_opus_decode(
	void *state, const uint8_t *payload, size_t len, int16_t *pcm, size_t cap, size_t *n);
enum mix_err codec_opus_conceal(void *state, const uint8_t *next, size_t next_len, int16_t *pcm, size_t n);
size_t codec_opus_samples(const uint8_t *payload, size_t len);

#endif
