#include "bridge/trace.h"

#include "bridge/hash.h"
#include "sip/redact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BUCKETS = 4096,
	CALL_ID_MAX = 255,
	STRANGERS_SHARE = 8,
	CALL_SHARE = 4,
	CALL_COST = sizeof(struct trace_call) + 64
};

struct trace_list {
	struct trace_call *first, **end;
	unsigned n;
	size_t bytes;
};

struct trace {
	unsigned max_calls;
	size_t max_bytes;
	struct trace_list lists[TRACE_STATES];
	struct trace_call *buckets[BUCKETS];
	uint64_t forgotten, last_seq;
	trace_show_fn show;       /* NULL: nobody wants them */
	void *show_arg;           /* borrowed */
	char scratch[TRACE_TEXT]; /* a message without its secrets, before it is known how long that is */
};

enum bridge_err trace_alloc(struct trace **out, unsigned calls, size_t bytes)
{
	struct trace *t = NULL;

	if (calls) {
		t = calloc(1, sizeof(*t));
		if (!t)
			return BRIDGE_NOMEM;
		t->max_calls = calls;
		t->max_bytes = bytes;
		for (unsigned i = 0; i < TRACE_STATES; i++)
			t->lists[i].end = &t->lists[i].first;
	}
	*out = t;
	return BRIDGE_OK;
}

/* ---- calls and their lists ---- */

static struct trace_call **bucket_of(struct trace *t, const char *call_id, size_t n)
{
	return &t->buckets[hash_bytes(call_id, n) % BUCKETS];
}

static struct trace_call *find(struct trace *t, const char *call_id, size_t n)
{
	struct trace_call *c = *bucket_of(t, call_id, n);

	while (c && (strncmp(c->call_id, call_id, n) != 0 || c->call_id[n]))
		c = c->hash_next;
	return c;
}

static void enlist(struct trace *t, struct trace_call *c, enum trace_state state)
{
	struct trace_list *list = &t->lists[state];

	c->state = state;
	c->next = NULL;
	c->link = list->end;
	*list->end = c;
	list->end = &c->next;
	list->n++;
	list->bytes += c->bytes;
}

static void delist(struct trace *t, struct trace_call *c)
{
	struct trace_list *list = &t->lists[c->state];

	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	else
		list->end = c->link;
	list->n--;
	list->bytes -= c->bytes;
}

static void items_free(struct trace_items *items)
{
	for (struct trace_item *i = items->first, *next; i; i = next) {
		next = i->next;
		free(i);
	}
}

static void forget(struct trace *t, struct trace_call *c)
{
	struct trace_call **at = bucket_of(t, c->call_id, strlen(c->call_id));

	while (*at != c)
		at = &(*at)->hash_next;
	*at = c->hash_next;
	delist(t, c);
	items_free(&c->begin);
	items_free(&c->late);
	free(c->call_id);
	free(c);
	t->forgotten++;
}

struct trace *trace_free(struct trace *t)
{
	for (unsigned i = 0; t && i < TRACE_STATES; i++)
		while (t->lists[i].first)
			forget(t, t->lists[i].first);
	free(t);
	return NULL;
}

void trace_stats(const struct trace *t, struct trace_stats *out)
{
	memset(out, 0, sizeof(*out));
	if (!t)
		return;
	for (unsigned i = 0; i < TRACE_STATES; i++) {
		out->calls += t->lists[i].n;
		out->bytes += t->lists[i].bytes;
	}
	out->strangers = t->lists[TRACE_STRANGER].n;
	out->forgotten = t->forgotten;
}

/* Who goes next; NULL: there is nobody but `spare`. */
static struct trace_call *oldest(const struct trace *t, const struct trace_call *spare)
{
	const struct trace_list *strangers = &t->lists[TRACE_STRANGER];
	static const enum trace_state order[] = { TRACE_ENDED, TRACE_STRANGER, TRACE_LIVE };

	if (strangers->first && strangers->first != spare &&
		(strangers->n >= t->max_calls / STRANGERS_SHARE ||
			strangers->bytes >= t->max_bytes / STRANGERS_SHARE))
		return strangers->first;
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
		struct trace_call *c = t->lists[order[i]].first;

		if (c == spare && c)
			c = c->next;
		if (c)
			return c;
	}
	return NULL;
}

/* Room for `need` bytes and `calls` more. */
static void make_room(struct trace *t, size_t need, unsigned calls, const struct trace_call *spare)
{
	struct trace_stats now;
	struct trace_call *c;

	for (;;) {
		trace_stats(t, &now);
		if (now.calls + calls <= t->max_calls && now.bytes + need <= t->max_bytes)
			return;
		c = oldest(t, spare);
		if (!c)
			return;
		forget(t, c);
	}
}

/* Strangers have their share and no more, even while there is room. */
static void keep_strangers_few(struct trace *t)
{
	const struct trace_list *s = &t->lists[TRACE_STRANGER];

	while (s->n > 1 &&
		(s->n > t->max_calls / STRANGERS_SHARE || s->bytes > t->max_bytes / STRANGERS_SHARE))
		forget(t, s->first);
}

static struct trace_call *begin(struct trace *t, const char *call_id, size_t n)
{
	struct trace_call *c, **bucket;

	make_room(t, CALL_COST, 1, NULL);
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->call_id = strndup(call_id, n);
	if (!c->call_id) {
		free(c);
		return NULL;
	}
	c->begin.end = &c->begin.first;
	c->late.end = &c->late.first;
	c->bytes = CALL_COST + n;
	bucket = bucket_of(t, call_id, n);
	c->hash_next = *bucket;
	*bucket = c;
	enlist(t, c, TRACE_STRANGER);
	keep_strangers_few(t);
	return c;
}

/* ---- items ---- */

static size_t cost_of(const struct trace_item *i)
{
	return sizeof(*i) + i->len + 1;
}

static void count_bytes(struct trace *t, struct trace_call *c, size_t more, size_t less)
{
	c->bytes += more - less;
	t->lists[c->state].bytes += more - less;
}

static void append(struct trace_items *items, struct trace_item *i)
{
	i->next = NULL;
	*items->end = i;
	items->end = &i->next;
	items->n++;
}

static void drop_oldest_late(struct trace *t, struct trace_call *c)
{
	struct trace_item *gone = c->late.first;

	c->late.first = gone->next;
	if (!c->late.first)
		c->late.end = &c->late.first;
	c->late.n--;
	c->n_dropped++;
	count_bytes(t, c, 0, cost_of(gone));
	free(gone);
}

/* The beginning may take half of a call's share, so that there is room for its end. */
static bool is_beginning(const struct trace *t, const struct trace_call *c, size_t cost)
{
	return c->begin.n < TRACE_FIRST && !c->late.n && !c->n_dropped &&
	       c->bytes + cost <= t->max_bytes / CALL_SHARE / 2;
}

/* NULL: no memory, or it is more than the call's share. */
static struct trace_item *add(struct trace *t, struct trace_call *c, int64_t now_us, enum trace_kind kind,
	const char *text, size_t len)
{
	struct trace_item *i = malloc(sizeof(*i) + len + 1);
	size_t cost;

	if (!i)
		return NULL;
	memset(i, 0, sizeof(*i));
	i->seq = ++t->last_seq;
	i->at_us = now_us;
	i->kind = kind;
	i->len = (uint32_t)len;
	memcpy(i->text, text, len);
	i->text[len] = '\0';
	cost = cost_of(i);
	while (c->late.n && (c->late.n >= TRACE_LAST || c->bytes + cost > t->max_bytes / CALL_SHARE))
		drop_oldest_late(t, c);
	if (c->bytes + cost > t->max_bytes / CALL_SHARE) {
		c->n_dropped++;
		free(i);
		return NULL;
	}
	make_room(t, cost, 0, c);
	append(is_beginning(t, c, cost) ? &c->begin : &c->late, i);
	count_bytes(t, c, cost, 0);
	return i;
}

/* Tells messages apart; whoever makes two that collide makes one of them look like a repetition in the trace of
 * their own call. */
static uint32_t sum_of(const char *p, size_t n)
{
	uint64_t h = n, word;

	for (; n >= sizeof(word); p += sizeof(word), n -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		h = (h ^ word) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	for (; n; p++, n--)
		h = (h ^ (unsigned char)*p) * 0x9e3779b97f4a7c15u;
	return (uint32_t)(h ^ h >> 32);
}

static bool in_list(const struct trace_items *items, const struct tap_message *m, uint32_t sum)
{
	for (const struct trace_item *i = items->first; i; i = i->next)
		if (i->kind == TRACE_MESSAGE && i->sum == sum && i->rx == m->rx && i->n == m->len)
			return true;
	return false;
}

/* Enough of a repetition to know it by: its first line and its number. */
static size_t first_lines(char out[TRACE_TEXT], const struct glance *g)
{
	struct glance first = *g;
	const char *eol = memchr(g->head.p, '\n', g->head.n);
	size_t n;

	first.head.n = eol ? (size_t)(eol + 1 - g->head.p) : 0;
	first.body.n = 0;
	n = redact_message(out, TRACE_TEXT - 80, &first);
	n += (size_t)snprintf(out + n, 80, "CSeq: %u %.*s\r\n\r\n", g->cseq,
		(int)(g->cseq_method.n < 40 ? g->cseq_method.n : 40),
		g->cseq_method.n ? g->cseq_method.p : "");
	return n;
}

static bool is_call_id(struct span id)
{
	return id.n > 0 && id.n <= CALL_ID_MAX && !memchr(id.p, '\0', id.n);
}

void trace_show(struct trace *t, trace_show_fn show, void *arg)
{
	if (!t)
		return;
	t->show = show;
	t->show_arg = arg;
}

static void show(struct trace *t, const struct trace_call *c, int64_t now_us, const struct tap_message *m,
	const struct glance *g)
{
	struct trace_shown shown = {
		.at_us = now_us, .message = m, .call_id = c->call_id, .text = t->scratch
	};

	if (!t->show)
		return;
	shown.len = redact_message(t->scratch, sizeof(t->scratch), g);
	t->show(t->show_arg, &shown);
}

void trace_message(struct trace *t, int64_t now_us, const struct tap_message *m)
{
	struct glance g;
	struct trace_call *c;
	struct trace_item *i;
	uint32_t sum;
	bool again;
	size_t n;

	if (!t || !glance_read(&g, m->text, m->len) || !is_call_id(g.call_id))
		return;
	c = find(t, g.call_id.p, g.call_id.n);
	if (!c && span_is(g.method, "INVITE"))
		c = begin(t, g.call_id.p, g.call_id.n);
	if (!c)
		return;
	show(t, c, now_us, m, &g);
	sum = sum_of(m->text, m->len);
	again = in_list(&c->begin, m, sum) || in_list(&c->late, m, sum);
	n = again ? first_lines(t->scratch, &g) : redact_message(t->scratch, sizeof(t->scratch), &g);
	i = add(t, c, now_us, again ? TRACE_AGAIN : TRACE_MESSAGE, t->scratch, n);
	if (!i)
		return;
	i->sum = sum;
	i->rx = m->rx;
	i->transport = m->transport;
	memcpy(i->ip, m->ip, sizeof(i->ip));
	i->port = m->port;
	i->n = (uint32_t)m->len;
}

void trace_named(struct trace *t, const char *call_id, const struct trace_name *name)
{
	const size_t n = strlen(call_id);
	struct trace_call *c;

	if (!t || !is_call_id((struct span){ call_id, n }))
		return;
	c = find(t, call_id, n);
	if (!c)
		c = begin(t, call_id, n);
	if (!c)
		return;
	snprintf(c->id, sizeof(c->id), "%s", name->id);
	snprintf(c->dialout, sizeof(c->dialout), "%s", name->dialout);
	snprintf(c->account, sizeof(c->account), "%s", name->account);
	if (name->ours && c->state == TRACE_STRANGER) {
		delist(t, c);
		enlist(t, c, TRACE_LIVE);
	}
}

void trace_note(struct trace *t, const char *call_id, int64_t now_us, const char *text)
{
	struct trace_call *c = t ? find(t, call_id, strlen(call_id)) : NULL;

	if (c)
		add(t, c, now_us, TRACE_NOTES, text, strnlen(text, TRACE_NOTE - 1));
}

/* The item that was added last. */
static struct trace_item *last_of(struct trace_call *c)
{
	struct trace_item *i = c->late.n ? c->late.first : c->begin.first;

	while (i && i->next)
		i = i->next;
	return i;
}

void trace_key(struct trace *t, const char *call_id, int64_t now_us)
{
	struct trace_call *c = t ? find(t, call_id, strlen(call_id)) : NULL;
	struct trace_item *last;

	if (!c)
		return;
	last = last_of(c);
	if (!last || last->kind != TRACE_KEYS)
		last = add(t, c, now_us, TRACE_KEYS, "", 0);
	if (last)
		last->n++;
}

void trace_ended(struct trace *t, const char *call_id)
{
	struct trace_call *c = t ? find(t, call_id, strlen(call_id)) : NULL;

	if (!c || c->state != TRACE_LIVE)
		return;
	delist(t, c);
	enlist(t, c, TRACE_ENDED);
}

/* ---- looking ---- */

static bool is_it(const struct trace_call *c, const char *id)
{
	return strcmp(c->id, id) == 0 || strcmp(c->call_id, id) == 0 || strcmp(c->dialout, id) == 0;
}

static const struct trace_call *any_of(const struct trace *t, const char *id)
{
	for (unsigned s = 0; s < TRACE_STATES; s++)
		for (const struct trace_call *c = t->lists[s].first; c; c = c->next)
			if (is_it(c, id))
				return c;
	return NULL;
}

/* An attempt of the same dial-out. */
static bool goes_with(const struct trace_call *c, const struct trace_call *one)
{
	return c == one || (one->dialout[0] && strcmp(c->dialout, one->dialout) == 0);
}

size_t trace_find(const struct trace *t, const char *id, const struct trace_call *out[TRACE_LEGS])
{
	const struct trace_call *one = t && *id ? any_of(t, id) : NULL;
	size_t n = 0;

	for (unsigned s = 0; one && s < TRACE_STATES; s++)
		for (const struct trace_call *c = t->lists[s].first; c && n < TRACE_LEGS; c = c->next)
			if (goes_with(c, one))
				out[n++] = c;
	return n;
}
