/* links: sip/err.c */
#include "tests/test.h"
#include <stdlib.h>

/* The module is included, not linked, so that its allocations can be made to fail. */
static int allocations_left = -1; /* -1: all succeed */
static void *sparing_calloc(size_t n, size_t size)
{
	if (allocations_left == 0)
		return NULL;
	if (allocations_left > 0)
		allocations_left--;
	return calloc(n, size);
}
#define calloc sparing_calloc
#include "sip/trunk.c"
#undef calloc

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

static struct trunk_network network(const char *text)
{
	struct trunk_network out;

	CHECK(trunk_network_parse(&out, text), "%s", text);
	return out;
}

static const char *identify(const struct trunks *t, const char *address)
{
	uint8_t ip[16];
	struct trunk_set set;
	const char *name;

	CHECK(trunk_address_parse(ip, address), "%s", address);
	trunk_at(t, ip, &set);
	name = trunk_name(t, &set, 0);
	return name ? name : "stranger";
}

static struct trunks *build(void)
{
	struct trunk_network a[] = { network("192.0.2.0/24"), network("2001:db8::/32") };
	struct trunk_network b[] = { network("192.0.2.128/25"), network("198.51.100.7") };
	struct trunk_network c[] = { network("192.0.2.200/32"), network("2001:db8:1::/48"),
		network("192.0.2.128/25") };
	struct trunk_config configs[] = { { .name = "wide", .from = a, .n_from = COUNT(a) },
		{ .name = "half", .from = b, .n_from = COUNT(b) },
		{ .name = "exact", .from = c, .n_from = COUNT(c) }, { .name = "silent" } };
	struct trunks *t = NULL;

	CHECK_INT(CALL_OK, trunks_alloc(&t, configs, COUNT(configs)), "four trunks");
	return t;
}

TEST(the_longest_network_names_the_trunk)
{
	static const struct {
		const char *address, *trunk;
	} cases[] = {
		{ "192.0.2.1", "wide" },
		{ "192.0.2.127", "wide" },
		{ "192.0.2.128", "half" }, /* and not "exact", which names the same network later */
		{ "192.0.2.199", "half" },
		{ "192.0.2.200", "exact" },
		{ "192.0.3.1", "stranger" },
		{ "192.0.1.255", "stranger" },
		{ "198.51.100.7", "half" },
		{ "198.51.100.8", "stranger" },
		{ "2001:db8::1", "wide" },
		{ "2001:db8:1::1", "exact" },
		{ "2001:db8:2::1", "wide" },
		{ "2001:db9::1", "stranger" },
		{ "::ffff:192.0.2.200", "exact" },
		{ "127.0.0.1", "stranger" },
		{ "::1", "stranger" },
		{ "::", "stranger" },
	};
	struct trunks *t = build();

	for (size_t i = 0; i < COUNT(cases); i++)
		CHECK_STR(cases[i].trunk, identify(t, cases[i].address), cases[i].address);
	trunks_free(t);
}

TEST(nobody_is_known_without_trunks)
{
	struct trunks *t = NULL;
	const struct trunk_network *networks;

	CHECK_INT(CALL_OK, trunks_alloc(&t, NULL, 0), "none");
	CHECK_STR("stranger", identify(t, "127.0.0.1"), "none");
	CHECK_INT(0, trunk_networks(t, &networks), "none");
	trunks_free(t);
	CHECK_STR("stranger", identify(NULL, "127.0.0.1"), "not even a table");
	CHECK(trunks_free(NULL) == NULL, "NULL is freed");
}

TEST(all_of_one_family_is_not_the_other)
{
	struct trunk_network all4 = network("0.0.0.0/0"), all6 = network("::/0");
	struct trunk_config four = { .name = "four", .from = &all4, .n_from = 1 },
			    six = { .name = "six", .from = &all6, .n_from = 1 };
	struct trunks *t;

	CHECK_INT(CALL_OK, trunks_alloc(&t, &four, 1), "0.0.0.0/0");
	CHECK_STR("four", identify(t, "203.0.113.9"), "0.0.0.0/0");
	CHECK_STR("stranger", identify(t, "2001:db8::1"), "0.0.0.0/0");
	trunks_free(t);
	CHECK_INT(CALL_OK, trunks_alloc(&t, &six, 1), "::/0");
	CHECK_STR("stranger", identify(t, "203.0.113.9"), "::/0");
	CHECK_STR("six", identify(t, "2001:db8::1"), "::/0");
	trunks_free(t);
}

TEST(a_network_is_read_strictly)
{
	static const struct {
		const char *text, *address;
		int bits; /* -1: none */
	} cases[] = {
		{ "192.0.2.0/24", "192.0.2.0", 120 },
		{ "192.0.2.77/24", "192.0.2.0", 120 },
		{ "127.0.0.2", "127.0.0.2", 128 },
		{ "127.0.0.2/32", "127.0.0.2", 128 },
		{ "0.0.0.0/0", "0.0.0.0", 96 },
		{ "10.255.255.255/9", "10.128.0.0", 105 },
		{ "2001:db8::/32", "2001:db8::", 32 },
		{ "2001:db8:ffff::/33", "2001:db8:8000::", 33 },
		{ "::1", "::1", 128 },
		{ "::ffff:192.0.2.1", "192.0.2.1", 128 },
		{ "", "", -1 },
		{ "/", "", -1 },
		{ "/24", "", -1 },
		{ "192.0.2.0/", "", -1 },
		{ "192.0.2.0/33", "", -1 },
		{ "192.0.2.0/-1", "", -1 },
		{ "192.0.2.0/ 24", "", -1 },
		{ "192.0.2.0/24 ", "", -1 },
		{ "192.0.2.0/24/24", "", -1 },
		{ "192.0.2.0/4294967320", "", -1 },
		{ "192.0.2/24", "", -1 },
		{ "192.0.2.256", "", -1 },
		{ "2001:db8::/129", "", -1 },
		{ "[2001:db8::]/32", "", -1 },
		{ "fe80::1%lo", "", -1 },
		{ "carrier.example", "", -1 },
		{ "1111111111111111111111111111111111111111111111111111111111111111111111", "", -1 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct trunk_network out;
		uint8_t want[16];

		CHECK_INT(cases[i].bits >= 0, trunk_network_parse(&out, cases[i].text), cases[i].text);
		if (cases[i].bits < 0)
			continue;
		CHECK_INT(cases[i].bits, out.prefix_bits, cases[i].text);
		CHECK(trunk_address_parse(want, cases[i].address), "%s", cases[i].address);
		CHECK(memcmp(want, out.ip, 16) == 0, "%s is not %s", cases[i].text, cases[i].address);
	}
}

TEST(an_address_is_read_with_and_without_brackets)
{
	static const char *const bad[] = { "", "[", "[]", "[::1", "::1]", "[127.0.0.1]", "127.0.0.1:5060",
		"[::1]:5060", "localhost" };
	uint8_t ip[16], other[16];

	CHECK(trunk_address_parse(ip, "[2001:db8::1]") && trunk_address_parse(other, "2001:DB8::1"), "both");
	CHECK(memcmp(ip, other, 16) == 0, "the same");
	for (size_t n = 62; n < 67; n++) { /* the bound of what is looked at */
		char text[80];

		snprintf(text, sizeof(text), "%0*d", (int)n, 1);
		CHECK(!trunk_address_parse(ip, text), "%zu digits", n);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		CHECK(!trunk_address_parse(ip, bad[i]), "%s", bad[i]);
}

TEST(networks_of_one_length_stand_together)
{
	struct trunks *t = build();
	const struct trunk_network *networks;
	size_t n = trunk_networks(t, &networks);

	CHECK_INT(7, n, "all of them");
	for (size_t i = 1; i < n; i++)
		CHECK(networks[i - 1].prefix_bits >= networks[i].prefix_bits, "longest first");
	CHECK(memcmp(&networks[0], &(struct trunk_network){ { [10] = 0xff, 0xff, 192, 0, 2, 200 }, 128 },
		      sizeof(*networks)) == 0,
		"the one address there is");
	CHECK_INT(32, networks[n - 1].prefix_bits, "2001:db8::/32 comes last");
	CHECK_INT(0x20, networks[n - 1].ip[0], "2001:db8::/32 comes last");
	trunks_free(t);
}

TEST(no_memory_means_no_table_and_no_leak)
{
	struct trunk_network from = network("192.0.2.0/24");
	struct trunk_config config = { .name = "one", .from = &from, .n_from = 1 };
	struct trunks *untouched = (struct trunks *)&config, *t = untouched;
	int n = 0;

	for (;; n++) {
		enum call_err err;

		allocations_left = n;
		err = trunks_alloc(&t, &config, 1);
		allocations_left = -1;
		if (err == CALL_OK)
			break;
		CHECK_INT(CALL_NOMEM, err, "no memory");
		CHECK(t == untouched, "*out was written");
	}
	CHECK_INT(6, n, "allocations there are");
	trunks_free(t);
	from.prefix_bits = 129;
	CHECK_INT(CALL_RANGE, trunks_alloc(&t, &config, 1), "129 bits");
}

TEST(a_certificate_names_a_trunk)
{
	struct trunk_network from;
	struct trunk_config configs[] = { { .name = "open", .from = &from, .n_from = 1 },
		{ .name = "one", .tls_subject = "one.example" },
		{ .name = "two", .from = &from, .n_from = 1, .tls_subject = "Two.Example" } };
	static const struct {
		const char names[2][TRUNK_SUBJECT];
		unsigned n;
		const char *trunk; /* "": none */
	} cases[] = { { { "one.example", "" }, 1, "one" }, { { "www.example", "two.example" }, 2, "two" },
		{ { "one.example.org", "ONE.EXAMPLE" }, 2, "one" }, { { "three.example", "" }, 1, "" },
		{ { "", "" }, 1, "" }, { { "one.example", "" }, 0, "" } };
	struct trunks *t = NULL;
	struct trunk_set set;
	uint8_t ip[16];

	CHECK(trunk_network_parse(&from, "192.0.2.0/24") && trunk_address_parse(ip, "192.0.2.7"),
		"addresses");
	CHECK_INT(CALL_OK, trunks_alloc(&t, configs, COUNT(configs)), "a table");
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *trunk;

		trunk_certified(t, cases[i].names, cases[i].n, &set);
		trunk = trunk_name(t, &set, 0);

		CHECK_STR(cases[i].trunk, trunk ? trunk : "", cases[i].names[0]);
	}
	trunk_at(t, ip, &set);
	CHECK_STR("open", trunk_name(t, &set, 0), "by network: who needs no certificate");
	trunks_free(t);
	trunk_certified(NULL, cases[0].names, 1, &set);
	CHECK_INT(0, set.n, "no table, no trunk");
}

/* One place, told apart by marks: what a call says of itself, and whose it is. */
static const char *said_header(void *arg, const char *name)
{
	const char *const *said = arg;

	return said[0] && strcmp(name, "X-Trunk") == 0 ? said[0] : NULL;
}

static bool said_number(void *arg, const char *trunk)
{
	const char *const *said = arg;

	return said[1] && strcmp(said[1], trunk) == 0;
}

TEST(marks_tell_apart_who_shares_a_place)
{
	struct trunk_network from;
	const struct trunk_config configs[] = {
		{ .name = "plain", .from = &from, .n_from = 1 },
		{ .name = "gold", .from = &from, .n_from = 1, .header = "X-Trunk: gold" },
		{ .name = "range", .from = &from, .n_from = 1, .header = "X-Trunk:gold", .by_number = true },
		{ .name = "alice",
			.from = &from,
			.n_from = 1,
			.header = "X-Trunk: login",
			.username = "alice",
			.password = "a" },
		{ .name = "bob",
			.from = &from,
			.n_from = 1,
			.header = "X-Trunk: login",
			.username = "bob",
			.password = "b" },
		{ .name = "away", .tls_subject = "sip.example", .header = "X-Trunk: gold" },
		{ .name = "home", .tls_subject = "sip.example" },
	};
	static const struct {
		const char *story, *said[2], *trunks;
		bool certified;
	} cases[] = {
		{ "nothing", { NULL, NULL }, "plain", false },
		{ "a header that nobody has", { "tin", NULL }, "plain", false },
		{ "a header", { "gold", NULL }, "gold", false },
		{ "a header and a number", { "gold", "range" }, "range", false },
		{ "a number without its header", { NULL, "range" }, "plain", false },
		{ "who logs in is not told apart yet", { "login", NULL }, "alice bob", false },
		{ "a certificate", { NULL, NULL }, "home", true },
		{ "a certificate and a header", { "gold", NULL }, "away", true },
	};
	static const char subjects[1][TRUNK_SUBJECT] = { "sip.example" };
	struct trunks *t = NULL;
	struct trunk_set set;
	uint8_t ip[16];
	unsigned who;

	CHECK(trunk_network_parse(&from, "192.0.2.0/28") && trunk_address_parse(ip, "192.0.2.7"), "address");
	CHECK_INT(CALL_OK, trunks_alloc(&t, configs, COUNT(configs)), "a table");
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct trunk_call call = { said_header, said_number, (void *)(uintptr_t)cases[i].said };
		char names[200] = "";

		if (cases[i].certified)
			trunk_certified(t, subjects, 1, &set);
		else
			trunk_at(t, ip, &set);
		CHECK_INT(cases[i].certified ? 2 : 5, set.n, "who shares the place");
		trunk_narrow(t, &set, &call);
		for (unsigned k = 0; k < set.n; k++)
			snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", k ? " " : "",
				trunk_name(t, &set, k));
		CHECK_STR(cases[i].trunks, names, cases[i].story);
	}
	trunk_at(t, ip, &set);
	CHECK(!set.open && trunk_is_among(t, &set, "bob") && !trunk_is_among(t, &set, "home"), "the set");
	CHECK(trunk_logs_in(t, &set, 3) && !trunk_logs_in(t, &set, 0), "who logs in");
	CHECK_STR("b", trunk_password(t, &set, "bob", &who), "bob's");
	CHECK_STR("bob", trunk_name(t, &set, who), "bob");
	CHECK(!trunk_password(t, &set, "carol", &who) && !trunk_password(t, &set, "", &who), "nobody's");
	trunks_free(t);
}

TEST(a_wide_network_is_open)
{
	static const struct {
		const char *network, *address;
		bool open;
	} cases[] = { { "0.0.0.0/0", "192.0.2.7", true }, { "192.0.0.0/16", "192.0.2.7", true },
		{ "192.0.2.0/24", "192.0.2.7", false }, { "2001:db8::/32", "2001:db8::7", true },
		{ "2001:db8::/48", "2001:db8::7", false } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct trunk_network from = network(cases[i].network);
		struct trunks *t = NULL;
		struct trunk_set set;
		uint8_t ip[16];

		CHECK(trunk_address_parse(ip, cases[i].address), "address");
		CHECK_INT(CALL_OK,
			trunks_alloc(
				&t, &(struct trunk_config){ .name = "a", .from = &from, .n_from = 1 }, 1),
			"table");
		trunk_at(t, ip, &set);
		CHECK(set.n == 1 && set.open == cases[i].open, "%s", cases[i].network);
		trunks_free(t);
	}
}

TESTS(the_longest_network_names_the_trunk, nobody_is_known_without_trunks, all_of_one_family_is_not_the_other,
	a_network_is_read_strictly, an_address_is_read_with_and_without_brackets,
	networks_of_one_length_stand_together, no_memory_means_no_table_and_no_leak,
	a_certificate_names_a_trunk, marks_tell_apart_who_shares_a_place, a_wide_network_is_open)
