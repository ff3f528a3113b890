#include "sip/callee.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

bool callee_read(struct callee *out, const char *uri, size_t len)
{
	char text[CALLEE_TEXT], *rest, *at;

	memset(out, 0, sizeof(*out));
	if (len >= sizeof(text))
		return false;
	memcpy(text, uri, len);
	text[len] = '\0';
	out->secure = strncasecmp(text, "sips:", 5) == 0;
	if (!out->secure && strncasecmp(text, "sip:", 4) != 0)
		return false;
	rest = strchr(text, ':') + 1;
	at = strchr(rest, '@');
	if (!at || at == rest || strchr(at + 1, '@'))
		return false;
	*at++ = '\0';
	snprintf(out->user, sizeof(out->user), "%.*s", (int)strcspn(rest, ";"), rest);
	snprintf(out->host, sizeof(out->host), "%.*s", (int)strcspn(at, ";?>"), at);
	return out->user[0] && out->host[0] && !strchr(out->user, ':');
}

/* Without the port that it has anyway. */
static size_t host_length(const char *host, bool secure)
{
	const size_t n = strcspn(host, ";");
	const char *usual = secure ? ":5061" : ":5060";

	return n > strlen(usual) && strncmp(host + n - strlen(usual), usual, strlen(usual)) == 0
		       ? n - strlen(usual)
		       : n;
}

static bool same_host(const struct callee *c, const char *host)
{
	const size_t n = host_length(host, c->secure);

	return n == host_length(c->host, c->secure) && strncasecmp(host, c->host, n) == 0;
}

bool callee_is_at(const struct callee *c, const char *gateway)
{
	const bool secure = strncmp(gateway, "sips:", 5) == 0;

	return (secure || !c->secure) && same_host(c, strchr(gateway, ':') + 1);
}

bool callee_is_member(const struct callee *c, const char *target)
{
	return (!c->secure || strncmp(target, "tls:", 4) == 0) && same_host(c, target + 4);
}

bool callee_user_is_name(const struct callee *c)
{
	size_t letters = 0;

	for (const char *at = c->user; *at; at++) {
		if (!isalnum((unsigned char)*at) && !strchr("-_.+~", *at))
			return false;
		letters += isalpha((unsigned char)*at) != 0;
	}
	return letters > 0;
}
