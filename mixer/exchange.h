/* exchange.h - what the parts of one room tell one another each tick: who might be heard, and their frames.
 *
 *   part 0:  hear -> offer ---+--> read all offers of this tick -> choose -> sum -> send
 *   part 1:  hear -> offer ---+--> the same bids, so the same choice and the same sum
 *
 * How: a room larger than a core is spread over workers as parts, which tick at the same moment.  Each part
 * offers the bids of its loudest few (a room's mixed_talkers, plus who is being faded) and their frames
 * at every rate class that some part hears.  An offer is stamped with its tick; a part has two boards and writes
 * them in turn.  A reader takes what bears its stamp before and after, and treats the rest as not there: nobody locks,
 * nobody waits, and a worker that hangs is missed by nobody for longer than a tick.
 * Use:  exchange_alloc(), exchange_share() per part.  A part, per tick: exchange_begin(); exchange_put_frame() and
 *       exchange_put_bid() per voice; exchange_publish(); when exchange_is_due() says no, or time is up,
 *       exchange_read() per other part, exchange_frame() per voice that is mixed.
 *
 * Thread: alloc, share, leave: control.  What takes `own` as a part: the worker of that part.  The rest: any worker with a part.
 */
#ifndef MIXER_EXCHANGE_H
#define MIXER_EXCHANGE_H

#include "mixer/choose.h"
#include "mixer/err.h"
#include "mixer/frame.h"

enum { EXCHANGE_PARTS_MAX = 64, EXCHANGE_BIDS_MAX = CHOOSE_MAX + CHOOSE_LEAVING };

struct exchange;

/* For a room of up to `n_parts` parts, 2..EXCHANGE_PARTS_MAX, of `mixed_talkers`, 1..CHOOSE_MAX; the caller shares in it.
 * MIX_RANGE: not so. */
enum mix_err exchange_alloc(struct exchange **out, unsigned n_parts, unsigned mixed_talkers);
void exchange_share(struct exchange *x);             /* one more who must leave */
struct exchange *exchange_leave(struct exchange *x); /* accepts NULL, returns NULL; the last one frees it */
unsigned exchange_parts(const struct exchange *x);   /* as of exchange_alloc() */

/* The moment of the 20 ms in which all parts tick: who asks first has its wish. */
unsigned exchange_slot(struct exchange *x, unsigned wish);

/* A part's offer of tick `stamp` (above 0, and above that of its last one).  A place is below mixed_talkers + CHOOSE_LEAVING. */
void exchange_begin(struct exchange *x, unsigned own, uint64_t stamp);
void exchange_put_frame(struct exchange *x, unsigned own, uint64_t stamp, unsigned place,
	enum rate_class rate, const int16_t *pcm);
void exchange_put_bid(
	struct exchange *x, unsigned own, uint64_t stamp, unsigned place, const struct bid *bid);
/* It has so many bids, from place 0 on; its part has so many streams (above 0), which hear these rates (bits). */
void exchange_publish(struct exchange *x, unsigned own, uint64_t stamp, unsigned n_bids, unsigned n_streams,
	unsigned rates);
void exchange_absent(struct exchange *x, unsigned own); /* nobody is in this part any more */

/* Streams in all other parts, and the rates that these hear: the newest that is known. */
void exchange_census(const struct exchange *x, unsigned own, unsigned *n_streams, unsigned *rates);
/* Some other part's offer of this tick is to be expected: it made one in the tick before, and not yet in this. */
bool exchange_is_due(const struct exchange *x, unsigned own, uint64_t stamp);

/* EXCHANGE_NOBODY: nobody is in that part, or not yet in that tick.
 * EXCHANGE_MISSING: it has legs and no offer of that tick (its worker is late), or a newer one in its place (we are). */
enum exchange_found { EXCHANGE_READ, EXCHANGE_NOBODY, EXCHANGE_MISSING };
enum exchange_found exchange_read(const struct exchange *x, unsigned part, uint64_t stamp,
	struct bid bids[EXCHANGE_BIDS_MAX], unsigned *n_bids);
/* frame_samples(rate) of a voice.  False: they are not there (any more). */
bool exchange_frame(const struct exchange *x, unsigned part, uint64_t stamp, unsigned place,
	enum rate_class rate, int16_t *out);
#endif
