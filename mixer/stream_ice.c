/* stream_ice.c - who may speak for a stream and where it is sent to: by the latch, or by the checks of its far end. */
#include "mixer/stream_priv.h"

const struct net_addr *stream_peer(const struct stream *s)
{
	return s->kit->ice ? ice_peer(s->kit->ice, ICE_RTP) : latch_peer(&s->latch);
}

const struct net_addr *stream_report_peer(const struct stream *s)
{
	if (s->kit->format.rtcp_mux)
		return stream_peer(s);
	return s->kit->ice ? ice_peer(s->kit->ice, ICE_RTCP) : &s->rtcp_peer;
}

bool stream_waits(const struct stream *s)
{
	return s->kit && s->kit->ice && ice_is_waiting(s->kit->ice);
}

static void tell_path(struct stream *s, const struct net_addr *before, const struct media_out *out)
{
	const struct net_addr *now = ice_peer(s->kit->ice, ICE_RTP);

	if (net_addr_equal(before, now))
		return;
	s->marker = true;
	stream_tell(s, out, (struct media_event){ .kind = MEDIA_PATH, .on = now->port != 0, .peer = *now });
}

bool stream_ice_keeps(struct stream *s, enum ice_component at, const uint8_t *p, size_t len,
	const struct net_addr *from, uint64_t arrival_us, const struct media_out *out)
{
	struct ice *ice = s->kit->ice;
	const struct net_addr before = *ice_peer(ice, ICE_RTP);
	uint8_t answer[BINDING_ANSWER_MAX];
	size_t n;

	if (!binding_is(p, len)) {
		if (ice_hears(ice, at, from, arrival_us))
			return false;
		s->stats.rx_refused++;
		return true;
	}
	n = ice_take(ice, at, p, len, from, arrival_us, answer);
	if (n > 0)
		out->send(out->arg, s->user, at == ICE_RTCP, from, answer, n);
	tell_path(s, &before, out);
	return true;
}

void stream_ice_look(struct stream *s, uint64_t now_us, const struct media_out *out)
{
	struct net_addr before;

	if (!s->kit || !s->kit->ice)
		return;
	before = *ice_peer(s->kit->ice, ICE_RTP);
	ice_look(s->kit->ice, now_us);
	tell_path(s, &before, out);
}
