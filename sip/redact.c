#include "sip/redact.h"

#include <stdio.h>

static const char withheld[] = "(withheld)";

struct copy {
	char *p;
	size_t n, cap; /* n stays below cap */
};

static void put(struct copy *c, const char *p, size_t n)
{
	const size_t room = c->cap - 1 - c->n;

	n = n < room ? n : room;
	memcpy(c->p + c->n, p, n);
	c->n += n;
}

static void put_text(struct copy *c, const char *text)
{
	put(c, text, strlen(text));
}

/* With its end of line. */
static struct span next_line(struct span *rest)
{
	const char *end = memchr(rest->p, '\n', rest->n);
	struct span line = { rest->p, end ? (size_t)(end + 1 - rest->p) : rest->n };

	rest->p += line.n;
	rest->n -= line.n;
	return line;
}

/* ---- header fields ---- */

static bool is_secret_field(struct span line)
{
	struct span name;

	if (!strchr("aApP", line.p[0]))
		return false;
	name = span_trim(span_until(&line, ':'));
	return span_is(name, "Authorization") || span_is(name, "Proxy-Authorization");
}

/* Name and scheme stay. */
static void put_secret_field(struct copy *c, struct span line)
{
	struct span value = line, name = span_until(&value, ':'), scheme = span_word(&value);

	put(c, name.p, name.n);
	put_text(c, ": ");
	if (value.n) {
		put(c, scheme.p, scheme.n);
		put_text(c, " ");
	}
	put_text(c, withheld);
	put_text(c, "\r\n");
}

/* Copies; what stands behind ;postd= (RFC 3966 section 3) does not come along. */
static void put_plain(struct copy *c, struct span text)
{
	static const char postd[] = "postd=";
	const size_t n = sizeof(postd) - 1;
	const char *end = text.p + text.n, *from = text.p, *at = text.p;

	while (at < end && (at = memchr(at, ';', (size_t)(end - at)))) {
		at++;
		if ((size_t)(end - at) < n || strncasecmp(at, postd, n) != 0)
			continue;
		at += n;
		put(c, from, (size_t)(at - from));
		put_text(c, withheld);
		while (at < end && !strchr(";@> \r\n", *at))
			at++;
		from = at;
	}
	put(c, from, (size_t)(end - from));
}

static void put_head(struct copy *c, struct span head)
{
	struct span plain = { head.p, 0 }; /* gathered and not yet copied */

	while (head.n) {
		const struct span line = next_line(&head);

		if (!is_secret_field(line)) {
			plain.n += line.n;
			continue;
		}
		put_plain(c, plain);
		put_secret_field(c, line);
		while (head.n &&
			(head.p[0] == ' ' || head.p[0] == '\t')) /* folded (RFC 3261 section 7.3.1) */
			next_line(&head);
		plain = (struct span){ head.p, 0 };
	}
	put_plain(c, plain);
}

/* ---- bodies ---- */

static bool begins(struct span line, const char *with)
{
	const size_t n = strlen(with);

	return line.n >= n && strncasecmp(line.p, with, n) == 0;
}

static void put_sdp_line(struct copy *c, struct span line)
{
	static const char *const keys[] = { "k=", "a=key-mgmt:", "a=ice-pwd:" };

	if (begins(line, "a=crypto:")) { /* tag and suite stay */
		struct span rest = line, tag = span_word(&rest), suite = span_word(&rest);

		put(c, tag.p, tag.n);
		put_text(c, " ");
		put(c, suite.p, suite.n);
		put_text(c, " ");
		put_text(c, withheld);
		put_text(c, "\r\n");
		return;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (begins(line, keys[i])) {
			put_text(c, keys[i]);
			put_text(c, withheld);
			put_text(c, "\r\n");
			return;
		}
	put(c, line.p, line.n);
}

/* Of several parts the description's stays. */
static void put_body(struct copy *c, const struct glance *g)
{
	char boundary[GLANCE_BOUNDARY], note[GLANCE_BOUNDARY + 64];
	struct span sdp = glance_description(g, boundary), quoted = { boundary, strlen(boundary) };
	bool part;

	if (!g->body.n)
		return;
	if (span_is(g->method, "INFO") || span_is(g->cseq_method, "INFO"))
		sdp.n = 0;
	part = sdp.n && sdp.n != g->body.n;
	if (quoted.n >= 2 && quoted.p[0] == '"')
		quoted = (struct span){ quoted.p + 1, quoted.n - 2 };
	if (part) {
		snprintf(note, sizeof(note), "--%.*s\r\nContent-Type: application/sdp\r\n\r\n", (int)quoted.n,
			quoted.p);
		put_text(c, note);
	}
	for (struct span rest = sdp; rest.n;)
		put_sdp_line(c, next_line(&rest));
	if (part) {
		snprintf(note, sizeof(note), "\r\n--%.*s--\r\n", (int)quoted.n, quoted.p);
		put_text(c, note);
	}
	if (sdp.n != g->body.n) {
		snprintf(note, sizeof(note), "(%zu bytes withheld)\r\n", g->body.n - sdp.n);
		put_text(c, note);
	}
}

size_t redact_message(char *out, size_t cap, const struct glance *g)
{
	struct copy c = { out, 0, cap };

	if (!cap)
		return 0;
	put_head(&c, g->head);
	put_body(&c, g);
	out[c.n] = '\0';
	return c.n;
}
