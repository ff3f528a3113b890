/* links: mixer/rtcp.c mixer/err.c */
#include "mixer/rtcp.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

/* A refused compound tells and changes nothing; after any, our own report is written and can be read.
 * Our SSRC is 1, the heard source 7, as in the seeds. */
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	const struct rtcp_tx tx = { .ssrc = 1, .packets = 3, .octets = 480, .timestamp = 480 };
	static const struct rtcp_news nothing;
	struct rtcp_rx rx = { 0 }, before;
	struct rtcp_news news;
	uint8_t report[RTCP_PACKET_MAX];
	size_t n;

	for (uint16_t i = 0; i < 3; i++)
		rtcp_rx_packet(&rx, 7, (uint16_t)(65534 + i), i * 160u, 8000, 1000000 + i * 20000u);
	before = rx;
	if (rtcp_parse(&news, &rx, 1, p, len, 2000000, 0x0000b71080000000ull) != MIX_OK &&
		(memcmp(&rx, &before, sizeof(rx)) != 0 || memcmp(&news, &nothing, sizeof(news)) != 0))
		abort();
	if (news.lost < -0x800000 || news.lost > 0x7fffff || news.round_trip_us > 30000000)
		abort();
	if (rtcp_write(report, sizeof(report), &n, &rx, &tx, "fuzz", true, 3000000, 1) != MIX_OK ||
		n > sizeof(report))
		abort();
	if (rtcp_parse(&news, &rx, 7, report, n, 4000000, 0) != MIX_OK || !news.has_report)
		abort();
	return 0;
}
