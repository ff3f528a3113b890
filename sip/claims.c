#include "sip/claims.h"
#include "sip/der.h"
#include "sip/jread.h"

#include <string.h>

enum { NAME = 64, VALUE = 256, MUST_INCLUDE = DER_EXPLICIT, PERMITTED, MUST_EXCLUDE };

static const char unreadable[] = "the certificate's restrictions on claims cannot be read";

/* Leaves *j before the value of the claim; false: there is none. */
static bool find(struct jread *j, struct span claims, const struct der *name)
{
	char key[NAME];

	jread_open(j, claims.p, claims.n);
	jread_object(j);
	while (jread_member(j, key, sizeof(key))) {
		if (strlen(key) == name->n && memcmp(key, name->p, name->n) == 0)
			return true;
		jread_skip(j);
	}
	return false;
}

static bool is_listed(struct der list, const char *text, size_t n)
{
	struct der value;

	while (der_take(&list, DER_UTF8, &value))
		if (value.n == n && memcmp(value.p, text, n) == 0)
			return true;
	return false;
}

static char peek(const struct jread *j)
{
	const char *p = j->p;

	while (p < j->end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p < j->end ? *p : '\0';
}

/* A text, or a number, true, false or null as it stands. */
static bool scalar_permitted(struct jread *j, struct der list)
{
	char text[VALUE];
	const char *from;
	size_t n;

	if (peek(j) == '{' || peek(j) == '[')
		return false;
	if (peek(j) == '"')
		return jread_text(j, text, sizeof(text)) && is_listed(list, text, strlen(text));
	while (j->p < j->end && (*j->p == ' ' || *j->p == '\t' || *j->p == '\n' || *j->p == '\r'))
		j->p++;
	from = j->p;
	if (!jread_skip(j))
		return false;
	n = (size_t)(j->p - from);
	while (n && (from[n - 1] == ' ' || from[n - 1] == '\t' || from[n - 1] == '\n' || from[n - 1] == '\r'))
		n--;
	return is_listed(list, from, n);
}

static bool value_permitted(struct jread *j, struct der list)
{
	if (peek(j) != '[')
		return scalar_permitted(j, list);
	jread_array(j);
	while (jread_item(j))
		if (!scalar_permitted(j, list))
			return false;
	return !j->bad;
}

static bool take_list(struct der *rest, uint8_t tag, struct der *list)
{
	struct der outer;

	*list = (struct der){ NULL, 0 };
	return !der_take(rest, tag, &outer) || (der_take(&outer, DER_SEQUENCE, list) && !outer.n && list->n);
}

/* Names that must be there, or must not. */
static const char *names_fault(struct der list, struct span claims, bool wanted)
{
	struct jread j;
	struct der name;

	while (list.n) {
		if (!der_take(&list, DER_IA5, &name))
			return unreadable;
		if (find(&j, claims, &name) != wanted)
			return wanted ? "a claim that the certificate demands is missing"
				      : "a claim that the certificate excludes is there";
	}
	return NULL;
}

static const char *values_fault(struct der list, struct span claims)
{
	struct der one, name, values;
	struct jread j;

	while (list.n) {
		if (!der_take(&list, DER_SEQUENCE, &one) || !der_take(&one, DER_IA5, &name) ||
			!der_take(&one, DER_SEQUENCE, &values) || one.n)
			return unreadable;
		if (find(&j, claims, &name) && !value_permitted(&j, values))
			return "a claim has a value that the certificate does not permit";
	}
	return NULL;
}

const char *claims_fault(const uint8_t *der, size_t n, struct span claims)
{
	struct der all = { der, n }, rest, include, permitted, exclude;
	const char *fault;

	if (!der_take(&all, DER_SEQUENCE, &rest) || all.n || !rest.n ||
		!take_list(&rest, MUST_INCLUDE, &include) || !take_list(&rest, PERMITTED, &permitted) ||
		!take_list(&rest, MUST_EXCLUDE, &exclude) || rest.n)
		return unreadable;
	fault = names_fault(include, claims, true);
	if (!fault)
		fault = values_fault(permitted, claims);
	return fault ? fault : names_fault(exclude, claims, false);
}
