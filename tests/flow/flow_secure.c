/* links: tests/rawsip.c */
/* Who is encrypted, how, and who is not let in without: baresip and its own SRTP, offers to the byte, and what a listener on the
 * wire gets. */
#include "tests/flow/ask.h"
#include "tests/flow/softphone.h"
#include "tests/rawsip.h"
#include "tests/test.h"
#include <stdlib.h>
#include <unistd.h>

enum { CROWD_HZ = 1009, JOIN_MS = 8000, CROWD_WAIT_MS = 40000, ANSWER_MS = 4000, WIRE_PACKETS = 100 };

static const char site[] =
	"accounts:\n"
	"  - name: acme\n"
	"    audio: { levelling: false }\n"
	"    meetings:\n"
	"      - { id: \"483920175\", name: Weekly, host_pin: \"900911\", chimes: false }\n"
	"trunks:\n"
	"  - { name: open, inbound: { from: [ 127.0.0.2/32 ] } }\n" /* srtp: allow */
	"  - { name: sealed, inbound: { from: [ 127.0.0.3/32 ] }, srtp: require }\n"
	"  - { name: old, inbound: { from: [ 127.0.0.4/32 ] }, srtp: never }\n"
	"numbers:\n"
	"  - { number: \"+15550101\", trunk: open, account: acme, answer: \"meeting:483920175\" }\n"
	"  - { number: \"+15550102\", trunk: sealed, account: acme, answer: \"meeting:483920175\" }\n"
	"  - { number: \"+15550103\", trunk: old, account: acme, answer: \"meeting:483920175\" }\n";

/* ---- on the wire ---- */

static int from_ulaw(uint8_t code)
{
	int bits = ~code & 0xff, segment = bits >> 4 & 7, mag = (((bits & 15) << 3) + 132) << segment;

	return bits & 0x80 ? 132 - mag : mag - 132;
}

/* Ports for this bridge's media alone: other tests talk on loopback at the same time. */
static unsigned first_port(void)
{
	return 61000 +
	       (unsigned)getpid() % 200 * 20; /* above what the kernel gives out and softphones take */
}

/* Takes all UDP of loopback down until it is stopped. */
static void listen_in(const struct bridge *b, struct peer *shark)
{
	CHECK(peer_start(shark, &b->folder, "shark",
		      (const char *const[]){ "tshark", "-i", "lo", "-f", "udp", "-w",
			      folder_file(&b->folder, "wire.pcapng"), "-q", NULL }),
		"tshark starts");
	CHECK(peer_wait_line(shark, "Capturing on", 8000), "tshark listens");
	test_sleep_ms(500);
}

/* Packets of this bridge's media that a filter of tshark's lets pass, read as if they were PCMU in the clear: level of a tone.  *n: how many. */
static double eavesdrop(const struct bridge *b, const char *filter, unsigned hz, size_t *n)
{
	char ours[200];
	struct sound s = { .samples = calloc(3000, 160 * sizeof(int16_t)), .hz = 8000 };
	struct peer reader;
	char *lines, *at;

	snprintf(ours, sizeof(ours), "(%s) && udp.port >= %u && udp.port <= %u", filter, first_port(),
		first_port() + 19);
	CHECK(s.samples &&
			peer_start(&reader, &b->folder, "reader",
				(const char *const[]){ "tshark", "-r", folder_file(&b->folder, "wire.pcapng"),
					"-Y", ours, "-T", "fields", "-e", "udp.payload", NULL }),
		"tshark reads");
	CHECK_INT(0, peer_wait_exit(&reader, 20000), "it has read");
	lines = peer_output(&reader);
	*n = 0;
	for (char *line = strtok_r(lines, "\n", &at); line; line = strtok_r(NULL, "\n", &at)) {
		if (strlen(line) < 2 * 172 || strncmp(line, "80", 2) != 0 || ++*n > 3000)
			continue;
		for (size_t i = 12; i < 172; i++) {
			const char two[3] = { line[2 * i], line[2 * i + 1], 0 };

			s.samples[s.n++] = (int16_t)from_ulaw((uint8_t)strtoul(two, NULL, 16));
		}
	}
	double level = sound_level(&s, hz, 0, sound_ms(&s));
	free(lines);
	sound_free(&s);
	return level;
}

/* ---- baresip ---- */

static const char srtp_module[] = "module srtp.so\n";

/* A phone with SRTP on the trunk that requires it, a caller in the clear on another, in one meeting: both hear each other, and the
 * wire gives away the one and not the other. */
TEST(sealed_and_clear_meet_and_one_can_be_heard_on_the_wire)
{
	static const struct softphone_case c = { "PCMU/8000/1", "PCMU", "+15550102", "900911", "host",
		.rate = 8000, .channels = 1, .modules = srtp_module, .account = ";mediaenc=srtp-mand",
		.ip = "127.0.0.3" };
	struct softphone phone;
	struct peer crowd, shark;
	struct bridge b;
	char ports[32];
	size_t n = 0;
	int code = -1;

	snprintf(ports, sizeof(ports), "%u-%u", first_port(), first_port() + 19);
	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site, .rtp_ports = ports }),
		"the bridge is up");
	softphone_start(&b, &phone, &c);
	listen_in(&b, &shark);
	CHECK(bridge_crowd_start(&b, &crowd, "crowd",
		      (const char *const[]){ "--to", b.uri_meeting, "--codec", "PCMU", "--keys", "900911",
			      "--say", "tone:1009:-20", "--hear", "709,1009", "--seconds", "8", NULL }),
		"crowd");
	softphone_dial(&b, &phone, &c);
	json_t *row = roster_wait(&b, "483920175", "Some Body", JOIN_MS);
	CHECK(row, "the phone is in the meeting: %s", phone.seen);
	CHECK_STR("AES_CM_128_HMAC_SHA1_80", json_text_at(row, "legs.0.srtp"), "its suite is in the roster");
	json_decref(row);
	json_t *report = bridge_crowd_end(&b, &crowd, CROWD_WAIT_MS, &code);
	CHECK(report && code == 0, "crowd: %d", code);
	CHECK_NEAR(-20, crowd_heard(report, 1, 1, SOFTPHONE_HZ), 1, "the clear one hears the sealed one");
	json_decref(report);

	json_t *calls = bridge_get(&b, "/v1/calls");
	char call_id[128];
	snprintf(call_id, sizeof(call_id), "%s", json_text_at(calls, "items.0.call_id"));
	CHECK_STR("AES_CM_128_HMAC_SHA1_80", json_text_at(calls, "items.0.srtp"), "and in the list of calls");
	json_decref(calls);
	softphone_order(&phone, "hangup", "");
	json_t *record = record_wait(&b, call_id, 3000);
	CHECK(record, "the call has a record");
	CHECK_STR("AES_CM_128_HMAC_SHA1_80", json_text_at(record, "srtp"), "and there it is as well");
	CHECK(json_at(record, "rx_packets", 0) > 200, "its packets came, and opened");
	CHECK_INT(0, json_at(record, "rx_lost", -1), "all of them");
	json_decref(record);
	softphone_quit(&phone);
	peer_stop(&shark, 5000);

	CHECK_NEAR(-20, eavesdrop(&b, "ip.src == 127.0.0.2 && udp.length == 180", CROWD_HZ, &n), 1.5,
		"who listens in hears the clear one");
	CHECK(n > WIRE_PACKETS, "%zu packets", n);
	double own = eavesdrop(&b, "udp.length == 190", SOFTPHONE_HZ, &n); /* a tag longer */
	double other = eavesdrop(&b, "udp.length == 190", CROWD_HZ, &n);
	CHECK(n > 2 * WIRE_PACKETS, "%zu packets", n);
	CHECK(own < -40 && other < -40, "and nothing of the sealed one: %.1f and %.1f dBov", own, other);
	eavesdrop(&b, "udp.length == 180 && !(ip.addr == 127.0.0.2)", CROWD_HZ, &n);
	CHECK_INT(0, n, "which never had a clear packet");
	CHECK_INT(0, bridge_stop(&b), "the bridge ends in order");
}

/* Keys in RTP/AVP (OSRTP), and suites: what the phone offers first is what is taken. */
TEST(a_phone_that_offers_keys_gets_them)
{
	static const struct {
		const char *mediaenc, *ip, *number, *suite;
	} cases[] = {
		{ "srtp", "127.0.0.2", "+15550101", "AES_CM_128_HMAC_SHA1_80" },
		{ "srtp", "127.0.0.3", "+15550102", "AES_CM_128_HMAC_SHA1_80" },
		{ "srtp-mandf", "127.0.0.2", "+15550101", "AES_CM_128_HMAC_SHA1_80" },
		{ "srtp", "127.0.0.4", "+15550103", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct softphone_case c = { "PCMU/8000/1", "PCMU", cases[i].number, "900911", "host",
			.rate = 8000, .channels = 1, .modules = srtp_module, .ip = cases[i].ip };
		char account[40];
		struct softphone phone;
		struct bridge b;

		snprintf(account, sizeof(account), ";mediaenc=%s", cases[i].mediaenc);
		c.account = account;
		CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "the bridge is up");
		softphone_start(&b, &phone, &c);
		softphone_dial(&b, &phone, &c);
		json_t *row = roster_wait(&b, "483920175", "Some Body", JOIN_MS);
		CHECK(row, "case %zu: the phone is in the meeting: %s", i, phone.seen);
		CHECK_STR(cases[i].suite, json_text_at(row, "legs.0.srtp"), cases[i].mediaenc);
		json_decref(row);
		softphone_order(&phone, "hangup", "");
		softphone_quit(&phone);
		CHECK_INT(0, bridge_stop(&b), "the bridge ends in order");
	}
}

/* ---- to the byte ---- */

#define OFFER(protocol, keys)                                                                                \
	"v=0\r\no=- 7 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 " protocol   \
	" 0\r\n" keys
#define KEY "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n"

TEST(who_has_no_key_is_told_so)
{
	static const struct {
		const char *story, *ip, *number, *offer, *warning, *cause;
	} cases[] = {
		{ "clear, where keys are required", "127.0.0.3", "+15550102", OFFER("RTP/AVP", ""),
			"SRTP is required", "SRTP is required, and no usable key was offered" },
		{ "no encryption under the name of it", "127.0.0.3", "+15550102",
			OFFER("RTP/SAVP",
				"a=crypto:1 AES_CM_128_HMAC_SHA1_80 "
				"inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz UNENCRYPTED_SRTP\r\n"),
			"SRTP is required", "SRTP is required, and no usable key was offered" },
		{ "SRTP, where there is none", "127.0.0.4", "+15550103", OFFER("RTP/SAVP", KEY),
			"SRTP is not possible here", "SRTP alone was offered, and this trunk has none" },
	};
	struct bridge b;

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "the bridge is up");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct raw r;
		char to[200];

		CHECK(raw_open(&r, cases[i].ip, 0, b.sip_port, false), "socket");
		raw_fresh(&r, cases[i].number);
		snprintf(to, sizeof(to),
			"From: <sip:+15550001@carrier.invalid>;tag=%s\r\nTo: <sip:%s@127.0.0.1>\r\n",
			r.from_tag, cases[i].number);
		raw_request(&r, "INVITE", to, cases[i].offer);
		CHECK_INT(488, raw_final(&r, ANSWER_MS), cases[i].story);
		CHECK(raw_has(&r, "Warning: 399 ") && raw_has(&r, cases[i].warning), "%s: %s", cases[i].story,
			r.last);
		raw_request(&r, "ACK", to, NULL);
		json_t *record = record_wait(&b, r.call_id, 3000);
		CHECK(record, "%s: a record", cases[i].story);
		CHECK_STR(cases[i].cause, json_text_at(record, "cause"), cases[i].story);
		json_decref(record);
		raw_close(&r);
	}
	CHECK_INT(0, bridge_stop(&b), "the bridge ends in order");
}

TESTS(sealed_and_clear_meet_and_one_can_be_heard_on_the_wire, a_phone_that_offers_keys_gets_them,
	who_has_no_key_is_told_so)
