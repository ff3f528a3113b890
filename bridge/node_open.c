#include "bridge/node_open.h"
#include "bridge/api.h"
#include "bridge/carrier.h"
#include "bridge/collector.h"
#include "bridge/clips.h"
#include "bridge/conditions.h"
#include "bridge/dialout.h"
#include "bridge/editor.h"
#include "bridge/hunt.h"
#include "bridge/idempotence.h"
#include "bridge/incoming.h"
#include "bridge/keeping.h"
#include "bridge/learned.h"
#include "bridge/leg_calls.h"
#include "bridge/leg_heard.h"
#include "bridge/node_beat.h"
#include "bridge/node_site.h"
#include "bridge/retention.h"
#include "bridge/signing.h"
#include "bridge/stir.h"
#include "bridge/meeting.h"
#include "bridge/secure.h"
#include "bridge/shared.h"
#include "bridge/spending.h"
#include "bridge/tariff.h"
#include "bridge/trace.h"
#include "bridge/version.h"
#include "bridge/webhook.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HOOKS_MS = 1000, SHUTDOWN_MS = 4000, SETTLE_MS = 2000, SETTLE_LOOK_MS = 20 };

/* ---- the site in force ---- */

static enum bridge_err use_site(struct node *n, struct site *site)
{
	struct node_site s;
	enum bridge_err err = node_site_build(&s, site, true);

	if (err)
		return err;
	node_site_swap(n, &s);
	node_site_clear(&s);
	n->trim_due = true;
	return BRIDGE_OK;
}

/* ---- what wakes the control thread ---- */

static void on_worker(void *arg)
{
	worker_poll(arg);
}

static void on_writer(void *arg)
{
	writer_poll(arg);
}

static void on_hooks(void *arg)
{
	hooks_poll(arg);
}

static void on_hooks_tick(void *arg)
{
	hooks_tick(arg, when_now_us());
}

static void on_event(
	void *arg, uint64_t seq, const char *type, const char *account, const char *json, int64_t now_us)
{
	hooks_event(arg, seq, type, account, json, now_us);
}

static uint32_t any_number(void)
{
	uint32_t out;

	node_random(&out, sizeof(out));
	return out;
}

static void on_http(void *arg)
{
	http_poll(arg);
}

/* ---- opening, in the order of who needs whom ---- */

static void prompt_missing(void *arg, const char *name)
{
	(void)arg;
	log_line(LOG_WARNING, NULL, "prompts", "no sound for '%s': a beep stands in", name);
}

static enum bridge_err open_prompts(struct node *n, char *why, size_t why_cap)
{
	const struct config *c = &n->config;
	enum bridge_err err = prompts_open(
		&n->prompts, c->prompts.directory, c->prompts.override, "en", prompt_missing, NULL);

	if (err)
		snprintf(why, why_cap, "prompts.directory: %s/en: %s", c->prompts.directory,
			bridge_strerror(err));
	return err;
}

static enum bridge_err open_access(struct node *n)
{
	return access_alloc(&n->access, config_http_local(&n->config));
}

static void tell_access(const struct node *n)
{
	size_t count = 0;

	free(access_list(n->access, &count));
	if (count == 0 && n->config.http.listen[0])
		log_line(LOG_WARNING, NULL, "http",
			config_http_local(&n->config)
				? "%s is open to all on this machine until a token is made (partyctl token "
				  "create)"
				: "%s answers nobody until a token is made (partyctl token create)",
			n->config.http.listen);
}

/* A full disk keeps nobody from calling. */
static enum bridge_err begin_seq(struct node *n, struct store *store, uint64_t *first_seq)
{
	const enum bridge_err err = store_first_seq(store, when_now_us(), first_seq);

	if (err != BRIDGE_FILE || *first_seq == 0)
		return err;
	log_line(LOG_ERROR, NULL, "disk", "%s cannot be written, it begins all the same: %s",
		n->config.database, store_error(store));
	return BRIDGE_OK;
}

static enum bridge_err open_store(struct node *n, uint64_t *first_seq, char *why, size_t why_cap)
{
	struct store *store = NULL;
	struct site *site = NULL;
	struct learned *learned = NULL;
	uint8_t tag_key[EDIT_TAG_KEY];
	enum bridge_err err = store_open(&store, n->config.database, why, why_cap);

	if (err)
		return err;
	err = store_load_site(store, &site);
	if (!err)
		err = store_load_tokens(store, n->access);
	if (!err)
		err = begin_seq(n, store, first_seq);
	if (!err)
		err = use_site(n, site);
	if (!err)
		err = spending_load(n->dialling, store);
	if (!err)
		err = learned_load(store, &learned);
	if (!err)
		err = keeping_load(n, store, tag_key);
	if (!err)
		err = hunt_load(n, store);
	if (!err)
		err = editor_open(&n->editor, n, tag_key);
	if (!err)
		err = tariffs_load(store, &n->tariffs);
	if (!err)
		tariffs_use(n);
	if (!err)
		learned_use(n, learned);
	learned_free(learned);
	if (err) {
		snprintf(why, why_cap, "database: %s: %s", n->config.database, store_error(store));
		site_free(n->site == site ? NULL : site);
		store_close(store);
		return err;
	}
	err = writer_open(&n->writer, store);
	if (err) {
		snprintf(why, why_cap, "the disk thread cannot start");
		store_close(store);
	}
	return err;
}

static enum bridge_err open_workers(struct node *n, char *why, size_t why_cap)
{
	struct worker_handlers on = leg_worker_handlers(n);
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned wanted = n->config.media.workers ? n->config.media.workers : cores > 0 ? (unsigned)cores : 1;

	if (wanted > NODE_WORKERS_MAX)
		wanted = NODE_WORKERS_MAX;
	for (n->n_workers = 0; n->n_workers < wanted; n->n_workers++) {
		struct worker **w = &n->workers[n->n_workers];
		enum bridge_err err = worker_open(w, n->n_workers, n->config.media.mixed_talkers, &on);

		if (!err && loop_watch(n->loop, worker_fd(*w), on_worker, *w) != CALL_OK)
			err = BRIDGE_NOMEM;
		if (err) {
			snprintf(why, why_cap, "media worker %u cannot start: %s", n->n_workers,
				bridge_strerror(err));
			return err;
		}
	}
	admission_init(&n->admission, n->n_workers, n->config.media.max_load);
	return BRIDGE_OK;
}

static enum bridge_err open_http(struct node *n, uint64_t first_seq, char *why, size_t why_cap)
{
	const enum config_http how = config_http(&n->config);
	struct http_config hc = { .control = n->config.control,
		.listen = how == CONFIG_HTTP_PLAIN || how == CONFIG_HTTP_NONE ? n->config.http.listen
									      : "127.0.0.1:0",
		.behind = secure_behind_api,
		.relayed = how == CONFIG_HTTP_TLS || how == CONFIG_HTTP_EITHER,
		.on_request = api_request,
		.on_more = api_more,
		.on_listen = api_may_listen,
		.arg = n };
	enum bridge_err err = http_open(&n->http, &hc, why, why_cap);

	if (!err)
		err = event_bus_alloc(&n->bus, n->http, first_seq);
	if (!err)
		err = hooks_open(&n->hooks, n->writer, any_number);
	if (!err)
		err = retention_open(&n->retention, n->writer);
	if (!err)
		err = conditions_open(n);
	if (err)
		return err;
	retention_of_nobody(n->retention, n->config.records.keep_days);
	event_bus_sink(n->bus, on_event, n->hooks);
	return loop_watch(n->loop, hooks_fd(n->hooks), on_hooks, n->hooks) == CALL_OK &&
			       loop_every(n->loop, HOOKS_MS, on_hooks_tick, n->hooks) == CALL_OK
		       ? BRIDGE_OK
		       : BRIDGE_NOMEM;
}

/* Where calls over TLS go out from when nobody can call us over it: the host is what others see. */
static const char *way_out(const struct config *c, char out[CONFIG_TEXT])
{
	struct config_listen parts;

	for (size_t i = 0; i < c->sip.n_listen; i++)
		if (config_listen_parse(&parts, c->sip.listen[i], true)) {
			const bool v6 = strchr(parts.host, ':') != NULL;

			snprintf(out, CONFIG_TEXT, "out:%s%s%s:5061", v6 ? "[" : "", parts.host,
				v6 ? "]" : "");
			return out;
		}
	return "out:127.0.0.1:5061";
}

/* What is told in place of the address that this listens at, where an interface says so; NULL: nothing of its own. */
static const char *advertised(const struct config *c, const char *listen)
{
	struct config_listen parts;

	if (!config_listen_parse(&parts, listen, true))
		return NULL;
	for (size_t i = 0; i < c->n_interfaces; i++)
		if (c->interfaces[i].advertise[0] && strcmp(c->interfaces[i].listen, parts.host) == 0)
			return c->interfaces[i].advertise;
	return NULL;
}

static enum bridge_err open_sip(struct node *n, char *why, size_t why_cap)
{
	struct ua_config uc = { .loop = n->loop,
		.user_agent = PARTYLINE_AGENT,
		.trunks = n->trunks,
		.on = leg_call_handlers(n),
		.sip_t1_ms = n->config.sip.t1_ms,
		.behind = secure_behind,
		.known = secure_known,
		.for_number = incoming_for_number,
		.ignored = incoming_ignored,
		.advertise = n->config.sip.advertise[0] ? n->config.sip.advertise : NULL };

	char out[CONFIG_TEXT];
	bool tls = false;
	enum bridge_err err = secure_open(n, why, why_cap);

	if (err)
		return err;
	for (size_t i = 0; i < n->config.sip.n_listen && uc.n_listen < CALL_LISTEN_MAX - 1; i++) {
		const bool is_tls = config_is_tls(n->config.sip.listen[i]);

		if (is_tls && !n->config.tls.certificate[0]) {
			log_line(LOG_WARNING, NULL, "sip",
				"%s is not served: the node file names no certificate",
				n->config.sip.listen[i]);
			continue;
		}
		tls = tls || is_tls;
		uc.advertised[uc.n_listen] = advertised(&n->config, n->config.sip.listen[i]);
		uc.listen[uc.n_listen++] = n->config.sip.listen[i];
	}
	if (!tls)
		uc.listen[uc.n_listen++] = way_out(&n->config, out);
	if (ua_open(&n->ua, &uc, why, why_cap) != CALL_OK)
		return BRIDGE_FILE;
	err = secure_listen(n, why, why_cap);
	if (!err)
		err = secure_listen_api(n, why, why_cap);
	if (!err)
		atomic_store(&n->api_tls, n->tls);
	return err;
}

static enum bridge_err open_collector(struct node *n, char *why, size_t why_cap)
{
	const struct config *c = &n->config;
	const enum bridge_err err = collector_open(
		&n->collector, &(struct collector_config){ c->trace.hep, c->trace.id, c->sip.advertise });

	if (err)
		snprintf(why, why_cap, "trace.hep: %s: %s", c->trace.hep, bridge_strerror(err));
	else if (n->collector)
		trace_show(n->trace, collector_show, n->collector);
	return err;
}

static enum bridge_err open_rest(struct node *n, char *why, size_t why_cap)
{
	const struct config *c = &n->config;
	uint64_t first_seq = 1;
	enum bridge_err err;

	snprintf(why, why_cap, "out of memory");
	if (loop_open(&n->loop) != CALL_OK || trace_alloc(&n->trace, c->trace.calls, c->trace.bytes))
		return BRIDGE_NOMEM;
	err = open_collector(n, why, why_cap);
	if (!err)
		err = open_prompts(n, why, why_cap);
	if (err)
		return err;
	err = open_access(n);
	if (!err)
		err = open_store(n, &first_seq, why, why_cap);
	if (err)
		return err;
	tell_access(n);
	err = clips_open(&n->clips, n->prompts, n->writer);
	if (err)
		return err;
	if (loop_watch(n->loop, writer_fd(n->writer), on_writer, n->writer) != CALL_OK)
		return BRIDGE_NOMEM;
	err = interfaces_open(&n->interfaces, c, why, why_cap);
	if (err)
		return err;
	n->shared = shared_alloc();
	if (!n->shared)
		return BRIDGE_NOMEM;
	interfaces_use_site(n->interfaces, n->site);
	err = stir_open(n, incoming_go_on, why, why_cap);
	if (!err)
		err = open_workers(n, why, why_cap);
	if (!err)
		err = open_http(n, first_seq, why, why_cap);
	if (!err)
		err = open_sip(n, why, why_cap);
	if (!err && carriers_open(n) != BRIDGE_OK) {
		snprintf(why, why_cap, "dns: %s: no resolver can be started", n->config.dns);
		err = BRIDGE_FILE;
	}
	if (err)
		return err;
	/* Last: opening SIP lets the loop run, and a request may come already that asks for SIP's figures. */
	if (loop_watch(n->loop, http_fd(n->http), on_http, n->http) != CALL_OK)
		return BRIDGE_NOMEM;
	return node_beat_start(n);
}

enum bridge_err node_open(struct node **out, const struct config *config, char *why, size_t why_cap)
{
	struct node *n = calloc(1, sizeof(*n));
	enum bridge_err err;

	if (!n)
		return BRIDGE_NOMEM;
	heap_begin(&n->heap);
	n->config = *config;
	n->started_us = when_now_us();
	err = open_rest(n, why, why_cap);
	if (err) {
		node_close(n);
		return err;
	}
	*out = n;
	return BRIDGE_OK;
}

void node_run(struct node *n)
{
	loop_run(n->loop);
}

static void all_gone(void *arg)
{
	struct node *n = arg;

	loop_stop(n->loop);
}

void node_stop(struct node *n)
{
	if (n->stopping)
		return;
	n->stopping = true;
	log_line(LOG_INFO, NULL, "node", "stopping: BYE to %u calls", n->n_legs);
	ua_shutdown(n->ua, SHUTDOWN_MS, all_gone, n);
}

/* All calls have ended, and their legs are out when their workers have had a tick: then they write their records.  A worker that the
 * machine keeps from running takes longer, and is not waited for without end. */
static void settle_legs(struct node *n)
{
	const uint64_t until_us = loop_now_us() + SETTLE_MS * 1000ull;
	struct pollfd come[NODE_WORKERS_MAX];

	for (unsigned i = 0; i < n->n_workers; i++)
		come[i] = (struct pollfd){ .fd = worker_fd(n->workers[i]), .events = POLLIN };
	do
		for (unsigned i = 0; i < n->n_workers; i++)
			worker_poll(n->workers[i]);
	while (n->n_legs > 0 && loop_now_us() < until_us && poll(come, n->n_workers, SETTLE_LOOK_MS) >= 0);
	if (n->n_legs > 0)
		log_line(LOG_ERROR, NULL, "node", "%u calls have left no record", n->n_legs);
}

struct node *node_close(struct node *n)
{
	if (!n)
		return NULL;
	/* Who has asked the disk something gets the answer while all is there that it may change; nobody asks any more. */
	if (n->http)
		loop_unwatch(n->loop, http_fd(n->http));
	if (n->writer)
		writer_settle(n->writer);
	hunt_close_all(n);
	dialout_close_all(n);
	if (n->writer)
		learned_close(n);
	if (n->loop)
		carriers_close(n);
	n->ua = ua_close(n->ua);
	if (n->loop)
		stir_close(n);
	settle_legs(n);
	for (unsigned i = 0; i < n->n_workers; i++) {
		loop_unwatch(n->loop, worker_fd(n->workers[i]));
		worker_stop(n->workers[i]);
	}
	for (unsigned i = 0; i < n->n_workers; i++)
		n->workers[i] = worker_close(n->workers[i]);
	n->shared = shared_free(n->shared);
	n->bus = event_bus_free(n->bus);
	n->http = http_close(n->http);
	secure_close(n); /* after the API, which answers through it */
	exports_close(n);
	api_looks_close(n);
	if (n->hooks)
		loop_unwatch(n->loop, hooks_fd(n->hooks));
	if (n->writer && n->dialling)
		spending_close(n);
	n->hooks = hooks_close(n->hooks); /* drains the writer: nothing is written after it */
	if (n->writer)
		loop_unwatch(n->loop, writer_fd(n->writer));
	n->writer = writer_close(n->writer);
	n->editor = editor_close(n->editor);
	conditions_close(n);
	n->idempotence = idempotence_free(n->idempotence);
	n->retention = retention_close(n->retention);
	n->access = access_free(n->access);
	n->clips = clips_close(n->clips);
	n->interfaces = interfaces_close(n->interfaces);
	n->prompts = prompts_close(n->prompts);
	n->loop = loop_close(n->loop);
	n->trace = trace_free(n->trace);
	n->collector = collector_close(n->collector);
	trunks_free(n->trunks);
	dialling_free(n->dialling);
	tariffs_free(n->tariffs);
	plan_free(n->plan);
	signing_free(n->signing);
	site_free(n->site);
	free(n->legs);
	channels_clear(&n->channels);
	free(n);
	return NULL;
}
