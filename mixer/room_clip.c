/* room_clip.c - a leg that hears a prompt and nothing else is sent it as it was encoded before (clip.h).
 *
 *                 a cue begins, nothing else is heard, it has a clip
 *   own or shared encoder --------------------------------------------> clip, frame by frame
 *                         <--------------------------------------------
 *     the mix sounds, loss is told, the cue is cut off or at its end, a key of ours took its place
 *
 * A clip is entered at its first frame only, which leans on nothing before it.  On the way back the leg's own encoder knows nothing
 * of what the far decoder has heard, so it is given the few frames before: their packets are thrown away, and the
 * first that is sent leans on them as little as it can.
 */
#include "mixer/room_priv.h"

/* Frames: what an Opus frame overlaps with and its pitch; until the steps of G.722 are as large as the sound wants them. */
enum { RUN_UP_OPUS = 2, RUN_UP_G722 = 8 };

/* FEC is made for each loss anew. */
static bool wants_fec(const struct stream *s)
{
	return s->kit->format.tx.fec && s->far_percent >= CODEC_FEC_PERCENT;
}

static bool hears_nothing_else(const struct room *r, const struct stream *s)
{
	return r->config.isolated || (s->deaf && s->tx_gain_now == 0) ||
	       r->quiet[s->kit->tx_rate] >= ROOM_QUIET_TICKS;
}

bool room_send_clip(struct room *r, struct stream *s, const struct room_cue *cue, const struct media_out *out)
{
	const struct cue_spot *at = &cue->spot;
	const struct clip *c;

	if (!at->cue || !hears_nothing_else(r, s) || wants_fec(s))
		return false;
	c = clip_of(at->cue, &s->kit->format.tx);
	if (!c || (at->frame > 0 && (s->clip != c || s->clip_at + 1 != at->frame)))
		return false;
	r->stats.encodes_shared += stream_send_clip(s, c, at->frame, out);
	if (stream_minds_echo(s))
		stream_sent_level(s, level_dbov(cue->pcm, frame_samples(s->kit->tx_rate)));
	s->clip = c;
	s->clip_at = at->frame;
	return true;
}

void room_take_over(struct room *r, struct stream *s, const struct cue_spot *at)
{
	static const struct ramp as_it_is = { GAIN_UNITY, GAIN_UNITY };
	const enum rate_class rate = s->kit->tx_rate;
	const uint32_t run_up = s->kit->format.tx.id == CODEC_G722 ? RUN_UP_G722 : RUN_UP_OPUS;
	const uint32_t to = at->cue ? at->frame : 0;

	s->clip = NULL;
	encoder_restart(s->kit->encoder);
	limit_init(s->kit->limit, rate);
	for (uint32_t frame = to > run_up ? to - run_up : 0; frame < to; frame++) {
		int32_t sum[FRAME_MAX] = { 0 };
		int16_t pcm[FRAME_MAX];
		struct payloads thrown_away;

		mix_add(sum, NULL, cue_sound(at->cue, rate, frame), frame_samples(rate), as_it_is);
		limit_frame(s->kit->limit, rate, sum, pcm);
		stream_make(s, pcm, &thrown_away);
		r->stats.encodes += thrown_away.encodes;
	}
	encoder_cut(s->kit->encoder);
}
