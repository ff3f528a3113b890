#include "sip/stated.h"
#include "sip/uri.h"

#include <stdarg.h>
#include <stdio.h>

enum { URI = 254 };

struct text {
	char *at;
	size_t left;
	bool whole; /* all of it had room */
};

static void put(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->at, t->left, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= t->left) {
		*t->at = '\0';
		t->whole = false;
		return;
	}
	t->at += n;
	t->left -= (size_t)n;
}

static void put_caller(struct text *t, const struct stated *s, const char *uri)
{
	if (s->forms & STATED_ASSERTED)
		put(t, "P-Asserted-Identity: <%s>\r\n", uri);
	if (s->forms & STATED_PREFERRED)
		put(t, "P-Preferred-Identity: <%s>\r\n", uri);
	if (s->forms & STATED_REMOTE_PARTY)
		put(t, "Remote-Party-ID: <%s>;party=calling;screen=%s;privacy=%s\r\n", uri,
			s->screened ? "yes" : "no", s->hidden ? "full" : "off");
}

/* Why it is sent on is the same in both: 302 is "unconditional" (RFC 7544 section 5).  The first entry's Reason says so
 * (RFC 7044 section 10.2), and Privacy that it is not for those called (section 10.1.1). */
static void put_diversion(struct text *t, const struct stated *s, const char *uri, const char *to)
{
	if (s->forms & STATED_DIVERSION)
		put(t, "Diversion: <%s>;reason=unconditional%s\r\n", uri, s->hidden ? ";privacy=full" : "");
	if (s->forms & STATED_HISTORY)
		put(t, "History-Info: <%s?Reason=SIP%%3Bcause%%3D302%s>;index=1, <%s>;index=1.1;mp=1\r\n",
			uri, s->hidden ? "&Privacy=history" : "", to);
}

bool stated_write(char *out, size_t cap, const struct stated *s, const char *host, const char *to)
{
	struct text t = { out, cap, true };
	char uri[URI];

	*out = '\0';
	if (s->user && s->user[0]) {
		if (!uri_write(uri, sizeof(uri), "sip", s->user, host))
			return false;
		put_caller(&t, s, uri);
	}
	if (s->diverted && s->diverted[0]) {
		if (!uri_write(uri, sizeof(uri), "sip", s->diverted, host))
			return false;
		put_diversion(&t, s, uri, to);
	}
	if (s->wants_privacy)
		put(&t, "Privacy: id\r\n");
	return t.whole;
}
