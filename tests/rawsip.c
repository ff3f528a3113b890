#include "tests/rawsip.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

const char raw_offer[] = "v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\n"
			 "m=audio 30000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n";

static void random_word(char *out, size_t cap, const char *prefix)
{
	unsigned long long bits = 0;

	if (getrandom(&bits, sizeof(bits), 0) < 0)
		abort();
	snprintf(out, cap, "%s%llx", prefix, bits);
}

void raw_fresh(struct raw *r, const char *number)
{
	random_word(r->call_id, sizeof(r->call_id), "raw-");
	random_word(r->from_tag, sizeof(r->from_tag), "t");
	r->to_tag[0] = '\0';
	r->cseq = 0;
	snprintf(r->target, sizeof(r->target), "sip:%s@127.0.0.1:%u", number, r->to_port);
}

bool raw_open(struct raw *r, const char *ip, unsigned port, unsigned to_port, bool tcp)
{
	struct sockaddr_in self = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port) };
	struct sockaddr_in peer = { .sin_family = AF_INET, .sin_port = htons((unsigned short)to_port) };
	socklen_t len = sizeof(self);
	const int on = 1;

	memset(r, 0, sizeof(*r));
	snprintf(r->ip, sizeof(r->ip), "%s", ip);
	r->tcp = tcp;
	r->to_port = to_port;
	inet_pton(AF_INET, ip, &self.sin_addr);
	inet_pton(AF_INET, "127.0.0.1", &peer.sin_addr);
	r->fd = socket(AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
	setsockopt(r->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (tcp)
		setsockopt(r->fd, SOL_SOCKET, SO_SNDTIMEO, &(struct timeval){ .tv_usec = 500000 },
			sizeof(struct timeval));
	if (bind(r->fd, (struct sockaddr *)&self, sizeof(self)) < 0 ||
		connect(r->fd, (struct sockaddr *)&peer, sizeof(peer)) < 0) {
		raw_close(r);
		return false;
	}
	getsockname(r->fd, (struct sockaddr *)&self, &len);
	r->port = ntohs(self.sin_port);
	raw_fresh(r, "answer");
	return true;
}

void raw_close(struct raw *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}

bool raw_send(struct raw *r, const char *bytes, size_t n)
{
	return send(r->fd, bytes, n, MSG_NOSIGNAL) == (ssize_t)n;
}

struct writer {
	char text[RAW_TEXT * 10];
	size_t n;
};

__attribute__((format(printf, 2, 3))) static void add(struct writer *w, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(w->text + w->n, sizeof(w->text) - w->n, format, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(w->text) - w->n)
		abort();
	w->n += (size_t)n;
}

/* Is this header among those that the caller gave? */
static bool given(const char *headers, const char *name)
{
	const size_t len = strlen(name);

	for (const char *p = headers; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL)
		if (strncasecmp(p, name, len) == 0 && p[len] == ':')
			return true;
	return false;
}

/* The caller's headers, but those that are empty. */
static void add_given(struct writer *w, const char *headers)
{
	for (const char *p = headers; p && *p;) {
		const char *eol = strstr(p, "\r\n"), *colon = strchr(p, ':');
		const size_t len = eol ? (size_t)(eol - p) + 2 : strlen(p);

		if (!colon || colon + 1 != eol)
			add(w, "%.*s", (int)len, p);
		p += len;
	}
}

bool raw_request(struct raw *r, const char *method, const char *headers, const char *body)
{
	struct writer *w = calloc(1, sizeof(*w));
	const bool follows = strcmp(method, "ACK") == 0 || strcmp(method, "CANCEL") == 0;
	bool sent;

	if (!follows)
		r->cseq++;
	if (strcmp(method, "CANCEL") != 0)
		random_word(r->branch, sizeof(r->branch), "z9hG4bKraw");
	add(w, "%s %s SIP/2.0\r\n", method, r->target);
	if (!given(headers, "Via"))
		add(w, "Via: SIP/2.0/%s %s:%u;branch=%s\r\n", r->tcp ? "TCP" : "UDP", r->ip, r->port,
			r->branch);
	if (!given(headers, "From"))
		add(w, "From: <sip:raw@%s>;tag=%s\r\n", r->ip, r->from_tag);
	if (!given(headers, "To"))
		add(w, "To: <sip:answer@127.0.0.1>%s%s\r\n", r->to_tag[0] ? ";tag=" : "", r->to_tag);
	add(w, "Call-ID: %s\r\n", r->call_id);
	if (!given(headers, "CSeq"))
		add(w, "CSeq: %u %s\r\n", r->cseq, method);
	if (!given(headers, "Contact"))
		add(w, "Contact: <sip:raw@%s:%u%s>\r\n", r->ip, r->port, r->tcp ? ";transport=tcp" : "");
	add(w, "Max-Forwards: 70\r\n");
	if (body && !given(headers, "Content-Type"))
		add(w, "Content-Type: application/sdp\r\n");
	add_given(w, headers);
	add(w, "Content-Length: %zu\r\n\r\n%s", body ? strlen(body) : 0, body ? body : "");
	sent = raw_send(r, w->text, w->n);
	free(w);
	return sent;
}

/* The value of `name` in the last message, up to its line end. */
static bool header(const struct raw *r, const char *name, char *out, size_t cap)
{
	const size_t len = strlen(name);

	for (const char *p = r->last; p && *p; p = strstr(p, "\r\n") ? strstr(p, "\r\n") + 2 : NULL)
		if (strncasecmp(p, name, len) == 0 && p[len] == ':') {
			const char *value = p + len + 1 + strspn(p + len + 1, " ");

			snprintf(out, cap, "%.*s", (int)strcspn(value, "\r\n"), value);
			return true;
		}
	return false;
}

static void learn(struct raw *r)
{
	char value[512];
	const char *at;

	if (header(r, "To", value, sizeof(value)) && (at = strstr(value, ";tag=")))
		snprintf(r->to_tag, sizeof(r->to_tag), "%.*s", (int)strcspn(at + 5, ";"), at + 5);
	if (header(r, "Contact", value, sizeof(value)) && (at = strchr(value, '<')))
		snprintf(r->target, sizeof(r->target), "%.*s", (int)strcspn(at + 1, ">"), at + 1);
}

unsigned raw_any(struct raw *r, unsigned ms)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN };
	ssize_t n;

	if (poll(&p, 1, (int)ms) <= 0)
		return 0;
	n = recv(r->fd, r->last, sizeof(r->last) - 1, 0);
	if (n <= 0)
		return 0;
	r->last[n] = '\0';
	return strncmp(r->last, "SIP/2.0 ", 8) == 0 ? (unsigned)strtoul(r->last + 8, NULL, 10) : 1;
}

/* A late or repeated answer to something older? */
static bool is_old(const struct raw *r)
{
	char value[512];

	return (header(r, "Call-ID", value, sizeof(value)) && strcmp(value, r->call_id) != 0) ||
	       (header(r, "CSeq", value, sizeof(value)) && strtoul(value, NULL, 10) != r->cseq);
}

unsigned raw_wait(struct raw *r, unsigned ms)
{
	unsigned status;

	do
		status = raw_any(r, ms);
	while (status == 100 || (status > 1 && is_old(r)));
	if (status > 100 && status < 300)
		learn(r);
	return status;
}

unsigned raw_final(struct raw *r, unsigned ms)
{
	unsigned status;

	do
		status = raw_wait(r, ms);
	while (status > 1 && status < 200);
	return status;
}

bool raw_has(const struct raw *r, const char *part)
{
	return strstr(r->last, part) != NULL;
}

bool raw_reply(struct raw *r, unsigned status, const char *headers)
{
	static const char *const names[] = { "Via", "From", "To", "Call-ID", "CSeq" };
	struct writer *w = calloc(1, sizeof(*w));
	char value[512];
	bool sent;

	add(w, "SIP/2.0 %u Said\r\n", status);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (header(r, names[i], value, sizeof(value)))
			add(w, "%s: %s\r\n", names[i], value);
	add(w, "%sContent-Length: 0\r\n\r\n", headers ? headers : "");
	sent = raw_send(r, w->text, w->n);
	free(w);
	return sent;
}

unsigned raw_call(struct raw *r, const char *number)
{
	unsigned status;

	raw_fresh(r, number);
	raw_request(r, "INVITE", NULL, raw_offer);
	status = raw_final(r, 2000);
	if (status == 200)
		raw_request(r, "ACK", NULL, NULL);
	return status;
}

unsigned raw_invite(struct raw *r, const char *number, const char *headers, unsigned ms)
{
	unsigned status;

	raw_fresh(r, number);
	raw_request(r, "INVITE", headers, raw_offer);
	status = raw_final(r, ms);
	if (status)
		raw_request(r, "ACK", NULL, NULL);
	return status;
}
