/* locate.h - from a gateway as the operator wrote it to addresses to call, in order (RFC 3263, RFC 2782): pure, without a resolver.
 *
 *   literal ------------------------------------------------------------> addresses
 *   name:port -------------------------------------> A, AAAA -----------> addresses
 *   name;transport=x ------------> SRV _sip._x ----> A, AAAA of each ---> members
 *   name ---> NAPTR ---> SRV ----------------------> A, AAAA of each ---> members
 *               | none: SRV of each transport we speak; no SRV at all: A, AAAA, UDP 5060
 *
 * Once there is an SRV record the name's own addresses are never used (RFC 3263 section 4.2); an SRV whose target is "." says
 * that there is no such service.
 *
 * How: locate_next() says what to look up, locate_feed() takes the answer, until there is nothing more to ask; whoever has a
 * resolver (bridge/resolver) drives it.  locate_order() draws the order for one call.
 * Thread: any; pure, randomness injected.
 */
#ifndef SIP_LOCATE_H
#define SIP_LOCATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LOCATE_HOST = 254,
	LOCATE_TARGET = 64,
	LOCATE_MEMBERS = 16,
	LOCATE_RECORDS = 16,
	LOCATE_QUESTIONS = 32,
	LOCATE_TTL_MIN_S = 30,
	LOCATE_TTL_MAX_S = 3600
};

enum locate_transport { LOCATE_UDP, LOCATE_TCP, LOCATE_TLS, LOCATE_TRANSPORTS };
enum locate_type { LOCATE_A, LOCATE_AAAA, LOCATE_SRV, LOCATE_NAPTR };

struct locate_question {
	enum locate_type type;
	char name[LOCATE_HOST];
	/* of the member that it is for */
	enum locate_transport transport;
	uint16_t port, priority, weight;
};

struct locate_record {                   /* of one type per answer */
	char name[LOCATE_HOST];          /* SRV target, NAPTR replacement; A and AAAA: the address as text */
	uint16_t port, priority, weight; /* SRV; NAPTR: priority order, weight preference */
	char service[16], flags[8];      /* NAPTR */
	unsigned ttl_s;
};

struct locate_answer {
	bool failed; /* no answer: timeout, SERVFAIL; else `n` records, perhaps none */
	const struct locate_record *records;
	size_t n;
};

struct locate_member {
	char target[LOCATE_TARGET]; /* "udp:192.0.2.1:5060", "tls:[2001:db8::1]:5061" */
	char name[LOCATE_HOST];     /* whose address it is */
	uint16_t priority, weight;
};

struct locate {
	char host[LOCATE_HOST]; /* of the gateway's URI */
	bool asked_srv, found_srv, found_naptr, failed, no_service;
	unsigned transports; /* bits 1 << enum locate_transport that we speak */
	struct locate_question questions[LOCATE_QUESTIONS];
	size_t n_questions, at;
	struct locate_member members[LOCATE_MEMBERS]; /* by priority */
	size_t n_members;
	unsigned ttl_s; /* least of all that was used */
};

/* Begins with a URI such as "sip:carrier.example", "sip:[2001:db8::1]:5070;transport=tcp", "sips:gw.example".
 * `transports` that this node speaks.  False: no such URI, or it wants a transport that we do not speak. */
bool locate_start(struct locate *l, const char *uri, unsigned transports);
const struct locate_question *locate_next(const struct locate *l);      /* NULL: that was all */
void locate_feed(struct locate *l, const struct locate_answer *answer); /* to that question */

/* Order of one call: by priority, then drawn by weight (RFC 2782).  `order` gets indexes; `draw(arg, below)` gives 0 .. below - 1. */
void locate_order(const struct locate_member *members, size_t n, unsigned (*draw)(void *arg, unsigned below),
	void *arg, unsigned order[LOCATE_MEMBERS]);
#endif
