/* links: mixer/choose.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/conceal.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/delay.c mixer/doze.c mixer/err.c mixer/lull.c mixer/hush.c mixer/jbuf.c mixer/keypad.c mixer/keypad_tx.c mixer/kit.c mixer/latch.c mixer/level.c mixer/limit.c mixer/mix.c mixer/narrow.c mixer/opus_peek.c mixer/resample.c mixer/ring.c mixer/room.c mixer/room_limit.c mixer/room_idle.c mixer/room_group.c mixer/rtcp.c mixer/rtp.c mixer/skew.c mixer/slots.c mixer/source.c mixer/stream.c mixer/stream_quality.c mixer/agc.c mixer/burst.c mixer/denoise.c mixer/echo.c mixer/oneway.c mixer/quality.c mixer/xr.c mixer/stream_rtcp.c mixer/stream_pace.c mixer/stream_rx.c mixer/stream_playout.c mixer/comfort.c mixer/stream_take.c mixer/progress.c mixer/beep.c mixer/stream_tx.c mixer/stretch.c mixer/warp.c tests/phone.c mixer/exchange.c mixer/room_spread.c mixer/cipher.c mixer/seal.c mixer/stream_seal.c mixer/stream_ice.c mixer/ice.c mixer/binding.c mixer/room_clip.c mixer/clip.c mixer/quirk.c mixer/unopened.c */
/* Keys of one leg, as tones, as events and by INFO: each counts once, and each that is sent is an event. */
#include "mixer/rtp.h"
#include "tests/pairbed.h"

#include <spandsp.h>

/* Keys as tones, by SpanDSP's generator, through each codec; then as tone and event at once. */
TEST(tones_are_keys)
{
	static const enum codec_id codecs[] = { CODEC_PCMU, CODEC_G722, CODEC_OPUS };

	for (unsigned k = 0; k < 3; k++)
		for (unsigned both = 0; both < 2; both++) {
			struct pair p;
			dtmf_tx_state_t *gen = dtmf_tx_init(NULL);
			struct resample *up = NULL;
			const enum rate_class rate = codec_info(codecs[k])->rate;
			uint32_t began = 0;

			pair_open(&p, codecs[k], 20, 0);
			if (rate != RATE_8K)
				CHECK_INT(MIX_OK, resample_alloc(&up, RATE_8K, rate), "resampler");
			dtmf_tx_set_timing(gen, 100, 100);
			dtmf_tx_put(gen, "19#", -1);
			for (unsigned i = 0; i < 60; i++) {
				int16_t pcm[160], wide[FRAME_MAX];
				uint8_t packet[RTP_HEADER + CODEC_PAYLOAD_MAX];
				size_t len = 0;
				int n = dtmf_tx(gen, pcm, 160);
				struct rtp head = { .seq = p.a->seq++,
					.timestamp = p.a->timestamp,
					.ssrc = p.a->ssrc,
					.payload_type = p.a->format.rx[0].pt };

				memset(pcm + n, 0, (size_t)(160 - n) * sizeof(*pcm));
				if (up)
					resample_frame(up, pcm, wide);
				else
					memcpy(wide, pcm, sizeof(pcm));
				CHECK_INT(MIX_OK,
					encoder_run(p.a->encoder, wide, frame_samples(rate),
						packet + RTP_HEADER, CODEC_PAYLOAD_MAX, &len),
					"encode");
				rtp_write(packet, &head);
				p.a->timestamp += codec_info(codecs[k])->clock_hz / 50;
				stream_rx_rtp(p.a->stream, packet, RTP_HEADER + len, &p.a->address, p.now_us,
					&phone_out);
				if (both && i % 10 < 5 &&
					i < 30) { /* 100 ms on, 100 ms off, as the generator does */
					static const unsigned codes[] = { 1, 9, 11 };

					began = i % 10 == 0 ? p.a->timestamp : began;
					phone_send_event(p.a, codes[i / 10], i % 10 == 4, 160 * (i % 10 + 1),
						began, p.now_us);
				}
				tick(&p);
			}
			CHECK_STR("19#", p.a->digits, codec_info(codecs[k])->name);
			resample_free(up);
			dtmf_tx_free(gen);
			pair_close(&p);
		}
}

TEST(keys_of_muted_and_held_legs_count)
{
	static const enum codec_id codecs[] = { CODEC_PCMU, CODEC_OPUS };

	for (unsigned k = 0; k < 2; k++) {
		struct pair p;

		pair_open(&p, codecs[k], 20, 300);
		stream_mute(p.a->stream, true);
		run(&p, 300);
		phone_send_event(p.a, 6, true, 800, p.a->timestamp, p.now_us);
		run(&p, 300);
		p.a->format.receive = false;
		phone_refit(p.a, p.now_us);
		phone_send_event(p.a, 10, true, 800, p.a->timestamp, p.now_us);
		run(&p, 100);
		CHECK_INT('*', stream_info_digit(p.ear->stream, '*', p.now_us), "INFO, somebody else's");
		CHECK_INT(0, stream_info_digit(p.a->stream, '*', p.now_us),
			"INFO: the same key, the other way");
		CHECK_STR("6*", p.a->digits, "each once");
		CHECK(phone_rms(p.ear, 500) > 70, "and nothing is heard");
		pair_close(&p);
	}
}

TEST(keys_are_sent_as_events)
{
	struct pair p;
	unsigned before;

	pair_open(&p, CODEC_PCMU, 20, 500);
	p.ear->format.tx.ptime_ms = 60;
	phone_refit(p.ear, p.now_us);
	run(&p, 500);
	CHECK_INT(MIX_OK, stream_press(p.ear->stream, '1', 60), "in the middle of a long packet");
	run(&p, 520);
	CHECK_INT(0, p.ear->overlaps, "sound does not go back in time");
	p.ear->format.tx.ptime_ms = 20;
	phone_refit(p.ear, p.now_us);
	run(&p, 500);
	p.ear->events = p.ear->event_ends = p.ear->markers = 0;
	p.ear->markers = 1;
	before = p.ear->packets;
	CHECK_INT(MIX_OK, stream_press(p.ear->stream, '5', 100), "press");
	CHECK_INT(MIX_FULL, stream_press(p.ear->stream, '6', 100), "one at a time");
	run(&p, 500);
	CHECK_INT(25, p.ear->packets - before, "events stand in the place of sound");
	CHECK(p.ear->events >= 6 && p.ear->events <= 8, "100 ms and the end: %u", p.ear->events);
	CHECK_INT(3, p.ear->event_ends, "three end packets (RFC 4733 section 2.5.1.4)");
	CHECK_INT(2, p.ear->pressed, "each key is told once");
	CHECK_INT(2, p.ear->markers, "the event's first has the marker");
	CHECK_INT(0, p.ear->jumps, "one sequence for both");
	CHECK_NEAR(20, phone_level(p.ear, 500, 200), 1, "sound is back");
	p.ear->format.event_tx_pt = PT_NONE;
	phone_refit(p.ear, p.now_us);
	CHECK_INT(MIX_UNKNOWN, stream_press(p.ear->stream, '5', 100), "not negotiated");
	pair_close(&p);
}

TESTS(tones_are_keys, keys_of_muted_and_held_legs_count, keys_are_sent_as_events)
