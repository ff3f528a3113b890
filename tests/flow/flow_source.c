/* links: tests/gate.c tests/tlsgate.c */
#include "tests/flow/ask.h"
#include "tests/flow/events.h"
#include "tests/test.h"
#include "tests/tlsgate.h"

#include <stdlib.h>

/* By which of this machine's addresses a connection goes out (FEATURES T24, T27): `lan` is reached by 127.0.0.7, which is 127.0.0.77 to
 * others, `plain` as the node listens, at 127.0.0.1. */

enum { WAIT_MS = 8000, SITE = 3000, NODE = 1600 };

static const char site[] =
	"accounts:\n  - name: acme\n    meetings:\n      - { id: \"100200300\", name: Open }\n"
	"trunks:\n"
	"  - name: plain\n"
	"    outbound: { gateways: [ \"sip:127.0.0.21:%u;transport=%s\" ], tls_name: carrier.example, "
	"keepalive: false }\n"
	"  - name: lan\n    interface: %s\n"
	"    outbound: { gateways: [ \"sip:127.0.0.21:%u;transport=%s\" ], tls_name: carrier.example, "
	"keepalive: false }\n"
	"routes:\n  - { account: acme, prefix: \"+1\", trunks: [ plain ] }\n"
	"  - { account: acme, prefix: \"+44\", trunks: [ lan ] }\n";

struct bed {
	struct folder keys;
	struct bridge bridge;
	struct events *events;
	struct tlsgate gate;
	uint16_t tls_port;
	char id[ASK_ID];
};

static const char *site_of(const struct bed *b, const char *interface)
{
	const char *transport = b->gate.ctx ? "tls" : "tcp";
	static char text[SITE];

	snprintf(text, sizeof(text), site, b->gate.port, transport, interface, b->gate.port, transport);
	return text;
}

static void begin(struct bed *b, bool tls)
{
	static const char *const others[] = { "127.0.0.7", NULL };
	char node[NODE];

	memset(b, 0, sizeof(*b));
	CHECK(folder_make(&b->keys), "a folder");
	tlspeer_authority(&b->keys, "authority");
	tlspeer_certificate(&b->keys, "bridge", "bridge.example", "authority");
	tlspeer_certificate(&b->keys, "carrier", "carrier.example", "authority");
	if (tls)
		tlsgate_open(&b->gate, &b->keys, "127.0.0.21", "carrier", NULL);
	else
		tlsgate_open_clear(&b->gate, "127.0.0.21", 0);
	b->tls_port = free_tcp_port("127.0.0.7");
	snprintf(node, sizeof(node),
		"tls: { certificate: \"%s\", key: \"%s\", ca: \"%s\" }\n"
		"interfaces:\n  lan: { listen: 127.0.0.7, advertise: 127.0.0.77, ports: 36200-36219 }\n",
		folder_file(&b->keys, "bridge.pem"), folder_file(&b->keys, "bridge.key"),
		folder_file(&b->keys, "authority.pem"));
	CHECK(bridge_start(&b->bridge, &(struct bridge_setup){ .site = site_of(b, "lan"),
					       .node = node,
					       .tls_port = b->tls_port,
					       .tls_also = "127.0.0.7",
					       .listen_ips = others }),
		"bridge");
	b->events = events_open(&b->bridge, NULL);
	CHECK(b->events, "events");
}

static void end(struct bed *b)
{
	events_close(b->events);
	CHECK_INT(0, bridge_stop(&b->bridge), "bridge");
	tlsgate_close(&b->gate);
	folder_remove(&b->keys);
}

/* A call that comes by a new connection: from which address, and what its Via and Contact say. */
static void comes_from(
	struct bed *b, struct gate_request *invite, const char *to, const char *address, const char *named)
{
	const char *const word = b->gate.ctx ? "TLS" : "TCP";
	char via[64], contact[64];

	ask_call(&b->bridge, to, b->id);
	CHECK(tlsgate_accept(&b->gate, WAIT_MS), "%s: a connection", to);
	CHECK_STR(address, b->gate.from, "the address that it comes from");
	CHECK(tlsgate_wait(&b->gate, invite, "INVITE ", WAIT_MS), "%s: INVITE", to);
	snprintf(via, sizeof(via), "SIP/2.0/%s %s:%u;", word, named,
		b->gate.ctx ? b->tls_port : b->bridge.sip_port);
	CHECK(strncmp(gate_header(invite, "Via"), via, strlen(via)) == 0, "%s, not %s",
		gate_header(invite, "Via"), via);
	snprintf(contact, sizeof(contact), "@%s:", named);
	CHECK(strstr(gate_header(invite, "Contact"), contact), "%s", gate_header(invite, "Contact"));
}

static void refuse(struct bed *b, struct gate_request *invite)
{
	struct gate_request r;

	tlsgate_answer(&b->gate, invite, 486, "a", NULL, NULL);
	CHECK(tlsgate_wait(&b->gate, &r, "ACK ", WAIT_MS), "ACK");
	events_need(b->events, &b->bridge, "dialout.busy", "id", b->id, WAIT_MS);
}

/* gate                       bridge
 *  | <== TLS, from .7 ========= |  by `lan`, answered
 *  | <== TLS, from .1 ========= |  by `plain`, at the same gate: a connection of its own
 *  |        `lan` is moved to the node's own address
 *  | <== TLS, from .1 ========= |  the next by `lan`
 *  | --- BYE ----------------> |  the first by its own connection */
TEST(tls_leaves_by_the_trunks_interface)
{
	struct gate_request invite, first_invite, r;
	struct tlsgate first;
	struct bed b;

	begin(&b, true);
	comes_from(&b, &first_invite, "+442079460000", "127.0.0.7", "127.0.0.77");
	tlsgate_answer(&b.gate, &first_invite, 200, "a", NULL, gate_sdp);
	CHECK(tlsgate_wait(&b.gate, &r, "ACK ", WAIT_MS), "ACK");
	events_need(b.events, &b.bridge, "dialout.answered", "id", b.id, WAIT_MS);
	first = b.gate;
	b.gate.at = (struct tlspeer){ .fd = -1 };

	comes_from(&b, &invite, "+15550199", "127.0.0.1", "127.0.0.1");
	refuse(&b, &invite);

	CHECK_INT(200, bridge_put_site(&b.bridge, site_of(&b, "default"), NULL), "moved");
	events_need(b.events, &b.bridge, "trunk.tls_replaced", "trunk", "lan", WAIT_MS);
	comes_from(&b, &invite, "+442079460001", "127.0.0.1", "127.0.0.1");
	refuse(&b, &invite);

	tlsgate_request(&first, &first_invite, "BYE", "a", 1, NULL);
	CHECK(tlsgate_wait(&first, &r, "SIP/2.0 200 ", WAIT_MS), "the first call ends as it began");
	CHECK(bridge_wait_count(&b.bridge, "/v1/calls", 0, WAIT_MS), "gone");
	tlspeer_close(&first.at);
	end(&b);
}

TEST(tcp_leaves_by_the_trunks_interface)
{
	struct gate_request invite;
	struct bed b;

	begin(&b, false);
	comes_from(&b, &invite, "+442079460000", "127.0.0.7", "127.0.0.77");
	refuse(&b, &invite);
	comes_from(&b, &invite, "+15550199", "127.0.0.1", "127.0.0.1");
	refuse(&b, &invite);
	end(&b);
}

TESTS(tls_leaves_by_the_trunks_interface, tcp_leaves_by_the_trunks_interface)
