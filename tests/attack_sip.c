#include "tests/attack.h"
#include "tests/test.h"
#include "sip/guard.h"

#include <dirent.h>
#include <stdlib.h>

enum { WAIT_MS = 3000, GARBLED = 4000, STRANGER_INVITES = 1000, GROWTH_KB = 6144 };

void attack_begin(struct attack *a, struct bridge *b)
{
	a->b = b;
	garble_init(&a->garble, 4475);
	CHECK(raw_open(&a->sip, ATTACK_TRUNK, 0, b->sip_port, false), "socket");
}

void attack_end(struct attack *a)
{
	raw_close(&a->sip);
}

void attack_check_alive(struct attack *a, const char *story)
{
	long status = 0;

	free(bridge_text(a->b, "GET", "/v1/status", NULL, NULL, &status));
	CHECK_INT(200, status, story);
	CHECK_INT(PEER_RUNNING, peer_wait_exit(&a->b->peer, 0), story);
	raw_fresh(&a->sip, ATTACK_ATTENDANT);
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

void attack_k2(struct attack *a)
{
	static const char *const headers[] = { "Contact: <tel:+15550001>\r\n",
		"Contact: <http://127.0.0.2/>\r\n",
		"Contact: <urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>\r\n", "Contact: *\r\n",
		"Contact:\r\n", "Record-Route: <tel:+15550001>\r\n",
		"Record-Route: <sip:127.0.0.2;lr>, <urn:x:y>\r\n" };

	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		raw_fresh(&a->sip, ATTACK_ATTENDANT);
		raw_request(&a->sip, "INVITE", headers[i], raw_offer);
		CHECK_INT(400, raw_final(&a->sip, WAIT_MS), headers[i]); /* and no ACK */
	}
	a->poisoned_ms = test_now_ms();
}

void attack_k3(struct attack *a)
{
	static const char *const branches[] = { "", ";branch", ";branch=", ";branch=z", ";branch=z9hG4b",
		";branch=z9hG4bK" };
	char via[160];

	for (size_t i = 0; i < sizeof(branches) / sizeof(*branches); i++) {
		raw_fresh(&a->sip, ATTACK_ATTENDANT);
		snprintf(via, sizeof(via), "Via: SIP/2.0/UDP %s:%u%s\r\n", a->sip.ip, a->sip.port,
			branches[i]);
		raw_request(&a->sip, "INVITE", via, raw_offer);
		const unsigned status = raw_final(&a->sip, 300);
		CHECK(status == 400 || status == 0, "K3 '%s': %u", branches[i], status);
	}
}

/* ---- RFC 4475 ---- */

void attack_torture(struct attack *a)
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
		if (raw_open(&tcp, ATTACK_TRUNK, 0, a->b->sip_port, true)) {
			raw_send(&tcp, bytes, n);
			raw_any(&tcp, 20);
			raw_close(&tcp);
		}
	}
	closedir(folder);
	CHECK(n_messages >= 49, "%u messages of RFC 4475", n_messages);
}

/* ---- session descriptions ---- */

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
	raw_fresh(&a->sip, ATTACK_ATTENDANT);
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

void attack_descriptions(struct attack *a)
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

void attack_garbled(struct attack *a)
{
	struct raw sip;
	char message[2048];
	uint8_t bytes[4096];

	CHECK(raw_open(&sip, ATTACK_TRUNK, 0, a->b->sip_port, false), "socket");
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
		if (i % 40 == 0 && raw_open(&tcp, ATTACK_TRUNK, 0, a->b->sip_port, true)) {
			raw_send(&tcp, (const char *)bytes, len);
			raw_close(&tcp);
		}
	}
	raw_close(&sip);
}

/* ---- strangers ---- */

void attack_as_stranger(struct attack *a)
{
	const struct bridge *b = a->b;
	const double refused = bridge_number(b, "/v1/status", "sip.stranger_refused", -1);
	const long before_kb = memory_kb(b);
	unsigned answers = 0;
	struct raw s;

	CHECK(raw_open(&s, ATTACK_STRANGER, 0, b->sip_port, false), "socket");
	for (unsigned i = 0; i < STRANGER_INVITES; i++) {
		raw_fresh(&s, ATTACK_ATTENDANT);
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
