#include "tests/tlsgate.h"
#include "tests/test.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HANDSHAKE_S = 5 };

static int note_sni(SSL *ssl, int *alert, void *arg)
{
	struct tlsgate *g = arg;
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	(void)alert;
	snprintf(g->asked_for, sizeof(g->asked_for), "%s", name ? name : "");
	return SSL_TLSEXT_ERR_OK;
}

static void listen_at(struct tlsgate *g, const char *ip, uint16_t port)
{
	struct sockaddr_storage at = { .ss_family = strchr(ip, ':') ? AF_INET6 : AF_INET };
	struct sockaddr_in *v4 = (struct sockaddr_in *)&at;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&at;
	const bool is_v6 = at.ss_family == AF_INET6;
	socklen_t len = is_v6 ? sizeof(*v6) : sizeof(*v4);

	CHECK_INT(1, inet_pton(at.ss_family, ip, is_v6 ? (void *)&v6->sin6_addr : (void *)&v4->sin_addr), ip);
	*(is_v6 ? &v6->sin6_port : &v4->sin_port) = htons(port);
	g->listen_fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(bind(g->listen_fd, (struct sockaddr *)&at, len) == 0 && listen(g->listen_fd, 4) == 0 &&
			getsockname(g->listen_fd, (struct sockaddr *)&at, &len) == 0,
		"the gate listens at %s", ip);
	g->port = ntohs(is_v6 ? v6->sin6_port : v4->sin_port);
	snprintf(g->ip, sizeof(g->ip), is_v6 ? "[%s]" : "%s", ip);
}

static const char *path_of(const struct folder *f, const char *name, const char *suffix)
{
	char file[80];

	snprintf(file, sizeof(file), "%s.%s", name, suffix);
	return folder_file(f, file);
}

void tlsgate_open(
	struct tlsgate *g, const struct folder *f, const char *ip, const char *certificate, const char *ca)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	memset(g, 0, sizeof(*g));
	g->at.fd = -1;
	g->ctx = ctx;
	listen_at(g, ip, 0);
	CHECK(ctx && SSL_CTX_use_certificate_chain_file(ctx, path_of(f, certificate, "pem")) == 1 &&
			SSL_CTX_use_PrivateKey_file(ctx, path_of(f, certificate, "key"), SSL_FILETYPE_PEM) ==
				1,
		"certificate %s", certificate);
	if (ca) {
		CHECK(SSL_CTX_load_verify_locations(ctx, path_of(f, ca, "pem"), NULL) == 1, "authority %s",
			ca);
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	}
	SSL_CTX_set_tlsext_servername_callback(ctx, note_sni);
	SSL_CTX_set_tlsext_servername_arg(ctx, g);
}

void tlsgate_open_clear(struct tlsgate *g, const char *ip, uint16_t port)
{
	memset(g, 0, sizeof(*g));
	g->at.fd = -1;
	listen_at(g, ip, port);
}

bool tlsgate_quiet(const struct tlsgate *g, unsigned ms)
{
	struct pollfd fd = { .fd = g->listen_fd, .events = POLLIN };

	return poll(&fd, 1, (int)ms) == 0;
}

bool tlsgate_accept(struct tlsgate *g, unsigned ms)
{
	const struct timeval limit = { .tv_sec = HANDSHAKE_S };
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	X509 *shown;
	SSL *ssl;

	tlsgate_hangup(g);
	if (tlsgate_quiet(g, ms))
		return false;
	g->at = (struct tlspeer){ .fd = accept(g->listen_fd, (struct sockaddr *)&from, &len) };
	getnameinfo((struct sockaddr *)&from, len, g->from, sizeof(g->from), NULL, 0, NI_NUMERICHOST);
	setsockopt(g->at.fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (!g->ctx)
		return true;
	ssl = SSL_new(g->ctx);
	g->at.ssl = ssl;
	CHECK(ssl && SSL_set_fd(ssl, g->at.fd) == 1, "OpenSSL");
	if (SSL_accept(ssl) != 1) {
		ERR_clear_error();
		tlsgate_hangup(g);
		return false;
	}
	shown = SSL_get1_peer_certificate(ssl);
	if (shown)
		X509_NAME_oneline(X509_get_subject_name(shown), g->at.shown, sizeof(g->at.shown));
	X509_free(shown);
	return true;
}

/* One message off the front of what has come.  False: it is not whole yet. */
static bool take_message(struct tlsgate *g, struct gate_request *out)
{
	char *got = g->at.got + strspn(g->at.got, "\r\n"), *end = strstr(got, "\r\n\r\n");
	size_t len;

	if (!end)
		return false;
	len = (size_t)(end + 4 - got);
	snprintf(out->text, sizeof(out->text), "%.*s", (int)len, got);
	len += strtoul(gate_header(out, "Content-Length"), NULL, 10);
	if (strlen(got) < len)
		return false;
	snprintf(out->text, sizeof(out->text), "%.*s", (int)len, got);
	memmove(g->at.got, got + len, strlen(got + len) + 1);
	return true;
}

bool tlsgate_wait(struct tlsgate *g, struct gate_request *out, const char *begin, unsigned ms)
{
	const uint64_t until_ms = test_now_ms() + ms;

	for (;;) {
		while (take_message(g, out))
			if (strncmp(out->text, begin, strlen(begin)) == 0)
				return true;
		if (test_now_ms() >= until_ms || g->at.fd < 0)
			return false;
		tlspeer_wait(&g->at, "\1", 1); /* reads once, for up to 100 ms */
		test_sleep_ms(5);
	}
}

void tlsgate_answer(struct tlsgate *g, const struct gate_request *to, unsigned status, const char *tag,
	const char *headers, const char *sdp)
{
	char text[GATE_TEXT], head[GATE_TEXT / 2];

	snprintf(head, sizeof(head), "SIP/2.0 %u Said\r\nVia: %s\r\nFrom: %s\r\nTo: %s%s%s\r\n", status,
		gate_header(to, "Via"), gate_header(to, "From"), gate_header(to, "To"), tag ? ";tag=" : "",
		tag ? tag : "");
	snprintf(text, sizeof(text),
		"%sCall-ID: %s\r\nCSeq: %s\r\nContact: <sip:gate@%s:%u;transport=%s>\r\n%s%sContent-Length: "
		"%zu\r\n\r\n%s",
		head, gate_header(to, "Call-ID"), gate_header(to, "CSeq"), g->ip, g->port,
		g->ctx ? "tls" : "tcp", headers ? headers : "",
		sdp ? "Content-Type: application/sdp\r\n" : "", sdp ? strlen(sdp) : 0, sdp ? sdp : "");
	CHECK(tlspeer_send(&g->at, text), "sent: %.60s", text);
}

void tlsgate_request(struct tlsgate *g, const struct gate_request *invite, const char *method,
	const char *tag, unsigned cseq, const char *sdp)
{
	char text[GATE_TEXT], target[256];
	const char *contact = gate_header(invite, "Contact");

	snprintf(target, sizeof(target), "%.*s", (int)strcspn(contact + 1, ">"), contact + 1);
	snprintf(text, sizeof(text),
		"%s %s SIP/2.0\r\nVia: SIP/2.0/%s %s:%u;branch=z9hG4bKgate%s%u;rport\r\nFrom: %s;tag=%s\r\n"
		"To: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\nMax-Forwards: 70\r\n"
		"Contact: <sip:gate@%s:%u;transport=%s>\r\n%sContent-Length: %zu\r\n\r\n%s",
		method, target, g->ctx ? "TLS" : "TCP", g->ip, g->port, tag, cseq, gate_header(invite, "To"),
		tag, gate_header(invite, "From"), gate_header(invite, "Call-ID"), cseq, method, g->ip,
		g->port, g->ctx ? "tls" : "tcp", sdp ? "Content-Type: application/sdp\r\n" : "",
		sdp ? strlen(sdp) : 0, sdp ? sdp : "");
	CHECK(tlspeer_send(&g->at, text), "sent: %s", method);
}

void tlsgate_hangup(struct tlsgate *g)
{
	if (g->at.ssl)
		SSL_shutdown(g->at.ssl);
	SSL_free(g->at.ssl);
	if (g->at.fd >= 0)
		close(g->at.fd);
	g->at = (struct tlspeer){ .fd = -1 };
	ERR_clear_error();
}

void tlsgate_close(struct tlsgate *g)
{
	tlsgate_hangup(g);
	close(g->listen_fd);
	SSL_CTX_free(g->ctx);
}
