/* links: mixer/ring.c mixer/err.c */
#include "mixer/ring.h"
#include "tests/starve.h"
#include "tests/test.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

struct item {
	uint32_t number;
	uint8_t bytes[13]; /* a size that is no power of two: slots must not overlap */
};

static struct item item_of(uint32_t number)
{
	struct item it = { .number = number };

	memset(it.bytes, (int)(number * 37u & 0xff), sizeof(it.bytes));
	return it;
}

TEST(ring_keeps_order_and_says_when_full)
{
	struct ring *r = NULL;
	struct item it;
	uint32_t put = 0, taken = 0;

	CHECK_INT(MIX_OK, ring_alloc(&r, 8, sizeof(it)), "eight slots");
	CHECK_INT(MIX_EMPTY, ring_take(r, &it), "a new ring is empty");
	for (unsigned round = 0; round < 50; round++) { /* round and round, at every fill from 1 to 8 */
		unsigned fill = round % 8 + 1;

		for (unsigned i = 0; i < fill; i++) {
			it = item_of(put++);
			CHECK_INT(MIX_OK, ring_put(r, &it), "place left");
		}
		CHECK_INT(8 - fill, ring_room(r), "room");
		if (fill == 8) {
			it = item_of(9999);
			CHECK_INT(MIX_FULL, ring_put(r, &it), "the ninth");
		}
		CHECK(!ring_empty(r), "something is there");
		for (unsigned i = 0; i < fill; i++) {
			struct item want = item_of(taken++);

			CHECK_INT(MIX_OK, ring_take(r, &it), "there");
			CHECK(it.number == want.number && memcmp(it.bytes, want.bytes, sizeof(it.bytes)) == 0,
				"item %u came as %u", want.number, it.number);
		}
		CHECK(ring_empty(r), "all taken");
	}
	ring_free(r);
}

TEST(ring_refuses_bad_sizes)
{
	static const struct {
		const char *story;
		size_t slots, size;
	} cases[] = {
		{ "no slot", 0, 8 },
		{ "one slot", 1, 8 },
		{ "not a power of two", 12, 8 },
		{ "too many", (size_t)RING_SLOTS_MAX * 2, 8 },
		{ "no bytes", 8, 0 },
		{ "too many bytes", 8, 4097 },
	};
	struct ring *r = NULL;
	enum mix_err err;

	STARVE(err, ring_alloc(&r, 8, 8), MIX_NOMEM);
	r = ring_free(r);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK_INT(MIX_RANGE, ring_alloc(&r, cases[i].slots, cases[i].size), cases[i].story);
		CHECK(!r, "%s: nothing made", cases[i].story);
	}
}

enum { CROSSING = 200000 };

static void *putter(void *arg)
{
	struct ring *r = arg;

	for (uint32_t i = 0; i < CROSSING; i++) {
		struct item it = item_of(i);

		while (ring_put(r, &it) == MIX_FULL)
			sched_yield();
	}
	return NULL;
}

/* Under `make tsan` this also proves that the slots are handed over, not shared. */
TEST(ring_crosses_threads)
{
	struct ring *r = NULL;
	pthread_t thread;
	unsigned wrong = 0;

	CHECK_INT(MIX_OK, ring_alloc(&r, 64, sizeof(struct item)), "ring");
	CHECK_INT(0, pthread_create(&thread, NULL, putter, r), "thread");
	for (uint32_t i = 0; i < CROSSING; i++) {
		struct item it, want = item_of(i);

		while (ring_take(r, &it) == MIX_EMPTY)
			sched_yield();
		wrong += it.number != i || memcmp(it.bytes, want.bytes, sizeof(it.bytes)) != 0;
	}
	pthread_join(thread, NULL);
	CHECK_INT(0, wrong, "items torn or out of order");
	ring_free(r);
}

TESTS(ring_keeps_order_and_says_when_full, ring_refuses_bad_sizes, ring_crosses_threads)
