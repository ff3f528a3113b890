/* stream_pace.c - how fast a stream uses up what it receives, so that playout stays where the path needs it.
 *
 * Three means, from the gentlest to the quickest:
 *   warp    the far clock's rate, and up to GENTLE_PPB to gain or lose delay: not heard at all
 *   splice  a pitch period out or in, anything in a pause: tens of milliseconds within a second
 *   jbuf.c  a new talk burst begins at the due delay; what still is too much after 10 s is cut
 * Where playout should be: a packet must come `due` before it is taken.  A frame is taken as a whole, so that, as clocks
 * drift, the same delay means a wait of anything from delay less a frame to delay: a drifting sender needs a
 * frame more.  One that does not drift may stay below that, as long as its packets come in time; then what is held over from tick to
 * tick, and whole frames, as a late packet leaves behind, are delay for nothing and are taken back: at once, or later
 * where packets are late again and again.
 */
#include "mixer/stream_priv.h"

#include "mixer/stretch.h"
#include <stdlib.h>
#include <string.h>

enum {
	LOOK_EVERY = 8,   /* ticks */
	LOOK_SPLICED = 3, /* after a splice: packets were taken that tell where playout is now */
	GENTLE_PPB = 600000,
	FOLLOW_STEP_PPB = 1000,
	SPARE_MS = 6,       /* more than tight is left when a whole frame is taken back */
	SAME_MISS = 10,     /* ticks: of one late packet */
	CALM_TICKS = 25,    /* doubled with each miss: so long what was gained stays */
	AGAIN_TICKS = 1000, /* a miss that comes sooner after another is counted with it */
	MISSES_MAX = 5,
	HEADROOM_MS = 5, /* delay above need that is left alone; and a quarter of what jitter needs */
	REST_QUIET = 4,  /* ticks between splices in a pause */
	REST_SOUND = 8,  /* and in sound */
	REST_FAILED = 2,
	ALIKE_CUT = 80,
	ALIKE_CUT_LEAST = 50, /* percent; it is lowered with each splice that was not found */
	ALIKE_ADD = 70,
	ALIKE_ADD_LEAST = 0, /* to run out of sound would be worse */
	ALIKE_STEP = 5,
	BLAME_TICKS = 50,
	BLAME_MAX = 6,
	FORGIVE_TICKS = 1500
};

void stream_pace_reset(struct stream *s)
{
	s->pace = (struct pace){ .since_cut = UINT16_MAX, .since_miss = UINT16_MAX };
	if (s->kit)
		memset(s->kit->rx_pcm - WARP_PAST, 0, WARP_PAST * sizeof(int16_t));
}

static int32_t samples_of(const struct stream *s, int32_t units)
{
	return units * (int32_t)(rate_hz(kit_rate(s->kit, s->rx_at)) / 1000) /
	       (int32_t)(kit_clock_hz(s->kit, s->rx_at) / 1000);
}

static int32_t bounded(int32_t ppb)
{
	return ppb > WARP_MAX_PPB ? WARP_MAX_PPB : ppb < -WARP_MAX_PPB ? -WARP_MAX_PPB : ppb;
}

static void follow_skew(struct stream *s, uint64_t now_us)
{
	struct pace *p = &s->pace;
	int32_t ppb = skew_ppb(&p->skew);

	if (p->follows &&
		(ppb == p->followed_ppb || (ppb != 0 && abs(ppb - p->followed_ppb) < FOLLOW_STEP_PPB)))
		return;
	jbuf_follow(s->jbuf, ppb, now_us);
	p->followed_ppb = ppb;
	p->follows = true;
}

/* What a packet must have waited when it is taken; of a slow sender the fastest one may have been seen a second
 * before its rate was known. */
static int32_t least_slack(const struct stream *s, const struct jbuf_balance *b, int32_t ms)
{
	return b->due + (s->pace.followed_ppb < 0 ? ms * -s->pace.followed_ppb / 1000000 : 0);
}

bool stream_pace_spare_us(const struct stream *s, int32_t *us, int32_t *wait_us)
{
	struct jbuf_balance b;
	int32_t ms;

	if (!s->kit || !s->kit->format.receive || !jbuf_balance(s->jbuf, &b))
		return false;
	ms = (int32_t)kit_clock_hz(s->kit, s->rx_at) / 1000;
	*wait_us = (int32_t)((int64_t)b.slack * 1000 / ms);
	*us = (int32_t)((int64_t)(b.slack - least_slack(s, &b, ms)) * 1000 / ms);
	return true;
}

static uint32_t us_of(int32_t units, int32_t ms)
{
	return units > 0 ? (uint32_t)((int64_t)units * 1000 / ms) : 0;
}

void stream_pace_parts(const struct stream *s, struct stream_stats *out)
{
	struct jbuf_balance b;
	int32_t ms;

	if (!s->kit || !jbuf_balance(s->jbuf, &b))
		return;
	ms = (int32_t)kit_clock_hz(s->kit, s->rx_at) / 1000;
	out->wait_us = us_of(b.slack, ms);
	out->held_us = us_of(b.lag - b.slack, ms);
	out->due_us = us_of(b.due, ms);
}

/* Who missed a packet not long ago may do so again: the more often it was, the longer the delay that it gave stays. */
static bool is_calm(const struct pace *p)
{
	return p->misses == 0 || p->since_miss >= CALM_TICKS << p->misses;
}

static void note_miss(struct pace *p)
{
	if (p->since_miss > SAME_MISS && p->since_miss < AGAIN_TICKS && p->misses < MISSES_MAX)
		p->misses++;
	p->since_miss = 0;
}

/* A frame is a packet, and clocks do not drift: sound held over serves nobody, and packets wait as long in each tick. */
static bool stands_still(const struct stream *s, const struct jbuf_balance *b, int32_t ms)
{
	return s->pace.followed_ppb == 0 && b->packet == FRAME_MS * ms;
}

/* What is held over, and whole frames: the tick before would do as well. */
static int32_t needless(const struct jbuf_balance *b, int32_t tight, int32_t ms)
{
	const int32_t frames = (b->slack - tight - SPARE_MS * ms) / (FRAME_MS * ms);

	return b->lag - b->slack + (frames > 0 ? frames * FRAME_MS * ms : 0);
}

void stream_pace_look(struct stream *s, uint64_t now_us)
{
	struct pace *p = &s->pace;
	const int32_t ms = (int32_t)kit_clock_hz(s->kit, s->rx_at) / 1000;
	struct jbuf_balance b;
	int32_t low, high, tight;

	p->rest = p->rest > 0 ? (uint8_t)(p->rest - 1) : 0;
	p->since_miss = p->since_miss < UINT16_MAX ? (uint16_t)(p->since_miss + 1) : UINT16_MAX;
	if (p->since_miss > FORGIVE_TICKS)
		p->misses = 0;
	p->since_cut = p->since_cut < UINT16_MAX ? (uint16_t)(p->since_cut + 1) : UINT16_MAX;
	if (p->look > 0) {
		p->look--;
		return;
	}
	p->look = LOOK_EVERY - 1;
	if (p->since_cut > FORGIVE_TICKS)
		p->blamed = 0;
	follow_skew(s, now_us);
	p->ppb = p->followed_ppb;
	p->surplus = p->lack = 0;
	if (!jbuf_balance(s->jbuf, &b))
		return;
	low = b.due + FRAME_MS * ms;
	high = low + HEADROOM_MS * ms + b.due / 4;
	if (high > JBUF_MAX_MS * ms)
		high = JBUF_MAX_MS * ms;
	tight = least_slack(s, &b, ms);
	if (b.slack < tight && b.lag < low) {
		int32_t lack = tight - b.slack > b.edge ? tight - b.slack : b.edge;

		p->lack = samples_of(s, lack);
		note_miss(p);
	} else if (stands_still(s, &b, ms) && b.slack >= tight && is_calm(p)) {
		p->surplus = samples_of(s, needless(&b, tight, ms));
	} else if (b.lag > high) {
		p->surplus = samples_of(s, b.lag - high);
		p->ppb = bounded(p->followed_ppb + GENTLE_PPB);
	}
	/* Not faster than sound is played, or a packet would be needed a tick earlier before there is a frame more. */
	if (p->followed_ppb != 0 && b.lag < low)
		p->ppb = p->followed_ppb < GENTLE_PPB ? bounded(p->followed_ppb - GENTLE_PPB) : 0;
}

size_t stream_pace_need(const struct stream *s)
{
	return warp_need(&s->pace.warp, frame_samples(kit_rate(s->kit, s->rx_at)), s->pace.ppb);
}

static size_t of_us(const struct stream *s, unsigned us)
{
	return (size_t)rate_hz(kit_rate(s->kit, s->rx_at)) / 1000 * us / 1000;
}

size_t stream_pace_ahead(const struct stream *s)
{
	const struct pace *p = &s->pace;

	if (p->rest > 0 || s->frame_made_up || p->surplus < (int32_t)of_us(s, STRETCH_LAG_MIN_US))
		return 0;
	return of_us(s, STRETCH_LAG_MAX_US);
}

static unsigned alike(const struct pace *p, bool quiet, unsigned first, unsigned least)
{
	unsigned less = p->failed * ALIKE_STEP;

	return quiet ? 0 : first > least + less ? first - less : least;
}

static void spliced(struct pace *p, size_t samples, bool quiet)
{
	if (samples == 0) {
		p->failed = p->failed < UINT8_MAX ? (uint8_t)(p->failed + 1) : UINT8_MAX;
		p->rest = REST_FAILED;
		return;
	}
	p->failed = 0;
	p->rest = quiet ? REST_QUIET : REST_SOUND;
	p->look = LOOK_SPLICED;
}

void stream_pace_splice(struct stream *s, bool quiet)
{
	struct pace *p = &s->pace;
	enum rate_class rate = kit_rate(s->kit, s->rx_at);
	size_t need = stream_pace_need(s), most, done;
	size_t least = of_us(s, STRETCH_LAG_MIN_US), longest = of_us(s, STRETCH_LAG_MAX_US);
	unsigned ms_samples = rate_hz(rate) / 1000;

	if (p->rest > 0 || s->frame_made_up)
		return;
	if (p->surplus >= (int32_t)least && s->rx_n > need) {
		most = s->rx_n - need < (size_t)p->surplus ? s->rx_n - need : (size_t)p->surplus;
		done = stretch_cut(
			s->kit->rx_pcm, s->rx_n, most, rate, alike(p, quiet, ALIKE_CUT, ALIKE_CUT_LEAST));
		s->rx_n = (uint16_t)(s->rx_n - done);
		p->surplus -= (int32_t)done;
		p->cut_us += (uint64_t)done * 1000 / ms_samples;
		spliced(p, done, quiet);
		if (done) {
			p->rest = (uint8_t)(p->rest << p->blamed > UINT8_MAX ? UINT8_MAX
									     : p->rest << p->blamed);
			p->since_cut = 0;
		}
	} else if (p->lack > 0) {
		/* not more than is wanted, unless no period is so short */
		most = (size_t)p->lack < longest && p->failed == 0 ? (size_t)p->lack : longest;
		most = most > least ? most : least;
		most = most < s->kit->rx_cap - s->rx_n ? most : s->kit->rx_cap - s->rx_n;
		done = stretch_add(
			s->kit->rx_pcm, s->rx_n, most, rate, alike(p, quiet, ALIKE_ADD, ALIKE_ADD_LEAST));
		s->rx_n = (uint16_t)(s->rx_n + done);
		p->lack -= (int32_t)done;
		p->added_us += (uint64_t)done * 1000 / ms_samples;
		spliced(p, done, quiet);
	}
}

const int16_t *stream_pace_frame(struct stream *s, bool quiet)
{
	struct pace *p = &s->pace;
	size_t n = frame_samples(kit_rate(s->kit, s->rx_at));

	s->rx_used = (uint16_t)stream_pace_need(s);
	if (warp_idle(&p->warp, p->ppb))
		return s->kit->rx_pcm - WARP_DELAY;
	if (quiet) {
		warp_pass(&p->warp, n, p->ppb);
		if (p->ppb == 0)
			p->warp.at = 0;
		return s->kit->rx_pcm - WARP_DELAY;
	}
	warp_frame(&p->warp, s->kit->rx_pcm, s->kit->warped, n, p->ppb);
	return s->kit->warped;
}

/* Where timestamps are wrong, so is what they say about delay: who cuts and then misses a packet cuts less. */
void stream_pace_starved(struct stream *s)
{
	struct pace *p = &s->pace;

	note_miss(p);
	if (p->since_cut >= BLAME_TICKS)
		return;
	p->since_cut = BLAME_TICKS;
	p->blamed = p->blamed < BLAME_MAX ? (uint8_t)(p->blamed + 1) : BLAME_MAX;
}
