/* crowd_caller.h - one simulated person: a call, a voice, an ear, and a finger on the keys.
 *
 * How: every ptime the caller sends one packet: of the key that is being pressed, of what it says
 * when it is there to talk, else of its quiet sound.  It keys in first and talks then.
 *
 * Thread: one.
 */
#ifndef TOOLS_CROWD_CALLER_H
#define TOOLS_CROWD_CALLER_H

#include "mixer/keypad.h"
#include "tools/crowd_call.h"
#include "tools/crowd_clip.h"
#include "tools/crowd_hear.h"
#include "tools/crowd_keys.h"
#include "tools/crowd_media.h"
#include "tools/crowd_options.h"

enum { CROWD_KEY_GAP_MS = 100, CROWD_KEYS = 16 };

enum crowd_finger { CROWD_NEXT_KEY, CROWD_PAUSING, CROWD_WAITING, CROWD_PRESSING, CROWD_KEYED };

/* The sounds of one (group, codec): made once for all its callers. */
struct crowd_voice {
	struct crowd_clip *talk, *quiet; /* owned; NULL: codec not in use */
	struct crowd_key {
		int16_t *pcm; /* owned; NULL: keys do not go as tones */
		size_t n;
	} keys[CROWD_KEYS]; /* by place in crowd_key_names */
	struct codec_format format;
};
extern const char crowd_key_names[];

/* An encoder of a caller's own, for keys as tones: what is pressed now and then cannot come from a loop,
 * because a codec's memory would not fit. */
struct crowd_pen {
	struct encoder *encoder; /* owned */
	uint8_t payload[CODEC_PAYLOAD_MAX];
};

struct crowd_caller {
	struct crowd_call call;
	struct crowd_stream stream;
	const struct crowd_group *group;
	const struct crowd_voice *voice; /* borrowed from the run */
	uint32_t id, index, room;        /* of the run; in its group; by --each */
	bool talks;
	struct crowd_ear *ear; /* owned; NULL: what comes is counted only */
	size_t say_at;         /* packet of its sound */
	struct crowd_keys keys;
	enum crowd_finger finger;
	unsigned key_at; /* step of keys */
	uint64_t key_until_us, key_since_us;
	struct keypad_tx press;
	struct crowd_pen *pen;      /* owned; NULL: keys do not go as tones */
	size_t inband_at, inband_n; /* samples of the key */
	bool info_wanted;
	unsigned pressed;
	bool spoke; /* the first packet of all is marked */
	bool settled;
	bool hung_up; /* asked to */
	uint64_t settled_us;
};

/* One ptime has passed: sends what is due. `out` takes an INFO.  True: a burst begins with this packet. */
bool crowd_caller_speak(
	struct crowd_caller *c, struct crowd_media *media, uint64_t now_us, struct crowd_outbox *out);
void crowd_caller_free(struct crowd_caller *c); /* what it owns */
#endif
