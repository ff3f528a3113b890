#include "mixer/jbuf.h"
#include "mixer/delay.h"
#include "mixer/frame.h"
#include "mixer/slots.h"
#include "mixer/source.h"
#include "mixer/warm.h"
#include <stdlib.h>

/* Three clocks meet here, all counted in RTP clock units:
 *   arrival  when a packet came, since the first packet
 *   ts       the sender's timestamp, unwrapped to 64 bits
 *   at       when sound taken now will be heard: now and what the caller still holds
 * at - ts is the delay that a packet gets; the same with arrival is its transit, and the
 * difference of both is how long it waited.
 */
enum {
	SLOPPY_MS = 5,          /* timestamps off by less are rounding, not silence */
	HEADROOM_MS = 5,        /* kept above the due delay when delay is cut */
	SURPLUS_MS = 2000,      /* unneeded delay that lasts so long is cut */
	LEFT_MS = 10000,        /* the same where the caller takes it back: he could not */
	LOSS_MEMORY_MS = 10000, /* a path that lost a packet is lossy for so long */
	LATE_MAX_MS = 2000,     /* a late packet is of the same timeline */
	FIRST_PAYLOAD = 160,    /* bytes of the arena that are in use on a steady path */
	WAIT_MAX_MS = JBUF_MAX_MS + PTIME_MAX_MS
};

_Static_assert((int)SLOTS == (int)JBUF_SLOTS, "the header promises what slots.h keeps");

struct jbuf {
	unsigned clock_hz;
	bool has_epoch;  /* the first packet came: from_us and from_units16 are set */
	bool playing;    /* sound was given out since the source began */
	bool gap_taken;  /* the last take said LOST */
	bool rest_taken; /* the last take gave the rest of a packet */
	bool starved;    /* the last take of sound found nothing */
	bool lossy;
	bool in_surplus;
	bool follows;         /* jbuf_follow() was called */
	int32_t ppb;          /* the sender's clock is faster by; time is counted by it ... */
	int64_t from_units16; /* ... since from_us, when it was so many units, times 2^16 */
	uint64_t from_us;
	int64_t have;                /* of the take that is on */
	int64_t slack, slack_before; /* at the last takes of a frame that was due */
	int64_t held, held_before;   /* what the caller held then */
	struct source source;
	struct delay path;
	uint32_t wire_ts;      /* of the last packet put, as on the wire and ... */
	int64_t long_ts;       /* ... unwrapped */
	int64_t play;          /* ts of the next sound to give out */
	int64_t delay;         /* at - play when sound or a gap was last given out */
	uint32_t per_packet;   /* length of the last packet */
	int64_t surplus_since; /* at; in_surplus */
	int64_t last_loss;     /* at; lossy */
	struct jbuf_stats stats;
	struct slots slots;
};

_Static_assert((int)SLOTS_ARENA_LENT == (int)JBUF_LENT, "and as much room");
_Static_assert((int)SLOTS_ARENA >= (int)PACKET_MAX, "a packet fits wherever it is kept");
_Static_assert(sizeof(struct jbuf) <= 2600, "one per leg: what it may cost");

static int64_t ms(const struct jbuf *j, int n)
{
	return (int64_t)j->clock_hz * n / 1000;
}

/* Units times 2^16 since the first packet, by the sender's clock.  Rates change, time goes on without a step. */
static int64_t units16_at(const struct jbuf *j, uint64_t us)
{
	int64_t since_us = (int64_t)(us - j->from_us);
	int64_t plain = since_us / 1000 * (int64_t)(j->clock_hz / 1000) * 65536 +
			since_us % 1000 * (int64_t)(j->clock_hz / 1000) * 65536 / 1000;

	return j->from_units16 + plain + (j->ppb ? plain / 1000 * j->ppb / 1000000 : 0);
}

static int64_t since_epoch(const struct jbuf *j, uint64_t us)
{
	return units16_at(j, us) >> 16;
}

static int64_t unwrapped(const struct jbuf *j, uint32_t timestamp)
{
	return j->long_ts + (int32_t)(timestamp - j->wire_ts);
}

static void begin_source(struct jbuf *j, const struct rtp *rtp)
{
	slots_reset(&j->slots, rtp->seq);
	delay_init(&j->path, j->clock_hz);
	j->playing = j->gap_taken = j->starved = j->in_surplus = false;
	j->wire_ts = rtp->timestamp;
	j->long_ts = rtp->timestamp;
}

/* Older than the youngest: still in time?  Before anything was given out, playout may
 * begin earlier than with the first that came. */
static bool in_time(struct jbuf *j, uint16_t seq)
{
	j->stats.reordered++;
	if ((int16_t)(seq - j->slots.next) >= 0)
		return true;
	if (!j->playing && (uint16_t)(j->source.max_seq - seq) < SLOTS) {
		j->slots.next = seq;
		return true;
	}
	j->stats.late++;
	return false;
}

/* That a packet was too late is what the margin has to learn, unless its timestamp is absurd. */
static void learn_late(struct jbuf *j, const struct rtp *rtp, int64_t arrival, int64_t ts)
{
	if (rtp->payload_len > 0 && ts <= j->long_ts && j->long_ts - ts < ms(j, LATE_MAX_MS))
		(void)delay_packet(&j->path, arrival, ts);
}

enum mix_err jbuf_put(struct jbuf *j, const struct rtp *rtp, uint64_t arrival_us)
{
	struct slots_dropped dropped = { 0 };
	bool first = !j->source.started, begins = false, stale = false;
	int64_t arrival, ts;

	if (rtp->payload_len > PACKET_MAX)
		return MIX_RANGE;
	if (!j->has_epoch) {
		j->from_us = arrival_us;
		j->from_units16 = 0;
		j->has_epoch = true;
	}
	arrival = since_epoch(j, arrival_us);
	switch (source_judge(&j->source, rtp->ssrc, rtp->seq, arrival * 1000 / j->clock_hz)) {
	case SOURCE_BEGINS:
		begin_source(j, rtp);
		begins = true;
		break;
	case SOURCE_NEXT: break;
	case SOURCE_OLDER: stale = !in_time(j, rtp->seq); break;
	case SOURCE_DUPLICATE: j->stats.duplicate++; return MIX_STALE;
	case SOURCE_STRAY: return MIX_STALE;
	}
	ts = unwrapped(j, rtp->timestamp);
	if (stale) {
		learn_late(j, rtp, arrival, ts);
		return MIX_STALE;
	}
	if (rtp->payload_len > 0) { /* without sound it may be anything */
		j->wire_ts = rtp->timestamp;
		j->long_ts = ts;
		if (delay_packet(&j->path, arrival, ts))
			begins = true;
	}
	if (begins && !first)
		j->stats.restarts++;
	slots_put(&j->slots, rtp, ts, &dropped);
	j->stats.overflow += dropped.sound;
	j->stats.lost += dropped.missing;
	return dropped.sound ? MIX_FULL : MIX_OK;
}

/* ---- taking ---- */

/* Enough delay for nearly all packets to come; Opus on a lossy path waits for one more packet,
 * because the FEC of a lost one travels in the next (RFC 6716 section 2.1.7). */
static int64_t due_delay(const struct jbuf *j)
{
	int64_t margin = delay_due(&j->path) - j->path.base, most = ms(j, JBUF_MAX_MS - JBUF_MIN_MS);

	if (j->lossy && j->clock_hz == 48000)
		margin += j->per_packet;
	return j->path.base + (margin < most ? margin : most);
}

/* How much of `delay` nobody needs; it may be cut to a little above what is due, the more above the
 * more the margin itself moves about. */
static int64_t surplus(const struct jbuf *j, int64_t delay)
{
	int64_t due = due_delay(j);

	return delay - due - ms(j, HEADROOM_MS) - (due - j->path.base) / 4;
}

/* Is it worth to wait for `delay` to grow?  A difference beyond all margins means that
 * the path's timeline and this packet's are not the same one. */
static bool should_wait(const struct jbuf *j, int64_t delay)
{
	int64_t short_by = due_delay(j) - delay;

	return short_by > 0 && short_by <= ms(j, WAIT_MAX_MS);
}

static void note_loss(struct jbuf *j, uint32_t n, int64_t at)
{
	if (n == 0)
		return;
	j->stats.lost += n;
	j->lossy = true;
	j->last_loss = at;
}

/* How long the fastest packet would have waited for this take.  What is taken ahead of its frame does not count. */
static void note_slack(struct jbuf *j)
{
	if (j->have >= ms(j, FRAME_MS))
		return;
	j->slack_before = j->slack;
	j->held_before = j->held;
	j->slack = j->delay - j->have - j->path.base;
	j->held = j->have;
}

static enum jbuf_got give(struct jbuf *j, uint16_t seq, struct jbuf_out *out, int64_t at)
{
	const struct slot *slot = slots_at(&j->slots, seq);

	*out = (struct jbuf_out){
		.payload = j->slots.arena + slot->offset,
		.len = slot->len,
		.payload_type = slot->payload_type,
		.marker = slot->marker,
		.timestamp = (uint32_t)slots_ts(&j->slots, seq),
		.rest = slot->rest,
	};
	j->play = slots_ts(&j->slots, seq);
	j->delay = at - j->play;
	note_slack(j);
	slots_advance(&j->slots, (uint16_t)(seq + 1));
	j->playing = true;
	j->gap_taken = j->starved = false;
	j->rest_taken = slot->rest;
	j->stats.taken += !slot->rest;
	return JBUF_PACKET;
}

static enum jbuf_got give_nothing(struct jbuf *j, struct jbuf_out *out, int64_t at)
{
	int64_t quiet = at - j->play - j->delay;

	j->gap_taken = false;
	j->starved = true;
	j->in_surplus = false;
	if (j->playing && quiet > 0)
		out->gap = quiet < UINT32_MAX ? (uint32_t)quiet : UINT32_MAX;
	return JBUF_EMPTY;
}

/* After a gap was concealed up to `play`: the missing numbers whose time is over are lost. */
static unsigned settle_gap(struct jbuf *j, uint16_t seq, unsigned missing, int64_t at)
{
	int64_t gap = slots_ts(&j->slots, seq) - j->play;
	unsigned left = 0;

	if (gap > ms(j, SLOPPY_MS))
		left = (unsigned)((gap + j->per_packet - 1 - ms(j, SLOPPY_MS)) / j->per_packet);
	if (left >= missing)
		return missing;
	note_loss(j, missing - left, at);
	slots_advance(&j->slots, (uint16_t)(seq - left));
	return left;
}

/* More waits than the ceiling allows, as after a stall: the oldest goes. */
static void shed(struct jbuf *j, uint16_t *seq, unsigned *missing, uint32_t have, int64_t at)
{
	int64_t most = ms(j, JBUF_MAX_MS) + j->per_packet;

	while (slots_count(&j->slots) > 1 && slots_waiting(&j->slots, j->per_packet) + have > most) {
		note_loss(j, *missing, at);
		slots_advance(&j->slots, (uint16_t)(*seq + 1));
		j->stats.overflow++;
		(void)slots_first(&j->slots, seq, missing);
		j->play = slots_ts(&j->slots, *seq);
	}
}

/* Delay beyond need, for long: skips the packet due, if another follows at once. */
static bool cut_surplus(struct jbuf *j, uint16_t *seq, int64_t at)
{
	uint16_t after = (uint16_t)(*seq + 1);
	int64_t least = j->per_packet > ms(j, FRAME_MS) ? j->per_packet : ms(j, FRAME_MS);
	int64_t patience = ms(j, j->follows ? LEFT_MS : SURPLUS_MS);

	if (j->follows)
		least += ms(j, FRAME_MS);

	if (surplus(j, at - j->play) < least) {
		j->in_surplus = false;
		return false;
	}
	if (!j->in_surplus) {
		j->in_surplus = true;
		j->surplus_since = at;
	}
	if (at - j->surplus_since < patience || !slots_has_sound(&j->slots, after))
		return false;
	slots_advance(&j->slots, after);
	*seq = after;
	j->stats.dropped++;
	j->surplus_since = at;
	return true;
}

/* Numbers are missing before `seq`, and `gap` units of sound: conceals what is left of it. */
static enum jbuf_got bridge_gap(
	struct jbuf *j, uint16_t seq, unsigned missing, struct jbuf_out *out, int64_t at)
{
	int64_t delay = at - j->play, gap = slots_ts(&j->slots, seq) - j->play, need = due_delay(j);
	int64_t keep = j->delay;

	if (should_wait(j, delay))
		return give_nothing(j, out, at);
	/* What the caller filled while it found nothing here is part of the gap, unless the delay had to grow: then by whole ticks. */
	if (need > keep && need - keep <= ms(j, WAIT_MAX_MS))
		keep = delay < need + ms(j, FRAME_MS) ? delay : need;
	if (j->starved && delay > keep) {
		j->play += delay - keep < gap ? delay - keep : gap;
		gap = slots_ts(&j->slots, seq) - j->play;
	}
	missing = settle_gap(j, seq, missing, at);
	if (missing == 0 || gap <= ms(j, SLOPPY_MS))
		return give(j, seq, out, at);
	j->delay = at - j->play;
	j->gap_taken = true;
	j->starved = false;
	out->gap = (uint32_t)gap;
	if (missing == 1 && (uint16_t)(j->slots.next + 1) == seq) {
		out->next = j->slots.arena + slots_at(&j->slots, seq)->offset;
		out->next_len = slots_at(&j->slots, seq)->len;
	}
	return JBUF_LOST;
}

enum jbuf_got jbuf_take(struct jbuf *j, struct jbuf_out *out, uint32_t have, uint64_t now_us)
{
	int64_t at, gap, most_gap;
	uint16_t seq;
	unsigned missing;

	*out = (struct jbuf_out){ 0 };
	if (!j->source.started)
		return JBUF_EMPTY;
	at = since_epoch(j, now_us) + have;
	j->have = have;
	if (j->lossy && at - j->last_loss > ms(j, LOSS_MEMORY_MS))
		j->lossy = false;
	if (!slots_first(&j->slots, &seq, &missing)) {
		slots_pass_silent(&j->slots);
		return give_nothing(j, out, at);
	}
	shed(j, &seq, &missing, have, at);
	gap = slots_ts(&j->slots, seq) - j->play;
	if (!j->playing) {
		if (should_wait(j, at - slots_ts(&j->slots, seq)))
			return give_nothing(j, out, at);
		note_loss(j, missing, at);
		return give(j, seq, out, at);
	}
	if (gap <= ms(j, SLOPPY_MS)) {
		/* What comes next, or timestamps that went back: the sequence says that it is next. */
		const bool late = j->starved && missing == 0;

		note_loss(j, missing, at);
		slots_advance(&j->slots, seq);
		if (gap >= -ms(j, SLOPPY_MS))
			(void)cut_surplus(j, &seq, at);
		(void)give(j, seq, out, at);
		out->late = late;
		return JBUF_PACKET;
	}
	most_gap = (int64_t)missing * j->per_packet;
	if (missing > 0 && gap <= most_gap + most_gap / 2 + ms(j, SLOPPY_MS))
		return bridge_gap(j, seq, missing, out, at);
	/* More time than numbers went by: the sender was silent, and this begins a talk burst. */
	if (should_wait(j, at - slots_ts(&j->slots, seq)))
		return give_nothing(j, out, at);
	note_loss(j, missing, at);
	return give(j, seq, out, at);
}

/* The length of the packet that was taken, unless it is absurd. */
static void note_length(struct jbuf *j, uint32_t units)
{
	if (!j->rest_taken && units >= ms(j, PTIME_MIN_MS) / 4 && units <= 2 * ms(j, PTIME_MAX_MS))
		j->per_packet = units;
}

void jbuf_keep_rest(struct jbuf *j, size_t bytes, uint32_t units, uint32_t whole)
{
	note_length(j, whole);
	j->play += units;
	slots_keep_rest(&j->slots, bytes, j->play);
}

void jbuf_played(struct jbuf *j, uint32_t played)
{
	uint16_t seq;
	unsigned missing;

	j->play += played;
	if (!j->gap_taken) {
		note_length(j, played);
	} else if (slots_first(&j->slots, &seq, &missing)) {
		(void)settle_gap(j, seq, missing, j->play + j->delay);
	}
}

/* ---- the object ---- */

void jbuf_reset(struct jbuf *j, unsigned clock_hz)
{
	j->clock_hz = clock_hz;
	j->source = (struct source){ 0 };
	j->has_epoch = j->playing = j->gap_taken = j->starved = j->lossy = j->in_surplus = j->follows = false;
	j->ppb = 0;
	slots_reset(&j->slots, 0);
	j->per_packet = (uint32_t)ms(j, FRAME_MS);
	delay_init(&j->path, clock_hz);
}

enum mix_err jbuf_alloc(struct jbuf **out, unsigned clock_hz)
{
	struct jbuf *j;

	if (clock_hz < 8000 || clock_hz > 192000 || clock_hz % 1000 != 0)
		return MIX_RANGE;
	j = calloc(1, sizeof(*j));
	if (!j)
		return MIX_NOMEM;
	jbuf_lend(j, NULL);
	jbuf_reset(j, clock_hz);
	*out = j;
	return MIX_OK;
}

void jbuf_lend(struct jbuf *j, uint8_t *bytes)
{
	struct slots_dropped dropped = { 0 };

	slots_lend(&j->slots, bytes, JBUF_LENT, &dropped);
	j->stats.overflow += dropped.sound;
	j->stats.lost += dropped.missing;
}

struct jbuf *jbuf_free(struct jbuf *j)
{
	free(j);
	return NULL;
}

uint32_t jbuf_lost(const struct jbuf *j)
{
	return j->stats.lost;
}

void jbuf_stats(const struct jbuf *j, struct jbuf_stats *out)
{
	*out = j->stats;
	out->depth_ms = (uint32_t)(slots_waiting(&j->slots, j->per_packet) * 1000 / j->clock_hz);
	out->target_ms = JBUF_MIN_MS;
	if (due_delay(j) - j->path.base > ms(j, DELAY_MARGIN_MIN_MS))
		out->target_ms += (uint32_t)((due_delay(j) - j->path.base) * 1000 / j->clock_hz);
	if (j->playing && surplus(j, j->delay) > 0)
		out->surplus_ms = (uint32_t)(surplus(j, j->delay) * 1000 / j->clock_hz);
	if (j->playing && j->delay > j->path.base)
		out->delay_ms = (uint32_t)((j->delay - j->path.base) * 1000 / j->clock_hz);
	out->jitter_us = (uint32_t)((uint64_t)(j->path.jitter16 >> 4) * 1000000 / j->clock_hz);
}

/* ---- for who keeps the pace himself ---- */

void jbuf_follow(struct jbuf *j, int32_t ppb, uint64_t now_us)
{
	j->follows = true;
	if (j->has_epoch) {
		j->from_units16 = units16_at(j, now_us);
		j->from_us = now_us;
	}
	j->ppb = ppb;
}

/* Timestamps that are nonsense make delays that are; ten seconds say as much. */
static int32_t bounded(const struct jbuf *j, int64_t units)
{
	int64_t most = ms(j, 10000);

	return (int32_t)(units > most ? most : units < -most ? -most : units);
}

bool jbuf_balance(const struct jbuf *j, struct jbuf_balance *out)
{
	bool now = j->slack <= j->slack_before;

	if (!j->playing || j->starved)
		return false;
	*out = (struct jbuf_balance){
		.lag = bounded(j, j->delay - j->path.base),
		.due = bounded(j, due_delay(j) - j->path.base),
		.slack = bounded(j, now ? j->slack : j->slack_before),
		.packet = (int32_t)j->per_packet,
		.edge = (int32_t)(ms(j, FRAME_MS) - (now ? j->held : j->held_before)),
	};
	return true;
}

bool jbuf_has_next(const struct jbuf *j)
{
	uint16_t seq;
	unsigned missing;

	return j->playing && slots_first(&j->slots, &seq, &missing) && missing == 0;
}

void jbuf_warm(const struct jbuf *j)
{
	warm(j, offsetof(struct jbuf, slots.slot));
	warm(&j->slots.occupied,
		offsetof(struct slots, arena) - offsetof(struct slots, occupied) + FIRST_PAYLOAD);
}
