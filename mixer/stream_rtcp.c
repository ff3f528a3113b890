/* stream_rtcp.c - a stream's reports, and the watch over a far end that has fallen silent. */
#include "mixer/stream_priv.h"

#include <string.h>

static void send_report(
	struct stream *s, const struct media_out *out, bool bye, uint64_t now_us, uint64_t ntp)
{
	uint8_t packet[RTCP_PACKET_MAX];
	size_t len = 0;

	if (!s->kit || stream_report_peer(s)->port == 0)
		return;
	s->tx.ssrc = s->ssrc;
	s->tx.timestamp = s->clock;
	if (rtcp_write(packet, sizeof(packet), &len, &s->rx, &s->tx, s->cname, bye, now_us, ntp) != MIX_OK)
		return;
	if (!bye)
		len += stream_write_xr(s, packet + len, sizeof(packet) - len, now_us);
	s->stats.rtcp_tx++;
	stream_emit(s, true, packet, len, out);
}

void stream_bye(struct stream *s, const struct media_out *out, uint64_t now_us, uint64_t ntp)
{
	send_report(s, out, true, now_us, ntp);
}

/* Half the interval to a whole one, spread by the SSRC (RFC 3550 section 6.2): legs that join together do not
 * report together. */
static uint64_t first_interval_us(const struct stream *s)
{
	uint32_t scattered = s->ssrc * 2654435761u;

	return RTCP_INTERVAL_US / 2 + ((uint64_t)scattered * (RTCP_INTERVAL_US / 2) >> 32);
}

static void watch(struct stream *s, uint64_t now_us, const struct media_out *out)
{
	const struct media_event silent = { .kind = MEDIA_SILENT };
	uint64_t since;

	if (s->watch_us == 0)
		return;
	if (s->watch_from_us == 0)
		s->watch_from_us = now_us;
	since = s->stats.heard_us > s->watch_from_us ? s->stats.heard_us : s->watch_from_us;
	if (s->said_silent || now_us < since || now_us - since < s->watch_us)
		return;
	s->said_silent = true;
	out->event(out->arg, s->user, &silent);
}

void stream_upkeep(struct stream *s, uint64_t now_us, uint64_t ntp, const struct media_out *out)
{
	s->tick_us = now_us;
	s->tick_ntp = ntp;
	if (s->rtcp_due_us == 0)
		s->rtcp_due_us = now_us + first_interval_us(s);
	if (now_us >= s->rtcp_due_us) {
		stream_settle_quirks(s, now_us, out);
		send_report(s, out, false, now_us, ntp);
		s->rtcp_due_us += RTCP_INTERVAL_US;
		if (s->rtcp_due_us <= now_us)
			s->rtcp_due_us = now_us + RTCP_INTERVAL_US;
	}
	stream_ice_look(s, now_us, out);
	watch(s, now_us, out);
	stream_look_one_way(s, now_us, out);
}
