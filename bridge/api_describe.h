/* api_describe.h - what is asked and answered at each path of the API, in few words, for api_openapi.c.
 *
 * Words: "id:s joined_at:t? legs:[@Leg]" are members of an object: a name and what it is: s text, t time (RFC 3339), i whole number,
 * n number, b boolean, * anything, @Name one of those named here, [x] a list of x.  Then `?`: or null, `~`: may be left out.
 * Words that begin with '@' are that named one itself.  What the site's tables or the call record's declare is not repeated here.
 *
 * Thread: any; constant.
 */
#ifndef BRIDGE_API_DESCRIBE_H
#define BRIDGE_API_DESCRIBE_H

#include <stddef.h>

struct api_named {
	const char *name, *words;
};

struct api_about {
	const char *method, *path;
	const char *query;   /* parameters; NULL none */
	const char *request; /* JSON body; NULL none; "yaml": a site file; "csv": a rate sheet */
	const char *answer;  /* NULL: not JSON, of this `type` */
	const char *type;
	unsigned status; /* of success; 0: 200 */
};

const struct api_named *api_named(size_t *n);
/* NULL: nothing is said of it. */
const struct api_about *api_about(const char *method, const char *path);
#endif
