#include "tests/scene.h"
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>

enum { BURST_SAMPLES = 8 * 40, PERIOD_SAMPLES = 8 * 500, ONSET_PEAK = 2000 };

static uint64_t dice_state;

void scene_seed(uint64_t seed)
{
	dice_state = seed;
}

unsigned scene_dice(unsigned n)
{
	dice_state = dice_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)((dice_state >> 33) % n);
}

static unsigned lateness_us(const struct path *path)
{
	if (!path)
		return 0;
	if (path->seldom && scene_dice(path->seldom) == 0)
		return scene_dice(path->seldom_us);
	return path->often && scene_dice(path->often) == 0 ? scene_dice(path->often_us) : scene_dice(300);
}

void scene_open(struct scene *sc)
{
	const struct room_config config = { .mixed_talkers = 4 };

	memset(sc, 0, sizeof(*sc));
	sc->begin_us = sc->now_us = 1000000;
	sc->w = calloc(1, sizeof(*sc->w));
	sc->phones = calloc(SCENE_LEGS, sizeof(*sc->phones));
	CHECK(sc->w && sc->phones, "memory");
	CHECK_INT(MIX_OK, room_alloc(&sc->room.room, &config), "room");
	sc->room.room_id = 7;
	sc->room.n_legs = sc->w->media.n_legs = SCENE_LEGS;
	worker_sit(sc->w, &sc->room, 5);
}

void scene_join(struct scene *sc, unsigned i, double phase_ms, unsigned hz)
{
	struct phone *p = &sc->phones[i];

	phone_init(p, i + 1, CODEC_PCMU, 20, hz ? hz : 400);
	p->holds_its_tongue = hz == 0;
	p->next_us = sc->now_us + (uint64_t)(phase_ms * 1000);
	room_add(sc->room.room, p->stream);
}

static const int16_t *bursts(void)
{
	static int16_t pcm[PERIOD_SAMPLES];

	for (unsigned i = 0; i < BURST_SAMPLES; i++)
		pcm[i] = (int16_t)lrint(16000 * sin(2 * M_PI * 1000 * (i + 1) / 8000));
	return pcm;
}

void scene_join_bursts(struct scene *sc, double phase_ms)
{
	scene_join(sc, 0, phase_ms, 1000);
	sc->phones[0].says = bursts();
	sc->phones[0].n_says = PERIOD_SAMPLES;
}

void scene_close(struct scene *sc)
{
	for (unsigned i = 0; i < SCENE_LEGS; i++) {
		room_remove(sc->room.room, sc->phones[i].stream);
		phone_free(&sc->phones[i]);
	}
	room_free(sc->room.room);
	free(sc->phones);
	free(sc->w);
}

/* How late a packet is that is due at `due_us`: until the end of the stall that it falls into. */
static uint64_t late_us(const struct scene *sc, unsigned i, uint64_t due_us)
{
	const uint64_t at_us = due_us + sc->late_us[i];
	const bool stalled = due_us >= sc->slow_from_us && at_us < sc->slow_until_us;

	return (stalled ? sc->slow_until_us : at_us) - due_us;
}

static void send_what_is_due(struct scene *sc)
{
	for (unsigned i = 0; i < SCENE_LEGS; i++) {
		struct phone *p = &sc->phones[i];
		const unsigned sent = p->sent;
		const uint64_t late = late_us(sc, i, p->next_us);
		const bool begins = i == 0 && p->n_says && p->at_says % p->n_says == 0;

		sc->arrived_us[i] = p->next_us + late;
		p->next_us += late;
		phone_send(p, sc->now_us);
		p->next_us -= late;
		if (p->sent == sent)
			continue;
		if (begins) {
			sc->burst_us = sc->arrived_us[i];
			sc->heard_burst = false;
		}
		sc->late_us[i] = lateness_us(sc->path);
		sc->owed_us[i] += (p->sent - sent) * sc->drift_us[i];
		p->next_us = (uint64_t)((int64_t)p->next_us + (int64_t)sc->owed_us[i]);
		sc->owed_us[i] -= (int64_t)sc->owed_us[i];
	}
}

/* The packet that was sent to phones[1] just now: is it the burst's first? */
static void look_for_burst(struct scene *sc)
{
	const struct phone *ear = &sc->phones[1];
	int peak = 0;

	if (sc->heard_burst || sc->burst_us == 0 || ear->n_heard < 160)
		return;
	for (size_t i = ear->n_heard - 160; i < ear->n_heard; i++)
		peak = abs(ear->heard[i]) > peak ? abs(ear->heard[i]) : peak;
	if (peak < ONSET_PEAK)
		return;
	sc->heard_burst = true;
	if (sc->n_delays < SCENE_DELAYS)
		sc->delay_us[sc->n_delays++] = (uint32_t)(sc->now_us - sc->burst_us);
}

/* As the worker's thread does it: a slot, then what moves. */
static void run_slot(struct scene *sc, uint64_t due_us)
{
	const unsigned slot = (unsigned)((due_us - sc->begin_us) / WORKER_SLOT_US % WORKER_SLOTS);
	unsigned seat = sc->room.slot;

	sc->w->media.clock.now_us = sc->now_us;
	for (struct worker_room *room = sc->w->media.slots[slot].rooms; room; room = room->next_in_slot) {
		uint64_t gap_us = sc->now_us - sc->ticked_us;

		if (!worker_is_due(room))
			continue;
		sc->odd_gaps += sc->ticked_us &&
				(gap_us < FRAME_US - WORKER_SLOT_US || gap_us > FRAME_US + WORKER_SLOT_US);
		sc->ticked_us = sc->now_us;
		room_tick(room->room, late_plays_at(due_us, sc->now_us), 0, &phone_out);
		if (room == &sc->room)
			look_for_burst(sc);
	}
	if (!sc->sits)
		worker_follow_phases(sc->w, slot);
	sc->moves += sc->room.slot != seat;
	if (sc->phones[1].n_heard > PHONE_HEARD_MAX / 2) /* only the last of it is looked at */
		phone_forget(&sc->phones[1]);
}

/* Once in `stall` ms on average, each. */
static void stall(struct scene *sc, uint64_t due_us)
{
	const struct path *path = sc->path;
	const unsigned odds = path && path->stall ? path->stall * 1000 / WORKER_SLOT_US : 0;

	if (odds == 0)
		return;
	if (sc->slow_until_us <= due_us && scene_dice(odds) == 0) {
		sc->slow_from_us = due_us;
		sc->slow_until_us = due_us + scene_dice(path->stall_us);
	}
	if (sc->busy_until_us <= due_us && scene_dice(odds) == 0)
		sc->busy_until_us = due_us + scene_dice(path->stall_us);
}

/* Of a slot that is due at `due_us`: the frames that are past saving, in microseconds. */
static uint64_t give_up(struct scene *sc, uint64_t due_us)
{
	const unsigned frames =
		late_skips(sc->overloaded ? LATE_OURS : LATE_KEPT_WAITING, sc->now_us - due_us);

	if (frames > 0)
		room_skip(sc->room.room, frames);
	return (uint64_t)frames * FRAME_US;
}

void scene_run(struct scene *sc, unsigned ms)
{
	const uint64_t end_us = sc->now_us + ms * 1000;

	for (uint64_t due_us = sc->now_us; due_us < end_us; due_us += WORKER_SLOT_US) {
		stall(sc, due_us);
		sc->now_us = due_us > sc->busy_until_us ? due_us : sc->busy_until_us;
		due_us += give_up(sc, due_us);
		send_what_is_due(sc);
		run_slot(sc, due_us);
	}
	sc->now_us = end_us;
}

void scene_forget(struct scene *sc)
{
	sc->n_delays = sc->moves = 0;
}

static int by_size(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

uint32_t scene_delay_us(struct scene *sc, unsigned percent)
{
	CHECK(sc->n_delays > 0, "bursts were heard");
	qsort(sc->delay_us, sc->n_delays, sizeof(*sc->delay_us), by_size);
	return sc->delay_us[(sc->n_delays - 1) * percent / 100];
}
