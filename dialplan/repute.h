/* repute.h - does a trunk do as well as it is asked to?  Judged by its last calls, with hysteresis.
 *
 *            `min_calls` calls in the window, and a figure beyond its bound
 *      GOOD ----------------------------------------------------------------> LOW
 *           <----------------------------------------------------------------
 *            a quarter as many since then (two at least), the last of them a tenth better than the bounds
 *
 * GOOD  nothing to say; so is a trunk without bounds
 * LOW   others come first; one call in `probe_s` is let through in its place to see whether it still does badly
 *
 * Figures (ITU-T E.425, RFC 6076): ASR, calls that were answered of all that were tried (section 4.6: SER); CCR, calls that reached who was called,
 * busy and unanswered ones among them (section 4.7: SEER); PDD, from INVITE to the first sign of ringing or answer, on average (section
 * 4.3.1); ACD, how long answered calls last, on average (section 4.5).  After each change they are counted anew, so that what made a
 * trunk fall does not hold it down, and what made it rise does not hold it up.
 *
 * Use:  repute_call() per call that has come to an answer or an end, repute_talk() per answered call that is over.
 * Thread: control; time injected; plain, may be copied.
 */
#ifndef DIALPLAN_REPUTE_H
#define DIALPLAN_REPUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	REPUTE_CALLS = 256, /* remembered */
	REPUTE_MIN_CALLS = 20,
	REPUTE_WINDOW_S = 900,
	REPUTE_PROBE_S = 60,
	REPUTE_TEXT = 160,
	REPUTE_SAVED = 17408 /* bytes of repute_write() */
};

struct repute_rules {              /* 0: no bound, or the default of the last three */
	unsigned min_asr, min_ccr; /* percent */
	unsigned min_acd_s, max_pdd_ms;
	unsigned min_calls, window_s, probe_s;
};

enum repute_change { REPUTE_SAME, REPUTE_FELL, REPUTE_ROSE };

struct repute_call {
	int64_t at_s;
	uint32_t pdd_ms; /* 0: it never rang */
	bool answered, reached;
};

struct repute {
	struct repute_rules rules;
	bool low;
	int64_t since_s;                        /* of the last change; 0: none */
	int64_t probed_s;                       /* when a call was let through last */
	struct repute_call calls[REPUTE_CALLS]; /* a ring */
	struct repute_talk {
		int64_t at_s;
		uint32_t talked_s;
	} talks[REPUTE_CALLS];                           /* a ring */
	unsigned next_call, n_calls, next_talk, n_talks; /* n: since the last change, at most REPUTE_CALLS */
};

void repute_init(struct repute *r);
/* What was learned stays; without bounds a trunk is GOOD. */
void repute_set_rules(struct repute *r, const struct repute_rules *rules);

struct repute_figures {              /* of the window */
	unsigned calls, rung, talks; /* how many they are of */
	unsigned asr, ccr;           /* percent */
	unsigned pdd_ms, acd_s;      /* 0: not known */
};
void repute_figures(const struct repute *r, int64_t now_s, struct repute_figures *out);
/* *judged: the figures that the change, if any, was made by. */
enum repute_change repute_call(
	struct repute *r, const struct repute_call *call, struct repute_figures *judged);
enum repute_change repute_talk(
	struct repute *r, int64_t at_s, uint32_t talked_s, struct repute_figures *judged);

/* Is it time to let one through? */
bool repute_probe_due(const struct repute *r, int64_t now_s);
void repute_probed(struct repute *r, int64_t now_s);
/* All that was learned as one line of text, and back, under the rules that *r has.  False: not such a line; then nothing is known. */
void repute_write(const struct repute *r, char out[REPUTE_SAVED]);
bool repute_read(struct repute *r, const char *text);

/* What is worse than its bound, or that nothing is: "ASR 20 % of 25 calls, 40 % is wanted"; returns `out`. */
const char *repute_words(const struct repute *r, const struct repute_figures *f, char out[REPUTE_TEXT]);
#endif
