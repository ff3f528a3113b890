/* tlsbed.h - a bridge that calls out over TLS: trunk `first` by a gateway of the test's, then `second` at 127.0.0.12 in the clear.
 *
 * Use:  make_keys(), more certificates into b->keys; begin(); dial(), wait_event(), hang_up(); end().
 *
 * Thread: the test's; a check that fails ends the test.
 */
#ifndef TESTS_TLSBED_H
#define TESTS_TLSBED_H

#include "tests/flow/ask.h"
#include "tests/flow/events.h"
#include "tests/test.h"
#include "tests/tlsgate.h"

enum { SITE = 3000, NODE = 1600, WAIT_MS = 8000 };

struct bed {
	struct folder keys;
	struct bridge bridge;
	struct events *events;
	uint16_t tls_port, spare_port; /* spare: of SIPp at 127.0.0.12, UDP */
	char id[ASK_ID];
};

static inline void make_keys(struct bed *b)
{
	memset(b, 0, sizeof(*b));
	CHECK(folder_make(&b->keys), "a folder");
	tlspeer_authority(&b->keys, "authority");
	tlspeer_certificate(&b->keys, "bridge", "bridge.example", "authority");
	tlspeer_certificate(&b->keys, "carrier", "carrier.example", "authority");
	b->spare_port = free_sip_port("127.0.0.12");
}

static inline void write_site(const struct bed *b, char out[SITE], const char *gateway, const char *more)
{
	snprintf(out, SITE,
		"accounts:\n  - name: acme\n    meetings:\n      - { id: \"100200300\", name: Open }\n"
		"trunks:\n"
		"  - name: first\n    outbound: { gateways: [ \"%s\" ], username: us, password: secret, "
		"realm: "
		"carrier, keepalive: false%s }\n"
		"  - name: second\n    outbound: { gateways: [ \"sip:127.0.0.12:%u\" ], keepalive: false }\n"
		"routes:\n  - { account: acme, prefix: \"+1\", trunks: [ first, second ], caller_id: "
		"\"+15550100\" }\n"
		"numbers:\n"
		"  - { number: \"+15550100\", trunk: first, account: acme, answer: \"meeting:100200300\" }\n",
		gateway, more, b->spare_port);
}

static inline void begin_with(struct bed *b, const char *gateway, const char *more, const char *node_more,
	const char *tls_ip, unsigned idle_s)
{
	char site[SITE], node[NODE];

	write_site(b, site, gateway, more);
	b->tls_port = free_tcp_port("127.0.0.1");
	snprintf(node, sizeof(node),
		"tls: { certificate: \"%s\", key: \"%s\", ca: \"%s\", keepalive_s: 1, idle_s: %u }\n%s",
		folder_file(&b->keys, "bridge.pem"), folder_file(&b->keys, "bridge.key"),
		folder_file(&b->keys, "authority.pem"), idle_s, node_more ? node_more : "");
	CHECK(bridge_start(&b->bridge,
		      &(struct bridge_setup){
			      .site = site, .node = node, .tls_port = b->tls_port, .tls_ip = tls_ip }),
		"the bridge is up");
	b->events = events_open(&b->bridge, NULL);
	CHECK(b->events, "events");
}

static inline void begin(
	struct bed *b, const char *gateway, const char *more, const char *node_more, const char *tls_ip)
{
	begin_with(b, gateway, more, node_more, tls_ip, 60);
}

static inline void end(struct bed *b)
{
	events_close(b->events);
	CHECK_INT(0, bridge_stop(&b->bridge), "the bridge ends in order");
	folder_remove(&b->keys);
}

static inline void dial(struct bed *b)
{
	ask_call(&b->bridge, "+15550199", b->id);
}

static const json_t *wait_event(struct bed *b, const char *type)
{
	const bool of_ours = strncmp(type, "dialout", 7) == 0;
	const int n = events_need(b->events, &b->bridge, type, of_ours ? "id" : NULL, b->id, WAIT_MS);

	return json_object_get(events_get(b->events, n, NULL), "data")
		       ? json_object_get(events_get(b->events, n, NULL), "data")
		       : events_get(b->events, n, NULL);
}

static inline void hang_up(struct bed *b)
{
	ask_hang_up(&b->bridge, b->id);
}

static inline json_t *member(const struct bed *b)
{
	json_t *list = bridge_get(&b->bridge, "/v1/trunks"), *out;

	out = json_incref(json_object_get(
		json_array_get(
			json_object_get(
				json_array_get(
					json_object_get(json_array_get(json_object_get(list, "items"), 0),
						"gateways"),
					0),
				"members"),
			0),
		"tls"));
	json_decref(list);
	return out;
}

static const char tls_gateway[] = "sip:127.0.0.11:%u;transport=tls";
#endif
