/* yaml.h - what a person wrote, as a bounded tree whose nodes know their line and key.
 *
 * How: libyaml's events become nodes in one arena.  Refused with line and reason: bad YAML, a key
 * given twice, anchors and aliases (so nothing can multiply), tags, merge keys, several documents, keys that are no
 * plain text, NUL characters, and more than the limits below.  What a scalar means is decided
 * by who asks for it: an unquoted 0042 read as text stays "0042".
 * Names here begin with doc_: yaml_ belongs to libyaml, which no other file sees.
 * Use:  doc_read(); doc_only() to refuse unknown keys; doc_get() and doc_text(), doc_bool() ... per key.
 *       Readers of values take a NULL node as "not given" and leave *out as it is.
 *
 * Thread: any; one document, one thread.
 */
#ifndef BRIDGE_YAML_H
#define BRIDGE_YAML_H

#include "bridge/why.h"
#include <stdbool.h>
#include <stddef.h>

enum {
	DOC_BYTES = 4 << 20, /* of text */
	DOC_NODES = 600000,
	DOC_DEPTH = 12,
	DOC_KEYS = 64,     /* in one mapping */
	DOC_SCALAR = 16384 /* bytes of one text */
};

enum doc_kind { DOC_NULL, DOC_SCALAR_TEXT, DOC_LIST, DOC_MAP };

struct doc_node {
	enum doc_kind kind; /* DOC_NULL: `null`, `~` or nothing, unquoted */
	unsigned line;      /* from 1: of the key in a mapping, else of the value */
	bool quoted;        /* "true" is text, true is not */
	const char *key;    /* in a mapping; else NULL */
	const char *text;   /* DOC_SCALAR_TEXT: UTF-8 without NUL; else "" */
	size_t n, index;    /* children; which child this is */
	struct doc_node *parent, *first, *last, *next;
};

struct doc; /* owns all nodes */

/* Any bytes are allowed in.  BRIDGE_SYNTAX: *why; *out is untouched. */
enum bridge_err doc_read(struct doc **out, const char *text, size_t len, struct config_why *why);
struct doc *doc_free(struct doc *d); /* clears the text, which may hold secrets; accepts NULL, returns NULL */
const struct doc_node *doc_root(const struct doc *d); /* never NULL; DOC_NULL when there was nothing */

/* "accounts[0].name" into `out`, returned; cut with "..." at the front where it is too long. */
const char *doc_path(const struct doc_node *node, char *out, size_t cap);
/* The deepest node on the way to `path` that is there. */
const struct doc_node *doc_at(const struct doc *d, const char *path);

/* Value of a mapping's key; NULL: not given (or null, or `map` is NULL or no mapping). */
const struct doc_node *doc_get(const struct doc_node *map, const char *key);
/* BRIDGE_SYNTAX: not a mapping, or a key that is not among the `n` words. */
enum bridge_err doc_only(
	const struct doc_node *map, const char *const *words, size_t n, struct config_why *why);
enum bridge_err doc_list(
	const struct doc_node *node, size_t max, struct config_why *why); /* is a list, not longer */

/* One value, each BRIDGE_OK or BRIDGE_SYNTAX with *why. */
enum bridge_err doc_text(const struct doc_node *node, char *out, size_t cap, struct config_why *why);
enum bridge_err doc_bool(const struct doc_node *node, bool *out, struct config_why *why);
enum bridge_err doc_unsigned(
	const struct doc_node *node, unsigned min, unsigned max, unsigned *out, struct config_why *why);
enum bridge_err doc_word(const struct doc_node *node, const char *const *words, size_t n, unsigned *out,
	struct config_why *why); /* *out: index of the word */
enum bridge_err doc_refuse(const struct doc_node *node, struct config_why *why, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* UTF-8 without controls, line separators and byte order marks: what may stand in a name, a header or a log line. */
bool doc_printable(const char *text);
#endif
