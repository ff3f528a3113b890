/* call_priv.h - the inside of a call, shared by sip/call*.c and sip/ua*.c and by nobody else.
 *
 * How: sip/ua*.c read nua's events and call the call_take_*() functions; those decide with the state table, sip/offer,
 * sip/early and sip/timer, and say what to send as a struct ua_reply or through the ua_send functions
 * of sip/ua_priv.h.  No Sofia type is named here.
 *
 * Thread: control.
 */
#ifndef SIP_CALL_PRIV_H
#define SIP_CALL_PRIV_H

#include "sip/body.h"
#include "sip/call.h"
#include "sip/early.h"
#include "sip/login.h"
#include "sip/permit.h"
#include "sip/squeeze.h"
#include "sip/vet.h"
#include "sip/timer.h"

enum { CALL_TOKEN = 33 }; /* 128 random bits in hexadecimal */

/*            progress                answer              ACK
 * INCOMING ------------> EARLY ----------------> ANSWERED -----> CONFIRMED
 *     |                    |                         | hangup        | hangup
 *     | hangup             | hangup                  v       ACK     v
 *     +--------------------+------------------> LEAVING --------> ENDING ----> ENDED
 *            progress                2xx
 * CALLING -------------> PROCEEDING -------> CONFIRMED            calls that we make
 *     |  hangup              |  hangup
 *     +-----> CANCELLING <---+   2xx: ENDING, with ACK and BYE; anything else: ENDED
 *
 * LEAVING  our BYE waits for the ACK (RFC 3261 section 15: not before)
 * ENDING   refusal or BYE is out; ENDED from every state when nua says that the dialog is gone */
enum dialog_state {
	DIALOG_INVALID,
	DIALOG_INCOMING,
	DIALOG_EARLY,
	DIALOG_ANSWERED,
	DIALOG_LEAVING,
	DIALOG_CONFIRMED,
	DIALOG_ENDING,
	DIALOG_ENDED,
	DIALOG_CALLING,
	DIALOG_PROCEEDING,
	DIALOG_CANCELLING,
	DIALOG_STATES
};

enum dialog_event { EV_PROGRESS, EV_ANSWER, EV_ACK, EV_HANGUP, EV_GONE, DIALOG_EVENTS };

struct call_media {
	bool ready;             /* `self` was given and our description is written */
	struct squeezed self;   /* a struct media_self */
	struct squeezed agreed; /* a struct media_agreed, as soon as `settled` */
	bool settled;
	enum call_err refused; /* why the first offer was not answered */
	bool srtp_wanted;      /* or it would have been refused for having keys */
	bool had_offer;        /* the INVITE came with a description */
	char *offer_rx;        /* owned; that description, until it is answered */
	size_t offer_rx_len;
	char *sent;               /* owned; our last description, offer or answer */
	bool answer_due;          /* `sent` was an offer and has no answer yet */
	enum early_sent sent_how; /* of the first exchange */
};

struct call_out { /* what a call that we make has besides */
	bool used;
	char target[CALL_URI];         /* "udp:192.0.2.1:5060" */
	char relay[64];                /* "tcp:127.0.0.1:40000", where all its requests go; "": no relay */
	char certified[TRUNK_SUBJECT]; /* of whom we called; "" none */
	char request_uri[CALL_URI];
	char from[CALL_URI + 2 * CALL_NAME + 64], to[CALL_URI]; /* whole header values, From with its tag */
	char *lines;                  /* owned; more headers for the INVITE, who calls among them; "" none */
	char *replaces, *referred_by; /* owned; whole values, NULL: none */
	bool no_session, no_agent;
	char *identity; /* owned; whole Identity and Date headers, NULL: none */
	struct login login;
	unsigned cseq;           /* of the INVITE that is out */
	char *redirect;          /* owned; of the 3xx that ended it, NULL: none */
	char early_tag[CALL_ID]; /* whose description `early` is, or whose answer was taken */
	enum permit permit;      /* what that one lets pass */
	char *early;             /* owned; NULL: none came */
	size_t early_len;
	char remote_target[CALL_URI + 64]; /* Contact of the 2xx, as it goes into requests */
	char *route;                       /* owned; the dialog's Route header, NULL: none */
	char authorization[DIGEST_VALUE];  /* for the next request; "" none */
	bool authorization_by_proxy;
};

struct call_refer {
	bool ours;      /* a REFER of ours has no final news yet */
	char *to;       /* owned; its Refer-To, until it is answered */
	bool theirs;    /* one of theirs wants news */
	char event[32]; /* of those: "refer;id=2" */
};

struct call {
	struct ua *ua;             /* borrowed: it owns us */
	struct call *next, **prev; /* ua's list of all calls */
	struct call *bucket_next;  /* ua's index by Call-ID */
	struct call *due_next;     /* ua's list of those that have finished or are gone */
	bool due;                  /* it is on that list */
	bool sips;      /* it began with a sips: URI, and so does our Contact (RFC 3261 section 12.1) */
	void *handle;   /* ua's: nua_handle_t; NULL once the dialog is gone */
	void *listener; /* borrowed from ua: where the INVITE came in */
	void *owner;    /* borrowed from whoever set it */
	enum dialog_state state;
	char trunk[TRUNK_NAME];
	char *id, *remote_tag;    /* owned */
	char *local_tag;          /* owned; of a call that came in, NULL: not known yet (else in out->from) */
	char *target, *peer_host; /* owned; its Contact, the host of its From; NULL: none, or we called */
	struct call_refer *refer; /* owned; NULL: no transfer yet */
	char token[CALL_TOKEN];
	char session[CALLER_SESSION],
		session_peer[CALLER_SESSION]; /* Session-ID: ours; theirs, "" not known */
	char *answer_lines; /* owned; more headers for our answers to its INVITE, NULL: none */
	bool by_tcp;
	uint16_t relay_port;                    /* it came over TLS: see sip/call.h */
	bool rel100_required, rel100_supported; /* of the INVITE */
	bool reads_permits;                     /* it said P-Early-Media: supported */
	bool allows_update;                     /* the far end's Allow names UPDATE */
	bool awaits_prack;
	bool answer_held; /* our 200 waits in nua for the PRACK */
	bool invite_open; /* an INVITE of theirs has our 2xx and no ACK */
	struct call_media media;
	char key_out; /* told by an INFO of ours that has no answer; '\0': none */
	unsigned key_ms;
	struct session_timer timer;
	struct timer_headers timer_reply; /* for the 2xx */
	bool request_pending;             /* a refresh of ours is under way */
	bool pending_has_offer;           /* ... and carries a description */
	uint64_t retry_at_us;             /* 0: none; glare and other refusals (RFC 3261 section 14.1) */
	bool finished;                    /* `end` holds */
	bool reported;                    /* on_ended() was called, or nobody wants it */
	struct call_end end;
	char *end_text; /* owned; end.text, NULL: that is immortal */
	uint8_t gateway
		[16]; /* of a call that we make, or that came to our Contact: who else may speak in its dialog; all 0: nobody */
	struct call_out *out; /* owned; NULL: a call that came in */
};

/* A response to an INVITE or BYE of ours, as sip/ua_read.c found it. */
struct call_response {
	unsigned status;
	const char *phrase;
	const char *bad; /* why its Contact or Record-Route is poison, NULL: it is not */
	bool none;       /* nothing came: timeout or transport */
	unsigned retry_after_s, cseq, q850;
	const char *to_tag; /* NULL: none */
	bool reliable;      /* of a 1xx: it waits for our PRACK (RFC 3262) */
	enum permit permit; /* of a 1xx: its P-Early-Media */
	const char
		*redirect; /* of a 3xx: whom to call instead, best first, a space between; NULL: not said */
	const char *contact, *route;       /* of a 2xx: remote target, Route for requests; NULL: none */
	const struct body_text *sdp;       /* NULL: none */
	const struct timer_headers *timer; /* NULL: none */
	bool interval_refused;
	bool allows_update;
	bool has_allow;
	struct login_challenge challenge;
};

/* What to answer, to the INVITE or to the request in hand. */
struct ua_reply {
	unsigned status;
	const char *phrase; /* NULL: that of the status */
	const char *sdp;    /* NULL: no body */
	bool require_100rel;
	bool permits;   /* P-Early-Media: sendonly, to who reads that: the sound described may be heard */
	bool has_timer; /* `timer` is written */
	struct timer_headers timer;
	unsigned retry_after_s;   /* 0: none */
	const char *reason;       /* a whole Reason header, NULL: none */
	unsigned warning;         /* code of a Warning (RFC 3261 section 20.43), 0: none */
	const char *warning_text; /* NULL: that of the code */
	const char *lines; /* whole header lines that Sofia need not know, each ended by CRLF; NULL: none */
};

/* call.c */
struct call *call_alloc(struct ua *ua); /* in INCOMING, with its token; NULL: out of memory */
struct call *call_free(struct call *c);
bool call_event(struct call *c, enum dialog_event event); /* false: not in this state; nothing changed */
void call_finish(struct call *c,
	const struct call_end *end); /* first reason stays; on_ended() follows from the loop */
struct call_end call_end_of(
	bool by_far_end, unsigned status, unsigned q850, const char *text); /* `text` is borrowed by it */
void call_take_ack(struct call *c, const struct body_text *sdp);            /* sdp NULL: none came */
void call_take_prack(struct call *c, const struct body_text *sdp, struct ua_reply *reply);
void call_take_gone(struct call *c, unsigned status, const char *phrase); /* the dialog is over */

enum call_err call_make_offer(struct call *c, const struct media_self *self); /* call_key.c */
void call_take_info_response(struct call *c, const struct call_response *r);

/* call_media.c */
bool call_token_make(char out[CALL_TOKEN]);

/* call_dial.c */
void call_take_response(struct call *c, const struct call_response *r);
/* P-Early-Media of an UPDATE from the early dialog of that tag. */
void call_take_permit(struct call *c, const char *tag, enum permit permit);
void call_take_bye_response(struct call *c, const struct call_response *r);
/* Takes up a challenge of a request in the dialog: true, c->out->authorization holds the answer for its repetition. */
bool call_take_challenge(struct call *c, const struct call_response *r, const char *method);
void call_cancel(struct call *c, unsigned q850, const char *text);

/* call_refer.c */
struct call_refer *refer_state_free(struct call_refer *r);
void call_take_refer_response(struct call *c, const struct call_response *r);
void call_take_notify(struct call *c, unsigned status, bool last); /* status 0: nothing readable */
/* The status that answers it; `event` is what its NOTIFYs will carry. */
unsigned call_take_refer(struct call *c, const struct refer_target *target, const char *event);

/* call_media.c */
enum call_err call_take_offer(struct call *c, const struct body_text *sdp); /* answer is in media.sent */
enum call_err call_take_answer(struct call *c, const struct body_text *sdp);
void call_take_reinvite(struct call *c, const struct body_text *sdp, const struct timer_headers *timer,
	struct ua_reply *reply);
void call_warn(const struct call *c, struct ua_reply *reply, enum call_err why); /* for a 488 */
void call_forget_media(struct call *c);
void call_take_update(struct call *c, const struct body_text *sdp, const struct timer_headers *timer,
	struct ua_reply *reply);

/* call_refresh.c */
void call_tick(struct call *c, uint64_t now_us);
void call_repeat_refresh(struct call *c, bool by_update); /* the one that was challenged */
void call_take_refreshed(struct call *c, bool by_update, unsigned status, const struct timer_headers *timer,
	const struct body_text *sdp);
#endif
