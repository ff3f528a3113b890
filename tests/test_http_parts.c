/* links: bridge/http.c bridge/http_query.c bridge/http_ring.c bridge/http_listen.c bridge/http_serve.c bridge/http_feed.c bridge/http_conn.c bridge/http_request.c bridge/http_reply.c bridge/when.c dialplan/days.c bridge/topics.c */
#include "tests/httpbed.h"

#include <stdatomic.h>

/* Answers in parts: a small one, a large one, an empty one and the last, each when the one before has been taken. */

enum { LARGE = 300000, PARTS = 4 };

static const char parts_please[] = "GET /parts HTTP/1.1\r\nHost: h\r\n\r\n",
		  next_please[] = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n";

static atomic_int parts, gone, holds; /* holds: no second part yet */

static void send_part(struct bed *bed, uint64_t id)
{
	static char large[LARGE];
	const int part = parts++;

	memset(large, 'x', sizeof(large));
	switch (part) {
	case 0: CHECK(http_part(bed->http, id, 200, "text/csv", "one\n", 4, false), "first"); break;
	case 1:
		CHECK(http_part(bed->http, id, 200, "text/csv", large, sizeof(large), false), "second");
		break;
	case 2: CHECK(http_part(bed->http, id, 200, "text/csv", "", 0, false), "nothing"); break;
	default: CHECK(http_part(bed->http, id, 200, "text/csv", "end\n", 4, true), "last"); break;
	}
}

static void on_request(void *arg, const struct http_request *r)
{
	if (strcmp(r->path, "/parts") == 0)
		send_part(arg, r->id);
	else if (strcmp(r->path, "/nobody") == 0)
		http_part(((struct bed *)arg)->http, r->id + 1000, 200, "text/csv", "x", 1, false);
	else
		bed_on_request(arg, r);
}

static void on_more(void *arg, uint64_t id, bool is_gone)
{
	if (is_gone)
		gone++;
	while (!is_gone && holds) /* until the reader has left */
		usleep(1000);
	if (!is_gone)
		send_part(arg, id);
}

static void open_parts(struct bed *bed, bool hold)
{
	parts = gone = 0;
	holds = hold;
	bed->config.on_request = on_request;
	bed->config.on_more = on_more;
	bed_open(bed);
}

static bool wait_for(const atomic_int *what, int want)
{
	for (int i = 0; i < BED_WAIT_MS / 10 && *what != want; i++)
		usleep(10000);
	return *what == want;
}

TEST(parts_come_in_order_and_the_connection_stays)
{
	static char text[LARGE + 4096];
	struct bed bed = { 0 };
	int fd;
	size_t xs = 0;

	open_parts(&bed, false);
	fd = bed_connect_tcp(http_port(bed.http));
	bed_send(fd, parts_please, strlen(parts_please));
	CHECK(bed_read(fd, text, sizeof(text), "end\n\r\n0\r\n\r\n", 1),
		"to the last chunk: %zu bytes, %d parts: %.300s", strlen(text), parts, text);
	CHECK(strstr(text, "200 ") && strstr(text, "transfer-encoding: chunked\r\n"), "%.300s", text);
	CHECK(!strstr(text, "content-length"), "no length: %.300s", text);
	CHECK(strstr(text, "\r\n\r\n4\r\none\n\r\n493e0\r\nxxx"), "chunks (RFC 9112 section 7.1): %.300s",
		text);
	CHECK(strstr(text, "xxx\r\n4\r\nend\n\r\n0\r\n\r\n"), "a part of nothing does not end it");
	for (const char *p = strstr(text, "493e0\r\n") + 7; *p == 'x'; p++)
		xs++;
	CHECK_INT(LARGE, xs, "the large one is whole");
	bed_send(fd, next_please, strlen(next_please));
	CHECK(bed_read(fd, text, sizeof(text), "GET far /next", 1), "the next request: %.300s", text);
	close(fd);
	bed_close(&bed);
	CHECK(parts == PARTS && gone == 0, "%d parts, %d times gone", parts, gone);
}

/* Who leaves in the middle, who wants the head alone, who was never there: the sender is told, once. */
TEST(a_reader_who_leaves_is_told_of)
{
	static const struct {
		const char *story, *request;
		bool reads;
	} cases[] = {
		{ "leaves", "GET /parts HTTP/1.1\r\nHost: h\r\n\r\n", false },
		{ "HEAD", "HEAD /parts HTTP/1.1\r\nHost: h\r\n\r\n", true },
		{ "nobody", "GET /nobody HTTP/1.1\r\nHost: h\r\n\r\n", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bed bed = { 0 };
		struct linger at_once = { .l_onoff = 1 };
		char text[1024];
		int fd;

		open_parts(&bed, true);
		fd = bed_connect_tcp(http_port(bed.http));
		bed_send(fd, cases[i].request, strlen(cases[i].request));
		if (cases[i].reads)
			CHECK(bed_read(fd, text, sizeof(text), "\r\n\r\n", 1) && !strstr(text, "one"), "%s",
				text);
		else if (strstr(cases[i].request, "/parts"))
			CHECK(bed_read(fd, text, sizeof(text), "one", 1), "the first part: %s", text);
		if (!cases[i].reads) {
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
			close(fd);
		}
		holds = false;
		CHECK(wait_for(&gone, 1), "%s: told %d times", cases[i].story, gone);
		CHECK(parts <= 2, "%s: %d parts", cases[i].story, parts);
		if (cases[i].reads)
			close(fd);
		bed_close(&bed);
		CHECK_INT(1, gone, cases[i].story);
	}
}

TESTS(parts_come_in_order_and_the_connection_stays, a_reader_who_leaves_is_told_of)
