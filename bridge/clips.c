#include "bridge/clips.h"

#include "mixer/clip.h"
#include <stdlib.h>

struct ready {
	struct codec_format format;
	unsigned next; /* prompt to be encoded; PROMPTS: all are */
};

struct clips {
	struct prompts *prompts; /* borrowed */
	struct writer *writer;   /* borrowed */
	struct ready formats[CLIPS_FORMATS];
	unsigned n;
	size_t bytes;
	bool at_work; /* the disk thread has `job` */
	struct {
		struct ready *of;
		size_t size;
	} job;
};

enum bridge_err clips_open(struct clips **out, struct prompts *p, struct writer *w)
{
	struct clips *c = calloc(1, sizeof(*c));

	if (!c)
		return BRIDGE_NOMEM;
	c->prompts = p;
	c->writer = w;
	*out = c;
	return BRIDGE_OK;
}

struct clips *clips_close(struct clips *c)
{
	free(c);
	return NULL;
}

/* The disk thread.  A prompt that cannot be encoded is left to the legs' own encoders. */
static enum bridge_err encode_one(void *arg, struct store *store)
{
	struct clips *c = arg;
	const struct ready *r = c->job.of;

	(void)store;
	c->job.size = 0;
	(void)prompts_encode(c->prompts, (enum prompt)r->next, &r->format, &c->job.size);
	return BRIDGE_OK;
}

static void go_on(struct clips *c);

static void encoded(void *arg, enum bridge_err err, const char *text)
{
	struct clips *c = arg;

	(void)text;
	c->at_work = false;
	if (err) /* we are closing */
		return;
	c->bytes += c->job.size;
	c->job.of->next++;
	go_on(c);
}

static void go_on(struct clips *c)
{
	for (unsigned i = 0; i < c->n && !c->at_work && c->bytes < CLIPS_BYTES; i++)
		if (c->formats[i].next < PROMPTS) {
			c->job.of = &c->formats[i];
			c->at_work = true;
			writer_do(c->writer, encode_one, encoded, c);
		}
}

void clips_want(struct clips *c, const struct codec_format *format)
{
	if (!clip_serves(format))
		return;
	for (unsigned i = 0; i < c->n; i++)
		if (codec_format_equal(&c->formats[i].format, format))
			return;
	if (c->n == CLIPS_FORMATS)
		return;
	c->formats[c->n++] = (struct ready){ .format = *format };
	go_on(c);
}

void clips_stats(const struct clips *c, struct clips_stats *out)
{
	*out = (struct clips_stats){ .formats = c->n, .bytes = c->bytes };
	for (unsigned i = 0; i < c->n; i++)
		out->ready += c->formats[i].next == PROMPTS;
}
