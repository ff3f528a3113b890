/* site_json.h - an object of the site as JSON and back, and what JSON Schema says of it; by the same tables as the site file.
 *
 * Shape: what stands in the file, with its groups ("limits": { "channels": 10 }); everything is there, given or not: a text that
 * is not given is "", a number null, a flag its default.  Secrets (PINs and passwords) are there when asked for.
 * Reading is strict about types and refuses unknown keys, as the file does; null is "not given".
 *
 * Thread: any.
 */
#ifndef BRIDGE_SITE_JSON_H
#define BRIDGE_SITE_JSON_H

#include "bridge/site_object.h"
#include <jansson.h>

enum site_shown {
	SITE_SHOW_OPEN, /* no secrets */
	SITE_SHOW_PINS, /* PINs, for those who invite people; no passwords */
	SITE_SHOW_ALL
};

static inline bool site_is_secret(const struct site_field *f)
{
	return f->rule == RULE_SECRET || f->rule == RULE_PIN;
}

/* NULL: out of memory. */
json_t *site_json(enum site_kind kind, const void *object, enum site_shown shown);
/* One field by its key; NULL: there is none, or it is a secret. */
json_t *site_json_field(enum site_kind kind, const void *object, const char *key);
bool site_json_filters(
	enum site_kind kind, const char *key); /* is there such a field that may be asked for? */
/* Is it that, written as text ("true", "10", "" for null)?  Of a list: is that in it? */
bool site_json_is(enum site_kind kind, const void *object, const char *key, const char *text);
/* Into `object`, whose bytes need not be set; it then owns its lists (site_object_clear()).  BRIDGE_SYNTAX: *why, its key
 * as in "limits.channels"; *object holds nothing. */
enum bridge_err site_json_read(enum site_kind kind, void *object, const json_t *json, struct config_why *why);
/* What `now` must carry over from `was` where a request leaves it out: secrets, which its author may never have been
 * shown, and what the object is known by.  Both as of site_json(..., SITE_SHOW_ALL); changes `now`.
 * False: out of memory. */
bool site_json_keep(enum site_kind kind, json_t *now, const json_t *was);
/* RFC 7396: a new value; NULL: out of memory. */
json_t *json_merge(const json_t *target, const json_t *patch);

/* On one line, allocated; NULL: out of memory.  Jansson's json_dumps() may leave something out when there is none. */
char *json_text(const json_t *json);

/* For the audit log: { "before": { ... }, "after": { ... } } with what differs, of a secret that it "is set" or "was
 * changed".  Either may be NULL: made, or gone.  NULL: out of memory. */
json_t *site_json_change(enum site_kind kind, const void *before, const void *after);

/* JSON Schema (draft 2020-12): of answers, or of requests, in which all may be null or left out but, where `whole`, what
 * is required. */
json_t *site_json_schema(enum site_kind kind);
json_t *site_json_schema_request(enum site_kind kind, bool whole);
/* The schema of an object that has no members yet, and one more for it; `value`, the member's own schema, is taken. */
json_t *schema_object(void);
void schema_member(json_t *schema, const char *name, json_t *value, bool required);
#endif
