/* pattern.h - which numbers an operator means, as a regular expression: `\+49(15|16|17)[0-9]{7,9}`.
 *
 * How: POSIX extended, held against the whole number in E.164, + and all, by sip/ere: in bounded time, without allocation.  (libc's regcomp() frees twice
 * when memory runs out, and takes minutes over some.)  The dial plan knows it as a struct route_match, as planes do not know one another.
 * Use:  pattern_broken() where a person wrote it; pattern_alloc(); its head goes into the rule.
 *
 * Thread: control; pure.
 */
#ifndef BRIDGE_PATTERN_H
#define BRIDGE_PATTERN_H

#include "bridge/err.h"
#include "dialplan/route.h"

struct pattern;
/* NULL: good; else what is wrong with it, a sentence. */
const char *pattern_broken(const char *text);
enum bridge_err pattern_alloc(
	struct pattern **out, const char *text);                  /* BRIDGE_SYNTAX: broken; BRIDGE_NOMEM */
struct pattern *pattern_free(struct pattern *p);                  /* accepts NULL, returns NULL */
const struct route_match *pattern_match(const struct pattern *p); /* as long as it lives */
#endif
