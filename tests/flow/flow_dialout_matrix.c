/* links: tests/gate.c tests/tlsgate.c */
#include "tests/flow/ask.h"
#include "tests/flow/bridge.h"
#include "tests/flow/ctl.h"
#include "tests/flow/events.h"
#include "tests/flow/srv.h"
#include "tests/gate.h"
#include "tests/test.h"
#include "tests/tlsgate.h"

#include <stdlib.h>

/* What may go wrong with a call of ours, and all that follows from it (FEATURES O10, T4, T22): who is asked next, what each attempt's
 * record says, what the caller is told, and whether the gateway is left alone afterwards.
 *
 * A meeting calls out through two trunks: `first` with gateways at 127.0.0.11 and 127.0.0.12, `second` with one at 127.0.0.13; the hands
 * of all three are ours.  What a gateway does is words: statuses in order, "183" with early media; "silent"; "closed", nobody
 * listens at its UDP port; "tcp", nor at its TCP port, "tls", nor at its TLS port; "tls other" shows a certificate that is for somebody
 * else; "srv ..." and the next one are what carrier.test leads to by SRV records, and the only gateway of `first`: nobody may ask that
 * name's own address then, where a fourth listens; "?realm" challenges for that realm whenever it is asked; "-": is not asked. */

enum { GATEWAYS = 3, T1_MS = 50, WAIT_MS = 5000, QUIET_MS = 60, STORY = 512, REST_S = 30, SIP_PORT = 5060 };

static const char *const addresses[GATEWAYS] = { "127.0.0.11", "127.0.0.12", "127.0.0.13" };

struct bed {
	struct bridge bridge;
	struct events *events;
	struct gate gates[GATEWAYS], by_name; /* by_name: at carrier.test's own address */
	struct tlsgate other;
	struct folder keys;
	struct peer dns;
	uint16_t members[2]; /* ports of what carrier.test leads to */
	char id[ASK_ID];
	const char *trunk_keys, *route_keys; /* "" none */
};

static const struct row {
	const char *story, *does[GATEWAYS];
	const char *events;   /* of the dial-out, without the word before the dot */
	const char *attempts; /* trunk, status and Q.850 cause of each record */
	unsigned rests;       /* bit per gateway of `first` that is left alone afterwards */
} rows[] = {
	{ "answered", { "180 200", "-", "-" }, "queued dialling ringing answered", "first 200/16", 0 },
	{ "timeout", { "silent", "200", "-" }, "queued dialling rerouted answered",
		"first 408/102, first 200/16", 1 },
	{ "silence everywhere", { "silent", "silent", "silent" },
		"queued dialling rerouted rerouted rerouted failed",
		"first 408/102, first 408/102, second 408/102", 3 },
	{ "408", { "408", "200", "-" }, "queued dialling rerouted answered", "first 408/102, first 200/16",
		0 },
	{ "408 after it rang: nobody came to the phone", { "180 408", "-", "-" },
		"queued dialling ringing no_answer", "first 408/102", 0 },
	{ "480", { "480", "-", "-" }, "queued dialling no_answer", "first 480/18", 0 },
	{ "486: three gateways cannot make it free", { "180 486", "-", "-" }, "queued dialling ringing busy",
		"first 486/17", 0 },
	{ "486 of the next gateway", { "500", "486", "-" }, "queued dialling rerouted busy",
		"first 500/41, first 486/17", 0 },
	{ "500", { "500", "200", "-" }, "queued dialling rerouted answered", "first 500/41, first 200/16",
		0 },
	{ "500 twice, and the next trunk", { "500", "500", "200" },
		"queued dialling rerouted rerouted answered", "first 500/41, first 500/41, second 200/16",
		0 },
	{ "503", { "503", "200", "-" }, "queued dialling rerouted answered", "first 503/41, first 200/16",
		1 },
	{ "503 with Retry-After", { "503+Retry-After: 5", "200", "-" }, "queued dialling rerouted answered",
		"first 503/41, first 200/16", 1 },
	{ "500 with Retry-After", { "500+Retry-After: 5", "200", "-" }, "queued dialling rerouted answered",
		"first 500/41, first 200/16", 1 },
	{ "504", { "504", "200", "-" }, "queued dialling rerouted answered", "first 504/102, first 200/16",
		0 },
	{ "500 that is busy in truth", { "500+Reason: Q.850;cause=17", "-", "-" }, "queued dialling busy",
		"first 500/17", 0 },
	{ "500 after early media: the call had arrived", { "183 500", "-", "-" },
		"queued dialling early failed", "first 500/41", 0 },
	{ "503 after it rang", { "180 503", "-", "-" }, "queued dialling ringing failed", "first 503/41", 0 },
	{ "600", { "600", "-", "-" }, "queued dialling busy", "first 600/17", 0 },
	{ "603", { "603", "-", "-" }, "queued dialling failed", "first 603/21", 0 },
	{ "403", { "403", "-", "-" }, "queued dialling failed", "first 403/21", 0 },
	{ "404", { "404", "-", "-" }, "queued dialling failed", "first 404/1", 0 },
	{ "404 for want of a route", { "404+Reason: Q.850;cause=3", "-", "200" },
		"queued dialling rerouted answered", "first 404/3, second 200/16", 0 },
	{ "484", { "484", "-", "-" }, "queued dialling failed", "first 484/28", 0 },
	{ "488", { "488", "-", "-" }, "queued dialling failed", "first 488/88", 0 },
	{ "302 to somebody else is not followed", { "302+Contact: <sip:x@192.0.2.66>", "-", "-" },
		"queued dialling failed", "first 302/23", 0 },
	{ "nobody at the UDP port (ICMP)", { "closed", "200", "-" }, "queued dialling rerouted answered",
		"first 503/41, first 200/16", 1 },
	{ "nobody at the TCP port", { "tcp", "200", "-" }, "queued dialling rerouted answered",
		"first 503/41, first 200/16", 1 },
	{ "nobody at the TLS port", { "tls", "200", "-" }, "queued dialling rerouted answered",
		"first 503/41, first 200/16", 1 },
	{ "TLS, with the certificate of somebody else", { "tls other", "200", "-" },
		"queued dialling rerouted answered", "first 503/41, first 200/16", 1 },
	{ "SRV member down", { "srv closed", "200", "-" }, "queued dialling rerouted answered",
		"first 503/41, first 200/16", 1 },
	{ "SRV member that is silent", { "srv silent", "200", "-" }, "queued dialling rerouted answered",
		"first 408/102, first 200/16", 1 },
	{ "SRV member with 503", { "srv 503", "200", "-" }, "queued dialling rerouted answered",
		"first 503/41, first 200/16", 1 },
	{ "SRV member that is busy", { "srv 486", "-", "-" }, "queued dialling busy", "first 486/17", 0 },
	{ "all SRV members down: the next trunk, not the name's own address",
		{ "srv closed", "closed", "200" }, "queued dialling rerouted rerouted answered",
		"first 503/41, first 503/41, second 200/16", 3 },
	{ "challenged for ever: two answers, then the next trunk", { "?carrier", "-", "200" },
		"queued dialling rerouted answered", "first 401/21, second 200/16", 0 },
	{ "challenged for another realm: no answer", { "?elsewhere", "-", "200" },
		"queued dialling rerouted answered", "first 401/21, second 200/16", 0 },
};

/* As the operator has chosen (T22): more keys of `first`'s outbound, or of the route. */
static const struct choice {
	const char *trunk, *route; /* "" none */
	struct row row;
} choices[] = {
	{ "reroute_on: [ \"404\" ]", "",
		{ "404, which this carrier says of what it lacks", { "404", "404", "200" },
			"queued dialling rerouted rerouted answered",
			"first 404/1, first 404/1, second 200/16", 0 } },
	{ "reroute_on: [ 4xx ]", "",
		{ "480 by its class", { "480", "200", "-" }, "queued dialling rerouted answered",
			"first 480/18, first 200/16", 0 } },
	{ "reroute_on: [ 4xx, 6xx ]", "",
		{ "486 is not meant by its class", { "486", "-", "-" }, "queued dialling busy",
			"first 486/17", 0 } },
	{ "reroute_on: [ 4xx, 6xx ]", "",
		{ "nor 600", { "600", "-", "-" }, "queued dialling busy", "first 600/17", 0 } },
	{ "", "reroute_on: [ \"486\" ]",
		{ "486, named outright by the route", { "486", "200", "-" },
			"queued dialling rerouted answered", "first 486/17, first 200/16", 0 } },
	{ "", "reroute_on: [ \"486\" ]",
		{ "486 after it rang goes nowhere", { "180 486", "-", "-" }, "queued dialling ringing busy",
			"first 486/17", 0 } },
	{ "reroute_on: [ \"603\" ]", "",
		{ "603, named outright", { "603", "200", "-" }, "queued dialling rerouted answered",
			"first 603/21, first 200/16", 0 } },
	{ "stop_on: [ 5xx ]", "",
		{ "500 is an answer", { "500", "-", "-" }, "queued dialling failed", "first 500/41", 0 } },
	{ "stop_on: [ 5xx ], reroute_on: [ \"503\" ]", "",
		{ "503 is none of them", { "503", "200", "-" }, "queued dialling rerouted answered",
			"first 503/41, first 200/16", 1 } },
	{ "stop_on: [ \"500\" ]", "reroute_on: [ 5xx ]",
		{ "the route says otherwise than the trunk", { "500", "200", "-" },
			"queued dialling rerouted answered", "first 500/41, first 200/16", 0 } },
	{ "stop_on: [ timeout ]", "",
		{ "silence ends it", { "silent", "-", "-" }, "queued dialling failed", "first 408/102", 1 } },
	{ "", "stop_on: [ refused ]",
		{ "nobody at the UDP port ends it", { "closed", "-", "-" }, "queued dialling failed",
			"first 503/41", 1 } },
	{ "", "stop_on: [ refused ]",
		{ "nobody at the TLS port is no refused connection", { "tls", "200", "-" },
			"queued dialling rerouted answered", "first 503/41, first 200/16", 1 } },
	{ "", "stop_on: [ tls ]",
		{ "somebody else's certificate ends it", { "tls other", "-", "-" }, "queued dialling failed",
			"first 503/41", 1 } },
};

static void apply(struct bed *b, const char *yaml)
{
	CHECK_INT(200, bridge_put_site(&b->bridge, yaml, NULL), yaml);
}

static const char accounts[] =
	"accounts:\n  - name: acme\n    meetings:\n      - { id: \"100200300\", name: Open }\n";

static const char *word_of(const struct row *row, unsigned g)
{
	return row->does[g] + (strncmp(row->does[g], "srv ", 4) == 0 ? 4 : 0);
}

static bool is_srv(const struct row *row)
{
	return word_of(row, 0) != row->does[0];
}

/* Gateway g's URI; who listens there. */
static void open_gateway(struct bed *b, const struct row *row, unsigned g, char uri[80])
{
	const char *word = word_of(row, g), *transport = "";
	unsigned port;

	CHECK(gate_open_at(&b->gates[g], addresses[g], is_srv(row) && g < 2 ? b->members[g] : 0), "socket");
	port = b->gates[g].port;
	if (strcmp(word, "closed") == 0) {
		gate_close(&b->gates[g]);
	} else if (strcmp(word, "tcp") == 0 || strcmp(word, "tls") == 0) {
		port = free_tcp_port(addresses[g]);
		transport = strcmp(word, "tcp") == 0 ? ";transport=tcp" : ";transport=tls";
	} else if (strcmp(word, "tls other") == 0) {
		tlsgate_open(&b->other, &b->keys, addresses[g], "other", NULL);
		port = b->other.port;
		transport = ";transport=tls";
	}
	snprintf(uri, 80, "sip:%s:%u%s", addresses[g], port, transport);
}

/* A site without trunks first: what was learned about the last row's gateways is forgotten. */
static void write_site(struct bed *b, const struct row *row)
{
	char site[2048], first[200], uris[GATEWAYS][80];

	apply(b, accounts);
	for (unsigned g = 0; g < GATEWAYS; g++)
		open_gateway(b, row, g, uris[g]);
	snprintf(first, sizeof(first), "\"%s\", \"%s\"", uris[0], uris[1]);
	if (is_srv(row))
		snprintf(first, sizeof(first), "\"sip:carrier.test\"");
	snprintf(site, sizeof(site),
		"%strunks:\n"
		"  - name: first\n    outbound: { gateways: [ %s ], username: us, password: secret, realm: "
		"carrier, "
		"tls_name: carrier.example, keepalive: false%s%s }\n"
		"  - name: second\n    outbound: { gateways: [ \"%s\" ], keepalive: false }\n"
		"routes:\n  - { account: acme, prefix: \"+1\", trunks: [ first, second ], caller_id: "
		"\"+15550100\"%s%s }\n"
		"numbers:\n  - { number: \"+15550100\", account: acme, answer: attendant }\n",
		accounts, first, b->trunk_keys[0] ? ", " : "", b->trunk_keys, uris[2],
		b->route_keys[0] ? ", " : "", b->route_keys);
	apply(b, site);
	if (is_srv(row))
		CHECK(bridge_wait_number(
			      &b->bridge, "/v1/trunks", "items.0.gateways.0.members.1.priority", 20, WAIT_MS),
			"%s: the members are found", row->story);
}

static void dial(struct bed *b)
{
	ask_call(&b->bridge, "+15550199", b->id);
}

/* 401 to each INVITE, with a new nonce each time; how many came with an answer. */
static unsigned challenge(struct gate *g, struct gate_request *invite, const char *realm)
{
	struct gate_request r;
	unsigned answers = 0;

	for (unsigned n = 0;; n++) {
		char header[160];

		CHECK(n <= 3, "it asks for ever");
		snprintf(header, sizeof(header),
			"WWW-Authenticate: Digest realm=\"%s\", nonce=\"n%u\", algorithm=MD5, "
			"qop=\"auth\"\r\n",
			realm, n);
		gate_answer(g, invite, 401, "a", header, NULL);
		CHECK(gate_wait(g, &r, "ACK", WAIT_MS), "ACK of 401");
		if (!gate_wait(g, invite, "INVITE", 200))
			return answers;
		answers += gate_header(invite, "Authorization")[0] != '\0';
	}
}

/* One gateway does what the row says. */
static void play(struct bed *b, const struct row *row, unsigned i)
{
	struct gate *g = &b->gates[i];
	struct gate_request invite, r;
	const char *word = word_of(row, i);

	if (strcmp(word, "tls other") == 0)
		CHECK(!tlsgate_accept(&b->other, WAIT_MS) || !tlsgate_wait(&b->other, &r, "INVITE", QUIET_MS),
			"%s: an INVITE for somebody else", row->story);
	if (strcmp(word, "-") == 0 || strncmp(word, "tls", 3) == 0 || strcmp(word, "closed") == 0 ||
		strcmp(word, "tcp") == 0)
		return;
	CHECK(gate_wait(g, &invite, "INVITE", WAIT_MS), "%s: gateway %u is not asked", row->story, i);
	if (i == 2) /* another trunk, without a password */
		CHECK_STR("", gate_header(&invite, "Authorization"), row->story);
	if (strcmp(word, "silent") == 0)
		return;
	if (*word == '?') {
		CHECK_INT(strcmp(word, "?carrier") == 0 ? 2 : 0, challenge(g, &invite, word + 1), row->story);
		return;
	}
	for (; *word; word += strcspn(word, " "), word += *word == ' ') {
		const unsigned status = (unsigned)strtoul(word, NULL, 10);
		char headers[80] = "";

		if (word[3] == '+')
			snprintf(headers, sizeof(headers), "%s\r\n", word + 4);
		gate_answer(
			g, &invite, status, "a", headers, status == 183 || status == 200 ? gate_sdp : NULL);
		if (status >= 200)
			CHECK(gate_wait(g, &r, "ACK", WAIT_MS), "%s: no ACK", row->story);
		if (word[3] == '+')
			break;
	}
}

static bool is_over(const char *word)
{
	static const char *const last[] = { "answered", "busy", "no_answer", "failed" };

	for (size_t i = 0; i < sizeof(last) / sizeof(*last); i++)
		if (strcmp(last[i], word) == 0)
			return true;
	return false;
}

/* The dial-out's events up to its end, as words; the last one's own fields are looked at. */
static void read_events(struct bed *b, const struct row *row, char out[STORY])
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t from = 0;;) {
		const int n = events_wait(b->events, from, NULL, "id", b->id, WAIT_MS);
		const json_t *event;
		const char *type;

		CHECK(n >= 0, "%s: no end after '%s'", row->story, out);
		event = events_get(b->events, n, NULL);
		type = json_text_at(event, "type");
		from = (size_t)n + 1;
		if (strncmp(type, "dialout.", 8) != 0)
			continue;
		len += (size_t)snprintf(out + len, STORY - len, "%s%s", len ? " " : "", type + 8);
		if (strcmp(type, "dialout.rerouted") == 0)
			CHECK(json_text_at(event, "why")[0], "%s: why it goes on", row->story);
		if (!is_over(type + 8))
			continue;
		if (strcmp(type, "dialout.answered") != 0)
			CHECK(json_text_at(event, "cause")[0] && json_text_at(event, "q850_words")[0],
				"%s: a cause in words", row->story);
		return;
	}
}

/* Records of this dial-out, oldest first. */
static void read_records(struct bed *b, const struct row *row, char out[STORY])
{
	json_t *list = bridge_get(&b->bridge, "/v1/records?limit=10");
	size_t n = json_array_size(json_object_get(list, "items")), len = 0;

	out[0] = '\0';
	while (n-- > 0) {
		const json_t *record = json_array_get(json_object_get(list, "items"), n);

		if (strcmp(json_text_at(record, "dialout"), b->id) != 0)
			continue;
		len += (size_t)snprintf(out + len, STORY - len, "%s%s %.0f/%.0f", len ? ", " : "",
			json_text_at(record, "trunk"), json_at(record, "sip_status", -1),
			json_at(record, "q850", -1));
		CHECK(json_text_at(record, "cause")[0], "%s: a cause in words", row->story);
	}
	json_decref(list);
}

static void hang_up(struct bed *b, const struct row *row)
{
	struct gate_request bye;

	ask_hang_up(&b->bridge, b->id);
	for (unsigned g = 0; g < GATEWAYS; g++)
		if (strstr(row->does[g], "200")) {
			CHECK(gate_wait(&b->gates[g], &bye, "BYE", WAIT_MS), "%s: BYE", row->story);
			gate_answer(&b->gates[g], &bye, 200, NULL, NULL, NULL);
		}
}

/* Who is left alone now, and for how long: what Retry-After says, else half a minute. */
static void check_rest(struct bed *b, const struct row *row)
{
	json_t *trunks = bridge_get(&b->bridge, "/v1/trunks");

	for (unsigned g = 0; g < 2; g++) {
		const char *asked = strstr(row->does[g], "Retry-After: ");
		const double full_s = asked ? atoi(strchr(asked, ' ')) : REST_S;
		const bool rests = row->rests & 1u << g;
		char at[80];
		double rest_s;

		snprintf(at, sizeof(at), "items.0.gateways.%u.members.%u.", is_srv(row) ? 0 : g,
			is_srv(row) ? g : 0);
		strcat(at, "usable");
		CHECK_INT(!rests, json_at(trunks, at, -1), row->story);
		strcpy(strrchr(at, '.'), ".rests_s");
		rest_s = json_at(trunks, at, -1);
		CHECK(rests ? rest_s > full_s - WAIT_MS / 1000.0 && rest_s <= full_s : rest_s == 0,
			"%s: gateway %u rests for %g s", row->story, g, rest_s);
		CHECK_INT(0, json_at(trunks, g ? "items.1.calls" : "items.0.calls", -1), row->story);
	}
	json_decref(trunks);
}

static void walk(struct bed *b, const struct row *row)
{
	char events[STORY], records[STORY];
	uint64_t until_ms;

	write_site(b, row);
	dial(b);
	for (unsigned g = 0; g < GATEWAYS; g++)
		play(b, row, g);
	read_events(b, row, events);
	CHECK_STR(row->events, events, row->story);
	if (strstr(row->events, "answered"))
		hang_up(b, row);
	CHECK(bridge_wait_count(&b->bridge, "/v1/calls", 0, WAIT_MS), "%s: calls are left", row->story);
	for (unsigned g = 0; g < GATEWAYS; g++)
		if (strcmp(row->does[g], "-") == 0)
			CHECK(gate_quiet(&b->gates[g], "INVITE", QUIET_MS), "%s: gateway %u is asked",
				row->story, g);
	until_ms = test_now_ms() + WAIT_MS;
	do { /* the last one is written when its sound has ended */
		read_records(b, row, records);
	} while (strcmp(row->attempts, records) != 0 && test_now_ms() < until_ms);
	CHECK_STR(row->attempts, records, row->story);
	check_rest(b, row);
	CHECK(gate_quiet(&b->by_name, "INVITE", 0), "%s: the name's own address is asked", row->story);
	for (unsigned g = 0; g < GATEWAYS; g++)
		gate_close(&b->gates[g]);
	if (strcmp(row->does[0], "tls other") == 0)
		tlsgate_close(&b->other);
}

static void begin(struct bed *b)
{
	uint16_t dns_port, tls_port;
	char node[600];

	memset(b, 0, sizeof(*b));
	b->trunk_keys = b->route_keys = "";
	CHECK(folder_make(&b->keys), "a folder");
	tlspeer_authority(&b->keys, "authority");
	tlspeer_certificate(&b->keys, "bridge", "bridge.example", "authority");
	tlspeer_certificate(&b->keys, "other", "other.example", "authority");
	CHECK(gate_open_at(&b->by_name, "127.0.0.13", SIP_PORT),
		"carrier.test's own address, where nobody asks");
	for (unsigned g = 0; g < 2; g++)
		b->members[g] = free_sip_port(addresses[g]);
	dns_port = free_udp_port("127.0.0.1");
	srv_start(&b->keys, &b->dns, dns_port, b->members[0], b->members[1]);
	tls_port = free_tcp_port("127.0.0.1");
	snprintf(node, sizeof(node),
		"dns: \"127.0.0.1:%u\"\ntls: { certificate: \"%s\", key: \"%s\", ca: \"%s\" }\n", dns_port,
		folder_file(&b->keys, "bridge.pem"), folder_file(&b->keys, "bridge.key"),
		folder_file(&b->keys, "authority.pem"));
	CHECK(bridge_start(&b->bridge,
		      &(struct bridge_setup){ .t1_ms = T1_MS, .node = node, .tls_port = tls_port }),
		"bridge");
	b->events = events_open(&b->bridge, NULL);
	CHECK(b->events, "events");
}

static void end(struct bed *b)
{
	events_close(b->events);
	CHECK_INT(0, bridge_stop(&b->bridge), "bridge");
	gate_close(&b->by_name);
	peer_stop(&b->dns, WAIT_MS);
	folder_remove(&b->keys);
}

TEST(what_fails_and_what_follows)
{
	struct bed b;

	begin(&b);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		walk(&b, &rows[i]);
	end(&b);
}

TEST(what_was_chosen_to_follow)
{
	struct bed b;

	begin(&b);
	for (size_t i = 0; i < sizeof(choices) / sizeof(*choices); i++) {
		b.trunk_keys = choices[i].trunk;
		b.route_keys = choices[i].route;
		walk(&b, &choices[i].row);
	}
	end(&b);
}

/* A 401 that matches our INVITE, from an address that is nobody's gateway: no answer goes anywhere, and the next trunk is asked. */
TEST(credentials_stay_from_who_is_not_the_gateway)
{
	static const struct row row = { "a stranger's challenge", { "silent", "-", "200" }, NULL, NULL, 0 };
	struct gate stranger;
	struct gate_request invite;
	struct bed b;

	begin(&b);
	write_site(&b, &row);
	CHECK(gate_open(&stranger, "127.0.0.9"), "socket");
	dial(&b);
	CHECK(gate_wait(&b.gates[0], &invite, "INVITE", WAIT_MS), "INVITE");
	gate_answer(&stranger, &invite, 401, "x",
		"WWW-Authenticate: Digest realm=\"carrier\", nonce=\"n\", algorithm=MD5, qop=\"auth\"\r\n",
		NULL);
	CHECK(gate_quiet(&stranger, "INVITE", 200), "asked again");
	play(&b, &row, 2);
	while (gate_wait(&b.gates[0], &invite, "INVITE", 10))
		CHECK_STR("", gate_header(&invite, "Authorization"), "what the stranger asked for");
	hang_up(&b, &row);
	gate_close(&stranger);
	for (unsigned g = 0; g < GATEWAYS; g++)
		gate_close(&b.gates[g]);
	end(&b);
}

/* What sends a call on is told before it is made, by `explain` and by its own words. */
TEST(what_was_chosen_is_explained)
{
	static const struct row row = { "explained", { "-", "-", "-" }, NULL, NULL, 0 };
	struct bed b;

	begin(&b);
	b.trunk_keys = "reroute_on: [ \"404\", 5xx ], stop_on: [ timeout ]";
	b.route_keys = "stop_on: [ \"503\", tls ]";
	write_site(&b, &row);
	ctl_says(&b.bridge, 0, "dialplan explain +15550199 --account acme",
		SAYS("from first, by route 0: stops at 503, tls",
			"from first, by itself: goes on after 404, 5xx; stops at timeout",
			"from second, by route 0: stops at 503, tls"));
	for (unsigned g = 0; g < GATEWAYS; g++)
		gate_close(&b.gates[g]);
	end(&b);
}

TESTS(what_fails_and_what_follows, what_was_chosen_to_follow, credentials_stay_from_who_is_not_the_gateway,
	what_was_chosen_is_explained)
