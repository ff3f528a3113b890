/* pairbed.h - two phones in a room on a simulated clock: one that sends, and an ear.
 *
 * Use:  pair_open(); run(), or packets of the test's own and tick(); stats_of() the sender's stream; pair_close().
 *
 * Thread: the test's.
 */
#ifndef TESTS_PAIRBED_H
#define TESTS_PAIRBED_H

#include "mixer/room.h"
#include "tests/phone.h"
#include "tests/test.h"

#include <stdlib.h>

struct pair {
	struct room *room;
	struct phone *a, *ear; /* owned; a sends, ear listens */
	uint64_t now_us;
};

static inline void pair_open(struct pair *p, enum codec_id codec, unsigned ptime_ms, unsigned hz)
{
	const struct room_config config = { .mixed_talkers = 4 };

	memset(p, 0, sizeof(*p));
	p->now_us = 1000000;
	p->a = calloc(1, sizeof(*p->a));
	p->ear = calloc(1, sizeof(*p->ear));
	CHECK(p->a && p->ear, "memory");
	phone_init(p->a, 1, codec, ptime_ms, hz);
	phone_init(p->ear, 2, codec, 20, 0);
	CHECK_INT(MIX_OK, room_alloc(&p->room, &config), "room");
	room_add(p->room, p->a->stream);
	room_add(p->room, p->ear->stream);
}

static inline uint64_t ntp_of(uint64_t us)
{
	return ((us / 1000000) << 32) + ((us % 1000000) << 32) / 1000000;
}

static inline void tick(struct pair *p)
{
	room_tick(p->room, p->now_us + 3000, ntp_of(p->now_us + 3000), &phone_out);
	p->now_us += FRAME_US;
}

static inline void run(struct pair *p, unsigned ms)
{
	for (unsigned t = 0; t < ms; t += FRAME_MS) {
		phone_send(p->a, p->now_us);
		tick(p);
	}
}

static inline void pair_close(struct pair *p)
{
	room_remove(p->room, p->a->stream);
	room_remove(p->room, p->ear->stream);
	room_free(p->room);
	phone_free(p->a);
	phone_free(p->ear);
	free(p->a);
	free(p->ear);
}

static inline struct stream_stats stats_of(const struct pair *p)
{
	struct stream_stats stats;

	stream_stats(p->a->stream, &stats, p->now_us);
	return stats;
}
#endif
