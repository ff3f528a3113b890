/* links: bridge/trace.c bridge/ladder.c bridge/cdr.c bridge/when.c dialplan/days.c bridge/log.c sip/redact.c sip/glance.c sip/body.c sip/candidate.c sip/sdp_read.c dialplan/money.c bridge/texts.c */
#include "bridge/ladder.h"
#include "bridge/trace.h"
#include "tests/test.h"

#include <stdlib.h>

#define MS INT64_C(1000)

static void put_from(struct trace *t, int64_t at_us, bool rx, const char *text, uint8_t last)
{
	struct tap_message m = {
		.rx = rx, .transport = TAP_UDP, .port = 5062, .text = text, .len = strlen(text)
	};

	m.ip[10] = m.ip[11] = 0xff;
	m.ip[12] = 127;
	m.ip[15] = last;
	trace_message(t, at_us, &m);
}

static void put(struct trace *t, int64_t at_us, bool rx, const char *text)
{
	put_from(t, at_us, rx, text, 2);
}

static void invite(struct trace *t, int64_t at_us, const char *call_id, bool ours)
{
	char text[256];

	snprintf(text, sizeof(text),
		"INVITE sip:+15550100@b SIP/2.0\r\nCall-ID: %s\r\nCSeq: 1 INVITE\r\n\r\n", call_id);
	put(t, at_us, true, text);
	if (ours)
		trace_named(t, call_id, &(struct trace_name){ call_id, "", "acme", true });
}

static bool knows(const struct trace *t, const char *id)
{
	const struct trace_call *found[TRACE_LEGS];

	return trace_find(t, id, found) > 0;
}

static struct trace *open_trace(unsigned calls, size_t bytes)
{
	struct trace *t;

	CHECK_INT(BRIDGE_OK, trace_alloc(&t, calls, bytes), "alloc");
	return t;
}

/* The whole ladder of a call, as people read it. */
TEST(a_ladder_tells_a_call)
{
	static const char ok[] = "SIP/2.0 200 OK\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\nContent-Type: "
				 "application/sdp\r\n\r\nv=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 "
				 "127.0.0.1\r\nt=0 0\r\nm=audio 20000 RTP/AVP 0\r\na=ptime:20\r\n";
	static const char want[] =
		"call id1 in, trunk carrier-a, from +15550001 to +15550100, account acme\n"
		"    0.000  udp 127.0.0.2:5062         ----> INVITE +15550100 (1)\n"
		"    0.002  udp 127.0.0.2:5062         <---- 200 OK (1 INVITE)             PCMU, "
		"127.0.0.1:20000, "
		"ptime 20, sendrecv\n"
		"    0.502  udp 127.0.0.2:5062         <---- 200 OK (1 INVITE)             again\n"
		"    1.000                                   keys ....\n"
		"    2.000                                   joins meeting 100200300 as guest\n"
		"    9.000  udp 127.0.0.2:5062         ----> BYE (2)                       Q.850;cause=16\n"
		"ended: far end hung up (status 200, cause 16)\n"
		"  from the phone: 400 packets, 2 lost, jitter 1.5 ms, MOS 4.21; to the phone: 401 packets, "
		"0 lost, "
		"round trip 20.0 ms, MOS -; codec PCMU, not encrypted\n";
	struct trace *t = open_trace(10, 1 << 20);
	const struct trace_call *calls[TRACE_LEGS];
	struct cdr cdr = { .direction = "in",
		.id = "id1",
		.trunk = "carrier-a",
		.from_number = "+15550001",
		.to_number = "+15550100",
		.account = "acme",
		.sip_status = 200,
		.q850 = 16,
		.ended_us = 9,
		.rx_packets = 400,
		.tx_packets = 401,
		.rx_lost = 2,
		.jitter_us = 1500,
		.round_trip_us = 20000,
		.rx_mos = 421,
		.codec = "PCMU" };
	struct ladder l = { .calls = calls, .records = &cdr, .n_records = 1 };
	char *text;

	CHECK(cdr_say(&cdr, CDR_CAUSE, "far end hung up"), "said");
	invite(t, 0, "c1", true);
	trace_named(t, "c1", &(struct trace_name){ "id1", "", "acme", true });
	put(t, 2 * MS, false, ok);
	put(t, 502 * MS, false, ok);
	for (int i = 0; i < 4; i++)
		trace_key(t, "c1", (1000 + i * 100) * MS);
	trace_note(t, "c1", 2000 * MS, "joins meeting 100200300 as guest");
	put(t, 9000 * MS, true,
		"BYE sip:b SIP/2.0\r\nCall-ID: c1\r\nCSeq: 2 BYE\r\nReason: Q.850;cause=16\r\n\r\n");
	l.n_calls = trace_find(t, "id1", calls);
	CHECK_INT(1, l.n_calls, "found by its record's ID");
	text = ladder_text(&l);
	CHECK_STR(want, text, "ladder");
	free(text);
	l.masked = true;
	text = ladder_text(&l);
	CHECK(strstr(text, "INVITE +1555..00 (1)"), "masked: %s", text);
	free(text);
	cdr_clear(&cdr);
	trace_free(t);
}

/* Programs get each message's text, and those who need not see numbers do not. */
TEST(json_has_the_messages_for_those_who_may)
{
	struct trace *t = open_trace(10, 1 << 20);
	const struct trace_call *calls[TRACE_LEGS];
	struct ladder l = { .calls = calls };
	json_t *j;

	invite(t, 0, "c1", true);
	l.n_calls = trace_find(t, "c1", calls);
	j = ladder_json(&l);
	CHECK(strstr(json_string_value(
			     json_object_get(json_array_get(json_object_get(j, "items"), 0), "text")),
		      "INVITE sip:+15550100@b"),
		"text");
	json_decref(j);
	l.masked = true;
	j = ladder_json(&l);
	CHECK(!json_object_get(json_array_get(json_object_get(j, "items"), 0), "text"), "no text");
	json_decref(j);
	trace_free(t);
}

/* A dial-out with two attempts is one ladder, found by any of its names. */
TEST(attempts_of_a_dial_out_are_one_ladder)
{
	static const char *const names[] = { "d1", "leg-1", "leg-2", "sip-1", "sip-2" };
	struct trace *t = open_trace(10, 1 << 20);
	const struct trace_call *calls[TRACE_LEGS];
	struct ladder l = { .calls = calls };
	char *text;

	trace_named(t, "d1", &(struct trace_name){ "", "d1", "acme", true });
	put_from(t, 0, false, "INVITE sip:1@a SIP/2.0\r\nCall-ID: sip-1\r\nCSeq: 1 INVITE\r\n\r\n", 11);
	trace_named(t, "sip-1", &(struct trace_name){ "leg-1", "d1", "acme", true });
	put_from(t, 5 * MS, true,
		"SIP/2.0 503 Full\r\nCall-ID: sip-1\r\nCSeq: 1 INVITE\r\nRetry-After: 3\r\n\r\n", 11);
	trace_note(t, "d1", 5 * MS, "the gateway is out of service: the next one is tried");
	put_from(t, 6 * MS, false, "INVITE sip:1@b SIP/2.0\r\nCall-ID: sip-2\r\nCSeq: 1 INVITE\r\n\r\n", 12);
	trace_named(t, "sip-2", &(struct trace_name){ "leg-2", "d1", "acme", true });
	invite(t, 0, "other", true);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		CHECK_INT(3, trace_find(t, names[i], calls), names[i]);
	l.n_calls = trace_find(t, "leg-2", calls);
	text = ladder_text(&l);
	CHECK_STR("    0.000  udp 127.0.0.11:5062        <---- INVITE 1 (1)\n"
		  "    0.005  udp 127.0.0.11:5062        ----> 503 Full (1 INVITE)           Retry-After: 3\n"
		  "    0.005                                   the gateway is out of service: the next one "
		  "is tried\n"
		  "    0.006  udp 127.0.0.12:5062        <---- INVITE 1 (1)\n",
		text, "one ladder");
	free(text);
	trace_free(t);
}

/* Who is forgotten when it is full: strangers over their eighth, then ended calls, then live ones. */
TEST(the_oldest_ended_call_goes_first)
{
	struct trace *t = open_trace(8, 1 << 20);
	char id[24];

	invite(t, 0, "live", true);
	for (int i = 0; i < 20; i++) {
		snprintf(id, sizeof(id), "ended-%d", i);
		invite(t, i, id, true);
		trace_ended(t, id);
	}
	CHECK(knows(t, "live"), "it goes on");
	CHECK(knows(t, "ended-19") && !knows(t, "ended-12") && knows(t, "ended-13"), "the last seven");
	for (int i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "stranger-%d", i);
		invite(t, i, id, false);
	}
	CHECK(knows(t, "ended-19") && knows(t, "ended-14") && knows(t, "live"), "a flood takes one place");
	CHECK(knows(t, "stranger-999") && !knows(t, "stranger-998"), "its last");
	trace_free(t);
}

/* Bytes are bounded whatever comes, and what is counted is what is there. */
TEST(memory_is_bounded)
{
	enum { BYTES = 300000 };
	struct trace *t = open_trace(100000, BYTES);
	static char big[6000];
	struct trace_stats s;
	char id[24];

	for (int i = 0; i < 300; i++) {
		snprintf(id, sizeof(id), "c%d", i);
		invite(t, i, id, i % 3 > 0);
		for (int k = 0; k < 10; k++) {
			snprintf(big, sizeof(big),
				"INFO sip:a SIP/2.0\r\nCall-ID: %s\r\nCSeq: %d INFO\r\nX: %05000d\r\n\r\n",
				id, k, k);
			put(t, i, true, big);
			trace_stats(t, &s);
			CHECK(s.bytes <= BYTES, "%zu bytes", s.bytes);
		}
		if (i % 2)
			trace_ended(t, id);
	}
	CHECK(s.forgotten > 200 && s.calls > 1, "%u calls", s.calls);
	trace_free(t);
}

/* One call cannot fill it, however long its messages: its last ones are there, and others stay. */
TEST(one_call_has_its_share)
{
	enum { BYTES = 100000 };
	struct trace *t = open_trace(100, BYTES);
	const struct trace_call *calls[TRACE_LEGS];
	struct trace_stats s;
	static char big[6000];

	invite(t, 0, "other", true);
	invite(t, 0, "long", true);
	for (int k = 0; k < 200; k++) {
		snprintf(big, sizeof(big),
			"INFO sip:a SIP/2.0\r\nCall-ID: long\r\nCSeq: %d INFO\r\nX: %05000d\r\n\r\n", k, k);
		put(t, k, true, big);
		trace_stats(t, &s);
		CHECK(s.bytes <= BYTES / 4 + 2000, "%zu bytes", s.bytes);
	}
	CHECK_INT(1, trace_find(t, "long", calls), "there");
	CHECK(calls[0]->n_dropped > 150, "%u are gone", calls[0]->n_dropped);
	CHECK(calls[0]->begin.n && calls[0]->late.n, "beginning and end");
	const struct trace_item *last = calls[0]->late.first;
	while (last->next)
		last = last->next;
	CHECK(strstr(last->text, "CSeq: 199 INFO"), "the last one is there");
	CHECK(knows(t, "other"), "the other stays");
	trace_free(t);
}

/* Of a call without end the beginning and the end are kept. */
TEST(a_long_call_keeps_its_beginning_and_its_end)
{
	struct trace *t = open_trace(10, 1 << 20);
	const struct trace_call *calls[TRACE_LEGS];
	char text[128];

	invite(t, 0, "c1", true);
	for (int i = 2; i <= 1000; i++) {
		snprintf(text, sizeof(text), "UPDATE sip:a SIP/2.0\r\nCall-ID: c1\r\nCSeq: %d UPDATE\r\n\r\n",
			i);
		put(t, i * MS, true, text);
	}
	CHECK_INT(1, trace_find(t, "c1", calls), "there");
	CHECK_INT(TRACE_FIRST, calls[0]->begin.n, "beginning");
	CHECK_INT(TRACE_LAST, calls[0]->late.n, "end");
	CHECK_INT(1000 - TRACE_FIRST - TRACE_LAST, calls[0]->n_dropped, "between");
	trace_free(t);
}

/* What is not of a call is not kept, and nothing breaks it. */
TEST(only_calls_are_kept)
{
	static const struct {
		const char *story, *text;
		size_t len;
	} cases[] = {
		{ "OPTIONS", "OPTIONS sip:a SIP/2.0\r\nCall-ID: q\r\n\r\n", 0 },
		{ "a BYE of nobody", "BYE sip:a SIP/2.0\r\nCall-ID: q\r\n\r\n", 0 },
		{ "no Call-ID", "INVITE sip:a SIP/2.0\r\n\r\n", 0 },
		{ "0 in the Call-ID", "INVITE sip:a SIP/2.0\r\nCall-ID: q\0q\r\n\r\n", 40 },
		{ "no SIP", "\r\n\r\n", 0 },
	};
	struct trace *t = open_trace(10, 1 << 20);
	struct trace_stats s;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct tap_message m = { .text = cases[i].text,
			.len = cases[i].len ? cases[i].len : strlen(cases[i].text) };

		trace_message(t, 0, &m);
		trace_stats(t, &s);
		CHECK_INT(0, s.calls, cases[i].story);
	}
	trace_note(t, "nobody", 0, "x");
	trace_key(t, "nobody", 0);
	trace_ended(t, "nobody");
	trace_free(t);
}

static void note_shown(void *arg, const struct trace_shown *shown)
{
	char *told = arg;
	const size_t used = strlen(told);

	snprintf(told + used, 1000 - used, "%s %lld %s%.*s%s;", shown->call_id, (long long)shown->at_us,
		shown->message->rx ? "<" : ">", (int)strcspn(shown->text, " "), shown->text,
		strstr(shown->text, "(withheld)") ? " (withheld)" : "");
	CHECK(!strstr(shown->text, "c0ffee") && shown->len == strlen(shown->text), "%s", shown->text);
}

/* Whoever wants the messages elsewhere gets each one of a call that is kept, whole each time, without its secrets. */
TEST(messages_are_shown_as_they_are_kept)
{
	static const char invites[] = "INVITE sip:+15550100@b SIP/2.0\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\n"
				      "Authorization: Digest response=\"c0ffee\"\r\n\r\n";
	struct trace *t = open_trace(10, 1 << 20);
	char told[1000] = "";

	trace_show(t, note_shown, told);
	put(t, 10, true, invites);
	put(t, 20, true, invites);
	put(t, 30, false, "SIP/2.0 200 OK\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\n\r\n");
	put(t, 40, true, "OPTIONS sip:a SIP/2.0\r\nCall-ID: c2\r\nCSeq: 1 OPTIONS\r\n\r\n");
	CHECK_STR("c1 10 <INVITE (withheld);c1 20 <INVITE (withheld);c1 30 >SIP/2.0;", told,
		"of the call alone");
	trace_free(t);
	trace_show(NULL, note_shown, told);
}

/* Switched off, everything may still be called. */
TEST(no_trace_is_no_trouble)
{
	const struct trace_call *calls[TRACE_LEGS];
	struct trace *t = open_trace(0, 0);
	struct trace_stats s;

	CHECK(!t, "none");
	invite(t, 0, "c1", true);
	trace_note(t, "c1", 0, "x");
	trace_key(t, "c1", 0);
	trace_ended(t, "c1");
	trace_stats(t, &s);
	CHECK_INT(0, trace_find(t, "c1", calls), "nothing");
	trace_free(t);
}

TESTS(a_ladder_tells_a_call, json_has_the_messages_for_those_who_may, attempts_of_a_dial_out_are_one_ladder,
	the_oldest_ended_call_goes_first, memory_is_bounded, one_call_has_its_share,
	a_long_call_keeps_its_beginning_and_its_end, only_calls_are_kept, messages_are_shown_as_they_are_kept,
	no_trace_is_no_trouble)
