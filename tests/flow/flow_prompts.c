/* Prompts that were encoded once, as callers with Opus hear them: a softphone that somebody else has written, and a crowd. */
#include "tests/flow/ask.h"
#include "tests/flow/softphone.h"
#include "tests/test.h"
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	PROMPT_MS = 6000,
	READY_MS = 20000,
	BEFORE_MS = 1500 /* the figures of a worker are a second old */,
	STEP_MS = 100,
	CALLERS = 20
};

struct work {
	double encodes, shared;
};

static struct work work_of(const struct bridge *b)
{
	json_t *status = bridge_get(b, "/v1/status");
	struct work w = { json_at(status, "workers.0.encodes", -1),
		json_at(status, "workers.0.encodes_shared", -1) };

	json_decref(status);
	return w;
}

static bool is_ready(void *arg)
{
	char *page = bridge_text(arg, "GET", "/metrics", NULL, NULL, NULL);
	bool ready = page && strstr(page, "\npartyline_prompt_formats_ready 1\n");

	free(page);
	return ready;
}

static void forget_recordings(const struct bridge *b)
{
	DIR *folder = opendir(b->folder.path);

	for (struct dirent *e = readdir(folder); e; e = readdir(folder))
		if (strstr(e->d_name, "-dec.wav"))
			unlink(folder_file(&b->folder, e->d_name));
	closedir(folder);
}

/* baresip listens to the attendant, and hangs up. */
static void hear_attendant(struct bridge *b, struct sound *out)
{
	const struct softphone_case c = { "opus/48000/2", "opus", "+15550100", "", "", .rate = 48000,
		.channels = 2 };
	struct softphone phone;

	forget_recordings(b);
	softphone_start(b, &phone, &c);
	softphone_dial(b, &phone, &c);
	test_sleep_ms(PROMPT_MS);
	softphone_order(&phone, "hangup", "");
	softphone_quit(&phone);
	softphone_heard(b, out);
}

static unsigned begin_ms(const struct sound *s)
{
	unsigned at = 0;

	while (at + 10 < sound_ms(s) && sound_loudness(s, at, at + 10) < -45)
		at += 10;
	return at;
}

TEST(a_softphone_hears_the_same_prompt_without_an_encode)
{
	struct bridge b;
	struct sound own, shared;
	struct work before, after;
	unsigned a, c, loud = 0, alike = 0;

	CHECK(bridge_start(&b, NULL), "the bridge is up");
	hear_attendant(&b, &own); /* the first of its format: by its own encoder, in part at least */
	CHECK(wait_until(is_ready, &b, READY_MS), "all prompts are encoded");
	test_sleep_ms(BEFORE_MS);
	before = work_of(&b);
	hear_attendant(&b, &shared);
	test_sleep_ms(BEFORE_MS);
	after = work_of(&b);
	CHECK(after.shared - before.shared > 150, "%g packets shared", after.shared - before.shared);
	CHECK(after.encodes - before.encodes < 80, "%g encodes: of silence, until it repeats",
		after.encodes - before.encodes);

	a = begin_ms(&own);
	c = begin_ms(&shared);
	for (unsigned at = 0; at < 3000; at += STEP_MS) {
		const double x = sound_loudness(&own, a + at, a + at + STEP_MS),
			     y = sound_loudness(&shared, c + at, c + at + STEP_MS);

		loud += x > -40;
		alike += x > -40 && fabs(x - y) < 2.5;
	}
	CHECK(loud >= 15 && alike + 2 >= loud, "%u of %u stretches of speech are as loud", alike, loud);
	sound_free(&own);
	sound_free(&shared);
	CHECK_INT(0, bridge_stop(&b), "the bridge ends in order");
}

TEST(a_crowd_hears_it_without_an_encode_each)
{
	const char *const argv[] = { "--to", "", "--codec", "opus", "--calls", "20", "--rate", "8",
		"--seconds", "5", NULL };
	const char *one[sizeof(argv) / sizeof(*argv)];
	struct bridge b;
	struct work before, after;
	json_t *report;
	int code = -1;

	CHECK(bridge_start(&b, NULL), "the bridge is up");
	memcpy(one, argv, sizeof(argv));
	one[1] = b.uri_attendant;
	one[5] = "1";
	json_decref(bridge_crowd(&b, one, &code)); /* who makes them wanted */
	CHECK(code == 0 && wait_until(is_ready, &b, READY_MS), "all prompts are encoded");
	test_sleep_ms(BEFORE_MS);
	before = work_of(&b);
	one[5] = argv[5];
	report = bridge_crowd(&b, one, &code);
	test_sleep_ms(BEFORE_MS);
	after = work_of(&b);
	CHECK(report && code == 0, "crowd: %d", code);
	CHECK_INT(0, json_at(report, "groups.0.rtp.lost", -1), "nothing is missing from what they heard");
	CHECK(after.shared - before.shared > CALLERS * 150, "%g packets shared",
		after.shared - before.shared);
	CHECK(after.encodes - before.encodes < CALLERS * 10 + 100, "%g encodes",
		after.encodes - before.encodes);
	json_decref(report);
	CHECK_INT(0, bridge_stop(&b), "the bridge ends in order");
}

TESTS(a_softphone_hears_the_same_prompt_without_an_encode, a_crowd_hears_it_without_an_encode_each)
