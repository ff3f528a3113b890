/* links: bridge/prompts.c mixer/clip.c mixer/limit.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/resample.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/level.c mixer/err.c mixer/lull.c */
#include "bridge/prompts.h"
#include "tests/test.h"
#include "tests/test_dir.h"
#include <stdlib.h>
#include <sys/stat.h>

/* A WAV of `ms` of a square wave at 8 kHz: enough to tell two files apart by length. */
static void write_wav(const char *directory, const char *name, unsigned ms)
{
	char path[400];
	unsigned bytes = ms * 8 * 2;
	uint32_t head[11] = { 0x46464952, 36 + bytes, 0x45564157, 0x20746d66, 16, 0x00010001, 8000, 16000,
		0x00100002, 0x61746164, bytes };
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "wb");
	CHECK(f != NULL, "%s", path);
	fwrite(head, sizeof(head), 1, f);
	for (unsigned i = 0; i < ms * 8; i++) {
		int16_t sample = i / 8 % 2 ? 3000 : -3000;

		fwrite(&sample, sizeof(sample), 1, f);
	}
	fclose(f);
}

static unsigned n_missing;

static void missing(void *arg, const char *name)
{
	(void)arg;
	CHECK(name && *name, "a missing prompt has a name");
	n_missing++;
}

static void remove_set(struct test_dir *dir, const char *language)
{
	static const char *const files[] = { "welcome.wav", "enter-pin.wav" };
	char path[200];

	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", language, files[i]);
		unlink(path);
	}
	rmdir(language);
	test_dir_remove(dir);
}

TEST(an_override_replaces_one_prompt_and_no_other)
{
	struct test_dir set = test_dir_make(), own = test_dir_make();
	char a[100], b[100];
	struct prompts *p = NULL;

	snprintf(a, sizeof(a), "%s/en", set.path);
	snprintf(b, sizeof(b), "%s/en", own.path);
	mkdir(a, 0700);
	mkdir(b, 0700);
	write_wav(a, "welcome.wav", 400);
	write_wav(a, "enter-pin.wav", 600);
	write_wav(b, "welcome.wav", 1000);

	n_missing = 0;
	CHECK_INT(BRIDGE_OK, prompts_open(&p, set.path, own.path, "en", missing, NULL), "opens");
	CHECK_NEAR(1000, cue_ms(prompts_cue(p, PROMPT_WELCOME)), 20, "the operator's own");
	CHECK_NEAR(600, cue_ms(prompts_cue(p, PROMPT_ENTER_PIN)), 20, "the set's, not overridden");
	CHECK_INT(PROMPT_CHIME_IN - 2, n_missing, "every other name is reported");
	CHECK(cue_ms(prompts_cue(p, PROMPT_GOODBYE)) >= 200, "and has a beep in its place");
	p = prompts_close(p);

	CHECK_INT(BRIDGE_OK, prompts_open(&p, set.path, "", "en", missing, NULL), "without an override");
	CHECK_NEAR(400, cue_ms(prompts_cue(p, PROMPT_WELCOME)), 20, "the set's own");
	prompts_close(p);
	CHECK_INT(BRIDGE_FILE, prompts_open(&p, set.path, "", "xx", missing, NULL), "no such language");
	remove_set(&set, a);
	remove_set(&own, b);
}

TESTS(an_override_replaces_one_prompt_and_no_other)
