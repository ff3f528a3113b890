/* links: mixer/slots.c */
#include "mixer/slots.h"
#include "tests/test.h"

static void put(struct slots *s, uint16_t seq, int64_t ts)
{
	struct slots_dropped dropped = { 0 };
	const struct rtp rtp = { .seq = seq, .payload = (const uint8_t *)"abc", .payload_len = 3 };

	slots_put(s, &rtp, ts, &dropped);
	CHECK_INT(0, dropped.sound, "none had to go");
}

/* Months of sound pass through a few bytes a packet: timestamps are kept as distances. */
TEST(timestamps_go_on_for_ever)
{
	static const int64_t steps[] = { 160, 1 << 20, 1 << 29, 1 << 30, (1 << 30) + 7, -160,
		-(1 << 30) - 7 };

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		static struct slots s;
		struct slots_dropped dropped = { 0 };
		int64_t ts = -5;

		slots_lend(&s, NULL, 0, &dropped);
		slots_reset(&s, 65000);
		put(&s, 65000, ts);
		for (unsigned n = 1; n < 2000; n++, ts += steps[i]) {
			const uint16_t seq = (uint16_t)(65000 + n);

			put(&s, seq, ts + steps[i]);
			CHECK_INT(ts, slots_ts(&s, (uint16_t)(seq - 1)), "the one before");
			CHECK_INT(ts + steps[i], slots_ts(&s, seq), "this one");
			slots_advance(&s, seq);
		}
	}
}

TEST(who_leaps_by_days_keeps_the_order)
{
	static struct slots s;
	struct slots_dropped dropped = { 0 };
	const int64_t leap = (int64_t)1 << 40;

	slots_lend(&s, NULL, 0, &dropped);
	put(&s, 0, 0);
	put(&s, 1, 160);
	put(&s, 2, leap);
	put(&s, 3, leap + 160);
	CHECK_INT(leap, slots_ts(&s, 2), "where it leapt to");
	CHECK(slots_ts(&s, 0) <= slots_ts(&s, 1) && slots_ts(&s, 1) < slots_ts(&s, 2), "before it");
	CHECK_INT(160, slots_ts(&s, 3) - slots_ts(&s, 2), "and on from there");
	slots_advance(&s, 3);
	slots_keep_rest(&s, 1, leap + 80);
	CHECK_INT(leap + 80, slots_ts(&s, 2), "the rest of one");
}

TESTS(timestamps_go_on_for_ever, who_leaps_by_days_keeps_the_order)
