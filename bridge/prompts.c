#include "bridge/prompts.h"
#include "mixer/clip.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct prompts {
	struct cue *cues[PROMPTS]; /* owned */
};

static const char *const names[] = {
	[PROMPT_WELCOME] = "welcome",
	[PROMPT_ENTER_ID] = "enter-meeting-id",
	[PROMPT_WRONG_ID] = "wrong-meeting-id",
	[PROMPT_ENTER_PIN] = "enter-pin",
	[PROMPT_WRONG_PIN] = "wrong-pin",
	[PROMPT_NO_INPUT] = "no-input",
	[PROMPT_GIVE_UP] = "give-up",
	[PROMPT_GOODBYE] = "goodbye",
	[PROMPT_FULL] = "meeting-full",
	[PROMPT_LOCKED] = "meeting-locked",
	[PROMPT_ENDED] = "meeting-ended",
	[PROMPT_NO_SERVICE] = "no-service",
	[PROMPT_REMOVED] = "removed",
	[PROMPT_ALONE] = "alone",
	[PROMPT_ONE_OTHER] = "one-other",
	[PROMPT_THERE_ARE] = "there-are",
	[PROMPT_OTHER_PEOPLE] = "other-people",
	[PROMPT_MUTED] = "muted",
	[PROMPT_UNMUTED] = "unmuted",
	[PROMPT_ALL_MUTED] = "all-muted",
	[PROMPT_ALL_UNMUTED] = "all-unmuted",
	[PROMPT_IS_LOCKED] = "locked",
	[PROMPT_IS_UNLOCKED] = "unlocked",
	[PROMPT_HAND_RAISED] = "hand-raised",
	[PROMPT_HAND_LOWERED] = "hand-lowered",
	[PROMPT_HOST_MUTED] = "host-muted",
	[PROMPT_HELP] = "help",
	[PROMPT_HELP_HOST] = "help-host",
	[PROMPT_NOT_VALID] = "not-valid",
	[PROMPT_INVITED] = "invited",
	[PROMPT_PRESS_ONE] = "press-one",
	[PROMPT_KEYS_THERE] = "keys-there",
	[PROMPT_KEYS_HERE] = "keys-here",
	[PROMPT_UNASSIGNED] = "unassigned",
	[PROMPT_HUNDRED] = "digit-hundred",
	[PROMPT_THOUSAND] = "digit-thousand",
};

static void prompt_name(char *out, size_t cap, unsigned prompt)
{
	if (prompt >= PROMPT_DIGIT_0 && prompt < PROMPT_TENS)
		snprintf(out, cap, "digit-%u", prompt - PROMPT_DIGIT_0);
	else if (prompt >= PROMPT_TENS && prompt < PROMPT_HUNDRED)
		snprintf(out, cap, "digit-%u", (prompt - PROMPT_TENS + 3) * 10);
	else
		snprintf(out, cap, "%s", names[prompt]);
}

static enum mix_err load_from(struct cue **out, const char *directory, const char *name)
{
	static const char *const endings[] = { "wav", "flac", "ogg", "g722" };
	char path[1024];

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		snprintf(path, sizeof(path), "%s/%s.%s", directory, name, endings[i]);
		if (access(path, R_OK) == 0)
			return cue_load(out, path);
	}
	return MIX_FILE;
}

/* Two soft notes, rising when somebody comes and falling when somebody goes (Y6: no loud tones). */
static enum mix_err make_chime(struct cue **out, unsigned first_hz, unsigned second_hz)
{
	struct cue *parts[2] = { NULL, NULL };
	enum mix_err err = cue_tone(&parts[0], first_hz, 0, 26, 120, 0);

	if (!err)
		err = cue_tone(&parts[1], second_hz, 0, 26, 160, 20);
	if (!err)
		err = cue_join(out, (const struct cue *const *)parts, 2);
	cue_free(parts[0]);
	cue_free(parts[1]);
	return err;
}

/* ITU-T Q.23, in the order of RFC 4733 section 3.2; each of both -10 dBm0, as telephones send. */
static enum mix_err make_key(struct cue **out, unsigned key)
{
	enum { KEY_DBOV = 13, KEY_MS = 100 };
	static const unsigned low_hz[] = { 697, 770, 852, 941 }, high_hz[] = { 1209, 1336, 1477, 1633 };
	static const char places[] = "123A456B789C*0#D", keys[] = "0123456789*#ABCD";
	const size_t at = (size_t)(strchr(places, keys[key]) - places);

	return cue_tone(out, low_hz[at / 4], high_hz[at % 4], KEY_DBOV, KEY_MS, 0);
}

enum bridge_err prompts_open(struct prompts **out, const char *directory, const char *override,
	const char *language, void (*missing)(void *arg, const char *name), void *arg)
{
	char own[900], first[900], name[64];
	struct prompts *p = calloc(1, sizeof(*p));

	if (!p)
		return BRIDGE_NOMEM;
	snprintf(own, sizeof(own), "%s/%s", directory, language);
	snprintf(first, sizeof(first), "%s/%s", override, language);
	if (access(own, R_OK | X_OK) != 0) {
		prompts_close(p);
		return BRIDGE_FILE;
	}
	for (unsigned i = 0; i < PROMPT_CHIME_IN; i++) {
		prompt_name(name, sizeof(name), i);
		if ((*override && load_from(&p->cues[i], first, name) == MIX_OK) ||
			load_from(&p->cues[i], own, name) == MIX_OK)
			continue;
		missing(arg, name);
		if (cue_tone(&p->cues[i], 440, 0, 26, 200, 100) != MIX_OK)
			goto fail;
	}
	if (make_chime(&p->cues[PROMPT_CHIME_IN], 660, 880) != MIX_OK ||
		make_chime(&p->cues[PROMPT_CHIME_OUT], 880, 587) != MIX_OK)
		goto fail;
	for (unsigned i = 0; i < PROMPTS - PROMPT_TONE_0; i++)
		if (make_key(&p->cues[PROMPT_TONE_0 + i], i) != MIX_OK)
			goto fail;
	*out = p;
	return BRIDGE_OK;
fail:
	prompts_close(p);
	return BRIDGE_NOMEM;
}

struct prompts *prompts_close(struct prompts *p)
{
	if (!p)
		return NULL;
	for (unsigned i = 0; i < PROMPTS; i++)
		cue_free(p->cues[i]);
	free(p);
	return NULL;
}

const struct cue *prompts_cue(const struct prompts *p, enum prompt prompt)
{
	return p->cues[prompt];
}

enum mix_err prompts_encode(
	struct prompts *p, enum prompt prompt, const struct codec_format *format, size_t *size)
{
	struct clip *clip = NULL;
	enum mix_err err = clip_make(&clip, p->cues[prompt], format);

	if (!err)
		err = clip_attach(p->cues[prompt], clip);
	if (err)
		clip_free(clip);
	else
		*size = clip_size(clip);
	return err;
}
