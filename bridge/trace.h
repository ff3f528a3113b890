/* trace.h - the SIP messages of recent calls, and what else happened in them, kept in memory (FEATURES X2).
 *
 *                      trace_named()               trace_ended()
 *   (INVITE) --> STRANGER ---------------> LIVE ---------------> ENDED ---> (forgotten: the oldest first)
 *
 * STRANGER  nobody has vouched for it; at most an eighth of the calls and bytes, so that a flood of them pushes nobody out
 *
 * How: the endpoint shows every message (sip/tap.h); those with the Call-ID of a call that is known, or an INVITE, are kept without
 * their secrets (sip/redact).  A message that was there before is kept as its repetition, without its text.  Notes stand between the
 * messages; a key that was pressed is a dot.  What a meeting dials is known by its dial-out's ID as well, and each of its
 * attempts by its own: trace_find() gives all of them.  Of a long call the first TRACE_FIRST and the last TRACE_LAST items are kept, and of any no more than a
 * quarter of all bytes.
 * When `calls` or `bytes` is reached, strangers over their share go first, then ended calls, then live ones, the oldest of each first.
 * Use:  trace_alloc(); trace_message() from the endpoint; trace_named(), trace_note(), trace_key(), trace_ended() from legs.
 *       All accept NULL for a trace that is switched off.
 *
 * Thread: control; time is passed in.
 */
#ifndef BRIDGE_TRACE_H
#define BRIDGE_TRACE_H

#include "bridge/err.h"
#include "sip/tap.h"

enum { TRACE_FIRST = 64, TRACE_LAST = 64, TRACE_TEXT = 8192, TRACE_LEGS = 32, TRACE_NOTE = 200 };

enum trace_kind { TRACE_MESSAGE, TRACE_AGAIN, TRACE_NOTES, TRACE_KEYS };
enum trace_state { TRACE_STRANGER, TRACE_LIVE, TRACE_ENDED, TRACE_STATES };

struct trace_item {
	struct trace_item *next;
	uint64_t seq;  /* over all calls: the order in which they came */
	int64_t at_us; /* since 1970 */
	uint32_t sum;  /* of the message as it was */
	enum trace_kind kind;
	bool rx; /* of messages, as the three below */
	enum tap_transport transport;
	uint8_t ip[16];
	uint16_t port;
	uint32_t n; /* keys; bytes of the message as it was */
	uint32_t len;
	char text[]; /* 0-terminated; AGAIN: first line and CSeq alone */
};

struct trace_items {
	struct trace_item *first, **end;
	unsigned n;
};

struct trace_call {
	struct trace_call *hash_next, *next, **link; /* its bucket; its state's list, oldest first */
	enum trace_state state;
	char *call_id; /* owned; SIP's, or the dial-out's ID for what is about the whole of it */
	char id[40], dialout[32], account[64]; /* "" none */
	struct trace_items begin, late;
	unsigned n_dropped; /* items between the two */
	size_t bytes;
};

struct trace_stats {
	unsigned calls, strangers;
	size_t bytes;
	uint64_t forgotten; /* calls, since trace_alloc() */
};

/* A message that is kept, for whoever wants it elsewhere as well. */
struct trace_shown {
	int64_t at_us;
	const struct tap_message *message; /* its own text has its secrets still */
	const char *call_id, *text;        /* without secrets, up to TRACE_TEXT; valid during the call */
	size_t len;
};
typedef void (*trace_show_fn)(void *arg, const struct trace_shown *shown);

struct trace;
/* BRIDGE_NOMEM; `calls` 0: *out is NULL, nothing is kept. */
enum bridge_err trace_alloc(struct trace **out, unsigned calls, size_t bytes);
struct trace *trace_free(struct trace *t);
/* From now on each message of a call that is kept is shown, repetitions and what its share has no room for as well. */
void trace_show(struct trace *t, trace_show_fn show, void *arg);

void trace_message(struct trace *t, int64_t now_us, const struct tap_message *m);
struct trace_name {
	const char *id, *dialout, *account; /* dialout "": it came in */
	bool ours;                          /* false: it stays a stranger */
};
/* What else the call is known by; one that is not kept yet is begun. */
void trace_named(struct trace *t, const char *call_id, const struct trace_name *name);
void trace_note(struct trace *t, const char *call_id, int64_t now_us, const char *text);
void trace_key(struct trace *t, const char *call_id, int64_t now_us);
void trace_ended(struct trace *t, const char *call_id);

/* By the record's ID, the SIP Call-ID or the dial-out's; with one attempt of a dial-out come the others.  How many;
 * borrowed until the next call of any other function here. */
size_t trace_find(const struct trace *t, const char *id, const struct trace_call *out[TRACE_LEGS]);
void trace_stats(const struct trace *t, struct trace_stats *out);
#endif
