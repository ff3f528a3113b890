#include "tests/flow/tlspeer.h"
#include "tests/test.h"

#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { OPENSSL_MS = 20000, HANDSHAKE_MS = 5000 };

static void openssl(const struct folder *f, const char *const argv[])
{
	struct peer p;

	CHECK(peer_start(&p, f, "openssl", argv), "openssl starts");
	if (peer_wait_exit(&p, OPENSSL_MS) != 0)
		peer_show(&p);
	CHECK_INT(0, p.code, "openssl");
}

static const char *file_of(const struct folder *f, const char *name, const char *suffix)
{
	char file[80];

	snprintf(file, sizeof(file), "%s.%s", name, suffix);
	return folder_file(f, file);
}

void tlspeer_authority(const struct folder *f, const char *name)
{
	char subject[80];

	snprintf(subject, sizeof(subject), "/CN=%s", name);
	openssl(f, (const char *const[]){ "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
			   "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", subject, "-keyout",
			   file_of(f, name, "key"), "-out", file_of(f, name, "pem"), NULL });
}

/* The CN must not stand in for names that are written out. */
static const char *name_alone(const char *host)
{
	return strchr(host, ':') ? "somebody" : host;
}

void tlspeer_certificate(const struct folder *f, const char *name, const char *host, const char *by)
{
	char subject[80], names[100], ca[FOLDER_PATH + 80], ca_key[FOLDER_PATH + 80];

	snprintf(subject, sizeof(subject), "/CN=%s", name_alone(host));
	snprintf(names, sizeof(names), "subjectAltName=%s%s", strchr(host, ':') ? "" : "DNS:", host);
	snprintf(ca, sizeof(ca), "%s", file_of(f, by, "pem"));
	snprintf(ca_key, sizeof(ca_key), "%s", file_of(f, by, "key"));
	openssl(f,
		(const char *const[]){ "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
			"ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", subject, "-addext", names,
			"-addext", "basicConstraints=critical,CA:FALSE", "-CA", ca, "-CAkey", ca_key,
			"-keyout", file_of(f, name, "key"), "-out", file_of(f, name, "pem"), NULL });
}

void tlspeer_expired(const struct folder *f, const char *name, const char *host, const char *by)
{
	char subject[80], names[100], ca[FOLDER_PATH + 80], ca_key[FOLDER_PATH + 80], asked[FOLDER_PATH + 80];

	snprintf(subject, sizeof(subject), "/CN=%s", host);
	snprintf(names, sizeof(names), "subjectAltName=DNS:%s", host);
	snprintf(ca, sizeof(ca), "%s", file_of(f, by, "pem"));
	snprintf(ca_key, sizeof(ca_key), "%s", file_of(f, by, "key"));
	snprintf(asked, sizeof(asked), "%s", file_of(f, name, "csr"));
	openssl(f, (const char *const[]){ "openssl", "req", "-newkey", "ec", "-pkeyopt",
			   "ec_paramgen_curve:P-256", "-nodes", "-subj", subject, "-addext", names, "-keyout",
			   file_of(f, name, "key"), "-out", asked, NULL });
	openssl(f, (const char *const[]){ "openssl", "x509", "-req", "-in", asked, "-CA", ca, "-CAkey",
			   ca_key, "-CAcreateserial", "-copy_extensions", "copy", "-days", "-1", "-out",
			   file_of(f, name, "pem"), NULL });
}

static size_t file_read(char *out, size_t cap, const char *path)
{
	FILE *file = fopen(path, "re");
	size_t n;

	CHECK(file, "%s", path);
	n = fread(out, 1, cap - 1, file);
	out[n] = '\0';
	fclose(file);
	return n;
}

void tlspeer_join(const struct folder *f, const char *name, const char *file)
{
	char text[8192];
	const size_t n = file_read(text, sizeof(text), file_of(f, name, "pem"));

	file_read(text + n, sizeof(text) - n, file_of(f, name, "key"));
	CHECK(folder_write(f, file, text), "%s", file);
}

static int connect_to(unsigned port, bool v6)
{
	const struct sockaddr_in v4_at = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const struct sockaddr_in6 v6_at = { .sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)port),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct timeval limit = { .tv_sec = HANDSHAKE_MS / 1000 };
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK((v6 ? connect(fd, (const struct sockaddr *)&v6_at, sizeof(v6_at))
		  : connect(fd, (const struct sockaddr *)&v4_at, sizeof(v4_at))) == 0,
		"connected to %u", port);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

static bool begin(struct tlspeer *p, const struct folder *f, int fd, const char *certificate, int version)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl;

	*p = (struct tlspeer){ .fd = fd };
	CHECK(ctx, "OpenSSL");
	SSL_CTX_set_security_level(ctx, 0); /* old versions are asked for, too */
	if (version) {
		SSL_CTX_set_min_proto_version(ctx, version);
		SSL_CTX_set_max_proto_version(ctx, version);
	}
	if (certificate)
		CHECK(SSL_CTX_use_certificate_chain_file(ctx, file_of(f, certificate, "pem")) == 1 &&
				SSL_CTX_use_PrivateKey_file(
					ctx, file_of(f, certificate, "key"), SSL_FILETYPE_PEM) == 1,
			"certificate %s", certificate);
	ssl = SSL_new(ctx);
	p->ctx = ctx;
	CHECK(ssl && SSL_set_fd(ssl, p->fd) == 1, "OpenSSL");
	p->ssl = ssl;
	if (SSL_connect(ssl) != 1) {
		tlspeer_close(p);
		return false;
	}
	X509 *shown = SSL_get1_peer_certificate(ssl);
	X509_NAME_oneline(X509_get_subject_name(shown), p->shown, sizeof(p->shown));
	X509_free(shown);
	return true;
}

bool tlspeer_open(
	struct tlspeer *p, const struct folder *f, unsigned port, const char *certificate, int version)
{
	return begin(p, f, connect_to(port, false), certificate, version);
}

bool tlspeer_open_v6(struct tlspeer *p, const struct folder *f, unsigned port, const char *certificate)
{
	return begin(p, f, connect_to(port, true), certificate, 0);
}

bool tlspeer_send(struct tlspeer *p, const char *text)
{
	const int len = (int)strlen(text);

	return (p->ssl ? SSL_write(p->ssl, text, len) : (int)send(p->fd, text, strlen(text), MSG_NOSIGNAL)) ==
	       len;
}

/* Milliseconds that were waited for a byte; false: the connection has ended. */
static bool read_some(struct tlspeer *p, unsigned ms)
{
	struct pollfd fd = { .fd = p->fd, .events = POLLIN };
	size_t n = strlen(p->got);
	int got;

	if (!(p->ssl && SSL_pending(p->ssl)) && poll(&fd, 1, (int)ms) <= 0)
		return true;
	got = p->ssl ? SSL_read(p->ssl, p->got + n, (int)(sizeof(p->got) - 1 - n))
		     : (int)recv(p->fd, p->got + n, sizeof(p->got) - 1 - n, 0);
	if (got > 0)
		p->got[n + (size_t)got] = '\0';
	return got > 0 || (p->ssl && SSL_get_error(p->ssl, got) == SSL_ERROR_WANT_READ);
}

bool tlspeer_wait(struct tlspeer *p, const char *text, unsigned ms)
{
	const uint64_t until_ms = test_now_ms() + ms;

	while (!strstr(p->got, text) && test_now_ms() < until_ms)
		if (!read_some(p, 100))
			break;
	return strstr(p->got, text) != NULL;
}

bool tlspeer_ended(struct tlspeer *p, unsigned ms)
{
	const uint64_t until_ms = test_now_ms() + ms;

	while (test_now_ms() < until_ms)
		if (!read_some(p, 100))
			return true;
	return false;
}

void tlspeer_close(struct tlspeer *p)
{
	SSL_free(p->ssl);
	SSL_CTX_free(p->ctx);
	close(p->fd);
	p->ssl = p->ctx = NULL;
	ERR_clear_error();
}
