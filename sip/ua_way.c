/* ua_way.c - by which of our listeners does a request leave? */
#include "sip/ua_priv.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* "192.0.2.1:5060", "[2001:db8::1]:5060". */
static socklen_t read_address(union address *out, const char *text)
{
	const char *colon = strrchr(text, ':');
	char host[UA_SOURCE];
	size_t n;

	memset(out, 0, sizeof(*out));
	if (!colon)
		return 0;
	text += text[0] == '[';
	n = strcspn(text, colon[-1] == ']' ? "]" : ":");
	if (n >= sizeof(host))
		return 0;
	memcpy(host, text, n);
	host[n] = '\0';
	if (inet_pton(AF_INET, host, &out->v4.sin_addr) == 1) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons((uint16_t)atoi(colon + 1));
		return sizeof(out->v4);
	}
	if (inet_pton(AF_INET6, host, &out->v6.sin6_addr) != 1)
		return 0;
	out->v6.sin6_family = AF_INET6;
	out->v6.sin6_port = htons((uint16_t)atoi(colon + 1));
	return sizeof(out->v6);
}

/* Which address of ours the kernel would send from: a connected datagram socket tells, and sends nothing. */
static bool source_for(uint8_t out[16], const char *target)
{
	union address a;
	socklen_t len = read_address(&a, target + strlen("udp:"));
	const int fd = len ? socket(a.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
	char text[INET6_ADDRSTRLEN] = "";

	if (fd < 0)
		return false;
	if (connect(fd, &a.any, len) == 0 && (len = sizeof(a), getsockname(fd, &a.any, &len) == 0))
		inet_ntop(a.any.sa_family,
			a.any.sa_family == AF_INET ? (const void *)&a.v4.sin_addr
						   : (const void *)&a.v6.sin6_addr,
			text, sizeof(text));
	close(fd);
	return trunk_address_parse(out, text);
}

static bool is_at(const struct listener *at, const uint8_t ip[16])
{
	uint8_t own[16];

	return trunk_address_parse(own, listen_host(at)) && memcmp(own, ip, sizeof(own)) == 0;
}

static bool is_anywhere(const struct listener *at)
{
	return strcmp(listen_host(at), "0.0.0.0") == 0 || strcmp(listen_host(at), "[::]") == 0;
}

static struct listener *pick(struct listener *const list[], size_t n, const uint8_t ip[16])
{
	for (size_t i = 0; i < n; i++)
		if (is_at(list[i], ip))
			return list[i];
	for (size_t i = 0; i < n; i++)
		if (is_anywhere(list[i]))
			return list[i];
	return NULL;
}

struct listener *ua_listener_for(struct ua *ua, const char *target, const char *local)
{
	const bool v6 = target[4] == '[', udp = strncmp(target, "udp:", 4) == 0,
		   tls = strncmp(target, "tls:", 4) == 0;
	struct listener *list[CALL_LISTEN_MAX], *other = NULL, *found = NULL;
	uint8_t ip[16];
	size_t n = 0;

	if (!udp && !tls && strncmp(target, "tcp:", 4) != 0)
		return NULL;
	for (size_t i = 0; i < ua->n_listeners; i++) {
		struct listener *at = &ua->listeners[i];

		if (at->tls != tls || !(udp ? at->udp : at->tcp))
			continue;
		if ((listen_host(at)[0] == '[') == v6)
			list[n++] = at;
		other = other ? other : at;
	}
	if (n == 0)
		return tls ? other : NULL; /* the relay speaks both families */
	if (n > 1 && local && trunk_address_parse(ip, local))
		found = pick(list, n, ip);
	if (n > 1 && !found && source_for(ip, target))
		found = pick(list, n, ip);
	return found ? found : list[0];
}
