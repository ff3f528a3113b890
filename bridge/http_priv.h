/* http_priv.h - what crosses between the control thread (http.c) and the API thread (http_serve.c).
 *
 *      control thread                     one mutex                          API thread
 *      http_poll()      <-- requests, an eventfd --                 a request read whole
 *      http_reply()     --  answers, lws_cancel_service() -->       written as its reader takes it
 *      http_publish()   --  news    -->                             the ring, and from it to listeners
 *
 * The lock is held for moving pointers only.  Whoever takes a list owns what is in it.
 *
 * Thread: as drawn; the ring and the server are the API thread's.
 */
#ifndef BRIDGE_HTTP_PRIV_H
#define BRIDGE_HTTP_PRIV_H

#include "bridge/http.h"
#include <pthread.h>

/* MORE, GONE: about an answer in parts; of the request only its id counts. */
enum message_kind { MESSAGE_REQUEST, MESSAGE_MORE, MESSAGE_GONE };

struct message { /* a request on its way to the control thread */
	struct message *next;
	enum message_kind kind;
	struct http_request request;
	char *body; /* owned; request.body points to it */
};

enum { ANSWER_ROOM = 64 /* libwebsockets wants to write in front of what it sends */ };

struct answer {
	struct answer *next;
	uint64_t id;
	unsigned status;
	char content_type[64];
	struct http_more more;
	bool part, last; /* part: one of several, in chunks already */
	size_t len;
	unsigned char room[ANSWER_ROOM];
	unsigned char body[];
};

struct news { /* an event, numbered and written */
	struct news *next;
	uint64_t seq;
	uint32_t len, account_at; /* within json[] */
	char json[];              /* one line, 0-terminated; behind it its type and its account, likewise */
};

static inline const char *news_type(const struct news *n)
{
	return n->json + n->len + 1;
}

static inline const char *news_account(const struct news *n)
{
	return n->json + n->account_at;
}

struct mailbox {
	pthread_mutex_t lock;
	struct message *requests, **requests_end;
	struct answer *answers, **answers_end;
	struct news *news, **news_end;
	unsigned n_news; /* at most HTTP_EVENTS; then the oldest goes and `holed` says so */
	bool holed, stopping;
};

void message_free(struct message *m);
/* Any thread: hands a request over and wakes the control thread. */
void http_post(struct http *h, struct message *m);
/* The same for news about an answer in parts. */
void http_tell(struct http *h, uint64_t id, enum message_kind kind);

/* The last events, oldest first.  A place is an ordinal that is never used again: first..next-1 are kept. */
struct event_ring {
	struct news *slots[HTTP_EVENTS]; /* owned */
	uint64_t first, next;
	size_t bytes;
	uint64_t last_seq; /* 0: none yet */
};

void ring_add(struct event_ring *r, struct news *news); /* takes it */
void ring_clear(struct event_ring *r);
const struct news *ring_at(const struct event_ring *r, uint64_t place); /* NULL: not kept, or not yet there */
/* The place after event `last_seq`.  *gap: what followed it is no longer (or was never) known here; then
 * the place is that of the oldest. */
uint64_t ring_after(const struct event_ring *r, uint64_t last_seq, bool *gap);

/* The API thread's side (http_serve.c). */
struct server;
enum bridge_err server_open(struct server **out, struct http *h, struct mailbox *box,
	const struct http_config *config, char *why, size_t why_cap);
void *server_run(void *server);     /* the thread; returns once box->stopping is set */
void server_wake(struct server *s); /* any thread */
unsigned server_port(const struct server *s);
struct server *server_close(struct server *s);

/* Sockets (http_listen.c). */
struct listen_address {
	char host[64];
	unsigned port;
	bool ipv6;
};
/* "127.0.0.1:8080", "[::1]:8080"; false: not an address and port. */
bool listen_parse(struct listen_address *out, const char *text);
/* BRIDGE_FILE: it cannot be bound now. */
enum bridge_err listen_try(const struct listen_address *address, char *why, size_t why_cap);
/* Makes the way free for a control socket: removes a stale one, never a living one or anything else. */
enum bridge_err control_clear(const char *path, char *why, size_t why_cap);
#endif
