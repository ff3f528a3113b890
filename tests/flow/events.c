#include "tests/flow/events.h"
#include "tests/test.h"
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECT_MS = 5000 };

static void keep(struct events *e, const char *text)
{
	json_t *event = json_loads(text, 0, NULL);

	if (!event || e->id != json_integer_value(json_object_get(event, "seq")))
		e->odd_ids++;
	if (event && e->n < EVENTS_MAX)
		e->list[e->n++] = (struct event_heard){ test_now_ms(), event };
	else
		json_decref(event);
}

static void line_ended(struct events *e)
{
	e->line[e->n_line] = '\0';
	if (strncmp(e->line, "id:", 3) == 0)
		e->id = atoll(e->line + 3);
	else if (strncmp(e->line, "data:", 5) == 0)
		keep(e, e->line + 5);
	e->n_line = 0;
}

static size_t take(char *data, size_t size, size_t count, void *arg)
{
	struct events *e = arg;
	size_t n = size * count;

	pthread_mutex_lock(&e->lock);
	e->connected = true;
	for (size_t i = 0; i < n; i++) {
		if (data[i] == '\n')
			line_ended(e);
		else if (data[i] != '\r' && e->n_line + 1 < sizeof(e->line))
			e->line[e->n_line++] = data[i];
	}
	pthread_mutex_unlock(&e->lock);
	return n;
}

/* The header lines have come: the bridge has taken us on. */
static size_t take_header(char *data, size_t size, size_t count, void *arg)
{
	struct events *e = arg;

	pthread_mutex_lock(&e->lock);
	e->connected = e->connected || (size * count == 2 && data[0] == '\r');
	pthread_mutex_unlock(&e->lock);
	return size * count;
}

static int go_on(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct events *e = arg;

	(void)a, (void)b, (void)c, (void)d;
	pthread_mutex_lock(&e->lock);
	bool stop = e->stop;
	pthread_mutex_unlock(&e->lock);
	return stop;
}

static void *listen_in(void *arg)
{
	struct events *e = arg;
	CURL *curl = curl_easy_init();
	struct curl_slist *headers = curl_slist_append(NULL, "Accept: text/event-stream");
	char after[64];

	if (e->last_id[0]) {
		snprintf(after, sizeof(after), "Last-Event-ID: %s", e->last_id);
		headers = curl_slist_append(headers, after);
	}
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, e->control);
	curl_easy_setopt(curl, CURLOPT_URL, "http://localhost/v1/events");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, go_on);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, e);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, e);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, e);
	curl_easy_perform(curl);
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	return NULL;
}

static bool is_connected(void *arg)
{
	struct events *e = arg;

	pthread_mutex_lock(&e->lock);
	bool yes = e->connected;
	pthread_mutex_unlock(&e->lock);
	return yes;
}

struct events *events_open(const struct bridge *b, const char *last_id)
{
	struct events *e = calloc(1, sizeof(*e));

	curl_global_init(CURL_GLOBAL_DEFAULT);
	if (!e)
		return NULL;
	pthread_mutex_init(&e->lock, NULL);
	snprintf(e->control, sizeof(e->control), "%s", b->control);
	snprintf(e->last_id, sizeof(e->last_id), "%s", last_id ? last_id : "");
	if (pthread_create(&e->thread, NULL, listen_in, e) != 0) {
		free(e);
		return NULL;
	}
	if (wait_until(is_connected, e, CONNECT_MS))
		return e;
	events_close(e);
	return NULL;
}

void events_close(struct events *e)
{
	if (!e)
		return;
	pthread_mutex_lock(&e->lock);
	e->stop = true;
	pthread_mutex_unlock(&e->lock);
	pthread_join(e->thread, NULL);
	for (size_t i = 0; i < e->n; i++)
		json_decref(e->list[i].event);
	pthread_mutex_destroy(&e->lock);
	free(e);
}

struct event_wait {
	struct events *e;
	size_t from;
	const char *type, *key, *value;
	int found;
};

static bool value_is(const json_t *field, const char *value)
{
	if (json_is_boolean(field))
		return strcmp(value, json_is_true(field) ? "true" : "false") == 0;
	return json_is_string(field) && strcmp(json_string_value(field), value) == 0;
}

static bool has_come(void *arg)
{
	struct event_wait *w = arg;

	pthread_mutex_lock(&w->e->lock);
	for (size_t i = w->from; i < w->e->n && w->found < 0; i++) {
		const json_t *event = w->e->list[i].event;
		if ((!w->type || value_is(json_object_get(event, "type"), w->type)) &&
			(!w->key || value_is(json_object_get(event, w->key), w->value)))
			w->found = (int)i;
	}
	pthread_mutex_unlock(&w->e->lock);
	return w->found >= 0;
}

int events_wait(
	struct events *e, size_t from, const char *type, const char *key, const char *value, unsigned ms)
{
	struct event_wait w = { e, from, type, key, value, -1 };

	wait_until(has_come, &w, ms);
	return w.found;
}

int events_need(
	struct events *e, struct bridge *b, const char *type, const char *key, const char *value, unsigned ms)
{
	const int n = events_wait(e, 0, type, key, value, ms);

	if (n < 0) {
		char *text = events_text(e);

		b->trouble = true;
		print_error("%s", text);
		free(text);
	}
	CHECK(n >= 0, "no event %s", type);
	return n;
}

size_t events_count(struct events *e)
{
	pthread_mutex_lock(&e->lock);
	size_t n = e->n;
	pthread_mutex_unlock(&e->lock);
	return n;
}

const json_t *events_get(struct events *e, int number, uint64_t *at_ms)
{
	const json_t *event = NULL;

	pthread_mutex_lock(&e->lock);
	if (number >= 0 && (size_t)number < e->n) {
		event = e->list[number].event;
		if (at_ms)
			*at_ms = e->list[number].at_ms;
	}
	pthread_mutex_unlock(&e->lock);
	return event;
}

bool events_in_order(struct events *e)
{
	pthread_mutex_lock(&e->lock);
	bool good = e->odd_ids == 0;
	for (size_t i = 1; i < e->n; i++)
		good = good && json_integer_value(json_object_get(e->list[i].event, "seq")) ==
				       json_integer_value(json_object_get(e->list[i - 1].event, "seq")) + 1;
	pthread_mutex_unlock(&e->lock);
	return good;
}

char *events_text(struct events *e)
{
	char *text = calloc(1, EVENTS_MAX * 64), *grown;
	size_t n = 0, cap = EVENTS_MAX * 64;

	pthread_mutex_lock(&e->lock);
	for (size_t i = 0; text && i < e->n; i++) {
		char *one = json_dumps(e->list[i].event, JSON_COMPACT);
		size_t len = one ? strlen(one) : 0;
		if (n + len + 2 > cap &&
			(grown = realloc(text, cap = 2 * (n + len + 2)))) /* room for it and as much again */
			text = grown;
		if (one && n + len + 2 <= cap) {
			memcpy(text + n, one, len);
			n += len;
			text[n++] = '\n';
			text[n] = '\0';
		}
		free(one);
	}
	pthread_mutex_unlock(&e->lock);
	return text;
}
