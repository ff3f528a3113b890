/* talk.h - three who talk in a meeting of their own while the sessions of two of them change: hold, codec, address.
 *
 * Use:  talk_begin() early, as prompts take seconds; check_talk() later.
 *
 * Thread: the test's; a check that fails ends the test.
 */
#ifndef TESTS_TALK_H
#define TESTS_TALK_H

#include "tests/far.h"

struct talk {
	struct far listener, held, changed;
};

void talk_begin(struct talk *t, const struct bridge *b, const char *number); /* of a meeting without chimes */
/* T9 and T10 by what the third hears, the packets' payload types and the records; ends the calls. */
void check_talk(struct talk *t, const struct bridge *b);
#endif
