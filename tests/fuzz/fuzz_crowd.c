/* links: tools/crowd_sip.c tools/crowd_sdp.c tools/crowd_call.c */
/* What a bridge may send to crowd: any bytes as a message, given to a call that is up. */
#include "tools/crowd_call.h"
#include <arpa/inet.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct crowd_call call = { .offer = { .name = "PCMU",
					   .clock_hz = 8000,
					   .channels = 1,
					   .ptime_ms = 20,
					   .event_pt = 101,
					   .direction = "sendrecv" } };
	struct crowd_outbox out;
	struct crowd_message m;

	if (size > 65536 || !crowd_message_read(&m, (const char *)data, size))
		return 0;
	snprintf(call.to_uri, sizeof(call.to_uri), "sip:+1@127.0.0.1:5060");
	snprintf(call.from_user, sizeof(call.from_user), "a");
	snprintf(call.from_tag, sizeof(call.from_tag), "us");
	call.server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	out.n = 0;
	crowd_call_start(&call, 1000000, &out);
	for (int i = 0; i < 3; i++) {
		out.n = 0;
		crowd_call_take(&call, &m, 1000000, &out);
	}
	out.n = 0;
	crowd_call_hangup(&call, 2000000, &out);
	out.n = 0;
	crowd_call_timer(&call, 3000000, &out);
	return 0;
}
