/* say.h - sentences made of prompts: what is said, in the order of the language's grammar (Y1).
 *
 * Thread: control; pure.
 */
#ifndef BRIDGE_SAY_H
#define BRIDGE_SAY_H

#include "bridge/prompts.h"

enum { SAY_MAX = CUE_LIST_MAX }; /* the longest takes ten: welcome, there are 9999 others, you are muted */
struct say {                     /* a sentence; zero-initialise */
	enum prompt list[SAY_MAX];
	size_t n;
};

void say_add(struct say *s, enum prompt prompt); /* what does not fit is left out */
void say_number(struct say *s, unsigned number); /* 0..9999; above: "9999" */
/* How many others are here: "you are alone", "one other", "there are N other people". */
void say_others(struct say *s, unsigned n_others);
#endif
