/* links: mixer/choose.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/conceal.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/delay.c mixer/doze.c mixer/err.c mixer/lull.c mixer/hush.c mixer/jbuf.c mixer/keypad.c mixer/keypad_tx.c mixer/kit.c mixer/latch.c mixer/level.c mixer/limit.c mixer/mix.c mixer/narrow.c mixer/opus_peek.c mixer/resample.c mixer/ring.c mixer/room.c mixer/room_limit.c mixer/room_idle.c mixer/room_group.c mixer/rtcp.c mixer/rtp.c mixer/skew.c mixer/slots.c mixer/source.c mixer/stream.c mixer/stream_quality.c mixer/agc.c mixer/burst.c mixer/denoise.c mixer/echo.c mixer/oneway.c mixer/quality.c mixer/xr.c mixer/stream_rtcp.c mixer/stream_pace.c mixer/stream_rx.c mixer/stream_playout.c mixer/comfort.c mixer/stream_take.c mixer/progress.c mixer/beep.c mixer/stream_tx.c mixer/stretch.c mixer/warp.c mixer/exchange.c mixer/room_spread.c mixer/cipher.c mixer/seal.c mixer/stream_seal.c mixer/stream_ice.c mixer/ice.c mixer/binding.c mixer/room_clip.c mixer/clip.c mixer/quirk.c mixer/unopened.c */
#include "mixer/stream.h"
#include "tests/test.h"

#include <malloc.h>

enum { LEGS = 200 };

static struct stream_format format_of(enum codec_id codec, bool events)
{
	return (struct stream_format){ .tx = { .id = codec, .ptime_ms = 20, .complexity = 5 },
		.rx = { { .pt = 0, .codec = codec } },
		.n_rx = 1,
		.event_rx_pt = events ? 101 : PT_NONE,
		.event_tx_pt = events ? 101 : PT_NONE,
		.cn_pt = PT_NONE,
		.send = true,
		.receive = true };
}

/* Bytes of heap, malloc's own headers included, that one leg's media takes. */
static size_t bytes_per_leg(const struct stream_format *format)
{
	static struct stream *streams[LEGS];
	const struct stream_identity identity = { .ssrc = 1 };
	const size_t before = mallinfo2().uordblks;
	size_t used;

	for (unsigned i = 0; i < LEGS; i++) {
		struct kit *kit = NULL;

		CHECK_INT(MIX_OK, stream_alloc(&streams[i], &identity, NULL), "a stream");
		CHECK_INT(MIX_OK, kit_alloc(&kit, format), "its kit");
		stream_refit(streams[i], &kit, 1000000);
		CHECK(!kit, "there was none before");
	}
	used = mallinfo2().uordblks - before;
	for (unsigned i = 0; i < LEGS; i++)
		stream_free(streams[i]);
	return used / LEGS;
}

/* 16 kB is what a PCMU leg may take with its call and its record (issue 3): half of that is left to its media. */
TEST(a_legs_media_stays_small)
{
	static const struct {
		const char *story;
		enum codec_id codec;
		bool events;
		size_t most;
	} cases[] = {
		{ "PCMU, keys as events", CODEC_PCMU, true, 7980 },
		{ "PCMU, keys as sound: its frames wait", CODEC_PCMU, false, 9290 },
		{ "G.722", CODEC_G722, true, 11340 },
		{ "Opus: three quarters are libopus' own", CODEC_OPUS, true, 90350 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct stream_format format = format_of(cases[i].codec, cases[i].events);
		const size_t bytes = bytes_per_leg(&format);

		if (bytes == 0)
			skip(); /* a sanitizer's malloc does not count */
		print_message("%s: %zu bytes\n", cases[i].story, bytes);
		CHECK(bytes <= cases[i].most, "%s: %zu bytes, %zu are allowed", cases[i].story, bytes,
			cases[i].most);
	}
}

TESTS(a_legs_media_stays_small)
