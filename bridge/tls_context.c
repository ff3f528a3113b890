#include "bridge/tls_priv.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static enum bridge_err refuse(const char *what, const char *path, char *why, size_t why_cap)
{
	char text[160] = "unknown reason";
	const unsigned long code = ERR_peek_last_error();

	if (code)
		ERR_error_string_n(code, text, sizeof(text));
	ERR_clear_error();
	snprintf(why, why_cap, "tls.%s: %s: %s", what, path, text);
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

enum bridge_err tls_context(SSL_CTX **out, const struct tls_files *files, char *why, size_t why_cap)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	enum bridge_err err = BRIDGE_OK;

	ERR_clear_error();
	if (!ctx || !settle(ctx)) {
		SSL_CTX_free(ctx);
		return BRIDGE_NOMEM;
	}
	if (SSL_CTX_use_certificate_chain_file(ctx, files->certificate) != 1)
		err = refuse("certificate", files->certificate, why, why_cap);
	else if (SSL_CTX_use_PrivateKey_file(ctx, files->key, SSL_FILETYPE_PEM) != 1 ||
		 SSL_CTX_check_private_key(ctx) != 1)
		err = refuse("key", files->key, why, why_cap);
	else if (files->ca && files->ca[0]) {
		if (SSL_CTX_load_verify_locations(ctx, files->ca, NULL) != 1)
			err = refuse("ca", files->ca, why, why_cap);
		SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(files->ca));
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL); /* none shown is no error; a bad one is */
	}
	if (err)
		SSL_CTX_free(ctx);
	else
		*out = ctx;
	return err;
}

static void add_name(struct tls_peer *out, const unsigned char *text, size_t len)
{
	if (out->n_names == TLS_NAMES || len == 0 || len >= TLS_NAME || memchr(text, 0, len))
		return;
	memcpy(out->names[out->n_names], text, len);
	out->names[out->n_names++][len] = '\0';
}

static void add_asn1(struct tls_peer *out, const ASN1_STRING *s, size_t skip)
{
	const size_t len = (size_t)ASN1_STRING_length(s);

	if (len > skip)
		add_name(out, ASN1_STRING_get0_data(s) + skip, len - skip);
}

/* RFC 5922 section 7.1: sip: URIs without a user part, then DNS names; the CN when there is neither. */
void tls_names(struct tls_peer *out, SSL *ssl)
{
	X509 *cert = SSL_get_verify_result(ssl) == X509_V_OK ? SSL_get1_peer_certificate(ssl) : NULL;
	GENERAL_NAMES *names = cert ? X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL) : NULL;

	for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_DNS)
			add_asn1(out, name->d.dNSName, 0);
		else if (name->type == GEN_URI && ASN1_STRING_length(name->d.uniformResourceIdentifier) > 4 &&
			 strncasecmp((const char *)ASN1_STRING_get0_data(name->d.uniformResourceIdentifier),
				 "sip:", 4) == 0 &&
			 !memchr(ASN1_STRING_get0_data(name->d.uniformResourceIdentifier), '@',
				 (size_t)ASN1_STRING_length(name->d.uniformResourceIdentifier)))
			add_asn1(out, name->d.uniformResourceIdentifier, 4);
	}
	if (cert && out->n_names == 0) {
		const int at = X509_NAME_get_index_by_NID(X509_get_subject_name(cert), NID_commonName, -1);

		if (at >= 0)
			add_asn1(out,
				X509_NAME_ENTRY_get_data(
					X509_NAME_get_entry(X509_get_subject_name(cert), at)),
				0);
	}
	GENERAL_NAMES_free(names);
	X509_free(cert);
}
