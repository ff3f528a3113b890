#include "bridge/yaml.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { CHUNK = 64 << 10, ALIGN = sizeof(void *) };

struct chunk {
	struct chunk *next; /* owned */
	size_t used, size;
	_Alignas(max_align_t) unsigned char bytes[];
};

struct doc {
	struct chunk *chunks;  /* owned, newest first */
	struct doc_node *root; /* in the chunks */
	size_t n_nodes;
};

/* A tree in the making: where the next event goes. */
struct growth {
	struct doc *doc;
	struct doc_node *open; /* innermost mapping or list; NULL at the top */
	const char *key;       /* of `open`, waiting for its value */
	unsigned key_line, depth, documents;
	struct config_why *why;
};

static void *arena_take(struct doc *d, size_t size)
{
	size_t need = (size + ALIGN - 1) / ALIGN * ALIGN;
	struct chunk *c = d->chunks;

	if (!c || c->size - c->used < need) {
		size_t room = need > CHUNK ? need : CHUNK;

		c = calloc(1, sizeof(*c) + room);
		if (!c)
			return NULL;
		c->size = room;
		c->next = d->chunks;
		d->chunks = c;
	}
	c->used += need;
	return c->bytes + c->used - need;
}

struct doc *doc_free(struct doc *d)
{
	if (!d)
		return NULL;
	while (d->chunks) {
		struct chunk *next = d->chunks->next;

		explicit_bzero(d->chunks->bytes, d->chunks->used);
		free(d->chunks);
		d->chunks = next;
	}
	free(d);
	return NULL;
}

const struct doc_node *doc_root(const struct doc *d)
{
	return d->root;
}

static unsigned event_line(const yaml_event_t *event)
{
	return (unsigned)event->start_mark.line + 1;
}

/* Refuses at `line`, under the key that is being read. */
#define GROWTH_REFUSE(g, line, ...)                                                                          \
	do {                                                                                                 \
		char path_[sizeof((g)->why->key)];                                                           \
		return why_refuse((g)->why, (line), growth_path((g), path_, sizeof(path_)), __VA_ARGS__);    \
	} while (0)

static const char *growth_path(const struct growth *g, char *out, size_t cap)
{
	struct doc_node next = { .parent = g->open, .key = g->key, .index = g->open ? g->open->n : 0 };

	if (g->open && g->open->kind == DOC_MAP && !g->key)
		return doc_path(g->open, out, cap);
	return doc_path(&next, out, cap);
}

static const char *text_copy(struct growth *g, const char *text, size_t len)
{
	char *copy = arena_take(g->doc, len + 1);

	if (copy)
		memcpy(copy, text, len);
	return copy;
}

static enum bridge_err node_add(struct growth *g, enum doc_kind kind, unsigned line, struct doc_node **out)
{
	struct doc_node *node;

	if (g->doc->n_nodes == DOC_NODES)
		GROWTH_REFUSE(g, line, "more than %d values in one file", DOC_NODES);
	node = arena_take(g->doc, sizeof(*node));
	if (!node)
		return BRIDGE_NOMEM;
	node->kind = kind;
	node->line = g->key ? g->key_line : line;
	node->key = g->key;
	node->text = "";
	node->parent = g->open;
	if (g->open) {
		node->index = g->open->n++;
		if (g->open->last)
			g->open->last->next = node;
		else
			g->open->first = node;
		g->open->last = node;
	} else {
		g->doc->root = node;
	}
	g->doc->n_nodes++;
	g->key = NULL;
	*out = node;
	return BRIDGE_OK;
}

static enum bridge_err on_key(struct growth *g, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	unsigned line = event_line(event);

	if (!doc_printable(text) || !text[0])
		GROWTH_REFUSE(g, line, "a key is empty or holds control characters");
	if (strcmp(text, "<<") == 0)
		GROWTH_REFUSE(g, line, "merge keys are not taken: write the values out");
	for (const struct doc_node *other = g->open->first; other; other = other->next)
		if (strcmp(other->key, text) == 0) {
			g->key = other->key;
			GROWTH_REFUSE(g, line, "key given twice, first in line %u", other->line);
		}
	if (g->open->n == DOC_KEYS)
		GROWTH_REFUSE(g, line, "more than %d keys in one mapping", DOC_KEYS);
	g->key = text_copy(g, text, event->data.scalar.length);
	g->key_line = line;
	return g->key ? BRIDGE_OK : BRIDGE_NOMEM;
}

static bool means_null(const char *text)
{
	return !text[0] || strcmp(text, "~") == 0 || strcmp(text, "null") == 0 || strcmp(text, "Null") == 0 ||
	       strcmp(text, "NULL") == 0;
}

static enum bridge_err on_scalar(struct growth *g, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;
	bool quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	struct doc_node *node;
	enum bridge_err err;

	if (event->data.scalar.tag)
		GROWTH_REFUSE(g, event_line(event), "tags are not taken");
	if (len > DOC_SCALAR)
		GROWTH_REFUSE(g, event_line(event), "a text longer than %d bytes", DOC_SCALAR);
	if (memchr(text, '\0', len))
		GROWTH_REFUSE(g, event_line(event), "a NUL character");
	if (g->open && g->open->kind == DOC_MAP && !g->key)
		return on_key(g, event);
	err = node_add(g, !quoted && means_null(text) ? DOC_NULL : DOC_SCALAR_TEXT, event_line(event), &node);
	if (err)
		return err;
	node->quoted = quoted;
	if (node->kind == DOC_SCALAR_TEXT)
		node->text = text_copy(g, text, len);
	return node->text ? BRIDGE_OK : BRIDGE_NOMEM;
}

static enum bridge_err on_open(
	struct growth *g, const yaml_event_t *event, enum doc_kind kind, const void *tag)
{
	struct doc_node *node;
	enum bridge_err err;

	if (tag)
		GROWTH_REFUSE(g, event_line(event), "tags are not taken");
	if (g->open && g->open->kind == DOC_MAP && !g->key)
		GROWTH_REFUSE(g, event_line(event), "a key must be plain text");
	if (g->depth == DOC_DEPTH)
		GROWTH_REFUSE(g, event_line(event), "more than %d levels deep", DOC_DEPTH);
	err = node_add(g, kind, event_line(event), &node);
	if (err)
		return err;
	g->depth++;
	g->open = node;
	return BRIDGE_OK;
}

static void on_close(struct growth *g)
{
	assert(g->open && g->depth > 0);
	g->depth--;
	g->open = g->open->parent;
}

static enum bridge_err on_event(struct growth *g, const yaml_event_t *event)
{
	const void *anchor = NULL;

	if (event->type == YAML_SCALAR_EVENT)
		anchor = event->data.scalar.anchor;
	else if (event->type == YAML_SEQUENCE_START_EVENT)
		anchor = event->data.sequence_start.anchor;
	else if (event->type == YAML_MAPPING_START_EVENT)
		anchor = event->data.mapping_start.anchor;
	if (anchor || event->type == YAML_ALIAS_EVENT)
		GROWTH_REFUSE(g, event_line(event),
			"anchors (&) and aliases (*) are not taken: write the value out");

	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (++g->documents > 1)
			GROWTH_REFUSE(g, event_line(event), "a second document in one file");
		return BRIDGE_OK;
	case YAML_SCALAR_EVENT: return on_scalar(g, event);
	case YAML_SEQUENCE_START_EVENT: return on_open(g, event, DOC_LIST, event->data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT: return on_open(g, event, DOC_MAP, event->data.mapping_start.tag);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT: on_close(g); return BRIDGE_OK;
	default: return BRIDGE_OK;
	}
}

static enum bridge_err library_error(const struct growth *g, const yaml_parser_t *parser)
{
	size_t line = parser->problem_mark.line + 1;

	if (parser->error == YAML_MEMORY_ERROR)
		return BRIDGE_NOMEM;
	if (parser->error == YAML_READER_ERROR) /* has no mark: the last token's line is near */
		line = parser->mark.line + 1;
	GROWTH_REFUSE(g, (unsigned)line, "not YAML: %s%s%s", parser->problem ? parser->problem : "malformed",
		parser->context ? ", " : "", parser->context ? parser->context : "");
}

static enum bridge_err grow(struct growth *g, yaml_parser_t *parser)
{
	yaml_event_t event;
	bool ended = false;

	while (!ended) {
		enum bridge_err err;

		if (!yaml_parser_parse(parser, &event))
			return library_error(g, parser);
		ended = event.type == YAML_STREAM_END_EVENT;
		err = on_event(g, &event);
		yaml_event_delete(&event);
		if (err)
			return err;
	}
	if (!g->doc->root) {
		struct doc_node *nothing;

		return node_add(g, DOC_NULL, 1, &nothing);
	}
	return BRIDGE_OK;
}

enum bridge_err doc_read(struct doc **out, const char *text, size_t len, struct config_why *why)
{
	struct config_why unread;
	struct growth g = { .why = why ? why : &unread };
	yaml_parser_t parser;
	enum bridge_err err;

	if (len > DOC_BYTES)
		return why_refuse(why, 1, "", "longer than %d bytes", DOC_BYTES);
	g.doc = calloc(1, sizeof(*g.doc));
	if (!g.doc)
		return BRIDGE_NOMEM;
	if (!yaml_parser_initialize(&parser)) {
		doc_free(g.doc);
		return BRIDGE_NOMEM;
	}
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	err = grow(&g, &parser);
	yaml_parser_delete(&parser);
	if (err) {
		doc_free(g.doc);
		return err;
	}
	*out = g.doc;
	return BRIDGE_OK;
}
