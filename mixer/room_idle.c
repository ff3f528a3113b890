/* room_idle.c - a room of one leg that nobody hears and that hears nobody. */
#include "mixer/room_priv.h"

#include <assert.h>

/* What it is sent from now on is known without an encoder. */
static bool is_told_nothing(const struct room *r, const struct stream *s)
{
	const struct codec_format *tx = &s->kit->format.tx;

	if (cue_playing(&s->cue) || s->presses)
		return false;
	if (!stream_sends(s))
		return true;
	return s->group != NO_GROUP && r->quiet[s->kit->tx_rate] >= ROOM_QUIET_TICKS &&
	       (stream_takes_comfort(s) || (codec_silence(tx->id) >= 0 && tx->ptime_ms == FRAME_MS));
}

bool room_is_idle(const struct room *r)
{
	const struct stream *s = r->first;

	if (r->n_streams != 1 || r->exchange || r->config.isolated || cue_playing(&r->chime))
		return false;
	return s->kit && !s->fresh && !s->skip && !s->talk.talking && r->mine.n == 0 &&
	       r->mine.n_leaving == 0 && !stream_minds_echo(s) && is_told_nothing(r, s);
}

struct stream *room_only(const struct room *r)
{
	assert(r->n_streams == 1);
	return r->first;
}

unsigned room_rest(struct room *r, const struct media_out *out)
{
	struct stream *s = room_only(r);
	unsigned more = 0;

	if (!stream_sends(s)) {
		stream_idle(s);
		more = ROOM_OVERHEAR_TICKS;
	} else if (stream_takes_comfort(s)) {
		stream_send_comfort(s, r->noise_dbov, out);
		more = s->cn_wait;
	} else {
		stream_send_silence(s, out);
		r->stats.encodes_shared++;
	}
	stream_advance(s, 1);
	r->stats.n_mixed = 0;
	r->stats.ticks++;
	return more;
}

void room_rested(struct room *r, unsigned ticks)
{
	struct stream *s = room_only(r);

	s->cn_wait = (uint8_t)(s->cn_wait > ticks ? s->cn_wait - ticks : 0);
	stream_advance(s, ticks);
	r->stats.ticks += ticks;
}

void room_overhear(
	struct room *r, uint64_t then_us, uint64_t now_us, uint64_t ntp, const struct media_out *out)
{
	room_listen(r, then_us, out);
	stream_upkeep(room_only(r), now_us, ntp, out);
}
