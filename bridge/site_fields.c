/* site_fields.c - the fields of every kind of object, and what their texts may be. */
#include "bridge/pattern.h"
#include "bridge/site_priv.h"
#include "bridge/yaml.h"
#include "bridge/zones.h"
#include "dialplan/block.h"
#include "dialplan/prefix.h"
#include "sip/reroute.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const site_srtp_words[3] = {
	[SITE_SRTP_NEVER] = "never", [SITE_SRTP_ALLOW] = "allow", [SITE_SRTP_REQUIRE] = "require"
};
const char *const site_codecs[] = { "PCMU", "PCMA", "G722", "opus" };
const size_t site_n_codecs = sizeof(site_codecs) / sizeof(*site_codecs);

static const char *const format_words[ROUTE_FORMATS] = { [ROUTE_E164] = "+",
	[ROUTE_PLAIN] = "plain",
	[ROUTE_00] = "00",
	[ROUTE_011] = "011",
	[ROUTE_NATIONAL] = "national" };
static const char *const foreign_words[ROUTE_FOREIGNS] = {
	[ROUTE_REPLACE] = "replace", [ROUTE_REFUSE] = "refuse", [ROUTE_PASS] = "pass"
};
static const char *const class_words[CLASSES] = { [CLASS_ORDINARY] = "ordinary",
	[CLASS_TOLL_FREE] = "toll-free",
	[CLASS_SHARED_COST] = "shared-cost",
	[CLASS_PREMIUM] = "premium",
	[CLASS_SATELLITE] = "satellite",
	[CLASS_RISKY] = "risky",
	[CLASS_UNALLOCATED] = "unallocated",
	[CLASS_EMERGENCY] = "emergency" };

static const char *const dtmf_words[SITE_DTMFS] = { [SITE_DTMF_AUTO] = "auto",
	[SITE_DTMF_RFC4733] = "rfc4733",
	[SITE_DTMF_INBAND] = "inband",
	[SITE_DTMF_INFO] = "info" };
static const char *const digest_words[SITE_DIGESTS] = {
	[SITE_DIGEST_BOTH] = "both", [SITE_DIGEST_MD5] = "MD5", [SITE_DIGEST_SHA256] = "SHA-256"
};
static const char *const port_words[SITE_PORTS] = { [SITE_PORT_OWN] = "own", [SITE_PORT_SHARED] = "shared" };
static const char *const ice_words[SITE_ICES] = { [SITE_ICE_NEVER] = "never", [SITE_ICE_ALLOW] = "allow" };
static const char *const refusal_words[SITE_REFUSALS] = {
	[SITE_REFUSE_UNAVAILABLE] = "unavailable", [SITE_REFUSE_BUSY] = "busy"
};
static const char *const refer_words[SITE_REFERS] = {
	[SITE_REFER_NEVER] = "never", [SITE_REFER_NUMBERS] = "numbers", [SITE_REFER_ANY] = "any"
};
static const char *const trust_words[SITE_TRUSTS] = {
	[SITE_TRUST_SAME] = "same", [SITE_TRUST_FULL] = "full", [SITE_TRUST_NONE] = "none"
};
static const char *const diverts_words[SITE_DIVERTS_ALL] = { [SITE_DIVERTS_DIVERSION] = "diversion",
	[SITE_DIVERTS_HISTORY] = "history-info",
	[SITE_DIVERTS_BOTH] = "both" };
static const char *const stir_words[SITE_STIRS] = {
	[SITE_STIR_IGNORE] = "ignore", [SITE_STIR_FLAG] = "flag", [SITE_STIR_REQUIRE] = "require"
};

static const char *const others_words[SITE_OTHERS_ALL] = {
	[SITE_OTHERS_B] = "B", [SITE_OTHERS_C] = "C", [SITE_OTHERS_UNSIGNED] = "unsigned"
};

static const char *const order_words[SITE_ORDERS] = {
	[SITE_ORDER_LISTED] = "listed", [SITE_ORDER_COST] = "cost"
};
static const char *const unrated_words[SITE_UNRATEDS] = {
	[SITE_UNRATED_LAST] = "last", [SITE_UNRATED_REFUSE] = "refuse"
};

enum { COUNT_MAX = 100000, KEEP_DAYS_MAX = 36500, DIP_MS_MAX = 300 };

/* clang-format off */
#define AT(s, member) .offset = offsetof(struct s, member), .cap = sizeof(((struct s *)0)->member)
#define TEXT(s, k, member, r) { .key = k, .type = FIELD_TEXT, .rule = r, AT(s, member) }
#define NEED(s, k, member, r) { .key = k, .type = FIELD_TEXT, .rule = r, AT(s, member), .required = true }
#define FLAG(s, k, member, d) { .key = k, .type = FIELD_BOOL, AT(s, member), .on = d }
#define COUNT(s, k, member)   { .key = k, .type = FIELD_UNSIGNED, AT(s, member), .max = COUNT_MAX }
#define TEXTS(s, k, member, n, r) \
	.key = k, .type = FIELD_TEXTS, .rule = r, .offset = offsetof(struct s, member), \
	.cap = sizeof(((struct s *)0)->member[0]), .n_offset = offsetof(struct s, n)

#define LIST(s, k, member, n, r) { .key = k, .type = FIELD_LIST, .rule = r, .offset = offsetof(struct s, member), \
	.cap = sizeof(((struct s *)0)->member[0]), .n_offset = offsetof(struct s, n) }
#define UPTO(s, k, member, m) { .key = k, .type = FIELD_UNSIGNED, AT(s, member), .max = m }
#define WORD(s, k, member, w) { .key = k, .type = FIELD_WORD, AT(s, member), .words = w, .max = sizeof(w) / sizeof(*(w)) }

static const struct site_field account_fields[] = {
	NEED(site_account, "name", name, RULE_NAME),
	TEXT(site_account, "language", language, RULE_LANGUAGE),
	FLAG(site_account, "audio.levelling", levelling, true),
	FLAG(site_account, "audio.noise_suppression", noise_suppression, false),
	TEXT(site_account, "zone", zone, RULE_ZONE),
	TEXT(site_account, "country.code", country.country_code, RULE_COUNTRY),
	TEXT(site_account, "country.trunk_prefix", country.trunk_prefix, RULE_TRUNK_PREFIX),
	UPTO(site_account, "country.national_min", country.national_min, 15),
	UPTO(site_account, "country.national_max", country.national_max, 15),
	LIST(site_account, "dialling.only", only, n_only, RULE_PREFIX),
	LIST(site_account, "dialling.refuse", refuse, n_refuse, RULE_PREFIX),
	{ TEXTS(site_account, "dialling.classes", classes, n_classes, RULE_CLASS) },
	COUNT(site_account, "dialling.concurrent", limits.concurrent),
	COUNT(site_account, "dialling.daily", limits.daily),
	UPTO(site_account, "dialling.per_minute", limits.per_minute, BUDGET_RECENT),
	UPTO(site_account, "dialling.consecutive", limits.consecutive, BUDGET_RECENT - 1),
	UPTO(site_account, "dialling.alike", limits.alike, BUDGET_RECENT - 1),
	COUNT(site_account, "dialling.daily_minutes", limits.daily_minutes),
	TEXT(site_account, "enum.suffix", enum_suffix, RULE_DOMAIN),
	TEXT(site_account, "enum.trunk", enum_trunk, RULE_NAME),
	UPTO(site_account, "enum.timeout_ms", enum_ms, DIP_MS_MAX),
	TEXT(site_account, "lnp.suffix", lnp_suffix, RULE_DOMAIN),
	UPTO(site_account, "lnp.timeout_ms", lnp_ms, DIP_MS_MAX),
	TEXT(site_account, "cnam.suffix", cnam_suffix, RULE_DOMAIN),
	UPTO(site_account, "cnam.timeout_ms", cnam_ms, DIP_MS_MAX),
	TEXT(site_account, "dialling.daily_money", daily_money, RULE_MONEY),
	UPTO(site_account, "records.keep_days", keep_days, KEEP_DAYS_MAX),
	TEXT(site_account, "invite.country", invite_country, RULE_ISO_COUNTRY),
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
	TEXT(site_trunk, "inbound.tls_subject", tls_subject, RULE_TITLE),
	LIST(site_trunk, "inbound.numbers", called, n_called, RULE_RANGE),
	TEXT(site_trunk, "inbound.header", header, RULE_HEADER),
	TEXT(site_trunk, "inbound.username", login, RULE_NAME),
	TEXT(site_trunk, "inbound.password", secret, RULE_SECRET),
	WORD(site_trunk, "inbound.algorithm", digest, digest_words),
	FLAG(site_trunk, "inbound.trust", trusted, true),
	LIST(site_trunk, "inbound.strip", ignored, n_ignored, RULE_IGNORED),
	LIST(site_trunk, "inbound.map", mapped, n_mapped, RULE_MAPPED),
	LIST(site_trunk, "inbound.add", replied, n_replied, RULE_ADDED),
	{ TEXTS(site_trunk, "outbound.gateways", gateways, n_gateways, RULE_GATEWAY) },
	TEXT(site_trunk, "outbound.tls_name", tls_name, RULE_TITLE),
	TEXT(site_trunk, "outbound.tls_ca", tls_ca, RULE_TITLE),
	TEXT(site_trunk, "outbound.username", username, RULE_NAME),
	TEXT(site_trunk, "outbound.password", password, RULE_SECRET),
	TEXT(site_trunk, "outbound.realm", realm, RULE_TITLE),
	FLAG(site_trunk, "outbound.register", registers, false),
	FLAG(site_trunk, "outbound.assert", asserts, true),
	FLAG(site_trunk, "outbound.privacy", privacy, false),
	LIST(site_trunk, "outbound.identity", identities, n_identities, RULE_IDENTITY),
	WORD(site_trunk, "outbound.trust", peer_trust, trust_words),
	FLAG(site_trunk, "outbound.diversion", diverts, false),
	WORD(site_trunk, "outbound.diversion_as", diverts_by, diverts_words),
	FLAG(site_trunk, "outbound.early_media", asks_permit, false),
	LIST(site_trunk, "outbound.add", added, n_added, RULE_ADDED),
	LIST(site_trunk, "outbound.strip", stripped, n_stripped, RULE_STRIPPED),
	FLAG(site_trunk, "outbound.keepalive", keeps_asking, true),
	FLAG(site_trunk, "outbound.keepalive_2xx", only_2xx, false),
	COUNT(site_trunk, "outbound.keepalive_s", options_s),
	COUNT(site_trunk, "outbound.ring_s", ring_s),
	LIST(site_trunk, "outbound.reroute_on", reroute_on, n_reroute_on, RULE_REROUTE),
	LIST(site_trunk, "outbound.stop_on", stop_on, n_stop_on, RULE_REROUTE),
	FLAG(site_trunk, "maintenance", maintenance, false),
	COUNT(site_trunk, "limits.channels", channels),
	COUNT(site_trunk, "limits.calls_per_second", calls_per_second),
	COUNT(site_trunk, "limits.call_s", call_s),
	WORD(site_trunk, "limits.refusal", refusal, refusal_words),
	UPTO(site_trunk, "ptime", ptime_ms, 60),
	WORD(site_trunk, "dtmf", dtmf, dtmf_words),
	WORD(site_trunk, "media_port", media_port, port_words),
	WORD(site_trunk, "ice", ice, ice_words),
	WORD(site_trunk, "refer.out", refers, refer_words),
	FLAG(site_trunk, "refer.in", takes_refer, false),
	{ TEXTS(site_trunk, "codecs", codecs, n_codecs, RULE_CODEC) },
	{ .key = "srtp", .type = FIELD_SRTP, AT(site_trunk, srtp) },
	TEXT(site_trunk, "interface", interface, RULE_NAME),
	TEXT(site_trunk, "rtp.ports", rtp_ports, RULE_PORTS),
	TEXT(site_trunk, "country.code", country.country_code, RULE_COUNTRY),
	TEXT(site_trunk, "country.trunk_prefix", country.trunk_prefix, RULE_TRUNK_PREFIX),
	{ .key = "country.national_min", .type = FIELD_UNSIGNED, AT(site_trunk, country.national_min), .max = 15 },
	{ .key = "country.national_max", .type = FIELD_UNSIGNED, AT(site_trunk, country.national_max), .max = 15 },
	LIST(site_trunk, "ranges", ranges, n_ranges, RULE_RANGE),
	WORD(site_trunk, "dialling.format", format, format_words),
	UPTO(site_trunk, "dialling.strip", strip, 15),
	TEXT(site_trunk, "dialling.prepend", prepend, RULE_PREPEND),
	WORD(site_trunk, "dialling.caller_id", foreign, foreign_words),
	UPTO(site_trunk, "quality.min_asr", quality.min_asr, 100),
	UPTO(site_trunk, "quality.min_ccr", quality.min_ccr, 100),
	COUNT(site_trunk, "quality.min_acd_s", quality.min_acd_s),
	COUNT(site_trunk, "quality.max_pdd_ms", quality.max_pdd_ms),
	UPTO(site_trunk, "quality.min_calls", quality.min_calls, REPUTE_CALLS),
	COUNT(site_trunk, "quality.window_s", quality.window_s),
	COUNT(site_trunk, "quality.probe_s", quality.probe_s),
	FLAG(site_trunk, "quality.demote", demotes, true),
	WORD(site_trunk, "stir", stir, stir_words),
	TEXT(site_trunk, "sign.certificate", sign_certificate, RULE_HTTPS),
	TEXT(site_trunk, "sign.key", sign_key, RULE_PATH),
	WORD(site_trunk, "sign.others", sign_others, others_words),
	TEXT(site_trunk, "sign.origid", sign_origid, RULE_UUID),
};
static const struct site_field number_fields[] = {
	{ .key = "number", .type = FIELD_RANGE, AT(site_number, number), .n_offset = offsetof(struct site_number, last), .required = true },
	TEXT(site_number, "trunk", trunk, RULE_NAME),
	NEED(site_number, "account", account, RULE_NAME),
	{ .key = "answer", .type = FIELD_ANSWER, .rule = RULE_ID, AT(site_number, answer),
	  .n_offset = offsetof(struct site_number, meeting) },
	TEXT(site_number, "language", language, RULE_LANGUAGE),
	TEXT(site_number, "country", country, RULE_ISO_COUNTRY),
	FLAG(site_number, "toll_free", toll_free, false),
};
static const struct site_field route_fields[] = {
	NEED(site_route, "account", account, RULE_NAME),
	TEXT(site_route, "prefix", prefix, RULE_PREFIX),
	LIST(site_route, "prefixes", prefixes, n_prefixes, RULE_PREFIX),
	{ TEXTS(site_route, "trunks", trunks, n_trunks, RULE_NAME), .required = true },
	TEXT(site_route, "caller_id", caller_id, RULE_E164),
	UPTO(site_route, "priority", priority, 1000),
	UPTO(site_route, "weight", weight, 1000),
	UPTO(site_route, "percent", percent, 100),
	TEXT(site_route, "calendar", calendar, RULE_NAME),
	TEXT(site_route, "match", match, RULE_PATTERN),
	WORD(site_route, "order", order, order_words),
	WORD(site_route, "unrated", unrated, unrated_words),
	LIST(site_route, "reroute_on", reroute_on, n_reroute_on, RULE_REROUTE),
	LIST(site_route, "stop_on", stop_on, n_stop_on, RULE_REROUTE),
};
static const struct site_field calendar_fields[] = {
	NEED(site_calendar, "name", name, RULE_NAME),
	TEXT(site_calendar, "zone", zone, RULE_ZONE),
	LIST(site_calendar, "spans", spans, n_spans, RULE_SPAN),
};
static const struct site_field class_fields[] = {
	{ .key = "class", .type = FIELD_WORD, AT(site_class, class), .words = class_words, .max = CLASSES, .required = true },
	LIST(site_class, "prefixes", prefixes, n_prefixes, RULE_PREFIX),
};

#define SCHEMA(w, l, s, f) { w, l, sizeof(struct s), f, sizeof(f) / sizeof(*f) }
const struct site_schema site_schemas[SITE_KINDS] = {
	[SITE_ACCOUNT] = SCHEMA("account", "accounts", site_account, account_fields),
	[SITE_MEETING] = SCHEMA("meeting", "meetings", site_meeting, meeting_fields),
	[SITE_USER]    = SCHEMA("user", "users", site_user, user_fields),
	[SITE_TRUNK]   = SCHEMA("trunk", "trunks", site_trunk, trunk_fields),
	[SITE_NUMBER]  = SCHEMA("number", "numbers", site_number, number_fields),
	[SITE_ROUTE]   = SCHEMA("route", "routes", site_route, route_fields),
	[SITE_CALENDAR] = SCHEMA("calendar", "calendars", site_calendar, calendar_fields),
	[SITE_CLASS]   = SCHEMA("class", "classes", site_class, class_fields),
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

bool site_range_parse(const char *text, char first[NUMBER_E164], char last[NUMBER_E164])
{
	const char *dots = strstr(text, "..");
	size_t n = dots ? (size_t)(dots - text) : strlen(text), n_end;
	struct block ends;

	if (n >= NUMBER_E164)
		return false;
	memcpy(first, text, n);
	first[n] = last[0] = '\0';
	if (!dots)
		return number_valid(first);
	dots += 2;
	n_end = strlen(dots);
	if (dots[0] == '+' && n_end == n)
		memcpy(last, dots, n + 1);
	else if (n_end > 0 && n_end < n && !dots[strspn(dots, "0123456789")])
		snprintf(last, NUMBER_E164, "%.*s%s", (int)(n - n_end), first, dots);
	else
		return false;
	return block_ends(&ends, first, last) && ends.first < ends.last;
}

static bool is_range(const char *text)
{
	char first[NUMBER_E164], last[NUMBER_E164];

	return site_range_parse(text, first, last);
}

/* As in "Europe/Berlin", with nothing that leads out of the database's folder. */
static bool is_zone(const char *text)
{
	for (const char *c = text; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("/_-+", *c))
			return false;
	return isalpha((unsigned char)text[0]) && zones_known(text);
}

/* What can stand in a token and between the < > of a header. */
static bool is_https(const char *text)
{
	const char *host = strncmp(text, "https://", 8) == 0 ? text + 8 : "";

	for (const char *c = text; *c; c++)
		if (*c <= ' ' || *c > '~' || strchr("\"<>\\", *c))
			return false;
	return isalnum((unsigned char)host[0]) || host[0] == '[';
}

static bool is_uuid(const char *text)
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	size_t i = 0;

	while (shape[i] && (shape[i] == '-' ? text[i] == '-' : isxdigit((unsigned char)text[i])))
		i++;
	return !shape[i] && !text[i];
}

static bool is_domain(const char *text)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	const size_t n = strlen(text);

	return text[strspn(text, chars)] == '\0' && text[0] != '.' && text[n - 1] != '.' &&
	       !strstr(text, "..");
}

static const char *class_broken(const char *text)
{
	enum number_class class;

	if (!class_parse(&class, text))
		return "a class is wanted: toll-free, shared-cost, premium, satellite, risky, unallocated";
	return class == CLASS_EMERGENCY ? "emergency numbers are never called from a conference" : NULL;
}

static bool is_id(const char *text)
{
	return digits_of(text, 3, SITE_MEETING_ID - 1);
}

static bool is_pin(const char *text)
{
	return digits_of(text, 1, SITE_PIN - 1);
}

static bool is_trunk_prefix(const char *text)
{
	return digits_of(text, 1, 3);
}

static bool is_country_code(const char *text)
{
	return digits_of(text, 1, 3) && text[0] != '0';
}

static bool is_network(const char *text)
{
	struct trunk_network network;

	return trunk_network_parse(&network, text);
}

static bool is_prepend(const char *text)
{
	return strspn(text, "0123456789*#+") == strlen(text);
}

static bool is_iso_country(const char *text)
{
	return strlen(text) == 2 && isupper((unsigned char)text[0]) && isupper((unsigned char)text[1]);
}

static bool is_money(const char *text)
{
	int64_t amount;

	return money_parse(text, &amount) && amount > 0;
}

static const char *span_broken(const char *text)
{
	struct calendar_span span;
	const char *wrong;

	return calendar_span_parse(&span, text, &wrong) ? wrong : NULL;
}

static const char *ports_broken(const char *text)
{
	struct port_range ports;

	return config_ports_broken(&ports, text);
}

/* Whatever can be printed: RULE_TITLE, RULE_SECRET, RULE_PATH.  What says itself what is wrong: `broken`. */
static const struct {
	bool (*holds)(const char *text);
	const char *words;
	const char *(*broken)(const char *text);
} rules[] = {
	[RULE_NAME] = { is_name, "a name is wanted, without quotes, < > / \\ ; or ,", NULL },
	[RULE_LANGUAGE] = { is_language, "a language tag is wanted, as in en or en-GB", NULL },
	[RULE_ID] = { is_id, "3 to 15 digits are wanted", NULL },
	[RULE_PIN] = { is_pin, "1 to 15 digits are wanted, and nothing else", NULL },
	[RULE_E164] = { number_valid, "a number in E.164 is wanted: + and 2 to 15 digits, as in +15550100",
		NULL },
	[RULE_PREFIX] = { prefix_valid, "the beginning of a number is wanted: + and digits, as in +1 or +",
		NULL },
	[RULE_NETWORK] = { is_network, "a network is wanted, as in 192.0.2.0/24 or 2001:db8::/32", NULL },
	[RULE_GATEWAY] = { is_gateway, "a gateway is wanted, as in sip:192.0.2.1:5060", NULL },
	[RULE_CODEC] = { is_codec, "an unknown codec; known are PCMU, PCMA, G722, opus", NULL },
	[RULE_COUNTRY] = { is_country_code, "a country code of 1 to 3 digits is wanted", NULL },
	[RULE_TRUNK_PREFIX] = { is_trunk_prefix, "1 to 3 digits are wanted", NULL },
	[RULE_RANGE] = { is_range, "numbers are wanted as in +15550100..+15550199 or +15550100..99", NULL },
	[RULE_ZONE] = { is_zone, "there is no such time zone; wanted is one as in Europe/Berlin", NULL },
	[RULE_SPAN] = { NULL, NULL, span_broken },
	[RULE_CLASS] = { NULL, NULL, class_broken },
	[RULE_PREPEND] = { is_prepend, "digits, *, # and + are wanted", NULL },
	[RULE_ISO_COUNTRY] = { is_iso_country, "a country is wanted as in DE or US", NULL },
	[RULE_IDENTITY] = { NULL, NULL, site_identity_broken },
	[RULE_HTTPS] = { is_https, "a URL is wanted, as in https://cert.example.org/us.pem", NULL },
	[RULE_UUID] = { is_uuid, "a UUID is wanted, as in 123e4567-e89b-12d3-a456-426655440000", NULL },
	[RULE_DOMAIN] = { is_domain, "a name in the DNS is wanted, as in e164.arpa", NULL },
	[RULE_PATTERN] = { NULL, NULL, pattern_broken },
	[RULE_PORTS] = { NULL, NULL, ports_broken },
	[RULE_REROUTE] = { NULL, NULL, reroute_word_broken },
	[RULE_MONEY] = { is_money,
		"an amount above 0 is wanted as in 50 or 12.50, with six digits behind the point at most",
		NULL },
};

const char *site_rule_broken(enum site_rule rule, const char *text)
{
	if (!doc_printable(text))
		return "holds control characters or is not UTF-8";
	if (rule == RULE_HEADER || rule == RULE_IGNORED || rule == RULE_STRIPPED || rule == RULE_MAPPED ||
		rule == RULE_ADDED)
		return site_header_broken(rule, text);
	if (rules[rule].broken)
		return rules[rule].broken(text);
	return !rules[rule].holds || rules[rule].holds(text) ? NULL : rules[rule].words;
}
