/* links: bridge/http.c bridge/http_query.c bridge/http_ring.c bridge/http_listen.c bridge/http_serve.c bridge/http_feed.c bridge/http_conn.c bridge/http_request.c bridge/http_reply.c bridge/when.c dialplan/days.c bridge/topics.c */
#include "tests/httpbed.h"

#include <curl/curl.h>
#include <sys/resource.h>
#include <time.h>

struct got {
	char text[4096];
	size_t len, total;
};

static size_t on_bytes(char *bytes, size_t size, size_t n, void *arg)
{
	struct got *got = arg;
	size_t room = sizeof(got->text) - 1 - got->len, take = n < room ? n : room;

	(void)size;
	memcpy(got->text + got->len, bytes, take);
	got->len += take;
	got->total += n;
	got->text[got->len] = '\0';
	return n;
}

static long ask(struct bed *bed, CURL *curl, bool local, const char *method, const char *path,
	const char *body, size_t len, struct got *got)
{
	char url[1024];
	long status = 0;
	CURLcode code;

	memset(got, 0, sizeof(*got));
	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", http_port(bed->http), path);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, local ? bed->control : NULL);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, strcmp(method, "HEAD") ? method : NULL);
	curl_easy_setopt(curl, CURLOPT_NOBODY, strcmp(method, "HEAD") == 0 ? 1L : 0L);
	if (body) {
		curl_easy_setopt(curl, CURLOPT_POST, 1L);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)len);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	} else if (strcmp(method, "HEAD")) {
		curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
	}
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, got);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)BED_WAIT_MS);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	code = curl_easy_perform(curl);
	CHECK(code == CURLE_OK, "%s %s: %s", method, path, curl_easy_strerror(code));
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

TEST(requests_arrive_whole)
{
	static char full[HTTP_BODY_MAX];
	static const struct {
		const char *story, *method, *path;
		const char *body;
		size_t len;
		const char *far;
	} cases[] = {
		{ "a question", "GET", "/v1/x", NULL, 0, "GET far /v1/x|||0:0" },
		{ "an encoded path, a query", "GET", "/a%20b?n=%2B49&m=x%26y&open=true", NULL, 0,
			"GET far /a b|n=%2B49&m=x%26y&open=true||0:0" },
		{ "a body", "PUT", "/v1/site", "abc", 3,
			"PUT far /v1/site||application/x-www-form-urlencoded|3:38" },
		{ "no byte in it", "POST", "/v1/y", "", 0,
			"POST far /v1/y||application/x-www-form-urlencoded|0:0" },
		{ "as long as may be", "PUT", "/v1/site", full, sizeof(full),
			"PUT far /v1/site||application/x-www-form-urlencoded|4194304:0" },
		{ "PATCH", "PATCH", "/z", "a", 1, "PATCH far /z||application/x-www-form-urlencoded|1:97" },
		{ "DELETE", "DELETE", "/v1/calls/7", NULL, 0, "DELETE far /v1/calls/7|||0:0" },
		{ "HEAD", "HEAD", "/h", NULL, 0, "" },
	};
	struct bed bed = { 0 };
	CURL *curl = curl_easy_init();
	struct got got;
	long connects;

	bed_open(&bed);
	for (int local = 0; local < 2; local++) {
		for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
			char want[256];

			memset(full, 1, sizeof(full)); /* 4 Mi ones are 0 modulo 256 */
			snprintf(want, sizeof(want), "%s", cases[i].far);
			if (local && strstr(want, " far "))
				memmove(strstr(want, " far ") + 7, strstr(cases[i].far, " far ") + 5,
					strlen(strstr(cases[i].far, " far ") + 5) + 1),
					memcpy(strstr(want, " far "), " local ", 7);
			CHECK_INT(200,
				ask(&bed, curl, local, cases[i].method, cases[i].path, cases[i].body,
					cases[i].len, &got),
				cases[i].story);
			CHECK_STR(want, got.text, cases[i].story);
		}
		curl_easy_getinfo(curl, CURLINFO_NUM_CONNECTS, &connects);
		CHECK_INT(0, connects, "the connection was kept");
	}
	CHECK_INT(204, ask(&bed, curl, false, "GET", "/empty", NULL, 0, &got), "nothing to say");
	CHECK_INT(204, ask(&bed, curl, false, "OPTIONS", "/x", NULL, 0, &got), "OPTIONS");
	curl_easy_cleanup(curl);
	bed_close(&bed);
}

TEST(a_large_reply_comes_whole)
{
	struct bed bed = { 0 };
	CURL *curl = curl_easy_init();
	struct got got;
	int fd;

	bed_open(&bed);
	/* somebody who asks for it and does not read, and somebody who goes away, hold up nobody */
	fd = bed_connect_tcp(http_port(bed.http));
	bed_send(fd, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n", 30);
	CHECK_INT(200, ask(&bed, curl, true, "GET", "/big", NULL, 0, &got), "20 MB");
	CHECK_INT(BED_BIG, got.total, "20 MB");
	close(fd);
	CHECK_INT(200, ask(&bed, curl, false, "GET", "/big", NULL, 0, &got), "again");
	CHECK_INT(BED_BIG, got.total, "again");
	curl_easy_cleanup(curl);
	bed_close(&bed);
}

TEST(what_is_not_a_request_is_refused)
{
#define LINE " /x HTTP/1.1\r\nHost: h:1\r\n"
	static const struct {
		const char *story, *request, *reply;
	} cases[] = {
		{ "zeros and noise", "\x01\x02\xff garbage\r\n\r\n", "403" },
		{ "a TLS hello", "\x16\x03\x01\x02\x01\x01\x01\xfc\x03\x03 abc\r\n\r\n", "403" },
		{ "no such method", "BREW" LINE "\r\n", "403" },
		{ "HTTP/2 with prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "403" },
		{ "an upgrade to HTTP/2",
			"GET" LINE "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
			"HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
			"400" },
		{ "WebSocket at another path",
			"GET" LINE "Connection: Upgrade\r\nUpgrade: websocket\r\n"
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
			"404" },
		{ "a body in chunks", "PUT" LINE "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "411" },
		{ "a length in words", "PUT" LINE "Content-Length: five\r\n\r\n", "400" },
		{ "a negative length", "PUT" LINE "Content-Length: -5\r\n\r\n", "400" },
		{ "two lengths", "PUT" LINE "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "400" },
		{ "4 MB and one", "PUT" LINE "Content-Length: 4194305\r\n\r\n", "413" },
		{ "a length beyond numbers", "PUT" LINE "Content-Length: 99999999999999999999999\r\n\r\n",
			"413" },
		{ "a bad escape", "GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n", "403" },
		{ "half a line", "GET /x HT", "408" },
		{ "not a byte", "", "408" },
		{ "half a body", "PUT" LINE "Content-Length: 5\r\n\r\nhel", "408" },
		{ "another site's page", "POST" LINE "Origin: http://evil:1\r\nContent-Length: 0\r\n\r\n",
			"403" },
		{ "a page without origin", "DELETE" LINE "Origin: null\r\n\r\n", "403" },
		{ "our own page", "POST" LINE "Origin: http://h:1\r\nContent-Length: 0\r\n\r\n", "200" },
		{ "another site's page that only asks", "GET" LINE "Origin: http://evil\r\n\r\n", "200" },
		{ "no answer", "GET /never HTTP/1.1\r\nHost: h\r\n\r\n", "504" },
	};
	struct bed bed = { .config = { .request_ms = 300, .answer_ms = 300 } };
	int fds[sizeof(cases) / sizeof(*cases)];
	char text[4096];

	bed_open(&bed);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		fds[i] = bed_connect_tcp(http_port(bed.http));
		bed_send(fds[i], cases[i].request, strlen(cases[i].request));
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK(bed_read(fds[i], text, sizeof(text), "\r\n", 1), "%s: an answer", cases[i].story);
		CHECK(strlen(text) > 12, "%s: have '%s'", cases[i].story, text);
		text[12] = '\0';
		CHECK_STR(cases[i].reply, text + 9, cases[i].story);
		close(fds[i]);
	}
	bed_close(&bed);
}

TEST(what_is_too_long_is_refused)
{
	static const struct {
		const char *story, *before;
		size_t fill;
		const char *after, *reply;
	} cases[] = {
		{ "a path", "GET /", 511, " HTTP/1.1\r\nHost: h\r\n\r\n", " 414 " },
		{ "as long as may be", "GET /", 510, " HTTP/1.1\r\nHost: h\r\n\r\n", " 200 " },
		{ "a query", "GET /x?q=", 510, " HTTP/1.1\r\nHost: h\r\n\r\n", " 414 " },
		{ "a query as long as may be", "GET /x?q=", 509, " HTTP/1.1\r\nHost: h\r\n\r\n", " 200 " },
		{ "a path beyond bounds", "GET /", 9000, " HTTP/1.1\r\nHost: h\r\n\r\n", "" },
		{ "a header", "GET /x HTTP/1.1\r\nX: ", 9000, "\r\n\r\n", "" },
		{ "a header without end", "GET /x HTTP/1.1\r\nX: ", 60000, "", "" },
	};
	static char request[70000];
	struct bed bed = { 0 };
	char text[4096];

	bed_open(&bed);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int fd = bed_connect_tcp(http_port(bed.http));
		size_t before = strlen(cases[i].before);

		memcpy(request, cases[i].before, before);
		memset(request + before, 'x', cases[i].fill);
		strcpy(request + before + cases[i].fill, cases[i].after);
		bed_send(fd, request, strlen(request));
		CHECK(bed_read(fd, text, sizeof(text), "\r\n", 1), "%s: an answer or the end",
			cases[i].story);
		CHECK(*cases[i].reply ? strstr(text, cases[i].reply) != NULL : !*text, "%s: have '%s'",
			cases[i].story, text);
		close(fd);
	}
	bed_close(&bed);
}

TEST(a_large_body_is_refused_and_the_refusal_can_be_read)
{
	struct bed bed = { 0 };
	CURL *curl = curl_easy_init();
	char *body = calloc(1, HTTP_BODY_MAX + 1);
	struct got got;

	bed_open(&bed);
	CHECK_INT(413, ask(&bed, curl, false, "PUT", "/v1/site", body, HTTP_BODY_MAX + 1, &got),
		"4 MB and one");
	CHECK(strstr(got.text, "\"too_large\""), "says why: %s", got.text);
	curl_easy_cleanup(curl);
	free(body);
	bed_close(&bed);
}

TEST(requests_sent_ahead)
{
	static const char get[] = "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\nGET "
				  "/3 HTTP/1.1\r\nHost: h\r\n\r\n";
	static const char post[] =
		"POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\naPOST /2 HTTP/1.1\r\nHost: h\r\n"
		"Content-Length: 1\r\n\r\nb";
	struct bed bed = { 0 };
	char text[4096];
	int fd;

	bed_open(&bed);
	fd = bed_connect_tcp(http_port(bed.http));
	bed_send(fd, get, sizeof(get) - 1);
	CHECK(bed_read(fd, text, sizeof(text), "|||0:0", 3), "three answers");
	CHECK(strstr(text, "/1") < strstr(text, "/2") && strstr(text, "/2") < strstr(text, "/3"),
		"in order: %s", text);
	close(fd);
	/* libwebsockets would spin for ever here */
	fd = bed_connect_tcp(http_port(bed.http));
	bed_send(fd, post, sizeof(post) - 1);
	bed_read(fd, text, sizeof(text), NULL, 0);
	close(fd);
	fd = bed_connect_tcp(http_port(bed.http));
	bed_send(fd, get, sizeof(get) - 1);
	CHECK(bed_read(fd, text, sizeof(text), "|||0:0", 3), "the API still answers");
	close(fd);
	bed_close(&bed);
}

TEST(too_many_connections_lock_nobody_else_out)
{
	struct bed bed = { .config = { .request_ms = 500 } };
	CURL *curl = curl_easy_init();
	int fds[HTTP_CONNECTIONS], one_more;
	struct got got;
	char text[512];

	bed_open(&bed);
	for (int i = 0; i < HTTP_CONNECTIONS; i++) {
		fds[i] = bed_connect_tcp(http_port(bed.http));
		bed_send(fds[i], "GET /x HTTP/1.1\r\nX:", (size_t)(i % 19));
	}
	one_more = bed_connect_tcp(http_port(bed.http));
	CHECK(bed_read(one_more, text, sizeof(text), "\r\n", 1) && strstr(text, " 503 "), "the 65th: '%s'",
		text);
	close(one_more);
	CHECK_INT(200, ask(&bed, curl, true, "GET", "/x", NULL, 0, &got),
		"the operator's socket is not theirs");
	for (int i = 0; i < HTTP_CONNECTIONS; i++) {
		CHECK(bed_read(fds[i], text, sizeof(text), "\r\n", 1) && strstr(text, " 408 "), "%d: '%s'", i,
			text);
		close(fds[i]);
	}
	CHECK_INT(200, ask(&bed, curl, false, "GET", "/x", NULL, 0, &got), "then there is room again");
	curl_easy_cleanup(curl);
	bed_close(&bed);
}

TEST(the_control_socket_is_private_and_one_bridge_s)
{
	struct bed bed = { 0 }, other = { 0 };
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char path[100], listen[32];
	struct stat have;
	int fd;

	bed_open(&bed);
	CHECK(stat(bed.control, &have) == 0 && (have.st_mode & 0777) == 0600, "0600, have %o",
		have.st_mode & 0777);
	other.config = bed.config;
	other.config.listen = NULL;
	CHECK_INT(BRIDGE_FILE, http_open(&other.http, &other.config, other.why, sizeof(other.why)),
		"a second bridge");
	CHECK(strstr(other.why, "another bridge answers"), "says why: %s", other.why);
	other.config.control = NULL;
	snprintf(listen, sizeof(listen), "127.0.0.1:%u", http_port(bed.http));
	other.config.listen = listen;
	CHECK_INT(BRIDGE_FILE, http_open(&other.http, &other.config, other.why, sizeof(other.why)),
		"a taken port");
	CHECK(strstr(other.why, "in use"), "says why: %s", other.why);
	other.config.listen = "localhost:80";
	CHECK_INT(
		BRIDGE_RANGE, http_open(&other.http, &other.config, other.why, sizeof(other.why)), "a name");
	other.config.listen = NULL;

	snprintf(path, sizeof(path), "%s/left-over", bed.dir); /* as a killed bridge leaves it */
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(bind(fd, (struct sockaddr *)&to, sizeof(to)) == 0, "a stale socket");
	close(fd);
	other.config.control = path;
	CHECK_INT(BRIDGE_OK, http_open(&other.http, &other.config, other.why, sizeof(other.why)), other.why);
	other.http = http_close(other.http);
	CHECK(access(path, F_OK) != 0, "removed at the end");

	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(fd);
	CHECK_INT(BRIDGE_FILE, http_open(&other.http, &other.config, other.why, sizeof(other.why)), "a file");
	CHECK(strstr(other.why, "not a socket") && access(path, F_OK) == 0, "is left alone: %s", other.why);
	unlink(path);
	other.config.control = "/nonexistent/control.sock";
	CHECK_INT(BRIDGE_FILE, http_open(&other.http, &other.config, other.why, sizeof(other.why)),
		"no directory");
	CHECK(strstr(other.why, "No such file"), "says why: %s", other.why);
	bed_close(&bed);
}

TEST(an_answer_to_somebody_who_has_gone_is_dropped)
{
	struct bed bed = { 0 };
	CURL *curl = curl_easy_init();
	struct got got;
	int fd;

	bed_open(&bed);
	http_reply(bed.http, 77, 200, "text/plain", "x", 1);
	fd = bed_connect_tcp(http_port(bed.http));
	bed_send(fd, "GET /never HTTP/1.1\r\n\r\n", 23);
	CHECK_INT(200, ask(&bed, curl, false, "GET", "/x", NULL, 0, &got), "meanwhile");
	close(fd);
	for (uint64_t id = 1; id < 4; id++)
		http_reply(bed.http, id, 200, "text/plain", "x", 1);
	CHECK_INT(200, ask(&bed, curl, false, "GET", "/x", NULL, 0, &got), "afterwards");
	curl_easy_cleanup(curl);
	bed_close(&bed);
}

TEST(idle_costs_nothing)
{
	struct timespec rest = { .tv_nsec = 300000000 };
	struct bed bed = { 0 };
	struct rusage before, after;
	char text[512];
	int fd;

	bed_open(&bed);
	fd = bed_connect_tcp(http_port(bed.http)); /* a listener among them */
	bed_send(fd, "GET /v1/events HTTP/1.1\r\nHost: h\r\n\r\n", 36);
	CHECK(bed_read(fd, text, sizeof(text), "retry", 1), "it listens");
	getrusage(RUSAGE_SELF, &before);
	nanosleep(&rest, NULL);
	getrusage(RUSAGE_SELF, &after);
	CHECK(after.ru_nvcsw - before.ru_nvcsw <= 4, "no thread wakes: %ld times in 0.3 s",
		after.ru_nvcsw - before.ru_nvcsw);
	close(fd);
	bed_close(&bed);
}

/* The odd ports of this machine are those of somebody who has come through TLS. */
static bool odd_is_behind(void *arg, uint16_t port, char source[48])
{
	(void)arg;
	snprintf(source, 48, "192.0.2.7");
	return port % 2;
}

/* One connection from such a port: the status of its answer. */
static int status_from(struct bed *bed, bool odd)
{
	static const char request[] = "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
	char text[2048];
	int fd = -1, status = 0;

	for (uint16_t port = 0; fd < 0 || port % 2 != odd;) {
		struct sockaddr_in self;
		socklen_t len = sizeof(self);

		if (fd >= 0)
			close(fd);
		fd = bed_connect_tcp(http_port(bed->http));
		getsockname(fd, (struct sockaddr *)&self, &len);
		port = ntohs(self.sin_port);
	}
	bed_send(fd, request, strlen(request));
	CHECK(bed_read(fd, text, sizeof(text), NULL, 0), "an answer");
	CHECK(sscanf(text, "HTTP/1.%*d %d", &status) == 1, "a status: %s", text);
	close(fd);
	return status;
}

/* Where TLS is ended before us, nobody else is heard at the door behind it. */
TEST(nobody_comes_in_by_the_back_door)
{
	struct bed bed = { .config = { .behind = odd_is_behind, .relayed = true } };

	bed_open(&bed);
	CHECK_INT(200, status_from(&bed, true), "through TLS");
	CHECK_INT(403, status_from(&bed, false), "past it");
	bed_close(&bed);
}

TESTS(nobody_comes_in_by_the_back_door, requests_arrive_whole, a_large_reply_comes_whole,
	what_is_not_a_request_is_refused, what_is_too_long_is_refused,
	a_large_body_is_refused_and_the_refusal_can_be_read, requests_sent_ahead,
	too_many_connections_lock_nobody_else_out, the_control_socket_is_private_and_one_bridge_s,
	an_answer_to_somebody_who_has_gone_is_dropped, idle_costs_nothing)
