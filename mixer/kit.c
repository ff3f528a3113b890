/* kit.c - the codecs and buffers that one format of a stream needs: made on the control thread, exchanged in one tick. */
#include "mixer/stream_priv.h"
#include "mixer/cipher.h"

#include <stdlib.h>

static bool format_is_sane(const struct stream_format *f)
{
	if (!codec_info(f->tx.id) || f->tx.ptime_ms < PTIME_MIN_MS || f->tx.ptime_ms > PTIME_MAX_MS ||
		f->tx.ptime_ms % 10 || f->n_rx < 1 || f->n_rx > STREAM_RX_CODECS)
		return false;
	for (unsigned i = 0; i < f->n_rx; i++)
		if (!codec_info(f->rx[i].codec))
			return false;
	return (f->tx_key.suite == SEAL_NONE) ==
	       (f->rx_key.suite == SEAL_NONE); /* no leg is half in the clear */
}

static size_t samples_of_ms(enum rate_class rate, unsigned ms)
{
	return (size_t)rate_hz(rate) / 1000 * ms;
}

/* The widest decoder decides how much room its sound needs; a leg that may only send PCMU stays small. */
static struct kit *kit_with_room(const struct stream_format *f)
{
	enum rate_class widest = RATE_8K, rx_rate = codec_info(f->rx[0].codec)->rate;
	unsigned most_ms =
		RX_PIECES * FRAME_MS; /* in hand when the next packet is decoded, and that packet */
	enum rate_class tx_rate = codec_info(f->tx.id)->rate;
	size_t rx_cap, tx_cap, warped, aligned = 0;
	struct kit *k;

	for (unsigned i = 0; i < f->n_rx; i++) {
		enum rate_class rate = codec_info(f->rx[i].codec)->rate;

		if (rate > widest)
			widest = rate;
		if (f->rx[i].codec == CODEC_OPUS)
			most_ms = RX_PACKET_MAX_MS;
		if (rate != rx_rate)
			aligned = frame_samples(rx_rate);
	}
	rx_cap = samples_of_ms(widest, most_ms + FRAME_MS) + WARP_PAST; /* a frame may use up a little more */
	tx_cap = f->tx.ptime_ms > FRAME_MS ? samples_of_ms(tx_rate, f->tx.ptime_ms + FRAME_MS) : 0;
	warped = frame_samples(widest);
	k = calloc(1, sizeof(*k) + (WARP_PAST + rx_cap + tx_cap + warped + aligned) * sizeof(int16_t));
	if (!k)
		return NULL;
	k->format = *f;
	k->rx_rate = rx_rate;
	k->tx_rate = tx_rate;
	k->tx_clock_hz = codec_info(f->tx.id)->clock_hz;
	k->rx_cap = (uint32_t)rx_cap;
	k->tx_cap = (uint32_t)tx_cap;
	k->rx_pcm = k->pcm + WARP_PAST;
	k->tx_pcm = k->rx_pcm + rx_cap;
	k->warped = k->tx_pcm + tx_cap;
	k->aligned = k->warped + warped;
	return k;
}

/* Of the codecs whose losses are made up by conceal.h. */
static enum rate_class widest_waveform(const struct stream_format *f)
{
	enum rate_class widest = RATE_8K;

	for (unsigned i = 0; i < f->n_rx; i++) {
		enum rate_class rate = codec_info(f->rx[i].codec)->rate;

		if (f->rx[i].codec != CODEC_OPUS && rate > widest)
			widest = rate;
	}
	return widest;
}

/* Memory that streams of one format need and those of another do not. */
static enum mix_err make_room(struct kit *k)
{
	bool opus = false;

	for (unsigned i = 0; i < k->format.n_rx; i++)
		opus = opus || k->format.rx[i].codec == CODEC_OPUS;
	k->limit = calloc(1, limit_size(k->tx_rate));
	k->lent_limit = k->tx_rate == RATE_8K ? NULL : calloc(1, limit_size(k->tx_rate));
	k->narrow = k->rx_rate == RATE_8K ? NULL : calloc(1, sizeof(*k->narrow));
	k->opus = opus ? calloc(1, sizeof(*k->opus)) : NULL;
	return k->limit && (k->lent_limit || k->tx_rate == RATE_8K) && (k->narrow || k->rx_rate == RATE_8K) &&
			       (k->opus || !opus)
		       ? MIX_OK
		       : MIX_NOMEM;
}

static enum mix_err kit_seal(struct kit *k)
{
	const struct stream_format *f = &k->format;
	enum mix_err err = MIX_OK;

	if (f->tx_key.suite == SEAL_NONE)
		return MIX_OK;
	err = seal_alloc(&k->tx_seal, &f->tx_key, true);
	if (!err)
		err = seal_alloc(&k->rx_seal, &f->rx_key, false);
	if (!err)
		seal_resume(k->rx_seal, &f->rx_resume);
	k->unopened = calloc(1, sizeof(*k->unopened));
	return err || k->unopened ? err : MIX_NOMEM;
}

enum mix_err kit_alloc(struct kit **out, const struct stream_format *format)
{
	enum mix_err err = MIX_NOMEM;
	struct kit *k;

	if (!format_is_sane(format))
		return MIX_RANGE;
	k = kit_with_room(format);
	if (!k)
		return MIX_NOMEM;
	err = encoder_alloc(&k->encoder, &format->tx);
	for (unsigned i = 0; !err && i < format->n_rx; i++) {
		enum codec_id id = format->rx[i].codec;

		err = decoder_alloc(&k->decoder[i], id);
		if (!err && codec_info(id)->rate != k->rx_rate)
			err = resample_alloc(&k->align[i], codec_info(id)->rate, k->rx_rate);
		if (!err && id != CODEC_OPUS && !k->conceal)
			err = conceal_alloc(&k->conceal, widest_waveform(format));
	}
	if (!err)
		err = kit_seal(k);
	if (!err && format->event_rx_pt == PT_NONE && !format->no_tones)
		err = hush_alloc(&k->hush, k->rx_rate);
	if (!err)
		err = make_room(k);
	if (err) {
		kit_free(k);
		return err;
	}
	*out = k;
	return MIX_OK;
}

enum mix_err kit_ice(struct kit *k, const struct ice_credentials *ours)
{
	return ice_alloc(&k->ice, ours);
}

struct kit *kit_free(struct kit *k)
{
	if (!k)
		return NULL;
	free(k->limit);
	free(k->lent_limit);
	free(k->narrow);
	free(k->opus);
	k->hush = hush_free(k->hush);
	k->conceal = conceal_free(k->conceal);
	for (unsigned i = 0; i < STREAM_RX_CODECS; i++) {
		k->align[i] = resample_free(k->align[i]);
		k->decoder[i] = decoder_free(k->decoder[i]);
	}
	k->encoder = encoder_free(k->encoder);
	k->tx_seal = seal_free(k->tx_seal);
	k->rx_seal = seal_free(k->rx_seal);
	k->rx_former = seal_free(k->rx_former);
	k->ice = ice_free(k->ice);
	free(k->unopened);
	secret_wipe(&k->format.tx_key, sizeof(k->format.tx_key));
	secret_wipe(&k->format.rx_key, sizeof(k->format.rx_key));
	free(k);
	return NULL;
}

static void swap(struct seal **a, struct seal **b)
{
	struct seal *kept = *a;

	*a = *b;
	*b = kept;
}

/* The same key must go on with the same counters, or its key stream would be used twice. */
static bool inherit_seals(struct kit *fresh, struct kit *old)
{
	struct unopened *kept = old->unopened;

	if (!fresh->tx_seal || !old->tx_seal)
		return false;
	old->unopened = fresh->unopened;
	fresh->unopened = kept;
	if (seal_key_equal(&fresh->format.tx_key, &old->format.tx_key))
		swap(&fresh->tx_seal, &old->tx_seal);
	else
		seal_succeed(fresh->tx_seal, old->tx_seal);
	if (seal_key_equal(&fresh->format.rx_key, &old->format.rx_key)) {
		swap(&fresh->rx_seal, &old->rx_seal);
		swap(&fresh->rx_former, &old->rx_former);
		return false;
	}
	seal_succeed(fresh->rx_seal, old->rx_seal);
	swap(&fresh->rx_former, &old->rx_seal);
	return true;
}

/* The same credentials: the same agent.  Others: a restart. */
static void inherit_ice(struct kit *fresh, struct kit *old)
{
	struct ice *kept = old->ice;

	if (!fresh->ice || !old->ice)
		return;
	if (!ice_same(fresh->ice, old->ice)) {
		ice_succeed(fresh->ice, old->ice);
		return;
	}
	old->ice = fresh->ice;
	fresh->ice = kept;
}

bool kit_inherit(struct kit *fresh, struct kit *old)
{
	for (unsigned i = 0; i < fresh->format.n_rx; i++)
		for (unsigned k = 0; k < old->format.n_rx; k++)
			if (fresh->format.rx[i].codec == old->format.rx[k].codec && old->decoder[k]) {
				struct decoder *kept = old->decoder[k];

				old->decoder[k] = fresh->decoder[i];
				fresh->decoder[i] = kept;
				break;
			}
	if (fresh->conceal && old->conceal) {
		struct conceal *kept = old->conceal;

		old->conceal = fresh->conceal;
		fresh->conceal = kept;
	}
	if (fresh->hush && old->hush && fresh->rx_rate == old->rx_rate && fresh->format.receive) {
		struct hush *kept = old->hush;

		old->hush = fresh->hush;
		fresh->hush = kept;
	}
	if (codec_format_equal(&fresh->format.tx, &old->format.tx)) {
		struct encoder *kept = old->encoder;

		old->encoder = fresh->encoder;
		fresh->encoder = kept;
	}
	inherit_ice(fresh, old);
	return inherit_seals(fresh, old);
}

bool kit_is_comfort(const struct kit *k, uint8_t pt)
{
	return pt == k->format.cn_pt || pt == PT_COMFORT;
}

int kit_codec_of_pt(const struct kit *k, uint8_t pt)
{
	for (unsigned i = 0; i < k->format.n_rx; i++)
		if (k->format.rx[i].pt == pt)
			return (int)i;
	return -1;
}

enum rate_class kit_rate(const struct kit *k, unsigned at)
{
	return codec_info(k->format.rx[at].codec)->rate;
}

unsigned kit_clock_hz(const struct kit *k, unsigned at)
{
	return codec_info(k->format.rx[at].codec)->clock_hz;
}
