/* The API over TLS: with tokens alone, each asker by his own address, and a feed that lasts. */
#include "tests/flow/bridge.h"
#include "tests/flow/tlspeer.h"
#include "tests/test.h"
#include <curl/curl.h>
#include <openssl/ssl.h>
#include <pthread.h>
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

/* The HTTP status, 0: nobody answered. `from`: our own address. */
static long ask(
	const struct bed *t, const char *path, const char *token, const char *from, long ms, struct text *out)
{
	char url[128], header[128];
	struct curl_slist *headers = NULL;
	CURL *curl = curl_easy_init();
	long status = 0;

	CHECK(curl, "curl");
	out->n = 0;
	snprintf(url, sizeof(url), "https://bridge.example:%u%s", t->bridge.http_port, path);
	snprintf(header, sizeof(header), "bridge.example:%u:127.0.0.1", t->bridge.http_port);
	struct curl_slist *hosts = curl_slist_append(NULL, header);
	snprintf(header, sizeof(header), "Authorization: Bearer %s", token ? token : "");
	if (token)
		headers = curl_slist_append(NULL, header);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_RESOLVE, hosts);
	curl_easy_setopt(curl, CURLOPT_CAINFO, folder_file(&t->keys, "authority.pem"));
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

static void bed_open(struct bed *t)
{
	char node[400];
	json_t *answer;
	long status;

	CHECK(folder_make(&t->keys), "a folder");
	tlspeer_authority(&t->keys, "authority");
	tlspeer_certificate(&t->keys, "bridge", "bridge.example", "authority");
	snprintf(node, sizeof(node), "tls: { certificate: \"%s\", key: \"%s\" }\n",
		folder_file(&t->keys, "bridge.pem"), folder_file(&t->keys, "bridge.key"));
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
	struct bed t;
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

TESTS(tokens_certificates_and_addresses)
