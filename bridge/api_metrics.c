#include "bridge/api.h"
#include "bridge/carrier.h"
#include "bridge/collector.h"
#include "bridge/clips.h"
#include "bridge/dips.h"
#include "bridge/openmetrics.h"
#include "bridge/spending.h"
#include "bridge/trace.h"
#include "bridge/stir.h"
#include "bridge/webhook.h"
#include "bridge/secure.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct page {
	char *text;
	size_t len, cap;
};

static void put(struct page *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool grow(struct page *p, size_t need)
{
	const size_t cap = p->cap * 2 + need;
	char *more = realloc(p->text, cap);

	if (!more)
		return false;
	p->text = more;
	p->cap = cap;
	return true;
}

static void put(struct page *p, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(p->text + p->len, p->cap - p->len, format, args);
	va_end(args);
	if (n > 0 && (size_t)n >= p->cap - p->len && grow(p, (size_t)n)) {
		va_start(args, format);
		n = vsnprintf(p->text + p->len, p->cap - p->len, format, args);
		va_end(args);
	}
	if (n > 0 && (size_t)n < p->cap - p->len)
		p->len += (size_t)n;
}

static void gauge(struct page *p, const char *name, const char *help, double value)
{
	put(p, "# HELP partyline_%s %s\n# TYPE partyline_%s gauge\npartyline_%s %g\n", name, help, name, name,
		value);
}

static void counter(struct page *p, const char *name, const char *help, uint64_t value)
{
	put(p, "# HELP partyline_%s_total %s\n# TYPE partyline_%s_total counter\npartyline_%s_total %llu\n",
		name, help, name, name, (unsigned long long)value);
}

/* One series per trunk: gateways come and go with name servers, trunks with the operator. */
static void trunk_lines(struct page *p, const struct node *n)
{
	static const struct {
		const char *name, *type, *help;
	} series[] = {
		{ "gateways_up", "gauge", "addresses of the trunk's gateways that may be called" },
		{ "registered", "gauge", "its gateways that hold a registration of ours" },
		{ "dialled_total", "counter", "calls tried through the trunk" },
		{ "answered_total", "counter", "those of them that were answered" },
		{ "talk_seconds_total", "counter", "how long answered ones lasted" },
		{ "answer_ratio", "gauge", "answered among the last calls (ASR); 1 when there were none" },
		{ "talk_seconds_mean", "gauge", "how long an answered one lasts (ACD)" },
		{ "post_dial_seconds", "gauge",
			"from INVITE to ringing or answer (PDD), smoothed; 0: not known" },
		{ "quality_low", "gauge", "1 while it does worse than its `quality` wants" },
		{ "round_trip_seconds", "gauge", "of OPTIONS to its gateways, smoothed; 0: not known" },
	};
	const uint64_t now_us = loop_now_us();

	for (size_t s = 0; s < sizeof(series) / sizeof(*series); s++) {
		put(p, "# HELP partyline_trunk_%s %s\n# TYPE partyline_trunk_%s %s\n", series[s].name,
			series[s].help, series[s].name, series[s].type);
		for (const struct carrier *c = n->carriers; c; c = c->next) {
			double values[sizeof(series) / sizeof(*series)];
			struct figures f;

			figures_of(&f, c, now_us);
			values[0] = f.n_usable;
			values[1] = f.n_registered;
			values[2] = (double)f.dialled;
			values[3] = (double)f.answered;
			values[4] = (double)f.talked_s;
			values[5] = f.answer_percent / 100.0;
			values[6] = f.talk_ms / 1e3;
			values[7] = f.post_dial_us / 1e6;
			values[8] = c->repute.low;
			values[9] = f.round_trip_us / 1e6;
			put(p, "partyline_trunk_%s{trunk=\"%s\"} %.10g\n", series[s].name, c->name,
				values[s]);
		}
	}
}

/* Trunks times two times CAUSE_CLASSES at most; what has never happened has no line. */
static void ended_lines(struct page *p, const struct node *n)
{
	static const char *const ways[] = { "in", "out" };

	put(p, "# HELP partyline_trunk_calls_ended_total calls of the trunk that have ended, by class of "
	       "Q.850 cause\n"
	       "# TYPE partyline_trunk_calls_ended_total counter\n");
	for (const struct carrier *c = n->carriers; c; c = c->next)
		for (unsigned way = 0; way < 2; way++)
			for (unsigned class = 0; class < CAUSE_CLASSES; class ++)
				if (c->tally.ended[way][class])
					put(p,
						"partyline_trunk_calls_ended_total{trunk=\"%s\",direction=\"%"
						"s\","
						"cause=\"%s\"} %llu\n",
						c->name, ways[way], cause_class_name(class),
						(unsigned long long)c->tally.ended[way][class]);
}

static void trace_lines(struct page *p, const struct node *n)
{
	struct collector_stats c;
	struct trace_stats t;

	trace_stats(n->trace, &t);
	gauge(p, "trace_calls", "calls whose signalling is kept", t.calls);
	gauge(p, "trace_bytes", "memory that takes", (double)t.bytes);
	counter(p, "trace_forgotten", "calls that had to make room", t.forgotten);
	collector_stats(n->collector, &c);
	counter(p, "hep_sent", "messages given to the trace's collector", c.sent);
	counter(p, "hep_dropped", "messages that could not be given to it", c.dropped);
}

static void worker_lines(struct page *p, struct node *n)
{
	static const struct {
		const char *name, *type, *help;
	} series[] = {
		{ "worker_legs", "gauge", "legs of this media worker" },
		{ "worker_busy_ratio", "gauge", "CPU time over wall time of this media worker" },
		{ "worker_used_ratio", "gauge",
			"work of this media worker's slots over the last second, by the wall clock" },
		{ "worker_budget_p99_ratio", "gauge",
			"share of its time up to a late tick that 99 of 100 slots stayed within, last four "
			"seconds" },
		{ "worker_margin_ratio", "gauge", "what is left of both" },
		{ "worker_refuses", "gauge", "1 when this media worker takes no new legs" },
		{ "worker_ticks_total", "counter", "ticks run" },
		{ "worker_late_ticks_total", "counter", "ticks that began over 5 ms late" },
		{ "worker_kept_waiting_ticks_total", "counter",
			"of the late ticks, those late because the machine did not let the worker run" },
		{ "worker_skipped_ticks_total", "counter",
			"frames given up because a tick was too late to make them good" },
		{ "worker_events_dropped_total", "counter",
			"events that found the ring to the control thread full" },
		{ "worker_offers_missed_total", "counter",
			"sound of a spread meeting's other workers that came too late for a tick" },
		{ "worker_strangers_total", "counter", "packets at shared RTP ports that were no call's" },
	};

	for (size_t s = 0; s < sizeof(series) / sizeof(*series); s++) {
		put(p, "# HELP partyline_%s %s\n# TYPE partyline_%s %s\n", series[s].name, series[s].help,
			series[s].name, series[s].type);
		for (unsigned i = 0; i < n->n_workers; i++) {
			struct worker_load load;
			double values[sizeof(series) / sizeof(*series)];

			worker_load(n->workers[i], &load);
			values[0] = load.n_legs;
			values[1] = load.busy_permille / 1000.0;
			values[2] = load.margin.used_permille / 1000.0;
			values[3] = load.margin.p99_permille / 1000.0;
			values[4] = margin_left(&load.margin) / 1000.0;
			values[5] = n->admission.workers[i].closed;
			values[6] = (double)load.ticks;
			values[7] = (double)load.late_ticks;
			values[8] = (double)load.kept_waiting_ticks;
			values[9] = (double)load.skipped_ticks;
			values[10] = (double)load.events_dropped;
			values[11] = (double)load.offers_missed;
			values[12] = (double)load.strangers;
			put(p, "partyline_%s{worker=\"%u\"} %.10g\n", series[s].name, i, values[s]);
		}
	}
}

static void mos_lines(struct page *p, const char *direction, const struct tally_mos *t)
{
	for (unsigned i = 0; i < TALLY_STEPS; i++)
		put(p, "partyline_call_mos_bucket{direction=\"%s\",le=\"%g\"} %llu\n", direction,
			tally_step(i), (unsigned long long)t->at_most[i]);
	put(p, "partyline_call_mos_bucket{direction=\"%s\",le=\"+Inf\"} %llu\n", direction,
		(unsigned long long)t->n);
	put(p, "partyline_call_mos_sum{direction=\"%s\"} %.10g\n", direction,
		(double)t->sum_hundredths / 100);
	put(p, "partyline_call_mos_count{direction=\"%s\"} %llu\n", direction, (unsigned long long)t->n);
}

static void sound_lines(struct page *p, const struct tally *t)
{
	put(p, "# HELP partyline_call_mos MOS (ITU-T G.107) of ended calls; rx: from the caller, tx: to the "
	       "caller\n"
	       "# TYPE partyline_call_mos histogram\n");
	mos_lines(p, "rx", &t->rx);
	mos_lines(p, "tx", &t->tx);
	put(p, "# HELP partyline_one_way_total calls found to have one-way audio\n"
	       "# TYPE partyline_one_way_total counter\n");
	for (unsigned kind = ONEWAY_NONE + 1; kind < TALLY_ONE_WAYS; kind++)
		put(p, "partyline_one_way_total{kind=\"%s\"} %llu\n", oneway_name((enum oneway_kind)kind),
			(unsigned long long)t->one_way[kind]);
	counter(p, "echo", "calls found to return our own sound", t->echo);
}

static void caller_lines(struct page *p, const struct node *n)
{
	put(p, "# HELP partyline_callers_total callers whose number was to be proven (STIR), by verdict\n"
	       "# TYPE partyline_callers_total counter\n");
	for (enum verstat v = VERSTAT_NONE; v <= VERSTAT_FAILED; v++)
		put(p, "partyline_callers_total{verstat=\"%s\"} %llu\n", verstat_words(v),
			(unsigned long long)stir_count(n, v));
}

static void dips_lines(struct page *p, const struct node *n)
{
	put(p, "# HELP partyline_dips_total questions about numbers to name servers, by what came of them\n"
	       "# TYPE partyline_dips_total counter\n");
	for (enum dips_result r = DIPS_FOUND; r < DIPS_RESULTS; r++) {
		const char *word;
		const uint64_t count = dips_count(n->dips, r, &word);

		put(p, "partyline_dips_total{result=\"%s\"} %llu\n", word, (unsigned long long)count);
	}
	counter(p, "dips_remembered", "those of them that no name server was asked for",
		dips_remembered(n->dips));
}

static void interface_lines(struct page *p, const struct node *n)
{
	struct interface_figures f;

	put(p, "# HELP partyline_interface_rtp_pairs RTP port pairs of each interface\n"
	       "# TYPE partyline_interface_rtp_pairs gauge\n");
	for (size_t i = 0; interfaces_figures(n->interfaces, i, &f); i++)
		put(p, "partyline_interface_rtp_pairs{interface=\"%s\"} %zu\n", f.name, f.count.all);
	put(p, "# HELP partyline_interface_rtp_pairs_used those of them that are in use\n"
	       "# TYPE partyline_interface_rtp_pairs_used gauge\n");
	for (size_t i = 0; interfaces_figures(n->interfaces, i, &f); i++)
		put(p, "partyline_interface_rtp_pairs_used{interface=\"%s\"} %zu\n", f.name, f.count.used);
	put(p, "# HELP partyline_interface_rtp_refused_total calls that found no RTP port there\n"
	       "# TYPE partyline_interface_rtp_refused_total counter\n");
	for (size_t i = 0; interfaces_figures(n->interfaces, i, &f); i++)
		put(p, "partyline_interface_rtp_refused_total{interface=\"%s\"} %llu\n", f.name,
			(unsigned long long)f.refused);
}

static void answer(struct node *n, const struct http_request *request, const struct page *p)
{
	size_t len;
	char *text = openmetrics_wanted(request->accept) ? openmetrics_page(p->text, p->len, &len) : NULL;

	if (text)
		http_reply(n->http, request->id, 200, OPENMETRICS_TYPE, text, len);
	else
		http_reply(n->http, request->id, 200, "text/plain; version=0.0.4", p->text, p->len);
	free(text);
}

static void size_lines(struct page *p, struct node *n)
{
	const struct heap_use heap = heap_use();

	gauge(p, "calls", "live calls", n->n_legs);
	gauge(p, "heap_used_bytes", "memory in use", (double)heap.used);
	gauge(p, "heap_free_bytes", "memory that malloc holds for later, touched or not", (double)heap.free);
	gauge(p, "meetings_open", "meetings with somebody in them", n->n_meetings);
	gauge(p, "rtp_ports_used", "RTP port pairs in use", (double)interfaces_used(n->interfaces));
}

static void sip_lines(struct page *p, const struct node *n)
{
	struct call_stats sip;

	ua_stats(n->ua, &sip);
	counter(p, "invites", "INVITEs of known trunks", sip.invites);
	counter(p, "refused", "calls refused", sip.refused);
	counter(p, "strangers_refused", "requests of strangers that got an answer", sip.stranger_refused);
	counter(p, "strangers_silent", "requests of strangers that got none", sip.stranger_silent);
	counter(p, "malformed", "SIP messages that could not be used", sip.malformed);
}

static void disk_lines(struct page *p, const struct node *n)
{
	struct writer_stats writer;

	writer_stats(n->writer, &writer);
	counter(p, "records_written", "call records and sites written", writer.written);
	counter(p, "records_lost", "call records that could not be kept", writer.lost);
	gauge(p, "records_waiting", "call records waiting for the disk", writer.waiting);
	gauge(p, "disk_ok", "1 when the database can be written", writer.disk_ok);
}

static void prompt_lines(struct page *p, const struct node *n)
{
	struct clips_stats clips;

	clips_stats(n->clips, &clips);
	gauge(p, "prompt_formats", "formats that prompts lie encoded in, or are being encoded",
		clips.formats);
	gauge(p, "prompt_formats_ready", "of them, those with all prompts", clips.ready);
	gauge(p, "prompt_formats_bytes", "memory that takes", (double)clips.bytes);
}

static void budget_lines(struct page *p, const struct node *n)
{
	gauge(p, "accounts_blocked", "accounts whose calls are blocked because they looked like fraud",
		spending_blocked(n));
	counter(p, "over_budget", "calls of ours that an account's ceilings or a block refused",
		n->tally.over_budget);
}

static void hook_lines(struct page *p, const struct node *n)
{
	struct hooks_stats hooks;

	hooks_stats(n->hooks, &hooks);
	counter(p, "webhook_delivered", "events that reached their webhook", hooks.delivered);
	counter(p, "webhook_failed_tries", "tries to deliver an event that failed", hooks.failed_tries);
	counter(p, "webhook_lost", "events given up, or that the disk would not take",
		hooks.lost + hooks.given_up);
}

static void control_lines(struct page *p, struct node *n)
{
	const int64_t expires_s = secure_expires_s(n);

	gauge(p, "control_lag_seconds", "how late the control thread comes to its work, last two seconds",
		pulse_lag_us(&n->pulse) / 1e6);
	gauge(p, "control_busy_ratio", "CPU time over wall time of the control thread",
		pulse_cpu_permille(&n->pulse) / 1000.0);
	gauge(p, "control_refuses", "1 when new calls are refused because of it", pulse_busy(&n->pulse));
	if (expires_s)
		gauge(p, "tls_certificate_seconds", "until our certificate expires",
			(double)expires_s - (double)when_now_us() / 1e6);
}

void api_metrics(struct node *n, const struct http_request *request, const char *word)
{
	struct page p = { .cap = 65536 };

	(void)word;
	p.text = malloc(p.cap);
	if (!p.text) {
		api_reply(n, request->id, 503, NULL);
		return;
	}
	size_lines(&p, n);
	interface_lines(&p, n);
	dips_lines(&p, n);
	sip_lines(&p, n);
	disk_lines(&p, n);
	prompt_lines(&p, n);
	budget_lines(&p, n);
	sound_lines(&p, &n->tally);
	caller_lines(&p, n);
	hook_lines(&p, n);
	control_lines(&p, n);
	worker_lines(&p, n);
	trunk_lines(&p, n);
	ended_lines(&p, n);
	trace_lines(&p, n);
	answer(n, request, &p);
	free(p.text);
}
