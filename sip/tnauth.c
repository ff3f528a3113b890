#include "sip/tnauth.h"
#include "sip/der.h"

#include <string.h>

enum { SPC = DER_EXPLICIT, RANGE, ONE };

static bool take_letters(struct der *rest, char *out, size_t cap, const char *allowed)
{
	struct der text;

	if (!der_take(rest, DER_IA5, &text) || text.n == 0 || text.n >= cap)
		return false;
	memcpy(out, text.p, text.n);
	out[text.n] = '\0';
	return strspn(out, allowed) == text.n;
}

static bool take_count(struct der *rest, uint64_t *out)
{
	struct der value;

	if (!der_take(rest, DER_INTEGER, &value) || value.n == 0 || value.n > 8 || (value.p[0] & 0x80))
		return false;
	*out = 0;
	for (size_t i = 0; i < value.n; i++)
		*out = *out << 8 | value.p[i];
	return *out >= 2;
}

static bool read_entry(struct tnauth *out, struct der *list)
{
	static const char digits[] = "0123456789#*";
	static const char code[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	struct tnauth_range *range = &out->ranges[out->n_ranges];
	struct der entry, inner;
	char spc[TNAUTH_SPC];

	if (der_take(list, SPC, &entry)) {
		if (!take_letters(&entry, spc, sizeof(spc), code) || entry.n)
			return false;
		if (!out->spc[0])
			memcpy(out->spc, spc, sizeof(spc));
		return true;
	}
	if (out->n_ranges == TNAUTH_ENTRIES)
		return false;
	if (der_take(list, RANGE, &entry)) {
		if (!der_take(&entry, DER_SEQUENCE, &inner) || entry.n ||
			!take_letters(&inner, range->start, sizeof(range->start), digits) ||
			!take_count(&inner, &range->count))
			return false;
	} else {
		range->count = 1;
		if (!der_take(list, ONE, &entry) ||
			!take_letters(&entry, range->start, sizeof(range->start), digits) || entry.n)
			return false;
	}
	out->n_ranges++;
	return true;
}

bool tnauth_read(struct tnauth *out, const uint8_t *der, size_t n)
{
	struct der all = { der, n }, list;

	memset(out, 0, sizeof(*out));
	if (!der_take(&all, DER_SEQUENCE, &list) || all.n || list.n == 0)
		return false;
	while (list.n)
		if (!read_entry(out, &list))
			return false;
	return true;
}

/* False: not a number of digits alone. */
static bool value_of(const char *digits, uint64_t *out)
{
	*out = 0;
	for (; *digits; digits++) {
		if (*digits < '0' || *digits > '9')
			return false;
		*out = *out * 10 + (uint64_t)(*digits - '0');
	}
	return true;
}

bool tnauth_holds(const struct tnauth *list, const char *number)
{
	const size_t len = strlen(number);
	uint64_t wanted, start;

	if (len == 0 || len >= TNAUTH_NUMBER)
		return false;
	for (size_t i = 0; i < list->n_ranges; i++) {
		const struct tnauth_range *r = &list->ranges[i];

		if (strcmp(r->start, number) == 0)
			return true;
		/* all numbers of a range have as many digits as its first */
		if (strlen(r->start) == len && value_of(number, &wanted) && value_of(r->start, &start) &&
			wanted >= start && wanted - start < r->count)
			return true;
	}
	return false;
}
