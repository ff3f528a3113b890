/* links: bridge/clips.c bridge/writer.c bridge/backlog.c bridge/writer_asks.c bridge/store.c bridge/store_schema.c bridge/store_site.c bridge/store_stir.c bridge/store_pass.c bridge/store_dial.c bridge/store_kept.c bridge/store_cdr.c bridge/store_records.c bridge/store_audit.c bridge/store_token.c bridge/store_backup.c bridge/store_webhook.c bridge/delivery.c bridge/access.c bridge/cdr.c bridge/when.c dialplan/days.c bridge/site.c bridge/site_fields.c bridge/site_read.c bridge/site_check.c bridge/site_names.c bridge/site_overlap.c bridge/zones.c bridge/site_write.c bridge/site_diff.c bridge/yaml.c bridge/yaml_value.c bridge/why.c bridge/err.c dialplan/plan.c dialplan/block.c dialplan/prefix.c dialplan/class.c dialplan/class_table.c dialplan/calendar.c dialplan/zone.c dialplan/number.c dialplan/err.c sip/trunk.c sip/err.c bridge/site_apart.c bridge/store_trunk.c bridge/prompts.c mixer/clip.c mixer/limit.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/resample.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/level.c mixer/err.c mixer/lull.c bridge/config_interfaces.c bridge/store_dips.c dialplan/money.c bridge/pattern.c sip/ere.c bridge/headers.c bridge/site_carrier.c bridge/texts.c sip/reroute_chosen.c */
/* Prompts in the formats that legs are sent: asked for by the first leg, encoded by the disk thread. */
#include "bridge/clips.h"
#include "mixer/clip.h"
#include "tests/test.h"
#include "tests/test_dir.h"

#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WAIT_MS = 20000 };

struct bed {
	struct test_dir set, dir;
	struct prompts *prompts;
	struct writer *writer;
	struct clips *clips;
};

static void missing(void *arg, const char *name)
{
	(void)arg;
	(void)name;
}

/* A set without a file: every prompt is a beep. */
static void bed_open(struct bed *bed)
{
	struct store *store = NULL;
	char why[256], language[100];

	bed->set = test_dir_make();
	bed->dir = test_dir_make();
	snprintf(language, sizeof(language), "%s/en", bed->set.path);
	CHECK_INT(0, mkdir(language, 0700), "a set");
	CHECK_INT(BRIDGE_OK, prompts_open(&bed->prompts, bed->set.path, "", "en", missing, NULL), "prompts");
	CHECK(store_open(&store, test_dir_file(&bed->dir, "p.db"), why, sizeof(why)) == BRIDGE_OK, "%s", why);
	CHECK_INT(BRIDGE_OK, writer_open(&bed->writer, store), "writer");
	CHECK_INT(BRIDGE_OK, clips_open(&bed->clips, bed->prompts, bed->writer), "clips");
	rmdir(language);
}

static void bed_close(struct bed *bed)
{
	bed->writer = writer_close(bed->writer);
	bed->clips = clips_close(bed->clips);
	bed->prompts = prompts_close(bed->prompts);
	test_dir_remove(&bed->set);
	test_dir_remove(&bed->dir);
}

static struct clips_stats stats_of(const struct bed *bed)
{
	struct clips_stats stats;

	clips_stats(bed->clips, &stats);
	return stats;
}

static void wait_ready(struct bed *bed, unsigned formats)
{
	struct pollfd done = { .fd = writer_fd(bed->writer), .events = POLLIN };

	while (stats_of(bed).ready < formats) {
		CHECK(poll(&done, 1, WAIT_MS) == 1, "%u formats are ready", stats_of(bed).ready);
		writer_poll(bed->writer);
	}
}

static const struct codec_format opus = { .id = CODEC_OPUS, .ptime_ms = 20, .complexity = 5, .fec = true };
static const struct codec_format pcmu = { .id = CODEC_PCMU, .ptime_ms = 20 };

TEST(a_format_is_made_once_when_it_is_first_asked_for)
{
	const struct codec_format g722 = { .id = CODEC_G722, .ptime_ms = 20 };
	struct bed bed;
	size_t bytes;

	bed_open(&bed);
	CHECK_INT(0, stats_of(&bed).formats, "nobody has asked");
	clips_want(bed.clips, &pcmu);
	CHECK_INT(0, stats_of(&bed).formats, "G.711 gains nothing");
	clips_want(bed.clips, &opus);
	clips_want(bed.clips, &opus);
	CHECK_INT(1, stats_of(&bed).formats, "asked twice, made once");
	wait_ready(&bed, 1);
	bytes = stats_of(&bed).bytes;
	CHECK(bytes > PROMPTS * 200u && bytes < CLIPS_BYTES, "%zu bytes", bytes);
	for (unsigned i = 0; i < PROMPT_TONE_0;
		i++) /* keys do not end in silence: each leg encodes its own */
		CHECK(clip_of(prompts_cue(bed.prompts, (enum prompt)i), &opus), "prompt %u is ready", i);
	clips_want(bed.clips, &g722);
	CHECK(!clip_of(prompts_cue(bed.prompts, PROMPT_WELCOME), &g722), "the control thread makes nothing");
	wait_ready(&bed, 2);
	CHECK(clip_of(prompts_cue(bed.prompts, PROMPT_WELCOME), &g722), "the second format as well");
	CHECK(stats_of(&bed).bytes > bytes, "is counted");
	bed_close(&bed);
}

TEST(a_far_end_cannot_ask_for_ever_more)
{
	struct codec_format any = opus;
	struct bed bed;

	bed_open(&bed);
	for (unsigned i = 0; i < 1000; i++) {
		any.bitrate_bps = 6000 + i;
		clips_want(bed.clips, &any);
	}
	CHECK_INT(CLIPS_FORMATS, stats_of(&bed).formats, "as many as there is room for");
	CHECK(!stats_of(&bed).ready, "and not made at once");
	bed_close(&bed); /* in the middle of it */
}

TESTS(a_format_is_made_once_when_it_is_first_asked_for, a_far_end_cannot_ask_for_ever_more)
