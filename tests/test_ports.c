/* links: bridge/ports.c bridge/err.c */
#include "bridge/ports.h"
#include "tests/test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

/* A range of its own for this test; who else has a port in it is passed over. */
enum { FIRST = 18711, LAST = 18720 };

static uint16_t port_of(int fd)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);

	return getsockname(fd, (struct sockaddr *)&a, &len) == 0 ? ntohs(a.sin_port) : 0;
}

static int bind_elsewhere(uint16_t port)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
	};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0, "port %u is free", port);
	return fd;
}

TEST(pairs_are_even_and_odd_neighbours)
{
	struct port_pair pairs[5], none;
	struct ports *p = NULL;
	int on = 0;
	socklen_t len = sizeof(on);

	CHECK_INT(BRIDGE_OK, ports_alloc(&p, "127.0.0.1", FIRST, LAST), "range");
	for (unsigned i = 0; i < 4; i++) { /* 18712 to 18719 */
		CHECK_INT(BRIDGE_OK, ports_take(p, NULL, &pairs[i]), "pair");
		CHECK_INT(FIRST + 1 + 2 * i, pairs[i].rtp_port, "in turn");
		CHECK_INT(pairs[i].rtp_port, port_of(pairs[i].rtp_fd), "RTP is bound");
		CHECK_INT(pairs[i].rtp_port + 1, port_of(pairs[i].rtcp_fd), "RTCP is bound");
		CHECK(fcntl(pairs[i].rtp_fd, F_GETFL) & O_NONBLOCK, "never waits");
		CHECK_INT(0, getsockopt(pairs[i].rtp_fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, &len), "option");
		CHECK(on, "packets carry their arrival time");
	}
	CHECK_INT(4, ports_used(p), "used");
	CHECK_INT(BRIDGE_FULL, ports_take(p, NULL, &none), "18720 has no neighbour in the range");
	CHECK_INT(-1, none.rtp_fd, "nothing");

	ports_give(&pairs[2]);
	CHECK_INT(-1, pairs[2].rtp_fd, "emptied");
	CHECK_INT(3, ports_used(p), "given back");
	CHECK_INT(BRIDGE_OK, ports_take(p, NULL, &pairs[2]), "the only one left");
	for (unsigned i = 0; i < 4; i++)
		ports_give(&pairs[i]);
	CHECK_INT(0, ports_used(p), "all given back");
	ports_free(p);
}

/* Late packets of a leg must not reach the next one: a port that was given back rests longest. */
TEST(a_port_rests)
{
	struct port_pair pair;
	struct ports *p = NULL;
	uint16_t before = 0;

	CHECK_INT(BRIDGE_OK, ports_alloc(&p, "127.0.0.1", FIRST, LAST), "range");
	for (unsigned i = 0; i < 8; i++) {
		CHECK_INT(BRIDGE_OK, ports_take(p, NULL, &pair), "pair");
		CHECK(pair.rtp_port != before, "not the same again");
		before = pair.rtp_port;
		ports_give(&pair);
	}
	ports_free(p);
}

TEST(ports_of_others_are_passed_over)
{
	struct port_pair a, b, c;
	struct ports *p = NULL;
	int rtp = bind_elsewhere(18712), rtcp = bind_elsewhere(18715);

	CHECK_INT(BRIDGE_OK, ports_alloc(&p, "127.0.0.1", FIRST, LAST), "range");
	CHECK_INT(BRIDGE_OK, ports_take(p, NULL, &a), "first");
	CHECK_INT(BRIDGE_OK, ports_take(p, NULL, &b), "second");
	CHECK_INT(18716, a.rtp_port, "18712 and 18715 are somebody else's");
	CHECK_INT(18718, b.rtp_port, "next");
	CHECK_INT(BRIDGE_FULL, ports_take(p, NULL, &c), "no more");
	close(rtp);
	close(rtcp);
	CHECK_INT(BRIDGE_OK, ports_take(p, NULL, &c), "they have left");
	ports_give(&a);
	ports_give(&b);
	ports_give(&c);
	ports_free(p);
}

/* Two pairs are kept for somebody: he gets no others, and nobody else gets those; out of reach, what is out stays out. */
TEST(a_part_is_for_whom_it_is_kept)
{
	const struct port_range part = { 18714, 18717 }, other = { 18712, 18713 };
	struct port_pair kept[3], rest[3];
	struct ports *p = NULL;

	CHECK_INT(BRIDGE_OK, ports_alloc(&p, "127.0.0.1", FIRST, LAST), "range"); /* 18712 to 18719 */
	CHECK_INT(BRIDGE_OK, ports_part(p, &part, 1), "part");
	CHECK_INT(2, ports_count(p, &part).all, "pairs of the part");
	CHECK_INT(2, ports_count(p, NULL).all, "pairs beside it");
	for (unsigned i = 0; i < 2; i++) {
		CHECK_INT(BRIDGE_OK, ports_take(p, &part, &kept[i]), "of the part");
		CHECK_INT(18714 + 2 * i, kept[i].rtp_port, "in turn");
		CHECK_INT(BRIDGE_OK, ports_take(p, NULL, &rest[i]), "of the rest");
		CHECK_INT(i ? 18718 : 18712, rest[i].rtp_port, "beside the part");
	}
	CHECK_INT(BRIDGE_FULL, ports_take(p, &part, &kept[2]), "no more of the part");
	CHECK_INT(BRIDGE_FULL, ports_take(p, NULL, &rest[2]), "no more of the rest");
	CHECK_INT(2, ports_count(p, &part).used, "used of the part");

	CHECK_INT(BRIDGE_OK, ports_part(p, &other, 1), "another part");
	CHECK_INT(4, ports_used(p), "what is out stays out");
	ports_give(&kept[0]);
	ports_give(&rest[0]);
	CHECK_INT(BRIDGE_OK, ports_take(p, NULL, &rest[0]), "nobody keeps it any more");
	CHECK_INT(18714, rest[0].rtp_port, "the first of what was a part");
	CHECK_INT(BRIDGE_FULL, ports_take(p, NULL, &rest[2]), "18712 is kept now");
	ports_give(&rest[0]);
	CHECK_INT(BRIDGE_OK, ports_part(p, NULL, 0), "no part");
	CHECK_INT(4, ports_count(p, NULL).all, "all are anybody's");
	for (unsigned i = 0; i < 2; i++) {
		ports_give(&kept[i]);
		ports_give(&rest[i]);
	}
	CHECK_INT(0, ports_used(p), "all given back");
	ports_free(p);
}

TEST(ranges_that_cannot_be)
{
	static const struct {
		const char *story, *listen;
		uint16_t first, last;
	} cases[] = {
		{ "one port", "127.0.0.1", 20000, 20000 },
		{ "an odd one and an even one", "127.0.0.1", 20001, 20002 },
		{ "backwards", "127.0.0.1", 20010, 20000 },
		{ "port 0", "127.0.0.1", 0, 100 },
		{ "no address", "localhost", 20000, 20010 },
		{ "not of this machine", "192.0.2.1", 20000, 20010 },
		{ "nothing", "", 20000, 20010 },
	};
	struct ports *p = NULL;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK_INT(BRIDGE_RANGE, ports_alloc(&p, cases[i].listen, cases[i].first, cases[i].last),
			cases[i].story);
		CHECK(!p, "%s: nothing made", cases[i].story);
	}
	CHECK_INT(BRIDGE_OK, ports_alloc(&p, "127.0.0.1", 65534, 65535), "the last pair there is");
	ports_free(p);
}

TESTS(pairs_are_even_and_odd_neighbours, a_port_rests, ports_of_others_are_passed_over,
	a_part_is_for_whom_it_is_kept, ranges_that_cannot_be)
