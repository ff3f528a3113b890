#include "mixer/rtp.h"
#include "mixer/bytes.h"

bool rtp_is_rtcp(const uint8_t *p, size_t len)
{
	return len >= 2 && p[0] >> 6 == RTP_VERSION && p[1] >= 192 && p[1] <= 223;
}

enum mix_err rtp_parse(struct rtp *out, const uint8_t *p, size_t len)
{
	size_t at = RTP_HEADER, padding = 0;

	if (len < RTP_HEADER)
		return MIX_SHORT;
	if (p[0] >> 6 != RTP_VERSION)
		return MIX_SYNTAX;
	*out = (struct rtp){
		.marker = p[1] & 0x80,
		.payload_type = p[1] & 0x7f,
		.seq = get16(p + 2),
		.timestamp = get32(p + 4),
		.ssrc = get32(p + 8),
	};
	at += (p[0] & 0x0fu) * 4u; /* contributing sources, which we have no use for */

	if (p[0] & 0x10) {
		if (len < at + 4)
			return MIX_SHORT;
		out->extension_profile = get16(p + at);
		out->extension_len = get16(p + at + 2) * (size_t)4;
		at += 4;
		if (len < at + out->extension_len)
			return MIX_SHORT;
		out->extension = p + at;
		at += out->extension_len;
	}
	if (len < at)
		return MIX_SHORT;
	if (p[0] & 0x20) {
		/* The last byte counts itself (section 5.1), so 0 is a lie. */
		padding = len > at ? p[len - 1] : 0;
		if (padding == 0 || padding > len - at)
			return MIX_SYNTAX;
	}
	out->payload = p + at;
	out->payload_len = len - at - padding;
	return MIX_OK;
}

void rtp_write(uint8_t p[RTP_HEADER], const struct rtp *in)
{
	p[0] = RTP_VERSION << 6;
	p[1] = (uint8_t)((in->marker ? 0x80 : 0) | (in->payload_type & 0x7f));
	put16(p + 2, in->seq);
	put32(p + 4, in->timestamp);
	put32(p + 8, in->ssrc);
}
