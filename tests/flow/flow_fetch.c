/* links: bridge/poster.c bridge/freshness.c bridge/x5u.c */
#include "bridge/poster.h"
#include "tests/flow/tlspeer.h"
#include "tests/test.h"

#include <poll.h>

/* What is fetched from an https server (openssl s_server, which sends its files as they are, headers and all), and how long that says
 * it may be kept: certificates of callers come this way (FEATURES T19). */

enum { WAIT_MS = 8000, TEXT = 1200, MOST = 600 };

struct seen {
	bool done;
	unsigned status;
	int64_t max_age_s;
	char answer[MOST + 1];
};

static void on_done(void *arg, const struct poster_result *result)
{
	struct seen *seen = arg;

	seen->done = true;
	seen->status = result->status;
	seen->max_age_s = result->max_age_s;
	snprintf(seen->answer, sizeof(seen->answer), "%.*s", (int)result->answer_len,
		result->answer ? result->answer : "");
}

static void fetch(const struct folder *f, unsigned port, struct seen *seen)
{
	struct poster_job job = { .id = 1, .fetch_max = MOST };
	const uint64_t until_ms = test_now_ms() + WAIT_MS;
	struct poster *p;

	*seen = (struct seen){ .done = false };
	snprintf(job.url, sizeof(job.url), "https://127.0.0.1:%u/answer", port);
	snprintf(job.ca, sizeof(job.ca), "%s", folder_file(f, "authority.pem"));
	CHECK_INT(BRIDGE_OK, poster_open(&p, on_done, seen), "poster");
	CHECK_INT(BRIDGE_OK, poster_post(p, &job, NULL, 0), "asked");
	while (!seen->done && test_now_ms() < until_ms) {
		struct pollfd fd = { .fd = poster_fd(p), .events = POLLIN };

		poll(&fd, 1, 100);
		poster_poll(p);
	}
	poster_close(p);
	CHECK(seen->done, "an answer, or none");
}

TEST(a_server_says_how_long_its_answer_holds)
{
	static const struct {
		const char *story, *headers;
		int64_t max_age_s;
	} cases[] = {
		{ "nothing", "", -1 },
		{ "an hour", "Cache-Control: public, max-age=3600\r\n", 3600 },
		{ "an hour, a third of which is over", "Age: 1200\r\nCache-Control: max-age=3600\r\n", 2400 },
		{ "two headers", "Cache-Control: max-age=3600\r\nCache-Control: no-store\r\n", 0 },
		{ "as long as can be", "Cache-Control: max-age=99999999999999999999\r\n", 0x7fffffff },
	};
	struct folder keys;
	struct peer server;
	struct seen seen;
	char command[600], text[TEXT];
	const unsigned port = free_tcp_port("127.0.0.1");

	CHECK(folder_make(&keys), "a folder");
	tlspeer_authority(&keys, "authority");
	tlspeer_certificate(&keys, "server", "IP:127.0.0.1", "authority");
	snprintf(command, sizeof(command),
		"cd %s && exec openssl s_server -accept 127.0.0.1:%u -cert server.pem -key server.key -HTTP",
		keys.path, port);
	CHECK(peer_start(&server, &keys, "https", (const char *const[]){ "sh", "-c", command, NULL }),
		"openssl");
	CHECK(peer_wait_line(&server, "ACCEPT", WAIT_MS), "the server listens");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\n%sConnection: close\r\n\r\ncertificate",
			cases[i].headers);
		CHECK(folder_write(&keys, "answer", text), "answer");
		fetch(&keys, port, &seen);
		CHECK_INT(200, seen.status, cases[i].story);
		CHECK_STR("certificate", seen.answer, cases[i].story);
		CHECK_INT(cases[i].max_age_s, seen.max_age_s, cases[i].story);
	}
	peer_stop(&server, WAIT_MS);
	folder_remove(&keys);
}

TESTS(a_server_says_how_long_its_answer_holds)
