#include "bridge/http_conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	WRITE_CHUNK = 65536,
	LINGER_US = 2000000, /* for the rest of a body that was refused */
	FRAGMENTS_MAX = 64,
};

static const struct { enum lws_token_indexes token; const char *name; } methods[] = {
	{ WSI_TOKEN_GET_URI, "GET" }, { WSI_TOKEN_POST_URI, "POST" }, { WSI_TOKEN_PUT_URI, "PUT" },
	{ WSI_TOKEN_PATCH_URI, "PATCH" }, { WSI_TOKEN_DELETE_URI, "DELETE" }, { WSI_TOKEN_HEAD_URI, "HEAD" },
	{ WSI_TOKEN_OPTIONS_URI, "OPTIONS" },
};

static struct server *server_of(struct lws *wsi)
{
	return lws_context_user(lws_get_context(wsi));
}

static bool is_local(struct lws *wsi)
{
	return lws_get_vhost(wsi) == server_of(wsi)->local;
}

/* ---- the server's list ---- */

void conn_list(struct conn *c, struct lws *wsi)
{
	if (c->wsi)
		return;
	c->wsi = wsi;
	c->next = c->server->conns;
	c->link = &c->server->conns;
	if (c->next)
		c->next->link = &c->next;
	c->server->conns = c;
}

/* Back to nothing; more than once is no harm. */
static void conn_reset(struct conn *c)
{
	if (c->wsi) {
		*c->link = c->next;
		if (c->next)
			c->next->link = c->link;
	}
	message_free(c->message);
	free(c->answer);
	memset(c, 0, sizeof(*c));
}

/* ---- replies ---- */

static int send_headers(struct lws *wsi, unsigned status, const char *type, size_t len,
	const char *allow)
{
	unsigned char buf[LWS_PRE + 1024], *start = buf + LWS_PRE, *at = start, *end = buf + sizeof(buf);
	bool bodiless = status == 204 || status == 304;

	if (lws_add_http_header_status(wsi, status, &at, end))
		return -1;
	if (*type && lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE, (const unsigned char *)type,
			     (int)strlen(type), &at, end))
		return -1;
	if (!bodiless && lws_add_http_header_content_length(wsi, len, &at, end))
		return -1;
	if (lws_add_http_header_by_name(wsi, (const unsigned char *)"cache-control:", (const unsigned char *)"no-store", 8,
		    &at, end) ||
		lws_add_http_header_by_name(wsi, (const unsigned char *)"x-content-type-options:",
			(const unsigned char *)"nosniff", 7, &at, end))
		return -1;
	if (allow && lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_ALLOW, (const unsigned char *)allow,
			     (int)strlen(allow), &at, end))
		return -1;
	return lws_finalize_write_http_header(wsi, start, &at, end) ? -1 : 0;
}

/* The request is done with: on to the next on this connection, or not 0: close it. */
static int finish(struct conn *c, struct lws *wsi)
{
	lws_usec_t next_us = server_of(wsi)->request_us;

	conn_reset(c);
	if (lws_http_transaction_completed(wsi))
		return -1;
	c->server = server_of(wsi);
	lws_set_timer_usecs(wsi, next_us);
	return 0;
}

static int send_error(struct lws *wsi, unsigned status, const char *code, const char *message, bool head)
{
	unsigned char buf[LWS_PRE + 256];
	int len = snprintf((char *)buf + LWS_PRE, sizeof(buf) - LWS_PRE,
		"{\"error\":{\"code\":\"%s\",\"message\":\"%s\"}}", code, message);

	if (send_headers(wsi, status, "application/json", (size_t)len, NULL))
		return -1;
	return !head && lws_write(wsi, buf + LWS_PRE, (size_t)len, LWS_WRITE_HTTP_FINAL) < 0 ? -1 : 0;
}

/* Answers without asking the control thread.  `rest`: a body is still coming; it is thrown away for a moment, so that
 * the answer is read before the connection goes.  Result as for finish(). */
static int refuse(struct conn *c, struct lws *wsi, unsigned status, const char *code, const char *message, bool rest)
{
	if (send_error(wsi, status, code, message, c->head))
		return -1;
	if (!rest)
		return finish(c, wsi);
	message_free(c->message);
	c->message = NULL;
	c->state = CONN_REFUSED;
	lws_set_timer_usecs(wsi, LINGER_US);
	return 0;
}

/* Said on the bare socket, where libwebsockets knows no request yet. */
static void refuse_early(int fd, const char *status, const char *code, const char *message)
{
	char text[384], body[192];
	int body_len = snprintf(body, sizeof(body), "{\"error\":{\"code\":\"%s\",\"message\":\"%s\"}}", code, message);
	int len = snprintf(text, sizeof(text),
		"HTTP/1.1 %s\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s", status,
		body_len, body);

	/* Best effort: whoever does not read it finds the connection closed. */
	if (send(fd, text, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL) < len)
		return;
}

void conn_answer(struct server *s, struct answer *a)
{
	for (struct conn *c = s->conns; c; c = c->next) {
		if (c->id != a->id || c->state != CONN_WAITING)
			continue;
		c->answer = a;
		c->state = CONN_REPLYING;
		lws_set_timer_usecs(c->wsi, s->stalled_us);
		lws_callback_on_writable(c->wsi);
		return;
	}
	free(a); /* whoever asked has gone */
}

static int write_reply(struct conn *c, struct lws *wsi)
{
	struct answer *a = c->answer;
	size_t len = a->len - c->sent < WRITE_CHUNK ? a->len - c->sent : WRITE_CHUNK;

	lws_set_timer_usecs(wsi, c->server->stalled_us);
	if (!c->headers_sent) {
		c->headers_sent = true;
		if (send_headers(wsi, a->status, a->content_type, a->len, NULL))
			return -1;
		if (c->head || !a->len)
			return finish(c, wsi);
		lws_callback_on_writable(wsi);
		return 0;
	}
	if (lws_write(wsi, a->body + c->sent, len, c->sent + len == a->len ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < 0)
		return -1;
	c->sent += len;
	if (c->sent == a->len)
		return finish(c, wsi);
	lws_callback_on_writable(wsi);
	return 0;
}

/* ---- requests ---- */

static void encode(char c, char *out, size_t cap, size_t *n)
{
	static const char hex[] = "0123456789ABCDEF", reserved[] = "%&+#;";
	unsigned char byte = (unsigned char)c;

	if (byte > ' ' && byte < 0x7f && !strchr(reserved, c)) {
		if (*n + 1 < cap)
			out[*n] = c;
		*n += 1;
		return;
	}
	if (*n + 3 < cap) {
		out[*n] = '%';
		out[*n + 1] = hex[byte >> 4];
		out[*n + 2] = hex[byte & 15];
	}
	*n += 3;
}

bool conn_query(struct lws *wsi, char *out, size_t cap)
{
	char part[HTTP_PATH_MAX];
	size_t n = 0;
	int len;

	*out = '\0';
	for (int i = 0; i < FRAGMENTS_MAX; i++) {
		len = lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, i);
		if (len >= (int)sizeof(part))
			return false;
		len = lws_hdr_copy_fragment(wsi, part, sizeof(part), WSI_TOKEN_HTTP_URI_ARGS, i);
		if (len < 0)
			break;
		if (i && n + 1 < cap)
			out[n] = '&';
		n += i != 0;
		for (int b = 0; b < len; b++)
			encode(part[b], out, cap, &n);
	}
	if (n >= cap)
		return false;
	out[n] = '\0';
	return true;
}

/* A page of another origin may read what it is shown by GET only as far as its browser lets it (not at all, without
 * CORS headers); it may not change anything or listen. */
static bool foreign_origin(struct lws *wsi)
{
	char origin[256], host[256];
	const char *authority;

	if (lws_hdr_total_length(wsi, WSI_TOKEN_ORIGIN) <= 0)
		return false;
	if (lws_hdr_copy(wsi, origin, sizeof(origin), WSI_TOKEN_ORIGIN) <= 0 ||
		lws_hdr_copy(wsi, host, sizeof(host), WSI_TOKEN_HOST) <= 0)
		return true;
	authority = strstr(origin, "://");
	return !authority || strcasecmp(authority + 3, host) != 0;
}

static const char *method_of(struct lws *wsi)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		if (lws_hdr_total_length(wsi, methods[i].token) > 0)
			return methods[i].name;
	return NULL;
}

/* -1: not a number.  A very long one is only "too long". */
static int64_t body_length(struct lws *wsi)
{
	char text[32];
	int64_t length = 0;

	if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 0)
		return 0;
	if (lws_hdr_copy(wsi, text, sizeof(text), WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 0)
		return -1;
	for (const char *p = text; *p; p++) {
		if (*p < '0' || *p > '9')
			return -1;
		length = length > HTTP_BODY_MAX ? length : length * 10 + (*p - '0');
	}
	return length;
}

static void hand_over(struct conn *c, struct lws *wsi)
{
	struct message *m = c->message;
	struct server *s = c->server;

	c->message = NULL;
	c->id = m->request.id = s->next_id++;
	m->body[m->request.body_len] = '\0';
	m->request.body = m->body;
	c->state = CONN_WAITING;
	conn_list(c, wsi);
	lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
	lws_set_timer_usecs(wsi, s->answer_us);
	http_post(s->http, m);
}

/* The request as far as its headers tell; NULL: out of memory. */
static struct message *message_begin(struct lws *wsi, const char *method, const char *path, size_t path_len, size_t body_len)
{
	struct message *m = calloc(1, sizeof(*m));
	struct http_request *r;

	if (!m)
		return NULL;
	m->body = malloc(body_len + 1);
	if (!m->body) {
		free(m);
		return NULL;
	}
	r = &m->request;
	r->local = is_local(wsi);
	snprintf(r->method, sizeof(r->method), "%s", method);
	memcpy(r->path, path, path_len);
	if (lws_hdr_copy(wsi, r->content_type, sizeof(r->content_type), WSI_TOKEN_HTTP_CONTENT_TYPE) < 0)
		r->content_type[0] = '\0';
	return m;
}

static void say_continue(struct lws *wsi)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	unsigned char buf[LWS_PRE + sizeof(go_on)];
	char expect[32];

	if (lws_hdr_copy(wsi, expect, sizeof(expect), WSI_TOKEN_HTTP_EXPECT) <= 0 || strcasecmp(expect, "100-continue"))
		return;
	memcpy(buf + LWS_PRE, go_on, sizeof(go_on));
	lws_write(wsi, buf + LWS_PRE, sizeof(go_on) - 1, LWS_WRITE_HTTP_HEADERS_CONTINUATION);
}

static int begin_request(struct conn *c, struct lws *wsi, const char *path, size_t path_len)
{
	const char *method = method_of(wsi);
	int64_t body_len = body_length(wsi);
	char query[HTTP_PATH_MAX];
	bool changes, chunked = lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0;
	bool rest = chunked || body_len != 0;

	conn_reset(c);
	c->server = server_of(wsi);
	lws_set_timer_usecs(wsi, c->server->request_us);
	if (!method)
		return refuse(c, wsi, 501, "method_unknown", "no such method here", true);
	c->head = strcmp(method, "HEAD") == 0;
	method = c->head ? "GET" : method;
	changes = strcmp(method, "GET") != 0;

	if (chunked)
		return refuse(c, wsi, 411, "length_required", "a body needs a Content-Length", true);
	if (body_len < 0)
		return refuse(c, wsi, 400, "malformed", "Content-Length is not a number", true);
	if (body_len > HTTP_BODY_MAX)
		return refuse(c, wsi, 413, "too_large", "the body is longer than 4 MB", true);
	if (path_len >= HTTP_PATH_MAX || !conn_query(wsi, query, sizeof(query)))
		return refuse(c, wsi, 414, "too_long", "path and query may be 511 bytes each", rest);
	if (strcmp(method, "OPTIONS") == 0 && !rest)
		return send_headers(wsi, 204, "", 0, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS") ? -1 : finish(c, wsi);
	if (changes && foreign_origin(wsi))
		return refuse(c, wsi, 403, "foreign_origin", "not from a page of another origin", rest);
	if (!changes && !rest && path_len == strlen("/v1/events") && memcmp(path, "/v1/events", path_len) == 0)
		return feed_begin(c, wsi, query, false);

	c->message = message_begin(wsi, method, path, path_len, (size_t)body_len);
	if (!c->message)
		return refuse(c, wsi, 503, "no_memory", "out of memory", rest);
	snprintf(c->message->request.query, sizeof(c->message->request.query), "%s", query);
	c->body_cap = (size_t)body_len;
	if (!body_len) {
		hand_over(c, wsi);
		return 0;
	}
	c->state = CONN_READING;
	say_continue(wsi);
	return 0;
}

static int read_body(struct conn *c, const void *bytes, size_t len)
{
	if (c->state == CONN_REFUSED || !len)
		return 0;
	if (c->state != CONN_READING || len > c->body_cap - c->message->request.body_len)
		return -1;
	memcpy(c->message->body + c->message->request.body_len, bytes, len);
	c->message->request.body_len += len;
	return 0;
}

static int end_body(struct conn *c, struct lws *wsi)
{
	if (c->state == CONN_REFUSED)
		return -1; /* it has been told; what follows on this connection is not worth a risk */
	/* libwebsockets also says so of a body without a byte; and again and again, without end, when a client sends its
	 * next request before this one has been answered. */
	if (c->body_ended)
		return -1;
	c->body_ended = true;
	if (c->state == CONN_READING)
		hand_over(c, wsi);
	return 0;
}

/* >0: no upgrade, answered; libwebsockets goes on to the next request itself. */
static int refuse_upgrade(struct lws *wsi, unsigned status, const char *code, const char *message)
{
	return send_error(wsi, status, code, message, false) ? -1 : 1;
}

/* There may be no struct conn yet. */
static int confirm_upgrade(struct lws *wsi, const char *to)
{
	char path[32], query[HTTP_PATH_MAX];

	if (strcasecmp(to, "websocket"))
		return refuse_upgrade(wsi, 400, "no_upgrade", "only to websocket");
	if (lws_hdr_copy(wsi, path, sizeof(path), WSI_TOKEN_GET_URI) <= 0 || strcmp(path, "/v1/events"))
		return refuse_upgrade(wsi, 404, "unknown", "WebSocket is spoken at /v1/events");
	if (foreign_origin(wsi))
		return refuse_upgrade(wsi, 403, "foreign_origin", "not from a page of another origin");
	if (!conn_query(wsi, query, sizeof(query)))
		return refuse_upgrade(wsi, 414, "too_long", "path and query may be 511 bytes each");
	return 0;
}

static int begin_websocket(struct conn *c, struct lws *wsi)
{
	char query[HTTP_PATH_MAX];

	conn_reset(c);
	c->server = server_of(wsi);
	if (!conn_query(wsi, query, sizeof(query)))
		query[0] = '\0';
	return feed_begin(c, wsi, query, true);
}

/* ---- libwebsockets' callbacks ---- */

static int timed_out(struct conn *c, struct lws *wsi)
{
	switch (c ? c->state : CONN_IDLE) {
	case CONN_IDLE:
		if (c && c->server) /* kept alive after a request: it has been served */
			return -1;
		/* fall through */
	case CONN_READING:
		refuse_early(lws_get_socket_fd(wsi), "408 Request Timeout", "too_slow", "the request took too long");
		return -1;
	case CONN_WAITING:
		refuse(c, wsi, 504, "no_answer", "the bridge did not answer in time", false);
		return -1;
	case CONN_FEEDING: return feed_beat(c);
	case CONN_REPLYING:
	case CONN_REFUSED: break;
	}
	return -1;
}

/* One more would be too many on this side. */
static int filter_connection(struct lws *wsi, int fd)
{
	struct server *s = server_of(wsi);

	if ((is_local(wsi) ? s->n_local : s->n_tcp) < HTTP_CONNECTIONS)
		return 0;
	refuse_early(fd, "503 Service Unavailable", "busy", "too many connections");
	return -1;
}

int conn_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct conn *c = user;

	if(getenv("LAB"))printf("cb %d %p %p\n",reason,(void*)wsi,user);
	switch (reason) {
	case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
		return filter_connection(wsi, ((struct lws_filter_network_conn_args *)user)->accept_fd);
	case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
		*(is_local(wsi) ? &server_of(wsi)->n_local : &server_of(wsi)->n_tcp) += 1;
		lws_set_timer_usecs(wsi, server_of(wsi)->request_us);
		return 0;
	case LWS_CALLBACK_WSI_DESTROY:
		*(is_local(wsi) ? &server_of(wsi)->n_local : &server_of(wsi)->n_tcp) -= 1;
		return 0;
	case LWS_CALLBACK_HTTP: return begin_request(c, wsi, in, len);
	case LWS_CALLBACK_HTTP_BODY: return read_body(c, in, len);
	case LWS_CALLBACK_HTTP_BODY_COMPLETION: return end_body(c, wsi);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		if (c && c->state == CONN_REPLYING)
			return write_reply(c, wsi);
		return c && c->state == CONN_FEEDING ? feed_write(c) : 0;
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: return confirm_upgrade(wsi, in);
	case LWS_CALLBACK_ESTABLISHED: return begin_websocket(c, wsi);
	case LWS_CALLBACK_SERVER_WRITEABLE: return c && c->state == CONN_FEEDING ? feed_write(c) : 0;
	case LWS_CALLBACK_TIMER: return timed_out(c, wsi);
	case LWS_CALLBACK_CLOSED_HTTP:
		if(getenv("LAB"))printf("CLOSED_HTTP %p st %d http %d get %d\n",(void*)c,c?(int)c->state:-1,lws_hdr_total_length(wsi,WSI_TOKEN_HTTP),lws_hdr_total_length(wsi,WSI_TOKEN_GET_URI)); /* fall through */
	case LWS_CALLBACK_CLOSED:
	case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
		if (c)
			conn_reset(c);
		return 0;
	default: return 0; /* what a listener sends by WebSocket, among others */
	}
}
