/* http_listen.c - where the API is listened for: addresses read and tried, a control socket that nobody holds cleared away. */
#include "bridge/http_priv.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static bool resolve(const struct listen_address *address, struct sockaddr_storage *out, socklen_t *len)
{
	struct addrinfo hints = { .ai_family = address->ipv6 ? AF_INET6 : AF_INET,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV },
			*found;
	char port[8];

	snprintf(port, sizeof(port), "%u", address->port % 65536);
	if (getaddrinfo(address->host, port, &hints, &found))
		return false;
	memcpy(out, found->ai_addr, found->ai_addrlen);
	*len = found->ai_addrlen;
	freeaddrinfo(found);
	return true;
}

bool listen_parse(struct listen_address *out, const char *text)
{
	const char *colon = strrchr(text, ':'), *host = text;
	size_t host_len = colon ? (size_t)(colon - text) : 0;
	struct sockaddr_storage unused;
	socklen_t unused_len;
	unsigned long port;
	char *end;

	memset(out, 0, sizeof(*out));
	if (host_len > 2 && text[0] == '[' && colon[-1] == ']') {
		out->ipv6 = true;
		host++;
		host_len -= 2;
	}
	if (!host_len || host_len >= sizeof(out->host) || colon[1] < '0' || colon[1] > '9')
		return false;
	port = strtoul(colon + 1, &end, 10);
	if (*end || port > 65535)
		return false;
	memcpy(out->host, host, host_len);
	out->port = (unsigned)port;
	return resolve(out, &unused, &unused_len);
}

enum bridge_err listen_try(const struct listen_address *address, char *why, size_t why_cap)
{
	struct sockaddr_storage to;
	socklen_t to_len = 0;
	int one = 1, fd = socket(address->ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool bound = false;

	if (fd >= 0 && resolve(address, &to, &to_len)) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		bound = bind(fd, (struct sockaddr *)&to, to_len) == 0 && listen(fd, 1) == 0;
	}
	if (!bound)
		snprintf(why, why_cap, "http.listen: %s port %u: %s", address->host, address->port,
			strerror(errno));
	if (fd >= 0)
		close(fd);
	return bound ? BRIDGE_OK : BRIDGE_FILE;
}

/* Is there a process that listens?  A full backlog (EAGAIN) means yes. */
static bool answers(const struct sockaddr_un *to)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool alive =
		fd >= 0 && (connect(fd, (const struct sockaddr *)to, sizeof(*to)) == 0 || errno == EAGAIN);

	if (fd >= 0)
		close(fd);
	return alive;
}

enum bridge_err control_clear(const char *path, char *why, size_t why_cap)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct stat have;

	if (strlen(path) >= sizeof(to.sun_path) || path[0] != '/') {
		snprintf(why, why_cap, "control: %s: not a full path of at most %zu bytes", path,
			sizeof(to.sun_path) - 1);
		return BRIDGE_RANGE;
	}
	memcpy(to.sun_path, path, strlen(path) + 1);
	if (lstat(path, &have)) {
		if (errno == ENOENT)
			return BRIDGE_OK;
		snprintf(why, why_cap, "control: %s: %s", path, strerror(errno));
		return BRIDGE_FILE;
	}
	if (!S_ISSOCK(have.st_mode)) {
		snprintf(why, why_cap, "control: %s is there and is not a socket", path);
		return BRIDGE_FILE;
	}
	if (answers(&to)) {
		snprintf(why, why_cap, "control: another bridge answers on %s", path);
		return BRIDGE_FILE;
	}
	if (unlink(path)) {
		snprintf(why, why_cap, "control: %s: %s", path, strerror(errno));
		return BRIDGE_FILE;
	}
	return BRIDGE_OK;
}
