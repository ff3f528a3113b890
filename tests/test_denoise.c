/* links: mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/denoise.c mixer/err.c mixer/level.c mixer/lull.c mixer/resample.c tests/speech.c */
#include "mixer/denoise.h"

#include "tests/speech.h"
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>

static double music_share_of(const char *path, unsigned *frames)
{
	struct speech s = speech_load(path, 40);
	struct music m = { 0 };
	unsigned on = 0;

	*frames = 0;
	for (size_t i = 0; i < s.n; i += 160, (*frames)++)
		on += music_frame(&m, RATE_8K, s.pcm + i);
	free(s.pcm);
	return *frames ? (double)on / *frames : 0;
}

TEST(music_is_told_from_speech)
{
	static const char *const speech[] = { "demo-instruct", "priv-callee-options", "conf-adminmenu-18",
		"vm-options", "basic-pbx-ivr-main", "demo-congrats" };
	static const char *const music[] = { "macroform-cold_day", "macroform-robot_dity",
		"manolo_camp-morning_coffee", "reno_project-system" };
	char path[200];
	unsigned frames;

	for (size_t i = 0; i < 6; i++) {
		snprintf(path, sizeof(path), SPEECH_FOLDER "%s.g722", speech[i]);
		double share = music_share_of(path, &frames);
		CHECK(frames > 300 && share < 0.01, "%s: %.2f of it is taken for music", speech[i], share);
	}
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), MUSIC_FOLDER "%s.wav", music[i]);
		double share = music_share_of(path, &frames);
		CHECK(frames == 0 || share > 0.4, "%s: %.2f of it is known as music", music[i], share);
	}
}

TEST(noise_is_not_music_and_a_chord_is)
{
	struct music noise = { 0 }, chord = { 0 };
	int16_t pcm[160];

	for (unsigned f = 0; f < 500; f++) {
		struct speech s = { pcm, 160 };

		memset(pcm, 0, sizeof(pcm));
		speech_add_noise(&s, -40, f + 1);
		CHECK(!music_frame(&noise, RATE_8K, pcm), "noise");
		for (unsigned i = 0; i < 160; i++) {
			double t = (f * 160 + i) / 8000.0;

			pcm[i] = (int16_t)lrint(2000 * (sin(2 * M_PI * 220 * t) + sin(2 * M_PI * 330 * t)));
		}
		CHECK(music_frame(&chord, RATE_8K, pcm) == (f >= 99),
			"a chord is music after two seconds, frame %u", f);
	}
}

TEST(noise_goes_down_and_the_voice_stays)
{
	struct speech s = speech_load(SPEECH_FOLDER "basic-pbx-ivr-main.g722", 20);
	struct denoise *d;
	int16_t pcm[50 * 160];
	struct speech pause = { pcm, 50 * 160 };
	double before, after;

	CHECK(s.n > 0, "speech is there");
	CHECK_INT(MIX_OK, denoise_alloc(&d, RATE_8K), "alloc");
	speech_scale(&s, -26);
	speech_add_noise(&s, -46, 1);
	before = active_level(s.pcm, s.n);
	for (size_t i = 0; i < s.n; i += 160)
		memcpy(s.pcm + i, denoise_frame(d, s.pcm + i), 160 * sizeof(*s.pcm));
	CHECK_NEAR(before, active_level(s.pcm + 16000, s.n - 16000), 2, "the voice is as loud");
	memset(pcm, 0, sizeof(pcm));
	speech_add_noise(&pause, -46, 2);
	before = rms_level(pcm, 50 * 160);
	for (size_t i = 0; i < 50 * 160; i += 160)
		memcpy(pcm + i, denoise_frame(d, pcm + i), 160 * sizeof(*pcm));
	after = rms_level(pcm + 25 * 160, 25 * 160);
	CHECK(after < before - 8, "the noise goes from %.1f to %.1f dBov", before, after);
	print_message("noise down by %.1f dB\n", before - after);
	denoise_free(d);
	free(s.pcm);
}

TEST(music_goes_through_as_it_is)
{
	for (enum rate_class rate = 0; rate < RATES; rate++) {
		size_t n = frame_samples(rate);
		int16_t pcm[FRAME_MAX], before[FRAME_MAX] = { 0 };
		struct denoise *d;

		CHECK_INT(MIX_OK, denoise_alloc(&d, rate), "alloc");
		for (unsigned f = 0; f < 300; f++) {
			int16_t now[FRAME_MAX];

			for (size_t i = 0; i < n; i++) {
				double t = (double)(f * n + i) / rate_hz(rate);

				now[i] = pcm[i] = (int16_t)lrint(
					3000 * (sin(2 * M_PI * 262 * t) + sin(2 * M_PI * 392 * t)));
			}
			memcpy(pcm, denoise_frame(d, pcm), n * sizeof(*pcm));
			CHECK(f < 110 || memcmp(pcm, before, n * sizeof(*pcm)) == 0,
				"frame %u is the one before", f);
			memcpy(before, now, sizeof(now));
		}
		CHECK(denoise_hears_music(d), "it knows");
		denoise_free(d);
	}
	CHECK(denoise_free(NULL) == NULL, "none");
	CHECK_INT(MIX_RANGE, denoise_alloc(NULL, RATES), "no such rate");
}

TESTS(music_is_told_from_speech, noise_is_not_music_and_a_chord_is, noise_goes_down_and_the_voice_stays,
	music_goes_through_as_it_is)
