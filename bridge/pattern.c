#include "bridge/pattern.h"
#include "sip/ere.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WHOLE_TEXT = ROUTE_MATCH_TEXT + 8 };

struct pattern {
	struct route_match head; /* first: what the dial plan is given is the whole */
	struct ere compiled;
};

/* The expression against the whole number. */
static bool compile(struct ere *out, const char *text)
{
	char whole[WHOLE_TEXT];
	const int n = snprintf(whole, sizeof(whole), "^(%s)$", text);

	return ere_compile(out, whole, (size_t)n, false);
}

const char *pattern_broken(const char *text)
{
	struct ere compiled;
	int depth = 0;

	if (!text[0] || strlen(text) >= ROUTE_MATCH_TEXT)
		return "an expression of 1 to 95 characters is wanted";
	for (const char *at = text; *at; at++) {
		if (*at == '\\' && at[1])
			at++;
		else
			depth += *at == '(' ? 1 : *at == ')' ? -1 : 0;
		if (depth < 0)
			return "a group ends that has not begun"; /* it would end ours */
	}
	if (!ere_compile(&compiled, text, strlen(text), false) || !compile(&compiled, text))
		return "a POSIX extended regular expression is wanted, as in \\+49(15|16|17)[0-9]*";
	return NULL;
}

static bool fits(const struct route_match *match, const char *e164)
{
	const struct pattern *p = (const struct pattern *)match;
	struct ere_span spans[ERE_GROUPS];

	return ere_match(&p->compiled, e164, spans);
}

enum bridge_err pattern_alloc(struct pattern **out, const char *text)
{
	struct pattern *p;

	if (pattern_broken(text))
		return BRIDGE_SYNTAX;
	p = calloc(1, sizeof(*p));
	if (!p)
		return BRIDGE_NOMEM;
	snprintf(p->head.text, sizeof(p->head.text), "%s", text);
	p->head.fits = fits;
	compile(&p->compiled, text);
	*out = p;
	return BRIDGE_OK;
}

struct pattern *pattern_free(struct pattern *p)
{
	free(p);
	return NULL;
}

const struct route_match *pattern_match(const struct pattern *p)
{
	return &p->head;
}
