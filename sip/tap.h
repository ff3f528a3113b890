/* tap.h - what one SIP message on the wire is to whoever keeps a trace: its bytes, which way, by what, with whom.
 *
 * How: the endpoint shows each message as it was received or sent, repetitions included, before anybody has judged it:
 * strangers' messages and broken ones come too.  Of a stream, only whole messages are shown (sip/framing).  What came over TLS is shown
 * with the address behind the relay.
 * Use:  ua_config.on.on_message.
 *
 * Thread: control.
 */
#ifndef SIP_TAP_H
#define SIP_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tap_transport { TAP_UDP, TAP_TCP, TAP_TLS };

struct tap_message {
	bool rx;
	enum tap_transport transport;
	uint8_t ip[16]; /* of the far end, v4-mapped */
	uint16_t port;
	uint8_t own_ip
		[16]; /* of ours, where it came to or went from; of a socket bound to all addresses none (0.0.0.0, ::) */
	uint16_t own_port;
	const char *text; /* any bytes; valid during the call; secrets are in it: sip/redact */
	size_t len;
};
#endif
