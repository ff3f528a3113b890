/* links: tests/rawsip.c mixer/seal.c mixer/cipher.c mixer/err.c mixer/rtp.c */
#include "mixer/rtp.h"
#include "mixer/seal.h"
#include "tests/flow/bridge.h"
#include "tests/rawsip.h"
#include "tests/test.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <unistd.h>

/* A sealed call whose sequence numbers go round (FEATURES T20): the roll-over counter, which no packet carries, outlives a re-INVITE with
 * the same key, and one with another.  What is counted is what authenticates. */

enum {
	PHASE = 75,
	FIRST_SEQ = 65536 - 40,
	SAMPLES = 160,
	WAIT_MS = 5000,
	PACKET_MS = 20,
	OFFER = 600,
	CHANGES = 15,
	EACH = 3
};

static const char site[] =
	"accounts:\n  - name: acme\n    meetings:\n      - { id: \"100200300\", name: Open }\n"
	"trunks:\n  - { name: sealed, inbound: { from: [ 127.0.0.2 ] }, srtp: require }\n"
	"numbers:\n  - { number: \"+15550101\", trunk: sealed, account: acme, answer: \"meeting:100200300\" "
	"}\n";

/* RFC 4568 section 9.1's key, and another. */
static const struct {
	const char *inlined, *master;
} keys[] = { { "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz", "YS___semctl () {\t220;}\n}\nunles" },
	{ "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNk", "0123456789abcdef0123456789abcd" } };

struct bed {
	struct bridge bridge;
	struct raw sip;
	struct seal *seal; /* of what we send */
	int fd;
	unsigned port, seq;
	uint32_t timestamp;
	struct sockaddr_in to;
};

static struct seal *seal_of(unsigned key)
{
	struct seal_key k = { .suite = SEAL_AES_CM_128_80 };
	struct seal *out;

	memcpy(k.master, keys[key].master, seal_master_len(k.suite));
	CHECK_INT(MIX_OK, seal_alloc(&out, &k, true), "seal");
	return out;
}

/* INVITE, the first or another, with that key. */
static void invite(struct bed *b, unsigned key)
{
	char sdp[OFFER];

	snprintf(sdp, sizeof(sdp),
		"v=0\r\no=- 7 %u IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\n"
		"m=audio %u RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:%s\r\n",
		b->sip.cseq + 1, b->port, keys[key].inlined);
	raw_request(&b->sip, "INVITE", NULL, sdp);
}

/* 200, ACK: whatever is sent from here on is by that key. */
static void be_answered(struct bed *b)
{
	const char *media;

	CHECK_INT(200, raw_final(&b->sip, WAIT_MS), "answer");
	media = strstr(b->sip.last, "\r\nm=audio ");
	CHECK(media && raw_has(&b->sip, "a=crypto:1 AES_CM_128_HMAC_SHA1_80"), "%s", b->sip.last);
	b->to.sin_port = htons((uint16_t)atoi(media + strlen("\r\nm=audio ")));
	raw_request(&b->sip, "ACK", NULL, NULL);
}

static void offer(struct bed *b, unsigned key)
{
	invite(b, key);
	be_answered(b);
}

static void change_key(struct bed *b, unsigned key)
{
	struct seal *fresh = seal_of(key);

	seal_succeed(fresh, b->seal);
	seal_free(b->seal);
	b->seal = fresh;
}

static void begin(struct bed *b)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);

	memset(b, 0, sizeof(*b));
	CHECK(bridge_start(&b->bridge, &(struct bridge_setup){ .site = site }), "bridge");
	CHECK(raw_open(&b->sip, "127.0.0.2", 0, b->bridge.sip_port, false), "socket");
	b->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	inet_pton(AF_INET, "127.0.0.2", &at.sin_addr);
	CHECK(bind(b->fd, (struct sockaddr *)&at, len) == 0 &&
			getsockname(b->fd, (struct sockaddr *)&at, &len) == 0,
		"RTP");
	b->port = ntohs(at.sin_port);
	b->to = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	b->seq = FIRST_SEQ;
	raw_fresh(&b->sip, "+15550101");
	offer(b, 0);
	b->seal = seal_of(0);
}

static void end(struct bed *b)
{
	raw_request(&b->sip, "BYE", NULL, NULL);
	CHECK_INT(200, raw_final(&b->sip, WAIT_MS), "BYE");
	seal_free(b->seal);
	raw_close(&b->sip);
	close(b->fd);
	CHECK_INT(0, bridge_stop(&b->bridge), "bridge");
}

static void speak(struct bed *b, unsigned packets)
{
	for (unsigned i = 0; i < packets; i++) {
		const struct rtp header = {
			.seq = (uint16_t)b->seq, .timestamp = b->timestamp, .ssrc = 0x5eed
		};
		uint8_t plain[RTP_HEADER + SAMPLES], sealed[sizeof(plain) + SEAL_TAIL_MAX];
		size_t len;

		rtp_write(plain, &header);
		memset(plain + RTP_HEADER, 0xd5, SAMPLES);
		CHECK_INT(MIX_OK, seal_rtp(b->seal, plain, sizeof(plain), sealed, sizeof(sealed), &len),
			"seal");
		sendto(b->fd, sealed, len, 0, (struct sockaddr *)&b->to, sizeof(b->to));
		b->seq++;
		b->timestamp += SAMPLES;
		test_sleep_ms(PACKET_MS);
	}
}

static double heard(const struct bed *b)
{
	return bridge_number(
		&b->bridge, "/v1/meetings/100200300/participants", "items.0.legs.0.rx_packets", -1);
}

static bool has_heard(void *arg)
{
	const struct bed *b = ((void **)arg)[0];
	const double *want = ((void **)arg)[1];

	return heard(b) >= *want;
}

static void check_heard(struct bed *b, double want, const char *story)
{
	void *both[] = { b, &want };

	CHECK(wait_until(has_heard, both, WAIT_MS), "%s: %g of %g packets", story, heard(b), want);
}

/*  seq 65496 .. 65535 0 .. 34    it goes round
 *      re-INVITE, the same key   35 .. 109
 *      another key, not told     nothing of it counts
 *      re-INVITE, that key       goes on from there, as RFC 3711 section 3.3.1 has it */
TEST(the_roll_over_counter_outlives_a_reinvite)
{
	struct bed b;

	begin(&b);
	speak(&b, PHASE);
	check_heard(&b, PHASE, "round the end");
	offer(&b, 0);
	speak(&b, PHASE);
	check_heard(&b, 2 * PHASE, "after a re-INVITE with the same key");
	change_key(&b, 1);
	speak(&b, PHASE);
	test_sleep_ms(1500);
	CHECK_INT(2 * PHASE, heard(&b), "a key that nobody knows");
	offer(&b, 1);
	speak(&b, PHASE);
	check_heard(&b, 3 * PHASE, "after a re-INVITE with that key");
	end(&b);
}

/* Another key every three packets, and each of them counts (FEATURES T10):
 *      re-INVITE, 200, then at once by the new key
 *      by the new key at once after the re-INVITE, which is still on its way
 *      by the new key two packets before the re-INVITE */
TEST(no_packet_by_a_new_key_is_lost)
{
	static const struct {
		const char *story;
		unsigned before_invite, before_answer;
	} ways[] = { { "after the answer", 0, 0 }, { "before the answer", 0, 1 },
		{ "before the INVITE", 2, 0 } };
	double sent = 0;
	struct bed b;

	begin(&b);
	speak(&b, 4);
	sent += 4;
	for (unsigned i = 0; i < CHANGES; i++) {
		const unsigned w = i % 3, key = 1 - i % 2,
			       n[3] = { ways[w].before_invite, ways[w].before_answer, EACH };

		change_key(&b, key);
		speak(&b, n[0]);
		invite(&b, key);
		speak(&b, n[1]);
		be_answered(&b);
		speak(&b, n[2]);
		sent += n[0] + n[1] + n[2];
		check_heard(&b, sent, ways[w].story);
	}
	CHECK_INT(sent, heard(&b), "and none twice");
	end(&b);
}

TESTS(the_roll_over_counter_outlives_a_reinvite, no_packet_by_a_new_key_is_lost)
