/* class_table.h - the product's own knowledge of numbers: classes by prefix, emergency codes by country.
 *
 * Sources: country codes and global services as ITU-T lists them (E.164 assigned country codes, E.164.1); national ranges as
 * the national numbering plans that ITU-T publishes (E.129) say.  Only what is sure stands here: operators add to it.
 * Thread: any; constant.
 */
#ifndef DIALPLAN_CLASS_TABLE_H
#define DIALPLAN_CLASS_TABLE_H

#include "dialplan/class.h"

struct class_row {
	enum number_class class;
	const char *country; /* its code; "" the prefixes begin with it */
	const char *begins;  /* beginnings behind the country code, parted by blanks */
};

struct emergency_row {
	const char *country, *codes; /* parted by blanks */
};

extern const struct class_row class_rows[];
extern const size_t class_n_rows;
extern const struct emergency_row emergency_rows[];
extern const size_t emergency_n_rows;
#endif
