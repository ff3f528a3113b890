#include "tests/stamped.h"
#include "tests/test.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static struct sockaddr_in address(const char *ip, uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = inet_addr(ip)
	};
}

void stamped_open(struct stamped *s, const char *ip)
{
	struct sockaddr_in at = address(ip, 0);
	socklen_t len = sizeof(at);
	const int on = 1;

	snprintf(s->ip, sizeof(s->ip), "%s", ip);
	s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CHECK(s->fd >= 0 && bind(s->fd, (struct sockaddr *)&at, len) == 0 &&
			getsockname(s->fd, (struct sockaddr *)&at, &len) == 0 &&
			setsockopt(s->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) == 0,
		"a socket of %s", ip);
	s->port = ntohs(at.sin_port);
}

void stamped_close(struct stamped *s)
{
	close(s->fd);
}

static uint64_t us_of(const struct timespec *t)
{
	return (uint64_t)t->tv_sec * 1000000u + (uint64_t)t->tv_nsec / 1000u;
}

uint64_t stamped_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return us_of(&now);
}

static bool take(struct stamped *s, struct stamped_packet *out)
{
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(struct timespec))];
	struct iovec part = { .iov_base = out->bytes, .iov_len = sizeof(out->bytes) };
	struct msghdr head = { .msg_name = &out->from,
		.msg_namelen = sizeof(out->from),
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	const ssize_t len = recvmsg(s->fd, &head, MSG_DONTWAIT);
	struct timespec at;

	if (len < 0)
		return false;
	out->len = (size_t)len;
	out->at_us = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&head); c; c = CMSG_NXTHDR(&head, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&at, CMSG_DATA(c), sizeof(at));
			out->at_us = us_of(&at);
		}
	out->rtp = (struct rtp){ 0 };
	if (rtp_is_rtcp(out->bytes, out->len) || rtp_parse(&out->rtp, out->bytes, out->len) != MIX_OK)
		out->rtp = (struct rtp){ 0 };
	return true;
}

bool stamped_wait(struct stamped *s, struct stamped_packet *out, unsigned ms)
{
	const uint64_t until_us = stamped_now_us() + ms * 1000ull;

	for (;;) {
		const uint64_t now_us = stamped_now_us();
		struct pollfd ready = { .fd = s->fd, .events = POLLIN };

		if (take(s, out)) {
			if (out->rtp.payload)
				return true;
		} else if (now_us >= until_us ||
			   poll(&ready, 1, (int)((until_us - now_us) / 1000 + 1)) == 0) {
			return false;
		}
	}
}

size_t stamped_collect(struct stamped *s, struct stamped_packet *out, size_t max, unsigned ms)
{
	const uint64_t until_us = stamped_now_us() + ms * 1000ull;
	size_t n = 0;

	while (n < max && stamped_now_us() < until_us)
		n += stamped_wait(s, &out[n], (unsigned)((until_us - stamped_now_us()) / 1000));
	return n;
}

void stamped_send(struct stamped *s, const char *ip, uint16_t port, const void *bytes, size_t len)
{
	const struct sockaddr_in to = address(ip, port);

	CHECK_INT(len, sendto(s->fd, bytes, len, 0, (const struct sockaddr *)&to, sizeof(to)), "sent");
}

const char *stamped_sdp(
	const struct stamped *s, unsigned version, const char *formats, const char *attributes)
{
	static char sdp[STAMPED_SDP];

	snprintf(sdp, sizeof(sdp),
		"v=0\r\no=- 7 %u IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"
		"m=audio %u RTP/AVP %s\r\n%s",
		version, s->ip, s->ip, s->port, formats, attributes);
	return sdp;
}

uint16_t stamped_port_of(const char *message)
{
	const char *media = strstr(message, "m=audio ");

	return media ? (uint16_t)strtoul(media + strlen("m=audio "), NULL, 10) : 0;
}
