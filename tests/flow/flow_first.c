/* links: tests/gate.c tests/rawsip.c tests/stamped.c mixer/rtp.c mixer/err.c */
/* Who speaks first (FEATURES T14): we do, within a tick of our answer or of theirs, while the far end still waits; and what it
 * sends from another port than it said turns us there within a tick. */
#include "tests/flow/ask.h"
#include "tests/gate.h"
#include "tests/rawsip.h"
#include "tests/stamped.h"
#include "tests/test.h"

enum {
	SITE = 2048,
	WAIT_MS = 6000,
	TRIES = 4,       /* of each, as the machine may sleep: the best counts */
	TICK_US = 20000, /* and what signalling takes before it: */
	SLACK_US = 15000,
	QUIET_MS = 120
};

static const struct offered {
	const char *story, *formats, *attributes;
} offers[] = {
	{ "PCMU", "0", "" },
	{ "PCMU and comfort noise", "0 13", "" },
	{ "Opus with pauses", "96", "a=rtpmap:96 opus/48000/2\r\na=fmtp:96 usedtx=1\r\n" },
	{ "ptime 60", "8", "a=ptime:60\r\n" },
};
enum { OFFERS = sizeof(offers) / sizeof(*offers) };

struct bed {
	struct bridge bridge;
	struct raw sip;
	struct gate gate;
	struct stamped said, behind; /* as described; from where it really sends */
	struct gate_request invite, r;
	uint16_t to; /* our RTP port */
	uint64_t since_us;
	char id[ASK_ID];
};

static void begin(struct bed *b)
{
	char site[SITE];

	memset(b, 0, sizeof(*b));
	CHECK(gate_open(&b->gate, "127.0.0.2"), "gate");
	snprintf(site, sizeof(site),
		"accounts:\n  - name: acme\n    meetings:\n      - { id: \"100200300\", name: Open }\n"
		"trunks:\n  - { name: in, inbound: { from: [ 127.0.0.2 ] } }\n"
		"  - { name: out, outbound: { gateways: [ \"sip:127.0.0.2:%u\" ], keepalive: false } }\n"
		"routes:\n  - { account: acme, prefix: \"+1\", trunks: [ out ] }\n"
		"numbers:\n  - { number: \"+15550101\", trunk: in, account: acme, answer: "
		"\"meeting:100200300\" }\n",
		b->gate.port);
	CHECK(bridge_start(&b->bridge, &(struct bridge_setup){ .site = site }), "bridge");
	CHECK(raw_open(&b->sip, "127.0.0.2", 0, b->bridge.sip_port, false), "socket");
}

static void end(struct bed *b)
{
	raw_close(&b->sip);
	gate_close(&b->gate);
	CHECK_INT(0, bridge_stop(&b->bridge), "bridge");
}

static void sockets(struct bed *b)
{
	stamped_open(&b->said, "127.0.0.2");
	stamped_open(&b->behind, "127.0.0.2");
}

static void no_sockets(struct bed *b)
{
	stamped_close(&b->said);
	stamped_close(&b->behind);
}

/* It calls us; our 200 is here, its ACK waits. */
static void incoming(struct bed *b, const struct offered *what)
{
	sockets(b);
	raw_fresh(&b->sip, "+15550101");
	b->since_us = stamped_now_us();
	raw_request(&b->sip, "INVITE", NULL, stamped_sdp(&b->said, 1, what->formats, what->attributes));
	CHECK_INT(200, raw_final(&b->sip, WAIT_MS), what->story);
	b->to = stamped_port_of(b->sip.last);
}

static void incoming_ends(struct bed *b)
{
	raw_request(&b->sip, "BYE", NULL, NULL);
	CHECK_INT(200, raw_final(&b->sip, WAIT_MS), "BYE");
	no_sockets(b);
}

/* We call it; its answer is out. */
static void outgoing(struct bed *b, const struct offered *what)
{
	sockets(b);
	ask_call(&b->bridge, "+15550199", b->id);
	CHECK(gate_wait(&b->gate, &b->invite, "INVITE", WAIT_MS), "INVITE");
	b->to = stamped_port_of(b->invite.text);
	b->since_us = stamped_now_us();
	gate_answer(&b->gate, &b->invite, 200, "a", NULL,
		stamped_sdp(&b->said, 1, what->formats, what->attributes));
}

static void outgoing_ends(struct bed *b)
{
	gate_request(&b->gate, &b->invite, "BYE", "a", 1);
	CHECK(gate_wait(&b->gate, &b->r, "SIP/2.0", WAIT_MS), "answer to BYE");
	CHECK(bridge_wait_count(&b->bridge, "/v1/calls", 0, WAIT_MS), "gone");
	no_sockets(b);
}

/* How long the first packet took to that socket. */
static int64_t first_after_us(struct stamped *at, uint64_t since_us, const char *story)
{
	struct stamped_packet first;

	CHECK(stamped_wait(at, &first, WAIT_MS), "%s: nothing comes", story);
	return (int64_t)(first.at_us - since_us);
}

static void least(int64_t *best, int64_t us)
{
	*best = us < *best ? us : *best;
}

TEST(we_speak_first_when_we_are_called)
{
	struct bed b;

	begin(&b);
	for (unsigned i = 0; i < OFFERS; i++) {
		int64_t best_us = INT64_MAX;

		for (unsigned k = 0; k < TRIES; k++) {
			incoming(&b, &offers[i]);
			least(&best_us, first_after_us(&b.said, b.since_us, offers[i].story));
			raw_request(&b.sip, "ACK", NULL, NULL);
			incoming_ends(&b);
		}
		CHECK(best_us < TICK_US + SLACK_US, "%s: %lld us from INVITE to sound", offers[i].story,
			(long long)best_us);
	}
	end(&b);
}

TEST(we_speak_first_when_we_call)
{
	struct bed b;

	begin(&b);
	for (unsigned i = 0; i < OFFERS; i++) {
		int64_t best_us = INT64_MAX;

		for (unsigned k = 0; k < TRIES; k++) {
			outgoing(&b, &offers[i]);
			least(&best_us, first_after_us(&b.said, b.since_us, offers[i].story));
			outgoing_ends(&b);
		}
		CHECK(best_us < TICK_US + SLACK_US, "%s: %lld us from 200 to sound", offers[i].story,
			(long long)best_us);
	}
	end(&b);
}

/* One packet of it is enough. */
static int64_t turns_after_us(struct bed *b, const char *story)
{
	const struct rtp head = { .payload_type = 0, .seq = 7, .timestamp = 160, .ssrc = 0x1a7c4 };
	uint8_t packet[RTP_HEADER + 160];
	struct stamped_packet late;
	uint64_t since_us;
	int64_t us;

	(void)first_after_us(&b->said, b->since_us, story);
	rtp_write(packet, &head);
	memset(packet + RTP_HEADER, 0xff, sizeof(packet) - RTP_HEADER);
	since_us = stamped_now_us();
	stamped_send(&b->behind, "127.0.0.1", b->to, packet, sizeof(packet));
	us = first_after_us(&b->behind, since_us, story);
	while (stamped_wait(&b->said, &late, QUIET_MS))
		CHECK((int64_t)(late.at_us - since_us) <= us, "%s: it is sent to where it does not listen",
			story);
	return us;
}

TEST(who_is_behind_another_port_is_found_by_one_packet)
{
	int64_t in_us = INT64_MAX, out_us = INT64_MAX;
	struct bed b;

	begin(&b);
	for (unsigned k = 0; k < TRIES; k++) {
		incoming(&b, &offers[0]);
		raw_request(&b.sip, "ACK", NULL, NULL);
		least(&in_us, turns_after_us(&b, "called"));
		incoming_ends(&b);
		outgoing(&b, &offers[0]);
		least(&out_us, turns_after_us(&b, "calling"));
		outgoing_ends(&b);
	}
	CHECK(in_us < TICK_US + SLACK_US, "called: %lld us until we turn", (long long)in_us);
	CHECK(out_us < TICK_US + SLACK_US, "calling: %lld us until we turn", (long long)out_us);
	end(&b);
}

TESTS(we_speak_first_when_we_are_called, we_speak_first_when_we_call,
	who_is_behind_another_port_is_found_by_one_packet)
