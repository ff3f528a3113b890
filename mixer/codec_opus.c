/* codec_opus.c - Opus at 48 kHz, by libopus: mono both ways, tuned for speech (RFC 6716, RFC 7587).
 *
 * How: Opus has two ways to code speech, and each has its hour.  CELT at our bit rates is nearer to what
 * was said (test_codec_opus measures it) for a third of the other's CPU time, but carries no FEC.
 * SILK, alone or as the lower half of a hybrid, does (RFC 6716 section 2.1.7).  So: CELT while
 * nobody reports loss, SILK and FEC as soon as somebody does.  Where the far end wants DTX, or few bits, SILK always.
 * libopus chooses the mode by what it is told of the signal, and crosses over within a frame that both
 * modes share: a listener hears no seam.
 */
#include "mixer/codec_priv.h"
#include "mixer/quad.h"

#include <opus/opus.h>
#include <stddef.h>
#include <string.h>

enum {
	OPUS_RATE_HZ = 48000,
	ROOM_MIN = 100,
	DTX_BYTES = 2, /* opus_encode(): so short a packet need not be sent */
	PART_MS = 10,  /* of what Opus has no frame for: 30 and 50 ms */
	PARTS_MAX = 5,
	STEP = 120,         /* 2.5 ms: libopus conceals in multiples of this */
	CELT_BPS = 32000,   /* and more: below, SILK is nearer */
	CONCEAL_MAX = 5760, /* 120 ms */
};

/* Opus has frames of 10, 20, 40 and 60 ms; 30 and 50 are several frames in one packet. */
static bool in_parts(const struct codec_format *format)
{
	return format->ptime_ms == 30 || format->ptime_ms == 50;
}

size_t codec_opus_encoder_size(void)
{
	return (size_t)opus_encoder_get_size(1);
}

/* RFC 7587 section 6.1: maxplaybackrate is what the far end can play. */
static opus_int32 bandwidth_for(unsigned max_rate_hz)
{
	if (max_rate_hz == 0 || max_rate_hz > 24000)
		return OPUS_BANDWIDTH_FULLBAND;
	if (max_rate_hz > 16000)
		return OPUS_BANDWIDTH_SUPERWIDEBAND;
	if (max_rate_hz > 12000)
		return OPUS_BANDWIDTH_WIDEBAND;
	return max_rate_hz > 8000 ? OPUS_BANDWIDTH_MEDIUMBAND : OPUS_BANDWIDTH_NARROWBAND;
}

/* What libopus is told that the signal is decides between SILK (voice) and CELT (music). */
static int prefer_celt(OpusEncoder *e, bool celt)
{
	return opus_encoder_ctl(e, OPUS_SET_SIGNAL(celt ? OPUS_SIGNAL_MUSIC : OPUS_SIGNAL_VOICE));
}

/* CELT has no medium band. */
static bool may_be_celt(const struct codec_format *format)
{
	unsigned bitrate_bps = format->bitrate_bps ? format->bitrate_bps : CODEC_OPUS_BITRATE;

	return !format->silk && !format->dtx && bitrate_bps >= CELT_BPS &&
	       bandwidth_for(format->max_rate_hz) != OPUS_BANDWIDTH_MEDIUMBAND;
}

enum mix_err codec_opus_encoder_init(void *state, const struct codec_format *format)
{
	OpusEncoder *e = state;
	opus_int32 bandwidth = bandwidth_for(format->max_rate_hz);
	opus_int32 bitrate = format->bitrate_bps ? (opus_int32)format->bitrate_bps : CODEC_OPUS_BITRATE;
	/* All frames of one packet share one mode and bandwidth (RFC 6716 section 3.1): in parts,
	 * both are pinned.  Such packets have neither FEC nor DTX. */
	int application = in_parts(format) ? OPUS_APPLICATION_RESTRICTED_LOWDELAY : OPUS_APPLICATION_VOIP;

	if (opus_encoder_init(e, OPUS_RATE_HZ, 1, application) != OPUS_OK)
		return MIX_RANGE;
	int bad = opus_encoder_ctl(e, OPUS_SET_BITRATE(bitrate));
	bad |= opus_encoder_ctl(e, OPUS_SET_COMPLEXITY((opus_int32)format->complexity));
	bad |= opus_encoder_ctl(e, OPUS_SET_MAX_BANDWIDTH(bandwidth));
	bad |= opus_encoder_ctl(e, OPUS_SET_INBAND_FEC(format->fec ? 1 : 0));
	bad |= opus_encoder_ctl(e, OPUS_SET_DTX(format->dtx ? 1 : 0));
	bad |= opus_encoder_ctl(e, OPUS_SET_LSB_DEPTH(16));
	if (in_parts(format))
		bad |= opus_encoder_ctl(e, OPUS_SET_BANDWIDTH(bandwidth));
	bad |= prefer_celt(e, may_be_celt(format));
	return bad ? MIX_RANGE : MIX_OK;
}

static enum mix_err encode_parts(
	OpusEncoder *e, unsigned ptime_ms, const int16_t *pcm, uint8_t *out, size_t cap, size_t *len)
{
	_Alignas(max_align_t) unsigned char joiner[1024];
	OpusRepacketizer *join = opus_repacketizer_init((OpusRepacketizer *)joiner);
	uint8_t part[PARTS_MAX][CODEC_PAYLOAD_MAX / PARTS_MAX];
	int part_samples = OPUS_RATE_HZ / 1000 * PART_MS;

	for (unsigned i = 0; i < ptime_ms / PART_MS; i++) {
		const int16_t *from = pcm + i * (unsigned)part_samples;
		opus_int32 got = opus_encode(e, from, part_samples, part[i], sizeof(part[i]));
		if (got < 1 || opus_repacketizer_cat(join, part[i], got) != OPUS_OK)
			return MIX_SHORT;
	}
	opus_int32 got = opus_repacketizer_out(join, out, (opus_int32)cap);
	if (got < 1)
		return MIX_SHORT;
	*len = (size_t)got;
	return MIX_OK;
}

enum mix_err codec_opus_encode(void *state, const struct codec_format *format, const int16_t *pcm,
	uint8_t *out, size_t cap, size_t *len)
{
	opus_int32 room = (opus_int32)(cap < CODEC_PAYLOAD_MAX ? cap : CODEC_PAYLOAD_MAX);

	if (room < ROOM_MIN)
		return MIX_SHORT; /* libopus would make it fit, at any price to the sound */
	if (in_parts(format))
		return encode_parts(state, format->ptime_ms, pcm, out, (size_t)room, len);
	opus_int32 got = opus_encode(state, pcm, (int)(OPUS_RATE_HZ / 1000 * format->ptime_ms), out, room);
	if (got < 0)
		return MIX_SHORT;
	*len = format->dtx && got <= DTX_BYTES ? 0 : (size_t)got;
	return MIX_OK;
}

void codec_opus_expect_loss(void *state, const struct codec_format *format, unsigned percent)
{
	OpusEncoder *e = state;

	opus_encoder_ctl(e, OPUS_SET_PACKET_LOSS_PERC((opus_int32)(percent > 100 ? 100 : percent)));
	if (percent >= CODEC_FEC_PERCENT && format->fec)
		(void)prefer_celt(e, false);
	else if (percent == 0)
		(void)prefer_celt(e, may_be_celt(format));
}

void codec_opus_restart(void *state)
{
	opus_encoder_ctl((OpusEncoder *)state, OPUS_RESET_STATE);
}

void codec_opus_predict(void *state, bool predicts)
{
	opus_encoder_ctl((OpusEncoder *)state, OPUS_SET_PREDICTION_DISABLED(predicts ? 0 : 1));
}

/* ---- decoding ---- */

struct opus {
	float bend; /* of opus_pcm_soft_clip(): what it goes on with in the next frame, 0 nothing */
	_Alignas(max_align_t) uint8_t decoder[];
};

size_t codec_opus_decoder_size(void)
{
	return sizeof(struct opus) + (size_t)opus_decoder_get_size(1);
}

enum mix_err codec_opus_decoder_init(void *state)
{
	struct opus *o = state;

	o->bend = 0;
	/* One channel: libopus itself mixes a stereo sender down at the right level. */
	return opus_decoder_init((OpusDecoder *)o->decoder, OPUS_RATE_HZ, 1) == OPUS_OK ? MIX_OK : MIX_RANGE;
}

size_t codec_opus_samples(const uint8_t *payload, size_t len)
{
	opus_int16 sizes[48];
	unsigned char toc;

	/* The parser refuses frames over 1275 bytes and packets over 120 ms (RFC 6716 section 3.4). */
	if (len == 0 || len > PACKET_MAX ||
		opus_packet_parse(payload, (opus_int32)len, &toc, NULL, sizes, NULL) < 1)
		return 0;
	int n = opus_packet_get_nb_samples(payload, (opus_int32)len, OPUS_RATE_HZ);
	return n > 0 ? (size_t)n : 0;
}

enum { QUAD = 4 /* divides all that libopus gives */ };

static bool is_over(const float sound[], int n)
{
	whole_quad over = { 0 };
	quad x;

	for (int i = 0; i < n; i += QUAD) {
		memcpy(&x, sound + i, sizeof(x));
		over |= (x > 1) | (x < -1);
	}
	return over[0] | over[1] | over[2] | over[3];
}

static quad choose(whole_quad which, float a, quad b)
{
	const quad all_a = { a, a, a, a };

	return (quad)((which & (whole_quad)all_a) | (~which & (whole_quad)b));
}

/* As lrintf() rounds, to even: a float that 1.5 * 2^23 was added to has no room for a fraction. */
static void round_all(const float sound[], int n, int16_t pcm[])
{
	for (int i = 0; i < n; i += QUAD) {
		half_quad rounded;
		quad x;

		memcpy(&x, sound + i, sizeof(x));
		x *= 32768;
		x = choose(x < -32768, -32768, x);
		x = choose(x > 32767, 32767, x) + 12582912;
		rounded = __builtin_convertvector((whole_quad)x, half_quad);
		memcpy(pcm + i, &rounded, sizeof(rounded));
	}
}

/* opus_decode() to the bit: that looks for peaks to bend in each frame, slowly; few frames have any, and what is made up it
 * leaves as it is. */
static int decode(struct opus *o, const uint8_t *payload, size_t len, int16_t *pcm, int n, int fec)
{
	float sound[CONCEAL_MAX];
	const int got = opus_decode_float(
		(OpusDecoder *)o->decoder, payload, payload ? (opus_int32)len : 0, sound, n, fec);

	if (got < 1)
		return got;
	if (payload && !fec && (o->bend != 0 || is_over(sound, got)))
		opus_pcm_soft_clip(sound, got, 1, &o->bend);
	round_all(sound, got, pcm);
	return got;
}

enum mix_err codec_opus_decode(
	void *state, const uint8_t *payload, size_t len, int16_t *pcm, size_t cap, size_t *n)
{
	size_t holds = codec_opus_samples(payload, len);

	if (holds == 0)
		return MIX_SYNTAX;
	if (holds > cap)
		return MIX_SHORT;
	int got = decode(state, payload, len, pcm, (int)holds, 0);
	if (got < 1)
		return MIX_SYNTAX;
	*n = (size_t)got;
	return MIX_OK;
}

enum mix_err codec_opus_conceal(void *state, const uint8_t *next, size_t next_len, int16_t *pcm, size_t n)
{
	size_t whole = n - n % STEP;
	bool fec = next && codec_opus_samples(next, next_len) > 0;
	int16_t rest[STEP];

	if (n > CONCEAL_MAX)
		return MIX_RANGE;
	/* What is no whole step is made first, so that the FEC stays next to its packet. */
	if (n > whole) {
		if (decode(state, NULL, 0, rest, STEP, 0) != STEP)
			return MIX_SYNTAX;
		for (size_t i = 0; i < n - whole; i++)
			pcm[i] = rest[i];
		pcm += n - whole;
	}
	if (whole == 0)
		return MIX_OK;
	int got = decode(state, fec ? next : NULL, next_len, pcm, (int)whole, fec ? 1 : 0);
	return got == (int)whole ? MIX_OK : MIX_SYNTAX;
}
