/* roombed.h - phones in one room on a simulated clock.
 *
 * Use:  scene_open(); join() for each phone; run(); what each has heard is in its struct phone; scene_close().
 *
 * Thread: the test's.
 */
#ifndef TESTS_ROOMBED_H
#define TESTS_ROOMBED_H

#include "mixer/room.h"
#include "tests/phone.h"
#include "tests/test.h"

#include <stdlib.h>

enum { PHONES_MAX = 60 };

struct scene {
	struct room *room;
	struct phone *phones; /* owned */
	unsigned n;
	uint64_t now_us;
};

static inline void scene_open(struct scene *sc, unsigned mixed_talkers, bool isolated)
{
	const struct room_config config = { .mixed_talkers = mixed_talkers, .isolated = isolated };

	memset(sc, 0, sizeof(*sc));
	sc->now_us = 1000000;
	sc->phones = calloc(PHONES_MAX, sizeof(*sc->phones));
	CHECK(sc->phones, "memory");
	CHECK_INT(MIX_OK, room_alloc(&sc->room, &config), "room");
}

static inline struct phone *join(struct scene *sc, enum codec_id codec, unsigned ptime_ms, unsigned hz)
{
	struct phone *p = &sc->phones[sc->n];
	enum rate_class rate = codec_info(codec)->rate;

	phone_init(p, ++sc->n, codec, ptime_ms, hz);
	for (unsigned to = 0; to < RATES; to++) {
		struct resample *r = NULL;

		if (to == rate)
			continue;
		CHECK_INT(MIX_OK, resample_alloc(&r, rate, (enum rate_class)to), "resampler");
		resample_free(stream_equip(p->stream, (enum rate_class)to, r));
	}
	room_add(sc->room, p->stream);
	return p;
}

static inline void run(struct scene *sc, unsigned ms)
{
	for (unsigned t = 0; t < ms; t += FRAME_MS) {
		for (unsigned i = 0; i < sc->n; i++)
			if (sc->phones[i].stream)
				phone_send(&sc->phones[i], sc->now_us);
		room_tick(sc->room, sc->now_us + 3000, (uint64_t)(sc->now_us / 1000) << 22, &phone_out);
		sc->now_us += FRAME_US;
	}
}

static inline void leave(struct scene *sc, struct phone *p)
{
	room_remove(sc->room, p->stream);
	phone_free(p);
	(void)sc;
}

static inline void scene_close(struct scene *sc)
{
	for (unsigned i = 0; i < sc->n; i++)
		if (sc->phones[i].stream)
			leave(sc, &sc->phones[i]);
	CHECK(room_empty(sc->room), "all have left");
	room_free(sc->room);
	free(sc->phones);
}

static const unsigned tones[] = { 440, 700, 1060, 1500, 1900, 2300 };
#endif
