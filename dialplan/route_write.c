/* route_write.c - the called number and the shown one as a trunk wants them written. */
#include "dialplan/route_priv.h"

#include <stdio.h>
#include <string.h>

static bool begins(const char *text, const char *with)
{
	return with[0] && strncmp(text, with, strlen(with)) == 0;
}

static void format(char out[ROUTE_SENT], const struct route_trunk *trunk, const char *e164)
{
	const char *digits = e164 + 1, *code = trunk->country.country_code;
	enum route_format how = trunk->format;

	if (how == ROUTE_NATIONAL && begins(digits, code)) {
		snprintf(out, ROUTE_SENT, "%.3s%.15s", trunk->country.trunk_prefix, digits + strlen(code));
		return;
	}
	if (how == ROUTE_NATIONAL)
		how = strcmp(code, "1") == 0 ? ROUTE_011 : ROUTE_00;
	snprintf(out, ROUTE_SENT, "%s%.15s",
		how == ROUTE_00     ? "00"
		: how == ROUTE_011  ? "011"
		: how == ROUTE_E164 ? "+"
				    : "",
		digits);
}

bool route_write_shown(char out[ROUTE_SENT], const struct route_trunk *trunk, const char *e164)
{
	format(out, trunk, e164);
	return out[0] != '\0';
}

bool route_write_called(char out[ROUTE_SENT], const struct route_trunk *trunk, const char *e164)
{
	char text[ROUTE_SENT];
	const char *rest = text;

	format(text, trunk, e164);
	if (trunk->strip || trunk->prepend[0]) {
		rest += *rest == '+';
		if (strlen(rest) <= trunk->strip)
			return false;
		rest += trunk->strip;
	}
	snprintf(out, ROUTE_SENT, "%.11s%.26s", trunk->prepend, rest);
	return out[0] && !class_emergency_code(out) && !class_emergency_code(rest);
}
