/* links: tests/line.c tests/rawsip.c sip/loop.c sip/ua.c sip/ua_events.c sip/ua_listen.c sip/ua_read.c sip/ua_screen.c sip/ua_send.c sip/ua_tap.c sip/framing.c sip/call.c sip/call_media.c sip/call_refresh.c sip/early.c sip/info.c sip/body.c sip/cause.c sip/err.c sip/guard.c sip/offer.c sip/agreed.c sip/format.c sip/sdes.c sip/candidate.c sip/sdp_read.c sip/sdp_write.c sip/squeeze.c sip/sieve.c sip/timer.c sip/trunk.c sip/vet.c sip/call_dial.c sip/login.c sip/digest.c sip/ua_ask.c sip/ua_origin.c sip/challenge.c sip/caller.c sip/ua_way.c sip/ua_inside.c sip/ua_refer.c sip/call_key.c sip/call_refer.c sip/refer.c sip/ua_header.c sip/stated.c sip/uri.c sip/permit.c */
/* Who may speak to the line, and where what it says may go: strangers, spoofed dialogs, copies, names and detours. */
#include "tests/linebed.h"
#include "sip/guard.h"

#include <string.h>

/* A few answers, then silence, whatever they send; the trunk does not notice. */
TEST(strangers_fall_silent)
{
	struct line *l = line_of(20, 0);
	struct raw r, s;
	unsigned answers = 0;

	caller_of(&s, STRANGER, l);
	for (int i = 0; i < 1000; i++) {
		unsigned status;

		raw_fresh(&s, "answer");
		raw_request(&s, i % 2 ? "OPTIONS" : "INVITE", NULL, i % 2 ? NULL : raw_offer);
		status = raw_final(&s, i < 20 ? SILENCE_MS : 0);
		if (!status)
			continue;
		CHECK_INT(403, status, "an answer");
		if (i == 0)
			CHECK(raw_has(&s, "Reason: Q.850;cause="), "with a Reason");
		answers += status != 0;
		raw_request(&s, "ACK", NULL, NULL);
	}
	CHECK_INT(GUARD_ANSWERS, answers, "answers");
	CHECK_INT(0, line_count(l, "invite "), "no call");
	CHECK(line_count(l, "refused 403 trunk none") <= GUARD_ANSWERS, "records are bounded");
	caller_of(&r, TRUNK, l);
	CHECK_INT(200, raw_call(&r, "answer"), "the trunk");
	check_call_lives(&r, "the trunk");
	CHECK(line_stats(l).stranger_silent < 100, "the kernel drops the rest: %llu reached us",
		(unsigned long long)line_stats(l).stranger_silent);
	raw_close(&r);
	raw_close(&s);
	check_end(l, "strangers");
}

/* The same by TCP: then not even a connection. */
TEST(strangers_by_tcp)
{
	struct line *l = line_of(20, 0);
	struct raw s;
	bool refused = false;

	for (int i = 0; i < 3 * GUARD_ANSWERS && !refused; i++) {
		refused = !raw_open(&s, STRANGER, 0, line_port(l), true);
		if (refused)
			break;
		raw_request(&s, "INVITE", NULL, raw_offer);
		raw_final(&s, 200);
		raw_close(&s);
	}
	CHECK(refused, "the listening socket no longer hears them");
	CHECK_INT(0, line_count(l, "invite "), "no call");
	check_end(l, "strangers by TCP");
}

/* S14: who knows the dialog but comes from elsewhere changes nothing, with or without To tag. */
TEST(spoofed_requests_touch_no_call)
{
	static const char *const sources[] = { OTHER_TRUNK, STRANGER };
	static const char *const methods[] = { "BYE", "INVITE", "UPDATE", "INFO", "PRACK", "CANCEL", "ACK",
		"OPTIONS" };
	struct line *l = line_of(20, 0);
	struct raw r;

	caller_of(&r, TRUNK, l);
	CHECK_INT(200, raw_call(&r, "answer"), "call");
	CHECK(line_wait(l, "confirmed", WAIT_MS), "ACK");
	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++)
		for (size_t k = 0; k < 2 * sizeof(methods) / sizeof(*methods); k++) {
			const char *method = methods[k / 2];
			struct raw s;
			unsigned status;

			caller_of(&s, sources[i], l);
			memcpy(s.call_id, r.call_id, sizeof(s.call_id));
			memcpy(s.from_tag, r.from_tag, sizeof(s.from_tag));
			memcpy(s.target, r.target, sizeof(s.target));
			if (k % 2)
				memcpy(s.to_tag, r.to_tag, sizeof(s.to_tag));
			s.cseq = 100;
			raw_request(&s, method, "RAck: 1 1 INVITE\r\n",
				strcmp(method, "INVITE") == 0 || strcmp(method, "UPDATE") == 0 ? raw_offer
											       : NULL);
			status = raw_final(&s, 150);
			CHECK(status == 0 || status == 403 || status == 481, "%s from %s: have %u", method,
				sources[i], status);
			raw_close(&s);
		}
	CHECK_INT(1, line_count(l, "media PCMU"), "media as before");
	CHECK_INT(0, line_count(l, "ended"), "not ended");
	r.cseq = 1;
	check_call_lives(&r, "call lives, its CSeq and target too");
	raw_close(&r);
	check_end(l, "spoofed");
}

/* CANCEL and ACK are matched by branch: with the right one, from elsewhere, they act on nothing either. */
TEST(spoofed_cancel_and_ack_act_on_nothing)
{
	static const char *const sources[] = { OTHER_TRUNK, STRANGER };
	struct line *l = line_of(50, 0);
	struct raw r, s[2];
	char via[200];

	caller_of(&r, TRUNK, l);
	raw_fresh(&r, "ring");
	raw_request(&r, "INVITE", NULL, raw_offer);
	CHECK_INT(180, raw_wait(&r, WAIT_MS), "rings");
	snprintf(via, sizeof(via), "Via: SIP/2.0/UDP %s:%u;branch=%s\r\n", r.ip, r.port, r.branch);
	for (size_t i = 0; i < 2; i++) {
		caller_of(&s[i], sources[i], l);
		memcpy(s[i].call_id, r.call_id, sizeof(r.call_id));
		memcpy(s[i].from_tag, r.from_tag, sizeof(r.from_tag));
		memcpy(s[i].target, r.target, sizeof(r.target));
		s[i].cseq = r.cseq;
		raw_request(&s[i], "CANCEL", via, NULL);
		CHECK_INT(0, raw_wait(&r, SILENCE_MS), "no 487 for the caller");
	}
	CHECK_INT(0, line_count(l, "ended"), "still ringing");
	raw_request(&r, "CANCEL", "Contact:\r\n", NULL);
	CHECK(line_wait(l, "by them status 487", WAIT_MS), "the caller's own CANCEL");
	raw_wait(&r, WAIT_MS);
	raw_wait(&r, WAIT_MS);
	raw_request(&r, "ACK", NULL, NULL);

	raw_fresh(&r, "answer");
	raw_request(&r, "INVITE", NULL, raw_offer);
	CHECK_INT(200, raw_final(&r, WAIT_MS), "answered");
	for (size_t i = 0; i < 2; i++) {
		memcpy(s[i].call_id, r.call_id, sizeof(r.call_id));
		memcpy(s[i].from_tag, r.from_tag, sizeof(r.from_tag));
		memcpy(s[i].to_tag, r.to_tag, sizeof(r.to_tag));
		s[i].cseq = r.cseq;
		raw_request(&s[i], "ACK", NULL, NULL);
		raw_close(&s[i]);
	}
	test_sleep_ms(100);
	CHECK_INT(0, line_count(l, "confirmed"), "not their ACK");
	raw_request(&r, "ACK", NULL, NULL);
	CHECK(line_wait(l, "confirmed", WAIT_MS), "the caller's own");
	check_call_lives(&r, "lives");
	raw_close(&r);
	check_end(l, "spoofed CANCEL");
}

/* The same INVITE twice is one call; the second gets the same answer. */
TEST(retransmitted_requests_are_one)
{
	struct line *l = line_of(200, 0);
	char invite[RAW_TEXT];
	struct raw r;
	int n;

	caller_of(&r, TRUNK, l);
	n = snprintf(invite, sizeof(invite),
		"INVITE sip:ring@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP %s:%u;branch=z9hG4bKsame\r\n"
		"From: <sip:a@b>;tag=1\r\nTo: <sip:ring@127.0.0.1>\r\nCall-ID: %s\r\nCSeq: 1 INVITE\r\n"
		"Contact: <sip:a@%s:%u>\r\nMax-Forwards: 70\r\nContent-Type: "
		"application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
		r.ip, r.port, r.call_id, r.ip, r.port, strlen(raw_offer), raw_offer);
	r.cseq = 1;
	for (int i = 0; i < 3; i++) {
		raw_send(&r, invite, (size_t)n);
		CHECK_INT(180, raw_wait(&r, WAIT_MS), "answer");
	}
	CHECK_INT(1, line_count(l, "invite ring"), "one call");
	/* by another way round: merged (RFC 3261 section 8.2.2.2) */
	memcpy(strstr(invite, "z9hG4bKsame"), "z9hG4bKelse", 11);
	raw_send(&r, invite, (size_t)n);
	CHECK_INT(482, raw_final(&r, WAIT_MS), "merged");
	CHECK_INT(1, line_count(l, "invite ring"), "still one call");
	line_order(l, "hangup");
	CHECK(raw_final(&r, WAIT_MS) >= 400, "refused");
	raw_close(&r);
	check_end(l, "retransmitted");
}

/* A copy of the INVITE that was long under way, when its transaction is forgotten: no call, nor a change of
 * the one that it began. */
TEST(late_copies_of_an_invite_are_no_call)
{
	struct line *l = line_of(20, 0); /* T4: 40 ms */
	struct raw r;

	caller_of(&r, TRUNK, l);
	CHECK_INT(200, raw_call(&r, "answer"), "call");
	CHECK(line_wait(l, "confirmed", WAIT_MS), "confirmed");
	test_sleep_ms(SILENCE_MS);
	r.cseq--;
	raw_request(&r, "INVITE", "To: <sip:answer@127.0.0.1>\r\n", raw_offer);
	CHECK_INT(500, raw_final(&r, WAIT_MS), "the same again");
	raw_request(&r, "ACK", NULL, NULL);
	CHECK_INT(1, line_count(l, "invite answer"), "one call");
	CHECK_INT(1, line_count(l, "media PCMU"), "as it was agreed on");
	check_call_lives(&r, "the call");
	raw_close(&r);
	check_end(l, "late copy");
}

/* Numbers, names and flags reach the owner as they are, and no more than that. */
TEST(what_an_invite_says)
{
	struct line *l = line_of(20, 0);
	struct raw r;

	caller_of(&r, TRUNK, l);
	raw_fresh(&r, "+1555%30100;npdi");
	snprintf(r.target + strlen(r.target), 16, ";user=phone");
	raw_request(&r, "INVITE",
		"P-Asserted-Identity: \"Bob\" <sip:+15550199@carrier.example>, <tel:+15550199>\r\nPrivacy: "
		"id\r\n",
		raw_offer);
	CHECK_INT(180, raw_wait(&r, 200) + 180, "no decision yet");
	CHECK(line_find(l, "invite +15550100;npdi from raw trunk carrier-a source udp: offer 1 scheme sip "
			   "asserted "
			   "'+15550199' privacy 1 to answer params 'user=phone'"),
		"user and URI parameters: %s", line_find(l, "invite"));
	raw_request(&r, "CANCEL", "Contact:\r\n", NULL);
	CHECK_INT(200, raw_final(&r, WAIT_MS), "CANCEL");
	raw_final(&r, WAIT_MS);
	raw_request(&r, "ACK", NULL, NULL);

	raw_fresh(&r, "x");
	snprintf(r.target, sizeof(r.target), "tel:+15550101;phone-context=+1");
	raw_request(&r, "INVITE", NULL, raw_offer);
	CHECK(line_wait(l, "invite +15550101", WAIT_MS), "tel: %s", line_find(l, "scheme tel"));
	CHECK(line_find(l, "scheme tel"), "scheme");
	raw_close(&r);
	line_order(l, "hangup");
	check_end(l, "invite");
}

/* Names that only a resolver could turn into an address: nobody asks one, requests go to where theirs came from. */
TEST(names_are_never_looked_up)
{
	static const struct {
		const char *story, *headers;
	} cases[] = {
		{ "Contact", "Contact: <sip:gw@carrier.invalid>\r\n" },
		{ "its maddr", "Contact: <sip:gw@127.0.0.2;maddr=carrier.invalid>\r\n" },
		{ "Record-Route", "Record-Route: <sip:proxy.invalid;lr>\r\n" },
	};
	struct line *l = line_of(20, 0);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct raw r;

		caller_of(&r, TRUNK, l);
		raw_fresh(&r, "hangup");
		raw_request(&r, "INVITE", cases[i].headers, raw_offer);
		CHECK_INT(200, raw_final(&r, WAIT_MS), cases[i].story);
		raw_request(&r, "ACK", NULL, NULL);
		CHECK_INT(1, raw_wait(&r, WAIT_MS), cases[i].story);
		CHECK(raw_has(&r, "BYE sip:"), "%s: %s", cases[i].story, r.last);
		raw_reply(&r, 200, NULL);
		raw_close(&r);
	}
	check_end(l, "names");
}

/* Answers go to the sender: not where a Via's maddr would have them. */
TEST(via_cannot_send_answers_elsewhere)
{
	struct line *l = line_of(20, 0);
	struct raw r, victim;
	char via[200];

	caller_of(&r, TRUNK, l);
	caller_of(&victim, "127.0.0.66", l);
	raw_fresh(&r, "answer");
	snprintf(via, sizeof(via),
		"Via: SIP/2.0/UDP carrier.invalid:%u;maddr=127.0.0.66;branch=z9hG4bKm1\r\n", victim.port);
	raw_request(&r, "OPTIONS", via, NULL);
	CHECK_INT(0, raw_final(&victim, SILENCE_MS), "nobody else hears it");
	snprintf(via, sizeof(via),
		"Via: SIP/2.0/UDP carrier.invalid:%u;maddr=other.invalid;branch=z9hG4bKm2\r\n", r.port);
	raw_fresh(&r, "answer");
	raw_request(&r, "OPTIONS", via, NULL);
	CHECK_INT(200, raw_final(&r, WAIT_MS), "the sender does");
	raw_close(&r);
	raw_close(&victim);
	check_end(l, "Via");
}

/* Behind a NAT we name the outer address, in Contact and in Via. */
TEST(advertised_address)
{
	struct line *l =
		line_start(&(struct line_config){ .t1_ms = 20, .tcp = true, .advertise = "198.51.100.7" });
	struct raw r;

	caller_of(&r, TRUNK, l);
	raw_fresh(&r, "hangup");
	raw_request(&r, "INVITE", NULL, raw_offer);
	CHECK_INT(200, raw_final(&r, WAIT_MS), "answered");
	CHECK(strstr(r.target, "@198.51.100.7:"), "Contact: %s", r.target);
	raw_request(&r, "ACK", NULL, NULL);
	CHECK_INT(1, raw_wait(&r, WAIT_MS), "BYE");
	CHECK(raw_has(&r, "Via: SIP/2.0/UDP 198.51.100.7:"), "Via: %s", r.last);
	raw_reply(&r, 200, NULL);
	raw_close(&r);
	check_end(l, "advertise");
}

/* STUN and SigComp would reach parsers of Sofia's that nobody guards: the kernel drops them, from a trunk too. */
TEST(only_sip_reaches_the_line)
{
	static const char stun[28] = { 0, 1, 0, 8, 0x21, 0x12, (char)0xa4, 0x42 };
	static const char sigcomp[40] = { (char)0xf8, 1, 2, 3 };
	struct line *l = line_of(20, 0);
	struct raw r;

	caller_of(&r, TRUNK, l);
	raw_send(&r, stun, sizeof(stun));
	raw_send(&r, sigcomp, sizeof(sigcomp));
	raw_send(&r, "", 0);
	raw_send(&r, "\r\n\r\n", 4);
	CHECK_INT(0, raw_any(&r, SILENCE_MS), "no answer");
	CHECK_INT(200, raw_call(&r, "answer"), "the line lives");
	check_call_lives(&r, "and works");
	raw_close(&r);
	check_end(l, "only SIP");
}

/* A stop: nobody new, BYE to all, and the process goes when they have answered. */
TEST(shutdown_says_goodbye)
{
	struct line *l = line_of(100, 0);
	struct raw a, b, c;

	caller_of(&a, TRUNK, l);
	caller_of(&b, TRUNK, l);
	caller_of(&c, TRUNK, l);
	CHECK_INT(200, raw_call(&a, "answer"), "a");
	raw_fresh(&b, "ring");
	raw_request(&b, "INVITE", NULL, raw_offer);
	CHECK_INT(180, raw_wait(&b, WAIT_MS), "b rings");
	CHECK(line_wait(l, "confirmed", WAIT_MS), "a is up");
	line_order(l, "shutdown");
	CHECK_INT(1, raw_wait(&a, WAIT_MS), "BYE to a");
	CHECK(raw_has(&a, "BYE ") && raw_has(&a, "text=\"shutting down\""), "with its Reason");
	CHECK_INT(503, raw_final(&b, WAIT_MS), "b is refused");
	raw_request(&b, "ACK", NULL, NULL);
	raw_fresh(&c, "answer");
	raw_request(&c, "INVITE", NULL, raw_offer);
	CHECK_INT(503, raw_final(&c, WAIT_MS), "c comes too late");
	CHECK(raw_has(&c, "Retry-After:"), "with Retry-After");
	CHECK(line_alive(l), "waits for a's answer");
	raw_reply(&a, 200, NULL);
	CHECK(line_wait(l, "ended answer by us status 0 cause 16: shutting down", WAIT_MS), "a ended");
	raw_close(&a);
	raw_close(&b);
	raw_close(&c);
	CHECK_INT(0, line_stop(l), "exit");
}

TESTS(strangers_fall_silent, strangers_by_tcp, spoofed_requests_touch_no_call,
	spoofed_cancel_and_ack_act_on_nothing, retransmitted_requests_are_one,
	late_copies_of_an_invite_are_no_call, what_an_invite_says, names_are_never_looked_up,
	via_cannot_send_answers_elsewhere, advertised_address, only_sip_reaches_the_line,
	shutdown_says_goodbye)
