/* links: tests/line.c tests/gate.c sip/loop.c sip/ua.c sip/ua_events.c sip/ua_listen.c sip/ua_read.c sip/ua_screen.c sip/ua_send.c sip/ua_ask.c sip/call.c sip/call_dial.c sip/call_media.c sip/call_refresh.c sip/early.c sip/info.c sip/body.c sip/cause.c sip/err.c sip/guard.c sip/offer.c sip/agreed.c sip/format.c sip/candidate.c sip/sdp_read.c sip/sdp_write.c sip/sieve.c sip/timer.c sip/trunk.c sip/vet.c sip/login.c sip/digest.c sip/squeeze.c sip/sdes.c sip/ua_origin.c sip/challenge.c sip/caller.c sip/ua_tap.c sip/framing.c sip/ua_way.c sip/ua_inside.c sip/ua_refer.c sip/call_key.c sip/call_refer.c sip/refer.c sip/ua_header.c sip/stated.c sip/uri.c sip/permit.c */
#include "tests/flow/peer.h"
#include "tests/gate.h"
#include "tests/line.h"
#include "tests/test.h"

#include <stdlib.h>

/* Before the answer of a call that we make: reliable responses, early changes, and calls that are sent on. */
struct bed {
	struct line *line;
	struct gate gate;
	struct gate_request invite, r;
};

static void begin(struct bed *b, const char *number)
{
	char order[200];

	b->line = line_start(&(struct line_config){ .t1_ms = 50 });
	CHECK(gate_open(&b->gate, "127.0.0.9"), "socket");
	snprintf(order, sizeof(order), "dial udp:127.0.0.9:%u %s", b->gate.port, number);
	line_order(b->line, order);
	CHECK(gate_wait(&b->gate, &b->invite, "INVITE", 2000), "no INVITE");
}

static void expect(struct bed *b, const char *seen)
{
	const bool there = line_wait(b->line, seen, 3000);

	if (!there)
		line_print(b->line);
	CHECK(there, "handlers did not see '%s'", seen);
}

static const char *ask(struct bed *b, const char *method)
{
	CHECK(gate_wait(&b->gate, &b->r, method, 2000), "no %s", method);
	return gate_line(&b->r);
}

static void end(struct bed *b)
{
	CHECK(line_quiet(b->line, 4000), "calls are left");
	gate_close(&b->gate);
	CHECK_INT(0, line_stop(b->line), "line");
}

static void hang_up(struct bed *b)
{
	line_order(b->line, "hangup");
	ask(b, "BYE");
	gate_answer(&b->gate, &b->r, 200, NULL, NULL, NULL);
}

static const char changed_sdp[] = "v=0\r\no=- 9 9 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\n"
				  "m=audio 30010 RTP/AVP 8\r\n";

/*  us             gateway
 *  INVITE, Supported: 100rel -->
 *  <------ 180, RSeq 1
 *  PRACK 1 --------->
 *  <------ 183 with description, RSeq 2: the answer
 *  PRACK 2 --------->
 *  <------ 200 without
 *  ACK ------------->      (RFC 3262 sections 4 and 5) */
TEST(reliable_responses_are_acknowledged)
{
	struct bed b;

	begin(&b, "+15550199");
	CHECK(strstr(gate_header(&b.invite, "Supported"), "100rel"), "%s", b.invite.text);
	gate_answer(&b.gate, &b.invite, 180, "a", "Require: 100rel\r\nRSeq: 1\r\n", NULL);
	CHECK(strstr(ask(&b, "PRACK"), "PRACK sip:gate@127.0.0.9"), "%s", gate_line(&b.r));
	CHECK(strncmp(gate_header(&b.r, "RAck"), "1 ", 2) == 0 &&
			strstr(gate_header(&b.r, "RAck"), " INVITE"),
		"%s", gate_header(&b.r, "RAck"));
	gate_answer(&b.gate, &b.r, 200, NULL, NULL, NULL);
	CHECK(gate_quiet(&b.gate, "PRACK", 200), "one PRACK");
	expect(&b, "progress +15550199 180");
	gate_answer(&b.gate, &b.invite, 183, "a", "Require: 100rel\r\nRSeq: 2\r\n", gate_sdp);
	CHECK(strstr(ask(&b, "PRACK"), "PRACK") && strncmp(gate_header(&b.r, "RAck"), "2 ", 2) == 0, "%s",
		gate_header(&b.r, "RAck"));
	gate_answer(&b.gate, &b.r, 200, NULL, NULL, NULL);
	expect(&b, "media PCMU pt 0 to 127.0.0.2:30000");
	CHECK_INT(0, line_count(b.line, "confirmed"), "it is not answered yet");
	gate_answer(&b.gate, &b.invite, 200, "a", NULL, NULL);
	ask(&b, "ACK");
	expect(&b, "confirmed +15550199");
	hang_up(&b);
	end(&b);
}

/* A repetition of a reliable response that was acknowledged gets nothing new told. */
TEST(a_repeated_response_is_told_once)
{
	struct bed b;

	begin(&b, "1");
	gate_answer(&b.gate, &b.invite, 183, "a", "Require: 100rel\r\nRSeq: 7\r\n", gate_sdp);
	ask(&b, "PRACK");
	gate_answer(&b.gate, &b.r, 200, NULL, NULL, NULL);
	gate_answer(&b.gate, &b.invite, 183, "a", "Require: 100rel\r\nRSeq: 7\r\n", gate_sdp);
	gate_answer(&b.gate, &b.invite, 200, "a", NULL, gate_sdp);
	ask(&b, "ACK");
	expect(&b, "confirmed 1");
	CHECK_INT(1, line_count(b.line, "progress 1 183"), "one 183");
	hang_up(&b);
	end(&b);
}

/*  183 reliably with the answer, then UPDATE with another offer before the 200: RFC 3311 section 5. */
TEST(an_early_dialog_is_changed_by_update)
{
	struct bed b;

	begin(&b, "2");
	gate_answer(&b.gate, &b.invite, 183, "a", "Require: 100rel\r\nRSeq: 1\r\n", gate_sdp);
	ask(&b, "PRACK");
	gate_answer(&b.gate, &b.r, 200, NULL, NULL, NULL);
	expect(&b, "media PCMU pt 0 to 127.0.0.2:30000");
	gate_request_body(
		&b.gate, &b.invite, "UPDATE", "a", 1, "Content-Type: application/sdp\r\n", changed_sdp);
	expect(&b, "media PCMA pt 8 to 127.0.0.2:30010");
	gate_answer(&b.gate, &b.invite, 200, "a", NULL, NULL);
	ask(&b, "ACK");
	expect(&b, "confirmed 2");
	hang_up(&b);
	end(&b);
}

/*  RFC 6337 section 2: our offer has its one answer; a description in what comes later is neither offer nor answer. */
TEST(what_comes_after_the_answer_is_none)
{
	struct bed b;

	begin(&b, "7");
	gate_answer(&b.gate, &b.invite, 183, "a", "Require: 100rel\r\nRSeq: 1\r\n", gate_sdp);
	ask(&b, "PRACK");
	gate_answer(&b.gate, &b.r, 200, NULL, NULL, NULL);
	expect(&b, "media PCMU pt 0 to 127.0.0.2:30000");
	gate_answer(&b.gate, &b.invite, 183, "a", "Require: 100rel\r\nRSeq: 2\r\n", changed_sdp);
	CHECK(strncmp(ask(&b, "PRACK"), "PRACK", 5) == 0 && strncmp(gate_header(&b.r, "RAck"), "2 ", 2) == 0,
		"%s", gate_header(&b.r, "RAck"));
	CHECK_STR("", gate_header(&b.r, "Content-Type"), "a PRACK without description");
	gate_answer(&b.gate, &b.r, 200, NULL, NULL, NULL);
	gate_answer(&b.gate, &b.invite, 200, "a", NULL, changed_sdp);
	ask(&b, "ACK");
	expect(&b, "confirmed 7");
	CHECK_INT(1, line_count(b.line, "media "), "one answer");
	hang_up(&b);
	end(&b);
}

/* RFC 3262 section 4: a PRACK that is lost goes out again; a response out of order is not acknowledged; an offer of theirs while ours has no
 * answer is refused (RFC 3311 section 5.2) and changes nothing. */
TEST(pracks_that_go_wrong)
{
	struct bed b;
	char rack[GATE_VALUE];

	begin(&b, "8");
	gate_answer(&b.gate, &b.invite, 180, "a", "Require: 100rel\r\nRSeq: 7\r\n", NULL);
	ask(&b, "PRACK"); /* lost */
	snprintf(rack, sizeof(rack), "%s", gate_header(&b.r, "RAck"));
	ask(&b, "PRACK");
	CHECK_STR(rack, gate_header(&b.r, "RAck"), "the same again");
	gate_answer(&b.gate, &b.r, 200, NULL, NULL, NULL);
	gate_request_body(
		&b.gate, &b.invite, "UPDATE", "a", 1, "Content-Type: application/sdp\r\n", changed_sdp);
	gate_answer(&b.gate, &b.invite, 183, "a", "Require: 100rel\r\nRSeq: 9\r\n", gate_sdp);
	CHECK(gate_quiet(&b.gate, "PRACK", 300), "8 is missing");
	CHECK_INT(0, line_count(b.line, "media "), "nothing is agreed on");
	gate_answer(&b.gate, &b.invite, 183, "a", "Require: 100rel\r\nRSeq: 8\r\n", gate_sdp);
	ask(&b, "PRACK");
	CHECK(strncmp(gate_header(&b.r, "RAck"), "8 ", 2) == 0, "%s", gate_header(&b.r, "RAck"));
	gate_answer(&b.gate, &b.r, 200, NULL, NULL, NULL);
	expect(&b, "media PCMU pt 0 to 127.0.0.2:30000");
	gate_answer(&b.gate, &b.invite, 200, "a", NULL, NULL);
	ask(&b, "ACK");
	expect(&b, "confirmed 8");
	hang_up(&b);
	end(&b);
}

/* They do not know the response that we acknowledge: the call goes on as they say, here with a 200. */
TEST(a_prack_is_refused)
{
	struct bed b;

	begin(&b, "9");
	gate_answer(&b.gate, &b.invite, 183, "a", "Require: 100rel\r\nRSeq: 1\r\n", gate_sdp);
	ask(&b, "PRACK");
	gate_answer(&b.gate, &b.r, 400, NULL, NULL, NULL);
	gate_answer(&b.gate, &b.invite, 200, "a", NULL, gate_sdp);
	ask(&b, "ACK");
	expect(&b, "confirmed 9");
	hang_up(&b);
	end(&b);
}

TEST(p_early_media_opens_and_shuts)
{
	static const struct {
		const char *value, *seen;
	} cases[] = { { "P-Early-Media: sendonly\r\n", "progress 3 183 with early media" },
		{ "P-Early-Media: sendrecv, gated\r\n", "progress 3 183 with early media" },
		{ "P-Early-Media: inactive\r\n", "progress 3 183 without" } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bed b;

		begin(&b, "3");
		gate_answer(&b.gate, &b.invite, 183, "a", cases[i].value, gate_sdp);
		expect(&b, cases[i].seen);
		CHECK_INT(i < 2, line_count(b.line, "with early media"), cases[i].value);
		gate_answer(&b.gate, &b.invite, 486, "a", NULL, NULL);
		ask(&b, "ACK");
		expect(&b, "status 486");
		end(&b);
	}
}

/* Nobody is called by a 3xx alone: who it names is told, best first, and whoever made the call decides. */
TEST(a_redirection_is_told)
{
	static const struct {
		const char *contacts, *told;
	} cases[] = {
		{ "Contact: <sip:+15550777@127.0.0.9:5070;user=phone>\r\n",
			" redirected to sip:+15550777@127.0.0.9:5070;user=phone" },
		{ "Contact: <sip:a@127.0.0.9>;q=0.2, <sip:b@127.0.0.10>;q=0.9, <sip:c@127.0.0.11>\r\n",
			" redirected to sip:c@127.0.0.11 sip:b@127.0.0.10 sip:a@127.0.0.9" },
		{ "Contact: <http://127.0.0.9/>\r\n", NULL }, /* nobody */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bed b;

		begin(&b, "4");
		gate_answer(&b.gate, &b.invite, 302, "a", cases[i].contacts, NULL);
		ask(&b, "ACK");
		expect(&b, "by them status 302");
		CHECK((line_find(b.line, " redirected to ") != NULL) == (cases[i].told != NULL) &&
				(!cases[i].told || line_find(b.line, cases[i].told)),
			"%s", cases[i].contacts);
		CHECK(gate_quiet(&b.gate, "INVITE", 300), "nobody is called");
		end(&b);
	}
}

/* The same against SIPp, which ends with 0 when each step was as its scenario says. */
TEST(sipp_answers_reliably)
{
	struct line *line = line_start(&(struct line_config){ .t1_ms = 50 });
	struct folder folder;
	struct peer sipp;
	char port[8], order[120];

	CHECK(folder_make(&folder), "folder");
	snprintf(port, sizeof(port), "%u", free_sip_port("127.0.0.9"));
	{
		const char *const argv[] = { "sipp", "-sf", "tests/flow/sipp/gateway_reliable.xml", "-i",
			"127.0.0.9", "-p", port, "-m", "1", "-nostdin", "-timeout", "15s", NULL };

		CHECK(peer_start(&sipp, &folder, "sipp", argv), "sipp");
	}
	test_sleep_ms(400); /* SIPp says nothing when it listens */
	snprintf(order, sizeof(order), "dial udp:127.0.0.9:%s 6", port);
	line_order(line, order);
	if (peer_wait_exit(&sipp, 15000) != 0) {
		peer_show(&sipp);
		line_print(line);
	}
	CHECK_INT(0, sipp.code, "SIPp");
	CHECK(line_find(line, "media PCMU pt 0 to 127.0.0.2:30000") && line_find(line, "confirmed 6"),
		"the call");
	CHECK(line_quiet(line, 4000), "calls are left");
	CHECK_INT(0, line_stop(line), "line");
	folder_remove(&folder);
}

TESTS(sipp_answers_reliably, reliable_responses_are_acknowledged, a_repeated_response_is_told_once,
	an_early_dialog_is_changed_by_update, what_comes_after_the_answer_is_none, pracks_that_go_wrong,
	a_prack_is_refused, p_early_media_opens_and_shuts, a_redirection_is_told)
