/* notation.h - a telephone number as people write it: ITU-T E.123, with spaces where its parts end.
 *
 *   +442079460000 -> "+44 20 7946 0000" abroad, "(020) 7946 0000" at home
 *
 * How: a table says for beginnings of numbers how long their parts are.  In the national form stands in brackets what may be left out in the same area
 * (section 2.4); plans in which all is dialled have none.  Where an area code's length is not known nothing is guessed: groups of three, no brackets.
 *
 * Thread: any; pure.
 */
#ifndef DIALPLAN_NOTATION_H
#define DIALPLAN_NOTATION_H

enum { NOTATION_TEXT = 40, NOTATION_COUNTRY = 3 };

struct notation {
	char international[NOTATION_TEXT], national[NOTATION_TEXT];
	char country
		[NOTATION_COUNTRY]; /* ISO 3166-1, by the country code; "": several countries share it, or it is nobody's */
};

/* `e164`: number_valid(); anything else gives itself in both forms. */
void notation_of(struct notation *out, const char *e164);
#endif
