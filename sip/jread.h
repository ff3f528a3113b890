/* jread.h - reads JSON where it stands (RFC 8259): a cursor over somebody else's text, no tree, no allocation.
 *
 *    jread_open(&j, text, n);
 *    if (jread_object(&j))
 *            while (jread_member(&j, key, sizeof(key)))
 *                    if (strcmp(key, "iat") == 0) jread_whole(&j, &iat); else jread_skip(&j);
 *    good = jread_end(&j);
 *
 * How: every function takes what it is asked for off the text, or makes the cursor `bad`, after which all of them give
 * false.  Stricter than the standard where a signed token has no use for it: 8 levels at most, no character 0.
 *
 * (Not json_: that is jansson's, and a name that both have links without a word.)
 * Thread: any; pure.
 */
#ifndef SIP_JREAD_H
#define SIP_JREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JREAD_DEPTH = 8 };

struct jread {
	const char *p, *end; /* borrowed */
	unsigned depth;
	bool first; /* nothing was taken yet from the object or array that we are in */
	bool bad;
};

void jread_open(struct jread *j, const char *text, size_t n);
bool jread_object(struct jread *j); /* enters one */
/* To the next member, whose value is to be taken next.  False: that was the last, and the object is left; or bad.
 * A key that does not fit reads as "". */
bool jread_member(struct jread *j, char *key, size_t cap);
bool jread_array(struct jread *j);
bool jread_item(struct jread *j); /* likewise */
bool jread_text(
	struct jread *j, char *out, size_t cap);  /* UTF-8, 0-terminated; bad: no text, or it does not fit */
bool jread_whole(struct jread *j, uint64_t *out); /* bad: no number, a fraction, negative, over 2^53 */
bool jread_skip(struct jread *j);                 /* any value */
bool jread_end(struct jread *j);                  /* all was taken, and nothing but white space is left */
#endif
