/* number.h - the one stored form of a telephone number: `+` and up to 15 digits (ITU-T E.164).
 *
 * How: reads what carriers send: "+1555...", "00...", "011...", national with a trunk prefix,
 * short, tel: and sip: user parts, visual separators, ;phone-context, ;rn and ;npdi (RFC 3966,
 * 4694), user=phone.  Where a form is ambiguous the trunk's country decides.
 *
 * Thread: control; pure.
 */
#ifndef DIALPLAN_NUMBER_H
#define DIALPLAN_NUMBER_H

#include "dialplan/err.h"
#include <stdbool.h>
#include <stddef.h>

enum { NUMBER_E164 = 17, NUMBER_TEXT = 64 };

enum number_form {
	NUMBER_NONE, NUMBER_GLOBAL /* + */, NUMBER_IDD_00, NUMBER_IDD_011, NUMBER_NATIONAL,
	NUMBER_BARE /* country code without + */, NUMBER_CONTEXT /* phone-context */
};

struct number_country { /* how this trunk writes numbers; all zero: North America is not assumed */
	char country_code[4];    /* "1", "49"; "": unknown */
	char trunk_prefix[4];    /* "0" in Germany, "1" in North America, "" none */
	unsigned national_min, national_max; /* digits of a national significant number; 0: 7 and 12 */
};

struct number {
	char e164[NUMBER_E164];   /* "+15550100" */
	char original[NUMBER_TEXT]; /* as it came, controls dropped */
	enum number_form form;
};

/* Reads one candidate: the user part of a URI with its ;parameters, or a tel: number.
 * PLAN_SYNTAX: no number in it (a name, an empty user). */
enum plan_err number_parse(struct number *out, const char *text, const struct number_country *country);

const char *number_form_words(enum number_form form); /* "international with 00" */
bool number_valid(const char *e164); /* + and 2..15 digits */
#endif
