/* tlsgate.h - a carrier's gateway at the other end of TLS: takes connections, reads requests one by one, answers, and asks itself.
 *
 * How: as tests/gate, over one connection at a time; the certificates are those of tests/flow/tlspeer.
 * Use:  tlsgate_open(); tlsgate_accept() when somebody is expected; tlsgate_wait(), tlsgate_answer() ...; tlsgate_close().
 *
 * Thread: the test's; a check that fails ends the test.
 */
#ifndef TESTS_TLSGATE_H
#define TESTS_TLSGATE_H

#include "tests/flow/tlspeer.h"
#include "tests/gate.h"

struct tlsgate {
	int listen_fd;
	uint16_t port;
	char ip[64];        /* as it stands in a URI: "127.0.0.11", "[::1]" */
	void *ctx;          /* NULL: in the clear */
	struct tlspeer at;  /* who is connected; its `shown` is their certificate, "" none */
	char from[64];      /* the address that they connected from */
	char asked_for[80]; /* by SNI, "" nothing */
};

/* `certificate`: of tlspeer_certificate(); `ca`: who must vouch for a certificate that is asked for, NULL: none is. */
void tlsgate_open(
	struct tlsgate *g, const struct folder *f, const char *ip, const char *certificate, const char *ca);
/* The same over TCP alone, at that port; 0: any. */
void tlsgate_open_clear(struct tlsgate *g, const char *ip, uint16_t port);
bool tlsgate_accept(struct tlsgate *g, unsigned ms);      /* a connection, and its handshake */
bool tlsgate_quiet(const struct tlsgate *g, unsigned ms); /* does nobody connect? */
/* The next message whose first line begins so ("INVITE ", "SIP/2.0 200"); others before it fall away. */
bool tlsgate_wait(struct tlsgate *g, struct gate_request *out, const char *begin, unsigned ms);
/* `tag` NULL: none is added. `headers` ended by CRLF each; `sdp` NULL: none. */
void tlsgate_answer(struct tlsgate *g, const struct gate_request *to, unsigned status, const char *tag,
	const char *headers, const char *sdp);
/* In the dialog that our 2xx with this tag to `invite` made. */
void tlsgate_request(struct tlsgate *g, const struct gate_request *invite, const char *method,
	const char *tag, unsigned cseq, const char *sdp);
void tlsgate_hangup(struct tlsgate *g); /* the connection, not the gate */
void tlsgate_close(struct tlsgate *g);
#endif
