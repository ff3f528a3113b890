#include "bridge/webhook_priv.h"

#include "bridge/hex.h"
#include "bridge/when.h"
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECRET_BYTES = 32, SECOND_US = 1000000, DISK_RETRY_S = 1 };
static const int64_t DAY_US = 86400000000;

/* ---- one line ---- */

static void line_free(struct line *l)
{
	delivery_free_all(l->head);
	OPENSSL_cleanse(&l->hook, sizeof(l->hook));
	free(l);
}

void line_drop(struct line *l)
{
	l->dropped = true;
	if (l->state != LINE_READING) /* else the disk's answer frees it */
		line_free(l);
}

struct reading { /* of the head of a queue, on the disk thread */
	struct line *line;
	char hook[17];
	int64_t after;
	struct delivery *got;
};

static enum bridge_err read_head(void *arg, struct store *store)
{
	struct reading *r = arg;

	return store_next_delivery(store, r->hook, r->after, &r->got);
}

static void line_post(struct line *l);

static void head_read(void *arg, enum bridge_err err, const char *text)
{
	struct reading *r = arg;
	struct line *l = r->line;

	(void)text;
	if (l->dropped) {
		delivery_free_all(r->got);
		line_free(l);
	} else if (err) { /* the disk is away: what has arrived may arrive once more */
		l->state = LINE_RESTING;
		l->due_us = l->hooks->now_us + DISK_RETRY_S * SECOND_US;
	} else {
		l->done_id = 0;
		l->tries = 0;
		l->head = r->got;
		l->state = LINE_IDLE;
		if (l->head)
			line_post(l);
		else if (l->more)
			line_read(l);
	}
	free(r);
}

void line_read(struct line *l)
{
	struct reading *r = l->hooks->held ? NULL : calloc(1, sizeof(*r));

	if (!r) {
		l->state = LINE_RESTING;
		l->due_us = l->hooks->now_us + DISK_RETRY_S * SECOND_US;
		return;
	}
	l->state = LINE_READING;
	l->more = false;
	*r = (struct reading){ .line = l, .after = l->done_id };
	snprintf(r->hook, sizeof(r->hook), "%s", l->hook.id);
	writer_do(l->hooks->writer, read_head, head_read, r);
}

static void line_rest(struct line *l)
{
	struct hooks *h = l->hooks;

	l->tries++;
	l->state = LINE_RESTING;
	l->due_us = h->now_us + (int64_t)webhook_retry_s(l->tries, h->random()) * SECOND_US;
}

static void line_post(struct line *l)
{
	struct hooks *h = l->hooks;
	struct poster_job job = { .id = ++h->last_post };
	char signature[WEBHOOK_SIGNATURE];
	size_t len = strlen(l->head->body);

	snprintf(job.url, sizeof(job.url), "%s", l->hook.url);
	if (!webhook_sign(&l->hook, when_now_us(), l->head->body, len, signature)) {
		line_rest(l);
		return;
	}
	snprintf(job.headers[0], POSTER_HEADER, "Content-Type: application/json");
	snprintf(job.headers[1], POSTER_HEADER, "Partyline-Signature: %s", signature);
	snprintf(job.headers[2], POSTER_HEADER, "Partyline-Event: %llu", (unsigned long long)l->head->seq);
	l->post_id = job.id;
	l->state = LINE_POSTING;
	if (poster_post(h->poster, &job, l->head->body, len) != BRIDGE_OK)
		line_rest(l);
}

/* The head is done with, one way or the other. */
static void line_next(struct line *l)
{
	l->done_id = l->head->id;
	delivery_free_all(l->head);
	l->head = NULL;
	line_read(l);
}

static void on_posted(void *arg, const struct poster_result *result)
{
	struct hooks *h = arg;
	struct line *l = h->lines;

	while (l && (l->post_id != result->id || l->state != LINE_POSTING))
		l = l->next;
	if (!l) /* it was dropped */
		return;
	l->last_status = result->status;
	snprintf(l->last_why, sizeof(l->last_why), "%s", result->why);
	if (result->status >= 200 && result->status < 300) {
		h->stats.delivered++;
		line_next(l);
		return;
	}
	h->stats.failed_tries++;
	if (h->now_us - l->head->at_us > WEBHOOK_DAYS * DAY_US) {
		h->stats.given_up++;
		line_next(l);
	} else {
		line_rest(l);
	}
}

/* ---- events on their way to the disk ---- */

static enum bridge_err store_gathered(void *arg, struct store *store)
{
	const struct hooks *h = arg;

	return store_add_deliveries(store, h->storing);
}

static void wake_lines(struct hooks *h, const struct delivery *stored)
{
	for (struct line *l = h->lines; l; l = l->next) {
		const struct delivery *d = stored;

		while (d && strcmp(d->hook, l->hook.id) != 0)
			d = d->next;
		if (!d)
			continue;
		l->more = true;
		if (l->state == LINE_IDLE)
			line_read(l);
	}
}

static void flush(struct hooks *h);

static void gathered_stored(void *arg, enum bridge_err err, const char *text)
{
	struct hooks *h = arg;
	struct delivery *stored = h->storing, *last = stored;

	(void)text;
	h->storing = NULL;
	if (err) { /* back to the front, and again in a while */
		while (last->next)
			last = last->next;
		last->next = h->gathered;
		if (!h->gathered)
			h->gathered_end = &last->next;
		h->gathered = stored;
		h->store_due_us = h->now_us + DISK_RETRY_S * SECOND_US;
		return;
	}
	for (const struct delivery *d = stored; d; d = d->next)
		h->n_gathered--;
	wake_lines(h, stored);
	delivery_free_all(stored);
	flush(h);
}

static void flush(struct hooks *h)
{
	if (h->storing || !h->gathered || h->held || h->now_us < h->store_due_us)
		return;
	h->storing = h->gathered;
	h->gathered = NULL;
	h->gathered_end = &h->gathered;
	writer_do(h->writer, store_gathered, gathered_stored, h);
}

static void gather(struct hooks *h, struct delivery *d)
{
	struct delivery *oldest = h->gathered;

	if (!d) {
		h->stats.lost++;
		return;
	}
	*h->gathered_end = d;
	h->gathered_end = &d->next;
	if (++h->n_gathered <= WEBHOOK_GATHER_MAX || !oldest)
		return;
	h->gathered = oldest->next;
	free(oldest);
	h->n_gathered--;
	h->stats.lost++;
}

void hooks_event(struct hooks *h, uint64_t seq, const char *type, const char *account, const char *json,
	int64_t now_us)
{
	h->now_us = now_us;
	for (const struct line *l = h->lines; l; l = l->next)
		if (webhook_wants(&l->hook, type, account))
			gather(h, delivery_new(l->hook.id, seq, json, now_us));
	flush(h);
}

/* ---- the hooks ---- */

struct line *line_new(struct hooks *h, const struct webhook *hook)
{
	struct line *l = calloc(1, sizeof(*l)), **at = &h->lines;

	if (!l)
		return NULL;
	l->hooks = h;
	l->hook = *hook;
	while (*at)
		at = &(*at)->next;
	*at = l;
	h->n_lines++;
	return l;
}

struct loading {
	struct hooks *hooks;
	bool failed;
};

static void load_one(void *arg, const struct webhook *hook)
{
	struct loading *loading = arg;

	if (!line_new(loading->hooks, hook))
		loading->failed = true;
}

static enum bridge_err load(void *arg, struct store *store)
{
	return store_each_webhook(store, load_one, arg);
}

static void loaded(void *arg, enum bridge_err err, const char *text)
{
	struct loading *loading = arg;
	struct hooks *h = loading->hooks;

	(void)err;
	(void)text;
	free(loading);
	for (struct line *l = h->lines; l; l = l->next)
		if (l->state == LINE_IDLE)
			line_read(l); /* what an earlier life left */
}

enum bridge_err hooks_open(struct hooks **out, struct writer *writer, uint32_t (*random)(void))
{
	struct hooks *h = calloc(1, sizeof(*h));
	struct loading *loading = calloc(1, sizeof(*loading));

	if (!h || !loading || poster_open(&h->poster, on_posted, h) != BRIDGE_OK) {
		free(loading);
		free(h);
		return BRIDGE_NOMEM;
	}
	h->writer = writer;
	h->random = random;
	h->now_us = when_now_us();
	h->gathered_end = &h->gathered;
	*loading = (struct loading){ .hooks = h };
	*out = h;
	writer_do(writer, load, loaded, loading);
	return BRIDGE_OK;
}

struct hooks *hooks_close(struct hooks *h)
{
	struct line *next;

	if (!h)
		return NULL;
	h->store_due_us = 0;
	flush(h); /* what was emitted last shall be on disk */
	writer_drain(h->writer);
	h->poster = poster_close(h->poster);
	for (struct line *l = h->lines; l; l = next) {
		next = l->next;
		line_free(l);
	}
	delivery_free_all(h->gathered);
	delivery_free_all(h->storing);
	free(h);
	return NULL;
}

int hooks_fd(const struct hooks *h)
{
	return poster_fd(h->poster);
}

void hooks_poll(struct hooks *h)
{
	poster_poll(h->poster);
}

void hooks_tick(struct hooks *h, int64_t now_us)
{
	h->now_us = now_us;
	for (struct line *l = h->held ? NULL : h->lines; l; l = l->next) {
		if (l->state != LINE_RESTING || now_us < l->due_us)
			continue;
		if (l->head)
			line_post(l);
		else
			line_read(l);
	}
	flush(h);
}

struct adding {
	struct hooks *hooks;
	struct webhook hook;
	hooks_done_fn done;
	void *arg;
};

static enum bridge_err add(void *arg, struct store *store)
{
	const struct adding *a = arg;

	return store_add_webhook(store, &a->hook);
}

static void added(void *arg, enum bridge_err err, const char *text)
{
	struct adding *a = arg;

	(void)text;
	if (!err && !line_new(a->hooks, &a->hook))
		err = BRIDGE_NOMEM;
	a->done(a->arg, err, &a->hook);
	OPENSSL_cleanse(a, sizeof(*a));
	free(a);
}

void hooks_add(struct hooks *h, const struct webhook *hook, int64_t now_us, hooks_done_fn done, void *arg)
{
	struct adding *a = calloc(1, sizeof(*a));
	uint8_t id[8], secret[SECRET_BYTES];

	if (!a || h->n_lines >= WEBHOOKS_MAX || RAND_bytes(id, sizeof(id)) != 1 ||
		RAND_bytes(secret, sizeof(secret)) != 1) {
		free(a);
		done(arg, a ? BRIDGE_FULL : BRIDGE_NOMEM, hook);
		return;
	}
	*a = (struct adding){ .hooks = h, .hook = *hook, .done = done, .arg = arg };
	hex_write(a->hook.id, id, sizeof(id));
	memcpy(a->hook.secret, "whs_", 5);
	hex_write(a->hook.secret + 4, secret, sizeof(secret));
	OPENSSL_cleanse(secret, sizeof(secret));
	a->hook.created_us = now_us;
	writer_do(h->writer, add, added, a);
}

static enum bridge_err forget(void *arg, struct store *store)
{
	return store_drop_webhook(store, arg);
}

static void forgotten(void *arg, enum bridge_err err, const char *text)
{
	(void)err;
	(void)text;
	free(arg);
}

bool hooks_drop(struct hooks *h, const char *id)
{
	struct line **at = &h->lines, *l;

	while (*at && strcmp((*at)->hook.id, id) != 0)
		at = &(*at)->next;
	l = *at;
	if (!l)
		return false;
	*at = l->next;
	h->n_lines--;
	writer_do(h->writer, forget, forgotten, strdup(id));
	line_drop(l);
	return true;
}

bool hooks_retry(struct hooks *h, const char *id)
{
	struct line *l = h->lines;

	while (l && strcmp(l->hook.id, id) != 0)
		l = l->next;
	if (l && l->state == LINE_RESTING)
		l->due_us = h->now_us; /* with the next tick */
	return l != NULL;
}

json_t *hooks_json(const struct hooks *h)
{
	json_t *items = json_array();
	char created[WHEN_TEXT];

	for (const struct line *l = h->lines; l; l = l->next)
		json_array_append_new(
			items, json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:i, s:i, s:s}", "id", l->hook.id,
				       "url", l->hook.url, "account", l->hook.account, "events",
				       l->hook.events, "created_at", when_text(created, l->hook.created_us),
				       "waiting", l->head != NULL, "tries", (int)l->tries, "last_status",
				       (int)l->last_status, "last_error", l->last_why));
	return items;
}

void hooks_stats(const struct hooks *h, struct hooks_stats *out)
{
	*out = h->stats;
}
