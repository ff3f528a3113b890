/* links: mixer/unopened.c */
#include "mixer/unopened.h"
#include "tests/test.h"

static const struct net_addr from = { .port = 4000 };

/* Packets of these lengths, in hundreds of bytes, each filled with its place; what is then taken, places in order. */
static const char *kept(const char *lengths)
{
	static char taken[64];
	static struct unopened u;
	struct unopened_packet packet;
	uint8_t bytes[1000], place = 1;
	size_t n = 0;

	memset(&u, 0, sizeof(u));
	for (const char *at = lengths; *at; at++, place++) {
		memset(bytes, place, sizeof(bytes));
		unopened_put(&u, bytes, (size_t)(*at - '0') * 100, &from, place * 20000u);
	}
	while (unopened_take(&u, &packet)) {
		CHECK_INT(packet.bytes[0] * 20000u, packet.arrival_us, "with its time");
		CHECK_INT(packet.bytes[0], packet.bytes[packet.len - 1], "whole");
		CHECK_INT((lengths[packet.bytes[0] - 1] - '0') * 100, packet.len, "as long as it was");
		CHECK(packet.from.port == from.port, "from where it came");
		taken[n++] = (char)('0' + packet.bytes[0]);
	}
	taken[n] = '\0';
	CHECK_INT(0, u.n + u.used, "and nothing is left");
	return taken;
}

TEST(the_newest_are_kept)
{
	static const struct {
		const char *story, *lengths, *kept;
	} cases[] = {
		{ "none", "", "" },
		{ "few", "123", "123" },
		{ "60 ms each", "555555", "23456" },
		{ "a long one makes place", "5111111111111111111", "23456789:;<=>?@ABC" },
		{ "the oldest makes place", "2222222222222", "23456789:;<=" },
		{ "two make place for a long one", "2222222222225", "3456789:;<=" },
		{ "too long is not kept", "161", "13" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK_STR(cases[i].kept, kept(cases[i].lengths), cases[i].story);
}

TESTS(the_newest_are_kept)
