#include "sip/tnauth.h"

#include <string.h>

enum { SEQUENCE = 0x30, INTEGER = 0x02, IA5STRING = 0x16, SPC = 0xa0, RANGE = 0xa1, ONE = 0xa2 };

struct der {
	const uint8_t *p;
	size_t n;
};

/* Takes the element off *rest that must have this tag.  Lengths in DER are the shortest possible. */
static bool take(struct der *rest, uint8_t tag, struct der *value)
{
	size_t at = 2, len, n_len;

	if (rest->n < 2 || rest->p[0] != tag)
		return false;
	len = rest->p[1];
	if (len >= 0x80) {
		n_len = len & 0x7f;
		if (n_len == 0 || n_len > 2 || rest->n < 2 + n_len)
			return false;
		for (len = 0; n_len--; at++)
			len = len << 8 | rest->p[at];
		if (len < 0x80 || (at == 4 && len < 0x100))
			return false;
	}
	if (rest->n - at < len)
		return false;
	*value = (struct der){ rest->p + at, len };
	rest->p += at + len;
	rest->n -= at + len;
	return true;
}

static bool take_letters(struct der *rest, char *out, size_t cap, const char *allowed)
{
	struct der text;

	if (!take(rest, IA5STRING, &text) || text.n == 0 || text.n >= cap)
		return false;
	memcpy(out, text.p, text.n);
	out[text.n] = '\0';
	return strspn(out, allowed) == text.n;
}

static bool take_count(struct der *rest, uint64_t *out)
{
	struct der value;

	if (!take(rest, INTEGER, &value) || value.n == 0 || value.n > 8 || (value.p[0] & 0x80))
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

	if (take(list, SPC, &entry)) {
		if (!take_letters(&entry, spc, sizeof(spc), code) || entry.n)
			return false;
		if (!out->spc[0])
			memcpy(out->spc, spc, sizeof(spc));
		return true;
	}
	if (out->n_ranges == TNAUTH_ENTRIES)
		return false;
	if (take(list, RANGE, &entry)) {
		if (!take(&entry, SEQUENCE, &inner) || entry.n ||
			!take_letters(&inner, range->start, sizeof(range->start), digits) ||
			!take_count(&inner, &range->count))
			return false;
	} else {
		range->count = 1;
		if (!take(list, ONE, &entry) ||
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
	if (!take(&all, SEQUENCE, &list) || all.n || list.n == 0)
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
