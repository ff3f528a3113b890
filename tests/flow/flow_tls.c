/* SIP over TLS: versions, certificates both ways, who is known by one, what is closed, what is loaded anew; and a phone with TLS
 * and SRTP, whose call neither a name nor a sound of is on the wire. */
#include "tests/flow/ask.h"
#include "tests/flow/events.h"
#include "tests/flow/softphone.h"
#include "tests/flow/tlspeer.h"
#include "tests/test.h"
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_MS = 4000, JOIN_MS = 8000 };

static const char site[] =
	"accounts:\n"
	"  - name: acme\n"
	"    audio: { levelling: false }\n"
	"    meetings:\n"
	"      - { id: \"483920175\", name: Weekly, host_pin: \"900911\", chimes: false }\n"
	"trunks:\n"
	"  - { name: one, inbound: { tls_subject: one.example }, srtp: require }\n"
	"  - { name: two, inbound: { tls_subject: two.example } }\n"
	"numbers:\n"
	"  - { number: \"+15550101\", trunk: one, account: acme, answer: \"meeting:483920175\" }\n"
	"  - { number: \"+15550102\", trunk: two, account: acme, answer: \"meeting:483920175\" }\n";

struct bed {
	struct folder keys; /* certificates; the bridge's own folder comes later */
	struct bridge bridge;
	unsigned port;
};

static void bed_open_with(struct bed *t, const char *ip, unsigned idle_s)
{
	char node[1200];

	CHECK(folder_make(&t->keys), "a folder");
	tlspeer_authority(&t->keys, "authority");
	tlspeer_authority(&t->keys, "impostor");
	tlspeer_certificate(&t->keys, "bridge", "bridge.example", "authority");
	tlspeer_certificate(&t->keys, "one", "one.example", "authority");
	tlspeer_certificate(&t->keys, "two", "two.example", "authority");
	tlspeer_certificate(&t->keys, "three", "three.example", "authority");
	tlspeer_certificate(&t->keys, "false", "one.example", "impostor");
	t->port = free_tcp_port("127.0.0.1");
	snprintf(node, sizeof(node), "tls: { certificate: \"%s\", key: \"%s\", ca: \"%s\", idle_s: %u }\n",
		folder_file(&t->keys, "bridge.pem"), folder_file(&t->keys, "bridge.key"),
		folder_file(&t->keys, "authority.pem"), idle_s);
	CHECK(bridge_start(&t->bridge,
		      &(struct bridge_setup){
			      .site = site, .node = node, .tls_port = (uint16_t)t->port, .tls_ip = ip }),
		"the bridge is up");
}

static void bed_open(struct bed *t)
{
	bed_open_with(t, NULL, 900);
}

static void bed_close(struct bed *t)
{
	CHECK_INT(0, bridge_stop(&t->bridge), "the bridge ends in order");
	folder_remove(&t->keys);
}

static bool ask(struct tlspeer *p, const char *method, const char *number, const char *call_id)
{
	char text[1200];
	static const char sdp[] = "v=0\r\no=- 7 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
				  "m=audio 40000 RTP/AVP 0\r\n";
	const bool invites = strcmp(method, "INVITE") == 0;

	snprintf(text, sizeof(text),
		"%s sip:%s@bridge.example SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:9;branch=z9hG4bK%s;rport\r\n"
		"From: <sip:them@one.example>;tag=f%s\r\nTo: <sip:%s@bridge.example>\r\nCall-ID: %s\r\n"
		"CSeq: 1 %s\r\nMax-Forwards: 70\r\nContact: <sip:them@127.0.0.1:9;transport=tls>\r\n%s"
		"Content-Length: %zu\r\n\r\n%s",
		method, number, call_id, call_id, number, call_id, method,
		invites ? "Content-Type: application/sdp\r\n" : "", invites ? sizeof(sdp) - 1 : 0,
		invites ? sdp : "");
	p->got[0] = '\0';
	return tlspeer_send(p, text);
}

TEST(versions_and_certificates)
{
	static const struct {
		const char *story, *certificate;
		int version;
		bool opens;
		const char *answer; /* to OPTIONS */
	} cases[] = {
		{ "TLS 1.0", "one", TLS1_VERSION, false, NULL },
		{ "TLS 1.1", "one", TLS1_1_VERSION, false, NULL },
		{ "TLS 1.2", "one", TLS1_2_VERSION, true, "SIP/2.0 200 " },
		{ "TLS 1.3", "one", TLS1_3_VERSION, true, "SIP/2.0 200 " },
		{ "another trunk of the same address", "two", 0, true, "SIP/2.0 200 " },
		{ "a certificate that nobody knows", "three", 0, true, "SIP/2.0 403 " },
		{ "none", NULL, 0, true, "SIP/2.0 403 " },
		{ "one that somebody else vouches for", "false", TLS1_2_VERSION, false, NULL },
	};
	struct tlspeer p;
	struct bed t;

	bed_open(&t);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char id[16];

		snprintf(id, sizeof(id), "options%zu", i);
		CHECK_INT(cases[i].opens,
			tlspeer_open(&p, &t.keys, t.port, cases[i].certificate, cases[i].version),
			cases[i].story);
		if (!cases[i].opens)
			continue;
		CHECK_STR("/CN=bridge.example", p.shown, "our certificate");
		CHECK(ask(&p, "OPTIONS", "+15550101", id), "%s: sent", cases[i].story);
		CHECK(tlspeer_wait(&p, cases[i].answer, ANSWER_MS), "%s: %s", cases[i].story, p.got);
		tlspeer_close(&p);
	}
	/* TLS 1.3 tells a client that its certificate is refused after the handshake is over for it. */
	if (tlspeer_open(&p, &t.keys, t.port, "false", TLS1_3_VERSION)) {
		CHECK(!ask(&p, "OPTIONS", "+15550101", "false") || !tlspeer_wait(&p, "SIP/2.0", 1000),
			"no answer");
		tlspeer_close(&p);
	}
	bed_close(&t);
}

/* Each trunk by its certificate: its own number, its own policy; the record says so. */
TEST(a_call_belongs_to_the_trunk_of_its_certificate)
{
	struct tlspeer p;
	struct bed t;

	bed_open(&t);
	CHECK(tlspeer_open(&p, &t.keys, t.port, "one", 0), "one");
	CHECK(ask(&p, "INVITE", "+15550101", "clear-to-one"), "sent");
	CHECK(tlspeer_wait(&p, "SIP/2.0 488 ", ANSWER_MS) && tlspeer_wait(&p, "\r\n\r\n", ANSWER_MS), "%s",
		p.got);
	CHECK(strstr(p.got, "SRTP is required"), "its trunk wants SRTP: %s", p.got);
	json_t *record = record_wait(&t.bridge, "clear-to-one", 3000);
	CHECK_STR("one", json_text_at(record, "trunk"), "its trunk");
	CHECK(strncmp(json_text_at(record, "source"), "tls:127.0.0.1:", 14) == 0, "where it came from");
	json_decref(record);
	record = bridge_get(&t.bridge, "/v1/calls/clear-to-one/trace");
	const char *ladder = json_text_at(record, "text");
	CHECK(strstr(ladder, "tls 127.0.0.1:") && strstr(ladder, "----> INVITE +15550101") &&
			strstr(ladder, "<---- 488 ") && !strstr(ladder, "tcp 127"),
		"its ladder shows who is behind the relay: %s", ladder);
	json_decref(record);
	tlspeer_close(&p);

	CHECK(tlspeer_open(&p, &t.keys, t.port, "two", 0), "two");
	CHECK(ask(&p, "INVITE", "+15550102", "clear-to-two"), "sent");
	CHECK(tlspeer_wait(&p, "SIP/2.0 200 ", ANSWER_MS), "%s", p.got);
	CHECK(tlspeer_wait(&p, "m=audio", ANSWER_MS), "with an answer: %s", p.got);
	char contact[80];
	snprintf(contact, sizeof(contact), "@127.0.0.1:%u;transport=tls>", t.port);
	CHECK(strstr(p.got, contact), "others reach us over TLS: %s", p.got);
	CHECK(bridge_wait_count(&t.bridge, "/v1/calls", 1, 2000), "the call is there");
	tlspeer_close(&p);
	bed_close(&t);
}

static bool has_ended(int fd, unsigned ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char byte;

	return poll(&p, 1, (int)ms) == 1 && recv(fd, &byte, 1, 0) <= 0;
}

/* Nobody holds a connection for nothing: not without a handshake, not with one, not as a stranger who talks. */
TEST(who_has_nothing_to_say_is_closed_within_30_s)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct tlspeer quiet, known;
	struct bed t;

	bed_open(&t);
	at.sin_port = htons((uint16_t)t.port);
	CHECK(connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0, "half open");
	CHECK(tlspeer_open(&quiet, &t.keys, t.port, "one", 0), "a handshake, and nothing more");
	CHECK(tlspeer_open(&known, &t.keys, t.port, "one", 0) && ask(&known, "OPTIONS", "+15550101", "known"),
		"a trunk");
	const uint64_t since_ms = test_now_ms();
	CHECK(has_ended(fd, 15000), "half open: closed");
	CHECK(test_now_ms() - since_ms >= 8000, "but not at once");
	CHECK(tlspeer_ended(&quiet, 31500 - (unsigned)(test_now_ms() - since_ms)),
		"quiet: closed within 31 s");
	CHECK(!tlspeer_ended(&known, 1500), "a trunk's stays: %s", known.got);
	CHECK(ask(&known, "OPTIONS", "+15550101", "again") && tlspeer_wait(&known, "SIP/2.0 200 ", ANSWER_MS),
		"and is used again");
	tlspeer_close(&quiet);
	tlspeer_close(&known);
	close(fd);
	bed_close(&t);
}

TEST(a_new_certificate_needs_no_restart)
{
	struct tlspeer before, after;
	struct bed t;

	bed_open(&t);
	CHECK(tlspeer_open(&before, &t.keys, t.port, "one", 0), "with the old one");
	tlspeer_certificate(&t.keys, "bridge", "renewed.example", "authority");
	peer_signal(&t.bridge.peer, SIGHUP);
	CHECK(peer_wait_line(&t.bridge.peer, "certificates are in force", 3000), "loaded");
	CHECK(tlspeer_open(&after, &t.keys, t.port, "one", 0), "with the new one");
	CHECK_STR("/CN=renewed.example", after.shown, "the new one");
	CHECK(ask(&before, "OPTIONS", "+15550101", "before") &&
			tlspeer_wait(&before, "SIP/2.0 200 ", ANSWER_MS),
		"the old connection goes on");
	tlspeer_close(&after);

	CHECK(folder_write(&t.keys, "bridge.pem", "no certificate\n"), "somebody's mistake");
	peer_signal(&t.bridge.peer, SIGHUP);
	CHECK(peer_wait_line(&t.bridge.peer, "the certificates before stay in force", 3000), "refused");
	CHECK(tlspeer_open(&after, &t.keys, t.port, "one", 0), "still there");
	CHECK_STR("/CN=renewed.example", after.shown, "with what was good");
	tlspeer_close(&after);
	tlspeer_close(&before);
	bed_close(&t);
}

struct renewal {
	const struct bed *t;
	const char *name;
};

static bool shows(void *arg)
{
	const struct renewal *r = arg;
	struct tlspeer p;
	const bool is = tlspeer_open(&p, &r->t->keys, r->t->port, "one", 0) && strcmp(p.shown, r->name) == 0;

	if (p.ssl)
		tlspeer_close(&p);
	return is;
}

/* Nobody sends a signal: whoever renews certificates may be another program on another machine. */
TEST(a_new_certificate_is_found_by_itself)
{
	struct tlspeer before;
	struct events *events;
	struct bed t;

	bed_open(&t);
	events = events_open(&t.bridge, NULL);
	CHECK(events && tlspeer_open(&before, &t.keys, t.port, "one", 0), "with the old one");
	const double days = bridge_number(&t.bridge, "/v1/status", "tls.days_left", -1);
	CHECK(days >= 1 && days <= 2, "it was made for two days: %g", days);
	CHECK(peer_wait_line(&t.bridge.peer, "the certificate expires within ", 8000), "and that is told");
	CHECK(events_wait(events, 0, "tls.certificate_expires", NULL, NULL, 1000) >= 0,
		"by an event as well");
	char *metrics = bridge_text(&t.bridge, "GET", "/metrics", NULL, NULL, NULL);
	CHECK(metrics && strstr(metrics, "\npartyline_tls_certificate_seconds 1"), "and in the metrics");
	free(metrics);
	CHECK(events_wait(events, 0, "alert.raised", "kind", "certificate", 8000) >= 0, "and as an alert");
	tlspeer_certificate(&t.keys, "bridge", "renewed.example", "authority");
	CHECK(wait_until(shows, &(struct renewal){ &t, "/CN=renewed.example" }, 12000), "taken");
	CHECK(events_wait(events, 0, "tls.certificates", "taken", "true", 1000) >= 0, "told");
	CHECK(ask(&before, "OPTIONS", "+15550101", "before") &&
			tlspeer_wait(&before, "SIP/2.0 200 ", ANSWER_MS),
		"the old connection goes on");
	CHECK(folder_write(&t.keys, "bridge.pem", "no certificate\n"), "somebody's mistake");
	CHECK(events_wait(events, 0, "tls.certificates", "taken", "false", 8000) >= 0, "refused");
	CHECK(shows(&(struct renewal){ &t, "/CN=renewed.example" }), "what was good stays");
	CHECK(ask(&before, "OPTIONS", "+15550101", "after") &&
			tlspeer_wait(&before, "SIP/2.0 200 ", ANSWER_MS),
		"and so does the old connection");
	tlspeer_close(&before);
	events_close(events);
	bed_close(&t);
}

/* A call of theirs that is up, by trunk `two`; the To tag that it got. */
static void call_in(struct tlspeer *p, const char *call_id, char to[200])
{
	char text[900];
	const char *at;

	CHECK(ask(p, "INVITE", "+15550102", call_id), "sent");
	CHECK(tlspeer_wait(p, "SIP/2.0 200 ", ANSWER_MS) && tlspeer_wait(p, "m=audio", ANSWER_MS), "%s",
		p->got);
	at = strstr(strstr(p->got, "SIP/2.0 200 "), "\r\nTo: ");
	CHECK(at, "%s", p->got);
	snprintf(to, 200, "%.*s", (int)strcspn(at + 6, "\r"), at + 6);
	snprintf(text, sizeof(text),
		"ACK sip:bridge@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS "
		"127.0.0.1:9;branch=z9hG4bKack%s;rport\r\n"
		"From: <sip:them@one.example>;tag=f%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 1 ACK\r\n"
		"Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
		call_id, call_id, to, call_id);
	CHECK(tlspeer_send(p, text), "ACK");
}

static void hang_up(struct tlspeer *p, const char *call_id, const char *to)
{
	char text[900];

	snprintf(text, sizeof(text),
		"BYE sip:bridge@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS "
		"127.0.0.1:9;branch=z9hG4bKbye%s;rport\r\n"
		"From: <sip:them@one.example>;tag=f%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 2 BYE\r\n"
		"Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
		call_id, call_id, to, call_id);
	p->got[0] = '\0';
	CHECK(tlspeer_send(p, text), "BYE");
	CHECK(tlspeer_wait(p, "SIP/2.0 200 ", ANSWER_MS), "%s", p->got);
}

/* carrier                 bridge, whose connections may be idle for 6 s
 *  | === TLS, INVITE -----> |  by `one` and by `two`; a call by `two` is up
 *  |        our certificate is renewed
 *  | <=== closed ========== |  the one without a call
 *  | --- BYE -------------> |  the other one, after more than 6 s: 200
 *  | <=== closed ========== |  and then that, too */
TEST(carriers_connections_end_after_their_calls)
{
	struct tlspeer busy, idle, after;
	struct events *events;
	char to[200];
	struct bed t;

	bed_open_with(&t, NULL, 6);
	events = events_open(&t.bridge, NULL);
	CHECK(events && tlspeer_open(&idle, &t.keys, t.port, "one", 0), "one");
	CHECK(tlspeer_open(&busy, &t.keys, t.port, "two", 0), "two");
	call_in(&busy, "stays", to);
	peer_signal(&t.bridge.peer, SIGHUP);
	CHECK(events_wait(events, 0, "tls.connections_replaced", NULL, NULL, 3000) < 0,
		"nothing has changed: nothing ends");
	CHECK(ask(&idle, "OPTIONS", "+15550101", "before") && tlspeer_wait(&idle, "SIP/2.0 200 ", ANSWER_MS),
		"%s", idle.got);
	tlspeer_certificate(&t.keys, "bridge", "renewed.example", "authority");
	peer_signal(&t.bridge.peer, SIGHUP);
	const int told = events_wait(events, 0, "tls.connections_replaced", NULL, NULL, 6000);
	CHECK(told >= 0, "told");
	CHECK_INT(2, json_at(events_get(events, told, NULL), "connections", -1), "both of them");
	CHECK_INT(0, json_at(events_get(events, told, NULL), "withdrawn", -1), "who still hold");
	const uint64_t since_ms = test_now_ms();
	while (test_now_ms() - since_ms < 5000) { /* it is not idle, but has no call */
		CHECK(ask(&idle, "OPTIONS", "+15550101", "again") &&
				tlspeer_wait(&idle, "SIP/2.0 200 ", ANSWER_MS),
			"it may ask until then: %s", idle.got);
		test_sleep_ms(1000);
	}
	CHECK(tlspeer_ended(&idle, 5000), "closed without a call, whatever it asks");
	CHECK(tlspeer_open(&after, &t.keys, t.port, "one", 0), "anew");
	CHECK_STR("/CN=renewed.example", after.shown, "with the new certificate");
	tlspeer_close(&after);
	CHECK(!tlspeer_ended(&busy, 2000), "a call keeps its connection");
	hang_up(&busy, "stays", to);
	CHECK(tlspeer_ended(&busy, 15000), "closed when it is over");
	tlspeer_close(&busy);
	tlspeer_close(&idle);
	events_close(events);
	bed_close(&t);
}

/* The authority that vouched for a carrier is taken away while a call of it is up: that goes on, and no other is taken. */
TEST(a_carrier_that_nobody_vouches_for_any_more_makes_no_new_call)
{
	struct tlspeer p;
	struct events *events;
	char to[200];
	struct bed t;

	bed_open(&t);
	events = events_open(&t.bridge, NULL);
	CHECK(events && tlspeer_open(&p, &t.keys, t.port, "two", 0), "two");
	call_in(&p, "stays", to);
	tlspeer_authority(&t.keys, "authority");
	const int told = events_wait(events, 0, "tls.connections_replaced", NULL, NULL, 9000);
	CHECK(told >= 0, "told");
	CHECK_INT(
		1, json_at(events_get(events, told, NULL), "withdrawn", -1), "its certificate holds no more");
	CHECK(ask(&p, "INVITE", "+15550102", "new") && tlspeer_wait(&p, "SIP/2.0 403 ", ANSWER_MS), "%s",
		p.got);
	CHECK_INT(1, bridge_count(&t.bridge, "/v1/calls"), "the call is there");
	hang_up(&p, "stays", to);
	CHECK(bridge_wait_count(&t.bridge, "/v1/calls", 0, 3000), "and ends as its owner says");
	tlspeer_close(&p);
	events_close(events);
	bed_close(&t);
}

TEST(by_ipv6)
{
	struct tlspeer p;
	struct bed t;

	bed_open_with(&t, "[::1]", 900);
	CHECK(tlspeer_open_v6(&p, &t.keys, t.port, "two"), "two");
	CHECK(ask(&p, "INVITE", "+15550102", "six-to-two"), "sent");
	CHECK(tlspeer_wait(&p, "SIP/2.0 200 ", ANSWER_MS) && tlspeer_wait(&p, "m=audio", ANSWER_MS), "%s",
		p.got);
	char contact[80];
	snprintf(contact, sizeof(contact), "@[::1]:%u;transport=tls>", t.port);
	CHECK(strstr(p.got, contact), "others reach us there: %s", p.got);
	json_t *calls = bridge_get(&t.bridge, "/v1/calls");
	CHECK_STR("two", json_text_at(calls, "items.0.trunk"), "known by its certificate");
	json_decref(calls);
	tlspeer_close(&p);
	bed_close(&t);
}

/* baresip with TLS, its certificate and SRTP; it hangs up once, we hang up once. */
static void phone_call(bool we_hang_up)
{
	struct softphone_case c = { "PCMU/8000/1", "PCMU", "+15550101", "900911", "host", .rate = 8000,
		.channels = 1, .modules = "module srtp.so\n", .account = ";mediaenc=srtp-mand" };
	char config[600], uri[80], both[FOLDER_PATH + 40];
	struct softphone phone;
	struct bed t;

	bed_open(&t);
	snprintf(both, sizeof(both), "%s", folder_file(&t.keys, "one-both.pem"));
	tlspeer_join(&t.keys, "one", "one-both.pem");
	snprintf(config, sizeof(config), "sip_certificate %s\nsip_cafile %s\n", both,
		folder_file(&t.keys, "authority.pem"));
	snprintf(uri, sizeof(uri), "sip:+15550101@127.0.0.1:%u;transport=tls", t.port);
	c.config = config;
	c.uri = uri;
	softphone_start(&t.bridge, &phone, &c);
	softphone_dial(&t.bridge, &phone, &c);
	json_t *row = roster_wait(&t.bridge, "483920175", "Some Body", JOIN_MS);
	CHECK(row, "the phone is in the meeting: %s", phone.seen);
	CHECK_STR("AES_CM_128_HMAC_SHA1_80", json_text_at(row, "legs.0.srtp"), "encrypted");
	CHECK_STR("one", json_text_at(row, "legs.0.trunk"), "known by its certificate");
	json_decref(row);
	json_t *calls = bridge_get(&t.bridge, "/v1/calls");
	char call_id[128], path[128];
	snprintf(call_id, sizeof(call_id), "%s", json_text_at(calls, "items.0.call_id"));
	snprintf(path, sizeof(path), "/v1/calls/%s", json_text_at(calls, "items.0.id"));
	json_decref(calls);
	if (we_hang_up) {
		json_decref(bridge_call(&t.bridge, "DELETE", path, NULL, NULL, NULL));
		CHECK(softphone_said(&phone, "CALL_CLOSED", 3000), "our BYE reaches it: %s", phone.seen);
	} else {
		softphone_order(&phone, "hangup", "");
	}
	json_t *record = record_wait(&t.bridge, call_id, 3000);
	CHECK(record, "the call has a record");
	CHECK_INT(!we_hang_up, json_at(record, "by_far_end", -1), "who hung up");
	CHECK(strncmp(json_text_at(record, "source"), "tls:", 4) == 0, "over TLS");
	json_decref(record);
	softphone_quit(&phone);
	bed_close(&t);
}

TEST(a_phone_with_tls_and_srtp_hangs_up)
{
	phone_call(false);
}

TEST(we_hang_up_on_a_phone_with_tls)
{
	phone_call(true);
}

TESTS(versions_and_certificates, a_call_belongs_to_the_trunk_of_its_certificate,
	who_has_nothing_to_say_is_closed_within_30_s, a_new_certificate_needs_no_restart,
	a_new_certificate_is_found_by_itself, carriers_connections_end_after_their_calls,
	a_carrier_that_nobody_vouches_for_any_more_makes_no_new_call, by_ipv6,
	a_phone_with_tls_and_srtp_hangs_up, we_hang_up_on_a_phone_with_tls)
