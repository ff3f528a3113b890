/* The API over TLS: with tokens alone, each asker by his own address, and a feed that lasts. */
#include "tests/flow/bridge.h"
#include "tests/flow/tlspeer.h"
#include "tests/test.h"
#include <curl/curl.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
	WRONG = 30,      /* guesses; after some of them their address is not heard */
	FEED_MS = 40000, /* a connection that speaks no SIP used to end after 30 s */
	LATE_MS = 32000,
	TEXT = 65536
};

struct bed {
	struct folder keys;
	struct bridge bridge;
	char token[96];
	const char *certificate; /* shown; NULL: none */
};

struct text {
	char at[TEXT];
	size_t n;
};

static size_t take(char *p, size_t size, size_t n, void *arg)
{
	struct text *t = arg;
	const size_t len = size * n < TEXT - 1 - t->n ? size * n : TEXT - 1 - t->n;

	memcpy(t->at + t->n, p, len);
	t->n += len;
	return size * n;
}

static void bed_node(struct bed *t, char *node, size_t cap)
{
	CHECK(folder_make(&t->keys), "a folder");
	tlspeer_authority(&t->keys, "authority");
	tlspeer_certificate(&t->keys, "bridge", "bridge.example", "authority");
	snprintf(node, cap, "tls: { certificate: \"%s\", key: \"%s\" }\n",
		folder_file(&t->keys, "bridge.pem"), folder_file(&t->keys, "bridge.key"));
}

/* The HTTP status, 0: nobody answered. `from`: our own address. */
static long ask_by(const char *scheme, const struct bed *t, const char *path, const char *token,
	const char *from, long ms, struct text *out)
{
	char url[128], header[128];
	struct curl_slist *headers = NULL;
	CURL *curl = curl_easy_init();
	long status = 0;

	CHECK(curl, "curl");
	out->n = 0;
	snprintf(url, sizeof(url), "%s://bridge.example:%u%s", scheme, t->bridge.http_port, path);
	snprintf(header, sizeof(header), "bridge.example:%u:127.0.0.1", t->bridge.http_port);
	struct curl_slist *hosts = curl_slist_append(NULL, header);
	snprintf(header, sizeof(header), "Authorization: Bearer %s", token ? token : "");
	if (token)
		headers = curl_slist_append(NULL, header);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_RESOLVE, hosts);
	curl_easy_setopt(curl, CURLOPT_CAINFO, folder_file(&t->keys, "authority.pem"));
	if (t->certificate) {
		snprintf(header, sizeof(header), "%s.pem", t->certificate);
		curl_easy_setopt(curl, CURLOPT_SSLCERT, folder_file(&t->keys, header));
		snprintf(header, sizeof(header), "%s.key", t->certificate);
		curl_easy_setopt(curl, CURLOPT_SSLKEY, folder_file(&t->keys, header));
	}
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_INTERFACE, from);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, ms);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, out);
	(void)curl_easy_perform(curl); /* a feed ends by the time limit */
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(headers);
	curl_slist_free_all(hosts);
	curl_easy_cleanup(curl);
	out->at[out->n] = '\0';
	return status;
}

static long ask(
	const struct bed *t, const char *path, const char *token, const char *from, long ms, struct text *out)
{
	return ask_by("https", t, path, token, from, ms, out);
}

static void bed_open(struct bed *t)
{
	char node[400];
	json_t *answer;
	long status;

	bed_node(t, node, sizeof(node));
	CHECK(bridge_start(&t->bridge, &(struct bridge_setup){ .node = node, .http_tls = true }),
		"the bridge is up");
	answer = bridge_call(&t->bridge, "POST", "/v1/tokens", "application/json",
		"{\"name\":\"desk\",\"role\":\"operator\"}", &status);
	CHECK_INT(201, status, "a token");
	snprintf(t->token, sizeof(t->token), "%s", json_text_at(answer, "token"));
	json_decref(answer);
}

struct feed {
	const struct bed *bed;
	struct text text;
	long status;
};

static void *listen_long(void *arg)
{
	struct feed *f = arg;

	f->status = ask(f->bed, "/v1/events", f->bed->token, "127.0.0.1", FEED_MS, &f->text);
	return NULL;
}

TEST(tokens_certificates_and_addresses)
{
	struct text *text = calloc(1, sizeof(*text));
	struct feed *feed = calloc(1, sizeof(*feed));
	struct tlspeer old;
	pthread_t thread;
	struct bed t = { .certificate = NULL };
	long status = 0;
	unsigned guesses = 0;

	CHECK(text && feed, "memory");
	bed_open(&t);
	feed->bed = &t;
	CHECK(pthread_create(&thread, NULL, listen_long, feed) == 0, "a listener");
	CHECK_INT(401, ask(&t, "/v1/status", NULL, "127.0.0.1", 5000, text), "without a token");
	CHECK_INT(200, ask(&t, "/v1/status", t.token, "127.0.0.1", 5000, text), "with one");
	CHECK(strstr(text->at, "\"uptime_s\""), "the status: %.80s", text->at);
	CHECK_INT(200, ask(&t, "/v1/calls", t.token, "127.0.0.9", 5000, text), "from elsewhere");
	CHECK(!tlspeer_open(&old, &t.keys, t.bridge.http_port, NULL, TLS1_1_VERSION), "TLS 1.1");
	tlspeer_close(&old);

	/* who guesses is told to wait, and nobody else */
	while (status != 429 && guesses++ < WRONG)
		status = ask(&t, "/v1/status", "plt_wrong", "127.0.0.9", 5000, text);
	CHECK_INT(429, status, "guesses are counted");
	CHECK_INT(429, ask(&t, "/v1/status", "plt_wrong", "127.0.0.9", 5000, text), "and remembered");
	CHECK_INT(200, ask(&t, "/v1/status", t.token, "127.0.0.1", 5000, text), "of another address");

	test_sleep_ms(LATE_MS);
	CHECK_INT(200, bridge_put_site(&t.bridge, "accounts: [ { name: other } ]\n", NULL),
		"something happens, late");
	(void)pthread_join(thread, NULL);
	CHECK_INT(200, feed->status, "the feed");
	CHECK(strstr(feed->text.at, "site.applied"), "it has told: %.300s", feed->text.at);
	CHECK_INT(0, bridge_stop(&t.bridge), "the bridge ends in order");
	folder_remove(&t.keys);
	free(text);
	free(feed);
}

/* Where a certificate is set, the address on loopback speaks HTTPS (DESIGN.md section 7), and to who begins without, HTTP. */
TEST(on_loopback_each_as_they_begin)
{
	struct text *text = calloc(1, sizeof(*text));
	char node[400], body[200];
	struct bed t = { .certificate = NULL };

	CHECK(text, "memory");
	bed_node(&t, node, sizeof(node));
	CHECK(bridge_start(&t.bridge, &(struct bridge_setup){ .node = node }), "up");
	for (unsigned round = 0; round < 2; round++) {
		CHECK_INT(200, ask_by("https", &t, "/v1/status", NULL, "127.0.0.1", 5000, text), "HTTPS");
		CHECK(strstr(text->at, "\"uptime_s\""), "the status: %.80s", text->at);
		CHECK_INT(200, ask_by("http", &t, "/v1/openapi.json", NULL, "127.0.0.1", 5000, text), "HTTP");
		CHECK(strstr(text->at, "/v1/status"), "a long answer, whole: %.80s", text->at);
	}
	(void)ask_by("http", &t, "/v1/events?last_event_id=0", NULL, "127.0.0.1", 500, text);
	CHECK(strstr(text->at, "site.applied"), "the feed: %.200s", text->at);

	/* each asker is who they are, in the clear as well */
	snprintf(body, sizeof(body), "{\"name\":\"desk\",\"role\":\"operator\"}");
	json_decref(bridge_call(&t.bridge, "POST", "/v1/tokens", "application/json", body, NULL));
	for (unsigned i = 0; i < WRONG; i++)
		(void)ask_by("http", &t, "/v1/status", "plt_wrong", "127.0.0.9", 5000, text);
	CHECK_INT(429, ask_by("https", &t, "/v1/status", "plt_wrong", "127.0.0.9", 5000, text), "guesser");
	CHECK_INT(401, ask_by("http", &t, "/v1/status", NULL, "127.0.0.1", 5000, text), "somebody else");
	CHECK_INT(0, bridge_stop(&t.bridge), "ends in order");
	folder_remove(&t.keys);
	free(text);
}

/* What would be said for all to read is not said: not started without a certificate or the word for it, line and key told. */
TEST(nothing_in_the_clear_by_accident)
{
	static const struct {
		const char *story, *http, *said; /* said "": it is taken */
		bool certificate;
	} cases[] = {
		{ "no certificate", "listen: \"0.0.0.0:8080\"", "node.yaml:2: http.listen: ", false },
		{ "https without one", "listen: \"tls:127.0.0.1:8080\"",
			"node.yaml:2: http.listen: ", false },
		{ "a certificate", "listen: \"0.0.0.0:8080\"", "", true },
		{ "the word for it", "listen: \"0.0.0.0:8080\", plain: true", "", false },
		{ "loopback", "listen: \"127.0.0.1:8080\"", "", false },
	};
	struct text *text = calloc(1, sizeof(*text));
	char program[FOLDER_PATH * 2], node[600], tls[400];
	struct bed t = { .certificate = NULL };

	CHECK(text, "memory");
	bed_node(&t, tls, sizeof(tls));
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *argv[] = { build_program("partylined", program), "--check", "--config",
			folder_file(&t.keys, "node.yaml"), NULL };
		struct peer check;
		char *said;

		snprintf(node, sizeof(node), "node: test\nhttp: { %s }\n%s", cases[i].http,
			cases[i].certificate ? tls : "");
		CHECK(folder_write(&t.keys, "node.yaml", node), "a node file");
		CHECK(peer_start(&check, &t.keys, "partylined", argv), "starts");
		CHECK_INT(cases[i].said[0] ? 2 : 0, peer_wait_exit(&check, 5000), cases[i].story);
		said = peer_output(&check);
		CHECK(said && strstr(said, cases[i].said), "%s: %s", cases[i].story, said ? said : "");
		free(said);
	}

	/* behind a proxy: in the clear, and by its token alone */
	CHECK(bridge_start(&t.bridge, &(struct bridge_setup){ .node = tls, .http_ip = "0.0.0.0" }), "up");
	CHECK_INT(401, ask_by("http", &t, "/v1/status", NULL, "127.0.0.1", 5000, text), "in the clear");
	CHECK_INT(0, ask_by("https", &t, "/v1/status", NULL, "127.0.0.1", 5000, text), "as it was told");
	CHECK_INT(0, bridge_stop(&t.bridge), "ends in order");
	folder_remove(&t.keys);
	free(text);
}

/* NAME.pem is from now on what is in OTHER.pem. */
static void copy_pem(const struct folder *f, const char *name, const char *other)
{
	char text[8192] = "", from[64], to[64];
	FILE *file;

	snprintf(from, sizeof(from), "%s.pem", other);
	snprintf(to, sizeof(to), "%s.pem", name);
	file = fopen(folder_file(f, from), "r");
	CHECK(file && fread(text, 1, sizeof(text) - 1, file) > 0, "%s", from);
	fclose(file);
	CHECK(folder_write(f, to, text), "%s", to);
}

static long ask_as(struct bed *t, const char *certificate, const char *token, struct text *text)
{
	t->certificate = certificate;
	return ask(t, "/v1/status", token, "127.0.0.1", 5000, text);
}

static void client_keys(struct bed *t, char node[400], char http[200])
{
	bed_node(t, node, 400);
	tlspeer_authority(&t->keys, "clients");
	tlspeer_authority(&t->keys, "others");
	tlspeer_certificate(&t->keys, "desk", "desk.example", "clients");
	tlspeer_certificate(&t->keys, "guest", "guest.example", "others");
	tlspeer_expired(&t->keys, "late", "desk.example", "clients");
	copy_pem(&t->keys, "trusted", "clients");
	snprintf(http, 200, ", client_ca: \"%s\"", folder_file(&t->keys, "trusted.pem"));
}

/* S4: whoever has no certificate of ours does not get to the point of showing a token; with SIGHUP others are believed, and who
 * is connected and believed no more is put out. */
TEST(client_certificates_are_wanted)
{
	struct text *text = calloc(1, sizeof(*text));
	struct feed *feed = calloc(1, sizeof(*feed));
	struct bed t = { .certificate = NULL }, listener;
	char node[400], http[200];
	uint64_t began_ms;
	pthread_t thread;
	json_t *answer;

	CHECK(text && feed, "memory");
	client_keys(&t, node, http);
	CHECK(bridge_start(&t.bridge,
		      &(struct bridge_setup){ .node = node, .http_ip = "0.0.0.0", .http_more = http }),
		"up, at every address");
	answer = bridge_call(&t.bridge, "POST", "/v1/tokens", "application/json",
		"{\"name\":\"desk\",\"role\":\"operator\"}", NULL);
	snprintf(t.token, sizeof(t.token), "%s", json_text_at(answer, "token"));
	json_decref(answer);

	CHECK_INT(0, ask_as(&t, NULL, t.token, text), "no certificate, but a token");
	CHECK_INT(0, ask_as(&t, "guest", t.token, text), "one of somebody else's");
	CHECK_INT(0, ask_as(&t, "bridge", t.token, text), "one of tls.ca's own kind");
	CHECK_INT(0, ask_as(&t, "late", t.token, text), "one whose time is over");
	CHECK_INT(0, ask_by("http", &t, "/v1/status", t.token, "127.0.0.1", 5000, text), "in the clear");
	CHECK_INT(401, ask_as(&t, "desk", NULL, text), "the right one takes no token's place");
	CHECK_INT(200, ask_as(&t, "desk", t.token, text), "with both");

	listener = t;
	feed->bed = &listener;
	CHECK(pthread_create(&thread, NULL, listen_long, feed) == 0, "a listener");
	test_sleep_ms(500);
	began_ms = test_now_ms();
	copy_pem(&t.keys, "trusted", "others");
	peer_signal(&t.bridge.peer, SIGHUP);
	(void)pthread_join(thread, NULL);
	CHECK_INT(200, feed->status, "it had listened");
	CHECK(test_now_ms() - began_ms < FEED_MS / 2, "and is put out");
	CHECK_INT(0, ask_as(&t, "desk", t.token, text), "it is believed no more");
	CHECK_INT(200, ask_as(&t, "guest", t.token, text), "the other one is");

	CHECK(folder_write(&t.keys, "trusted.pem", "no certificate\n"), "a broken file");
	peer_signal(&t.bridge.peer, SIGHUP);
	CHECK(peer_wait_line(&t.bridge.peer, "http.client_ca: ", 5000), "is named");
	CHECK_INT(200, ask_as(&t, "guest", t.token, text), "and what was believed before stays");
	CHECK_INT(0, bridge_stop(&t.bridge), "ends in order");
	folder_remove(&t.keys);
	free(text);
	free(feed);
}

TESTS(client_certificates_are_wanted, tokens_certificates_and_addresses, on_loopback_each_as_they_begin,
	nothing_in_the_clear_by_accident)
