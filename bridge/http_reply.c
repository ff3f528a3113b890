/* http_reply.c - an answer on its way out: its head, its parts, and errors of the transport itself. */
#include "bridge/http_conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	WRITE_CHUNK = 65536,
	LINGER_US = 2000000 /* for the rest of a body that was refused */,
	TOO_MANY = 429
};

static bool add_named(
	struct lws *wsi, const char *name, const char *value, unsigned char **at, unsigned char *end)
{
	return !value[0] || !lws_add_http_header_by_name(wsi, (const unsigned char *)name,
				    (const unsigned char *)value, (int)strlen(value), at, end);
}

static bool add_more(struct lws *wsi, const struct http_more *more, unsigned char **at, unsigned char *end)
{
	return add_named(wsi, "allow:", more->allow, at, end) &&
	       add_named(wsi, "etag:", more->etag, at, end) &&
	       add_named(wsi, "location:", more->location, at, end) &&
	       add_named(wsi, "idempotency-replayed:", more->replayed ? "true" : "", at, end);
}

/* RFC 6750 section 3: why the token that was shown, or none, does not do. */
static bool add_challenge(
	struct lws *wsi, unsigned status, const char *error, unsigned char **at, unsigned char *end)
{
	char text[80] = "Bearer realm=\"partyline\"";
	const size_t used = strlen(text);

	if (status != HTTP_STATUS_UNAUTHORIZED && !*error)
		return true;
	if (*error)
		snprintf(text + used, sizeof(text) - used, ", error=\"%s\"", error);
	return lws_add_http_header_by_name(wsi,
		       (const unsigned char *)"www-authenticate:", (const unsigned char *)text,
		       (int)strlen(text), at, end) == 0;
}

int reply_headers(
	struct lws *wsi, unsigned status, const char *type, size_t len, const struct http_more *more)
{
	unsigned char buf[LWS_PRE + 2048], *start = buf + LWS_PRE, *at = start, *end = buf + sizeof(buf);
	bool bodiless = status == 204 || status == 304;

	if (lws_add_http_header_status(wsi, status, &at, end))
		return -1;
	if (*type && lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE,
			     (const unsigned char *)type, (int)strlen(type), &at, end))
		return -1;
	if (!bodiless && len != REPLY_IN_PARTS && lws_add_http_header_content_length(wsi, len, &at, end))
		return -1;
	if (len == REPLY_IN_PARTS && lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING,
					     (const unsigned char *)"chunked", 7, &at, end))
		return -1;
	if (lws_add_http_header_by_name(wsi, (const unsigned char *)"cache-control:",
		    (const unsigned char *)"no-store", 8, &at, end) ||
		lws_add_http_header_by_name(wsi, (const unsigned char *)"x-content-type-options:",
			(const unsigned char *)"nosniff", 7, &at, end))
		return -1;
	if (!add_challenge(wsi, status, more ? more->bearer : "", &at, end))
		return -1;
	if (status == TOO_MANY && lws_add_http_header_by_name(wsi, (const unsigned char *)"retry-after:",
					  (const unsigned char *)"60", 2, &at, end))
		return -1;
	if (more && !add_more(wsi, more, &at, end))
		return -1;
	return lws_finalize_write_http_header(wsi, start, &at, end) ? -1 : 0;
}

int conn_finish(struct conn *c, struct lws *wsi)
{
	struct server *s = conn_server(wsi);

	conn_reset(c);
	lws_set_opaque_user_data(wsi, s);        /* it has been served: see timed_out() */
	if (lws_http_transaction_completed(wsi)) /* which may free *c */
		return -1;
	lws_set_timer_usecs(wsi, s->request_us);
	return 0;
}

int reply_error(struct lws *wsi, unsigned status, const char *code, const char *message, bool head)
{
	unsigned char buf[LWS_PRE + 256];
	int len = snprintf((char *)buf + LWS_PRE, sizeof(buf) - LWS_PRE,
		"{\"error\":{\"code\":\"%s\",\"message\":\"%s\"}}", code, message);

	if (reply_headers(wsi, status, "application/json", (size_t)len, NULL))
		return -1;
	return !head && lws_write(wsi, buf + LWS_PRE, (size_t)len, LWS_WRITE_HTTP_FINAL) < 0 ? -1 : 0;
}

int conn_refuse(
	struct conn *c, struct lws *wsi, unsigned status, const char *code, const char *message, bool rest)
{
	if (reply_error(wsi, status, code, message, c->head))
		return -1;
	if (!rest)
		return conn_finish(c, wsi);
	message_free(c->message);
	c->message = NULL;
	c->state = CONN_REFUSED;
	lws_set_timer_usecs(wsi, LINGER_US);
	return 0;
}

void reply_early(int fd, const char *status, const char *code, const char *message)
{
	char text[384], body[192];
	int body_len = snprintf(
		body, sizeof(body), "{\"error\":{\"code\":\"%s\",\"message\":\"%s\"}}", code, message);
	int len = snprintf(text, sizeof(text),
		"HTTP/1.1 %s\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: "
		"%d\r\n\r\n%s",
		status, body_len, body);

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
		c->in_parts = a->part && !a->last;
		c->state = CONN_REPLYING;
		lws_set_timer_usecs(c->wsi, s->stalled_us);
		lws_callback_on_writable(c->wsi);
		return;
	}
	if (a->part && !a->last)
		http_tell(s->http, a->id, MESSAGE_GONE);
	free(a); /* whoever asked has gone */
}

/* The answer, or this part of it, is written. */
static int written(struct conn *c, struct lws *wsi)
{
	if (!c->in_parts || c->head)
		return conn_finish(c, wsi);
	free(c->answer);
	c->answer = NULL;
	c->sent = 0;
	c->state = CONN_WAITING;
	lws_set_timer_usecs(wsi, c->server->answer_us);
	http_tell(c->server->http, c->id, MESSAGE_MORE);
	return 0;
}

int conn_write(struct conn *c, struct lws *wsi)
{
	struct answer *a = c->answer;
	size_t len = a->len - c->sent < WRITE_CHUNK ? a->len - c->sent : WRITE_CHUNK;
	const bool final = !c->in_parts && c->sent + len == a->len;

	lws_set_timer_usecs(wsi, c->server->stalled_us);
	if (!c->headers_sent) {
		c->headers_sent = true;
		if (reply_headers(
			    wsi, a->status, a->content_type, a->part ? REPLY_IN_PARTS : a->len, &a->more))
			return -1;
		if (c->head || !a->len)
			return written(c, wsi);
		lws_callback_on_writable(wsi);
		return 0;
	}
	if (!len)
		return written(c, wsi);
	if (lws_write(wsi, a->body + c->sent, len, final ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < 0)
		return -1;
	c->sent += len;
	if (c->sent == a->len)
		return written(c, wsi);
	lws_callback_on_writable(wsi);
	return 0;
}
