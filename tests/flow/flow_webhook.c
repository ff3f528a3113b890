/* links: tests/caller.c tests/rawsip.c */
/* Webhooks against a listener of the test's own, which may refuse, be away, or come back. */
#include "tests/flow/ask.h"
#include "tests/flow/ctl.h"
#include "tests/flow/events.h"
#include "tests/flow/exchange.h"
#include "tests/test.h"
#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEARD_MAX = 64, TEXT_MAX = 8192, WAIT_MS = 15000, QUIET_MS = 1500 };
enum { STUCK_TRIES = 5, RETRY_MS = 500 };

struct heard {
	char head[TEXT_MAX], body[TEXT_MAX];
};

struct ear { /* an HTTP server that remembers */
	int fd;
	uint16_t port;
	atomic_int status; /* what it answers */
	atomic_bool stop;
	pthread_t thread;
	pthread_mutex_t lock;
	struct heard heard[HEARD_MAX];
	size_t n;
};

static void serve(struct ear *e, int fd)
{
	static const struct timeval patience = { .tv_sec = 2 };
	char text[2 * TEXT_MAX] = "", answer[96], *body;
	size_t n = 0, want = 0;
	ssize_t got;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	do {
		got = recv(fd, text + n, sizeof(text) - 1 - n, 0);
		n += got > 0 ? (size_t)got : 0;
		text[n] = '\0';
		body = strstr(text, "\r\n\r\n");
		const char *length = strcasestr(text, "content-length:");
		want = length ? strtoul(length + 15, NULL, 10) : 0;
	} while (got > 0 && (!body || n < (size_t)(body + 4 - text) + want));
	if (body) {
		pthread_mutex_lock(&e->lock);
		if (e->n < HEARD_MAX) {
			snprintf(e->heard[e->n].head, TEXT_MAX, "%.*s", (int)(body - text), text);
			snprintf(e->heard[e->n].body, TEXT_MAX, "%.*s", TEXT_MAX - 1, body + 4);
			e->n++;
		}
		pthread_mutex_unlock(&e->lock);
	}
	snprintf(answer, sizeof(answer), "HTTP/1.1 %d X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
		atomic_load(&e->status));
	(void)!send(fd, answer, strlen(answer), MSG_NOSIGNAL);
	close(fd);
}

static void *listen_on(void *arg)
{
	struct ear *e = arg;

	while (!atomic_load(&e->stop)) {
		int fd = accept(e->fd, NULL, NULL);
		if (fd >= 0)
			serve(e, fd);
	}
	return NULL;
}

static struct ear *ear_open(uint16_t port)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = { htonl(INADDR_LOOPBACK) }
	};
	static const struct timeval patience = { .tv_usec = 100000 };
	socklen_t len = sizeof(at);
	struct ear *e = calloc(1, sizeof(*e));
	int on = 1;

	CHECK(e, "memory");
	e->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(e->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(e->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	CHECK(bind(e->fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(e->fd, 8) == 0, "port %u", port);
	getsockname(e->fd, (struct sockaddr *)&at, &len);
	e->port = ntohs(at.sin_port);
	atomic_store(&e->status, 200);
	pthread_mutex_init(&e->lock, NULL);
	pthread_create(&e->thread, NULL, listen_on, e);
	return e;
}

static void ear_close(struct ear *e)
{
	atomic_store(&e->stop, true);
	pthread_join(e->thread, NULL);
	close(e->fd);
	free(e);
}

static size_t heard(struct ear *e)
{
	pthread_mutex_lock(&e->lock);
	size_t n = e->n;
	pthread_mutex_unlock(&e->lock);
	return n;
}

static bool wait_heard(struct ear *e, size_t n)
{
	for (unsigned waited = 0; heard(e) < n && waited < WAIT_MS; waited += 20)
		test_sleep_ms(20);
	return heard(e) >= n;
}

static void value_of(const char *head, const char *name, char out[200])
{
	const char *at = strcasestr(head, name);

	snprintf(out, 200, "%.*s", at ? (int)strcspn(at + strlen(name), "\r") : 0,
		at ? at + strlen(name) : "");
}

static bool signed_by(const struct heard *h, const char *secret)
{
	char value[200], text[TEXT_MAX + 32], hex[65] = "";
	uint8_t mac[32];
	unsigned len = sizeof(mac);

	value_of(h->head, "partyline-signature: ", value);
	char *comma = strstr(value, ",v1=");
	if (strncmp(value, "t=", 2) != 0 || !comma)
		return false;
	int n = snprintf(text, sizeof(text), "%.*s.%s", (int)(comma - value - 2), value + 2, h->body);
	HMAC(EVP_sha256(), secret, (int)strlen(secret), (const uint8_t *)text, (size_t)n, mac, &len);
	for (unsigned i = 0; i < len; i++)
		snprintf(hex + 2 * i, 3, "%02x", mac[i]);
	return strcmp(hex, comma + 4) == 0;
}

static void make_hook(const struct bridge *b, uint16_t port, const char *events, char secret[80], char id[32])
{
	char body[200];
	long status;

	snprintf(
		body, sizeof(body), "{\"url\":\"http://127.0.0.1:%u/hook\",\"events\":\"%s\"}", port, events);
	json_t *answer = bridge_call(b, "POST", "/v1/webhooks", "application/json", body, &status);
	CHECK_INT(201, status, body);
	snprintf(secret, 80, "%s", json_text_at(answer, "secret"));
	snprintf(id, 32, "%s", json_text_at(answer, "id"));
	json_decref(answer);
}

/* Something that the operator does, and everybody is told of. */
static void happen(const struct bridge *b, unsigned i)
{
	char yaml[400];

	snprintf(yaml, sizeof(yaml),
		"accounts:\n  - name: acme\n    meetings:\n      - { id: \"100200300\", name: \"Number %u\" "
		"}\n",
		i);
	CHECK_INT(200, bridge_put_site(b, yaml, NULL), "applied");
}

static uint64_t seq_of(const struct heard *h)
{
	json_t *event = json_loads(h->body, 0, NULL);
	uint64_t seq = (uint64_t)json_integer_value(json_object_get(event, "seq"));

	json_decref(event);
	return seq;
}

TEST(signed_in_order_and_only_what_was_asked_for)
{
	struct ear *e = ear_open(0);
	char secret[80], id[32], path[64];
	struct bridge b;
	long status;

	CHECK(bridge_start(&b, NULL), "up");
	make_hook(&b, e->port, "site.*", secret, id);
	const char *argv[] = { "--to", b.uri_meeting, "--calls", "1", "--seconds", "1", NULL };
	int code = 1;
	json_decref(bridge_crowd(&b, argv, &code));
	CHECK_INT(0, code, "a call that nobody asked to hear of");
	for (unsigned i = 0; i < 5; i++)
		happen(&b, i);
	CHECK(wait_heard(e, 5), "%zu arrived", heard(e));
	for (size_t i = 0; i < 5; i++) {
		CHECK(signed_by(&e->heard[i], secret), "signed: %s", e->heard[i].head);
		CHECK(!signed_by(&e->heard[i], "whs_other"), "by nobody else");
		CHECK(strstr(e->heard[i].body, "\"site.applied\""), "%s", e->heard[i].body);
		CHECK(i == 0 || seq_of(&e->heard[i]) > seq_of(&e->heard[i - 1]), "in order");
	}
	json_t *list = bridge_get(&b, "/v1/webhooks");
	char *text = json_dumps(list, 0);
	CHECK(!strstr(text, secret + 4), "its secret is not shown again");
	free(text);
	CHECK_INT(200, json_at(list, "items.0.last_status", 0), "how it is doing");
	json_decref(list);

	snprintf(path, sizeof(path), "/v1/webhooks/%s", id);
	json_decref(bridge_call(&b, "DELETE", path, NULL, NULL, &status));
	CHECK_INT(200, status, "dropped");
	happen(&b, 9);
	test_sleep_ms(QUIET_MS);
	CHECK_INT(5, heard(e), "and silent");
	CHECK_INT(0, bridge_stop(&b), "ends in order");
	ear_close(e);
}

/* P3: what it said no to comes again, in order; what it could not get while it or the bridge was away comes later. */
TEST(nothing_is_lost_while_somebody_is_away)
{
	struct ear *e = ear_open(0);
	const uint16_t port = e->port;
	char secret[80], id[32];
	struct bridge b;

	CHECK(bridge_start(&b, NULL), "up");
	make_hook(&b, port, "site.*", secret, id);
	atomic_store(&e->status, 500);
	happen(&b, 1);
	happen(&b, 2);
	CHECK(wait_heard(e, 1), "it was asked");
	atomic_store(&e->status, 204);
	CHECK(wait_heard(e, 3), "%zu arrived", heard(e));
	CHECK_STR(e->heard[0].body, e->heard[1].body, "the same again, to the byte");
	CHECK(seq_of(&e->heard[2]) > seq_of(&e->heard[1]), "then the next");
	ear_close(e);

	happen(&b, 3);
	test_sleep_ms(QUIET_MS);
	CHECK(bridge_restart(&b, SIGKILL, NULL), "killed with an event undelivered");
	e = ear_open(port);
	CHECK(wait_heard(e, 1), "it comes in the next life");
	CHECK(strstr(e->heard[0].body, "\"site.applied\"") && signed_by(&e->heard[0], secret), "%s",
		e->heard[0].body);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
	ear_close(e);
}

/* Has the bridge try again until the ear has heard `n` in all. */
static void retry_until(struct ear *e, struct bridge *b, const char *id, size_t n)
{
	char words[64];

	snprintf(words, sizeof(words), "webhook retry %s", id);
	for (unsigned waited = 0; heard(e) < n && waited < WAIT_MS; waited += RETRY_MS) {
		free(ctl(b, 0, words));
		test_sleep_ms(RETRY_MS);
	}
	CHECK(heard(e) >= n, "%zu of %zu tries", heard(e), n);
}

/* X8: a receiver that refuses for a while is an alert with its URL; when it takes what waits, the alert ends. */
TEST(a_receiver_that_refuses_is_told)
{
	struct ear *e = ear_open(0);
	char secret[80], id[32];
	struct events *events;
	struct bridge b;
	int n;

	CHECK(bridge_start(&b, NULL), "up");
	make_hook(&b, e->port, "site.*", secret, id);
	events = events_open(&b, NULL);
	CHECK(events, "events");
	free(ctl(&b, 1, "webhook retry 0123456789abcdef")); /* there is none */
	atomic_store(&e->status, 503);
	happen(&b, 1);
	retry_until(e, &b, id, STUCK_TRIES - 1);
	CHECK_INT(0, bridge_count(&b, "/v1/alerts"), "a few tries are no trouble");
	retry_until(e, &b, id, STUCK_TRIES);
	n = events_need(events, &b, "alert.raised", "kind", "webhook_stuck", WAIT_MS);
	CHECK_STR(id, json_text_at(events_get(events, n, NULL), "subject"), "which");
	CHECK(strstr(json_text_at(events_get(events, n, NULL), "text"), "/hook has refused an event 5 times"),
		"%s", json_text_at(events_get(events, n, NULL), "text"));
	CHECK_STR(e->heard[0].body, e->heard[STUCK_TRIES - 1].body, "the same event each time");
	ctl_says(&b, 0, "alerts", SAYS("webhook_stuck", "webhook retry"));

	atomic_store(&e->status, 200);
	retry_until(e, &b, id, STUCK_TRIES + 1);
	events_need(events, &b, "alert.ended", "kind", "webhook_stuck", WAIT_MS);
	CHECK_INT(0, bridge_count(&b, "/v1/alerts"), "and it is over");
	events_close(events);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
	ear_close(e);
}

static void about_file(const struct bridge *b, const char *verb)
{
	char words[FOLDER_PATH + 64];

	snprintf(words, sizeof(words), "%s %s/copy.db", verb, b->folder.path);
	free(ctl(b, 0, words));
}

/* A token's ID and secret. */
static void make_token(const struct bridge *b, const char *name, char id[64], char secret[128])
{
	char body[120];

	snprintf(body, sizeof(body), "{\"name\":\"%s\",\"role\":\"reader\"}", name);
	json_t *answer = bridge_call(b, "POST", "/v1/tokens", "application/json", body, NULL);
	snprintf(id, 64, "%s", json_text_at(answer, "id"));
	snprintf(secret, 128, "%s", json_text_at(answer, "token"));
	json_decref(answer);
}

/* Whether that token is let in over TCP. */
static long status_with(const struct bridge *b, const char *token)
{
	char header[160];
	long status;

	snprintf(header, sizeof(header), "Authorization: Bearer %s", token);
	struct exchange x = exchange(b, "GET", "/v1/calls", NULL, header, NULL);
	status = x.status;

	exchange_free(&x);
	return status;
}

/* Makes meeting 77001 under one Idempotency-Key: the status, 1000 more when it is the answer of before. */
static long make_once(const struct bridge *b)
{
	struct exchange x = exchange(b, "POST", "/v1/meetings", "{\"account\":\"acme\",\"id\":\"77001\"}",
		"Idempotency-Key: once", NULL);
	char replayed[256];
	const long status = x.status + (exchange_header(&x, "idempotency-replayed", replayed)[0] ? 1000 : 0);

	exchange_free(&x);
	return status;
}

/* P5, X7: after a restore the program that runs is the one that the database tells of, for all that it holds. */
TEST(a_restore_brings_all_that_is_in_memory)
{
	struct ear *kept = ear_open(0), *other = ear_open(0);
	char secret[80], id[32], other_secret[80], other_id[32], tokens[2][64], shown[2][128], path[100];
	struct bridge b;

	CHECK(bridge_start(&b, NULL), "up");
	make_hook(&b, kept->port, "site.*", secret, id);
	make_token(&b, "first", tokens[0], shown[0]);
	atomic_store(&kept->status, 503);
	happen(&b, 1);
	CHECK(wait_heard(kept, 1), "it has refused one, which waits on disk");
	about_file(&b, "backup");

	/* all is changed: the webhook, the token, the site; and the event that waited arrives */
	atomic_store(&kept->status, 200);
	retry_until(kept, &b, id, 2);
	snprintf(path, sizeof(path), "/v1/webhooks/%s", id);
	json_decref(bridge_call(&b, "DELETE", path, NULL, NULL, NULL));
	make_hook(&b, other->port, "site.*", other_secret, other_id);
	snprintf(path, sizeof(path), "/v1/tokens/%s", tokens[0]);
	json_decref(bridge_call(&b, "DELETE", path, NULL, NULL, NULL));
	make_token(&b, "second", tokens[1], shown[1]);
	happen(&b, 2);
	CHECK(wait_heard(other, 1), "the other webhook hears");
	CHECK_INT(201, make_once(&b), "a meeting");
	CHECK_INT(1201, make_once(&b), "once");
	CHECK(wait_heard(other, 2), "of that as well");
	CHECK_INT(401, status_with(&b, shown[0]), "revoked");
	CHECK_INT(200, status_with(&b, shown[1]), "made");

	about_file(&b, "restore");
	CHECK(wait_heard(kept, 3), "what waited when the copy was made comes again");
	CHECK_STR(kept->heard[0].body, kept->heard[2].body, "that very event");
	happen(&b, 3);
	CHECK(wait_heard(kept, 5), "the webhook of the copy hears of the restore, and of what comes then");
	CHECK(strstr(kept->heard[3].body, "restored_from") && signed_by(&kept->heard[4], secret),
		"under its own secret: %s", kept->heard[3].body);
	test_sleep_ms(QUIET_MS);
	CHECK_INT(2, heard(other), "the one that came later is no more");
	ctl_says(&b, 0, "webhook list", SAYS(id));
	CHECK_INT(1, bridge_count(&b, "/v1/webhooks"), "one webhook");
	CHECK_INT(200, status_with(&b, shown[0]), "the token is back");
	CHECK_INT(401, status_with(&b, shown[1]), "the later one is no more");
	CHECK_INT(201, make_once(&b), "what was asked after the copy was made is done anew");

	CHECK(bridge_restart(&b, SIGKILL, NULL), "and so it is in the next life");
	CHECK_INT(200, status_with(&b, shown[0]), "the token");
	CHECK_INT(401, status_with(&b, shown[1]), "not the other");
	CHECK_INT(1, bridge_count(&b, "/v1/webhooks"), "the webhook");
	CHECK_INT(0, bridge_stop(&b), "ends in order");
	ear_close(kept);
	ear_close(other);
}

TESTS(a_restore_brings_all_that_is_in_memory, a_receiver_that_refuses_is_told,
	signed_in_order_and_only_what_was_asked_for, nothing_is_lost_while_somebody_is_away)
