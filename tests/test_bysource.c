/* links: bridge/bysource.c */
/* Sources and their legs: against a list that is looked through from its begin, and at the table's edges. */
#include "bridge/bysource.h"
#include "tests/test.h"

enum { MAX = 60, HOSTS = 4, PORTS = 40, ROUNDS = 40000 };

static struct net_addr source(unsigned host, unsigned port)
{
	return (struct net_addr){ .ip = { [10] = 255, [11] = 255, [12] = 10, [15] = (uint8_t)host },
		.port = (uint16_t)(20000 + 2 * port) };
}

/* Whoever forgets to move up what stands behind a removed entry loses some of the others here. */
TEST(like_a_list)
{
	struct bysource *b = bysource_alloc(MAX);
	uint32_t list[HOSTS][PORTS] = { { 0 } }, seed = 7;
	unsigned n = 0;

	CHECK(b, "memory");
	for (unsigned round = 0; round < ROUNDS; round++) {
		seed = seed * 1664525u + 1013904223u;
		const unsigned host = seed >> 28 & (HOSTS - 1), port = (seed >> 16) % PORTS;
		const uint32_t leg = 1 + (seed >> 8) % 3;
		const struct bysource_leg entry = {
			.from = source(host, port), .leg_id = leg, .at = &list[host]
		};
		uint32_t *mine = &list[host][port];

		if (seed & 0x80) {
			const bool wanted = (*mine == 0 && n < MAX) || *mine == leg;

			CHECK_INT(wanted, bysource_put(b, &entry), "as in the list");
			n += wanted && *mine == 0;
			*mine = wanted ? leg : *mine;
		} else {
			bysource_remove(b, &entry.from, leg);
			n -= *mine == leg;
			*mine = *mine == leg ? 0 : *mine;
		}
		CHECK_INT(n, bysource_count(b), "as in the list");
		for (unsigned h = 0; h < HOSTS; h++)
			for (unsigned p = round % 8; p < PORTS; p += 8) {
				const struct net_addr from = source(h, p);
				const struct bysource_leg *found = bysource_find(b, &from);

				CHECK_INT(list[h][p], found ? found->leg_id : 0, "as in the list");
				CHECK(!found || found->at == &list[h], "whose it is");
			}
	}
	bysource_free(b);
}

TEST(no_address_is_nobodys)
{
	struct bysource *b = bysource_alloc(1);
	const struct bysource_leg none = { .leg_id = 5 }, v4 = { .from = source(1, 1), .leg_id = 6 };
	struct net_addr v6 = v4.from;

	CHECK(b, "memory");
	CHECK(!bysource_put(b, &none), "port 0");
	CHECK(!bysource_find(b, &none.from), "nor found");
	CHECK(bysource_put(b, &v4), "the only place");
	v6.ip[0] = 0x20;
	CHECK(!bysource_find(b, &v6), "another family, the same last bytes");
	bysource_remove(b, &v4.from, 7);
	CHECK(bysource_find(b, &v4.from), "another leg cannot take it away");
	bysource_free(b);
	bysource_free(NULL);
}

TESTS(like_a_list, no_address_is_nobodys)
