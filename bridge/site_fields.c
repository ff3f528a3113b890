/* site_fields.c - the fields of every kind of object, and what their texts may be. */
#include "bridge/site_priv.h"
#include "bridge/yaml.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const char *const site_srtp_words[3] = {
	[SITE_SRTP_NEVER] = "never", [SITE_SRTP_ALLOW] = "allow", [SITE_SRTP_REQUIRE] = "require"
};
const char *const site_codecs[] = { "PCMU", "PCMA", "G722", "opus" };
const size_t site_n_codecs = sizeof(site_codecs) / sizeof(*site_codecs);

enum { COUNT_MAX = 100000 };

/* clang-format off */
#define AT(s, member) .offset = offsetof(struct s, member), .cap = sizeof(((struct s *)0)->member)
#define TEXT(s, k, member, r) { .key = k, .type = FIELD_TEXT, .rule = r, AT(s, member) }
#define NEED(s, k, member, r) { .key = k, .type = FIELD_TEXT, .rule = r, AT(s, member), .required = true }
#define FLAG(s, k, member, d) { .key = k, .type = FIELD_BOOL, AT(s, member), .on = d }
#define COUNT(s, k, member)   { .key = k, .type = FIELD_UNSIGNED, AT(s, member), .max = COUNT_MAX }
#define TEXTS(s, k, member, n, r) \
	.key = k, .type = FIELD_TEXTS, .rule = r, .offset = offsetof(struct s, member), \
	.cap = sizeof(((struct s *)0)->member[0]), .n_offset = offsetof(struct s, n)

static const struct site_field account_fields[] = {
	NEED(site_account, "name", name, RULE_NAME),
	TEXT(site_account, "language", language, RULE_LANGUAGE),
	FLAG(site_account, "audio.levelling", levelling, true),
	FLAG(site_account, "audio.noise_suppression", noise_suppression, false),
};
static const struct site_field meeting_fields[] = {
	NEED(site_meeting, "id", id, RULE_ID),
	TEXT(site_meeting, "name", name, RULE_TITLE),
	TEXT(site_meeting, "host_pin", host_pin, RULE_PIN),
	TEXT(site_meeting, "guest_pin", guest_pin, RULE_PIN),
	COUNT(site_meeting, "max_participants", max_participants),
	FLAG(site_meeting, "chimes", chimes, true),
};
static const struct site_field user_fields[] = {
	NEED(site_user, "name", name, RULE_NAME),
	NEED(site_user, "password", password, RULE_SECRET),
};
static const struct site_field trunk_fields[] = {
	NEED(site_trunk, "name", name, RULE_NAME),
	{ TEXTS(site_trunk, "inbound.from", from_text, n_from, RULE_NETWORK) },
	{ TEXTS(site_trunk, "outbound.gateways", gateways, n_gateways, RULE_GATEWAY) },
	TEXT(site_trunk, "outbound.username", username, RULE_NAME),
	TEXT(site_trunk, "outbound.password", password, RULE_SECRET),
	FLAG(site_trunk, "outbound.register", registers, false),
	COUNT(site_trunk, "limits.channels", channels),
	COUNT(site_trunk, "limits.calls_per_second", calls_per_second),
	{ TEXTS(site_trunk, "codecs", codecs, n_codecs, RULE_CODEC) },
	{ .key = "srtp", .type = FIELD_SRTP, AT(site_trunk, srtp) },
	TEXT(site_trunk, "country.code", country.country_code, RULE_COUNTRY),
	TEXT(site_trunk, "country.trunk_prefix", country.trunk_prefix, RULE_TRUNK_PREFIX),
	{ .key = "country.national_min", .type = FIELD_UNSIGNED, AT(site_trunk, country.national_min), .max = 15 },
	{ .key = "country.national_max", .type = FIELD_UNSIGNED, AT(site_trunk, country.national_max), .max = 15 },
};
static const struct site_field number_fields[] = {
	NEED(site_number, "number", number, RULE_E164),
	TEXT(site_number, "trunk", trunk, RULE_NAME),
	NEED(site_number, "account", account, RULE_NAME),
	{ .key = "answer", .type = FIELD_ANSWER, .rule = RULE_ID, AT(site_number, answer),
	  .n_offset = offsetof(struct site_number, meeting) },
	TEXT(site_number, "language", language, RULE_LANGUAGE),
};
static const struct site_field route_fields[] = {
	NEED(site_route, "account", account, RULE_NAME),
	NEED(site_route, "prefix", prefix, RULE_PREFIX),
	{ TEXTS(site_route, "trunks", trunks, n_trunks, RULE_NAME), .required = true },
	TEXT(site_route, "caller_id", caller_id, RULE_E164),
};

#define SCHEMA(w, l, s, f) { w, l, sizeof(struct s), f, sizeof(f) / sizeof(*f) }
const struct site_schema site_schemas[SITE_KINDS] = {
	[SITE_ACCOUNT] = SCHEMA("account", "accounts", site_account, account_fields),
	[SITE_MEETING] = SCHEMA("meeting", "meetings", site_meeting, meeting_fields),
	[SITE_USER]    = SCHEMA("user", "users", site_user, user_fields),
	[SITE_TRUNK]   = SCHEMA("trunk", "trunks", site_trunk, trunk_fields),
	[SITE_NUMBER]  = SCHEMA("number", "numbers", site_number, number_fields),
	[SITE_ROUTE]   = SCHEMA("route", "routes", site_route, route_fields),
};
/* clang-format on */

static bool digits_of(const char *text, size_t min, size_t max)
{
	size_t n = strspn(text, "0123456789");

	return !text[n] && n >= min && n <= max;
}

/* Names stand in SIP headers, paths and logs. */
static bool is_name(const char *text)
{
	size_t n = strlen(text);

	return n > 0 && text[0] != ' ' && text[n - 1] != ' ' && !text[strcspn(text, "\"'<>\\/;,")];
}

/* The shape of BCP 47: "en", "en-GB". */
static bool is_language(const char *text)
{
	for (bool first = true;; first = false) {
		size_t n = 0;

		while (isalnum((unsigned char)text[n]) && !(first && isdigit((unsigned char)text[n])))
			n++;
		if (n < (first ? 2 : 1) || n > (first ? 3 : 8))
			return false;
		if (!text[n])
			return true;
		if (text[n] != '-')
			return false;
		text += n + 1;
	}
}

/* sip:HOST[:PORT][;transport=...], sips: the same; no user, no header. */
static bool is_gateway(const char *text)
{
	static const char host_chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
	const char *host = strncmp(text, "sip:", 4) == 0    ? text + 4
			   : strncmp(text, "sips:", 5) == 0 ? text + 5
							    : "";
	size_t n = host[0] == '[' ? strcspn(host, "]") + 1 : strspn(host, host_chars);
	char literal[64];
	uint8_t ip[16];

	if (n == 0 || n >= sizeof(literal) || n > strlen(host))
		return false;
	memcpy(literal, host, n);
	literal[n] = '\0';
	if (literal[0] == '[' && !trunk_address_parse(ip, literal))
		return false;
	host += n;
	if (*host == ':') {
		n = strspn(++host, "0123456789");
		if (n == 0 || n > 5 || atoi(host) < 1 || atoi(host) > UINT16_MAX)
			return false;
		host += n;
	}
	return !*host || (*host == ';' && !host[strcspn(host, " <>\"?@")]);
}

static bool is_codec(const char *text)
{
	for (size_t i = 0; i < site_n_codecs; i++)
		if (strcmp(site_codecs[i], text) == 0)
			return true;
	return false;
}

const char *site_rule_broken(enum site_rule rule, const char *text)
{
	struct trunk_network network;

	if (!doc_printable(text))
		return "holds control characters or is not UTF-8";
	switch (rule) {
	case RULE_NAME: return is_name(text) ? NULL : "a name is wanted, without quotes, < > / \\ ; or ,";
	case RULE_TITLE:
	case RULE_SECRET: return NULL;
	case RULE_LANGUAGE: return is_language(text) ? NULL : "a language tag is wanted, as in en or en-GB";
	case RULE_ID: return digits_of(text, 3, SITE_MEETING_ID - 1) ? NULL : "3 to 15 digits are wanted";
	case RULE_PIN:
		return digits_of(text, 1, SITE_PIN - 1) ? NULL
							: "1 to 15 digits are wanted, and nothing else";
	case RULE_E164:
		return number_valid(text)
			       ? NULL
			       : "a number in E.164 is wanted: + and 2 to 15 digits, as in +15550100";
	case RULE_PREFIX:
		return text[0] == '+' && digits_of(text + 1, 0, NUMBER_E164 - 2)
			       ? NULL
			       : "the beginning of a number is wanted: + and digits, as in +1 or +";
	case RULE_NETWORK:
		return trunk_network_parse(&network, text)
			       ? NULL
			       : "a network is wanted, as in 192.0.2.0/24 or 2001:db8::/32";
	case RULE_GATEWAY: return is_gateway(text) ? NULL : "a gateway is wanted, as in sip:192.0.2.1:5060";
	case RULE_CODEC: return is_codec(text) ? NULL : "an unknown codec; known are PCMU, PCMA, G722, opus";
	case RULE_COUNTRY:
		return digits_of(text, 1, 3) && text[0] != '0' ? NULL
							       : "a country code of 1 to 3 digits is wanted";
	case RULE_TRUNK_PREFIX: return digits_of(text, 1, 3) ? NULL : "1 to 3 digits are wanted";
	}
	return "unknown rule";
}
