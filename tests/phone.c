#include "tests/phone.h"

#include "mixer/rtcp.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void hear(struct phone *p, const struct rtp *rtp)
{
	int16_t pcm[48 * 120];
	size_t n = 0, at;
	unsigned clock_hz = codec_info(p->format.tx.id)->clock_hz;

	if (rtp->payload_type == p->format.cn_pt && rtp->payload_len == 1) {
		p->comforts++;
		p->comfort_dbov = rtp->payload[0];
		return;
	}
	if (rtp->payload_type == p->format.event_tx_pt) {
		p->odd_steps += p->events > 0 && rtp->timestamp != p->event_ts;
		p->event_ts = rtp->timestamp;
		p->events++;
		p->event_ends += rtp->payload[1] >> 7;
		return;
	}
	if (decoder_run(p->decoder, rtp->payload, rtp->payload_len, pcm, sizeof(pcm) / sizeof(*pcm), &n) !=
		MIX_OK)
		return;
	p->odd_steps += p->n_heard > 0 && !rtp->marker && rtp->timestamp != p->next_ts;
	p->overlaps += p->n_heard > 0 && (int32_t)(rtp->timestamp - p->next_ts) < 0;
	p->next_ts = rtp->timestamp + (uint32_t)(n * clock_hz / phone_rate(p));
	at = (size_t)(rtp->timestamp - p->first_ts) * (phone_rate(p) / 1000) / (clock_hz / 1000);
	if (at + n > PHONE_HEARD_MAX)
		return;
	memcpy(p->heard + at, pcm, n * sizeof(*pcm));
	if (at + n > p->n_heard)
		p->n_heard = at + n;
}

static void on_send(
	void *arg, void *user, bool rtcp, const struct net_addr *to, const uint8_t *bytes, size_t len)
{
	struct phone *p = user;
	uint8_t room[PACKET_MAX];
	struct rtp rtp;

	(void)arg;
	if (len > 0 && len <= sizeof(p->answer) && bytes[0] < 4) { /* STUN, which is never sealed */
		p->answered = *to;
		p->answered_rtcp = rtcp;
		p->answer_len = len;
		memcpy(p->answer, bytes, len);
		return;
	}
	if (p->rx_seal) {
		const bool control = rtcp || rtp_is_rtcp(bytes, len);

		if ((control ? seal_open_rtcp : seal_open_rtp)(
			    p->rx_seal, bytes, len, room, sizeof(room), &len) != MIX_OK) {
			p->unreadable++;
			return;
		}
		bytes = room;
	}
	if (rtcp || rtp_is_rtcp(bytes, len)) {
		p->reports++;
		p->report_len = len < sizeof(p->report) ? len : 0;
		memcpy(p->report, bytes, p->report_len);
		return;
	}
	if (rtp_parse(&rtp, bytes, len) != MIX_OK || !net_addr_equal(to, &p->address)) {
		p->jumps++;
		return;
	}
	if (!p->started) {
		p->first_ts = rtp.timestamp;
		p->started = true;
	} else if ((uint16_t)(p->last_seq + 1) != rtp.seq) {
		p->jumps++;
	}
	p->last_seq = rtp.seq;
	p->last_ts = rtp.timestamp;
	p->packets++;
	p->markers += rtp.marker;
	hear(p, &rtp);
}

static void on_event(void *arg, void *user, const struct media_event *event)
{
	struct phone *p = user;

	(void)arg;
	switch (event->kind) {
	case MEDIA_DIGIT:
		if (p->n_digits + 1 < sizeof(p->digits))
			p->digits[p->n_digits++] = event->digit;
		break;
	case MEDIA_TALK:
		p->talk_on += event->on;
		p->talk_off += !event->on;
		break;
	case MEDIA_PLAYED:
		p->played++;
		p->last_played = event->play_id;
		break;
	case MEDIA_SILENT: p->silent++; break;
	case MEDIA_LATCHED: p->latched++; break;
	case MEDIA_PATH:
		p->paths++;
		p->path = event->peer;
		break;
	case MEDIA_PRESSED: p->pressed += event->on; break;
	case MEDIA_ONE_WAY: p->one_way = event->one_way; break;
	case MEDIA_QUIRK: p->quirks |= 1U << event->quirk; break;
	case MEDIA_ECHO: p->echo = event->on; break;
	case MEDIA_BEEP: p->beeps++; break;
	case MEDIA_PROGRESS: p->progress = event->progress; break;
	}
}

const struct media_out phone_out = { .send = on_send, .event = on_event };

static void must(bool good, const char *what)
{
	if (!good) {
		fprintf(stderr, "phone: %s\n", what);
		abort();
	}
}

void phone_refit(struct phone *p, uint64_t now_us)
{
	struct kit *kit = NULL;

	must(kit_alloc(&kit, &p->format) == MIX_OK, "kit");
	must(!p->ice.ufrag[0] || kit_ice(kit, &p->ice) == MIX_OK, "ICE");
	stream_refit(p->stream, &kit, now_us);
	kit_free(kit);
	if (p->decoder && decoder_id(p->decoder) == p->format.tx.id)
		return;
	p->decoder = decoder_free(p->decoder);
	must(decoder_alloc(&p->decoder, p->format.tx.id) == MIX_OK, "decoder");
}

static void change_key(struct seal **at, const struct seal_key *key, bool sends)
{
	struct seal *fresh = NULL;

	must(seal_alloc(&fresh, key, sends) == MIX_OK, "seal");
	if (*at)
		seal_succeed(fresh, *at);
	seal_free(*at);
	*at = fresh;
}

void phone_secure(struct phone *p, const struct seal_key *tx, const struct seal_key *rx)
{
	if (!seal_key_equal(&p->format.rx_key, rx))
		change_key(&p->tx_seal, rx, true);
	if (!seal_key_equal(&p->format.tx_key, tx))
		change_key(&p->rx_seal, tx, false);
	p->format.tx_key = *tx;
	p->format.rx_key = *rx;
}

void phone_init(struct phone *p, unsigned number, enum codec_id codec, unsigned ptime_ms, unsigned hz)
{
	const struct codec_info *info = codec_info(codec);
	const uint8_t pt = info->payload_type == CODEC_DYNAMIC ? 107 : (uint8_t)info->payload_type;
	struct stream_identity id = { .ssrc = 0x1000 + number,
		.first_timestamp = 77777 * number,
		.first_seq = (uint16_t)(65530 + number),
		.cname = "test" };

	memset(p, 0, sizeof(*p));
	p->codec = codec;
	p->ptime_ms = ptime_ms;
	p->hz = hz;
	p->dbov = 20;
	p->ssrc = 0x9000 + number;
	p->timestamp = 12345 * number;
	p->seq = (uint16_t)(65000 + 400 * number);
	p->address = (struct net_addr){ .ip = { [10] = 255, [11] = 255, [12] = 127, [15] = 1 },
		.port = (uint16_t)(4000 + 2 * number) };
	p->format = (struct stream_format){ .tx = { .id = codec, .ptime_ms = ptime_ms, .complexity = 5 },
		.tx_pt = pt,
		.rx = { { pt, codec } },
		.n_rx = 1,
		.event_rx_pt = 101,
		.event_tx_pt = 101,
		.cn_pt = PT_NONE, /* it may send it all the same */
		.send = true,
		.receive = true,
		.rtp = p->address };
	p->format.rtcp = p->address;
	p->format.rtcp.port++;
	must(encoder_alloc(&p->encoder, &p->format.tx) == MIX_OK, "encoder");
	p->heard = calloc(PHONE_HEARD_MAX, sizeof(int16_t));
	must(p->heard != NULL, "memory");
	must(stream_alloc(&p->stream, &id, p) == MIX_OK, "stream");
	phone_refit(p, 1000000);
}

void phone_free(struct phone *p)
{
	p->stream = stream_free(p->stream);
	p->encoder = encoder_free(p->encoder);
	p->decoder = decoder_free(p->decoder);
	p->tx_seal = seal_free(p->tx_seal);
	p->rx_seal = seal_free(p->rx_seal);
	free(p->heard);
	p->heard = NULL;
}

static void send_packet(
	struct phone *p, const struct rtp *head, const uint8_t *payload, size_t len, uint64_t now_us)
{
	uint8_t packet[PACKET_MAX], sealed[PACKET_MAX + SEAL_TAIL_MAX];
	size_t n = RTP_HEADER + len;

	p->sent++;
	if (p->lose_every && p->sent % p->lose_every == 0)
		return;
	rtp_write(packet, head);
	memcpy(packet + RTP_HEADER, payload, len);
	if (p->tx_seal)
		must(seal_rtp(p->tx_seal, packet, n, sealed, sizeof(sealed), &n) == MIX_OK, "sealing");
	stream_rx_rtp(p->stream, p->tx_seal ? sealed : packet, n, &p->address, now_us, &phone_out);
}

void phone_send_event(
	struct phone *p, unsigned code, bool end, unsigned duration, uint32_t timestamp, uint64_t now_us)
{
	const uint8_t payload[4] = { (uint8_t)code, (uint8_t)(10 | end << 7), (uint8_t)(duration >> 8),
		(uint8_t)duration };
	const struct rtp head = { .seq = p->seq++,
		.timestamp = timestamp,
		.ssrc = p->ssrc,
		.payload_type = p->format.event_rx_pt };

	send_packet(p, &head, payload, sizeof(payload), now_us);
}

void phone_send(struct phone *p, uint64_t now_us)
{
	const struct codec_info *info = codec_info(p->codec);
	const unsigned rate = rate_hz(info->rate);

	if (p->next_us == 0)
		p->next_us = now_us;
	while (p->next_us <= now_us) {
		int16_t pcm[48 * PTIME_MAX_MS];
		uint8_t payload[CODEC_PAYLOAD_MAX];
		size_t n = rate / 1000 * p->ptime_ms, len = 0;
		struct rtp head = { .seq = p->seq,
			.timestamp = p->timestamp,
			.ssrc = p->ssrc,
			.payload_type = p->format.rx[0].pt };

		p->timestamp += info->clock_hz / 1000 * p->ptime_ms;
		p->next_us += p->ptime_ms * 1000;
		if (p->hz == 0 && !p->holds_its_tongue)
			continue;
		for (size_t i = 0; i < n; i++) {
			p->phase += 2 * M_PI * p->hz / rate;
			pcm[i] = p->holds_its_tongue
					 ? 0
					 : (int16_t)lrint(32767 * pow(10, -p->dbov / 20) * sin(p->phase));
		}
		for (size_t i = 0; p->says && i < n; i++, p->at_says++)
			pcm[i] = p->says[p->at_says % p->n_says];
		must(encoder_run(p->encoder, pcm, n, payload, sizeof(payload), &len) == MIX_OK, "encode");
		p->seq++;
		send_packet(p, &head, payload, len, p->next_us - p->ptime_ms * 1000);
	}
}

void phone_forget(struct phone *p)
{
	memset(p->heard, 0, PHONE_HEARD_MAX * sizeof(int16_t));
	p->n_heard = 0;
	p->started = false;
	p->packets = p->markers = p->jumps = 0;
}

unsigned phone_rate(const struct phone *p)
{
	return rate_hz(codec_info(p->format.tx.id)->rate);
}

static const int16_t *last(const struct phone *p, unsigned ms, size_t *n)
{
	*n = phone_rate(p) / 1000 * ms;
	if (*n > p->n_heard)
		*n = p->n_heard;
	return p->heard + p->n_heard - *n;
}

/* One bin of a Fourier sum under a Hann window, so that strong neighbours do not leak into it. */
double phone_level(const struct phone *p, unsigned hz, unsigned ms)
{
	double re = 0, im = 0, weight = 0, amplitude;
	size_t n;
	const int16_t *pcm = last(p, ms, &n);

	for (size_t i = 0; i < n; i++) {
		double w = 0.5 - 0.5 * cos(2 * M_PI * (double)i / (double)n),
		       a = 2 * M_PI * hz * (double)i / phone_rate(p);

		re += w * pcm[i] * cos(a);
		im += w * pcm[i] * sin(a);
		weight += w;
	}
	amplitude = weight > 0 ? 2 * hypot(re, im) / weight : 0;
	return amplitude > 0.01 ? -20 * log10(amplitude / 32767) : 130;
}

double phone_rms(const struct phone *p, unsigned ms)
{
	double sum = 0;
	size_t n;
	const int16_t *pcm = last(p, ms, &n);

	for (size_t i = 0; i < n; i++)
		sum += (double)pcm[i] * pcm[i];
	return n > 0 && sum > 0 ? -10 * log10(sum / (double)n / 32768 / 32768) : 127;
}
