#include "bridge/node.h"
#include "bridge/api.h"
#include "bridge/carrier.h"
#include "bridge/dialout.h"
#include "bridge/editor.h"
#include "bridge/idempotence.h"
#include "bridge/incoming.h"
#include "bridge/leg.h"
#include "bridge/retention.h"
#include "bridge/signing.h"
#include "bridge/stir.h"
#include "bridge/trace.h"
#include "bridge/meeting.h"
#include "bridge/secure.h"
#include "bridge/spending.h"
#include "bridge/trace.h"
#include "bridge/version.h"
#include "bridge/webhook.h"
#include <malloc.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TICK_MS = PULSE_BEAT_US / 1000, HOOKS_MS = 1000, STATS_MS = 5000, SHUTDOWN_MS = 4000 };

unsigned node_worker_number(const struct node *n, const struct worker *w)
{
	unsigned i = 0;

	while (i < n->n_workers && n->workers[i] != w)
		i++;
	return i;
}

void node_random(void *out, size_t len)
{
	if (RAND_bytes(out, (int)len) != 1)
		abort(); /* without randomness neither tokens nor SSRCs are safe */
}

void node_token(char *out, size_t hex_chars)
{
	static const char hex[] = "0123456789abcdef";

	node_random(out, hex_chars);
	for (size_t i = 0; i < hex_chars; i++)
		out[i] = hex[out[i] & 15];
	out[hex_chars] = '\0';
}

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

static uint64_t thread_cpu_us(void)
{
	struct timespec cpu;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
	return (uint64_t)cpu.tv_sec * 1000000u + (uint64_t)cpu.tv_nsec / 1000u;
}

static void on_tick(void *arg)
{
	struct node *n = arg;
	const uint64_t now_us = loop_now_us();

	heap_look(&n->heap);
	pulse_beat(&n->pulse, now_us, thread_cpu_us());
	leg_tick_all(n, now_us);
	carriers_tick(n, now_us);
	dialout_tick_all(n, now_us);
}

/* A large site is read with ten times the memory that it keeps. */
static void give_back(struct node *n)
{
	if (n->trim_due)
		malloc_trim(0);
	n->trim_due = false;
}

/* Calls go on while the disk is full or away; that they do so without a record on it is told once, and its end. */
static void tell_disk(struct node *n)
{
	struct writer_stats s;

	writer_stats(n->writer, &s);
	if (s.disk_ok != n->disk_told)
		return;
	n->disk_told = !s.disk_ok;
	if (s.disk_ok)
		log_line(LOG_WARNING, NULL, "disk", "%s can be written again", n->config.database);
	else
		log_line(LOG_ERROR, NULL, "disk", "%s cannot be written, call records wait in memory: %s",
			n->config.database, s.why);
	event_emit(n->bus, s.disk_ok ? "disk.recovered" : "disk.failed",
		json_pack("{s:s, s:i, s:I}", "why", s.disk_ok ? "" : s.why, "waiting", (int)s.waiting, "lost",
			(json_int_t)s.lost));
}

static void on_second(void *arg)
{
	spending_save(arg);
	tell_disk(arg);
}

static void on_stats(void *arg)
{
	struct node *n = arg;

	leg_ask_stats_all(arg);
	retention_tick(n->retention, n->site, when_now_us());
	secure_tick(arg);
	give_back(arg);
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

/* Nobody but this machine's own people can reach it. */
static bool on_loopback(const char *listen)
{
	return strncmp(listen, "127.", 4) == 0 || strncmp(listen, "[::1]", 5) == 0;
}

static enum bridge_err open_access(struct node *n)
{
	return access_alloc(&n->access, on_loopback(n->config.http.listen));
}

static void tell_access(const struct node *n)
{
	size_t count = 0;

	free(access_list(n->access, &count));
	if (count == 0 && n->config.http.listen[0])
		log_line(LOG_WARNING, NULL, "http",
			on_loopback(n->config.http.listen)
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
		err = spending_load(n, store);
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
	struct http_config hc = { .control = n->config.control,
		.listen = n->config.http.listen,
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
		err = editor_open(&n->editor, n);
	if (!err)
		err = idempotence_alloc(&n->idempotence);
	if (!err)
		err = retention_open(&n->retention, n->writer);
	if (err)
		return err;
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
		.advertise = n->config.sip.advertise[0] ? n->config.sip.advertise : NULL };

	char out[CONFIG_TEXT];
	bool tls = false;
	enum bridge_err err = secure_open(n, why, why_cap);

	if (err)
		return err;
	for (size_t i = 0; i < n->config.sip.n_listen && uc.n_listen < CALL_LISTEN_MAX - 1; i++) {
		if (strncmp(n->config.sip.listen[i], "tls:", 4) == 0 && !n->config.tls.certificate[0]) {
			log_line(LOG_WARNING, NULL, "sip",
				"%s is not served: the node file names no certificate",
				n->config.sip.listen[i]);
			continue;
		}
		tls = tls || strncmp(n->config.sip.listen[i], "tls:", 4) == 0;
		uc.listen[uc.n_listen++] = n->config.sip.listen[i];
	}
	if (!tls)
		uc.listen[uc.n_listen++] = way_out(&n->config, out);
	if (ua_open(&n->ua, &uc, why, why_cap) != CALL_OK)
		return BRIDGE_FILE;
	return secure_listen(n, why, why_cap);
}

static enum bridge_err open_rest(struct node *n, char *why, size_t why_cap)
{
	const struct config *c = &n->config;
	uint64_t first_seq = 1;
	enum bridge_err err;

	snprintf(why, why_cap, "out of memory");
	if (loop_open(&n->loop) != CALL_OK || trace_alloc(&n->trace, c->trace.calls, c->trace.bytes))
		return BRIDGE_NOMEM;
	err = open_prompts(n, why, why_cap);
	if (err)
		return err;
	err = open_access(n);
	if (!err)
		err = open_store(n, &first_seq, why, why_cap);
	if (err)
		return err;
	tell_access(n);
	if (loop_watch(n->loop, writer_fd(n->writer), on_writer, n->writer) != CALL_OK)
		return BRIDGE_NOMEM;
	err = ports_alloc(&n->ports, c->rtp.listen, c->rtp.first_port, c->rtp.last_port);
	if (err) {
		snprintf(why, why_cap, "rtp: no port pair of %u-%u at %s can be used", c->rtp.first_port,
			c->rtp.last_port, c->rtp.listen);
		return err;
	}
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
	pulse_begin(&n->pulse, loop_now_us(), thread_cpu_us());
	/* Last: opening SIP lets the loop run, and a request may come already that asks for SIP's figures. */
	if (loop_watch(n->loop, http_fd(n->http), on_http, n->http) != CALL_OK ||
		loop_every(n->loop, TICK_MS, on_tick, n) != CALL_OK ||
		loop_every(n->loop, STATS_MS, on_stats, n) != CALL_OK ||
		loop_every(n->loop, SPENDING_EVERY_MS, on_second, n) != CALL_OK)
		return BRIDGE_NOMEM;
	return BRIDGE_OK;
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

struct node *node_close(struct node *n)
{
	if (!n)
		return NULL;
	dialout_close_all(n);
	if (n->loop)
		carriers_close(n);
	n->ua = ua_close(n->ua);
	secure_close(n);
	if (n->loop)
		stir_close(n);
	for (unsigned i = 0; i < n->n_workers; i++) {
		worker_poll(n->workers[i]); /* legs that are out write their records */
		loop_unwatch(n->loop, worker_fd(n->workers[i]));
		n->workers[i] = worker_close(n->workers[i]);
	}
	if (n->http)
		loop_unwatch(n->loop, http_fd(n->http));
	n->bus = event_bus_free(n->bus);
	n->http = http_close(n->http);
	exports_close(n);
	if (n->hooks)
		loop_unwatch(n->loop, hooks_fd(n->hooks));
	if (n->writer && n->dialling)
		spending_close(n);
	n->hooks = hooks_close(n->hooks); /* drains the writer: nothing is written after it */
	if (n->writer)
		loop_unwatch(n->loop, writer_fd(n->writer));
	n->writer = writer_close(n->writer);
	n->editor = editor_close(n->editor);
	n->idempotence = idempotence_free(n->idempotence);
	n->retention = retention_close(n->retention);
	n->access = access_free(n->access);
	n->ports = ports_free(n->ports);
	n->prompts = prompts_close(n->prompts);
	n->loop = loop_close(n->loop);
	n->trace = trace_free(n->trace);
	trunks_free(n->trunks);
	dialling_free(n->dialling);
	plan_free(n->plan);
	signing_free(n->signing);
	site_free(n->site);
	free(n->legs);
	free(n);
	return NULL;
}
