#include "bridge/collector.h"
#include "bridge/config.h"
#include "bridge/hep.h"
#include "sip/trunk.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct collector {
	int fd;
	uint32_t agent;
	uint8_t own[16]; /* for those who are bound to all addresses; all 0: not said */
	struct collector_stats stats;
	uint8_t packet[TRACE_TEXT + HEP_HEAD + HEP_CORRELATION];
};

static int connect_to(const struct config_listen *to)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(to->port) };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(to->port) };
	uint8_t ip[16];
	int fd;

	if (!trunk_address_parse(ip, to->host))
		return -1;
	memcpy(&v6.sin6_addr, ip, sizeof(ip));
	memcpy(&v4.sin_addr, ip + 12, sizeof(v4.sin_addr));
	const bool is_v6 = strchr(to->host, ':') != NULL;

	fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, is_v6 ? (const struct sockaddr *)&v6 : (const struct sockaddr *)&v4,
			      is_v6 ? sizeof(v6) : sizeof(v4)) == 0)
		return fd;
	close(fd);
	return -1;
}

enum bridge_err collector_open(struct collector **out, const struct collector_config *config)
{
	struct config_listen to;
	struct collector *c;

	*out = NULL;
	if (!config->to[0])
		return BRIDGE_OK;
	if (!config_listen_parse(&to, config->to, true) || strcmp(to.transport, "udp") != 0 || !to.port)
		return BRIDGE_RANGE;
	c = calloc(1, sizeof(*c));
	if (!c)
		return BRIDGE_NOMEM;
	c->agent = config->agent;
	if (!trunk_address_parse(c->own, config->advertise))
		memset(c->own, 0, sizeof(c->own));
	c->fd = connect_to(&to);
	if (c->fd < 0) {
		free(c);
		return BRIDGE_FILE;
	}
	*out = c;
	return BRIDGE_OK;
}

struct collector *collector_close(struct collector *c)
{
	if (c)
		close(c->fd);
	free(c);
	return NULL;
}

/* 0.0.0.0 and :: are where we listen, and where nobody sends from. */
static bool is_any(const uint8_t ip[16])
{
	static const uint8_t v4[16] = { [10] = 0xff, [11] = 0xff }, v6[16];

	return memcmp(ip, v4, sizeof(v4)) == 0 || memcmp(ip, v6, sizeof(v6)) == 0;
}

void collector_show(void *arg, const struct trace_shown *shown)
{
	struct collector *c = arg;
	const struct tap_message *m = shown->message;
	const uint8_t *own = is_any(m->own_ip) && !is_any(c->own) ? c->own : m->own_ip;
	const struct hep_packet packet = { .from = m->rx ? m->ip : own,
		.to = m->rx ? own : m->ip,
		.from_port = m->rx ? m->port : m->own_port,
		.to_port = m->rx ? m->own_port : m->port,
		.by_udp = m->transport == TAP_UDP,
		.at_us = shown->at_us,
		.agent = c->agent,
		.correlation = shown->call_id,
		.correlation_len = strlen(shown->call_id),
		.text = shown->text,
		.len = shown->len };
	const size_t n = hep_write(c->packet, sizeof(c->packet), &packet);

	if (n && send(c->fd, c->packet, n, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)n)
		c->stats.sent++;
	else
		c->stats.dropped++;
}

void collector_stats(const struct collector *c, struct collector_stats *out)
{
	*out = c ? c->stats : (struct collector_stats){ .sent = 0 };
}
