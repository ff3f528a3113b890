/* softphone.h - a phone that somebody else has written: baresip, driven over its control port.
 *
 * How: its folder is the bridge's; it sends a tone from a file and keeps what it hears in another.  Orders are those of
 * baresip's menu, as JSON in netstrings.
 * Use:  softphone_start(); softphone_dial(); softphone_order() ...; softphone_quit(); softphone_heard().
 *
 * Thread: the test's; a check that fails ends the test.
 */
#ifndef TESTS_FLOW_SOFTPHONE_H
#define TESTS_FLOW_SOFTPHONE_H

#include "tests/flow/bridge.h"
#include "tests/flow/sound.h"

enum { SOFTPHONE_HZ = 709 /* its tone, at -20 dBov */, SOFTPHONE_READY_MS = 8000 };

struct softphone_case {
	const char *codec, *name, *number, *keys, *role; /* baresip's name of it; ours */
	int rate, channels;                              /* of its sound card */
	const char *modules, *config;                    /* more lines of its configuration; NULL: none */
	const char *account; /* more parameters of its account, ";mediaenc=srtp-mand"; NULL: none */
	const char *ip;      /* its own address; NULL: 127.0.0.2 */
	uint16_t sip_port;   /* it listens there, for TLS one above; 0: any */
	const char *uri;     /* where it dials; NULL: the number at the bridge, by UDP */
};

struct softphone {
	struct peer peer;
	int fd; /* of its control connection */
	uint16_t port;
	char seen[65536]; /* what came over it */
	size_t n_seen;
};

void softphone_start(struct bridge *b, struct softphone *p, const struct softphone_case *c);
void softphone_order(struct softphone *p, const char *command, const char *params);
bool softphone_said(struct softphone *p, const char *text, unsigned ms); /* over its control connection */
/* Waits until the call is up, then presses c->keys. */
void softphone_dial(struct bridge *b, struct softphone *p, const struct softphone_case *c);
void softphone_quit(struct softphone *p);
void softphone_heard(const struct bridge *b, struct sound *out); /* after it has quit */
#endif
