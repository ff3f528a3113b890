/* edit_priv.h - what the files edit*.c share.
 *
 * Thread: any, one at a time per chain of edits.
 */
#ifndef BRIDGE_EDIT_PRIV_H
#define BRIDGE_EDIT_PRIV_H

#include "bridge/edit.h"

/* Answers the edit; BRIDGE_SYNTAX. */
enum bridge_err edit_refuse(struct edit *e, unsigned status, const char *code, const char *field,
	const char *format, ...) __attribute__((format(printf, 5, 6)));
enum bridge_err edit_refuse_value(struct edit *e, const struct config_why *why, const char *field);

bool edit_is_many(enum site_kind kind); /* so many that they are not checked with all the rest */
/* Is the site sound with the object that stands at `at` now? */
enum bridge_err edit_check(struct edit *e, const struct site *s, const struct site_place *at);
/* The whole check; `at` NULL: the object has gone. */
enum bridge_err edit_whole_check(struct edit *e, const struct site *s, const struct site_place *at);
/* Is there another of this key?  The one at `at` has just been put in. */
enum bridge_err edit_twin_check(struct edit *e, const struct site *s, const struct site_place *at);
/* A number that leads to meeting `was` needs it there, in its own account. */
enum bridge_err edit_numbers_check(struct edit *e, const struct site *s, const char *was);

/* EDIT_SITE: *out is the site that it makes, NULL when that is no other. */
enum bridge_err edit_whole_site(struct edit *e, const struct site *now, struct site **out);
#endif
