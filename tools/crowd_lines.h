/* crowd_lines.h - the SIP sockets: one for each address that callers call from.
 *
 * Thread: one.
 */
#ifndef TOOLS_CROWD_LINES_H
#define TOOLS_CROWD_LINES_H

#include "tools/crowd_call.h"
#include <stdbool.h>
#include <stddef.h>

enum { CROWD_LINES = 16 };

struct crowd_lines { /* zero-initialise */
	struct {
		int fd;
		struct sockaddr_in at;
	} items[CROWD_LINES];
	unsigned n;
};

/* The address of the line on `ip`, which is opened when it is not there. False: *why. */
bool crowd_lines_at(
	struct crowd_lines *l, struct in_addr ip, struct sockaddr_in *at, char *why, size_t why_cap);
/* Sends from the line on `from`; what the kernel does not take is lost, and sent again by SIP's timers. */
void crowd_lines_post(
	const struct crowd_lines *l, const struct sockaddr_in *from, const struct crowd_outbox *out);
/* Takes one datagram from line `i` into `bytes`; -1: none waits.  One that belongs to no call of ours is
 * answered by crowd_lines_refuse(). */
ssize_t crowd_lines_read(
	const struct crowd_lines *l, unsigned i, char *bytes, size_t cap, struct sockaddr_in *from);
void crowd_lines_refuse(
	const struct crowd_lines *l, unsigned i, const struct crowd_message *m, const struct sockaddr_in *to);
void crowd_lines_close(struct crowd_lines *l);
#endif
