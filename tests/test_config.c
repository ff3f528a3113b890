/* links: bridge/config.c bridge/x5u.c bridge/yaml.c bridge/yaml_value.c bridge/why.c bridge/err.c bridge/config_interfaces.c bridge/config_http.c */
#include "bridge/config.h"
#include "tests/test.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static enum bridge_err parse(struct config *c, const char *text, struct config_why *why)
{
	memset(why, 0, sizeof(*why));
	return config_parse(c, text, strlen(text), why);
}

static const char defaults[] = "node: bridge-1\n"
			       "sip:  { listen: [ \"udp:127.0.0.1:5060\", \"tcp:127.0.0.1:5060\", "
			       "\"tls:127.0.0.1:5061\" ], advertise: null }\n"
			       "rtp:  { listen: 127.0.0.1, advertise: null, ports: 20000-39999 }\n"
			       "http: { listen: \"127.0.0.1:8080\" }       # https when tls is set\n"
			       "tls:  { certificate: null, key: null, ca: null }\n"
			       "control: /run/partyline/control.sock\n"
			       "database: /var/lib/partyline/partyline.db\n"
			       "recordings: /var/lib/partyline/recordings\n"
			       "media: { workers: auto, mixed_talkers: 4 }\n";

TEST(the_contract_example_is_the_defaults)
{
	struct config_why why;
	struct config wanted, written, empty;

	config_defaults(&wanted);
	CHECK_INT(BRIDGE_OK, parse(&written, defaults, &why), why.text);
	CHECK(memcmp(&wanted, &written, sizeof(wanted)) == 0, "the example says what the defaults are");
	CHECK_INT(BRIDGE_OK, parse(&empty, "", &why), "an empty file");
	CHECK(memcmp(&wanted, &empty, sizeof(wanted)) == 0, "every key is optional");
	CHECK_INT(BRIDGE_OK, parse(&empty, "sip:\nrtp: {}\nmedia: null\n", &why), "empty sections");
	CHECK(memcmp(&wanted, &empty, sizeof(wanted)) == 0, "change nothing");
	CHECK_INT(75, wanted.media.max_load, "new calls up to 75 % of a worker's time");
	CHECK_INT(3, wanted.sip.n_listen, "tls is kept, with or without a certificate");
	CHECK_STR("tls:127.0.0.1:5061", wanted.sip.listen[2], "tls");
}

TEST(every_key_is_read)
{
	static const char text[] =
		"node: east\n"
		"sip:\n  listen: [ \"udp:[::1]:0\", \"tls:0.0.0.0:5061\" ]\n  advertise: sip.example.com\n"
		"rtp: { listen: \"::1\", advertise: 203.0.113.9, ports: 1024-1025 }\n"
		"http: { listen: null }\n"
		"tls: { certificate: /c.pem, key: /k.pem, ca: /ca.pem }\n"
		"stir:\n  anchors: /a\n  certificates: { \"https://a.example/x.pem\": /x, "
		"\"https://b.example/\": /y }\n"
		"  hosts: [ cr.example.org, \"[::1]:8443\" ]\n  ca: /sca.pem\n  wait_ms: 120\n"
		"control: run/c.sock\ndatabase: \":memory:\"\nrecordings: rec\n"
		"media: { workers: 3, mixed_talkers: 7, max_load: 60, room_legs_per_worker: 250 }\n"
		"prompts: { directory: /p, override: /o }\n"
		"log: { format: json, level: debug }\nrecords: { keep_days: 90 }\n";
	struct config_why why;
	struct config c;

	CHECK_INT(BRIDGE_OK, parse(&c, text, &why), why.text);
	CHECK_STR("east", c.node, "node");
	CHECK_INT(2, c.sip.n_listen, "sip.listen");
	CHECK_STR("udp:[::1]:0", c.sip.listen[0], "sip.listen[0]");
	CHECK_STR("tls:0.0.0.0:5061", c.sip.listen[1], "sip.listen[1]");
	CHECK_STR("sip.example.com", c.sip.advertise, "sip.advertise");
	CHECK_STR("::1", c.rtp.listen, "rtp.listen");
	CHECK_STR("203.0.113.9", c.rtp.advertise, "rtp.advertise");
	CHECK_INT(1024, c.rtp.first_port, "rtp.ports");
	CHECK_INT(1025, c.rtp.last_port, "rtp.ports");
	CHECK_STR("", c.http.listen, "null switches HTTP off");
	CHECK_STR("/c.pem", c.tls.certificate, "tls.certificate");
	CHECK_STR("/k.pem", c.tls.key, "tls.key");
	CHECK_STR("/ca.pem", c.tls.ca, "tls.ca");
	CHECK_STR("/a", c.stir.anchors, "stir.anchors");
	CHECK_INT(2, c.stir.n_certificates, "stir.certificates");
	CHECK_STR("https://b.example/", c.stir.certificates[1].url, "stir.certificates");
	CHECK_STR("/y", c.stir.certificates[1].file, "stir.certificates");
	CHECK_INT(2, c.stir.n_hosts, "stir.hosts");
	CHECK_STR("[::1]:8443", c.stir.hosts[1], "stir.hosts");
	CHECK_STR("/sca.pem", c.stir.ca, "stir.ca");
	CHECK_INT(120, c.stir.wait_ms, "stir.wait_ms");
	CHECK_STR("run/c.sock", c.control, "control");
	CHECK_STR(":memory:", c.database, "database");
	CHECK_STR("rec", c.recordings, "recordings");
	CHECK_INT(3, c.media.workers, "media.workers");
	CHECK_INT(250, c.media.room_legs_per_worker, "media.room_legs_per_worker");
	CHECK_INT(7, c.media.mixed_talkers, "media.mixed_talkers");
	CHECK_INT(60, c.media.max_load, "media.max_load");
	CHECK_STR("/p", c.prompts.directory, "prompts.directory");
	CHECK_STR("/o", c.prompts.override, "prompts.override");
	CHECK_INT(true, c.log.json, "log.format");
	CHECK_INT(3, c.log.level, "log.level");
	CHECK_INT(90, c.records.keep_days, "records.keep_days");
}

TEST(what_is_wrong_is_named_by_line_and_key)
{
	static const struct {
		const char *story, *text;
		unsigned line;
		const char *key, *word;
	} cases[] = {
		{ "unknown key", "node: a\nsipp: {}\n", 2, "sipp", "unknown key; known here: node, sip" },
		{ "unknown key in a section", "sip:\n  listn: []\n", 2, "sip.listn",
			"known here: listen, advertise" },
		{ "twice", "node: a\nnode: b\n", 2, "node", "twice" },
		{ "a list at the top", "- a\n", 1, "", "mapping" },
		{ "a text as a section", "sip: yes\n", 1, "sip", "mapping" },
		{ "node empty", "node: \"\"\n", 1, "node", "name" },
		{ "not a list", "sip: { listen: \"udp:127.0.0.1:5060\" }\n", 1, "sip.listen", "list" },
		{ "no address", "sip: { listen: [] }\n", 1, "sip.listen", "at least one" },
		{ "unknown transport",
			"sip:\n  listen:\n    - \"udp:127.0.0.1:5060\"\n    - \"sctp:127.0.0.1:5060\"\n", 4,
			"sip.listen[1]", "udp, tcp or tls" },
		{ "no transport", "sip: { listen: [ \"127.0.0.1:5060\" ] }\n", 1, "sip.listen[0]",
			"not udp" },
		{ "bad address", "sip: { listen: [ \"udp:127.0.0.256:5060\" ] }\n", 1, "sip.listen[0]",
			"not udp" },
		{ "a name to listen on", "sip: { listen: [ \"udp:localhost:5060\" ] }\n", 1, "sip.listen[0]",
			"not" },
		{ "IPv6 without brackets", "sip: { listen: [ \"udp:::1:5060\" ] }\n", 1, "sip.listen[0]",
			"not" },
		{ "IPv4 in brackets", "sip: { listen: [ \"udp:[127.0.0.1]:5060\" ] }\n", 1, "sip.listen[0]",
			"not" },
		{ "no port", "sip: { listen: [ \"udp:127.0.0.1\" ] }\n", 1, "sip.listen[0]", "not" },
		{ "port too high", "sip: { listen: [ \"udp:127.0.0.1:65536\" ] }\n", 1, "sip.listen[0]",
			"not" },
		{ "port with a tail", "sip: { listen: [ \"udp:127.0.0.1:5060x\" ] }\n", 1, "sip.listen[0]",
			"not" },
		{ "the same twice", "sip: { listen: [ \"udp:127.0.0.1:1\",\n \"udp:127.0.0.1:1\" ] }\n", 2,
			"sip.listen[1]", "twice" },
		{ "nine addresses", "sip: { listen: [ a, b, c, d, e, f, g, h, i ] }\n", 1, "sip.listen",
			"at most 8" },
		{ "a mapping as address", "sip: { listen: [ { udp: 1 } ] }\n", 1, "sip.listen[0]",
			"TRANSPORT" },
		{ "advertised nonsense", "sip: { advertise: \"a b\" }\n", 1, "sip.advertise", "host name" },
		{ "advertised broken address", "sip: { advertise: 10.0.0.300 }\n", 1, "sip.advertise",
			"host name" },
		{ "stir: a URL as host", "stir: { hosts: [ \"https://a.example/\" ] }\n", 1, "stir.hosts[0]",
			"a host is wanted" },
		{ "stir: a list of certificates", "stir: { certificates: [ a ] }\n", 1, "stir.certificates",
			"FILE" },
		{ "stir: waiting too long", "stir: { wait_ms: 301 }\n", 1, "stir.wait_ms", "300" },
		{ "rtp address", "rtp: { listen: here }\n", 1, "rtp.listen", "address" },
		{ "rtp advertise by name", "rtp: { advertise: media.example.com }\n", 1, "rtp.advertise",
			"SDP" },
		{ "ports reversed", "rtp:\n  ports: 39999-20000\n", 2, "rtp.ports", "reversed" },
		{ "ports begin odd", "rtp: { ports: 20001-39999 }\n", 1, "rtp.ports", "pairs" },
		{ "ports end even", "rtp: { ports: 20000-40000 }\n", 1, "rtp.ports", "pairs" },
		{ "one port", "rtp: { ports: 20000 }\n", 1, "rtp.ports", "FIRST-LAST" },
		{ "three ports", "rtp: { ports: 2000-3001-4001 }\n", 1, "rtp.ports", "FIRST-LAST" },
		{ "privileged ports", "rtp: { ports: 1000-2001 }\n", 1, "rtp.ports", "below 1024" },
		{ "ports too high", "rtp: { ports: 20000-70001 }\n", 1, "rtp.ports", "FIRST-LAST" },
		{ "an interface without address", "interfaces: { lan: { ports: 40000-40001 } }\n", 1,
			"interfaces.lan", "listen is missing" },
		{ "an interface by name", "interfaces:\n  lan: { listen: here, ports: 40000-40001 }\n", 2,
			"interfaces.lan.listen", "not an address" },
		{ "an interface without ports", "interfaces: { lan: { listen: \"::1\" } }\n", 1,
			"interfaces.lan", "ports are missing" },
		{ "an interface named default",
			"interfaces: { default: { listen: 127.0.0.1, ports: 40000-40001 } }\n", 1,
			"interfaces.default", "not \"default\"" },
		{ "an interface in the node's own ports",
			"interfaces: { lan: { listen: 127.0.0.1, ports: 39998-40001 } }\n", 1,
			"interfaces.lan.ports", "overlaps rtp.ports" },
		{ "two interfaces, one port",
			"interfaces:\n  a: { listen: \"::1\", ports: 40000-40003 }\n  b: { listen: "
			"\"0:0:0:0:0:0:0:1\", ports: 40002-40005 }\n",
			3, "interfaces.b.ports", "overlaps those of interfaces.a" },
		{ "everywhere is there as well",
			"interfaces:\n  a: { listen: 10.0.0.1, ports: 40000-40003 }\n  b: { listen: 0.0.0.0, "
			"ports: 40002-40005 }\n",
			3, "interfaces.b.ports", "overlaps those of interfaces.a" },
		{ "http without port", "http: { listen: 127.0.0.1 }\n", 1, "http.listen", "8080" },
		{ "http with transport", "http: { listen: \"tcp:127.0.0.1:80\" }\n", 1, "http.listen",
			"8080" },
		{ "http over tls without a port", "http: { listen: \"tls:127.0.0.1\" }\n", 1, "http.listen",
			"8443" },
		{ "http for all to read", "node: a\nhttp:\n  listen: \"192.0.2.1:8080\"\n", 3, "http.listen",
			"read on the way" },
		{ "http at every address", "http: { listen: \"[::]:8080\" }\n", 1, "http.listen",
			"plain: true" },
		{ "said not to be plain", "http: { listen: \"0.0.0.0:80\", plain: false }\n", 1,
			"http.listen", "read on the way" },
		{ "https without a certificate", "http: { listen: \"tls:127.0.0.1:8443\" }\n", 1,
			"http.listen", "tls.certificate" },
		{ "https in the clear",
			"tls: { certificate: /c, key: /k }\nhttp:\n  listen: \"tls:127.0.0.1:8443\"\n  "
			"plain: "
			"true\n",
			4, "http.plain", "one of them" },
		{ "client certificates in the clear",
			"http: { listen: \"192.0.2.1:80\", plain: true, client_ca: /a }\n", 1,
			"http.client_ca", "plain" },
		{ "client certificates and none of ours", "http:\n  client_ca: /a\n", 2, "http.client_ca",
			"tls.certificate" },
		{ "a collector by name", "trace:\n  hep: \"udp:homer.example:9060\"\n", 2, "trace.hep",
			"an address" },
		{ "a collector by TCP", "trace: { hep: \"tcp:127.0.0.1:9060\" }\n", 1, "trace.hep", "udp:" },
		{ "a collector without port", "trace: { hep: \"udp:127.0.0.1:0\" }\n", 1, "trace.hep",
			"port" },
		{ "a collector of nothing", "trace: { calls: 0, hep: \"udp:127.0.0.1:9060\" }\n", 1,
			"trace.hep", "must not be 0" },
		{ "a collector's agent", "trace: { id: x }\n", 1, "trace.id", "" },
		{ "certificate without key", "tls:\n  certificate: /c\n", 1, "tls", "belong together" },
		{ "key without certificate", "tls: { key: /k }\n", 1, "tls", "belong together" },
		{ "empty control path", "control: \"\"\n", 1, "control", "path" },
		{ "control path longer than a socket's name",
			"control: "
			"/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			"aaa"
			"aaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
			1, "control", "longer than 107" },
		{ "workers", "media: { workers: many }\n", 1, "media.workers", "auto or" },
		{ "no workers", "media: { workers: 0 }\n", 1, "media.workers", "auto or" },
		{ "load", "media: { max_load: 101 }\n", 1, "media.max_load", "0 to 100" },
		{ "talkers", "media: { mixed_talkers: 65 }\n", 1, "media.mixed_talkers", "1 to 64" },
		{ "log format", "log: { format: xml }\n", 1, "log.format", "text, json" },
		{ "log level", "log: { level: loud }\n", 1, "log.level", "error, warning, info, debug" },
		{ "line break in a path", "database: \"a\\nb\"\n", 1, "database", "control" },
	};
	struct config_why why;
	struct config c;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		memset(&c, 0x5a, sizeof(c));
		CHECK_INT(BRIDGE_SYNTAX, parse(&c, cases[i].text, &why), cases[i].story);
		CHECK_INT(cases[i].line, why.line, cases[i].story);
		CHECK_STR(cases[i].key, why.key, cases[i].story);
		CHECK(strstr(why.text, cases[i].word), "%s: '%s' in '%s'", cases[i].story, cases[i].word,
			why.text);
		CHECK(((unsigned char *)&c)[sizeof(c) / 2] == 0x5a, "%s: nothing was changed",
			cases[i].story);
	}
}

/* Nothing is said in the clear where others could read along, unless it is said that they cannot. */
TEST(who_could_read_the_api)
{
#define CERTIFICATE "tls: { certificate: /c, key: /k }\n"
	static const struct {
		const char *story, *text;
		enum config_http how;
		bool local;
	} cases[] = {
		{ "as it is", "", CONFIG_HTTP_PLAIN, true },
		{ "none", "http: { listen: null }\n", CONFIG_HTTP_NONE, false },
		{ "a word about plain alone", "http: { plain: false }\n", CONFIG_HTTP_PLAIN, true },
		{ "https when tls is set, as well", CERTIFICATE, CONFIG_HTTP_EITHER, true },
		{ "IPv6", CERTIFICATE "http: { listen: \"[::1]:8080\" }\n", CONFIG_HTTP_EITHER, true },
		{ "plain by name", CERTIFICATE "http: { listen: \"127.0.0.1:8080\", plain: true }\n",
			CONFIG_HTTP_PLAIN, true },
		{ "tls by name", CERTIFICATE "http: { listen: \"tls:127.0.0.1:8443\" }\n", CONFIG_HTTP_TLS,
			false },
		{ "elsewhere with a certificate", CERTIFICATE "http: { listen: \"0.0.0.0:8080\" }\n",
			CONFIG_HTTP_TLS, false },
		{ "client certificates on loopback", CERTIFICATE "http: { client_ca: /a }\n", CONFIG_HTTP_TLS,
			true },
		{ "behind somebody who ends TLS",
			CERTIFICATE "http: { listen: \"192.0.2.1:8080\", plain: true }\n", CONFIG_HTTP_PLAIN,
			false },
		{ "without a certificate", "http: { listen: \"192.0.2.1:8080\", plain: true }\n",
			CONFIG_HTTP_PLAIN, false },
	};
	struct config_why why;
	struct config c;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK(parse(&c, cases[i].text, &why) == BRIDGE_OK, "%s: %s", cases[i].story, why.text);
		CHECK_INT(cases[i].how, config_http(&c), cases[i].story);
		CHECK_INT(cases[i].local, config_http_local(&c), cases[i].story);
	}
}

TEST(an_address_is_taken_apart)
{
	struct config_listen l;

	CHECK(config_listen_parse(&l, "tls:[2001:db8::5]:5061", true), "IPv6");
	CHECK_STR("tls", l.transport, "transport");
	CHECK_STR("2001:db8::5", l.host, "without brackets");
	CHECK_INT(5061, l.port, "port");
	CHECK(config_listen_parse(&l, "127.0.0.1:8080", false), "without transport");
	CHECK_STR("", l.transport, "none");
	CHECK_STR("127.0.0.1", l.host, "IPv4");
	CHECK(!config_listen_parse(&l, "", false) && !config_listen_parse(&l, "udp", true), "nothing in it");
	CHECK(!config_listen_parse(&l, "udp:[]:1", true) && !config_listen_parse(&l, "udp:[:1", true),
		"brackets");
}

TEST(files)
{
	char path[] = "/tmp/test_config.XXXXXX";
	int fd = mkstemp(path);
	struct config_why why;
	struct config c;

	CHECK(fd >= 0, "a file");
	CHECK_INT(13, write(fd, "node: a\nx: 1\n", 13), "written");
	close(fd);
	CHECK_INT(BRIDGE_SYNTAX, config_load(&c, path, &why), "an unknown key");
	CHECK_INT(2, why.line, "in line 2");
	CHECK_INT(0, truncate(path, 8), "the first line only");
	CHECK_INT(BRIDGE_OK, config_load(&c, path, &why), "a good file");
	CHECK_STR("a", c.node, "read");
	unlink(path);
	CHECK_INT(BRIDGE_FILE, config_load(&c, path, &why), "a file that is gone");
	CHECK_INT(ENOENT, errno, "errno says why");
	CHECK(strstr(why.text, path) && strstr(why.text, "No such file"), "%s", why.text);
	CHECK_INT(BRIDGE_FILE, config_load(&c, "/", &why), "a directory");
	CHECK_INT(EISDIR, errno, "errno says why");
}

TESTS(the_contract_example_is_the_defaults, every_key_is_read, what_is_wrong_is_named_by_line_and_key,
	who_could_read_the_api, an_address_is_taken_apart, files)
