/* links: mixer/choose.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/conceal.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/delay.c mixer/doze.c mixer/err.c mixer/lull.c mixer/hush.c mixer/jbuf.c mixer/keypad.c mixer/keypad_tx.c mixer/kit.c mixer/latch.c mixer/level.c mixer/limit.c mixer/mix.c mixer/narrow.c mixer/opus_peek.c mixer/resample.c mixer/ring.c mixer/room.c mixer/room_limit.c mixer/room_idle.c mixer/room_group.c mixer/rtcp.c mixer/rtp.c mixer/skew.c mixer/slots.c mixer/source.c mixer/stream.c mixer/stream_quality.c mixer/agc.c mixer/burst.c mixer/denoise.c mixer/echo.c mixer/oneway.c mixer/quality.c mixer/xr.c mixer/stream_rtcp.c mixer/stream_pace.c mixer/stream_rx.c mixer/stream_playout.c mixer/comfort.c mixer/stream_take.c mixer/progress.c mixer/beep.c mixer/stream_tx.c mixer/stretch.c mixer/warp.c tests/phone.c tests/speech.c mixer/exchange.c mixer/room_spread.c mixer/cipher.c mixer/seal.c mixer/stream_seal.c mixer/stream_ice.c mixer/ice.c mixer/binding.c mixer/room_clip.c mixer/clip.c mixer/quirk.c mixer/unopened.c */
/* What a stream tells of its sound and does to it: figures, extended reports, one-way audio, level, echo. */
#include "mixer/room.h"
#include "mixer/agc.h"
#include "mixer/rtcp.h"
#include "mixer/xr.h"
#include "tests/phone.h"
#include "tests/speech.h"
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>

enum { PHONES = 4 };

struct scene {
	struct room *room;
	struct phone *phones; /* owned */
	unsigned n;
	uint64_t now_us;
	void (*between)(struct scene *sc); /* after each tick */
};

static void scene_open(struct scene *sc)
{
	const struct room_config config = { .mixed_talkers = 4 };

	memset(sc, 0, sizeof(*sc));
	sc->now_us = 1000000;
	sc->phones = calloc(PHONES, sizeof(*sc->phones));
	CHECK(sc->phones, "memory");
	CHECK_INT(MIX_OK, room_alloc(&sc->room, &config), "room");
}

static struct phone *join(struct scene *sc, enum codec_id codec, unsigned hz)
{
	struct phone *p = &sc->phones[sc->n];

	phone_init(p, ++sc->n, codec, 20, hz);
	denoise_free(stream_audio(p->stream, true, NULL));
	room_add(sc->room, p->stream);
	return p;
}

static uint64_t ntp_of(uint64_t us)
{
	return (us / 1000000 << 32) + (us % 1000000 << 32) / 1000000;
}

static void run(struct scene *sc, unsigned ms)
{
	for (unsigned t = 0; t < ms; t += FRAME_MS) {
		for (unsigned i = 0; i < sc->n; i++)
			phone_send(&sc->phones[i], sc->now_us);
		room_tick(sc->room, sc->now_us + 3000, ntp_of(sc->now_us), &phone_out);
		sc->now_us += FRAME_US;
		if (sc->between)
			sc->between(sc);
	}
}

static void scene_close(struct scene *sc)
{
	for (unsigned i = 0; i < sc->n; i++) {
		room_remove(sc->room, sc->phones[i].stream);
		phone_free(&sc->phones[i]);
	}
	room_free(sc->room);
	free(sc->phones);
}

static struct stream_stats stats_of(const struct scene *sc, const struct phone *p)
{
	struct stream_stats stats;

	stream_stats(p->stream, &stats, sc->now_us);
	return stats;
}

/* A far end's report: it sends, and has heard us, or lost as many of 256, or not at all. */
static void send_report(struct scene *sc, struct phone *p, int fraction_lost, const struct xr *x)
{
	struct rtcp_rx rx = { 0 };
	const struct rtcp_tx tx = {
		.ssrc = p->ssrc, .packets = 50, .octets = 8000, .timestamp = p->timestamp
	};
	struct net_addr from = p->address;
	uint8_t packet[RTCP_PACKET_MAX];
	size_t len = 0, more = 0;

	if (fraction_lost >= 0)
		rtcp_rx_packet(&rx, 0x1000 + (uint32_t)(p - sc->phones) + 1, 1, 160, 8000, sc->now_us);
	CHECK_INT(MIX_OK,
		rtcp_write(
			packet, sizeof(packet), &len, &rx, &tx, "far", false, sc->now_us, ntp_of(sc->now_us)),
		"report");
	if (fraction_lost > 0)
		packet[32] = (uint8_t)fraction_lost;
	if (x)
		CHECK_INT(MIX_OK, xr_write(packet + len, sizeof(packet) - len, &more, p->ssrc, x), "xr");
	from.port++;
	stream_rx_rtcp(p->stream, packet, len + more, &from, sc->now_us, &phone_out);
}

TEST(figures_follow_the_loss)
{
	static const struct {
		unsigned lose_every;
		double r_least, r_most;
	} cases[] = { { 0, 89, 93.3 }, { 20, 70, 79 }, { 10, 58, 68 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct scene sc;
		struct phone *a;
		struct stream_stats s;
		struct xr x;

		scene_open(&sc);
		a = join(&sc, CODEC_PCMU, 440);
		join(&sc, CODEC_PCMA, 900);
		a->lose_every = cases[i].lose_every;
		CHECK_NEAR(0, stats_of(&sc, a).rx_r, 0, "nothing is known yet");
		run(&sc, 20000);
		s = stats_of(&sc, a);
		CHECK(s.rx_r >= cases[i].r_least && s.rx_r <= cases[i].r_most, "1 of %u lost: R %.1f",
			cases[i].lose_every, s.rx_r);
		CHECK(s.rx_mos > 1 && s.rx_mos < 4.5, "MOS %.2f", s.rx_mos);
		CHECK_NEAR(
			cases[i].lose_every ? 1000.0 / cases[i].lose_every : 0, s.rx_missing, 2, "missing");
		CHECK_NEAR(1000, s.rx_due, 8, "due");
		CHECK_NEAR(0, s.tx_r, 0, "it has told nothing about what it hears");

		CHECK_INT(MIX_OK, xr_read(&x, a->ssrc, a->report, a->report_len),
			"our report has an XR for it");
		CHECK_NEAR(s.rx_r, x.voip.r, 1.5, "with the same R");
		CHECK_NEAR(10 * s.rx_mos, x.voip.mos, 1, "and MOS");
		CHECK_NEAR(cases[i].lose_every ? 256.0 / cases[i].lose_every : 0, x.voip.loss, 2, "and loss");
		CHECK_INT(16, x.voip.gmin, "Gmin");
		CHECK_INT(120, x.voip.jb_abs_max_ms, "jitter buffer");
		scene_close(&sc);
	}
}

TEST(the_other_direction_is_what_the_far_end_says)
{
	struct xr x = { .has_voip = true,
		.voip = { .ssrc = 0x1001, .loss = 13, .gmin = 16, .r = 70, .mos = 35 } };
	struct scene sc;
	struct phone *a;
	struct stream_stats s;

	scene_open(&sc);
	a = join(&sc, CODEC_PCMU, 440);
	join(&sc, CODEC_PCMU, 900);
	run(&sc, 5000);
	send_report(&sc, a, 0, NULL);
	s = stats_of(&sc, a);
	CHECK(s.tx_r > 89 && s.tx_r <= 93.3, "no loss: R %.1f", s.tx_r);
	send_report(&sc, a, 0, &x);
	s = stats_of(&sc, a);
	CHECK(s.tx_r > 70 && s.tx_r < 79, "5 %% by its XR: R %.1f", s.tx_r);
	scene_close(&sc);
}

/* It only listens: it sends its time and gets back what it needs for the round trip. */
TEST(a_reference_time_is_answered)
{
	struct xr x = { .has_time = true }, back = { 0 };
	struct scene sc;
	struct phone *a;

	scene_open(&sc);
	a = join(&sc, CODEC_PCMU, 440);
	join(&sc, CODEC_PCMU, 900);
	run(&sc, 5000);
	x.ntp = ntp_of(sc.now_us);
	send_report(&sc, a, 0, &x);
	run(&sc, 5000);
	for (unsigned i = 0; i < 250 && !back.has_dlrr; i++) {
		(void)xr_read(&back, a->ssrc, a->report, a->report_len);
		run(&sc, 20);
	}
	CHECK(back.has_dlrr, "answered");
	CHECK_INT((uint32_t)(x.ntp >> 16), back.last_rr, "its time");
	CHECK(back.delay_since < 6 << 16, "and how long ago");
	scene_close(&sc);
}

TEST(one_way_audio_is_told_within_five_seconds)
{
	struct scene sc;
	struct phone *a, *b, *c;

	/* b sends silence while a talks; c neither sends nor is silent long: it is gone after three seconds */
	scene_open(&sc);
	a = join(&sc, CODEC_PCMU, 440);
	b = join(&sc, CODEC_PCMU, 0);
	c = join(&sc, CODEC_PCMU, 900);
	b->holds_its_tongue = true;
	run(&sc, 3000);
	CHECK_INT(ONEWAY_NONE, b->one_way, "three seconds of silence");
	c->hz = 0;
	run(&sc, 1600);
	CHECK_INT(ONEWAY_SILENT, b->one_way, "b is silent: 4.6 s after it came");
	CHECK_INT(ONEWAY_SILENT, stats_of(&sc, b).one_way, "and the figures say so");
	CHECK_INT(ONEWAY_NONE, c->one_way, "c is quiet for two seconds");
	run(&sc, 3200);
	CHECK_INT(ONEWAY_NO_IN, c->one_way, "nothing comes from c");
	b->holds_its_tongue = false;
	b->hz = 700;
	c->hz = 900;
	run(&sc, 1200);
	CHECK_INT(ONEWAY_NONE, b->one_way, "b speaks");
	CHECK_INT(ONEWAY_NONE, c->one_way, "c is back");
	send_report(&sc, a, -1, NULL);
	run(&sc, 2000);
	CHECK_INT(ONEWAY_NONE, a->one_way, "one report without us");
	send_report(&sc, a, -1, NULL);
	run(&sc, 1000);
	CHECK_INT(ONEWAY_NO_OUT, a->one_way, "two: a does not hear us");
	send_report(&sc, a, 0, NULL);
	run(&sc, 1000);
	CHECK_INT(ONEWAY_NONE, a->one_way, "now it does");
	scene_close(&sc);
}

static struct speech voice(const char *name, double dbov, unsigned seconds)
{
	struct speech s = speech_load(name, seconds);

	CHECK(s.n > 0, "%s is there", name);
	speech_scale(&s, dbov);
	speech_add_noise(&s, -66, 3);
	return s;
}

TEST(voices_are_levelled_and_tones_are_not)
{
	static const double levels[] = { -38, -14 };

	for (unsigned i = 0; i < 2; i++) {
		struct speech s = voice(SPEECH_FOLDER "basic-pbx-ivr-main.g722", levels[i], 15);
		struct scene sc;
		struct phone *a, *b;

		scene_open(&sc);
		a = join(&sc, CODEC_PCMU, 440);
		b = join(&sc, CODEC_PCMU, 0);
		a->says = s.pcm;
		a->n_says = s.n;
		b->hz = 0;
		run(&sc, 14000);
		CHECK_NEAR(-26, active_level(b->heard + 3 * 8000, 10 * 8000), 2, "heard");
		CHECK_NEAR(levels[i] + 26, -stats_of(&sc, a).levelling_db, 2, "as the figures say");
		scene_close(&sc);

		scene_open(&sc);
		a = join(&sc, CODEC_PCMU, 440);
		b = join(&sc, CODEC_PCMU, 0);
		a->dbov = -levels[i];
		run(&sc, 8000);
		CHECK_NEAR(-levels[i], phone_level(b, 440, 4000), 0.2, "a tone is what it was");
		scene_close(&sc);
		free(s.pcm);
	}
}

/* Speech in noise: quieter between the words for who asked for it, and as loud in them. */
TEST(noise_is_suppressed_where_asked_for)
{
	double noise[2], words[2];

	for (unsigned with = 0; with < 2; with++) {
		struct speech s = voice(SPEECH_FOLDER "basic-pbx-ivr-main.g722", -24, 10);
		struct scene sc;
		struct phone *a, *b;
		struct denoise *d = NULL;

		memset(s.pcm + 7 * 8000, 0, 3 * 8000 * sizeof(*s.pcm));
		speech_add_noise(&s, -45, 9);
		scene_open(&sc);
		a = join(&sc, CODEC_PCMU, 440);
		b = join(&sc, CODEC_PCMU, 0);
		if (with)
			CHECK_INT(MIX_OK, denoise_alloc(&d, RATE_8K), "suppressor");
		CHECK(stream_audio(a->stream, false, d) == NULL, "it had none");
		a->says = s.pcm;
		a->n_says = s.n;
		run(&sc, 10000);
		words[with] = active_level(b->heard + 8000, 5 * 8000);
		noise[with] = rms_level(b->heard + 8 * 8000, 8000);
		scene_close(&sc);
		free(s.pcm);
	}
	CHECK(noise[1] < noise[0] - 8, "noise %.1f, suppressed %.1f", noise[0], noise[1]);
	CHECK_NEAR(words[0], words[1], 1.5, "words");
}

/* The second phone sends back what it hears, 200 ms later and 12 dB down. */
enum { LATE = 1600 };
static int16_t returned[8000 * 60];

static void send_back(struct scene *sc)
{
	struct phone *p = &sc->phones[1];

	p->says = returned;
	p->n_says = sizeof(returned) / sizeof(*returned);
	for (size_t i = 0; i < 160; i++) {
		const int heard = p->n_heard >= LATE ? p->heard[p->n_heard - LATE + i] : 0;

		returned[(p->at_says + i) % p->n_says] = (int16_t)(heard / 4);
	}
}

TEST(an_echo_is_told_and_turned_down)
{
	struct speech s = voice(SPEECH_FOLDER "demo-instruct.g722", -24, 30);
	struct scene sc;
	struct phone *a, *b;
	struct stream_stats stats;

	scene_open(&sc);
	a = join(&sc, CODEC_PCMU, 440);
	b = join(&sc, CODEC_PCMU, 440);
	a->says = s.pcm;
	a->n_says = s.n;
	b->says = returned;
	b->n_says = 160;
	sc.between = send_back;
	run(&sc, 4000);
	CHECK(!b->echo, "not yet known");
	CHECK(rms_level(a->heard + 2 * 8000, 2 * 8000) > -42, "it is heard");
	run(&sc, 16000);
	CHECK(b->echo && !a->echo, "b returns our sound, a does not");
	stats = stats_of(&sc, b);
	CHECK(stats.has_echo, "the figures say so");
	CHECK(stats.echo.delay_ms > 150 && stats.echo.delay_ms < 350, "delay %u ms", stats.echo.delay_ms);
	CHECK_NEAR(12, stats.echo.loss_db, 3, "loss");
	CHECK(rms_level(a->heard + 16 * 8000, 3 * 8000) < rms_level(returned + 16 * 8000, 3 * 8000) - 12,
		"a hears itself at %.1f dBov, b sends it at %.1f", rms_level(a->heard + 16 * 8000, 3 * 8000),
		rms_level(returned + 16 * 8000, 3 * 8000));
	scene_close(&sc);
	free(s.pcm);
}

/* Nobody talks: who agreed on RFC 3389 is told how the room sounded behind the last voice, and is sent nothing else. */
TEST(silence_is_comfort_noise_for_who_takes_it)
{
	struct speech s = voice(SPEECH_FOLDER "demo-instruct.g722", -26, 8);
	struct scene sc;
	struct phone *a, *takes, *plain;
	unsigned before, markers;

	speech_add_noise(&s, -52, 5);
	scene_open(&sc);
	a = join(&sc, CODEC_PCMU, 1);
	takes = join(&sc, CODEC_PCMU, 0);
	plain = join(&sc, CODEC_PCMU, 0);
	takes->format.cn_pt = 13;
	phone_refit(takes, sc.now_us);
	a->says = s.pcm;
	a->n_says = s.n;
	run(&sc, 4000);
	CHECK_INT(0, takes->comforts, "sound, and no word of noise");
	a->hz = 0;
	run(&sc, 1000);
	before = plain->packets;
	takes->comforts = 0;
	markers = takes->markers;
	takes->packets = 0;
	run(&sc, 2000);
	CHECK_INT(100, plain->packets - before, "the other gets its packets of silence");
	CHECK_INT(5, takes->comforts, "every 400 ms");
	CHECK_INT(5, takes->packets, "and nothing else");
	CHECK_NEAR(52, takes->comfort_dbov, 3, "as loud as the noise was");
	a->hz = 1;
	run(&sc, 500);
	CHECK_INT(markers + 1, takes->markers, "a talk burst begins");
	CHECK(takes->packets >= 5 + 23, "heard again: %u", takes->packets);
	CHECK_INT(0, takes->jumps, "numbers follow each other");
	CHECK_INT(0, takes->overlaps, "and no sound lies over another");
	scene_close(&sc);
	free(s.pcm);
}

TESTS(noise_is_suppressed_where_asked_for, figures_follow_the_loss,
	the_other_direction_is_what_the_far_end_says, a_reference_time_is_answered,
	one_way_audio_is_told_within_five_seconds, voices_are_levelled_and_tones_are_not,
	an_echo_is_told_and_turned_down, silence_is_comfort_noise_for_who_takes_it)
