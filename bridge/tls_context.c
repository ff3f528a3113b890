/* tls_context.c - certificates and authorities as OpenSSL wants them: for who comes in, and for where we go. */
#include "bridge/tls_priv.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void tls_words(char *out, size_t cap, const char *before, const char *otherwise)
{
	const unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	if (code && ERR_SYSTEM_ERROR(code))
		reason = strerror(ERR_GET_REASON(code));
	ERR_clear_error();
	snprintf(out, cap, "%s%s", before, reason ? reason : otherwise);
}

static enum bridge_err refuse(const char *what, const char *path, char *why, size_t why_cap)
{
	char reason[TLS_WORDS];

	tls_words(reason, sizeof(reason), "", "unknown reason");
	snprintf(why, why_cap, "%s: %.200s: %s", what, path, reason);
	return BRIDGE_FILE;
}

/* There is nobody at a terminal to ask. */
static int no_password(char *out, int size, int writing, void *arg)
{
	(void)out, (void)size, (void)writing, (void)arg;
	return 0;
}

/* RFC 9325: nothing below TLS 1.2, and of that forward secrecy with authenticated encryption alone. */
static bool settle(SSL_CTX *ctx)
{
	SSL_CTX_set_options(
		ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_default_passwd_cb(ctx, no_password);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
	       SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"sip", 3) == 1;
}

static bool is_given(const char *path)
{
	return path && path[0];
}

static enum bridge_err show(SSL_CTX *ctx, const struct tls_files *files, char *why, size_t why_cap)
{
	if (SSL_CTX_use_certificate_chain_file(ctx, files->certificate) != 1)
		return refuse("tls.certificate", files->certificate, why, why_cap);
	if (SSL_CTX_use_PrivateKey_file(ctx, files->key, SSL_FILETYPE_PEM) != 1 ||
		SSL_CTX_check_private_key(ctx) != 1)
		return refuse("tls.key", files->key, why, why_cap);
	return BRIDGE_OK;
}

/* `what`: the node file's key. */
static enum bridge_err believe(SSL_CTX *ctx, const char *what, const char *ca, char *why, size_t why_cap)
{
	return SSL_CTX_load_verify_locations(ctx, ca, NULL) == 1 ? BRIDGE_OK : refuse(what, ca, why, why_cap);
}

static SSL_CTX *context(const SSL_METHOD *method)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	ERR_clear_error();
	if (ctx && settle(ctx))
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

/* Of ours, and of whoever `ca` vouches for: `verify` says what becomes of the others. */
static enum bridge_err context_in(
	SSL_CTX **out, const struct tls_files *files, const char *ca, int verify, char *why, size_t why_cap)
{
	SSL_CTX *ctx = context(TLS_server_method());
	enum bridge_err err;

	if (!ctx)
		return BRIDGE_NOMEM;
	err = show(ctx, files, why, why_cap);
	if (!err && is_given(ca)) {
		err = believe(ctx, verify == SSL_VERIFY_PEER ? "tls.ca" : "http.client_ca", ca, why, why_cap);
		SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(ca));
		SSL_CTX_set_verify(ctx, verify, NULL);
	}
	if (err)
		SSL_CTX_free(ctx);
	else
		*out = ctx;
	return err;
}

enum bridge_err tls_context_in(SSL_CTX **out, const struct tls_files *files, char *why, size_t why_cap)
{
	*out = NULL;
	if (!is_given(files->certificate))
		return BRIDGE_OK;
	return context_in(out, files, files->ca, SSL_VERIFY_PEER, /* none shown is no error; a bad one is */
		why, why_cap);
}

enum bridge_err tls_context_asks(SSL_CTX **out, const struct tls_files *files, char *why, size_t why_cap)
{
	*out = NULL;
	if (!is_given(files->certificate) || !is_given(files->client_ca))
		return BRIDGE_OK;
	return context_in(out, files, files->client_ca, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
		why, why_cap);
}

/* Its name as well as its chain, before our own certificate is shown. */
static int check_name(int holds, X509_STORE_CTX *store)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_link *l = SSL_get_app_data(ssl);

	if (!holds || X509_STORE_CTX_get_error_depth(store) > 0)
		return holds;
	if (l && tls_names_hold(X509_STORE_CTX_get_current_cert(store), l->way->name))
		return 1;
	if (l)
		tls_names_text(l->shown, sizeof(l->shown), X509_STORE_CTX_get_current_cert(store));
	X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
	return 0;
}

enum bridge_err tls_context_out(SSL_CTX **out, const struct tls_files *files, char *why, size_t why_cap)
{
	SSL_CTX *ctx = context(TLS_client_method());
	enum bridge_err err = BRIDGE_OK;

	*out = NULL;
	if (!ctx)
		return BRIDGE_NOMEM;
	if (is_given(files->certificate))
		err = show(ctx, files, why, why_cap);
	if (!err && is_given(files->ca))
		err = believe(ctx, "tls.ca", files->ca, why, why_cap);
	else if (!err && SSL_CTX_set_default_verify_paths(ctx) != 1)
		err = BRIDGE_NOMEM;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, check_name);
	SSL_CTX_set_options(
		ctx, SSL_OP_IGNORE_UNEXPECTED_EOF); /* a message that is cut off is not taken anyway */
	if (err)
		SSL_CTX_free(ctx);
	else
		*out = ctx;
	return err;
}

int64_t tls_context_expiry_s(const X509 *certificate)
{
	struct tm end;

	if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1)
		return 0;
	return timegm(&end);
}
