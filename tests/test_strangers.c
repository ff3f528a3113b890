/* links: sip/loop.c sip/ua.c sip/ua_events.c sip/ua_listen.c sip/ua_read.c sip/ua_screen.c sip/ua_send.c sip/ua_inside.c sip/ua_refer.c sip/ua_tap.c sip/ua_way.c sip/framing.c sip/call.c sip/call_media.c sip/call_key.c sip/call_refer.c sip/refer.c sip/call_refresh.c sip/early.c sip/info.c sip/body.c sip/cause.c sip/err.c sip/guard.c sip/offer.c sip/agreed.c sip/format.c sip/sdes.c sip/sdp_read.c sip/sdp_write.c sip/squeeze.c sip/sieve.c sip/timer.c sip/trunk.c sip/vet.c sip/call_dial.c sip/login.c sip/digest.c sip/ua_ask.c sip/ua_origin.c sip/challenge.c sip/caller.c sip/ua_header.c sip/candidate.c sip/permit.c sip/stated.c sip/uri.c */
/* A stranger who has fallen silent costs nothing of ours: no message reaches Sofia, nothing is allocated, the door's queue stays empty. */
#include "sip/call.h"
#include "sip/guard.h"
#include "tests/test.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <sofia-sip/su_wait.h>

enum { SENT = 300, STEPS = 400, DATAGRAM = 900 };

/* ---- who allocates ---- */

static atomic_ulong allocations;

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* those have their own */
enum { COUNTS = 1 };
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *malloc(size_t n);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t n);

void *malloc(size_t n)
{
	atomic_fetch_add(&allocations, 1);
	return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	atomic_fetch_add(&allocations, 1);
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	atomic_fetch_add(&allocations, 1);
	return __libc_realloc(p, n);
}
#else
enum { COUNTS = 0 };
#endif

/* ---- the endpoint ---- */

struct line {
	struct loop *loop;
	struct ua *ua;
	struct trunks *trunks;
	struct sockaddr_in at;
	unsigned seen, serial; /* messages that Sofia was given or gave out; requests made */
};

static void on_invite(void *arg, struct call *call, const struct call_invite *invite)
{
	(void)arg, (void)invite;
	call_refuse(call, 404, 0, NULL, 0);
}

static void on_message(void *arg, const struct tap_message *message)
{
	struct line *l = arg;

	(void)message;
	l->seen++;
}

static void line_open(struct line *l)
{
	static struct trunk_network network;
	const struct trunk_config trunk = { .name = "carrier", .from = &network, .n_from = 1 };
	struct ua_config config = { .listen = { "udp:127.0.0.1:0" }, .n_listen = 1 };
	char why[100] = "";

	*l = (struct line){ .seen = 0 };
	CHECK(trunk_network_parse(&network, "127.0.0.2/32") && !trunks_alloc(&l->trunks, &trunk, 1) &&
			!loop_open(&l->loop),
		"a trunk");
	config.loop = l->loop;
	config.trunks = l->trunks;
	config.on.on_invite = on_invite;
	config.on.on_message = on_message;
	config.on.arg = l;
	CHECK(ua_open(&l->ua, &config, why, sizeof(why)) == CALL_OK, "%s", why);
	l->at = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons((uint16_t)ua_port(l->ua, "udp")),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
}

static void line_close(struct line *l)
{
	ua_close(l->ua);
	trunks_free(l->trunks);
	loop_close(l->loop);
}

static int source_open(const struct line *l, const char *ip)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, ip, &from.sin_addr);
	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&from, sizeof(from)) == 0 &&
			connect(fd, (const struct sockaddr *)&l->at, sizeof(l->at)) == 0,
		"a socket at %s", ip);
	return fd;
}

static void send_some(struct line *l, int fd, const char *ip, unsigned n)
{
	static const char *const methods[] = { "OPTIONS", "REGISTER", "INVITE" };
	char text[DATAGRAM];

	for (unsigned i = 0; i < n; i++) {
		const char *method = methods[i % 3];
		const unsigned serial = l->serial++;
		const int len = snprintf(text, sizeof(text),
			"%s sip:100@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP %s:5060;branch=z9hG4bK-%u;rport\r\n"
			"Max-Forwards: 70\r\nFrom: <sip:100@1.1.1.1>;tag=t%u\r\nTo: <sip:100@1.1.1.1>\r\n"
			"Call-ID: c%u\r\nCSeq: 1 %s\r\nContact: <sip:100@%s:5060>\r\nContent-Length: "
			"0\r\n\r\n",
			method, ip, serial, serial, serial, method, ip);

		CHECK(send(fd, text, (size_t)len, 0) == len, "sent");
	}
}

static void work(const struct line *l)
{
	for (unsigned i = 0; i < STEPS; i++)
		su_root_step(loop_root(l->loop), 0);
}

TEST(a_silenced_stranger_costs_us_nothing)
{
	struct call_stats before, after;
	unsigned long allocated;
	struct line l;
	unsigned seen;
	int stranger, carrier;

	line_open(&l);
	stranger = source_open(&l, "127.0.0.9");
	carrier = source_open(&l, "127.0.0.2");
	send_some(&l, stranger, "127.0.0.9", GUARD_ANSWERS + 1);
	work(&l);
	ua_stats(l.ua, &before);
	CHECK(before.stranger_refused > 0, "a few are answered");
	CHECK_INT(1, before.stranger_silent, "then silent");

	seen = l.seen;
	allocated = atomic_load(&allocations);
	for (unsigned sent = 0; sent < SENT; sent += 30) {
		send_some(&l, stranger, "127.0.0.9", 30);
		work(&l);
	}
	CHECK_INT(0, atomic_load(&allocations) - allocated, "nothing is allocated");
	CHECK_INT(0, l.seen - seen, "no message reaches Sofia, none leaves it");
	ua_stats(l.ua, &after);
	CHECK_INT(before.stranger_silent, after.stranger_silent, "nor the screen");
	CHECK_INT(before.invites, after.invites, "no call");

	allocated = atomic_load(&allocations);
	send_some(&l, carrier, "127.0.0.2", 1); /* the counters do count */
	work(&l);
	CHECK(l.seen > seen, "the carrier is heard");
	CHECK(!COUNTS || atomic_load(&allocations) > allocated, "for memory");
	close(stranger);
	close(carrier);
	line_close(&l);
}

TESTS(a_silenced_stranger_costs_us_nothing)
