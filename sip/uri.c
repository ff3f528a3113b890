#include "sip/uri.h"
#include "sip/vet.h"

#include <stdio.h>
#include <string.h>

/* False: it does not fit. */
static bool write_user(char *out, size_t cap, const char *user)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()&=+$,;?/";
	size_t n = 0;

	for (; *user; user++) {
		const bool stands = strchr(plain, *user) != NULL;

		if (n + 4 > cap)
			return false;
		if (stands)
			out[n++] = *user;
		else
			n += (size_t)snprintf(out + n, 4, "%%%02X", (unsigned char)*user);
	}
	out[n] = '\0';
	return true;
}

bool uri_write(char *out, size_t cap, const char *scheme, const char *user, const char *host)
{
	char escaped[256];
	int n;

	if (!write_user(escaped, sizeof(escaped), user))
		return false;
	n = snprintf(out, cap, "%s:%s%s%s", scheme, escaped, escaped[0] ? "@" : "", host);
	return n > 0 && (size_t)n < cap && vet_uri(out, (size_t)n) == VET_OK;
}
