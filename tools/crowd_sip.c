#include "tools/crowd_sip.h"
#include "tools/crowd_text.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct crowd_span nothing;

bool crowd_span_is(struct crowd_span s, const char *text)
{
	return s.p && s.len == strlen(text) && memcmp(s.p, text, s.len) == 0;
}

static bool span_is_name(struct crowd_span s, const char *text)
{
	return s.len == strlen(text) && strncasecmp(s.p, text, s.len) == 0;
}

bool crowd_span_copy(char *out, size_t cap, struct crowd_span s)
{
	out[0] = '\0';
	if (!s.p || s.len >= cap)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	memcpy(out, s.p, s.len);
	out[s.len] = '\0';
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct crowd_span trimmed(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	while (end > p && is_blank(end[-1]))
		end--;
	return (struct crowd_span){ p, (size_t)(end - p) };
}

static const char *find(struct crowd_span s, char c)
{
	return s.p && s.len ? memchr(s.p, c, s.len) : NULL;
}

/* The number that begins `s`; false without a digit, or over 32 bits. */
static bool span_number(struct crowd_span s, uint32_t *out, size_t *used)
{
	uint64_t n = 0;
	size_t i = 0;

	for (; i < s.len && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
		n = n * 10 + (uint64_t)(s.p[i] - '0');
		if (n > UINT32_MAX)
			return false;
	}
	*out = (uint32_t)n;
	*used = i;
	return i > 0;
}

struct crowd_span crowd_span_uri(struct crowd_span header)
{
	const char *open = find(header, '<');

	if (open) {
		struct crowd_span rest = { open + 1, (size_t)(header.p + header.len - open - 1) };
		const char *close = find(rest, '>');
		return close ? (struct crowd_span){ rest.p, (size_t)(close - rest.p) } : nothing;
	}
	const char *parameters = find(header, ';');
	if (!header.p)
		return nothing;
	return trimmed(header.p, parameters ? parameters : header.p + header.len);
}

/* The tag parameter after the URI of a From or To. */
static struct crowd_span header_tag(struct crowd_span header)
{
	const char *end = header.p + header.len;
	const char *p = find(header, '>');

	for (p = p ? p : header.p; p && p < end; p = memchr(p, ';', (size_t)(end - p))) {
		if (*p == ';')
			p++;
		if (end - p > 4 && strncasecmp(p, "tag=", 4) == 0) {
			const char *tag = p + 4;
			size_t n = 0;
			while (tag + n < end && tag[n] != ';' && tag[n] != ',' && !is_blank(tag[n]))
				n++;
			return (struct crowd_span){ tag, n };
		}
		if (p == end)
			break;
	}
	return nothing;
}

bool crowd_uri_host(struct crowd_span uri, char *host, size_t cap, uint16_t *port)
{
	if (!uri.p || uri.len < 5 || strncasecmp(uri.p, "sip:", 4) != 0)
		return false;
	const char *p = uri.p + 4, *end = uri.p + uri.len;
	const char *at = memchr(p, '@', (size_t)(end - p));
	if (at)
		p = at + 1;
	size_t n = 0;
	while (p + n < end && !memchr(":;?>", p[n], 4))
		n++;
	if (n == 0 || !crowd_span_copy(host, cap, (struct crowd_span){ p, n }))
		return false;
	*port = 5060;
	p += n;
	if (p < end && *p == ':') {
		uint32_t number;
		size_t used;
		if (!span_number((struct crowd_span){ p + 1, (size_t)(end - p - 1) }, &number, &used) ||
			number == 0 || number > 65535)
			return false;
		*port = (uint16_t)number;
	}
	return true;
}

static bool first_line(struct crowd_message *out, struct crowd_span line)
{
	if (line.len > 12 && memcmp(line.p, "SIP/2.0 ", 8) == 0) {
		uint32_t status;
		size_t used;
		if (!span_number((struct crowd_span){ line.p + 8, line.len - 8 }, &status, &used) ||
			used != 3 || status < 100 || status > 699)
			return false;
		out->status = status;
		return true;
	}
	const char *space = find(line, ' ');
	if (!space || space == line.p || line.len < 10 || memcmp(line.p + line.len - 8, " SIP/2.0", 8) != 0)
		return false;
	out->method = (struct crowd_span){ line.p, (size_t)(space - line.p) };
	out->uri = trimmed(space, line.p + line.len - 8);
	return out->uri.len > 0;
}

static bool header(
	struct crowd_message *out, struct crowd_span name, struct crowd_span value, uint32_t *body_len)
{
	static const struct {
		const char *name, *compact;
		size_t offset;
	} single[] = {
		{ "Call-ID", "i", offsetof(struct crowd_message, call_id) },
		{ "From", "f", offsetof(struct crowd_message, from) },
		{ "To", "t", offsetof(struct crowd_message, to) },
		{ "Contact", "m", offsetof(struct crowd_message, contact) },
		{ "Reason", "Reason", offsetof(struct crowd_message, reason) },
		{ "Retry-After", "Retry-After", offsetof(struct crowd_message, retry_after) },
	};
	size_t used;

	for (size_t i = 0; i < sizeof(single) / sizeof(*single); i++) {
		struct crowd_span *field = (struct crowd_span *)((char *)out + single[i].offset);
		if (!field->p &&
			(span_is_name(name, single[i].name) || span_is_name(name, single[i].compact))) {
			*field = value;
			return true;
		}
	}
	if (span_is_name(name, "Via") || span_is_name(name, "v")) {
		if (out->n_vias < CROWD_VIAS)
			out->vias[out->n_vias++] = value;
	} else if (span_is_name(name, "Record-Route")) {
		if (out->n_routes < CROWD_ROUTES)
			out->routes[out->n_routes++] = value;
	} else if (span_is_name(name, "Content-Length") || span_is_name(name, "l")) {
		return span_number(value, body_len, &used);
	} else if (span_is_name(name, "CSeq")) {
		if (!span_number(value, &out->cseq, &used))
			return false;
		struct crowd_span method = trimmed(value.p + used, value.p + value.len);
		if (out->status)
			out->method = method;
		else if (method.len != out->method.len || memcmp(method.p, out->method.p, method.len) != 0)
			return false;
	}
	return true;
}

/* The next line with its folded continuations (RFC 3261 section 7.3.1); false at the end. */
static bool next_line(const char **at, const char *end, struct crowd_span *line)
{
	const char *p = *at;

	for (;;) {
		const char *lf = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
		if (!lf)
			return false;
		bool empty = lf == *at || (lf == *at + 1 && **at == '\r');
		p = lf + 1;
		if (empty || p >= end || (*p != ' ' && *p != '\t'))
			break;
	}
	*line = trimmed(*at, p);
	*at = p;
	return true;
}

bool crowd_message_read(struct crowd_message *out, const char *p, size_t len)
{
	const char *at = p, *end = p + len;
	struct crowd_span line;
	uint32_t body_len = UINT32_MAX;

	*out = (struct crowd_message){ 0 };
	if (!next_line(&at, end, &line) || !first_line(out, line))
		return false;
	for (;;) {
		if (!next_line(&at, end, &line))
			return false;
		if (line.len == 0)
			break;
		const char *colon = find(line, ':');
		if (!colon)
			return false;
		if (!header(out, trimmed(line.p, colon), trimmed(colon + 1, line.p + line.len), &body_len))
			return false;
	}
	size_t rest = (size_t)(end - at);
	if (body_len != UINT32_MAX && body_len > rest)
		return false;
	out->body = (struct crowd_span){ at, body_len == UINT32_MAX ? rest : body_len };
	if (!out->call_id.len || !out->from.len || !out->to.len || !out->method.len || !out->n_vias)
		return false;
	out->from_tag = header_tag(out->from);
	out->to_tag = header_tag(out->to);
	return true;
}

size_t crowd_reply_write(char *out, size_t cap, const struct crowd_message *request, unsigned status,
	const char *phrase, const char *tag, const char *contact, const char *sdp)
{
	struct text t = { out, cap, 0 };

	add(&t, "SIP/2.0 %u %s\r\n", status, phrase);
	for (unsigned i = 0; i < request->n_vias; i++)
		add(&t, "Via: %.*s\r\n", (int)request->vias[i].len, request->vias[i].p);
	for (unsigned i = 0; i < request->n_routes; i++)
		add(&t, "Record-Route: %.*s\r\n", (int)request->routes[i].len, request->routes[i].p);
	add(&t, "From: %.*s\r\n", (int)request->from.len, request->from.p);
	add(&t, "To: %.*s", (int)request->to.len, request->to.p);
	if (!request->to_tag.p && tag)
		add(&t, ";tag=%s", tag);
	add(&t, "\r\nCall-ID: %.*s\r\n", (int)request->call_id.len, request->call_id.p);
	add(&t, "CSeq: %u %.*s\r\n", request->cseq, (int)request->method.len, request->method.p);
	if (contact)
		add(&t, "Contact: <%s>\r\n", contact);
	add(&t, "User-Agent: crowd\r\n");
	if (sdp)
		add(&t, "Content-Type: application/sdp\r\n");
	add(&t, "Content-Length: %zu\r\n\r\n%s", sdp ? strlen(sdp) : 0, sdp ? sdp : "");
	return t.len < t.cap ? t.len : 0;
}
