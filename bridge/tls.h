/* tls.h - SIP over TLS: connections end here, at OpenSSL, and go on to the SIP endpoint in the clear over loopback.
 *
 *    carrier ==TLS==> door --TCP on 127.0.0.1--> sip/ua      they connect to us: tls_listen()
 *    carrier <==TLS== way <--TCP on 127.0.0.1--- sip/ua      we connect to them: tls_way()
 *
 * Why not Sofia-SIP's own TLS: the packaged one (2011) cannot load a new certificate, knows no SNI and no name of the other side,
 * and leaves half-open connections open.  Handshakes are work for a processor, and here they do not hold calls up.
 * How: all is done by a thread of its own.  A connection is known to both sides by a port of 127.0.0.1: that which the
 * loopback half of one that came in comes from, or that which leads to a way; tls_peer() says who is behind it,
 * by address and by the names of its certificate, if it showed one that `ca` vouches for (RFC 5922 section 7.1).  TLS 1.2 and 1.3.
 * Who shows a certificate that does not hold is turned away in the handshake; at a door that asks, who shows none as well.  A connection in that nobody has called tls_known()
 * for is closed after TLS_STRANGER_MS whatever it does, a known one after TLS_IDLE_MS without a byte and without tls_busy().
 * A way connects when the endpoint does, asks for its name (SNI), and gives up within TLS_DIAL_MS unless it is shown a
 * certificate for that very name: then the loopback half is reset, which fails what waited there, and tls_way_status() has the words.
 * Open, it is kept and used again, kept alive with empty lines (RFC 5626 section 3.5.1), and closed when idle.
 * Certificates and authorities are looked at every TLS_FILES_MS; new ones are for connections to come: a way whose files, or whose trunk's
 * settings (tls_keep()), have changed is retired.  Nothing new goes by it, calls that go by it stay, and it is closed when none has
 * for TLS_RETIRE_MS (or the idle time, if that is shorter).  So is a connection in, which nobody can keep its owner from using: what
 * it showed is judged again by the new authorities (`withdrawn`), and it is closed when no call has gone by it for so long.
 * Use:  tls_open(); tls_listen() for each address; tls_way() before each request that goes out; tls_poll() when tls_fd() is readable.
 *
 * Thread: control, which shares a lock with the thread of the connections; calls take microseconds.
 */
#ifndef BRIDGE_TLS_H
#define BRIDGE_TLS_H

#include "bridge/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TLS_NAMES = 8,
	TLS_NAME = 128,
	TLS_PATH = 256,
	TLS_TARGET = 64,
	TLS_WORDS = 160,
	TLS_HANDSHAKE_MS = 10000,
	TLS_DIAL_MS = 5000, /* connecting and handshake; before a call's INVITE is given up */
	TLS_STRANGER_MS = 30000,
	TLS_IDLE_MS = 900000,
	TLS_PING_MS = 60000,
	TLS_RETIRE_MS =
		32000, /* for answers to what was asked by it last (RFC 3261 section 17.1.2.2, timer F) */
	TLS_FORGET_MS = 1800000, /* a way that nobody has asked for */
	TLS_FILES_MS = 2000,
	TLS_CONNECTIONS =
		4096, /* at once; of them not more than TLS_PER_SOURCE not known and from one address */
	TLS_PER_SOURCE = 32
};

struct tls_files {
	const char *certificate, *key; /* PEM; the certificate with its chain; NULL or "": we have none */
	const char *
		ca; /* whose certificates others may show; NULL or "": nobody who connects is asked for one, and
			   whom we connect to is believed by the system's authorities */
	const char *
		client_ca; /* whose certificates others must show at doors that ask; NULL or "": nobody gets in there */
};

struct tls_peer {
	char source[64]; /* "tls:192.0.2.1:40000" */
	uint8_t ip[16];  /* v4-mapped */
	char names
		[TLS_NAMES]
		[TLS_NAME]; /* of its verified certificate: hosts of sip: URIs, else DNS names, else the CN */
	unsigned n_names;
	char trunk[TLS_NAME]; /* of a way; "" of a connection that came in */
	bool withdrawn; /* its certificate held when it connected, and does not by the authorities in force */
};

struct tls;
/* BRIDGE_FILE: *why says which file, and what OpenSSL has against it. */
enum bridge_err tls_open(struct tls **out, const struct tls_files *files, char *why, size_t why_cap);
struct tls *tls_close(struct tls *t); /* closes all connections; accepts NULL, returns NULL */
enum bridge_err tls_reload(struct tls *t, const struct tls_files *files, char *why, size_t why_cap);
/* How long without a message ends a connection, and after how long an empty line keeps one of ours alive.  0: TLS_IDLE_MS, TLS_PING_MS. */
void tls_pace(struct tls *t, unsigned idle_s, unsigned ping_s);
int64_t tls_expiry_s(struct tls *t); /* our certificate's last second, of the epoch; 0: we have none */

struct tls_door_order { /* connections to host:port are handed on to to_host:to_port */
	const char *host, *to_host;
	uint16_t port, to_port;
	bool asks;      /* for a certificate that client_ca vouches for: without one, the handshake fails */
	bool clear_too; /* who does not begin with a handshake (RFC 8446 section 5.1) is handed on as they speak */
};
/* BRIDGE_FILE: cannot listen there; BRIDGE_FULL. */
enum bridge_err tls_listen(struct tls *t, const struct tls_door_order *order);

/* Who is behind the loopback connection from (of a way: to) this port?  False: none of ours. */
bool tls_peer(struct tls *t, uint16_t port, struct tls_peer *out);
void tls_known(struct tls *t, uint16_t port); /* a trunk speaks there */
void tls_busy(struct tls *t, uint16_t port);  /* a call goes through it: it is not idle */
void tls_lasts(struct tls *t, uint16_t port); /* it is not SIP's: known, and new certificates do not end it */

/* ---- ways out ---- */

struct tls_way_order { /* one difference, but for `sni`, makes two ways of two */
	const char *trunk;
	const char *target; /* "tls:192.0.2.1:5061" */
	const char *
		name; /* that its certificate must be for, as it stands there: "carrier.example", "192.0.2.1" */
	const char *sni;  /* that is asked for; NULL or "": none */
	const char *ca;   /* PEM, whom to believe; NULL or "": as in struct tls_files */
	const char *from; /* address of ours to connect from; NULL or "": any */
};
/* The port of 127.0.0.1 that leads there, the same each time.  0: out of memory or ports, or no such target. */
uint16_t tls_way(struct tls *t, const struct tls_way_order *order);

/* Ways of which `keep` says no are retired, whatever is wanted from now on; `keep` must not call back. */
typedef bool (*tls_keep_fn)(void *arg, const struct tls_way_order *made); /* texts there, "" for none */
void tls_keep(struct tls *t, tls_keep_fn keep, void *arg);

enum tls_way_state { TLS_WAY_IDLE, TLS_WAY_TRYING, TLS_WAY_OPEN, TLS_WAY_FAILED };
struct tls_way_status {
	enum tls_way_state state;
	char failure[TLS_WORDS];      /* of the last try, "" none */
	char version[16], cipher[48]; /* while open */
	int64_t expires_s;            /* last second of its certificate; 0: not seen yet */
	unsigned n_opened, n_failed;
};
bool tls_way_status(struct tls *t, uint16_t port, struct tls_way_status *out); /* false: no such way */
const char *tls_way_word(enum tls_way_state state); /* "idle", "connecting", "open", "failed" */

/* ---- what happened ---- */

enum tls_event {
	TLS_FILES_TAKEN,
	TLS_FILES_REFUSED,
	TLS_WAY_CAME_UP,
	TLS_WAY_WENT_DOWN,
	TLS_WAY_RETIRED,
	TLS_LINKS_RETIRED
};
struct tls_notice {
	enum tls_event event;
	char trunk[TLS_NAME], target[TLS_TARGET]; /* of a way */
	char words[TLS_WORDS];
	unsigned n_links,
		n_withdrawn; /* connections in that are retired, and whose certificates do not hold any more */
};
int tls_fd(const struct tls *t);
bool tls_poll(struct tls *t, struct tls_notice *out); /* false: that was all */
#endif
