/* Carriers over TLS, played by real programs: Kamailio as registrar and proxy that wants our certificate, found by its name; baresip as
 * a phone behind a gateway, with SRTP both ways. */
#include "tests/flow/ask.h"
#include "tests/flow/events.h"
#include "tests/flow/softphone.h"
#include "tests/flow/tlspeer.h"
#include "tests/test.h"

#include <stdlib.h>

enum { WAIT_MS = 10000, SITE = 2400, CROWD_HZ = 1009, CROWD_WAIT_MS = 40000 };

struct bed {
	struct folder keys;
	struct bridge bridge;
	struct events *events;
	char id[ASK_ID];
};

static void make_keys(struct bed *b)
{
	memset(b, 0, sizeof(*b));
	CHECK(folder_make(&b->keys), "a folder");
	tlspeer_authority(&b->keys, "authority");
	tlspeer_certificate(&b->keys, "bridge", "bridge.example", "authority");
	tlspeer_certificate(&b->keys, "carrier", "carrier.test", "authority");
}

/* `tls_port` 0: it listens for no TLS; calls out need none. */
static void begin(struct bed *b, const char *outbound, const char *node_more, uint16_t tls_port)
{
	char site[SITE], node[1200];

	snprintf(site, sizeof(site),
		"accounts:\n  - name: acme\n    audio: { levelling: false }\n    meetings:\n"
		"      - { id: \"100200300\", name: Open, chimes: false }\n"
		"trunks:\n"
		"  - name: carrier\n    srtp: require\n    outbound: { %s }\n"
		"  - { name: callers, inbound: { from: [ 127.0.0.2/32 ] } }\n"
		"routes:\n  - { account: acme, prefix: \"+1\", trunks: [ carrier ], caller_id: \"+15550100\" "
		"}\n"
		"numbers:\n"
		"  - { number: \"+15550100\", account: acme, answer: attendant }\n"
		"  - { number: \"+15550101\", trunk: callers, account: acme, answer: \"meeting:100200300\" "
		"}\n",
		outbound);
	snprintf(node, sizeof(node), "tls: { certificate: \"%s\", key: \"%s\", ca: \"%s\" }\n%s",
		folder_file(&b->keys, "bridge.pem"), folder_file(&b->keys, "bridge.key"),
		folder_file(&b->keys, "authority.pem"), node_more);
	CHECK(bridge_start(
		      &b->bridge, &(struct bridge_setup){ .site = site, .node = node, .tls_port = tls_port }),
		"the bridge is up");
	b->events = events_open(&b->bridge, NULL);
	CHECK(b->events, "events");
}

static void end(struct bed *b)
{
	events_close(b->events);
	CHECK_INT(0, bridge_stop(&b->bridge), "the bridge ends in order");
	folder_remove(&b->keys);
}

static void dial(struct bed *b, const char *to)
{
	ask_call(&b->bridge, to, b->id);
}

static void wait_event(struct bed *b, const char *type)
{
	events_need(b->events, &b->bridge, type, "id", b->id, WAIT_MS);
}

/* A name server for carrier.test: its SIP over TLS is at a.carrier.test, two others are not it. */
static uint16_t start_dns(struct bed *b, struct peer *dns, uint16_t port)
{
	const uint16_t at = free_udp_port("127.0.0.1");
	char listen[24], srv[96];

	snprintf(listen, sizeof(listen), "--port=%u", at);
	snprintf(srv, sizeof(srv), "--srv-host=_sips._tcp.carrier.test,a.carrier.test,%u,10,100", port);
	CHECK(peer_start(dns, &b->keys, "dnsmasq",
		      (const char *const[]){ "dnsmasq", "--no-daemon", "--no-resolv", "--no-hosts",
			      "--conf-file=/dev/null", "--listen-address=127.0.0.1", "--bind-interfaces",
			      "--user=root", listen, srv,
			      "--srv-host=_sip._udp.carrier.test,b.carrier.test,9,10,100",
			      "--naptr-record=carrier.test,10,50,s,SIPS+D2T,,_sips._tcp.carrier.test",
			      "--naptr-record=carrier.test,20,50,s,SIP+D2U,,_sip._udp.carrier.test",
			      "--host-record=a.carrier.test,127.0.0.11",
			      "--host-record=b.carrier.test,127.0.0.13", "--local=/test/", NULL }),
		"dnsmasq");
	CHECK(peer_wait_line(dns, "started", 3000), "dnsmasq is up");
	return at;
}

static void define(char out[FOLDER_PATH + 60], const char *name, const char *value)
{
	snprintf(out, FOLDER_PATH + 60, "%s=\"%s\"", name, value);
}

static void start_kamailio(struct bed *b, struct peer *carrier, uint16_t tls_port, uint16_t gateway_port)
{
	char plain[64], tls[64], gateway[80], certificate[FOLDER_PATH + 60], key[FOLDER_PATH + 60],
		ca[FOLDER_PATH + 60];

	snprintf(plain, sizeof(plain), "LISTEN=udp:127.0.0.11:%u", free_udp_port("127.0.0.11"));
	snprintf(tls, sizeof(tls), "TLS_LISTEN=tls:127.0.0.11:%u", tls_port);
	snprintf(gateway, sizeof(gateway), "GATEWAY=\"sip:127.0.0.12:%u\"", gateway_port);
	define(certificate, "CERTIFICATE", folder_file(&b->keys, "carrier.pem"));
	define(key, "KEY", folder_file(&b->keys, "carrier.key"));
	define(ca, "CA", folder_file(&b->keys, "authority.pem"));
	CHECK(peer_start(carrier, &b->keys, "kamailio",
		      (const char *const[]){ "kamailio", "-f", "tests/flow/kamailio/carrier.cfg", "-DD", "-E",
			      "-m", "64", "-M", "8", "-Y", b->keys.path, "-A", plain, "-A", tls, "-A",
			      gateway, "-A", "HASH=\"SHA-256\"", "-A", certificate, "-A", key, "-A", ca,
			      NULL }),
		"kamailio");
}

/* `uri`: sips:, or sip: and NAPTR alone says that it is TLS. */
static void with_kamailio(const char *uri)
{
	const uint16_t tls_port = free_tcp_port("127.0.0.11"), gateway_port = free_sip_port("127.0.0.12");
	char outbound[300], node[40], port[8];
	struct peer carrier, dns, sipp;
	struct bed b;

	make_keys(&b);
	snprintf(node, sizeof(node), "dns: \"127.0.0.1:%u\"\n", start_dns(&b, &dns, tls_port));
	start_kamailio(&b, &carrier, tls_port, gateway_port);
	snprintf(outbound, sizeof(outbound),
		"gateways: [ \"%s\" ], username: us, password: secret, realm: carrier, register: true, "
		"keepalive_s: 1",
		uri);
	begin(&b, outbound, node, 0);
	snprintf(port, sizeof(port), "%u", gateway_port);
	CHECK(peer_start(&sipp, &b.bridge.folder, "sipp",
		      (const char *const[]){ "sipp", "-sf", "tests/flow/sipp/gateway_answers.xml", "-i",
			      "127.0.0.12", "-p", port, "-nostdin", "-timeout", "90s", NULL }),
		"sipp");
	if (!bridge_wait_number(&b.bridge, "/v1/trunks", "items.0.gateways.0.registered", 1, 40000)) {
		peer_show(&carrier);
		b.bridge.trouble = true;
	}
	json_t *trunks = bridge_get(&b.bridge, "/v1/trunks");
	CHECK_INT(1, json_at(trunks, "items.0.gateways.0.registered", 0), uri);
	CHECK(strncmp(json_text_at(trunks, "items.0.gateways.0.members.0.address"), "tls:127.0.0.11:", 15) ==
			0,
		"found by SRV");
	CHECK_STR("open", json_text_at(trunks, "items.0.gateways.0.members.0.tls.state"), "connected");
	json_decref(trunks);
	CHECK(peer_wait_line(&carrier, "over tls", 2000), "registered over TLS");
	if (!bridge_wait_number(&b.bridge, "/v1/trunks", "items.0.gateways.0.members.0.missed", 0, 3000))
		peer_show(&carrier);
	dial(&b, "+15550199");
	wait_event(&b,
		"dialout.failed"); /* SIPp has no SRTP, and the trunk wants it: our ACK and BYE follow its 200 */
	CHECK(peer_wait_line(&carrier, "carrier: INVITE of us for +15550199", 2000), "the INVITE");
	CHECK(peer_wait_line(&carrier, "carrier: BYE over tls", 4000), "BYE by the route, over TLS");
	CHECK(bridge_number(&b.bridge, "/v1/trunks", "items.0.gateways.0.members.0.tls.opened", 0) <= 1.1,
		"OPTIONS, REGISTER and call by one connection");
	CHECK(bridge_number(&b.bridge, "/v1/trunks", "items.0.gateways.0.members.0.asked", 0) >= 1,
		"OPTIONS");
	CHECK_INT(0, bridge_number(&b.bridge, "/v1/trunks", "items.0.gateways.0.members.0.missed", -1),
		"which were answered");
	end(&b);
	peer_stop(&sipp, 500);
	peer_stop(&carrier, 3000);
	peer_stop(&dns, 1000);
}

TEST(kamailio_by_sips)
{
	with_kamailio("sips:carrier.test");
}

TEST(kamailio_by_naptr)
{
	with_kamailio("sip:carrier.test");
}

/* The phone answers by itself; once it has pressed 1 it and a caller in the clear hear each other. */
TEST(a_phone_over_tls_with_srtp_both_ways)
{
	struct softphone_case c = { "PCMU/8000/1", "PCMU", NULL, "", "guest", .rate = 8000, .channels = 1,
		.modules = "module srtp.so\n", .account = ";mediaenc=srtp-mand;answermode=auto",
		.ip = "127.0.0.11", .sip_port = free_tcp_port("127.0.0.11") };
	char config[600], outbound[200], both[FOLDER_PATH + 40];
	struct softphone phone;
	struct sound heard;
	struct peer crowd;
	struct bed b;
	int code = -1;

	make_keys(&b);
	tlspeer_join(&b.keys, "carrier", "both.pem");
	snprintf(both, sizeof(both), "%s", folder_file(&b.keys, "both.pem"));
	snprintf(config, sizeof(config), "sip_certificate %s\nsip_cafile %s\n", both,
		folder_file(&b.keys, "authority.pem"));
	c.config = config;
	snprintf(outbound, sizeof(outbound),
		"gateways: [ \"sip:127.0.0.11:%u;transport=tls\" ], tls_name: carrier.test, keepalive: false",
		c.sip_port + 1);
	begin(&b, outbound, "", free_tcp_port("127.0.0.1")); /* where the phone sends its BYE */
	softphone_start(&b.bridge, &phone, &c);
	dial(&b, "+15559000042");
	CHECK(softphone_said(&phone, "CALL_ESTABLISHED", WAIT_MS), "it answers: %s", phone.seen);
	wait_event(&b, "dialout.answered");
	CHECK(bridge_crowd_start(&b.bridge, &crowd, "crowd",
		      (const char *const[]){ "--to", b.bridge.uri_meeting, "--codec", "PCMU", "--say",
			      "tone:1009:-20", "--hear", "709,1009", "--seconds", "10", NULL }),
		"a caller in the clear");
	test_sleep_ms(500);
	softphone_order(&phone, "sndcode", "1");
	json_t *row = roster_wait(&b.bridge, "100200300", "Bob", WAIT_MS);
	CHECK(row, "the phone is in the meeting: %s", phone.seen);
	CHECK_STR("AEAD_AES_256_GCM", json_text_at(row, "legs.0.srtp"), "encrypted");
	json_decref(row);
	json_t *report = bridge_crowd_end(&b.bridge, &crowd, CROWD_WAIT_MS, &code);
	CHECK(report && code == 0, "crowd: %d", code);
	CHECK_NEAR(-20, crowd_heard(report, 1, 1, SOFTPHONE_HZ), 2, "the phone is heard");
	json_decref(report);
	softphone_order(&phone, "hangup", "");
	CHECK(bridge_wait_count(&b.bridge, "/v1/calls", 0, WAIT_MS),
		"its BYE comes by a connection of its own, from another address: its certificate tells who "
		"it is");
	CHECK(bridge_wait_count(&b.bridge, "/v1/records?trunk=carrier", 1, WAIT_MS), "a record");
	json_t *list = bridge_get(&b.bridge, "/v1/records?trunk=carrier");
	CHECK_STR("AEAD_AES_256_GCM", json_text_at(list, "items.0.srtp"), "encrypted");
	CHECK(json_at(list, "items.0.rx_packets", 0) > 200, "its packets came, and opened");
	json_decref(list);
	softphone_quit(&phone);
	softphone_heard(&b.bridge, &heard);
	CHECK(sound_level(&heard, CROWD_HZ, 0, sound_ms(&heard)) > -40, "and it hears: %.1f dBov",
		sound_level(&heard, CROWD_HZ, 0, sound_ms(&heard)));
	sound_free(&heard);
	end(&b);
}

TESTS(kamailio_by_sips, kamailio_by_naptr, a_phone_over_tls_with_srtp_both_ways)
