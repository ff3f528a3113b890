/* guard.h - strangers: a few refusals per source, then silence (FEATURES S1, S2).
 *
 * How: each source (IPv4 /32, IPv6 /64) has a small budget of answers that refills slowly; who
 * has spent it is listed as silenced for GUARD_SILENCE_US.  The list is bounded: when it is full the oldest
 * goes, and for GUARD_SILENCE_US it is crowded: no stranger is answered, only known networks should be let in.  sip/sieve turns
 * the list into a socket filter, so that a silenced stranger costs the kernel, not us.
 *
 * Thread: control; time injected.
 */
#ifndef SIP_GUARD_H
#define SIP_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GUARD_ANSWERS = 5, GUARD_SOURCES = 512 };
#define GUARD_VOUCH_US (24ull * 3600 * 1000000)
#define GUARD_SILENCE_US (600ull * 1000000)

enum guard_verdict { GUARD_ANSWER, GUARD_SILENT, GUARD_SILENCED_NOW /* silent, and the list has changed */ };

struct guard;
struct guard *guard_alloc(void); /* NULL: out of memory */
struct guard *guard_free(struct guard *g);
enum guard_verdict guard_stranger(struct guard *g, const uint8_t ip[16], uint64_t now_us);
bool guard_is_silent(const struct guard *g, const uint8_t ip[16], uint64_t now_us); /* without counting */
/* Who has shown a password is answered for GUARD_VOUCH_US, whatever it asks; a wrong one takes that back. */
void guard_vouch(struct guard *g, const uint8_t ip[16], uint64_t now_us);
void guard_doubt(struct guard *g, const uint8_t ip[16]);
/* Silenced sources now: writes up to cap addresses (v4-mapped; of IPv6 the /64), returns how many.  Ask every
 * minute or so: with the filter in force nobody knocks, and this is how silences and crowds come to their end. */
size_t guard_silenced(struct guard *g, uint8_t (*ips)[16], size_t cap, uint64_t now_us);
bool guard_crowded(const struct guard *g);
uint64_t guard_dropped(const struct guard *g); /* requests not answered */
void guard_forgive(struct guard *g);           /* the site changed: start anew */
#endif
