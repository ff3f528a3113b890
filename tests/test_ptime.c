/* links: mixer/choose.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/conceal.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/delay.c mixer/doze.c mixer/err.c mixer/lull.c mixer/hush.c mixer/jbuf.c mixer/keypad.c mixer/keypad_tx.c mixer/kit.c mixer/cipher.c mixer/seal.c mixer/stream_seal.c mixer/latch.c mixer/level.c mixer/limit.c mixer/mix.c mixer/narrow.c mixer/opus_peek.c mixer/resample.c mixer/ring.c mixer/room.c mixer/room_limit.c mixer/room_idle.c mixer/room_group.c mixer/rtcp.c mixer/rtp.c mixer/skew.c mixer/slots.c mixer/source.c mixer/stream.c mixer/stream_quality.c mixer/agc.c mixer/burst.c mixer/denoise.c mixer/echo.c mixer/oneway.c mixer/quality.c mixer/xr.c mixer/stream_rtcp.c mixer/stream_pace.c mixer/stream_rx.c mixer/stream_playout.c mixer/comfort.c mixer/stream_take.c mixer/progress.c mixer/beep.c mixer/stream_tx.c mixer/stretch.c mixer/warp.c tests/phone.c mixer/exchange.c mixer/room_spread.c mixer/room_clip.c mixer/clip.c mixer/quirk.c mixer/unopened.c mixer/ice.c mixer/stream_ice.c mixer/binding.c */
/* What leaves at each ptime (RFC 3551 section 4.2, FEATURES T16), on simulated time: how many packets, when, how long, and which
 * timestamps they carry. */
#include "mixer/room.h"
#include "tests/phone.h"
#include "tests/test.h"

#include <stdlib.h>

enum { PACKETS = 400, SPAN_MS = 1200 };

struct left {
	const struct phone *whose;
	uint64_t now_us;
	size_t n;
	struct {
		uint64_t at_us;
		struct rtp rtp;
	} at[PACKETS];
};

static void note(void *arg, void *user, bool rtcp, const struct net_addr *to, const uint8_t *p, size_t len)
{
	struct left *left = arg;

	(void)to;
	if (user != left->whose || rtcp || rtp_is_rtcp(p, len) || left->n == PACKETS)
		return;
	left->at[left->n].at_us = left->now_us;
	CHECK_INT(MIX_OK, rtp_parse(&left->at[left->n].rtp, p, len), "RTP");
	left->n++;
}

static void no_event(void *arg, void *user, const struct media_event *event)
{
	(void)arg, (void)user, (void)event;
}

static const char *story;
static enum codec_id codec;
static unsigned ptime_ms;

/* A leg with that format and another; `own`, `other`: the tones that they send, 0: silence. */
static void run(struct left *left, unsigned own, unsigned other)
{
	const struct media_out out = { .send = note, .event = no_event, .arg = left };
	const struct room_config config = { .mixed_talkers = 4 };
	struct phone *p = calloc(2, sizeof(*p));
	struct room *room = NULL;

	CHECK(p && room_alloc(&room, &config) == MIX_OK, "memory");
	memset(left, 0, sizeof(*left));
	phone_init(&p[0], 1, codec, ptime_ms, own);
	phone_init(&p[1], 2, CODEC_PCMU, 20, other);
	for (unsigned i = 0; i < 2; i++)
		room_add(room, p[i].stream);
	left->whose = &p[0];
	left->now_us = 5000000;
	for (unsigned t = 0; t < SPAN_MS; t += FRAME_MS) {
		for (unsigned i = 0; i < 2; i++)
			phone_send(&p[i], left->now_us);
		room_tick(room, left->now_us, left->now_us << 12, &out);
		left->now_us += FRAME_US;
	}
	for (unsigned i = 0; i < 2; i++) {
		room_remove(room, p[i].stream);
		phone_free(&p[i]);
	}
	room_free(room);
	free(p);
}

static void check(const struct left *left)
{
	const uint32_t step = codec_info(codec)->clock_hz / 1000 * ptime_ms;
	const unsigned due = (SPAN_MS - FRAME_MS) / ptime_ms + 1;

	CHECK(left->n >= due && left->n <= due + 1, "%s: %zu packets, %u are due", story, left->n, due);
	for (size_t i = 0; i < left->n; i++) {
		const int64_t late_us =
			(int64_t)(left->at[i].at_us - left->at[0].at_us) - (int64_t)(i * ptime_ms * 1000);

		CHECK(late_us > -FRAME_US && late_us < FRAME_US, "%s: packet %zu leaves %lld us late", story,
			i, (long long)late_us);
		CHECK_INT((uint16_t)(left->at[0].rtp.seq + i), left->at[i].rtp.seq, story);
		CHECK_INT((uint32_t)(left->at[0].rtp.timestamp + i * step), left->at[i].rtp.timestamp, story);
		if (codec != CODEC_OPUS) /* 64 kbit/s */
			CHECK_INT(8 * ptime_ms, left->at[i].rtp.payload_len, story);
	}
	CHECK_INT(5000000, left->at[0].at_us, "the first in the first tick");
}

TEST(packets_leave_as_long_as_was_asked)
{
	static const enum codec_id codecs[] = { CODEC_PCMU, CODEC_PCMA, CODEC_G722, CODEC_OPUS };
	static const struct {
		const char *story;
		unsigned own, other;
	} cases[] = { { "silence", 0, 0 }, { "listens", 0, 700 }, { "talks", 500, 0 },
		{ "talks and listens", 500, 700 } };
	struct left *left = calloc(1, sizeof(*left));
	char words[80];

	CHECK(left, "memory");
	for (size_t c = 0; c < sizeof(codecs) / sizeof(*codecs); c++)
		for (ptime_ms = PTIME_MIN_MS; ptime_ms <= PTIME_MAX_MS; ptime_ms += 10)
			for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
				codec = codecs[c];
				if (codec == CODEC_OPUS && (ptime_ms == 30 || ptime_ms == 50))
					continue; /* it has no such frames, and none is agreed on */
				snprintf(words, sizeof(words), "%s of %u ms, %s", codec_info(codec)->name,
					ptime_ms, cases[i].story);
				story = words;
				run(left, cases[i].own, cases[i].other);
				check(left);
			}
	free(left);
}

TESTS(packets_leave_as_long_as_was_asked)
