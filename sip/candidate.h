/* candidate.h - ICE in descriptions (RFC 8839): what theirs say of it, and ours, which is a lite agent's; pure.
 *
 *      theirs                                     ours, answering
 *      no credentials                             nothing: plain addresses
 *      default address among no candidates        a=ice-mismatch: somebody on the way changed it; plain addresses
 *      lite as well                               a lite description; plain addresses (RFC 8445 section 6.1.1: nobody would check)
 *      else                                       a lite description: they check, mixer/ice answers
 *
 * How: our one candidate per component is the address that the description names anyway: a lite agent can be reached there, or
 * by what is advertised for it.  Credentials are made of a random secret and a number, which rises when the far end restarts
 * (RFC 8839 section 4.4.1.1.1): other credentials of theirs get other ones of ours.  Of theirs only a print is kept: we never
 * send a check.
 * Use:  candidate_take() per attribute; candidate_judge(); candidate_follow() before candidate_describe().
 *
 * Thread: control.
 */
#ifndef SIP_CANDIDATE_H
#define SIP_CANDIDATE_H

#include "sip/sdp.h"

struct span; /* sip/span.h, which Sofia's headers cannot stand beside */

enum { CANDIDATE_UFRAG = 12, CANDIDATE_PWD = 32, CANDIDATE_SECRET = 16 };

struct candidate_self {                   /* our side's, for the whole session; savable */
	bool allowed;                     /* the trunk says so; else no word of ICE is said */
	uint8_t secret[CANDIDATE_SECRET]; /* random */
	uint32_t generation;              /* of our credentials */
	uint64_t theirs;                  /* print of the credentials they said last; 0: none */
};

struct candidate_agreed {                                /* savable */
	bool on;                                         /* they check, we answer */
	char ufrag[CANDIDATE_UFRAG], pwd[CANDIDATE_PWD]; /* ours */
	uint64_t theirs; /* as above; 0: they have none, or none that we may use */
};

enum candidate_way { CANDIDATE_NONE, CANDIDATE_MISMATCH, CANDIDATE_BOTH_LITE, CANDIDATE_CHECKED };

/* Takes an attribute of ICE; false: it is another one.  What is malformed is as good as absent. */
bool candidate_take(struct sdp_ice *to, struct span name, struct span value);

/* What their stream wants. */
enum candidate_way candidate_judge(const struct sdp_media *theirs);
/* They did not gather yet (RFC 8840: 0.0.0.0 and port 9): that is no hold. */
bool candidate_trickles(const struct sdp_media *theirs);
/* Of their credentials; 0: none. */
uint64_t candidate_print(const struct sdp_ice *theirs);

/* Their offer came: other credentials than before are a restart. */
void candidate_follow(struct candidate_self *self, const struct sdp_media *theirs);

/* Ours, for a stream that is otherwise described: its address, its port, that of RTCP unless it is muxed. */
void candidate_describe(struct sdp_media *ours, const struct candidate_self *self, uint16_t rtcp_port);
#endif
