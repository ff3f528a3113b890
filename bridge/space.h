/* space.h - how much room is left beside the database, asked on the disk thread: a file system that hangs holds up nobody else.
 *
 * Thread: control.
 */
#ifndef BRIDGE_SPACE_H
#define BRIDGE_SPACE_H

#include <stdbool.h>
#include <stdint.h>

enum { SPACE_LOW_PART = 20, SPACE_LOW_MB = 256 }; /* less than a twentieth, and less than so much: low */

struct node;
struct space {
	bool out;                       /* a question is on its way */
	uint64_t free_bytes, all_bytes; /* all 0: not known */
};

void space_ask(struct node *n); /* n->space, in a while */
bool space_low(const struct space *s);
#endif
