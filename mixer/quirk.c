#include "mixer/quirk.h"

#include <string.h>

enum {
	JUMP_US = 1000000, /* timestamps may be so far from the clock on the wall */
	PAUSE_US = 200000, /* nothing for so long is a pause */
	NEAR_SEQ = 100,    /* packets: loss and disorder stay within */
	CONSISTENT = 5,    /* packets in a row that show a wrong clock, or markers everywhere */
	IDLE_LEAST = 40,   /* bytes */
	PRESS_OVER_US = 500000,
	DURATION_SLACK_MS = 400,
	DURATION_FULL = 0xf000, /* a long press goes on in a new segment (RFC 4733 section 2.5.1.3) */
	END_BIT = 0x80,
	EVENT_LEN = 4,
	ENDS = 3
};

static const struct {
	const char *name, *words;
} known[QUIRKS] = {
	[QUIRK_OTHER_PORT] = { "other_port", "sends from another port than its description says" },
	[QUIRK_OTHER_ADDRESS] = { "other_address", "sends from another address than its description says" },
	[QUIRK_SSRC] = { "ssrc_changes", "changes its SSRC without a word" },
	[QUIRK_SEQUENCE] = { "sequence_restarts", "begins its sequence numbers anew" },
	[QUIRK_TIME_STEP] = { "timestamp_jumps", "lets its timestamps jump" },
	[QUIRK_CLOCK] = { "wrong_clock", "counts timestamps at another clock than the codec's" },
	[QUIRK_PTIME] = { "other_ptime", "puts another time into packets than was agreed on" },
	[QUIRK_PAYLOAD_TYPE] = { "other_payload_type", "sends a payload type that we did not ask for" },
	[QUIRK_MARKER_NEVER] = { "marker_missing", "does not mark where talk begins" },
	[QUIRK_MARKER_ALWAYS] = { "marker_always", "marks every packet" },
	[QUIRK_PADDING] = { "padding", "pads its packets" },
	[QUIRK_EXTENSION] = { "header_extension", "sends a header extension that nobody asked for" },
	[QUIRK_CONTRIBUTORS] = { "contributing_sources", "names contributing sources: it is a mixer" },
	[QUIRK_EMPTY] = { "empty_packets", "sends packets without payload" },
	[QUIRK_KEEPALIVE] = { "not_rtp", "sends datagrams that are no RTP" },
	[QUIRK_COMFORT] = { "comfort_noise_unasked", "sends comfort noise that was not agreed on" },
	[QUIRK_SILENCE] = { "silence_suppressed", "sends nothing in pauses, not even comfort noise" },
	[QUIRK_IDLE] = { "idle_pattern", "fills pauses with a pattern that is not silence" },
	[QUIRK_RTCP_PORT] = { "rtcp_on_rtp_port", "sends RTCP to the RTP port, which was not agreed on" },
	[QUIRK_EVENT_TIME] = { "event_timestamp_moves", "moves the timestamp while a key is down" },
	[QUIRK_EVENT_END_TIME] = { "event_end_timestamp", "gives the end of a key press another timestamp" },
	[QUIRK_EVENT_SAME_TIME] = { "event_timestamp_repeats", "gives two key presses one timestamp" },
	[QUIRK_EVENT_NO_END] = { "event_no_end", "does not say when a key is let go" },
	[QUIRK_EVENT_ONE_END] = { "event_one_end",
		"says once that a key is let go, where three times are due" },
	[QUIRK_EVENT_DURATION] = { "event_duration_jumps", "lets the duration of a key press jump" },
	[QUIRK_EVENT_NO_DURATION] = { "event_no_duration", "does not count how long a key is down" },
	[QUIRK_EVENT_NO_MARKER] = { "event_marker_missing", "does not mark where a key press begins" },
	[QUIRK_EVENT_MARKERS] = { "event_marker_always", "marks every packet of a key press" },
};

_Static_assert(QUIRKS <= 32, "one bit each");

const char *quirk_name(enum quirk quirk)
{
	return known[quirk].name;
}

const char *quirk_words(enum quirk quirk)
{
	return known[quirk].words;
}

int quirk_find(const char *name, size_t len)
{
	for (int i = 0; i < QUIRKS; i++)
		if (strlen(known[i].name) == len && memcmp(known[i].name, name, len) == 0)
			return i;
	return -1;
}

static uint32_t bit(enum quirk quirk)
{
	return 1U << quirk;
}

static uint32_t news(struct quirks *q, uint32_t bits)
{
	bits &= ~q->found;
	q->found |= bits;
	return bits;
}

uint32_t quirk_note(struct quirks *q, enum quirk quirk)
{
	return news(q, bit(quirk));
}

void quirk_agreed(struct quirks *q)
{
	q->knows = q->heard = false;
	q->pending = 0;
	q->n_odd = q->n_marked = 0;
	q->den = 0;
}

/* ---- key presses ---- */

static uint32_t press_over(struct quirks *q)
{
	struct quirk_press *p = &q->press;
	uint32_t bits = 0;

	if (p->n && !p->gap) {
		if (!p->n_ends && p->duration < DURATION_FULL)
			bits |= bit(QUIRK_EVENT_NO_END);
		if (p->n_ends == 1)
			bits |= bit(QUIRK_EVENT_ONE_END);
		if (!p->marked)
			bits |= bit(QUIRK_EVENT_NO_MARKER);
		if (p->n >= ENDS && !p->duration)
			bits |= bit(QUIRK_EVENT_NO_DURATION);
		if (p->n_markers >= ENDS && p->n_markers == p->n)
			bits |= bit(QUIRK_EVENT_MARKERS);
	}
	p->n = 0;
	return bits;
}

uint32_t quirk_settle(struct quirks *q, uint64_t now_us)
{
	return q->press.n && now_us > q->press.last_us + PRESS_OVER_US ? news(q, press_over(q)) : 0;
}

static void press_add(struct quirk_press *p, const struct rtp *rtp, uint16_t duration, uint64_t now_us)
{
	const bool ends = rtp->payload[1] & END_BIT;

	p->n = (uint8_t)(p->n + (p->n < UINT8_MAX));
	p->n_ends = (uint8_t)(p->n_ends + (ends && p->n_ends < UINT8_MAX));
	p->n_markers = (uint8_t)(p->n_markers + (rtp->marker && p->n_markers < UINT8_MAX));
	if (duration > p->duration)
		p->duration = duration;
	p->timestamp = rtp->timestamp;
	p->last_us = now_us;
}

/* Does it overlap the press that is being watched, so that it cannot be another one? */
static bool overlaps(const struct quirk_press *p, uint32_t later, uint16_t duration, bool ends)
{
	if ((int32_t)later <= 0)
		return false;
	if (ends && p->n_ends)
		return later < p->duration || duration == p->duration;
	return !p->n_ends && duration >= p->duration && later <= duration;
}

static uint32_t press_look(struct quirks *q, const struct rtp *rtp, const struct quirk_seen *seen, bool gap)
{
	struct quirk_press *p = &q->press;
	const uint16_t duration = (uint16_t)(rtp->payload[2] << 8 | rtp->payload[3]);
	const bool ends = rtp->payload[1] & END_BIT;
	const uint64_t since_us = seen->arrival_us - p->last_us;
	const bool same = p->n && p->code == rtp->payload[0] && since_us < PRESS_OVER_US;
	const uint32_t later = rtp->timestamp - p->timestamp;
	uint32_t bits = 0;

	if (same && !later && p->n_ends && !ends && duration < p->duration) {
		bits |= bit(QUIRK_EVENT_SAME_TIME) | press_over(q);
	} else if (same && !later) {
		const uint64_t most = (uint64_t)seen->clock_hz / 1000 * (since_us / 1000 + DURATION_SLACK_MS);

		if (!gap && (duration < p->duration || (uint64_t)duration > p->duration + most))
			bits |= bit(QUIRK_EVENT_DURATION);
		p->gap = p->gap || gap;
		press_add(p, rtp, duration, seen->arrival_us);
		return bits;
	} else if (same && overlaps(p, later, duration, ends)) {
		if (ends && !p->moved)
			bits |= bit(QUIRK_EVENT_END_TIME);
		else
			bits |= bit(QUIRK_EVENT_TIME);
		p->moved = p->moved || !ends;
		p->gap = p->gap || gap;
		press_add(p, rtp, duration, seen->arrival_us);
		return bits;
	}
	bits |= press_over(q);
	*p = (struct quirk_press){ .code = rtp->payload[0], .marked = rtp->marker || gap, .gap = gap };
	press_add(p, rtp, duration, seen->arrival_us);
	return bits;
}

/* ---- sound ---- */

static uint32_t header_bits(const struct rtp *rtp, const struct quirk_seen *seen)
{
	return (seen->first_byte & 0x20 ? bit(QUIRK_PADDING) : 0) |
	       (seen->first_byte & 0x10 ? bit(QUIRK_EXTENSION) : 0) |
	       (seen->first_byte & 0x0f ? bit(QUIRK_CONTRIBUTORS) : 0) |
	       (rtp->payload_len == 0 ? bit(QUIRK_EMPTY) : 0) |
	       (seen->kind == QUIRK_OF_COMFORT && !seen->comfort_agreed ? bit(QUIRK_COMFORT) : 0);
}

static bool is_idle(const struct rtp *rtp, const struct quirk_seen *seen)
{
	const uint8_t b = rtp->payload_len ? rtp->payload[0] : 0;
	const bool silence = seen->codec == CODEC_PCMU ? (b & 0x7f) == 0x7f : (b & 0x7f) == 0x55;

	return seen->kind == QUIRK_OF_SOUND && (seen->codec == CODEC_PCMU || seen->codec == CODEC_PCMA) &&
	       rtp->payload_len >= IDLE_LEAST && !silence &&
	       memcmp(rtp->payload, rtp->payload + 1, rtp->payload_len - 1) == 0;
}

static int64_t us_of(int64_t units, unsigned clock_hz)
{
	return clock_hz ? units * 1000000 / clock_hz : 0;
}

/* `actual` timestamps for `true_units` of sound, as num/den; false: no multiple that anybody counts by. */
static bool ratio_of(struct quirks *q, uint32_t actual, uint32_t true_units)
{
	static const uint8_t multiples[] = { 2, 3, 4, 6 };

	for (size_t i = 0; i < sizeof(multiples); i++) {
		const uint8_t m = multiples[i];

		if (actual == true_units * m || actual * m == true_units) {
			q->num = (uint8_t)(actual > true_units ? m : 1);
			q->den = (uint8_t)(actual > true_units ? 1 : m);
			return true;
		}
	}
	return false;
}

/* A step between neighbours that is not the sound between them: of a wrong clock when it stays so, at the pace of the sound. */
static uint32_t odd_step(
	struct quirks *q, uint32_t step, uint32_t units, unsigned clock_hz, uint64_t arrival_us)
{
	const int64_t pace_us = us_of(units, clock_hz) * CONSISTENT;
	int64_t took_us;

	if (step != q->odd_step || !q->n_odd) {
		q->odd_step = step;
		q->n_odd = 1;
		q->odd_us = arrival_us;
		return 0;
	}
	if (++q->n_odd <= CONSISTENT)
		return 0;
	q->n_odd = 0;
	took_us = (int64_t)(arrival_us - q->odd_us);
	if (took_us * 2 < pace_us || took_us > pace_us * 2 || !ratio_of(q, step, units))
		return 0;
	q->step = step;
	return bit(QUIRK_CLOCK);
}

/* Two packets of sound of one sender, one number after the other. */
static uint32_t neighbours(struct quirks *q, const struct rtp *rtp, const struct quirk_seen *seen)
{
	const uint32_t step = rtp->timestamp - q->raw, units = q->last_units;
	const uint32_t right = q->den ? units * q->num / q->den : units;
	const int64_t ahead_us = us_of((int32_t)step, seen->clock_hz);
	const int64_t took_us = (int64_t)(seen->arrival_us - q->last_us);
	uint32_t bits = 0;

	if (step == right && units) {
		const unsigned ptime_ms = units * 1000 / (seen->clock_hz ? seen->clock_hz : 1);

		q->n_odd = 0;
		q->n_marked = (uint8_t)(rtp->marker ? q->n_marked + (q->n_marked < UINT8_MAX) : 0);
		if (q->n_marked >= CONSISTENT)
			bits |= bit(QUIRK_MARKER_ALWAYS);
		if (seen->ptime_ms && ptime_ms != seen->ptime_ms && seen->units == units)
			bits |= bit(QUIRK_PTIME);
		q->step = step;
		q->knows = true;
		return bits;
	}
	if (ahead_us - took_us > JUMP_US || took_us - ahead_us > JUMP_US) {
		if (took_us < JUMP_US) /* a far end that was away for longer may do as it likes */
			bits |= bit(QUIRK_TIME_STEP);
		return bits;
	}
	if (!units)
		return 0;
	if (took_us > PAUSE_US && (int32_t)step > (int32_t)right && seen->codec != CODEC_OPUS)
		return bit(QUIRK_SILENCE) | (rtp->marker ? 0 : bit(QUIRK_MARKER_NEVER));
	return rtp->marker ? 0 : odd_step(q, step, units, seen->clock_hz, seen->arrival_us);
}

/* Numbers far from what was to come: the network was away, or the sender began anew. */
static bool far_away(const struct quirks *q, int ahead, const struct quirk_seen *seen)
{
	const int64_t ptime_us = us_of(q->last_units, seen->clock_hz);
	const int64_t missed = ptime_us ? (int64_t)(seen->arrival_us - q->last_us) / ptime_us : 0;

	if (ahead > -NEAR_SEQ && ahead < NEAR_SEQ)
		return false;
	return ahead < 0 || ahead > 2 * missed + NEAR_SEQ || ahead * 2 < missed - NEAR_SEQ;
}

static void begin_from(struct quirks *q, const struct rtp *rtp)
{
	q->ssrc = rtp->ssrc;
	q->payload_type = rtp->payload_type;
	q->knows = false;
}

uint32_t quirk_look(struct quirks *q, const struct rtp *rtp, const struct quirk_seen *seen, bool *idle)
{
	const int ahead = (int16_t)(rtp->seq - q->next_seq);
	uint32_t bits = header_bits(rtp, seen);
	const bool other = q->heard && rtp->ssrc != q->ssrc, follows = q->heard && !other && ahead == 0;

	*idle = is_idle(rtp, seen);
	if (*idle)
		bits |= bit(QUIRK_IDLE);
	if (q->heard && !other && ahead < 0 && ahead > -NEAR_SEQ)
		return news(q, bits); /* late, or sent twice: nothing to learn from */
	q->press.gap = q->press.gap || (q->heard && !follows);
	if (follows) {
		bits |= q->pending;
		q->pending = 0;
	} else if (q->heard) {
		q->pending = other ? bit(QUIRK_SSRC) : far_away(q, ahead, seen) ? bit(QUIRK_SEQUENCE) : 0;
	}
	if (seen->kind == QUIRK_OF_EVENT && rtp->payload_len >= EVENT_LEN)
		bits |= press_look(q, rtp, seen, q->heard && !follows);
	else if (seen->kind == QUIRK_OF_SOUND && rtp->payload_len && follows && q->last == QUIRK_OF_SOUND &&
		 rtp->payload_type == q->payload_type)
		bits |= neighbours(q, rtp, seen);
	else
		q->knows = false;
	if (seen->kind != QUIRK_OF_SOUND || !rtp->payload_len)
		q->knows = false;
	if (!follows || rtp->payload_type != q->payload_type)
		begin_from(q, rtp);
	q->heard = true;
	q->last = rtp->payload_len ? seen->kind : QUIRK_OF_COMFORT;
	q->last_units = seen->units;
	q->last_us = seen->arrival_us;
	q->next_seq = (uint16_t)(rtp->seq + 1);
	q->next_timestamp = rtp->timestamp + q->step;
	return news(q, bits);
}
