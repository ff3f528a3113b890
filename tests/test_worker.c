/* links: mixer/choose.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/conceal.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/delay.c mixer/doze.c mixer/err.c mixer/lull.c mixer/hush.c mixer/jbuf.c mixer/keypad.c mixer/keypad_tx.c mixer/kit.c mixer/latch.c mixer/level.c mixer/limit.c mixer/mix.c mixer/narrow.c mixer/opus_peek.c mixer/resample.c mixer/ring.c mixer/room.c mixer/room_idle.c mixer/room_group.c mixer/rtcp.c mixer/rtp.c mixer/skew.c mixer/slots.c mixer/source.c mixer/stream.c mixer/stream_rtcp.c mixer/stream_pace.c mixer/stream_rx.c mixer/stream_playout.c mixer/comfort.c mixer/stream_take.c mixer/progress.c mixer/stream_tx.c mixer/stretch.c mixer/warp.c bridge/err.c bridge/late.c bridge/margin.c bridge/message.c bridge/phase.c bridge/ports.c bridge/socket.c bridge/worker.c bridge/worker_apply.c bridge/worker_phase.c bridge/worker_post.c bridge/worker_run.c bridge/worker_idle.c bridge/worker_shared.c bridge/shared.c bridge/bysource.c bridge/held.c bridge/outbox.c mixer/stream_quality.c mixer/agc.c mixer/burst.c mixer/denoise.c mixer/echo.c mixer/oneway.c mixer/quality.c mixer/xr.c mixer/exchange.c mixer/room_spread.c mixer/cipher.c mixer/seal.c mixer/stream_seal.c mixer/room_limit.c mixer/room_clip.c mixer/clip.c mixer/quirk.c mixer/unopened.c */
/* The media thread with real sockets on loopback and the real clock: every wait is bounded, and a machine
 * that is busy makes it slower, not wrong. */
#include "bridge/shared.h"
#include "bridge/worker.h"
#include "mixer/rtp.h"
#include "tests/starve.h"
#include "tests/test.h"

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { RATE = 8000, PACKET = 160, HEARD_MAX = RATE * 10, WAIT_MS = 5000, REFITS = 4 };

/* One caller with a socket of its own. */
struct handset {
	int fd;
	uint16_t port, seq;
	unsigned hz;
	double phase;
	uint32_t timestamp;
	struct encoder *encoder;
	struct decoder *decoder;
	int16_t heard[HEARD_MAX];
	size_t n_heard;
	unsigned packets, byes, events;
};

struct seen {
	unsigned gone, stats, digits, latched, talk, played;
	uint32_t gone_leg;
	struct stream_stats last, asked;
	char digit;
	struct ports *ports;
};

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void on_media(void *arg, uint32_t leg_id, const struct media_event *event)
{
	struct seen *seen = arg;

	(void)leg_id;
	seen->latched += event->kind == MEDIA_LATCHED;
	seen->talk += event->kind == MEDIA_TALK;
	seen->played += event->kind == MEDIA_PLAYED;
	if (event->kind == MEDIA_DIGIT) {
		seen->digits++;
		seen->digit = event->digit;
	}
}

static void on_stats(void *arg, uint32_t leg_id, const struct stream_stats *stats)
{
	struct seen *seen = arg;

	(void)leg_id;
	seen->stats++;
	seen->asked = *stats;
}

static void on_gone(void *arg, uint32_t leg_id, const struct stream_stats *last, struct port_pair *ports)
{
	struct seen *seen = arg;

	seen->gone++;
	seen->gone_leg = leg_id;
	seen->last = *last;
	ports_give(ports);
}

static struct worker *open_worker(struct seen *seen, unsigned index)
{
	const struct worker_handlers on = {
		.on_media = on_media, .on_stats = on_stats, .on_gone = on_gone, .arg = seen
	};
	struct worker *w = NULL;

	CHECK_INT(BRIDGE_OK, worker_open(&w, index, 4, &on), "worker");
	return w;
}

static void handset_open(struct handset *h, unsigned hz)
{
	const struct codec_format pcmu = { .id = CODEC_PCMU, .ptime_ms = 20 };
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);

	memset(h, 0, sizeof(*h));
	h->hz = hz;
	h->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	CHECK(h->fd >= 0 && bind(h->fd, (struct sockaddr *)&a, len) == 0, "socket");
	CHECK_INT(0, getsockname(h->fd, (struct sockaddr *)&a, &len), "name");
	h->port = ntohs(a.sin_port);
	CHECK_INT(MIX_OK, encoder_alloc(&h->encoder, &pcmu), "encoder");
	CHECK_INT(MIX_OK, decoder_alloc(&h->decoder, CODEC_PCMU), "decoder");
}

static void handset_close(struct handset *h)
{
	close(h->fd);
	encoder_free(h->encoder);
	decoder_free(h->decoder);
}

/* PCMU (0) or PCMA (8). */
static struct kit *kit_of(const struct handset *h, uint8_t pt)
{
	struct stream_format format = { .tx = { .id = CODEC_PCMU, .ptime_ms = 20 },
		.tx_pt = 0,
		.rx = { { pt, pt ? CODEC_PCMA : CODEC_PCMU } },
		.n_rx = 1,
		.event_rx_pt = 101,
		.event_tx_pt = 101,
		.cn_pt = PT_NONE,
		.send = true,
		.receive = true,
		.rtcp_mux = true };
	struct kit *kit = NULL;

	format.rtp =
		(struct net_addr){ .ip = { [10] = 255, [11] = 255, [12] = 127, [15] = 1 }, .port = h->port };
	CHECK_INT(MIX_OK, kit_alloc(&kit, &format), "kit");
	return kit;
}

static struct stream *stream_for(const struct handset *h, uint32_t number)
{
	const struct stream_identity identity = { .ssrc = number, .cname = "worker" };
	struct kit *kit = kit_of(h, 0);
	struct stream *s = NULL;

	CHECK_INT(MIX_OK, stream_alloc(&s, &identity, NULL), "stream");
	stream_refit(s, &kit, now_us());
	return s;
}

static void send_to(const struct handset *h, uint16_t port, const uint8_t *p, size_t len)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
	};

	(void)!sendto(h->fd, p, len, 0, (const struct sockaddr *)&to, sizeof(to));
}

static void talk(struct handset *h, uint16_t port)
{
	uint8_t packet[RTP_HEADER + PACKET];
	struct rtp head = { .seq = h->seq++, .timestamp = h->timestamp, .ssrc = h->port };
	int16_t pcm[PACKET];
	size_t len = 0;

	h->timestamp += PACKET;
	for (unsigned i = 0; i < PACKET; i++) {
		h->phase += 2 * M_PI * h->hz / RATE;
		pcm[i] = (int16_t)(h->hz ? 3277 * sin(h->phase) : 0);
	}
	CHECK_INT(MIX_OK, encoder_run(h->encoder, pcm, PACKET, packet + RTP_HEADER, PACKET, &len), "encode");
	rtp_write(packet, &head);
	send_to(h, port, packet, RTP_HEADER + len);
}

static void listen_to_all(struct handset *h)
{
	uint8_t packet[PACKET_MAX];
	ssize_t len;

	while ((len = recv(h->fd, packet, sizeof(packet), 0)) > 0) {
		struct rtp rtp;
		size_t n = 0;

		if (rtp_is_rtcp(packet, (size_t)len)) {
			for (ssize_t i = 0; i + 4 <= len; i += 4 * (packet[i + 2] * 256 + packet[i + 3] + 1))
				h->byes += packet[i + 1] == 203;
			continue;
		}
		if (rtp_parse(&rtp, packet, (size_t)len) == MIX_OK && rtp.payload_type == 101) {
			h->events++;
			continue;
		}
		if (rtp_parse(&rtp, packet, (size_t)len) != MIX_OK || h->n_heard + PACKET > HEARD_MAX)
			continue;
		if (decoder_run(h->decoder, rtp.payload, rtp.payload_len, h->heard + h->n_heard, PACKET,
			    &n) == MIX_OK)
			h->n_heard += n;
		h->packets++;
	}
}

/* Hann-windowed Fourier sum over the last 200 ms, dB under full scale. */
static double level(const struct handset *h, unsigned hz)
{
	const size_t n = RATE / 5;
	const int16_t *pcm = h->heard + h->n_heard - n;
	double re = 0, im = 0;

	if (h->n_heard < n)
		return 130;
	for (size_t i = 0; i < n; i++) {
		double w = 0.5 - 0.5 * cos(2 * M_PI * (double)i / (double)n),
		       a = 2 * M_PI * hz * (double)i / RATE;

		re += w * pcm[i] * cos(a);
		im += w * pcm[i] * sin(a);
	}
	return -20 * log10(hypot(re, im) * 4 / (double)n / 32767 + 1e-7);
}

/* Callers talk in real time for so long; everybody's ports in `to`. */
static void talk_for(struct handset *h, const uint16_t *to, unsigned n, unsigned ms, struct worker *w)
{
	uint64_t next = now_us();

	for (unsigned t = 0; t < ms; t += 20, next += 20000) {
		for (unsigned i = 0; i < n; i++)
			talk(&h[i], to[i]);
		while (now_us() < next + 20000) {
			struct pollfd tell = { .fd = worker_fd(w), .events = POLLIN };

			(void)poll(&tell, 1, 2);
			worker_poll(w);
			for (unsigned i = 0; i < n; i++)
				listen_to_all(&h[i]);
		}
	}
}

/* Until `*count` has reached `want`, or WAIT_MS. */
static bool wait_for(struct worker *w, struct worker *also, const unsigned *count, unsigned want)
{
	for (uint64_t begun = now_us(); *count < want && now_us() - begun < WAIT_MS * 1000;) {
		struct pollfd tell[2] = { { .fd = worker_fd(w), .events = POLLIN },
			{ .fd = also ? worker_fd(also) : -1, .events = POLLIN } };

		(void)poll(tell, 2, 50);
		worker_poll(w);
		if (also)
			worker_poll(also);
	}
	return *count >= want;
}

TEST(a_room_through_sockets)
{
	static const unsigned tones[3] = { 500, 1100, 1900 };
	struct seen seen = { 0 };
	struct handset *h = calloc(3, sizeof(*h));
	struct port_pair pairs[3];
	uint16_t to[3];
	struct worker *w;
	struct worker_load load;

	CHECK(h, "memory");
	CHECK_INT(BRIDGE_OK, ports_alloc(&seen.ports, "127.0.0.1", 18740, 18760), "ports");
	w = open_worker(&seen, 0);
	CHECK_INT(BRIDGE_OK, worker_add_room(w, 7), "room");
	for (unsigned i = 0; i < 3; i++) {
		handset_open(&h[i], tones[i]);
		CHECK_INT(BRIDGE_OK, ports_take(seen.ports, NULL, &pairs[i]), "pair");
		to[i] = pairs[i].rtp_port;
		CHECK_INT(BRIDGE_OK,
			worker_add_leg(
				w, 100 + i, i == 2 ? ROOM_ISOLATED : 7, stream_for(&h[i], 50 + i), &pairs[i]),
			"leg");
	}
	talk_for(h, to, 3, 400, w);
	CHECK_NEAR(20, level(&h[0], tones[1]), 1.5, "first hears second");
	CHECK_NEAR(20, level(&h[1], tones[0]), 1.5, "second hears first");
	CHECK(level(&h[0], tones[0]) > 60, "first does not hear itself: -%.1f", level(&h[0], tones[0]));
	CHECK(level(&h[0], tones[2]) > 60 && level(&h[2], tones[0]) > 60, "the third is apart");
	CHECK(h[2].packets > 10, "but gets packets: %u", h[2].packets);

	worker_move_leg(w, 102, 7);
	talk_for(h, to, 3, 500, w);
	CHECK_NEAR(20, level(&h[2], tones[0]), 1.5, "the third is in");
	CHECK_NEAR(20, level(&h[1], tones[2]), 1.5, "and is heard");
	CHECK(level(&h[2], tones[2]) > 60, "not by itself");
	CHECK_INT(3, seen.latched, "three sources");
	CHECK(seen.talk >= 3, "talk bursts: %u", seen.talk);

	worker_deafen(w, 100, true);
	worker_press(w, 101, '7', 60);
	talk_for(h, to, 3, 300, w);
	CHECK(level(&h[0], tones[1]) > 60, "the first has its ears shut");
	CHECK(h[1].events >= 5, "the second gets a key: %u", h[1].events);

	worker_ask_stats(w, 101);
	CHECK(wait_for(w, NULL, &seen.stats, 1), "an answer");
	CHECK(seen.asked.rx_packets > 30 && seen.asked.rx_bad == 0, "%u packets",
		(unsigned)seen.asked.rx_packets);
	worker_load(w, &load);
	for (unsigned i = 0; i < 3; i++)
		worker_drop_leg(w, 100 + i);
	worker_drop_room(w, 7);
	CHECK(wait_for(w, NULL, &seen.gone, 3), "all are out");
	CHECK_INT(0, ports_used(seen.ports), "their ports are back");
	CHECK(seen.last.tx_packets > 30, "with their figures");
	for (unsigned i = 0; i < 3; i++) {
		listen_to_all(&h[i]);
		CHECK_INT(1, h[i].byes, "RTCP BYE");
		handset_close(&h[i]);
	}
	worker_close(w);
	ports_free(seen.ports);
	free(h);
}

static struct cue *beep(void)
{
	struct cue *cue = NULL;

	CHECK_INT(MIX_OK, cue_tone(&cue, 1300, 0, 20, 60, 0), "tone");
	return cue;
}

/* More commands at once than the ring holds, in an order that matters; the last one is answered last. */
TEST(no_command_is_lost)
{
	struct seen seen = { 0 };
	struct handset *h = calloc(1, sizeof(*h));
	struct port_pair pair;
	struct cue *cue = beep();
	const struct cue *list[1] = { cue };
	struct worker *w;

	CHECK(h, "memory");
	CHECK_INT(BRIDGE_OK, ports_alloc(&seen.ports, "127.0.0.1", 18762, 18770), "ports");
	w = open_worker(&seen, 0);
	handset_open(h, 0);
	CHECK_INT(BRIDGE_OK, ports_take(seen.ports, NULL, &pair), "pair");
	CHECK_INT(BRIDGE_OK, worker_add_leg(w, 1, ROOM_ISOLATED, stream_for(h, 9), &pair), "leg");
	for (unsigned i = 0; i < 5000; i++)
		worker_mute(w, 1, i & 1);
	for (unsigned i = 0; i < 3000; i++) /* memory goes with these, and comes back */
		worker_equip(w, 1, RATE_16K, NULL);
	worker_play(w, 1, list, 1, false, 5);
	worker_info_digit(w, 1, '8');
	worker_ask_stats(w, 1);
	CHECK(wait_for(w, NULL, &seen.stats, 1), "the last is answered");
	CHECK_INT(1, seen.digits, "after the one before");
	CHECK_INT('8', seen.digit, "the key");
	CHECK(wait_for(w, NULL, &seen.played, 1), "the beep has ended");
	worker_mute(w, 99, true); /* nobody: dropped */
	worker_drop_leg(w, 99);
	worker_drop_leg(w, 1);
	worker_drop_leg(w, 1);
	CHECK(wait_for(w, NULL, &seen.gone, 1), "out");
	CHECK_INT(1, seen.gone, "once");
	worker_close(w);
	handset_close(h);
	ports_free(seen.ports);
	cue_free(cue);
	free(h);
}

TEST(a_leg_moves_to_another_worker)
{
	static const unsigned tones[2] = { 500, 1100 };
	struct seen seen = { 0 };
	struct handset *h = calloc(2, sizeof(*h));
	struct port_pair pairs[2];
	uint16_t to[2];
	struct worker *a, *b;

	CHECK(h, "memory");
	CHECK_INT(BRIDGE_OK, ports_alloc(&seen.ports, "127.0.0.1", 18772, 18780), "ports");
	a = open_worker(&seen, 0);
	b = open_worker(&seen, 1);
	CHECK_INT(BRIDGE_OK, worker_add_room(b, 3), "room");
	for (unsigned i = 0; i < 2; i++) {
		handset_open(&h[i], tones[i]);
		CHECK_INT(BRIDGE_OK, ports_take(seen.ports, NULL, &pairs[i]), "pair");
		to[i] = pairs[i].rtp_port;
		CHECK_INT(BRIDGE_OK,
			worker_add_leg(i ? b : a, 1 + i, i ? 3 : ROOM_ISOLATED, stream_for(&h[i], 50 + i),
				&pairs[i]),
			"leg");
	}
	talk_for(h, to, 2, 60, a);
	worker_hand_over(a, 1, b, 3);
	worker_ask_stats(b, 1); /* waits until it is there */
	CHECK(wait_for(a, b, &seen.stats, 1), "it has arrived");
	talk_for(h, to, 2, 400, b);
	CHECK_NEAR(20, level(&h[0], tones[1]), 1.5, "hears its new room");
	CHECK_NEAR(20, level(&h[1], tones[0]), 1.5, "is heard there");

	worker_hand_over(a, 77, b, 3); /* not here: nothing comes, and nothing waits for ever */
	worker_mute(b, 77, true);
	worker_hand_over(b, 1, a, ROOM_ISOLATED);
	worker_drop_leg(a, 1);
	worker_drop_leg(b, 2);
	CHECK(wait_for(a, b, &seen.gone, 2), "both are out");
	worker_close(a);
	worker_close(b);
	for (unsigned i = 0; i < 2; i++)
		handset_close(&h[i]);
	ports_free(seen.ports);
	free(h);
}

static struct net_addr address_of(const struct handset *h)
{
	return (struct net_addr){ .ip = { [10] = 255, [11] = 255, [12] = 127, [15] = 1 }, .port = h->port };
}

/* Four callers and one port, which worker a reads: two of them talk in a room of a, two in one of b. */
TEST(legs_share_a_port)
{
	static const unsigned tones[5] = { 500, 1100, 1900, 2700, 3100 };
	struct seen seen = { 0 };
	struct handset *h = calloc(5, sizeof(*h));
	struct share *shares[4], *none = NULL;
	struct share_wish wish = { .group = "carrier" };
	struct port_pair pair, other;
	struct shared *shared;
	struct worker *a, *b;
	struct worker_load load;
	struct net_addr at;
	unsigned wrong = 1;
	uint16_t to[5];

	CHECK(h, "memory");
	CHECK_INT(BRIDGE_OK, ports_alloc(&seen.ports, "127.0.0.1", 18810, 18818), "ports");
	shared = shared_alloc();
	CHECK(shared, "memory");
	a = open_worker(&seen, 0);
	b = open_worker(&seen, 1);
	CHECK_INT(BRIDGE_OK, worker_add_room(a, 3), "room");
	CHECK_INT(BRIDGE_OK, worker_add_room(b, 4), "room");
	for (unsigned i = 0; i < 5; i++)
		handset_open(&h[i], tones[i]);
	wish.home = a;
	wish.rtp = address_of(&h[0]);
	CHECK_INT(BRIDGE_FULL, share_begin(&none, shared, &wish, &pair), "no port yet");
	CHECK_INT(BRIDGE_OK, ports_take(seen.ports, NULL, &pair), "pair");
	CHECK_INT(BRIDGE_OK, shared_open(shared, &wish, &pair, "192.0.2.1"), "opened");
	for (unsigned i = 0; i < 4; i++) {
		wish.leg_id = 1 + i;
		wish.rtp = address_of(&h[i]);
		wish.rtcp_port = (uint16_t)(wish.rtp.port + 1);
		CHECK_INT(BRIDGE_OK, share_begin(&shares[i], shared, &wish, &pair), "a place");
		to[i] = pair.rtp_port;
		CHECK_INT(to[0], to[i], "the same port");
		share_place(shares[i], i < 2 ? a : b);
		CHECK_INT(BRIDGE_OK,
			worker_add_leg(i < 2 ? a : b, 1 + i, i < 2 ? 3 : 4, stream_for(&h[i], 50 + i), &pair),
			"leg");
	}
	CHECK_INT(1, ports_used(seen.ports), "one pair of ports");
	CHECK(strcmp("192.0.2.1", share_address(shares[3])) == 0, "its address");
	CHECK_INT(
		BRIDGE_STATE, share_begin(&none, shared, &wish, &other), "somebody sends from there already");
	memcpy(wish.group, "another", sizeof("another"));
	CHECK_INT(
		BRIDGE_FULL, share_begin(&none, shared, &wish, &other), "another trunk has ports of its own");
	memcpy(wish.group, "carrier", sizeof("carrier"));
	wish.home = b;
	CHECK_INT(BRIDGE_FULL, share_begin(&none, shared, &wish, &other), "so has another worker");
	wish.home = a;
	to[4] = to[0]; /* nobody's packets */
	/* a machine that is busy may spoil a span, never let one hear whom he should not */
	for (unsigned span = 0; wrong && span < 6; span++) {
		wrong = 0;
		talk_for(h, to, 5, span ? 400 : 1600, a);
		for (unsigned i = 0; i < 4; i++)
			for (unsigned k = 0; k < 5; k++) {
				const double down = level(&h[i], tones[k]);

				if (k == (i ^ 1u))
					wrong += down < 18.5 || down > 21.5;
				else
					CHECK(down > 55, "caller %u hears %u Hz at -%.1f", i, tones[k], down);
			}
	}
	CHECK_INT(0, wrong, "each hears the other one in the room");
	CHECK_INT(0, (int)h[4].packets, "a stranger gets nothing");
	worker_load(a, &load);
	CHECK(load.strangers > 20, "%u packets of strangers", (unsigned)load.strangers);

	/* the fourth caller moves to where the fifth was; the first one's address is not to be had */
	at = address_of(&h[0]);
	CHECK(!share_signal(shares[3], &at, 1), "another leg has it");
	at = address_of(&h[4]);
	CHECK(share_signal(shares[3], &at, (uint16_t)(at.port + 1)), "moves");
	h[2].n_heard = 0;
	talk_for(h, to, 5, 600, b);
	CHECK(level(&h[2], tones[3]) > 55, "not from its old place");
	worker_drop_leg(a, 1);
	worker_drop_leg(a, 2);
	worker_drop_leg(b, 3);
	worker_drop_leg(b, 4);
	CHECK(wait_for(a, b, &seen.gone, 4), "all are out");
	for (unsigned i = 0; i < 4; i++)
		share_end(shares[i]);
	CHECK_INT(1, ports_used(seen.ports), "the port stays open");
	wish.rtp = address_of(&h[0]);
	CHECK_INT(BRIDGE_OK, share_begin(&none, shared, &wish, &other), "its source is free again");
	CHECK_INT(to[0], other.rtp_port, "at the same port");
	share_end(none);
	worker_stop(a);
	worker_stop(b);
	worker_close(a);
	worker_close(b);
	shared_free(shared);
	CHECK_INT(0, ports_used(seen.ports), "closed");
	for (unsigned i = 0; i < 5; i++)
		handset_close(&h[i]);
	ports_free(seen.ports);
	free(h);
}

/* Garbage, strangers and a dead peer: nothing stops, nothing grows. */
/* A datagram of another format, at once. */
static void talk_as(struct handset *h, uint16_t port, uint8_t pt)
{
	const struct rtp head = {
		.payload_type = pt, .seq = h->seq++, .timestamp = h->timestamp, .ssrc = h->port
	};
	uint8_t packet[RTP_HEADER + PACKET];

	h->timestamp += PACKET;
	rtp_write(packet, &head);
	memset(packet + RTP_HEADER, 0xd5, PACKET);
	send_to(h, port, packet, sizeof(packet));
}

/* Whatever the worker has not read yet: what came before is of the old format, what came since of the new.  In a meeting of
 * one nobody is heard, and it is read every 100 ms alone. */
TEST(a_refit_falls_between_two_packets)
{
	static const struct {
		const char *story;
		uint32_t room;
	} cases[] = { { "alone in a meeting", 5 }, { "with an attendant", ROOM_ISOLATED } };

	for (unsigned k = 0; k < sizeof(cases) / sizeof(*cases); k++) {
		struct seen seen = { 0 };
		struct handset *h = calloc(1, sizeof(*h));
		struct port_pair pair;
		struct worker *w;
		uint16_t to;

		CHECK(h, "memory");
		CHECK_INT(BRIDGE_OK, ports_alloc(&seen.ports, "127.0.0.1", 18802, 18810), "ports");
		w = open_worker(&seen, 0);
		handset_open(h, 0);
		CHECK_INT(BRIDGE_OK, ports_take(seen.ports, NULL, &pair), "pair");
		to = pair.rtp_port;
		CHECK_INT(BRIDGE_OK, worker_add_room(w, 5), "room");
		CHECK_INT(BRIDGE_OK, worker_add_leg(w, 1, cases[k].room, stream_for(h, 9), &pair), "leg");
		for (unsigned i = 0; i < REFITS; i++) {
			talk_for(h, &to, 1, 300, w); /* silence: the room goes to sleep */
			talk_as(h, to, 0);
			worker_refit(w, 1, kit_of(h, 8), now_us());
			talk_as(h, to, 8);
			talk_for(NULL, NULL, 0, 60 + 5 * i, w); /* one refit a tick at most */
			talk_as(h, to, 8);
			worker_refit(w, 1, kit_of(h, 0), now_us());
			talk_as(h, to, 0);
		}
		talk_for(NULL, NULL, 0, 200, w);
		worker_ask_stats(w, 1);
		CHECK(wait_for(w, NULL, &seen.stats, 1), "an answer");
		CHECK_INT(0, seen.asked.rx_bad, cases[k].story);
		CHECK_INT(h->seq, seen.asked.rx_packets, cases[k].story);
		worker_drop_leg(w, 1);
		CHECK(wait_for(w, NULL, &seen.gone, 1), "out");
		worker_close(w);
		handset_close(h);
		ports_free(seen.ports);
		free(h);
	}
}

TEST(bad_datagrams_are_counted)
{
	struct seen seen = { 0 };
	struct handset *h = calloc(2, sizeof(*h));
	struct port_pair pair;
	uint16_t to;
	struct worker *w;
	uint8_t bytes[1800];

	CHECK(h, "memory");
	CHECK_INT(BRIDGE_OK, ports_alloc(&seen.ports, "127.0.0.1", 18782, 18790), "ports");
	w = open_worker(&seen, 0);
	handset_open(&h[0], 500);
	handset_open(&h[1], 900);
	CHECK_INT(BRIDGE_OK, ports_take(seen.ports, NULL, &pair), "pair");
	to = pair.rtp_port;
	CHECK_INT(BRIDGE_OK, worker_add_leg(w, 1, ROOM_ISOLATED, stream_for(&h[0], 9), &pair), "leg");
	talk_for(h, &to, 1, 60, w);
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	for (unsigned i = 0; i < 100; i++) {
		send_to(&h[0], to, bytes, i * 18);
		send_to(&h[0], (uint16_t)(to + 1), bytes, i * 18);
		talk(&h[1], to);
	}
	talk_for(h, &to, 1, 100, w);
	close(h[0].fd); /* from now on ICMP answers */
	h[0].fd = socket(AF_INET, SOCK_DGRAM, 0);
	talk_for(h, &to, 0, 60, w);
	worker_ask_stats(w, 1);
	CHECK(wait_for(w, NULL, &seen.stats, 1), "it answers");
	CHECK(seen.asked.rx_bad >= 50, "bad packets: %u", seen.asked.rx_bad);
	CHECK(seen.asked.rx_refused >= 50, "a stranger's: %u", seen.asked.rx_refused);
	worker_close(w); /* with a leg in it */
	handset_close(&h[0]);
	handset_close(&h[1]);
	ports_free(seen.ports);
	free(h);
}

/* Without legs the thread sleeps: no CPU, and it still wakes at once. */
TEST(sleeps_without_legs)
{
	struct seen seen = { 0 };
	struct worker *w = open_worker(&seen, 0);
	struct worker_load before, after;
	const struct timespec rest = { .tv_nsec = 100000000 };

	for (uint32_t id = 1; id <= 1000; id++)
		CHECK_INT(BRIDGE_OK, worker_add_room(w, id), "room");
	nanosleep(&rest, NULL);
	worker_load(w, &before);
	nanosleep(&rest, NULL);
	worker_load(w, &after);
	CHECK_INT(before.ticks, after.ticks, "no ticks");
	for (uint32_t id = 1; id <= 1000; id++)
		worker_drop_room(w, id);
	worker_close(w);
}

TEST(nth_allocation_fails)
{
	struct seen seen = { 0 };
	const struct worker_handlers on = {
		.on_media = on_media, .on_stats = on_stats, .on_gone = on_gone, .arg = &seen
	};
	struct handset *h = calloc(1, sizeof(*h));
	struct worker *w = NULL;
	struct port_pair pair;
	struct stream *s;
	enum bridge_err err;

	CHECK(h, "memory");
	STARVE(err, ports_alloc(&seen.ports, "127.0.0.1", 18792, 18800), BRIDGE_NOMEM);
	STARVE(err, worker_open(&w, 0, 4, &on), BRIDGE_NOMEM);
	STARVE(err, worker_add_room(w, 1), BRIDGE_NOMEM);
	handset_open(h, 0);
	s = stream_for(h, 1);
	CHECK_INT(BRIDGE_OK, ports_take(seen.ports, NULL, &pair), "pair");
	STARVE(err, worker_add_leg(w, 1, 1, s, &pair), BRIDGE_NOMEM);
	worker_close(w);
	handset_close(h);
	ports_free(seen.ports);
	free(h);
}

TESTS(a_room_through_sockets, no_command_is_lost, a_leg_moves_to_another_worker, legs_share_a_port,
	a_refit_falls_between_two_packets, bad_datagrams_are_counted, sleeps_without_legs,
	nth_allocation_fails)
