/* tls_names.c - whose a certificate is (RFC 5922): names read from it, and whether they hold. */
#include "bridge/tls_priv.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

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

static bool is_sip_domain(const ASN1_STRING *uri)
{
	const unsigned char *text = ASN1_STRING_get0_data(uri);
	const size_t len = (size_t)ASN1_STRING_length(uri);

	return len > 4 && strncasecmp((const char *)text, "sip:", 4) == 0 && !memchr(text, '@', len);
}

/* RFC 5922 section 7.1: sip: URIs without a user part; DNS names when there are none of these; the CN when there is neither. */
void tls_names(struct tls_peer *out, const X509 *certificate)
{
	GENERAL_NAMES *names =
		certificate ? X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL) : NULL;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_URI && is_sip_domain(name->d.uniformResourceIdentifier))
			add_asn1(out, name->d.uniformResourceIdentifier, 4);
	}
	for (int i = 0, any = out->n_names > 0; !any && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_DNS)
			add_asn1(out, name->d.dNSName, 0);
	}
	if (certificate && !names) {
		const int at =
			X509_NAME_get_index_by_NID(X509_get_subject_name(certificate), NID_commonName, -1);

		if (at >= 0)
			add_asn1(out,
				X509_NAME_ENTRY_get_data(
					X509_NAME_get_entry(X509_get_subject_name(certificate), at)),
				0);
	}
	GENERAL_NAMES_free(names);
}

/* An address, which is no SIP domain: of carriers that have no name. */
static bool has_address(const X509 *certificate, const char *name)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	unsigned char ip[16];
	const size_t len = inet_pton(AF_INET, name, ip) == 1    ? 4
			   : inet_pton(AF_INET6, name, ip) == 1 ? 16
								: 0;
	bool found = false;

	for (int i = 0; len && !found && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *at = sk_GENERAL_NAME_value(names, i);

		found = at->type == GEN_IPADD && (size_t)ASN1_STRING_length(at->d.iPAddress) == len &&
			memcmp(ASN1_STRING_get0_data(at->d.iPAddress), ip, len) == 0;
	}
	GENERAL_NAMES_free(names);
	return found;
}

/* Letter by letter, whatever their case: a wildcard is no SIP domain (RFC 5922 section 7.2), unless it is what was asked for. */
bool tls_names_hold(const X509 *certificate, const char *name)
{
	struct tls_peer peer = { .n_names = 0 };

	tls_names(&peer, certificate);
	for (unsigned i = 0; i < peer.n_names; i++)
		if (strcasecmp(peer.names[i], name) == 0)
			return true;
	return has_address(certificate, name);
}

void tls_names_text(char *out, size_t cap, const X509 *certificate)
{
	struct tls_peer peer = { .n_names = 0 };
	size_t n = 0;

	tls_names(&peer, certificate);
	snprintf(out, cap, "nobody");
	for (unsigned i = 0; i < peer.n_names && n < cap; i++) {
		for (char *at = peer.names[i]; *at; at++) /* it goes into logs and events */
			if ((unsigned char)*at <= ' ' || (unsigned char)*at > '~')
				*at = '?';
		n += (size_t)snprintf(out + n, cap - n, "%s%s", i ? ", " : "", peer.names[i]);
	}
}

void tls_names_source(struct tls_peer *peer, const struct sockaddr_storage *from)
{
	char text[INET6_ADDRSTRLEN] = "";
	struct sockaddr_in6 v6;
	struct sockaddr_in v4;

	if (from->ss_family == AF_INET6) {
		memcpy(&v6, from, sizeof(v6));
		memcpy(peer->ip, &v6.sin6_addr, 16);
		inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
		snprintf(peer->source, sizeof(peer->source), "tls:[%s]:%u", text, ntohs(v6.sin6_port));
	} else {
		memcpy(&v4, from, sizeof(v4));
		peer->ip[10] = peer->ip[11] = 0xff;
		memcpy(peer->ip + 12, &v4.sin_addr, 4);
		inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
		snprintf(peer->source, sizeof(peer->source), "tls:%s:%u", text, ntohs(v4.sin_port));
	}
}
