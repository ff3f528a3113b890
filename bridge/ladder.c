#include "bridge/ladder.h"

#include "bridge/log.h"
#include "bridge/when.h"
#include "sip/glance.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FAR_END = 64, SHOWN = 160, NUMBER_CAP = 64 };

/* ---- all items in one order ---- */

struct rung {
	const struct trace_item *item;
	size_t leg; /* whose: a place in l->calls */
};

static int by_order(const void *a, const void *b)
{
	const struct rung *x = a, *y = b;

	return x->item->seq < y->item->seq ? -1 : x->item->seq > y->item->seq;
}

static struct rung *rungs_of(const struct ladder *l, size_t *n)
{
	struct rung *rungs;
	size_t cap = 1;

	*n = 0;
	for (size_t i = 0; i < l->n_calls; i++)
		cap += l->calls[i]->begin.n + l->calls[i]->late.n;
	rungs = malloc(cap * sizeof(*rungs));
	for (size_t i = 0; rungs && i < l->n_calls; i++) {
		const struct trace_items *parts[] = { &l->calls[i]->begin, &l->calls[i]->late };

		for (size_t p = 0; p < 2; p++)
			for (const struct trace_item *item = parts[p]->first; item; item = item->next, ++*n)
				rungs[*n] = (struct rung){ item, i };
	}
	if (rungs && *n)
		qsort(rungs, *n, sizeof(*rungs), by_order);
	return rungs;
}

/* ---- one item ---- */

static void write_far_end(char out[FAR_END], const struct trace_item *i)
{
	static const char *const transports[] = { "udp", "tcp", "tls" };
	static const uint8_t v4[12] = { [10] = 0xff, [11] = 0xff };
	char ip[INET6_ADDRSTRLEN] = "";
	const bool mapped = memcmp(i->ip, v4, sizeof(v4)) == 0;

	if (mapped)
		inet_ntop(AF_INET, i->ip + 12, ip, sizeof(ip));
	else
		inet_ntop(AF_INET6, i->ip, ip, sizeof(ip));
	snprintf(out, FAR_END, mapped ? "%s %s:%u" : "%s [%s]:%u", transports[i->transport], ip, i->port);
}

/* Printable ASCII and nothing else: what came from outside must not steer a terminal. */
static void copy_plain(char *out, size_t cap, struct span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n && n + 1 < cap; i++)
		out[n++] = s.p[i] >= ' ' && s.p[i] <= '~' ? s.p[i] : '?';
	out[n] = '\0';
}

static void write_user(char out[NUMBER_CAP], struct span field, bool masked)
{
	char whole[NUMBER_CAP], hidden[24];

	copy_plain(whole, sizeof(whole), glance_user(field));
	snprintf(out, NUMBER_CAP, "%s", masked ? log_number(hidden, whole) : whole);
}

/* "INVITE +15550100 (1)", "200 OK (1 INVITE)". */
static void write_message(char out[SHOWN], const struct glance *g, bool masked)
{
	char method[40], phrase[64], user[NUMBER_CAP];

	if (g->status) {
		copy_plain(phrase, sizeof(phrase), g->phrase);
		copy_plain(method, sizeof(method), g->cseq_method);
		snprintf(out, SHOWN, "%u %s (%u %s)", g->status, phrase, g->cseq, method);
		return;
	}
	copy_plain(method, sizeof(method), g->method);
	write_user(user, g->uri, masked);
	if (span_is(g->method, "INVITE") && user[0])
		snprintf(out, SHOWN, "%s %s (%u)", method, user, g->cseq);
	else
		snprintf(out, SHOWN, "%s (%u)", method, g->cseq);
}

/* What else is worth a look: description, reason, when to come again. */
static void write_detail(char *out, size_t cap, const struct glance *g)
{
	char sdp[GLANCE_SDP], reason[120], after[40];
	int n;

	glance_sdp(sdp, g);
	copy_plain(reason, sizeof(reason), g->reason);
	copy_plain(after, sizeof(after), g->retry_after);
	n = snprintf(out, cap, "%s%s%s%s%s%s", sdp, sdp[0] && reason[0] ? "; " : "", reason,
		(sdp[0] || reason[0]) && after[0] ? "; " : "", after[0] ? "Retry-After: " : "", after);
	for (char *p = out; n > 0 && *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
}

/* ---- for people ---- */

static void put_message(FILE *to, const struct trace_item *i, double s, bool masked)
{
	struct glance g;
	char far_end[FAR_END], shown[SHOWN], detail[GLANCE_SDP + 200] = "";

	write_far_end(far_end, i);
	if (glance_read(&g, i->text, i->len)) {
		write_message(shown, &g, masked);
		write_detail(detail, sizeof(detail), &g);
	} else {
		snprintf(shown, sizeof(shown), "(cannot be read)");
	}
	if (i->kind == TRACE_AGAIN)
		snprintf(detail, sizeof(detail), "again");
	fprintf(to, "%9.3f  %-26s %s %s%*s%s\n", s, far_end, i->rx ? "---->" : "<----", shown,
		detail[0] ? (int)(strlen(shown) < 28 ? 30 - strlen(shown) : 2) : 0, "", detail);
}

static void put_item(FILE *to, const struct trace_item *i, double s, bool masked)
{
	char text[TRACE_NOTE];

	switch (i->kind) {
	case TRACE_MESSAGE:
	case TRACE_AGAIN: put_message(to, i, s, masked); return;
	case TRACE_NOTES:
		copy_plain(text, sizeof(text), (struct span){ i->text, i->len });
		fprintf(to, "%9.3f  %-32s %s\n", s, "", text);
		return;
	case TRACE_KEYS:
		fprintf(to, "%9.3f  %-32s keys ", s, "");
		for (uint32_t k = 0; k < i->n && k < 64; k++)
			fputc('.', to);
		fputc('\n', to);
		return;
	}
}

static void put_figures(FILE *to, const struct cdr *c)
{
	if (!c->rx_packets && !c->tx_packets)
		return;
	fprintf(to, "  from the phone: %llu packets, %u lost, jitter %.1f ms, MOS ",
		(unsigned long long)c->rx_packets, c->rx_lost, c->jitter_us / 1000.0);
	fprintf(to, c->rx_mos ? "%.2f" : "-", c->rx_mos / 100.0);
	fprintf(to, "; to the phone: %llu packets, %u lost, round trip %.1f ms, MOS ",
		(unsigned long long)c->tx_packets, c->far_lost, c->round_trip_us / 1000.0);
	fprintf(to, c->tx_mos ? "%.2f" : "-", c->tx_mos / 100.0);
	fprintf(to, "; codec %s, %s\n", c->codec[0] ? c->codec : "none",
		cdr_text(c, CDR_SRTP)[0] ? cdr_text(c, CDR_SRTP) : "not encrypted");
}

static void put_heads(FILE *to, const struct ladder *l)
{
	for (size_t i = 0; i < l->n_records; i++) {
		const struct cdr *c = &l->records[i];

		fprintf(to, "call %s %s, trunk %s, from %s to %s, account %s\n", c->id, c->direction,
			c->trunk[0] ? c->trunk : "none", c->from_number[0] ? c->from_number : "-",
			c->to_number[0] ? c->to_number : "-", c->account[0] ? c->account : "none");
	}
	for (size_t i = 0; i < l->n_calls; i++)
		if (l->calls[i]->n_dropped)
			fprintf(to, "%u items in the middle of this call are no longer kept\n",
				l->calls[i]->n_dropped);
}

char *ladder_text(const struct ladder *l)
{
	char *text = NULL;
	size_t len, n;
	struct rung *rungs = rungs_of(l, &n);
	FILE *to = rungs ? open_memstream(&text, &len) : NULL;

	if (to) {
		put_heads(to, l);
		for (size_t i = 0; i < n; i++)
			put_item(to, rungs[i].item,
				(double)(rungs[i].item->at_us - rungs[0].item->at_us) / 1e6, l->masked);
		for (size_t i = 0; i < l->n_records; i++) {
			const struct cdr *c = &l->records[i];

			if (c->ended_us)
				fprintf(to, "ended: %s (status %u, cause %u)\n", cdr_text(c, CDR_CAUSE),
					c->sip_status, c->q850);
			put_figures(to, c);
		}
	}
	free(rungs);
	if (to && fclose(to) == 0)
		return text;
	free(text);
	return NULL;
}

/* ---- for programs ---- */

static const char *kind_word(const struct trace_item *i)
{
	static const char *const kinds[] = { "message", "again", "note", "keys" };

	return kinds[i->kind];
}

/* Bytes that are not UTF-8, or 0, become '?'. */
static json_t *text_json(const char *text, size_t len)
{
	json_t *value = memchr(text, '\0', len) ? NULL : json_stringn(text, len);
	char *plain;

	if (value)
		return value;
	plain = malloc(len + 1);
	if (!plain)
		return NULL;
	for (size_t i = 0; i < len; i++)
		plain[i] = text[i] > 0 ? text[i] : '?';
	value = json_stringn(plain, len);
	free(plain);
	return value;
}

static void add_message(json_t *row, const struct trace_item *i, bool masked)
{
	struct glance g;
	char far_end[FAR_END], shown[SHOWN], detail[GLANCE_SDP + 200];

	write_far_end(far_end, i);
	json_object_set_new(row, "direction", json_string(i->rx ? "rx" : "tx"));
	json_object_set_new(row, "far_end", json_string(far_end));
	if (!glance_read(&g, i->text, i->len))
		return;
	write_message(shown, &g, masked);
	json_object_set_new(row, "message", json_string(shown));
	if (i->kind != TRACE_MESSAGE)
		return;
	write_detail(detail, sizeof(detail), &g);
	if (g.status)
		json_object_set_new(row, "status", json_integer((json_int_t)g.status));
	json_object_set_new(row, "detail", json_string(detail));
	json_object_set_new(row, "bytes", json_integer((json_int_t)i->n));
	if (!masked)
		json_object_set_new(row, "text", text_json(i->text, i->len));
}

static json_t *item_json(const struct ladder *l, const struct rung *r, int64_t first_us)
{
	const struct trace_item *i = r->item;
	char when[WHEN_TEXT];
	json_t *row = json_pack("{s:s, s:f, s:s, s:s}", "at", when_text(when, i->at_us), "offset_s",
		(double)(i->at_us - first_us) / 1e6, "kind", kind_word(i), "call", l->calls[r->leg]->id);

	if (!row)
		return NULL;
	if (i->kind == TRACE_MESSAGE || i->kind == TRACE_AGAIN)
		add_message(row, i, l->masked);
	else if (i->kind == TRACE_NOTES)
		json_object_set_new(row, "note", text_json(i->text, i->len));
	else
		json_object_set_new(row, "keys", json_integer((json_int_t)i->n));
	return row;
}

json_t *ladder_json(const struct ladder *l)
{
	size_t n;
	struct rung *rungs = rungs_of(l, &n);
	const bool whole = rungs != NULL;
	json_t *items = json_array(), *records = json_array();

	for (size_t i = 0; rungs && i < n; i++)
		json_array_append_new(items, item_json(l, &rungs[i], rungs[0].item->at_us));
	for (size_t i = 0; i < l->n_records; i++)
		json_array_append_new(records, cdr_json(&l->records[i]));
	free(rungs);
	if (whole)
		return json_pack("{s:o, s:o}", "items", items, "records", records);
	json_decref(items);
	json_decref(records);
	return NULL;
}
