#include "sip/refer.h"

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

/* False: it carries a header that we do not know. */
static bool read_headers(struct refer_target *out, const char *headers)
{
	static const char name[] = "Replaces=";

	for (const char *at = headers; at && *at; at += strspn(at, "&")) {
		const size_t n = strcspn(at, "&");

		if (n < sizeof(name) - 1 || strncasecmp(at, name, sizeof(name) - 1) != 0)
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
