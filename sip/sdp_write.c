/* sdp_write.c - sdp_write_text(), and the one question that is asked of format parameters. */
#include "sip/sdp.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct writer {
	char *out;
	size_t cap, n;
	enum call_err err; /* the first that happened; what follows writes nothing */
};

/* One line, CRLF added.  A control within it would begin a line of somebody else's making. */
__attribute__((format(printf, 2, 3))) static void line(struct writer *w, const char *format, ...)
{
	va_list args;
	int n;

	if (w->err)
		return;
	va_start(args, format);
	n = vsnprintf(w->out + w->n, w->cap - w->n, format, args);
	va_end(args);
	if (n < 0 || (size_t)n + 3 > w->cap - w->n) {
		w->err = CALL_LIMIT;
		return;
	}
	for (int i = 0; i < n; i++)
		if ((unsigned char)w->out[w->n + (size_t)i] < 0x20)
			w->err = CALL_RANGE;
	w->n += (size_t)n;
	memcpy(w->out + w->n, "\r\n", 3);
	w->n += 2;
}

static const char *family(bool ipv6)
{
	return ipv6 ? "IP6" : "IP4";
}

static void write_media_line(struct writer *w, const struct sdp_media *m)
{
	char formats[SDP_FORMATS_MAX * 4 + SDP_TOKEN];
	size_t n = 0;

	if (m->raw_format[0] ||
		m->n_formats == 0) /* a refused stream keeps a format, whichever (RFC 3264 section 6) */
		snprintf(formats, sizeof(formats), " %s", m->raw_format[0] ? m->raw_format : "0");
	else
		for (unsigned i = 0; i < m->n_formats; i++)
			n += (size_t)snprintf(
				formats + n, sizeof(formats) - n, " %u", m->formats[i].payload_type);
	line(w, "m=%s %u %s%s", m->type, m->port, m->protocol, formats);
}

static void write_format(struct writer *w, const struct sdp_format *f)
{
	if (f->name[0] && f->clock_hz && f->channels > 1)
		line(w, "a=rtpmap:%u %s/%u/%u", f->payload_type, f->name, f->clock_hz, f->channels);
	else if (f->name[0] && f->clock_hz)
		line(w, "a=rtpmap:%u %s/%u", f->payload_type, f->name, f->clock_hz);
	else if (f->name[0])
		line(w, "a=rtpmap:%u %s", f->payload_type, f->name);
	if (f->fmtp[0])
		line(w, "a=fmtp:%u %s", f->payload_type, f->fmtp);
}

/* Its own agent is lite, and of the present kind: "ice2" (RFC 8445 section 10). */
static void write_ice_session(struct writer *w, const struct sdp *sdp)
{
	for (unsigned i = 0; i < sdp->n_media; i++)
		if (sdp->media[i].port && sdp->media[i].ice.lite) {
			line(w, "a=ice-lite");
			line(w, "a=ice-options:ice2");
			return;
		}
}

static void write_ice(struct writer *w, const struct sdp_ice *ice)
{
	if (ice->mismatch)
		line(w, "a=ice-mismatch");
	if (!ice->ufrag[0] || !ice->pwd[0])
		return;
	line(w, "a=ice-ufrag:%s", ice->ufrag);
	line(w, "a=ice-pwd:%s", ice->pwd);
	for (unsigned i = 0; i < ice->n_candidates; i++) {
		const struct sdp_candidate *c = &ice->candidates[i];

		line(w, "a=candidate:1 %u UDP %u %s %u typ host", c->component, c->priority, c->address,
			c->port);
	}
}

/* What a stream says beyond its m= line; a refused one says nothing. */
static void write_attributes(struct writer *w, const struct sdp_media *m)
{
	static const char *const directions[] = { [SDP_SENDRECV] = "sendrecv",
		[SDP_SENDONLY] = "sendonly",
		[SDP_RECVONLY] = "recvonly",
		[SDP_INACTIVE] = "inactive" };

	for (unsigned i = 0; i < m->n_formats; i++)
		write_format(w, &m->formats[i]);
	if (m->ptime_ms)
		line(w, "a=ptime:%u", m->ptime_ms);
	if (m->maxptime_ms)
		line(w, "a=maxptime:%u", m->maxptime_ms);
	if (m->rtcp_port && m->rtcp_port != m->port + 1u)
		line(w, "a=rtcp:%u", m->rtcp_port);
	if (m->rtcp_mux)
		line(w, "a=rtcp-mux");
	for (unsigned i = 0; i < m->n_crypto; i++)
		line(w, "a=crypto:%u %s %s", m->crypto[i].tag, m->crypto[i].suite, m->crypto[i].params);
	if (m->fingerprint[0])
		line(w, "a=fingerprint:%s", m->fingerprint);
	if (m->setup[0])
		line(w, "a=setup:%s", m->setup);
	write_ice(w, &m->ice);
	line(w, "a=%s", directions[m->direction]);
}

/* The address most peers expect in the session part: that of the first stream that has one. */
static const char *session_address(const struct sdp *sdp, bool *ipv6)
{
	for (unsigned i = 0; i < sdp->n_media; i++)
		if (sdp->media[i].port && sdp->media[i].address[0]) {
			*ipv6 = sdp->media[i].ipv6;
			return sdp->media[i].address;
		}
	*ipv6 = strchr(sdp->origin_address, ':') != NULL;
	return sdp->origin_address;
}

static bool in_bounds(const struct sdp *sdp)
{
	if (sdp->n_media > SDP_MEDIA_MAX || !sdp->origin_address[0])
		return false;
	for (unsigned i = 0; i < sdp->n_media; i++) {
		const struct sdp_media *m = &sdp->media[i];

		if (m->n_formats > SDP_FORMATS_MAX || m->n_crypto > SDP_CRYPTO_MAX ||
			m->ice.n_candidates > SDP_CANDIDATES_MAX || !m->type[0] || !m->protocol[0] ||
			(unsigned)m->direction > SDP_INACTIVE)
			return false;
	}
	return true;
}

enum call_err sdp_write_text(char *out, size_t cap, const struct sdp *sdp)
{
	struct writer w = { .out = out, .cap = cap };
	const char *address;
	bool ipv6;

	if (!in_bounds(sdp) || cap == 0)
		return CALL_RANGE;
	address = session_address(sdp, &ipv6);
	line(&w, "v=0");
	line(&w, "o=%s %llu %llu IN %s %s", sdp->origin_user[0] ? sdp->origin_user : "-",
		(unsigned long long)sdp->origin_id, (unsigned long long)sdp->origin_version,
		family(strchr(sdp->origin_address, ':') != NULL), sdp->origin_address);
	line(&w, "s=-");
	line(&w, "c=IN %s %s", family(ipv6), address);
	line(&w, "t=0 0");
	write_ice_session(&w, sdp);
	for (unsigned i = 0; i < sdp->n_media; i++) {
		const struct sdp_media *m = &sdp->media[i];

		write_media_line(&w, m);
		if (m->port == 0)
			continue;
		if (m->address[0] && strcmp(m->address, address) != 0)
			line(&w, "c=IN %s %s", family(m->ipv6), m->address);
		write_attributes(&w, m);
	}
	return w.err;
}

long sdp_fmtp_number(const char *fmtp, const char *name, long absent)
{
	size_t n = strlen(name);

	while (*fmtp) {
		fmtp += strspn(fmtp, " \t;");
		if (strncasecmp(fmtp, name, n) == 0) {
			const char *p = fmtp + n + strspn(fmtp + n, " \t");
			char *end;

			if (*p == '=') {
				long value = strtol(p + 1, &end, 10); /* saturates */

				end += strspn(end, " \t");
				if (end != p + 1 && (*end == 0 || *end == ';'))
					return value;
			}
		}
		fmtp += strcspn(fmtp, ";");
	}
	return absent;
}
