/* oneway.h - one-way audio: the call stands, but sound goes only one way, or none that is worth it.
 *
 * How: once or twice a second somebody gives the counters of a leg; what they did since the last time says
 *   ONEWAY_SILENT   packets come, but since it joined (or since its media was agreed on anew) they carry
 *                   nothing above ONEWAY_SILENCE_DBOV, while others talk for four seconds in all.  Who was heard
 *                   once may fall silent for as long as they like: that is a mute button, not a fault.
 *   ONEWAY_NO_IN    we send, and for four seconds nothing came
 *   ONEWAY_NO_OUT   it sends and reports, and for the second time its report does not know our stream, or says
 *                   that all of it was lost; or we have had nowhere to send to for four seconds
 * Each is told within five seconds of when it can be known, once, and is over when its sign is gone.
 * Use:  oneway_init() at the start and after each new agreement; oneway_look() once or twice a second.
 *
 * Thread: the worker that owns the leg.
 */
#ifndef MIXER_ONEWAY_H
#define MIXER_ONEWAY_H

#include <stdbool.h>
#include <stdint.h>

enum { ONEWAY_MS = 4000, ONEWAY_SILENCE_DBOV = 66, ONEWAY_REPORTS = 2 };

enum oneway_kind { ONEWAY_NONE, ONEWAY_SILENT, ONEWAY_NO_IN, ONEWAY_NO_OUT };

struct oneway_signs {                    /* of now, or since the last look */
	bool sends, receives;            /* as agreed on: neither on hold */
	uint64_t rx_packets, tx_packets; /* counters */
	bool sounded;           /* a frame louder than ONEWAY_SILENCE_DBOV came, or a key was pressed */
	uint32_t others_ms;     /* for which others in its room talked */
	uint32_t reports;       /* counter: RTCP reports of a sender that came */
	uint32_t reports_of_us; /* of these, with a block about our stream that says that something arrived */
};

struct oneway { /* all fields belong to oneway.c */
	enum oneway_kind kind;
	bool sounded, begun;
	uint32_t silent_ms, no_in_ms, no_out_ms, blind;
	uint64_t rx_packets, tx_packets, looked_us;
	uint32_t reports, reports_of_us;
};

void oneway_init(struct oneway *o);
/* True when `o->kind` has changed. */
bool oneway_look(struct oneway *o, const struct oneway_signs *signs, uint64_t now_us);
const char *oneway_name(enum oneway_kind kind); /* "none", "silent", "nothing_in", "nothing_out" */
#endif
