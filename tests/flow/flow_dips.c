/* links: tests/gate.c tests/rawsip.c */
#include "tests/flow/ask.h"
#include "tests/flow/events.h"
#include "tests/gate.h"
#include "tests/rawsip.h"
#include "tests/test.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

/* What the DNS says of numbers (FEATURES N5).  Calls to +1 go by `pstn`, then by `peer`; to +44 by `peer` alone.  dnsmasq knows
 * some numbers under e.test (ENUM), l.test (portability) and c.test (names); or somebody else sits at its port. */

enum { WAIT_MS = 5000, TEXT = 8192, SITE = 4096, SLACK_MS = 250, BEAT_MS = 100, LIMIT_MS = 300 };

struct bed {
	struct bridge bridge;
	struct folder folder;
	struct peer dns;
	bool runs_dns;
	struct gate pstn, peer;
	struct events *events;
	char id[64], seen[256]; /* Call-ID that was answered last: repetitions of its INVITE may still come */
	double dialled_ms;
};

static double now_ms(void)
{
	struct timeval t;

	gettimeofday(&t, NULL);
	return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static uint16_t start_dns(struct bed *b)
{
	static const char *const options[] = { "no-resolv", "no-hosts", "bind-interfaces",
		"listen-address=127.0.0.1", "user=root", "local=/test/", "local-ttl=60" };
	const struct {
		const char *number, *zone, *flags, *service, *regexp;
	} records[] = {
		{ "15550101", "e", "u", "E2U+sip", "!^.*$!sip:bob@127.0.0.11:%1$u!" },
		{ "15550102", "e", "u", "E2U+sip", "!^(.*)$!sip:\\\\1@127.0.0.11:%1$u;user=phone!" },
		{ "15550110", "e", "u", "E2U+sip", "!^.*$!sip:bob@127.0.0.66:%1$u!" },
		{ "15550111", "e", "u", "E2U+sip", "!^.*$!sip:+19005550000@127.0.0.11:%1$u!" },
		{ "15550112", "e", "u", "E2U+sip", "!^(.*$!sip:bob@127.0.0.11:%1$u!" },
		{ "15550113", "e", "", "E2U+sip", "!^.*$!sip:bob@127.0.0.11:%1$u!" },
		{ "15550114", "e", "u", "E2U+sip", "!^.*$!sips:bob@127.0.0.11:%1$u!" },
		{ "34555010", "e", "u", "E2U+sip", "!^.*$!sip:bob@127.0.0.11:%1$u!" },
		{ "34555011", "e", "u", "E2U+sip", "!^(.*)$!sip:\\\\1@127.0.0.11:%1$u;user=phone!" },
		{ "15550120", "l", "u", "E2U+pstn:tel", "!^(.*)$!tel:\\\\1;npdi;rn=+442079460000!" },
		{ "15550121", "l", "u", "E2U+pstn:tel", "!^(.*)$!tel:\\\\1;npdi;rn=+339999999!" },
		{ "15550001", "c", "u", "E2U+pstndata:cnam", "!^.*$!data:,ALICE%%20EXAMPLE!" },
	};
	const uint16_t at = free_udp_port("127.0.0.1");
	char text[TEXT], conf[FOLDER_PATH + 32];
	size_t n = (size_t)snprintf(text, sizeof(text), "port=%u\n", at);

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s\n", options[i]);
	for (size_t i = 0; i < sizeof(records) / sizeof(*records); i++) {
		n += (size_t)snprintf(text + n, sizeof(text) - n, "naptr-record=");
		for (size_t k = strlen(records[i].number); k-- > 0;)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%c.", records[i].number[k]);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s.test,10,10,%s,%s,\"", records[i].zone,
			records[i].flags, records[i].service);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		n += (size_t)snprintf(text + n, sizeof(text) - n, records[i].regexp, b->peer.port);
#pragma GCC diagnostic pop
		n += (size_t)snprintf(text + n, sizeof(text) - n, "\"\n");
	}
	CHECK(folder_write(&b->folder, "dns.conf", text), "dns.conf");
	snprintf(conf, sizeof(conf), "--conf-file=%s/dns.conf", b->folder.path);
	{
		const char *const argv[] = { "dnsmasq", "--no-daemon", "--log-queries", conf, NULL };

		CHECK(peer_start(&b->dns, &b->folder, "dnsmasq", argv), "dnsmasq");
		CHECK(peer_wait_line(&b->dns, "started", WAIT_MS), "dnsmasq is up");
	}
	b->runs_dns = true;
	return at;
}

static const char *site_of(const struct bed *b, const char *dips)
{
	static char text[SITE];

	snprintf(text, sizeof(text),
		"accounts:\n  - name: acme\n    meetings:\n      - { id: \"100200300\", name: Open }\n%s"
		"trunks:\n"
		"  - name: pstn\n    inbound: { from: [ 127.0.0.2 ] }\n"
		"    outbound: { gateways: [ \"sip:127.0.0.12:%u\" ], keepalive: false }\n"
		"  - name: peer\n    outbound: { gateways: [ \"sip:127.0.0.11:%u\" ], keepalive: false }\n"
		"routes:\n"
		"  - { account: acme, prefix: \"+1\", trunks: [ pstn, peer ], caller_id: \"+15550100\" }\n"
		"  - { account: acme, prefix: \"+44\", trunks: [ peer ], caller_id: \"+15550100\" }\n"
		"  - { account: acme, prefix: \"+34\", trunks: [ pstn ] }\n"
		"numbers:\n  - { number: \"+15550100\", account: acme, answer: \"meeting:100200300\" }\n",
		dips, b->pstn.port, b->peer.port);
	return text;
}

static const char all[] =
	"    enum: { suffix: e.test }\n    lnp: { suffix: l.test }\n    cnam: { suffix: c.test }\n";

/* `dns` 0: dnsmasq. */
static void begin(struct bed *b, const char *dips, uint16_t dns)
{
	char node[64];

	memset(b, 0, sizeof(*b));
	CHECK(folder_make(&b->folder), "folder");
	CHECK(gate_open(&b->pstn, "127.0.0.12") && gate_open(&b->peer, "127.0.0.11"), "gateways");
	snprintf(node, sizeof(node), "dns: \"127.0.0.1:%u\"\n", dns ? dns : start_dns(b));
	CHECK(bridge_start(&b->bridge,
		      &(struct bridge_setup){ .site = site_of(b, dips), .t1_ms = 100, .node = node }),
		"bridge");
	b->events = events_open(&b->bridge, NULL);
	CHECK(b->events, "events");
}

static void end(struct bed *b)
{
	events_close(b->events);
	CHECK_INT(0, bridge_stop(&b->bridge), "bridge");
	gate_close(&b->pstn);
	gate_close(&b->peer);
	if (b->runs_dns)
		peer_stop(&b->dns, 1000);
	folder_remove(&b->folder);
}

static void dial(struct bed *b, const char *to)
{
	char body[64];
	long status;
	json_t *answer;

	snprintf(body, sizeof(body), "{\"to\":\"%s\"}", to);
	b->dialled_ms = now_ms();
	answer = bridge_call(&b->bridge, "POST", "/v1/meetings/100200300/calls", NULL, body, &status);
	CHECK_INT(202, status, "POST");
	snprintf(b->id, sizeof(b->id), "%s", json_text_at(answer, "id"));
	json_decref(answer);
}

/* It came to this gateway, as a call to `user`; it is refused with `status`, and the record says `dips`. */
static void refuse_at(
	struct bed *b, struct gate *g, const char *user, unsigned status, const char *dips, const char *story)
{
	struct gate_request r;
	char want[96], call_id[256];
	json_t *row;

	do
		CHECK(gate_wait(g, &r, "INVITE", WAIT_MS), "%s: no INVITE", story);
	while (strcmp(gate_header(&r, "Call-ID"), b->seen) == 0);
	snprintf(want, sizeof(want), "INVITE sip:%s@%s:%u SIP/2.0", user, g->ip, g->port);
	CHECK_STR(want, gate_line(&r), story);
	snprintf(call_id, sizeof(call_id), "%s", gate_header(&r, "Call-ID"));
	gate_answer(g, &r, status, "a", NULL, NULL);
	snprintf(b->seen, sizeof(b->seen), "%s", call_id);
	row = record_wait(&b->bridge, call_id, WAIT_MS);
	CHECK(strstr(json_text_at(row, "dips"), dips), "%s: '%s' in '%s'", story, dips,
		json_text_at(row, "dips"));
	json_decref(row);
}

/* ladder:  number with a SIP URI at peer's gateway: INVITE there first; 404: as without; 486: busy, and nobody else is asked */
TEST(enum_says_which_gateway_comes_first)
{
	struct bed b;

	begin(&b, all, 0);
	dial(&b, "+15550101");
	refuse_at(&b, &b.peer, "bob", 404, "enum: sip:bob@127.0.0.11", "a name there");
	refuse_at(&b, &b.pstn, "+15550101", 486, "enum: sip:bob", "it is not there: as without");
	CHECK(events_wait(b.events, 0, "dialout.busy", "id", b.id, WAIT_MS) >= 0, "busy");
	dial(&b, "+15550102");
	refuse_at(&b, &b.peer, "+15550102", 486, "enum: sip:+15550102@", "the number itself");
	CHECK(events_wait(b.events, 0, "dialout.busy", "id", b.id, WAIT_MS) >= 0, "busy");
	CHECK(gate_quiet(&b.pstn, "INVITE", 200), "nobody else");
	end(&b);
}

/* ladder:  no route leads by peer; the account's `enum` names it: INVITE there first, written and shown as it wants that; then as without */
TEST(a_trunk_that_the_account_names_needs_no_route)
{
	static const char named[] = "    enum: { suffix: e.test, trunk: peer }\n";
	struct bed b;
	json_t *j;

	begin(&b, named, 0);
	dial(&b, "+34555010");
	refuse_at(&b, &b.peer, "bob", 404, "enum: sip:bob@127.0.0.11", "a name there");
	refuse_at(&b, &b.pstn, "+34555010", 486, "enum: sip:bob", "it is not there: as without");
	CHECK(events_wait(b.events, 0, "dialout.busy", "id", b.id, WAIT_MS) >= 0, "busy");
	dial(&b, "+34555011");
	refuse_at(&b, &b.peer, "+34555011", 486, "enum: sip:+34555011@", "the number itself");
	CHECK(events_wait(b.events, 0, "dialout.busy", "id", b.id, WAIT_MS) >= 0, "busy");
	j = bridge_get(&b.bridge, "/v1/records?trunk=peer&number=%2B34555011");
	CHECK_STR("+15550100", json_text_at(j, "items.0.from"), "it shows the account's number");
	json_decref(j);
	j = bridge_get(&b.bridge, "/v1/dialplan/explain?account=acme&number=%2B34555010");
	CHECK_STR("peer", json_text_at(j, "trunks.0.trunk"), "explained: first");
	CHECK_INT(-1, (int)json_at(j, "trunks.0.route", 0), "by no route");
	CHECK_STR("pstn", json_text_at(j, "trunks.1.trunk"), "then as without");
	json_decref(j);
	CHECK_INT(200, bridge_put_site(&b.bridge, site_of(&b, "    enum: { suffix: e.test }\n"), NULL),
		"any of the call's");
	dial(&b, "+34555010");
	refuse_at(
		&b, &b.pstn, "+34555010", 486, "enum: its host is no gateway", "peer is none of the call's");
	CHECK(gate_quiet(&b.peer, "INVITE", 200), "it is not called");
	end(&b);
}

/* Only gateways of the call's trunks, only the number or a name; everything else goes on as without. */
TEST(what_dns_says_is_not_followed_anywhere)
{
	static const struct {
		const char *story, *number, *dips, *word;
	} cases[] = {
		{ "somebody else's host", "+15550110", all, "enum: its host is no gateway" },
		{ "a number that costs", "+15550111", all, "enum: it leads to another number" },
		{ "a broken expression", "+15550112", all, "enum: a regexp that does not yield" },
		{ "a rule that is not terminal", "+15550113", all, "enum: only a rule that leads" },
		{ "TLS that the gateway has not", "+15550114", all, "enum: its host is no gateway" },
		{ "no such name", "+15550119", all, "enum: no record" },
		{ "not of the trunk that may be used", "+15550101",
			"    enum: { suffix: e.test, trunk: pstn }\n", "enum: its host is no gateway" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bed b;

		begin(&b, cases[i].dips, 0);
		dial(&b, cases[i].number);
		refuse_at(&b, &b.pstn, cases[i].number, 486, cases[i].word, cases[i].story);
		CHECK(events_wait(b.events, 0, "dialout.busy", "id", b.id, WAIT_MS) >= 0, "busy");
		end(&b);
	}
}

/* A ported number goes where its routing number leads, as itself; one that leads nowhere as without. */
TEST(a_ported_number_is_routed_by_another)
{
	struct bed b;
	json_t *list;

	begin(&b, all, 0);
	dial(&b, "+15550120");
	refuse_at(&b, &b.peer, "+15550120", 486, "lnp: +442079460000; enum: no record", "ported");
	CHECK(events_wait(b.events, 0, "dialout.busy", "id", b.id, WAIT_MS) >= 0, "busy");
	list = bridge_get(&b.bridge, "/v1/records?trunk=peer");
	CHECK_STR("+442079460000", json_text_at(list, "items.0.routing"), "record");
	CHECK_STR("+15550120", json_text_at(list, "items.0.number"), "the number stays");
	json_decref(list);
	dial(&b, "+15550121");
	refuse_at(&b, &b.pstn, "+15550121", 486, "lnp: +339999999", "no route there");
	end(&b);
}

/* What a carrier says of an incoming call's routing is in its record, and is not mistaken for the number. */
TEST(routing_of_an_incoming_call)
{
	struct bed b;
	struct raw r;
	json_t *row;

	begin(&b, "", 0);
	CHECK(raw_open(&r, "127.0.0.2", 0, b.bridge.sip_port, false), "socket");
	CHECK_INT(200, raw_call(&r, "+15550100;npdi;rn=+12155550199"), "a call");
	raw_request(&r, "BYE", NULL, NULL);
	CHECK_INT(200, raw_final(&r, WAIT_MS), "BYE");
	row = record_wait(&b.bridge, r.call_id, WAIT_MS);
	CHECK_STR("+12155550199", json_text_at(row, "routing"), "routing");
	CHECK_STR("+15550100", json_text_at(row, "number"), "number");
	json_decref(row);
	raw_close(&r);
	end(&b);
}

/* ---- name servers that are none ---- */

static int open_dns(uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);

	CHECK(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
			getsockname(fd, (struct sockaddr *)&a, &len) == 0,
		"a name server's port");
	*port = ntohs(a.sin_port);
	return fd;
}

/* Nobody answers: the call is 300 ms late at most, and says why. */
TEST(a_dead_name_server_delays_a_call_by_300_ms)
{
	struct bed b;
	uint16_t port;
	const int fd = open_dns(&port);
	struct gate_request r;
	double took[2];

	begin(&b, all, port);
	for (int with = 0; with < 2; with++) {
		CHECK_INT(200, bridge_put_site(&b.bridge, site_of(&b, with ? all : ""), NULL), "site");
		dial(&b, "+15550101");
		CHECK(gate_wait(&b.pstn, &r, "INVITE", WAIT_MS), "INVITE");
		took[with] = now_ms() - b.dialled_ms;
		gate_answer(&b.pstn, &r, 486, "a", NULL, NULL);
		CHECK(events_wait(b.events, 0, "dialout.busy", "id", b.id, WAIT_MS) >= 0, "busy");
	}
	CHECK(took[1] <= LIMIT_MS + BEAT_MS + SLACK_MS, "%.0f ms, %.0f without", took[1], took[0]);
	CHECK(took[1] >= LIMIT_MS / 2.0, "it was waited for: %.0f ms, %.0f without", took[1], took[0]);
	print_message("dead name server: %.0f ms to the INVITE, %.0f without ENUM\n", took[1], took[0]);
	dial(&b, "+15550101");
	refuse_at(&b, &b.pstn, "+15550101", 486, "lnp: no answer in time; enum: no answer in time", "late");
	end(&b);
	close(fd);
}

/* One NAPTR record that leads to peer's gateway, as an answer to the query; whatever `spoil` says is wrong with it. */
enum spoil { RIGHT, WRONG_ID, WRONG_QUESTION, CUT, LOOP, MANY, SERVFAIL, LARGE };

static size_t make_answer(uint8_t out[4096], const uint8_t *query, size_t n, enum spoil spoil, unsigned port)
{
	static const uint8_t head[] = { 0xc0, 12, 0, 35, 0, 1, 0, 0, 0, 60 };
	char regexp[256];
	uint8_t *p = out + n;
	size_t len;

	memcpy(out, query, n);
	out[2] = 0x84;
	out[3] = spoil == SERVFAIL ? 0x82 : 0x80;
	out[7] = spoil == MANY ? 0xff : 1;
	out[6] = spoil == MANY ? 0xff : 0;
	memset(out + 8, 0, 4); /* no EDNS of ours */
	if (spoil == WRONG_ID)
		out[0] ^= 0x55;
	if (spoil == WRONG_QUESTION)
		out[13] ^= 1; /* of another number */
	if (spoil == SERVFAIL)
		return n;
	snprintf(regexp, sizeof(regexp), "!^.*$!sip:bob@127.0.0.11:%u!", port);
	if (spoil == LARGE) {
		memset(regexp, 'a', 255);
		regexp[255] = '\0';
	}
	memcpy(p, head, sizeof(head));
	if (spoil == LOOP)
		p[1] = (uint8_t)n; /* the name points at itself */
	p += sizeof(head);
	len = 4 + 2 + 8 + 1 + strlen(regexp) + 1;
	*p++ = (uint8_t)(len >> 8);
	*p++ = (uint8_t)len;
	memcpy(p, "\0\12\0\12\1u\7E2U+sip", 14);
	p += 14;
	*p++ = (uint8_t)strlen(regexp);
	memcpy(p, regexp, strlen(regexp));
	p += strlen(regexp);
	*p++ = 0;
	return (size_t)(p - out) - (spoil == CUT ? 20 : 0);
}

TEST(answers_that_are_not_to_be_believed)
{
	static const struct {
		const char *story;
		enum spoil spoil;
		const char *word; /* NULL: it is a good answer */
	} cases[] = {
		{ "as it should be", RIGHT, NULL },
		{ "another query's", WRONG_ID, "no answer in time" },
		{ "another number's", WRONG_QUESTION, "no answer in time" },
		{ "cut off", CUT, "enum: " },
		{ "a name that is its own end", LOOP, "enum: " },
		{ "65535 records", MANY, "enum: " },
		{ "SERVFAIL", SERVFAIL, "enum: " },
		{ "no expression at all", LARGE, "a regexp that does not yield" },
	};
	struct bed b;
	uint16_t port;
	const int fd = open_dns(&port);

	begin(&b, "    enum: { suffix: e.test }\n", port);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t query[512], answer[4096];
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		char number[16];

		snprintf(number, sizeof(number), "+155502%02u", (unsigned)i);
		dial(&b, number);
		while (poll(&ready, 1, 600) == 1) {
			const ssize_t n =
				recvfrom(fd, query, sizeof(query), 0, (struct sockaddr *)&from, &len);
			const size_t n_answer =
				n < 30 ? 0
				       : make_answer(answer, query, (size_t)n - (query[11] ? 11 : 0),
						 cases[i].spoil, b.peer.port);

			if (n_answer)
				sendto(fd, answer, n_answer, 0, (struct sockaddr *)&from, len);
			if (cases[i].spoil == RIGHT)
				break;
		}
		if (cases[i].word)
			refuse_at(&b, &b.pstn, number, 486, cases[i].word, cases[i].story);
		else
			refuse_at(&b, &b.peer, "bob", 486, "enum: sip:bob@", cases[i].story);
		CHECK(events_wait(b.events, 0, "dialout.busy", "id", b.id, WAIT_MS) >= 0, "busy");
	}
	end(&b);
	close(fd);
}

/* ---- names ---- */

/* The name comes while the caller is in the meeting already; a dead name server keeps nobody waiting. */
TEST(a_callers_name_is_looked_up_beside_the_call)
{
	struct bed b;
	struct raw r;
	json_t *row;
	double began;
	uint16_t port;
	const int fd = open_dns(&port);

	begin(&b, all, 0);
	CHECK(raw_open(&r, "127.0.0.2", 0, b.bridge.sip_port, false), "socket");
	raw_fresh(&r, "+15550100");
	raw_request(&r, "INVITE", "P-Asserted-Identity: <sip:+15550001@127.0.0.2>\r\n", raw_offer);
	CHECK_INT(200, raw_final(&r, WAIT_MS), "a call");
	raw_request(&r, "ACK", NULL, NULL);
	row = roster_wait(&b.bridge, "100200300", "ALICE EXAMPLE", WAIT_MS);
	CHECK(row, "in the roster by that name");
	json_decref(row);
	raw_request(&r, "BYE", NULL, NULL);
	CHECK_INT(200, raw_final(&r, WAIT_MS), "BYE");
	row = record_wait(&b.bridge, r.call_id, WAIT_MS);
	CHECK_STR("ALICE EXAMPLE", json_text_at(row, "caller_name"), "record");
	CHECK_STR("cnam: found", json_text_at(row, "dips"), "record");
	json_decref(row);
	raw_close(&r);
	end(&b);

	begin(&b, all, port);
	CHECK(raw_open(&r, "127.0.0.2", 0, b.bridge.sip_port, false), "socket");
	raw_fresh(&r, "+15550100");
	began = now_ms();
	raw_request(&r, "INVITE", "P-Asserted-Identity: <sip:+15550001@127.0.0.2>\r\n", raw_offer);
	CHECK_INT(200, raw_final(&r, WAIT_MS), "a call");
	CHECK(now_ms() - began < SLACK_MS, "%.0f ms to the answer", now_ms() - began);
	raw_request(&r, "ACK", NULL, NULL);
	test_sleep_ms(LIMIT_MS + BEAT_MS);
	raw_request(&r, "BYE", NULL, NULL);
	CHECK_INT(200, raw_final(&r, WAIT_MS), "BYE");
	row = record_wait(&b.bridge, r.call_id, WAIT_MS);
	CHECK_STR("cnam: no answer in time", json_text_at(row, "dips"), "record");
	json_decref(row);
	raw_close(&r);
	end(&b);
	close(fd);
}

/* ---- as it is told ---- */

static const json_t *step_of(const json_t *explained, const char *rule)
{
	const json_t *steps = json_object_get(explained, "steps"), *step;
	size_t i;

	json_array_foreach(steps, i, step) if (strcmp(json_text_at(step, "rule"), rule) == 0) return step;
	return NULL;
}

TEST(explain_asks_as_a_call_would_and_answers_are_kept)
{
	struct bed b;
	json_t *j;
	char *text;

	begin(&b, all, 0);
	for (int i = 0; i < 2; i++) {
		j = bridge_get(&b.bridge, "/v1/dialplan/explain?account=acme&number=%2B15550101");
		CHECK_STR("peer", json_text_at(j, "trunks.0.trunk"), "first");
		CHECK_STR("bob", json_text_at(j, "trunks.0.number"), "as it will be called");
		CHECK(json_text_at(j, "trunks.0.gateway")[0] && !json_text_at(j, "trunks.1.gateway")[0],
			"there");
		CHECK_STR("pstn", json_text_at(j, "trunks.1.trunk"), "then as without");
		CHECK(strstr(json_text_at(step_of(j, "enum"), "text"), "it can be called at sip:bob@"),
			"enum");
		CHECK(strstr(json_text_at(step_of(j, "lnp"), "text"), "no record"), "lnp");
		json_decref(j);
	}
	j = bridge_get(&b.bridge, "/v1/dialplan/explain?account=acme&number=%2B15550120");
	CHECK_STR("peer", json_text_at(j, "trunks.0.trunk"), "ported");
	CHECK(strstr(json_text_at(step_of(j, "prefix"), "text"), "+44 is the longest"), "%s",
		json_text_at(step_of(j, "prefix"), "text"));
	json_decref(j);
	text = bridge_text(&b.bridge, "GET", "/metrics", NULL, NULL, NULL);
	CHECK(text && strstr(text, "partyline_dips_remembered_total 2\n"), "the second time from memory");
	CHECK(text && strstr(text, "partyline_dips_total{result=\"found\"} 3\n"), "%s",
		text ? strstr(text, "partyline_dips_total") : "");
	free(text);
	end(&b);
}

TESTS(enum_says_which_gateway_comes_first, a_trunk_that_the_account_names_needs_no_route,
	what_dns_says_is_not_followed_anywhere, a_ported_number_is_routed_by_another,
	routing_of_an_incoming_call, a_dead_name_server_delays_a_call_by_300_ms,
	answers_that_are_not_to_be_believed, a_callers_name_is_looked_up_beside_the_call,
	explain_asks_as_a_call_would_and_answers_are_kept)
