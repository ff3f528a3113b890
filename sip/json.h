/* json.h - reads JSON where it stands (RFC 8259): a cursor over somebody else's text, no tree, no allocation.
 *
 *    json_open(&j, text, n);
 *    if (json_object(&j))
 *            while (json_member(&j, key, sizeof(key)))
 *                    if (strcmp(key, "iat") == 0) json_whole(&j, &iat); else json_skip(&j);
 *    good = json_end(&j);
 *
 * How: every function takes what it is asked for off the text, or makes the cursor `bad`, after which all of them give
 * false.  Stricter than the standard where a signed token has no use for it: 8 levels at most, no character 0.
 *
 * Thread: any; pure.
 */
#ifndef SIP_JSON_H
#define SIP_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JSON_DEPTH = 8 };

struct json {
	const char *p, *end; /* borrowed */
	unsigned depth;
	bool first; /* nothing was taken yet from the object or array that we are in */
	bool bad;
};

void json_open(struct json *j, const char *text, size_t n);
bool json_object(struct json *j); /* enters one */
/* To the next member, whose value is to be taken next.  False: that was the last, and the object is left; or bad.
 * A key that does not fit reads as "". */
bool json_member(struct json *j, char *key, size_t cap);
bool json_array(struct json *j);
bool json_item(struct json *j); /* likewise */
bool json_text(
	struct json *j, char *out, size_t cap); /* UTF-8, 0-terminated; bad: no text, or it does not fit */
bool json_whole(struct json *j, uint64_t *out); /* bad: no number, a fraction, negative, over 2^53 */
bool json_skip(struct json *j);                 /* any value */
bool json_is_array(struct json *j);             /* what comes next */
bool json_end(struct json *j);                  /* all was taken, and nothing but white space is left */
#endif
