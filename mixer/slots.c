#include "mixer/slots.h"
#include <string.h>

enum { NEAR = 1 << 30 };

static unsigned place(uint16_t seq)
{
	return seq % SLOTS;
}

static bool holds(const struct slots *s, uint16_t seq)
{
	return s->occupied >> place(seq) & 1u;
}

/* A mask turned so that bit 0 stands for the number `next`. */
static uint32_t from_next(const struct slots *s, uint32_t mask)
{
	unsigned n = place(s->next);

	return n == 0 ? mask : mask >> n | mask << (SLOTS - n);
}

static void pass_one(struct slots *s)
{
	s->occupied &= ~(1u << place(s->next));
	s->sound &= ~(1u << place(s->next));
	s->next++;
}

/* Moves payloads together; they are few, so the simplest way will do. */
static void compact(struct slots *s)
{
	uint16_t end = 0;
	uint32_t left = s->sound;

	while (left) {
		unsigned lowest = SLOTS;

		for (unsigned i = 0; i < SLOTS; i++)
			if ((left >> i & 1u) &&
				(lowest == SLOTS || s->slot[i].offset < s->slot[lowest].offset))
				lowest = i;
		left &= ~(1u << lowest);
		memmove(s->arena + end, s->arena + s->slot[lowest].offset, s->slot[lowest].len);
		s->slot[lowest].offset = end;
		end = (uint16_t)(end + s->slot[lowest].len);
	}
	s->used = end;
}

static void drop_one(struct slots *s, struct slots_dropped *dropped)
{
	if (slots_has_sound(s, s->next))
		dropped->sound++;
	else if (!holds(s, s->next))
		dropped->missing++;
	pass_one(s);
}

static void make_window(struct slots *s, uint16_t seq, struct slots_dropped *dropped)
{
	uint16_t least = (uint16_t)(seq - (SLOTS - 1));

	while ((int16_t)(least - s->next) > 0)
		drop_one(s, dropped);
}

static void make_room(struct slots *s, size_t len, struct slots_dropped *dropped)
{
	uint16_t oldest;
	unsigned missing;

	if (s->used + len <= s->cap)
		return;
	compact(s);
	while (s->used + len > s->cap && slots_first(s, &oldest, &missing)) {
		while (s->next != (uint16_t)(oldest + 1))
			drop_one(s, dropped);
		compact(s);
	}
}

void slots_reset(struct slots *s, uint16_t next)
{
	s->occupied = s->sound = 0;
	s->used = 0;
	s->next = next;
}

void slots_lend(struct slots *s, uint8_t *arena, size_t cap, struct slots_dropped *dropped)
{
	uint8_t *to = arena ? arena : s->own;

	s->cap = (uint16_t)(arena ? cap : sizeof(s->own));
	make_room(s, 0, dropped);
	if (s->used > 0 && to != s->arena)
		memcpy(to, s->arena, s->used);
	s->arena = to;
}

/* Timestamps are kept as what they are after one of them.  Far from it that becomes `ts`, and what waits is moved along; who leaps by
 * days within a buffer's time gets the order right, not how far. */
static int32_t since_origin(struct slots *s, int64_t ts)
{
	const int64_t moved = ts - s->origin;

	if (moved > NEAR || moved < -NEAR) {
		for (unsigned i = 0; i < SLOTS; i++) {
			const int64_t since = s->slot[i].since - moved;

			s->slot[i].since = (int32_t)(since > INT32_MAX   ? INT32_MAX
						     : since < INT32_MIN ? INT32_MIN
									 : since);
		}
		s->origin = ts;
	}
	return (int32_t)(ts - s->origin);
}

void slots_put(struct slots *s, const struct rtp *rtp, int64_t ts, struct slots_dropped *dropped)
{
	struct slot *slot = &s->slot[place(rtp->seq)];

	make_window(s, rtp->seq, dropped);
	if (s->sound == 0)
		s->used = 0; /* so that a steady stream stays in the same cache lines */
	make_room(s, rtp->payload_len, dropped);
	if ((int16_t)(rtp->seq - s->next) < 0) { /* making room went past it */
		dropped->sound++;
		return;
	}
	*slot = (struct slot){
		.since = since_origin(s, ts),
		.offset = s->used,
		.len = (uint16_t)rtp->payload_len,
		.payload_type = rtp->payload_type,
		.marker = rtp->marker,
	};
	s->occupied |= 1u << place(rtp->seq);
	if (rtp->payload_len == 0)
		return;
	s->sound |= 1u << place(rtp->seq);
	memcpy(s->arena + s->used, rtp->payload, rtp->payload_len);
	s->used = (uint16_t)(s->used + rtp->payload_len);
}

bool slots_first(const struct slots *s, uint16_t *seq, unsigned *missing)
{
	uint32_t sound = from_next(s, s->sound), before;
	unsigned n;

	if (sound == 0)
		return false;
	n = (unsigned)__builtin_ctz(sound);
	before = from_next(s, s->occupied) & ((1u << n) - 1);
	*seq = (uint16_t)(s->next + n);
	*missing = n - (unsigned)__builtin_popcount(before);
	return true;
}

void slots_advance(struct slots *s, uint16_t seq)
{
	while (s->next != seq)
		pass_one(s);
}

void slots_keep_rest(struct slots *s, size_t bytes, int64_t ts)
{
	struct slot *slot;

	s->next--;
	s->occupied |= 1u << place(s->next);
	s->sound |= 1u << place(s->next);
	slot = &s->slot[place(s->next)];
	slot->offset = (uint16_t)(slot->offset + bytes);
	slot->len = (uint16_t)(slot->len - bytes);
	slot->since = since_origin(s, ts);
	slot->rest = true;
}

void slots_pass_silent(struct slots *s)
{
	while (holds(s, s->next) && !slots_has_sound(s, s->next))
		pass_one(s);
}

bool slots_has_sound(const struct slots *s, uint16_t seq)
{
	return (uint16_t)(seq - s->next) < SLOTS && (s->sound >> place(seq) & 1u);
}

const struct slot *slots_at(const struct slots *s, uint16_t seq)
{
	return &s->slot[place(seq)];
}

int64_t slots_ts(const struct slots *s, uint16_t seq)
{
	return s->origin + s->slot[place(seq)].since;
}

unsigned slots_count(const struct slots *s)
{
	return (unsigned)__builtin_popcount(s->sound);
}

int64_t slots_waiting(const struct slots *s, int64_t per_packet)
{
	uint32_t sound = from_next(s, s->sound);
	int64_t sum = 0, last = per_packet;
	int before = -1;

	for (int i = 0; i < SLOTS; i++) {
		if (!(sound >> i & 1u))
			continue;
		/* Adjacent numbers tell a packet's length, unless silence lies between them. */
		if (before == i - 1 && i > 0) {
			int64_t step = slots_ts(s, (uint16_t)(s->next + i)) -
				       slots_ts(s, (uint16_t)(s->next + before));

			last = step > 0 && step <= 6 * per_packet ? step : last;
		}
		sum += before < 0 ? 0 : last;
		before = i;
	}
	return before < 0 ? 0 : sum + last;
}
