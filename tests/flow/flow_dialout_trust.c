/* links: tests/gate.c tests/tlsgate.c */
/* Calls to carriers over TLS: whose certificate is believed, what keys are offered, and where a call goes when TLS fails. */
#include "tests/tlsbed.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void start_spare(struct bed *b, struct peer *sipp)
{
	char port[8];

	snprintf(port, sizeof(port), "%u", b->spare_port);
	CHECK(peer_start(sipp, &b->bridge.folder, "spare",
		      (const char *const[]){ "sipp", "-sf", "tests/flow/sipp/gateway_answers.xml", "-i",
			      "127.0.0.12", "-p", port, "-nostdin", "-timeout", "60s", NULL }),
		"sipp");
	test_sleep_ms(300);
}

static int listen_quietly(uint16_t *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f00000b) };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(at);

	CHECK(bind(fd, (struct sockaddr *)&at, len) == 0 && listen(fd, 4) == 0 &&
			getsockname(fd, (struct sockaddr *)&at, &len) == 0,
		"it listens");
	*port = ntohs(at.sin_port);
	return fd;
}

/* openssl s_server with that certificate. */
static uint16_t start_server(struct bed *b, struct peer *server, const char *certificate, const char *option)
{
	const uint16_t port = free_tcp_port("127.0.0.11");
	static unsigned n;
	char name[24], at[32], pem[80], key[80];

	snprintf(name, sizeof(name), "server-%u", n++);
	snprintf(at, sizeof(at), "127.0.0.11:%u", port);
	snprintf(pem, sizeof(pem), "%s.pem", certificate);
	snprintf(key, sizeof(key), "%s.key", certificate);
	CHECK(peer_start(server, &b->keys, name,
		      (const char *const[]){ "openssl", "s_server", "-accept", at, "-cert",
			      folder_file(&b->keys, pem), "-key", folder_file(&b->keys, key), "-www", option,
			      NULL }),
		"openssl s_server");
	CHECK(peer_wait_line(server, "ACCEPT", 3000), "it is ready");
	return port;
}

TEST(tls_failures_move_on_and_say_why)
{
	static const struct {
		const char *story, *certificate; /* NULL: nobody is there; "": somebody who says nothing */
		const char *option, *more, *words;
	} cases[] = {
		{ "wrong name", "other", NULL, ", tls_name: carrier.example",
			"TLS: its certificate is for other.example, not for carrier.example" },
		{ "the host of the URI, when no name is given", "carrier", NULL, "",
			"TLS: its certificate is for carrier.example, not for 127.0.0.11" },
		{ "a wildcard is no name (RFC 5922 section 7.2)", "wild", NULL, ", tls_name: carrier.example",
			"TLS: its certificate is for *.example, not for carrier.example" },
		{ "a DNS name beside a sip: URI does not count (section 7.1)", "both", NULL,
			", tls_name: carrier.example",
			"TLS: its certificate is for other.example, not for carrier.example" },
		{ "expired", "expired", NULL, ", tls_name: carrier.example",
			"TLS: its certificate does not hold: certificate has expired" },
		{ "another authority", "false", NULL, ", tls_name: carrier.example",
			"TLS: its certificate does not hold: unable to get local issuer certificate" },
		{ "its own authority", "impostor", NULL, ", tls_name: impostor",
			"TLS: its certificate does not hold: self-signed certificate" },
		{ "TLS 1.1", "carrier", "-tls1_1", ", tls_name: carrier.example", "TLS: " },
		{ "nobody is there", NULL, NULL, ", tls_name: carrier.example", "TLS: Connection refused" },
		{ "no handshake", "", NULL, ", tls_name: carrier.example",
			"TLS: the handshake was not over within 5 s" },
		{ "an authority that cannot be read", "carrier", NULL,
			", tls_name: carrier.example, tls_ca: /nonexistent/ca.pem",
			"TLS: tls.ca: /nonexistent/ca.pem: " },
	};
	struct bed b;
	struct peer spare;
	char site[SITE], gateway[80];

	make_keys(&b);
	tlspeer_authority(&b.keys, "impostor");
	tlspeer_certificate(&b.keys, "other", "other.example", "authority");
	tlspeer_certificate(&b.keys, "wild", "DNS:*.example", "authority");
	tlspeer_certificate(&b.keys, "both", "URI:sip:other.example,DNS:carrier.example", "authority");
	tlspeer_certificate(&b.keys, "false", "carrier.example", "impostor");
	tlspeer_expired(&b.keys, "expired", "carrier.example", "authority");
	begin(&b, "sip:127.0.0.11:1;transport=tls", "", NULL, NULL);
	start_spare(&b, &spare);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const bool serves = cases[i].certificate && cases[i].certificate[0];
		uint16_t port = free_tcp_port("127.0.0.11");
		struct peer server;
		int quiet = -1;
		const json_t *event;
		json_t *tls;

		if (serves)
			port = start_server(&b, &server, cases[i].certificate, cases[i].option);
		else if (cases[i].certificate)
			quiet = listen_quietly(&port);
		snprintf(gateway, sizeof(gateway), tls_gateway, port);
		write_site(&b, site, gateway, cases[i].more);
		CHECK_INT(200, bridge_put_site(&b.bridge, site, NULL), cases[i].story);
		dial(&b);
		event = wait_event(&b, "dialout.rerouted");
		CHECK(strncmp(json_text_at(event, "cause"), cases[i].words, strlen(cases[i].words)) == 0 &&
				strlen(json_text_at(event, "cause")) > 6,
			"%s: %s", cases[i].story, json_text_at(event, "cause"));
		CHECK_STR("the gateway could not be reached", json_text_at(event, "why"), cases[i].story);
		event = wait_event(&b, "dialout.answered");
		CHECK_STR("second", json_text_at(event, "trunk"), cases[i].story);
		tls = member(&b);
		CHECK_STR("failed", json_text_at(tls, "state"), cases[i].story);
		CHECK(strstr(json_text_at(tls, "failure"), cases[i].words + 5), "%s: %s", cases[i].story,
			json_text_at(tls, "failure"));
		json_decref(tls);
		hang_up(&b);
		CHECK(bridge_wait_count(&b.bridge, "/v1/calls", 0, WAIT_MS), "gone");
		if (serves)
			peer_stop(&server, 1000);
		if (quiet >= 0)
			close(quiet);
	}
	CHECK(bridge_wait_count(
		      &b.bridge, "/v1/records?trunk=second", (int)(sizeof(cases) / sizeof(*cases)), WAIT_MS),
		"records");
	CHECK(events_wait(b.events, 0, "trunk.tls_failed", "trunk", "first", 100) >= 0, "events");
	peer_stop(&spare, 500);
	end(&b);
}

/* Who wants a certificate and gets none it knows says so after the handshake (TLS 1.3): the same. */
TEST(a_gateway_that_does_not_know_us_is_a_failure)
{
	char gateway[80];
	struct peer spare;
	struct tlsgate g;
	struct bed b;
	const json_t *event;

	make_keys(&b);
	tlspeer_authority(&b.keys, "impostor");
	tlsgate_open(&g, &b.keys, "127.0.0.11", "carrier", "impostor");
	snprintf(gateway, sizeof(gateway), tls_gateway, g.port);
	begin(&b, gateway, ", tls_name: carrier.example", NULL, NULL);
	start_spare(&b, &spare);
	dial(&b);
	CHECK(!tlsgate_accept(&g, WAIT_MS), "it does not know our authority");
	event = wait_event(&b, "dialout.rerouted");
	CHECK(strstr(json_text_at(event, "cause"), "TLS: ") &&
			strstr(json_text_at(event, "cause"), "unknown ca"),
		"%s", json_text_at(event, "cause"));
	wait_event(&b, "dialout.answered");
	hang_up(&b);
	CHECK(bridge_wait_count(&b.bridge, "/v1/calls", 0, WAIT_MS), "gone");
	peer_stop(&spare, 500);
	tlsgate_close(&g);
	end(&b);
}

/* A trunk's own authority; a certificate by sip: URI, by address, by a wildcard that the operator names.  Keys by the trunk's policy. */
TEST(names_authorities_and_keys)
{
	static const struct {
		const char *story, *certificate, *more, *sni, *offer;
		bool keys;
	} cases[] = {
		{ "by sip: URI", "uri", ", tls_name: carrier.example", "carrier.example", " RTP/AVP ", true },
		{ "by address", "address", "", "", " RTP/AVP ", true },
		{ "a wildcard by its own name", "wild", ", tls_name: \"*.example\"", "", " RTP/AVP ", true },
		{ "the trunk's own authority", "false",
			", tls_name: carrier.example, tls_ca: \"%s\" }\n    srtp: require\n    limits: { "
			"channels: 9",
			"carrier.example", " RTP/SAVP ", true },
		{ "no keys", "carrier",
			", tls_name: carrier.example }\n    srtp: never\n    limits: { channels: 9",
			"carrier.example", " RTP/AVP ", false },
	};
	struct bed b;
	char site[SITE], gateway[80], more[400];
	const char *ca;

	make_keys(&b);
	tlspeer_authority(&b.keys, "impostor");
	tlspeer_certificate(&b.keys, "uri", "URI:sip:carrier.example", "authority");
	tlspeer_certificate(&b.keys, "address", "IP:127.0.0.11", "authority");
	tlspeer_certificate(&b.keys, "wild", "DNS:*.example", "authority");
	tlspeer_certificate(&b.keys, "false", "carrier.example", "impostor");
	begin(&b, "sip:127.0.0.11:1;transport=tls", "", NULL, NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct gate_request invite, r;
		struct tlsgate g;

		tlsgate_open(&g, &b.keys, "127.0.0.11", cases[i].certificate, NULL);
		snprintf(gateway, sizeof(gateway), tls_gateway, g.port);
		ca = strstr(cases[i].more, "%s");
		snprintf(more, sizeof(more), "%.*s%s%s", ca ? (int)(ca - cases[i].more) : 1000, cases[i].more,
			ca ? folder_file(&b.keys, "impostor.pem") : "", ca ? ca + 2 : "");
		write_site(&b, site, gateway, more);
		CHECK_INT(200, bridge_put_site(&b.bridge, site, NULL), cases[i].story);
		dial(&b);
		CHECK(tlsgate_accept(&g, WAIT_MS), "%s: believed", cases[i].story);
		CHECK_STR(cases[i].sni, g.asked_for, cases[i].story);
		CHECK(tlsgate_wait(&g, &invite, "INVITE ", WAIT_MS), "%s: INVITE", cases[i].story);
		CHECK(strstr(invite.text, cases[i].offer), "%s: %s", cases[i].story, invite.text);
		CHECK_INT(cases[i].keys, strstr(invite.text, "a=crypto:") != NULL, cases[i].story);
		tlsgate_answer(&g, &invite, 486, "a", NULL, NULL);
		CHECK(tlsgate_wait(&g, &r, "ACK ", WAIT_MS), "ACK");
		wait_event(&b, "dialout.busy");
		tlsgate_close(&g);
	}
	end(&b);
}

TESTS(tls_failures_move_on_and_say_why, a_gateway_that_does_not_know_us_is_a_failure,
	names_authorities_and_keys)
