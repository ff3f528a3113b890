#include "mixer/source.h"

enum {
	BELOW_RUN = 4,
	FORMER_RUN = 3,
	MEMORY = 64 /* bits of `seen` */
};

static enum source_verdict begin(struct source *s, uint32_t ssrc, uint16_t seq)
{
	if (s->started && ssrc != s->ssrc) {
		s->former = s->ssrc;
		s->has_former = true;
	}
	s->started = true;
	s->ssrc = ssrc;
	s->max_seq = seq;
	s->seen = 1;
	s->has_expected = false;
	s->below_run = s->former_run = 0;
	return SOURCE_BEGINS;
}

/* Does this number go on where the last one out of place left off? */
static bool confirms(struct source *s, uint16_t seq)
{
	bool so = s->has_expected && seq == s->expected;

	s->expected = (uint16_t)(seq + 1);
	s->has_expected = true;
	return so;
}

static bool restarts_below(struct source *s, uint16_t seq, int64_t arrival_ms)
{
	if (!confirms(s, seq) || s->below_run == 0) {
		s->below_run = 0;
		s->below_since_ms = arrival_ms;
	}
	if (s->below_run < BELOW_RUN)
		s->below_run++;
	return s->below_run >= BELOW_RUN && arrival_ms - s->below_since_ms >= SOURCE_BELOW_MS;
}

enum source_verdict source_judge(struct source *s, uint32_t ssrc, uint16_t seq, int64_t arrival_ms)
{
	int ahead = (int16_t)(seq - s->max_seq);
	bool seen = false;

	if (!s->started)
		return begin(s, ssrc, seq);
	if (ssrc != s->ssrc) {
		if (s->has_former && ssrc == s->former && ++s->former_run < FORMER_RUN)
			return SOURCE_STRAY;
		return begin(s, ssrc, seq);
	}
	s->former_run = 0;
	if (ahead > SOURCE_DROPOUT || ahead < -SOURCE_MISORDER)
		return confirms(s, seq) ? begin(s, ssrc, seq) : SOURCE_STRAY;
	if (ahead > 0) {
		s->seen = ahead < MEMORY ? s->seen << ahead | 1 : 1;
		s->max_seq = seq;
		s->has_expected = false;
		s->below_run = 0;
		return SOURCE_NEXT;
	}
	if (ahead > -MEMORY) {
		seen = s->seen >> -ahead & 1;
		s->seen |= (uint64_t)1 << -ahead;
	}
	if (restarts_below(s, seq, arrival_ms))
		return begin(s, ssrc, seq);
	return seen ? SOURCE_DUPLICATE : SOURCE_OLDER;
}
