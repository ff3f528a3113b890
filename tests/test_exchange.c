/* links: mixer/exchange.c mixer/choose.c mixer/err.c */
/* What parts tell one another: whole or not at all, however their threads run. */
#include "mixer/exchange.h"
#include "tests/starve.h"
#include "tests/test.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { TALKERS = 4, PLACES = TALKERS + CHOOSE_LEAVING };

/* What part `part` says in tick `stamp` at a place: everything in it follows from these. */
static struct bid bid_of(unsigned part, uint64_t stamp, unsigned place)
{
	const uint32_t base = (uint32_t)(stamp * 1000 + part * 100 + place);

	return (struct bid){ .rank = base,
		.waited = base + 1,
		.key = base + 2,
		.rise = { (int32_t)base, -(int32_t)base },
		.fades_from = (int32_t)base + 3,
		.candidate = true,
		.sounds = true,
		.rate = RATE_8K,
		.rates = 1 << RATE_8K | 1 << RATE_48K };
}

static int16_t sample_of(unsigned part, uint64_t stamp, unsigned place, enum rate_class rate, size_t i)
{
	return (int16_t)(stamp * 31 + part * 7 + place * 3 + rate + i);
}

static void write_offer(struct exchange *x, unsigned part, uint64_t stamp, unsigned n)
{
	static const enum rate_class rates[] = { RATE_8K, RATE_48K };
	int16_t pcm[FRAME_MAX];

	exchange_begin(x, part, stamp);
	for (unsigned place = 0; place < n; place++) {
		const struct bid bid = bid_of(part, stamp, place);

		for (unsigned r = 0; r < 2; r++) {
			for (size_t i = 0; i < frame_samples(rates[r]); i++)
				pcm[i] = sample_of(part, stamp, place, rates[r], i);
			exchange_put_frame(x, part, stamp, place, rates[r], pcm);
		}
		exchange_put_bid(x, part, stamp, place, &bid);
	}
	exchange_publish(x, part, stamp, n, 10 + part, 1 << RATE_8K);
}

static bool is_whole_bid(const struct bid *b, unsigned part, uint64_t stamp, unsigned place)
{
	const struct bid want = bid_of(part, stamp, place);

	return !b->owner && b->part == part && b->place == place && b->rank == want.rank &&
	       b->waited == want.waited && b->key == want.key && b->rise.from == want.rise.from &&
	       b->rise.to == want.rise.to && b->fades_from == want.fades_from && b->rates == want.rates;
}

static bool is_whole_frame(
	const int16_t *pcm, unsigned part, uint64_t stamp, unsigned place, enum rate_class rate)
{
	for (size_t i = 0; i < frame_samples(rate); i++)
		if (pcm[i] != sample_of(part, stamp, place, rate, i))
			return false;
	return true;
}

TEST(what_is_offered_is_read)
{
	struct exchange *x = NULL;
	struct bid bids[EXCHANGE_BIDS_MAX];
	int16_t pcm[FRAME_MAX];
	unsigned n = 99;

	CHECK_INT(MIX_OK, exchange_alloc(&x, 3, TALKERS), "exchange");
	CHECK_INT(EXCHANGE_NOBODY, exchange_read(x, 1, 5, bids, &n), "nobody is there yet");
	CHECK_INT(0, n, "and says nothing");
	write_offer(x, 1, 5, PLACES);
	CHECK_INT(EXCHANGE_READ, exchange_read(x, 1, 5, bids, &n), "an offer");
	CHECK_INT(PLACES, n, "of all places");
	for (unsigned place = 0; place < n; place++) {
		CHECK(is_whole_bid(&bids[place], 1, 5, place), "bid %u", place);
		CHECK(exchange_frame(x, 1, 5, place, RATE_8K, pcm) &&
				is_whole_frame(pcm, 1, 5, place, RATE_8K),
			"frame %u at 8 kHz", place);
		CHECK(exchange_frame(x, 1, 5, place, RATE_48K, pcm) &&
				is_whole_frame(pcm, 1, 5, place, RATE_48K),
			"frame %u at 48 kHz", place);
	}
	write_offer(x, 1, 6, 0);
	CHECK_INT(EXCHANGE_READ, exchange_read(x, 1, 6, bids, &n), "an offer of silence");
	CHECK_INT(0, n, "is empty");
	CHECK_INT(EXCHANGE_READ, exchange_read(x, 1, 5, bids, &n), "the one before is still there");
	exchange_begin(x, 1, 7);
	CHECK_INT(EXCHANGE_MISSING, exchange_read(x, 1, 5, bids, &n), "its board is being written again");
	CHECK(!exchange_frame(x, 1, 5, 0, RATE_8K, pcm), "and its frames are gone");
	CHECK_INT(EXCHANGE_MISSING, exchange_read(x, 1, 7, bids, &n), "and the next is not yet there");
	CHECK_INT(EXCHANGE_NOBODY, exchange_read(x, 2, 7, bids, &n), "the third part has never been there");
	exchange_leave(x);
}

TEST(who_is_to_be_waited_for)
{
	struct exchange *x = NULL;
	unsigned n, rates;

	CHECK_INT(MIX_OK, exchange_alloc(&x, 3, TALKERS), "exchange");
	write_offer(x, 0, 9, 1);
	CHECK(!exchange_is_due(x, 0, 9), "nobody else is there");
	write_offer(x, 1, 9, 1);
	CHECK(exchange_is_due(x, 0, 10), "who spoke in the last tick will speak in this one");
	write_offer(x, 1, 10, 1);
	CHECK(!exchange_is_due(x, 0, 10), "and has");
	CHECK(!exchange_is_due(x, 0, 12), "who missed a tick is not waited for in the next");
	exchange_census(x, 0, &n, &rates);
	CHECK_INT(11, n, "streams of the other part");
	CHECK_INT(1 << RATE_8K, rates, "which hear 8 kHz");
	exchange_census(x, 2, &n, &rates);
	CHECK_INT(21, n, "a third counts both");
	exchange_absent(x, 1);
	CHECK(!exchange_is_due(x, 0, 11), "who has left is not waited for");
	exchange_census(x, 0, &n, &rates);
	CHECK_INT(0, n + rates, "nor counted");
	exchange_leave(x);
}

TEST(all_parts_tick_in_one_slot)
{
	struct exchange *x = NULL;

	CHECK_INT(MIX_OK, exchange_alloc(&x, 2, TALKERS), "exchange");
	CHECK_INT(5, exchange_slot(x, 5), "the first has its wish");
	CHECK_INT(5, exchange_slot(x, 2), "the others follow");
	exchange_share(x);
	CHECK(!exchange_leave(x), "one leaves");
	CHECK_INT(5, exchange_slot(x, 0), "it is there for the other");
	exchange_leave(x);
}

TEST(refuses_bad_settings)
{
	static const struct {
		unsigned parts, talkers;
	} bad[] = { { 1, 4 }, { EXCHANGE_PARTS_MAX + 1, 4 }, { 2, 0 }, { 2, CHOOSE_MAX + 1 } };
	struct exchange *x = NULL;
	enum mix_err err;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK_INT(MIX_RANGE, exchange_alloc(&x, bad[i].parts, bad[i].talkers), "settings");
	CHECK(!x && !exchange_leave(NULL), "nothing made");
	STARVE(err, exchange_alloc(&x, EXCHANGE_PARTS_MAX, CHOOSE_MAX), MIX_NOMEM);
	exchange_leave(x);
}

/* ---- two threads ---- */

enum { STRESS_TICKS = 20000, AHEAD = 3 };

struct side {
	struct exchange *x;
	unsigned part;
	_Atomic uint64_t *mine, *other; /* ticks begun */
	unsigned read, missing, torn, frames;
};

/* Writes and reads as a part would, now and then so far ahead of the other that boards are written under its eyes. */
static void *run_side(void *arg)
{
	struct side *s = arg;
	struct bid bids[EXCHANGE_BIDS_MAX];
	int16_t pcm[FRAME_MAX];
	unsigned n;

	for (uint64_t stamp = 1; stamp <= STRESS_TICKS; stamp++) {
		atomic_store(s->mine, stamp);
		write_offer(s->x, s->part, stamp, (unsigned)(stamp % (PLACES + 1)));
		while (atomic_load(s->other) + AHEAD < stamp)
			sched_yield();
		for (uint64_t look = stamp; look > 0 && look + 2 > stamp; look--) {
			enum exchange_found found = exchange_read(s->x, 1 - s->part, look, bids, &n);

			s->read += found == EXCHANGE_READ;
			s->missing += found == EXCHANGE_MISSING;
			s->torn += found == EXCHANGE_READ && n != look % (PLACES + 1);
			for (unsigned place = 0; place < n; place++) {
				s->torn += !is_whole_bid(&bids[place], 1 - s->part, look, place);
				if (!exchange_frame(s->x, 1 - s->part, look, place, RATE_48K, pcm))
					continue;
				s->frames++;
				s->torn += !is_whole_frame(pcm, 1 - s->part, look, place, RATE_48K);
			}
		}
	}
	atomic_store(s->mine, UINT64_MAX / 2);
	return NULL;
}

TEST(two_threads_never_read_half_an_offer)
{
	static _Atomic uint64_t begun[2];
	struct exchange *x = NULL;
	struct side sides[2];
	pthread_t threads[2];

	CHECK_INT(MIX_OK, exchange_alloc(&x, 2, TALKERS), "exchange");
	for (unsigned i = 0; i < 2; i++)
		sides[i] = (struct side){ .x = x, .part = i, .mine = &begun[i], .other = &begun[1 - i] };
	for (unsigned i = 0; i < 2; i++)
		CHECK_INT(0, pthread_create(&threads[i], NULL, run_side, &sides[i]), "thread");
	for (unsigned i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	for (unsigned i = 0; i < 2; i++) {
		CHECK_INT(0, sides[i].torn, "torn");
		CHECK(sides[i].read > 100 && sides[i].frames > 100,
			"something was read: %u offers, %u frames", sides[i].read, sides[i].frames);
		print_message("part %u: %u offers read whole, %u not there, %u frames\n", i, sides[i].read,
			sides[i].missing, sides[i].frames);
	}
	exchange_leave(x);
}

TESTS(what_is_offered_is_read, who_is_to_be_waited_for, all_parts_tick_in_one_slot, refuses_bad_settings,
	two_threads_never_read_half_an_offer)
