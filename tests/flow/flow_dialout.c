/* links: tests/gate.c tests/rawsip.c */
#include "tests/flow/ask.h"
#include "tests/flow/bridge.h"
#include "tests/flow/events.h"
#include "tests/flow/srv.h"
#include "tests/gate.h"
#include "tests/rawsip.h"
#include "tests/test.h"

#include <stdlib.h>

/* A meeting calls out through two trunks: `first` with gateways at 127.0.0.11 and 127.0.0.12, `second` with one at 127.0.0.13.  SIPp
 * stands at each; what it wrote down says whether it was asked. */

enum { GATEWAYS = 3, T1_MS = 50, SITE = 4096, WAIT_MS = 5000 };

static const char *const addresses[GATEWAYS] = { "127.0.0.11", "127.0.0.12", "127.0.0.13" };

/* What a gateway does is a word or two: "486", "503 Retry-After: 2", "answer", "silent", "closed" (nobody is there). */
struct bed {
	struct bridge bridge;
	struct events *events;
	uint16_t ports[GATEWAYS];
	struct peer sipp[GATEWAYS];
	bool runs[GATEWAYS];
	char id[ASK_ID];
};

static bool write_refusal(const struct bed *b, const char *name, const char *does)
{
	char text[2048], answer[1024] = "";

	if (strcmp(does, "silent") != 0)
		snprintf(answer, sizeof(answer),
			"<send retrans=\"200\"><![CDATA[\nSIP/2.0 %.3s Said\n[last_Via:]\n[last_From:]\n"
			"[last_To:];tag=[pid]r[call_number]\n[last_Call-ID:]\n[last_CSeq:]\n%s%sContent-"
			"Length: 0\n\n"
			"]]></send>\n<recv request=\"ACK\"/>\n",
			does, does[3] ? does + 4 : "", does[3] ? "\n" : "");
	snprintf(text, sizeof(text),
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<scenario name=\"refuses\">\n<recv "
		"request=\"INVITE\"/>\n%s"
		"<pause milliseconds=\"1000\"/>\n</scenario>\n",
		answer);
	return folder_write(&b->bridge.folder, name, text);
}

static void start_gateway(struct bed *b, unsigned i, const char *does)
{
	char name[32], port[8], messages[FOLDER_PATH + 40], scenario[FOLDER_PATH + 40];
	const bool answers = strcmp(does, "answer") == 0;

	if (strcmp(does, "closed") == 0)
		return;
	snprintf(name, sizeof(name), "gateway-%u.xml", i);
	snprintf(port, sizeof(port), "%u", b->ports[i]);
	snprintf(messages, sizeof(messages), "%s/gateway-%u.messages", b->bridge.folder.path, i);
	if (answers)
		snprintf(scenario, sizeof(scenario), "tests/flow/sipp/gateway_answers.xml");
	else
		snprintf(scenario, sizeof(scenario), "%s/%s", b->bridge.folder.path, name);
	CHECK(answers || write_refusal(b, name, does), "scenario");
	snprintf(name, sizeof(name), "gateway-%u", i);
	{
		const char *const argv[] = { "sipp", "-sf", scenario, "-i", addresses[i], "-p", port,
			"-nostdin", "-trace_msg", "-message_file", messages, "-timeout", "60s", NULL };

		CHECK(peer_start(&b->sipp[i], &b->bridge.folder, name, argv), "sipp");
		b->runs[i] = true;
	}
}

/* How many INVITEs the gateway was sent; repetitions are counted by their branch. */
static unsigned asked(const struct bed *b, unsigned i)
{
	char path[FOLDER_PATH + 40], line[512], seen[16][64] = { "" };
	unsigned n = 0;
	FILE *f;
	bool invite = false;

	snprintf(path, sizeof(path), "%s/gateway-%u.messages", b->bridge.folder.path, i);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "INVITE ", 7) == 0)
			invite = true;
		if (invite && strncmp(line, "Call-ID: ", 9) == 0) {
			unsigned k = 0;

			invite = false;
			while (k < n && strncmp(seen[k], line + 9, 32) != 0)
				k++;
			if (k == n && n < 16)
				snprintf(seen[n++], sizeof(seen[0]), "%.32s", line + 9);
		}
	}
	if (f)
		fclose(f);
	return n;
}

static void write_site(const struct bed *b, char out[SITE], const char *first, const char *more)
{
	char gateways[300];

	if (first)
		snprintf(gateways, sizeof(gateways), "%s", first);
	else
		snprintf(gateways, sizeof(gateways), "\"sip:127.0.0.11:%u\", \"sip:127.0.0.12:%u\"",
			b->ports[0], b->ports[1]);
	snprintf(out, SITE,
		"accounts:\n  - name: acme\n    meetings:\n      - { id: \"100200300\", name: Open }\n"
		"trunks:\n"
		"  - name: first\n    outbound: { gateways: [ %s ], username: us, password: secret, realm: "
		"carrier, "
		"keepalive: false%s }\n"
		"  - name: second\n    outbound: { gateways: [ \"sip:127.0.0.13:%u\" ], keepalive: false }\n"
		"routes:\n  - { account: acme, prefix: \"+1\", trunks: [ first, second ], caller_id: "
		"\"+15550100\" }\n"
		"numbers:\n  - { number: \"+15550100\", account: acme, answer: attendant }\n",
		gateways, more ? more : "", b->ports[2]);
}

static void begin(struct bed *b, const char *const plans[GATEWAYS], const char *gateways, const char *more,
	const char *node)
{
	static char site[SITE];

	memset(b, 0, sizeof(*b));
	for (unsigned i = 0; i < GATEWAYS; i++)
		b->ports[i] = free_sip_port(addresses[i]);
	write_site(b, site, gateways, more);
	CHECK(bridge_start(&b->bridge, &(struct bridge_setup){ .site = site, .t1_ms = T1_MS, .node = node }),
		"bridge");
	b->events = events_open(&b->bridge, NULL);
	CHECK(b->events, "events");
	for (unsigned i = 0; i < GATEWAYS; i++)
		if (plans)
			start_gateway(b, i, plans[i]);
	if (plans)
		test_sleep_ms(300); /* SIPp says nothing when it listens */
}

static void end(struct bed *b)
{
	events_close(b->events);
	CHECK_INT(0, bridge_stop(&b->bridge), "bridge");
	for (unsigned i = 0; i < GATEWAYS; i++)
		if (b->runs[i])
			peer_stop(&b->sipp[i], 500);
}

static void dial(struct bed *b, const char *to)
{
	ask_call(&b->bridge, to, b->id);
}

static int wait_event(struct bed *b, const char *type)
{
	return events_need(b->events, &b->bridge, type, "id", b->id, WAIT_MS);
}

static void hang_up(struct bed *b)
{
	ask_hang_up(&b->bridge, b->id);
	CHECK(bridge_wait_count(&b->bridge, "/v1/calls", 0, WAIT_MS), "calls are left");
}

/* What the first gateway does, and who was asked next (FEATURES O10): INVITEs at each of the three. */
TEST(failures_move_on_and_answers_do_not)
{
	static const struct {
		const char *story;
		const char *plans[GATEWAYS];
		unsigned asked[GATEWAYS];
		const char *event;
		unsigned status;
	} cases[] = {
		{ "500", { "500", "answer", "answer" }, { 1, 1, 0 }, "dialout.answered", 0 },
		{ "503", { "503", "answer", "answer" }, { 1, 1, 0 }, "dialout.answered", 0 },
		{ "408", { "408", "answer", "answer" }, { 1, 1, 0 }, "dialout.answered", 0 },
		{ "silence", { "silent", "answer", "answer" }, { 1, 1, 0 }, "dialout.answered", 0 },
		{ "both gateways, then the next trunk", { "500", "502", "answer" }, { 1, 1, 1 },
			"dialout.answered", 0 },
		{ "all of them", { "500", "500", "503" }, { 1, 1, 1 }, "dialout.failed", 503 },
		{ "486 is busy at the first (O10)", { "486", "answer", "answer" }, { 1, 0, 0 },
			"dialout.busy", 486 },
		{ "480", { "480", "answer", "answer" }, { 1, 0, 0 }, "dialout.no_answer", 480 },
		{ "480 for want of a circuit", { "480 Reason: Q.850;cause=34", "answer", "answer" },
			{ 1, 1, 0 }, "dialout.answered", 0 },
		{ "603", { "603", "answer", "answer" }, { 1, 0, 0 }, "dialout.failed", 603 },
		{ "404", { "404", "answer", "answer" }, { 1, 0, 0 }, "dialout.failed", 404 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bed b;
		const json_t *event;

		begin(&b, cases[i].plans, NULL, NULL, NULL);
		dial(&b, "+15550199");
		event = events_get(b.events, wait_event(&b, cases[i].event), NULL);
		if (cases[i].status) {
			CHECK_INT(cases[i].status, json_at(event, "status", 0), cases[i].story);
			CHECK(json_text_at(event, "q850_words")[0], "%s: cause in words", cases[i].story);
			test_sleep_ms(200); /* nobody else is asked afterwards */
		} else {
			hang_up(&b);
		}
		for (unsigned g = 0; g < GATEWAYS; g++)
			CHECK(asked(&b, g) == cases[i].asked[g], "%s: gateway %u was asked %u times",
				cases[i].story, g, asked(&b, g));
		end(&b);
	}
}

/* 503 with Retry-After: the gateway is left alone for so long, then asked again. */
TEST(retry_after_is_kept)
{
	static const char *const plans[GATEWAYS] = { "503 Retry-After: 2", "answer", "answer" };
	struct bed b;

	begin(&b, plans, NULL, NULL, NULL);
	dial(&b, "+15550199");
	wait_event(&b, "dialout.answered");
	hang_up(&b);
	dial(&b, "+15550199");
	wait_event(&b, "dialout.answered");
	hang_up(&b);
	CHECK(asked(&b, 0) == 1 && asked(&b, 1) == 2, "%u and %u", asked(&b, 0), asked(&b, 1));
	test_sleep_ms(2100);
	dial(&b, "+15550199");
	wait_event(&b, "dialout.answered");
	hang_up(&b);
	CHECK(asked(&b, 0) == 2 && asked(&b, 1) == 3, "%u and %u", asked(&b, 0), asked(&b, 1));
	end(&b);
}

/* Nobody listens at the first gateway's TCP port. */
TEST(refused_connection)
{
	static const char *const plans[GATEWAYS] = { "closed", "closed", "answer" };
	struct bed b;
	char gateways[80];

	snprintf(gateways, sizeof(gateways), "\"sip:127.0.0.11:%u;transport=tcp\"",
		free_tcp_port("127.0.0.11"));
	begin(&b, plans, gateways, NULL, NULL);
	dial(&b, "+15550199");
	wait_event(&b, "dialout.rerouted");
	wait_event(&b, "dialout.answered");
	hang_up(&b);
	CHECK_INT(1, asked(&b, 2), "the second trunk");
	end(&b);
}

/* ladder:  dialling, ringing, answered; then nobody is in the meeting before 1 is pressed (O2), and record and roster say it all. */
TEST(states_and_record)
{
	static const char *const plans[GATEWAYS] = { "answer", "closed", "closed" };
	struct bed b;
	json_t *list;
	int queued, ringing, answered;

	begin(&b, plans, NULL, NULL, NULL);
	dial(&b, "+15550199");
	queued = wait_event(&b, "dialout.queued");
	ringing = wait_event(&b, "dialout.ringing");
	answered = wait_event(&b, "dialout.answered");
	CHECK(queued < ringing && ringing < answered, "in order");
	CHECK_INT(0, bridge_count(&b.bridge, "/v1/meetings/100200300/participants"), "nobody is in it yet");
	list = bridge_get(&b.bridge, "/v1/meetings/100200300/calls");
	CHECK_STR("answered", json_text_at(list, "items.0.state"), "listed");
	CHECK_STR("first", json_text_at(list, "items.0.trunk"), "trunk");
	json_decref(list);
	hang_up(&b);
	CHECK(bridge_wait_count(&b.bridge, "/v1/records?trunk=first", 1, WAIT_MS), "a record");
	list = bridge_get(&b.bridge, "/v1/records?trunk=first");
	CHECK_STR("out", json_text_at(list, "items.0.direction"), "direction");
	CHECK_STR(b.id, json_text_at(list, "items.0.dialout"), "dial-out");
	CHECK_INT(200, json_at(list, "items.0.sip_status", 0), "status");
	CHECK(strstr(json_text_at(list, "items.0.cause"), "hung up by the operator"), "%s",
		json_text_at(list, "items.0.cause"));
	json_decref(list);
	end(&b);
}

/* A hand-made far end presses 1 with INFO: then, and not before, it is in the meeting. */
TEST(press_1_to_join)
{
	struct bed b;
	struct gate g;
	struct gate_request invite, r;
	char gateways[64], text[1400];
	json_t *row;

	CHECK(gate_open(&g, "127.0.0.11"), "socket");
	snprintf(gateways, sizeof(gateways), "\"sip:127.0.0.11:%u\"", g.port);
	begin(&b, NULL, gateways, NULL, NULL);
	dial(&b, "+15550199");
	CHECK(gate_wait(&g, &invite, "INVITE", WAIT_MS), "INVITE");
	CHECK(strstr(gate_header(&invite, "From"), "sip:+15550100@"), "%s", gate_header(&invite, "From"));
	CHECK(strstr(gate_header(&invite, "P-Asserted-Identity"), "+15550100"), "asserted");
	gate_answer(&g, &invite, 183, "a", NULL, gate_sdp);
	wait_event(&b, "dialout.early");
	CHECK_INT(0, bridge_count(&b.bridge, "/v1/meetings/100200300/participants"),
		"early media is in no room (O6)");
	gate_answer(&g, &invite, 200, "a", NULL, gate_sdp);
	CHECK(gate_wait(&g, &r, "ACK", WAIT_MS), "ACK");
	wait_event(&b, "dialout.answered");
	CHECK_INT(0, bridge_count(&b.bridge, "/v1/meetings/100200300/participants"),
		"an answer alone joins nobody");
	snprintf(text, sizeof(text), "Content-Type: application/dtmf-relay\r\n");
	gate_request_body(&g, &invite, "INFO", "a", 1, text, "Signal=1\r\nDuration=160\r\n");
	row = roster_wait(&b.bridge, "100200300", "Bob", WAIT_MS);
	CHECK(row, "not in the meeting after 1");
	json_decref(row);
	gate_request(&g, &invite, "BYE", "a", 2);
	CHECK(bridge_wait_count(&b.bridge, "/v1/calls", 0, WAIT_MS), "gone");
	gate_close(&g);
	end(&b);
}

/* It rings for ever: CANCEL after ring_s, no other gateway; hung up while ringing: CANCEL at once. */
TEST(ringing_ends)
{
	struct bed b;
	struct gate g;
	struct gate_request invite, r;
	char gateways[64];

	CHECK(gate_open(&g, "127.0.0.11"), "socket");
	snprintf(gateways, sizeof(gateways), "\"sip:127.0.0.11:%u\"", g.port);
	begin(&b, NULL, gateways, ", ring_s: 1", NULL);
	for (int by_us = 0; by_us < 2; by_us++) {
		dial(&b, "+15550199");
		CHECK(gate_wait(&g, &invite, "INVITE", WAIT_MS), "INVITE");
		gate_answer(&g, &invite, 180, "a", NULL, NULL);
		wait_event(&b, "dialout.ringing");
		if (by_us)
			hang_up(&b);
		CHECK(gate_wait(&g, &r, "CANCEL", WAIT_MS), "CANCEL");
		gate_answer(&g, &r, 200, NULL, NULL, NULL);
		gate_answer(&g, &invite, 487, "a", NULL, NULL);
		wait_event(&b, by_us ? "dialout.failed" : "dialout.no_answer");
		CHECK(gate_quiet(&g, "INVITE", 200), "asked again");
	}
	gate_close(&g);
	end(&b);
}

/* Limits: one channel, one call a second; maintenance. */
TEST(limits_of_a_trunk)
{
	static char site[SITE];
	static const char *const plans[GATEWAYS] = { "answer", "closed", "answer" };
	struct bed b;
	char gateways[64], *limits;

	begin(&b, plans, NULL, NULL, NULL);
	snprintf(gateways, sizeof(gateways), "\"sip:127.0.0.11:%u\"", b.ports[0]);
	write_site(&b, site, gateways, " }\n    limits: { channels: 1");
	CHECK_INT(200, bridge_put_site(&b.bridge, site, NULL), "one channel");
	dial(&b, "+15550199");
	wait_event(&b, "dialout.answered");
	dial(&b, "+15550198");
	wait_event(&b, "dialout.answered");
	CHECK(asked(&b, 0) == 1 && asked(&b, 2) == 1, "the second call took the second trunk: %u, %u",
		asked(&b, 0), asked(&b, 2));
	write_site(&b, site, gateways, " }\n    maintenance: true\n    limits: { channels: 9");
	limits = strstr(site, "maintenance");
	CHECK(limits && bridge_put_site(&b.bridge, site, NULL) == 200, "maintenance");
	CHECK_INT(2, bridge_count(&b.bridge, "/v1/calls"), "live calls go on (T26)");
	dial(&b, "+15550197");
	wait_event(&b, "dialout.answered");
	CHECK(asked(&b, 0) == 1 && asked(&b, 2) == 2, "drained: %u, %u", asked(&b, 0), asked(&b, 2));
	end(&b);
}

/* The same limits inbound: the second call within a second, and any in maintenance, get 503 and when to come again (T21, T26). */
TEST(limits_inbound)
{
	static const char site[] =
		"accounts:\n  - name: acme\n    meetings: [ { id: \"100200300\", name: Open } ]\n"
		"trunks:\n  - name: in\n    inbound: { from: [ 127.0.0.2/32 ] }\n%s"
		"numbers:\n  - { number: \"+15550101\", account: acme, answer: \"meeting:100200300\" }\n";
	static const char *const limits[] = { "    limits: { calls_per_second: 1 }\n",
		"    maintenance: true\n" };
	struct bed b;
	struct raw r;
	char text[600];

	begin(&b, NULL, NULL, NULL, NULL);
	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), site, limits[i]);
		CHECK_INT(200, bridge_put_site(&b.bridge, text, NULL), "site");
		CHECK(raw_open(&r, "127.0.0.2", 0, b.bridge.sip_port, false), "socket");
		if (i == 0)
			CHECK_INT(200, raw_call(&r, "+15550101"), "the first");
		CHECK_INT(503, raw_call(&r, "+15550101"), limits[i]);
		CHECK(raw_has(&r, "Retry-After: "), "%s", r.last);
		raw_close(&r);
	}
	end(&b);
}

TEST(what_cannot_be_called)
{
	static const struct {
		const char *path, *body;
		long status;
	} cases[] = {
		{ "/v1/meetings/999/calls", "{\"to\":\"+15550199\"}", 404 },
		{ "/v1/meetings/100200300/calls", "{}", 400 },
		{ "/v1/meetings/100200300/calls", "{\"to\":\"nobody\"}", 400 },
		{ "/v1/meetings/100200300/calls", "{\"to\":\"+19005550199\"}", 403 }, /* premium (S3) */
		{ "/v1/meetings/100200300/calls", "{\"to\":\"+4930123456\"}", 422 },
	};
	struct bed b;

	begin(&b, NULL, NULL, NULL, NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		long status;

		json_decref(bridge_call(&b.bridge, "POST", cases[i].path, NULL, cases[i].body, &status));
		CHECK_INT(cases[i].status, status, cases[i].body);
	}
	end(&b);
}

/* An account's ceiling: one call at a time, and the place is free again when that one is over (S3). */
TEST(an_account_may_call_so_often)
{
	static char site[SITE];
	static const char *const plans[GATEWAYS] = { "answer", "closed", "closed" };
	struct bed b;
	json_t *answer;
	char *at;
	long status;

	begin(&b, plans, NULL, NULL, NULL);
	write_site(&b, site, NULL, NULL);
	at = strstr(site, "    meetings:");
	memmove(at + 35, at, strlen(at) + 1);
	memcpy(at, "    dialling: { concurrent: 1 }   \n", 35);
	CHECK_INT(200, bridge_put_site(&b.bridge, site, NULL), site);
	dial(&b, "+15550199");
	wait_event(&b, "dialout.answered");
	answer = bridge_call(
		&b.bridge, "POST", "/v1/meetings/100200300/calls", NULL, "{\"to\":\"+15550198\"}", &status);
	CHECK_INT(403, status, "the second at once");
	CHECK(json_text_at(answer, "error.message")[0], "it says why");
	json_decref(answer);
	hang_up(&b);
	dial(&b, "+15550199");
	wait_event(&b, "dialout.answered");
	hang_up(&b);
	end(&b);
}

/* ---- with a name server: SRV members by priority, one of them down ---- */

TEST(srv_member_down)
{
	static const char *const plans[GATEWAYS] = { "closed", "answer", "answer" };
	static char site[SITE];
	struct folder folder;
	struct peer dns;
	struct bed b;
	char node[64];
	uint16_t at, dead = free_udp_port("127.0.0.11"), alive = free_sip_port("127.0.0.12");

	CHECK(folder_make(&folder), "folder");
	at = free_udp_port("127.0.0.1");
	srv_start(&folder, &dns, at, dead, alive);
	snprintf(node, sizeof(node), "dns: \"127.0.0.1:%u\"\n", at);
	begin(&b, NULL, "\"sip:carrier.test\"", NULL, node);
	b.ports[1] = alive;
	start_gateway(&b, 1, plans[1]);
	start_gateway(&b, 2, plans[2]);
	test_sleep_ms(300);
	write_site(&b, site, "\"sip:carrier.test\"", NULL);
	CHECK(bridge_wait_count(&b.bridge, "/v1/trunks", 2, WAIT_MS), "trunks");
	CHECK(bridge_wait_number(
		      &b.bridge, "/v1/trunks", "items.0.gateways.0.members.1.priority", 20, WAIT_MS),
		"members were found");
	dial(&b, "+15550199");
	wait_event(&b, "dialout.rerouted");
	wait_event(&b, "dialout.answered");
	CHECK_INT(1, asked(&b, 1), "the second member");
	CHECK_INT(0, asked(&b, 2), "never the name's own address, nor the next trunk");
	hang_up(&b);
	dial(&b, "+15550199");
	wait_event(&b, "dialout.answered");
	CHECK_INT(2, asked(&b, 1), "the dead member rests: asked at once");
	hang_up(&b);
	end(&b);
	peer_stop(&dns, 1000);
	folder_remove(&folder);
}

/* ---- with Kamailio as the carrier ---- */

static void with_kamailio(const char *hash)
{
	struct bed b;
	struct peer carrier;
	char listen[64], gateway[64], define[32], gateways[64], folder[FOLDER_PATH];
	const uint16_t port = free_sip_port("127.0.0.11");
	json_t *trunks;

	snprintf(gateways, sizeof(gateways), "\"sip:127.0.0.11:%u\"", port);
	begin(&b, NULL, gateways, ", register: true", NULL);
	b.ports[1] = free_sip_port(addresses[1]);
	start_gateway(&b, 1, "answer");
	snprintf(listen, sizeof(listen), "LISTEN=udp:127.0.0.11:%u", port);
	snprintf(gateway, sizeof(gateway), "GATEWAY=\"sip:127.0.0.12:%u\"", b.ports[1]);
	snprintf(define, sizeof(define), "HASH=\"%s\"", hash);
	snprintf(folder, sizeof(folder), "%s", b.bridge.folder.path);
	{
		const char *const argv[] = { "kamailio", "-f", "tests/flow/kamailio/carrier.cfg", "-DD", "-E",
			"-m", "32", "-M", "4", "-Y", folder, "-A", listen, "-A", gateway, "-A", define,
			NULL };

		CHECK(peer_start(&carrier, &b.bridge.folder, "kamailio", argv), "kamailio");
	}
	if (!bridge_wait_number(&b.bridge, "/v1/trunks", "items.0.gateways.0.registered", 1, 40000))
		peer_show(&carrier);
	trunks = bridge_get(&b.bridge, "/v1/trunks");
	CHECK_INT(1, json_at(trunks, "items.0.gateways.0.registered", 0), hash);
	json_decref(trunks);
	CHECK(peer_wait_line(&carrier, "carrier: registered", 2000), "Kamailio has it");
	dial(&b, "+15550199");
	wait_event(&b, "dialout.answered");
	CHECK(peer_wait_line(&carrier, "carrier: INVITE of us for +15550199", 2000), "with our user name");
	hang_up(&b);
	CHECK(peer_wait_line(&carrier, "carrier: BYE through Record-Route", 2000), "BYE by the route");
	CHECK_INT(1, asked(&b, 1), "the gateway behind it");
	end(&b);
	peer_stop(&carrier, 2000);
}

TEST(kamailio_registrar_and_proxy_md5)
{
	with_kamailio("MD5");
}

TEST(kamailio_registrar_and_proxy_sha_256)
{
	with_kamailio("SHA-256");
}

TESTS(failures_move_on_and_answers_do_not, retry_after_is_kept, refused_connection, states_and_record,
	press_1_to_join, ringing_ends, limits_of_a_trunk, limits_inbound, what_cannot_be_called,
	an_account_may_call_so_often, srv_member_down, kamailio_registrar_and_proxy_md5,
	kamailio_registrar_and_proxy_sha_256)
