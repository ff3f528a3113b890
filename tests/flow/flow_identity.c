/* links: tests/rawsip.c tests/sipp.c tests/gate.c sip/digest.c */
#include "tests/flow/ask.h"
#include "tests/gate.h"
#include "tests/rawsip.h"
#include "tests/sipp.h"
#include "tests/test.h"
#include "sip/digest.h"

#include <stdlib.h>

/* Which trunk is a call of?  Several share an address, some log in, and a few addresses may only try. */
static const char site[] =
	"accounts:\n  - name: acme\n    meetings:\n      - { id: \"100200300\", name: Open }\n"
	"trunks:\n"
	"  - { name: plain, inbound: { from: [ 127.0.0.2 ] } }\n"
	"  - { name: marked, inbound: { from: [ 127.0.0.2 ], header: \"X-Trunk: gold\" } }\n"
	"  - { name: low, inbound: { from: [ 127.0.0.3 ], numbers: [ \"+15550100..49\" ] } }\n"
	"  - { name: high, inbound: { from: [ 127.0.0.3 ], numbers: [ \"+15550150..99\" ] } }\n"
	"  - { name: gold, inbound: { from: [ 127.0.0.4 ], username: gold, password: s3cret } }\n"
	"  - { name: tin, inbound: { from: [ 127.0.0.4 ], username: tin, password: other } }\n"
	"  - { name: old, inbound: { from: [ 127.0.0.5 ], username: gold, password: s3cret, algorithm: MD5 } "
	"}\n"
	"  - { name: anywhere, inbound: { from: [ 127.1.0.0/16 ], username: roamer, password: far } }\n"
	"numbers:\n"
	"  - { number: \"+15550101\", account: acme, answer: \"meeting:100200300\" }\n"
	"  - { number: \"+15550151\", account: acme, answer: \"meeting:100200300\" }\n";

enum { WAIT_MS = 2000, SILENCE_MS = 400 };

static void begin(struct bridge *b)
{
	CHECK(bridge_start(b, &(struct bridge_setup){ .site = site }), "bridge");
}

static void end(struct bridge *b)
{
	CHECK_INT(0, bridge_stop(b), "bridge");
}

static void open_at(struct raw *r, const struct bridge *b, const char *ip)
{
	CHECK(raw_open(r, ip, 0, b->sip_port, false), "socket at %s", ip);
}

/* An INVITE with these headers; what it comes to. */
static unsigned invite(struct raw *r, const char *number, const char *headers)
{
	return raw_invite(r, number, headers, WAIT_MS);
}

/* The trunk of the one call that lives; it is hung up.  "" : there is none. */
static const char *trunk_of(struct bridge *b, struct raw *r)
{
	static char trunk[64];
	json_t *calls = bridge_get(b, "/v1/calls");
	const char *text = json_text_at(calls, "items.0.trunk");

	snprintf(trunk, sizeof(trunk), "%s", text ? text : "");
	json_decref(calls);
	raw_request(r, "BYE", NULL, NULL);
	CHECK_INT(200, raw_final(r, WAIT_MS), "BYE");
	CHECK(bridge_wait_count(b, "/v1/calls", 0, WAIT_MS), "it has gone");
	return trunk;
}

TEST(trunks_at_one_address_are_told_apart)
{
	static const struct {
		const char *story, *ip, *number, *headers, *trunk;
		unsigned status;
	} cases[] = {
		{ "no mark", "127.0.0.2", "+15550101", NULL, "plain", 200 },
		{ "a header", "127.0.0.2", "+15550101", "X-Trunk: gold\r\n", "marked", 200 },
		{ "another value", "127.0.0.2", "+15550101", "X-Trunk: tin\r\n", "plain", 200 },
		{ "a low number", "127.0.0.3", "+15550101", NULL, "low", 200 },
		{ "a high number", "127.0.0.3", "+15550151", NULL, "high", 200 },
		{ "a number of neither", "127.0.0.3", "+15550201", NULL, "", 403 },
		{ "To, when the Request-URI is no number", "127.0.0.3", "trunk",
			"To: <sip:+15550151@127.0.0.1>\r\n", "high", 200 },
	};
	struct bridge b;
	struct raw r;

	begin(&b);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		open_at(&r, &b, cases[i].ip);
		CHECK_INT(cases[i].status, invite(&r, cases[i].number, cases[i].headers), cases[i].story);
		if (cases[i].status == 200)
			CHECK_STR(cases[i].trunk, trunk_of(&b, &r), cases[i].story);
		raw_close(&r);
	}
	/* who has an address that is known is no stranger, whatever it calls */
	open_at(&r, &b, "127.0.0.3");
	for (unsigned i = 0; i < 8; i++)
		CHECK_INT(403, invite(&r, "+15550201", NULL), "is answered each time");
	CHECK(raw_has(&r, "none of the trunks at this address"), "%s", r.last);
	raw_close(&r);
	end(&b);
}

/* The answer to the challenge in what came last; `algorithm` picks one of them. */
static const char *login(const struct raw *r, const char *username, const char *password,
	enum digest_algorithm algorithm, unsigned nc)
{
	static char header[DIGEST_VALUE + 32];
	char value[DIGEST_VALUE];
	struct digest_challenge c = { .algorithm = DIGEST_UNKNOWN };

	for (const char *p = r->last; (p = strstr(p, "WWW-Authenticate: ")) && c.algorithm != algorithm;) {
		p += 18;
		CHECK_INT(CALL_OK, digest_read(&c, p, strcspn(p, "\r\n")), "a challenge");
	}
	CHECK(c.algorithm == algorithm, "not offered: %s", r->last);
	CHECK_INT(CALL_OK,
		digest_answer(value, sizeof(value), &c,
			&(struct digest_request){
				username, password, "INVITE", "sip:+15550101@127.0.0.1", "0a4f113b", nc }),
		"answer");
	snprintf(header, sizeof(header), "Authorization: %s\r\n", value);
	return header;
}

/*  carrier          us
 *  INVITE ---------->
 *  <------ 401, SHA-256 and MD5
 *  INVITE with Authorization ->
 *  <------ 200 */
TEST(a_trunk_logs_in)
{
	static const struct {
		const char *story, *username, *password;
		enum digest_algorithm algorithm;
		const char *trunk; /* "": it is asked again */
	} cases[] = {
		{ "SHA-256", "gold", "s3cret", DIGEST_SHA256, "gold" },
		{ "MD5", "gold", "s3cret", DIGEST_MD5, "gold" },
		{ "the other of the two", "tin", "other", DIGEST_SHA256, "tin" },
		{ "the other's password", "tin", "s3cret", DIGEST_SHA256, "" },
		{ "nobody", "lead", "s3cret", DIGEST_MD5, "" },
	};
	struct bridge b;
	struct raw r;
	char used[DIGEST_VALUE + 32];
	json_t *row;

	begin(&b);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		open_at(&r, &b, "127.0.0.4");
		CHECK_INT(401, invite(&r, "+15550101", NULL), cases[i].story);
		CHECK(raw_has(&r, "realm=\"partyline\"") && !raw_has(&r, "stale"), "%s", r.last);
		snprintf(used, sizeof(used), "%s",
			login(&r, cases[i].username, cases[i].password, cases[i].algorithm, 1));
		CHECK_INT(cases[i].trunk[0] ? 200 : 401, invite(&r, "+15550101", used), cases[i].story);
		if (cases[i].trunk[0])
			CHECK_STR(cases[i].trunk, trunk_of(&b, &r), cases[i].story);
		if (i == 0) { /* overheard, and sent again */
			CHECK_INT(401, invite(&r, "+15550101", used), "the same count again");
			CHECK(raw_has(&r, "stale=true"), "%s", r.last);
		}
		if (!cases[i].trunk[0]) {
			row = record_wait(&b, r.call_id, WAIT_MS);
			CHECK_STR("wrong username or password", json_text_at(row, "cause"), cases[i].story);
			json_decref(row);
		}
		raw_close(&r);
	}
	/* a nonce is good for several calls, each with its own count, but not from elsewhere */
	open_at(&r, &b, "127.0.0.4");
	CHECK_INT(401, invite(&r, "+15550101", NULL), "asked");
	snprintf(used, sizeof(used), "%s", login(&r, "gold", "s3cret", DIGEST_SHA256, 1));
	{
		struct raw kept = r, elsewhere;

		CHECK_INT(200, invite(&r, "+15550101", used), "first");
		CHECK_STR("gold", trunk_of(&b, &r), "first");
		CHECK_INT(200, invite(&r, "+15550101", login(&kept, "gold", "s3cret", DIGEST_SHA256, 2)),
			"second");
		CHECK_STR("gold", trunk_of(&b, &r), "second");
		open_at(&elsewhere, &b, "127.1.0.2");
		CHECK_INT(401,
			invite(&elsewhere, "+15550101", login(&kept, "roamer", "far", DIGEST_SHA256, 3)),
			"from elsewhere");
		raw_close(&elsewhere);
	}
	raw_close(&r);
	CHECK_INT(0, bridge_count(&b, "/v1/calls"), "no call is left");
	end(&b);
}

/* SIPp reads one challenge, and knows MD5 alone: such carriers are offered nothing else. */
TEST(sipp_logs_in)
{
	struct bridge b;

	begin(&b);
	CHECK_INT(0,
		sipp_run(&(struct sipp_run){ .scenario = "login",
			.number = "+15550101",
			.from = "127.0.0.5",
			.to_port = b.sip_port,
			.on_bridge = true }),
		"SIPp");
	end(&b);
}

/* Anybody may try from 127.1.0.0/16, but nobody for ever (S1); and who has shown a password is answered as before. */
TEST(who_may_only_try_is_not_answered_for_ever)
{
	struct bridge b;
	struct raw good, bad;
	unsigned n;

	begin(&b);
	open_at(&good, &b, "127.1.0.2");
	open_at(&bad, &b, "127.1.0.3");
	CHECK_INT(401, invite(&good, "+15550101", NULL), "asked");
	CHECK_INT(200, invite(&good, "+15550101", login(&good, "roamer", "far", DIGEST_SHA256, 1)), "let in");
	CHECK_STR("anywhere", trunk_of(&b, &good), "let in");
	for (n = 0; n < 20 && invite(&bad, "+15550101", NULL) == 401; n++) {
	}
	CHECK(n >= 3 && n <= 6, "asked %u times, then silence", n);
	raw_fresh(&bad, "+15550101");
	raw_request(&bad, "OPTIONS", NULL, NULL);
	CHECK_INT(0, raw_any(&bad, SILENCE_MS), "nor is anything else of it");
	for (n = 0; n < 20; n++)
		CHECK_INT(401, invite(&good, "+15550101", NULL), "who is known is asked each time");
	raw_close(&good);
	raw_close(&bad);
	/* guesses with a nonce of ours count, wherever they come from */
	open_at(&bad, &b, "127.0.0.4");
	CHECK_INT(401, invite(&bad, "+15550101", NULL), "asked");
	for (n = 0; n < 20; n++)
		if (invite(&bad, "+15550101", login(&bad, "gold", "guess", DIGEST_MD5, 1)) != 401)
			break;
	CHECK(n >= 3 && n <= 6, "%u guesses, then silence", n);
	raw_close(&bad);
	end(&b);
}

/* A stranger's request inside somebody's dialog, or with a dialog's looks, is asked nothing (FEATURES S14). */
TEST(nobody_is_challenged_inside_a_dialog)
{
	static const char *const from[] = { "127.0.0.9", "127.0.0.4", "127.1.0.9" };
	struct bridge b;
	struct raw call, other;

	begin(&b);
	open_at(&call, &b, "127.0.0.2");
	CHECK_INT(200, invite(&call, "+15550101", NULL), "a call");
	for (size_t i = 0; i < sizeof(from) / sizeof(*from); i++) {
		unsigned status;

		open_at(&other, &b, from[i]);
		memcpy(other.call_id, call.call_id, sizeof(call.call_id));
		memcpy(other.from_tag, call.from_tag, sizeof(call.from_tag));
		memcpy(other.to_tag, call.to_tag, sizeof(call.to_tag));
		memcpy(other.target, call.target, sizeof(call.target));
		other.cseq = call.cseq + 5;
		raw_request(&other, "INVITE", NULL, raw_offer);
		status = raw_final(&other, SILENCE_MS);
		CHECK(status == 481 || status == 403 || status == 0, "%s: %u", from[i], status);
		CHECK(!raw_has(&other, "WWW-Authenticate") && !raw_has(&other, "Proxy-Authenticate"), "%s",
			other.last);
		raw_close(&other);
	}
	CHECK_STR("plain", trunk_of(&b, &call), "the call is as it was");
	raw_close(&call);
	end(&b);
}

/*  registrar 127.0.0.21     us                         elsewhere 127.0.0.22
 *  <------ REGISTER, Contact: token
 *  200 ------------->
 *                           <------ INVITE token, To: the number (a stranger's address, but the registrar told it where we are)
 *                           200 ------>, BYE either way */
TEST(a_call_to_our_registered_contact_is_that_trunks)
{
	static char registered[1200];
	struct gate_request r;
	struct gate gate;
	struct bridge b;
	struct raw call;
	char token[96], to[96];

	CHECK(gate_open(&gate, "127.0.0.21"), "registrar");
	snprintf(registered, sizeof(registered),
		"accounts:\n  - name: acme\n    meetings:\n      - { id: \"100200300\", name: Open }\n"
		"trunks:\n  - { name: home, outbound: { gateways: [ \"sip:127.0.0.21:%u\" ], username: us, "
		"password: p, "
		"register: true, keepalive: false } }\n"
		"numbers:\n  - { number: \"+15550101\", account: acme, answer: \"meeting:100200300\" }\n",
		gate.port);
	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = registered }), "bridge");
	CHECK(gate_wait(&gate, &r, "REGISTER", WAIT_MS), "REGISTER");
	snprintf(token, sizeof(token), "%s", gate_header(&r, "Contact"));
	gate_answer(&gate, &r, 200, "r", "Expires: 60\r\n", NULL);
	CHECK(sscanf(token, "<sip:%32[0-9a-f]@", to) == 1, "%s", token);

	open_at(&call, &b, "127.0.0.22");
	CHECK_INT(403, invite(&call, "+15550101", NULL), "by its address a stranger");
	CHECK_INT(200, invite(&call, to, "To: <sip:+15550101@carrier.example>\r\n"), "the token");
	CHECK_STR("home", trunk_of(&b, &call), "its trunk");
	to[5] = to[5] == '0' ? '1' : '0';
	CHECK_INT(403, invite(&call, to, "To: <sip:+15550101@carrier.example>\r\n"), "a guess");
	raw_close(&call);
	end(&b);
	gate_close(&gate);
}

TESTS(a_call_to_our_registered_contact_is_that_trunks, trunks_at_one_address_are_told_apart, a_trunk_logs_in,
	sipp_logs_in, who_may_only_try_is_not_answered_for_ever, nobody_is_challenged_inside_a_dialog)
