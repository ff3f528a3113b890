/* stir.h - callers' numbers proven: what the Identity headers of a call that comes in are worth (RFC 8224; FEATURES T19, S6).
 *
 *   INVITE -> stir_begin(): certificates are here -----------------------> decided at once
 *                  |  one is being fetched
 *                  v
 *               waiting, 300 ms at most (100 Trying is out) -- it comes, or time is up --> go_on(leg)
 *
 * How: the trunk's policy says how much it matters: `ignore` looks at nothing, `flag` notes what was found,
 * `require` refuses what is not proven with the status of RFC 8224 section 6.2.2.  The verdict stands in leg->proof, in the record,
 * in a `call.verified` event and in the API's view of the leg.  Whoever decides about a caller (a PIN, a lobby)
 * looks at leg->proof: VERSTAT_PASSED with 'A' is a number whose provider knows customer and number.  A call that ends while it waits is forgotten.
 *
 * Thread: control, which never waits here.
 */
#ifndef BRIDGE_STIR_H
#define BRIDGE_STIR_H

#include "bridge/leg.h"

struct stir;
typedef void (*stir_fn)(struct leg *leg);

/* Without anchors in the node file nothing can be proven, and everything says so.  BRIDGE_FILE: *why. */
enum bridge_err stir_open(struct node *n, stir_fn go_on, char *why, size_t why_cap);
void stir_close(struct node *n);
/* Anchors, certificates and keys of the operator's files anew; on error what was before stays. */
enum bridge_err stir_reload(struct node *n, const struct config *fresh, char *why, size_t why_cap);

/* True: leg->proof holds the verdict.  False: go_on() follows from the loop, unless the call ends first.  The leg's record has its numbers. */
bool stir_begin(struct leg *leg, const struct site_trunk *trunk, const struct call_invite *invite);
/* The status that the trunk's policy refuses it with; 0: it may come in. */
unsigned stir_refuses(const struct leg *leg, const struct site_trunk *trunk);
/* What the operator's file of this certificate says against a token of ours, header.claims; NULL: nothing, or there is no file. */
const char *stir_forbids(const struct node *n, const char *url, const char *text);
uint64_t stir_count(const struct node *n, enum verstat verstat); /* such verdicts since the start */
#endif
