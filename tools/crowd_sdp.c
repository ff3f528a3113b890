#include "tools/crowd_sdp.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LINE = 256, FORMATS = 24 };

size_t crowd_offer_write(char *out, size_t cap, const struct crowd_offer *offer)
{
	char ip[INET_ADDRSTRLEN], channels[16] = "", events[96] = "", event_format[8] = "", fmtp[160] = "";
	unsigned pt = offer->payload_type;

	inet_ntop(AF_INET, &offer->ip, ip, sizeof(ip));
	if (offer->channels > 1)
		snprintf(channels, sizeof(channels), "/%u", offer->channels);
	if (offer->event_pt != CROWD_PT_NONE) {
		snprintf(event_format, sizeof(event_format), " %u", offer->event_pt);
		snprintf(events, sizeof(events), "a=rtpmap:%u telephone-event/%u\r\na=fmtp:%u 0-15\r\n",
			offer->event_pt, offer->clock_hz, offer->event_pt);
	}
	if (offer->fmtp)
		snprintf(fmtp, sizeof(fmtp), "a=fmtp:%u %.120s\r\n", pt, offer->fmtp);
	int n = snprintf(out, cap,
		"v=0\r\no=crowd %u 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"
		"m=audio %u RTP/AVP %u%s%s\r\na=rtpmap:%u %s/%u%s\r\n%s%sa=ptime:%u\r\na=%s\r\n",
		offer->session, ip, ip, offer->port, pt, event_format, offer->comfort ? " 13" : "", pt,
		offer->name, offer->clock_hz, channels, fmtp, events, offer->ptime_ms, offer->direction);
	return n > 0 && (size_t)n < cap ? (size_t)n : 0;
}

/* One stream while it is read. */
struct stream_text {
	bool audio, has_ip;
	uint16_t port;
	struct in_addr ip;
	uint8_t formats[FORMATS];
	unsigned n_formats;
	uint8_t codec_pt, event_pt; /* told by rtpmap */
	bool sends, receives;
};

static bool read_ip(const char *line, struct in_addr *ip)
{
	char text[64];

	return sscanf(line, "IN IP4 %63[0-9.]", text) == 1 && inet_pton(AF_INET, text, ip) == 1;
}

static void read_media(struct stream_text *s, const char *line)
{
	unsigned port;
	int at = 0;

	s->audio = sscanf(line, "audio %5u RTP/AVP%n", &port, &at) == 1 && at > 0 && port < 65536;
	if (!s->audio)
		return;
	s->port = (uint16_t)port;
	for (const char *p = line + at; s->n_formats < FORMATS;) {
		char *end;
		long pt = strtol(p, &end, 10);
		if (end == p || pt < 0 || pt > 127)
			break;
		s->formats[s->n_formats++] = (uint8_t)pt;
		p = end;
	}
}

static void read_rtpmap(struct stream_text *s, const char *line, const struct crowd_offer *offer)
{
	unsigned pt, clock = 0;
	char name[32];

	if (sscanf(line, "%3u %31[^/ ]/%6u", &pt, name, &clock) < 2 || pt > 127)
		return;
	if (strcasecmp(name, "telephone-event") == 0 &&
		(clock == offer->clock_hz || s->event_pt == CROWD_PT_NONE))
		s->event_pt = (uint8_t)pt;
	else if (strcasecmp(name, offer->name) == 0 && clock == offer->clock_hz)
		s->codec_pt = (uint8_t)pt;
}

static void read_attribute(struct stream_text *s, const char *line, const struct crowd_offer *offer)
{
	if (strncmp(line, "rtpmap:", 7) == 0) {
		read_rtpmap(s, line + 7, offer);
	} else if (strcmp(line, "sendonly") == 0) {
		s->receives = false;
	} else if (strcmp(line, "recvonly") == 0) {
		s->sends = false;
	} else if (strcmp(line, "inactive") == 0) {
		s->sends = s->receives = false;
	} else if (strcmp(line, "sendrecv") == 0) {
		s->sends = s->receives = true;
	}
}

static bool has_format(const struct stream_text *s, uint8_t pt)
{
	return pt != CROWD_PT_NONE && s->n_formats > 0 && memchr(s->formats, pt, s->n_formats);
}

static bool settle(struct crowd_answer *out, const struct stream_text *s, const struct crowd_offer *offer)
{
	/* Static payload types need no rtpmap (RFC 3551 section 6). */
	uint8_t pt = s->codec_pt;

	if (pt == CROWD_PT_NONE && offer->payload_type < 96)
		pt = offer->payload_type;
	if (!s->audio || !s->has_ip || !has_format(s, pt))
		return false;
	*out = (struct crowd_answer){ .ip = s->ip,
		.port = s->port,
		.payload_type = pt,
		.event_pt = has_format(s, s->event_pt) ? s->event_pt : CROWD_PT_NONE,
		.sends = s->sends,
		.receives = s->receives };
	return true;
}

bool crowd_answer_read(
	struct crowd_answer *out, const char *text, size_t len, const struct crowd_offer *offer)
{
	struct stream_text s = {
		.codec_pt = CROWD_PT_NONE, .event_pt = CROWD_PT_NONE, .sends = true, .receives = true
	};
	const char *end = text + len;
	bool in_audio = false;

	while (text < end) {
		const char *lf = memchr(text, '\n', (size_t)(end - text));
		const char *next = lf ? lf + 1 : end;
		size_t n = (size_t)((lf ? lf : end) - text);
		char line[LINE];
		if (n > 0 && text[n - 1] == '\r')
			n--;
		if (n >= 2 && n < sizeof(line) && text[1] == '=' && !memchr(text, '\0', n)) {
			memcpy(line, text, n);
			line[n] = '\0';
			if (line[0] == 'm') {
				if (in_audio)
					break; /* the first audio stream is ours */
				read_media(&s, line + 2);
				in_audio = s.audio;
			} else if (line[0] == 'c') {
				s.has_ip |= read_ip(line + 2, &s.ip);
			} else if (line[0] == 'a') {
				read_attribute(&s, line + 2, offer);
			}
		}
		text = next;
	}
	return settle(out, &s, offer);
}
