/* links: tests/gate.c tests/far.c tests/rawsip.c tests/wire.c tests/stamped.c mixer/rtp.c mixer/err.c */
/* Packet lengths on the wire (FEATURES T16): what we send is as long as was asked, in each direction by itself, and what comes may be of
 * any length at any time. */
#include "tests/far.h"
#include "tests/flow/bridge.h"
#include "tests/stamped.h"
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>

enum {
	WAIT_MS = 8000,
	PACKETS = 300,
	SPAN_MS = 1500,
	TICK_MS = 20,
	HZ = 500,
	SAMPLES_MAX = 480,
	PROMPTS_MS = 7000
};

static const char site[] =
	"accounts:\n  - name: acme\n    audio: { levelling: false }\n    meetings:\n      - { id: "
	"\"100200300\", name: Open, chimes: false }\n"
	"trunks:\n  - { name: in, inbound: { from: [ 127.0.0.2 ] } }\n"
	"numbers:\n  - { number: \"+15550101\", trunk: in, account: acme, answer: \"meeting:100200300\" }\n";

/* RFC 3264 section 5.1, RFC 8866 section 6.4: ptime is what they wish to receive, and maxptime the most. */
static const struct asked {
	const char *attributes;
	unsigned ptime_ms; /* of what we then send */
} asked[] = {
	{ "a=ptime:10\r\n", 10 },
	{ "", 20 },
	{ "a=ptime:20\r\n", 20 },
	{ "a=ptime:30\r\n", 30 },
	{ "a=ptime:40\r\na=maxptime:150\r\n", 40 },
	{ "a=ptime:60\r\n", 60 },
	{ "a=ptime:60\r\na=maxptime:40\r\n", 40 },
	{ "a=maxptime:10\r\n", 10 },
};
enum { ASKED = sizeof(asked) / sizeof(*asked) };

struct bed {
	struct bridge bridge;
	struct far talker; /* sends packets of 20 ms */
	struct raw sip;    /* of who listens, at: */
	struct stamped at;
	unsigned version;
	struct stamped_packet *heard; /* owned */
	size_t n;
};

static void begin(struct bed *b)
{
	memset(b, 0, sizeof(*b));
	b->heard = calloc(PACKETS, sizeof(*b->heard));
	CHECK(b->heard && bridge_start(&b->bridge, &(struct bridge_setup){ .site = site }), "bridge");
	CHECK(raw_open(&b->sip, FAR_CARRIER, 0, b->bridge.sip_port, false), "socket");
	stamped_open(&b->at, FAR_CARRIER);
	raw_fresh(&b->sip, "+15550101");
}

static void end(struct bed *b)
{
	raw_request(&b->sip, "BYE", NULL, NULL);
	CHECK_INT(200, raw_final(&b->sip, WAIT_MS), "BYE");
	raw_close(&b->sip);
	stamped_close(&b->at);
	free(b->heard);
	CHECK_INT(0, bridge_stop(&b->bridge), "bridge");
}

static void offer(struct bed *b, const char *attributes)
{
	raw_request(&b->sip, "INVITE", NULL, stamped_sdp(&b->at, ++b->version, "0", attributes));
	CHECK_INT(200, raw_final(&b->sip, WAIT_MS), attributes);
	CHECK(raw_has(&b->sip, "a=maxptime:60\r\n"), "what we may be sent: %s", b->sip.last);
	raw_request(&b->sip, "ACK", NULL, NULL);
}

static int64_t lateness_us(const struct bed *b, size_t i, unsigned ptime_ms)
{
	return (int64_t)(b->heard[i].at_us - b->heard[0].at_us) - (int64_t)(i * ptime_ms * 1000);
}

/* The rule is shown to the tick by test_ptime; here nearly all keep it, and the machine may stand still now and then. */
static void check_spacing(const struct bed *b, const struct asked *want)
{
	const unsigned due = SPAN_MS / want->ptime_ms;
	size_t early = 0, late = 0;
	int64_t least_us = 0;

	CHECK(b->n * 10 >= due * 9 && b->n * 10 <= due * 11 + 20, "%s: %zu packets, %u are due",
		want->attributes, b->n, due);
	for (size_t i = 1; i < b->n; i++)
		least_us = lateness_us(b, i, want->ptime_ms) < least_us ? lateness_us(b, i, want->ptime_ms)
									: least_us;
	for (size_t i = 0; i < b->n; i++) {
		const struct rtp *r = &b->heard[i].rtp, *first = &b->heard[0].rtp;

		early += lateness_us(b, i, want->ptime_ms) - least_us < 0;
		late += lateness_us(b, i, want->ptime_ms) - least_us > 2 * TICK_MS * 1000;
		CHECK_INT(8 * want->ptime_ms, r->payload_len, want->attributes);
		CHECK_INT((uint16_t)(first->seq + i), r->seq, want->attributes);
		CHECK_INT((uint32_t)(first->timestamp + i * 8 * want->ptime_ms), r->timestamp,
			want->attributes);
	}
	CHECK(early + late <= b->n / 10, "%s: %zu of %zu packets are not within a tick", want->attributes,
		late, b->n);
}

/*  INVITE, then a re-INVITE for each length; somebody talks all the time. */
TEST(what_we_send_is_as_long_as_was_asked)
{
	struct bed b;

	begin(&b);
	far_call(&b.talker, &b.bridge, "+15550101", NULL, 500);
	for (size_t i = 0; i < ASKED; i++) {
		offer(&b, asked[i].attributes);
		/* what was under way, and of the packet that was half full */
		b.n = stamped_collect(&b.at, b.heard, PACKETS, 200);
		b.n = stamped_collect(&b.at, b.heard, PACKETS, SPAN_MS);
		check_spacing(&b, &asked[i]);
	}
	far_bye(&b.talker);
	far_close(&b.talker);
	end(&b);
}

/* G.711 mu-law (ITU-T G.711), once more. */
static uint8_t mulaw(double x)
{
	int v = (int)lrint(fabs(x) / 4) + 33, segment = 0;

	v = v > 8191 ? 8191 : v;
	while (v >> (segment + 6))
		segment++;
	return (uint8_t) ~((x < 0 ? 0x80 : 0) | segment << 4 | ((v >> (segment + 1)) & 15));
}

/* A tone, in packets of `ptime_ms` for so long, without a word of signalling. */
static void speak(struct bed *b, struct rtp *head, double *phase, unsigned ptime_ms, unsigned ms)
{
	const uint64_t begun_us = stamped_now_us();
	uint8_t packet[RTP_HEADER + SAMPLES_MAX];

	for (unsigned t = 0; t < ms; t += ptime_ms) {
		const int64_t wait_us = (int64_t)(begun_us + (t + ptime_ms) * 1000ull - stamped_now_us());

		if (wait_us > 0) /* sound is there when it has been spoken */
			test_sleep_ms((unsigned)((wait_us + 999) / 1000));
		rtp_write(packet, head);
		for (unsigned i = 0; i < 8 * ptime_ms; i++, *phase += 2 * M_PI * HZ / 8000)
			packet[RTP_HEADER + i] = mulaw(3277 * sin(*phase));
		stamped_send(&b->at, "127.0.0.1", stamped_port_of(b->sip.last), packet,
			RTP_HEADER + 8ul * ptime_ms);
		head->seq++;
		head->timestamp += 8 * ptime_ms;
	}
}

/* 40 -> 20 -> 60 -> 10 -> 30 ms in mid-call: who listens hears one tone.  A longer packet comes later than the one before it by what it
 * is longer, and what is made up for that is no hole. */
TEST(what_comes_may_be_of_any_length)
{
	static const unsigned lengths[] = { 40, 20, 60, 10, 30 };
	struct rtp head = { .ssrc = 0x16161616, .seq = 65500 };
	struct far listener;
	struct bed b;
	double phase = 0;
	uint64_t from_ms, now_ms;
	double best;

	begin(&b);
	far_call(&listener, &b.bridge, "+15550101", NULL, 0);
	offer(&b, "a=ptime:20\r\n");
	speak(&b, &head, &phase, 20, PROMPTS_MS);
	from_ms = test_now_ms();
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		speak(&b, &head, &phase, lengths[i], 1200);
		now_ms = test_now_ms();
		best = -127;
		for (unsigned k = 0; k < 5; k++) /* its phase may move once while delay is given back */
			best = fmax(best,
				wire_heard(&listener.wire, HZ, now_ms - 200 * (k + 1), now_ms - 200 * k));
		CHECK_NEAR(-23, best, 1.5, "its level");
	}
	CHECK(wire_hole_ms(&listener.wire, HZ, -32, from_ms, test_now_ms() - 100) <= TICK_MS,
		"a hole of %u ms", wire_hole_ms(&listener.wire, HZ, -32, from_ms, test_now_ms() - 100));
	CHECK_INT(0,
		bridge_number(&b.bridge, "/v1/meetings/100200300/participants", "items.1.legs.0.rx_lost", 0),
		"none was lost");
	far_bye(&listener);
	far_close(&listener);
	end(&b);
}

TESTS(what_we_send_is_as_long_as_was_asked, what_comes_may_be_of_any_length)
