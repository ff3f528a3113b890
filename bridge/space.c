#include "bridge/space.h"
#include "bridge/node.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>

struct looking {
	struct node *node;
	struct space found;
	char path[CONFIG_TEXT];
};

static enum bridge_err look(void *arg, struct store *store)
{
	struct looking *l = arg;
	struct statvfs v;

	(void)store;
	if (statvfs(dirname(l->path), &v) == 0) {
		l->found.free_bytes = (uint64_t)v.f_bavail * v.f_frsize;
		l->found.all_bytes = (uint64_t)v.f_blocks * v.f_frsize;
	}
	return BRIDGE_OK;
}

static void looked(void *arg, enum bridge_err err, const char *text)
{
	struct looking *l = arg;

	(void)err;
	(void)text;
	l->node->space = l->found;
	free(l);
}

void space_ask(struct node *n)
{
	struct looking *l = n->space.out ? NULL : calloc(1, sizeof(*l));

	if (!l)
		return;
	l->node = n;
	snprintf(l->path, sizeof(l->path), "%s", n->config.database);
	n->space.out = true;
	writer_do(n->writer, look, looked, l);
}

bool space_low(const struct space *s)
{
	const uint64_t most = (uint64_t)SPACE_LOW_MB << 20;

	return s->all_bytes && s->free_bytes < s->all_bytes / SPACE_LOW_PART && s->free_bytes < most;
}
