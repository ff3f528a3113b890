#include "tests/caller.h"
#include "tests/flow/peer.h"
#include <arpa/inet.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	PTIME_MS = 20,
	PT_PCMU = 0,
	PT_EVENT = 101,
	PORT_TRIES = 200,
	ANSWER_MS = 5000,
	KEYS_MS = 15000,
	END_PACKETS = 3,
	DEFAULT_PRESS_MS = 100,
	DEFAULT_GAP_MS = 60,
	LEVEL_MS = 200
};
#define LOUD_DBOV (-50.0)

/* ---- G.711 u-law, from the Recommendation's segments ---- */

static uint8_t ulaw_encode(int pcm)
{
	int sign = pcm < 0 ? 0x80 : 0, mag = (pcm < 0 ? -pcm : pcm) + 132, segment = 7;

	if (mag > 32767)
		mag = 32767;
	while (segment > 0 && mag < 0x80 << segment)
		segment--;
	return (uint8_t) ~(sign | segment << 4 | (mag >> (segment + 3) & 15));
}

static int16_t ulaw_decode(uint8_t code)
{
	int bits = ~code & 0xff, segment = bits >> 4 & 7, mag = (((bits & 15) << 3) + 132) << segment;

	return (int16_t)(bits & 0x80 ? 132 - mag : mag - 132);
}

/* ---- packets out ---- */

static size_t write_rtp(struct caller *c, uint8_t *out, uint8_t pt, bool marker, uint32_t timestamp,
	const uint8_t *payload, size_t n)
{
	uint16_t seq = htons(c->seq++);
	uint32_t words[2] = { htonl(timestamp), htonl(c->ssrc) };

	out[0] = 0x80;
	out[1] = (uint8_t)(pt | (marker ? 0x80 : 0));
	memcpy(out + 2, &seq, 2);
	memcpy(out + 4, words, 8);
	memcpy(out + 12, payload, n);
	return 12 + n;
}

static void send_rtp(struct caller *c, const uint8_t *bytes, size_t n)
{
	(void)sendto(c->rtp_fd, bytes, n, 0, (const struct sockaddr *)&c->far, sizeof(c->far));
}

static bool nth(unsigned count, unsigned every)
{
	return every && count % every == 0;
}

static void send_sound(struct caller *c)
{
	uint8_t payload[CALLER_FRAME], packet[12 + CALLER_FRAME];
	double peak = pow(10.0, c->dbov / 20.0) * 32768.0 * M_SQRT2;

	for (size_t i = 0; i < CALLER_FRAME; i++) {
		payload[i] = ulaw_encode(c->hz ? (int)lrint(peak * sin(c->phase)) : 0);
		c->phase = fmod(c->phase + 2.0 * M_PI * c->hz / 8000.0, 2.0 * M_PI);
	}
	size_t n = write_rtp(c, packet, PT_PCMU, !c->spoke, c->timestamp, payload, sizeof(payload));
	c->spoke = true;
	c->sent++;
	if (nth(c->sent, c->swap_every)) {
		memcpy(c->held, packet, n);
		c->held_len = n;
		return;
	}
	if (!nth(c->sent, c->lose_every))
		send_rtp(c, packet, n);
	if (nth(c->sent, c->twice_every))
		send_rtp(c, packet, n);
	if (c->held_len)
		send_rtp(c, c->held, c->held_len);
	c->held_len = 0;
}

static void send_event(struct caller *c, unsigned code, bool end, unsigned step)
{
	const struct caller_press *how = &c->how;
	unsigned duration = how->no_duration ? 0 : (step + 1) * CALLER_FRAME;
	uint8_t payload[4] = { (uint8_t)code, (uint8_t)(end ? 0x8a : 0x0a), (uint8_t)(duration >> 8),
		(uint8_t)duration };
	uint8_t packet[16];
	size_t n = write_rtp(c, packet, PT_EVENT, step == 0 && !how->no_marker, c->event_timestamp, payload,
		sizeof(payload));

	send_rtp(c, packet, n);
	if (how->twice)
		send_rtp(c, packet, n);
}

static bool is_lost(const struct caller_press *how, bool end, unsigned end_number, unsigned step)
{
	return (how->lose_first && step == 0) || (how->lose_ends && end) || (how->only_ends && !end) ||
	       (how->lose_odd && (end ? end_number != 1 : step % 2 == 1));
}

/* One packet time of the keys that are pressed.  False: no event is on, sound goes out. */
static bool key_step(struct caller *c, uint64_t now_ms)
{
	static const char codes[] = "0123456789*#ABCD";
	const struct caller_press *how = &c->how;
	unsigned press_ms = how->ms ? how->ms : DEFAULT_PRESS_MS,
		 gap_ms = how->gap_ms ? how->gap_ms : DEFAULT_GAP_MS;
	unsigned n_press = press_ms / PTIME_MS, n_gap = gap_ms / PTIME_MS, step = c->key_step++;

	if (c->key_at >= c->n_keys)
		return false;
	if (step < n_press) {
		unsigned code = (unsigned)(strchr(codes, c->keys[c->key_at]) - codes);
		bool last = step + 1 == n_press;
		if (step == 0)
			c->event_timestamp = c->timestamp;
		unsigned n_ends = how->many_ends ? 2 * END_PACKETS : END_PACKETS;
		for (unsigned i = 0; last && i < n_ends; i++) {
			if (is_lost(how, true, i, step))
				c->seq++;
			else
				send_event(c, code, true, step);
		}
		if (!last) {
			if (is_lost(how, false, 0, step))
				c->seq++;
			else
				send_event(c, code, false, step);
		}
		if (last && c->key_at + 1 == c->n_keys)
			c->keyed_ms = now_ms;
		return true;
	}
	if (step + 1 >= n_press + n_gap) {
		c->key_at++;
		c->key_step = 0;
	}
	return false;
}

static void caller_tick(struct caller *c, uint64_t now_ms)
{
	if (c->mute_wire)
		return;
	if (!key_step(c, now_ms))
		send_sound(c);
	c->timestamp += CALLER_FRAME;
}

/* ---- packets in ---- */

static void hear(struct caller *c, uint64_t now_ms)
{
	uint8_t bytes[2048];
	ssize_t n;

	while (recv(c->rtcp_fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
	while ((n = recv(c->rtp_fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		if (n != 12 + CALLER_FRAME || bytes[0] != 0x80 || (bytes[1] & 0x7f) != PT_PCMU) {
			c->strange++;
			continue;
		}
		if (c->n_heard == CALLER_PACKETS)
			continue;
		struct caller_packet *p = &c->heard[c->n_heard++];
		p->at_ms = now_ms;
		p->n = CALLER_FRAME;
		memcpy(p->payload, bytes + 12, CALLER_FRAME);
	}
}

static void *crew_run(void *arg)
{
	struct crew *crew = arg;

	for (;;) {
		struct pollfd fds[CREW_MAX];
		nfds_t n = 0;
		uint64_t now_ms = test_now_ms(), next_ms = now_ms + 20;

		pthread_mutex_lock(&crew->lock);
		bool stop = crew->stop;
		for (unsigned i = 0; i < crew->n; i++) {
			struct caller *c = crew->callers[i];
			if (!c->up)
				continue;
			hear(c, now_ms);
			for (; c->due_ms <= now_ms; c->due_ms += PTIME_MS)
				caller_tick(c, now_ms);
			next_ms = c->due_ms < next_ms ? c->due_ms : next_ms;
			fds[n++] = (struct pollfd){ .fd = c->rtp_fd, .events = POLLIN };
		}
		pthread_mutex_unlock(&crew->lock);
		if (stop)
			return NULL;
		poll(fds, n, (int)(next_ms > now_ms ? next_ms - now_ms : 0));
	}
}

void crew_start(struct crew *crew)
{
	memset(crew, 0, sizeof(*crew));
	pthread_mutex_init(&crew->lock, NULL);
	if (pthread_create(&crew->thread, NULL, crew_run, crew) != 0)
		abort();
}

static void let_go(struct caller *c)
{
	raw_close(&c->sip);
	close(c->rtp_fd);
	close(c->rtcp_fd);
	free(c->heard);
}

void crew_stop(struct crew *crew)
{
	pthread_mutex_lock(&crew->lock);
	crew->stop = true;
	pthread_mutex_unlock(&crew->lock);
	pthread_join(crew->thread, NULL);
	for (unsigned i = 0; i < crew->n; i++)
		let_go(crew->callers[i]);
	crew->n = 0;
	pthread_mutex_destroy(&crew->lock);
}

/* ---- calling ---- */

static int bind_udp(const char *ip, uint16_t *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(*port) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, ip, &at.sin_addr);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) != 0 ||
		getsockname(fd, (struct sockaddr *)&at, &len) != 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*port = ntohs(at.sin_port);
	return fd;
}

static bool bind_pair(struct caller *c, const char *ip)
{
	for (int i = 0; i < PORT_TRIES; i++) {
		uint16_t port = 0, next;
		c->rtp_fd = bind_udp(ip, &port);
		next = (uint16_t)(port + 1);
		if (c->rtp_fd >= 0 && port % 2 == 0 && (c->rtcp_fd = bind_udp(ip, &next)) >= 0) {
			c->rtp_port = port;
			return true;
		}
		if (c->rtp_fd >= 0)
			close(c->rtp_fd);
	}
	return false;
}

static void write_offer(struct caller *c, const char *direction, bool zero_address)
{
	snprintf(c->offer, sizeof(c->offer),
		"v=0\r\no=- 7 %u IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"
		"m=audio %u RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
		"a=fmtp:101 0-15\r\na=ptime:20\r\na=%s\r\n",
		++c->sdp_version, c->sip.ip, zero_address ? "0.0.0.0" : c->sip.ip, c->rtp_port, direction);
}

static const char *headers(struct caller *c)
{
	snprintf(c->party, sizeof(c->party), "From: %s;tag=%s\r\nTo: <sip:%s@127.0.0.1>%s%s\r\n", c->from,
		c->sip.from_tag, c->number, c->sip.to_tag[0] ? ";tag=" : "", c->sip.to_tag);
	return c->party;
}

/* Where the answer in the last message wants our packets. */
static bool read_far(struct caller *c)
{
	const char *media = strstr(c->sip.last, "\r\nm=audio "), *at = strstr(c->sip.last, "\r\nc=IN IP4 ");
	char ip[20];

	if (!media || !at)
		return false;
	snprintf(ip, sizeof(ip), "%.*s", (int)strcspn(at + 11, "\r/ "), at + 11);
	c->far = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(media + 10, NULL, 10)) };
	return inet_pton(AF_INET, ip, &c->far.sin_addr) == 1;
}

/* Takes it out of the crew if it is in it. */
static void leave_crew(struct crew *crew, struct caller *c)
{
	unsigned kept = 0;

	pthread_mutex_lock(&crew->lock);
	for (unsigned i = 0; i < crew->n; i++) {
		if (crew->callers[i] == c)
			let_go(c);
		else
			crew->callers[kept++] = crew->callers[i];
	}
	crew->n = kept;
	pthread_mutex_unlock(&crew->lock);
}

unsigned caller_call(
	struct crew *crew, struct caller *c, unsigned sip_port, const char *number, const char *from)
{
	const char *ip = "127.0.0.2";

	leave_crew(crew, c);
	memset(c, 0, sizeof(*c));
	c->crew = crew;
	c->dbov = -20.0;
	c->ssrc = (uint32_t)random() ^ (uint32_t)test_now_ms();
	c->seq = 65530; /* wraps at once */
	c->timestamp = c->ssrc * 7;
	c->heard = calloc(CALLER_PACKETS, sizeof(*c->heard));
	snprintf(c->number, sizeof(c->number), "%s", number);
	snprintf(c->from, sizeof(c->from), "%s", from ? from : "<sip:+15559000001@127.0.0.2>");
	if (crew->n == CREW_MAX || !c->heard || !raw_open(&c->sip, ip, 0, sip_port, false) ||
		!bind_pair(c, ip))
		abort();
	raw_fresh(&c->sip, number);
	write_offer(c, "sendrecv", false);
	raw_request(&c->sip, "INVITE", headers(c), c->offer);
	unsigned status = raw_final(&c->sip, ANSWER_MS);
	bool good = status == 200 && read_far(c);
	if (status < 200 || status > 299 || good)
		raw_request(&c->sip, "ACK", headers(c), NULL);
	pthread_mutex_lock(&crew->lock);
	c->up = good;
	c->due_ms = test_now_ms();
	crew->callers[crew->n++] = c;
	pthread_mutex_unlock(&crew->lock);
	return good ? status : status == 200 ? 0 : status;
}

unsigned caller_reinvite(struct caller *c, const char *direction, bool zero_address)
{
	write_offer(c, direction, zero_address);
	raw_request(&c->sip, "INVITE", headers(c), c->offer);
	unsigned status = raw_final(&c->sip, ANSWER_MS);
	if (status >= 200) {
		char answer[RAW_TEXT];
		memcpy(answer, c->sip.last, sizeof(answer));
		raw_request(&c->sip, "ACK", headers(c), NULL);
		memcpy(c->sip.last, answer, sizeof(answer));
	}
	return status;
}

bool caller_bye(struct caller *c)
{
	raw_request(&c->sip, "BYE", headers(c), NULL);
	bool ok = raw_final(&c->sip, ANSWER_MS) == 200;
	pthread_mutex_lock(&c->crew->lock);
	c->up = false;
	pthread_mutex_unlock(&c->crew->lock);
	return ok;
}

bool caller_wait_bye(struct caller *c, unsigned ms)
{
	uint64_t end = test_now_ms() + ms;

	for (uint64_t now = test_now_ms(); now < end; now = test_now_ms()) {
		unsigned got = raw_any(&c->sip, (unsigned)(end - now));
		if (got == 1 && strncmp(c->sip.last, "BYE ", 4) == 0) {
			raw_reply(&c->sip, 200, NULL);
			pthread_mutex_lock(&c->crew->lock);
			c->up = false;
			pthread_mutex_unlock(&c->crew->lock);
			return true;
		}
	}
	return false;
}

/* ---- what it does ---- */

void caller_tone(struct caller *c, unsigned hz, double dbov)
{
	pthread_mutex_lock(&c->crew->lock);
	c->hz = hz;
	c->dbov = dbov;
	pthread_mutex_unlock(&c->crew->lock);
}

void caller_wire(struct caller *c, bool packets)
{
	pthread_mutex_lock(&c->crew->lock);
	c->mute_wire = !packets;
	pthread_mutex_unlock(&c->crew->lock);
}

void caller_spoil(struct caller *c, unsigned swap_every, unsigned lose_every, unsigned twice_every)
{
	pthread_mutex_lock(&c->crew->lock);
	c->swap_every = swap_every;
	c->lose_every = lose_every;
	c->twice_every = twice_every;
	pthread_mutex_unlock(&c->crew->lock);
}

void caller_press_start(struct caller *c, const char *keys, const struct caller_press *how)
{
	static const struct caller_press by_the_book;

	pthread_mutex_lock(&c->crew->lock);
	c->how = how ? *how : by_the_book;
	c->n_keys = (unsigned)snprintf(c->keys, sizeof(c->keys), "%s", keys);
	c->key_at = c->key_step = 0;
	c->keyed_ms = 0;
	pthread_mutex_unlock(&c->crew->lock);
}

static bool all_keyed(void *arg)
{
	struct caller *c = arg;

	pthread_mutex_lock(&c->crew->lock);
	bool done = c->key_at >= c->n_keys;
	pthread_mutex_unlock(&c->crew->lock);
	return done;
}

uint64_t caller_press_end(struct caller *c)
{
	if (!wait_until(all_keyed, c, KEYS_MS))
		return 0;
	pthread_mutex_lock(&c->crew->lock);
	uint64_t at_ms = c->keyed_ms;
	pthread_mutex_unlock(&c->crew->lock);
	return at_ms;
}

uint64_t caller_press(struct caller *c, const char *keys, const struct caller_press *how)
{
	caller_press_start(c, keys, how);
	return caller_press_end(c);
}

/* ---- what it heard ---- */

static struct sound between(struct caller *c, uint64_t from_ms, uint64_t to_ms)
{
	struct sound s = { .samples = calloc(CALLER_PACKETS * CALLER_FRAME, sizeof(int16_t)), .hz = 8000 };

	pthread_mutex_lock(&c->crew->lock);
	for (size_t i = 0; s.samples && i < c->n_heard; i++) {
		const struct caller_packet *p = &c->heard[i];
		for (size_t k = 0; p->at_ms >= from_ms && p->at_ms < to_ms && k < p->n; k++)
			s.samples[s.n++] = ulaw_decode(p->payload[k]);
	}
	pthread_mutex_unlock(&c->crew->lock);
	return s;
}

double caller_heard(struct caller *c, unsigned hz, uint64_t from_ms, uint64_t to_ms)
{
	struct sound s = between(c, from_ms, to_ms);
	unsigned n = sound_ms(&s), each = n < LEVEL_MS ? n : LEVEL_MS, spans = 0;
	double power = 0.0;

	for (unsigned at = 0; each > 1 && at + each <= n; at += each / 2, spans++)
		power += pow(10.0, sound_level(&s, hz, at, at + each) / 10.0);
	sound_free(&s);
	return spans ? 10.0 * log10(power / spans) : -127.0;
}

size_t caller_pcm(struct caller *c, uint64_t from_ms, uint64_t to_ms, int16_t **out)
{
	struct sound s = between(c, from_ms, to_ms);

	*out = s.samples;
	return s.n;
}

double caller_loudness(struct caller *c, uint64_t from_ms, uint64_t to_ms)
{
	struct sound s = between(c, from_ms, to_ms);
	double level = sound_loudness(&s, 0, sound_ms(&s));

	sound_free(&s);
	return level;
}

unsigned caller_heard_ms(struct caller *c, uint64_t from_ms, uint64_t to_ms)
{
	struct sound s = between(c, from_ms, to_ms);
	unsigned n = sound_ms(&s), loud = 0;

	for (unsigned at = 0; at + PTIME_MS <= n; at += PTIME_MS)
		loud += sound_loudness(&s, at, at + PTIME_MS) > LOUD_DBOV ? PTIME_MS : 0;
	sound_free(&s);
	return loud;
}

size_t caller_packets(struct caller *c, uint64_t from_ms, uint64_t to_ms)
{
	struct sound s = between(c, from_ms, to_ms);
	size_t n = s.n / CALLER_FRAME;

	sound_free(&s);
	return n;
}
