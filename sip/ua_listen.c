#include "sip/ua_listen.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su_tag.h>
#include <sofia-sip/tport_tag.h>

enum { IDLE_MS = 15 * 60 * 1000, MESSAGE_TIMEOUT_MS = 30 * 1000, MAX_PROCEEDING = 4096, T1_MS = 500 };
enum { RELAYED_IDLE_MS = 24 * 60 * 60 * 1000 }; /* whoever ends TLS says when its connections are idle */
enum { RECEIVE_BYTES = 2 * 1024 * 1024 };       /* some 1,500 messages, as the kernel counts them */

/* T4 as a multiple of T1: how long Sofia keeps both messages of an INVITE, 11 kB, once its ACK has come.  A copy
 * of the INVITE that comes even later must not change the call: ua_events.c sees to that. */
enum { T4_OF_T1 = 2, KEEPALIVE_OF_T1 = 120 }; /* an empty line after a minute without another */

struct place { /* "udp:127.0.0.1:5060", split */
	bool tcp, tls, outward;
	char host[UA_SOURCE]; /* no brackets */
	unsigned port;
};

static bool place_parse(struct place *out, const char *text)
{
	const char *colon = strchr(text, ':'), *last = strrchr(text, ':');
	uint8_t ip[16];
	char *end;
	unsigned long port;
	size_t len;

	if (!colon || last == colon)
		return false;
	out->outward = strncmp(text, "out:", 4) == 0;
	out->tls = out->outward || strncmp(text, "tls:", 4) == 0;
	out->tcp = out->tls || strncmp(text, "tcp:", 4) == 0;
	if (!out->tcp && strncmp(text, "udp:", 4) != 0)
		return false;
	colon++;
	len = (size_t)(last - colon);
	if (len >= 2 && colon[0] == '[' && colon[len - 1] == ']')
		colon++, len -= 2;
	if (len == 0 || len >= sizeof(out->host))
		return false;
	memcpy(out->host, colon, len);
	out->host[len] = '\0';
	port = strtoul(last + 1, &end, 10);
	if (!isdigit((unsigned char)last[1]) || *end || port > 65535)
		return false;
	out->port = (unsigned)port;
	return trunk_address_parse(ip, out->host);
}

static socklen_t place_address(struct sockaddr_storage *ss, const struct place *p, unsigned port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ss;

	memset(ss, 0, sizeof(*ss));
	if (inet_pton(AF_INET, p->host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		return sizeof(*v4);
	}
	v6->sin6_family = AF_INET6;
	inet_pton(AF_INET6, p->host, &v6->sin6_addr);
	v6->sin6_port = htons((uint16_t)port);
	return sizeof(*v6);
}

static unsigned port_of(const struct sockaddr_storage *ss)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.*): it does not see what the kernel wrote through a cast */
	return ntohs(ss->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)ss)->sin6_port
					       : ((const struct sockaddr_in *)ss)->sin_port);
}

/* One that is free for UDP and TCP alike, so that both can share one Contact: `wanted` if that is (0: any).  Asked for
 * before nua is: an agent that cannot listen leaves a reference of the root behind, and the root is never freed. */
static unsigned pick_port(const struct place *p, unsigned wanted)
{
	unsigned port = 0;

	for (int tries = 0; tries < 16 && !port; tries++) {
		struct sockaddr_storage ss = { 0 };
		socklen_t len = place_address(&ss, p, tries == 0 ? wanted : 0);
		int udp = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		int tcp = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		int yes = 1; /* connections that have just ended do not keep the port */

		setsockopt(tcp, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
		if (bind(udp, (struct sockaddr *)&ss, len) == 0 &&
			getsockname(udp, (struct sockaddr *)&ss, &len) == 0 &&
			bind(tcp, (struct sockaddr *)&ss, len) == 0)
			port = port_of(&ss);
		close(udp);
		close(tcp);
	}
	return port;
}

static int socket_type(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 ? type : 0;
}

/* Sofia does not tell its listening sockets; they are known by their address. */
static void find_fds(struct listener *at, const struct place *p)
{
	struct sockaddr_storage want;
	const socklen_t want_len = place_address(&want, p, at->port);
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
		struct sockaddr_storage have = { .ss_family = AF_UNSPEC };
		socklen_t len = sizeof(have), opt_len = sizeof(int);
		int fd = atoi(e->d_name), listens = 0;

		if (e->d_name[0] == '.' || n >= UA_FDS || getsockname(fd, (struct sockaddr *)&have, &len) < 0)
			continue;
		getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &opt_len);
		if (len == want_len && port_of(&have) == at->port &&
			(socket_type(fd) == SOCK_DGRAM || listens) &&
			memcmp(&have, &want, have.ss_family == AF_INET6 ? 2 : 8) == 0)
			at->fds[n++] = fd;
	}
	if (dir)
		closedir(dir);
}

/* A burst waits in the kernel while this thread is busy: what is thrown away there comes back after T1 only.  Beyond
 * net.core.rmem_max with CAP_NET_ADMIN only. */
static void widen(const struct listener *at)
{
	const int wish = RECEIVE_BYTES;

	for (size_t i = 0; i < UA_FDS; i++)
		if (socket_type(at->fds[i]) == SOCK_DGRAM &&
			setsockopt(at->fds[i], SOL_SOCKET, SO_RCVBUFFORCE, &wish, sizeof(wish)) != 0)
			(void)setsockopt(at->fds[i], SOL_SOCKET, SO_RCVBUF, &wish, sizeof(wish));
}

/* One transport each: Sofia takes a list of them from a stack frame that is gone, and crashes. */
static void write_url(char out[UA_URL], const struct listener *at, const char *transport)
{
	snprintf(out, UA_URL, "sip:%s:%u;maddr=%s;transport=%s", listen_name(at), at->port, at->host,
		transport);
}

static enum call_err start(struct listener *at, const struct place *p, void *root, nua_callback_f callback)
{
	const struct ua *ua = at->ua;
	const unsigned t1 = ua->config.sip_t1_ms ? ua->config.sip_t1_ms : T1_MS;
	char url[UA_URL], second[UA_URL];

	write_url(url, at, at->udp ? "udp" : "tcp");
	write_url(second, at, "tcp");
	at->nua = nua_create(root, callback, (nua_magic_t *)at, NUTAG_URL(url),
		TAG_IF(at->udp && at->tcp, NUTAG_SIPS_URL(second)), /* any second URL goes here */
		NUTAG_MEDIA_ENABLE(0),                              /* K1: its SDP parser never sees a byte */
		NUTAG_AUTOANSWER(0), NUTAG_AUTOALERT(0), NUTAG_AUTOACK(0), NUTAG_AUTO302(0), NUTAG_AUTO305(0),
		NUTAG_MAX_RETRY_AFTER(0), NUTAG_ENABLEMESSAGE(0), NUTAG_DETECT_NETWORK_UPDATES(0),
		NUTAG_OUTBOUND("no-natify"), NUTAG_SESSION_TIMER(0), NUTAG_MIN_SE(0),
		NUTAG_REFRESH_WITHOUT_SDP(1), /* sip/timer has these */
		SIPTAG_ALLOW_STR("INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, PRACK, REFER, NOTIFY"),
		SIPTAG_SUPPORTED_STR("100rel, timer, replaces"), SIPTAG_USER_AGENT_STR(ua->agent),
		/* a comma list in one NUTAG_APPL_METHOD crashes: one tag per method */
		NUTAG_APPL_METHOD(NULL), NUTAG_APPL_METHOD("INVITE"), NUTAG_APPL_METHOD("OPTIONS"),
		NUTAG_APPL_METHOD("UPDATE"), NUTAG_APPL_METHOD("INFO"), NUTAG_APPL_METHOD("PRACK"),
		NUTAG_APPL_METHOD("REFER"), NTATAG_MCLASS(screen_class(at->screen)), NTATAG_MAXSIZE(65536),
		NTATAG_MAX_PROCEEDING(MAX_PROCEEDING), NTATAG_MERGE_482(1), NTATAG_USE_NAPTR(0),
		NTATAG_USE_SRV(0), NTATAG_SIP_T1(t1), NTATAG_SIP_T1X64(t1 * 64), NTATAG_SIP_T2(t1 * 8),
		NTATAG_SIP_T4(t1 * T4_OF_T1), TPTAG_STUN_SERVER(0),
		TPTAG_IDLE(at->tls ? RELAYED_IDLE_MS : IDLE_MS), TPTAG_TIMEOUT(MESSAGE_TIMEOUT_MS),
		TPTAG_PONG2PING(1), /* RFC 5626 section 4.4.1; who gets none takes us for gone */
		TPTAG_KEEPALIVE(at->tls ? 0 : t1 * KEEPALIVE_OF_T1), /* the relay sees to its own */
		TAG_END());
	if (!at->nua)
		return CALL_ADDRESS;
	find_fds(at, p);
	widen(at);
	return CALL_OK;
}

static struct listener *same_place(struct ua *ua, const struct place *p)
{
	char host[UA_SOURCE];

	snprintf(host, sizeof(host), strchr(p->host, ':') ? "[%s]" : "%s", p->host);
	for (size_t i = 0; i < ua->n_listeners && !p->tls; i++) {
		struct listener *at = &ua->listeners[i];
		const bool taken = at->tls || (p->tcp ? at->tcp : at->udp);

		if (strcmp(at->host, host) == 0 && at->port == p->port && !taken)
			return at;
	}
	if (ua->n_listeners == CALL_LISTEN_MAX)
		return NULL;
	ua->listeners[ua->n_listeners] =
		(struct listener){ .ua = ua, .port = p->port, .fds = { -1, -1 }, .shut = true };
	memcpy(ua->listeners[ua->n_listeners].host, host, sizeof(host));
	return &ua->listeners[ua->n_listeners++];
}

/* A door on loopback for what a relay has deciphered: with the number that others see, if that is free there, so that our
 * Via shows it. */
static void hide_behind_relay(struct listener *at, struct place *p, const char *text)
{
	at->tls = true;
	at->outward = p->outward;
	at->tls_listen = text;
	memcpy(at->public, at->host, sizeof(at->public));
	at->public_port = at->port;
	snprintf(p->host, sizeof(p->host), "127.80.61.%u", (unsigned)(at - at->ua->listeners) + 1);
	snprintf(at->host, sizeof(at->host), "%s", p->host);
}

/* An IPv6 literal goes into URIs in brackets. */
static void write_advertise(struct listener *at, const char *host)
{
	uint8_t ip[16];
	const bool v6 = host && strchr(host, ':') && host[0] != '[' && trunk_address_parse(ip, host);

	snprintf(at->advertise, sizeof(at->advertise), v6 ? "[%.60s]" : "%.63s", host ? host : "");
}

enum call_err listen_open(struct ua *ua, nua_callback_f callback, char *why, size_t why_cap)
{
	struct place places[CALL_LISTEN_MAX]; /* of each listener */

	for (size_t i = 0; i < ua->config.n_listen; i++) {
		const char *text = ua->config.listen[i];
		struct place p;
		struct listener *at = place_parse(&p, text) ? same_place(ua, &p) : NULL;

		if (!at) {
			snprintf(why, why_cap, "%s: not udp:ADDRESS:PORT, tcp: or tls:", text);
			return CALL_ADDRESS;
		}
		*(p.tcp ? &at->tcp : &at->udp) = true;
		write_advertise(
			at, ua->config.advertised[i] ? ua->config.advertised[i] : ua->config.advertise);
		if (p.tls)
			hide_behind_relay(at, &p, text);
		places[at - ua->listeners] = p;
	}
	for (size_t i = 0; i < ua->n_listeners; i++) {
		struct listener *at = &ua->listeners[i];
		enum call_err err = screen_alloc(&at->screen, at);

		/* The number behind a relay is a wish: somebody may listen on all addresses. */
		if (!err && (at->port == 0 || at->tls))
			at->port = pick_port(&places[i], at->port);
		if (!err)
			err = start(at, &places[i], loop_root(ua->config.loop), callback);
		if (err) {
			snprintf(why, why_cap, "%s:%u: cannot listen", at->host, at->port);
			return err;
		}
		at->shut = false;
	}
	return CALL_OK;
}

/* A datagram whose first byte looks like STUN or SigComp would go to parsers of Sofia's that are not for network
 * bytes: no SIP message begins so. */
static void add_first_byte_rule(struct sieve *sieve)
{
	static const struct sock_filter rule[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 8), /* behind the UDP header */
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0xf8, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x02, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const unsigned n = sizeof(rule) / sizeof(*rule);

	if (sieve->n == 0)
		sieve->code[sieve->n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
	if (sieve->n + n > SIEVE_INSTRUCTIONS_MAX)
		return;
	memmove(sieve->code + n, sieve->code, sieve->n * sizeof(*sieve->code));
	memcpy(sieve->code, rule, sizeof(rule));
	sieve->n += n;
}

static void attach(struct ua *ua, const struct sieve *sieve, int wanted)
{
	for (size_t i = 0; i < ua->n_listeners; i++)
		for (size_t k = 0; k < UA_FDS; k++) {
			const int fd = ua->listeners[i].fds[k];

			if (fd >= 0 && !ua->listeners[i].tls &&
				/* there all come from loopback */ socket_type(fd) == wanted &&
				sieve_attach(fd, sieve) != CALL_OK)
				ua_note(ua, NULL, "socket filter not attached: strangers cost us time");
		}
}

void listen_sieve(struct ua *ua, struct sieve *sieve)
{
	attach(ua, sieve, SOCK_STREAM);
	add_first_byte_rule(sieve);
	attach(ua, sieve, SOCK_DGRAM);
}
