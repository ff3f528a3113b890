#include "tools/crowd_caller.h"
#include <stdlib.h>
#include <string.h>

const char crowd_key_names[] = "0123456789*#ABCD";

static bool has_way(const struct crowd_caller *c, enum crowd_digits_by way)
{
	return (c->group->digits_by & (unsigned)way) != 0;
}

static const struct crowd_key *key_sound(const struct crowd_caller *c, char key)
{
	return &c->voice->keys[strchr(crowd_key_names, key) - crowd_key_names];
}

static void press_key(struct crowd_caller *c, char key, uint64_t now_us)
{
	const struct codec_info *codec = codec_info(c->voice->format.id);
	unsigned ms = c->group->press_ms;

	c->finger = CROWD_PRESSING;
	c->key_until_us = now_us + (uint64_t)(ms + CROWD_KEY_GAP_MS) * 1000;
	c->pressed++;
	if (has_way(c, CROWD_BY_EVENT) && c->call.answer.event_pt != CROWD_PT_NONE)
		keypad_press(&c->press, key, ms, codec->clock_hz, c->stream.timestamp);
	c->inband_at = 0;
	c->inband_n = has_way(c, CROWD_BY_INBAND) && c->pen ? key_sound(c, key)->n : 0;
	c->info_wanted = has_way(c, CROWD_BY_INFO);
}

/* Is the present step of the keys over? */
static bool step_done(const struct crowd_caller *c, uint64_t now_us)
{
	switch (c->finger) {
	case CROWD_PAUSING: return now_us >= c->key_until_us;
	case CROWD_WAITING:
		return now_us >= c->key_until_us || !c->ear ||
		       crowd_ear_quiet_us(c->ear, c->key_since_us, now_us) >=
			       (uint64_t)CROWD_KEYS_QUIET_MS * 1000;
	case CROWD_PRESSING:
		return now_us >= c->key_until_us && !c->press.digit && c->inband_at >= c->inband_n &&
		       !c->info_wanted;
	default: return true;
	}
}

static void next_step(struct crowd_caller *c, uint64_t now_us)
{
	if (c->key_at == c->keys.n) {
		c->finger = CROWD_KEYED;
		return;
	}
	char key = c->keys.steps[c->key_at++];
	c->key_since_us = now_us;
	if (key == ',') {
		c->finger = CROWD_PAUSING;
		c->key_until_us = now_us + (uint64_t)CROWD_KEYS_PAUSE_MS * 1000;
	} else if (key == 'w') {
		c->finger = CROWD_WAITING;
		c->key_until_us = now_us + (uint64_t)CROWD_KEYS_WAIT_MS * 1000;
	} else {
		press_key(c, key, now_us);
	}
}

/* A key as events, when one is on.  True: it takes the place of sound. */
static bool send_event(struct crowd_caller *c, struct crowd_media *media, uint32_t step)
{
	uint8_t payload[KEYPAD_EVENT_LEN];
	bool marker = false;
	uint32_t timestamp = c->press.timestamp; /* forgotten with the last packet */

	if (!c->press.digit || keypad_next(&c->press, (uint16_t)step, payload, &marker) != MIX_OK)
		return false;
	crowd_media_send(
		media, &c->stream, c->call.answer.event_pt, marker, timestamp, payload, sizeof(payload));
	return true;
}

/* A packet of the key that is pressed, or of silence between keys, by the caller's own encoder. */
static struct crowd_packet next_inband(struct crowd_caller *c)
{
	size_t n = rate_hz(codec_info(c->voice->format.id)->rate) / 1000 * c->group->ptime_ms, len = 0;
	int16_t pcm[48 * PTIME_MAX_MS] = { 0 };

	if (c->inband_at < c->inband_n) {
		size_t left = c->inband_n - c->inband_at, some = left < n ? left : n;
		memcpy(pcm, key_sound(c, c->keys.steps[c->key_at - 1])->pcm + c->inband_at,
			some * sizeof(*pcm));
		c->inband_at += some;
	}
	if (encoder_run(c->pen->encoder, pcm, n, c->pen->payload, sizeof(c->pen->payload), &len) != MIX_OK ||
		len < 2)
		len = 0;
	return (struct crowd_packet){ c->pen->payload, len, false };
}

static struct crowd_packet next_sound(struct crowd_caller *c)
{
	if (c->finger != CROWD_KEYED && c->pen)
		return next_inband(c);
	const struct crowd_clip *clip =
		c->finger == CROWD_KEYED && c->talks ? c->voice->talk : c->voice->quiet;
	return crowd_clip_packet(clip, c->say_at++);
}

bool crowd_caller_speak(
	struct crowd_caller *c, struct crowd_media *media, uint64_t now_us, struct crowd_outbox *out)
{
	const struct codec_info *codec = codec_info(c->voice->format.id);
	uint32_t step = codec->clock_hz / 1000 * c->group->ptime_ms;
	bool marks = false;

	if (!c->stream.on)
		return false;
	if (c->finger != CROWD_KEYED && step_done(c, now_us)) {
		next_step(c, now_us);
		if (c->finger == CROWD_KEYED && crowd_clip_spoken(c->voice->talk))
			c->say_at = 0; /* speech from its beginning; tones begin anywhere */
	}
	if (c->info_wanted &&
		crowd_call_info(&c->call, c->keys.steps[c->key_at - 1], c->group->press_ms, now_us, out))
		c->info_wanted = false;

	bool key = send_event(c, media, step);
	if (c->call.answer.receives && (!key || c->inband_at < c->inband_n)) {
		struct crowd_packet p = next_sound(c);
		if (p.marks) /* alone and at once, so that its time is known */
			crowd_media_flush(media);
		if (p.len > 0) {
			crowd_media_send(media, &c->stream, c->call.answer.payload_type, !c->spoke,
				c->stream.timestamp, p.payload, p.len);
			c->spoke = true;
		}
		marks = p.marks && c->finger == CROWD_KEYED && c->talks;
	}
	c->stream.timestamp += step;
	return marks;
}

void crowd_caller_free(struct crowd_caller *c)
{
	crowd_ear_free(c->ear);
	if (c->pen)
		encoder_free(c->pen->encoder);
	free(c->pen);
}
