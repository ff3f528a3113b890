#include "mixer/stream_priv.h"
#include "mixer/room.h"
#include "mixer/warm.h"

#include <stdlib.h>
#include <string.h>

enum mix_err stream_alloc(struct stream **out, const struct stream_identity *identity, void *user)
{
	enum mix_err err = MIX_NOMEM;
	struct stream *s = calloc(1, sizeof(*s));

	if (!s)
		return MIX_NOMEM;
	err = jbuf_alloc(&s->jbuf, 8000);
	if (err)
		goto fail;
	err = keypad_alloc(&s->keypad);
	if (err)
		goto fail;
	s->user = user;
	s->rx_clock_hz = 8000;
	s->ssrc = identity->ssrc;
	s->clock = identity->first_timestamp;
	s->seq = identity->first_seq;
	memcpy(s->cname, identity->cname, sizeof(s->cname));
	s->cname[sizeof(s->cname) - 1] = '\0';
	s->marker = true;
	s->group = NO_GROUP;
	s->share = NO_SHARE;
	s->dbov = LEVEL_SILENCE;
	s->comfort.dice = identity->ssrc | 1;
	s->gain = GAIN_UNITY;
	s->unheard = UINT8_MAX;
	s->tx_gain = s->rx_gain = s->tx_gain_now = s->rx_gain_now = GAIN_UNITY;
	talk_init(&s->talk);
	*out = s;
	return MIX_OK;
fail:
	stream_free(s);
	return err;
}

struct stream *stream_free(struct stream *s)
{
	if (!s)
		return NULL;
	for (unsigned i = 0; i < RATES; i++)
		s->to[i] = resample_free(s->to[i]);
	s->kit = kit_free(s->kit);
	s->denoise = denoise_free(s->denoise);
	s->keypad = keypad_free(s->keypad);
	s->jbuf = jbuf_free(s->jbuf);
	free(s);
	return NULL;
}

void stream_warm_head(const struct stream *s)
{
	warm(s, offsetof(struct stream, stats));
	warm(&s->wait_ticks, sizeof(*s) - offsetof(struct stream, wait_ticks));
}

void stream_warm_parts(const struct stream *s)
{
	const struct kit *k = s->kit;

	jbuf_warm(s->jbuf);
	keypad_warm(s->keypad);
	if (!k)
		return;
	warm(k, sizeof(*k) + (WARP_PAST + frame_samples(RATE_8K)) * sizeof(int16_t));
	if (k->conceal)
		conceal_warm(k->conceal);
	warm(k->decoder[s->rx_at], 1);
}

void *stream_user(const struct stream *s)
{
	return s->user;
}

void stream_set_user(struct stream *s, void *user)
{
	s->user = user;
}

/* What comes in goes on where it was, unless its codec is gone or it may not come in any more. */
static void refit_rx(struct stream *s, struct kit *fresh, const struct kit *old)
{
	int same = -1;

	if (old && old->format.rx[0].codec == fresh->format.rx[0].codec)
		for (unsigned i = 0; i < fresh->format.n_rx && same < 0; i++)
			if (fresh->format.rx[i].codec == old->format.rx[s->rx_at].codec)
				same = (int)i;
	if (same >= 0 && fresh->format.receive) {
		s->rx_at = (uint8_t)same;
		memcpy(fresh->rx_pcm - WARP_PAST, old->rx_pcm - WARP_PAST,
			(WARP_PAST + s->rx_n) * sizeof(int16_t)); /* same codecs: it fits */
		if (fresh->narrow)
			*fresh->narrow = *old->narrow; /* and their rate is the same */
		if (fresh->opus && s->doze.kept)
			memcpy(fresh->opus->kept, s->doze.kept, sizeof(fresh->opus->kept));
		s->doze.kept = fresh->opus ? fresh->opus->kept : NULL;
		return;
	}
	s->rx_at = 0;
	s->rx_clock_hz = kit_clock_hz(fresh, 0);
	s->rx_n = s->rx_used = s->hollow_n = 0;
	s->packet_samples = (uint16_t)frame_samples(fresh->rx_rate);
	s->in_cn = false;
	s->made_up = UINT16_MAX;
	s->doze = (struct doze){ .kept = fresh->opus ? fresh->opus->kept : NULL };
	jbuf_reset(s->jbuf, s->rx_clock_hz);
	stream_pace_reset(s);
}

/* SSRC, sequence and timestamp go on, whatever the codec's clock is (RFC 7160 section 4): a new
 * clock counts from where the old one stood. */
static void refit_tx(struct stream *s, struct kit *fresh, const struct kit *old)
{
	if (!old || old->tx_rate != fresh->tx_rate)
		limit_init(fresh->limit, fresh->tx_rate);
	else
		limit_copy(fresh->limit, old->limit);
	if (old && codec_format_equal(&old->format.tx, &fresh->format.tx)) {
		memcpy(fresh->tx_pcm, old->tx_pcm, s->tx_n * sizeof(int16_t));
	} else {
		s->tx_n = 0;
		s->marker = true;
	}
	if (fresh->format.event_tx_pt == PT_NONE || (old && old->tx_clock_hz != fresh->tx_clock_hz))
		s->press = (struct keypad_tx){ 0 };
}

void stream_refit(struct stream *s, struct kit **kit, uint64_t now_us)
{
	struct kit *fresh = *kit, *old = s->kit;

	if (s->room)
		room_part(s->room, s);
	if (old) {
		if (kit_inherit(fresh, old))
			s->former_until_us = now_us + LATCH_LINGER_US;
		latch_signal(&s->latch, &fresh->format.rtp, now_us);
	} else {
		latch_init(&s->latch, &fresh->format.rtp, now_us);
		s->watch_from_us = now_us;
	}
	if (!old || !net_addr_equal(&old->format.rtcp, &fresh->format.rtcp))
		s->rtcp_peer = fresh->format.rtcp;
	jbuf_lend(s->jbuf, fresh->opus ? fresh->opus->jbuf : NULL);
	refit_rx(s, fresh, old && s->rx_n <= fresh->rx_cap ? old : NULL);
	refit_tx(s, fresh, old);
	stream_begin_one_way(s);
	quirk_agreed(&s->quirks);
	s->frame = NULL; /* it lay in the old kit */
	s->kit = fresh;
	*kit = old;
}

struct resample *stream_equip(struct stream *s, enum rate_class to, struct resample *owned)
{
	struct resample *old;

	if ((unsigned)to >= RATES)
		return owned;
	old = s->to[to];
	s->to[to] = owned;
	s->to_from[to] = s->kit ? s->kit->rx_rate : to;
	return old;
}

void stream_mute(struct stream *s, bool muted)
{
	s->muted = muted;
}

void stream_deafen(struct stream *s, bool deaf)
{
	s->deaf = deaf;
}

void stream_gain(struct stream *s, int tx_db, int rx_db)
{
	s->tx_gain = gain_of_db(tx_db);
	s->rx_gain = gain_of_db(rx_db);
}

void stream_watch(struct stream *s, uint64_t dead_us)
{
	s->watch_us = dead_us;
	s->watch_from_us = 0; /* counted from the next tick */
	s->said_silent = false;
}

enum mix_err stream_play(
	struct stream *s, const struct cue *const *list, size_t n, bool loop, uint32_t play_id)
{
	return cue_play(&s->cue, list, n, loop, play_id);
}

void stream_stop_cue(struct stream *s)
{
	cue_stop(&s->cue);
}

void stream_listen_for_beep(struct stream *s, bool on)
{
	beep_listen(&s->beep, on);
}

char stream_info_digit(struct stream *s, char digit, uint64_t now_us)
{
	return keypad_info(s->keypad, digit, now_us);
}

enum mix_err stream_press(struct stream *s, char digit, unsigned ms)
{
	enum mix_err err;

	if (!s->kit || s->kit->format.event_tx_pt == PT_NONE)
		return MIX_UNKNOWN;
	err = keypad_press(&s->press, digit, ms, s->kit->tx_clock_hz, s->clock);

	s->presses = s->presses || !err;
	return err;
}

static void count_up(const struct stream_counts *c, struct stream_stats *out)
{
	*out = (struct stream_stats){
		.rx_packets = c->rx_packets,
		.rx_bytes = c->rx_bytes,
		.tx_packets = c->tx_packets,
		.tx_bytes = c->tx_bytes,
		.rx_lost = c->rx_lost,
		.rx_duplicate = c->rx_duplicate,
		.rx_bad = c->rx_bad,
		.rx_refused = c->rx_refused,
		.rx_forged = c->rx_forged,
		.rtcp_rx = c->rtcp_rx,
		.rtcp_tx = c->rtcp_tx,
		.rtcp_bad = c->rtcp_bad,
		.decodes = c->decodes,
		.round_trip_us = c->round_trip_us,
		.far_lost = c->far_lost,
		.far_fraction_lost = c->far_fraction_lost,
		.heard_us = c->heard_us,
		.rx_heard = c->rx_heard,
		.rx_clipped = c->rx_clipped,
	};
}

void stream_stats(const struct stream *s, struct stream_stats *out, uint64_t now_us)
{
	struct jbuf_stats waiting;

	(void)now_us;
	jbuf_stats(s->jbuf, &waiting);
	count_up(&s->stats, out);
	out->rx_lost += s->rx.lost;
	out->rx_late = waiting.late;
	out->rx_duplicate += waiting.duplicate;
	out->rx_reordered = waiting.reordered;
	out->rx_dropped = waiting.dropped + waiting.overflow;
	out->rx_refused += s->latch.refused;
	out->jitter_us = waiting.jitter_us;
	out->delay_ms = waiting.delay_ms + (s->kit && s->kit->hush ? HUSH_MS : 0);
	stream_pace_parts(s, out);
	out->target_ms = waiting.target_ms;
	out->skew_ppb = s->pace.followed_ppb;
	out->cut_ms = (uint32_t)(s->pace.cut_us / 1000);
	out->added_ms = (uint32_t)(s->pace.added_us / 1000);
	out->quirks = s->quirks.found;
	out->concealed_ms = (uint32_t)(s->concealed_us / 1000);
	out->level_dbov = s->talk.smooth_dbov;
	if (s->kit) {
		out->rx_codec = s->kit->format.rx[s->rx_at].codec;
		out->tx_codec = s->kit->format.tx.id;
		out->srtp = s->kit->format.tx_key.suite;
		if (s->kit->rx_seal)
			out->rx_seal = seal_state(s->kit->rx_seal);
		if (s->kit->ice)
			out->ice = ice_counts(s->kit->ice);
	}
	stream_judge(s, out);
}
