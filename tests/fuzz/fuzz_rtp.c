/* links: mixer/rtp.c mixer/err.c */
#include "mixer/rtp.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

/* Whatever comes: what the reader points to lies inside the datagram, and its fields survive the writer. */
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct rtp rtp, again;
	uint8_t head[RTP_HEADER];

	if (rtp_parse(&rtp, p, len) != MIX_OK)
		return 0;
	if (rtp.payload < p + RTP_HEADER || rtp.payload_len > (size_t)(p + len - rtp.payload))
		abort();
	if (rtp.extension && (rtp.extension < p || rtp.extension + rtp.extension_len > rtp.payload))
		abort();
	if (!rtp.extension && rtp.extension_len)
		abort();
	rtp_write(head, &rtp);
	if (rtp_parse(&again, head, sizeof(head)) != MIX_OK || again.seq != rtp.seq ||
		again.timestamp != rtp.timestamp || again.ssrc != rtp.ssrc || again.marker != rtp.marker ||
		again.payload_type != rtp.payload_type || again.payload_len != 0)
		abort();
	return 0;
}
