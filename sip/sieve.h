/* sieve.h - turns strangers away inside the kernel: a classic BPF program for a listening socket.
 *
 * How: sip/guard says who is silenced; the program built from that list drops their datagrams and
 * connection attempts before they reach us, so a flood costs the kernel a compare per entry and us nothing.
 * Sources in `allowed` (trunks' networks) always pass; when `crowded`, only they do.  The program reads the network header
 * (SKF_NET_OFF), so one program fits UDP and listening TCP sockets of both families; IPv6
 * sources are compared as /64, as sip/guard counts them.
 * Use:  sieve_build() whenever guard_stranger() says GUARD_SILENCED_NOW, and every minute to let go of
 *       those whose time is over; sieve_attach() to each listening socket.
 * A connection that was accepted keeps the program of its moment; only its own source matters to it.
 *
 * Thread: control; sieve_build() is pure.
 */
#ifndef SIP_SIEVE_H
#define SIP_SIEVE_H

#include "sip/err.h"
#include "sip/trunk.h"
#include <linux/filter.h>

enum { SIEVE_INSTRUCTIONS_MAX = 4095 }; /* the kernel takes 4096 */

struct sieve { /* 32 kB */
	struct sock_filter code[SIEVE_INSTRUCTIONS_MAX];
	unsigned n; /* 0: lets everything pass */
};

struct sieve_rules {                   /* all borrowed during sieve_build() */
	const uint8_t (*silenced)[16]; /* addresses, v4-mapped; of IPv6 the first 64 bits count */
	size_t n_silenced;
	const struct trunk_network *allowed;
	size_t n_allowed;
	bool crowded; /* drop whoever is not allowed */
};

/* CALL_LIMIT: more rules than a program may have (about 3,900 IPv4 networks, 750 IPv6); *out is unspecified, and the
 * program in force should stay. */
enum call_err sieve_build(struct sieve *out, const struct sieve_rules *rules);

/* Puts the program in force on a socket; one without instructions takes the old one off.  CALL_ADDRESS: the kernel said no,
 * errno says why; the old one stays. */
enum call_err sieve_attach(int fd, const struct sieve *sieve);
#endif
