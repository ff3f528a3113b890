/* links: bridge/site.c bridge/site_fields.c bridge/site_read.c bridge/site_check.c bridge/site_names.c bridge/site_overlap.c bridge/zones.c bridge/site_write.c bridge/site_diff.c bridge/yaml.c bridge/yaml_value.c bridge/why.c bridge/err.c dialplan/plan.c dialplan/block.c dialplan/prefix.c dialplan/class.c dialplan/class_table.c dialplan/calendar.c dialplan/zone.c dialplan/number.c dialplan/err.c sip/trunk.c sip/err.c bridge/site_apart.c bridge/config_interfaces.c dialplan/money.c bridge/pattern.c sip/ere.c bridge/headers.c bridge/site_carrier.c sip/reroute_chosen.c */
/* A site file is read: what its keys mean, what is refused and how that is told, and what the planes get of it. */
#include "tests/sites.h"
#include "tests/starve.h"

#include <arpa/inet.h>
#include <stdlib.h>

TEST(the_contract_example_is_read)
{
	struct site *s = parse_good(contract);
	const struct site_account *a = site_account(s, "acme"), *owner = NULL;
	const struct site_trunk *t = site_trunk(s, "carrier-a");
	const struct site_meeting *m = site_meeting(s, "483920175", &owner);

	CHECK_INT(1, s->n_accounts, "accounts");
	CHECK(a && a == owner && t && m, "found by name");
	CHECK_STR("en", a->language, "language");
	CHECK_INT(true, a->levelling && !a->noise_suppression, "audio");
	CHECK_STR("Weekly", m->name, "meeting");
	CHECK_STR("900911", m->host_pin, "host_pin");
	CHECK_STR("4821", m->guest_pin, "guest_pin");
	CHECK_INT(true, m->chimes, "chimes are on");
	CHECK_INT(0, m->max_participants, "no bound");
	CHECK_STR("alice", a->users[0].name, "user");
	CHECK_STR("s3cret", a->users[0].password, "user");
	CHECK_INT(1, t->n_from, "inbound");
	CHECK_INT(128, t->from[0].prefix_bits, "127.0.0.2/32");
	CHECK_INT(2, t->from[0].ip[15], "127.0.0.2/32");
	CHECK_STR("sip:127.0.0.2:5062", t->gateways[0], "gateway");
	CHECK_INT(100, t->channels, "channels");
	CHECK_INT(20, t->calls_per_second, "calls_per_second");
	CHECK_INT(4, t->n_codecs, "codecs");
	CHECK_STR("opus", t->codecs[3], "codecs");
	CHECK_INT(SITE_SRTP_ALLOW, t->srtp, "srtp");
	CHECK_INT(2, s->n_numbers, "numbers");
	CHECK_INT(PLAN_MEETING, s->numbers[1].answer, "answer");
	CHECK_STR("483920175", s->numbers[1].meeting, "answer");
	CHECK_STR("+1", s->routes[0].prefix, "route");
	CHECK_STR("carrier-a", s->routes[0].trunks[0], "route");
	CHECK(!site_meeting(s, "48392017", NULL) && !site_meeting(s, "", NULL) &&
			!site_account(s, "nobody") && !site_trunk(s, "none") &&
			!site_meeting(s, "48392017548392017548392017548392017", NULL),
		"what is not there");
	site_free(s);
}

TEST(everything_but_names_has_a_default)
{
	struct site *s = parse_good("accounts: [ { name: a } ]\ntrunks: [ { name: t } ]\nnumbers: [ { "
				    "number: \"+15550100\", account: a } ]\n");

	CHECK_STR("en", s->accounts[0].language, "language");
	CHECK_INT(true, s->accounts[0].levelling, "levelling");
	CHECK_INT(SITE_SRTP_ALLOW, s->trunks[0].srtp, "srtp");
	CHECK_INT(0, s->trunks[0].n_codecs + s->trunks[0].n_from + s->trunks[0].channels,
		"no limit, all codecs");
	CHECK_INT(PLAN_ATTENDANT, s->numbers[0].answer, "the attendant answers");
	CHECK_STR("", s->numbers[0].trunk, "any trunk");
	site_free(s);
	site_free(parse_good("accounts: []\n"));
	site_free(parse_good("{}\n"));
	CHECK(!site_free(NULL), "NULL is fine");
}

TEST(odd_texts_keep_their_meaning)
{
	struct site *s = parse_good(rich);
	const struct site_meeting *m = s->accounts[0].meetings;

	CHECK_STR("00456", m[0].id, "unquoted digits keep their zeros");
	CHECK_STR("123456789012345", m[1].id, "fifteen digits");
	CHECK_STR("777", m[2].id, "in order of text");
	CHECK_STR("0042", m[2].guest_pin, "PIN with zeros");
	CHECK_STR("a \"quoted\" \\ name: { [ # ] }", m[2].name, "quotes");
	CHECK_STR("true", s->accounts[0].name, "a word that is no truth");
	CHECK_STR("PCMU", s->trunks[0].codecs[1], "a codec's own spelling");
	CHECK_STR("12345", s->trunks[0].password, "password of digits");
	CHECK_STR("+", s->routes[0].prefix, "all numbers");
	site_free(s);
}

/* One change of the contract's example each: `from` becomes `to`, and this is what is said. */
TEST(what_is_wrong_is_named_by_line_and_key)
{
	static const struct {
		const char *story, *from, *to;
		unsigned line;
		const char *key, *word;
	} cases[] = {
		{ "unknown key at the top", "routes:", "rules:", 19, "rules",
			"known here: accounts, trunks" },
		{ "unknown key of an account", "language: en\n", "lang: en\n", 3, "accounts[0].lang",
			"language, audio" },
		{ "unknown key of a meeting", "host_pin", "hostpin", 6, "accounts[0].meetings[0].hostpin",
			"host_pin" },
		{ "unknown key in a group", "channels", "channel", 13, "trunks[0].limits.channel",
			"calls_per_second" },
		{ "key twice", "name: Weekly", "id: \"1234\"", 6, "accounts[0].meetings[0].id", "twice" },
		{ "no name", "- name: acme\n   ", "-", 2, "accounts[0]", "name is missing" },
		{ "empty name", "name: acme", "name: \"\"", 2, "accounts[0].name", "empty" },
		{ "name for a header", "name: carrier-a", "name: \"a<b\"", 10, "trunks[0].name", "quotes" },
		{ "long name", "name: acme",
			"name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 2,
			"accounts[0].name", "longer than 63" },
		{ "language", "language: en\n", "language: english!\n", 3, "accounts[0].language",
			"language tag" },
		{ "truth", "levelling: true", "levelling: 1", 4, "accounts[0].audio.levelling",
			"true or false" },
		{ "meetings as mapping", "[ PCMU, PCMA, G722, opus ]", "{ PCMU: 1 }", 14, "trunks[0].codecs",
			"list" },
		{ "meeting as text", "- { name: alice, password: \"s3cret\" }", "- alice", 8,
			"accounts[0].users[0]", "mapping" },

		{ "ID of letters", "id: \"483920175\"", "id: weekly", 6, "accounts[0].meetings[0].id",
			"3 to 15 digits" },
		{ "ID too short", "id: \"483920175\"", "id: \"48\"", 6, "accounts[0].meetings[0].id",
			"3 to 15 digits" },
		{ "ID too long", "id: \"483920175\"", "id: \"4839201754839201\"", 6,
			"accounts[0].meetings[0].id", "15" },
		{ "ID twice", "    users:", "      - { id: \"483920175\" }\n    users:", 7,
			"accounts[0].meetings[1].id", "given twice, first in accounts[0].meetings[0]" },
		{ "ID twice in another account", "trunks:\n",
			"  - name: b\n    meetings: [ { id: \"483920175\" } ]\ntrunks:\n", 10,
			"accounts[1].meetings[0].id", "first in accounts[0].meetings[0]" },
		{ "ID that begins with another", "    users:", "      - { id: \"4839201755\" }\n    users:",
			7, "accounts[0].meetings[1].id",
			"begins with 483920175, the ID of accounts[0].meetings[0]" },
		{ "ID that begins another, in another account", "trunks:\n",
			"  - name: b\n    meetings: [ { id: \"483\" } ]\ntrunks:\n", 6,
			"accounts[0].meetings[0].id", "begins with 483, the ID of accounts[1].meetings[0]" },
		{ "PIN of letters", "\"4821\"", "\"48a1\"", 6, "accounts[0].meetings[0].guest_pin",
			"1 to 15 digits" },
		{ "PIN with #", "\"900911\"", "\"900911#\"", 6, "accounts[0].meetings[0].host_pin",
			"digits" },
		{ "PIN too long", "\"4821\"", "\"4821482148214821\"", 6, "accounts[0].meetings[0].guest_pin",
			"15" },
		{ "PINs equal", "\"4821\"", "\"900911\"", 6, "accounts[0].meetings[0].guest_pin", "equal" },
		{ "guest PIN begins the host's", "\"4821\"", "\"9009\"", 6,
			"accounts[0].meetings[0].guest_pin", "begins" },
		{ "host PIN begins the guest's", "\"4821\"", "\"9009112\"", 6,
			"accounts[0].meetings[0].guest_pin", "begins" },
		{ "no seats", "name: Weekly", "max_participants: 0", 6,
			"accounts[0].meetings[0].max_participants", "leave it out" },
		{ "user without password", ", password: \"s3cret\"", "", 8, "accounts[0].users[0]",
			"password is missing" },
		{ "user twice", "password: \"s3cret\" }\n",
			"password: \"s3cret\" }\n      - { name: alice, password: x }\n", 9,
			"accounts[0].users[1].name", "first in accounts[0].users[0]" },

		{ "account twice", "trunks:\n", "  - name: acme\ntrunks:\n", 9, "accounts[1].name",
			"given twice" },
		{ "trunk twice", "numbers:\n", "  - name: carrier-a\nnumbers:\n", 16, "trunks[1].name",
			"given twice" },
		{ "bad network", "127.0.0.2/32", "127.0.0.2/33", 11, "trunks[0].inbound.from[0]", "network" },
		{ "a host name as network", "127.0.0.2/32", "carrier.example.com", 11,
			"trunks[0].inbound.from[0]", "network" },
		{ "network twice", "127.0.0.2/32", "127.0.0.2/32, 127.0.0.2", 11, "trunks[0].inbound.from[1]",
			"already the network of trunk 'carrier-a'" },
		{ "network twice, written differently", "127.0.0.2/32", "10.1.2.3/8, 10.9.9.9/8", 11,
			"trunks[0].inbound.from[1]", "already the network of trunk 'carrier-a'" },
		{ "network of two trunks", "numbers:\n",
			"  - { name: b, inbound: { from: [ 127.0.0.2 ] } }\nnumbers:\n", 16,
			"trunks[1].inbound.from[0]", "already the network of trunk 'carrier-a'" },
		{ "network and certificate", "from: [ 127.0.0.2/32 ]",
			"from: [ 127.0.0.2/32 ], tls_subject: a.example", 11, "trunks[0].inbound.tls_subject",
			"not by both" },
		{ "certificate of two trunks", "numbers:\n",
			"  - { name: b, inbound: { tls_subject: a.example } }\n"
			"  - { name: c, inbound: { tls_subject: A.example } }\nnumbers:\n",
			17, "trunks[2].inbound.tls_subject", "already that of trunk 'b'" },
		{ "a login beside none", "numbers:\n",
			"  - { name: b, inbound: { from: [ 127.0.0.2 ], username: u, password: p } "
			"}\nnumbers:\n",
			16, "trunks[1].inbound.from[0]", "one logs in and the other does not" },
		{ "a login without a source", "from: [ 127.0.0.2/32 ]", "username: u, password: p", 11,
			"trunks[0].inbound.username", "inbound.from is wanted" },
		{ "a login without a password", "from: [ 127.0.0.2/32 ]",
			"from: [ 127.0.0.2/32 ], username: u", 11, "trunks[0].inbound.username",
			"without a password" },
		{ "a header and a number may both fit", "numbers:\n",
			"  - { name: b, inbound: { from: [ 10.0.0.1 ], header: \"X-T: a\" } }\n"
			"  - { name: c, inbound: { from: [ 10.0.0.1 ], numbers: [ \"+15550100\" ] } "
			"}\nnumbers:\n",
			17, "trunks[2].inbound.from[0]", "may fit at once" },
		{ "a number of two trunks", "numbers:\n",
			"  - { name: b, inbound: { from: [ 10.0.0.1 ], numbers: [ \"+15550100..99\" ] } }\n"
			"  - { name: d, inbound: { from: [ 10.0.0.1 ], numbers: [ \"+15550200..99\" ] } }\n"
			"  - { name: c, inbound: { from: [ 10.0.0.1 ], numbers: [ \"+15550150\" ] } "
			"}\nnumbers:\n",
			18, "trunks[3].inbound.from[0]",
			"trunk 'b': calls could not be told apart (a number is in both)" },
		{ "one header's value twice", "numbers:\n",
			"  - { name: b, inbound: { from: [ 10.0.0.1 ], header: \"X-T: a\" } }\n"
			"  - { name: c, inbound: { from: [ 10.0.0.1 ], header: \"x-t:  a\" } }\nnumbers:\n",
			17, "trunks[2].inbound.from[0]", "could not be told apart" },
		{ "one username twice", "numbers:\n",
			"  - { name: b, inbound: { from: [ 10.0.0.1 ], username: u, password: p } }\n"
			"  - { name: c, inbound: { from: [ 10.0.0.1 ], username: u, password: q } "
			"}\nnumbers:\n",
			17, "trunks[2].inbound.from[0]", "the same username" },
		{ "a header without a value", "from: [ 127.0.0.2/32 ]", "from: [ 127.0.0.2/32 ], header: X-T",
			11, "trunks[0].inbound.header", "a header is wanted" },
		{ "a header of ours", "outbound: {", "outbound: { add: [ \"Call-ID: 1\" ],", 12,
			"trunks[0].outbound.add[0]", "written by the bridge itself" },
		{ "a header that no call can do without", "outbound: {", "outbound: { strip: [ Via ],", 12,
			"trunks[0].outbound.strip[0]", "cannot do without this header" },
		{ "what would be agreed on by one side", "outbound: {",
			"outbound: { strip: [ X-Any, session-expires ],", 12, "trunks[0].outbound.strip[1]",
			"cannot do without this header" },
		{ "a short form", "outbound: {", "outbound: { strip: [ y ],", 12,
			"trunks[0].outbound.strip[0]", "whole name" },
		{ "no name of a header", "outbound: {", "outbound: { strip: [ \"X A\" ],", 12,
			"trunks[0].outbound.strip[0]", "the name of a header" },
		{ "written and left out", "outbound: {", "outbound: { add: [ \"X-A: b\" ], strip: [ x-a ],",
			12, "trunks[0].outbound.strip[0]", "outbound.add writes" },
		{ "mapped and left out", "from: [ 127.0.0.2/32 ]",
			"from: [ 127.0.0.2/32 ], map: [ \"X-A: a\" ], strip: [ x-a ]", 11,
			"trunks[0].inbound.strip[0]", "inbound.map wants" },
		{ "known by what is left out", "from: [ 127.0.0.2/32 ]",
			"from: [ 127.0.0.2/32 ], header: \"X-T: a\", strip: [ X-T ]", 11,
			"trunks[0].inbound.strip[0]", "known by this header" },
		{ "a header that theirs cannot do without", "from: [ 127.0.0.2/32 ]",
			"from: [ 127.0.0.2/32 ], strip: [ Privacy, User-Agent, Call-ID ]", 11,
			"trunks[0].inbound.strip[2]", "cannot do without this header" },
		{ "no way to say who calls", "outbound: {", "outbound: { identity: [ rpid, x ],", 12,
			"trunks[0].outbound.identity[1]", "pai, ppi, rpid or from" },
		{ "From alone and not alone", "outbound: {", "outbound: { identity: [ from, pai ],", 12,
			"trunks[0].outbound.identity[0]", "not both" },
		{ "one way twice", "outbound: {", "outbound: { identity: [ pai, pai ],", 12,
			"trunks[0].outbound.identity[1]", "given twice" },
		{ "said and unsaid", "outbound: {", "outbound: { identity: [ pai ], assert: false,", 12,
			"trunks[0].outbound.identity", "one of the two" },
		{ "goes on after an answer", "outbound: {", "outbound: { reroute_on: [ 5xx, \"200\" ],", 12,
			"trunks[0].outbound.reroute_on[1]", "answered" },
		{ "goes on after a redirection", "outbound: {", "outbound: { reroute_on: [ 3xx ],", 12,
			"trunks[0].outbound.reroute_on[0]", "redirection" },
		{ "stops at what is no end", "outbound: {", "outbound: { stop_on: [ \"180\" ],", 12,
			"trunks[0].outbound.stop_on[0]", "provisional" },
		{ "goes on and stops", "outbound: {",
			"outbound: { reroute_on: [ 5xx ], stop_on: [ tls, 5xx ],", 12,
			"trunks[0].outbound.stop_on[1]", "in reroute_on and in stop_on" },
		{ "a route that goes on twice", "prefix: \"+1\",",
			"prefix: \"+1\", reroute_on: [ tls, tls ],", 20, "routes[0].reroute_on[1]",
			"given twice" },
		{ "a route's word", "prefix: \"+1\",", "prefix: \"+1\", stop_on: [ busy ],", 20,
			"routes[0].stop_on[0]", "a class as in 5xx" },
		{ "a carrier's trust", "outbound: {", "outbound: { trust: true,", 12,
			"trunks[0].outbound.trust", "same, full, none" },
		{ "how nothing is written", "outbound: {", "outbound: { diversion_as: both,", 12,
			"trunks[0].outbound.diversion_as", "diversion: true" },
		{ "a crooked ptime", "    srtp:", "    ptime: 25\n    srtp:", 15, "trunks[0].ptime",
			"10, 20" },
		{ "seventeen networks", "127.0.0.2/32", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", 11,
			"trunks[0].inbound.from", "at most 16" },
		{ "gateway without scheme", "\"sip:127.0.0.2:5062\"", "\"127.0.0.2:5062\"", 12,
			"trunks[0].outbound.gateways[0]", "gateway" },
		{ "gateway with user", "sip:127.0.0.2:5062", "sip:bob@127.0.0.2", 12,
			"trunks[0].outbound.gateways[0]", "gateway" },
		{ "gateway's port", "sip:127.0.0.2:5062", "sip:127.0.0.2:0", 12,
			"trunks[0].outbound.gateways[0]", "gateway" },
		{ "gateway's bracket", "sip:127.0.0.2:5062", "sip:[::1", 12, "trunks[0].outbound.gateways[0]",
			"gateway" },
		{ "password without username", "password: null", "password: topsecret", 12,
			"trunks[0].outbound.password", "without" },
		{ "registers as nobody", "register: false", "register: true", 12,
			"trunks[0].outbound.register", "username" },
		{ "registers nowhere",
			"gateways: [ \"sip:127.0.0.2:5062\" ], username: null, password: null, register: "
			"false",
			"register: true", 12, "trunks[0].outbound.register", "no gateway" },
		{ "no channels", "channels: 100", "channels: 0", 13, "trunks[0].limits.channels",
			"leave it out" },
		{ "negative rate", "calls_per_second: 20", "calls_per_second: -1", 13,
			"trunks[0].limits.calls_per_second", "1 to" },
		{ "unknown codec", "G722, opus", "G729", 14, "trunks[0].codecs[2]", "known are PCMU" },
		{ "codec twice", "G722, opus", "pcmu", 14, "trunks[0].codecs[2]", "given twice" },
		{ "srtp", "srtp:     allow", "srtp:     maybe", 15, "trunks[0].srtp",
			"never, allow, require" },
		{ "country code", "srtp:     allow", "country: { code: 049 }", 15, "trunks[0].country.code",
			"country code" },
		{ "prefix without country", "srtp:     allow", "country: { trunk_prefix: 0 }", 15,
			"trunks[0].country.trunk_prefix", "without a country code" },

		{ "not E.164", "\"+15550100\", trunk", "\"15550100\", trunk", 17, "numbers[0].number",
			"E.164" },
		{ "number twice", "+15550101", "+15550100", 18, "numbers[1].number", "first in numbers[0]" },
		{ "unknown trunk", "trunk: carrier-a, account: acme, answer: attendant",
			"trunk: x, account: acme", 17, "numbers[0].trunk", "no trunk 'x'" },
		{ "ICE", "srtp:     allow", "ice: full", 15, "trunks[0].ice", "never, allow" },
		{ "STIR policy", "srtp:     allow", "stir: maybe", 15, "trunks[0].stir", "ignore, flag" },
		{ "a key alone", "srtp:     allow", "sign: { key: /k }", 15, "trunks[0].sign.certificate",
			"belong together" },
		{ "a certificate alone", "srtp:     allow", "sign: { certificate: \"https://a.example/\" }",
			15, "trunks[0].sign.key", "belong together" },
		{ "a certificate by http", "srtp:     allow",
			"sign: { certificate: \"http://a.example/\", key: /k }", 15,
			"trunks[0].sign.certificate", "https" },
		{ "a certificate for two headers", "srtp:     allow",
			"sign: { certificate: \"https://a.example/>x\", key: /k }", 15,
			"trunks[0].sign.certificate", "https" },
		{ "origid", "srtp:     allow",
			"sign: { certificate: \"https://a.example/\", key: /k, origid: 12 }", 15,
			"trunks[0].sign.origid", "UUID" },
		{ "unknown account", "account: acme, answer: attendant", "account: x", 17,
			"numbers[0].account", "no account 'x'" },
		{ "no account", "account: acme, answer: attendant, ", "", 17, "numbers[0]",
			"account is missing" },
		{ "answer", "answer: attendant", "answer: robot", 17, "numbers[0].answer",
			"attendant, or meeting:" },
		{ "unknown meeting", "meeting:483920175", "meeting:483920176", 18, "numbers[1].answer",
			"no meeting '483920176'" },
		{ "meeting without ID", "meeting:483920175", "meeting:", 18, "numbers[1].answer",
			"no meeting" },
		{ "route without trunks", "trunks: [ carrier-a ]", "trunks: []", 20, "routes[0].trunks",
			"at least one" },
		{ "route to an unknown trunk", "trunks: [ carrier-a ]", "trunks: [ carrier-a, b ]", 20,
			"routes[0].trunks[1]", "no trunk 'b'" },
		{ "route of nobody", "account: acme, prefix", "account: x, prefix", 20, "routes[0].account",
			"no account 'x'" },
		{ "route's prefix", "prefix: \"+1\"", "prefix: \"1\"", 20, "routes[0].prefix",
			"beginning of a number" },
		{ "caller ID", "caller_id: \"+15550100\"", "caller_id: anonymous", 20, "routes[0].caller_id",
			"E.164" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *at = strstr(contract, cases[i].from);
		char text[4096];
		struct config_why why;
		struct site *s = NULL;

		CHECK(at, "%s: the example lacks '%s'", cases[i].story, cases[i].from);
		snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - contract), contract, cases[i].to,
			at + strlen(cases[i].from));
		CHECK_INT(BRIDGE_SYNTAX, parse(&s, text, &why), cases[i].story);
		CHECK(!s, "%s: nothing was made", cases[i].story);
		CHECK_STR(cases[i].key, why.key, cases[i].story);
		CHECK(strstr(why.text, cases[i].word), "%s: '%s' in '%s'", cases[i].story, cases[i].word,
			why.text);
		CHECK_INT(cases[i].line, why.line, cases[i].story);
		CHECK(!strstr(why.text, "900911") && !strstr(why.text, "s3cret") &&
				!strstr(why.text, "topsecret") && !strstr(why.text, "4821"),
			"%s: a secret in '%s'", cases[i].story, why.text);
	}
}

TEST(an_empty_file_removes_nothing)
{
	static const char *const texts[] = { "", "# all gone\n", "null\n", "\n\n---\n" };
	struct config_why why;
	struct site *s = NULL;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		CHECK_INT(BRIDGE_SYNTAX, parse(&s, texts[i], &why), texts[i]);
		CHECK(strstr(why.text, "accounts: []"), "%s", why.text);
	}
}

TEST(a_meeting_answers_only_its_own_account)
{
	struct config_why why;
	struct site *s = NULL;

	CHECK_INT(BRIDGE_SYNTAX,
		parse(&s,
			"accounts:\n  - name: a\n  - { name: b, meetings: [ { id: \"999\" } ] }\n"
			"numbers: [ { number: \"+15550100\", account: a, answer: \"meeting:999\" } ]\n",
			&why),
		"a tenant's number into another tenant's meeting");
	CHECK_STR("numbers[0].answer", why.key, "named");
	CHECK_INT(4, why.line, "with its line");
}

/* The check stands by itself for sites that were not read from a file. */
TEST(a_site_made_by_hand_is_checked_too)
{
	struct site *s = parse_good(contract);
	struct config_why why;

	CHECK_INT(BRIDGE_OK, site_check(s, &why), "as read");
	memset(s->accounts[0].meetings[0].host_pin, '9', SITE_PIN);
	CHECK_INT(BRIDGE_SYNTAX, site_check(s, &why), "a text without end");
	CHECK_STR("accounts[0].meetings[0].host_pin", why.key, "named");
	CHECK_INT(0, why.line, "there is no line");
	strcpy(s->accounts[0].meetings[0].host_pin, "4821");
	CHECK_INT(BRIDGE_SYNTAX, site_check(s, NULL), "equal PINs, nobody asks why");
	strcpy(s->accounts[0].meetings[0].host_pin, "");
	CHECK_INT(BRIDGE_OK, site_check(s, &why), "no host PIN");
	strcpy(s->accounts[0].name, "a\nb");
	CHECK_INT(BRIDGE_SYNTAX, site_check(s, &why), "a control character");
	strcpy(s->accounts[0].name, "acme");
	s->trunks[0].from[0].prefix_bits = 0;
	CHECK_INT(BRIDGE_SYNTAX, site_check(s, &why), "a network that is not what its text says");
	CHECK_STR("trunks[0].inbound.from", why.key, "named");
	s->trunks[0].from[0].prefix_bits = 128;
	CHECK_INT(BRIDGE_OK, site_check(s, &why), "mended");
	s->numbers[0].answer = PLAN_REFUSE;
	CHECK_INT(BRIDGE_SYNTAX, site_check(s, &why), "an answer that is none");
	site_free(s);
}

TEST(the_plan_and_the_trunks_that_a_site_means)
{
	struct site *s = parse_good(rich);
	struct plan_decision d;
	struct trunks *trunks = NULL;
	struct trunk_set set;
	struct plan *plan = NULL;
	uint8_t ip[16];

	CHECK_INT(BRIDGE_OK, site_plan(s, &plan), "plan");
	plan_decide(plan, &(struct plan_call){ "b", "030123456", NULL }, &d);
	CHECK_INT(PLAN_MEETING, d.answer, "the trunk's country is used, and its own entry");
	CHECK_STR("777", d.did->meeting, "meeting");
	CHECK_STR("de", d.did->language, "language");
	plan_decide(plan, &(struct plan_call){ "a", "+4930123456", NULL }, &d);
	CHECK_STR("empty one", d.did->account, "all other trunks");
	plan_free(plan);

	CHECK_INT(BRIDGE_OK, site_trunks(s, &trunks), "trunks");
	CHECK(trunk_address_parse(ip, "192.0.2.200"), "an address");
	trunk_at(trunks, ip, &set);
	CHECK_STR("b", trunk_name(trunks, &set, 0), "in its network");
	CHECK(trunk_address_parse(ip, "192.0.3.1"), "an address");
	trunk_at(trunks, ip, &set);
	CHECK(!trunk_name(trunks, &set, 0), "a stranger");
	trunks_free(trunks);
	site_free(s);
}

/* Trunks that share a place, and calls that can be told apart. */
TEST(trunks_may_share_a_place)
{
	static const char text[] =
		"accounts: []\ntrunks:\n"
		"  - { name: plain, inbound: { from: [ 192.0.2.1 ] } }\n"
		"  - { name: gold, inbound: { from: [ 192.0.2.1 ], header: \"X-T: gold\" } }\n"
		"  - { name: tin, inbound: { from: [ 192.0.2.1 ], header: \"X-T: tin\" } }\n"
		"  - { name: de, inbound: { from: [ 192.0.2.2 ], numbers: [ \"+493000..99\", \"+4940123\" ] "
		"}, country: "
		"{ code: 49, trunk_prefix: \"0\", national_min: 3 } }\n"
		"  - { name: us, inbound: { from: [ 192.0.2.2 ], numbers: [ \"+1555010000..99\" ] } }\n"
		"  - { name: u, inbound: { from: [ 0.0.0.0/0 ], username: u, password: p } }\n"
		"  - { name: v, inbound: { from: [ 0.0.0.0/0 ], username: v, password: p } }\n"
		"  - { name: c1, inbound: { tls_subject: c.example, header: \"X-T: 1\" } }\n"
		"  - { name: c2, inbound: { tls_subject: c.example } }\n";
	static const struct {
		const char *trunk, *request, *to;
		bool called;
	} cases[] = {
		{ "de", "+493055", "", true },
		{ "de", "03055", "", true }, /* as Germans write it */
		{ "de", "+493100", "", false },
		{ "de", "+4940123", "", true },
		{ "de", "4b1c", "+493055", true }, /* To, when the Request-URI is no number */
		{ "de", "+493100", "+493055", false },
		{ "us", "+1555010099", "", true },
		{ "us", "+15550100991", "", false },
		{ "plain", "+493055", "", false },
		{ "nobody", "+493055", "", false },
	};
	struct site *s = parse_good(text);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK(site_is_called(s, cases[i].trunk, cases[i].request, cases[i].to) == cases[i].called,
			"%s at %s", cases[i].request, cases[i].trunk);
	site_free(s);
}

static enum bridge_err export_once(const struct site *s, char **out)
{
	*out = site_export(s);
	return *out ? BRIDGE_OK : BRIDGE_NOMEM;
}

static enum bridge_err diff_once(const struct site *from, const struct site *to, struct site_change **out)
{
	size_t n;

	*out = site_diff(from, to, &n);
	return n == SIZE_MAX ? BRIDGE_NOMEM : BRIDGE_OK;
}

TEST(any_allocation_may_fail)
{
	struct site *s = NULL, *none = site_new();
	struct site_change *change;
	struct trunks *trunks = NULL;
	struct plan *plan = NULL;
	struct config_why why;
	enum bridge_err err;
	char *text;

	STARVE(err, site_parse(&s, rich, sizeof(rich) - 1, &why), BRIDGE_NOMEM);
	STARVE(err, site_check(s, &why), BRIDGE_NOMEM);
	STARVE(err, site_plan(s, &plan), BRIDGE_NOMEM);
	STARVE(err, site_trunks(s, &trunks), BRIDGE_NOMEM);
	STARVE(err, diff_once(none, s, &change), BRIDGE_NOMEM);
	free(change);
	STARVE(err, export_once(s, &text), BRIDGE_NOMEM);
	free(text);
	plan_free(plan);
	trunks_free(trunks);
	site_free(none);
	site_free(s);
}

TEST(ten_thousand_meetings_are_checked_quickly)
{
	enum { MANY = 10000 };
	char *text = malloc(64 + MANY * 64), *end = text;
	struct site *s;

	CHECK(text, "memory");
	end += sprintf(end, "accounts:\n  - name: a\n    meetings:\n");
	for (int i = 0; i < MANY; i++)
		end += sprintf(end, "      - { id: \"9%08d\", guest_pin: \"%d\" }\n", (i * 7919) % MANY, i);
	s = parse_good(text);
	CHECK_INT(MANY, s->accounts[0].n_meetings, "all there");
	CHECK(site_meeting(s, "900009999", NULL) && site_meeting(s, "900000000", NULL), "and found");
	CHECK(sizeof(struct site_meeting) <= 300, "an idle configured meeting takes %zu bytes",
		sizeof(struct site_meeting));
	site_free(s);
	free(text);
}

TESTS(the_contract_example_is_read, everything_but_names_has_a_default, odd_texts_keep_their_meaning,
	what_is_wrong_is_named_by_line_and_key, an_empty_file_removes_nothing,
	a_meeting_answers_only_its_own_account, a_site_made_by_hand_is_checked_too,
	the_plan_and_the_trunks_that_a_site_means, trunks_may_share_a_place, any_allocation_may_fail,
	ten_thousand_meetings_are_checked_quickly)
