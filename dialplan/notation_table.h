/* notation_table.h - country codes and how numbers of theirs are parted (notation.h); data. */
#ifndef DIALPLAN_NOTATION_TABLE_H
#define DIALPLAN_NOTATION_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct notation_row {
	const char *code;   /* country code */
	const char *leads;  /* beginnings behind it, parted by spaces; "": any other */
	const char *groups; /* digits of each part; *: the rest, in groups of three and four */
	const char *trunk;  /* national prefix */
	bool open;          /* the first part may be left out at home */
};
extern const struct notation_row notation_rows[];
extern const size_t notation_n_rows;

extern const char notation_countries[]; /* "20EG 27ZA ...": codes of one country each */
#endif
