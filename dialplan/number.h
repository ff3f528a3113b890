/* number.h - the one stored form of a telephone number: `+` and up to 15 digits (ITU-T E.164).
 *
 * How: reads what carriers send: "+1555...", "00...", "011...", national with a trunk prefix,
 * short, tel: and sip: user parts, visual separators, ;phone-context, ;rn and ;npdi (RFC 3966,
 * 4694), user=phone.  Where a form is ambiguous the trunk's country decides; where even that leaves
 * several readings, number_read() gives them all, the likeliest first, and the DID table picks.
 *
 * The called number is the user part itself; ;rn is where a number-portability lookup sent the call,
 * kept beside it and never mistaken for it.
 *
 * Thread: control; pure.
 */
#ifndef DIALPLAN_NUMBER_H
#define DIALPLAN_NUMBER_H

#include "dialplan/err.h"
#include <stdbool.h>
#include <stddef.h>

enum { NUMBER_E164 = 17, NUMBER_TEXT = 64, NUMBER_READINGS = 3, NUMBER_DIGITS_MAX = 32 };

enum number_form {
	NUMBER_NONE,
	NUMBER_GLOBAL,   /* + */
	NUMBER_IDD_00,   /* 00 and the country code */
	NUMBER_IDD_011,  /* 011 and the country code, as in North America */
	NUMBER_NATIONAL, /* without country code, with or without the trunk prefix */
	NUMBER_BARE,     /* country code without + */
	NUMBER_CONTEXT,  /* ;phone-context=+49 before it */
	NUMBER_SHORT     /* last digits only: the DID table completed it */
};

struct number_country {       /* how this trunk writes numbers; all zero: North America is not assumed */
	char country_code[4]; /* "1", "49"; "": unknown */
	char trunk_prefix[4]; /* "0" in Germany, "1" in North America, "" none */
	unsigned national_min, national_max; /* digits of a national significant number; 0: 7 and 12 */
};

struct number {
	char e164[NUMBER_E164];     /* "+15550100" */
	char original[NUMBER_TEXT]; /* as it came, controls dropped */
	enum number_form form;
	char routing[NUMBER_E164]; /* ;rn= of RFC 4694 when it is global, else "" */
	bool dipped;               /* ;npdi: a number-portability lookup was done */
};

/* All that a candidate may mean, the likeliest first, and its digits for a lookup by last digits. */
struct number_readings {
	struct number reading[NUMBER_READINGS];
	size_t n;
	char original[NUMBER_TEXT];
	char digits[NUMBER_DIGITS_MAX +
		    1]; /* without separators; "" for a global number or one of a private plan */
};

/* Reads one candidate: the user part of a URI with its ;parameters (%-escaped or not), a tel: number or a
 * whole sip: URI.  `country` may be NULL: unknown.
 * PLAN_SYNTAX: no number in it (a name, an empty user, over 32 digits); out->original is set all the same.
 * PLAN_NO_RULE: digits, but no country to read them by; only out->original and ->digits are set. */
enum plan_err number_read(
	struct number_readings *out, const char *text, const struct number_country *country);

/* The likeliest reading.  PLAN_SYNTAX: none; out->original is set all the same. */
enum plan_err number_parse(struct number *out, const char *text, const struct number_country *country);

const char *number_form_words(enum number_form form); /* "international with 00"; never NULL */
bool number_valid(const char *e164);                  /* + and 2..15 digits, the first not 0 */
#endif
