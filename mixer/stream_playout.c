/* stream_playout.c - from packets to sound: takes from the jitter buffer what is due and decodes it, or makes it up. */
#include "mixer/stream_priv.h"

#include <string.h>

enum {
	TAKES_MAX = 24, /* packets looked at in one tick: events of no length among them */
	CONCEAL_MS = 60 /* what is made up for packets that are late; then silence */
};

static uint32_t units_of(const struct stream *s, size_t samples)
{
	return (uint32_t)(samples * kit_clock_hz(s->kit, s->rx_at) / rate_hz(kit_rate(s->kit, s->rx_at)));
}

static size_t samples_of(const struct stream *s, uint32_t units)
{
	return (size_t)units * (rate_hz(kit_rate(s->kit, s->rx_at)) / 1000) /
	       (kit_clock_hz(s->kit, s->rx_at) / 1000);
}

static size_t rx_space(const struct stream *s)
{
	return s->kit->rx_cap - s->rx_n;
}

/* Opus packets of a leg that nobody hears and whose keys come as events are measured, not decoded. */
bool stream_may_skip(const struct stream *s, bool wanted)
{
	return (!wanted || s->muted) && !s->beep.on && s->kit->format.rx[s->rx_at].codec == CODEC_OPUS &&
	       (s->kit->format.event_rx_pt != PT_NONE || s->kit->format.no_tones);
}

/* `n` samples that never came, or not in time. */
static void make_up(struct stream *s, size_t n, const struct jbuf_out *lost, bool skip)
{
	int16_t *pcm = s->kit->rx_pcm + s->rx_n;
	unsigned hz = rate_hz(kit_rate(s->kit, s->rx_at));

	s->frame_made_up = true;
	if (s->kit->format.rx[s->rx_at].codec != CODEC_OPUS) {
		conceal_rate(s->kit->conceal, kit_rate(s->kit, s->rx_at));
		conceal_fill(s->kit->conceal, pcm, n);
	} else if (skip ||
		   decoder_conceal(s->kit->decoder[s->rx_at], lost->next, lost->next_len, pcm, n) != MIX_OK) {
		memset(pcm, 0, n * sizeof(*pcm));
		s->hollow_n = (uint16_t)(s->rx_n + n);
	}
	s->rx_n = (uint16_t)(s->rx_n + n);
	s->concealed_us += (uint64_t)n * 1000000 / hz;
}

/* Opus makes up sound in steps of 2.5 ms. */
static size_t step_of(const struct stream *s)
{
	return s->kit->format.rx[s->rx_at].codec == CODEC_OPUS ? 120 : 1;
}

static void take_lost(struct stream *s, const struct jbuf_out *lost, bool skip)
{
	size_t n = s->packet_samples, gap = samples_of(s, lost->gap);

	if (gap > 0 && gap < n)
		n = gap;
	if (n > rx_space(s))
		n = rx_space(s);
	n -= n % step_of(s);
	if (n > 0)
		make_up(s, n, lost, skip);
	jbuf_played(s->jbuf, n > 0 ? units_of(s, n) : lost->gap);
}

/* What of a packet is decoded now: its first frame, if it is longer; of Opus all. */
static size_t piece_of(const struct stream *s, unsigned at, const struct jbuf_out *in)
{
	const enum codec_id id = s->kit->format.rx[at].codec;
	const size_t most = frame_samples(kit_rate(s->kit, at)),
		     n = decoder_samples(id, in->payload, in->len);

	return id == CODEC_OPUS || n <= most ? in->len : in->len * most / n;
}

static bool decode(struct stream *s, unsigned at, const uint8_t *payload, size_t len, size_t *n)
{
	s->stats.decodes++;
	return decoder_run(s->kit->decoder[at], payload, len, s->kit->rx_pcm + s->rx_n, rx_space(s), n) ==
	       MIX_OK;
}

/* One packet of a leg that sleeps, decoded without those before it: loud enough, in any half of a frame, to be looked at? */
static bool rises(const struct stream *s, size_t n)
{
	const int16_t *pcm = s->kit->rx_pcm + s->rx_n;
	const size_t piece = frame_samples(kit_rate(s->kit, s->rx_at)) / 2;

	for (size_t at = 0; at + piece <= n; at += piece)
		if (!voice_is_far(level_dbov(pcm + at, piece), s->talk.floor_dbov, s->in_crowd))
			return true;
	return n < piece;
}

/* A leg that cannot be heard sleeps through what its encoder calls quiet; when it wakes, its decoder catches up. */
static bool sleeps(struct stream *s, unsigned at, const struct jbuf_out *in, bool skip)
{
	struct doze *d = &s->doze;
	size_t n;

	if (s->kit->format.rx[at].codec != CODEC_OPUS) {
		d->asleep = false;
		return skip;
	}
	if (skip) {
		doze_pass(d, in->payload, in->len);
		return true;
	}
	switch (doze_packet(d, in->payload, in->len, s->may_doze && !s->talk.talking && !s->kit->hush)) {
	case DOZE_DECODE: break;
	case DOZE_SLEEP: return true;
	case DOZE_GLANCE:
		if (decode(s, at, in->payload, in->len, &n) && !rises(s, n)) {
			doze_glanced(d, in->payload, in->len);
			return true;
		}
		/* fall through */
	case DOZE_WAKE:
		for (unsigned i = 0; i < d->n_kept; i++)
			(void)decode(s, at, d->kept[i].bytes, d->kept[i].len, &n);
		doze_woken(d);
		break;
	}
	return false;
}

static void take_sound(struct stream *s, unsigned at, const struct jbuf_out *in, bool skip)
{
	struct kit *k = s->kit;
	enum codec_id id = k->format.rx[at].codec;
	const size_t piece = piece_of(s, at, in);
	int16_t *pcm;
	size_t n = 0, more = 0;

	if (at != s->rx_at) { /* what is left of the old codec's last packet may be at another rate */
		if (kit_rate(k, at) != kit_rate(k, s->rx_at)) {
			s->rx_n = s->rx_used = s->hollow_n = 0;
			stream_pace_reset(s);
		}
		s->rx_at = (uint8_t)at;
	}
	pcm = k->rx_pcm + s->rx_n;
	s->in_cn = false;
	s->made_up = 0;
	if (sleeps(s, at, in, skip)) {
		n = decoder_samples(id, in->payload, in->len);
		if (n > rx_space(s))
			n = 0;
		memset(pcm, 0, n * sizeof(*pcm));
		s->hollow_n = (uint16_t)(s->rx_n + n);
	} else {
		if (!decode(s, at, in->payload, piece, &n)) {
			n = 0;
		} else if (id != CODEC_OPUS) {
			conceal_rate(k->conceal, kit_rate(k, at));
			if (in->late)
				more = conceal_meet(k->conceal, pcm, n, rx_space(s) - n);
			else
				conceal_good(k->conceal, pcm, n);
		}
	}
	if (n > 0) {
		s->packet_samples = (uint16_t)n;
		s->rx_n = (uint16_t)(s->rx_n + n + more);
		s->concealed_us += (uint64_t)more * 1000000 / rate_hz(kit_rate(k, at));
		if (piece < in->len)
			jbuf_keep_rest(s->jbuf, piece, units_of(s, n),
				units_of(s, decoder_samples(id, in->payload, in->len)));
		else
			jbuf_played(s->jbuf, units_of(s, n));
	} else {
		s->stats.rx_bad++;
		take_lost(s, &(struct jbuf_out){ .gap = 0 }, skip);
	}
}

static void take_packet(struct stream *s, const struct jbuf_out *in, bool skip)
{
	int at = in->len > 0 ? kit_codec_of_pt(s->kit, in->payload_type) : -1;

	if (at >= 0) {
		take_sound(s, (unsigned)at, in, skip);
		return;
	}
	if (in->len > 0 && kit_is_comfort(s->kit, in->payload_type)) { /* RFC 3389 section 3 */
		s->in_cn = true;
		comfort_read(&s->comfort, in->payload, in->len);
	}
	jbuf_played(s->jbuf, 0); /* an event, a keep-alive, a codec that was agreed on before */
}

static void make_noise(struct stream *s, size_t n)
{
	comfort_fill(&s->comfort, s->kit->rx_pcm + s->rx_n, n);
	s->rx_n = (uint16_t)(s->rx_n + n);
}

/* Nothing came for the rest of this frame.  The packet may be late: its sound is made up for a while.  After that, or
 * when the far end said that it falls silent, noise or silence. */
static void take_nothing(struct stream *s, size_t n, bool skip, uint64_t now_us)
{
	const struct jbuf_out alone = { .gap = 0 };
	size_t most = rate_hz(kit_rate(s->kit, s->rx_at)) / 1000 * CONCEAL_MS;
	size_t missing = n - s->rx_n, steps = (missing + step_of(s) - 1) / step_of(s) * step_of(s);

	stream_pace_starved(s);

	if (s->in_cn && s->comfort.dbov < COMFORT_LEAST_DBOV) {
		make_noise(s, missing);
		return;
	}
	if (!s->in_cn && s->made_up < most && steps <= rx_space(s) && !skip &&
		!keypad_busy(s->keypad, now_us)) {
		make_up(s, steps, &alone, skip);
		s->made_up = (uint16_t)(s->made_up + steps);
	}
	if (s->rx_n > 0 && s->rx_n < n) {
		memset(s->kit->rx_pcm + s->rx_n, 0, (n - s->rx_n) * sizeof(int16_t));
		s->rx_n = s->hollow_n = (uint16_t)n;
	}
}

/* Decodes until the samples of a frame are there or nothing is due. */
void stream_playout_fill(struct stream *s, bool wanted, uint64_t now_us)
{
	for (unsigned i = 0; i < TAKES_MAX; i++) {
		bool skip = stream_may_skip(s, wanted);
		size_t need = stream_pace_need(s); /* a packet may change the rate */
		struct jbuf_out got;

		if (s->rx_n >= need)
			return;
		switch (jbuf_take(s->jbuf, &got, units_of(s, s->rx_n), now_us)) {
		case JBUF_PACKET:
			if (!got.rest)
				stream_count_due(s);
			take_packet(s, &got, skip);
			break;
		case JBUF_LOST: take_lost(s, &got, skip || s->doze.asleep); break;
		case JBUF_EMPTY: take_nothing(s, need, skip || s->doze.asleep, now_us); return;
		}
	}
}

/* To cut sound, some of the next packet must be at hand: it is, when there is delay to take back. */
void stream_playout_ahead(struct stream *s, bool wanted, uint64_t now_us)
{
	size_t want = stream_pace_ahead(s), room = (size_t)s->packet_samples * 2;
	struct jbuf_out got;

	if (want == 0 || s->rx_n >= stream_pace_need(s) + want || rx_space(s) < room ||
		!jbuf_has_next(s->jbuf))
		return;
	if (jbuf_take(s->jbuf, &got, units_of(s, s->rx_n), now_us) == JBUF_PACKET) {
		if (!got.rest)
			stream_count_due(s);
		take_packet(s, &got, stream_may_skip(s, wanted));
	}
}

/* What the last tick handed out is done with, but for a little that the warp filter looks back at. */
void stream_playout_begin(struct stream *s)
{
	if (s->rx_used > 0)
		memmove(s->kit->rx_pcm - WARP_PAST, s->kit->rx_pcm + s->rx_used - WARP_PAST,
			(size_t)(WARP_PAST + s->rx_n - s->rx_used) * sizeof(int16_t));
	s->rx_n = (uint16_t)(s->rx_n - s->rx_used);
	s->hollow_n = (uint16_t)(s->hollow_n > s->rx_used ? s->hollow_n - s->rx_used : 0);
	s->rx_used = 0;
}
