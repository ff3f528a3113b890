/* http.h - the API thread: HTTP on the node's address and on the local control socket, and the event stream.
 *
 * How: libwebsockets runs its own loop on its own thread.  A request, once read whole, crosses to the control thread
 * as a struct http_request; the control thread answers with http_reply(), now or later, by the request's id.  Events
 * are handed over with http_publish(): the API thread keeps the last HTTP_EVENTS of them and serves
 * GET /v1/events as Server-Sent Events or WebSocket, from Last-Event-ID (header or ?last_event_id=) on, all that they may hear or
 * what they ask for (?type=call.ended,meeting.*, account=, meeting=); one whose place is gone gets an event `gap` first.  A listener too slow to take what is there is cut off, not waited for.
 * The control socket is made 0600, and a stale one is replaced only when nobody listens on it.
 *
 * Answered here, without the control thread: OPTIONS (204 with Allow), a body that is too long (413) or has no length (411), a path
 * or query that is too long (414), a request sent too slowly (408) or not answered in HTTP_ANSWER_MS (504), a page of
 * another origin that would change something or listen by WebSocket (403), a listener that on_listen() refuses (a browser's
 * EventSource and WebSocket cannot send a header: there the token may stand in ?access_token=).  What is not HTTP gets libwebsockets' own
 * 403; headers over HTTP_HEADERS_MAX and a request sent ahead of the answer to one with a body are closed upon.
 * A HEAD comes as a GET and its reply's body is not sent.
 *
 * Limits: body HTTP_BODY_MAX (HTTP_BODY_LOCAL_MAX by the control socket), HTTP_CONNECTIONS on each of the two (503 to one more), and the times below.  A listener may be as far
 * behind as what is kept (HTTP_EVENTS, HTTP_EVENT_BYTES), and may take nothing for HTTP_STALLED_MS.
 *
 * Thread: control.
 */
#ifndef BRIDGE_HTTP_H
#define BRIDGE_HTTP_H

#include "bridge/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct access_who;

enum {
	HTTP_BODY_MAX = 4 << 20,
	HTTP_BODY_LOCAL_MAX = 32 << 20, /* by the control socket: a rate sheet may be long */
	HTTP_EVENTS = 4096,
	HTTP_EVENT_BYTES = 8 << 20,
	HTTP_PATH_MAX = 512,
	HTTP_HEADERS_MAX = 8192,
	HTTP_CONNECTIONS = 64,
	HTTP_TOKEN_MAX = 128, /* of `Authorization: Bearer`; a longer one is none of ours */
	HTTP_ACCOUNT_MAX = 64,
	HTTP_MEETING_MAX = 32,
	HTTP_KEY_MAX = 128 /* Idempotency-Key, If-Match */
};
enum { HTTP_REQUEST_MS = 30000, HTTP_ANSWER_MS = 60000, HTTP_BEAT_MS = 15000, HTTP_STALLED_MS = 30000 };

struct http_request {
	uint64_t id;
	bool local;                   /* came by the control socket: an operator */
	char source[48];              /* address of who asks; "" when local */
	char token[HTTP_TOKEN_MAX];   /* RFC 6750; "": none was shown */
	const struct access_who *who; /* whose it is; NULL as it comes, set by api.c */
	char method[8];               /* "GET" */
	char path[HTTP_PATH_MAX];     /* decoded, without query */
	char query[HTTP_PATH_MAX];    /* percent-encoded, without '?' */
	char content_type[64], accept[400];
	char if_match[HTTP_KEY_MAX];        /* "": none; "?": one too long to be any of ours */
	char idempotency_key[HTTP_KEY_MAX]; /* "": none; "?": too long */
	const char *body;
	size_t body_len; /* borrowed during the callback; 0-terminated */
};

struct http_scope { /* what may be heard; "": all */
	char account[HTTP_ACCOUNT_MAX], meeting[HTTP_MEETING_MAX];
	const char *types; /* as in ?type=; NULL: all */
};

struct http_config {
	const char *control; /* path, NULL none */
	const char *listen;  /* "127.0.0.1:8080", NULL or "" none */
	void (*on_request)(void *arg, const struct http_request *request); /* inside http_poll() */
	/* Of an answer in parts (http_part()): what there was has been taken; `gone`: nobody reads it any
	 * more.  Inside http_poll().  NULL: there are none. */
	void (*on_more)(void *arg, uint64_t id, bool gone);
	/* May they listen to GET /v1/events?  0, or the HTTP status that refuses; *scope, all "" before: what of them.  Asked when they
	 * come and at each heartbeat.  API thread.  NULL: everybody may. */
	unsigned (*on_listen)(
		void *arg, bool local, const char *token, const char *source, struct http_scope *scope);
	/* Who is behind a connection that comes from this port of 127.0.0.1, where TLS is ended before us; false: nobody else.  API
	 * thread.  NULL: nobody ever is. */
	bool (*behind)(void *arg, uint16_t port, char source[48]);
	bool relayed; /* nobody but who is behind() is heard at `listen` */
	void *arg;
	/* 0: the times above.  To send a request, or the next one; until its answer; between a listener's heartbeats; without progress. */
	unsigned request_ms, answer_ms, beat_ms, stalled_ms;
};

struct http;
/* BRIDGE_RANGE: `listen` is not an address and port.  BRIDGE_FILE: it cannot be bound, or another bridge has the control
 * socket.  *why says so for people. */
enum bridge_err http_open(struct http **out, const struct http_config *config, char *why, size_t why_cap);
/* Hands out what has been replied and published (for a second at most), then closes; not inside on_request(). */
struct http *http_close(struct http *h);
int http_fd(const struct http *h); /* readable when http_poll() has work */
void http_poll(struct http *h);
void http_reply(struct http *h, uint64_t id, unsigned status, const char *content_type, const char *body,
	size_t len); /* copies; an id that is gone is ignored, and so is any when `h` is NULL: nobody listens any more */
/* The same with more headers; "" leaves one out. */
struct http_more {
	char etag[32], location[HTTP_PATH_MAX], allow[64];
	char bearer[24]; /* error of WWW-Authenticate (RFC 6750 section 3.1) */
	bool replayed;   /* Idempotency-Replayed: true */
};
void http_reply_more(struct http *h, uint64_t id, unsigned status, const char *content_type, const char *body,
	size_t len, const struct http_more *more);
/* The next part of an answer whose length is not known (chunked, RFC 9112 section 7.1); status and type of the first one count.  After each
 * but the last, wait for on_more().  Copies.  False: out of memory or `h` NULL, nothing was sent: try again or leave it. */
bool http_part(struct http *h, uint64_t id, unsigned status, const char *content_type, const char *body,
	size_t len, bool last);
/* `account` "": of no account, for those alone who may hear everything.  Copies. */
void http_publish(struct http *h, uint64_t seq, const char *type, const char *account, const char *json);
unsigned http_port(const struct http *h); /* bound TCP port, 0 none */
/* One query parameter, percent-decoded; false: not there or too long. */
bool http_query(const char *query, const char *name, char *out, size_t cap);
/* One that is a whole number, in digits alone; *out stays when it is not there.  False: it is there, and no number of `least` to `most`.
 * Where it may be 0, an empty one is as if it were not there. */
bool http_number(const char *query, const char *name, uint64_t least, uint64_t most, uint64_t *out);
#endif
