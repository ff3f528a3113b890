#include "sip/caller.h"
#include "sip/span.h"
#include "sip/vet.h"

#include <stdio.h>
#include <stdlib.h>

/* Takes the first value off a list: up to a comma that stands in no quotes and no < >. */
static struct span take_value(struct span *rest)
{
	bool quoted = false, bracketed = false;
	size_t n = 0;

	for (; n < rest->n; n++) {
		const char c = rest->p[n];

		if (quoted && c == '\\')
			n++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '<' || c == '>'))
			bracketed = c == '<';
		else if (!quoted && !bracketed && c == ',')
			break;
	}
	return span_trim(span_split(rest, n < rest->n ? n : rest->n));
}

struct name_addr {
	struct span uri, parameters; /* without < >; behind it, from its ';' on */
};

static struct name_addr read_name_addr(struct span value)
{
	struct name_addr out = { value, { NULL, 0 } };
	bool quoted = false;

	for (size_t i = 0; i < value.n; i++) {
		if (quoted && value.p[i] == '\\')
			i++;
		else if (value.p[i] == '"')
			quoted = !quoted;
		else if (!quoted && value.p[i] == '<') {
			struct span rest = { value.p + i + 1, value.n - i - 1 };

			out.uri = span_trim(span_until(&rest, '>'));
			out.parameters = rest;
			return out;
		}
	}
	out.parameters = value;
	out.uri =
		span_trim(span_until(&out.parameters, ';')); /* without < > all parameters are the header's */
	return out;
}

/* The user part of a sip:, sips: or tel: URI; false: there is none. */
static bool read_user(char out[CALLER_USER], struct span uri)
{
	struct span rest = uri, scheme = span_until(&rest, ':');
	size_t n = 0;

	if (!span_is(scheme, "sip") && !span_is(scheme, "sips") && !span_is(scheme, "tel"))
		return false;
	if (!span_is(scheme, "tel") && (!rest.n || !memchr(rest.p, '@', rest.n)))
		return false;
	while (n < rest.n && !memchr("@;?>, \t", rest.p[n], 7))
		n++;
	if (!n || n >= CALLER_USER)
		return false;
	vet_user(out, CALLER_USER, rest.p, n);
	return true;
}

/* A parameter's value, without quotes; false: it is not there. */
static bool read_parameter(struct span parameters, const char *name, char *out, size_t cap)
{
	while (parameters.n) {
		struct span one = span_until(&parameters, ';'), key = span_trim(span_until(&one, '='));

		one = span_trim(one);
		if (!span_is(key, name))
			continue;
		if (one.n > 1 && one.p[0] == '"')
			one = (struct span){ one.p + 1, one.n - 2 };
		vet_clean(out, cap, one.p, one.n);
		return true;
	}
	return false;
}

static void read_first(char out[CALLER_USER], struct span value)
{
	while (!out[0] && value.n)
		read_user(out, read_name_addr(take_value(&value)).uri);
}

static void read_remote_party(struct caller *c, struct span value)
{
	const struct name_addr a = read_name_addr(take_value(&value));
	char word[CALLER_REASON];

	if (c->remote_party[0] || !read_user(c->remote_party, a.uri))
		return;
	if (read_parameter(a.parameters, "party", word, sizeof(word)) && strcasecmp(word, "calling") != 0) {
		c->remote_party[0] = '\0';
		return;
	}
	c->remote_party_privacy =
		read_parameter(a.parameters, "privacy", word, sizeof(word)) && strcasecmp(word, "off") != 0;
}

static void read_privacy(struct caller *c, struct span value)
{
	while (value.n) {
		struct span word = { value.p, 0 };

		while (word.n < value.n && !memchr(";, ", value.p[word.n], 3))
			word.n++;
		span_split(&value, word.n);
		if (span_is(word, "id") || span_is(word, "user") || span_is(word, "header"))
			c->privacy = true;
		if (span_is(word, "history") || span_is(word, "session") || span_is(word, "header"))
			c->history_privacy = true;
	}
}

static void read_diversion(struct caller *c, struct span value)
{
	while (value.n) {
		const struct name_addr a = read_name_addr(take_value(&value));
		char word[CALLER_REASON];

		if (!read_user(c->diverted, a.uri))
			continue;
		c->diverted_hidden = read_parameter(a.parameters, "privacy", word, sizeof(word)) &&
				     (strcasecmp(word, "full") == 0 || strcasecmp(word, "uri") == 0);
		if (!read_parameter(a.parameters, "reason", c->diverted_why, sizeof(c->diverted_why)))
			memcpy(c->diverted_why, "unknown", sizeof("unknown"));
	}
}

/* RFC 4458's causes, and the statuses that a Reason in the URI names, as RFC 5806 words. */
static const char *cause_word(unsigned long cause)
{
	switch (cause) {
	case 302: return "unconditional";
	case 486: return "user-busy";
	case 408: return "no-answer";
	case 480: return "deflection";
	case 487: return "deflection";
	case 503: return "unavailable";
	default: return "unknown";
	}
}

static unsigned long cause_in(struct span uri)
{
	static const char *const marks[] = { "cause=", "cause%3d", "cause%3D" };

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		const char *at = uri.n ? memmem(uri.p, uri.n, marks[i], strlen(marks[i])) : NULL;
		unsigned long cause = 0;

		if (!at)
			continue;
		for (at += strlen(marks[i]); at < uri.p + uri.n && *at >= '0' && *at <= '9' && cause < 1000;
			at++)
			cause = cause * 10 + (unsigned long)(*at - '0');
		return cause;
	}
	return 0;
}

/* Privacy among the headers that stand in the URI, "?Reason=...&Privacy=history". */
static bool hides_entry(struct span uri)
{
	static const char name[] = "Privacy=";

	span_until(&uri, '?');
	while (uri.n) {
		const struct span one = span_until(&uri, '&');

		if (one.n >= sizeof(name) - 1 && strncasecmp(one.p, name, sizeof(name) - 1) == 0)
			return !span_is((struct span){ one.p + sizeof(name) - 1, one.n - (sizeof(name) - 1) },
				"none");
	}
	return false;
}

static void read_history(struct caller *c, struct span value)
{
	while (value.n) {
		const struct name_addr a = read_name_addr(take_value(&value));
		char user[CALLER_USER], mapped[CALLER_REASON];
		const unsigned long cause = cause_in(a.uri);

		if (!read_user(user, a.uri))
			continue;
		if (c->n_history++ == 0) {
			memcpy(c->history, user, sizeof(user));
			c->history_hidden = hides_entry(a.uri);
		} else if (c->history_why[0] || cause || strcmp(user, c->history) != 0 ||
			   read_parameter(a.parameters, "mp", mapped, sizeof(mapped))) {
			c->history_moved = true;
		}
		/* the first one's Reason, or the cause of the one that it was sent on to */
		if (cause && !c->history_why[0])
			snprintf(c->history_why, sizeof(c->history_why), "%s", cause_word(cause));
	}
}

bool caller_session(char out[CALLER_SESSION], const char *value)
{
	static const char hex[] = "0123456789abcdef";
	size_t n;

	value += strspn(value, " \t");
	n = strspn(value, hex);
	if (n != CALLER_SESSION - 1 || (value[n] && !strchr("; \t", value[n])) || strspn(value, "0") >= n)
		return false;
	memcpy(out, value, n);
	out[n] = '\0';
	return true;
}

void caller_read(struct caller *c, const char *name, const char *value)
{
	const struct span text = span_trim((struct span){ value, strlen(value) });

	if (strcasecmp(name, "P-Asserted-Identity") == 0)
		read_first(c->asserted, text);
	else if (strcasecmp(name, "P-Preferred-Identity") == 0)
		read_first(c->preferred, text);
	else if (strcasecmp(name, "Remote-Party-ID") == 0)
		read_remote_party(c, text);
	else if (strcasecmp(name, "Privacy") == 0)
		read_privacy(c, text);
	else if (strcasecmp(name, "Diversion") == 0)
		read_diversion(c, text);
	else if (strcasecmp(name, "History-Info") == 0)
		read_history(c, text);
	else if (strcasecmp(name, "Session-ID") == 0 && !c->session[0])
		caller_session(c->session, value);
}
