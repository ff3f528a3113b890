/* links: tests/line.c tests/rawsip.c sip/loop.c sip/ua.c sip/ua_events.c sip/ua_listen.c sip/ua_read.c sip/ua_screen.c sip/ua_send.c sip/ua_tap.c sip/framing.c sip/call.c sip/call_media.c sip/call_refresh.c sip/early.c sip/info.c sip/body.c sip/cause.c sip/err.c sip/guard.c sip/offer.c sip/agreed.c sip/format.c sip/sdes.c sip/candidate.c sip/sdp_read.c sip/sdp_write.c sip/squeeze.c sip/sieve.c sip/timer.c sip/trunk.c sip/vet.c sip/call_dial.c sip/login.c sip/digest.c sip/ua_ask.c sip/ua_origin.c sip/challenge.c sip/caller.c sip/ua_way.c sip/ua_inside.c sip/ua_refer.c sip/call_key.c sip/call_refer.c sip/refer.c sip/ua_header.c sip/stated.c sip/uri.c sip/permit.c */
/* Messages that would hang, kill or confuse whoever reads them: answered or dropped, and the call in progress does not notice. */
#include "tests/linebed.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

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
	test_sleep_ms(64 * 20 + 500); /* past the moment at which an unguarded line falls */
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
	test_sleep_ms(64 * 20 + 300);
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
	test_sleep_ms(64 * 20 + 300);
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
	for (size_t cut = 1; cut <= n; cut++) {
		raw_send(&s, bytes, cut);
		if (cut % 50 == 0)
			check_read(&s); /* do not overflow its socket */
	}
	for (size_t at = 0; at < n; at++) {
		const char was = bytes[at];

		bytes[at] = (char)(at * 37);
		raw_send(&s, bytes, n);
		bytes[at] = was;
		if (at % 50 == 0)
			check_read(&s);
	}
	check_read(&s);
	CHECK_INT(0, line_count(l, "ended"), "nothing ended");
	check_call_lives(&r, "call lives");
	raw_close(&r);
	raw_close(&s);
	check_end(l, "cut");
}

/* The bridge is long busy, and who calls does not ask twice: all that came waits for it, as far as the kernel lets anybody. */
TEST(a_burst_waits)
{
	enum { BURST = 600, BYTES = 4 * 1024 * 1024, PATIENCE_MS = 1000 };
	struct line *l = line_of(20, 0);
	FILE *f = fopen("/proc/sys/net/core/rmem_max", "re");
	unsigned long most = 0;
	unsigned answered = 0;
	struct raw r;

	CHECK(f && fscanf(f, "%lu", &most) == 1, "rmem_max");
	fclose(f);
	caller_of(&r, TRUNK, l);
	setsockopt(r.fd, SOL_SOCKET, SO_RCVBUFFORCE, &(int){ BYTES }, sizeof(int));
	line_hold(l, true);
	for (unsigned i = 0; i < BURST; i++) {
		raw_fresh(&r, "answer");
		raw_request(&r, "OPTIONS", NULL, NULL);
	}
	line_hold(l, false);
	while (answered < BURST && raw_any(&r, PATIENCE_MS) == 200)
		answered++;
	if (geteuid() == 0 || most >= BYTES / 2)
		CHECK_INT(BURST, answered, "all are answered");
	CHECK(answered > 50, "answered: %u", answered);
	raw_close(&r);
	check_end(l, "burst");
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
			test_sleep_ms(1);
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

TESTS(k1_descriptions_that_hang_a_parser, k2_contacts_that_kill_later, k2_inside_a_call, k3_short_branches,
	torture_messages, cut_and_garbled_messages, a_burst_waits, endless_messages_by_tcp,
	message_without_its_empty_line)
