#include "bridge/texts.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct texts {
	struct texts *next; /* owned */
	uint8_t which;
	char text[]; /* with its NUL */
};

static void drop(struct texts **t, unsigned which)
{
	for (; *t; t = &(*t)->next) {
		struct texts *gone = *t;

		if (gone->which != which)
			continue;
		*t = gone->next;
		free(gone);
		return;
	}
}

bool texts_set(struct texts **t, unsigned which, const char *text, size_t len)
{
	struct texts *one = len ? malloc(offsetof(struct texts, text) + len + 1) : NULL;

	if (len && !one)
		return false;
	if (one) { /* first: it may be made of the one that it replaces */
		one->which = (uint8_t)which;
		memcpy(one->text, text, len);
		one->text[len] = '\0';
	}
	drop(t, which);
	if (one) {
		one->next = *t;
		*t = one;
	}
	return true;
}

const char *texts_get(const struct texts *t, unsigned which)
{
	while (t && t->which != which)
		t = t->next;
	return t ? t->text : "";
}

bool texts_copy(struct texts **out, const struct texts *from)
{
	struct texts *copy = NULL;

	for (; from; from = from->next)
		if (!texts_set(&copy, from->which, from->text, strlen(from->text))) {
			texts_free(copy);
			return false;
		}
	*out = copy;
	return true;
}

struct texts *texts_free(struct texts *t)
{
	while (t) {
		struct texts *next = t->next;

		free(t);
		t = next;
	}
	return NULL;
}
