#include "tools/crowd_report.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { STATUS_MAX = 700 };

struct sum { /* of one group */
	unsigned placed, answered, planned, refused, timeout, dropped, unusable;
	unsigned by_status[STATUS_MAX];
	unsigned retry_n, retry_min_s, retry_max_s; /* refusals that said when to come again */
	uint64_t sent, received, lost, late, retransmits;
	uint32_t *setup_us; /* owned, sorted */
	size_t n_setup;
};

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static double percentile_ms(const uint32_t *sorted_us, size_t n, double p)
{
	if (n == 0)
		return 0.0;
	size_t i = (size_t)((double)(n - 1) * p + 0.5);
	return sorted_us[i] / 1000.0;
}

static const struct crowd_caller *caller(const struct crowd_run *run, unsigned gi, uint32_t i)
{
	return &run->callers[run->groups[gi].first + i];
}

static void add_retry(struct sum *s, unsigned seconds)
{
	if (!seconds)
		return;
	if (!s->retry_n++ || seconds < s->retry_min_s)
		s->retry_min_s = seconds;
	if (seconds > s->retry_max_s)
		s->retry_max_s = seconds;
}

static void add_call(struct sum *s, const struct crowd_caller *c)
{
	const struct crowd_call *call = &c->call;

	s->placed += call->started_us > 0;
	s->answered += call->answered_us > 0;
	s->planned += call->end == CROWD_END_PLANNED;
	s->timeout += call->end == CROWD_END_TIMEOUT;
	s->dropped += call->end == CROWD_END_FAR;
	s->unusable += call->end == CROWD_END_UNUSABLE;
	if (call->end == CROWD_END_REFUSED) {
		s->refused++;
		s->by_status[call->status < STATUS_MAX ? call->status : 0]++;
		add_retry(s, call->retry_after_s);
	}
	s->sent += c->stream.sent;
	s->received += c->stream.received;
	s->lost += crowd_stream_lost(&c->stream);
	s->late += c->stream.late;
	s->retransmits += call->retransmits;
	if (call->answered_us && s->setup_us)
		s->setup_us[s->n_setup++] = (uint32_t)(call->answered_us - call->started_us);
}

static struct sum sum_up(const struct crowd_run *run, unsigned gi)
{
	const struct crowd_group *g = &run->options.groups[gi];
	struct sum s = { .setup_us = calloc(g->calls, sizeof(uint32_t)) };

	for (uint32_t i = 0; i < g->calls; i++)
		add_call(&s, caller(run, gi, i));
	if (s.n_setup > 0)
		qsort(s.setup_us, s.n_setup, sizeof(*s.setup_us), by_size);
	return s;
}

static void sort_delays(const struct crowd_run *run, unsigned gi)
{
	if (run->groups[gi].delays.n > 0)
		qsort(run->groups[gi].delays.us, run->groups[gi].delays.n, sizeof(uint32_t), by_size);
}

bool crowd_went_well(const struct crowd_run *run)
{
	for (uint32_t i = 0; i < run->options.n_calls; i++)
		if (run->callers[i].call.end != CROWD_END_PLANNED)
			return false;
	return !run->interrupted;
}

static const char *codec_name(const struct crowd_group *g)
{
	return g->codec == CODEC_NONE ? "mix" : codec_info(g->codec)->name;
}

static void print_heard(const struct crowd_run *run, unsigned gi, FILE *to)
{
	const struct crowd_group *g = &run->options.groups[gi];

	fprintf(to, "\nheard by group %u, in dBov\n%8s", gi + 1, "call");
	for (unsigned k = 0; k < g->n_hear; k++)
		fprintf(to, " %6u Hz", g->hear_hz[k]);
	fprintf(to, " %9s\n", "all");
	for (uint32_t i = 0; i < g->calls; i++) {
		const struct crowd_ear *ear = caller(run, gi, i)->ear;
		fprintf(to, "%8u", i + 1);
		for (unsigned k = 0; ear && k < g->n_hear; k++)
			fprintf(to, " %9.1f", crowd_ear_level(ear, g->hear_hz[k]));
		fprintf(to, " %9.1f\n", ear ? crowd_ear_loudness(ear) : -127.0);
	}
}

void crowd_print_table(const struct crowd_run *run, FILE *to)
{
	fprintf(to, "%5s %-5s %6s %8s %7s %7s %7s %13s %10s %10s %7s %6s\n", "group", "codec", "placed",
		"answered", "refused", "dropped", "no end", "setup p50/p99", "RTP sent", "received", "lost",
		"late");
	for (unsigned gi = 0; gi < run->options.n_groups; gi++) {
		const struct crowd_group *g = &run->options.groups[gi];
		struct sum s = sum_up(run, gi);
		fprintf(to, "%5u %-5s %6u %8u %7u %7u %7u %6.0f/%3.0f ms %10llu %10llu %7llu %6llu\n", gi + 1,
			codec_name(g), s.placed, s.answered, s.refused, s.dropped, s.timeout + s.unusable,
			percentile_ms(s.setup_us, s.n_setup, 0.5), percentile_ms(s.setup_us, s.n_setup, 0.99),
			(unsigned long long)s.sent, (unsigned long long)s.received,
			(unsigned long long)s.lost, (unsigned long long)s.late);
		for (unsigned status = 0; status < STATUS_MAX; status++)
			if (s.by_status[status])
				fprintf(to, "      refused with %u: %u\n", status, s.by_status[status]);
		free(s.setup_us);
	}
	for (unsigned gi = 0; gi < run->options.n_groups; gi++) {
		const struct crowd_delays *d = &run->groups[gi].delays;
		if (run->options.groups[gi].n_hear > 0)
			print_heard(run, gi, to);
		sort_delays(run, gi);
		if (d->n > 0)
			fprintf(to, "\nmouth to ear of group %u: median %.1f ms, p99 %.1f ms of %zu bursts\n",
				gi + 1, percentile_ms(d->us, d->n, 0.5), percentile_ms(d->us, d->n, 0.99),
				d->n);
	}
	if (run->strays || run->unsent || run->late_sends)
		fprintf(to,
			"\nfrom nobody known: %llu packets; not taken by the kernel: %llu; crowd itself over "
			"5 ms late: "
			"%llu times\n",
			(unsigned long long)run->strays, (unsigned long long)run->unsent,
			(unsigned long long)run->late_sends);
}

static json_t *json_call(const struct crowd_caller *c)
{
	const struct crowd_call *call = &c->call;
	json_t *j = json_pack("{s:i, s:s, s:s, s:i, s:s, s:i}", "call", (int)c->index + 1, "call_id",
		call->call_id, "to", call->to_uri, "status", (int)call->status, "ended",
		crowd_end_text(call->end), "pressed", (int)c->pressed);

	json_object_set_new(j, "codec", json_string(codec_info(c->voice->format.id)->name));
	json_object_set_new(j, "talks", json_boolean(c->talks));
	if (call->answered_us) {
		json_object_set_new(
			j, "setup_ms", json_real((double)(call->answered_us - call->started_us) / 1000.0));
		json_object_set_new(
			j, "seconds", json_real((double)(call->ended_us - call->answered_us) / 1e6));
	}
	json_object_set_new(j, "sent", json_integer((json_int_t)c->stream.sent));
	json_object_set_new(j, "received", json_integer((json_int_t)c->stream.received));
	json_object_set_new(j, "lost", json_integer((json_int_t)crowd_stream_lost(&c->stream)));
	json_object_set_new(j, "late", json_integer((json_int_t)c->stream.late));
	json_object_set_new(j, "reordered", json_integer((json_int_t)c->stream.reordered));
	if (c->ear && c->group->n_hear > 0) {
		json_t *heard = json_array();
		for (unsigned k = 0; k < c->group->n_hear; k++)
			json_array_append_new(
				heard, json_pack("{s:i, s:f}", "hz", (int)c->group->hear_hz[k], "dbov",
					       crowd_ear_level(c->ear, c->group->hear_hz[k])));
		json_object_set_new(j, "heard", heard);
		json_object_set_new(j, "loudness_dbov", json_real(crowd_ear_loudness(c->ear)));
	}
	return j;
}

static json_t *json_group(const struct crowd_run *run, unsigned gi)
{
	const struct crowd_group *g = &run->options.groups[gi];
	const struct crowd_delays *d = &run->groups[gi].delays;
	struct sum s = sum_up(run, gi);
	json_t *refused = json_object(), *calls = json_array();

	for (unsigned status = 0; status < STATUS_MAX; status++) {
		char text[8];
		snprintf(text, sizeof(text), "%u", status);
		if (s.by_status[status])
			json_object_set_new(refused, text, json_integer(s.by_status[status]));
	}
	for (uint32_t i = 0; i < g->calls; i++)
		json_array_append_new(calls, json_call(caller(run, gi, i)));
	json_t *j = json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:o, s:{s:f, s:f, s:f}}", "to",
		g->to, "codec", codec_name(g), "placed", (int)s.placed, "answered", (int)s.answered,
		"planned", (int)s.planned, "timeout", (int)s.timeout, "dropped", (int)s.dropped, "unusable",
		(int)s.unusable, "retransmits", (int)s.retransmits, "refused", refused, "setup_ms", "p50",
		percentile_ms(s.setup_us, s.n_setup, 0.5), "p99", percentile_ms(s.setup_us, s.n_setup, 0.99),
		"max", percentile_ms(s.setup_us, s.n_setup, 1.0));
	json_object_set_new(j, "rtp",
		json_pack("{s:I, s:I, s:I, s:I}", "sent", (json_int_t)s.sent, "received",
			(json_int_t)s.received, "lost", (json_int_t)s.lost, "late", (json_int_t)s.late));
	if (s.retry_n)
		json_object_set_new(j, "retry_after",
			json_pack("{s:i, s:i, s:i}", "n", (int)s.retry_n, "min_s", (int)s.retry_min_s,
				"max_s", (int)s.retry_max_s));
	sort_delays(run, gi);
	if (d->n > 0)
		json_object_set_new(j, "delay_ms",
			json_pack("{s:i, s:f, s:f, s:f}", "n", (int)d->n, "median",
				percentile_ms(d->us, d->n, 0.5), "p99", percentile_ms(d->us, d->n, 0.99),
				"max", percentile_ms(d->us, d->n, 1.0)));
	json_object_set_new(j, "calls", calls);
	free(s.setup_us);
	return j;
}

bool crowd_print_json(const struct crowd_run *run, FILE *to)
{
	json_t *groups = json_array();
	json_t *whole = json_pack("{s:b, s:b, s:I, s:I, s:I, s:o}", "ok", crowd_went_well(run), "interrupted",
		run->interrupted, "strays", (json_int_t)run->strays, "unsent", (json_int_t)run->unsent,
		"late_sends", (json_int_t)run->late_sends, "groups", groups);

	for (unsigned gi = 0; whole && gi < run->options.n_groups; gi++)
		json_array_append_new(groups, json_group(run, gi));
	bool ok = whole && json_dumpf(whole, to, JSON_INDENT(1) | JSON_REAL_PRECISION(7)) == 0;
	fputc('\n', to);
	json_decref(whole);
	return ok;
}
