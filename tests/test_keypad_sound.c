/* links: mixer/keypad.c mixer/keypad_tx.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/err.c mixer/lull.c */
#include "mixer/keypad.h"

#include "mixer/codec.h"
#include "tests/test.h"

#include <math.h>
#include <spandsp.h>
#include <stdlib.h>

enum { FRAME = 160, FRAME_US_8K = 20000, SOUND_MAX = 8000 * 30 };

struct line { /* what the leg sends: sound, and what was made of it */
	int16_t pcm[SOUND_MAX];
	size_t n;
};

static void add_silence(struct line *l, unsigned ms)
{
	memset(l->pcm + l->n, 0, ms * 8 * sizeof(int16_t));
	l->n += ms * 8;
}

/* Keys as a phone makes them; level of the low tone in dBm0, the high one `twist` dB louder. */
static void add_keys(struct line *l, const char *keys, int level, int twist, int on_ms, int off_ms)
{
	dtmf_tx_state_t *tx = dtmf_tx_init(NULL);

	dtmf_tx_set_level(tx, level, twist);
	dtmf_tx_set_timing(tx, on_ms, off_ms);
	dtmf_tx_put(tx, keys, -1);
	for (int got = 1; got > 0 && l->n + 800 < SOUND_MAX; l->n += (size_t)got)
		got = dtmf_tx(tx, l->pcm + l->n, 800);
	dtmf_tx_free(tx);
}

/* Rough speech: pulses of a wandering pitch through three wandering resonances. */
static void speech(int16_t *pcm, size_t n, double amplitude, unsigned seed)
{
	double a[3][2] = { { 0 } }, phase = 0;

	srand(seed);
	double pitch = 120, formant[3] = { 500, 1500, 2500 };
	for (size_t i = 0; i < n; i++) {
		if (i % 800 == 0) {
			pitch = 90 + rand() % 160;
			formant[0] = 250 + rand() % 600;
			formant[1] = 800 + rand() % 1400;
			formant[2] = 2200 + rand() % 1000;
		}
		phase += pitch / 8000;
		double x = phase >= 1 ? 1 : (rand() % 100 - 50) / 2000.0;
		phase = phase >= 1 ? phase - 1 : phase;
		for (unsigned f = 0; f < 3; f++) {
			double r = 0.96,
			       y = x + 2 * r * cos(2 * M_PI * formant[f] / 8000) * a[f][0] - r * r * a[f][1];
			a[f][1] = a[f][0];
			a[f][0] = y;
			x = y * 0.3;
		}
		double v = amplitude * x * (0.5 + 0.5 * sin((double)i / 700));
		pcm[i] = (int16_t)(v > 32000 ? 32000 : v < -32000 ? -32000 : lrint(v));
	}
}

static const char *heard(const struct line *l)
{
	static char out[128];
	struct keypad *k = NULL;
	size_t len = 0;

	CHECK_INT(MIX_OK, keypad_alloc(&k), "alloc");
	for (size_t at = 0; at + FRAME <= l->n; at += FRAME) {
		char key = keypad_sound(k, l->pcm + at, FRAME, at / FRAME * FRAME_US_8K);
		if (key && len < sizeof(out) - 1)
			out[len++] = key;
	}
	out[len] = 0;
	keypad_free(k);
	return out;
}

TEST(tones_are_heard_at_every_level_of_q24)
{
	static const struct {
		const char *story;
		int level, twist, on_ms, off_ms;
	} cases[] = {
		{ "as most phones send them", -10, 2, 100, 100 },
		{ "loud", -4, 0, 60, 60 },
		{ "far away", -25, 0, 60, 60 },
		{ "far away, high tone weaker", -22, -6, 60, 60 },
		{ "high tone stronger by 3", -12, 3, 60, 60 },
		{ "high tone weaker by 6", -8, -6, 60, 60 },
		{ "as short as allowed", -10, 0, 50, 45 },
		{ "held long", -10, 0, 600, 80 },
	};
	static const char keys[] = "0123456789*#ABCD1199";
	static struct line l;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (unsigned shift = 0; shift < 5; shift++) { /* tones do not begin where frames do */
			l.n = 0;
			add_silence(&l, 40 + shift * 3);
			add_keys(&l, keys, cases[i].level, cases[i].twist, cases[i].on_ms, cases[i].off_ms);
			add_silence(&l, 100);
			CHECK_STR(keys, heard(&l), cases[i].story);
		}
	}
}

TEST(tones_are_heard_through_codecs_and_noise)
{
	static const char keys[] = "0123456789*#ABCD1199";
	static struct line l;

	for (enum codec_id id = CODEC_PCMU; id <= CODEC_PCMA; id++) {
		struct codec_format format = { .id = id, .ptime_ms = 20 };
		struct encoder *e = NULL;
		struct decoder *d = NULL;
		uint8_t payload[FRAME];
		size_t len = 0, n = 0;
		CHECK_INT(MIX_OK, encoder_alloc(&e, &format), "encoder");
		CHECK_INT(MIX_OK, decoder_alloc(&d, id), "decoder");
		l.n = 0;
		add_silence(&l, 50);
		add_keys(&l, keys, -14, 2, 70, 70);
		add_silence(&l, 100);
		srand(4);
		for (size_t i = 0; i < l.n; i++) /* noise 20 dB under the tones */
			l.pcm[i] = (int16_t)(l.pcm[i] + rand() % 1400 - 700);
		for (size_t at = 0; at + FRAME <= l.n; at += FRAME) {
			CHECK_INT(MIX_OK, encoder_run(e, l.pcm + at, FRAME, payload, sizeof(payload), &len),
				"encode");
			CHECK_INT(MIX_OK, decoder_run(d, payload, len, l.pcm + at, FRAME, &n), "decode");
		}
		CHECK_STR(keys, heard(&l), codec_info(id)->name);
		encoder_free(e);
		decoder_free(d);
	}
}

TEST(what_is_no_tone_is_no_key)
{
	static struct line l;
	static const char *const stories[] = { "speech", "loud speech", "noise", "a tone of 697 Hz",
		"dial tone", "tones too short (Q.24: under 20 ms)", "one tone 15 dB stronger" };

	for (unsigned kind = 0; kind < 7; kind++) {
		l.n = SOUND_MAX;
		srand(kind);
		if (kind < 2)
			speech(l.pcm, l.n, kind ? 20000 : 5000, kind);
		for (size_t i = 0; kind >= 2 && kind < 5 && i < l.n; i++) {
			double t = 2 * M_PI * (double)i / 8000;
			l.pcm[i] = (int16_t)(kind == 2   ? rand() % 20000 - 10000
					     : kind == 3 ? 9000 * sin(697 * t)
							 : 4000 * (sin(350 * t) + sin(440 * t)));
		}
		if (kind >= 5) {
			l.n = 0;
			add_keys(&l, "123456789", -10, kind == 5 ? 0 : -15, kind == 5 ? 18 : 100, 100);
		}
		CHECK_STR("", heard(&l), stories[kind]);
	}
}

TEST(a_key_over_speech_counts_once)
{
	/* A short sidetone of voice must not break one press into several. */
	static struct line l, voice;

	voice.n = SOUND_MAX;
	speech(voice.pcm, voice.n, 1200, 5);
	l.n = 0;
	add_silence(&l, 200);
	add_keys(&l, "159#", -8, 0, 200, 200);
	add_silence(&l, 200);
	for (size_t i = 0; i < l.n; i++)
		l.pcm[i] = (int16_t)(l.pcm[i] + voice.pcm[i]);
	CHECK_STR("159#", heard(&l), "keys over a voice 20 dB lower");
}

TEST(lost_packets_in_a_tone_are_no_second_press)
{
	static struct line l;
	static const int16_t nothing[FRAME];
	struct keypad *k = NULL;

	for (size_t lost = 5; lost < 14; lost++) {
		for (size_t burst = 1; burst <= 4; burst++) {
			unsigned count = 0;
			l.n = 0;
			add_silence(&l, 43);
			add_keys(&l, "7", -10, 0, 300, 100);
			CHECK_INT(MIX_OK, keypad_alloc(&k), "alloc");
			for (size_t at = 0; at + FRAME <= l.n; at += FRAME) {
				size_t frame = at / FRAME;
				uint64_t now_us = frame * FRAME_US_8K;
				if (frame >= lost && frame < lost + burst)
					count += keypad_made_up(k, nothing, FRAME, now_us) != 0;
				else
					count += keypad_sound(k, l.pcm + at, FRAME, now_us) != 0;
			}
			CHECK_INT(1, count, "300 ms of one key");
			CHECK(!keypad_busy(k, 10000000), "and it ended");
			keypad_free(k);
		}
	}
}

TEST(a_made_up_frame_may_complete_a_tone)
{
	/* Concealment repeats the tone: a short key whose end was lost is still heard. */
	static struct line l;
	struct keypad *k = NULL;
	unsigned count = 0;

	l.n = 0;
	add_keys(&l, "7", -10, 0, 40, 60);
	CHECK_INT(MIX_OK, keypad_alloc(&k), "alloc");
	count += keypad_sound(k, l.pcm, FRAME, 0) != 0;
	count += keypad_made_up(k, l.pcm + FRAME, FRAME, FRAME_US_8K) != 0;
	count += keypad_sound(k, l.pcm + 2L * FRAME, FRAME, 2 * FRAME_US_8K) != 0;
	CHECK_INT(1, count, "one key");
	keypad_free(k);
}

/* A leg that sends each press by RFC 4733 and leaves its tone in the sound as well: `gap_ms` apart, held
 * `on_ms`.  The events come `late_ms` after the sound (negative: before it). */
static const char *heard_both(const char *keys, int on_ms, int gap_ms, int late_ms)
{
	static struct line l;
	static char out[64];
	enum { LEAD_MS = 500, STEP_MS = 20 };
	struct keypad *k = NULL;
	size_t len = 0;

	l.n = 0;
	add_silence(&l, LEAD_MS);
	add_keys(&l, keys, -10, 0, on_ms, gap_ms);
	add_silence(&l, 1000);
	CHECK_INT(MIX_OK, keypad_alloc(&k), "alloc");
	for (int now_ms = 0; (size_t)now_ms * 8 + FRAME <= l.n; now_ms += STEP_MS) {
		uint64_t now_us = (uint64_t)now_ms * 1000 + 1000000;
		for (int i = 0; keys[i]; i++) {
			int held_ms = now_ms - (LEAD_MS + late_ms + i * (on_ms + gap_ms));
			if (held_ms < 0 || held_ms >= on_ms + 3 * STEP_MS)
				continue; /* the last three packets carry the end bit */
			int duration = 8 * (held_ms < on_ms ? held_ms : on_ms);
			uint8_t payload[4] = { (uint8_t)(keys[i] - '0'),
				(uint8_t)(held_ms >= on_ms ? 0x8a : 10), (uint8_t)(duration >> 8),
				(uint8_t)duration };
			char key = keypad_event(
				k, payload, 4, (uint32_t)(5000 + i * 8 * (on_ms + gap_ms)), now_us);
			if (key)
				out[len++] = key;
		}
		char key = keypad_sound(k, l.pcm + now_ms * 8, FRAME, now_us);
		if (key)
			out[len++] = key;
	}
	out[len] = 0;
	keypad_free(k);
	return out;
}

TEST(a_key_sent_in_two_ways_at_once_is_one_key)
{
	static const struct {
		const char *story, *keys;
		int on_ms, gap_ms;
	} cases[] = {
		{ "one key", "5", 100, 100 },
		{ "a PIN", "483920175", 100, 100 },
		{ "the same key twice quickly", "55", 80, 60 },
		{ "the same key five times, very quickly", "11111", 60, 50 },
		{ "pairs in a PIN", "900911", 70, 60 },
		{ "held long", "77", 900, 200 },
	};
	static const int late_ms[] = { -300, -200, -100, -60, -40, -20, 0, 20, 40, 60, 100, 200, 300 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (size_t k = 0; k < sizeof(late_ms) / sizeof(*late_ms); k++) {
			char story[96];
			snprintf(story, sizeof(story), "%s, events %d ms after the sound", cases[i].story,
				late_ms[k]);
			CHECK_STR(cases[i].keys,
				heard_both(cases[i].keys, cases[i].on_ms, cases[i].gap_ms, late_ms[k]),
				story);
		}
}

TEST(an_event_that_comes_late_in_a_long_tone_is_that_tone)
{
	CHECK_STR("77", heard_both("77", 900, 200, 600), "600 ms late");
}

TEST(while_an_event_is_held_no_tone_is_another_key)
{
	static struct line l;
	static const uint8_t five[] = { 5, 10, 0, 160 };
	struct keypad *k = NULL;

	l.n = 0;
	add_keys(&l, "7", -10, 0, 200, 0);
	CHECK_INT(MIX_OK, keypad_alloc(&k), "alloc");
	for (size_t at = 0; at + FRAME <= l.n; at += FRAME) {
		uint64_t now_us = at / FRAME * FRAME_US_8K;
		CHECK_INT(at ? 0 : '5', keypad_event(k, five, 4, 99, now_us), "the event");
		CHECK_INT(0, keypad_sound(k, l.pcm + at, FRAME, now_us), "the sound");
	}
	keypad_free(k);
}

TEST(busy_covers_the_tone)
{
	static struct line l;
	unsigned open_ms = 0;

	for (unsigned lead_ms = 100; lead_ms < 120; lead_ms += 2) {
		size_t begin = lead_ms * 8, end = begin + 2400;
		struct keypad *k = NULL;
		l.n = 0;
		add_silence(&l, lead_ms);
		add_keys(&l, "5", -10, 0, 300, 100);
		add_silence(&l, 100);
		CHECK_INT(MIX_OK, keypad_alloc(&k), "alloc");
		for (size_t at = 0; at + FRAME <= l.n; at += FRAME) {
			uint64_t now_us = at / FRAME * FRAME_US_8K;
			keypad_sound(k, l.pcm + at, FRAME, now_us);
			bool busy = keypad_busy(k, now_us);
			if (at + FRAME > begin && at < end && !busy) /* this frame's tone would be mixed */
				open_ms += (unsigned)(at >= begin ? FRAME : at + FRAME - begin) / 8;
			CHECK(!busy || at + FRAME > begin, "busy before the key");
			CHECK(!busy || at < end + 480, "busy 60 ms after the key");
		}
		keypad_free(k);
	}
	CHECK(open_ms / 10 < 15, "%u ms of a tone get through", open_ms / 10);
}

TESTS(tones_are_heard_at_every_level_of_q24, tones_are_heard_through_codecs_and_noise,
	what_is_no_tone_is_no_key, a_key_over_speech_counts_once, lost_packets_in_a_tone_are_no_second_press,
	a_made_up_frame_may_complete_a_tone, a_key_sent_in_two_ways_at_once_is_one_key,
	an_event_that_comes_late_in_a_long_tone_is_that_tone, while_an_event_is_held_no_tone_is_another_key,
	busy_covers_the_tone)
