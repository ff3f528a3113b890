/* links: mixer/choose.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/conceal.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/delay.c mixer/doze.c mixer/err.c mixer/lull.c mixer/hush.c mixer/jbuf.c mixer/keypad.c mixer/keypad_tx.c mixer/kit.c mixer/latch.c mixer/level.c mixer/limit.c mixer/mix.c mixer/narrow.c mixer/opus_peek.c mixer/resample.c mixer/ring.c mixer/room.c mixer/room_limit.c mixer/room_idle.c mixer/room_group.c mixer/rtcp.c mixer/rtp.c mixer/skew.c mixer/slots.c mixer/source.c mixer/stream.c mixer/stream_quality.c mixer/agc.c mixer/burst.c mixer/denoise.c mixer/echo.c mixer/oneway.c mixer/quality.c mixer/xr.c mixer/stream_rtcp.c mixer/stream_pace.c mixer/stream_rx.c mixer/stream_playout.c mixer/stream_take.c mixer/stream_tx.c mixer/stretch.c mixer/warp.c tests/phone.c mixer/exchange.c mixer/room_spread.c mixer/cipher.c mixer/seal.c mixer/stream_seal.c mixer/stream_ice.c mixer/ice.c mixer/binding.c mixer/room_clip.c mixer/clip.c mixer/quirk.c mixer/progress.c mixer/beep.c mixer/comfort.c mixer/unopened.c */
/* A crowded room of Opus callers whose lines are noisy: what it costs, and that a voice out of the noise is whole. */
#include "mixer/room.h"
#include "mixer/stream_priv.h"
#include "tests/phone.h"
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>

enum { PHONES = 12, MIXED = 2, TALKERS = 1, NOISE = 48000 * 7, SETTLE_TICKS = 150, TICKS = 400 };

static uint32_t dice(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static double noise(uint32_t *state, double dbov)
{
	return 32768 * sqrt(3) * pow(10, dbov / 20) * (2.0 * dice(state) / (1 << 24) - 1);
}

/* With a tone that is on for 0.7 s, then off for 0.3; or with a bump of 20 ms in the noise a second. */
static int16_t *line_of(double dbov, unsigned hz, double bump_db, uint32_t seed)
{
	int16_t *pcm = calloc(NOISE, sizeof(*pcm));

	CHECK(pcm, "memory");
	for (size_t i = 0; i < NOISE; i++) {
		double tone = hz && i % 48000 < 33600 ? 2300 * sin(2 * M_PI * hz * (double)i / 48000) : 0;

		pcm[i] = (int16_t)lrint(noise(&seed, dbov + (i % 48000 < 960 ? bump_db : 0)) + tone);
	}
	return pcm;
}

struct hall {
	struct room *room;
	struct phone phones[PHONES];
	int16_t *lines[PHONES];
	uint64_t now_us;
};

static void hall_open(struct hall *h, double dbov, double bump_db, unsigned lose_every)
{
	const struct room_config config = { .mixed_talkers = MIXED };
	const struct codec_format silk = {
		.id = CODEC_OPUS, .ptime_ms = 20, .complexity = 1, .silk = true, .fec = true
	};
	uint32_t seed = 5;

	memset(h, 0, sizeof(*h));
	h->now_us = 1000000;
	CHECK_INT(MIX_OK, room_alloc(&h->room, &config), "room");
	for (unsigned i = 0; i < PHONES; i++) {
		struct phone *p = &h->phones[i];

		phone_init(p, i + 1, CODEC_OPUS, 20, 440);
		p->encoder = encoder_free(p->encoder);
		CHECK_INT(MIX_OK, encoder_alloc(&p->encoder, &silk), "encoder");
		p->says = h->lines[i] = line_of(dbov, i < TALKERS ? 500 + 300 * i : 0, bump_db, i + 1);
		p->n_says = NOISE;
		p->lose_every = lose_every ? lose_every + i : 0;
		p->next_us = h->now_us + dice(&seed) % FRAME_US; /* packets begin where they like */
		room_add(h->room, p->stream);
	}
}

/* Every tick comes some milliseconds late, as on a machine with other work. */
static void hall_run(struct hall *h, unsigned ticks)
{
	uint32_t seed = 9;

	for (unsigned t = 0; t < ticks; t++) {
		uint64_t tick_us = h->now_us + dice(&seed) % 4000;

		for (unsigned i = 0; i < PHONES; i++)
			phone_send(&h->phones[i], tick_us);
		room_tick(h->room, tick_us, (uint64_t)(tick_us / 1000) << 22, &phone_out);
		h->now_us += FRAME_US;
	}
}

static void hall_close(struct hall *h)
{
	for (unsigned i = 0; i < PHONES; i++) {
		room_remove(h->room, h->phones[i].stream);
		phone_free(&h->phones[i]);
		free(h->lines[i]);
	}
	room_free(h->room);
}

TEST(noise_costs_next_to_no_decoding)
{
	static const struct {
		const char *story;
		double dbov, bump_db;
		unsigned lose_every;
		double most_decodes;   /* a second and noisy leg */
		unsigned most_encodes; /* a second */
	} cases[] = {
		{ "a fan, one packet in 40 lost", -55, 0, 40, 1.5, 50 * (TALKERS + 1) },
		{ "a fan that rattles", -55, 7, 0, 15, 250 },
	};
	const double seconds = TICKS * FRAME_MS / 1000.0;

	for (size_t c = 0; c < sizeof(cases) / sizeof(*cases); c++) {
		struct room_stats before, after;
		unsigned decodes = 0, talks = 0;
		struct hall h;
		double each, encodes;

		hall_open(&h, cases[c].dbov, cases[c].bump_db, cases[c].lose_every);
		hall_run(&h, SETTLE_TICKS);
		room_stats(h.room, &before);
		for (unsigned i = TALKERS; i < PHONES; i++) {
			decodes -= h.phones[i].stream->stats.decodes;
			talks -= h.phones[i].talk_on;
		}
		hall_run(&h, TICKS);
		room_stats(h.room, &after);
		for (unsigned i = TALKERS; i < PHONES; i++) {
			decodes += h.phones[i].stream->stats.decodes;
			talks += h.phones[i].talk_on;
		}
		encodes = (double)(after.encodes - before.encodes) / seconds;
		each = decodes / seconds / (PHONES - TALKERS);
		print_message("  %s: %.2f decodes a second and noisy leg, %.0f encodes a second, %u of them "
			      "taken for talk\n",
			cases[c].story, each, encodes, talks);
		CHECK(each <= cases[c].most_decodes, "%s: %.2f decodes a second", cases[c].story, each);
		CHECK_INT(0, talks, cases[c].story);
		CHECK(encodes <= cases[c].most_encodes, "%s: %.0f encodes a second", cases[c].story, encodes);
		hall_close(&h);
	}
}

TESTS(noise_costs_next_to_no_decoding)
