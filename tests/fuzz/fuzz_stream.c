/* links: mixer/choose.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/conceal.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/delay.c mixer/doze.c mixer/err.c mixer/lull.c mixer/hush.c mixer/jbuf.c mixer/keypad.c mixer/keypad_tx.c mixer/kit.c mixer/latch.c mixer/level.c mixer/limit.c mixer/mix.c mixer/narrow.c mixer/opus_peek.c mixer/resample.c mixer/ring.c mixer/room.c mixer/room_limit.c mixer/room_idle.c mixer/room_group.c mixer/rtcp.c mixer/rtp.c mixer/skew.c mixer/slots.c mixer/source.c mixer/stream.c mixer/stream_quality.c mixer/agc.c mixer/burst.c mixer/denoise.c mixer/echo.c mixer/oneway.c mixer/quality.c mixer/xr.c mixer/stream_rtcp.c mixer/stream_pace.c mixer/stream_rx.c mixer/stream_playout.c mixer/comfort.c mixer/stream_take.c mixer/progress.c mixer/beep.c mixer/stream_tx.c mixer/stretch.c mixer/warp.c mixer/exchange.c mixer/room_spread.c mixer/cipher.c mixer/seal.c mixer/stream_seal.c mixer/stream_ice.c mixer/ice.c mixer/binding.c mixer/room_clip.c mixer/clip.c mixer/quirk.c mixer/unopened.c */
/* fuzz_stream.c - two legs in a room, fed with any datagrams at any times while ticks go on.
 *
 * Input: steps of one byte of what to do, one of how long the datagram is, then the datagram.  Streams of the same
 * format share an encode, so that handing it over is exercised as well.
 */
#include "mixer/room.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

static void on_send(void *arg, void *user, bool rtcp, const struct net_addr *to, const uint8_t *p, size_t len)
{
	volatile uint8_t sum = 0;

	(void)arg;
	(void)user;
	(void)rtcp;
	(void)to;
	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + p[i]); /* every byte must be there */
}

static void on_event(void *arg, void *user, const struct media_event *event)
{
	(void)arg;
	(void)user;
	(void)event;
}

static const struct media_out out = { .send = on_send, .event = on_event };
static const struct net_addr peer = { .ip = { [10] = 255, [11] = 255, [12] = 127, [15] = 1 }, .port = 4000 };

static void fit(struct stream *s, unsigned how, uint64_t now_us)
{
	static const enum codec_id codecs[] = { CODEC_PCMU, CODEC_PCMA, CODEC_G722, CODEC_OPUS };
	static const struct ice_credentials ours = { "8hhY", "asd88fgpdd777uzjYhagZg" };
	static const unsigned ptimes[] = { 20, 10, 40, 60 };
	struct stream_format format = {
		.tx = { .id = codecs[how & 3], .ptime_ms = ptimes[how >> 2 & 3] },
		.rx = { { 0, codecs[how >> 4 & 3] }, { 8, CODEC_PCMA }, { 107, CODEC_OPUS } },
		.n_rx = 3,
		.event_rx_pt = how % 3 ? 101 : PT_NONE, /* without: its keys come as sound alone */
		.event_tx_pt = 101,
		.cn_pt = 13,
		.send = how >> 6 & 1,
		.receive = true,
		.rtcp_mux = how >> 7,
		.rtp = peer,
		.rtcp = peer,
		.tx_key = { .suite = how % 5 ? SEAL_NONE : SEAL_AES_CM_128_80,
			.master = { (uint8_t)(how >> 6) } },
		.rx_key = { .suite = how % 5 ? SEAL_NONE : SEAL_GCM_128, .master = { (uint8_t)(how >> 7) } },
	};
	struct kit *kit = NULL;

	/* one in seven may be heard when a check was proven, which the fuzzer cannot */
	if (kit_alloc(&kit, &format) == MIX_OK && (how % 7 || kit_ice(kit, &ours) == MIX_OK))
		stream_refit(s, &kit, now_us);
	kit_free(kit);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	const struct room_config config = { .mixed_talkers = 1 };
	struct stream_identity identity = { .ssrc = 1 };
	struct stream *s[2] = { NULL, NULL };
	struct room *room = NULL;
	uint64_t now_us = 1000000;

	if (room_alloc(&room, &config) != MIX_OK)
		return 0;
	for (unsigned i = 0; i < 2; i++) {
		if (stream_alloc(&s[i], &identity, NULL) != MIX_OK)
			abort();
		fit(s[i], 0xc0, now_us);
		room_add(room, s[i]);
	}
	for (size_t at = 0, steps = 0; at + 2 <= len && steps < 400; steps++) {
		unsigned what = p[at];
		size_t n = p[at + 1] < len - at - 2 ? p[at + 1] : len - at - 2;
		const uint8_t *bytes = p + at + 2;
		struct stream *leg = s[what & 1];

		switch (what >> 1 & 7) {
		case 0:
		case 1:
		case 2:
			stream_rx_rtp(leg, bytes, n, &peer, now_us, &out);
			now_us += (what >> 4) * 1000u;
			break;
		case 3: stream_rx_rtcp(leg, bytes, n, &peer, now_us, &out); break;
		case 4: fit(leg, n ? bytes[0] : 0, now_us); break;
		case 5:
			stream_mute(leg, what >> 4 & 1);
			stream_gain(leg, n ? (int8_t)bytes[0] : 0, n > 1 ? (int8_t)bytes[1] : 0);
			(void)stream_press(leg, n > 2 ? (char)bytes[2] : '1', what);
			break;
		case 6:
			room_remove(room, leg);
			room_tick(room, now_us, now_us << 12, &out);
			room_add(room, leg);
			break;
		case 7:
			room_tick(room, now_us, now_us << 12, &out);
			now_us += 20000;
			break;
		}
		at += 2 + n;
	}
	room_tick(room, now_us, now_us << 12, &out);
	for (unsigned i = 0; i < 2; i++) {
		room_remove(room, s[i]);
		stream_free(s[i]);
	}
	room_free(room);
	return 0;
}
