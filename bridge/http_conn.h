/* http_conn.h - a connection as libwebsockets' callbacks see it; shared by the http_*.c of the API thread.
 *
 *             whole request          http_reply()            all sent
 *   IDLE ----------------> WAITING --------------> REPLYING ----------> IDLE (keep-alive)
 *                             ^---- a part is sent ------+
 *    | body follows          ^ |                       |
 *    +-----> READING --------+ | no answer: 504        | no progress: closed
 *    |          | too slow: 408
 *    |          +---------------------> closed
 *    +-----> REFUSED   answered without asking; the rest of the body is thrown away
 *    +-----> FEEDING   GET /v1/events: Server-Sent Events or WebSocket, until it is cut off or goes
 *
 * Thread: API.
 */
#ifndef BRIDGE_HTTP_CONN_H
#define BRIDGE_HTTP_CONN_H

#include "bridge/http_priv.h"
#include <libwebsockets.h>

enum conn_state { CONN_IDLE, CONN_READING, CONN_WAITING, CONN_REPLYING, CONN_REFUSED, CONN_FEEDING };

enum { FEED_TYPES = 256 };
struct feed_filter { /* what a listener wants of what it may hear; "": all */
	char types[FEED_TYPES], account[HTTP_ACCOUNT_MAX], meeting[HTTP_MEETING_MAX];
};

struct conn {            /* made, zeroed and freed by libwebsockets, at times between two requests */
	struct lws *wsi; /* NULL: not in the server's list */
	struct server *server;
	struct conn *next, **link; /* the server's list */
	enum conn_state state;

	uint64_t id;             /* of the request that waits */
	struct message *message; /* owned, while READING */
	size_t body_cap;
	bool body_ended;
	bool head; /* HEAD: no body in the reply */

	struct answer *answer; /* owned, while REPLYING */
	bool headers_sent;
	bool in_parts; /* the last of them has not been written */
	size_t sent;

	struct feed_filter filter;
	uint64_t passed_seq; /* of the last event that was not for it; 0: it has had all */
	bool websocket, beat_due, gap_due, greeted;
	char token[HTTP_TOKEN_MAX]; /* of a listener */
	struct http_scope scope;    /* the same; what it may hear */
	uint64_t place;             /* in the ring: what it gets next */
	uint64_t resumed_after;     /* Last-Event-ID, said again in `gap` */
	lws_usec_t choked_since;    /* 0: it takes what it gets */
};

struct server {
	struct http *http; /* borrowed: to post requests */
	unsigned (*on_listen)(
		void *arg, bool local, const char *token, const char *source, struct http_scope *scope);
	bool (*behind)(void *arg, uint16_t port, char source[48]);
	bool relayed;
	void *arg;                   /* borrowed; on_listen's */
	struct mailbox *box;         /* borrowed from http */
	struct lws_context *context; /* owned */
	struct lws_vhost *local, *tcp;
	char control[108]; /* path, "" none */
	ino_t control_inode;
	unsigned port;
	unsigned n_local, n_tcp; /* connections */
	uint64_t next_id;
	struct conn *conns; /* those that wait, reply or feed */
	struct event_ring ring;
	unsigned char *scratch; /* owned; what is sent to a listener is put together here */
	size_t scratch_cap;
	lws_usec_t request_us, answer_us, beat_us, stalled_us;
};

/* http_conn.c.  Where a result is an int, not 0 closes the connection, as libwebsockets has it. */
int conn_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);
struct server *conn_server(struct lws *wsi);
bool conn_local(struct lws *wsi);                /* came by the control socket */
void conn_list(struct conn *c, struct lws *wsi); /* into the server's list, once */
void conn_reset(struct conn *c);                 /* back to nothing; more than once is no harm */

/* http_request.c */
int request_begin(struct conn *c, struct lws *wsi, const char *path, size_t path_len);
int request_body(struct conn *c, const void *bytes, size_t len);
int request_end(struct conn *c, struct lws *wsi);
int upgrade_confirm(
	struct lws *wsi, const char *to); /* >0: no upgrade, answered.  There may be no struct conn yet */
int upgrade_begin(struct conn *c, struct lws *wsi);
unsigned conn_may_listen(
	struct lws *wsi, const char *token, struct http_scope *scope); /* 0, or a refusing HTTP status */

/* http_reply.c */
void conn_answer(struct server *s, struct answer *a); /* takes it */
int conn_write(struct conn *c, struct lws *wsi);      /* the next part of the answer */
/* The request is done with: on to the next on this connection.  *c is gone afterwards. */
int conn_finish(struct conn *c, struct lws *wsi);
/* Answers without asking the control thread, and conn_finish()es.  `rest`: a body is still coming; it is thrown away for a
 * moment, so that the answer is read before the connection goes. */
int conn_refuse(
	struct conn *c, struct lws *wsi, unsigned status, const char *code, const char *message, bool rest);
#define REPLY_IN_PARTS SIZE_MAX /* for `len` */
int reply_headers(struct lws *wsi, unsigned status, const char *type, size_t len,
	const struct http_more *more /* or NULL */);
int reply_error(struct lws *wsi, unsigned status, const char *code, const char *message, bool head);
/* Said on the bare socket, where libwebsockets knows no request yet. */
void reply_early(int fd, const char *status, const char *code, const char *message);

/* http_feed.c */
/* Reads ?type=, account= and meeting=.  NULL: good; else what is wrong, for people. */
const char *feed_filter_read(struct feed_filter *out, const char *query);
/* A listener begins; c->filter has been read; the request's headers are still there. */
int feed_begin(struct conn *c, struct lws *wsi, const char *query, bool websocket);
int feed_write(struct conn *c); /* it can take something; not 0: cut it off */
int feed_beat(struct conn *c);  /* its timer; not 0: cut it off */
void feed_news(struct server *s, struct news *news, bool holed); /* takes the list */
bool feed_behind(struct conn *c);
#endif
