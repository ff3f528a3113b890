/* links: tests/line.c tests/rawsip.c sip/loop.c sip/ua.c sip/ua_events.c sip/ua_listen.c sip/ua_read.c sip/ua_screen.c sip/ua_send.c sip/ua_tap.c sip/framing.c sip/call.c sip/call_media.c sip/call_refresh.c sip/early.c sip/info.c sip/body.c sip/cause.c sip/err.c sip/guard.c sip/offer.c sip/agreed.c sip/format.c sip/sdes.c sip/sdp_read.c sip/sdp_write.c sip/squeeze.c sip/sieve.c sip/timer.c sip/trunk.c sip/vet.c sip/call_dial.c sip/login.c sip/digest.c sip/ua_ask.c sip/ua_origin.c sip/challenge.c sip/caller.c sip/ua_way.c sip/ua_inside.c sip/ua_refer.c sip/call_key.c sip/call_refer.c sip/refer.c */
#include "tests/line.h"
#include "tests/rawsip.h"
#include "tests/test.h"
#include "sip/guard.h"

#include <dirent.h>
#include <stdlib.h>
#include <time.h>

enum { WAIT_MS = 2000, SILENCE_MS = 300 };

#define TRUNK "127.0.0.2"
#define OTHER_TRUNK "127.0.0.3"
#define STRANGER "127.0.0.9"

static void nap_ms(unsigned ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 }, NULL);
}

static struct line *line_of(unsigned t1_ms, unsigned timer_speed)
{
	struct line *l =
		line_start(&(struct line_config){ .t1_ms = t1_ms, .timer_speed = timer_speed, .tcp = true });

	CHECK(line_port(l), "line is up");
	return l;
}

static void caller_of(struct raw *r, const char *ip, const struct line *l)
{
	CHECK(raw_open(r, ip, 0, line_port(l), false), "%s: socket", ip);
}

/* Is the call still as it was?  The far end asks and hangs up. */
static void check_call_lives(struct raw *r, const char *story)
{
	raw_request(r, "OPTIONS", NULL, NULL);
	CHECK_INT(200, raw_final(r, WAIT_MS), story);
	raw_request(r, "BYE", "Contact:\r\n", NULL);
	CHECK_INT(200, raw_final(r, WAIT_MS), story);
}

static void check_end(struct line *l, const char *story)
{
	if (!line_quiet(l, 5000))
		line_print(l);
	CHECK(line_quiet(l, 10), "%s: calls are left", story);
	CHECK_INT(0, line_stop(l), story);
}

/* K1: Sofia's SDP parser would loop on these; it must never see them, and ours must be done at once. */
TEST(k1_descriptions_that_hang_a_parser)
{
	static const struct {
		const char *story, *media;
		unsigned status;
	} cases[] = {
		{ "quoted format", "m=application 9 TCP/X \"\"\r\n", 400 },
		{ "quoted format beside audio", "m=audio 30000 RTP/AVP 0\r\nm=application 9 TCP/X \"\"\r\n",
			400 },
		{ "no format", "m=application 9 TCP/X \r\n", 400 },
	};
	struct line *l = line_of(20, 0);
	struct raw r;

	caller_of(&r, TRUNK, l);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char body[512];
		unsigned status;

		snprintf(body, sizeof(body),
			"v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\n%s",
			cases[i].media);
		raw_fresh(&r, "answer");
		raw_request(&r, "INVITE", NULL, body);
		status = raw_final(&r, WAIT_MS);
		CHECK_INT(cases[i].status, status, cases[i].story);
		raw_request(&r, "ACK", NULL, NULL);
	}
	CHECK_INT(200, raw_call(&r, "answer"), "the line lives");
	check_call_lives(&r, "and works");
	raw_close(&r);
	check_end(l, "K1");
}

/* K2: what would recurse into the ground 64*T1 after the 200: no 200 for it. */
TEST(k2_contacts_that_kill_later)
{
	static const struct {
		const char *story, *headers;
	} cases[] = {
		{ "tel", "Contact: <tel:+15550001>\r\n" },
		{ "tel, no brackets", "Contact: tel:+15550001\r\n" },
		{ "http", "Contact: <http://127.0.0.2/>\r\n" },
		{ "urn", "Contact: <urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>\r\n" },
		{ "star", "Contact: *\r\n" },
		{ "missing", "Contact:\r\n" },
		{ "two", "Contact: <sip:a@127.0.0.2>, <sip:b@127.0.0.2>\r\n" },
		{ "no host", "Contact: <sip:>\r\n" },
		{ "port 0", "Contact: <sip:a@127.0.0.2:0>\r\n" },
		{ "port too big", "Contact: <sip:a@127.0.0.2:99999>\r\n" },
		{ "unspecified", "Contact: <sip:a@0.0.0.0>\r\n" },
		{ "route tel", "Record-Route: <tel:+15550001>\r\n" },
		{ "route http", "Record-Route: <http://127.0.0.2>\r\n" },
		{ "route urn after a good one", "Record-Route: <sip:127.0.0.2;lr>, <urn:x:y>\r\n" },
	};
	struct line *l = line_of(20, 0);
	struct raw r;

	caller_of(&r, TRUNK, l);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		raw_fresh(&r, "answer");
		raw_request(&r, "INVITE", cases[i].headers, raw_offer);
		CHECK_INT(400, raw_final(&r, WAIT_MS), cases[i].story);
	}
	CHECK(line_find(l, "refused 400 trunk carrier-a"), "the owner hears of them");
	CHECK_INT(0, line_count(l, "invite answer"), "none becomes a call");
	nap_ms(64 * 20 + 500); /* past the moment at which an unguarded line falls */
	CHECK_INT(200, raw_call(&r, "answer"), "the line lives");
	check_call_lives(&r, "and works");
	raw_close(&r);
	check_end(l, "K2");
}

/* K2 inside a call: by re-INVITE, by UPDATE, and in the 200 to our own re-INVITE; nobody ACKs anything. */
TEST(k2_inside_a_call)
{
	struct line *l = line_of(20, 50);
	struct raw r;

	caller_of(&r, TRUNK, l);
	CHECK_INT(200, raw_call(&r, "answer"), "call");
	raw_request(&r, "INVITE", "Contact: <tel:+15550001>\r\n", raw_offer);
	CHECK_INT(400, raw_final(&r, WAIT_MS), "re-INVITE");
	raw_request(&r, "ACK", NULL, NULL);
	raw_request(&r, "UPDATE", "Contact: <http://127.0.0.2/>\r\n", NULL);
	CHECK_INT(400, raw_final(&r, WAIT_MS), "UPDATE");
	nap_ms(64 * 20 + 300);
	check_call_lives(&r, "after both");

	raw_fresh(&r, "answer");
	raw_request(&r, "INVITE", "Supported: timer\r\nSession-Expires: 90;refresher=uas\r\n", raw_offer);
	CHECK_INT(200, raw_final(&r, WAIT_MS), "call with a timer of ours");
	raw_request(&r, "ACK", NULL, NULL);
	CHECK_INT(1, raw_wait(&r, WAIT_MS), "our re-INVITE comes");
	CHECK(raw_has(&r, "INVITE sip:raw@"), "it is one");
	raw_reply(&r, 200, "Contact: <tel:+15550001>\r\nSession-Expires: 90;refresher=uac\r\n");
	CHECK_INT(1, raw_wait(&r, WAIT_MS), "ACK");
	CHECK(raw_has(&r, "ACK sip:raw@"), "to the old target");
	line_order(l, "hangup");
	do
		CHECK_INT(1, raw_wait(&r, WAIT_MS), "BYE");
	while (!raw_has(&r, "BYE sip:raw@"));
	raw_reply(&r, 200, NULL);
	raw_close(&r);
	check_end(l, "K2 inside");
}

/* K3: branches shorter than the cookie. */
TEST(k3_short_branches)
{
	static const char *const branches[] = { "", ";branch", ";branch=", ";branch=z", ";branch=z9hG4b",
		";branch=z9hG4bK", ";branch=abcdefghijkl" };
	static const char *const methods[] = { "INVITE", "OPTIONS", "BYE", "CANCEL", "PRACK" };
	struct line *l = line_of(20, 0);
	struct raw r;

	caller_of(&r, TRUNK, l);
	for (size_t i = 0; i < sizeof(branches) / sizeof(*branches); i++)
		for (size_t k = 0; k < sizeof(methods) / sizeof(*methods); k++) {
			char via[160];

			raw_fresh(&r, "answer");
			snprintf(via, sizeof(via), "Via: SIP/2.0/UDP %s:%u%s\r\n", r.ip, r.port, branches[i]);
			raw_request(&r, methods[k], via, NULL);
			/* one that Sofia cannot read leaves it nowhere to answer to */
			CHECK_INT(strcmp(branches[i], ";branch=") ? 400 : 0,
				raw_final(&r, i == 2 ? 50 : WAIT_MS), branches[i]);
		}
	CHECK_INT(200, raw_call(&r, "answer"), "the line lives");
	check_call_lives(&r, "and works");
	raw_close(&r);
	check_end(l, "K3");
}

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
	nap_ms(100);
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
	nap_ms(SILENCE_MS);
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

static size_t read_vector(char *out, size_t cap, const char *name)
{
	const char *root = getenv("TESTS_ROOT");
	char path[512];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/tests/vectors/rfc4475/%s", root ? root : ".", name);
	f = fopen(path, "rb");
	n = f ? fread(out, 1, cap, f) : 0;
	if (f)
		fclose(f);
	return n;
}

/* RFC 4475: all of them, by the transport of their Via, while a call is up. */
TEST(torture_messages)
{
	static const char *const must_answer[] = { "wsinv", "esc01", "escnull", "lwsdisp", "dblreq",
		"semiuri", "transports", "mpart01", "badbranch", "invut", "sdp01", "zeromf", "cparam01",
		"cparam02", "regescrt", "inv2543", "bext01" };
	const char *root = getenv("TESTS_ROOT");
	char path[512], bytes[RAW_TEXT];
	struct line *l =
		line_start(&(struct line_config){ .t1_ms = 20, .trunk_b = "127.0.0.42/32", .tcp = true });
	struct raw r, udp;
	unsigned n_messages = 0;
	struct dirent *e;
	DIR *dir;

	caller_of(&r, TRUNK, l);
	CHECK_INT(200, raw_call(&r, "answer"), "call");
	CHECK(raw_open(&udp, "127.0.0.42", 5060, line_port(l), false), "answers go to port 5060");
	snprintf(path, sizeof(path), "%s/tests/vectors/rfc4475", root ? root : ".");
	dir = opendir(path);
	CHECK(dir, "%s", path);
	while ((e = readdir(dir))) {
		const size_t n =
			strstr(e->d_name, ".dat") ? read_vector(bytes, sizeof(bytes) - 1, e->d_name) : 0;
		bool must = false;
		struct raw tcp;
		unsigned status;

		bytes[n] = '\0';
		if (n == 0)
			continue;
		n_messages++;
		raw_send(&udp, bytes, n);
		status = raw_any(&udp, 60);
		if (raw_open(&tcp, "127.0.0.42", 0, line_port(l), true)) {
			raw_send(&tcp, bytes, n);
			raw_final(&tcp, 60);
			raw_close(&tcp);
		}
		for (size_t i = 0; i < sizeof(must_answer) / sizeof(*must_answer); i++)
			must = must || strncmp(e->d_name, must_answer[i], strlen(must_answer[i])) == 0;
		CHECK(!must || status || strstr(bytes, "/TLS "), "%s: no answer", e->d_name);
		CHECK(line_alive(l), "%s: the line died", e->d_name);
	}
	closedir(dir);
	CHECK(n_messages >= 49, "messages: %u", n_messages);
	CHECK_INT(1, line_count(l, "confirmed answer"), "one call was up all the time");
	check_call_lives(&r, "it still is");
	line_order(l, "hangup");
	nap_ms(64 * 20 + 300);
	CHECK(line_alive(l), "alive when all their timers are over");
	raw_close(&r);
	raw_close(&udp);
	check_end(l, "torture");
}

/* Cut off and garbled at every place: no crash, and the call in progress does not notice. */
TEST(cut_and_garbled_messages)
{
	struct line *l = line_of(20, 0);
	char bytes[RAW_TEXT];
	struct raw r, s;
	size_t n;

	caller_of(&r, TRUNK, l);
	CHECK_INT(200, raw_call(&r, "answer"), "call");
	caller_of(&s, TRUNK, l);
	n = (size_t)snprintf(bytes, sizeof(bytes),
		"BYE %s SIP/2.0\r\nVia: SIP/2.0/UDP %s:%u;branch=z9hG4bKcut\r\nFrom: <sip:raw@%s>;tag=%s\r\n"
		"To: <sip:answer@127.0.0.1>;tag=%s-not\r\nCall-ID: %s\r\nCSeq: 5 BYE\r\nMax-Forwards: 70\r\n"
		"Content-Length: 0\r\n\r\n",
		r.target, s.ip, s.port, s.ip, r.from_tag, r.to_tag, r.call_id);
	for (size_t cut = 1; cut <= n; cut++)
		raw_send(&s, bytes, cut);
	for (size_t at = 0; at < n; at++) {
		const char was = bytes[at];

		bytes[at] = (char)(at * 37);
		raw_send(&s, bytes, n);
		bytes[at] = was;
		if (at % 50 == 0)
			nap_ms(5); /* do not overflow its socket */
	}
	CHECK_INT(0, line_count(l, "ended"), "nothing ended");
	check_call_lives(&r, "call lives");
	raw_close(&r);
	raw_close(&s);
	check_end(l, "cut");
}

/* Beyond 64 kB a message is not kept; nor is what never ends, or comes in crumbs. */
TEST(endless_messages_by_tcp)
{
	static char bytes[100000];
	struct line *l = line_of(20, 0);
	const int n = snprintf(bytes, sizeof(bytes),
		"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP %s;branch=z9hG4bKbig\r\nX: ", TRUNK);
	struct raw r, big;

	caller_of(&r, TRUNK, l);
	CHECK_INT(200, raw_call(&r, "answer"), "call");
	memset(bytes + n, 'x', sizeof(bytes) - (size_t)n);
	CHECK(raw_open(&big, TRUNK, 0, line_port(l), true), "TCP");
	raw_send(&big, bytes, sizeof(bytes));
	raw_any(&big, SILENCE_MS); /* 413 or closed, as it likes */
	raw_close(&big);
	CHECK(raw_open(&big, TRUNK, 0, line_port(l), true), "TCP");
	raw_request(&big, "OPTIONS", NULL, NULL);
	CHECK_INT(200, raw_final(&big, WAIT_MS), "whole");
	raw_fresh(&big, "answer");
	snprintf(bytes, sizeof(bytes),
		"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP %s:%u;branch=z9hG4bKcrumbs\r\nFrom: "
		"<sip:a@b>;tag=1\r\n"
		"To: <sip:c@d>\r\nCall-ID: %s\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: "
		"3\r\n\r\nabc",
		big.ip, big.port, big.call_id);
	big.cseq = 1;
	for (size_t i = 0; bytes[i]; i++) {
		raw_send(&big, bytes + i, 1);
		if (i % 16 == 0)
			nap_ms(1);
	}
	CHECK_INT(200, raw_final(&big, WAIT_MS), "in crumbs");
	raw_close(&big);
	check_call_lives(&r, "call lives");
	raw_close(&r);
	check_end(l, "endless");
}

/* Without its empty line a message has not been screened: it acts on nothing, even from the right source. */
TEST(message_without_its_empty_line)
{
	struct line *l = line_of(20, 0);
	char bye[RAW_TEXT];
	struct raw r;
	int n;

	caller_of(&r, TRUNK, l);
	CHECK_INT(200, raw_call(&r, "answer"), "call");
	n = snprintf(bye, sizeof(bye),
		"BYE %s SIP/2.0\r\nVia: SIP/2.0/UDP %s:%u;branch=z9hG4bKnoempty\r\nFrom: "
		"<sip:raw@%s>;tag=%s\r\n"
		"To: <sip:answer@127.0.0.1>;tag=%s\r\nCall-ID: %s\r\nCSeq: 5 BYE\r\nContent-Length: 0\r\n",
		r.target, r.ip, r.port, r.ip, r.from_tag, r.to_tag, r.call_id);
	r.cseq = 5;
	raw_send(&r, bye, (size_t)n);
	CHECK_INT(0, raw_final(&r, SILENCE_MS), "no answer");
	CHECK_INT(0, line_count(l, "ended"), "not ended");
	check_call_lives(&r, "call lives");
	raw_close(&r);
	check_end(l, "no empty line");
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

TESTS(k1_descriptions_that_hang_a_parser, k2_contacts_that_kill_later, k2_inside_a_call, k3_short_branches,
	strangers_fall_silent, strangers_by_tcp, spoofed_requests_touch_no_call,
	spoofed_cancel_and_ack_act_on_nothing, retransmitted_requests_are_one,
	late_copies_of_an_invite_are_no_call, what_an_invite_says, torture_messages, cut_and_garbled_messages,
	endless_messages_by_tcp, message_without_its_empty_line, names_are_never_looked_up,
	via_cannot_send_answers_elsewhere, advertised_address, only_sip_reaches_the_line,
	shutdown_says_goodbye)
