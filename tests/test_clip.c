/* links: mixer/choose.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/conceal.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/delay.c mixer/doze.c mixer/err.c mixer/lull.c mixer/hush.c mixer/jbuf.c mixer/keypad.c mixer/keypad_tx.c mixer/kit.c mixer/latch.c mixer/level.c mixer/limit.c mixer/mix.c mixer/narrow.c mixer/opus_peek.c mixer/resample.c mixer/ring.c mixer/room.c mixer/room_clip.c mixer/clip.c mixer/room_idle.c mixer/room_group.c mixer/rtcp.c mixer/rtp.c mixer/skew.c mixer/slots.c mixer/source.c mixer/stream.c mixer/stream_quality.c mixer/agc.c mixer/burst.c mixer/denoise.c mixer/echo.c mixer/oneway.c mixer/quality.c mixer/xr.c mixer/stream_rtcp.c mixer/stream_pace.c mixer/stream_rx.c mixer/stream_playout.c mixer/comfort.c mixer/stream_take.c mixer/progress.c mixer/beep.c mixer/stream_tx.c mixer/stretch.c mixer/warp.c tests/phone.c mixer/exchange.c mixer/room_spread.c mixer/cipher.c mixer/seal.c mixer/stream_seal.c mixer/stream_ice.c mixer/ice.c mixer/binding.c mixer/quirk.c mixer/room_limit.c mixer/unopened.c */
/* A prompt that was encoded once, as far ends with real decoders hear it: alone, and where a leg's own encoder goes on from it. */
#include "mixer/clip.h"
#include "mixer/room.h"
#include "mixer/rtcp.h"
#include "tests/phone.h"
#include "tests/speech.h"
#include "tests/starve.h"
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>

enum { LEGS = 6, PAYLOADS = 1 << 17, LEAD = 20 /* ticks before a prompt begins */ };

struct scene {
	struct room *room;
	struct phone phone[LEGS];
	unsigned n;
	uint64_t now_us;
	uint8_t *sent[LEGS]; /* owned; payloads as they left in the clear, one after another */
	size_t n_sent[LEGS];
	uint32_t ssrc[LEGS];
};

static struct scene *open_scene;

/* What leaves, kept as it is before the phone decodes it. */
static void keep(
	void *arg, void *user, bool rtcp, const struct net_addr *to, const uint8_t *bytes, size_t len)
{
	struct scene *sc = open_scene;
	const size_t i = (size_t)((struct phone *)user - sc->phone);
	struct rtp rtp;

	if (!rtcp && !rtp_is_rtcp(bytes, len) && rtp_parse(&rtp, bytes, len) == MIX_OK &&
		sc->n_sent[i] + rtp.payload_len <= PAYLOADS) {
		memcpy(sc->sent[i] + sc->n_sent[i], rtp.payload, rtp.payload_len);
		sc->n_sent[i] += rtp.payload_len;
		sc->ssrc[i] = rtp.ssrc;
	}
	phone_out.send(arg, user, rtcp, to, bytes, len);
}

static void event(void *arg, void *user, const struct media_event *e)
{
	phone_out.event(arg, user, e);
}

static const struct media_out kept = { .send = keep, .event = event };

static void scene_open(struct scene *sc, bool isolated)
{
	const struct room_config config = { .mixed_talkers = 4, .isolated = isolated };

	memset(sc, 0, sizeof(*sc));
	open_scene = sc;
	sc->now_us = 1000000;
	CHECK_INT(MIX_OK, room_alloc(&sc->room, &config), "room");
}

static struct phone *join(struct scene *sc, const struct codec_format *tx, unsigned hz)
{
	struct phone *p = &sc->phone[sc->n];

	phone_init(p, sc->n + 1, tx->id, tx->ptime_ms, hz);
	p->format.tx = *tx;
	phone_refit(p, sc->now_us);
	sc->sent[sc->n++] = calloc(1, PAYLOADS);
	room_add(sc->room, p->stream);
	return p;
}

static void tick(struct scene *sc, unsigned ticks)
{
	for (; ticks > 0; ticks--) {
		for (unsigned i = 0; i < sc->n; i++)
			phone_send(&sc->phone[i], sc->now_us);
		room_tick(sc->room, sc->now_us + 3000, (uint64_t)(sc->now_us / 1000) << 22, &kept);
		sc->now_us += FRAME_US;
	}
}

static struct room_stats stats_of(const struct scene *sc)
{
	struct room_stats stats;

	room_stats(sc->room, &stats);
	return stats;
}

static void scene_close(struct scene *sc)
{
	for (unsigned i = 0; i < sc->n; i++) {
		room_remove(sc->room, sc->phone[i].stream);
		phone_free(&sc->phone[i]);
		free(sc->sent[i]);
	}
	room_free(sc->room);
}

static const struct codec_format opus = { .id = CODEC_OPUS, .ptime_ms = 20, .complexity = 5 };
static const struct codec_format opus_dtx = {
	.id = CODEC_OPUS, .ptime_ms = 20, .complexity = 5, .dtx = true
};
static const struct codec_format opus_10 = { .id = CODEC_OPUS, .ptime_ms = 10, .complexity = 5 };
static const struct codec_format opus_fec = {
	.id = CODEC_OPUS, .ptime_ms = 20, .complexity = 5, .fec = true
};
static const struct codec_format g722 = { .id = CODEC_G722, .ptime_ms = 20 };
static const struct codec_format pcmu = { .id = CODEC_PCMU, .ptime_ms = 20 };

static const struct codec_format *const all[] = { &opus, &opus_dtx, &opus_10, &opus_fec, &g722 };

/* A spoken prompt of some two seconds; as packets in all of these formats as well, or not. */
static struct cue *prompt(bool encoded)
{
	static struct cue *cues[2]; /* made once, as reading takes longer than playing */
	struct cue **cue = &cues[encoded];

	if (*cue)
		return *cue;
	CHECK_INT(MIX_OK, cue_load(cue, SPEECH_FOLDER "conf-getconfno.g722"), "prompt");
	for (size_t i = 0; encoded && i < sizeof(all) / sizeof(*all); i++) {
		struct clip *clip = NULL;

		CHECK_INT(MIX_OK, clip_make(&clip, *cue, all[i]), "clip");
		CHECK_INT(MIX_OK, clip_attach(*cue, clip), "attach");
	}
	return *cue;
}

static void play(struct phone *p, const struct cue *cue)
{
	CHECK_INT(MIX_OK, stream_play(p->stream, &cue, 1, false, 7), "play");
}

TEST(legs_that_hear_it_at_different_times_get_the_same_bytes)
{
	for (size_t f = 0; f < sizeof(all) / sizeof(*all); f++) {
		struct cue *cue = prompt(true);
		const unsigned frames = cue_ms(cue) / FRAME_MS, packets = FRAME_MS / all[f]->ptime_ms;
		struct room_stats before, after;
		struct scene sc;
		size_t from[LEGS], n = 0;

		scene_open(&sc, true);
		for (unsigned i = 0; i < LEGS; i++)
			join(&sc, all[f], 0);
		tick(&sc, 2 * LEAD);
		before = stats_of(&sc);
		for (unsigned i = 0; i < LEGS; i++) {
			from[i] = sc.n_sent[i];
			play(&sc.phone[i], cue);
			tick(&sc, 7);
		}
		tick(&sc, frames);
		after = stats_of(&sc);
		for (uint32_t i = 0; i < frames * packets; i++) {
			size_t len;

			(void)clip_payload(clip_of(cue, all[f]), i / packets, i % packets, &len);
			n += len;
		}
		CHECK(n > 2000, "%zu bytes of sound", n);
		for (unsigned i = 0; i < LEGS; i++) {
			struct phone *p = &sc.phone[i];
			struct stream_stats told;

			CHECK(memcmp(sc.sent[i] + from[i], sc.sent[0] + from[0], n) == 0,
				"leg %u hears what the first one does", i);
			stream_stats(p->stream, &told, sc.now_us);
			CHECK_INT(p->packets, told.tx_packets, "each packet is counted");
			CHECK_INT(0, p->jumps, "sequence numbers follow");
			CHECK_INT(0, p->odd_steps, "timestamps follow, or a mark says that they do not");
			CHECK(all[f]->dtx || p->markers == 1, "%u talk bursts begin", p->markers);
			CHECK_INT(0x1001 + i, sc.ssrc[i], "under its own name");
			CHECK_INT(1, p->played, "the end is told");
		}
		/* What still is encoded is silence, once for all of the room. */
		CHECK(after.encodes - before.encodes <= (uint64_t)(7 * LEGS + frames) * packets, "%u encodes",
			(unsigned)(after.encodes - before.encodes));
		CHECK(after.encodes_shared - before.encodes_shared >= (uint64_t)LEGS * frames * packets,
			"%u shared", (unsigned)(after.encodes_shared - before.encodes_shared));
		scene_close(&sc);
	}
}

/* ---- what is heard ---- */

struct sound {
	int16_t *pcm; /* owned */
	size_t n;
	unsigned per_ms;
	unsigned encodes, shared; /* while the prompt lasted */
};

enum how { OWN, CLIP };

struct story {
	const struct codec_format *tx;
	unsigned
		talk_at; /* frame of the prompt with which somebody else begins to talk, faintly; 0: nobody does */
	unsigned stop_at; /* frame with which the prompt is cut off; 0: it is not */
	bool twice;       /* the prompt is said twice in a row */
};

static void take(struct sound *s, const struct phone *p)
{
	s->n = p->n_heard;
	s->per_ms = phone_rate(p) / 1000;
	s->pcm = malloc(s->n * sizeof(*s->pcm));
	CHECK(s->pcm, "memory");
	memcpy(s->pcm, p->heard, s->n * sizeof(*s->pcm));
}

/* A listener is told the prompt after LEAD ticks of silence; the talker's tone is at -40 dB. */
static struct sound listen(const struct story *story, enum how how)
{
	struct cue *cue = prompt(how == CLIP);
	const struct cue *twice[] = { cue, cue };
	const unsigned frames = cue_ms(cue) / FRAME_MS * (story->twice ? 2 : 1) + 10;
	struct room_stats before, after;
	struct phone *listener, *talker;
	struct sound s;
	struct scene sc;

	scene_open(&sc, false);
	listener = join(&sc, story->tx, 0);
	talker = join(&sc, &pcmu, 300);
	talker->dbov = 40;
	talker->holds_its_tongue = true;
	tick(&sc, LEAD);
	before = stats_of(&sc);
	CHECK_INT(MIX_OK, stream_play(listener->stream, twice, story->twice ? 2 : 1, false, 7), "play");
	for (unsigned frame = 0; frame < frames; frame++) {
		talker->holds_its_tongue = story->talk_at == 0 || frame < story->talk_at;
		if (story->stop_at && frame == story->stop_at)
			stream_stop_cue(listener->stream);
		tick(&sc, 1);
	}
	after = stats_of(&sc);
	CHECK_INT(0, listener->jumps, "sequence numbers follow");
	CHECK_INT(0, listener->odd_steps, "timestamps follow, or a mark says that they do not");
	take(&s, listener);
	s.encodes = (unsigned)(after.encodes - before.encodes);
	s.shared = (unsigned)(after.encodes_shared - before.encodes_shared);
	scene_close(&sc);
	return s;
}

/* How far b is from a, in dB below a, in `ms` milliseconds from `from_ms` on. */
static double apart(const struct sound *a, const struct sound *b, unsigned from_ms, unsigned ms)
{
	double sound = 1, distance = 1;

	for (size_t i = from_ms * a->per_ms; i < (from_ms + ms) * a->per_ms; i++) {
		sound += (double)a->pcm[i] * a->pcm[i];
		distance += (double)(a->pcm[i] - b->pcm[i]) * (a->pcm[i] - b->pcm[i]);
	}
	return 10 * log10(sound / distance);
}

static int steepest(const struct sound *s, unsigned from_ms, unsigned ms)
{
	int most = 0;

	for (size_t i = from_ms * s->per_ms; i < (from_ms + ms) * s->per_ms; i++)
		most = abs(s->pcm[i] - s->pcm[i - 1]) > most ? abs(s->pcm[i] - s->pcm[i - 1]) : most;
	return most;
}

TEST(an_own_encoder_goes_on_without_a_seam)
{
	static const struct {
		const struct codec_format *tx;
		double mean_db, least_db; /* over the seams; each */
	} cases[] = { { &opus, 17, 14 }, { &opus_dtx, 19, 15 }, { &g722, 14, 8 } };

	for (size_t c = 0; c < sizeof(cases) / sizeof(*cases); c++) {
		double sum = 0;
		unsigned n = 0;

		for (unsigned seam = 8; seam < 64; seam += 7, n++) {
			const struct story story = { .tx = cases[c].tx, .talk_at = seam };
			const unsigned at_ms = (LEAD + seam) * FRAME_MS;
			struct sound own = listen(&story, OWN), clip = listen(&story, CLIP);
			const double db = apart(&own, &clip, at_ms, 60);
			const int step = steepest(&clip, at_ms - 5, 20),
				  usual = steepest(&own, at_ms - 40, 80);
			CHECK(db >= cases[c].least_db, "seam at frame %u: %.1f dB", seam, db);
			CHECK(step <= usual * 5 / 4, "seam at frame %u: a step of %d where %d are usual",
				seam, step, usual);
			CHECK(clip.shared >= seam && clip.shared <= seam + 2, "%u frames shared",
				clip.shared);
			sum += db;
			free(own.pcm);
			free(clip.pcm);
		}
		CHECK(sum / n >= cases[c].mean_db, "%.1f dB on the average", sum / n);
	}
}

/* Energy between two frequencies, dB; sums of sines over windows of 20 ms. */
static double band_db(const struct sound *s, unsigned from_ms, unsigned ms, unsigned low_hz, unsigned high_hz)
{
	double sum = 1;

	for (unsigned at = from_ms; at < from_ms + ms; at += 20)
		for (unsigned hz = low_hz; hz < high_hz; hz += 100) {
			const double step = 2 * M_PI * hz / (s->per_ms * 1000);
			double a = 0, b = 0, c; /* Goertzel */

			for (size_t i = 0; i < 20 * s->per_ms; i++, b = a, a = c)
				c = s->pcm[at * s->per_ms + i] + 2 * cos(step) * a - b;
			sum += (a * a + b * b - 2 * cos(step) * a * b) / s->per_ms / s->per_ms;
		}
	return 10 * log10(sum);
}

TEST(it_sounds_as_an_own_encoder_makes_it)
{
	static const struct codec_format *const formats[] = { &opus, &opus_dtx, &opus_10, &g722 };
	static const unsigned edges_hz[] = { 200, 600, 1200, 2400, 3600, 5000, 7000 };

	for (size_t f = 0; f < sizeof(formats) / sizeof(*formats); f++)
		for (unsigned twice = 0; twice < 2; twice++) {
			const struct story story = { .tx = formats[f], .twice = twice };
			struct sound own = listen(&story, OWN), clip = listen(&story, CLIP);
			const unsigned packets = FRAME_MS / formats[f]->ptime_ms;

			CHECK(formats[f]->dtx || own.n == clip.n, "as long");
			CHECK(apart(&own, &clip, LEAD * FRAME_MS, twice ? 4000 : 2000) > 14, "%.1f dB apart",
				apart(&own, &clip, LEAD * FRAME_MS, twice ? 4000 : 2000));
			for (size_t b = 0; b + 1 < sizeof(edges_hz) / sizeof(*edges_hz) && !twice; b++)
				CHECK_NEAR(band_db(&own, LEAD * FRAME_MS, 2000, edges_hz[b], edges_hz[b + 1]),
					band_db(&clip, LEAD * FRAME_MS, 2000, edges_hz[b], edges_hz[b + 1]),
					0.5, "the level of each band");
			/* What is left is silence: the encoder that the room shares, and the talker's. */
			CHECK(clip.encodes + packets * clip.n / clip.per_ms / 25 < own.encodes,
				"%u encodes, %u without clips", clip.encodes, own.encodes);
			free(own.pcm);
			free(clip.pcm);
		}
}

/* With DTX nothing is sent after it, and what fades out is the far end's concealment. */
TEST(it_is_cut_off_without_a_click)
{
	static const struct codec_format *const formats[] = { &opus, &g722 };

	for (size_t f = 0; f < sizeof(formats) / sizeof(*formats); f++)
		for (unsigned stop = 8; stop < 64; stop += 8) {
			const struct story story = { .tx = formats[f], .stop_at = stop };
			const unsigned at_ms = (LEAD + stop) * FRAME_MS;
			struct sound own = listen(&story, OWN), clip = listen(&story, CLIP);
			const int step = steepest(&clip, at_ms - 5, 40),
				  usual = steepest(&own, at_ms - 60, 100);

			CHECK(step <= usual * 5 / 4, "cut off at frame %u: a step of %d where %d are usual",
				stop, step, usual);
			CHECK(steepest(&clip, at_ms + 60, 100) < 60, "then silence");
			free(own.pcm);
			free(clip.pcm);
		}
}

/* ---- when it is not shared ---- */

static void tell_loss(struct scene *sc, struct phone *p, unsigned percent)
{
	struct rtcp_rx rx = { 0 };
	const struct rtcp_tx tx = { .ssrc = p->ssrc, .packets = 50, .octets = 8000 };
	struct net_addr from = p->address;
	uint8_t packet[RTCP_PACKET_MAX];
	size_t len = 0;

	rtcp_rx_packet(&rx, sc->ssrc[p - sc->phone], 1, 160, 48000, sc->now_us);
	CHECK_INT(MIX_OK, rtcp_write(packet, sizeof(packet), &len, &rx, &tx, "far", false, sc->now_us, 1),
		"report");
	packet[32] = (uint8_t)(percent * 256 / 100 + 1); /* fraction lost, RFC 3550 section 6.4.1 */
	from.port++;
	stream_rx_rtcp(p->stream, packet, len, &from, sc->now_us, &phone_out);
}

TEST(who_hears_more_than_the_prompt_has_its_own_encoder)
{
	enum { ALONE, TALK, DEAF, LOSS, HOLD, KEY };
	static const struct {
		const char *story;
		int what;
		unsigned least, most; /* frames of the prompt that are shared */
	} cases[] = { { "alone", ALONE, 100, 300 }, { "somebody talks", TALK, 0, 0 },
		{ "deaf to who talks", DEAF, 100, 300 }, { "a far end that loses packets", LOSS, 0, 0 },
		{ "held for a while in the middle", HOLD, 20, 21 },
		{ "a key of ours in the middle", KEY, 20, 21 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cue *cue = prompt(true);
		const unsigned frames = cue_ms(cue) / FRAME_MS;
		struct phone *listener, *talker;
		struct room_stats before, after;
		struct scene sc;
		unsigned shared;

		scene_open(&sc, false);
		listener = join(&sc, &opus_fec, 0);
		talker = join(&sc, &pcmu, 300);
		talker->holds_its_tongue = cases[i].what != TALK && cases[i].what != DEAF;
		stream_deafen(listener->stream, cases[i].what == DEAF);
		tick(&sc, LEAD);
		if (cases[i].what == LOSS)
			tell_loss(&sc, listener, 5);
		before = stats_of(&sc);
		play(listener, cue);
		tick(&sc, 20);
		listener->format.send = cases[i].what != HOLD;
		if (cases[i].what == HOLD)
			phone_refit(listener, sc.now_us);
		if (cases[i].what == KEY)
			CHECK_INT(MIX_OK, stream_press(listener->stream, '5', 100), "a key");
		tick(&sc, 10);
		listener->format.send = true;
		if (cases[i].what == HOLD)
			phone_refit(listener, sc.now_us);
		tick(&sc, frames - 30);
		after = stats_of(&sc);
		shared = (unsigned)(after.encodes_shared - before.encodes_shared);
		CHECK(shared >= cases[i].least && shared <= cases[i].most, "%s: %u frames of %u shared",
			cases[i].story, shared, frames);
		CHECK_INT(1, listener->played, "the end is told");
		CHECK_INT(0, listener->jumps, cases[i].story);
		CHECK(cases[i].what == HOLD || phone_rms(listener, 2000) < 35,
			"%s: it is heard, at -%.0f dBov", cases[i].story, phone_rms(listener, 2000));
		scene_close(&sc);
	}
}

TEST(each_leg_seals_it_under_its_own_key)
{
	struct cue *cue = prompt(true);
	struct scene sc;

	scene_open(&sc, true);
	for (unsigned i = 0; i < 3; i++) {
		struct phone *p = join(&sc, &opus, 0);
		struct seal_key tx = { .suite = SEAL_AES_CM_128_80 }, rx = tx;

		if (i == 0)
			continue;
		for (size_t k = 0; k < seal_master_len(tx.suite); k++) {
			tx.master[k] = (uint8_t)(i * 50 + k);
			rx.master[k] = (uint8_t)(100 + i * 50 + k);
		}
		phone_secure(p, &tx, &rx);
		phone_refit(p, sc.now_us);
	}
	tick(&sc, LEAD);
	for (unsigned i = 0; i < 3; i++)
		play(&sc.phone[i], cue);
	tick(&sc, cue_ms(cue) / FRAME_MS);
	for (unsigned i = 1; i < 3; i++) {
		CHECK_INT(0, sc.phone[i].unreadable, "its own key opens it");
		CHECK_INT(sc.phone[0].n_heard, sc.phone[i].n_heard, "as long");
		CHECK(memcmp(sc.phone[0].heard, sc.phone[i].heard, sc.phone[0].n_heard * sizeof(int16_t)) ==
				0,
			"and it is the same sound");
		CHECK(memcmp(sc.sent[0] + 2000, sc.sent[i] + 2000, 1000) != 0, "in other bytes");
	}
	CHECK(phone_rms(&sc.phone[0], 1000) < 35, "sound");
	scene_close(&sc);
}

/* ---- making it ---- */

TEST(what_cannot_be_a_clip_is_refused)
{
	const struct codec_format opus_30 = { .id = CODEC_OPUS, .ptime_ms = 30 };
	const struct codec_format opus_40 = { .id = CODEC_OPUS, .ptime_ms = 40 };
	struct cue *spoken = NULL, *tone = NULL;
	struct clip *clip = NULL, *again = NULL;
	enum mix_err err = MIX_OK;

	CHECK_INT(MIX_OK, cue_load(&spoken, SPEECH_FOLDER "conf-getconfno.g722"), "prompt");
	CHECK(clip_serves(&opus) && clip_serves(&opus_10) && clip_serves(&g722), "codecs with a memory");
	CHECK_INT(MIX_RANGE, clip_make(&clip, spoken, &pcmu), "G.711 costs nothing");
	CHECK_INT(MIX_RANGE, clip_make(&clip, spoken, &opus_30), "a packet and a half");
	CHECK_INT(MIX_RANGE, clip_make(&clip, spoken, &opus_40), "a packet of two frames");
	CHECK_INT(MIX_OK, cue_tone(&tone, 440, 0, 20, 200, 0), "tone");
	CHECK_INT(MIX_RANGE, clip_make(&clip, tone, &opus), "a sound up to its last sample");
	CHECK(!clip, "nothing was made");
	STARVE(err, clip_make(&clip, spoken, &opus), MIX_NOMEM);
	CHECK_INT(MIX_OK, err, "with memory");
	CHECK_INT(MIX_OK, clip_make(&again, spoken, &opus), "another");
	CHECK(!clip_of(spoken, &opus), "not there yet");
	CHECK_INT(MIX_OK, clip_attach(spoken, clip), "attach");
	CHECK(clip_of(spoken, &opus) == clip && !clip_of(spoken, &opus_dtx), "of this format only");
	CHECK_INT(MIX_RANGE, clip_attach(spoken, again), "it has one");
	CHECK(clip_size(clip) > 5000 && clip_size(clip) < 20000, "%zu bytes", clip_size(clip));
	CHECK(!clip_free(again) && !clip_free(NULL), "free returns NULL");
	cue_free(tone);
	cue_free(spoken);
}

TESTS(legs_that_hear_it_at_different_times_get_the_same_bytes, an_own_encoder_goes_on_without_a_seam,
	it_sounds_as_an_own_encoder_makes_it, it_is_cut_off_without_a_click,
	who_hears_more_than_the_prompt_has_its_own_encoder, each_leg_seals_it_under_its_own_key,
	what_cannot_be_a_clip_is_refused)
