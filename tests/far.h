/* far.h - the far end of a call: a dialog spoken to the byte, and a wire with sound.
 *
 * Use:  far_call(), or far_open() and far_offer(); far_offer() again for what changes; far_bye(); far_close().
 *
 * Thread: the test's; a check that fails ends the test.
 */
#ifndef TESTS_FAR_H
#define TESTS_FAR_H

#include "tests/flow/bridge.h"
#include "tests/rawsip.h"
#include "tests/wire.h"

#define FAR_CARRIER "127.0.0.2"
#define FAR_DBOV (-20.0)

struct far {
	struct raw sip;
	struct wire wire;
	unsigned version, rtp_port; /* of its last description; the bridge's */
	char answer[RAW_TEXT], party[RAW_TAG * 4];
	const char *number;
	uint64_t since_ms, answered_ms; /* when the call was answered; when the last offer was */
};

void far_open(struct far *f, const struct bridge *b, const char *ip, const char *number);
void far_close(struct far *f);
/* From and To of its dialog as header lines, and `more` of them (or NULL): for raw_request(). */
const char *far_party(struct far *f, const char *more);
/* INVITE or UPDATE with an offer for sound at this wire; its final status; a final answer is kept and acknowledged. */
unsigned far_offer(struct far *f, const char *method, const char *headers, const struct wire *at,
	const char *formats, const char *direction);
/* Opens it at FAR_CARRIER, calls, and sends a tone (0: silence) as PCMU. */
void far_call(struct far *f, const struct bridge *b, const char *number, const char *headers, unsigned hz);
void far_bye(struct far *f);
/* Keys as RFC 4733 packets to that port. */
void far_press(struct wire *w, unsigned port, const char *keys);
#endif
