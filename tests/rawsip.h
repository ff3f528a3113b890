/* rawsip.h - a SIP speaker that sends what it is told, byte for byte: what SIPp would not.
 *
 * How: one socket, one dialog; messages are put together from templates, and any header may be replaced or left out.
 * Use:  raw_open(); raw_request(), raw_wait() for what comes back; raw_call() for a whole INVITE, 200, ACK.
 */
#ifndef TESTS_RAWSIP_H
#define TESTS_RAWSIP_H

#include <stdbool.h>
#include <stddef.h>

enum { RAW_TEXT = 8192, RAW_TAG = 96 };

struct raw {
	int fd;
	bool tcp;
	char ip[40];
	unsigned port, to_port;
	char call_id[RAW_TAG], from_tag[RAW_TAG], to_tag[RAW_TAG], target[RAW_TAG * 2], branch[RAW_TAG];
	unsigned cseq;
	char last[RAW_TEXT]; /* what came last, 0-terminated */
};

extern const char raw_offer[]; /* a good description */

/* ip: our own loopback address; port 0: any.  False: no socket, or TCP was refused. */
bool raw_open(struct raw *r, const char *ip, unsigned port, unsigned to_port, bool tcp);
void raw_close(struct raw *r);
bool raw_send(struct raw *r, const char *bytes, size_t n);

/* Sends one request of this dialog.
 *   headers  more of them, each ended by CRLF; one named Contact, Via, From, To, CSeq or Content-Type replaces ours, with an
 *            empty value it leaves ours out
 *   body     NULL: none */
bool raw_request(struct raw *r, const char *method, const char *headers, const char *body);

unsigned raw_any(
	struct raw *r, unsigned ms); /* next message: its status, 1 for a request, 0 for none within ms */
/* The same, without 100 Trying and what answers older requests. */
unsigned raw_wait(struct raw *r, unsigned ms);
unsigned raw_final(struct raw *r, unsigned ms);                      /* the same, all 1xx skipped */
bool raw_has(const struct raw *r, const char *part);                 /* in what came last */
bool raw_reply(struct raw *r, unsigned status, const char *headers); /* to the request that came last */

/* INVITE with a good offer, 200, ACK: 200, or what came instead. */
unsigned raw_call(struct raw *r, const char *number);
/* A new dialog, INVITE with a good offer and these headers, ACK: what it came to; 0: nothing within ms. */
unsigned raw_invite(struct raw *r, const char *number, const char *headers, unsigned ms);
void raw_fresh(struct raw *r, const char *number); /* a new dialog on the same socket */
#endif
