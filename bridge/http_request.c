/* http_request.c - a request on its way in: its head checked, its body gathered, then handed to the control thread. */
#include "bridge/http_conn.h"

#include <netinet/in.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { FRAGMENTS_MAX = 64, HTTP_FORBIDDEN = 403 };

static const struct {
	enum lws_token_indexes token;
	const char *name;
} methods[] = {
	{ WSI_TOKEN_GET_URI, "GET" },
	{ WSI_TOKEN_POST_URI, "POST" },
	{ WSI_TOKEN_PUT_URI, "PUT" },
	{ WSI_TOKEN_PATCH_URI, "PATCH" },
	{ WSI_TOKEN_DELETE_URI, "DELETE" },
	{ WSI_TOKEN_HEAD_URI, "HEAD" },
	{ WSI_TOKEN_OPTIONS_URI, "OPTIONS" },
};

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

static bool conn_query(struct lws *wsi, char *out, size_t cap)
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
		length = length > HTTP_BODY_LOCAL_MAX ? length : length * 10 + (*p - '0');
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

/* RFC 6750 section 2.1, and, where `query` is given, 2.3.  "": none, or none that could be ours. */
static void conn_token(struct lws *wsi, const char *query, char out[HTTP_TOKEN_MAX])
{
	char text[HTTP_TOKEN_MAX + 16];

	out[0] = '\0';
	if (lws_hdr_copy(wsi, text, sizeof(text), WSI_TOKEN_HTTP_AUTHORIZATION) > 0) {
		if (strncasecmp(text, "Bearer ", 7) == 0 && strlen(text + 7) < HTTP_TOKEN_MAX)
			snprintf(out, HTTP_TOKEN_MAX, "%.*s", (int)HTTP_TOKEN_MAX - 1, text + 7);
		else
			snprintf(out, HTTP_TOKEN_MAX, "?"); /* something was shown: it is wrong */
	} else if (query && !http_query(query, "access_token", out, HTTP_TOKEN_MAX)) {
		out[0] = '\0';
	}
	OPENSSL_cleanse(text, sizeof(text));
}

/* The port that it comes from, on this machine; 0: from elsewhere. */
static uint16_t loopback_port(struct lws *wsi)
{
	struct sockaddr_in from = { .sin_family = AF_UNSPEC };
	socklen_t len = sizeof(from);

	if (getpeername(lws_get_socket_fd(wsi), (struct sockaddr *)&from, &len) ||
		from.sin_family != AF_INET || from.sin_addr.s_addr != htonl(INADDR_LOOPBACK))
		return 0;
	return ntohs(from.sin_port);
}

/* False: nobody who is heard here. */
static bool conn_source(struct lws *wsi, char out[48])
{
	const struct server *s = conn_server(wsi);
	const uint16_t port = !conn_local(wsi) && s->behind ? loopback_port(wsi) : 0;

	if (port && s->behind(s->arg, port, out))
		return true;
	if (conn_local(wsi) || !lws_get_peer_simple(wsi, out, 48))
		out[0] = '\0';
	return conn_local(wsi) || !s->relayed;
}

unsigned conn_may_listen(struct lws *wsi, const char *token, struct http_scope *scope)
{
	const struct server *s = conn_server(wsi);
	char source[48];

	*scope = (struct http_scope){ .types = NULL };
	if (!conn_source(wsi, source))
		return HTTP_FORBIDDEN;
	if (!s->on_listen)
		return 0;
	return s->on_listen(s->arg, conn_local(wsi), token, source, scope);
}

static const char *listen_code(unsigned status)
{
	return status == 401 ? "unauthorized" : status == 429 ? "too_many_tries" : "forbidden";
}

/* One that is too long is none of ours, but it was there. */
static void conn_preconditions(struct lws *wsi, struct http_request *r)
{
	static const char idempotency[] = "idempotency-key:";
	const int len = (int)sizeof(idempotency) - 1;

	if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_IF_MATCH) > 0 &&
		lws_hdr_copy(wsi, r->if_match, sizeof(r->if_match), WSI_TOKEN_HTTP_IF_MATCH) <= 0)
		snprintf(r->if_match, sizeof(r->if_match), "?");
	if (lws_hdr_custom_length(wsi, idempotency, len) > 0 &&
		lws_hdr_custom_copy(wsi, r->idempotency_key, sizeof(r->idempotency_key), idempotency, len) <=
			0)
		snprintf(r->idempotency_key, sizeof(r->idempotency_key), "?");
}

/* The request as far as its headers tell; NULL: out of memory. */
static struct message *message_begin(
	struct lws *wsi, const char *method, const char *path, size_t path_len, size_t body_len)
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
	r->local = conn_local(wsi);
	(void)conn_source(wsi, r->source); /* asked before */
	conn_token(wsi, NULL, r->token);
	snprintf(r->method, sizeof(r->method), "%s", method);
	memcpy(r->path, path, path_len);
	if (lws_hdr_copy(wsi, r->content_type, sizeof(r->content_type), WSI_TOKEN_HTTP_CONTENT_TYPE) < 0)
		r->content_type[0] = '\0';
	if (lws_hdr_copy(wsi, r->accept, sizeof(r->accept), WSI_TOKEN_HTTP_ACCEPT) < 0)
		r->accept[0] = '\0';
	conn_preconditions(wsi, r);
	return m;
}

static void say_continue(struct lws *wsi)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	unsigned char buf[LWS_PRE + sizeof(go_on)];
	char expect[32];

	if (lws_hdr_copy(wsi, expect, sizeof(expect), WSI_TOKEN_HTTP_EXPECT) <= 0 ||
		strcasecmp(expect, "100-continue"))
		return;
	memcpy(buf + LWS_PRE, go_on, sizeof(go_on));
	lws_write(wsi, buf + LWS_PRE, sizeof(go_on) - 1, LWS_WRITE_HTTP_HEADERS_CONTINUATION);
}

static int listen_begin(struct conn *c, struct lws *wsi, const char *query)
{
	const char *wrong = feed_filter_read(&c->filter, query);
	unsigned status;

	conn_token(wsi, query, c->token);
	status = conn_may_listen(wsi, c->token, &c->scope);
	if (status)
		return conn_refuse(c, wsi, status, listen_code(status), "these events need a token", false);
	return wrong ? conn_refuse(c, wsi, 400, "bad_request", wrong, false)
		     : feed_begin(c, wsi, query, false);
}

int request_begin(struct conn *c, struct lws *wsi, const char *path, size_t path_len)
{
	const char *method = method_of(wsi);
	int64_t body_len = body_length(wsi);
	char query[HTTP_PATH_MAX], source[48];
	bool changes, chunked = lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0;
	bool rest = chunked || body_len != 0;

	conn_reset(c);
	c->server = conn_server(wsi);
	lws_set_timer_usecs(wsi, c->server->request_us);
	if (!method)
		return conn_refuse(c, wsi, 501, "method_unknown", "no such method here", true);
	c->head = strcmp(method, "HEAD") == 0;
	method = c->head ? "GET" : method;
	changes = strcmp(method, "GET") != 0;

	if (!conn_source(wsi, source))
		return conn_refuse(c, wsi, HTTP_FORBIDDEN, "not_here",
			"the API is spoken at http.listen, not at this port", true);
	if (chunked)
		return conn_refuse(c, wsi, 411, "length_required", "a body needs a Content-Length", true);
	if (body_len < 0)
		return conn_refuse(c, wsi, 400, "malformed", "Content-Length is not a number", true);
	if (body_len > (conn_local(wsi) ? HTTP_BODY_LOCAL_MAX : HTTP_BODY_MAX))
		return conn_refuse(c, wsi, 413, "too_large",
			conn_local(wsi) ? "the body is longer than 32 MB" : "the body is longer than 4 MB",
			true);
	if (path_len >= HTTP_PATH_MAX || !conn_query(wsi, query, sizeof(query)))
		return conn_refuse(c, wsi, 414, "too_long", "path and query may be 511 bytes each", rest);
	if (strcmp(method, "OPTIONS") == 0 && !rest)
		return reply_headers(wsi, 204, "", 0,
			       &(struct http_more){ .allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" })
			       ? -1
			       : conn_finish(c, wsi);
	if (changes && foreign_origin(wsi))
		return conn_refuse(c, wsi, 403, "foreign_origin", "not from a page of another origin", rest);
	if (!changes && !rest && path_len == strlen("/v1/events") &&
		memcmp(path, "/v1/events", path_len) == 0)
		return listen_begin(c, wsi, query);

	c->message = message_begin(wsi, method, path, path_len, (size_t)body_len);
	if (!c->message)
		return conn_refuse(c, wsi, 503, "no_memory", "out of memory", rest);
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

int request_body(struct conn *c, const void *bytes, size_t len)
{
	if (c->state == CONN_REFUSED || !len)
		return 0;
	if (c->state != CONN_READING || len > c->body_cap - c->message->request.body_len)
		return -1;
	memcpy(c->message->body + c->message->request.body_len, bytes, len);
	c->message->request.body_len += len;
	return 0;
}

int request_end(struct conn *c, struct lws *wsi)
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
	return reply_error(wsi, status, code, message, false) ? -1 : 1;
}

int upgrade_confirm(struct lws *wsi, const char *to)
{
	char path[32], query[HTTP_PATH_MAX], token[HTTP_TOKEN_MAX];
	struct feed_filter unused;
	struct http_scope scope;
	const char *wrong;
	unsigned status;

	if (strcasecmp(to, "websocket"))
		return refuse_upgrade(wsi, 400, "no_upgrade", "only to websocket");
	if (lws_hdr_copy(wsi, path, sizeof(path), WSI_TOKEN_GET_URI) <= 0 || strcmp(path, "/v1/events"))
		return refuse_upgrade(wsi, 404, "unknown", "WebSocket is spoken at /v1/events");
	if (foreign_origin(wsi))
		return refuse_upgrade(wsi, 403, "foreign_origin", "not from a page of another origin");
	if (!conn_query(wsi, query, sizeof(query)))
		return refuse_upgrade(wsi, 414, "too_long", "path and query may be 511 bytes each");
	conn_token(wsi, query, token);
	status = conn_may_listen(wsi, token, &scope);
	OPENSSL_cleanse(token, sizeof(token));
	if (status)
		return refuse_upgrade(wsi, status, listen_code(status), "these events need a token");
	wrong = feed_filter_read(&unused, query);
	return wrong ? refuse_upgrade(wsi, 400, "bad_request", wrong) : 0;
}

int upgrade_begin(struct conn *c, struct lws *wsi)
{
	char query[HTTP_PATH_MAX];

	conn_reset(c);
	c->server = conn_server(wsi);
	if (!conn_query(wsi, query, sizeof(query)))
		query[0] = '\0';
	conn_token(wsi, query, c->token);
	if (feed_filter_read(&c->filter, query) ||
		conn_may_listen(wsi, c->token, &c->scope)) /* it was allowed a moment ago */
		return -1;
	return feed_begin(c, wsi, query, true);
}
