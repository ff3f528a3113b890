/* gate.h - a gateway that says what it is told: one UDP socket, requests kept as they came, answers written by hand.
 *
 * How: gate_wait() takes the next request of a method, repetitions and others fall away; what came can be answered now or later,
 * as often as wanted and with any To tag, so that one INVITE can be forked.
 * Use:  gate_open(); gate_wait(); gate_answer(); gate_header() to look; gate_close().
 */
#ifndef TESTS_GATE_H
#define TESTS_GATE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

enum { GATE_TEXT = 16384, GATE_VALUE = 2048 };

struct gate {
	int fd;
	char ip[40];
	unsigned port;
};

struct gate_request {
	char text[GATE_TEXT];
	struct sockaddr_in from;
};

extern const char gate_sdp[]; /* PCMU, at 127.0.0.2:30000 */

bool gate_open(struct gate *g, const char *ip); /* 127.0.0.x; any port */
bool gate_open_at(struct gate *g, const char *ip, unsigned port);
void gate_close(struct gate *g);
/* The next request of this method.  False: none within ms. */
bool gate_wait(struct gate *g, struct gate_request *out, const char *method, unsigned ms);
/* Is a request of this method NOT sent within ms? */
bool gate_quiet(struct gate *g, const char *method, unsigned ms);
/* `tag` NULL: none is added.  `headers`: more of them, each ended by CRLF; a Contact there replaces ours.  body NULL: none. */
void gate_answer(struct gate *g, const struct gate_request *to, unsigned status, const char *tag,
	const char *headers, const char *body);
/* A request in the dialog that our 2xx with this tag to `invite` made. */
void gate_request(struct gate *g, const struct gate_request *invite, const char *method, const char *tag,
	unsigned cseq);
void gate_request_body(struct gate *g, const struct gate_request *invite, const char *method, const char *tag,
	unsigned cseq, const char *headers, const char *body); /* headers ended by CRLF each */
/* A header's value; "" without.  Lives until the next 4 calls. */
const char *gate_header(const struct gate_request *r, const char *name);
const char *gate_line(const struct gate_request *r); /* "INVITE sip:1@127.0.0.2 SIP/2.0" */
#endif
