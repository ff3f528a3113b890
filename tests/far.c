#include "tests/far.h"
#include "tests/test.h"

#include <stdlib.h>

enum { WAIT_MS = 4000 };

void far_open(struct far *f, const struct bridge *b, const char *ip, const char *number)
{
	memset(f, 0, sizeof(*f));
	f->number = number;
	CHECK(raw_open(&f->sip, ip, 0, b->sip_port, false) && wire_open(&f->wire, ip), "sockets");
	raw_fresh(&f->sip, number);
}

void far_close(struct far *f)
{
	wire_close(&f->wire);
	raw_close(&f->sip);
}

const char *far_party(struct far *f, const char *more)
{
	snprintf(f->party, sizeof(f->party),
		"From: <sip:+15550001@carrier.invalid>;tag=%s\r\nTo: <sip:%s@127.0.0.1>%s%s\r\n%s",
		f->sip.from_tag, f->number, f->sip.to_tag[0] ? ";tag=" : "", f->sip.to_tag, more ? more : "");
	return f->party;
}

unsigned far_offer(struct far *f, const char *method, const char *headers, const struct wire *at,
	const char *formats, const char *direction)
{
	char sdp[512];
	const char *media;

	snprintf(sdp, sizeof(sdp),
		"v=0\r\no=- 7 %u IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %u RTP/AVP %s\r\n"
		"a=rtpmap:101 telephone-event/8000\r\na=%s\r\n",
		++f->version, at->ip, at->ip, at->port, formats, direction);
	raw_request(&f->sip, method, far_party(f, headers), sdp);
	const unsigned status = raw_final(&f->sip, WAIT_MS);
	f->answered_ms = test_now_ms();
	memcpy(f->answer, f->sip.last, sizeof(f->answer));
	if (strcmp(method, "INVITE") == 0 && status)
		raw_request(&f->sip, "ACK", far_party(f, NULL), NULL);
	media = strstr(f->answer, "\r\nm=audio ");
	if (status == 200 && media)
		f->rtp_port = (unsigned)strtoul(media + 10, NULL, 10);
	return status;
}

void far_call(struct far *f, const struct bridge *b, const char *number, const char *headers, unsigned hz)
{
	far_open(f, b, FAR_CARRIER, number);
	CHECK_INT(200, far_offer(f, "INVITE", headers, &f->wire, "0 101", "sendrecv"), "call");
	f->since_ms = test_now_ms();
	wire_tone(&f->wire, WIRE_PCMU, hz, FAR_DBOV);
	wire_aim(&f->wire, f->rtp_port);
}

void far_bye(struct far *f)
{
	wire_aim(&f->wire, 0);
	test_sleep_ms(60);
	raw_request(&f->sip, "BYE", far_party(f, "Reason: Q.850;cause=16;text=\"done\"\r\n"), NULL);
	CHECK_INT(200, raw_final(&f->sip, WAIT_MS), "BYE");
}

/* RFC 4733: each key as three packets, the last with the end bit, 40 ms apart. */
void far_press(struct wire *w, unsigned port, const char *keys)
{
	static const char codes[] = "0123456789*#";
	uint16_t seq = 100;
	uint32_t timestamp = 4000;

	for (; *keys; keys++, timestamp += 8 * WIRE_FRAME)
		for (unsigned step = 1; step <= 3; step++, seq++) {
			const unsigned duration = step * 2 * WIRE_FRAME;
			uint8_t packet[16] = { 0x80, (uint8_t)(101 | (step == 1 ? 0x80 : 0)),
				(uint8_t)(seq >> 8), (uint8_t)seq, (uint8_t)(timestamp >> 24),
				(uint8_t)(timestamp >> 16), (uint8_t)(timestamp >> 8), (uint8_t)timestamp, 0,
				0, 0, 7, (uint8_t)(strchr(codes, *keys) - codes),
				(uint8_t)(step == 3 ? 0x8a : 0x0a), (uint8_t)(duration >> 8),
				(uint8_t)duration };

			wire_throw(w, false, port, packet, sizeof(packet));
			test_sleep_ms(20);
		}
}
