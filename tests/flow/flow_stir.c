/* links: tests/pki.c tests/rawsip.c tests/record.c */
/* Callers' numbers, proven or not: tokens are made by tests/pki, which shares no line with the program.
 *
 *   127.0.0.2 `flag`, 127.0.0.3 `require`, 127.0.0.4 nothing, 127.0.0.5 `flag` without the header; certificates lie in files, at an https server of the test (openssl
 *   s_server), and at a door behind which nobody speaks.  SIPp calls. */
#include "tests/flow/bridge.h"
#include "tests/flow/events.h"
#include "tests/pki.h"
#include "tests/rawsip.h"
#include "tests/record.h"
#include "tests/test.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FLAG "127.0.0.2"
#define REQUIRE "127.0.0.3"
#define IGNORE "127.0.0.4"
#define DEAF "127.0.0.5"
#define WARY "127.0.0.6"
#define GIVEN "https://cert.example.org/shaken.pem"
#define NARROW "https://cert.example.org/narrow.pem"
#define STRANGE "https://cert.example.org/strange.pem"
#define CALLER "12155551212"
#define CALLED "15550101"
#define ORIGID "123e4567-e89b-12d3-a456-426655440000"

enum { WAIT_MS = 5000, STIR_MS = 300, IDENTITY = PKI_TOKEN + 512 };

struct bed {
	struct folder keys;
	struct bridge bridge;
	struct events *events;
	struct pki pki, other;
	struct pki_leaf leaf, narrow, strange, host;
	struct peer server; /* https */
	uint16_t https_port, silent_port;
	int silent_fd;
};

static void put(struct bed *b, const char *name, const char *text)
{
	CHECK(folder_write(&b->keys, name, text), "%s", name);
}

static void make_keys(struct bed *b)
{
	CHECK(folder_make(&b->keys), "a folder");
	CHECK(pki_open(&b->pki) && pki_open(&b->other), "authorities");
	CHECK(pki_issue(&b->pki, &(struct pki_order){ .spc = "709J" }, &b->leaf), "a provider's");
	CHECK(pki_issue(&b->pki, &(struct pki_order){ .one = "12155559999" }, &b->narrow),
		"of another number");
	CHECK(pki_issue(&b->other, &(struct pki_order){ .spc = "709J" }, &b->strange),
		"of another authority");
	CHECK(pki_issue(&b->pki, &(struct pki_order){ .host = "127.0.0.1" }, &b->host), "the server's");
	put(b, "anchor.pem", b->pki.pem);
	put(b, "shaken.pem", b->leaf.pem);
	put(b, "narrow.pem", b->narrow.pem);
	put(b, "strange.pem", b->strange.pem);
	put(b, "server.pem", b->host.pem);
	put(b, "server.key", b->host.key_pem);
	put(b, "no.pem", "this is no certificate\n");
}

static int open_silent(uint16_t *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 64) == 0, "a silent door");
	getsockname(fd, (struct sockaddr *)&at, &len);
	*port = ntohs(at.sin_port);
	return fd;
}

static void start_server(struct bed *b, const char *name)
{
	char command[512];
	const char *const argv[] = { "sh", "-c", command, NULL };

	snprintf(command, sizeof(command),
		"cd %s && exec openssl s_server -accept 127.0.0.1:%u -cert server.pem -key server.key -WWW",
		b->keys.path, b->https_port);
	CHECK(peer_start(&b->server, &b->keys, name, argv), "openssl");
	CHECK(peer_wait_line(&b->server, "ACCEPT", WAIT_MS), "the server listens");
}

static const char site[] =
	"accounts:\n"
	"  - name: acme\n    meetings:\n      - { id: \"100200300\", name: Open, chimes: false }\n"
	"trunks:\n"
	"  - { name: flag, stir: flag, inbound: { from: [ " FLAG " ] }, country: { code: \"1\" } }\n"
	"  - { name: require, stir: require, inbound: { from: [ " REQUIRE " ] }, country: { code: \"1\" } }\n"
	"  - { name: wary, stir: require, inbound: { from: [ " WARY
	" ], trust: false }, country: { code: \"1\" } }\n"
	"  - { name: deaf, stir: flag, inbound: { from: [ " DEAF
	" ], strip: [ Identity ] }, country: { code: \"1\" } "
	"}\n"
	"  - { name: ignore, inbound: { from: [ " IGNORE " ] } }\n"
	"numbers:\n"
	"  - { number: \"+" CALLED "\", account: acme, answer: \"meeting:100200300\" }\n";

static void begin(struct bed *b)
{
	static char node[3072];
	const char *k;

	memset(b, 0, sizeof(*b));
	make_keys(b);
	k = b->keys.path;
	b->https_port = free_tcp_port("127.0.0.1");
	b->silent_fd = open_silent(&b->silent_port);
	start_server(b, "https");
	snprintf(node, sizeof(node),
		"stir:\n  anchors: %s/anchor.pem\n  ca: %s/anchor.pem\n"
		"  certificates: { \"" GIVEN "\": %s/shaken.pem, \"" NARROW "\": %s/narrow.pem, \"" STRANGE
		"\": %s/strange.pem }\n"
		"  hosts: [ \"127.0.0.1:%u\", \"localhost:%u\", \"127.0.0.1:%u\" ]\n",
		k, k, k, k, k, b->https_port, b->https_port, b->silent_port);
	CHECK(bridge_start(&b->bridge, &(struct bridge_setup){ .site = site, .node = node }), "bridge");
	b->events = events_open(&b->bridge, NULL);
	CHECK(b->events, "events");
}

static void end(struct bed *b)
{
	events_close(b->events);
	CHECK_INT(0, bridge_stop(&b->bridge), "bridge");
	if (b->server.pid)
		peer_stop(&b->server, 500);
	close(b->silent_fd);
	pki_leaf_close(&b->leaf);
	pki_leaf_close(&b->narrow);
	pki_leaf_close(&b->strange);
	pki_leaf_close(&b->host);
	pki_close(&b->pki);
	pki_close(&b->other);
	folder_remove(&b->keys);
}

/* ---- callers ---- */

struct token {
	const struct pki_leaf *leaf;
	const char *x5u, *orig, *dest;
	long age_s;
	char attest;
	bool none, broken;
};

/* A whole Identity header, CRLF and all. */
static void write_identity(char out[IDENTITY], const struct token *t)
{
	char header[512], claims[512], token[PKI_TOKEN], *dot;

	snprintf(header, sizeof(header),
		"{\"alg\":\"%s\",\"ppt\":\"shaken\",\"typ\":\"passport\",\"x5u\":\"%s\"}",
		t->none ? "none" : "ES256", t->x5u);
	snprintf(claims, sizeof(claims),
		"{\"attest\":\"%c\",\"dest\":{\"tn\":[\"%s\"]},\"iat\":%lld,\"orig\":{\"tn\":\"%s\"},"
		"\"origid\":\"" ORIGID "\"}",
		t->attest ? t->attest : 'A', t->dest ? t->dest : CALLED, (long long)time(NULL) - t->age_s,
		t->orig ? t->orig : CALLER);
	CHECK(pki_token(t->leaf, header, claims, token), "token");
	dot = strrchr(token, '.');
	if (t->broken)
		dot[7] = dot[7] == 'x' ? 'y' : 'x';
	snprintf(out, IDENTITY, "Identity: %s;info=<%s>;alg=ES256;ppt=shaken\r\n", token, t->x5u);
}

static void open_caller(const struct bed *b, struct raw *r, const char *from)
{
	CHECK(raw_open(r, from, 0, b->bridge.sip_port, false), "a socket");
	raw_fresh(r, "+" CALLED);
}

static void invite(struct raw *r, const char *identity)
{
	static char headers[IDENTITY * 2];

	snprintf(headers, sizeof(headers), "From: <sip:+" CALLER "@%s>;tag=%s\r\n%s", r->ip, r->from_tag,
		identity ? identity : "");
	CHECK(raw_request(r, "INVITE", headers, raw_offer), "INVITE");
}

static void hang_up(struct raw *r, unsigned status)
{
	char from[RAW_TAG * 2];

	snprintf(from, sizeof(from), "From: <sip:+" CALLER "@%s>;tag=%s\r\n", r->ip, r->from_tag);
	raw_request(r, "ACK", from, NULL);
	if (status == 200 && raw_request(r, "BYE", from, NULL))
		CHECK_INT(200, raw_wait(r, WAIT_MS), "BYE");
	raw_close(r);
}

/* A whole call; its final status. */
static unsigned call(const struct bed *b, const char *from, const char *identity, char call_id[RAW_TAG])
{
	struct raw r;
	unsigned status;

	open_caller(b, &r, from);
	invite(&r, identity);
	status = raw_final(&r, WAIT_MS);
	snprintf(call_id, RAW_TAG, "%s", r.call_id);
	hang_up(&r, status);
	return status;
}

static void check_verdict(struct bed *b, const char *call_id, const char *verstat, const char *attest,
	const char *words, const char *story)
{
	json_t *record = record_of(&b->bridge, call_id, story);

	CHECK_STR(verstat, json_text_at(record, "verstat"), story);
	CHECK_STR(attest, json_text_at(record, "attest"), story);
	CHECK(strstr(json_text_at(record, "verstat_why"), words), "%s: '%s' is not in '%s'", story, words,
		json_text_at(record, "verstat_why"));
	json_decref(record);
}

/* What each policy makes of each call: FLAG lets it in and notes it, REQUIRE says RFC 8224 section 6.2.2. */
TEST(callers_are_judged_as_the_trunk_wants_it)
{
	struct bed b;

	begin(&b);
	const struct {
		const char *story;
		struct token token;
		unsigned status; /* of REQUIRE */
		const char *verstat, *attest, *words;
	} cases[] = {
		{ "proven by its provider", { .leaf = &b.leaf, .x5u = GIVEN }, 200, "passed", "A", "proven" },
		{ "with attestation C", { .leaf = &b.leaf, .x5u = GIVEN, .attest = 'C' }, 200, "passed", "C",
			"proven" },
		{ "no header", { .leaf = NULL }, 428, "none", "", "no Identity header" },
		{ "a bad signature", { .leaf = &b.leaf, .x5u = GIVEN, .broken = true }, 438, "failed", "",
			"signature" },
		{ "another's signature", { .leaf = &b.strange, .x5u = GIVEN }, 438, "failed", "",
			"signature" },
		{ "alg none", { .leaf = &b.leaf, .x5u = GIVEN, .none = true }, 438, "failed", "",
			"not one of ES256" },
		{ "another caller", { .leaf = &b.leaf, .x5u = GIVEN, .orig = "12155551213" }, 438, "failed",
			"", "another caller" },
		{ "for somebody else", { .leaf = &b.leaf, .x5u = GIVEN, .dest = "15550102" }, 438, "failed",
			"", "is called" },
		{ "two minutes old", { .leaf = &b.leaf, .x5u = GIVEN, .age_s = 120 }, 403, "failed", "",
			"Stale Date" },
		{ "a certificate of another number", { .leaf = &b.narrow, .x5u = NARROW }, 437, "failed", "",
			"may not speak" },
		{ "a certificate of nobody's trust", { .leaf = &b.strange, .x5u = STRANGE }, 437, "failed",
			"", "nobody whom the operator trusts" },
		{ "a host that is not listed", { .leaf = &b.leaf, .x5u = "https://evil.example/c.pem" }, 436,
			"none", "", "not on the operator's list" },
		{ "no https", { .leaf = &b.leaf, .x5u = "http://127.0.0.1/c.pem" }, 436, "none", "",
			"not https" },
	};
	static char identity[IDENTITY];
	char call_id[RAW_TAG];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		identity[0] = '\0';
		if (cases[i].token.leaf)
			write_identity(identity, &cases[i].token);
		CHECK_INT(200, call(&b, FLAG, identity, call_id), cases[i].story);
		check_verdict(&b, call_id, cases[i].verstat, cases[i].attest, cases[i].words, cases[i].story);
		CHECK_INT(cases[i].status, call(&b, REQUIRE, identity, call_id), cases[i].story);
		check_verdict(&b, call_id, cases[i].verstat, cases[i].attest, cases[i].words, cases[i].story);
		CHECK_INT(200, call(&b, DEAF, identity, call_id), cases[i].story);
		check_verdict(&b, call_id, "none", "", "no Identity header", cases[i].story);
		CHECK_INT(200, call(&b, IGNORE, identity, call_id), cases[i].story);
		check_verdict(&b, call_id, "", "", "", cases[i].story);
	}
	end(&b);
}

/* A token for the number that P-Asserted-Identity has proves nothing of another one in From, which is shown where that header is not
 * believed. */
TEST(the_number_that_is_shown_is_judged)
{
	enum { OTHER_ROOM = IDENTITY + 100 };
	static char identity[IDENTITY], headers[OTHER_ROOM];
	char call_id[RAW_TAG];
	struct bed b;

	begin(&b);
	write_identity(identity, &(struct token){ .leaf = &b.leaf, .x5u = GIVEN, .orig = "12155551213" });
	snprintf(headers, sizeof(headers), "P-Asserted-Identity: <sip:+12155551213@example.org>\r\n%s",
		identity);
	CHECK_INT(200, call(&b, REQUIRE, headers, call_id), "believed");
	check_verdict(&b, call_id, "passed", "A", "proven", "believed");
	CHECK_INT(438, call(&b, WARY, headers, call_id), "not believed");
	check_verdict(&b, call_id, "failed", "", "another caller", "not believed");
	end(&b);
}

/* Headers as long as a datagram may be, a compact name, and the phrase that the standard has for one of them. */
TEST(odd_headers_are_read_or_refused)
{
	static char giant[40100], identity[IDENTITY];
	char call_id[RAW_TAG];
	struct bed b;
	struct raw r;

	begin(&b);
	memset(giant, 'A', 40000);
	memcpy(giant, "Identity: ", 10);
	memcpy(giant + 40000, ";info=<" GIVEN ">\r\n", sizeof(";info=<" GIVEN ">\r\n"));
	open_caller(&b, &r, REQUIRE);
	snprintf(call_id, sizeof(call_id), "%s", r.call_id);
	CHECK(raw_request(&r, "INVITE", giant, raw_offer), "INVITE");
	CHECK_INT(438, raw_final(&r, WAIT_MS), "a giant");
	raw_request(&r, "ACK", NULL, NULL);
	raw_close(&r);
	check_verdict(&b, call_id, "failed", "", "too long", "a giant");

	write_identity(identity, &(struct token){ .leaf = &b.leaf, .x5u = GIVEN });
	memmove(identity + 1, identity + 8, strlen(identity + 8) + 1);
	identity[0] = 'y';
	CHECK_INT(200, call(&b, REQUIRE, identity, call_id), "RFC 8224 section 14.1: y is Identity");

	write_identity(identity, &(struct token){ .leaf = &b.leaf, .x5u = GIVEN, .age_s = 100 });
	open_caller(&b, &r, REQUIRE);
	invite(&r, identity);
	CHECK_INT(403, raw_final(&r, WAIT_MS), "an old token");
	CHECK(raw_has(&r, "SIP/2.0 403 Stale Date\r\n"), "%.60s", r.last);
	CHECK(raw_has(&r, "Reason: Q.850;cause=21;text=\"Stale Date: the token was made 10"), "%s", r.last);
	hang_up(&r, 403);
	end(&b);
}

/* SIGHUP: other anchors, and what was believed before is not any more. */
TEST(anchors_are_read_anew)
{
	static char identity[IDENTITY];
	char call_id[RAW_TAG];
	struct bed b;

	begin(&b);
	write_identity(identity, &(struct token){ .leaf = &b.strange, .x5u = STRANGE });
	CHECK_INT(437, call(&b, REQUIRE, identity, call_id), "not trusted yet");
	put(&b, "anchor.pem", "nothing\n");
	peer_signal(&b.bridge.peer, SIGHUP);
	CHECK(peer_wait_line(&b.bridge.peer, "no certificate in it", WAIT_MS), "a bad file is refused");
	write_identity(identity, &(struct token){ .leaf = &b.leaf, .x5u = GIVEN });
	CHECK_INT(200, call(&b, REQUIRE, identity, call_id), "and the old stay");
	put(&b, "anchor.pem", b.other.pem);
	peer_signal(&b.bridge.peer, SIGHUP);
	test_sleep_ms(500);
	write_identity(identity, &(struct token){ .leaf = &b.strange, .x5u = STRANGE });
	CHECK_INT(200, call(&b, REQUIRE, identity, call_id), "trusted now");
	write_identity(identity, &(struct token){ .leaf = &b.leaf, .x5u = GIVEN });
	CHECK_INT(437, call(&b, REQUIRE, identity, call_id), "not any more");
	end(&b);
}

/* While the call is up: event, API, metadata for whoever decides next. */
TEST(the_verdict_can_be_seen)
{
	static char identity[IDENTITY];
	struct bed b;
	struct raw r;
	const json_t *event;
	json_t *calls;
	int n;

	begin(&b);
	write_identity(identity, &(struct token){ .leaf = &b.leaf, .x5u = GIVEN, .attest = 'B' });
	open_caller(&b, &r, FLAG);
	invite(&r, identity);
	CHECK_INT(200, raw_final(&r, WAIT_MS), "INVITE");
	n = events_wait(b.events, 0, "call.verified", "call_id", r.call_id, WAIT_MS);
	CHECK(n >= 0, "an event");
	event = events_get(b.events, n, NULL);
	CHECK_STR("passed", json_text_at(event, "stir.verstat"), "event");
	CHECK_STR("B", json_text_at(event, "stir.attest"), "event");
	CHECK_STR(ORIGID, json_text_at(event, "stir.origid"), "event");
	calls = bridge_get(&b.bridge, "/v1/calls");
	CHECK_STR("passed", json_text_at(calls, "items.0.media.stir.verstat"), "API");
	CHECK_STR("B", json_text_at(calls, "items.0.media.stir.attest"), "API");
	json_decref(calls);
	hang_up(&r, 200);
	end(&b);
}

/* A certificate is fetched once, and its server need not be there for the next call. */
TEST(certificates_are_fetched_and_kept)
{
	static char identity[IDENTITY];
	char url[96], call_id[RAW_TAG];
	struct bed b;

	begin(&b);
	snprintf(url, sizeof(url), "https://127.0.0.1:%u/shaken.pem", b.https_port);
	for (int i = 0; i < 2; i++) {
		write_identity(identity, &(struct token){ .leaf = &b.leaf, .x5u = url });
		CHECK_INT(200, call(&b, REQUIRE, identity, call_id), "fetched, then kept");
		check_verdict(&b, call_id, "passed", "A", "proven", url);
		if (i == 0)
			peer_stop(&b.server, 500);
	}
	start_server(&b, "https-again");
	snprintf(url, sizeof(url), "https://127.0.0.1:%u/no.pem", b.https_port);
	write_identity(identity, &(struct token){ .leaf = &b.leaf, .x5u = url });
	CHECK_INT(436, call(&b, REQUIRE, identity, call_id), "no certificate");
	check_verdict(&b, call_id, "none", "", "no certificate", url);

	/* a name on the list that leads behind the firewall */
	snprintf(url, sizeof(url), "https://localhost:%u/shaken.pem", b.https_port);
	write_identity(identity, &(struct token){ .leaf = &b.leaf, .x5u = url });
	CHECK_INT(436, call(&b, REQUIRE, identity, call_id), "localhost");
	check_verdict(&b, call_id, "none", "", "cannot be fetched", url);
	end(&b);
}

/* INVITE, 100 at once, then 200 or 436 when time is up; CANCEL while it waits; and others are not kept waiting. */
TEST(nobody_waits_for_a_server_that_is_silent)
{
	static char identity[IDENTITY];
	char url[96], call_id[RAW_TAG];
	struct bed b;
	struct raw r;
	uint64_t start_ms, took_ms;

	begin(&b);
	snprintf(url, sizeof(url), "https://127.0.0.1:%u/a.pem", b.silent_port);
	write_identity(identity, &(struct token){ .leaf = &b.leaf, .x5u = url });
	open_caller(&b, &r, FLAG);
	start_ms = test_now_ms();
	invite(&r, identity);
	CHECK_INT(100, raw_any(&r, WAIT_MS), "100 Trying");
	CHECK_INT(200, call(&b, IGNORE, NULL, call_id), "another call, meanwhile");
	CHECK_INT(200, raw_final(&r, WAIT_MS), "INVITE");
	took_ms = test_now_ms() - start_ms;
	print_message("answered after %u ms\n", (unsigned)took_ms);
	CHECK(took_ms >= STIR_MS - 60, "it was not waited for: %u ms", (unsigned)took_ms);
	CHECK(took_ms < STIR_MS + 250, "it was waited for too long: %u ms", (unsigned)took_ms);
	check_verdict(&b, call_id, "", "", "", "the other");
	snprintf(call_id, sizeof(call_id), "%s", r.call_id);
	hang_up(&r, 200);
	check_verdict(&b, call_id, "none", "", "not there in time", "the server is silent");

	CHECK_INT(436, call(&b, REQUIRE, identity, call_id), "where proof is required");

	open_caller(&b, &r, REQUIRE);
	invite(&r, identity);
	CHECK_INT(100, raw_any(&r, WAIT_MS), "100 Trying");
	snprintf(identity, sizeof(identity), "From: <sip:+" CALLER "@%s>;tag=%s\r\n", r.ip, r.from_tag);
	raw_request(&r, "CANCEL", identity, NULL);
	CHECK_INT(200, raw_wait(&r, WAIT_MS), "CANCEL");
	CHECK_INT(487, raw_final(&r, WAIT_MS), "INVITE");
	snprintf(call_id, sizeof(call_id), "%s", r.call_id);
	hang_up(&r, 487);
	check_verdict(&b, call_id, "", "", "", "given up while it waited");
	CHECK(bridge_wait_count(&b.bridge, "/v1/calls", 0, WAIT_MS), "calls are left");
	end(&b);
}

/* ---- SIPp ---- */

static const char sipp_call[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<scenario name=\"proven\">\n<send "
	"retrans=\"500\"><![CDATA[\n"
	"INVITE sip:+" CALLED "@[remote_ip]:[remote_port] SIP/2.0\n"
	"Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]\n"
	"From: <sip:+" CALLER "@[local_ip]>;tag=[call_number]p\n"
	"To: <sip:+" CALLED "@[remote_ip]>\nCall-ID: [call_id]\nCSeq: 1 INVITE\n"
	"Contact: <sip:c@[local_ip]:[local_port]>\nMax-Forwards: 70\n%s"
	"Content-Type: application/sdp\nContent-Length: [len]\n\n"
	"v=0\no=- 1 1 IN IP4 [local_ip]\ns=-\nc=IN IP4 [local_ip]\nt=0 0\nm=audio 30000 RTP/AVP "
	"0\n]]></send>\n"
	"<recv response=\"100\" optional=\"true\"/>\n<recv response=\"%u\" rrs=\"true\"/>\n"
	"<send><![CDATA[\nACK sip:+" CALLED "@[remote_ip]:[remote_port] SIP/2.0\n[last_Via:]\n"
	"From: <sip:+" CALLER "@[local_ip]>;tag=[call_number]p\nTo: <sip:+" CALLED
	"@[remote_ip]>[peer_tag_param]\nCall-ID: [call_id]\nCSeq: 1 ACK\n"
	"Max-Forwards: 70\nContent-Length: 0\n\n]]></send>\n%s</scenario>\n";
static const char sipp_bye[] =
	"<send retrans=\"500\"><![CDATA[\nBYE [next_url] SIP/2.0\n"
	"Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]\n"
	"From: <sip:+" CALLER "@[local_ip]>;tag=[call_number]p\nTo: <sip:+" CALLED
	"@[remote_ip]>[peer_tag_param]\nCall-ID: [call_id]\nCSeq: 2 BYE\n"
	"Max-Forwards: 70\nContent-Length: 0\n\n]]></send>\n<recv response=\"200\"/>\n";

static void run_sipp(struct bed *b, const char *from, const char *identity, unsigned status, unsigned calls)
{
	static char scenario[16384];
	char to[32], count[16];
	struct peer sipp;
	int code;

	snprintf(scenario, sizeof(scenario), sipp_call, identity, status, status == 200 ? sipp_bye : "");
	put(b, "call.xml", scenario);
	snprintf(to, sizeof(to), "127.0.0.1:%u", b->bridge.sip_port);
	snprintf(count, sizeof(count), "%u", calls);
	{
		const char *const argv[] = { "sipp", to, "-sf", folder_file(&b->keys, "call.xml"), "-i", from,
			"-m", count, "-r", "20", "-timeout", "20s", "-timeout_error", "-nostdin", NULL };

		CHECK(peer_start(&sipp, &b->keys, "sipp", argv), "sipp");
	}
	code = peer_wait_exit(&sipp, 25000);
	if (code)
		peer_show(&sipp);
	CHECK_INT(0, code, "SIPp");
}

static int count_verdicts(struct bed *b, const char *trunk, const char *verstat)
{
	char path[64];
	json_t *records, *one;
	size_t i;
	int n = 0;

	snprintf(path, sizeof(path), "/v1/records?trunk=%s", trunk);
	records = bridge_get(&b->bridge, path);
	json_array_foreach(json_object_get(records, "items"), i, one) n +=
		strcmp(json_text_at(one, "verstat"), verstat) == 0;
	json_decref(records);
	return n;
}

struct wanted {
	struct bed *b;
	const char *trunk, *verstat;
	int n;
};

static bool are_there(void *arg)
{
	const struct wanted *w = arg;

	return count_verdicts(w->b, w->trunk, w->verstat) == w->n;
}

TEST(sipp_calls_twenty_times)
{
	static char identity[IDENTITY];
	char url[96], *metrics;
	struct bed b;

	begin(&b);
	snprintf(url, sizeof(url), "https://127.0.0.1:%u/shaken.pem", b.https_port);
	write_identity(identity, &(struct token){ .leaf = &b.leaf, .x5u = url });
	run_sipp(&b, REQUIRE, identity, 200, 20);
	run_sipp(&b, REQUIRE, "", 428, 20);
	write_identity(identity, &(struct token){ .leaf = &b.leaf, .x5u = url, .broken = true });
	run_sipp(&b, REQUIRE, identity, 438, 20);
	CHECK(wait_until(are_there, &(struct wanted){ &b, "require", "passed", 20 }, WAIT_MS), "passed");
	CHECK(wait_until(are_there, &(struct wanted){ &b, "require", "none", 20 }, WAIT_MS), "none");
	CHECK(wait_until(are_there, &(struct wanted){ &b, "require", "failed", 20 }, WAIT_MS), "failed");
	metrics = bridge_text(&b.bridge, "GET", "/metrics", NULL, NULL, NULL);
	CHECK(metrics && strstr(metrics, "partyline_callers_total{verstat=\"passed\"} 20\n") &&
			strstr(metrics, "partyline_callers_total{verstat=\"none\"} 20\n") &&
			strstr(metrics, "partyline_callers_total{verstat=\"failed\"} 20\n"),
		"metrics");
	free(metrics);
	end(&b);
}

TESTS(callers_are_judged_as_the_trunk_wants_it, the_number_that_is_shown_is_judged,
	odd_headers_are_read_or_refused, anchors_are_read_anew, the_verdict_can_be_seen,
	certificates_are_fetched_and_kept, nobody_waits_for_a_server_that_is_silent, sipp_calls_twenty_times)
