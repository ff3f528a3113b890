/* class.h - what sort of number it is: some are never called, others only where an account may.
 *
 * How: a table of prefixes comes with the product (class_table.c, each row with its source); an operator's
 * entries stand beside it and win where they are as long or longer, so that a number can also be made ordinary
 * again.  The longest entry that fits decides.  An emergency number is a whole number, not a beginning: +49112 is
 * one and +4911212345 is not; "112" keyed without a country is one wherever that code is in use.
 *
 * Thread: control; pure.
 */
#ifndef DIALPLAN_CLASS_H
#define DIALPLAN_CLASS_H

#include "dialplan/number.h"

enum number_class {
	CLASS_ORDINARY,
	CLASS_TOLL_FREE,
	CLASS_SHARED_COST,
	CLASS_PREMIUM,
	CLASS_SATELLITE,
	CLASS_RISKY,       /* the operator's own list: dear, often abused */
	CLASS_UNALLOCATED, /* no such country code or area: nobody can answer there */
	CLASS_EMERGENCY,   /* never from a conference */
	CLASSES
};

struct class_entry {
	char prefix[NUMBER_E164]; /* "+1900" */
	enum number_class class;
	bool whole; /* the whole number, not its beginning */
};

struct classes;
/* The product's table and the operator's entries, which are copied.
 * PLAN_SYNTAX: *at is the index of one that is no prefix; PLAN_TWICE: of one that is given twice. */
enum plan_err classes_alloc(
	struct classes **out, const struct class_entry *entries, size_t n_entries, size_t *at);
struct classes *classes_free(struct classes *c); /* accepts NULL, returns NULL */

/* The class of an E.164 number; *by (may be NULL) becomes the entry that decided, NULL when none did: ordinary. */
enum number_class class_of(const struct classes *c, const char *e164, const struct class_entry **by);
/* Is it an emergency code somewhere, keyed without a country: "112", "911"? */
bool class_emergency_code(const char *digits);

const char *class_word(enum number_class class); /* "premium"; never NULL */
/* False: no such word. */
bool class_parse(enum number_class *out, const char *word);
#endif
