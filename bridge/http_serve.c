/* http_serve.c - the API thread: libwebsockets' context, its doors and its callbacks. */
#include "bridge/http_conn.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(ANSWER_ROOM >= LWS_PRE, "libwebsockets writes in front of what it sends");

enum {
	SERVICE_BUF = 16384, /* bytes read at once */
	LWS_GRACE_S = 5,     /* its own timeouts come after ours, in case ours were missed */
	FLUSH_US = 1000000,  /* at the end, for what has been replied and published */
	FLUSH_STEP_US = 2000,
	MS_PER_S = 1000,
	US_PER_MS = 1000,
};

static const struct lws_protocols protocols[] = {
	{ .name = "partyline", .callback = conn_callback, .per_session_data_size = sizeof(struct conn) },
	{ .name = NULL },
};

static lws_usec_t chosen_us(unsigned wanted_ms, unsigned usual_ms)
{
	return (lws_usec_t)(wanted_ms ? wanted_ms : usual_ms) * US_PER_MS;
}

static bool open_context(struct server *s)
{
	struct lws_context_creation_info info = { .port = CONTEXT_PORT_NO_LISTEN, .gid = -1, .uid = -1 };
	struct sigaction broken_pipe;
	sigset_t signals;

	info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
	info.user = s;
	info.fd_limit_per_thread = 2 * HTTP_CONNECTIONS + 32;
	info.max_http_header_pool = 2 * HTTP_CONNECTIONS + 4; /* slow senders cannot use them up */
	info.max_http_header_data = HTTP_HEADERS_MAX;
	info.pt_serv_buf_size = SERVICE_BUF;
	info.timeout_secs = (unsigned)(s->request_us / LWS_US_PER_SEC) + LWS_GRACE_S;

	/* Signals are not the API's business, whatever the library does with them. */
	sigaction(SIGPIPE, NULL, &broken_pipe);
	pthread_sigmask(SIG_SETMASK, NULL, &signals);
	lws_set_log_level(0, NULL);
	s->context = lws_create_context(&info);
	sigaction(SIGPIPE, &broken_pipe, NULL);
	pthread_sigmask(SIG_SETMASK, &signals, NULL);
	return s->context != NULL;
}

static struct lws_vhost *open_vhost(
	struct server *s, const char *name, const char *iface, int port, uint64_t options)
{
	struct lws_context_creation_info info = { .port = port, .gid = -1, .uid = -1 };

	info.vhost_name = name;
	info.iface = iface;
	info.protocols = protocols;
	info.options = options | LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND;
	info.server_string = "partyline";
	info.timeout_secs = (unsigned)(s->request_us / LWS_US_PER_SEC) + LWS_GRACE_S;
	info.keepalive_timeout = (int)(s->request_us / LWS_US_PER_SEC) + LWS_GRACE_S;
	return lws_create_vhost(s->context, &info);
}

static enum bridge_err open_tcp(struct server *s, const char *text, char *why, size_t why_cap)
{
	struct listen_address address;
	enum bridge_err err;

	if (!listen_parse(&address, text)) {
		snprintf(why, why_cap, "http.listen: %s: not an address and port", text);
		return BRIDGE_RANGE;
	}
	err = listen_try(&address, why, why_cap); /* libwebsockets would not say what is wrong */
	if (err)
		return err;
	s->tcp = open_vhost(s, "tcp", address.host, (int)address.port,
		address.ipv6 ? LWS_SERVER_OPTION_IPV6_V6ONLY_MODIFY | LWS_SERVER_OPTION_IPV6_V6ONLY_VALUE
			     : LWS_SERVER_OPTION_DISABLE_IPV6);
	if (!s->tcp) {
		snprintf(why, why_cap, "http.listen: cannot listen on %s", text);
		return BRIDGE_FILE;
	}
	s->port = (unsigned)lws_get_vhost_listen_port(s->tcp);
	return BRIDGE_OK;
}

/* Nobody else may connect, not even between bind() and chmod(): so the mask, and so before threads start. */
static enum bridge_err open_control(struct server *s, const char *path, char *why, size_t why_cap)
{
	enum bridge_err err = control_clear(path, why, why_cap);
	struct stat made;
	mode_t mask;

	if (err)
		return err;
	snprintf(s->control, sizeof(s->control), "%s", path);
	mask = umask(0177);
	errno = 0;
	s->local = open_vhost(s, "control", s->control, 0, LWS_SERVER_OPTION_UNIX_SOCK);
	umask(mask);
	if (!s->local || chmod(path, 0600) || stat(path, &made)) {
		snprintf(why, why_cap, "control: cannot listen on %s%s%s", path, errno ? ": " : "",
			errno ? strerror(errno) : "");
		s->control[0] = '\0';
		return BRIDGE_FILE;
	}
	s->control_inode = made.st_ino;
	return BRIDGE_OK;
}

enum bridge_err server_open(struct server **out, struct http *h, struct mailbox *box,
	const struct http_config *config, char *why, size_t why_cap)
{
	struct server *s = calloc(1, sizeof(*s));
	enum bridge_err err = BRIDGE_OK;

	if (!s)
		return BRIDGE_NOMEM;
	s->http = h;
	s->box = box;
	s->next_id = 1;
	s->on_listen = config->on_listen;
	s->behind = config->behind;
	s->relayed = config->relayed;
	s->arg = config->arg;
	s->request_us = chosen_us(config->request_ms, HTTP_REQUEST_MS);
	s->answer_us = chosen_us(config->answer_ms, HTTP_ANSWER_MS);
	s->beat_us = chosen_us(config->beat_ms, HTTP_BEAT_MS);
	s->stalled_us = chosen_us(config->stalled_ms, HTTP_STALLED_MS);
	if (!open_context(s))
		err = BRIDGE_NOMEM;
	if (!err && config->listen && *config->listen)
		err = open_tcp(s, config->listen, why, why_cap);
	if (!err && config->control && *config->control)
		err = open_control(s, config->control, why, why_cap);
	if (err) {
		server_close(s);
		return err;
	}
	*out = s;
	return BRIDGE_OK;
}

struct server *server_close(struct server *s)
{
	struct stat there;

	if (!s)
		return NULL;
	if (s->context)
		lws_context_destroy(s->context);
	/* Only our own socket: another bridge may have put its there. */
	if (s->control[0] && stat(s->control, &there) == 0 && there.st_ino == s->control_inode)
		unlink(s->control);
	ring_clear(&s->ring);
	free(s->scratch);
	free(s);
	return NULL;
}

unsigned server_port(const struct server *s)
{
	return s->port;
}

void server_wake(struct server *s)
{
	lws_cancel_service(s->context);
}

/* Takes what the control thread has put there; true: the end has come. */
static bool take_mail(struct server *s)
{
	struct answer *answers, *next;
	struct news *news;
	bool holed, stopping;

	pthread_mutex_lock(&s->box->lock);
	answers = s->box->answers;
	news = s->box->news;
	holed = s->box->holed;
	stopping = s->box->stopping;
	s->box->answers = NULL;
	s->box->answers_end = &s->box->answers;
	s->box->news = NULL;
	s->box->news_end = &s->box->news;
	s->box->n_news = 0;
	s->box->holed = false;
	pthread_mutex_unlock(&s->box->lock);

	for (; answers; answers = next) {
		next = answers->next;
		conn_answer(s, answers);
	}
	if (news || holed)
		feed_news(s, news, holed);
	return stopping;
}

static bool unsent(const struct server *s)
{
	for (struct conn *c = s->conns; c; c = c->next)
		if (c->state == CONN_REPLYING || (c->state == CONN_FEEDING && feed_behind(c)))
			return true;
	return false;
}

void *server_run(void *server)
{
	struct server *s = server;
	lws_usec_t until;

	while (!take_mail(s))
		lws_service(s->context, 0);
	until = lws_now_usecs() + FLUSH_US;
	while (unsent(s) && lws_now_usecs() < until) {
		lws_service(s->context, -1);
		usleep(FLUSH_STEP_US);
	}
	return NULL;
}
