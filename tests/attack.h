/* attack.h - what hostile people send, each kind as a function; the test around it watches a meeting meanwhile.
 *
 * How: SIP from a trunk's address (so that it gets past the first door), sound from strangers and from a caller, connections and
 * requests to the API.  Each checks what the attacker gets back; that nobody else notices is the caller's to check.
 * Use:  attack_begin(); any of them; attack_end().
 *
 * Thread: the test's; a check that fails ends the test.
 */
#ifndef TESTS_ATTACK_H
#define TESTS_ATTACK_H

#include "tests/flow/bridge.h"
#include "tests/garble.h"
#include "tests/rawsip.h"

#define ATTACK_TRUNK "127.0.0.2"
#define ATTACK_STRANGER "127.0.0.9"
#define ATTACK_MEETING "+15550101"   /* a number that leads to a meeting without PIN */
#define ATTACK_ATTENDANT "+15550100" /* one that the attendant answers */

#define GOOD_HEAD "v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\n"
#define GOOD_ADDRESS "c=IN IP4 127.0.0.2\r\nt=0 0\r\n"

/* Loud, and to be heard by nobody: from a stranger, from the right host but a wrong port, with a caller's own SSRC. */
enum { STRANGER_HZ = 1000, WRONG_PORT_HZ = 1250, FORGED_HZ = 1500 };

struct attack {
	struct bridge *b;               /* borrowed */
	unsigned first_port, last_port; /* its RTP ports */
	struct raw sip;                 /* of the trunk */
	struct garble garble;
	uint64_t poisoned_ms; /* when K2 was sent */
};

void attack_begin(struct attack *a, struct bridge *b);
void attack_end(struct attack *a);
void attack_check_alive(struct attack *a, const char *story); /* API and SIP answer */

/* attack_sip.c */
void attack_k2(struct attack *a); /* K1 is among the descriptions */
void attack_k3(struct attack *a);
void attack_torture(struct attack *a);      /* RFC 4475 */
void attack_descriptions(struct attack *a); /* SDP of every kind of wrong */
void attack_garbled(struct attack *a);      /* some thousand messages, cut and flipped */
void attack_as_stranger(struct attack *a);  /* a thousand INVITEs */

/* attack_media.c */
struct port_list {
	unsigned ports[64];
	unsigned n;
};
/* RTP ports that are open on 127.0.0.1 in the bridge's range, by the kernel's own list. */
void attack_find_ports(const struct attack *a, struct port_list *out);
/* A loud tone, well-formed in all but who sends it. */
void attack_speak(const struct port_list *to, const char *ip, unsigned hz, unsigned ms);
void attack_throw(struct attack *a,
	const struct port_list *to); /* RTP and RTCP that are none, from two who are no callers */
/* One more caller in the same meeting, who sends sound and, in between and from the same socket, nonsense; and a
 * stranger who knows its SSRC and sequence number. */
void attack_inside(struct attack *a);

/* attack_api.c */
void attack_half_open(
	struct attack *a); /* hundreds of connections that say half a sentence, to SIP and HTTP */
void attack_api(struct attack *a);
#endif
