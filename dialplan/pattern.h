/* pattern.h - which numbers an operator means, as a regular expression: `\+49(15|16|17)[0-9]{7,9}`.
 *
 * How: POSIX extended, held against the whole number in E.164, + and all.  What could take long or much is not taken: back-references, repeated
 * groups with counts, counts above NUMBER's 15 digits, texts above PATTERN_TEXT.
 * Use:  pattern_broken() where a person wrote it; pattern_alloc(); pattern_fits() per call.
 *
 * Thread: control; pure, but for what regexec() allocates.
 */
#ifndef DIALPLAN_PATTERN_H
#define DIALPLAN_PATTERN_H

#include "dialplan/err.h"
#include <stdbool.h>

enum { PATTERN_TEXT = 96 };

struct pattern;
/* NULL: good; else what is wrong with it, a sentence. */
const char *pattern_broken(const char *text);
enum plan_err pattern_alloc(struct pattern **out, const char *text); /* PLAN_SYNTAX: broken; PLAN_NOMEM */
struct pattern *pattern_free(struct pattern *p);                     /* accepts NULL, returns NULL */
bool pattern_fits(const struct pattern *p, const char *e164);
const char *pattern_text(const struct pattern *p);
#endif
