/* stream_seal.c - SRTP of a stream: the last step of what leaves and the first of what comes. */
#include "mixer/stream_priv.h"

void stream_emit(struct stream *s, bool rtcp, const uint8_t *p, size_t len, const struct media_out *out)
{
	const struct net_addr *to = rtcp ? stream_report_peer(s) : stream_peer(s);
	struct seal *seal = s->kit->tx_seal;
	uint8_t sealed[PACKET_MAX + SEAL_TAIL_MAX];

	if (seal && (rtcp ? seal_rtcp : seal_rtp)(seal, p, len, sealed, sizeof(sealed), &len) != MIX_OK)
		return; /* better unsent than in the clear */
	out->send(out->arg, s->user, rtcp && !s->kit->format.rtcp_mux, to, seal ? sealed : p, len);
}

bool stream_open(struct stream *s, bool rtcp, const uint8_t **p, size_t *len, uint8_t room[PACKET_MAX],
	uint64_t now_us)
{
	enum mix_err (*open)(struct seal *, const uint8_t *, size_t, uint8_t *, size_t, size_t *) =
		rtcp ? seal_open_rtcp : seal_open_rtp;
	const struct kit *k = s->kit;
	enum mix_err err;

	if (!k->rx_seal)
		return true;
	err = open(k->rx_seal, *p, *len, room, PACKET_MAX, len);
	if (err && err != MIX_STALE && k->rx_former && now_us < s->former_until_us)
		err = open(k->rx_former, *p, *len, room, PACKET_MAX, len);
	*p = room;
	if (!err)
		return true;
	if (err == MIX_STALE) {
		s->stats.rx_duplicate++;
		return false;
	}
	(*(rtcp ? &s->stats.rtcp_bad : &s->stats.rx_bad))++;
	s->stats.rx_forged++;
	return false;
}
