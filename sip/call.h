/* call.h - one SIP call and the endpoint that carries them: what bridge/ sees of signalling.
 *
 *                 on_invite                 call_answer       ACK: on_confirmed
 *   (request) ---------------> INCOMING -----------------> ANSWERED --------> CONFIRMED
 *                                 |  call_progress: 180/183     |                 |
 *                                 |  call_refuse, CANCEL        | no ACK          | BYE either way,
 *                                 +-------------> ENDED <-------+-----------------+ timer, call_hangup
 *
 *   (API)      call_dial: CALLING --- 18x: on_progress ---> PROCEEDING --- 2xx: on_media, on_confirmed ---> CONFIRMED
 *                              | 3xx..6xx, no response, call_hangup (CANCEL)  -----------------------------> ENDED
 *
 * ENDED is reported once, by on_ended(), after which the handle is gone; never from inside
 * call_refuse() or call_hangup(), always from the loop, and not for a call that no owner was set for.
 *
 * How: sip/ua turns nua's events into these callbacks; session descriptions are read and
 * written here with sip/sdp, offers are answered by sip/offer from the struct media_self that the
 * owner gave; the owner learns only what was agreed.  Re-INVITE and UPDATE for hold, resume,
 * codec and address change are answered without asking: on_media() tells the owner afterwards, before the answer goes out.
 * T.38 is refused with 488 and the call stays (T13).  Session timers, 100rel, PRACK, delayed offer and glare are handled below this line.
 * A call that we make (call_dial) goes to an address that the owner has looked up; what a 18x describes (early media) is kept aside until
 * the answer, and is used only when the answer brings none.  Of forked answers the first is taken; later ones get ACK and BYE.
 * A redirection is an end like any other: `end` says 3xx, and to whom.
 * Use:  ua_open() with handlers; in on_invite() call call_accept_media() once a media port is there, then call_answer() or
 *       call_refuse(), now or later.
 *
 * Thread: control.
 */
#ifndef SIP_CALL_H
#define SIP_CALL_H

#include "sip/caller.h"
#include "sip/cause.h"
#include "sip/loop.h"
#include "sip/offer.h"
#include "sip/refer.h"
#include "sip/stated.h"
#include "sip/trunk.h"

enum { CALL_ID = 256, CALL_URI = 256, CALL_NAME = 64, CALL_LISTEN_MAX = 10, CALL_IDENTITIES = 8 };

struct tap_message;
struct call; /* one dialog */
struct ua;   /* the endpoint */

/* What an INVITE says; text is bounded, sanitised (no controls) and only valid during the callback. */
struct call_invite {
	const char *trunk; /* identified by source; never NULL */
	char source[64];   /* "udp:127.0.0.2:5062" */
	char call_id[CALL_ID];
	char request_user[CALL_URI],
		request_params[CALL_URI]; /* user part with its ;parameters, URI parameters ("user=phone") */
	char request_host[CALL_URI];
	char request_scheme[8]; /* sip, sips, tel */
	char to_user[CALL_URI], to_host[CALL_URI];
	char from_user[CALL_URI], from_host[CALL_URI], from_name[CALL_NAME];
	char asserted[CALL_URI]; /* P-Asserted-Identity URI user, "" without */
	bool privacy;            /* Privacy: id, user or header */
	struct caller caller;    /* all that its headers say of who calls */
	char user_agent[CALL_NAME];
	bool has_offer;    /* false: we shall offer (T8) */
	bool has_replaces; /* it is to take a call's place (RFC 3891) */
	struct refer_replaces replaces;
	const char *identities
		[CALL_IDENTITIES]; /* values of Identity headers, as they came: any bytes, any length */
	size_t n_identities;
	/* The first header of that name, without blanks around its value: any bytes but NUL.  False: there is none, or it is longer than
	 * `cap`.  NULL: no INVITE off the wire. */
	bool (*header)(const struct call_invite *invite, const char *name, char *out, size_t cap);
	const void *message; /* for header() */
};

/* What a provisional response to a call of ours says of sound before the answer, by its description and P-Early-Media (RFC 5009): nothing;
 * there is some that whoever called may hear (and that we do not listen to: O6); there is none, or none any more: ringback is theirs to make. */
enum call_early { CALL_EARLY_UNSAID, CALL_EARLY_HEARD, CALL_EARLY_SHUT };

struct call_end {            /* why a call ended */
	bool by_far_end;     /* they sent BYE, CANCEL or a final answer */
	unsigned sip_status; /* final status of an INVITE that never was answered, else 0 */
	unsigned q850;       /* 16 normal, ... */
	const char *text; /* for people: "far end hung up", "no ACK within 32 s"; lives as long as the call */
	bool no_response; /* of a call that we made: nobody answered its INVITE; timeout or transport, see sip_status */
	unsigned retry_after_s; /* of the final answer; 0: none */
	const char *redirect;   /* of a 3xx: URIs to call instead, best first, a space between; NULL: none */
};

/* A call that we make; texts are borrowed while call_dial() runs. */
struct call_dial {
	const char *trunk;  /* name; its gateway's requests in this call are known by address */
	const char *target; /* where it goes: "udp:192.0.2.1:5060"; a literal, never a name */
	const char *local; /* address of ours to go out from, a literal; NULL: as this machine's routes say */
	const char *relay; /* of a tls: target: where a relay takes it in the clear, "tcp:127.0.0.1:40000" */
	/* Who shows a certificate of this name may speak in the call from any address; NULL: none may. */
	const char *certified;
	const char *
		host; /* of the Request-URI and To: the gateway as the operator wrote it, with :port if it has one */
	bool sips; /* Request-URI, To and Contact are sips: URIs (RFC 5630): of a gateway that is written so */
	const char *to_user;
	const char *from_user, *from_name; /* from_user "" or NULL: anonymous (RFC 3323 section 4.1.1.3) */
	const char *from_host;             /* NULL: our own address */
	struct stated stated;              /* what is said of who calls, beside From */
	const char *
		replaces; /* value of a Replaces header, which the far end has to understand (RFC 3891); NULL: none */
	const char *referred_by;                 /* URI of who had us call (RFC 3892); NULL: nobody did */
	const char *lines;                       /* more headers, each line ended by CRLF; NULL: none */
	bool no_session, no_agent;               /* this carrier gets no Session-ID, no User-Agent */
	bool asks_permit;                        /* P-Early-Media: supported */
	const char *username, *password, *realm; /* NULL: none */
	const char *identity;                    /* value of an Identity header (RFC 8224); NULL: none */
	int64_t date_s; /* of the Date header that goes with it, since 1970; 0: none */
	void *owner;
};

/* What becomes of a REFER of ours.  DONE and FAILED: by a NOTIFY, `status` is its sipfrag's, 0: the subscription ended without one.
 * REFUSED: by the answer; 408: none came. */
enum call_referred { REFERRED_ACCEPTED, REFERRED_PROGRESS, REFERRED_DONE, REFERRED_FAILED, REFERRED_REFUSED };

/* Where a call is sent: one of these. */
struct call_transfer {
	const char *number;          /* as its trunk writes it; at the far end's own host */
	const char *uri;             /* sip or sips */
	const struct call *replaces; /* the far end of this call of ours, whose place it takes (RFC 3891) */
};

struct call_stats { /* since ua_open() */
	uint64_t invites, refused, stranger_refused, stranger_silent, malformed, ended, retransmits;
	unsigned live; /* calls now */
};

/* All from the control thread, from inside the loop. `owner` is what call_set_owner() gave. */
struct call_handlers {
	/* A new call of a known trunk; must end in call_answer() or call_refuse() now or later. */
	void (*on_invite)(void *arg, struct call *call, const struct call_invite *invite);
	/* What media was agreed, first and after every change; `first` until then nothing flowed. */
	void (*on_media)(void *owner, struct call *call, const struct media_agreed *agreed);
	/* ACK came (and its answer, if we offered); or our own call was answered. */
	void (*on_confirmed)(void *owner, struct call *call);
	/* A call that we made: 180, 183 ..., and what it says of early media. */
	void (*on_progress)(void *owner, struct call *call, unsigned status, enum call_early early);
	void (*on_digit)(
		void *owner, struct call *call, char digit); /* INFO application/dtmf-relay or dtmf */
	/* The final status of the INFO of call_send_key(); 408: nothing came. */
	void (*on_key_told)(void *owner, struct call *call, unsigned status);
	/* News of call_refer(). */
	void (*on_referred)(void *owner, struct call *call, enum call_referred what, unsigned status);
	/* They ask us to call somebody.  202: call_refer_news() follows; else the status that refuses it. */
	unsigned (*on_refer)(void *owner, struct call *call, const struct refer_target *target);
	void (*on_ended)(
		void *owner, struct call *call, const struct call_end *end); /* call is gone after this */
	/* An INVITE that was refused below this line (stranger, malformed, unusable Contact): for the call record. */
	void (*on_refused)(void *arg, const char *trunk_or_null, const char *source, const char *from_user,
		const char *to_user, const char *call_id, unsigned status, const char *text);
	void (*on_note)(void *arg, const char *call_id, const char *text); /* worth a log line */
	/* Each SIP message that passes, as it passes (sip/tap.h); NULL: nobody keeps a trace. */
	void (*on_message)(void *arg, const struct tap_message *message);
	/* Is a new call of this trunk (NULL: of one of several that share a place) to be refused for now?  Then its OPTIONS
	 * are as well, with 503 and these seconds in Retry-After (RFC 3261 section 11.2); 0: no.  NULL: never. */
	unsigned (*away)(void *arg, const char *trunk);
	/* Does sound flow on this call? Session timers ask before they give up (T7). */
	bool (*media_flows)(void *owner, struct call *call);
	void *arg;
};

/* Who is behind a connection that goes over TLS. */
struct ua_behind {
	char source[64]; /* "tls:192.0.2.1:40000" */
	uint8_t ip[16];
	char names[8][TRUNK_SUBJECT]; /* of its verified certificate */
	unsigned n_names;
	char trunk[TRUNK_NAME]; /* whose gateway we called there; "": it called us */
	bool withdrawn; /* who vouched for it does so no longer: it may speak in its calls, and makes no new ones */
};

struct ua_config {
	struct loop *loop;
	const char
		*listen[CALL_LISTEN_MAX]; /* "udp:127.0.0.1:5060", "tcp:..."; port 0 picks one.  "tls:..." is
						where others connect; somebody else ends TLS there, see ua_relay();
						"out:..." where nobody does: for calls of ours over TLS alone */
	/* For tls: who connected to us from this port of loopback?  False: nobody may speak there. */
	bool (*behind)(void *arg, uint16_t port, struct ua_behind *out);
	void (*known)(void *arg, uint16_t port); /* a trunk speaks there */
	/* Is the number called one of this trunk's own?  User parts of Request-URI and To, as they came.  NULL: no trunk has any. */
	bool (*for_number)(void *arg, const char *trunk, const char *request_user, const char *to_user);
	/* Is this header of the trunk's INVITEs as good as absent?  NULL: none is. */
	bool (*ignored)(void *arg, const char *trunk, const char *header);
	const char *realm; /* of our digest challenges; NULL: "partyline"; borrowed */
	size_t n_listen;
	const char *advertise;                   /* host for Contact and Via, NULL: the bound one */
	const char *advertised[CALL_LISTEN_MAX]; /* the same for one of `listen` alone; NULL: `advertise` */
	const char *user_agent;                  /* "partyline/0.1" */
	const struct trunks *trunks;             /* borrowed; see ua_set_trunks() */
	unsigned session_expires_s;              /* 0: 1800 */
	unsigned sip_t1_ms; /* 0: 500 (RFC 3261 section 17.1.1.1); tests shorten all of SIP's waits with it */
	unsigned timer_speed; /* 0: 1; tests let the session timers' clock run that much faster */
	struct call_handlers on;
};

/* CALL_ADDRESS: which one is in *why. */
enum call_err ua_open(struct ua **out, const struct ua_config *config, char *why, size_t why_cap);
void ua_set_trunks(
	struct ua *ua, const struct trunks *trunks); /* after a reload; calls in progress are untouched */

/* No new calls (503 with Retry-After); BYE to all with Reason; `done` when all are gone or after `limit_ms`. */
void ua_shutdown(struct ua *ua, unsigned limit_ms, loop_fn done, void *arg);
struct ua *ua_close(struct ua *ua);
void ua_stats(const struct ua *ua, struct call_stats *out);
unsigned ua_port(const struct ua *ua, const char *transport); /* bound port of "udp", "tcp", "tls", 0 none */
/* What comes to the i-th tls: place goes, deciphered, to host:port.  False: there is no such place. */
bool ua_relay(const struct ua *ua, size_t i, const char **listen, char host[64], uint16_t *port);

/* Addresses that we call: they are not silenced and pass when the socket filter is crowded.  Copied. */
enum call_err ua_set_peers(struct ua *ua, const struct trunk_network *peers, size_t n);

/* User parts of our registered Contacts: a call to one is that trunk's, wherever it comes from.  Copied. */
struct ua_contact {
	char user[64], trunk[TRUNK_NAME];
};
enum call_err ua_set_contacts(struct ua *ua, const struct ua_contact *contacts, size_t n);

/* Calls.  on_progress(), on_media() and on_confirmed() or on_ended() follow from the loop.
 * CALL_ADDRESS: no listener of ours speaks this transport and family, or the target is no literal; CALL_RANGE: a user or host
 * that cannot stand in a URI.  On error nothing was sent and *out is unchanged. */
enum call_err call_dial(
	struct call **out, struct ua *ua, const struct call_dial *dial, const struct media_self *self);
const char *call_sip_id(const struct call *call); /* its Call-ID */
/* Port of the loopback connection to the relay that it goes through now; 0: none, or its INVITE came without. */
uint16_t call_relay_port(const struct call *call);

/* Session-ID (RFC 7989): ours, and what the far end said; "" nothing yet. */
const char *call_session(const struct call *call);
const char *call_session_peer(const struct call *call);

/* One key as INFO of type application/dtmf-relay; on_key_told() follows, before which there is no other.  Nothing when the call is not up. */
void call_send_key(struct call *call, char key, unsigned ms);

/* REFER: asks the far end to call somebody else in place of us; on_referred() follows.  One at a time.  CALL_STATE: the call is not up, or one is under
 * way; CALL_RANGE: that cannot stand in a URI, or the call to be replaced is not up. */
enum call_err call_refer(struct call *call, const struct call_transfer *t);
void call_refer_forget(struct call *call); /* its news are not waited for any more */
/* NOTIFY to a REFER of theirs that was accepted; from 200 on the last one. */
void call_refer_news(struct call *call, unsigned status);
/* The call whose dialog that is, as who sent it knows it; NULL: none of ours. */
struct call *call_of_dialog(const struct ua *ua, const struct refer_replaces *r);
void *call_owner(const struct call *call);

void call_set_owner(struct call *call, void *owner);
/* More headers for our responses to its INVITE from now on, each line ended by CRLF; "": none.  CALL_NOMEM: those before stay. */
enum call_err call_set_answer_lines(struct call *call, const char *lines);
const char *call_token(const struct call *call); /* our own random ID, in its Contact */

/* Gives our side of the media and answers the INVITE's offer (or prepares ours).  on_media() is called before
 * this returns CALL_OK if there was an offer.  CALL_NO_MATCH, CALL_NO_SRTP, CALL_SYNTAX: refuse with 488 or 400. */
enum call_err call_accept_media(struct call *call, const struct media_self *self);
/* Before that: where the INVITE's offer says that its sound comes from; address "": no offer, or none that can be read. */
void call_offered_source(const struct call *call, struct offer_source *out);

enum call_err call_progress(struct call *call, unsigned status,
	bool with_sdp); /* 180, 183; reliable if the far end requires or supports it and there is SDP */
enum call_err call_answer(struct call *call); /* 200 with the answer, or with our offer (T8) */
void call_refuse(struct call *call, unsigned status, unsigned q850, const char *text, unsigned retry_after_s);
/* The same with a reason phrase of its own, where a standard has one ("Stale Date"). */
void call_refuse_as(struct call *call, unsigned status, const char *phrase, unsigned q850, const char *text);
void call_hangup(struct call *call, unsigned q850,
	const char *text); /* BYE with Reason; CANCEL or refusal if too early */
#endif
