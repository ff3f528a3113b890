#include "tools/crowd_gather.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct gathering { /* while callers are made */
	struct crowd_run *run;
	struct crowd_media *media;
	struct crowd_lines *lines;
	uint64_t random; /* of all that RTP and SIP want random */
	uint32_t token;  /* of this run */
};

static uint32_t random32(struct gathering *l)
{
	l->random = l->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(l->random >> 32);
}

static enum codec_id caller_codec(const struct crowd_group *g, uint32_t index)
{
	return g->codec != CODEC_NONE ? g->codec : (enum codec_id)(CODEC_NONE + 1 + index % (CODECS - 1));
}

static bool make_voice(struct gathering *l, const struct crowd_group *g, struct crowd_voice *v,
	enum codec_id codec, char *why, size_t why_cap)
{
	v->format = (struct codec_format){
		.id = codec, .ptime_ms = g->ptime_ms, .complexity = 5, .dtx = g->dtx, .silk = true
	};
	v->talk = crowd_clip_make(g->say, &v->format, l->run->options.seed, why, why_cap);
	if (!v->talk)
		return false;
	v->quiet = crowd_clip_make(g->quiet, &v->format, l->run->options.seed + 1, why, why_cap);
	if (!v->quiet)
		return false;
	for (unsigned i = 0; i < CROWD_KEYS && (g->digits_by & CROWD_BY_INBAND); i++) {
		if (!crowd_key_sound(&v->keys[i].pcm, &v->keys[i].n, crowd_key_names[i], g->press_ms,
			    CROWD_KEY_GAP_MS, codec_info(codec)->rate)) {
			snprintf(why, why_cap, "out of memory for keys");
			return false;
		}
	}
	return true;
}

static bool make_pen(struct crowd_caller *c, char *why, size_t why_cap)
{
	if (!(c->group->digits_by & CROWD_BY_INBAND) || c->keys.n == 0)
		return true;
	c->pen = calloc(1, sizeof(*c->pen));
	if (c->pen && encoder_alloc(&c->pen->encoder, &c->voice->format) == MIX_OK)
		return true;
	snprintf(why, why_cap, "out of memory for encoders");
	return false;
}

static bool make_ear(const struct crowd_options *o, struct crowd_caller *c, char *why, size_t why_cap)
{
	const struct crowd_group *g = c->group;
	bool records = g->record[0] && c->index == 0;
	bool listens = o->delay && !c->talks;

	if (!records && !listens && g->n_hear == 0 && !strchr(g->keys_text, 'w') &&
		!strchr(g->keys_text, 'W'))
		return true;
	c->ear = crowd_ear_alloc(c->voice->format.id, g->n_hear > 0);
	if (!c->ear) {
		snprintf(why, why_cap, "out of memory for ears");
		return false;
	}
	if (records && !crowd_ear_record(c->ear, g->record)) {
		snprintf(why, why_cap, "%s: cannot be written", g->record);
		return false;
	}
	return true;
}

/* Who calls whom, as SIP has it; the offer's port is known. */
static bool make_call(
	struct gathering *l, struct crowd_caller *c, enum codec_id codec, char *why, size_t why_cap)
{
	const struct crowd_group *g = c->group;
	const struct codec_info *info = codec_info(codec);
	struct crowd_call *call = &c->call;
	char ip[INET_ADDRSTRLEN];
	inet_ntop(AF_INET, &g->from_ip, ip, sizeof(ip));
	if (!crowd_template(
		    call->to_uri, sizeof(call->to_uri), g->to, g->each_first + c->room, g->each_width)) {
		snprintf(why, why_cap, "--to is too long");
		return false;
	}
	if (!crowd_template(call->from_user, sizeof(call->from_user), g->from_user, c->id + 1, 4)) {
		snprintf(why, why_cap, "--from is too long");
		return false;
	}
	if (!crowd_lines_at(l->lines, g->from_ip, &call->local, why, why_cap))
		return false;
	snprintf(call->call_id, sizeof(call->call_id), "%08x-%u@%s", l->token, c->id, ip);
	snprintf(call->from_tag, sizeof(call->from_tag), "%08x%u", random32(l), c->id);
	call->server = g->server;
	call->allow_remote = l->run->options.allow_remote;
	call->offer = (struct crowd_offer){ .session = random32(l) >> 1,
		.ip = c->stream.ip,
		.port = c->stream.port,
		.name = info->name,
		.clock_hz = info->clock_hz,
		.channels = info->channels,
		.ptime_ms = g->ptime_ms,
		.payload_type = (uint8_t)(info->payload_type == CODEC_DYNAMIC ? 96 : info->payload_type),
		.event_pt = g->digits_by & CROWD_BY_EVENT ? 101 : CROWD_PT_NONE,
		.comfort = g->comfort && info->clock_hz == 8000,
		.fmtp = codec == CODEC_OPUS ? (g->dtx ? "useinbandfec=1;usedtx=1" : "useinbandfec=1") : NULL,
		.direction = "sendrecv" };
	return true;
}

/* Fills in caller `index` of group `gi`. */
static bool make_caller(struct gathering *l, unsigned gi, uint32_t index, char *why, size_t why_cap)
{
	struct crowd_run *run = l->run;
	const struct crowd_group *g = &run->options.groups[gi];
	uint32_t id = run->groups[gi].first + index, values = crowd_group_values(g);
	struct crowd_caller *c = &run->callers[id];
	enum codec_id codec = caller_codec(g, index);
	struct crowd_voice *voice = &run->groups[gi].voices[codec];
	char keys[CROWD_KEYS_MAX];

	if (!voice->talk && !make_voice(l, g, voice, codec, why, why_cap))
		return false;
	c->group = g;
	c->voice = voice;
	c->id = id;
	c->index = index;
	c->room = index % values;
	c->talks = index < g->talkers;
	c->say_at = crowd_clip_spoken(voice->talk) || run->options.delay ? 0 : random32(l) % 10007;
	crowd_template(keys, sizeof(keys), g->keys_text, g->each_first + c->room, g->each_width);
	if (!crowd_keys_read(&c->keys, keys, why, why_cap) || !make_pen(c, why, why_cap) ||
		!make_ear(&run->options, c, why, why_cap))
		return false;

	unsigned phase = (index + gi * 7) % g->ptime_ms;
	if (!crowd_media_place(l->media, &c->stream, g->from_ip, phase, why, why_cap))
		return false;
	c->stream.ssrc = random32(l);
	c->stream.timestamp = random32(l);
	c->stream.seq = (uint16_t)random32(l);
	return make_call(l, c, codec, why, why_cap);
}

bool crowd_gather(struct crowd_run *run, struct crowd_media *media, struct crowd_lines *lines, char *why,
	size_t why_cap)
{
	/* Call-IDs of two runs must differ, whatever the seed. */
	struct gathering all = { .run = run,
		.media = media,
		.lines = lines,
		.random = run->options.seed * 2862933555777941757ULL + 3037000493ULL,
		.token = (uint32_t)crowd_now_us() ^ ((uint32_t)getpid() << 16) };
	uint32_t first = 0;

	run->callers = calloc(run->options.n_calls, sizeof(*run->callers));
	if (!run->callers) {
		snprintf(why, why_cap, "out of memory");
		return false;
	}

	for (unsigned gi = 0; gi < run->options.n_groups; gi++) {
		const struct crowd_group *g = &run->options.groups[gi];
		run->groups[gi].first = first;
		run->groups[gi].bursts = calloc(crowd_group_values(g), sizeof(*run->groups[gi].bursts));
		if (run->options.delay)
			run->groups[gi].delays.us = calloc(CROWD_DELAYS_MAX, sizeof(uint32_t));
		if (!run->groups[gi].bursts || (run->options.delay && !run->groups[gi].delays.us)) {
			snprintf(why, why_cap, "out of memory");
			return false;
		}
		for (uint32_t i = 0; i < g->calls; i++)
			if (!make_caller(&all, gi, i, why, why_cap))
				return false;
		first += g->calls;
	}
	return true;
}
