/* http_feed.c - a listener of events, by Server-Sent Events or WebSocket: what it is sent, and when it is too slow. */
#include "bridge/http_conn.h"
#include "bridge/topics.h"
#include "bridge/when.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BATCH_BYTES = 16384, /* Server-Sent Events put into one write */
	EVENT_EXTRA = 128,   /* "id: ...\nevent: ...\ndata: \n\n" around one */
	RETRY_MS = 2000,     /* EventSource comes back so soon */
};

/* Room for `len` bytes behind LWS_PRE; false: out of memory. */
static bool scratch_fits(struct server *s, size_t len)
{
	unsigned char *more;

	if (LWS_PRE + len <= s->scratch_cap)
		return true;
	more = realloc(s->scratch, LWS_PRE + len);
	if (!more)
		return false;
	s->scratch = more;
	s->scratch_cap = LWS_PRE + len;
	return true;
}

/* An event's `meeting` is digits, and a quotation mark within a value is escaped: the words say it and nothing else does. */
static bool is_of(const struct news *n, const char *account, const char *meeting)
{
	char words[HTTP_MEETING_MAX + sizeof("\"meeting\":\"\"")];

	if (*account && strcmp(account, news_account(n)) != 0)
		return false;
	if (!*meeting)
		return true;
	snprintf(words, sizeof(words), "\"meeting\":\"%s\"", meeting);
	return strstr(n->json, words) != NULL;
}

static bool is_for(const struct conn *c, const struct news *n)
{
	const struct feed_filter *f = &c->filter;

	return is_of(n, c->scope.account, c->scope.meeting) && is_of(n, f->account, f->meeting) &&
	       (!c->scope.types || topics_want(c->scope.types, news_type(n))) &&
	       (!f->types[0] || topics_want(f->types, news_type(n)));
}

/* The next event that is for this listener; the others are passed over. */
static const struct news *next_news(struct conn *c)
{
	const struct news *n;

	while ((n = ring_at(&c->server->ring, c->place)) && !is_for(c, n)) {
		c->passed_seq = n->seq;
		c->place++;
	}
	return n;
}

const char *feed_filter_read(struct feed_filter *out, const char *query)
{
	static const char *const names[] = { "type", "account", "meeting" };
	char *const values[] = { out->types, out->account, out->meeting };
	const size_t caps[] = { sizeof(out->types), sizeof(out->account), sizeof(out->meeting) };
	char unused[HTTP_PATH_MAX];

	*out = (struct feed_filter){ .types = "" };
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!http_query(query, names[i], values[i], caps[i]) &&
			http_query(query, names[i], unused, sizeof(unused)))
			return "type, account or meeting is too long";
	if (out->types[0] && !topics_valid(out->types))
		return "type is a list of types: call.ended,meeting.*";
	return out->meeting[strspn(out->meeting, "0123456789")] ? "meeting is a meeting's ID" : NULL;
}

bool feed_behind(struct conn *c)
{
	return c->beat_due || c->gap_due || !c->greeted || next_news(c);
}

/* Asks for its turn; from now on it must take something within stalled_us. */
static void ask(struct conn *c)
{
	if (!c->choked_since)
		c->choked_since = lws_now_usecs();
	lws_callback_on_writable(c->wsi);
}

static bool read_id(const char *text, uint64_t *out)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	*out = strtoull(text, &end, 10);
	return *end == '\0';
}

/* Last-Event-ID, the header before ?last_event_id= (a browser's EventSource sends it when it comes back). */
static bool wants_since(struct lws *wsi, const char *query, uint64_t *out)
{
	static const char name[] = "last-event-id:";
	char text[32];

	if (lws_hdr_custom_copy(wsi, text, sizeof(text), name, sizeof(name) - 1) > 0 && read_id(text, out))
		return true;
	return http_query(query, "last_event_id", text, sizeof(text)) && read_id(text, out);
}

static int send_stream_headers(struct lws *wsi, bool head)
{
	unsigned char buf[LWS_PRE + 1024], *start = buf + LWS_PRE, *at = start, *end = buf + sizeof(buf);
	static const unsigned char no_store[] = "no-store";

	if (lws_add_http_common_headers(
		    wsi, HTTP_STATUS_OK, "text/event-stream", LWS_ILLEGAL_HTTP_CONTENT_LEN, &at, end) ||
		lws_add_http_header_by_name(wsi, (const unsigned char *)"cache-control:", no_store,
			sizeof(no_store) - 1, &at, end) ||
		lws_finalize_write_http_header(wsi, start, &at, end))
		return -1;
	return head ? -1 : 0; /* a HEAD has had all it asked for */
}

int feed_begin(struct conn *c, struct lws *wsi, const char *query, bool websocket)
{
	struct server *s = c->server;
	uint64_t since = 0;

	c->websocket = websocket;
	c->place = s->ring.next;
	c->choked_since = 0;
	c->beat_due = c->gap_due = false;
	c->greeted = websocket;
	c->passed_seq = 0;
	if (wants_since(wsi, query, &since))
		c->place = ring_after(&s->ring, since, &c->gap_due);
	c->resumed_after = since;
	if (!websocket && send_stream_headers(wsi, c->head))
		return -1;
	if (!websocket)
		lws_http_mark_sse(wsi);
	lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
	lws_set_timer_usecs(wsi, s->beat_us);
	c->state = CONN_FEEDING;
	conn_list(c, wsi);
	ask(c);
	return 0;
}

/* The event `gap` goes by the number before the oldest, so that coming back after it misses nothing more. */
static size_t write_gap(struct conn *c, char *out, size_t cap)
{
	const struct news *oldest = ring_at(&c->server->ring, c->place);
	uint64_t before = oldest ? oldest->seq - 1 : c->server->ring.last_seq;
	char when[WHEN_TEXT], json[192], id[32] = "";

	snprintf(json, sizeof(json), "{\"seq\":%llu,\"time\":\"%s\",\"type\":\"gap\",\"last_event_id\":%llu}",
		(unsigned long long)before, when_text(when, when_now_us()),
		(unsigned long long)c->resumed_after);
	if (c->websocket)
		return (size_t)snprintf(out, cap, "%s", json);
	if (before)
		snprintf(id, sizeof(id), "id: %llu\n", (unsigned long long)before);
	return (size_t)snprintf(out, cap, "%sevent: gap\ndata: %s\n\n", id, json);
}

static size_t write_event(const struct news *n, char *out, size_t cap)
{
	return (size_t)snprintf(out, cap, "id: %llu\nevent: %s\ndata: %s\n\n", (unsigned long long)n->seq,
		news_type(n), n->json);
}

/* Who hears few of many events comes back from after those that were not for it: an `id` alone is no event. */
static size_t write_beat(struct conn *c, char *out)
{
	const uint64_t passed = c->passed_seq;

	c->passed_seq = 0;
	if (!passed)
		return (size_t)snprintf(out, BATCH_BYTES, ": heartbeat\n\n");
	return (size_t)snprintf(out, BATCH_BYTES, ": heartbeat\nid: %llu\n\n", (unsigned long long)passed);
}

static int write_stream(struct conn *c)
{
	struct server *s = c->server;
	const struct news *n;
	size_t len = 0;
	char *out;

	if (!scratch_fits(s, BATCH_BYTES))
		return -1;
	out = (char *)s->scratch + LWS_PRE;
	if (!c->greeted)
		len += (size_t)snprintf(out, BATCH_BYTES, "retry: %d\n\n", (int)RETRY_MS);
	if (c->gap_due)
		len += write_gap(c, out + len, BATCH_BYTES - len);
	if (c->beat_due && !len && !next_news(c)) /* anything else shows as well that we live */
		len += write_beat(c, out);
	c->greeted = true;
	c->gap_due = c->beat_due = false;
	while ((n = next_news(c))) {
		if (len && len + n->len + EVENT_EXTRA > BATCH_BYTES)
			break;
		if (!scratch_fits(s, len + n->len + EVENT_EXTRA))
			return -1;
		out = (char *)s->scratch + LWS_PRE;
		len += write_event(n, out + len, n->len + EVENT_EXTRA);
		c->place++;
	}
	return len && lws_write(c->wsi, s->scratch + LWS_PRE, len, LWS_WRITE_HTTP) < 0 ? -1 : 0;
}

/* One message a turn: libwebsockets asks for it. */
static int write_websocket(struct conn *c)
{
	struct server *s = c->server;
	const struct news *n = next_news(c);
	enum lws_write_protocol kind = LWS_WRITE_TEXT;
	size_t len = 0;

	if (!scratch_fits(s, BATCH_BYTES > (n ? n->len : 0) ? BATCH_BYTES : n->len))
		return -1;
	if (c->gap_due) {
		len = write_gap(c, (char *)s->scratch + LWS_PRE, BATCH_BYTES);
		c->gap_due = false;
	} else if (n) {
		len = n->len;
		memcpy(s->scratch + LWS_PRE, n->json, len);
		c->place++;
		c->beat_due = false;
	} else if (c->beat_due) {
		kind = LWS_WRITE_PING;
		c->beat_due = false;
	} else {
		return 0;
	}
	return lws_write(c->wsi, s->scratch + LWS_PRE, len, kind) < 0 ? -1 : 0;
}

int feed_write(struct conn *c)
{
	c->choked_since = 0;
	if (c->place < c->server->ring.first) /* what it should get next is gone */
		return -1;
	if (c->websocket ? write_websocket(c) : write_stream(c))
		return -1;
	if (feed_behind(c))
		ask(c);
	return 0;
}

int feed_beat(struct conn *c)
{
	struct server *s = c->server;

	if (c->choked_since && lws_now_usecs() - c->choked_since >= s->stalled_us)
		return -1;
	if (conn_may_listen(c->wsi, c->token, &c->scope)) /* no longer: revoked, expired */
		return -1;
	c->beat_due = true;
	ask(c);
	lws_set_timer_usecs(c->wsi, s->beat_us);
	return 0;
}

void feed_news(struct server *s, struct news *news, bool holed)
{
	struct news *next;

	if (holed) { /* what is kept no longer joins what comes: whoever listens must resume */
		ring_clear(&s->ring);
		s->ring.first = ++s->ring.next;
	}
	for (; news; news = next) {
		next = news->next;
		ring_add(&s->ring, news);
	}
	for (struct conn *c = s->conns; c; c = c->next) {
		if (c->state != CONN_FEEDING)
			continue;
		if (c->place < s->ring.first)
			lws_set_timeout(c->wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_ASYNC);
		else if (feed_behind(c))
			ask(c);
	}
}
