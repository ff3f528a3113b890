/* certificates.h - the signers' certificates that callers' tokens name: given by the operator, or fetched and kept a while.
 *
 *    (unknown) --get: may be fetched--> COMING --answer--> HERE   kept for a day, or until it ends
 *                    |                    +--no answer---> NOT    said again for a minute, then asked anew
 *                    +--may not be fetched: NOT
 *
 * How: a certificate is looked up by its URL: first among the operator's files, then in the cache, then it is fetched by
 * bridge/poster on its own thread (bridge/x5u says which hosts may be asked).  Each is checked against the
 * anchors once, and the verdict holds until the first of its chain ends.  What was revoked is known from the operator's lists, and from
 * those that a certificate names, fetched in the same way.  A server's Cache-Control is obeyed between a minute and a day.
 * A full cache forgets what is oldest.
 * Use:  certificates_begin(), certificates_get() for each token of a call; when one is coming, wait for on_came(), and ask again.
 *
 * Thread: control.  Files are read by certificates_open() and certificates_reload() alone.
 */
#ifndef BRIDGE_CERTIFICATES_H
#define BRIDGE_CERTIFICATES_H

#include "bridge/config.h"
#include "sip/verify.h"

enum { CERTIFICATES_CACHE = 256, CERTIFICATES_UNDER_WAY = 16, CERTIFICATES_BYTES = 32768 };

struct certificates;
typedef void (*certificates_fn)(void *arg, const char *url);

/* BRIDGE_FILE: anchors or a file cannot be read, and *why says which; BRIDGE_NOMEM. */
enum bridge_err certificates_open(struct certificates **out, const struct config_stir *config,
	certificates_fn on_came, void *arg, char *why, size_t why_cap);
struct certificates *certificates_close(struct certificates *c);
/* Reads anchors and files anew and forgets the cache.  On error all stays as it was. */
enum bridge_err certificates_reload(
	struct certificates *c, const struct config_stir *config, char *why, size_t why_cap);
int certificates_fd(const struct certificates *c); /* -1: nothing is ever fetched */
void certificates_poll(struct certificates *c);    /* calls on_came() */

/* Forgets what is over.  What certificates_get() gives afterwards stays until the next certificates_begin(). */
void certificates_begin(struct certificates *c, uint64_t now_s);
/* The operator's file for this URL; NULL: none.  Borrowed until the next reload. */
const struct credential *certificates_given(const struct certificates *c, const char *url);
/* False: it is coming, or what its authority has revoked is: then *out holds it all the same.  True: *out holds it, or why there is none. */
bool certificates_get(struct certificates *c, const char *url, struct verify_credential *out);
#endif
