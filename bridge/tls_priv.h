/* tls_priv.h - TLS from inside: tls.c has the thread and the doors, tls_link.c one connection, tls_way.c those that we make, tls_context.c
 * certificates, tls_names.c whose they are, tls_files.c when they change, tls_again.c what that
 * means for who is connected.
 *
 * Thread: the connections' unless said otherwise.
 */
#ifndef BRIDGE_TLS_PRIV_H
#define BRIDGE_TLS_PRIV_H

#include "bridge/tls.h"
#include "bridge/tls_via.h"
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

enum { TLS_LISTENERS = 8, TLS_BUCKETS = 1024, TLS_BUFFER = 16384, TLS_NOTICES = 64, TLS_SOURCES = 4 };

/* Whose turn it is when a descriptor is ready. */
enum tls_kind { TLS_STOP, TLS_LISTENER, TLS_WAY, TLS_LINK };

struct tls_watched {
	enum tls_kind kind; /* first in what it is of */
};

struct tls_door { /* where others connect to us */
	struct tls_watched watched;
	int fd;
	struct sockaddr_storage to;
	socklen_t to_len;
	bool clear_too, asks;
};

struct tls_stamp { /* a file as it was */
	int64_t mtime_ns, ctime_ns, size;
	uint64_t inode;
};

/* Authorities of one file, as a context for connections out. */
struct tls_trust {
	struct tls_trust *next;
	char ca[TLS_PATH];
	SSL_CTX *ctx;   /* owned */
	unsigned round; /* of the files that it was made from */
	struct tls_stamp stamp;
};

struct tls_way { /* where the endpoint connects, to get to a gateway */
	struct tls_watched watched;
	struct tls_way *next;
	int fd;
	uint16_t port;
	char trunk[TLS_NAME], target[TLS_TARGET], name[TLS_NAME], sni[TLS_NAME], ca[TLS_PATH],
		from[TLS_TARGET];
	struct sockaddr_storage to;
	socklen_t to_len;
	/* under the lock */
	struct tls_peer peer;
	struct tls_way_status status;
	unsigned n_links;
	uint64_t asked_ms;
	unsigned
		round; /* of the files that its last connection was made with, and its trunk's own authorities */
	struct tls_stamp stamp;
	bool made;
	atomic_uint_fast64_t retired_ms; /* 0: it is not */
};

struct tls_buffer {
	uint8_t bytes[TLS_BUFFER];
	size_t at, n; /* what waits is bytes[at] .. bytes[n - 1] */
};

/*  CONNECTING --> HANDSHAKE --> OPEN --end of either side, both buffers empty, time over--> dead
 * One that came in begins with its handshake; at a door where the clear is spoken as well (GREETING) with whichever its first byte is of. */
enum tls_link_state { TLS_LINK_CONNECTING, TLS_LINK_GREETING, TLS_LINK_HANDSHAKE, TLS_LINK_OPEN };

struct tls_link {
	struct tls_watched watched;
	struct tls *tls;               /* borrowed */
	struct tls_link *next, **prev; /* all of them; under the lock */
	struct tls_link *next_in_bucket;
	struct tls_door *door; /* borrowed; NULL: it goes out by */
	struct tls_way *way;   /* borrowed */
	SSL *ssl;              /* owned, as both descriptors are; NULL: in the clear */
	int net_fd, plain_fd;
	uint16_t port; /* of its loopback half; 0: none yet, or a way's */
	struct tls_peer peer;
	enum tls_link_state state;
	bool net_over, plain_over, dead, wants_write;
	bool broken; /* not by an orderly end */
	uint32_t net_events, plain_events;
	atomic_bool known, lasts;
	atomic_uint_fast64_t busy_ms;
	uint64_t retired_ms; /* of one that came in; 0: it is not */
	unsigned round;      /* of the files that it was judged by */
	uint64_t since_ms, moved_ms, sent_ms;
	char shown[TLS_WORDS];     /* whose certificate it is, when that is not who was wanted */
	struct tls_buffer in, out; /* from the net, and to it */
	struct tls_via via;        /* of what goes out */
};

struct tls {
	pthread_mutex_t loading; /* one reads files at a time; taken before */
	pthread_mutex_t lock;    /* all down to the doors, and what says so above */
	SSL_CTX *ctx;            /* owned; for those who connect to us; NULL: we have no certificate */
	SSL_CTX *ctx_asks;       /* owned; the same at doors that ask; NULL: or no client_ca */
	struct {
		char certificate[TLS_PATH], key[TLS_PATH], ca[TLS_PATH], client_ca[TLS_PATH];
	} files;
	int64_t expires_s;
	unsigned round; /* counts new files */
	struct tls_link *links;
	struct tls_link *buckets[TLS_BUCKETS];
	unsigned n_links;
	struct tls_way *ways; /* owned */
	struct tls_notice notices[TLS_NOTICES];
	unsigned first_notice, n_notices; /* what does not fit is forgotten: the states tell the same */

	struct tls_door doors[TLS_LISTENERS];
	unsigned n_doors;
	struct tls_trust *trusts; /* owned; the thread's alone */
	struct tls_stamp stamps[TLS_SOURCES], seen[TLS_SOURCES], in_force[TLS_SOURCES];
	uint64_t looked_ms;
	atomic_uint idle_ms, ping_ms;
	int epoll_fd, notice_fd;
	struct tls_watched stop;
	int stop_fd;
	pthread_t thread;
	bool started;
};

/* tls.c; any thread. */
uint64_t tls_now_ms(void);
void tls_tell(struct tls *t, enum tls_event event, const struct tls_way *way,
	const char *words); /* under the lock */

void tls_notice(struct tls *t, const struct tls_notice *notice); /* the same, as it is */

/* tls_link.c: connections of `fd`, which it takes over if it does not return NULL. */
struct tls_link *tls_link_in(
	struct tls *t, struct tls_door *door, int fd, const struct sockaddr_storage *from, uint64_t at_ms);
struct tls_link *tls_link_out(struct tls *t, struct tls_way *way, int plain_fd, uint64_t at_ms);
void tls_link_free(struct tls_link *l);
void tls_link_run(struct tls_link *l, uint64_t at_ms);              /* one of its descriptors is ready */
bool tls_link_over(struct tls_link *l, uint64_t at_ms);             /* its time; keeps it alive till then */
struct tls_link *tls_link_find(const struct tls *t, uint16_t port); /* under the lock; control as well */

/* tls_way.c */
void tls_way_take(struct tls *t, struct tls_way *w, uint64_t at_ms); /* the endpoint connects */
SSL *tls_way_ssl(struct tls *t, struct tls_way *w);                  /* NULL: the failure is noted */
void tls_way_failed(struct tls *t, struct tls_way *w, const char *words);
void tls_way_opened(struct tls *t, struct tls_way *w, SSL *ssl);
void tls_way_closed(struct tls *t, struct tls_way *w);
void tls_way_broken(struct tls_link *l, int error);               /* SSL_get_error()'s */
void tls_way_look(struct tls *t);                                 /* retires those whose files have changed */
void tls_way_sweep(struct tls *t, uint64_t at_ms);                /* lets go of those that nobody wants */
struct tls_way *tls_way_find(const struct tls *t, uint16_t port); /* under the lock; control as well */
struct tls_way *tls_way_free(struct tls_way *w);                  /* returns the next */
bool tls_address(struct sockaddr_storage *out, socklen_t *len, const char *host, uint16_t port);

/* tls_context.c; any thread.  *out is NULL without a certificate. */
enum bridge_err tls_context_in(SSL_CTX **out, const struct tls_files *files, char *why, size_t why_cap);
enum bridge_err tls_context_asks(SSL_CTX **out, const struct tls_files *files, char *why, size_t why_cap);
enum bridge_err tls_context_out(SSL_CTX **out, const struct tls_files *files, char *why, size_t why_cap);
int64_t tls_context_expiry_s(const X509 *certificate);                            /* NULL: 0 */
void tls_words(char *out, size_t cap, const char *before, const char *otherwise); /* OpenSSL's last error */

/* tls_names.c */
void tls_names(struct tls_peer *out, const X509 *certificate); /* that was verified */
bool tls_names_hold(const X509 *certificate, const char *name);
void tls_names_text(char *out, size_t cap, const X509 *certificate); /* for people: "a.example, b.example" */
void tls_names_source(struct tls_peer *peer, const struct sockaddr_storage *from);

/* tls_files.c */
enum bridge_err tls_files_load(
	struct tls *t, const struct tls_files *files, char *why, size_t why_cap); /* control as well */
void tls_files_look(struct tls *t, uint64_t at_ms);
struct tls_stamp tls_stamp_of(const char *path);
bool tls_stamp_same(const struct tls_stamp *a, const struct tls_stamp *b);

/* tls_again.c */
void tls_again_look(struct tls *t);
#endif
