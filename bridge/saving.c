#include "bridge/saving.h"
#include "bridge/node.h"

#include <stdlib.h>
#include <string.h>

struct row {
	struct row *next; /* owned */
	char *text;       /* behind the name, in the same piece */
	char name[];
};

struct saving {
	struct node *node;              /* borrowed */
	struct saving_state *state;     /* borrowed */
	const struct saving_kind *kind; /* borrowed */
	struct row *rows;               /* owned */
};

bool saving_add(struct saving **s, const char *name, const char *text)
{
	const size_t n_name = strlen(name) + 1, n_text = strlen(text) + 1;
	struct saving *to = *s ? *s : calloc(1, sizeof(*to));
	struct row *row = to ? malloc(sizeof(*row) + n_name + n_text) : NULL;

	if (!row) {
		if (!*s)
			free(to);
		return false;
	}
	row->text = row->name + n_name;
	memcpy(row->name, name, n_name);
	memcpy(row->text, text, n_text);
	row->next = to->rows;
	to->rows = row;
	*s = to;
	return true;
}

static enum bridge_err save(void *arg, struct store *store)
{
	const struct saving *s = arg;
	enum bridge_err err = BRIDGE_OK;

	for (const struct row *row = s->rows; row && !err;) {
		struct kept_row rows[STORE_KEPT_AT_ONCE];
		size_t n = 0;

		for (; row && n < STORE_KEPT_AT_ONCE; row = row->next)
			rows[n++] = (struct kept_row){ row->name, row->text };
		err = store_save_kept(store, s->kind->what, rows, n);
	}
	return err;
}

static void saved(void *arg, enum bridge_err err, const char *text)
{
	struct saving *s = arg;
	struct node *n = s->node;
	const struct saving_kind *kind = s->kind;
	struct row *next;

	s->state->out = false;
	if (err && !s->state->failed)
		log_line(LOG_ERROR, NULL, kind->topic, "%s, tried again: %s", kind->cannot, text);
	s->state->failed = err != BRIDGE_OK;
	for (struct row *row = s->rows; row; row = next) {
		next = row->next;
		if (err)
			kind->missed(n, row->name);
		free(row);
	}
	free(s);
	if (!err && kind->done)
		kind->done(n);
}

void saving_go(struct node *n, struct saving_state *state, const struct saving_kind *kind, struct saving *s)
{
	s->node = n;
	s->state = state;
	s->kind = kind;
	state->out = true;
	writer_do(n->writer, save, saved, s);
}
