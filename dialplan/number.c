#include "dialplan/number.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { URI_MAX = 512, E164_DIGITS = 15, E164_DIGITS_MIN = 2, NATIONAL_MIN = 7, NATIONAL_MAX = 12 };

/* A candidate taken apart: nothing here is a number yet. */
struct parts {
	char digits[NUMBER_DIGITS_MAX + 1];
	bool global;                         /* it began with + */
	bool private_plan;                   /* ;phone-context=example.com */
	char context[NUMBER_DIGITS_MAX + 1]; /* digits of ;phone-context=+49 */
	char routing[NUMBER_E164];
	bool dipped;
};

bool number_valid(const char *e164)
{
	size_t n;

	if (!e164 || e164[0] != '+' || e164[1] < '1' || e164[1] > '9')
		return false;
	n = strspn(e164 + 1, "0123456789");
	return n >= E164_DIGITS_MIN && n <= E164_DIGITS && e164[1 + n] == '\0';
}

const char *number_form_words(enum number_form form)
{
	switch (form) {
	case NUMBER_NONE: return "no number";
	case NUMBER_GLOBAL: return "international with +";
	case NUMBER_IDD_00: return "international with 00";
	case NUMBER_IDD_011: return "international with 011";
	case NUMBER_NATIONAL: return "national";
	case NUMBER_BARE: return "country code without +";
	case NUMBER_CONTEXT: return "local with a phone-context";
	case NUMBER_SHORT: return "last digits only";
	}
	return "unnamed form";
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static void keep_original(char out[NUMBER_TEXT], const char *text)
{
	size_t n = 0;

	for (; *text && n < NUMBER_TEXT - 1; text++)
		if ((unsigned char)*text >= 0x20 && *text != 0x7f)
			out[n++] = *text;
	out[n] = '\0';
}

/* Undoes %-escapes in place.  False: a broken escape, or one that hides a control. */
static bool unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		int high, low;

		if (*from != '%') {
			*to = *from++;
			continue;
		}
		high = hex_value(from[1]);
		low = high < 0 ? -1 : hex_value(from[2]);
		if (low < 0 || high * 16 + low < 0x20 || high * 16 + low == 0x7f)
			return false;
		*to = (char)(high * 16 + low);
		from += 3;
	}
	*to = '\0';
	return true;
}

/* The user part of a sip: URI or all of a tel: one, unescaped; `out` holds URI_MAX bytes. */
static bool user_part(char *out, const char *text)
{
	static const char *const schemes[] = { "tel:", "sip:", "sips:" };
	bool is_sip = false;
	size_t n;

	while (*text == ' ')
		text++;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++)
		if (strncasecmp(text, schemes[i], strlen(schemes[i])) == 0) {
			text += strlen(schemes[i]);
			is_sip = i > 0;
			break;
		}
	n = strcspn(text, "@");
	if (is_sip && text[n] != '@')
		return false; /* a host without a user */
	if (text[n] == '@') {
		size_t password = strcspn(text, ":");

		n = password < n ? password : n;
	}
	if (n == 0 || n >= URI_MAX)
		return false;
	memcpy(out, text, n);
	out[n] = '\0';
	return unescape(out);
}

/* Copies digits, dropping what RFC 3966 section 3 calls visual separators, and the
 * blanks and strokes that people write.  False: something else, or too many. */
static bool digits_only(char out[NUMBER_DIGITS_MAX + 1], const char *text)
{
	size_t n = 0;

	for (; *text; text++) {
		if (*text >= '0' && *text <= '9') {
			if (n == NUMBER_DIGITS_MAX)
				return false;
			out[n++] = *text;
		} else if (!strchr("-.() /", *text)) {
			return false;
		}
	}
	out[n] = '\0';
	return true;
}

/* "+" and digits into E.164.  False: too few, too many, or led by 0 as no country code is. */
static bool e164_join(char out[NUMBER_E164], const char *lead, const char *digits)
{
	int n = snprintf(out, NUMBER_E164, "+%s%s", lead, digits);

	if (n > 0 && n < NUMBER_E164 && number_valid(out))
		return true;
	out[0] = '\0';
	return false;
}

static bool parameter_take(struct parts *p, const char *name, const char *value)
{
	char digits[NUMBER_DIGITS_MAX + 1];

	if (strcasecmp(name, "npdi") == 0) {
		p->dipped = true;
	} else if (strcasecmp(name, "rn") == 0 && *value == '+' && digits_only(digits, value + 1)) {
		e164_join(p->routing, "", digits);
	} else if (strcasecmp(name, "phone-context") == 0) {
		if (*value != '+')
			p->private_plan = true;
		else if (!digits_only(p->context, value + 1) || !p->context[0])
			return false;
	}
	return true; /* isub, ext, tgrp, user=phone and whatever comes next change no number */
}

static bool take_apart(struct parts *p, const char *text)
{
	char user[URI_MAX], *rest, *field;

	memset(p, 0, sizeof(*p));
	if (!user_part(user, text))
		return false;
	rest = strchr(user, ';');
	if (rest)
		*rest++ = '\0';
	p->global = user[strspn(user, " ")] == '+';
	if (!digits_only(p->digits, p->global ? strchr(user, '+') + 1 : user) || !p->digits[0])
		return false;
	while (rest && (field = strsep(&rest, ";")) != NULL) {
		char *value = strchr(field, '=');

		if (value)
			*value++ = '\0';
		if (!parameter_take(p, field, value ? value : ""))
			return false;
	}
	return true;
}

static void reading_add(struct number_readings *out, const struct parts *p, enum number_form form,
	const char *lead, const char *digits)
{
	struct number *reading = &out->reading[out->n];

	if (out->n == NUMBER_READINGS || !e164_join(reading->e164, lead, digits))
		return;
	for (size_t i = 0; i < out->n; i++)
		if (strcmp(out->reading[i].e164, reading->e164) == 0)
			return;
	memcpy(reading->original, out->original, sizeof(reading->original));
	memcpy(reading->routing, p->routing, sizeof(reading->routing));
	reading->dipped = p->dipped;
	reading->form = form;
	out->n++;
}

static bool begins(const char *text, const char *with)
{
	return with[0] && strncmp(text, with, strlen(with)) == 0;
}

static bool national_length(const struct number_country *country, const char *digits)
{
	size_t n = strlen(digits);

	return n >= (country->national_min ? country->national_min : NATIONAL_MIN) &&
	       n <= (country->national_max ? country->national_max : NATIONAL_MAX);
}

/* RFC 3966 section 5.1.5: joining context and number is usual, not certain.  A trunk
 * prefix does not belong between them; it is dropped when the country names it, and as
 * a second reading when it looks like one. */
static void read_context(
	struct number_readings *out, const struct parts *p, const struct number_country *country)
{
	const char *prefix = country->trunk_prefix;

	if (strcmp(p->context, country->country_code) == 0 && begins(p->digits, prefix))
		reading_add(out, p, NUMBER_CONTEXT, p->context, p->digits + strlen(prefix));
	reading_add(out, p, NUMBER_CONTEXT, p->context, p->digits);
	if (p->digits[0] == '0')
		reading_add(out, p, NUMBER_CONTEXT, p->context, p->digits + 1);
}

/* With a country the order is: trunk prefix, country code without +, national without prefix.
 * A carrier that sends national numbers sends their trunk prefix, where there is one, so what
 * lacks it and begins with the country code is rather a number whose + was lost. */
static void read_national(
	struct number_readings *out, const struct parts *p, const struct number_country *country)
{
	const char *code = country->country_code, *prefix = country->trunk_prefix, *digits = p->digits;

	if (begins(digits, prefix) && national_length(country, digits + strlen(prefix)))
		reading_add(out, p, NUMBER_NATIONAL, code, digits + strlen(prefix));
	if (begins(digits, code) && national_length(country, digits + strlen(code)))
		reading_add(out, p, NUMBER_BARE, "", digits);
	if (digits[0] != '0' && national_length(country, digits))
		reading_add(out, p, NUMBER_NATIONAL, code, digits);
	if (digits[0] != '0' && !p->private_plan)
		reading_add(out, p, NUMBER_BARE, "", digits);
}

static void read_all(struct number_readings *out, const struct parts *p, const struct number_country *country)
{
	bool known = country->country_code[0] != '\0';

	if (p->global) {
		reading_add(out, p, NUMBER_GLOBAL, "", p->digits);
		return;
	}
	if (p->context[0]) {
		read_context(out, p, country);
		return;
	}
	if (begins(p->digits, "00") && !p->private_plan)
		reading_add(out, p, NUMBER_IDD_00, "", p->digits + 2);
	if (begins(p->digits, "011") && !p->private_plan &&
		(!known || strcmp(country->country_code, "1") == 0))
		reading_add(out, p, NUMBER_IDD_011, "", p->digits + 3);
	if (known)
		read_national(out, p, country);
	else if (p->digits[0] != '0' && !p->private_plan)
		reading_add(out, p, NUMBER_BARE, "", p->digits);
}

enum plan_err number_read(struct number_readings *out, const char *text, const struct number_country *country)
{
	static const struct number_country unknown;
	struct parts p;

	assert(out);
	memset(out, 0, sizeof(*out));
	if (!text)
		return PLAN_SYNTAX;
	keep_original(out->original, text);
	if (!take_apart(&p, text))
		return PLAN_SYNTAX;
	if (!p.global && !p.private_plan)
		memcpy(out->digits, p.digits, sizeof(out->digits));
	read_all(out, &p, country ? country : &unknown);
	if (out->n > 0)
		return PLAN_OK;
	return p.global ? PLAN_SYNTAX : PLAN_NO_RULE;
}

enum plan_err number_parse(struct number *out, const char *text, const struct number_country *country)
{
	struct number_readings readings;

	if (number_read(&readings, text, country) == PLAN_OK) {
		*out = readings.reading[0];
		return PLAN_OK;
	}
	memset(out, 0, sizeof(*out));
	memcpy(out->original, readings.original, sizeof(out->original));
	return PLAN_SYNTAX;
}
