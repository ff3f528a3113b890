/* media.h - between what signalling agreed and what the mixer needs: the only place that knows both words.
 *
 * Thread: control; pure.
 */
#ifndef BRIDGE_MEDIA_H
#define BRIDGE_MEDIA_H

#include "bridge/err.h"
#include "bridge/site.h"
#include "mixer/stream.h"
#include "sip/offer.h"

/* Our side for a leg of this trunk: its codecs in its order (all of ours when it names none), telephone-event for each
 * of their clocks, comfort noise, SRTP as it says (as offered, without a trunk), ICE if it allows that.  `address` a literal.
 * Session ID and ICE secret are the caller's to fill; SRTP keys are drawn by the call when a description needs them. */
void media_self(
	struct media_self *out, const struct site_trunk *trunk, const char *address, uint16_t rtp_port);

/* A literal from a session description; port 0 when it is none. */
struct net_addr media_address(const char *literal, uint16_t port);

enum { MEDIA_ADDRESS = 56 };
/* "192.0.2.1:4000", "[2001:db8::1]:4000". */
void media_address_write(char out[MEDIA_ADDRESS], const struct net_addr *a);

/* What was agreed, as a stream's format.  BRIDGE_UNKNOWN: a codec that is not ours (cannot be: we offered it). */
enum bridge_err media_format(struct stream_format *out, const struct media_agreed *agreed);
/* Our credentials for it; false: no ICE. */
bool media_ice(struct ice_credentials *out, const struct media_agreed *agreed);
/* How keys may come on a trunk (T21); NULL: in every way. */
enum media_keys { MEDIA_KEYS_EVENTS = 1, MEDIA_KEYS_SOUND = 2, MEDIA_KEYS_INFO = 4 };
bool media_keys(const struct site_trunk *trunk, enum media_keys by);
#endif
