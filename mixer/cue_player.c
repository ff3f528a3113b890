/* cue_player.c - plays a list of cues, one frame a tick.
 */
#include "mixer/cue.h"

#include "mixer/cue_priv.h"

#include <string.h>

enum mix_err cue_play(
	struct cue_player *p, const struct cue *const *list, size_t n, bool loop, uint32_t play_id)
{
	if (n == 0 || n > CUE_LIST_MAX)
		return MIX_RANGE;
	memcpy(p->list, list, n * sizeof(*list));
	p->n = (uint8_t)n;
	p->at = 0;
	p->pos_ms = 0;
	p->loop = loop;
	p->play_id = play_id;
	return MIX_OK;
}

void cue_stop(struct cue_player *p)
{
	memset(p, 0, sizeof(*p)); /* and no name of a cue is left behind */
}

bool cue_playing(const struct cue_player *p)
{
	return p->at < p->n;
}

struct cue_spot cue_spot(const struct cue_player *p)
{
	return cue_playing(p) ? (struct cue_spot){ p->list[p->at], p->pos_ms / FRAME_MS }
			      : (struct cue_spot){ NULL, 0 };
}

bool cue_frame(struct cue_player *p, enum rate_class rate, int16_t *out, uint32_t *ended)
{
	size_t samples = frame_samples(rate);

	*ended = 0;
	if (!cue_playing(p)) {
		memset(out, 0, samples * sizeof(*out));
		return false;
	}
	const struct cue *c = p->list[p->at];
	memcpy(out, cue_sound(c, rate, p->pos_ms / FRAME_MS), samples * sizeof(*out));
	p->pos_ms += FRAME_MS;
	if (p->pos_ms < cue_ms(c))
		return true;
	p->pos_ms = 0;
	p->at++;
	if (p->at < p->n)
		return true;
	if (p->loop) {
		p->at = 0;
		return true;
	}
	*ended = p->play_id;
	cue_stop(p);
	return true;
}
