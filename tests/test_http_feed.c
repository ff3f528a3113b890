/* links: bridge/http.c bridge/http_query.c bridge/http_ring.c bridge/http_listen.c bridge/http_serve.c bridge/http_feed.c bridge/http_conn.c bridge/http_request.c bridge/http_reply.c bridge/when.c dialplan/days.c bridge/topics.c */
#include "tests/httpbed.h"

#include "bridge/http_priv.h"
#include <time.h>

static void publish(struct bed *bed, uint64_t first, uint64_t last)
{
	for (uint64_t seq = first; seq <= last; seq++) {
		char json[64];

		snprintf(json, sizeof(json), "{\"seq\":%llu}", (unsigned long long)seq);
		http_publish(bed->http, seq, "call.started", "", json);
	}
}

/* The requests before have gone through the API thread once this one has. */
static void settle(struct bed *bed)
{
	int fd = bed_connect_tcp(http_port(bed->http));
	char text[512];

	bed_send(fd, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n", 28);
	CHECK(bed_read(fd, text, sizeof(text), "|||0:0", 1), "the API answers");
	close(fd);
}

static int listen_to(struct bed *bed, const char *query, const char *header)
{
	int fd = bed_connect_tcp(http_port(bed->http));
	char request[256];

	snprintf(request, sizeof(request), "GET /v1/events%s HTTP/1.1\r\nHost: h\r\n%s\r\n", query, header);
	bed_send(fd, request, strlen(request));
	return fd;
}

static int listen_by_websocket(struct bed *bed, const char *query, const char *header)
{
	char text[512];
	int fd;

	snprintf(text, sizeof(text),
		"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s",
		header); /* RFC 6455 section 1.3 */
	fd = listen_to(bed, query, text);
	for (size_t n = 0; n < 4 || memcmp(text + n - 4, "\r\n\r\n", 4);) {
		CHECK(n < sizeof(text) - 1 && recv(fd, text + n, 1, 0) == 1, "a handshake");
		text[++n] = '\0';
	}
	CHECK(strstr(text, " 101 ") && strstr(text, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "accepted: %s", text);
	return fd;
}

/* A server's frame is not masked (RFC 6455 section 5.2); short ones only. */
static int read_frame(int fd, char *text, size_t cap)
{
	unsigned char head[2], more[2];
	size_t len;

	CHECK(recv(fd, head, 2, MSG_WAITALL) == 2, "a frame");
	len = head[1] & 0x7f;
	if (len == 126) {
		CHECK(recv(fd, more, 2, MSG_WAITALL) == 2, "its length");
		len = (size_t)more[0] << 8 | more[1];
	}
	CHECK(len < cap && (!len || recv(fd, text, len, MSG_WAITALL) == (ssize_t)len), "its text");
	text[len] = '\0';
	return head[0];
}

TEST(a_listener_hears_what_happens_from_now_on)
{
	struct bed bed = { 0 };
	char text[4096];
	int fd;

	bed_open(&bed);
	publish(&bed, 1, 3);
	settle(&bed);
	fd = listen_to(&bed, "", "");
	CHECK(bed_read(fd, text, sizeof(text), "retry: 2000\n\n", 1), "it is let in");
	CHECK(strstr(text, " 200 ") && strstr(text, "text/event-stream"), "as an event stream: %s", text);
	publish(&bed, 4, 5);
	CHECK(bed_read(fd, text, sizeof(text), "\n\n", 2), "two events");
	CHECK_STR("id: 4\nevent: call.started\ndata: {\"seq\":4}\n\nid: 5\nevent: call.started\ndata: "
		  "{\"seq\":5}\n\n",
		text, "word for word");
	close(fd);
	bed_close(&bed);
}

TEST(a_listener_comes_back)
{
	static const struct {
		const char *story, *query, *header, *first;
	} cases[] = {
		{ "by header", "", "Last-Event-ID: 8\r\n", "id: 9\nevent: call.started\n" },
		{ "by query", "?last_event_id=8", "", "id: 9\nevent: call.started\n" },
		{ "header before query", "?last_event_id=5", "last-event-id: 9\r\n",
			"id: 10\nevent: call.started\n" },
		{ "nonsense in the header", "?last_event_id=9", "Last-Event-ID: nine\r\n",
			"id: 10\nevent: call.started\n" },
		{ "just before the oldest", "", "Last-Event-ID: 4\r\n", "id: 5\nevent: call.started\n" },
		{ "too long ago", "", "Last-Event-ID: 3\r\n", "id: 4\nevent: gap\n" },
		{ "from another life", "", "Last-Event-ID: 99\r\n", "id: 4\nevent: gap\n" },
		{ "from the beginning", "?last_event_id=0", "", "id: 4\nevent: gap\n" },
	};
	struct bed bed = { 0 };
	char text[4096], want[64];

	bed_open(&bed);
	publish(&bed, 5, 10);
	settle(&bed);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int fd = listen_to(&bed, cases[i].query, cases[i].header);

		CHECK(bed_read(fd, text, sizeof(text), "{\"seq\":10}", 1), "%s: to the end", cases[i].story);
		snprintf(want, sizeof(want), "retry: 2000\n\n%s", cases[i].first);
		CHECK(strstr(text, want), "%s: wanted '%s', have '%s'", cases[i].story, want, text);
		CHECK(!strstr(cases[i].first, "gap") || strstr(text, "\n\nid: 5\n"),
			"%s: then all there is: %s", cases[i].story, text);
		close(fd);
	}
	bed_close(&bed);
}

TEST(a_listener_by_websocket)
{
	struct bed bed = { .config = { .beat_ms = 100 } };
	char text[512];
	int fd;

	bed_open(&bed);
	publish(&bed, 5, 6);
	settle(&bed);
	fd = listen_by_websocket(&bed, "?last_event_id=1", "");
	CHECK_INT(0x81, read_frame(fd, text, sizeof(text)), "a text");
	CHECK(strstr(text, "{\"seq\":4,") == text && strstr(text, "\"type\":\"gap\",\"last_event_id\":1}"),
		"gap: %s", text);
	for (int seq = 5; seq < 7; seq++) {
		char want[32];

		snprintf(want, sizeof(want), "{\"seq\":%d}", seq);
		CHECK_INT(0x81, read_frame(fd, text, sizeof(text)), "a text");
		CHECK_STR(want, text, "what was kept");
	}
	CHECK_INT(0x89, read_frame(fd, text, sizeof(text)), "a ping when nothing happens");
	publish(&bed, 7, 7);
	while (read_frame(fd, text, sizeof(text)) == 0x89)
		;
	CHECK_STR("{\"seq\":7}", text, "what is new");
	bed_send(fd, "\x81\x85\1\2\3\4abcde\x83\xff garbage", 20); /* what it says is nobody's business */
	close(fd);
	fd = listen_by_websocket(&bed, "", "Last-Event-ID: 6\r\n");
	CHECK_INT(0x81, read_frame(fd, text, sizeof(text)), "a text");
	CHECK_STR("{\"seq\":7}", text, "by header as well");
	close(fd);
	settle(&bed);
	bed_close(&bed);
}

/* Numbered from 1; each is its number, its type, and what it is about. */
static void publish_mixed(struct bed *bed)
{
	static const struct {
		const char *type, *account, *about;
	} events[] = {
		{ "call.started", "acme", "" },
		{ "call.started", "zenith", ",\"meeting\":\"777\"" },
		{ "meeting.opened", "acme", ",\"meeting\":\"4839\"" },
		{ "participant.talking", "acme", ",\"meeting\":\"4839\"" },
		{ "participant.named", "acme",
			",\"meeting\":\"48390\",\"name\":\"\\\"meeting\\\":\\\"4839\\\"\"" },
		{ "call.ended", "zenith", ",\"meeting\":\"777\"" },
		{ "site.applied", "", "" },
		{ "call.ended", "acme", "" },
	};
	char json[128];

	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++) {
		snprintf(json, sizeof(json), "{\"seq\":%zu%s}", i + 1, events[i].about);
		http_publish(bed->http, i + 1, events[i].type, events[i].account, json);
	}
	settle(bed);
}

/* What a listener of this query gets of them, as their numbers, until nothing more comes. */
static void heard_by(struct bed *bed, const char *query, bool websocket, char out[16])
{
	int fd = websocket ? listen_by_websocket(bed, query, "") : listen_to(bed, query, "");
	char text[4096];
	size_t n = 0;

	if (!websocket)
		CHECK(bed_read(fd, text, sizeof(text), ": heartbeat\n", 1), "%s: to the end: %s", query,
			text);
	for (const char *at = text; !websocket && (at = strstr(at, "{\"seq\":")); at++)
		out[n++] = at[strlen("{\"seq\":")];
	while (websocket && read_frame(fd, text, sizeof(text)) == 0x81)
		out[n++] = text[strlen("{\"seq\":")];
	out[n] = '\0';
	close(fd);
}

static void refused(struct bed *bed, const char *query, const char *header)
{
	char text[1024];
	int fd = listen_to(bed, query, header);

	CHECK(bed_read(fd, text, sizeof(text), "bad_request", 1) && strstr(text, " 400 "), "%s: %s", query,
		text);
	close(fd);
}

TEST(a_listener_hears_what_it_asked_for)
{
	static const struct {
		const char *query, *heard; /* heard NULL: refused */
	} cases[] = {
		{ "", "2345678" },
		{ "&type=call.started,call.ended", "268" },
		{ "&type=call.*", "268" },
		{ "&type=meeting.opened,participant.*", "345" },
		{ "&type=meeting", "" },
		{ "&account=acme", "3458" },
		{ "&type=call.*&account=zenith", "26" },
		{ "&meeting=4839", "34" },
		{ "&meeting=777&type=call.started", "2" },
		{ "&type=", "2345678" },
		{ "&type=*.ended", NULL },
		{ "&type=call.ended,", NULL },
		{ "&type=Call", NULL },
		{ "&meeting=48x", NULL },
		{ "&meeting=12345678901234567890123456789012345678901234567890123456789012345678901234567890",
			NULL },
	};
	struct bed bed = { .config = { .beat_ms = 100 } };
	char query[160], heard[16];

	bed_open(&bed);
	publish_mixed(&bed);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(query, sizeof(query), "?last_event_id=1%s", cases[i].query);
		for (unsigned by = 0; by < 2 && cases[i].heard; by++) {
			heard_by(&bed, query, by == 1, heard);
			CHECK_STR(cases[i].heard, heard, query);
		}
		if (cases[i].heard)
			continue;
		refused(&bed, query, "");
		refused(&bed, query,
			"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
	}
	bed_close(&bed);
}

/* Whoever wants one event in a thousand resumes after those that it did not want: they are no gap. */
TEST(what_was_not_asked_for_is_no_gap)
{
	struct bed bed = { .config = { .beat_ms = 50 } };
	char text[1024];
	int fd;

	bed_open(&bed);
	publish_mixed(&bed);
	fd = listen_to(&bed, "?last_event_id=1&type=meeting.*", "");
	CHECK(bed_read(fd, text, sizeof(text), ": heartbeat\nid: 8\n\n", 1), "the last one looked at: %s",
		text);
	CHECK(bed_read(fd, text, sizeof(text), ": heartbeat\n\n", 1), "once: %s", text);
	close(fd);
	bed_close(&bed);
}

TEST(a_foreign_page_may_not_listen)
{
	struct bed bed = { 0 };
	char text[512];
	int fd;

	bed_open(&bed);
	fd = listen_to(&bed, "",
		"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://evil\r\n");
	CHECK(bed_read(fd, text, sizeof(text), "\r\n", 1) && strstr(text, " 403 "), "refused: %s", text);
	close(fd);
	close(listen_by_websocket(&bed, "", "Origin: http://h\r\n"));
	bed_close(&bed);
}

TEST(silence_is_broken_by_heartbeats)
{
	struct bed bed = { .config = { .beat_ms = 50 } };
	char text[512];
	int fd;

	bed_open(&bed);
	fd = listen_to(&bed, "", "");
	CHECK(bed_read(fd, text, sizeof(text), ": heartbeat\n\n", 3), "three of them");
	close(fd);
	bed_close(&bed);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

struct slow_case {
	const char *story;
	int n;
	unsigned stalled_ms;
};

/* Reads nothing for so long, then all: has it been cut off?  Who was given no time to fall behind hears heartbeats for ever. */
static bool is_cut_off(struct bed *bed, const struct slow_case *k, unsigned rest_ms, uint64_t *seq)
{
	enum { READS_MS = 5000 };
	static char big[65536], sink[1 << 20];
	const struct timeval patience = { .tv_usec = 500000 };
	const int slow = listen_to(bed, "", "");
	const uint64_t last = *seq + (uint64_t)k->n;
	char text[4096];
	uint64_t from;
	ssize_t n = 1;
	bool ended;

	memset(big, 'x', sizeof(big) - 1);
	CHECK(bed_read(slow, text, sizeof(text), "retry", 1), "listens");
	while (*seq < last)
		http_publish(bed->http, (*seq)++, "big", "", big);
	settle(bed);
	nanosleep(&(struct timespec){ rest_ms / 1000, rest_ms % 1000 * 1000000L }, NULL);
	setsockopt(slow, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	for (from = now_ms(); n > 0 && now_ms() - from < READS_MS;)
		n = recv(slow, sink, sizeof(sink), 0);
	ended = n == 0 || (n < 0 && errno == ECONNRESET);
	close(slow);
	return ended;
}

TEST(a_listener_who_does_not_read_is_cut_off)
{
	static const struct slow_case cases[] = {
		{ "falls behind what is kept: 26 MB", 400, 0 },
		{ "takes nothing, 6 MB behind", 90, 200 }, /* more than sockets hold, less than is kept */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bed bed = { .config = { .beat_ms = 50, .stalled_ms = cases[i].stalled_ms } };
		bool ended = false;
		uint64_t seq = 1;
		char text[4096];
		int live;

		bed_open(&bed);
		for (unsigned rest_ms = 400; !ended && rest_ms <= 6400; rest_ms *= 4)
			ended = is_cut_off(&bed, &cases[i], rest_ms, &seq);
		CHECK(ended, "%s: it is cut off", cases[i].story);
		live = listen_to(&bed, "", "");
		CHECK(bed_read(live, text, sizeof(text), "retry: 2000\n\n", 1), "others are let in");
		publish(&bed, seq, seq);
		CHECK(bed_read(live, text, sizeof(text), "\n\n", 1), "and hear");
		close(live);
		bed_close(&bed);
	}
}

TEST(at_the_end_listeners_hear_the_last_word)
{
	struct bed bed = { 0 };
	char text[1024];
	int fd;

	bed_open(&bed);
	fd = listen_to(&bed, "", "");
	CHECK(bed_read(fd, text, sizeof(text), "retry: 2000\n\n", 1), "listens");
	publish(&bed, 1, 3);
	bed_close(&bed);
	CHECK(bed_read(fd, text, sizeof(text), "{\"seq\":3}\n\n", 1) && strstr(text, "{\"seq\":3}"),
		"the last event: %s", text);
	CHECK(recv(fd, text, sizeof(text), 0) <= 0, "then the end");
	close(fd);
}

static struct news *news(uint64_t seq, uint32_t len)
{
	struct news *n = calloc(1, sizeof(*n) + len + 1);

	n->seq = seq;
	n->len = len;
	return n;
}

TEST(the_ring_keeps_the_last_and_knows_a_gap)
{
	static struct event_ring r;
	bool gap;

	CHECK(ring_after(&r, 5, &gap) == 0 && gap, "empty: nobody knows");
	for (uint64_t seq = 100; seq < 100 + HTTP_EVENTS + 10; seq++)
		ring_add(&r, news(seq, 10));
	CHECK_INT(HTTP_EVENTS, r.next - r.first, "bounded");
	CHECK_INT(110, ring_at(&r, r.first)->seq, "the oldest went");
	CHECK(!ring_at(&r, r.first - 1) && !ring_at(&r, r.next), "no more than these");
	CHECK(ring_after(&r, 109, &gap) == r.first && !gap, "joins on");
	CHECK(ring_after(&r, 108, &gap) == r.first && gap, "one is missing");
	CHECK(ring_after(&r, 200, &gap) == r.first + 91 && !gap, "in the middle");
	CHECK(ring_after(&r, r.last_seq, &gap) == r.next && !gap, "up to date");
	CHECK(ring_after(&r, r.last_seq + 1, &gap) == r.first && gap, "the future");
	for (int i = 0; i < 9; i++)
		ring_add(&r, news(r.last_seq + 1, 1 << 20));
	CHECK_INT(8, r.next - r.first, "bounded in bytes");
	ring_add(&r, news(r.last_seq + 1, 20 << 20));
	CHECK_INT(1, r.next - r.first, "one that is larger than all is still told");
	ring_clear(&r);
	CHECK(ring_after(&r, r.last_seq, &gap) == r.next && !gap, "cleared, but nothing was missed");
}

TEST(query_parameters)
{
	static const struct {
		const char *story, *query, *name, *want;
	} cases[] = {
		{ "alone", "a=1", "a", "1" },
		{ "second", "a=1&b=2", "b", "2" },
		{ "first of two", "a=1&a=2", "a", "1" },
		{ "empty", "a=&b=2", "a", "" },
		{ "no equals sign", "a&b=2", "a", "" },
		{ "not there", "a=1", "b", NULL },
		{ "name begins so", "ab=1", "a", NULL },
		{ "name ends so", "ba=1", "a", NULL },
		{ "nothing", "", "a", NULL },
		{ "escapes", "n=%2B49%20x%c3%A9", "n", "+49 x\xc3\xa9" },
		{ "plus is a space", "n=a+b", "n", "a b" },
		{ "equals in the value", "n=a=b", "n", "a=b" },
		{ "bad escape", "n=%4", "n", NULL },
		{ "bad escape", "n=%", "n", NULL },
		{ "bad escape", "n=%zz", "n", NULL },
		{ "an escape cut by the next", "n=%4&1=1", "n", NULL },
		{ "NUL", "n=a%00b", "n", NULL },
		{ "fits", "n=1234567", "n", "1234567" },
		{ "too long", "n=12345678", "n", NULL },
		{ "empty pairs", "&&n=1&", "n", "1" },
	};
	char out[8];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool found = http_query(cases[i].query, cases[i].name, out, sizeof(out));

		CHECK_INT(cases[i].want != NULL, found, cases[i].query);
		if (found)
			CHECK_STR(cases[i].want, out, cases[i].story);
	}
}

TESTS(a_listener_hears_what_happens_from_now_on, a_listener_comes_back, a_listener_by_websocket,
	a_listener_hears_what_it_asked_for, what_was_not_asked_for_is_no_gap, a_foreign_page_may_not_listen,
	silence_is_broken_by_heartbeats, a_listener_who_does_not_read_is_cut_off,
	at_the_end_listeners_hear_the_last_word, the_ring_keeps_the_last_and_knows_a_gap, query_parameters)
