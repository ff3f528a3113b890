/* ua_nua.h - what the ua_*.c files share that names Sofia's types.  Included by sip/ua*.c only.  Thread: control. */
#ifndef SIP_UA_NUA_H
#define SIP_UA_NUA_H

#include "sip/ua_priv.h"
#include <sofia-sip/nua.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>

/* One event of nua, as its handlers want it. */
struct ua_event {
	struct listener *at;
	nua_handle_t *handle;
	struct call *call; /* NULL: none */
	int status;
	const char *phrase;
	const sip_t *sip;            /* NULL: no message */
	const struct screened *seen; /* of the message; NULL without one */
	tagi_t *tags;
};

/* ua_events.c: what nua tells, by a table. */
void ua_on_nua(nua_event_t event, int status, char const *phrase, nua_t *nua, nua_magic_t *magic,
	nua_handle_t *handle, nua_hmagic_t *hmagic, sip_t const *sip, tagi_t tags[]);

/* ua_events.c, for ua_refer.c: what refuses any request of a dialog before its own rules, 0 nothing; and whoever moves its remote target does
 * not make Sofia look names up. */
unsigned events_request_status(const struct ua_event *ev);
void events_keep_from_resolver(const struct ua_event *ev, struct call *c);

/* ua_refer.c */
void refer_on_refer(const struct ua_event *ev);
void refer_on_notify(const struct ua_event *ev);
void refer_on_response(const struct ua_event *ev);

/* ua_origin.c: the trunk of a request; NULL: none, or (seen->logs_in) not yet.  seen->ip is set, and seen->set if a
 * certificate has told. */
const char *origin_trunk(const struct ua *ua, su_home_t *home, const sip_t *sip, const struct call *call,
	struct screened *seen);
/* An INVITE with seen->logs_in.  0: it has logged in, seen->trunk is set; else the status, `lines` holds whole header lines for
 * it, *text says what was wrong, NULL: nothing, it is only asked. */
unsigned origin_login(const struct ua_event *ev, char lines[CHALLENGE_TEXT], const char **text);

/* Is it a call that we made, and that somebody sent back to us: by its way (Via), or by its Session-ID? */
bool origin_is_ours(const struct ua_event *ev);

/* ua_ask.c */
bool ask_on_response(const struct ua_event *ev); /* false: it is no question of ours */

/* ua_send.c, for ua_inside.c: */
enum { SEND_SESSION = 2 * CALLER_SESSION + 32 };
const char *send_session(char out[SEND_SESSION], const struct call *c); /* a whole header line, or "" */
/* The answer to a challenge, once; NULL: none is due. */
const char *send_authorization(struct call *c, char out[DIGEST_VALUE], bool by_proxy);

/* ua_read.c */
const struct screened *read_screened(const sip_t *sip);       /* NULL: none */
void read_timer(struct timer_headers *out, const sip_t *sip); /* before they are hidden */
/* ua_header.c: a header of this name, the first one.  False: it is not there, or longer than `cap`. */
bool read_header(const sip_t *sip, const char *name, char *out, size_t cap);
bool read_invite_header(const struct call_invite *invite, const char *name, char *out, size_t cap);

void read_invite(struct call_invite *out, const struct ua_event *ev);
void read_session(char out[CALLER_SESSION], const sip_t *sip); /* as it was, when there is no Session-ID */
void read_features(struct call *c,
	const struct ua_event *ev);        /* of its INVITE: 100rel, Allow, P-Early-Media, Session-ID */
enum permit read_permit(const sip_t *sip); /* of P-Early-Media */
void read_peer(struct call *c, const sip_t *sip); /* where who calls can be called, for transfers */
bool read_next_hop_is_name(const sip_t *sip);     /* would requests of this dialog need a resolver? */
/* The same for a response to a request of ours: its next hop, NULL: a name, or none. */
const char *read_next_hop(const sip_t *sip, char *out, size_t cap);
unsigned read_reason(const sip_t *sip, unsigned absent); /* Q.850 cause of Reason headers */

/* The description in a message.  0: *out holds it, out->text NULL when there is none; else the status that refuses it. */
unsigned read_body(struct body_text *out, const sip_t *sip);

/* Is what a dialog would keep of this message usable (LIBRARIES: K2)?  NULL, or words that say why not.  `contact_due`: must there be one? */
const char *read_vet(const sip_t *sip, bool contact_due);

void read_expires(struct screened *seen, const sip_t *sip); /* of a response to REGISTER */
/* `Digest a="b", c=d` of a parsed header: Sofia's own way to write one out loses the ninth parameter.  False: longer than cap. */
bool read_auth(const msg_auth_t *auth, char *out, size_t cap);
void read_challenges(struct screened *seen, su_home_t *home, const sip_t *sip);

enum { REDIRECTS = 4 };

/* A response to a request of ours.  Texts live as long as the event. */
struct read_response {
	struct call_response response;
	struct body_text sdp;
	char contact[CALL_URI + 64], route[2048], redirect[REDIRECTS * CALL_URI];
};
void read_response(struct read_response *out, const struct ua_event *ev);
#endif
