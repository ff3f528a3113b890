#include "sip/glance.h"

#include "sip/sdp.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_token(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!isalnum((unsigned char)s.p[i]) && !strchr("-.!%*_+`'~", s.p[i]))
			return false;
	return s.n > 0 && s.n <= 32;
}

static bool read_first(struct glance *g, struct span line)
{
	static const char version[] = "SIP/2.0";
	const size_t n = sizeof(version) - 1;
	uint64_t status;

	line = span_trim(line);
	if (line.n > n && strncasecmp(line.p, version, n) == 0 && line.p[n] == ' ') {
		span_word(&line);
		if (span_number(&status, span_word(&line), 699) != SPAN_NUMBER || status < 100)
			return false;
		g->status = (unsigned)status;
		g->phrase = span_trim(line);
		return true;
	}
	g->method = span_until(&line, ' ');
	g->uri = span_until(&line, ' ');
	return is_token(g->method) && line.n >= n && strncasecmp(line.p, version, n) == 0;
}

static void read_cseq(struct glance *g, struct span value)
{
	uint64_t number;

	if (span_number(&number, span_word(&value), UINT32_MAX) == SPAN_NUMBER)
		g->cseq = (unsigned)number;
	g->cseq_method = span_word(&value);
}

/* The first of each name is kept; a letter is looked at before a name is compared. */
static void read_field(struct glance *g, struct span line)
{
	static const struct {
		const char *name, *compact;
		size_t at;
	} fields[] = {
		{ "Call-ID", "i", offsetof(struct glance, call_id) },
		{ "From", "f", offsetof(struct glance, from) },
		{ "To", "t", offsetof(struct glance, to) },
		{ "Content-Type", "c", offsetof(struct glance, type) },
		{ "Reason", "", offsetof(struct glance, reason) },
		{ "Retry-After", "", offsetof(struct glance, retry_after) },
	};
	struct span name;

	if (!line.n || !strchr("cCiIfFtTrR", line.p[0]))
		return;
	name = span_trim(span_until(&line, ':'));
	if (span_is(name, "CSeq")) {
		read_cseq(g, line);
		return;
	}
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		struct span *to = (struct span *)((char *)g + fields[i].at);

		if (!to->n && (span_is(name, fields[i].name) || span_is(name, fields[i].compact))) {
			*to = span_trim(line);
			return;
		}
	}
}

bool glance_read(struct glance *out, const char *text, size_t len)
{
	struct span rest = { text, len }, line;

	const struct span none = { "", 0 }; /* never NULL: they are walked through */

	*out = (struct glance){ .method = none,
		.uri = none,
		.phrase = none,
		.cseq_method = none,
		.call_id = none,
		.from = none,
		.to = none,
		.type = none,
		.reason = none,
		.retry_after = none,
		.head = none,
		.body = none };
	if (!read_first(out, span_until(&rest, '\n')))
		return false;
	while (rest.n) {
		line = span_until(&rest, '\n');
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (!line.n)
			break;
		read_field(out, line);
	}
	out->head = (struct span){ text, len - rest.n };
	out->body = rest;
	return true;
}

struct span glance_description(const struct glance *g, char boundary[GLANCE_BOUNDARY])
{
	struct span type = g->type, media = span_trim(span_until(&type, ';'));
	struct body_text sdp = { NULL, 0 };
	char name[64];

	boundary[0] = '\0';
	if (!g->body.n || !span_copy(name, sizeof(name), media))
		return (struct span){ "", 0 };
	while (type.n) {
		struct span value = span_until(&type, ';'), key = span_trim(span_until(&value, '='));

		if (span_is(key, "boundary"))
			span_copy(boundary, GLANCE_BOUNDARY, span_trim(value));
	}
	if (body_sdp(&sdp, name[0] ? name : NULL, boundary[0] ? boundary : NULL, g->body.p, g->body.n) !=
		CALL_OK)
		return (struct span){ "", 0 };
	return (struct span){ sdp.text, sdp.len };
}

static const struct sdp_media *sound_of(const struct sdp *sdp)
{
	for (unsigned i = 0; i < sdp->n_media; i++)
		if (strcmp(sdp->media[i].type, "audio") == 0)
			return &sdp->media[i];
	return sdp->n_media ? &sdp->media[0] : NULL;
}

struct line {
	char *p;
	size_t n, cap;
};

static void add(struct line *l, const char *between, const char *text)
{
	const int n = snprintf(l->p + l->n, l->cap - l->n, "%s%s", l->n ? between : "", text);

	if (n > 0)
		l->n += (size_t)n < l->cap - l->n ? (size_t)n : l->cap - l->n - 1;
}

void glance_sdp(char out[GLANCE_SDP], const struct glance *g)
{
	static const char *const directions[] = { "sendrecv", "sendonly", "recvonly", "inactive" };
	char boundary[GLANCE_BOUNDARY];
	const struct span text = glance_description(g, boundary);
	struct line l = { out, 0, GLANCE_SDP };
	struct sdp *sdp = text.n ? malloc(sizeof(*sdp)) : NULL;
	const struct sdp_media *m;
	struct sdp_why why;
	char word[SDP_ADDR + 32];

	out[0] = '\0';
	if (!sdp)
		return;
	m = sdp_parse_text(sdp, text.p, text.n, &why) == CALL_OK ? sound_of(sdp) : NULL;
	for (unsigned i = 0; m && i < m->n_formats; i++)
		add(&l, " ", m->formats[i].name[0] ? m->formats[i].name : "?");
	if (m && !m->n_formats)
		add(&l, " ", m->raw_format[0] ? m->raw_format : m->type);
	if (m) {
		snprintf(word, sizeof(word), m->ipv6 ? "[%s]:%u" : "%s:%u", m->address, m->port);
		add(&l, ", ", word);
		snprintf(word, sizeof(word), "ptime %u", m->ptime_ms);
		if (m->ptime_ms)
			add(&l, ", ", word);
		add(&l, ", ", directions[m->direction]);
		for (unsigned i = 0; i < m->n_crypto; i++)
			add(&l, i ? " " : ", ", m->crypto[i].suite);
		if (m->fingerprint[0])
			add(&l, ", ", "DTLS-SRTP");
	}
	free(sdp);
}

struct span glance_user(struct span field)
{
	static const char *const schemes[] = { "sip:", "sips:", "tel:" };

	for (size_t at = 0; at < field.n; at++)
		for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
			const size_t n = strlen(schemes[i]);
			struct span rest = { field.p + at, field.n - at };
			size_t end = 0;

			if (rest.n < n || strncasecmp(rest.p, schemes[i], n) != 0 ||
				(at && isalnum((unsigned char)field.p[at - 1])))
				continue;
			rest.p += n;
			rest.n -= n;
			while (end < rest.n && !strchr("@;>? \"", rest.p[end]))
				end++;
			if (schemes[i][0] != 't' && (end == rest.n || !memchr(rest.p, '@', rest.n)))
				return (struct span){ "", 0 };
			return (struct span){ rest.p, end };
		}
	return (struct span){ "", 0 };
}
