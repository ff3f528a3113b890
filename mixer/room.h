/* room.h - a meeting's live mix: all its streams, ticked together every 20 ms.
 *
 * How: a tick takes one frame of every stream that may be heard, chooses the loudest
 * `mixed_talkers` (with hysteresis; a room of no more legs than that chooses nobody out),
 * brings each chosen frame once to every rate class in use, sums in 32 bits, and gives each
 * listener the sum of its rate class less its own share, limited last.  Listeners who are not in the
 * mix and hear no cue share one encoded payload per format; who leaves that group to talk
 * takes a copy of the shared encoder.
 * An isolated room mixes nothing: each stream hears only its cues (attendant, lobby).
 *
 * A room of one silent leg is ticked at half the cost: see room_is_idle().
 *
 * A room larger than a core is spread over workers: struct room is then one part of it, and ticks in two steps.
 * What its streams say is offered to the other parts (mixer/exchange.h); from all offers of the
 * tick each part makes the same choice and the same sums.  A part whose offer is not there in time is left out
 * of that tick and counted.  Limiters, shared encodes, cues and chimes stay each part's own.
 * Use:  room_add(), room_remove(); room_tick() every FRAME_MS; for a part, room_hear(), and room_speak()
 *       as soon as room_is_ready(), or when time is up.
 *
 * Thread: the worker that owns the room; alloc and free on the control thread, empty.
 */
#ifndef MIXER_ROOM_H
#define MIXER_ROOM_H

#include "mixer/exchange.h"
#include "mixer/stream.h"

enum { ROOM_TALKERS_MAX = 16, ROOM_DUCK_DB = 12 };

struct room_config {
	unsigned mixed_talkers; /* 1..ROOM_TALKERS_MAX */
	bool isolated;          /* not for a part */
};

struct room_stats {
	unsigned n_streams, n_mixed; /* now; mixed: chosen in the last tick */
	uint64_t ticks, encodes, encodes_shared /* payloads sent without an encode of their own */,
		limited /* frames that needed gain below 1 */;
	uint64_t offers_missed; /* of other parts, each tick one per part; frames of theirs that were gone */
};

struct room;
enum mix_err room_alloc(struct room **out, const struct room_config *config);
struct room *room_free(struct room *r); /* asserts that it is empty; accepts NULL */

void room_add(struct room *r, struct stream *s);    /* s is in no room; no allocation */
void room_remove(struct room *r, struct stream *s); /* s is in this room */
bool room_empty(const struct room *r);

/* Bit 1 << enum rate_class for each rate that some stream hears. */
unsigned room_rates(const struct room *r);

/* A cue that everybody in the room hears, over the talk (chimes). One at a time: a newer one
 * replaces it. */
enum mix_err room_play(struct room *r, const struct cue *const *list, size_t n);

/* Visits the streams, for receiving; `visit` must not add or remove. */
void room_each(struct room *r, void (*visit)(void *arg, struct stream *s), void *arg);

/* `frames` ticks were not run because the worker was late: the legs' RTP timestamps go on without them. */
void room_skip(struct room *r, unsigned frames);

/* How much earlier the ticks could come without missing a packet: of those who were mixed in the last `spoke_us`, the one
 * who could least and the one who could most; below 0 it is too late for somebody.  False: nobody was, or nothing is known of them. */
struct room_spare {
	int32_t least_us, most_us;
	int32_t wait_us;       /* the least that a packet of one of them waits, as long as none is late */
	uint64_t concealed_us; /* of their sound, so far */
};
bool room_spare(const struct room *r, uint64_t spoke_us, uint64_t now_us, struct room_spare *out);

/* Its ticks come at another moment of the 20 ms from now on: whoever has been ticked a moment ago skips one. */
void room_shift(struct room *r);

/* One tick of a room of one part.  `now_us` monotonic, `ntp` the wall clock as RFC 3550 section 4 has it. */
void room_tick(struct room *r, uint64_t now_us, uint64_t ntp, const struct media_out *out);

/* A room of one leg that says nothing, and is told nothing: the worker may then leave its ticks unheard for a while, and
 * hear them later, in order, with the packets of that time.  Nobody hears the difference; keys and the begin of talk
 * are noticed that much later. */
enum { ROOM_OVERHEAR_TICKS = 5 };
bool room_is_idle(const struct room *r); /* between ticks */
/* A tick of an idle room: its leg is sent silence.  The result: so many ticks more may pass without a call, as nothing is sent in
 * them; room_rested() is told of them before anything else is done with the room. */
unsigned room_rest(struct room *r, const struct media_out *out);
void room_rested(struct room *r, unsigned ticks);
/* The sound of a tick that was rested, at `then_us`; what is due by `now_us` is done. */
void room_overhear(
	struct room *r, uint64_t then_us, uint64_t now_us, uint64_t ntp, const struct media_out *out);
struct stream *room_only(const struct room *r); /* its one stream */

/* From now on it is part `part` of a larger room: below exchange_parts(), and nobody else's.  The caller keeps the exchange
 * for as long as the room lives.  Not between hear and speak. */
void room_spread(struct room *r, struct exchange *x, unsigned part);
bool room_is_spread(const struct room *r);
/* The tick in two steps.  `stamp` is the tick's number, above 0, the same in all parts; a part without streams
 * does nothing. */
void room_hear(struct room *r, uint64_t stamp, uint64_t now_us, const struct media_out *out);
bool room_must_speak(const struct room *r); /* it has heard, and not spoken yet */
bool room_is_ready(const struct room *r);   /* and no other part's offer is still to come */
void room_speak(struct room *r, uint64_t now_us, uint64_t ntp, const struct media_out *out);
void room_stats(const struct room *r, struct room_stats *out);
#endif
