/* links: sip/sieve.c sip/trunk.c */
#include "sip/sieve.h"
#include "tests/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

static struct sieve sieve;

struct plan { /* rules as people write them: words parted by spaces */
	const char *silenced, *allowed;
	bool crowded;
};

/* Lists of words -> addresses and networks; kept until the next call. */
static enum call_err build(const struct plan *plan)
{
	static uint8_t silenced[64][16];
	static struct trunk_network allowed[64];
	struct sieve_rules rules = {
		.silenced = (const uint8_t(*)[16])silenced, .allowed = allowed, .crowded = plan->crowded
	};
	char words[1024], *rest, *word;

	snprintf(words, sizeof(words), "%s", plan->silenced);
	for (rest = words; (word = strsep(&rest, " "));)
		if (*word)
			CHECK(trunk_address_parse(silenced[rules.n_silenced++], word), "%s", word);
	snprintf(words, sizeof(words), "%s", plan->allowed);
	for (rest = words; (word = strsep(&rest, " "));)
		if (*word)
			CHECK(trunk_network_parse(&allowed[rules.n_allowed++], word), "%s", word);
	return sieve_build(&sieve, &rules);
}

/* The machine of bpf(4), as far as the program uses it. */
static bool passes(const uint8_t *header, size_t size)
{
	uint32_t a = 0, m0 = 0;

	if (sieve.n == 0)
		return true;
	for (unsigned pc = 0; pc < sieve.n; pc++) {
		const struct sock_filter *i = &sieve.code[pc];
		size_t at = i->k - (uint32_t)SKF_NET_OFF;

		switch (i->code) {
		case BPF_LD | BPF_B | BPF_ABS:
			CHECK(at < size, "reads byte %zu", at);
			a = header[at];
			break;
		case BPF_LD | BPF_W | BPF_ABS:
			CHECK(at + 4 <= size, "reads word %zu", at);
			a = (uint32_t)header[at] << 24 | (uint32_t)header[at + 1] << 16 |
			    (uint32_t)header[at + 2] << 8 | header[at + 3];
			break;
		case BPF_LD | BPF_MEM: a = m0; break;
		case BPF_ST: m0 = a; break;
		case BPF_ALU | BPF_RSH | BPF_K: a >>= i->k; break;
		case BPF_ALU | BPF_AND | BPF_K: a &= i->k; break;
		case BPF_JMP | BPF_JA: pc += i->k; break;
		case BPF_JMP | BPF_JEQ | BPF_K: pc += a == i->k ? i->jt : i->jf; break;
		case BPF_RET | BPF_K: return i->k != 0;
		default: CHECK(false, "instruction %u has code %#x", pc, i->code);
		}
	}
	CHECK(false, "runs past its end");
	return false;
}

static bool passes_from(const char *address)
{
	uint8_t header[40] = { 0 }, ip[16];
	static const uint8_t v4[12] = { [10] = 0xff, [11] = 0xff };

	CHECK(trunk_address_parse(ip, address), "%s", address);
	if (memcmp(ip, v4, 12) == 0) {
		header[0] = 0x45;
		memcpy(header + 12, ip + 12, 4);
		return passes(header, 20);
	}
	header[0] = 0x60;
	memcpy(header + 8, ip, 16);
	return passes(header, sizeof(header));
}

TEST(who_passes)
{
	static const struct {
		const char *story;
		struct plan plan;
		const char *pass, *drop;
	} cases[] = {
		{ "no rules", { "", "", false }, "192.0.2.1 2001:db8::1", "" },
		{ "allowed networks alone close no door", { "", "192.0.2.0/24", false },
			"192.0.2.1 203.0.113.1 2001:db8::1", "" },
		{ "one silenced", { "192.0.2.1", "", false }, "192.0.2.2 192.0.2.0 2001:db8::1",
			"192.0.2.1" },
		{ "several silenced", { "192.0.2.1 192.0.2.9 10.0.0.1", "", false }, "192.0.2.2 10.0.0.2",
			"192.0.2.1 192.0.2.9 10.0.0.1" },
		{ "IPv6 by its /64", { "2001:db8:0:1::", "", false },
			"2001:db8:0:2::1 2001:db8:1:1::1 ::1 192.0.2.1",
			"2001:db8:0:1::1 2001:db8:0:1:ffff:ffff:ffff:ffff" },
		{ "both families", { "192.0.2.1 2001:db8::1", "", false }, "192.0.2.2 2001:db8:0:1::1",
			"192.0.2.1 2001:db8::2" },
		{ "silenced, but allowed now",
			{ "192.0.2.1 192.0.3.1 2001:db8::1", "192.0.2.0/24 2001:db8::/32", false },
			"192.0.2.1 192.0.2.2 2001:db8::1", "192.0.3.1" },
		{ "crowded", { "", "192.0.2.0/24 198.51.100.7 2001:db8:8000::/33", true },
			"192.0.2.0 192.0.2.255 198.51.100.7 2001:db8:8000::1 2001:db8:ffff::1",
			"192.0.1.255 192.0.3.0 198.51.100.6 198.51.100.8 2001:db8:7fff::1 2001:db9::1 "
			"127.0.0.1 ::1" },
		{ "crowded and nobody is known", { "192.0.2.1", "", true }, "",
			"192.0.2.1 192.0.2.2 2001:db8::1 127.0.0.1" },
		{ "lengths in any order",
			{ "10.9.9.9", "10.0.0.0/8 192.0.2.1 172.16.0.0/12 192.0.2.9 192.168.0.0/16", true },
			"10.1.1.1 10.9.9.9 192.0.2.1 172.31.0.1 192.0.2.9 192.168.5.5",
			"11.0.0.1 172.32.0.1 192.0.2.2 192.169.0.1" },
		{ "an IPv6 network is none of IPv4, whatever its last bytes", { "", "fd01::c000:207", true },
			"fd01::c000:207", "192.0.2.7" },
		{ "all of IPv4", { "192.0.2.1", "0.0.0.0/0", true }, "192.0.2.1 10.0.0.1", "2001:db8::1" },
		{ "all of IPv6", { "", "::/0", true }, "2001:db8::1 ::1", "192.0.2.1" },
		{ "IPv6 of every word", { "", "2000::/3 fd00:1::/31 fd00:8::/64 fd00:9::/65 fd01::1", true },
			"2001:db8::1 3fff::1 fd00:1::1 fd00:0::1 fd00:8::99 fd00:9::7fff:ffff:ffff:ffff "
			"fd01::1",
			"4000::1 fd00:2::1 fd00:8:0:1::1 fd00:9::8000:0:0:0 fd01::2 fd01:0:0:1::1" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char words[512], *rest, *word;

		CHECK_INT(CALL_OK, build(&cases[i].plan), cases[i].story);
		snprintf(words, sizeof(words), "%s", cases[i].pass);
		for (rest = words; (word = strsep(&rest, " "));)
			CHECK(!*word || passes_from(word), "%s: %s is dropped", cases[i].story, word);
		snprintf(words, sizeof(words), "%s", cases[i].drop);
		for (rest = words; (word = strsep(&rest, " "));)
			CHECK(!*word || !passes_from(word), "%s: %s passes", cases[i].story, word);
	}
}

static struct trunk_network *many(size_t n, bool v4, unsigned bits)
{
	struct trunk_network *out = calloc(n + 1, sizeof(*out));

	for (size_t i = 0; i < n; i++) {
		if (v4)
			memcpy(out[i].ip + 10, (uint8_t[]){ 0xff, 0xff, 10 }, 3);
		else
			out[i].ip[0] = 0x20;
		for (unsigned k = 0; k < 3; k++)
			out[i].ip[v4 ? 13 + k : 5 + k] = (uint8_t)(i >> (8 * (2 - k)));
		out[i].prefix_bits = (uint8_t)bits;
	}
	return out;
}

static enum call_err attach(const struct sieve *s)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	enum call_err err = sieve_attach(fd, s);

	close(fd);
	return err;
}

/* What guard can list, and more: within the bound the kernel takes it, past it nothing is built. */
TEST(the_program_is_bounded_and_the_kernel_takes_it)
{
	static const struct {
		const char *story;
		size_t silenced, allowed;
		bool v4;
		enum call_err err;
	} cases[] = {
		{ "a full guard, IPv4", 512, 0, true, CALL_OK },
		{ "a full guard, IPv6", 512, 0, false, CALL_OK },
		{ "a full guard and 200 trunks, IPv6", 512, 200, false, CALL_OK },
		{ "a full guard and 3,000 networks, IPv4", 512, 3000, true, CALL_OK },
		{ "too many, IPv4", 0, 5000, true, CALL_LIMIT },
		{ "too many, IPv6", 0, 1000, false, CALL_LIMIT },
		{ "far too many", 100000, 0, true, CALL_LIMIT },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct trunk_network *silenced = many(cases[i].silenced, cases[i].v4, 128);
		struct trunk_network *allowed = many(cases[i].allowed, cases[i].v4, cases[i].v4 ? 128 : 64);
		uint8_t(*ips)[16] = calloc(cases[i].silenced + 1, 16);
		struct sieve_rules rules = { (const uint8_t(*)[16])ips, cases[i].silenced, allowed,
			cases[i].allowed, cases[i].silenced == 0 };

		for (size_t k = 0; k < cases[i].silenced; k++) {
			memcpy(ips[k], silenced[k].ip, 16);
			ips[k][4] ^= cases[i].v4 ? 0 : 0x80; /* not the allowed ones */
			ips[k][12] ^= cases[i].v4 ? 1 : 0;
		}
		CHECK_INT(cases[i].err, sieve_build(&sieve, &rules), cases[i].story);
		if (cases[i].err == CALL_OK) {
			CHECK(sieve.n < 4096, "%s: %u instructions", cases[i].story, sieve.n);
			CHECK_INT(CALL_OK, attach(&sieve), cases[i].story);
			for (unsigned k = 0; k < cases[i].silenced;
				k++) { /* the first, the last, those at the seams */
				char text[64];

				inet_ntop(AF_INET6, ips[k], text, sizeof(text));
				CHECK(!passes_from(text), "%s: %s passes", cases[i].story, text);
			}
			for (unsigned k = 0; k < cases[i].allowed; k++) {
				char text[64];

				inet_ntop(AF_INET6, allowed[k].ip, text, sizeof(text));
				CHECK(passes_from(text), "%s: %s is dropped", cases[i].story, text);
			}
			CHECK(passes_from("203.0.113.1") && passes_from("2a00::1"), "%s: others",
				cases[i].story);
		}
		free(silenced);
		free(allowed);
		free(ips);
	}
}

static int bound(int family, int type, const char *address, unsigned *port)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)*port) };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons((uint16_t)*port) };
	bool v6 = family == AF_INET6;
	socklen_t n = v6 ? sizeof(six) : sizeof(four);
	struct sockaddr *to = v6 ? (struct sockaddr *)&six : (struct sockaddr *)&four;
	int fd = socket(family, type | SOCK_NONBLOCK, 0), no = 0;

	if (fd < 0)
		return -1;
	CHECK_INT(
		1, inet_pton(family, address, v6 ? (void *)&six.sin6_addr : (void *)&four.sin_addr), address);
	if (v6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
	if (bind(fd, to, n) != 0) {
		close(fd);
		return -1;
	}
	getsockname(fd, to, &n);
	*port = ntohs(v6 ? six.sin6_port : four.sin_port);
	return fd;
}

/* Sends one byte from an address to a port of ours; true: it arrived. */
static bool arrives(int server, const char *from, const char *to, unsigned port)
{
	bool v6 = strchr(from, ':') != NULL;
	unsigned any = 0;
	int client = bound(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM, from, &any);
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	char byte = 'x';
	bool came;

	CHECK(client >= 0, "cannot send from %s", from);
	inet_pton(v6 ? AF_INET6 : AF_INET, to, v6 ? (void *)&six.sin6_addr : (void *)&four.sin_addr);
	CHECK_INT(1,
		sendto(client, &byte, 1, 0, v6 ? (struct sockaddr *)&six : (struct sockaddr *)&four,
			v6 ? sizeof(six) : sizeof(four)),
		from);
	came = recv(server, &byte, 1, MSG_DONTWAIT) == 1; /* loopback delivers before sendto() returns */
	close(client);
	return came;
}

TEST(the_kernel_drops_whom_it_is_told_to)
{
	struct sieve none = { .n = 0 };
	unsigned port = 0;
	int server = bound(AF_INET, SOCK_DGRAM, "127.0.0.1", &port);

	CHECK(arrives(server, "127.0.0.3", "127.0.0.1", port), "no program yet");
	CHECK_INT(CALL_OK, build(&(struct plan){ "127.0.0.3 127.0.0.4", "127.0.0.4/32", false }), "silenced");
	CHECK_INT(CALL_OK, sieve_attach(server, &sieve), "attached");
	CHECK(!arrives(server, "127.0.0.3", "127.0.0.1", port), "silenced");
	CHECK(arrives(server, "127.0.0.2", "127.0.0.1", port), "another");
	CHECK(arrives(server, "127.0.0.4", "127.0.0.1", port), "a trunk");

	CHECK_INT(CALL_OK, build(&(struct plan){ "", "127.0.0.4/32 127.0.1.0/24", true }), "crowded");
	CHECK_INT(CALL_OK, sieve_attach(server, &sieve), "replaced");
	CHECK(!arrives(server, "127.0.0.2", "127.0.0.1", port), "a stranger in the crowd");
	CHECK(arrives(server, "127.0.0.4", "127.0.0.1", port), "a trunk");
	CHECK(arrives(server, "127.0.1.77", "127.0.0.1", port), "a trunk's network");

	CHECK_INT(CALL_OK, sieve_attach(server, &none), "taken off");
	CHECK_INT(CALL_OK, sieve_attach(server, &none), "taken off twice");
	CHECK(arrives(server, "127.0.0.3", "127.0.0.1", port), "everybody again");
	CHECK_INT(CALL_ADDRESS, sieve_attach(-1, &sieve), "no descriptor");
	CHECK_INT(EBADF, errno, "and errno says so");
	close(server);
}

/* One IPv6 socket takes IPv4 too: its program meets both headers. */
TEST(one_program_fits_both_families)
{
	unsigned port = 0;
	int server = bound(AF_INET6, SOCK_DGRAM, "::", &port);

	if (server < 0)
		skip(); /* a machine without IPv6 */
	CHECK_INT(CALL_OK, build(&(struct plan){ "127.0.0.3", "", false }), "IPv4");
	CHECK_INT(CALL_OK, sieve_attach(server, &sieve), "IPv4");
	CHECK(!arrives(server, "127.0.0.3", "127.0.0.1", port), "silenced IPv4");
	CHECK(arrives(server, "127.0.0.2", "127.0.0.1", port), "other IPv4");
	CHECK(arrives(server, "::1", "::1", port), "IPv6");
	CHECK_INT(CALL_OK, build(&(struct plan){ "::1", "", false }), "IPv6");
	CHECK_INT(CALL_OK, sieve_attach(server, &sieve), "IPv6");
	CHECK(arrives(server, "127.0.0.3", "127.0.0.1", port), "IPv4");
	CHECK(!arrives(server, "::1", "::1", port), "silenced IPv6");
	close(server);
}

/* The stranger's SYN meets no answer; the friend who comes after is the first to be accepted. */
TEST(a_listening_tcp_socket_is_as_deaf)
{
	struct sockaddr_in to = { .sin_family = AF_INET }, peer;
	socklen_t n = sizeof(peer);
	unsigned port = 0, any = 0, any_too = 0;
	int server = bound(AF_INET, SOCK_STREAM, "127.0.0.1", &port);
	int stranger = bound(AF_INET, SOCK_STREAM, "127.0.0.3", &any);
	int friend = bound(AF_INET, SOCK_STREAM, "127.0.0.2", &any_too), accepted;
	struct pollfd ready = { .fd = server, .events = POLLIN };

	CHECK_INT(0, listen(server, 8), "listens");
	CHECK_INT(CALL_OK, build(&(struct plan){ "127.0.0.3", "", false }), "silenced");
	CHECK_INT(CALL_OK, sieve_attach(server, &sieve), "attached");
	inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
	to.sin_port = htons((uint16_t)port);
	CHECK_INT(-1, connect(stranger, (struct sockaddr *)&to, sizeof(to)), "under way");
	CHECK(connect(friend, (struct sockaddr *)&to, sizeof(to)) == 0 || errno == EINPROGRESS, "under way");
	CHECK_INT(1, poll(&ready, 1, 2000), "somebody came");
	accepted = accept(server, (struct sockaddr *)&peer, &n);
	CHECK(accepted >= 0, "accepted");
	CHECK_INT(0x7f000002, ntohl(peer.sin_addr.s_addr), "the friend");
	CHECK_INT(-1, accept(server, NULL, NULL), "and nobody else");
	close(accepted);
	close(friend);
	close(stranger);
	close(server);
}

TESTS(who_passes, the_program_is_bounded_and_the_kernel_takes_it, the_kernel_drops_whom_it_is_told_to,
	one_program_fits_both_families, a_listening_tcp_socket_is_as_deaf)
