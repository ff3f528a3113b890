/* links: sip/loop.c sip/ua.c sip/ua_events.c sip/ua_listen.c sip/ua_read.c sip/ua_screen.c sip/ua_send.c sip/ua_inside.c sip/ua_refer.c sip/ua_tap.c sip/ua_way.c sip/framing.c sip/call.c sip/call_media.c sip/call_key.c sip/call_refer.c sip/refer.c sip/call_refresh.c sip/early.c sip/info.c sip/body.c sip/cause.c sip/err.c sip/guard.c sip/offer.c sip/agreed.c sip/format.c sip/sdes.c sip/candidate.c sip/sdp_read.c sip/sdp_write.c sip/squeeze.c sip/sieve.c sip/timer.c sip/trunk.c sip/vet.c sip/call_dial.c sip/login.c sip/digest.c sip/ua_ask.c sip/ua_origin.c sip/challenge.c sip/caller.c sip/ua_header.c sip/permit.c sip/stated.c sip/uri.c */
#include "sip/call.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sofia-sip/su_wait.h>

/* The library that is installed, under our call handling: datagrams of a trunk, some of them inside a dialog.
 *
 * An input is up to MESSAGES datagrams, parted by a line "%%"; "@TAG" in one becomes the To tag of the last answer. */
enum { MESSAGES = 6, DATAGRAM = 8192, STEPS = 12 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct loop *loop;
static struct ua *ua;
static int trunk_fd;
static char tag[80];

static void on_invite(void *arg, struct call *call, const struct call_invite *invite)
{
	struct media_self self = { .origin_id = 1,
		.address = "127.0.0.1",
		.rtp_port = 20000,
		.rtcp_port = 20001,
		.formats = { { .payload_type = 0, .name = "PCMU", .clock_hz = 8000, .channels = 1 } },
		.n_formats = 1 };
	const char what = invite->request_user[0];

	(void)arg;
	call_set_owner(call, &trunk_fd);
	if (what == 'f' || call_accept_media(call, &self) != CALL_OK) {
		call_refuse(call, 404, 0, invite->from_name, 1);
		return;
	}
	if (what == 'e' || what == 'r')
		call_progress(call, what == 'e' ? 183 : 180, what == 'e');
	if (what != 'r' && what != 'e')
		call_answer(call);
	if (what == 'h')
		call_hangup(call, Q850_NORMAL, invite->from_name);
}

static void on_ended(void *owner, struct call *call, const struct call_end *end)
{
	(void)owner, (void)call, (void)end;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static struct trunk_network network;
	struct trunk_config trunk = { .name = "trunk", .from = &network, .n_from = 1 };
	struct sockaddr_in self = { .sin_family = AF_INET }, peer = { .sin_family = AF_INET };
	struct ua_config config = {
		.listen = { "udp:127.0.0.1:0" }, .n_listen = 1, .sip_t1_ms = 1, .timer_speed = 1000
	};
	struct trunks *trunks;
	char why[100];

	(void)argc, (void)argv;
	if (!trunk_network_parse(&network, "127.0.0.2/32") || trunks_alloc(&trunks, &trunk, 1) ||
		loop_open(&loop))
		abort();
	config.loop = loop;
	config.trunks = trunks;
	config.on.on_invite = on_invite;
	config.on.on_ended = on_ended;
	if (ua_open(&ua, &config, why, sizeof(why)))
		abort();
	trunk_fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	inet_pton(AF_INET, "127.0.0.2", &self.sin_addr);
	inet_pton(AF_INET, "127.0.0.1", &peer.sin_addr);
	peer.sin_port = htons((uint16_t)ua_port(ua, "udp"));
	if (bind(trunk_fd, (struct sockaddr *)&self, sizeof(self)) ||
		connect(trunk_fd, (struct sockaddr *)&peer, sizeof(peer)))
		abort();
	return 0;
}

static void learn(void)
{
	char answer[DATAGRAM];
	ssize_t n;

	while ((n = recv(trunk_fd, answer, sizeof(answer) - 1, 0)) > 0) {
		const char *to, *at;

		answer[n] = '\0';
		to = strstr(answer, "\r\nTo:");
		at = to ? strstr(to, ";tag=") : NULL;
		if (at && strcspn(at + 5, "\r\n;") < sizeof(tag)) {
			memset(tag, 0, sizeof(tag));
			memcpy(tag, at + 5, strcspn(at + 5, "\r\n;"));
		}
	}
}

static void send_one(const uint8_t *p, size_t n)
{
	char out[DATAGRAM];
	size_t len = 0;

	for (size_t i = 0; i < n && len + sizeof(tag) < sizeof(out); i++) {
		if (n - i >= 4 && memcmp(p + i, "@TAG", 4) == 0) {
			memcpy(out + len, tag, strlen(tag));
			len += strlen(tag);
			i += 3;
		} else {
			out[len++] = (char)p[i];
		}
	}
	if (send(trunk_fd, out, len, 0) < 0)
		return; /* its buffer is full, or it is empty */
	for (int i = 0; i < STEPS; i++)
		su_root_step(loop_root(loop), 0);
	learn();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int i = 0; i < MESSAGES && size; i++) {
		const uint8_t *end = memmem(data, size, "%%\n", 3);
		const size_t n = end ? (size_t)(end - data) : size;

		send_one(data, n);
		data += end ? n + 3 : n;
		size -= end ? n + 3 : n;
	}
	return 0;
}
