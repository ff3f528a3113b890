#include "dialplan/money.h"

#include <stdio.h>
#include <string.h>

enum { PLACES = 6, TEN = 10 };

bool money_parse(const char *text, int64_t *out)
{
	size_t whole = strspn(text, "0123456789"), places = 0;
	int64_t amount = 0;

	if (text[whole] == '.')
		places = strspn(text + whole + 1, "0123456789");
	if (whole + places == 0 || places > PLACES || text[whole + (text[whole] == '.') + places])
		return false;
	for (size_t i = 0; i < whole; i++) {
		amount = amount * TEN + (text[i] - '0');
		if (amount > MONEY_MAX / MONEY_UNIT)
			return false;
	}
	for (size_t i = 0; i < PLACES; i++)
		amount = amount * TEN + (i < places ? text[whole + 1 + i] - '0' : 0);
	if (amount > MONEY_MAX)
		return false;
	*out = amount;
	return true;
}

const char *money_text(char out[MONEY_TEXT], int64_t amount)
{
	const bool below = amount < 0;
	const uint64_t size = below ? -(uint64_t)amount : (uint64_t)amount;
	size_t len = (size_t)snprintf(out, MONEY_TEXT, "%s%llu.%06llu", below ? "-" : "",
		(unsigned long long)(size / MONEY_UNIT), (unsigned long long)(size % MONEY_UNIT));

	while (len > 0 && out[len - 1] == '0')
		out[--len] = '\0';
	if (len > 0 && out[len - 1] == '.')
		out[--len] = '\0';
	return out;
}

bool money_is_currency(const char *text)
{
	return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == MONEY_CURRENCY - 1 && !text[MONEY_CURRENCY - 1];
}
