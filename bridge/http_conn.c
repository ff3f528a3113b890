#include "bridge/http_conn.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

struct server *conn_server(struct lws *wsi)
{
	return lws_context_user(lws_get_context(wsi));
}

bool conn_local(struct lws *wsi)
{
	return lws_get_vhost(wsi) == conn_server(wsi)->local;
}

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

void conn_reset(struct conn *c)
{
	if (c->wsi) {
		*c->link = c->next;
		if (c->next)
			c->next->link = c->link;
	}
	if (c->in_parts)
		http_tell(c->server->http, c->id, MESSAGE_GONE);
	message_free(c->message);
	free(c->answer);
	OPENSSL_cleanse(c->token, sizeof(c->token));
	memset(c, 0, sizeof(*c));
}

static int timed_out(struct conn *c, struct lws *wsi)
{
	switch (c ? c->state : CONN_IDLE) {
	case CONN_IDLE:
		if (lws_get_opaque_user_data(wsi)) /* kept alive after a request: nothing is owed */
			return -1;
		/* fall through */
	case CONN_READING:
		reply_early(lws_get_socket_fd(wsi), "408 Request Timeout", "too_slow",
			"the request took too long");
		return -1;
	case CONN_WAITING:
		if (c->in_parts)
			return -1; /* it has begun: all that can be done is not to end it */
		conn_refuse(c, wsi, 504, "no_answer", "the bridge did not answer in time", false);
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
	struct server *s = conn_server(wsi);

	if ((conn_local(wsi) ? s->n_local : s->n_tcp) < HTTP_CONNECTIONS)
		return 0;
	reply_early(fd, "503 Service Unavailable", "busy", "too many connections");
	return -1;
}

int conn_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct conn *c = user;

	switch (reason) {
	case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
		return filter_connection(wsi, ((struct lws_filter_network_conn_args *)user)->accept_fd);
	case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
		*(conn_local(wsi) ? &conn_server(wsi)->n_local : &conn_server(wsi)->n_tcp) += 1;
		lws_set_timer_usecs(wsi, conn_server(wsi)->request_us);
		return 0;
	case LWS_CALLBACK_WSI_DESTROY:
		*(conn_local(wsi) ? &conn_server(wsi)->n_local : &conn_server(wsi)->n_tcp) -= 1;
		return 0;
	case LWS_CALLBACK_HTTP: return request_begin(c, wsi, in, len);
	case LWS_CALLBACK_HTTP_BODY: return request_body(c, in, len);
	case LWS_CALLBACK_HTTP_BODY_COMPLETION: return request_end(c, wsi);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		if (c && c->state == CONN_REPLYING)
			return conn_write(c, wsi);
		return c && c->state == CONN_FEEDING ? feed_write(c) : 0;
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: return upgrade_confirm(wsi, in);
	case LWS_CALLBACK_ESTABLISHED: return upgrade_begin(c, wsi);
	case LWS_CALLBACK_SERVER_WRITEABLE: return c && c->state == CONN_FEEDING ? feed_write(c) : 0;
	case LWS_CALLBACK_TIMER: return timed_out(c, wsi);
	case LWS_CALLBACK_CLOSED_HTTP:
	case LWS_CALLBACK_CLOSED:
	case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
		if (c)
			conn_reset(c);
		return 0;
	default: return 0; /* what a listener sends by WebSocket, among others */
	}
}
