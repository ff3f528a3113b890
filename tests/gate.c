#include "tests/gate.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

const char gate_sdp[] = "v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\n"
			"m=audio 30000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n";

bool gate_open(struct gate *g, const char *ip)
{
	return gate_open_at(g, ip, 0);
}

bool gate_open_at(struct gate *g, const char *ip, unsigned port)
{
	struct sockaddr_in self = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	socklen_t len = sizeof(self);

	snprintf(g->ip, sizeof(g->ip), "%s", ip);
	inet_pton(AF_INET, ip, &self.sin_addr);
	g->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (bind(g->fd, (struct sockaddr *)&self, sizeof(self)) < 0)
		return false;
	getsockname(g->fd, (struct sockaddr *)&self, &len);
	g->port = ntohs(self.sin_port);
	return true;
}

void gate_close(struct gate *g)
{
	close(g->fd);
	g->fd = -1;
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

bool gate_wait(struct gate *g, struct gate_request *out, const char *method, unsigned ms)
{
	const long long until = now_ms() + ms;
	const size_t len = strlen(method);

	for (long long left = ms; left >= 0; left = until - now_ms()) {
		struct pollfd p = { .fd = g->fd, .events = POLLIN };
		socklen_t from_len = sizeof(out->from);
		ssize_t n;

		if (poll(&p, 1, (int)left) <= 0)
			return false;
		n = recvfrom(
			g->fd, out->text, sizeof(out->text) - 1, 0, (struct sockaddr *)&out->from, &from_len);
		if (n <= 0)
			continue;
		out->text[n] = '\0';
		if (strncmp(out->text, method, len) == 0 && out->text[len] == ' ')
			return true;
	}
	return false;
}

bool gate_quiet(struct gate *g, const char *method, unsigned ms)
{
	struct gate_request r;

	return !gate_wait(g, &r, method, ms);
}

static char *next_value(void)
{
	static char values[4][GATE_VALUE];
	static unsigned n;

	return values[n++ % 4];
}

const char *gate_header(const struct gate_request *r, const char *name)
{
	const size_t len = strlen(name);
	char *out = next_value();

	out[0] = '\0';
	for (const char *p = strstr(r->text, "\r\n"); p && strncmp(p, "\r\n\r\n", 4) != 0;
		p = strstr(p + 2, "\r\n"))
		if (strncasecmp(p + 2, name, len) == 0 && p[2 + len] == ':') {
			const char *value = p + 3 + len + strspn(p + 3 + len, " ");

			snprintf(out, GATE_VALUE, "%.*s", (int)strcspn(value, "\r\n"), value);
			break;
		}
	return out;
}

const char *gate_line(const struct gate_request *r)
{
	char *out = next_value();

	snprintf(out, GATE_VALUE, "%.*s", (int)strcspn(r->text, "\r\n"), r->text);
	return out;
}

static void send_text(const struct gate *g, const struct sockaddr_in *to, const char *text)
{
	if (sendto(g->fd, text, strlen(text), 0, (const struct sockaddr *)to, sizeof(*to)) < 0)
		perror("gate");
}

void gate_answer(struct gate *g, const struct gate_request *to, unsigned status, const char *tag,
	const char *headers, const char *body)
{
	char text[GATE_TEXT], contact[96] = "";

	if (!headers || !strstr(headers, "Contact:"))
		snprintf(contact, sizeof(contact), "Contact: <sip:gate@%s:%u>\r\n", g->ip, g->port);
	snprintf(text, sizeof(text),
		"SIP/2.0 %u Said\r\nVia: %s\r\nFrom: %s\r\nTo: %s%s%s\r\nCall-ID: %s\r\nCSeq: %s\r\n%s%s%s"
		"Content-Length: %zu\r\n\r\n%s",
		status, gate_header(to, "Via"), gate_header(to, "From"), gate_header(to, "To"),
		tag ? ";tag=" : "", tag ? tag : "", "%call-id%", "%cseq%", contact, headers ? headers : "",
		body ? "Content-Type: application/sdp\r\n" : "", body ? strlen(body) : 0, body ? body : "");
	for (const char *name = "Call-ID"; name; name = strcmp(name, "Call-ID") ? NULL : "CSeq") {
		const char *mark = strcmp(name, "Call-ID") ? "%cseq%" : "%call-id%";
		char *at = strstr(text, mark);
		char rest[GATE_TEXT];

		snprintf(rest, sizeof(rest), "%s", at + strlen(mark));
		snprintf(at, sizeof(text) - (size_t)(at - text), "%s%s", gate_header(to, name), rest);
	}
	send_text(g, &to->from, text);
}

void gate_request(
	struct gate *g, const struct gate_request *invite, const char *method, const char *tag, unsigned cseq)
{
	gate_request_body(g, invite, method, tag, cseq, "", "");
}

void gate_request_body(struct gate *g, const struct gate_request *invite, const char *method, const char *tag,
	unsigned cseq, const char *headers, const char *body)
{
	char text[GATE_TEXT], target[256];
	const char *contact = gate_header(invite, "Contact"), *from = gate_header(invite, "From");

	snprintf(target, sizeof(target), "%.*s", (int)strcspn(contact + 1, ">"), contact + 1);
	snprintf(text, sizeof(text),
		"%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s:%u;branch=z9hG4bKgate%s%u\r\nFrom: %s;tag=%s\r\nTo: "
		"%s\r\n"
		"Call-ID: %s\r\nCSeq: %u %s\r\nMax-Forwards: 70\r\n%sContent-Length: %zu\r\n\r\n%s",
		method, target, g->ip, g->port, tag, cseq, gate_header(invite, "To"), tag, from,
		gate_header(invite, "Call-ID"), cseq, method, headers, strlen(body), body);
	send_text(g, &invite->from, text);
}
