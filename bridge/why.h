/* why.h - where and why something that a person wrote is refused.
 *
 * Thread: any; plain.
 */
#ifndef BRIDGE_WHY_H
#define BRIDGE_WHY_H

#include "bridge/err.h"

struct config_why {
	unsigned line;  /* from 1; 0: not from a file */
	char key[96];   /* "accounts[0].meetings[1].guest_pin"; "" the file as a whole */
	char text[200]; /* for people; never holds a secret */
};

/* Fills *why (NULL allowed) and returns BRIDGE_SYNTAX, so that a reader can say `return why_refuse(...)`. */
enum bridge_err why_refuse(struct config_why *why, unsigned line, const char *key, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
#endif
