/* prompts.h - the prompt set: every sound the bridge can say, loaded once at start.  Which of them lie ready as packets: clips.h.
 *
 * How: a prompt is a name; its sound is the first NAME.{wav,flac,ogg,g722} found in the override folder,
 * then in the set's own.  Prompts are data: what is missing becomes a short beep and is
 * reported, so that calls go on.  Cues live as long as the process, so media workers may hold them.
 *
 * Thread: loaded before threads start; read by any; encoded by one at a time.
 */
#ifndef BRIDGE_PROMPTS_H
#define BRIDGE_PROMPTS_H

#include "bridge/err.h"
#include "mixer/codec.h"
#include "mixer/cue.h"

enum prompt {
	PROMPT_WELCOME,
	PROMPT_ENTER_ID,
	PROMPT_WRONG_ID,
	PROMPT_ENTER_PIN,
	PROMPT_WRONG_PIN,
	PROMPT_NO_INPUT,
	PROMPT_GIVE_UP,
	PROMPT_GOODBYE,
	PROMPT_FULL,
	PROMPT_LOCKED,
	PROMPT_ENDED,
	PROMPT_NO_SERVICE,
	PROMPT_REMOVED,
	PROMPT_ALONE,
	PROMPT_ONE_OTHER,
	PROMPT_THERE_ARE,
	PROMPT_OTHER_PEOPLE,
	PROMPT_MUTED,
	PROMPT_UNMUTED,
	PROMPT_ALL_MUTED,
	PROMPT_ALL_UNMUTED,
	PROMPT_IS_LOCKED,
	PROMPT_IS_UNLOCKED,
	PROMPT_HAND_RAISED,
	PROMPT_HAND_LOWERED,
	PROMPT_HOST_MUTED,
	PROMPT_HELP,
	PROMPT_HELP_HOST,
	PROMPT_NOT_VALID,
	PROMPT_INVITED,
	PROMPT_PRESS_ONE,
	PROMPT_UNASSIGNED,
	PROMPT_KEYS_THERE,
	PROMPT_KEYS_HERE,
	PROMPT_DIGIT_0,                    /* ... PROMPT_DIGIT_0 + 20 */
	PROMPT_TENS = PROMPT_DIGIT_0 + 21, /* 30, 40 ... 90 */
	PROMPT_HUNDRED = PROMPT_TENS + 7,
	PROMPT_THOUSAND,
	PROMPT_CHIME_IN,
	PROMPT_CHIME_OUT, /* generated tones */
	PROMPT_TONE_0,    /* keys that we press, 100 ms of each (ITU-T Q.23): 0 to 9, *, #, A to D */
	PROMPTS = PROMPT_TONE_0 + 16
};

struct prompts;
/* `directory` holds one folder per language; `override` is looked in first, "" for none.
 * `missing` is told every name without a sound.  BRIDGE_FILE: there is no such set. */
enum bridge_err prompts_open(struct prompts **out, const char *directory, const char *override,
	const char *language, void (*missing)(void *arg, const char *name), void *arg);
struct prompts *prompts_close(struct prompts *p); /* after the media workers have stopped */
const struct cue *prompts_cue(const struct prompts *p, enum prompt prompt); /* never NULL */
/* Gives a prompt its packets in one format more; tens of milliseconds of work.  *size: memory that they take.
 * As clip_make() and clip_attach(). */
enum mix_err prompts_encode(
	struct prompts *p, enum prompt prompt, const struct codec_format *format, size_t *size);
#endif
