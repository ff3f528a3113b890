#include "bridge/store_pass.h"

#include <stdlib.h>
#include <string.h>

void pass_use(struct pass *p, const char *sql)
{
	sqlite3_finalize(p->statement);
	p->statement = NULL;
	if (!p->err)
		p->err = store_prepare(p->s, &p->statement, sql);
}

void pass_end(struct pass *p)
{
	sqlite3_finalize(p->statement);
	p->statement = NULL;
}

void pass_put_text(struct pass *p, int at, const char *text)
{
	if (!p->err)
		store_bind_text(p->statement, at, text);
}

void pass_put_reference(struct pass *p, int at, const char *text)
{
	if (!p->err)
		store_bind_reference(p->statement, at, text);
}

void pass_put_number(struct pass *p, int at, int64_t value)
{
	if (!p->err)
		sqlite3_bind_int64(p->statement, at, value);
}

void pass_put_row(struct pass *p)
{
	if (!p->err)
		p->err = store_run(p->s, p->statement);
}

/* One row per text: owner, position, text. */
void pass_put_list(
	struct pass *p, const char *sql, const char *owner, const char *texts, size_t each, size_t n)
{
	pass_use(p, sql);
	for (size_t i = 0; i < n && !p->err; i++) {
		pass_put_text(p, 1, owner);
		pass_put_number(p, 2, (int64_t)i);
		pass_put_text(p, 3, texts + i * each);
		pass_put_row(p);
	}
}

/* True: the statement stands on a row. */
bool pass_next(struct pass *p)
{
	int step;

	if (p->err)
		return false;
	step = sqlite3_step(p->statement);
	if (step != SQLITE_ROW && step != SQLITE_DONE)
		p->err = store_fail(p->s);
	return step == SQLITE_ROW;
}

void pass_unreadable(struct pass *p, const char *what)
{
	if (!p->err)
		sqlite3_snprintf(sizeof(p->s->error), p->s->error, "the site in it cannot be read: %s", what);
	p->err = BRIDGE_FILE;
}

void pass_get_text(struct pass *p, int column, char *out, size_t cap)
{
	if (!p->err && !store_read_text(p->statement, column, out, cap))
		pass_unreadable(p, sqlite3_column_name(p->statement, column));
}

unsigned pass_get_number(struct pass *p, int column)
{
	return p->err ? 0 : (unsigned)sqlite3_column_int64(p->statement, column);
}

unsigned pass_get_word(struct pass *p, int column, const char *const *words, unsigned n)
{
	char text[16] = "";

	pass_get_text(p, column, text, sizeof(text));
	for (unsigned i = 0; i < n && !p->err; i++)
		if (strcmp(words[i], text) == 0)
			return i;
	pass_unreadable(p, text);
	return 0;
}

/* `array` with room for element n, which is all zero; it grows by doubling.  NULL: out of memory, or failed before. */
void *pass_grown(struct pass *p, void *array, size_t n, size_t each)
{
	char *items = array;

	if (p->err)
		return NULL;
	if ((n & (n - 1)) == 0) { /* 0, 1, 2, 4, 8 ...: it is full */
		items = realloc(array, (n ? n * 2 : 1) * each);
		if (!items) {
			p->err = BRIDGE_NOMEM;
			return NULL;
		}
	}
	memset(items + n * each, 0, each);
	return items;
}

size_t pass_get_list(struct pass *p, const char *sql, const char *owner, char *texts, size_t each)
{
	size_t n = 0;

	pass_use(p, sql);
	pass_put_text(p, 1, owner);
	while (pass_next(p)) {
		if (n == SITE_LIST) {
			pass_unreadable(p, "a list is too long");
			break;
		}
		pass_get_text(p, 0, texts + n * each, each);
		n++;
	}
	return n;
}

void pass_get_all(struct pass *p, void *array_out, size_t *n, size_t each)
{
	char *texts;

	memcpy(&texts, array_out, sizeof(texts));
	while (pass_next(p)) {
		char *grown = pass_grown(p, texts, *n, each);

		if (!grown)
			return;
		texts = grown;
		memcpy(array_out, &texts, sizeof(texts));
		pass_get_text(p, 0, texts + *n * each, each);
		++*n;
	}
}
