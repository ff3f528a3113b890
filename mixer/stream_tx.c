/* stream_tx.c - the sending half of a stream: from this tick's sound to datagrams.
 *
 * One stream makes payloads and many may send them, each under its own SSRC, number and timestamp.
 */
#include "mixer/stream_priv.h"

#include <string.h>

enum { CN_EVERY = 20 /* ticks */ };

bool stream_sends(const struct stream *s)
{
	return s->kit && s->kit->format.send && stream_peer(s)->port != 0;
}

void stream_idle(struct stream *s)
{
	s->tx_n = 0; /* an unfinished packet is not finished after a pause */
	s->marker = true;
}

static uint32_t tx_units(const struct stream *s, size_t samples)
{
	return (uint32_t)(samples * s->kit->tx_clock_hz / rate_hz(s->kit->tx_rate));
}

static void encode(struct stream *s, const int16_t *pcm, size_t n, int32_t offset, struct payloads *out)
{
	uint8_t *payload = out->at[out->n].packet + RTP_HEADER;
	size_t len = 0;

	if (encoder_run(s->kit->encoder, pcm, n, payload, CODEC_PAYLOAD_MAX, &len) != MIX_OK)
		len = 0;
	out->encodes += encoder_ran(s->kit->encoder);
	out->at[out->n].len = len;
	out->at[out->n].offset = offset;
	out->at[out->n].unsent = len == 0 || (len == 1 && s->kit->format.tx.id == CODEC_OPUS);
	out->n++;
}

bool stream_owes_first(const struct stream *s)
{
	return s->stats.tx_packets == 0 && s->kit->format.tx.ptime_ms > FRAME_MS;
}

void stream_make(struct stream *s, const int16_t *pcm, struct payloads *out)
{
	const size_t frame = frame_samples(s->kit->tx_rate);
	const unsigned ptime_ms = s->kit->format.tx.ptime_ms;
	const size_t need = frame * ptime_ms / FRAME_MS;

	out->n = out->encodes = 0;
	if (ptime_ms <= FRAME_MS) {
		for (size_t at = 0; at + need <= frame && out->n < PAYLOADS_MAX; at += need)
			encode(s, pcm + at, need, (int32_t)tx_units(s, at), out);
		return;
	}
	if (stream_owes_first(s) &&
		s->tx_n == 0) { /* silence before it, so that it need not wait to be full */
		s->tx_n = (uint16_t)(need - frame);
		memset(s->kit->tx_pcm, 0, s->tx_n * sizeof(*pcm));
	}
	memcpy(s->kit->tx_pcm + s->tx_n, pcm, frame * sizeof(*pcm));
	s->tx_n = (uint16_t)(s->tx_n + frame);
	if (s->tx_n < need)
		return;
	encode(s, s->kit->tx_pcm, need, -(int32_t)tx_units(s, s->tx_n - frame), out);
	s->tx_n = (uint16_t)(s->tx_n - need);
	memmove(s->kit->tx_pcm, s->kit->tx_pcm + need, s->tx_n * sizeof(*pcm));
}

static void send_packet(
	struct stream *s, struct rtp *head, uint8_t *packet, size_t payload_len, const struct media_out *out)
{
	head->ssrc = s->ssrc;
	head->seq = s->seq++;
	rtp_write(packet, head);
	s->tx.packets++;
	s->tx.octets += (uint32_t)payload_len;
	s->stats.tx_packets++;
	s->stats.tx_bytes += RTP_HEADER + payload_len;
	stream_emit(s, false, packet, RTP_HEADER + payload_len, out);
}

bool stream_takes_comfort(const struct stream *s)
{
	return s->kit->format.cn_pt != PT_NONE && s->kit->tx_clock_hz == 8000;
}

/* Said at the begin of a silence and every so often in it, for who lost it and for the doors that close on silence;
 * the next sound begins a talk burst (RFC 3551 section 4.1). */
void stream_send_comfort(struct stream *s, uint8_t dbov, const struct media_out *out)
{
	uint8_t packet[RTP_HEADER + 1];
	struct rtp head = { .timestamp = s->clock, .payload_type = s->kit->format.cn_pt };

	s->marker = true;
	if (s->cn_wait > 0) {
		s->cn_wait--;
		return;
	}
	s->cn_wait = CN_EVERY - 1;
	packet[RTP_HEADER] = dbov & 127;
	send_packet(s, &head, packet, 1, out);
}

void stream_send(struct stream *s, struct payloads *p, const struct media_out *out)
{
	for (unsigned i = 0; i < p->n; i++) {
		struct rtp head = { .timestamp = s->clock + (uint32_t)p->at[i].offset,
			.payload_type = s->kit->format.tx_pt,
			.marker = s->marker };

		if (p->at[i].unsent) {
			s->marker = true;
			continue;
		}
		send_packet(s, &head, p->at[i].packet, p->at[i].len, out);
		s->marker = false;
		s->cn_wait = 0;
	}
}

unsigned stream_send_clip(struct stream *s, const struct clip *c, uint32_t frame, const struct media_out *out)
{
	struct payloads p;

	p.n = clip_packets(c);
	for (unsigned k = 0; k < p.n; k++) {
		const uint8_t *payload = clip_payload(c, frame, k, &p.at[k].len);

		memcpy(p.at[k].packet + RTP_HEADER, payload, p.at[k].len);
		p.at[k].offset = (int32_t)(s->kit->tx_clock_hz / 1000 * FRAME_MS / p.n * k);
		p.at[k].unsent = p.at[k].len == 0;
	}
	stream_send(s, &p, out);
	return p.n;
}

void stream_send_silence(struct stream *s, const struct media_out *out)
{
	uint8_t packet[RTP_HEADER + 8 * FRAME_MS];
	struct rtp head = {
		.timestamp = s->clock, .payload_type = s->kit->format.tx_pt, .marker = s->marker
	};

	memset(packet + RTP_HEADER, codec_silence(s->kit->format.tx.id), 8 * FRAME_MS);
	send_packet(s, &head, packet, 8 * FRAME_MS, out);
	s->marker = false;
	s->cn_wait = 0;
}

bool stream_send_key(struct stream *s, const struct media_out *out)
{
	uint8_t packet[RTP_HEADER + KEYPAD_EVENT_LEN];
	uint32_t step = s->kit->tx_clock_hz / 1000 * FRAME_MS;
	struct rtp head = { .payload_type = s->kit->format.event_tx_pt };

	if (s->press.digit == 0)
		return false;
	head.timestamp = s->press.timestamp;
	if (keypad_next(&s->press, (uint16_t)step, packet + RTP_HEADER, &head.marker) != MIX_OK)
		return false;
	s->tx_n = 0; /* events stand in the place of sound */
	send_packet(s, &head, packet, KEYPAD_EVENT_LEN, out);
	return true;
}

void stream_tell_key(struct stream *s, const struct media_out *out)
{
	const struct media_event pressed = { .kind = MEDIA_PRESSED, .on = true };

	if (!s->presses || s->press.digit != 0)
		return;
	s->presses = false;
	out->event(out->arg, s->user, &pressed);
}

void stream_advance(struct stream *s, unsigned frames)
{
	if (s->kit)
		s->clock += s->kit->tx_clock_hz / 1000 * FRAME_MS * frames;
}

void stream_copy_tx(struct stream *to, const struct stream *from)
{
	(void)encoder_copy(to->kit->encoder, from->kit->encoder);
	if (from->tx_n <= to->kit->tx_cap) {
		memcpy(to->kit->tx_pcm, from->kit->tx_pcm, from->tx_n * sizeof(int16_t));
		to->tx_n = from->tx_n;
	}
}
