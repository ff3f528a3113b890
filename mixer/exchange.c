#include "mixer/exchange.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
	LINE = 64,
	BOARDS = 2,
	WORD = sizeof(uint64_t),
	BID_WORDS = (sizeof(struct bid) + WORD - 1) / WORD,
	FRAME_WORDS = (8 + 16 + 48) * FRAME_MS * sizeof(int16_t) / WORD, /* one frame at each rate */
	NO_SLOT = 255
};

static const uint64_t being_written =
	UINT64_MAX; /* the stamp of a board in the writer's hands; 0: never written */

/* Of one part; the others only read it. */
struct board {
	_Atomic uint64_t stamp, n_bids;
	_Atomic uint64_t *bids;   /* BID_WORDS each; into the exchange */
	_Atomic uint64_t *frames; /* FRAME_WORDS each */
};

struct part {
	_Alignas(LINE) _Atomic uint64_t newest; /* stamp of its last offer */
	_Atomic uint32_t n_streams, rates;      /* 0: nobody there */
	struct board boards[BOARDS];
};

struct exchange {
	unsigned n_parts, places; /* never changed */
	unsigned n_shares;        /* control thread */
	_Atomic uint8_t slot;
	struct part parts[];
};

/* ---- words ----
 *
 * A reader may look while the writer writes, so all that crosses is atomic.  A release store of each word comes after
 * being_written is in `stamp`; an acquire load that sees such a word sees that as well, when it looks at `stamp` again. */

static void put_words(_Atomic uint64_t *to, const void *from, size_t bytes)
{
	const uint8_t *p = from;

	for (size_t i = 0; i < bytes / WORD; i++) {
		uint64_t word;

		memcpy(&word, p + i * WORD, WORD);
		atomic_store_explicit(&to[i], word, memory_order_release);
	}
}

static void take_words(void *to, const _Atomic uint64_t *from, size_t bytes)
{
	uint8_t *p = to;

	for (size_t i = 0; i < bytes / WORD; i++) {
		uint64_t word = atomic_load_explicit(&from[i], memory_order_acquire);

		memcpy(p + i * WORD, &word, WORD);
	}
}

static struct board *board_of(struct exchange *x, unsigned part, uint64_t stamp)
{
	return &x->parts[part].boards[stamp % BOARDS];
}

static const struct board *board_read(const struct exchange *x, unsigned part, uint64_t stamp)
{
	return &x->parts[part].boards[stamp % BOARDS];
}

static size_t frame_at(unsigned place, enum rate_class rate)
{
	static const size_t before[RATES] = { 0, 8 * FRAME_MS * sizeof(int16_t) / WORD,
		(8 + 16) * FRAME_MS * sizeof(int16_t) / WORD };

	return place * (size_t)FRAME_WORDS + before[rate];
}

/* ---- a room's exchange ---- */

enum mix_err exchange_alloc(struct exchange **out, unsigned n_parts, unsigned mixed_talkers)
{
	const size_t places = mixed_talkers + CHOOSE_LEAVING, words = places * (BID_WORDS + FRAME_WORDS);
	struct exchange *x;
	size_t head, bytes;

	_Static_assert(sizeof(struct bid) % WORD == 0, "a bid is whole words");
	if (n_parts < 2 || n_parts > EXCHANGE_PARTS_MAX || mixed_talkers < 1 || mixed_talkers > CHOOSE_MAX)
		return MIX_RANGE;
	head = sizeof(*x) + n_parts * sizeof(struct part);
	bytes = (head + n_parts * BOARDS * words * WORD + LINE - 1) / LINE * LINE;
	x = aligned_alloc(LINE, bytes);
	if (!x)
		return MIX_NOMEM;
	memset(x, 0,
		head); /* frames are not looked at before they are written, nor is their memory touched */
	x->n_parts = n_parts;
	x->places = (unsigned)places;
	x->n_shares = 1;
	x->slot = NO_SLOT;
	for (unsigned i = 0; i < n_parts * BOARDS; i++) {
		struct board *b = &x->parts[i / BOARDS].boards[i % BOARDS];

		b->bids = (_Atomic uint64_t *)(void *)((uint8_t *)x + head) + i * words;
		b->frames = b->bids + places * BID_WORDS;
	}
	*out = x;
	return MIX_OK;
}

void exchange_share(struct exchange *x)
{
	x->n_shares++;
}

struct exchange *exchange_leave(struct exchange *x)
{
	if (x && --x->n_shares == 0)
		free(x);
	return NULL;
}

unsigned exchange_parts(const struct exchange *x)
{
	return x->n_parts;
}

unsigned exchange_slot(struct exchange *x, unsigned wish)
{
	uint8_t agreed = NO_SLOT;

	if (atomic_compare_exchange_strong(&x->slot, &agreed, (uint8_t)wish))
		return wish;
	return agreed;
}

/* ---- writing ---- */

void exchange_begin(struct exchange *x, unsigned own, uint64_t stamp)
{
	assert(stamp > atomic_load_explicit(&x->parts[own].newest, memory_order_relaxed));
	atomic_store_explicit(&board_of(x, own, stamp)->stamp, being_written, memory_order_relaxed);
}

void exchange_put_frame(struct exchange *x, unsigned own, uint64_t stamp, unsigned place,
	enum rate_class rate, const int16_t *pcm)
{
	assert(place < x->places);
	put_words(board_of(x, own, stamp)->frames + frame_at(place, rate), pcm,
		frame_samples(rate) * sizeof(*pcm));
}

void exchange_put_bid(struct exchange *x, unsigned own, uint64_t stamp, unsigned place, const struct bid *bid)
{
	assert(place < x->places);
	put_words(board_of(x, own, stamp)->bids + place * (size_t)BID_WORDS, bid, sizeof(*bid));
}

void exchange_publish(
	struct exchange *x, unsigned own, uint64_t stamp, unsigned n_bids, unsigned n_streams, unsigned rates)
{
	struct board *b = board_of(x, own, stamp);
	struct part *p = &x->parts[own];

	atomic_store_explicit(&b->n_bids, n_bids, memory_order_release);
	atomic_store_explicit(&b->stamp, stamp, memory_order_release);
	atomic_store_explicit(&p->newest, stamp, memory_order_release);
	atomic_store_explicit(&p->rates, rates, memory_order_relaxed);
	atomic_store_explicit(&p->n_streams, n_streams, memory_order_release);
}

void exchange_absent(struct exchange *x, unsigned own)
{
	struct part *p = &x->parts[own];

	atomic_store_explicit(&p->n_streams, 0, memory_order_release);
	atomic_store_explicit(&p->rates, 0, memory_order_relaxed);
	for (unsigned i = 0; i < BOARDS; i++)
		atomic_store_explicit(&p->boards[i].stamp, 0, memory_order_relaxed);
}

/* ---- reading ---- */

void exchange_census(const struct exchange *x, unsigned own, unsigned *n_streams, unsigned *rates)
{
	*n_streams = *rates = 0;
	for (unsigned i = 0; i < x->n_parts; i++) {
		unsigned n = atomic_load_explicit(&x->parts[i].n_streams, memory_order_relaxed);

		if (i == own || n == 0)
			continue;
		*n_streams += n;
		*rates |= atomic_load_explicit(&x->parts[i].rates, memory_order_relaxed);
	}
}

bool exchange_is_due(const struct exchange *x, unsigned own, uint64_t stamp)
{
	for (unsigned i = 0; i < x->n_parts; i++)
		if (i != own && atomic_load_explicit(&x->parts[i].n_streams, memory_order_relaxed) > 0 &&
			atomic_load_explicit(&x->parts[i].newest, memory_order_relaxed) + 1 == stamp)
			return true;
	return false;
}

enum exchange_found exchange_read(const struct exchange *x, unsigned part, uint64_t stamp,
	struct bid bids[EXCHANGE_BIDS_MAX], unsigned *n_bids)
{
	const struct board *b = board_read(x, part, stamp);
	uint64_t found = 0, n;

	*n_bids = 0;
	if (atomic_load_explicit(&x->parts[part].n_streams, memory_order_acquire) == 0)
		return EXCHANGE_NOBODY;
	found = atomic_load_explicit(&b->stamp, memory_order_acquire);
	if (found != stamp)
		return found == 0 ? EXCHANGE_NOBODY : EXCHANGE_MISSING;
	n = atomic_load_explicit(&b->n_bids, memory_order_acquire);
	if (n > x->places)
		return EXCHANGE_MISSING;
	take_words(bids, b->bids, n * sizeof(*bids));
	if (atomic_load_explicit(&b->stamp, memory_order_relaxed) != stamp)
		return EXCHANGE_MISSING;
	for (uint64_t i = 0; i < n; i++) {
		bids[i].owner = NULL;
		bids[i].part = (uint8_t)part;
		bids[i].place = (uint8_t)i;
	}
	*n_bids = (unsigned)n;
	return EXCHANGE_READ;
}

bool exchange_frame(const struct exchange *x, unsigned part, uint64_t stamp, unsigned place,
	enum rate_class rate, int16_t *out)
{
	const struct board *b = board_read(x, part, stamp);

	if (atomic_load_explicit(&b->stamp, memory_order_acquire) != stamp)
		return false;
	take_words(out, b->frames + frame_at(place, rate), frame_samples(rate) * sizeof(*out));
	return atomic_load_explicit(&b->stamp, memory_order_relaxed) == stamp;
}
