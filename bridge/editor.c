#include "bridge/editor.h"
#include "bridge/node_site.h"
#include "bridge/store_edit.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct editor {
	struct node *node; /* borrowed: its owner */
	struct edit *waiting, **end;
	bool working;
	char *before; /* owned; the site file before the last whole one, PINs and all; NULL: none in this process's life */
	uint8_t tag_key[EDIT_TAG_KEY];
};

/* One batch, on the disk thread. */
struct batch {
	struct editor *editor;
	const struct site *from; /* borrowed: in force until the batch is done */
	struct edit *first;      /* owned */
	struct node_site fresh;  /* owned; all NULL: nothing has changed */
};

enum bridge_err editor_open(struct editor **out, struct node *n, const uint8_t tag_key[EDIT_TAG_KEY])
{
	struct editor *ed = calloc(1, sizeof(*ed));

	if (!ed)
		return BRIDGE_NOMEM;
	ed->node = n;
	ed->end = &ed->waiting;
	memcpy(ed->tag_key, tag_key, sizeof(ed->tag_key));
	*out = ed;
	return BRIDGE_OK;
}

static void chain_free(struct edit *first)
{
	while (first) {
		struct edit *next = first->next;

		edit_free(first);
		first = next;
	}
}

static void keep_before(struct editor *ed, char *text)
{
	if (ed->before)
		OPENSSL_cleanse(ed->before, strlen(ed->before));
	free(ed->before);
	ed->before = text;
}

const char *editor_before(const struct editor *ed)
{
	return ed->before;
}

struct editor *editor_close(struct editor *ed)
{
	if (!ed)
		return NULL;
	chain_free(ed->waiting);
	keep_before(ed, NULL);
	free(ed);
	return NULL;
}

void editor_use_tag_key(struct editor *ed, const uint8_t tag_key[EDIT_TAG_KEY])
{
	memcpy(ed->tag_key, tag_key, sizeof(ed->tag_key));
}

const uint8_t *editor_tag_key(const struct editor *ed)
{
	return ed->tag_key;
}

/* ---- the disk thread ---- */

static enum bridge_err save(struct store *store, const struct site *site, struct edit *first)
{
	enum bridge_err err;
	char *text;

	if (first->what != EDIT_SITE)
		return store_save_edits(store, site, first);
	text = json_text(first->audit);
	err = text ? store_save_site(store, site, first->who, text) : BRIDGE_NOMEM;
	free(text);
	json_decref(first->audit); /* of a large site as large: not to be freed by the control thread */
	first->audit = NULL;
	return err;
}

static enum bridge_err work(void *arg, struct store *store)
{
	struct batch *b = arg;
	struct site *site = NULL;
	enum bridge_err err = edits_apply(b->from, b->first, b->editor->tag_key, &site);

	if (err || !site)
		return err;
	err = node_site_build(&b->fresh, site, edits_reach_plan(b->first));
	if (err) {
		site_free(site);
		return err;
	}
	err = save(store, site, b->first);
	if (err)
		node_site_clear(&b->fresh);
	return err;
}

static enum bridge_err dispose(void *arg, struct store *store)
{
	(void)store;
	node_site_clear(arg);
	return BRIDGE_OK;
}

static void disposed(void *arg, enum bridge_err err, const char *text)
{
	(void)err;
	(void)text;
	node_site_clear(arg); /* it was not carried out */
	free(arg);
}

/* ---- the control thread ---- */

void editor_use(struct editor *ed, struct node_site *fresh)
{
	struct node *n = ed->node;
	struct node_site *old = malloc(sizeof(*old));

	node_site_swap(n, fresh);
	if (!old) {
		node_site_clear(fresh);
		return;
	}
	*old = *fresh;
	writer_do(n->writer, dispose, disposed, old);
}

/* None of it is on disk: none of it was done. */
static void fail_all(struct edit *first, enum bridge_err err, const char *text)
{
	for (struct edit *e = first; e; e = e->next) {
		if (e->status >= 300 || (e->status && e->unchanged))
			continue;
		e->status = 503;
		e->code = err == BRIDGE_NOMEM ? "out_of_memory" : "database";
		snprintf(e->message, sizeof(e->message), "%s", text && text[0] ? text : bridge_strerror(err));
		e->field[0] = '\0';
	}
}

static void done(void *arg, enum bridge_err err, const char *text)
{
	struct batch *b = arg;
	struct editor *ed = b->editor;
	struct node *n = ed->node;

	n->applying = NULL;
	ed->working = false;
	if (err) {
		log_line(LOG_ERROR, NULL, "site", "not saved, the old one stays in force: %s",
			text && text[0] ? text : bridge_strerror(err));
		fail_all(b->first, err, text);
		node_site_clear(&b->fresh);
	} else if (b->fresh.site) {
		n->trim_due = n->trim_due || b->first->what == EDIT_SITE;
		if (b->first->replaced) {
			keep_before(ed, b->first->replaced);
			b->first->replaced = NULL;
		}
		editor_use(ed, &b->fresh);
	}
	for (const struct edit *e = b->first; e && n->http; e = e->next) /* at the end nobody listens */
		api_edited(n, e);
	chain_free(b->first);
	free(b);
	if (n->http)
		editor_go(ed);
}

/* The first of those that wait; a whole site goes alone. */
static struct edit *take(struct editor *ed)
{
	struct edit *first = ed->waiting, *last = first;

	for (unsigned i = 1;
		first->what != EDIT_SITE && i < EDITOR_BATCH && last->next && last->next->what != EDIT_SITE;
		i++)
		last = last->next;
	ed->waiting = last->next;
	if (!ed->waiting)
		ed->end = &ed->waiting;
	last->next = NULL;
	return first;
}

void editor_go(struct editor *ed)
{
	struct node *n = ed->node;
	struct batch *b;

	if (ed->working || n->applying || !ed->waiting)
		return;
	b = calloc(1, sizeof(*b));
	if (!b) /* the next edit tries again */
		return;
	*b = (struct batch){ .editor = ed, .from = n->site, .first = take(ed) };
	ed->working = true;
	n->applying = n->site;
	writer_do(n->writer, work, done, b);
}

void editor_post(struct editor *ed, struct edit *e)
{
	e->next = NULL;
	e->config = &ed->node->config;
	*ed->end = e;
	ed->end = &e->next;
	editor_go(ed);
}
