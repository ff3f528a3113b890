/* ua_priv.h - the inside of the endpoint, shared by sip/ua*.c; sip/call*.c use its send functions.
 *
 * How:  datagram -> ua_screen.c (inside Sofia's parser: strangers, poison) -> nua -> ua_events.c's table ->
 *       ua_read.c (headers into plain structs) -> sip/call*.c (decisions) -> ua_send.c (nua_respond() and friends).
 *
 * Thread: control.
 */
#ifndef SIP_UA_PRIV_H
#define SIP_UA_PRIV_H

#include "sip/call_priv.h"
#include "sip/challenge.h"
#include "sip/guard.h"
#include "sip/sieve.h"

enum { UA_BUCKETS = 4096, UA_SOURCE = 64, UA_FDS = 2, UA_URL = 160 };

struct nua_s;
struct screen;

struct listener {              /* one nua: all transports of one address and port */
	struct ua *ua;         /* borrowed */
	struct nua_s *nua;     /* owned */
	struct screen *screen; /* owned */
	char host[UA_SOURCE];  /* literal, IPv6 in brackets */
	unsigned port;
	bool udp, tcp;
	bool outward;           /* "out:": nobody connects to it */
	bool tls;               /* host and port are a relay's door on loopback; others see these: */
	const char *tls_listen; /* borrowed from config */
	char public[UA_SOURCE]; /* literal, IPv6 in brackets */
	unsigned public_port;
	char advertise[UA_SOURCE]; /* host that others are told; "": none but its own */
	int fds[UA_FDS];           /* listening sockets, Sofia's; -1: none */
	bool shut;                 /* nua_r_shutdown came */
};

/* Where others think that we are. */
static inline const char *listen_host(const struct listener *at)
{
	return at->tls ? at->public : at->host;
}

/* What we call ourselves there: in Contact, Via and From. */
static inline const char *listen_name(const struct listener *at)
{
	return at->advertise[0] ? at->advertise : listen_host(at);
}

static inline unsigned listen_port(const struct listener *at)
{
	return at->tls ? at->public_port : at->port;
}

struct ua_ask;

struct ua {
	struct ua_config config;     /* its strings are ours */
	struct trunk_network *peers; /* owned; whom we call */
	size_t n_peers;
	struct ua_ask *asks; /* owned; questions that have no answer yet */
	char agent[64];
	struct listener listeners[CALL_LISTEN_MAX];
	size_t n_listeners;
	struct ua_contact *contacts; /* owned; of our registrations */
	size_t n_contacts;
	unsigned generation;           /* of config.trunks: a struct trunk_set is of one */
	struct challenger *challenger; /* owned */
	struct guard *guard;           /* owned */
	struct sieve *sieve;           /* owned; scratch */
	uint64_t sieve_at_us;          /* when the list of silenced was last looked at */
	struct call *calls;            /* owned */
	struct call *due;              /* those of them that were kicked, latest first */
	struct call *buckets[UA_BUCKETS];
	struct call_stats stats;
	int kick_fd; /* eventfd: a call has finished */
	bool closing;
	uint64_t close_by_us;
	loop_fn closed;
	void *closed_arg;
};

/* What the screen found out about a message; hangs on its sip_t, lives as long as the message. */
struct screened {
	const char *bad;        /* why it is poison, NULL: it is not */
	char trunk[TRUNK_NAME]; /* "": a stranger */
	char source[UA_SOURCE]; /* "udp:127.0.0.2:5062" */
	bool by_tcp;
	uint8_t ip[16];      /* the same address, v4-mapped */
	uint16_t relay_port; /* of the loopback connection that it came by; 0: none, no TLS */
	const char *opened;  /* trunk for which we opened that connection, its name checked; NULL: they did */
	const char (*names)[TRUNK_SUBJECT]; /* of its certificate, as long as the message; n_names 0: none */
	unsigned n_names;
	bool withdrawn;       /* they count in calls that are there, for new ones no more */
	struct trunk_set set; /* who shares its certificate or address; of a new call those whose marks fit */
	unsigned generation;  /* of that set */
	bool known;           /* somebody does, so it is no stranger */
	bool by_contact;      /* it came to a Contact that we registered */
	bool logs_in;         /* a new call whose trunk is known when it has logged in */
	struct digest_given *given; /* owned by the message; what it logs in with, NULL: nothing */
	struct timer_headers timer; /* hidden from nua, which has timers of its own */
	bool interval_refused;      /* a 422, shown to nua as 400 */
	unsigned refused; /* status of a refusal that is shown to nua as 400; 0: it sees what came */
	/* Hidden as well: nua would ask again by itself. */
	struct digest_challenge *challenges; /* owned by the message */
	size_t n_challenges;
	unsigned min_expires_s, expires_s; /* of a response to REGISTER; 0: not said */
};

/* ua.c */
uint64_t ua_now_us(const struct ua *ua); /* the session timers' clock */
void ua_kick(struct call *c);            /* it has finished, or is gone: reported and freed soon */
void ua_note(struct ua *ua, const char *call_id, const char *text);
void ua_adopt(struct ua *ua, struct call *c); /* into list and index; c->id is set */
struct call *ua_find(const struct ua *ua, const char *call_id, const char *remote_tag);
struct call *ua_find_dialled(const struct ua *ua, const char *call_id); /* a call that we make; NULL: none */
void ua_sieve(struct ua *ua);                                           /* the list of silenced has changed */

void ask_close_all(struct ua *ua); /* ua_ask.c */

/* ua_tap.c: every message is shown from here on. */
enum call_err tap_open(struct ua *ua);
void tap_close(const struct ua *ua);

/* ua_screen.c */
enum call_err screen_alloc(struct screen **out, struct listener *at);
struct screen *screen_free(struct screen *s);
const void *screen_class(const struct screen *s); /* msg_mclass_t, for NTATAG_MCLASS() */

/* ua_send.c: everything that goes out; c->handle must be there. */
void ua_reply_invite(struct call *c, const struct ua_reply *reply);  /* the INVITE that is open */
void ua_reply_request(struct call *c, const struct ua_reply *reply); /* the request in hand */
void ua_refuse(
	struct listener *at, void *handle, const struct ua_reply *reply); /* no call; handle is gone after */
void ua_send_bye(struct call *c, const char *reason);
void ua_send_ack(struct call *c);
void ua_send_prack(struct call *c, unsigned rseq, unsigned cseq); /* for a reliable 1xx to that INVITE */
void ua_send_refresh(struct call *c, bool by_update, const char *sdp, const struct timer_headers *timer);
void ua_send_to_source(struct call *c, const char *source); /* from now on; "udp:127.0.0.2:5062" */
void ua_send_invite(struct call *c); /* makes c->handle; takes c->out->authorization along */
void ua_send_cancel(struct call *c, const char *reason);
void ua_send_bye_again(struct call *c, unsigned cseq); /* nua's dialog is gone; ours is in c->out */
void ua_send_to_hop(
	struct call *c, const char *hop); /* URI of the next hop, a literal; NULL: c->out->target */
/* The listener for this transport and family: at `local` (NULL: nowhere special), else where this machine's routes
 * leave for that target, else the first.  NULL: none. */
struct listener *ua_listener_for(struct ua *ua, const char *target, const char *local);
/* ua_inside.c: requests of ours inside a dialog */
void ua_send_key(struct call *c, char key, unsigned ms); /* INFO, application/dtmf-relay */
void ua_send_refer(struct call *c, const char *refer_to);
void ua_send_notify(struct call *c, const char *event, const char *fragment, bool last);
void ua_release(struct call *c); /* forget the dialog; what was sent before still goes out */
#endif
