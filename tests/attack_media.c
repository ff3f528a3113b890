#include "tests/attack.h"
#include "tests/test.h"
#include "tests/wire.h"

#include <arpa/inet.h>
#include <stdlib.h>

enum { WAIT_MS = 3000 };

void attack_find_ports(const struct attack *a, struct port_list *out)
{
	char line[512];
	FILE *f = fopen("/proc/net/udp", "r");
	unsigned ip, port;

	out->n = 0;
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, " %*u: %x:%x", &ip, &port) == 2 && ip == htonl(INADDR_LOOPBACK) &&
			port >= a->first_port && port <= a->last_port && port % 2 == 0 && out->n < 64)
			out->ports[out->n++] = port;
	if (f)
		fclose(f);
}

void attack_speak(const struct port_list *to, const char *ip, unsigned hz, unsigned ms)
{
	static struct wire wires[64];

	for (unsigned i = 0; i < to->n; i++) {
		CHECK(wire_open(&wires[i], ip), "socket at %s", ip);
		wire_tone(&wires[i], WIRE_PCMU, hz, -6.0);
		wire_aim(&wires[i], to->ports[i]);
	}
	test_sleep_ms(ms);
	for (unsigned i = 0; i < to->n; i++) {
		CHECK(wire_sent(&wires[i]) > ms / 40, "the stranger speaks: %zu packets",
			wire_sent(&wires[i]));
		CHECK_INT(0, wire_packets(&wires[i], -1, 0, UINT64_MAX), "sound to a stranger");
		wire_close(&wires[i]);
	}
}

static const struct packet {
	const char *story, *bytes;
	size_t n;
} packets[] = {
#define PACKET(story, text)                                                                                  \
	{                                                                                                    \
		story, text, sizeof(text) - 1                                                                \
	}
	PACKET("nothing", ""),
	PACKET("a byte", "\x80"),
	PACKET("eleven bytes", "\x80\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00"),
	PACKET("no payload", "\x80\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01"),
	PACKET("version 0", "\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\xff\xff\xff\xff"),
	PACKET("version 3", "\xc0\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\xff\xff\xff\xff"),
	PACKET("15 sources that are not there",
		"\x8f\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\xff\xff\xff\xff"),
	PACKET("an extension that is not there", "\x90\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01"),
	PACKET("an extension longer than all",
		"\x90\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\xbe\xde\xff\xff\x00\x00\x00\x00"),
	PACKET("padding longer than all", "\xa0\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\xff\xff\xff\xff"),
	PACKET("padding of nothing", "\xa0\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\xff\xff\xff\x00"),
	PACKET("a payload type nobody agreed",
		"\x80\x60\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\xff\xff\xff\xff"),
	PACKET("a key of two bytes", "\x80\xe5\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\x05\x0a"),
	PACKET("a key that is none", "\x80\xe5\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\xff\xff\xff\xff"),
	PACKET("RTCP of no length", "\x80\xc8\x00\x00"),
	PACKET("RTCP longer than all", "\x80\xc8\xff\xff\x00\x00\x00\x01\x00\x00\x00\x00"),
	PACKET("a report with 31 blocks that are not there",
		"\x9f\xc9\x00\x07\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
		"\x00\x00\x00\x00\x00"),
	PACKET("BYE of 31 sources", "\x9f\xcb\x00\x01\x00\x00\x00\x01"),
	PACKET("SDES without an end", "\x81\xca\x00\x02\x00\x00\x00\x01\x01\xff\x61\x61"),
	PACKET("XR of nonsense", "\x80\xcf\x00\x02\x00\x00\x00\x01\xff\xff\xff\xff"),
	PACKET("STUN", "\x00\x01\x00\x08\x21\x12\xa4\x42\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff"
		       "\xff\xff\xff\x00\x00\x00\x00"),
	PACKET("DTLS", "\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10\x01\x00\x00\x04\x00\x00\x00\x00"
		       "\x00\x00\x00\x04"),
};

/* Wrong, but no flood: a port that gets some hundred packets within a tick has lost its own caller's as well. */
static void throw_packets(struct attack *a, struct wire *from, unsigned port)
{
	uint8_t bytes[1500] = { 0 };

	for (unsigned round = 0; round < 8; round++)
		for (size_t i = 0; i < sizeof(packets) / sizeof(*packets); i++) {
			wire_throw(from, false, port, packets[i].bytes, packets[i].n);
			wire_throw(from, true, port + 1, packets[i].bytes, packets[i].n);
			wire_throw(from, false, port + 1, packets[i].bytes, packets[i].n);
			const size_t n =
				garble_take(&a->garble, bytes, sizeof(bytes), packets[i].bytes, packets[i].n);
			wire_throw(from, round % 2, port + round % 2, bytes, n);
			if (i % 2)
				test_sleep_ms(1);
		}
	memset(bytes, 0xff, sizeof(bytes)); /* silence: what is loud from the right caller may be heard */
	memcpy(bytes, "\x80\x00", 2);
	for (size_t n = 12; n < sizeof(bytes); n += 101) {
		wire_throw(from, false, port, bytes, n); /* any length of sound */
		test_sleep_ms(1);
	}
}

void attack_throw(struct attack *a, const struct port_list *to)
{
	static const char *const ips[] = { ATTACK_STRANGER, ATTACK_TRUNK };
	struct wire stray;

	for (size_t i = 0; i < sizeof(ips) / sizeof(*ips); i++) {
		CHECK(wire_open(&stray, ips[i]), "socket");
		for (unsigned k = 0; k < to->n; k++)
			throw_packets(a, &stray, to->ports[k]);
		wire_close(&stray);
	}
}

void attack_inside(struct attack *a)
{
	char sdp[512];
	struct wire wire = { 0 }, forger;
	struct raw sip;

	CHECK(raw_open(&sip, ATTACK_TRUNK, 0, a->b->sip_port, false) && wire_open(&wire, ATTACK_TRUNK),
		"sockets");
	raw_fresh(&sip, ATTACK_MEETING);
	snprintf(sdp, sizeof(sdp),
		GOOD_HEAD GOOD_ADDRESS "m=audio %u RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n",
		wire.port);
	raw_request(&sip, "INVITE", NULL, sdp);
	CHECK_INT(200, raw_final(&sip, WAIT_MS), "INVITE");
	const char *media = strstr(sip.last, "m=audio ");
	const unsigned port = media ? (unsigned)strtoul(media + 8, NULL, 10) : 0;
	raw_request(&sip, "ACK", NULL, NULL);
	CHECK(port, "an RTP port");
	wire_aim(&wire, port);
	test_sleep_ms(200);

	CHECK(wire_open(&forger, ATTACK_STRANGER), "socket");
	wire_forge(&forger, &wire);
	wire_tone(&forger, WIRE_PCMU, FORGED_HZ, -6.0);
	wire_aim(&forger, port);
	for (int i = 0; i < 4; i++) {
		throw_packets(a, &wire, port);
		test_sleep_ms(200);
	}
	wire_close(&forger);

	/* after all that it still hears the others and is the same caller */
	const uint64_t from_ms = test_now_ms();
	test_sleep_ms(600);
	CHECK(wire_packets(&wire, WIRE_PCMU, from_ms, test_now_ms()) > 20, "sound still comes back");
	wire_aim(&wire, 0);
	raw_request(&sip, "BYE", NULL, NULL);
	CHECK_INT(200, raw_final(&sip, WAIT_MS), "BYE");
	wire_close(&wire);
	raw_close(&sip);
}
