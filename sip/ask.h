/* ask.h - questions outside of any call, put to a gateway: OPTIONS, REGISTER.
 *
 * How: one request, one answer; challenges are answered by sip/login on the way, twice at most.  Nothing is repeated or
 * refreshed here: sip/gateway and sip/register say when.
 * Use:  ua_ask(); `done` is called once from the loop.
 *
 * Thread: control.
 */
#ifndef SIP_ASK_H
#define SIP_ASK_H

#include "sip/call.h"

struct ask_answer {
	unsigned status; /* final; 0: nothing came in time, or the transport failed */
	unsigned retry_after_s, min_expires_s, expires_s; /* 0: not said; expires_s of our own Contact */
	uint32_t round_trip_us;                           /* of the last request */
	bool refused_credentials;
	const char *text; /* for people; valid during the call */
};

struct ask_question {          /* texts are borrowed while ua_ask() runs */
	const char *method;    /* "OPTIONS", "REGISTER" */
	const char *target;    /* "udp:192.0.2.1:5060" */
	const char *local;     /* as in sip/call.h */
	const char *relay;     /* of a tls: target, as in sip/call.h */
	const char *uri;       /* Request-URI: "sip:carrier.example" */
	const char *from, *to; /* URIs; of a REGISTER both are the address of record */
	bool registers;        /* with Contact and Expires */
	unsigned expires_s;
	const char *contact_user; /* of a REGISTER: the user part that calls will come to */
	const char *call_id;      /* kept over refreshes (RFC 3261 section 10.2); NULL: a new one */
	unsigned cseq;            /* above all before with this call_id */
	const char *username, *password, *realm; /* NULL: none */
	void (*done)(void *arg, uint32_t id, const struct ask_answer *answer);
	void *arg;
	uint32_t id; /* the asker's own; comes back with the answer */
};

/* CALL_ADDRESS: no listener of ours speaks to that target; CALL_RANGE: a text is too long. */
enum call_err ua_ask(struct ua *ua, const struct ask_question *question);
#endif
