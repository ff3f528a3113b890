/* links: tests/line.c tests/gate.c sip/loop.c sip/ua.c sip/ua_events.c sip/ua_listen.c sip/ua_read.c sip/ua_screen.c sip/ua_send.c sip/ua_tap.c sip/framing.c sip/ua_ask.c sip/call.c sip/call_dial.c sip/call_media.c sip/call_refresh.c sip/early.c sip/info.c sip/body.c sip/cause.c sip/err.c sip/guard.c sip/offer.c sip/agreed.c sip/format.c sip/candidate.c sip/sdp_read.c sip/sdp_write.c sip/sieve.c sip/timer.c sip/trunk.c sip/vet.c sip/login.c sip/digest.c sip/squeeze.c sip/sdes.c sip/ua_origin.c sip/challenge.c sip/caller.c sip/ua_way.c sip/ua_inside.c sip/ua_refer.c sip/call_key.c sip/call_refer.c sip/refer.c sip/ua_header.c sip/stated.c sip/uri.c sip/permit.c */
#include "tests/gate.h"
#include "tests/line.h"
#include "tests/test.h"

#include <stdlib.h>

/* A line that calls, and the gateway it calls. 127.0.0.2 is a trunk's network too; 127.0.0.9 is nobody's. */
struct bed {
	struct line *line;
	struct gate gate;
	struct gate_request invite, r;
};

static void begin_at(struct bed *b, const char *ip, const char *rest, const struct line_config *config)
{
	char order[200];

	b->line = line_start(config ? config : &(struct line_config){ .t1_ms = 50 });
	CHECK(gate_open(&b->gate, ip), "socket at %s", ip);
	snprintf(order, sizeof(order), "dial udp:%s:%u %s", ip, b->gate.port, rest);
	line_order(b->line, order);
	CHECK(gate_wait(&b->gate, &b->invite, "INVITE", 2000), "no INVITE");
}

static void begin(struct bed *b, const char *rest)
{
	begin_at(b, "127.0.0.9", rest, NULL);
}

static void expect(struct bed *b, const char *seen)
{
	const bool there = line_wait(b->line, seen, 3000);

	if (!there)
		line_print(b->line);
	CHECK(there, "handlers did not see '%s'", seen);
}

static void end(struct bed *b)
{
	CHECK(line_quiet(b->line, 4000), "calls are left");
	gate_close(&b->gate);
	CHECK_INT(0, line_stop(b->line), "line");
}

static const char *ask(struct bed *b, const char *method)
{
	CHECK(gate_wait(&b->gate, &b->r, method, 2000), "no %s", method);
	return gate_line(&b->r);
}

/*  us           gateway
 *  INVITE -------->
 *  <------ 180, 183 with description (kept aside), 180
 *  <------ 200
 *  ACK ----------->
 *  <------ BYE; 200 ------> */
TEST(a_call_is_answered)
{
	struct bed b;

	begin(&b, "+15550199");
	CHECK(strncmp(gate_line(&b.invite), "INVITE sip:+15550199@127.0.0.9:", 30) == 0, "%s",
		gate_line(&b.invite));
	CHECK(strstr(b.invite.text, "m=audio 20000 RTP/AVP 0 8 101"), "offer: %s", b.invite.text);
	CHECK(strstr(gate_header(&b.invite, "From"), "\"Weekly \\\"x\\\"\" <sip:+15550100@127.0.0.1>;tag="),
		"%s", gate_header(&b.invite, "From"));
	CHECK_STR("<sip:+15550100@127.0.0.1>", gate_header(&b.invite, "P-Asserted-Identity"), "asserted");
	CHECK_STR("", gate_header(&b.invite, "Privacy"), "no privacy");
	gate_answer(&b.gate, &b.invite, 100, NULL, NULL, NULL);
	gate_answer(&b.gate, &b.invite, 180, "a", NULL, NULL);
	expect(&b, "progress +15550199 180");
	gate_answer(&b.gate, &b.invite, 183, "a", NULL, gate_sdp);
	expect(&b, "progress +15550199 183 with early media");
	CHECK_INT(0, line_count(b.line, "media "), "early media is not taken for the answer (O6)");
	gate_answer(&b.gate, &b.invite, 200, "a", NULL, gate_sdp);
	CHECK(strstr(ask(&b, "ACK"), "ACK sip:gate@127.0.0.9"), "%s", gate_line(&b.r));
	expect(&b, "media PCMU pt 0 to 127.0.0.2:30000 send 1 receive 1");
	expect(&b, "confirmed +15550199");
	gate_request(&b.gate, &b.invite, "BYE", "a", 1);
	expect(&b, "ended +15550199 by them status 0 cause 16: far end hung up");
	end(&b);
}

TEST(an_anonymous_call_shows_no_number)
{
	struct bed b;

	begin(&b, "anonymous1");
	CHECK(strstr(gate_header(&b.invite, "From"), "\"Anonymous\" <sip:anonymous@anonymous.invalid>"), "%s",
		gate_header(&b.invite, "From"));
	CHECK_STR("id", gate_header(&b.invite, "Privacy"), "RFC 3323");
	CHECK(strstr(gate_header(&b.invite, "Diversion"), "<sip:+15550111@127.0.0.1>;reason="), "%s",
		gate_header(&b.invite, "Diversion"));
	gate_answer(&b.gate, &b.invite, 486, "a", NULL, NULL);
	CHECK(ask(&b, "ACK"), "ACK");
	expect(&b, "by them status 486 cause 17");
	end(&b);
}

/* The answer came early and the 2xx is empty; of another fork's early answer nothing is used. */
TEST(the_answer_may_have_come_early)
{
	struct bed b;

	begin(&b, "1");
	gate_answer(&b.gate, &b.invite, 183, "a", NULL, gate_sdp);
	gate_answer(&b.gate, &b.invite, 200, "a", NULL, NULL);
	ask(&b, "ACK");
	expect(&b, "confirmed 1");
	line_order(b.line, "hangup");
	ask(&b, "BYE");
	gate_answer(&b.gate, &b.r, 200, NULL, NULL, NULL);
	end(&b);

	begin(&b, "2");
	gate_answer(&b.gate, &b.invite, 183, "a", NULL, gate_sdp);
	expect(&b, "progress 2 183");
	gate_answer(&b.gate, &b.invite, 200, "b", NULL, NULL);
	ask(&b, "ACK");
	CHECK(strstr(ask(&b, "BYE"), "BYE"), "BYE");
	gate_answer(&b.gate, &b.r, 200, NULL, NULL, NULL);
	expect(&b, "ended 2 by us status 0 cause 88");
	end(&b);
}

/* RFC 3261 section 13.2.2.4: every 2xx gets its ACK; who comes second is let go with BYE (T11).  That one's Contact is a name, which
 * nobody of ours may look up: its BYE goes back to where the 2xx came from. */
TEST(forked_answers)
{
	static const char *const contacts[] = { "Contact: <sip:b@127.0.0.9:%u>\r\n",
		"Contact: <sip:b@name.invalid:%u>\r\n", "Contact: <tel:+1>\r\n" };

	for (size_t i = 0; i < sizeof(contacts) / sizeof(*contacts); i++) {
		struct bed b;
		char contact[80];

		begin(&b, "3");
		snprintf(contact, sizeof(contact), contacts[i], b.gate.port);
		gate_answer(&b.gate, &b.invite, 180, "a", NULL, NULL);
		gate_answer(&b.gate, &b.invite, 180, "b", NULL, NULL);
		gate_answer(&b.gate, &b.invite, 200, "a", NULL, gate_sdp);
		CHECK(ask(&b, "ACK") && strstr(gate_header(&b.r, "To"), "tag=a"), "%s",
			gate_header(&b.r, "To"));
		expect(&b, "confirmed 3");
		gate_answer(&b.gate, &b.invite, 200, "b", contact, gate_sdp);
		CHECK(ask(&b, "ACK") && strstr(gate_header(&b.r, "To"), "tag=b"), "%s",
			gate_header(&b.r, "To"));
		CHECK(ask(&b, "BYE") && strstr(gate_header(&b.r, "To"), "tag=b"), "%s",
			gate_header(&b.r, "To"));
		gate_answer(&b.gate, &b.r, 200, NULL, NULL, NULL);
		CHECK_INT(0, line_count(b.line, "ended"), "the first goes on");
		line_order(b.line, "hangup");
		CHECK(ask(&b, "BYE") && strstr(gate_header(&b.r, "To"), "tag=a"), "%s",
			gate_header(&b.r, "To"));
		gate_answer(&b.gate, &b.r, 200, NULL, NULL, NULL);
		expect(&b, "ended 3 by us status 0 cause 16");
		end(&b);
	}
}

/* We give up before the answer: CANCEL waits for the first 1xx (section 9.1); a 2xx that crosses it gets ACK and BYE. */
TEST(giving_up_before_the_answer)
{
	struct bed b;

	begin(&b, "4");
	line_order(b.line, "hangup");
	expect(&b, "ended 4 by us status 487 cause 16: ordered");
	CHECK(gate_quiet(&b.gate, "CANCEL", 200), "CANCEL before any 1xx");
	gate_answer(&b.gate, &b.invite, 180, "a", NULL, NULL);
	ask(&b, "CANCEL");
	gate_answer(&b.gate, &b.r, 200, NULL, NULL, NULL);
	gate_answer(&b.gate, &b.invite, 487, "a", NULL, NULL);
	ask(&b, "ACK");
	end(&b);

	begin(&b, "5");
	gate_answer(&b.gate, &b.invite, 180, "a", NULL, NULL);
	expect(&b, "progress 5 180");
	line_order(b.line, "hangup");
	ask(&b, "CANCEL");
	gate_answer(&b.gate, &b.r, 200, NULL, NULL, NULL);
	gate_answer(&b.gate, &b.invite, 200, "a", NULL, gate_sdp);
	ask(&b, "ACK");
	ask(&b, "BYE");
	gate_answer(&b.gate, &b.r, 200, NULL, NULL, NULL);
	CHECK_INT(0, line_count(b.line, "confirmed"), "nobody was connected");
	end(&b);
}

/* What a 2xx must not carry brings Sofia down long after (LIBRARIES: K2): ACK, BYE, "protocol error". */
TEST(poison_in_an_answer)
{
	static const char *const poison[] = { "Contact: <tel:+15550199>\r\n", "Contact: *\r\n",
		"Contact: <http://127.0.0.9/>\r\n", "Contact: <sip:a@127.0.0.9>, <sip:b@127.0.0.9>\r\n",
		"Contact: <sip:a@127.0.0.9>\r\nRecord-Route: <urn:x:y>\r\n", "Contact: <sip:a@0.0.0.0>\r\n" };

	for (size_t i = 0; i < sizeof(poison) / sizeof(*poison); i++) {
		struct bed b;

		begin_at(&b, "127.0.0.9", "6", &(struct line_config){ .t1_ms = 20 });
		gate_answer(&b.gate, &b.invite, 200, "a", poison[i], gate_sdp);
		CHECK(gate_wait(&b.gate, &b.r, "ACK", 2000), "no ACK for %s", poison[i]);
		CHECK(gate_wait(&b.gate, &b.r, "BYE", 2000), "no BYE for %s", poison[i]);
		gate_answer(&b.gate, &b.r, 200, NULL, NULL, NULL);
		expect(&b, "ended 6 by us status 0 cause 111: protocol error");
		CHECK_INT(0, line_count(b.line, "confirmed"), poison[i]);
		end(&b);
	}
}

/* Contact is a name: nothing is looked up, what follows goes to the gateway. */
TEST(a_contact_that_is_a_name)
{
	struct bed b;

	begin(&b, "7");
	gate_answer(&b.gate, &b.invite, 200, "a", "Contact: <sip:sbc@carrier.invalid>\r\n", gate_sdp);
	CHECK(strstr(ask(&b, "ACK"), "ACK sip:sbc@carrier.invalid"), "%s", gate_line(&b.r));
	expect(&b, "confirmed 7");
	line_order(b.line, "hangup");
	CHECK(strstr(ask(&b, "BYE"), "BYE sip:sbc@carrier.invalid"), "%s", gate_line(&b.r));
	gate_answer(&b.gate, &b.r, 200, NULL, NULL, NULL);
	end(&b);
}

/* Record-Route of a proxy: the dialog's requests carry Route, and go there. */
TEST(record_route_is_kept)
{
	struct bed b;
	struct gate far;
	char headers[200];

	CHECK(gate_open(&far, "127.0.0.8"), "second socket");
	begin(&b, "8");
	snprintf(headers, sizeof(headers),
		"Record-Route: <sip:127.0.0.9:%u;lr>\r\nContact: <sip:x@127.0.0.8:%u>\r\n", b.gate.port,
		far.port);
	gate_answer(&b.gate, &b.invite, 200, "a", headers, gate_sdp);
	CHECK(strstr(ask(&b, "ACK"), "ACK sip:x@127.0.0.8:"), "%s", gate_line(&b.r));
	CHECK(strstr(gate_header(&b.r, "Route"), "<sip:127.0.0.9:"), "%s", gate_header(&b.r, "Route"));
	line_order(b.line, "hangup");
	ask(&b, "BYE");
	gate_answer(&b.gate, &b.r, 200, NULL, NULL, NULL);
	CHECK(gate_quiet(&far, "ACK", 0) && gate_quiet(&far, "BYE", 0), "past the proxy");
	gate_close(&far);
	end(&b);
}

TEST(failures_say_what_happened)
{
	static const struct {
		unsigned status;
		const char *headers, *seen;
	} cases[] = {
		{ 404, NULL, "by them status 404 cause 1" },
		{ 480, "Reason: Q.850;cause=20\r\n", "by them status 480 cause 20" },
		{ 486, NULL, "by them status 486 cause 17" },
		{ 503, "Retry-After: 7\r\n", "by them status 503 cause 41" },
		{ 603, NULL, "by them status 603 cause 21" },
		{ 302, "Contact: <sip:evil@127.0.0.7>\r\n", "by them status 302 cause" },
		{ 423, "Min-Expires: 60\r\n", "by them status 423 cause" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bed b;

		begin(&b, "9");
		gate_answer(&b.gate, &b.invite, cases[i].status, "a", cases[i].headers, NULL);
		ask(&b, "ACK");
		expect(&b, cases[i].seen);
		CHECK(gate_quiet(&b.gate, "INVITE", 100), "%u: a second INVITE", cases[i].status);
		end(&b);
	}
}

/* Nobody is there: silence, then a closed port. */
TEST(nobody_answers)
{
	struct bed b;

	begin_at(&b, "127.0.0.9", "10", &(struct line_config){ .t1_ms = 10 });
	expect(&b, "ended 10 by us status 408 cause 102");
	CHECK(line_find(b.line, "(no response)"), "it says that nothing came");
	end(&b);

	b.line = line_start(&(struct line_config){ .t1_ms = 50, .tcp = true });
	line_order(b.line, "dial tcp:127.0.0.9:1 11");
	expect(&b, "ended 11 by us status 503");
	CHECK(line_find(b.line, "(no response)"), "connection refused");
	CHECK(line_quiet(b.line, 4000), "calls are left");
	CHECK_INT(0, line_stop(b.line), "line");
}

/* ---- digest ---- */

static const char challenge[] =
	"WWW-Authenticate: Digest realm=\"carrier\", nonce=\"n1\", algorithm=MD5, qop=\"auth\"\r\n"
	"WWW-Authenticate: Digest realm=\"carrier\", nonce=\"n2\", algorithm=SHA-256, qop=\"auth\"\r\n";
static const char proxy_challenge[] =
	"Proxy-Authenticate: Digest realm=\"carrier\", nonce=\"p1\", qop=\"auth\"\r\n";

/* 401 -> ACK, the same call again with the strongest answer; then BYE is challenged as well, and repeated. */
TEST(digest_in_and_after_the_call)
{
	struct bed b;
	char id[GATE_VALUE], from[GATE_VALUE];
	long cseq;

	begin(&b, "12 us secret carrier");
	CHECK_STR("", gate_header(&b.invite, "Authorization"), "nothing before it is asked for");
	cseq = strtol(gate_header(&b.invite, "CSeq"), NULL, 10);
	snprintf(id, sizeof(id), "%s", gate_header(&b.invite, "Call-ID"));
	snprintf(from, sizeof(from), "%s", gate_header(&b.invite, "From"));
	gate_answer(&b.gate, &b.invite, 401, "x", challenge, NULL);
	ask(&b, "ACK");
	ask(&b, "INVITE");
	b.invite = b.r;
	CHECK_STR(id, gate_header(&b.invite, "Call-ID"), "the same call (RFC 3261 section 22.2)");
	CHECK_STR(from, gate_header(&b.invite, "From"), "and From with its tag");
	CHECK_INT(cseq + 1, strtol(gate_header(&b.invite, "CSeq"), NULL, 10), "one higher");
	CHECK(strstr(gate_header(&b.invite, "Authorization"), "algorithm=SHA-256") &&
			strstr(gate_header(&b.invite, "Authorization"), "nonce=\"n2\""),
		"%s", gate_header(&b.invite, "Authorization"));
	gate_answer(&b.gate, &b.invite, 407, "x", proxy_challenge, NULL);
	ask(&b, "ACK");
	ask(&b, "INVITE");
	b.invite = b.r;
	CHECK(strstr(gate_header(&b.invite, "Proxy-Authorization"), "nonce=\"p1\""), "%s", b.invite.text);
	gate_answer(&b.gate, &b.invite, 200, "a", NULL, gate_sdp);
	ask(&b, "ACK");
	expect(&b, "confirmed 12");
	line_order(b.line, "hangup");
	ask(&b, "BYE");
	gate_answer(&b.gate, &b.r, 407, NULL, proxy_challenge, NULL);
	ask(&b, "BYE");
	CHECK(strstr(gate_header(&b.r, "Proxy-Authorization"), "nc=00000002"), "%s", b.r.text);
	CHECK_STR(id, gate_header(&b.r, "Call-ID"), "the same dialog");
	CHECK(strstr(gate_header(&b.r, "To"), "tag=a"), "%s", gate_header(&b.r, "To"));
	CHECK_INT(cseq + 4, strtol(gate_header(&b.r, "CSeq"), NULL, 10), "and one higher again");
	gate_answer(&b.gate, &b.r, 200, NULL, NULL, NULL);
	end(&b);
}

/* Who is not the gateway, names another realm or asks a third time gets nothing. */
TEST(credentials_go_to_nobody_else)
{
	struct bed b;

	begin(&b, "13 us secret other-realm");
	gate_answer(&b.gate, &b.invite, 401, "x", challenge, NULL);
	expect(&b, "ended 13 by them status 401 cause 21: asked for a password for another realm");
	CHECK(gate_quiet(&b.gate, "INVITE", 150), "it asked again");
	end(&b);

	begin(&b, "14");
	gate_answer(&b.gate, &b.invite, 401, "x", challenge, NULL);
	expect(&b, "ended 14 by them status 401 cause 21: asked for a password, and the trunk has none");
	end(&b);

	begin(&b, "15 us secret carrier");
	{
		struct gate other;

		CHECK(gate_open(&other, "127.0.0.7"), "socket");
		gate_answer(&other, &b.invite, 401, "x", challenge, NULL);
		expect(&b, "asked for a password by another than the gateway");
		CHECK(gate_quiet(&other, "INVITE", 150), "credentials went to a stranger");
		CHECK(gate_quiet(&b.gate, "INVITE", 50), "or to anybody");
		gate_close(&other);
	}
	end(&b);

	begin(&b, "16 us secret carrier");
	for (int i = 0; i < 3; i++) {
		gate_answer(&b.gate, &b.invite, 401, "x", challenge, NULL);
		if (i == 2)
			break;
		ask(&b, "ACK");
		ask(&b, "INVITE");
		b.invite = b.r;
	}
	expect(&b, "ended 16 by them status 401 cause 21: the gateway refuses the trunk's user name");
	CHECK(gate_quiet(&b.gate, "INVITE", 150), "a third answer");
	end(&b);
}

/* Questions outside of calls: answered, challenged, put to nobody. */
TEST(options_and_register)
{
	static const char contacts[] = "Contact: <sip:other@127.0.0.5>;expires=9, "
				       "<sip:0123456789abcdef0123456789abcdef@127.0.0.1>;expires=99\r\n";
	struct bed b;
	char order[160];

	b.line = line_start(&(struct line_config){ .t1_ms = 20 });
	CHECK(gate_open(&b.gate, "127.0.0.9"), "socket");
	snprintf(order, sizeof(order), "ask OPTIONS udp:127.0.0.9:%u", b.gate.port);
	line_order(b.line, order);
	CHECK(strstr(ask(&b, "OPTIONS"), "OPTIONS sip:carrier.invalid"), "%s", gate_line(&b.r));
	gate_answer(&b.gate, &b.r, 404, "x", NULL, NULL);
	expect(&b, "asked: 404");
	line_clear(b.line);
	line_order(b.line, order);
	expect(&b, "asked: 0 expires 0 min 0 retry 0: no response");

	snprintf(order, sizeof(order), "ask REGISTER udp:127.0.0.9:%u us secret carrier", b.gate.port);
	line_clear(b.line);
	line_order(b.line, order);
	ask(&b, "REGISTER");
	CHECK_STR("600", gate_header(&b.r, "Expires"), "Expires");
	CHECK_STR("same", gate_header(&b.r, "Call-ID"), "Call-ID");
	CHECK_STR("7 REGISTER", gate_header(&b.r, "CSeq"), "CSeq");
	CHECK(strstr(gate_header(&b.r, "Contact"), "<sip:0123456789abcdef0123456789abcdef@127.0.0.1:"), "%s",
		gate_header(&b.r, "Contact"));
	gate_answer(&b.gate, &b.r, 401, "x", challenge, NULL);
	ask(&b, "REGISTER");
	CHECK_STR("8 REGISTER", gate_header(&b.r, "CSeq"), "one higher");
	CHECK(strstr(gate_header(&b.r, "Authorization"), "algorithm=SHA-256"), "%s",
		gate_header(&b.r, "Authorization"));
	gate_answer(&b.gate, &b.r, 200, "x", contacts, NULL);
	expect(&b, "asked: 200 expires 99");
	line_order(b.line, order);
	ask(&b, "REGISTER");
	gate_answer(&b.gate, &b.r, 423, "x", "Min-Expires: 3600\r\n", NULL);
	expect(&b, "asked: 423 expires 0 min 3600");
	CHECK(gate_quiet(&b.gate, "REGISTER", 100), "when to ask again is not this file's to say");
	line_order(b.line, order);
	for (int i = 0; i < 3; i++) {
		ask(&b, "REGISTER");
		gate_answer(&b.gate, &b.r, 401, "x", challenge, NULL);
	}
	expect(&b, "refused: the gateway refuses the trunk's user name and password");
	line_order(b.line, "ask OPTIONS tcp:127.0.0.9:1");
	expect(&b, "ask: "); /* no TCP here */
	end(&b);
}

TESTS(a_call_is_answered, an_anonymous_call_shows_no_number, the_answer_may_have_come_early, forked_answers,
	giving_up_before_the_answer, poison_in_an_answer, a_contact_that_is_a_name, record_route_is_kept,
	failures_say_what_happened, nobody_answers, digest_in_and_after_the_call,
	credentials_go_to_nobody_else, options_and_register)
