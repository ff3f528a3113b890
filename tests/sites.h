/* sites.h - two site files and how to read one: the contract's own example, and one that uses what it can.
 *
 * Thread: the test's; a site that should be good and is not ends the test.
 */
#ifndef TESTS_SITES_H
#define TESTS_SITES_H

#include "bridge/site.h"
#include "tests/test.h"

/* The contract's own example. */
static const char contract[] =
	"accounts:\n"
	"  - name: acme\n"
	"    language: en\n"
	"    audio: { levelling: true, noise_suppression: false }   # these are the defaults\n"
	"    meetings:                              # PINs are optional\n"
	"      - { id: \"483920175\", name: Weekly, host_pin: \"900911\", guest_pin: \"4821\" }\n"
	"    users:                                 # VoIP clients that register or call with digest\n"
	"      - { name: alice, password: \"s3cret\" }\n"
	"trunks:\n"
	"  - name: carrier-a\n"
	"    inbound:  { from: [ 127.0.0.2/32 ] }   # identified by source\n"
	"    outbound: { gateways: [ \"sip:127.0.0.2:5062\" ], username: null, password: null, register: "
	"false }\n"
	"    limits:   { channels: 100, calls_per_second: 20 }\n"
	"    codecs:   [ PCMU, PCMA, G722, opus ]\n"
	"    srtp:     allow                        # never | allow | require\n"
	"numbers:\n"
	"  - { number: \"+15550100\", trunk: carrier-a, account: acme, answer: attendant, language: en }\n"
	"  - { number: \"+15550101\", trunk: carrier-a, account: acme, answer: \"meeting:483920175\" }\n"
	"routes:                                    # outbound\n"
	"  - { account: acme, prefix: \"+1\", trunks: [ carrier-a ], caller_id: \"+15550100\" }\n";

/* Every key at something else than its default, and texts that YAML could mistake. */
static const char rich[] =
	"accounts:\n"
	"  - name: \"true\"\n"
	"    language: pt-BR\n"
	"    audio: { levelling: false, noise_suppression: true }\n"
	"    meetings:\n"
	"      - { id: \"777\", name: \"a \\\"quoted\\\" \\\\ name: { [ # ] }\", guest_pin: 0042, "
	"max_participants: 25 }\n"
	"      - { id: 00456, chimes: false, host_pin: \"1\" }\n"
	"      - id: \"123456789012345\"\n"
	"        name: \" \\u0417\\u0432\\u043e\\u043d\\u043e\\u043a \\U0001F4DE \"\n"
	"    users:\n"
	"      - { name: bob, password: \"null\" }\n"
	"      - { name: alice, password: \"p: {}\" }\n"
	"  - name: empty one\n"
	"trunks:\n"
	"  - name: b\n"
	"    inbound: { from: [ 192.0.2.0/24, \"2001:db8::/32\", 198.51.100.7 ], numbers: [ "
	"\"+4930123400..99\", \"+4930123456\" ], header: \"X-Trunk: gold\", username: u, password: \"p: "
	"{}\", "
	"algorithm: SHA-256, trust: false, strip: [ P-Asserted-Identity, Diversion ], "
	"map: [ \"X-C: c_1\", \"From: who\" ], add: [ \"X-Call: {call}\" ] }\n"
	"    outbound: { gateways: [ \"sips:gw.example.com;transport=tls\", \"sip:[2001:db8::1]:5062\" ], "
	"username: \"on\", "
	"password: \"12345\", register: true, diversion: true, diversion_as: both, early_media: true, "
	"reroute_on: [ \"404\", 4xx, tls ], stop_on: [ \"503\" ], trust: "
	"none, identity: [ "
	"rpid, ppi ], add: [ \"X-Tenant: a, b\" ], strip: [ "
	"User-Agent ] }\n"
	"    limits: { channels: 1, calls_per_second: 100000, call_s: 7200, refusal: busy }\n"
	"    ptime: 30\n"
	"    dtmf: inband\n"
	"    codecs: [ opus, pcmu ]\n"
	"    srtp: require\n"
	"    country: { code: 49, trunk_prefix: \"0\", national_min: 6, national_max: 11 }\n"
	"  - { name: a, srtp: never, inbound: { tls_subject: a.example }, stir: require, sign: { "
	"certificate: "
	"\"https://cert.example.org/a.pem\", key: /etc/a.key, origid: 123e4567-E89b-12d3-a456-426655440000 } "
	"}\n"
	"numbers:\n"
	"  - { number: +4930123456, trunk: b, account: \"true\", answer: \"meeting:777\", language: de }\n"
	"  - { number: \"+4930123456\", account: empty one }\n"
	"routes:\n"
	"  - { account: empty one, prefix: +, trunks: [ b, a ] }\n"
	"  - { account: \"true\", prefix: +49, trunks: [ a ], caller_id: \"+4930123456\", reroute_on: [ "
	"\"486\", 6xx ], stop_on: [ timeout ] }\n";

static inline enum bridge_err parse(struct site **out, const char *text, struct config_why *why)
{
	memset(why, 0, sizeof(*why));
	return site_parse(out, text, strlen(text), why);
}

static inline struct site *parse_good(const char *text)
{
	struct config_why why;
	struct site *s = NULL;
	enum bridge_err err = parse(&s, text, &why);

	CHECK(err == BRIDGE_OK, "refused: line %u: %s: %s", why.line, why.key, why.text);
	return s;
}
#endif
