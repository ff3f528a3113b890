/* The stream of events as /v1/openapi.json describes it: numbered without a hole, resumed from a number, of one account alone, by
 * Server-Sent Events and by WebSocket. */
#include "tests/flow/bridge.h"
#include "tests/flow/events.h"
#include "tests/flow/exchange.h"
#include "tests/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { WAIT_MS = 5000, WAIT_S = 5, FRAME = 65536, CHANGES = 4 };

static const char site[] = "accounts:\n"
			   "  - name: acme\n"
			   "    meetings: [ { id: \"100200300\", name: Open } ]\n"
			   "  - name: zenith\n"
			   "    meetings: [ { id: \"700200300\", name: Theirs } ]\n";

/* One change, which is one event of its account. */
static void change(const struct bridge *b, const char *meeting, unsigned i)
{
	char path[64], body[64];
	struct exchange x;

	snprintf(path, sizeof(path), "/v1/meetings/%s", meeting);
	snprintf(body, sizeof(body), "{\"name\":\"Number %u\"}", i);
	x = exchange(b, "PATCH", path, body, NULL);
	CHECK_INT(200, x.status, x.text);
	exchange_free(&x);
}

static long long seq_of(struct events *e, int n)
{
	return (long long)json_at(events_get(e, n, NULL), "seq", -1);
}

static void wait_for_more(struct events *e, size_t n)
{
	for (unsigned i = 0; events_count(e) < n && i < WAIT_MS / 20; i++)
		test_sleep_ms(20);
	CHECK_INT(n, events_count(e), "events");
}

TEST(numbers_without_a_hole_and_from_where_one_was)
{
	struct bridge b;
	struct events *first, *again;
	json_t *doc;
	char from[32];

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "up");
	doc = bridge_get(&b, "/v1/openapi.json");
	CHECK(json_object_get(json_object_get(json_object_get(doc, "paths"), "/v1/events"), "get"),
		"described");
	json_decref(doc);
	first = events_open(&b, NULL);
	CHECK(first, "a stream");
	for (unsigned i = 0; i < CHANGES; i++)
		change(&b, "100200300", i);
	wait_for_more(first, CHANGES);
	CHECK(events_in_order(first), "each one more than that before");
	for (int i = 0; i < CHANGES; i++) {
		const json_t *event = events_get(first, i, NULL);

		CHECK_STR("site.applied", json_text_at(event, "type"), "type");
		CHECK(json_text_at(event, "time"), "time");
	}

	snprintf(from, sizeof(from), "%lld", seq_of(first, 1));
	again = events_open(&b, from);
	CHECK(again, "resumed");
	wait_for_more(again, CHANGES - 2);
	CHECK_INT(seq_of(first, 2), seq_of(again, 0), "from the one after that");
	CHECK(events_in_order(again), "in order");
	change(&b, "100200300", CHANGES);
	wait_for_more(again, CHANGES - 1);
	CHECK_INT(seq_of(first, CHANGES - 1) + 1, seq_of(again, CHANGES - 2), "and goes on with what comes");
	events_close(again);

	again = events_open(&b, "999999");
	CHECK(again, "of another life");
	CHECK(events_wait(again, 0, "gap", NULL, NULL, WAIT_MS) == 0, "it is told that some are missing");
	events_close(again);
	events_close(first);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

/* ---- WebSocket ---- */

struct socket {
	int fd;
};

static bool read_all(const struct socket *s, void *out, size_t n)
{
	for (size_t at = 0; at < n;) {
		const ssize_t got = read(s->fd, (char *)out + at, n - at);

		if (got <= 0)
			return false;
		at += (size_t)got;
	}
	return true;
}

/* RFC 6455 section 4.1; false: it was not taken. */
static bool open_socket(struct socket *s, const struct bridge *b, const char *query)
{
	const struct timeval patience = { .tv_sec = WAIT_S };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(b->http_port) };
	char text[1024];
	size_t n = 0;

	inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(s->fd, (struct sockaddr *)&to, sizeof(to)))
		return false;
	n = (size_t)snprintf(text, sizeof(text),
		"GET /v1/events?%s HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
		query);
	if (write(s->fd, text, n) != (ssize_t)n)
		return false;
	for (n = 0; n + 1 < sizeof(text) && (n < 4 || memcmp(text + n - 4, "\r\n\r\n", 4) != 0); n++)
		if (!read_all(s, text + n, 1))
			return false;
	text[n] = '\0';
	return strncmp(text, "HTTP/1.1 101", 12) == 0 && strstr(text, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

/* The next text frame, as JSON; NULL: none in time. */
static json_t *next_message(const struct socket *s)
{
	static char text[FRAME];
	uint8_t head[2], more[2];
	size_t n;

	do {
		if (!read_all(s, head, 2))
			return NULL;
		n = head[1];
		if (n == 126) {
			if (!read_all(s, more, 2))
				return NULL;
			n = (size_t)(more[0] << 8 | more[1]);
		}
		if (n >= sizeof(text) || !read_all(s, text, n))
			return NULL;
	} while (head[0] != 0x81); /* pings fall away */
	return json_loadb(text, n, 0, NULL);
}

TEST(the_same_by_websocket)
{
	struct bridge b;
	struct socket s;
	long long seq = 0, third = 0;
	char query[64];
	json_t *one;

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "up");
	CHECK(open_socket(&s, &b, ""), "101");
	for (unsigned i = 0; i < CHANGES; i++)
		change(&b, "100200300", i);
	for (unsigned i = 0; i < CHANGES; i++) {
		one = next_message(&s);
		CHECK(one, "message %u", i);
		CHECK_STR("site.applied", json_text_at(one, "type"), "type");
		if (i)
			CHECK_INT(seq + 1, json_at(one, "seq", -1), "one more than that before");
		seq = (long long)json_at(one, "seq", -1);
		third = i == 2 ? seq : third;
		json_decref(one);
	}
	close(s.fd);
	snprintf(query, sizeof(query), "last_event_id=%lld", third);
	CHECK(open_socket(&s, &b, query), "101");
	one = next_message(&s);
	CHECK_INT(third + 1, json_at(one, "seq", -1), "resumed from the one after that");
	json_decref(one);
	close(s.fd);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

/* A token of one account gets that one's events alone; without a token, once there are some, nobody gets any. */
TEST(of_one_account_alone)
{
	struct bridge b;
	struct socket s;
	struct exchange made;
	char query[200];
	json_t *one;

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "up");
	made = exchange(
		&b, "POST", "/v1/tokens", "{\"name\":\"a\",\"role\":\"reader\",\"account\":\"acme\"}", NULL);
	CHECK_INT(201, made.status, "token");
	snprintf(query, sizeof(query), "access_token=%s", json_text_at(made.body, "token"));
	exchange_free(&made);
	CHECK(open_socket(&s, &b, query), "101");
	change(&b, "700200300", 1);
	change(&b, "100200300", 2);
	one = next_message(&s);
	CHECK_STR("acme", json_text_at(one, "account"), "its own comes first");
	json_decref(one);
	close(s.fd);
	CHECK(!open_socket(&s, &b, ""), "without a token");
	close(s.fd);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

/* What is not asked for is not sent: by type, by meeting, and so partyctl watch. */
TEST(only_what_was_asked_for)
{
	struct bridge b;
	struct socket s;
	struct peer watch;
	char program[FOLDER_PATH * 2], *said;
	const char *argv[] = { build_program("partyctl", program), "--socket", b.control, "watch", "--events",
		"meeting.*", "--meeting", "100200300", "--limit", "2", NULL };
	const char *crowd[] = { "--to", b.uri_meeting, "--calls", "1", "--seconds", "1", NULL };
	int code = 1;
	json_t *one;

	CHECK(bridge_start(&b, NULL), "up");
	CHECK(open_socket(&s, &b, "type=participant.joined,meeting.closed&meeting=100200300"), "101");
	CHECK(peer_start(&watch, &b.folder, "partyctl", argv), "partyctl");
	test_sleep_ms(500);
	json_decref(bridge_crowd(&b, crowd, &code));
	CHECK_INT(0, code, "a call");
	one = next_message(&s);
	CHECK_STR("participant.joined", json_text_at(one, "type"), "the first");
	CHECK_STR("100200300", json_text_at(one, "meeting"), "of the meeting");
	json_decref(one);
	one = next_message(&s);
	CHECK_STR("meeting.closed", json_text_at(one, "type"), "the next");
	json_decref(one);
	close(s.fd);
	CHECK_INT(0, peer_wait_exit(&watch, WAIT_MS), "partyctl has seen two");
	said = peer_output(&watch);
	CHECK(strstr(said, "meeting.opened") && strstr(said, "meeting.closed") && !strstr(said, "call."),
		"%s", said);
	free(said);
	CHECK(!open_socket(&s, &b, "type=Meeting"), "no type of ours");
	close(s.fd);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

TESTS(numbers_without_a_hole_and_from_where_one_was, the_same_by_websocket, of_one_account_alone,
	only_what_was_asked_for)
