#include "sip/refer.h"
#include "sip/hex.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

unsigned refer_fragment(const char *type, const char *body, size_t len)
{
	static const char start[] = "SIP/2.0 ";
	const size_t n = sizeof(start) - 1;
	unsigned status = 0;

	if (!type || strcasecmp(type, "message/sipfrag") != 0 || len < n + 3 ||
		strncasecmp(body, start, n) != 0)
		return 0;
	for (size_t i = n; i < n + 3; i++) {
		if (body[i] < '0' || body[i] > '9')
			return 0;
		status = status * 10 + (unsigned)(body[i] - '0');
	}
	if (len > n + 3 && !strchr(" \r\n", body[n + 3]))
		return 0;
	return status >= 100 && status <= 699 ? status : 0;
}

/* ---- Replaces ---- */

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define TOKEN ALNUM "-.!%*_+`'~"

enum { REPLACES = 3 * REFER_TAG + 40 };

/* `n` characters, all of `set`.  False: none, others, or too many. */
static bool take(char out[REFER_TAG], const char *text, size_t n, const char *set)
{
	if (n == 0 || n >= REFER_TAG || strspn(text, set) < n)
		return false;
	memcpy(out, text, n);
	out[n] = '\0';
	return true;
}

/* One ;parameter.  False: it is broken, or comes twice; others than those of a dialog are of no account. */
static bool read_parameter(struct refer_replaces *out, const char *at, size_t n)
{
	static const char to[] = "to-tag=", from[] = "from-tag=", early[] = "early-only";

	if (n > sizeof(to) - 1 && strncasecmp(at, to, sizeof(to) - 1) == 0)
		return !out->to_tag[0] && take(out->to_tag, at + sizeof(to) - 1, n - sizeof(to) + 1, TOKEN);
	if (n > sizeof(from) - 1 && strncasecmp(at, from, sizeof(from) - 1) == 0)
		return !out->from_tag[0] &&
		       take(out->from_tag, at + sizeof(from) - 1, n - sizeof(from) + 1, TOKEN);
	if (n == sizeof(early) - 1 && strncasecmp(at, early, n) == 0)
		out->early_only = true;
	return true;
}

bool refer_replaces_read(struct refer_replaces *out, const char *value)
{
	size_t n = strcspn(value, "; ");

	memset(out, 0, sizeof(*out));
	if (!take(out->call_id, value, n, TOKEN "()<>:\\\"/[]?{}@"))
		return false;
	for (const char *at = value + n; *at; at += n) {
		at += strspn(at, "; ");
		n = strcspn(at, "; ");
		if (!read_parameter(out, at, n))
			return false;
	}
	return out->to_tag[0] && out->from_tag[0];
}

bool refer_replaces_write(char *out, size_t cap, const struct refer_replaces *r)
{
	const int n = snprintf(out, cap, "%s;to-tag=%s;from-tag=%s%s", r->call_id, r->to_tag, r->from_tag,
		r->early_only ? ";early-only" : "");

	return n > 0 && (size_t)n < cap;
}

/* ---- Refer-To ---- */

/* Has it a method parameter other than INVITE? */
static bool asks_for_another_method(const char *params)
{
	static const char name[] = "method=";

	for (const char *at = params; at && *at; at += strspn(at, ";")) {
		const size_t n = strcspn(at, ";");

		if (n >= sizeof(name) - 1 && strncasecmp(at, name, sizeof(name) - 1) == 0 &&
			(n != sizeof(name) - 1 + 6 || strncasecmp(at + sizeof(name) - 1, "INVITE", 6) != 0))
			return true;
		at += n;
	}
	return false;
}

/* `n` characters of a URI without their escapes.  False: too long, or an escape of nothing that is text. */
static bool unescape(char *out, size_t cap, const char *text, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		int c = (unsigned char)text[i];

		if (c == '%') {
			if (i + 2 >= n || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0)
				return false;
			c = hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]);
			i += 2;
		}
		if (c < ' ' || c > '~' || len + 1 >= cap)
			return false;
		out[len++] = (char)c;
	}
	out[len] = '\0';
	return true;
}

/* False: it carries a header that we do not know, or no dialog. */
static bool read_headers(struct refer_target *out, const char *headers)
{
	static const char name[] = "Replaces=";
	char value[REPLACES];

	for (const char *at = headers; at && *at; at += strspn(at, "&")) {
		const size_t n = strcspn(at, "&");

		if (out->has_replaces || n < sizeof(name) - 1 ||
			strncasecmp(at, name, sizeof(name) - 1) != 0 ||
			!unescape(value, sizeof(value), at + sizeof(name) - 1, n - sizeof(name) + 1) ||
			!refer_replaces_read(&out->replaces, value))
			return false;
		out->has_replaces = true;
		at += n;
	}
	return true;
}

unsigned refer_target(struct refer_target *out, const char *scheme, const char *user, const char *params,
	const char *headers)
{
	memset(out, 0, sizeof(*out));
	if (!scheme || (strcasecmp(scheme, "sip") != 0 && strcasecmp(scheme, "sips") != 0 &&
			       strcasecmp(scheme, "tel") != 0))
		return 403;
	if (!user || !user[0] || strlen(user) >= sizeof(out->user))
		return 403;
	if (asks_for_another_method(params) || !read_headers(out, headers))
		return 403;
	snprintf(out->user, sizeof(out->user), "%s", user);
	return 0;
}

bool refer_escape(char *out, size_t cap, const char *text)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()[]/?:+$";
	size_t n = 0;

	for (; *text; text++) {
		if (n + 4 > cap)
			return false;
		if (strchr(plain, *text))
			out[n++] = *text;
		else
			n += (size_t)snprintf(out + n, 4, "%%%02X", (unsigned char)*text);
	}
	out[n] = '\0';
	return true;
}
