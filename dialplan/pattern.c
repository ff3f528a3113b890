#include "dialplan/pattern.h"

#include <ctype.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 15 /* digits of a number */, WHOLE_TEXT = PATTERN_TEXT + 8 };

struct pattern {
	char text[PATTERN_TEXT];
	regex_t compiled;
};

/* The expression against the whole number. */
static int compile(regex_t *out, const char *text)
{
	char whole[WHOLE_TEXT];

	snprintf(whole, sizeof(whole), "^(%s)$", text);
	return regcomp(out, whole, REG_EXTENDED | REG_NOSUB);
}

/* "{7,9}" of these bounds, behind a single character or a set. */
static const char *count_broken(const char *text, const char *at)
{
	if (at == text || at[-1] == ')')
		return "a count stands behind a digit, a dot or a set, not behind a group";
	for (at++; *at && *at != '}'; at++) {
		if (isdigit((unsigned char)*at) && strtoul(at, NULL, 10) > MOST)
			return "no number has more than 15 digits";
		at += isdigit((unsigned char)*at) && isdigit((unsigned char)at[1]);
	}
	return NULL;
}

/* What can be told without compiling it. */
static const char *shape_broken(const char *text)
{
	static const char allowed[] = "0123456789+.[]()|*?^$-{},\\";
	const char *wrong = NULL;
	int depth = 0;

	if (!text[0] || strlen(text) >= PATTERN_TEXT)
		return "an expression of 1 to 95 characters is wanted";
	if (text[strspn(text, allowed)])
		return "digits and + . [ ] ( ) | * ? { } \\ are wanted, as in \\+49(15|16|17)[0-9]*";
	for (const char *at = text; *at && !wrong; at++) {
		depth += *at == '(' ? 1 : *at == ')' ? -1 : 0;
		if (depth < 0)
			wrong = "a group ends that has not begun"; /* it would end ours */
		else if (*at == '\\' && (!at[1] || isdigit((unsigned char)at[1])))
			wrong = "behind \\ stands one of + . [ ] ( ) | * ? { }";
		else if (*at == '\\')
			at++;
		else if (*at == '{')
			wrong = count_broken(text, at);
	}
	return wrong;
}

const char *pattern_broken(const char *text)
{
	const char *wrong = shape_broken(text);
	regex_t compiled;

	if (wrong)
		return wrong;
	if (compile(&compiled, text))
		return "no POSIX extended regular expression";
	regfree(&compiled);
	return NULL;
}

enum plan_err pattern_alloc(struct pattern **out, const char *text)
{
	struct pattern *p;
	int err;

	if (shape_broken(text))
		return PLAN_SYNTAX;
	p = calloc(1, sizeof(*p));
	if (!p)
		return PLAN_NOMEM;
	snprintf(p->text, sizeof(p->text), "%s", text);
	err = compile(&p->compiled, text);
	if (err) {
		free(p);
		return err == REG_ESPACE ? PLAN_NOMEM : PLAN_SYNTAX;
	}
	*out = p;
	return PLAN_OK;
}

struct pattern *pattern_free(struct pattern *p)
{
	if (p)
		regfree(&p->compiled);
	free(p);
	return NULL;
}

bool pattern_fits(const struct pattern *p, const char *e164)
{
	return regexec(&p->compiled, e164, 0, NULL, 0) == 0;
}

const char *pattern_text(const struct pattern *p)
{
	return p->text;
}
