/* ua.c - the endpoint: opened, shut down and closed; its calls, found by dialog and by token; what has ended is freed here. */
#include "sip/ua_listen.h"
#include "sip/ua_nua.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

enum { TICK_MS = 100, CLOSE_MS = 1500 };
#define SIEVE_EVERY_US (60ull * 1000000)

static size_t bucket_of(const char *call_id)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (; *call_id; call_id++)
		h = (h ^ (unsigned char)*call_id) * 16777619u;
	return h % UA_BUCKETS;
}

void ua_adopt(struct ua *ua, struct call *c)
{
	struct call **bucket = &ua->buckets[bucket_of(c->id)];

	c->bucket_next = *bucket;
	*bucket = c;
	c->next = ua->calls;
	c->prev = &ua->calls;
	if (c->next)
		c->next->prev = &c->next;
	ua->calls = c;
	ua->stats.live++;
}

static void disown(struct ua *ua, struct call *c)
{
	struct call **at = &ua->buckets[bucket_of(c->id)];

	while (*at != c)
		at = &(*at)->bucket_next;
	*at = c->bucket_next;
	*c->prev = c->next;
	if (c->next)
		c->next->prev = c->prev;
	ua->stats.live--;
}

struct call *ua_find(const struct ua *ua, const char *call_id, const char *remote_tag)
{
	struct call *c = ua->buckets[bucket_of(call_id)];

	while (c && (strcmp(c->id, call_id) != 0 || strcasecmp(c->remote_tag, remote_tag) != 0))
		c = c->bucket_next;
	return c;
}

struct call *ua_find_dialled(const struct ua *ua, const char *call_id)
{
	struct call *c = ua->buckets[bucket_of(call_id)];

	while (c && (!c->out || strcmp(c->id, call_id) != 0))
		c = c->bucket_next;
	return c;
}

struct call *call_of_dialog(const struct ua *ua, const struct refer_replaces *r)
{
	struct call *c = ua->buckets[bucket_of(r->call_id)];

	for (; c; c = c->bucket_next) {
		const char *ours = c->out ? strstr(c->out->from, ";tag=") : NULL;

		ours = ours ? ours + 5 : c->local_tag;
		if (strcmp(c->id, r->call_id) == 0 && ours && strcasecmp(ours, r->to_tag) == 0 &&
			strcasecmp(c->remote_tag, r->from_tag) == 0 && !c->finished)
			return c;
	}
	return NULL;
}

uint64_t ua_now_us(const struct ua *ua)
{
	return loop_now_us() * ua->config.timer_speed;
}

void ua_kick(struct call *c)
{
	struct ua *ua = c->ua;
	const uint64_t one = 1;
	const bool known = ua->due != NULL;

	if (!c->due) {
		c->due = true;
		c->due_next = ua->due;
		ua->due = c;
	}
	if (!known && write(ua->kick_fd, &one, sizeof(one)) != sizeof(one)) {
		/* full: it will be read anyway */
	}
}

void ua_note(struct ua *ua, const char *call_id, const char *text)
{
	if (ua->config.on.on_note)
		ua->config.on.on_note(ua->config.on.arg, call_id, text);
}

void ua_sieve(struct ua *ua)
{
	uint8_t silenced[GUARD_SOURCES][16];
	struct sieve_rules rules = { .silenced = silenced, .crowded = guard_crowded(ua->guard) };
	const struct trunk_network *networks;
	const size_t n = trunk_networks(ua->config.trunks, &networks);
	struct trunk_network *allowed = calloc(n + ua->n_peers + 1, sizeof(*allowed));

	ua->sieve_at_us = loop_now_us();
	if (!allowed)
		return;
	for (size_t i = 0; i < n; i++)
		if (!trunk_network_tries(ua->config.trunks, i))
			allowed[rules.n_allowed++] = networks[i];
	if (ua->n_peers)
		memcpy(allowed + rules.n_allowed, ua->peers, ua->n_peers * sizeof(*allowed));
	rules.allowed = allowed;
	rules.n_allowed += ua->n_peers;
	rules.n_silenced = guard_silenced(ua->guard, silenced, GUARD_SOURCES, loop_now_us());
	if (sieve_build(ua->sieve, &rules) == CALL_OK)
		listen_sieve(ua, ua->sieve);
	free(allowed);
}

/* Reports what has ended and frees what is gone; the owner may start and end anything meanwhile. */
static void reap(struct ua *ua)
{
	struct call *c;

	while ((c = ua->due)) {
		ua->due = c->due_next;
		c->due = false;
		if (c->finished && !c->reported) {
			c->reported = true;
			if (c->owner && ua->config.on.on_ended)
				ua->config.on.on_ended(c->owner, c, &c->end);
			c->owner = NULL;
		}
		if (c->reported && !c->handle && !c->due) {
			disown(ua, c);
			call_free(c);
		}
	}
}

static void on_kick(void *arg)
{
	struct ua *ua = arg;
	uint64_t n;

	if (read(ua->kick_fd, &n, sizeof(n)) == sizeof(n))
		reap(ua);
}

static void check_closed(struct ua *ua)
{
	loop_fn done = ua->closed;

	if (!ua->closing || !done || (ua->calls && loop_now_us() < ua->close_by_us))
		return;
	ua->closed = NULL;
	done(ua->closed_arg);
}

static void on_tick(void *arg)
{
	struct ua *ua = arg;
	const uint64_t now_us = ua_now_us(ua);

	for (struct call *c = ua->calls; c; c = c->next)
		call_tick(c, now_us);
	if (loop_now_us() - ua->sieve_at_us > SIEVE_EVERY_US)
		ua_sieve(ua); /* lets go of those whose time is over */
	check_closed(ua);
}

static enum call_err settle_config(struct ua *ua, const struct ua_config *config)
{
	ua->config = *config;
	if (!ua->config.timer_speed)
		ua->config.timer_speed = 1;
	snprintf(ua->agent, sizeof(ua->agent), "%s", config->user_agent ? config->user_agent : "partyline");
	ua->config.user_agent = ua->agent;
	if (!ua->config.realm)
		ua->config.realm = "partyline";
	if (!config->loop || !config->on.on_invite || config->n_listen == 0 ||
		config->n_listen > CALL_LISTEN_MAX)
		return CALL_RANGE;
	return CALL_OK;
}

enum call_err ua_open(struct ua **out, const struct ua_config *config, char *why, size_t why_cap)
{
	struct ua *ua = calloc(1, sizeof(*ua));
	enum call_err err = CALL_NOMEM;
	uint8_t secret[CHALLENGE_SECRET];

	if (!ua)
		return CALL_NOMEM;
	if (getrandom(secret, sizeof(secret), 0) == sizeof(secret))
		ua->challenger = challenger_alloc(secret);
	OPENSSL_cleanse(secret, sizeof(secret));
	ua->kick_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	ua->guard = guard_alloc();
	ua->sieve = malloc(sizeof(*ua->sieve));
	ua->sieve_at_us = loop_now_us();
	if (!ua->challenger || !ua->guard || !ua->sieve || ua->kick_fd < 0)
		goto fail;
	err = settle_config(ua, config);
	if (!err)
		err = tap_open(ua);
	if (!err)
		err = listen_open(ua, ua_on_nua, why, why_cap);
	if (!err)
		err = loop_watch(config->loop, ua->kick_fd, on_kick, ua);
	if (!err)
		err = loop_every(config->loop, TICK_MS, on_tick, ua);
	if (err)
		goto fail;
	ua_sieve(ua);
	*out = ua;
	return CALL_OK;
fail:
	ua_close(ua);
	return err;
}

void ua_set_trunks(struct ua *ua, const struct trunks *trunks)
{
	ua->config.trunks = trunks;
	ua->generation++;
	guard_forgive(ua->guard);
	ua_sieve(ua);
}

enum call_err ua_set_peers(struct ua *ua, const struct trunk_network *peers, size_t n)
{
	struct trunk_network *copy = NULL;

	if (n) {
		copy = malloc(n * sizeof(*copy));
		if (!copy)
			return CALL_NOMEM;
		memcpy(copy, peers, n * sizeof(*copy));
	}
	free(ua->peers);
	ua->peers = copy;
	ua->n_peers = n;
	guard_forgive(ua->guard);
	ua_sieve(ua);
	return CALL_OK;
}

void ua_shutdown(struct ua *ua, unsigned limit_ms, loop_fn done, void *arg)
{
	ua->closing = true;
	ua->closed = done;
	ua->closed_arg = arg;
	ua->close_by_us = loop_now_us() + limit_ms * 1000ull;
	for (struct call *c = ua->calls; c; c = c->next) {
		if (c->state == DIALOG_INCOMING || c->state == DIALOG_EARLY)
			call_refuse(c, 503, Q850_TEMPORARY, "shutting down", 10);
		else
			call_hangup(c, Q850_NORMAL, "shutting down");
	}
}

static bool all_shut(const struct ua *ua)
{
	for (size_t i = 0; i < ua->n_listeners; i++)
		if (!ua->listeners[i].shut)
			return false;
	return true;
}

struct ua *ua_close(struct ua *ua)
{
	uint64_t until_us = loop_now_us() + CLOSE_MS * 1000ull;

	if (!ua)
		return NULL;
	for (struct call *c = ua->calls; c; c = c->next)
		ua_release(c);
	ask_close_all(ua);
	for (size_t i = 0; i < ua->n_listeners; i++)
		if (ua->listeners[i].nua)
			nua_shutdown(ua->listeners[i].nua);
	while (!all_shut(ua) && loop_now_us() < until_us)
		su_root_step(loop_root(ua->config.loop), 10);
	for (size_t i = 0; i < ua->n_listeners; i++) {
		struct listener *at = &ua->listeners[i];

		if (at->nua && at->shut) {
			nua_destroy(at->nua);
			at->screen = screen_free(at->screen);
		}
	}
	tap_close(ua);
	while (ua->calls) {
		struct call *c = ua->calls;

		disown(ua, c);
		call_free(c);
	}
	if (ua->config.loop) {
		loop_never(ua->config.loop, on_tick, ua);
		loop_unwatch(ua->config.loop, ua->kick_fd);
	}
	if (ua->kick_fd >= 0)
		close(ua->kick_fd);
	free(ua->peers);
	free(ua->sieve);
	guard_free(ua->guard);
	challenger_free(ua->challenger);
	free(ua->contacts);
	free(ua);
	return NULL;
}

void ua_stats(const struct ua *ua, struct call_stats *out)
{
	*out = ua->stats;
}

unsigned ua_port(const struct ua *ua, const char *transport)
{
	const bool tcp = strcmp(transport, "tcp") == 0, tls = strcmp(transport, "tls") == 0;

	for (size_t i = 0; i < ua->n_listeners; i++) {
		const struct listener *at = &ua->listeners[i];

		if (!at->outward && at->tls == tls && (tls || (tcp ? at->tcp : at->udp)))
			return listen_port(at);
	}
	return 0;
}

bool ua_relay(const struct ua *ua, size_t i, const char **listen, char host[64], uint16_t *port)
{
	for (size_t k = 0; k < ua->n_listeners; k++) {
		const struct listener *at = &ua->listeners[k];

		if (!at->tls || at->outward || i-- > 0)
			continue;
		*listen = at->tls_listen;
		snprintf(host, 64, "%s", at->host);
		*port = (uint16_t)at->port;
		return true;
	}
	return false;
}
