/* remark.h - what legs and dial-outs tell the trace: who a call is, what happens in it besides SIP, that it is over.
 *
 * Use:  remark_begin() when a leg's record knows its call; remark() and the others as things happen; remark_end() once.
 *       Nothing here costs anything when the node keeps no trace.
 *
 * Thread: control.
 */
#ifndef BRIDGE_REMARK_H
#define BRIDGE_REMARK_H

#include "bridge/leg.h"
#include "sip/tap.h"

void remark_message(
	void *arg, const struct tap_message *message); /* call_handlers.on_message; arg: the node */
void remark_begin(const struct leg *leg);
void remark(const struct leg *leg, const char *format, ...) __attribute__((format(printf, 2, 3)));
void remark_key(const struct leg *leg); /* a key, never which one */
/* Something is wrong with its sound; `word` goes into its record once (CDR_TROUBLE). */
void remark_trouble(struct leg *leg, const char *word);
void remark_end(const struct leg *leg);

/* Of a dial-out as a whole: why a trunk was passed over, why the next one is tried. */
void remark_dialout_begin(struct node *n, const char *dialout, const char *account);
void remark_dialout(struct node *n, const char *dialout, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void remark_dialout_end(struct node *n, const char *dialout);
#endif
