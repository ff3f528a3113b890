#include "mixer/room_priv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SHARES = ROOM_TALKERS_MAX + CHOOSE_LEAVING, LOSS_TICKS = 50 };

/* One tick, on the stack: nothing in it outlives the tick. */
struct tick {
	const struct media_out *out;
	uint64_t now_us, ntp;
	unsigned rates; /* heard: bit 1 << rate */
	unsigned n_shares, n_mixed;
	unsigned n_loud;     /* streams with sound that is no line noise, in all parts */
	uint8_t dbov[RATES]; /* of heard[], once somebody asked */
	bool has_dbov[RATES];
	const struct chooser *all; /* who is mixed */
	bool sounds[RATES];        /* the class has something to hear, or its limiter still holds some */
	int32_t sum[RATES][FRAME_MAX];
	int16_t heard[RATES][FRAME_MAX]; /* by listeners who are not in the mix */
	int32_t share[SHARES][FRAME_MAX];
	struct payloads made[ROOM_GROUPS];
};

enum mix_err room_alloc(struct room **out, const struct room_config *config)
{
	struct room *r;

	if (config->mixed_talkers < 1 || config->mixed_talkers > ROOM_TALKERS_MAX)
		return MIX_RANGE;
	r = calloc(1, sizeof(*r));
	if (!r)
		return MIX_NOMEM;
	r->config = *config;
	r->noise_dbov = LEVEL_SILENCE;
	r->limit[RATE_8K] = calloc(1, limit_size(RATE_8K));
	if (!r->limit[RATE_8K]) {
		free(r);
		return MIX_NOMEM;
	}
	limit_init(r->limit[RATE_8K], RATE_8K);
	*out = r;
	return MIX_OK;
}

struct room *room_free(struct room *r)
{
	if (!r)
		return NULL;
	assert(!r->first);
	free(r->limit[RATE_8K]);
	free(r);
	return NULL;
}

void room_add(struct room *r, struct stream *s)
{
	assert(!s->room);
	s->room = r;
	s->prev = NULL;
	s->next = r->first;
	if (r->first)
		r->first->prev = s;
	r->first = s;
	r->n_streams++;
	s->group = NO_GROUP;
	s->fresh = s->skip = true; /* until it has been heard here */
	s->share = NO_SHARE;
	s->in_mix = s->was_in_mix = false;
	s->wait_ticks = s->stats.tx_packets ? 0 : ROOM_REJOIN_TICKS;
	s->voice = (struct voice){ 0 };
}

void room_remove(struct room *r, struct stream *s)
{
	assert(s->room == r);
	room_part(r, s);
	room_forget(r, s);
	if (s->prev)
		s->prev->next = s->next;
	else
		r->first = s->next;
	if (s->next)
		s->next->prev = s->prev;
	s->prev = s->next = NULL;
	s->room = NULL;
	s->frame = NULL;
	r->n_streams--;
}

bool room_empty(const struct room *r)
{
	return r->first == NULL;
}

unsigned room_rates(const struct room *r)
{
	unsigned rates = 0;

	for (const struct stream *s = r->first; s; s = s->next)
		if (s->kit)
			rates |= 1u << s->kit->tx_rate;
	return rates;
}

enum mix_err room_play(struct room *r, const struct cue *const *list, size_t n)
{
	return cue_play(&r->chime, list, n, false, 0);
}

void room_each(struct room *r, void (*visit)(void *arg, struct stream *s), void *arg)
{
	for (struct stream *s = r->first; s; s = s->next) {
		if (s->next && s->next->next)
			stream_warm_head(s->next->next);
		if (s->next)
			stream_warm_parts(s->next);
		visit(arg, s);
	}
}

void room_skip(struct room *r, unsigned frames)
{
	for (struct stream *s = r->first; s; s = s->next) {
		stream_advance(s, frames);
		s->marker = true;
	}
}

bool room_spare(const struct room *r, uint64_t spoke_us, uint64_t now_us, struct room_spare *out)
{
	bool known = false;
	int32_t us, wait_us;

	for (const struct stream *s = r->first; s; s = s->next) {
		if (s->spoke_us == 0 || now_us - s->spoke_us > spoke_us ||
			!stream_pace_spare_us(s, &us, &wait_us))
			continue;
		out->least_us = known && out->least_us < us ? out->least_us : us;
		out->wait_us = known && out->wait_us < wait_us ? out->wait_us : wait_us;
		out->most_us = known && out->most_us > us ? out->most_us : us;
		out->concealed_us = (known ? out->concealed_us : 0) + s->concealed_us;
		known = true;
	}
	return known;
}

void room_shift(struct room *r)
{
	for (struct stream *s = r->first; s; s = s->next)
		s->fresh = true;
}

/* ---- who is heard ---- */

/* What s says for itself; `rise` follows when the loudest few are known. */
static void bid(struct room *r, struct stream *s, bool candidate)
{
	const struct bid what = { .owner = s,
		.rank = voice_rank(&s->voice),
		.waited = s->voice.waited,
		.key = s->ssrc,
		.fades_from = s->was_in_mix && s->frame ? s->rx_gain_now : 0,
		.candidate = candidate,
		.sounds = s->frame != NULL,
		.rate = (uint8_t)(s->frame ? s->kit->rx_rate : RATE_8K),
		.part = (uint8_t)r->part };

	if (candidate || what.fades_from != 0)
		chooser_bid(&r->mine, &what);
}

/* One frame of every stream that may be heard, and who of them would be mixed. */
static void listen(struct room *r, uint64_t now_us, const struct media_out *out)
{
	bool crowded = room_size(r) > r->config.mixed_talkers;

	chooser_begin(&r->mine, r->config.mixed_talkers);
	r->n_loud = 0;
	for (struct stream *s = r->first; s; s = s->next) {
		bool candidate;

		s->skip = s->fresh && now_us - s->tick_us < FRAME_US / 2;
		s->fresh = false;
		s->was_in_mix = s->in_mix;
		s->in_mix = false;
		s->share = NO_SHARE;
		if (s->skip)
			continue;
		s->in_crowd = crowded;
		stream_take(s, now_us, !r->config.isolated, out);
		r->n_loud += s->dbov <= CHOOSE_CROWD_DBOV;
		candidate =
			!r->config.isolated && voice_hear(&s->voice, s->dbov, s->talk.floor_dbov, crowded);
		if (candidate && s->frame)
			stream_judge_frame(s, out);
		s->may_doze = !candidate && (crowded || s->doze.dbov > CHOOSE_GATE_DBOV);
		bid(r, s, candidate);
	}
}

/* A newcomer who has waited for a place is faded in, one who has lost it is faded out; who begins to
 * speak is there at once. */
static void set_gains(struct room *r)
{
	for (unsigned i = 0; i < r->mine.n; i++) {
		const struct stream *s = r->mine.best[i].owner;
		bool waited = !s->voice.was_chosen && s->voice.waited > 0;
		int32_t gain = stream_given_gain(s), before = s->voice.was_chosen ? s->rx_gain_now : gain;

		r->mine.best[i].rise = (struct ramp){ waited ? 0 : before, gain };
	}
}

void room_listen(struct room *r, uint64_t now_us, const struct media_out *out)
{
	listen(r, now_us, out);
	set_gains(r);
}

/* ---- the mix ---- */

const int16_t *room_frame_at(struct stream *s, enum rate_class rate, int16_t buffer[FRAME_MAX])
{
	enum rate_class own = s->kit->rx_rate;

	if (rate == own)
		return s->frame;
	if (!s->to[rate] || s->to_from[rate] != own) {
		rate_plain(own, s->frame, rate, buffer);
		return buffer;
	}
	if (!s->was_in_mix)
		resample_reset(s->to[rate]);
	resample_frame(s->to[rate], s->frame, buffer);
	return buffer;
}

/* Where the share of a talker of ours is kept; NULL: it is nobody's who listens at this rate. */
static int32_t *new_share(struct tick *t, struct stream *s, enum rate_class rate)
{
	if (!s || rate != s->kit->tx_rate || t->n_shares == SHARES)
		return NULL;
	s->share = (uint8_t)t->n_shares++;
	return t->share[s->share];
}

/* Adds a talker's frame to every rate class that is heard, and keeps what was added to its own. */
static void speak(struct room *r, struct tick *t, const struct bid *bid, struct ramp gain)
{
	struct stream *s = bid->owner;
	int16_t buffer[FRAME_MAX];

	if (s)
		s->rx_gain_now = gain.to;
	if (!bid->sounds)
		return;
	if (s) {
		s->in_mix = true;
		s->spoke_us = t->now_us;
	}
	t->n_mixed++;
	for (unsigned i = 0; i < RATES; i++) {
		enum rate_class rate = (enum rate_class)i;
		const int16_t *pcm;

		if (!(t->rates & 1u << rate))
			continue;
		pcm = r->exchange ? room_offered_frame(r, bid, rate, buffer) : room_frame_at(s, rate, buffer);
		if (!pcm)
			continue;
		mix_add(t->sum[rate], new_share(t, s, rate), pcm, frame_samples(rate), gain);
		t->sounds[rate] = true;
	}
}

/* The loudest noise behind those who speak. */
static void note_noise(struct room *r, const struct chooser *c)
{
	uint8_t noise = UINT8_MAX;

	for (unsigned i = 0; i < c->n; i++) {
		const struct stream *s = c->best[i].owner;

		if (s && s->frame && !s->frame_made_up && s->talk.floor_dbov < noise)
			noise = s->talk.floor_dbov;
	}
	if (noise != UINT8_MAX)
		r->noise_dbov = noise;
}

static void mix(struct room *r, struct tick *t)
{
	note_noise(r, t->all);
	for (unsigned rate = 0; rate < RATES; rate++)
		if (t->rates & 1u << rate)
			memset(t->sum[rate], 0, frame_samples((enum rate_class)rate) * sizeof(int32_t));
	for (unsigned i = 0; i < t->all->n; i++) {
		const struct bid *bid = &t->all->best[i];

		if (bid->owner)
			((struct stream *)bid->owner)->voice.chosen = true;
		speak(r, t, bid, bid->rise);
	}
	for (unsigned i = 0; i < t->all->n_leaving; i++)
		speak(r, t, &t->all->leaving[i], (struct ramp){ t->all->leaving[i].fades_from, 0 });
}

static void chime(struct room *r, struct tick *t)
{
	struct cue_player at = r->chime;
	int16_t pcm[FRAME_MAX];
	uint32_t ended;

	if (!cue_playing(&r->chime))
		return;
	for (unsigned rate = 0; rate < RATES; rate++) {
		if (!(t->rates & 1u << rate))
			continue;
		r->chime = at; /* one moment, at each rate */
		if (cue_frame(&r->chime, (enum rate_class)rate, pcm, &ended)) {
			mix_add(t->sum[rate], NULL, pcm, frame_samples((enum rate_class)rate),
				(struct ramp){ GAIN_UNITY, GAIN_UNITY });
			t->sounds[rate] = true;
		}
	}
	if (t->rates == 0)
		(void)cue_frame(&r->chime, RATE_8K, pcm, &ended);
}

static void limit_classes(struct room *r, struct tick *t)
{
	for (unsigned at = 0; at < RATES; at++) {
		enum rate_class rate = (enum rate_class)at;
		struct limit *limit;

		if (!(t->rates & 1u << rate))
			continue;
		limit = room_limit(r, rate);
		if (t->sounds[rate])
			r->quiet[rate] = 0;
		else if (r->quiet[rate] < ROOM_QUIET_TICKS)
			r->quiet[rate]++;
		if (r->quiet[rate] >= ROOM_QUIET_TICKS) {
			memset(t->heard[rate], 0, frame_samples(rate) * sizeof(int16_t));
			limit_init(limit, rate);
			continue;
		}
		limit_frame(limit, rate, t->sum[rate], t->heard[rate]);
		if (limit->gain < 1)
			r->stats.limited++;
	}
}

/* ---- to the listeners ---- */

/* The leg's own cue.  Time goes on for a leg on hold, too, but not for one that waits for its path. */
static void take_cue(struct stream *s, struct room_cue *cue, const struct media_out *out)
{
	struct media_event played = { .kind = MEDIA_PLAYED };

	cue->spot = stream_waits(s) ? (struct cue_spot){ NULL, 0 } : cue_spot(&s->cue);
	if (!cue->spot.cue)
		return;
	(void)cue_frame(&s->cue, s->kit ? s->kit->tx_rate : RATE_8K, cue->pcm, &played.play_id);
	if (played.play_id)
		out->event(out->arg, s->user, &played);
}

/* What one stream alone hears: the mix less its own share, its gain, its cue over it. */
static void send_own(struct room *r, struct tick *t, struct stream *s, const struct room_cue *cue)
{
	static const struct ramp as_it_is = { GAIN_UNITY, GAIN_UNITY };
	const enum rate_class rate = s->kit->tx_rate;
	const size_t n = frame_samples(rate);
	int32_t gain = s->deaf || r->config.isolated ? 0 : s->tx_gain, sum[FRAME_MAX];
	struct payloads made;
	int16_t pcm[FRAME_MAX];

	if (s->clip)
		room_take_over(r, s, &cue->spot);
	if (cue->spot.cue)
		gain = (int32_t)((int64_t)gain * gain_of_db(-ROOM_DUCK_DB) / GAIN_UNITY);
	mix_take(sum, t->sum[rate], s->share != NO_SHARE ? t->share[s->share] : NULL, n,
		(struct ramp){ s->tx_gain_now, gain });
	s->tx_gain_now = gain;
	if (cue->spot.cue)
		mix_add(sum, NULL, cue->pcm, n, as_it_is);
	limit_frame(s->kit->limit, rate, sum, pcm);
	if (s->kit->limit->gain < 1)
		r->stats.limited++;
	stream_make(s, pcm, &made);
	r->stats.encodes += made.encodes;
	stream_send(s, &made, t->out);
	if (stream_minds_echo(s))
		stream_sent_level(s, level_dbov(pcm, n));
}

static void encode_groups(struct room *r, struct tick *t)
{
	for (unsigned g = 0; g < ROOM_GROUPS; g++) {
		struct stream *leader = r->groups[g].leader;

		if (!leader)
			continue;
		t->made[g].n = t->made[g].encodes = 0;
		stream_make(leader, t->heard[leader->kit->tx_rate], &t->made[g]);
		r->stats.encodes += t->made[g].encodes;
	}
}

/* Of what listeners who are not in the mix hear. */
static uint8_t level_heard(struct tick *t, enum rate_class rate)
{
	if (!t->has_dbov[rate])
		t->dbov[rate] = level_dbov(t->heard[rate], frame_samples(rate));
	t->has_dbov[rate] = true;
	return t->dbov[rate];
}

static void send_all(struct room *r, struct tick *t)
{
	struct room_cue cue;

	for (struct stream *s = r->first; s; s = s->next) {
		if (s->skip)
			continue;
		take_cue(s, &cue, t->out);
		if (s->group != NO_GROUP && r->quiet[s->kit->tx_rate] >= ROOM_QUIET_TICKS &&
			stream_takes_comfort(s)) {
			stream_send_comfort(s, r->noise_dbov, t->out);
		} else if (s->group != NO_GROUP) {
			stream_send(s, &t->made[s->group], t->out);
			if (stream_minds_echo(s))
				stream_sent_level(s, level_heard(t, s->kit->tx_rate));
			if (s != r->groups[s->group].leader)
				r->stats.encodes_shared += t->made[s->group].n;
		} else if (!stream_sends(s)) {
			stream_idle(s);
		} else if (!stream_send_key(s, t->out) && !room_send_clip(r, s, &cue, t->out)) {
			send_own(r, t, s, &cue);
		}
		stream_tell_key(s, t->out);
		stream_advance(s, 1);
		if (!r->config.isolated && t->n_loud > (s->dbov <= CHOOSE_CROWD_DBOV))
			s->others_ms += FRAME_MS;
		stream_upkeep(s, t->now_us, t->ntp, t->out);
	}
}

/* The second step: what has been heard is mixed and sent. */
static void answer(
	struct room *r, const struct chooser *all, uint64_t now_us, uint64_t ntp, const struct media_out *out)
{
	struct tick t;

	t.out = out;
	t.now_us = now_us;
	t.ntp = ntp;
	t.all = all;
	t.rates = room_rates(r);
	t.n_shares = t.n_mixed = 0;
	t.n_loud = r->n_loud;
	for (unsigned i = 0; i < all->n; i++)
		t.n_loud += all->best[i].part != r->part && all->best[i].sounds;
	memset(t.has_dbov, 0, sizeof(t.has_dbov));
	memset(t.sounds, 0, sizeof(t.sounds));

	mix(r, &t);
	chime(r, &t);
	room_leave_groups(r);
	limit_classes(r, &t);
	room_join_groups(r);
	if (r->stats.ticks % LOSS_TICKS == 0)
		room_expect_loss(r);
	encode_groups(r, &t);
	send_all(r, &t);
	r->stats.n_mixed = t.n_mixed;
	r->stats.ticks++;
}

void room_tick(struct room *r, uint64_t now_us, uint64_t ntp, const struct media_out *out)
{
	assert(!r->exchange);
	if (!r->first)
		return;
	room_listen(r, now_us, out);
	answer(r, &r->mine, now_us, ntp, out);
}

void room_hear(struct room *r, uint64_t stamp, uint64_t now_us, const struct media_out *out)
{
	assert(r->exchange && !r->must_speak);
	if (!r->first)
		return;
	room_listen(r, now_us, out);
	r->stamp = stamp;
	r->must_speak = true;
	room_offer(r);
}

void room_speak(struct room *r, uint64_t now_us, uint64_t ntp, const struct media_out *out)
{
	struct chooser all;

	assert(r->must_speak);
	r->must_speak = false;
	room_gather(r, &all);
	answer(r, &all, now_us, ntp, out);
}

void room_stats(const struct room *r, struct room_stats *out)
{
	*out = r->stats;
	out->n_streams = r->n_streams;
}
