/* links: bridge/tls_names.c */
#include "bridge/tls_priv.h"
#include "tests/test.h"

#include <openssl/x509v3.h>

/* A certificate with these names, as far as anybody looks at them. */
static X509 *certificate(const char *names, const char *common_name)
{
	X509 *x = X509_new();
	X509_NAME *subject = X509_NAME_new();
	X509_EXTENSION *extension =
		names[0] ? X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names) : NULL;

	CHECK(x && subject &&
			X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
				(const unsigned char *)common_name, -1, -1, 0) == 1 &&
			X509_set_subject_name(x, subject) == 1,
		"a certificate for %s", common_name);
	if (extension)
		CHECK_INT(1, X509_add_ext(x, extension, -1), names);
	X509_EXTENSION_free(extension);
	X509_NAME_free(subject);
	return x;
}

/* RFC 5922 sections 7.1 and 7.2. */
TEST(a_certificate_is_for_whom_it_names)
{
	static const struct {
		const char *story, *names, *name;
		bool holds;
	} cases[] = {
		{ "a DNS name", "DNS:sip.example", "sip.example", true },
		{ "in any case", "DNS:SIP.Example", "sip.example", true },
		{ "another", "DNS:sip.example", "example", false },
		{ "one of its host's", "DNS:example", "sip.example", false },
		{ "a sip: URI", "URI:sip:sip.example", "sip.example", true },
		{ "which puts DNS names aside", "URI:sip:sip.example,DNS:b.example", "b.example", false },
		{ "whatever their order", "DNS:b.example,URI:sip:sip.example", "b.example", false },
		{ "not of a user", "URI:sip:us@sip.example", "sip.example", false },
		{ "nor does that put any aside", "URI:sip:us@a.example,DNS:sip.example", "sip.example",
			true },
		{ "nor another scheme", "URI:https:sip.example,DNS:sip.example", "sip.example", true },
		{ "sips: is no such scheme", "URI:sips:sip.example", "sip.example", false },
		{ "a wildcard", "DNS:*.example", "sip.example", false },
		{ "unless it is asked for", "DNS:*.example", "*.example", true },
		{ "the CN, when there is nothing else", "", "common.example", true },
		{ "and not when there is", "DNS:sip.example", "common.example", false },
		{ "whatever it is", "email:a@b.example", "common.example", false },
		{ "an address", "IP:192.0.2.1", "192.0.2.1", true },
		{ "another", "IP:192.0.2.1", "192.0.2.2", false },
		{ "IPv6, however written", "IP:2001:db8::1", "2001:db8:0::1", true },
		{ "no address by a DNS name's letters", "IP:192.0.2.1", "sip.example", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		X509 *x = certificate(cases[i].names, "common.example");

		CHECK_INT(cases[i].holds, tls_names_hold(x, cases[i].name), cases[i].story);
		X509_free(x);
	}
}

TEST(names_are_shown_to_people)
{
	static const struct {
		const char *names, *common_name, *shown;
	} cases[] = {
		{ "DNS:a.example,DNS:b.example", "c", "a.example, b.example" },
		{ "", "c", "c" },
		{ "", "two\nlines", "two?lines" },
		{ "email:a@b.example", "c", "nobody" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		X509 *x = certificate(cases[i].names, cases[i].common_name);
		char text[64];

		tls_names_text(text, sizeof(text), x);
		CHECK_STR(cases[i].shown, text, cases[i].names);
		X509_free(x);
	}
}

TESTS(a_certificate_is_for_whom_it_names, names_are_shown_to_people)
