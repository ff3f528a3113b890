/* links: mixer/choose.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/conceal.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/delay.c mixer/doze.c mixer/err.c mixer/lull.c mixer/hush.c mixer/jbuf.c mixer/keypad.c mixer/keypad_tx.c mixer/kit.c mixer/latch.c mixer/level.c mixer/limit.c mixer/mix.c mixer/narrow.c mixer/opus_peek.c mixer/resample.c mixer/ring.c mixer/room.c mixer/room_limit.c mixer/room_idle.c mixer/room_group.c mixer/rtcp.c mixer/rtp.c mixer/skew.c mixer/slots.c mixer/source.c mixer/stream.c mixer/stream_quality.c mixer/agc.c mixer/burst.c mixer/denoise.c mixer/echo.c mixer/oneway.c mixer/quality.c mixer/xr.c mixer/stream_rtcp.c mixer/stream_pace.c mixer/stream_rx.c mixer/stream_playout.c mixer/comfort.c mixer/stream_take.c mixer/progress.c mixer/beep.c mixer/stream_tx.c mixer/stretch.c mixer/warp.c tests/phone.c mixer/exchange.c mixer/room_spread.c mixer/cipher.c mixer/seal.c mixer/stream_seal.c mixer/stream_ice.c mixer/ice.c mixer/binding.c mixer/room_clip.c mixer/clip.c mixer/quirk.c mixer/unopened.c */
/* One leg: what it makes of its packets, and what it sends; two phones in a room of two hear each other. */
#include "mixer/rtcp.h"
#include "tests/pairbed.h"
#include "tests/starve.h"

#include <math.h>
#include <stdlib.h>

TEST(silence_is_told_once)
{
	struct pair p;

	pair_open(&p, CODEC_PCMU, 20, 500);
	stream_watch(p.a->stream, 2000000);
	run(&p, 3000);
	CHECK_INT(0, p.a->silent, "it talks");
	p.a->hz = 0;
	run(&p, 1900);
	CHECK_INT(0, p.a->silent, "not yet");
	run(&p, 300);
	CHECK_INT(1, p.a->silent, "two seconds");
	run(&p, 5000);
	CHECK_INT(1, p.a->silent, "once");
	p.a->hz = 500;
	run(&p, 200);
	p.a->hz = 0;
	run(&p, 2500);
	CHECK_INT(2, p.a->silent, "and again after it was heard");
	stream_watch(p.a->stream, 0);
	run(&p, 5000);
	CHECK_INT(2, p.a->silent, "nobody watches a leg on hold");
	stream_watch(p.a->stream, 1000000);
	run(&p, 900);
	CHECK_INT(2, p.a->silent, "a new watch counts from now");
	run(&p, 200);
	CHECK_INT(3, p.a->silent, "one second");
	CHECK_INT(0, p.ear->silent, "the other was not watched");
	pair_close(&p);
}

/* The quietest 20 ms of a steady tone, against its whole level: a hole shows as a deep one. */
static double deepest_hole(const struct phone *p, unsigned ms)
{
	size_t n = phone_rate(p) / 1000 * ms, block = phone_rate(p) / 50;
	const int16_t *x = p->heard + p->n_heard - n;
	double whole = 0, least = 1e18;

	for (size_t at = 0; at + block <= n; at += block) {
		double sum = 0;

		for (size_t i = 0; i < block; i++)
			sum += (double)x[at + i] * x[at + i];
		whole += sum;
		least = sum < least ? sum : least;
	}
	whole *= (double)block / (double)n;
	return 10 * log10(whole / (least + 1));
}

TEST(lost_packets_are_concealed)
{
	static const struct {
		const char *story;
		enum codec_id codec;
		unsigned ptime_ms;
		double hole_db;
	} cases[] = { { "PCMU 20 ms", CODEC_PCMU, 20, 6 }, { "PCMA 10 ms", CODEC_PCMA, 10, 6 },
		{ "G722 20 ms", CODEC_G722, 20, 6 }, { "Opus 20 ms", CODEC_OPUS, 20, 12 },
		{ "PCMU 40 ms", CODEC_PCMU, 40, 10 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct stream_stats stats;
		struct pair p;

		pair_open(&p, cases[i].codec, cases[i].ptime_ms, 250);
		p.a->lose_every = 20;
		run(&p, 4000);
		stats = stats_of(&p);
		CHECK_NEAR(4000.0 / cases[i].ptime_ms / 20, stats.rx_lost, 1.1, cases[i].story);
		CHECK_NEAR(200, stats.concealed_ms, 2.1 * cases[i].ptime_ms, cases[i].story);
		CHECK(deepest_hole(p.ear, 3000) < cases[i].hole_db, "%s: a hole of %.1f dB", cases[i].story,
			deepest_hole(p.ear, 3000));
		CHECK_INT(0, p.ear->jumps + p.ear->odd_steps, "what is sent on is whole");
		pair_close(&p);
	}
}

/* Packets come in lumps of four: all are heard, and once the buffer has grown, none is late. */
TEST(lumps_are_smoothed)
{
	struct stream_stats before, after;
	struct pair p;

	pair_open(&p, CODEC_PCMU, 20, 250);
	for (unsigned i = 0; i < 200; i++) {
		if (i == 100)
			before = stats_of(&p);
		if (i % 4 == 0) { /* what was sent in the last 80 ms */
			p.a->next_us = p.a->next_us ? p.a->next_us : p.now_us;
			for (unsigned k = 0; k < 4; k++) {
				p.a->next_us = p.now_us;
				phone_send(p.a, p.now_us);
			}
		}
		tick(&p);
	}
	after = stats_of(&p);
	CHECK_INT(0, after.rx_late - before.rx_late, "late");
	CHECK_INT(0, after.rx_lost, "lost");
	CHECK_INT(before.concealed_ms, after.concealed_ms, "made up");
	CHECK(deepest_hole(p.ear, 1500) < 1, "a hole of %.1f dB", deepest_hole(p.ear, 1500));
	CHECK(after.delay_ms >= 20 && after.delay_ms <= 140, "delay %u ms", after.delay_ms);
	pair_close(&p);
}

TEST(ptime_changes_on_the_way_in)
{
	static const unsigned ptimes[] = { 20, 40, 10, 60, 30, 20, 50 };
	struct stream_stats stats;
	struct pair p;

	pair_open(&p, CODEC_PCMU, 20, 250);
	for (unsigned i = 0; i < sizeof(ptimes) / sizeof(*ptimes); i++) {
		const struct codec_format format = { .id = CODEC_PCMU, .ptime_ms = ptimes[i] };

		p.a->encoder = encoder_free(p.a->encoder);
		CHECK_INT(MIX_OK, encoder_alloc(&p.a->encoder, &format), "encoder");
		p.a->ptime_ms = ptimes[i];
		run(&p, 600);
	}
	stats = stats_of(&p);
	CHECK_INT(0, stats.rx_lost, "lost");
	CHECK_NEAR(20, phone_level(p.ear, 250, 2000), 1, "the tone goes on");
	CHECK(stats.concealed_ms <= 180, "made up while the delay grew: %u ms", stats.concealed_ms);
	pair_close(&p);
}

/* A tone that the phone's encoder wrote frame by frame, in packets of several of them: longer than any that we ask for. */
static void send_long(struct pair *p, unsigned frames)
{
	uint8_t packet[PACKET_MAX];
	size_t len = RTP_HEADER;
	struct rtp head = { .seq = p->a->seq++,
		.timestamp = p->a->timestamp,
		.ssrc = p->a->ssrc,
		.payload_type = p->a->format.rx[0].pt };

	rtp_write(packet, &head);
	for (unsigned f = 0; f < frames; f++) {
		int16_t pcm[16 * FRAME_MS];
		const unsigned rate = rate_hz(codec_info(p->a->codec)->rate);
		size_t n = 0;

		for (size_t i = 0; i < rate / 1000 * FRAME_MS; i++) {
			p->a->phase += 2 * M_PI * 250 / rate;
			pcm[i] = (int16_t)lrint(3276.7 * sin(p->a->phase));
		}
		CHECK_INT(MIX_OK,
			encoder_run(p->a->encoder, pcm, rate / 1000 * FRAME_MS, packet + len,
				sizeof(packet) - len, &n),
			"encode");
		len += n;
	}
	p->a->timestamp += frames * 8 * FRAME_MS;
	stream_rx_rtp(p->a->stream, packet, len, &p->a->address, p->now_us, &phone_out);
}

TEST(long_packets_are_played_whole)
{
	static const struct {
		const char *story;
		enum codec_id codec;
		unsigned frames;
	} cases[] = {
		{ "PCMU, 80 ms", CODEC_PCMU, 4 },
		{ "PCMU, 120 ms", CODEC_PCMU, 6 },
		{ "PCMA, 180 ms: nearly what a datagram holds", CODEC_PCMA, 9 },
		{ "G.722, 60 ms: its decoder goes on within the packet", CODEC_G722, 3 },
		{ "G.722, 120 ms", CODEC_G722, 6 },
	};

	for (size_t c = 0; c < sizeof(cases) / sizeof(*cases); c++) {
		struct stream_stats stats;
		struct pair p;

		pair_open(&p, cases[c].codec, 20, 0);
		for (unsigned t = 0; t < 250; t++) {
			if (t % cases[c].frames == 0)
				send_long(&p, cases[c].frames);
			tick(&p);
		}
		stats = stats_of(&p);
		CHECK_INT(0, stats.rx_lost + stats.rx_bad + stats.rx_dropped, cases[c].story);
		CHECK_INT(0, stats.rx_missing, cases[c].story);
		CHECK_NEAR((double)stats.rx_packets, stats.rx_due, 2, cases[c].story);
		CHECK(stats.delay_ms <= 200, "%s: delay %u ms", cases[c].story, stats.delay_ms);
		CHECK_NEAR(20, phone_level(p.ear, 250, 2000), 1, cases[c].story);
		CHECK(deepest_hole(p.ear, 2000) < 1, "%s: a hole of %.1f dB", cases[c].story,
			deepest_hole(p.ear, 2000));
		pair_close(&p);
	}
}

/* RFC 3389: the far end says how loud its silence is, and sends nothing more. */
TEST(comfort_noise_at_the_level_given)
{
	struct stream_stats stats;
	struct pair p;
	uint8_t packet[RTP_HEADER + 1];

	pair_open(&p, CODEC_PCMU, 20, 500);
	run(&p, 600);
	for (unsigned i = 0; i < 2; i++) {
		struct rtp head = {
			.seq = p.a->seq++, .timestamp = p.a->timestamp, .ssrc = p.a->ssrc, .payload_type = 13
		};

		rtp_write(packet, &head);
		packet[RTP_HEADER] = i ? 90 : 50;
		stream_rx_rtp(p.a->stream, packet, sizeof(packet), &p.a->address, p.now_us, &phone_out);
		p.a->hz = 0;
		run(&p, 1000);
		if (i == 0)
			CHECK_NEAR(50, phone_rms(p.ear, 500), 2, "noise of -50 dBov");
		else
			CHECK(phone_rms(p.ear, 300) > 75, "-90 dBov is silence");
	}
	p.a->hz = 500;
	run(&p, 600);
	stats = stats_of(&p);
	CHECK_INT(0, stats.rx_lost, "no loss");
	CHECK_INT(0, stats.rx_bad, "no bad packet");
	CHECK_NEAR(20, phone_level(p.ear, 500, 300), 1, "and the next burst is heard");
	pair_close(&p);
}

TEST(who_cannot_be_heard_is_not_decoded)
{
	struct stream_stats before, muted, after;
	struct pair p;

	pair_open(&p, CODEC_OPUS, 20, 300);
	run(&p, 500);
	before = stats_of(&p);
	CHECK_NEAR(25, before.decodes, 2, "every packet, as long as it may be heard");
	stream_mute(p.a->stream, true);
	run(&p, 1000);
	muted = stats_of(&p);
	CHECK_INT(before.decodes, muted.decodes, "muted, and its keys come as events");
	CHECK_INT(0, muted.rx_lost + muted.rx_bad, "its packets are counted all the same");
	stream_mute(p.a->stream, false);
	run(&p, 500);
	CHECK_NEAR(20, phone_level(p.ear, 300, 300), 1, "heard again");
	p.a->format.event_rx_pt = PT_NONE;
	phone_refit(p.a, p.now_us);
	stream_mute(p.a->stream, true);
	after = stats_of(&p);
	run(&p, 500);
	CHECK_NEAR(after.decodes + 25, stats_of(&p).decodes, 2, "its keys may be tones: listened to");
	pair_close(&p);
}

/* Delay that a bad minute has built up goes away in pauses of speech, without loss and without a cut in a word. */
TEST(delay_shrinks_in_pauses)
{
	struct stream_stats bad, good;
	struct pair p;

	pair_open(&p, CODEC_PCMU, 20, 250);
	for (unsigned i = 0; i < 96;
		i++) { /* lumps of five; the last of a lump is the fastest, and shows what is possible */
		for (unsigned k = 0; i % 5 == 0 && k < 5; k++) {
			p.a->next_us = p.now_us;
			phone_send(p.a, p.now_us);
		}
		tick(&p);
	}
	bad = stats_of(&p);
	CHECK(bad.delay_ms >= 70, "lumps need delay: %u ms", bad.delay_ms);
	p.a->next_us = p.now_us;
	for (unsigned s = 0; s < 120; s++) { /* a second and a half of speech, a breath: packets of silence */
		p.a->holds_its_tongue = s % 4 == 3;
		run(&p, 500);
	}
	good = stats_of(&p);
	CHECK(good.delay_ms <= 45, "after a clean minute: %u ms", good.delay_ms);
	CHECK_INT(bad.rx_lost, good.rx_lost, "nothing was lost");
	CHECK_INT(0, good.rx_dropped, "nor cut out of speech");
	run(&p, 1500);
	CHECK(deepest_hole(p.ear, 1000) < 1, "and speech is whole: %.1f dB", deepest_hole(p.ear, 1000));
	pair_close(&p);
}

TEST(reports_go_both_ways)
{
	struct rtcp_rx far = { 0 };
	struct rtcp_tx tx = { .ssrc = 0x9001, .packets = 1, .octets = 160 };
	struct rtcp_news news;
	struct stream_stats stats;
	struct pair p;
	uint8_t packet[RTCP_PACKET_MAX];
	struct net_addr from;
	size_t len = 0;
	unsigned at_once = 0;
	uint64_t sent_us;

	pair_open(&p, CODEC_PCMU, 20, 500);
	p.a->lose_every = 10;
	for (unsigned i = 0; i < 1050; i++) { /* 21 s */
		unsigned before = p.a->reports + p.ear->reports;

		run(&p, 20);
		at_once += p.a->reports + p.ear->reports - before == 2;
	}
	CHECK_INT(4, p.a->reports, "one in five seconds");
	CHECK_INT(4, p.ear->reports, "for each");
	CHECK_INT(0, at_once, "not all in one tick");

	while (p.a->reports < 5)
		run(&p, 20);

	/* The far end gets our SR at once and sees its own loss in it. */
	far.ssrc = 0x1001;
	far.started = true;
	sent_us = p.now_us - FRAME_US + 3000;
	CHECK_INT(MIX_OK,
		rtcp_parse(&news, &far, p.a->ssrc, p.a->report, p.a->report_len, sent_us, ntp_of(sent_us)),
		"SR");
	CHECK(news.has_sr && news.has_report, "a sender's report with a block for us");
	CHECK_NEAR(25.6, news.fraction_lost, 4, "a tenth is lost");

	/* It answers 300 ms later, and the answer takes 40 ms. */
	from = p.a->format.rtcp;
	far.received = 1;
	CHECK_INT(MIX_OK,
		rtcp_write(packet, sizeof(packet), &len, &far, &tx, "far", false, sent_us + 300000,
			ntp_of(sent_us + 300000)),
		"report");
	stream_rx_rtcp(p.a->stream, packet, len, &from, sent_us + 340000, &phone_out);
	p.now_us += 340000;
	stats = stats_of(&p);
	CHECK_INT(1, stats.rtcp_rx, "counted");
	CHECK_NEAR(40000, stats.round_trip_us, 1000, "round trip, us");
	stream_rx_rtcp(p.a->stream, packet, 7, &from, p.now_us, &phone_out);
	from.ip[15]++;
	stream_rx_rtcp(p.a->stream, packet, len, &from, p.now_us, &phone_out);
	stats = stats_of(&p);
	CHECK_INT(1, stats.rtcp_rx, "no more");
	CHECK_INT(1, stats.rtcp_bad, "cut short");
	CHECK_INT(1, stats.rx_refused, "a stranger's");

	stream_bye(p.a->stream, &phone_out, p.now_us, ntp_of(p.now_us));
	CHECK_INT(
		MIX_OK, rtcp_parse(&news, &far, p.a->ssrc, p.a->report, p.a->report_len, p.now_us, 0), "BYE");
	CHECK(news.bye, "BYE");
	pair_close(&p);
}

TEST(what_is_not_ours_is_counted)
{
	struct stream_stats stats;
	struct pair p;
	uint8_t packet[200] = { 0 };
	struct net_addr stranger;

	pair_open(&p, CODEC_PCMU, 20, 500);
	run(&p, 200);
	stranger = p.a->address;
	stranger.ip[15]++;
	for (unsigned i = 0; i < 50; i++) {
		struct rtp head = { .seq = (uint16_t)(p.a->seq + i),
			.timestamp = p.a->timestamp,
			.ssrc = 5,
			.payload_type = 8 };

		rtp_write(packet, &head);
		stream_rx_rtp(p.a->stream, packet, sizeof(packet), &p.a->address, p.now_us,
			&phone_out); /* PCMA: not agreed */
		head.payload_type = 0;
		rtp_write(packet, &head);
		stream_rx_rtp(p.a->stream, packet, sizeof(packet), &stranger, p.now_us, &phone_out);
		stream_rx_rtp(p.a->stream, packet, i % 12, &p.a->address, p.now_us, &phone_out);
	}
	run(&p, 300);
	stats = stats_of(&p);
	CHECK_INT(100, stats.rx_bad, "wrong codec, no RTP");
	CHECK_INT(50, stats.rx_refused, "another source");
	CHECK_INT(25, stats.rx_packets, "ours");
	CHECK_INT(1, p.a->latched, "latched once");
	CHECK_NEAR(20, phone_level(p.ear, 500, 200), 1, "and none of it is heard");
	pair_close(&p);
}

/* A sender that restarts (a new SSRC, new numbers) is the same leg, and goes on being heard. */
TEST(sender_restarts)
{
	struct stream_stats stats;
	struct pair p;

	pair_open(&p, CODEC_PCMU, 20, 500);
	run(&p, 500);
	p.a->ssrc += 77;
	p.a->seq += 30000;
	p.a->timestamp += 0x70000000;
	run(&p, 500);
	stats = stats_of(&p);
	CHECK_INT(0, stats.rx_lost, "no loss");
	CHECK_NEAR(20, phone_level(p.ear, 500, 300), 1, "heard");
	pair_close(&p);
}

/* The far end goes on at another address, with another source and its packets elsewhere between two ticks; its tone with
 * another phase.  No frame of what is heard is empty, whenever it is and whatever is done to voices. */
TEST(who_moves_is_heard_all_along)
{
	enum { LEAST_DBOV = 23 + 6 };

	for (unsigned gap_ms = 1; gap_ms <= 39; gap_ms++) {
		struct pair p;
		double quietest = 0;

		pair_open(&p, CODEC_PCMU, 20, 770);
		denoise_free(stream_audio(p.a->stream, gap_ms % 2, NULL));
		run(&p, 2000);
		p.a->address.port += 100;
		p.a->format.rtp = p.a->address;
		phone_refit(p.a, p.now_us);
		p.a->ssrc += 77;
		p.a->seq += 30000;
		p.a->timestamp += 0x70000000;
		p.a->phase += M_PI / 4 * gap_ms;
		p.a->next_us = p.a->next_us - FRAME_US + gap_ms * 1000;
		for (unsigned i = 0; i < 25; i++) {
			run(&p, FRAME_MS);
			quietest = fmax(quietest, phone_rms(p.ear, FRAME_MS));
		}
		CHECK(quietest < LEAST_DBOV, "%u ms between: a frame of -%.1f dBov", gap_ms, quietest);
		CHECK_INT(100 + 25, p.ear->packets, "one packet a tick");
		pair_close(&p);
	}
}

TEST(nth_allocation_fails)
{
	const struct stream_identity identity = { .ssrc = 1 };
	const struct stream_format formats[] = {
		{ .tx = { .id = CODEC_PCMU, .ptime_ms = 20 }, .rx = { { 0, CODEC_PCMU } }, .n_rx = 1 },
		{ .tx = { .id = CODEC_OPUS, .ptime_ms = 60, .complexity = 5 },
			.tx_pt = 107,
			.rx = { { 107, CODEC_OPUS }, { 0, CODEC_PCMU }, { 9, CODEC_G722 } },
			.n_rx = 3 },
	};
	struct stream *s = NULL;
	enum mix_err err;

	STARVE(err, stream_alloc(&s, &identity, NULL), MIX_NOMEM);
	for (size_t i = 0; i < 2; i++) {
		struct kit *kit = NULL;

		STARVE(err, kit_alloc(&kit, &formats[i]), MIX_NOMEM);
		stream_refit(s, &kit, 1);
		kit_free(kit);
	}
	stream_free(s);
	stream_free(NULL);
	kit_free(NULL);
}

TEST(kits_that_cannot_be)
{
	static const struct {
		const char *story;
		struct stream_format format;
	} cases[] = {
		{ "nothing to receive", { .tx = { .id = CODEC_PCMU, .ptime_ms = 20 } } },
		{ "no codec", { .tx = { .ptime_ms = 20 }, .rx = { { 0, CODEC_PCMU } }, .n_rx = 1 } },
		{ "no codec to receive", { .tx = { .id = CODEC_PCMU, .ptime_ms = 20 }, .n_rx = 1 } },
		{ "too many", { .tx = { .id = CODEC_PCMU, .ptime_ms = 20 },
				      .rx = { { 0, CODEC_PCMU } },
				      .n_rx = 5 } },
		{ "5 ms", { .tx = { .id = CODEC_PCMU, .ptime_ms = 5 },
				  .rx = { { 0, CODEC_PCMU } },
				  .n_rx = 1 } },
		{ "25 ms", { .tx = { .id = CODEC_PCMU, .ptime_ms = 25 },
				   .rx = { { 0, CODEC_PCMU } },
				   .n_rx = 1 } },
		{ "70 ms", { .tx = { .id = CODEC_PCMU, .ptime_ms = 70 },
				   .rx = { { 0, CODEC_PCMU } },
				   .n_rx = 1 } },
	};
	struct kit *kit = NULL;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK_INT(MIX_RANGE, kit_alloc(&kit, &cases[i].format), cases[i].story);
		CHECK(!kit, "%s: nothing made", cases[i].story);
	}
}

/* A20: a busy tone is known at its fifth beat, and from then on neither heard nor taken for talk; a person's voice is again. */
TEST(a_busy_tone_is_kept_out_of_the_mix)
{
	enum { BEAT = 8000 };
	static int16_t busy[BEAT], voice[BEAT];
	struct pair p;

	for (unsigned i = 0; i < BEAT; i++) {
		busy[i] = i < BEAT / 2 ? (int16_t)lrint(4600 * sin(2 * M_PI * 425 * i / 8000)) : 0;
		for (unsigned k = 1; k < 20; k++) /* 110 to 150 Hz, up and down */
			voice[i] = (int16_t)(voice[i] +
					     lrint(600 * sin(k * (2 * M_PI * 130 * i / 8000 +
									 3 * sin(2 * M_PI * i / 1600)))));
	}
	pair_open(&p, CODEC_PCMU, 20, 425);
	p.a->says = busy;
	p.a->n_says = BEAT;
	run(&p, 2000);
	CHECK_INT(PROGRESS_NONE, p.a->progress, "two beats are none");
	CHECK(phone_rms(p.ear, 1000) < 25, "it is heard at -%.1f dBov", phone_rms(p.ear, 1000));
	run(&p, 3500);
	CHECK_STR("busy", progress_name(p.a->progress), "told");
	CHECK_INT(PROGRESS_BUSY, stats_of(&p).progress, "and in its figures");
	run(&p, 3000);
	CHECK(phone_rms(p.ear, 2000) > 70, "kept out: -%.1f dBov", phone_rms(p.ear, 2000));
	CHECK_INT(p.a->talk_on, p.a->talk_off, "and is no talk");
	p.a->says = voice;
	run(&p, 1500);
	CHECK_INT(PROGRESS_NONE, p.a->progress, "a person took over");
	CHECK(phone_rms(p.ear, 500) < 30, "who is heard: -%.1f dBov", phone_rms(p.ear, 500));
	pair_close(&p);
}

TESTS(silence_is_told_once, lost_packets_are_concealed, lumps_are_smoothed, ptime_changes_on_the_way_in,
	long_packets_are_played_whole, comfort_noise_at_the_level_given, who_cannot_be_heard_is_not_decoded,
	delay_shrinks_in_pauses, reports_go_both_ways, what_is_not_ours_is_counted, sender_restarts,
	who_moves_is_heard_all_along, nth_allocation_fails, kits_that_cannot_be,
	a_busy_tone_is_kept_out_of_the_mix)
