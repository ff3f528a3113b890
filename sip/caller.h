/* caller.h - who a caller says to be, beside From: P-Asserted-Identity, P-Preferred-Identity (RFC 3325), Remote-Party-ID, Privacy
 * (RFC 3323), Diversion (RFC 5806), History-Info (RFC 7044), Session-ID (RFC 7989).  Read here, believed elsewhere.
 *
 * How: one header at a time, in the order of the message; of each the user part is kept.  Of several Diversions the last is
 * whom the call was for at first; of History-Info it is the first, once a later one is for somebody else (;mp, a cause, another user).
 * Use:  zero-initialise; caller_read() per header.
 *
 * Thread: any; pure.
 */
#ifndef SIP_CALLER_H
#define SIP_CALLER_H

#include <stdbool.h>
#include <stddef.h>

enum { CALLER_USER = 64, CALLER_REASON = 24, CALLER_SESSION = 33 };

struct caller {
	char asserted[CALLER_USER], preferred[CALLER_USER],
		remote_party[CALLER_USER]; /* "": no such header */
	bool privacy;                      /* Privacy: id, user or header */
	bool remote_party_privacy;         /* ;privacy=full, uri or name on Remote-Party-ID */
	bool history_privacy;              /* Privacy: history, session or header (RFC 7044 section 10.1) */
	char diverted[CALLER_USER],
		diverted_why[CALLER_REASON]; /* of Diversion: "unconditional", "user-busy" ... */
	char history[CALLER_USER], history_why[CALLER_REASON]; /* of History-Info, in the same words */
	bool diverted_hidden;                                  /* of that Diversion: ;privacy=full or uri */
	bool history_hidden;                                   /* of that entry: Privacy in its URI */
	bool history_moved; /* it went on to somebody else, not only to another address of the same one */
	unsigned n_history;
	char session[CALLER_SESSION]; /* 32 hexadecimal digits: the sender's own */
};

/* Takes a header in; those that say nothing of a caller are overlooked, as is what cannot be read. */
void caller_read(struct caller *c, const char *name, const char *value);
/* Of a Session-ID header the sender's own part; false: it is none. */
bool caller_session(char out[CALLER_SESSION], const char *value);
#endif
