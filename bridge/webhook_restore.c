/* webhook_restore.c - another database takes the place of ours: its webhooks are those in force, and its queues those that are sent. */
#include "bridge/webhook_priv.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

void hooks_hold(struct hooks *h)
{
	h->held = true;
}

static void add(void *arg, const struct webhook *hook)
{
	struct webhook_list *list = arg;

	if (list->n < WEBHOOKS_MAX)
		list->hooks[list->n++] = *hook;
}

enum bridge_err webhook_list_read(struct webhook_list *out, struct store *store)
{
	enum bridge_err err;

	out->n = 0;
	out->hooks = calloc(WEBHOOKS_MAX, sizeof(*out->hooks));
	if (!out->hooks)
		return BRIDGE_NOMEM;
	err = store_each_webhook(store, add, out);
	if (err)
		webhook_list_clear(out);
	return err;
}

void webhook_list_clear(struct webhook_list *list)
{
	if (list->hooks)
		OPENSSL_cleanse(list->hooks, WEBHOOKS_MAX * sizeof(*list->hooks)); /* their secrets */
	free(list->hooks);
	*list = (struct webhook_list){ .n = 0 };
}

/* What a line had in hand is of the queue that is no more: an answer that comes to it finds nobody. */
static void replace(struct hooks *h, const struct webhook_list *list)
{
	struct line *old = h->lines, *next;

	h->lines = NULL;
	h->n_lines = 0;
	for (; old; old = next) {
		next = old->next;
		line_drop(old);
	}
	for (size_t i = 0; i < list->n; i++)
		(void)line_new(h, &list->hooks[i]); /* one without memory comes with the next start */
}

void hooks_release(struct hooks *h, const struct webhook_list *list)
{
	h->held = false;
	if (list)
		replace(h, list);
	for (struct line *l = h->lines; l; l = l->next)
		if (l->state == LINE_IDLE)
			line_read(l);
}
