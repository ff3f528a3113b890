/* hunt_kept.c - hunts over a restart: whom a list still has to call, and whom not again.
 *
 * How: one text per hunt, written when it begins, when a number has been answered or has done without, and emptied when it is over.  A call that
 * rang when the process ended is made again; one that was answered is not.
 */
#include "bridge/hunt_priv.h"
#include "bridge/writer.h"
#include "sip/loop.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hunt_row {
	struct hunt_row *next;
	char id[DIALOUT_ID];
	char *text; /* owned; json_dumps()'s */
};

/* ---- its text; times on the wall's clock, as another process has another monotonic one ---- */

static json_int_t wall_us(uint64_t us)
{
	const int64_t ahead_us = (int64_t)(us - loop_now_us());

	return (json_int_t)when_now_us() + ahead_us;
}

static uint64_t from_wall_us(json_int_t us)
{
	const int64_t then = (int64_t)loop_now_us() + (us - (json_int_t)when_now_us());

	return then > 0 ? (uint64_t)then : 0;
}

static char *text_of(const struct hunt *h)
{
	json_t *numbers = json_array(), *all;
	char *text;

	for (size_t i = 0; i < h->n_numbers; i++)
		json_array_append_new(
			numbers, json_pack("{s:s, s:b}", "number", h->numbers[i], "done", h->calls[i].done));
	all = json_pack("{s:s, s:s, s:s, s:s, s:o, s:b, s:i, s:I, s:I, s:b}", "meeting", h->meeting,
		"account", h->account, "name", h->name, "user", h->user, "numbers", numbers, "parallel",
		h->parallel, "ring_s", (int)h->ring_s, "begin_us", wall_us(h->begin_us), "until_us",
		wall_us(h->until_us), "begun", h->state != HUNT_WAITING);
	text = all ? json_dumps(all, JSON_COMPACT) : NULL;
	json_decref(all);
	return text;
}

static bool copy(char *out, size_t cap, const json_t *from, const char *key)
{
	const char *text = json_string_value(json_object_get(from, key));

	return text && (size_t)snprintf(out, cap, "%s", text) < cap;
}

static bool read_text(struct hunt *h, const json_t *all)
{
	const json_t *numbers = json_object_get(all, "numbers");
	const size_t n = json_array_size(numbers);

	if (!copy(h->meeting, sizeof(h->meeting), all, "meeting") ||
		!copy(h->account, sizeof(h->account), all, "account") ||
		!copy(h->name, sizeof(h->name), all, "name") ||
		!copy(h->user, sizeof(h->user), all, "user") || n == 0 || n > HUNT_NUMBERS)
		return false;
	for (; h->n_numbers < n; h->n_numbers++) {
		const json_t *one = json_array_get(numbers, h->n_numbers);

		if (!copy(h->numbers[h->n_numbers], HUNT_NUMBER, one, "number"))
			return false;
		h->calls[h->n_numbers].done = json_is_true(json_object_get(one, "done"));
	}
	h->parallel = json_is_true(json_object_get(all, "parallel"));
	h->ring_s = (unsigned)json_integer_value(json_object_get(all, "ring_s"));
	h->begin_us = from_wall_us(json_integer_value(json_object_get(all, "begin_us")));
	h->until_us = from_wall_us(json_integer_value(json_object_get(all, "until_us")));
	h->resumed = json_is_true(json_object_get(all, "begun"));
	return h->ring_s > 0;
}

/* ---- from the disk ---- */

static void restore(void *arg, const struct kept_row *row)
{
	struct node *n = arg;
	json_t *all = row->text[0] ? json_loads(row->text, 0, NULL) : NULL;
	struct hunt *h = all && strlen(row->name) < DIALOUT_ID ? hunt_new(n) : NULL;

	if (h) {
		snprintf(h->id, sizeof(h->id), "%s", row->name);
		snprintf(h->why, sizeof(h->why), "the bridge was restarted after the last call");
		if (!read_text(h, all)) {
			log_line(LOG_WARNING, row->name, "hunt",
				"what was kept of it cannot be read: it ends");
			h->state = HUNT_CALLED_OFF;
		}
	}
	json_decref(all);
}

enum bridge_err hunt_load(struct node *n, struct store *store)
{
	return store_each_kept(store, STORE_HUNTS, restore, n);
}

void hunt_restored(struct node *n)
{
	for (struct hunt *h = n->hunts; h; h = h->next)
		h->changed = true;
}

/* ---- to the disk ---- */

static enum bridge_err save(void *arg, struct store *store)
{
	enum bridge_err err = BRIDGE_OK;

	for (const struct hunt_row *s = ((struct node *)arg)->hunting.list; s && !err;) {
		struct kept_row rows[STORE_KEPT_AT_ONCE];
		size_t n = 0;

		for (; s && n < STORE_KEPT_AT_ONCE; s = s->next)
			rows[n++] = (struct kept_row){ s->id, s->text };
		err = store_save_kept(store, STORE_HUNTS, rows, n);
	}
	return err;
}

static void free_list(struct hunt_row *s)
{
	while (s) {
		struct hunt_row *next = s->next;

		free(s->text);
		free(s);
		s = next;
	}
}

static void saved(void *arg, enum bridge_err err, const char *text)
{
	struct node *n = arg;

	if (err && !n->hunting.failed)
		log_line(LOG_ERROR, NULL, "hunt", "whom lists still call cannot be saved: %s", text);
	n->hunting.failed = err != BRIDGE_OK;
	free_list(n->hunting.list);
	n->hunting.list = NULL;
	n->hunting.out = false;
	for (struct hunt *h = n->hunts; err && h; h = h->next)
		h->changed = true;
}

static void add(struct hunt_row **list, const char *id, char *text)
{
	struct hunt_row *s = text ? calloc(1, sizeof(*s)) : NULL;

	if (!s) {
		free(text); /* then it is kept as it was */
		return;
	}
	snprintf(s->id, sizeof(s->id), "%s", id);
	s->text = text;
	s->next = *list;
	*list = s;
}

void hunt_forget(const struct hunt *h)
{
	add(&h->node->hunting.over, h->id, strdup(""));
}

void hunt_save(struct node *n)
{
	if (n->hunting.out)
		return;
	n->hunting.list = n->hunting.over;
	n->hunting.over = NULL;
	for (struct hunt *h = n->hunts; h; h = h->next) {
		if (!h->changed)
			continue;
		h->changed = false;
		add(&n->hunting.list, h->id, text_of(h));
	}
	if (!n->hunting.list)
		return;
	n->hunting.out = true;
	writer_do(n->writer, save, saved, n);
}
