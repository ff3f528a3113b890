#include "bridge/x5u.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HTTPS = 443, HTTPS_OTHER = 8443 };

/* "host", "host:port", "[v6]", "[v6]:port" */
struct place {
	char host[X5U_HOST]; /* without brackets */
	unsigned port;       /* 0: none is said */
	bool literal;
};

static bool is_literal(const char *host)
{
	uint8_t ip[16];

	return inet_pton(AF_INET, host, ip) == 1 || inet_pton(AF_INET6, host, ip) == 1;
}

static bool read_port(const char *text, size_t n, unsigned *out)
{
	*out = 0;
	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9' || n > 5)
			return false;
		*out = *out * 10 + (unsigned)(text[i] - '0');
	}
	return *out > 0 && *out <= UINT16_MAX;
}

static bool read_place(struct place *out, const char *text, size_t n)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
	const char *end = n && text[0] == '[' ? memchr(text, ']', n) : NULL;
	size_t len, skip = end ? 1 : 0;

	len = end ? (size_t)(end - text) - 1 : 0;
	while (!end && len < n && text[len] && strchr(letters, text[len]))
		len++;
	if (len == 0 || len >= sizeof(out->host))
		return false;
	memcpy(out->host, text + skip, len);
	out->host[len] = '\0';
	out->literal = is_literal(out->host);
	out->port = 0;
	if (end && !(out->literal && strchr(out->host, ':')))
		return false;
	if (!end && !out->literal && !out->host[strspn(out->host, "0123456789.")])
		return false; /* some readers take "127.1" for an address */
	len += 2 * skip;
	if (len == n)
		return true;
	return text[len] == ':' && read_port(text + len + 1, n - len - 1, &out->port);
}

bool x5u_host_valid(const char *entry)
{
	struct place p;

	return read_place(&p, entry, strlen(entry));
}

static bool is_plain(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || (unsigned char)*text > '~' ||
			strchr("\"<>\\^`{|}#", *text))
			return false;
	return true;
}

const char *x5u_refused(const char *url, const char (*hosts)[X5U_HOST], size_t n_hosts, bool *by_address)
{
	struct place wanted, listed;
	size_t n;

	*by_address = false;
	if (strncasecmp(url, "https://", 8) != 0)
		return "the certificate's URL is not https";
	n = strcspn(url + 8, "/?");
	if (!is_plain(url) || !read_place(&wanted, url + 8, n))
		return "the certificate's URL cannot be read";
	for (size_t i = 0; i < n_hosts; i++) {
		const unsigned port = wanted.port ? wanted.port : HTTPS;

		if (!read_place(&listed, hosts[i], strlen(hosts[i])) ||
			strcasecmp(listed.host, wanted.host) != 0)
			continue;
		if (listed.port ? port != listed.port : port != HTTPS && port != HTTPS_OTHER)
			continue;
		*by_address = listed.literal;
		return NULL;
	}
	return "the certificate's host is not on the operator's list";
}

/* ---- addresses ---- */

static const struct range4 {
	uint32_t first;
	unsigned bits;
} closed4[] = { /* RFC 6890 and the registry that it made */
	{ 0x00000000, 8 }, { 0x0a000000, 8 }, { 0x64400000, 10 }, { 0x7f000000, 8 }, { 0xa9fe0000, 16 },
	{ 0xac100000, 12 }, { 0xc0000000, 24 }, { 0xc0000200, 24 }, { 0xc0586300, 24 }, { 0xc0a80000, 16 },
	{ 0xc6120000, 15 }, { 0xc6336400, 24 }, { 0xcb007100, 24 }, { 0xe0000000, 3 }
};

static bool is_public4(uint32_t ip)
{
	for (size_t i = 0; i < sizeof(closed4) / sizeof(*closed4); i++)
		if ((ip ^ closed4[i].first) >> (32 - closed4[i].bits) == 0)
			return false;
	return true;
}

static uint32_t ip4_at(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Of IPv6 only 2000::/3 is given out; some of it leads to IPv4. */
static bool is_public6(const uint8_t ip[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const uint8_t nat64[12] = { 0x00, 0x64, 0xff, 0x9b };

	if (memcmp(ip, mapped, 12) == 0 || memcmp(ip, nat64, 12) == 0)
		return is_public4(ip4_at(ip + 12));
	if (ip[0] >> 5 != 1)
		return false;
	if (ip[0] == 0x20 && ip[1] == 0x02) /* 6to4 */
		return is_public4(ip4_at(ip + 2));
	if (ip[0] == 0x20 && ip[1] == 0x01 && ip[2] < 2) /* Teredo, benchmarks, ORCHID */
		return false;
	return !(ip[0] == 0x20 && ip[1] == 0x01 && ip[2] == 0x0d && ip[3] == 0xb8);
}

bool x5u_is_public(const struct sockaddr *address)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		return is_public4(ntohl(v4.sin_addr.s_addr));
	}
	if (address->sa_family != AF_INET6)
		return false;
	memcpy(&v6, address, sizeof(v6));
	return is_public6(v6.sin6_addr.s6_addr);
}
