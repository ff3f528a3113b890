/* links: bridge/x5u.c */
#include "bridge/x5u.h"
#include "tests/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>

/* The operator's list, and what callers may make of it. */
TEST(only_listed_hosts_are_asked)
{
	static const char hosts[][X5U_HOST] = { "cr.example.org", "odd.example.org:9443", "192.0.2.1:8443",
		"[2001:db8::1]" };
	static const struct {
		const char *url;
		bool good, by_address;
	} cases[] = {
		{ "https://cr.example.org/a/b.pem", true, false },
		{ "https://CR.Example.Org/b.pem", true, false },
		{ "HTTPS://cr.example.org", true, false },
		{ "https://cr.example.org:443/", true, false },
		{ "https://cr.example.org:8443/?x=1", true, false },
		{ "https://odd.example.org:9443/", true, false },
		{ "https://192.0.2.1:8443/c", true, true },
		{ "https://[2001:db8::1]/c", true, true },
		{ "http://cr.example.org/b.pem", false, false },
		{ "ftp://cr.example.org/b.pem", false, false },
		{ "https://cr.example.org:22/", false, false },
		{ "https://odd.example.org/", false, false },
		{ "https://192.0.2.1/", false, false },
		{ "https://cr.example.org.evil.example/", false, false },
		{ "https://evil.example/?https://cr.example.org/", false, false },
		{ "https://cr.example.org@evil.example/", false, false },
		{ "https://evil.example#@cr.example.org/", false, false },
		{ "https://evil.example\\@cr.example.org/", false, false },
		{ "https://cr.example.org\\.evil.example/", false, false },
		{ "https://cr.example.org:443@evil.example/", false, false },
		{ "https://cr.example.org:/", false, false },
		{ "https://cr.example.org:0443000/", false, false },
		{ "https://cr.example.org/a b", false, false },
		{ "https://cr.example.org/a\r\nHost: b", false, false },
		{ "https:///b.pem", false, false },
		{ "https://[::1", false, false },
		{ "https://3221225985/", false, false },
		{ "https://0x7f.1/", false, false },
		{ "", false, false },
	};
	bool by_address;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *why = x5u_refused(cases[i].url, hosts, 4, &by_address);

		CHECK(!why == cases[i].good, "%s: %s", cases[i].url, why ? why : "taken");
		CHECK_INT(cases[i].by_address, by_address, cases[i].url);
	}
	CHECK(x5u_refused("https://cr.example.org/", hosts, 0, &by_address),
		"an empty list lets nothing through");
}

TEST(entries_of_the_list_are_checked)
{
	static const char *const good[] = { "a.example", "a.example:1", "10.0.0.1", "10.0.0.1:8443",
		"[::1]:8443" };
	static const char *const bad[] = { "", "a.example/", "https://a.example", "a.example:", "a.example:0",
		"a.example:65536", "*.example", "10.1", "[10.0.0.1]", "[::1", "::1", "a b" };

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		CHECK(x5u_host_valid(good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK(!x5u_host_valid(bad[i]), "%s", bad[i]);
}

/* RFC 6890: what a name must not lead to. */
TEST(addresses_behind_the_firewall_are_known)
{
	static const struct {
		const char *ip;
		bool is_public;
	} cases[] = { { "8.8.8.8", true }, { "1.1.1.1", true }, { "172.32.0.1", true },
		{ "100.128.0.1", true }, { "11.0.0.0", true }, { "0.0.0.0", false },
		{ "10.255.255.255", false }, { "100.64.0.1", false }, { "100.127.255.255", false },
		{ "127.0.0.1", false }, { "169.254.169.254", false }, { "172.16.0.1", false },
		{ "172.31.255.255", false }, { "192.168.1.1", false }, { "198.18.0.1", false },
		{ "198.19.255.255", false }, { "224.0.0.1", false }, { "240.0.0.1", false },
		{ "255.255.255.255", false }, { "192.0.2.1", false }, { "2606:4700::1111", true },
		{ "2a00:1450::1", true }, { "::", false }, { "::1", false }, { "::ffff:127.0.0.1", false },
		{ "::ffff:8.8.8.8", true }, { "64:ff9b::10.0.0.1", false }, { "64:ff9b::8.8.8.8", true },
		{ "fe80::1", false }, { "fd00::1", false }, { "fc00::1", false }, { "ff02::1", false },
		{ "2001:db8::1", false }, { "2002:7f00:1::", false }, { "2002:808:808::", true },
		{ "2001::1", false } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct sockaddr_in v4 = { .sin_family = AF_INET };
		struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
		const bool is_v4 = inet_pton(AF_INET, cases[i].ip, &v4.sin_addr) == 1;

		if (!is_v4)
			CHECK_INT(1, inet_pton(AF_INET6, cases[i].ip, &v6.sin6_addr), cases[i].ip);
		CHECK_INT(cases[i].is_public,
			x5u_is_public(is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6), cases[i].ip);
	}
	CHECK(!x5u_is_public(&(struct sockaddr){ .sa_family = AF_UNIX }), "no address at all");
}

TESTS(only_listed_hosts_are_asked, entries_of_the_list_are_checked, addresses_behind_the_firewall_are_known)
