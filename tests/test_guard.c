/* links: sip/guard.c sip/trunk.c */
#include "sip/guard.h"
#include "sip/trunk.h"
#include "tests/test.h"

#define COUNT(list) (sizeof(list) / sizeof(*(list)))
#define S(seconds) ((uint64_t)(seconds)*1000000)

static enum guard_verdict knock(struct guard *g, const char *address, uint64_t now_us)
{
	uint8_t ip[16];

	CHECK(trunk_address_parse(ip, address), "%s", address);
	return guard_stranger(g, ip, now_us);
}

/* One letter per knock: a answered, s silent, N silenced now */
static const char *knocks(struct guard *g, const char *address, unsigned n, uint64_t now_us, uint64_t step_us)
{
	static char out[2000];

	for (unsigned i = 0; i < n; i++)
		out[i] = "asN"[knock(g, address, now_us + i * step_us)];
	out[n] = 0;
	return out;
}

TEST(a_few_answers_then_silence_then_a_new_life)
{
	struct guard *g = guard_alloc();
	uint8_t ips[4][16], want[16];

	CHECK_STR("aaaaaNss", knocks(g, "192.0.2.1", 8, S(10), 1000), "one second of knocking");
	CHECK_STR("a", knocks(g, "192.0.2.2", 1, S(10), 0), "another is another");
	CHECK_INT(1, guard_silenced(g, ips, 4, S(11)), "the list");
	trunk_address_parse(want, "192.0.2.1");
	CHECK(memcmp(want, ips[0], 16) == 0, "names it");
	CHECK_INT(0, guard_silenced(g, ips, 0, S(11)), "room for none");
	CHECK_INT(3, guard_dropped(g), "requests without an answer");
	CHECK_STR("ss", knocks(g, "192.0.2.1", 2, S(600), S(5)), "ten minutes less a little");
	CHECK_INT(1, guard_silenced(g, ips, 4, S(610)), "the list");
	CHECK_INT(0, guard_silenced(g, ips, 4, S(611)), "its time is over");
	CHECK_STR("aaaaaN", knocks(g, "192.0.2.1", 6, S(611), 1), "and begins anew");
	CHECK(!guard_crowded(g), "two are no crowd");
	guard_free(g);
}

TEST(one_a_minute_is_answered_for_ever)
{
	struct guard *g = guard_alloc();

	for (unsigned i = 0; i < 600; i++)
		CHECK_INT(GUARD_ANSWER, knock(g, "192.0.2.1", S(60) * i), "each minute");
	CHECK_STR("aaaaN", knocks(g, "192.0.2.1", 5, S(60) * 599 + 1, 1),
		"a burst spends what had been saved, not more");
	guard_free(g);
}

TEST(a_slow_refill_saves_no_more_than_the_budget)
{
	struct guard *g = guard_alloc();

	CHECK_STR("aaaa", knocks(g, "192.0.2.1", 4, S(0), 0), "four of five");
	CHECK_STR("aaaN", knocks(g, "192.0.2.1", 4, S(121), 0), "one left and two minutes");
	guard_free(g);
}

TEST(a_full_budget_saves_nothing_up)
{
	struct guard *g = guard_alloc();

	CHECK_STR("a", knocks(g, "192.0.2.1", 1, S(0), 0), "one of five");
	CHECK_STR("aaaaa", knocks(g, "192.0.2.1", 5, S(239), 0), "full again since the first minute");
	CHECK_STR("N", knocks(g, "192.0.2.1", 1, S(241), 0), "the three minutes of fullness are lost");
	guard_free(g);
}

TEST(ipv6_is_counted_by_its_64)
{
	struct guard *g = guard_alloc();
	uint8_t ips[4][16], want[16];

	for (unsigned i = 0; i < GUARD_ANSWERS; i++) {
		char address[64];

		snprintf(address, sizeof(address), "2001:db8:0:1::%x", i + 1);
		CHECK_INT(GUARD_ANSWER, knock(g, address, S(1)), address);
	}
	CHECK_INT(GUARD_SILENCED_NOW, knock(g, "2001:db8:0:1:ffff::1", S(1)), "a sixth of the same /64");
	CHECK_INT(GUARD_ANSWER, knock(g, "2001:db8:0:2::1", S(1)), "another /64");
	CHECK_INT(1, guard_silenced(g, ips, 4, S(1)), "the list");
	trunk_address_parse(want, "2001:db8:0:1::");
	CHECK(memcmp(want, ips[0], 16) == 0, "names the network");
	for (unsigned i = 1; i <= 20; i++) { /* v4-mapped ones share 64 bits and are not one source */
		char address[64];

		snprintf(address, sizeof(address), "192.0.2.%u", i);
		CHECK_INT(GUARD_ANSWER, knock(g, address, S(1)), address);
	}
	guard_free(g);
}

static const char *nth_source(unsigned i)
{
	static char address[64];

	snprintf(address, sizeof(address), "10.%u.%u.%u", i >> 16 & 255, i >> 8 & 255, i & 255);
	return address;
}

/* 1,000 sources at once, as a spoofer would do it: memory stays, and nobody is answered any more. */
TEST(a_crowd_closes_the_door_for_all)
{
	struct guard *g = guard_alloc();
	static uint8_t ips[GUARD_SOURCES][16];
	unsigned answered = 0, now_silenced = 0;

	for (unsigned i = 0; i < 1000; i++) {
		enum guard_verdict verdict = knock(g, nth_source(i), S(5) + i);

		answered += verdict == GUARD_ANSWER;
		now_silenced += verdict == GUARD_SILENCED_NOW;
		CHECK_INT(i >= GUARD_SOURCES, guard_crowded(g), "crowded once the list is full");
	}
	CHECK_INT(GUARD_SOURCES, answered, "as many as the list holds");
	CHECK_INT(1, now_silenced, "the filter is to be built once");
	CHECK_INT(GUARD_SILENT, knock(g, "192.0.2.1", S(6)), "a newcomer");
	CHECK_INT(1000 + 1 - GUARD_SOURCES, guard_dropped(g), "counted");
	guard_silenced(g, ips, GUARD_SOURCES, S(605));
	CHECK(guard_crowded(g), "ten minutes less a little");
	guard_silenced(g, ips, GUARD_SOURCES, S(607));
	CHECK(!guard_crowded(g), "the crowd is gone");
	CHECK_INT(GUARD_ANSWER, knock(g, "192.0.2.1", S(608)), "and the door open");
	guard_free(g);
}

TEST(a_crowd_that_went_is_noticed_by_the_next_knock_too)
{
	struct guard *g = guard_alloc();

	for (unsigned i = 0; i <= GUARD_SOURCES; i++)
		knock(g, nth_source(i), S(5));
	CHECK(guard_crowded(g), "full");
	CHECK_INT(GUARD_ANSWER, knock(g, "192.0.2.1", S(606)), "ten minutes later");
	guard_free(g);
}

TEST(old_rows_are_used_again_without_a_crowd)
{
	struct guard *g = guard_alloc();

	for (unsigned i = 0; i < 5 * GUARD_SOURCES; i++)
		CHECK_INT(GUARD_ANSWER, knock(g, nth_source(i), S(1) * i), "one a second is no flood");
	CHECK(!guard_crowded(g), "no crowd");
	guard_free(g);
}

TEST(all_is_forgiven_when_the_site_changes)
{
	struct guard *g = guard_alloc();
	uint8_t ips[4][16];

	knocks(g, "192.0.2.1", 10, S(1), 0);
	for (unsigned i = 0; i < GUARD_SOURCES; i++)
		knock(g, nth_source(i), S(1));
	CHECK(guard_crowded(g), "full");
	guard_forgive(g);
	CHECK(!guard_crowded(g), "empty");
	CHECK_INT(0, guard_silenced(g, ips, 4, S(1)), "empty");
	CHECK_STR("aaaaaN", knocks(g, "192.0.2.1", 6, S(2), 0), "anew");
	CHECK(guard_free(NULL) == NULL, "NULL is freed");
	guard_free(g);
}

TEST(a_clock_that_goes_back_harms_nobody)
{
	struct guard *g = guard_alloc();

	CHECK_STR("aaaaaN", knocks(g, "192.0.2.1", 6, S(1000), 0), "then");
	CHECK_STR("ss", knocks(g, "192.0.2.1", 2, S(1), 0), "before");
	CHECK_STR("aaaaaN", knocks(g, "192.0.2.2", 6, S(1), 0), "before");
	guard_free(g);
}

TEST(a_password_vouches_for_its_source)
{
	struct guard *g = guard_alloc();
	uint8_t ip[16], ips[4][16];

	trunk_address_parse(ip, "192.0.2.1");
	CHECK_STR("aaaaaNs", knocks(g, "192.0.2.1", 7, S(1), 0), "a stranger");
	CHECK(guard_is_silent(g, ip, S(2)), "silent");
	guard_vouch(g, ip, S(3));
	CHECK(!guard_is_silent(g, ip, S(4)), "answered again");
	CHECK_INT(0, guard_silenced(g, ips, 4, S(4)), "and off the list");
	CHECK_STR("aaaaaaaaaa", knocks(g, "192.0.2.1", 10, S(5), 0), "as often as it likes");
	for (unsigned i = 0; i <= GUARD_SOURCES; i++)
		knock(g, nth_source(i), S(6));
	CHECK(guard_crowded(g), "a crowd");
	CHECK_STR("aa", knocks(g, "192.0.2.1", 2, S(7), 0), "does not push it out");
	CHECK_STR("s", knocks(g, "192.0.2.9", 1, S(7), 0), "as it does others");
	guard_doubt(g, ip);
	CHECK_STR("s", knocks(g, "192.0.2.1", 1, S(8), 0), "a wrong password takes that back");
	guard_forgive(g);
	guard_vouch(g, ip, S(10));
	CHECK_STR("aaaaaN", knocks(g, "192.0.2.1", 6, S(10) + GUARD_VOUCH_US, 0), "for a day");
	guard_free(g);
}

TESTS(a_password_vouches_for_its_source, a_crowd_that_went_is_noticed_by_the_next_knock_too,
	a_full_budget_saves_nothing_up, a_few_answers_then_silence_then_a_new_life,
	one_a_minute_is_answered_for_ever, a_slow_refill_saves_no_more_than_the_budget,
	ipv6_is_counted_by_its_64, a_crowd_closes_the_door_for_all, old_rows_are_used_again_without_a_crowd,
	all_is_forgiven_when_the_site_changes, a_clock_that_goes_back_harms_nobody)
