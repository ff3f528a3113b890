/* sdp_read.c - sdp_parse_text(): one pass over the lines of a body, bounded in every direction. */
#include "sip/sdp.h"

#include "sip/candidate.h"
#include "sip/span.h"

#include <arpa/inet.h>
#include <stdio.h>

struct reader {
	struct sdp *sdp;
	struct sdp_media *media; /* borrowed from sdp; NULL: still in the session part */
	struct sdp_why *why;
	unsigned line;
	bool has_version, has_origin, media_has_address;
	/* what the session part says for every stream that does not say otherwise */
	struct sdp_media session;
	bool rtp; /* the formats of `media` are payload types */
};

/* Payload types that need no rtpmap (RFC 3551 section 6, tables 4 and 5). */
static const struct {
	uint8_t payload_type;
	const char *name;
	unsigned clock_hz, channels;
} static_types[] = {
	{ 0, "PCMU", 8000, 1 },
	{ 3, "GSM", 8000, 1 },
	{ 4, "G723", 8000, 1 },
	{ 5, "DVI4", 8000, 1 },
	{ 6, "DVI4", 16000, 1 },
	{ 7, "LPC", 8000, 1 },
	{ 8, "PCMA", 8000, 1 },
	{ 9, "G722", 8000, 1 },
	{ 10, "L16", 44100, 2 },
	{ 11, "L16", 44100, 1 },
	{ 12, "QCELP", 8000, 1 },
	{ 13, "CN", 8000, 1 },
	{ 14, "MPA", 90000, 1 },
	{ 15, "G728", 8000, 1 },
	{ 16, "DVI4", 11025, 1 },
	{ 17, "DVI4", 22050, 1 },
	{ 18, "G729", 8000, 1 },
	{ 25, "CelB", 90000, 1 },
	{ 26, "JPEG", 90000, 1 },
	{ 28, "nv", 90000, 1 },
	{ 31, "H261", 90000, 1 },
	{ 32, "MPV", 90000, 1 },
	{ 33, "MP2T", 90000, 1 },
	{ 34, "H263", 90000, 1 },
};

static enum call_err fail(struct reader *r, enum call_err err, const char *text)
{
	if (r->why) {
		r->why->line = r->line;
		snprintf(r->why->text, sizeof(r->why->text), "%s", text);
	}
	return err;
}

/* token-char of RFC 8866 section 9 */
static bool is_token_char(char c)
{
	return c > 0x20 && c < 0x7f && !strchr("\"(),/:;<=>?@[\\]", c);
}

static bool is_token(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_token_char(s.p[i]))
			return false;
	return s.n > 0;
}

static bool is_printable(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
	return true;
}

/* o=user id version IN IP4 address.  Read from its end, because some user names hold spaces.  Numbers over
 * 64 bits are kept as the largest: nothing of ours depends on the other side's. */
static enum call_err read_origin(struct reader *r, struct span value)
{
	struct span word[16];
	unsigned n = 0;
	uint64_t *numbers[2] = { &r->sdp->origin_id, &r->sdp->origin_version };

	while (n < 16 && (word[n] = span_word(&value)).n)
		n++;
	if (r->has_origin)
		return fail(r, CALL_SYNTAX, "second o= line");
	if (n < 6 || span_trim(value).n)
		return fail(r, CALL_SYNTAX, "o= wants user, id, version, IN, IP4 or IP6, address");
	for (unsigned i = 0; i < 2; i++) {
		enum span_number kind = span_number(numbers[i], word[n - 5 + i], UINT64_MAX);

		if (kind == SPAN_NO_NUMBER)
			return fail(r, CALL_SYNTAX, "o= id and version are numbers");
		if (kind == SPAN_OVER)
			*numbers[i] = UINT64_MAX;
	}
	if (!span_is(word[n - 3], "IN") || (!span_is(word[n - 2], "IP4") && !span_is(word[n - 2], "IP6")))
		return fail(r, CALL_SYNTAX, "o= network is not IN IP4 or IN IP6");
	if (!is_printable(word[0]) || !span_copy(r->sdp->origin_user, sizeof(r->sdp->origin_user), word[0]))
		snprintf(r->sdp->origin_user, sizeof(r->sdp->origin_user), "-");
	if (!is_printable(word[n - 1]) ||
		!span_copy(r->sdp->origin_address, sizeof(r->sdp->origin_address), word[n - 1]))
		r->sdp->origin_address[0] = 0;
	r->has_origin = true;
	return CALL_OK;
}

static bool is_host_name(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_token_char(s.p[i]))
			return false;
	return s.n > 0 && s.n <= 253;
}

static bool ends_in_invalid(struct span s)
{
	static const char domain[] = ".invalid";
	size_t n = sizeof(domain) - 1;

	return s.n >= n && strncasecmp(s.p + s.n - n, domain, n) == 0;
}

/* c=IN IP4 address[/ttl[/count]].  A name is no place to send to, as nobody here resolves it; a name under
 * .invalid is how IPv6 says 0.0.0.0 (RFC 6157 section 4.1). */
static enum call_err read_connection(struct reader *r, struct span value)
{
	struct sdp_media *to = r->media ? r->media : &r->session;
	struct span net = span_word(&value), family = span_word(&value), text = span_word(&value);
	struct span literal = span_until(&text, '/');
	bool ipv6 = span_is(family, "IP6");
	char copied[SDP_ADDR], canonical[SDP_ADDR];
	uint8_t ip[16], any[16] = { 0 };

	if (!span_is(net, "IN") || (!ipv6 && !span_is(family, "IP4")) || !literal.n)
		return fail(r, CALL_SYNTAX, "c= wants IN, IP4 or IP6, address");
	if (r->media && r->media_has_address)
		return CALL_OK; /* further ones name multicast groups (RFC 8866 section 5.7): the first is ours */
	r->media_has_address = r->media != NULL;
	to->ipv6 = ipv6;
	to->address[0] = 0;
	to->null_address = false;
	if (span_copy(copied, sizeof(copied), literal) &&
		inet_pton(ipv6 ? AF_INET6 : AF_INET, copied, ip) == 1) {
		inet_ntop(ipv6 ? AF_INET6 : AF_INET, ip, canonical, sizeof(canonical));
		snprintf(to->address, sizeof(to->address), "%s", canonical);
		to->null_address = memcmp(ip, any, ipv6 ? 16 : 4) == 0;
		return CALL_OK;
	}
	if (memchr(literal.p, ':', literal.n) || literal.p[literal.n - 1] <= '9' || !is_host_name(literal))
		return fail(r, CALL_SYNTAX, "c= address is none of its family");
	to->null_address = ends_in_invalid(literal);
	return CALL_OK;
}

static void add_format(struct sdp_media *m, uint8_t payload_type)
{
	struct sdp_format *f = &m->formats[m->n_formats];

	for (unsigned i = 0; i < m->n_formats; i++)
		if (m->formats[i].payload_type == payload_type)
			return;
	if (m->n_formats == SDP_FORMATS_MAX)
		return; /* an answer may leave out any format, so what is over the bound is only not taken */
	f->payload_type = payload_type;
	f->channels = 1;
	for (size_t i = 0; i < sizeof(static_types) / sizeof(*static_types); i++)
		if (static_types[i].payload_type == payload_type) {
			snprintf(f->name, sizeof(f->name), "%s", static_types[i].name);
			f->clock_hz = static_types[i].clock_hz;
			f->channels = static_types[i].channels;
		}
	m->n_formats++;
}

static enum call_err read_formats(struct reader *r, struct span rest)
{
	struct sdp_media *m = r->media;
	struct span word = span_word(&rest);

	if (!word.n)
		return fail(r, CALL_SYNTAX, "m= without a format");
	if (!r->rtp) {
		if (!is_token(word))
			return fail(r, CALL_SYNTAX, "m= format is not a token");
		if (!span_copy(m->raw_format, sizeof(m->raw_format), word))
			return fail(r, CALL_LIMIT, "m= format is too long");
		return CALL_OK;
	}
	for (; word.n; word = span_word(&rest)) {
		uint64_t payload_type;

		if (span_number(&payload_type, word, 127) != SPAN_NUMBER)
			return fail(r, CALL_SYNTAX, "payload type is not 0..127");
		add_format(m, (uint8_t)payload_type);
	}
	return CALL_OK;
}

static bool is_rtp(struct span protocol)
{
	for (size_t i = 0; i + 4 <= protocol.n; i++)
		if (strncasecmp(protocol.p + i, "RTP/", 4) == 0 && (i == 0 || protocol.p[i - 1] == '/'))
			return true;
	return false;
}

static bool is_protocol(struct span s)
{
	struct span rest = s;

	while (rest.n)
		if (!is_token(span_until(&rest, '/')))
			return false;
	return s.n > 0 && s.p[s.n - 1] != '/';
}

/* m=type port[/count] protocol format ... */
static enum call_err read_media(struct reader *r, struct span value)
{
	struct span type = span_word(&value), ports = span_word(&value), protocol = span_word(&value);
	struct span port_text = span_until(&ports, '/');
	uint64_t port;
	struct sdp_media *m;

	if (r->sdp->n_media == SDP_MEDIA_MAX)
		return fail(r, CALL_LIMIT, "too many streams"); /* every one wants its line in the answer */
	if (!is_token(type))
		return fail(r, CALL_SYNTAX, "m= type is not a token");
	if (span_number(&port, port_text, 65535) != SPAN_NUMBER)
		return fail(r, CALL_SYNTAX, "m= port is not 0..65535");
	if (!is_protocol(protocol))
		return fail(r, CALL_SYNTAX, "m= protocol is malformed");
	m = r->media = &r->sdp->media[r->sdp->n_media];
	*m = r->session;
	if (!span_copy(m->type, sizeof(m->type), type) ||
		!span_copy(m->protocol, sizeof(m->protocol), protocol))
		return fail(r, CALL_LIMIT, "m= type or protocol is too long");
	m->port = (uint16_t)port;
	r->rtp = is_rtp(protocol);
	r->media_has_address = false;
	r->sdp->n_media++;
	return read_formats(r, value);
}

static struct sdp_format *find_format(struct reader *r, struct span number)
{
	uint64_t payload_type;

	if (!r->media || span_number(&payload_type, number, 127) != SPAN_NUMBER)
		return NULL;
	for (unsigned i = 0; i < r->media->n_formats; i++)
		if (r->media->formats[i].payload_type == payload_type)
			return &r->media->formats[i];
	return NULL;
}

/* rtpmap:type name[/clock[/channels]].  One that cannot be read leaves its format without a name: that
 * format is not for us, the others are. */
static void read_rtpmap(struct reader *r, struct span value)
{
	struct sdp_format *f = find_format(r, span_word(&value));
	struct span map = span_word(&value);
	struct span name = span_until(&map, '/'), clock = span_until(&map, '/'),
		    channels = span_until(&map, '/');
	uint64_t hz = 0, n = 1;

	if (!f)
		return;
	f->name[0] = 0;
	if (clock.n && span_number(&hz, clock, 1000000) != SPAN_NUMBER)
		return;
	if (channels.n && (span_number(&n, channels, 255) != SPAN_NUMBER || n == 0))
		return;
	if (!is_token(name) || !span_copy(f->name, sizeof(f->name), name))
		return;
	f->clock_hz = (unsigned)hz;
	f->channels = hz ? (unsigned)n : 1;
}

/* fmtp:type parameters; of too many, as many whole ones as we hold. */
static void read_fmtp(struct reader *r, struct span value)
{
	struct sdp_format *f = find_format(r, span_word(&value));

	value = span_trim(value);
	if (!f || f->fmtp[0] || !is_printable(value))
		return;
	while (value.n >= sizeof(f->fmtp)) {
		do
			value.n--;
		while (value.n && value.p[value.n] != ';');
	}
	span_copy(f->fmtp, sizeof(f->fmtp), span_trim(value));
}

/* Milliseconds, possibly with a fraction (RFC 8866 section 6.4); 0 for what makes no sense. */
static unsigned read_ms(struct span value)
{
	struct span rest = span_trim(value);
	struct span whole = span_until(&rest, '.');
	uint64_t ms;

	return span_number(&ms, whole, 1000000) == SPAN_NUMBER ? (unsigned)ms : 0;
}

/* crypto:tag suite parameters (RFC 4568 section 9.1); what is over the bound is not taken */
static void read_crypto(struct sdp_media *m, struct span value)
{
	struct span tag_text = span_word(&value), suite = span_word(&value), params = span_trim(value);
	uint64_t tag;

	if (m->n_crypto == SDP_CRYPTO_MAX || !params.n || !is_printable(params) || !is_token(suite) ||
		span_number(&tag, tag_text, 999999999) != SPAN_NUMBER)
		return;
	if (!span_copy(m->crypto[m->n_crypto].suite, sizeof(m->crypto[0].suite), suite) ||
		!span_copy(m->crypto[m->n_crypto].params, sizeof(m->crypto[0].params), params))
		return;
	m->crypto[m->n_crypto++].tag = (unsigned)tag;
}

static enum call_err read_attribute(struct reader *r, struct span value)
{
	struct sdp_media *to = r->media ? r->media : &r->session;
	struct span name = span_trim(span_until(&value, ':'));
	uint64_t port;

	if (span_is(name, "sendrecv"))
		to->direction = SDP_SENDRECV;
	else if (span_is(name, "sendonly"))
		to->direction = SDP_SENDONLY;
	else if (span_is(name, "recvonly"))
		to->direction = SDP_RECVONLY;
	else if (span_is(name, "inactive"))
		to->direction = SDP_INACTIVE;
	else if (span_is(name, "setup") && is_token(span_trim(value)))
		span_copy(to->setup, sizeof(to->setup), span_trim(value));
	else if (span_is(name, "fingerprint") && is_printable(value))
		span_copy(to->fingerprint, sizeof(to->fingerprint), span_trim(value));
	else
		(void)candidate_take(&to->ice, name, value);
	if (!r->media)
		return CALL_OK; /* the others belong to a stream */
	if (span_is(name, "rtpmap"))
		read_rtpmap(r, value);
	else if (span_is(name, "fmtp"))
		read_fmtp(r, value);
	else if (span_is(name, "ptime"))
		to->ptime_ms = read_ms(value);
	else if (span_is(name, "maxptime"))
		to->maxptime_ms = read_ms(value);
	else if (span_is(name, "rtcp-mux"))
		to->rtcp_mux = true;
	else if (span_is(name, "crypto"))
		read_crypto(to, value);
	else if (span_is(name, "rtcp")) { /* its address, if any, is not taken: RTCP goes where RTP goes */
		if (span_number(&port, span_word(&value), 65535) != SPAN_NUMBER)
			return fail(r, CALL_SYNTAX, "a=rtcp port is not 0..65535");
		to->rtcp_port = (uint16_t)port;
	}
	return CALL_OK;
}

static enum call_err read_line(struct reader *r, struct span line)
{
	struct span value = { line.p + 2, line.n - 2 };

	if (line.n < 2 || line.p[1] != '=' || line.p[0] <= ' ' || line.p[0] > '~')
		return fail(r, CALL_SYNTAX, "line is not <letter>=<value>");
	if (!r->has_version) {
		if (line.p[0] != 'v' || !span_is(span_trim(value), "0"))
			return fail(r, CALL_SYNTAX, "does not begin with v=0");
		r->has_version = true;
		return CALL_OK;
	}
	switch (line.p[0]) {
	case 'v': return fail(r, CALL_SYNTAX, "second v= line");
	case 'o': return r->media ? fail(r, CALL_SYNTAX, "o= within a stream") : read_origin(r, value);
	case 'c': return read_connection(r, value);
	case 'm': return read_media(r, value);
	case 'a': return read_attribute(r, value);
	default: return CALL_OK; /* s= t= b= and what may come (RFC 8866 section 5: ignore) */
	}
}

enum call_err sdp_parse_text(struct sdp *out, const char *text, size_t len, struct sdp_why *why)
{
	struct reader r = { .sdp = out, .why = why };
	struct span rest = { text, len };

	memset(out, 0, sizeof(*out));
	if (why)
		memset(why, 0, sizeof(*why));
	while (rest.n && rest.p[rest.n - 1] == 0)
		rest.n--; /* some count the end of a C string as part of the body */
	if (len > SDP_TEXT_MAX)
		return fail(&r, CALL_LIMIT, "description is too long");
	if (rest.n && memchr(rest.p, 0, rest.n))
		return fail(&r, CALL_SYNTAX, "zero byte");
	while (rest.n) {
		struct span line = span_until(&rest, '\n');
		enum call_err err;

		r.line++;
		while (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		err = line.n ? read_line(&r, line) : CALL_OK;
		if (err)
			return err;
	}
	if (!r.has_version)
		return fail(&r, CALL_SYNTAX, "empty description");
	if (!r.has_origin)
		return fail(&r, CALL_SYNTAX, "no o= line");
	return CALL_OK;
}
