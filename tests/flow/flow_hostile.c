/* links: tests/garble.c tests/rawsip.c tests/watch.c tests/wire.c */
/* Bad input of every kind while a meeting is in progress: nobody in it may notice (issue 2, shown 4).
 *
 * Two bridges run side by side with a watched meeting each.  One is attacked for as long as the meeting lasts, the other is left
 * alone: gaps and late ticks that both have are the machine's. */
#include "tests/flow/bridge.h"
#include "tests/garble.h"
#include "tests/rawsip.h"
#include "tests/test.h"
#include "tests/watch.h"
#include "tests/wire.h"
#include "sip/guard.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TRUNK "127.0.0.2"
#define STRANGER "127.0.0.9"
#define MEETING "+15550101"
#define ATTENDANT "+15550100"
#define NOBODY "+15559999"

enum {
	WATCH_SECONDS = 45,
	WAIT_MS = 3000,
	K2_MS = 33000, /* 64 * T1 and a little: when K2 would kill */
	GARBLED = 4000,
	STRANGER_INVITES = 1000,
	HALF_OPEN = 300,
	GROWTH_KB = 6144,
	STOP_MS = 8000,
};

/* Loud, and to be heard by nobody: from a stranger, from the right host but a wrong port, with a caller's own SSRC. */
enum { STRANGER_HZ = 1000, WRONG_PORT_HZ = 1250, FORGED_HZ = 1500, STRAY_HZ = 1750 };
/* One packet of theirs among the 25 of half a second would be at -34 dBov. */
#define HEARD_DBOV (-45.0)
static const unsigned intruder_hz[] = { STRANGER_HZ, WRONG_PORT_HZ, FORGED_HZ, STRAY_HZ, 0 };

static const char site[] =
	"accounts:\n"
	"  - name: acme\n"
	"    audio: { levelling: false, noise_suppression: false }\n"
	"    meetings:\n"
	"      - { id: \"483920175\", name: Weekly, guest_pin: \"4821\" }\n"
	"      - { id: \"100200300\", name: Open, chimes: false }\n"
	"trunks:\n"
	"  - name: carrier-a\n"
	"    inbound: { from: [ 127.0.0.2/32 ] }\n"
	"numbers:\n"
	"  - { number: \"+15550100\", trunk: carrier-a, account: acme, answer: attendant }\n"
	"  - { number: \"+15550101\", trunk: carrier-a, account: acme, answer: \"meeting:100200300\" }\n";

struct attack {
	struct bridge *b; /* borrowed */
	unsigned first_port, last_port;
	struct raw sip; /* of the trunk */
	struct garble garble;
	uint64_t poisoned_ms; /* when K2 was sent */
};

static void check_alive(struct attack *a, const char *story)
{
	long status = 0;

	free(bridge_text(a->b, "GET", "/v1/status", NULL, NULL, &status));
	CHECK_INT(200, status, story);
	CHECK_INT(PEER_RUNNING, peer_wait_exit(&a->b->peer, 0), story);
	raw_fresh(&a->sip, ATTENDANT);
	raw_request(&a->sip, "OPTIONS", NULL, NULL);
	const unsigned answer = raw_final(&a->sip, WAIT_MS);
	if (answer != 200)
		print_error("%s: %u; the last message: %s\n", story, answer, a->sip.last);
	CHECK_INT(200, answer, story);
}

/* kB of memory that the bridge holds. */
static long memory_kb(const struct bridge *b)
{
	char path[64], line[256];
	long kb = -1;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)b->peer.pid);
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, "VmRSS:", 6) == 0)
			kb = strtol(line + 6, NULL, 10);
	if (f)
		fclose(f);
	return kb;
}

/* ACK to a refusal belongs to the INVITE's own transaction (RFC 3261 section 17.1.1.3): it has its branch. */
static void ack_refusal(struct raw *r)
{
	char via[RAW_TAG * 2];

	snprintf(via, sizeof(via), "Via: SIP/2.0/UDP %s:%u;branch=%s\r\n", r->ip, r->port, r->branch);
	raw_request(r, "ACK", via, NULL);
}

/* ---- poison: K1, K2, K3 of the library ---- */

static void send_k2(struct attack *a)
{
	static const char *const headers[] = { "Contact: <tel:+15550001>\r\n",
		"Contact: <http://127.0.0.2/>\r\n",
		"Contact: <urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>\r\n", "Contact: *\r\n",
		"Contact:\r\n", "Record-Route: <tel:+15550001>\r\n",
		"Record-Route: <sip:127.0.0.2;lr>, <urn:x:y>\r\n" };

	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		raw_fresh(&a->sip, ATTENDANT);
		raw_request(&a->sip, "INVITE", headers[i], raw_offer);
		CHECK_INT(400, raw_final(&a->sip, WAIT_MS), headers[i]); /* and no ACK */
	}
	a->poisoned_ms = test_now_ms();
}

static void send_k3(struct attack *a)
{
	static const char *const branches[] = { "", ";branch", ";branch=", ";branch=z", ";branch=z9hG4b",
		";branch=z9hG4bK" };
	char via[160];

	for (size_t i = 0; i < sizeof(branches) / sizeof(*branches); i++) {
		raw_fresh(&a->sip, ATTENDANT);
		snprintf(via, sizeof(via), "Via: SIP/2.0/UDP %s:%u%s\r\n", a->sip.ip, a->sip.port,
			branches[i]);
		raw_request(&a->sip, "INVITE", via, raw_offer);
		const unsigned status = raw_final(&a->sip, 300);
		CHECK(status == 400 || status == 0, "K3 '%s': %u", branches[i], status);
	}
}

/* ---- RFC 4475 ---- */

static void send_torture(struct attack *a)
{
	const char *root = getenv("TESTS_ROOT");
	char path[512], name[300], bytes[RAW_TEXT];
	unsigned n_messages = 0;
	struct dirent *entry;

	snprintf(path, sizeof(path), "%s/tests/vectors/rfc4475", root ? root : ".");
	DIR *folder = opendir(path);
	CHECK(folder, "%s", path);
	while ((entry = readdir(folder))) {
		struct raw tcp;

		snprintf(name, sizeof(name), "rfc4475/%.250s", entry->d_name);
		const size_t n = strstr(name, ".dat") ? vector_read(bytes, sizeof(bytes), name) : 0;
		if (n == 0)
			continue;
		n_messages++;
		raw_send(&a->sip, bytes, n);
		raw_any(&a->sip, 20);
		if (raw_open(&tcp, TRUNK, 0, a->b->sip_port, true)) {
			raw_send(&tcp, bytes, n);
			raw_any(&tcp, 20);
			raw_close(&tcp);
		}
	}
	closedir(folder);
	CHECK(n_messages >= 49, "%u messages of RFC 4475", n_messages);
}

/* ---- session descriptions ---- */

#define GOOD_HEAD "v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\n"
#define GOOD_ADDRESS "c=IN IP4 127.0.0.2\r\nt=0 0\r\n"
#define HEAD GOOD_HEAD GOOD_ADDRESS
#define AUDIO "m=audio 31000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"

static const struct description {
	const char *story, *sdp, *type; /* type NULL: application/sdp */
	unsigned status;
} descriptions[] = {
	{ "good", HEAD AUDIO, NULL, 200 },
	{ "K1: quoted format", HEAD AUDIO "m=application 9 TCP/X \"\"\r\n", NULL, 400 },
	{ "K1: alone", HEAD "m=application 9 TCP/X \"\"\r\n", NULL, 400 },
	{ "nothing but a blank", " ", NULL, 400 },
	{ "no line at all", "hello", NULL, 400 },
	{ "HTML", "<html><body>v=0</body></html>", NULL, 400 },
	{ "another version", "v=1\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\n" GOOD_ADDRESS AUDIO, NULL, 400 },
	{ "no version", "o=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\n" GOOD_ADDRESS AUDIO, NULL, 400 },
	{ "no media", HEAD, NULL, 488 },
	{ "no address", GOOD_HEAD "t=0 0\r\n" AUDIO, NULL, 0 },
	{ "address of no family", GOOD_HEAD "c=IN IP5 127.0.0.2\r\nt=0 0\r\n" AUDIO, NULL, 400 },
	{ "address that is none", GOOD_HEAD "c=IN IP4 127.0.0.999\r\nt=0 0\r\n" AUDIO, NULL, 400 },
	{ "an IPv6 address as IPv4", GOOD_HEAD "c=IN IP4 ::1\r\nt=0 0\r\n" AUDIO, NULL, 400 },
	{ "IPv6", GOOD_HEAD "c=IN IP6 ::1\r\nt=0 0\r\n" AUDIO, NULL, 488 },
	{ "multicast", GOOD_HEAD "c=IN IP4 224.2.1.1/127\r\nt=0 0\r\n" AUDIO, NULL, 488 },
	{ "empty address", GOOD_HEAD "c=\r\nt=0 0\r\n" AUDIO, NULL, 400 },
	{ "port 65536", HEAD "m=audio 65536 RTP/AVP 0\r\n", NULL, 400 },
	{ "port -1", HEAD "m=audio -1 RTP/AVP 0\r\n", NULL, 400 },
	{ "port 0", HEAD "m=audio 0 RTP/AVP 0\r\n", NULL, 488 },
	{ "port that is none", HEAD "m=audio x RTP/AVP 0\r\n", NULL, 400 },
	{ "a very long port", HEAD "m=audio 99999999999999999999999999999999 RTP/AVP 0\r\n", NULL, 400 },
	{ "no payload type", HEAD "m=audio 31000 RTP/AVP\r\n", NULL, 400 },
	{ "payload type 128", HEAD "m=audio 31000 RTP/AVP 128\r\n", NULL, 400 },
	{ "payload type 256", HEAD "m=audio 31000 RTP/AVP 256\r\n", NULL, 400 },
	{ "payload type that is none", HEAD "m=audio 31000 RTP/AVP PCMU\r\n", NULL, 400 },
	{ "no protocol", HEAD "m=audio 31000\r\n", NULL, 400 },
	{ "nothing behind m=", HEAD "m=\r\n", NULL, 400 },
	{ "video alone", HEAD "m=video 31000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n", NULL, 488 },
	{ "no codec of ours", HEAD "m=audio 31000 RTP/AVP 18 4\r\n", NULL, 488 },
	{ "telephone-event alone", HEAD "m=audio 31000 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000\r\n",
		NULL, 488 },
	{ "a dynamic number without its map", HEAD "m=audio 31000 RTP/AVP 96\r\n", NULL, 488 },
	{ "Opus with a clock that is none", HEAD "m=audio 31000 RTP/AVP 96\r\na=rtpmap:96 opus/8000/9\r\n",
		NULL, 488 },
	{ "Opus with a clock of a million",
		HEAD "m=audio 31000 RTP/AVP 96\r\na=rtpmap:96 opus/99999999999\r\n", NULL, 488 },
	{ "secured media, which is not ours yet",
		HEAD "m=audio 31000 RTP/SAVP 0\r\na=crypto:1 X inline:Y\r\n", NULL, 488 },
	{ "T.38 alone", HEAD "m=image 31000 udptl t38\r\n", NULL, 488 },
	{ "ptime 0", HEAD AUDIO "a=ptime:0\r\n", NULL, 200 },
	{ "ptime 1", HEAD AUDIO "a=ptime:1\r\n", NULL, 200 },
	{ "ptime -20", HEAD AUDIO "a=ptime:-20\r\n", NULL, 200 },
	{ "ptime of a minute", HEAD AUDIO "a=ptime:60000\r\na=maxptime:60000\r\n", NULL, 200 },
	{ "ptime without end", HEAD AUDIO "a=ptime:99999999999999999999\r\n", NULL, 200 },
	{ "ptime that is none", HEAD AUDIO "a=ptime:twenty\r\n", NULL, 200 },
	{ "maxptime below ptime", HEAD AUDIO "a=ptime:40\r\na=maxptime:1\r\n", NULL, 200 },
	{ "attributes of nothing", HEAD AUDIO "a=\r\na=:\r\na=rtpmap\r\na=rtpmap:\r\na=fmtp:\r\n", NULL,
		200 },
	{ "a map without a codec", HEAD "m=audio 31000 RTP/AVP 0\r\na=rtpmap:0\r\n", NULL, 488 },
	{ "RTCP at a port that is none", HEAD AUDIO "a=rtcp:x\r\n", NULL, 400 },
	{ "a map for a number not offered", HEAD AUDIO "a=rtpmap:77 opus/48000/2\r\n", NULL, 200 },
	{ "all directions at once", HEAD AUDIO "a=sendonly\r\na=recvonly\r\na=inactive\r\na=sendrecv\r\n",
		NULL, 200 },
	{ "another type of body", "<x/>", "application/xml", 415 },
	{ "a multipart without its boundary", "--x\r\n\r\nv=0\r\n", "multipart/mixed", 0 },
};

/* INVITE with this body; what comes is acknowledged and, if it is a call, ended. */
static unsigned try_description(struct attack *a, const char *sdp, const char *type)
{
	char header[96];

	snprintf(header, sizeof(header), "Content-Type: %s\r\n", type ? type : "application/sdp");
	raw_fresh(&a->sip, ATTENDANT);
	raw_request(&a->sip, "INVITE", header, sdp);
	const unsigned status = raw_final(&a->sip, WAIT_MS);
	if (!status)
		return 0;
	if (status != 200)
		ack_refusal(&a->sip);
	if (status == 200) {
		raw_request(&a->sip, "ACK", NULL, NULL);
		raw_request(&a->sip, "BYE", NULL, NULL);
		CHECK_INT(200, raw_final(&a->sip, WAIT_MS), "BYE");
	}
	return status;
}

static void check_status_record(struct attack *a, const char *call_id, unsigned status, const char *story)
{
	char path[256];

	snprintf(path, sizeof(path), "/v1/records?call=%s", call_id);
	CHECK(bridge_wait_count(a->b, path, 1, WAIT_MS), "%s: has one record", story);
	json_t *list = bridge_get(a->b, path);
	CHECK_INT(status, json_at(list, "items.0.sip_status", -1), story);
	CHECK_STR("carrier-a", json_text_at(list, "items.0.trunk"), story);
	CHECK(strlen(json_text_at(list, "items.0.cause")) > 3, "%s: cause in words", story);
	json_decref(list);
}

static void send_descriptions(struct attack *a)
{
	static char large[60000];
	unsigned n_wrong = 0;

	for (size_t i = 0; i < sizeof(descriptions) / sizeof(*descriptions); i++) {
		const struct description *d = &descriptions[i];
		const unsigned status = try_description(a, d->sdp, d->type);

		if (d->status ? status != d->status
			      : status != 200 && status != 400 && status != 415 && status != 488) {
			print_error("%s: wanted %u, have %u\n", d->story, d->status, status);
			n_wrong++;
		}
		check_status_record(a, a->sip.call_id, status, d->story);
	}
	CHECK_INT(0, n_wrong, "descriptions with another answer than is due");
	/* a header that is none: refused by the library, before there is a call and without a record */
	CHECK_INT(400, try_description(a, HEAD AUDIO, "sdp"), "a type that is none");
	/* more of a thing than anybody needs */
	for (size_t n = (size_t)snprintf(large, sizeof(large), "%s", HEAD); n + 64 < 12000;)
		n += (size_t)snprintf(large + n, sizeof(large) - n, "m=audio %zu RTP/AVP 0\r\n", n);
	CHECK_INT(400, try_description(a, large, NULL), "hundreds of streams");
	for (size_t n = (size_t)snprintf(large, sizeof(large), "%s%s", HEAD, AUDIO); n + 64 < 12000;)
		n += (size_t)snprintf(large + n, sizeof(large) - n, "a=x-%zu:y\r\n", n);
	CHECK_INT(200, try_description(a, large, NULL), "a thousand attributes that nobody knows");
}

/* ---- garbled SIP ---- */

/* Messages that would do something if they were whole; %s: our address; %u port, number to tell them apart. */
static const char *const templates[] = {
	"INVITE sip:+15559999@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP "
	"%s:%u;branch=z9hG4bKg%u;rport\r\nMax-Forwards: 70\r\n"
	"From: \"A\" <sip:+15550001@127.0.0.2>;tag=g\r\nTo: <sip:+15559999@127.0.0.1>\r\nCall-ID: "
	"garbled-%u\r\n"
	"CSeq: 1 INVITE\r\nContact: <sip:a@127.0.0.2:5060>\r\nSupported: 100rel, timer\r\nSession-Expires: "
	"1800\r\n"
	"Content-Type: application/sdp\r\nContent-Length: 143\r\n\r\n" HEAD AUDIO,
	"OPTIONS sip:127.0.0.1 SIP/2.0\r\nv: SIP/2.0/UDP %s:%u;branch=z9hG4bKg%u\r\nMax-Forwards: 70\r\n"
	"f: <sip:+15550001@127.0.0.2>;tag=g\r\nt: <sip:127.0.0.1>\r\ni: garbled-%u\r\nCSeq: 1 OPTIONS\r\nl: "
	"0\r\n\r\n",
	"BYE sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP %s:%u;branch=z9hG4bKg%u\r\nMax-Forwards: 70\r\n"
	"From: <sip:+15550001@127.0.0.2>;tag=g\r\nTo: <sip:127.0.0.1>;tag=h\r\nCall-ID: garbled-%u\r\nCSeq: "
	"2 BYE\r\n"
	"Reason: Q.850;cause=16;text=\"x\"\r\nContent-Length: 0\r\n\r\n",
	"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP %s:%u;branch=z9hG4bKg%u\r\nFrom: <sip:a@127.0.0.1>;tag=g\r\n"
	"To: <sip:b@127.0.0.2>;tag=h\r\nCall-ID: garbled-%u\r\nCSeq: 1 INVITE\r\nContact: "
	"<tel:1>\r\nContent-Length: 0\r\n\r\n",
	"REGISTER sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP %s:%u;branch=z9hG4bKg%u\r\nFrom: "
	"<sip:a@127.0.0.1>;tag=g\r\n"
	"To: <sip:a@127.0.0.1>\r\nCall-ID: garbled-%u\r\nCSeq: 1 REGISTER\r\nContact: *\r\nExpires: "
	"0\r\nContent-Length: 0\r\n\r\n",
};

static void send_garbled(struct attack *a)
{
	struct raw sip;
	char message[2048];
	uint8_t bytes[4096];

	CHECK(raw_open(&sip, TRUNK, 0, a->b->sip_port, false), "socket");
	for (unsigned i = 0; i < GARBLED; i++) {
		const char *template = templates[i % (sizeof(templates) / sizeof(*templates))];
		const int n = snprintf(message, sizeof(message), template, sip.ip, sip.port, i, i);
		const size_t len = garble_take(&a->garble, bytes, sizeof(bytes), message, (size_t)n);

		raw_send(&sip, (const char *)bytes, len);
		if (i % 8 == 0)
			test_sleep_ms(2); /* its socket holds some hundreds */
		while (raw_any(&sip, 0))
			;
		struct raw tcp;
		if (i % 40 == 0 && raw_open(&tcp, TRUNK, 0, a->b->sip_port, true)) {
			raw_send(&tcp, (const char *)bytes, len);
			raw_close(&tcp);
		}
	}
	raw_close(&sip);
}

/* ---- RTP and RTCP ---- */

struct port_list {
	unsigned ports[64];
	unsigned n;
};

/* RTP ports that are open on 127.0.0.1 in the bridge's range, by the kernel's own list. */
static void find_ports(const struct attack *a, struct port_list *out)
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

/* A loud tone, well-formed in all but who sends it. */
static void speak_from(const struct port_list *to, const char *ip, unsigned hz, unsigned ms)
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
	uint8_t bytes[1500];

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

static void throw_from_strangers(struct attack *a, const struct port_list *to)
{
	static const char *const ips[] = { STRANGER, TRUNK };
	struct wire stray;

	for (size_t i = 0; i < sizeof(ips) / sizeof(*ips); i++) {
		CHECK(wire_open(&stray, ips[i]), "socket");
		for (unsigned k = 0; k < to->n; k++)
			throw_packets(a, &stray, to->ports[k]);
		wire_close(&stray);
	}
}

/* One more caller in the same meeting, who sends sound and, in between and from the same socket, nonsense; and a
 * stranger who knows its SSRC and sequence number. */
static void speak_nonsense_inside(struct attack *a)
{
	char sdp[512];
	struct wire wire, forger;
	struct raw sip;

	CHECK(raw_open(&sip, TRUNK, 0, a->b->sip_port, false) && wire_open(&wire, TRUNK), "sockets");
	raw_fresh(&sip, MEETING);
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

	CHECK(wire_open(&forger, STRANGER), "socket");
	forger.ssrc = wire.ssrc;
	forger.seq = wire_seq(&wire);
	forger.timestamp = wire.timestamp;
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

/* ---- strangers ---- */

static void knock_as_stranger(struct attack *a)
{
	const struct bridge *b = a->b;
	const double refused = bridge_number(b, "/v1/status", "sip.stranger_refused", -1);
	const long before_kb = memory_kb(b);
	unsigned answers = 0;
	struct raw s;

	CHECK(raw_open(&s, STRANGER, 0, b->sip_port, false), "socket");
	for (unsigned i = 0; i < STRANGER_INVITES; i++) {
		raw_fresh(&s, ATTENDANT);
		raw_request(&s, "INVITE", NULL, raw_offer);
		const unsigned status = raw_final(&s, i < 2 * GUARD_ANSWERS ? 150 : 0);
		if (!status)
			continue;
		CHECK_INT(403, status, "an answer to a stranger");
		ack_refusal(&s);
		answers++;
	}
	CHECK_INT(0, raw_final(&s, 300), "then silence");
	raw_close(&s);
	CHECK_INT(GUARD_ANSWERS, answers, "answers to a stranger");
	CHECK_INT(GUARD_ANSWERS, bridge_number(b, "/v1/status", "sip.stranger_refused", -1) - refused,
		"counted");
	CHECK(bridge_number(b, "/v1/status", "sip.stranger_silent", -1) >= 1, "silence is counted");
	const long grown_kb = memory_kb(b) - before_kb;
	print_message("  %d INVITEs of a stranger: %u answers, memory %+ld kB of %ld\n", STRANGER_INVITES,
		answers, grown_kb, before_kb);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	CHECK(grown_kb < GROWTH_KB, "memory grew by %ld kB", grown_kb);
#endif
}

/* ---- half-open connections, and an API that is shouted at ---- */

static int connect_tcp(const char *from, unsigned port)
{
	struct sockaddr_in self = { .sin_family = AF_INET },
			   to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	inet_pton(AF_INET, from, &self.sin_addr);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&self, sizeof(self)) == 0)
		(void)connect(fd, (struct sockaddr *)&to, sizeof(to));
	return fd;
}

struct crowd_of_sockets {
	int fds[HALF_OPEN];
};

static void open_half(struct crowd_of_sockets *c, const char *from, unsigned port, const char *first_words)
{
	for (int i = 0; i < HALF_OPEN; i++) {
		c->fds[i] = connect_tcp(from, port);
		if (i % 16 == 0)
			test_sleep_ms(2);
	}
	for (int i = 0; i < HALF_OPEN; i++)
		if (i % 3)
			(void)send(c->fds[i], first_words, strlen(first_words), MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void close_half(struct crowd_of_sockets *c)
{
	for (int i = 0; i < HALF_OPEN; i++)
		close(c->fds[i]);
}

/* Raw bytes to the API; the status of its answer, 0 when it only closes. */
static unsigned shout(const struct bridge *b, const char *bytes, size_t n)
{
	char answer[64] = "";
	struct raw r;
	size_t got = 0;

	if (!raw_open(&r, "127.0.0.1", 0, b->http_port, true))
		return 0;
	raw_send(&r, bytes, n);
	shutdown(r.fd, SHUT_WR);
	setsockopt(r.fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ .tv_sec = 2 }, sizeof(struct timeval));
	while (got < sizeof(answer) - 1) {
		const ssize_t more = recv(r.fd, answer + got, sizeof(answer) - 1 - got, 0);
		if (more <= 0)
			break;
		got += (size_t)more;
	}
	raw_close(&r);
	return strncmp(answer, "HTTP/1.", 7) == 0 ? (unsigned)strtoul(answer + 9, NULL, 10) : 0;
}

static void shout_at_the_api(struct attack *a)
{
	static const struct {
		const char *method, *path, *body;
		long status;
	} asks[] = {
		{ "GET", "/v1/nothing", NULL, 404 },
		{ "GET", "/", NULL, 404 },
		{ "GET", "/../../../../etc/passwd", NULL, 404 },
		{ "GET", "/%2e%2e/%2e%2e/etc/passwd", NULL, 404 },
		{ "GET", "/v1/meetings/%00", NULL, 0 },
		{ "GET", "/v1/meetings/nobody/participants", NULL, 404 },
		{ "GET", "/v1/records?limit=-1", NULL, 400 },
		{ "GET", "/v1/records?limit=99999999999999999999", NULL, 400 },
		{ "DELETE", "/v1/status", NULL, 405 },
		{ "DELETE", "/v1/calls/nobody", NULL, 404 },
		{ "POST", "/v1/meetings/100200300/lock", "{", 400 },
		{ "POST", "/v1/meetings/100200300/lock", "{\"locked\":1e999}", 400 },
		{ "POST", "/v1/meetings/100200300/lock", "[[[[[[[[[[[[[[[[[[[[", 400 },
		{ "POST", "/v1/meetings/100200300/lock", "", 0 },
		{ "POST", "/v1/participants/p0/mute", "{\"muted\":true}", 404 },
		{ "PUT", "/v1/site", "accounts: [", 422 },
		{ "PUT", "/v1/site", "a: &a [*a,*a]", 422 },
		{ "PUT", "/v1/site", "\xff\xfe\x00", 422 },
	};
	static const char *const lines[] = { "\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
		"\x16\x03\x01\x02\x00\x01\x00\x01",
		"PUT /v1/site HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
		"PUT /v1/site HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
		"PUT /v1/site HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx",
		"POST /v1/meetings/1/lock HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" };
	const struct bridge *b = a->b;
	const size_t large_n = 5u << 20;
	char *large = calloc(1, large_n + 1);
	long status;

	for (size_t i = 0; i < sizeof(asks) / sizeof(*asks); i++) {
		free(bridge_text(b, asks[i].method, asks[i].path, NULL, asks[i].body, &status));
		if (asks[i].status)
			CHECK_INT(asks[i].status, status, asks[i].path);
		else
			CHECK(status >= 400 && status < 500, "%s: %ld", asks[i].path, status);
	}
	memset(large, ' ', large_n);
	free(bridge_text(b, "PUT", "/v1/site", "application/yaml", large, &status));
	CHECK_INT(413, status, "5 MB");
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		const unsigned got = shout(b, lines[i], strlen(lines[i]));
		CHECK(got == 0 || (got >= 400 && got < 600), "'%s': %u", lines[i], got);
	}
	memset(large, 'x', 100000);
	memcpy(large, "GET /", 5);
	const unsigned got = shout(b, large, 100000);
	CHECK(got == 0 || (got >= 400 && got < 500), "a line of 100 kB: %u", got);
	free(large);
}

static void hold_half_open(struct attack *a)
{
	static const char ask[] = "GET /v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
	static struct crowd_of_sockets sip, http;
	struct raw tcp;

	open_half(&sip, TRUNK, a->b->sip_port,
		"INVITE sip:+15550100@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.2;bran");
	open_half(&http, "127.0.0.1", a->b->http_port, "PUT /v1/site HTTP/1.1\r\nHost: x\r\nContent-Len");
	check_alive(a, "with half-open connections"); /* UDP, and the control socket */
	const unsigned full = shout(a->b, ask, sizeof(ask) - 1);
	CHECK(full == 503 || full == 200, "one more: %u", full);
	close_half(&sip);
	close_half(&http);
	test_sleep_ms(200);
	CHECK(raw_open(&tcp, TRUNK, 0, a->b->sip_port, true), "SIP by TCP again");
	raw_request(&tcp, "OPTIONS", NULL, NULL);
	CHECK_INT(200, raw_final(&tcp, WAIT_MS), "and it is answered");
	raw_close(&tcp);
	CHECK_INT(200, shout(a->b, ask, sizeof(ask) - 1), "HTTP again");
}

/* ---- the whole ---- */

static void attack_all(struct attack *a)
{
	struct port_list ports;
	const uint64_t begun_ms = test_now_ms();

	send_k2(a);
	send_k3(a);
	send_torture(a);
	check_alive(a, "after RFC 4475");
	find_ports(a, &ports);
	CHECK(ports.n >= WATCH_CALLERS, "%u RTP ports are open", ports.n);
	if ((int64_t)(begun_ms + WATCH_PROMPTS_MS + 1000 - test_now_ms()) >
		0) /* from here on every caller is watched */
		test_sleep_ms((unsigned)(begun_ms + WATCH_PROMPTS_MS + 1000 - test_now_ms()));
	speak_from(&ports, STRANGER, STRANGER_HZ, 1500);
	speak_from(&ports, TRUNK, WRONG_PORT_HZ, 1500);
	throw_from_strangers(a, &ports);
	speak_nonsense_inside(a);
	check_alive(a, "after nonsense in RTP and RTCP");
	send_descriptions(a);
	check_alive(a, "after descriptions");
	send_garbled(a);
	check_alive(a, "after garbled SIP");
	knock_as_stranger(a);
	check_alive(a, "after strangers");
	hold_half_open(a);
	check_alive(a, "after half-open connections");
	shout_at_the_api(a);
	check_alive(a, "after shouting at the API");
	print_message("  attacked for %llu ms\n", (unsigned long long)(test_now_ms() - begun_ms));
	if (test_now_ms() < a->poisoned_ms + K2_MS)
		test_sleep_ms((unsigned)(a->poisoned_ms + K2_MS - test_now_ms()));
	check_alive(a, "K2: alive when the library's timers are over");
}

static void start(struct bridge *b, struct attack *a, unsigned slice)
{
	char ports[32];

	a->b = b;
	a->first_port = 12000 + (unsigned)getpid() % 20 * 1000 + slice * 500;
	a->last_port = a->first_port + 499;
	snprintf(ports, sizeof(ports), "%u-%u", a->first_port, a->last_port);
	garble_init(&a->garble, 4475);
	CHECK(bridge_start(b, &(struct bridge_setup){ .site = site, .rtp_ports = ports }),
		"the bridge comes up");
}

TEST(nobody_in_a_meeting_notices)
{
	const struct rlimit files = { 4096, 4096 };
	struct bridge attacked, quiet;
	struct attack attack = { 0 }, none = { 0 };
	struct watch watch, control;
	struct watch_seen seen, by_itself;

	setrlimit(RLIMIT_NOFILE, &files);
	start(&attacked, &attack, 0);
	start(&quiet, &none, 1);
	CHECK(raw_open(&attack.sip, TRUNK, 0, attacked.sip_port, false), "socket");
	CHECK(watch_begin(&watch, &attacked, MEETING, WATCH_SECONDS) &&
			watch_begin(&control, &quiet, MEETING, WATCH_SECONDS),
		"both meetings are in progress");
	attack_all(&attack);
	CHECK(watch_end(&watch, &seen, intruder_hz), "the attacked meeting");
	CHECK(watch_end(&control, &by_itself, intruder_hz), "the other meeting");
	watch_print("attacked", &seen);
	watch_print("left alone", &by_itself);

	CHECK(seen.planned && by_itself.planned, "all calls went as planned");
	CHECK(seen.gaps <= 2 * by_itself.gaps + 3, "gaps in the sound: %u", seen.gaps);
	CHECK_NEAR(-20.0, seen.worst_dbov, 1.0, "the quietest tone");
	CHECK(seen.own_dbov < -60.0, "own voice at %.1f dBov", seen.own_dbov);
	for (int i = 0; i < WATCH_INTRUDERS; i++)
		CHECK(seen.intruder_dbov[i] < HEARD_DBOV, "%u Hz is heard at %.1f dBov", intruder_hz[i],
			seen.intruder_dbov[i]);
	CHECK(seen.lost <= 2 * by_itself.lost + 3, "packets lost: %.0f", seen.lost);
	CHECK(seen.late_ticks <= 2 * by_itself.late_ticks + 5, "late ticks: %.0f", seen.late_ticks);
	CHECK(seen.skipped_ticks <= 2 * by_itself.skipped_ticks + 2, "skipped ticks: %.0f",
		seen.skipped_ticks);

	raw_close(&attack.sip);
	CHECK(bridge_wait_number(&attacked, "/v1/status", "calls", 0, 40000), "calls are left");
	CHECK_INT(0, bridge_number(&attacked, "/v1/status", "rtp_ports_used", -1), "ports are left");
	const uint64_t from_ms = test_now_ms();
	CHECK_INT(0, bridge_stop(&attacked), "exit status");
	CHECK(test_now_ms() - from_ms < STOP_MS, "stopped after %llu ms",
		(unsigned long long)(test_now_ms() - from_ms));
	CHECK_INT(0, bridge_stop(&quiet), "exit status of the other");
}

TESTS(nobody_in_a_meeting_notices)
