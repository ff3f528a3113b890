/* site_priv.h - what the objects of a site hold, declared once for reading, checking, writing and comparing.
 *
 * A field's key may have one dot: "limits.channels" is `limits: { channels: }` in the file.
 * Thread: any; constant.
 */
#ifndef BRIDGE_SITE_PRIV_H
#define BRIDGE_SITE_PRIV_H

#include "bridge/site.h"

enum site_kind {
	SITE_ACCOUNT,
	SITE_MEETING,
	SITE_USER,
	SITE_TRUNK,
	SITE_NUMBER,
	SITE_ROUTE,
	SITE_CALENDAR,
	SITE_CLASS,
	SITE_KINDS
};

enum site_type {
	FIELD_TEXT,     /* char[cap] */
	FIELD_TEXTS,    /* char[SITE_LIST][cap], their count at n_offset */
	FIELD_LIST,     /* char (*)[cap], allocated, their count at n_offset */
	FIELD_RANGE,    /* char[cap], the range's last number at n_offset */
	FIELD_WORD,     /* unsigned, one of `words`, the first when not given */
	FIELD_BOOL,     /* bool, `on` when not given */
	FIELD_UNSIGNED, /* unsigned, 0 when not given */
	FIELD_SRTP,     /* enum site_srtp */
	FIELD_ANSWER,   /* enum plan_answer, its meeting at n_offset */
};

enum site_rule { /* what a text may be; "" is always allowed where the field is not required */
	RULE_NAME,
	RULE_TITLE,
	RULE_SECRET,
	RULE_LANGUAGE,
	RULE_ID,
	RULE_PIN,
	RULE_E164,
	RULE_PREFIX,
	RULE_NETWORK,
	RULE_GATEWAY,
	RULE_CODEC,
	RULE_COUNTRY,
	RULE_TRUNK_PREFIX,
	RULE_RANGE,
	RULE_ZONE,
	RULE_SPAN,
	RULE_CLASS,
	RULE_PREPEND,
	RULE_ISO_COUNTRY,
	RULE_HEADER,   /* "Name: value" that a call is known by */
	RULE_IGNORED,  /* name of a header that a call can do without */
	RULE_STRIPPED, /* the same */
	RULE_ADDED,    /* "Name: value" that may be added */
	RULE_MAPPED,   /* "Name: field" that a header's value goes to */
	RULE_IDENTITY, /* a way to say who calls */
	RULE_REROUTE,  /* how an attempt ends */
	RULE_HTTPS,
	RULE_PATH,
	RULE_UUID,
	RULE_DOMAIN,
	RULE_PATTERN,
	RULE_PORTS, /* "40000-40099" */
	RULE_MONEY,
};

struct site_field {
	const char *key;
	enum site_type type;
	enum site_rule rule;
	size_t offset, cap, n_offset;
	unsigned max; /* FIELD_UNSIGNED: from 1; FIELD_WORD: how many words */
	const char *const *words;
	bool on, required;
};

struct site_schema {
	const char *word, *list; /* "meeting", "meetings" */
	size_t size;             /* of the struct */
	const struct site_field *fields;
	size_t n_fields;
};

extern const struct site_schema site_schemas[SITE_KINDS];
extern const char *const site_srtp_words[3];
extern const char *const site_codecs[];
extern const size_t site_n_codecs;

/* NULL: `text` keeps the rule; else what is wanted, for people. */
const char *site_rule_broken(enum site_rule rule, const char *text);

/* Where an object stands, so that a path is written only when something is refused. */
struct site_place {
	enum site_kind kind;
	size_t outer, inner; /* inner: of meetings and users, in the account `outer` */
};
const char *site_place_path(
	const struct site_place *at, char *out, size_t cap); /* "accounts[0].meetings[1]" */
enum bridge_err site_refuse(struct config_why *why, const struct site_place *at, const char *field,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
/* First part of site_check(), of one object: every value by itself.  `why` is not NULL. */
enum bridge_err site_check_object(const struct site *s, const struct site_place *at, struct config_why *why);
/* Second half of site_check(): values are known to be good.  `why` is not NULL. */
enum bridge_err site_check_names(const struct site *s, struct config_why *why);

/* site_apart.c: could a call be either trunk's?  Both have a place in common.  NULL: it can always be told whose it is; else why
 * not. */
const char *site_mixed_up(const struct site_trunk *a, const struct site_trunk *b);
const char *site_header_broken(enum site_rule rule, const char *text);
/* site_carrier.c: what a trunk's carrier is told of who calls. */
const char *site_identity_broken(const char *text);
/* site_carrier.c: reroute_on and stop_on, below `group` ("outbound.", or ""). */
struct site_words {
	const char (*list)[SITE_WORD];
	size_t n;
};
enum bridge_err site_check_reroute(struct site_words on, struct site_words stop, const char *group,
	const struct site_place *at, struct config_why *why);
enum bridge_err site_check_carrier(
	const struct site_trunk *t, const struct site_place *at, struct config_why *why);

/* Splits "+100..+199" or "+100..99" into its ends; of one number `last` is "".  False: neither of them. */
bool site_range_parse(const char *text, char first[NUMBER_E164], char last[NUMBER_E164]);
/* Third part of site_check(): numbers and routes that get in each other's way. */
enum bridge_err site_check_plan(const struct site *s, struct config_why *why);

struct doc_node;
/* Reads one object into memory that is all zero; what its children hold is not read.  On any error it may own lists. */
enum bridge_err site_read_object(
	enum site_kind kind, void *object, const struct doc_node *map, struct config_why *why);
/* Do two objects of one kind hold the same there? */
bool site_field_same(const void *a, const void *b, const struct site_field *f);

/* The i-th text of FIELD_TEXT (0 only), FIELD_TEXTS or FIELD_LIST. */
static inline const char *site_text(const void *object, const struct site_field *f, size_t i)
{
	const char *at = (const char *)object + f->offset;

	if (f->type == FIELD_LIST)
		at = *(const char *const *)(const void *)at;
	return at + i * f->cap;
}

static inline size_t site_texts(const void *object, const struct site_field *f)
{
	return *(const size_t *)(const void *)((const char *)object + f->n_offset);
}
#endif
