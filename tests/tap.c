#include "tests/tap.h"

#include "mixer/codec_priv.h"
#include "mixer/rtp.h"
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- the codec: samples as they are ---- */

struct encoder {
	struct codec_format format;
};
struct decoder { /* of G.722 as well: prompts are files of it */
	enum codec_id id;
	_Alignas(max_align_t) uint8_t state[];
};

static const struct codec_info plain = { .name = "PCMU", .clock_hz = 8000, .channels = 1, .rate = RATE_8K };

const struct codec_info *codec_info(enum codec_id id)
{
	return id == CODEC_PCMU ? &plain : NULL;
}

int codec_silence(enum codec_id id)
{
	(void)id;
	return -1; /* its codec is its own */
}

enum codec_id codec_find(const char *name, unsigned clock_hz)
{
	return strcasecmp(name, plain.name) == 0 && clock_hz == plain.clock_hz ? CODEC_PCMU : CODEC_NONE;
}

bool codec_format_equal(const struct codec_format *a, const struct codec_format *b)
{
	return a->id == b->id && a->ptime_ms == b->ptime_ms;
}

enum mix_err encoder_alloc(struct encoder **out, const struct codec_format *format)
{
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return MIX_NOMEM;
	(*out)->format = *format;
	return MIX_OK;
}

struct encoder *encoder_free(struct encoder *e)
{
	free(e);
	return NULL;
}

const struct codec_format *encoder_format(const struct encoder *e)
{
	return &e->format;
}

enum mix_err encoder_copy(struct encoder *to, const struct encoder *from)
{
	return codec_format_equal(&to->format, &from->format) ? MIX_OK : MIX_RANGE;
}

enum mix_err encoder_run(
	struct encoder *e, const int16_t *pcm, size_t n, uint8_t *out, size_t cap, size_t *len)
{
	(void)e;
	if (n * sizeof(*pcm) > cap)
		return MIX_SHORT;
	memcpy(out, pcm, n * sizeof(*pcm));
	*len = n * sizeof(*pcm);
	return MIX_OK;
}

void encoder_restart(struct encoder *e)
{
	(void)e;
}

void encoder_cut(struct encoder *e)
{
	(void)e;
}

bool encoder_ran(const struct encoder *e)
{
	(void)e;
	return true;
}

void encoder_expect_loss(struct encoder *e, unsigned percent)
{
	(void)e;
	(void)percent;
}

enum mix_err decoder_alloc(struct decoder **out, enum codec_id id)
{
	*out = calloc(1, sizeof(**out) + codec_g722_decoder_size());
	if (!*out)
		return MIX_NOMEM;
	(*out)->id = id;
	codec_g722_decoder_init((*out)->state);
	return MIX_OK;
}

struct decoder *decoder_free(struct decoder *d)
{
	free(d);
	return NULL;
}

enum codec_id decoder_id(const struct decoder *d)
{
	return d->id;
}

enum mix_err decoder_run(
	struct decoder *d, const uint8_t *payload, size_t len, int16_t *pcm, size_t cap, size_t *n)
{
	if (d->id == CODEC_G722) {
		*n = 2 * len;
		codec_g722_decode(d->state, pcm, payload, len);
		return *n <= cap ? MIX_OK : MIX_SHORT;
	}
	if (len == 0 || len % sizeof(*pcm))
		return MIX_SYNTAX;
	if (len / sizeof(*pcm) > cap)
		return MIX_SHORT;
	memcpy(pcm, payload, len);
	*n = len / sizeof(*pcm);
	return MIX_OK;
}

enum mix_err decoder_conceal(struct decoder *d, const uint8_t *next, size_t next_len, int16_t *pcm, size_t n)
{
	(void)d;
	(void)next;
	(void)next_len;
	memset(pcm, 0, n * sizeof(*pcm));
	return MIX_OK;
}

size_t decoder_samples(enum codec_id id, const uint8_t *payload, size_t len)
{
	(void)id;
	(void)payload;
	return len / sizeof(int16_t);
}

/* ---- legs ---- */

static void must(bool good, const char *what)
{
	if (!good) {
		fprintf(stderr, "tap: %s\n", what);
		abort();
	}
}

static void on_send(void *arg, void *user, bool rtcp, const struct net_addr *to, const uint8_t *p, size_t len)
{
	struct tap *t = user;
	struct rtp rtp;
	size_t at;

	(void)arg;
	(void)to;
	if (rtcp || rtp_is_rtcp(p, len) || rtp_parse(&rtp, p, len) != MIX_OK || rtp.payload_type != 0)
		return;
	if (t->packets++ == 0)
		t->first_ts = rtp.timestamp;
	at = rtp.timestamp - t->first_ts;
	if (at + rtp.payload_len / 2 > TAP_HEARD_MAX)
		return;
	memcpy(t->heard + at, rtp.payload, rtp.payload_len);
	t->n_heard = at + rtp.payload_len / 2;
}

static void on_event(void *arg, void *user, const struct media_event *event)
{
	const struct tap_house *h = arg;
	struct tap *t = user;

	if (event->kind == MEDIA_TALK && t->n_talk < TAP_EVENTS) {
		t->talk[t->n_talk].on = event->on;
		t->talk[t->n_talk++].at_us = h->now_us;
	} else if (event->kind == MEDIA_DIGIT && t->n_digits + 1 < TAP_EVENTS) {
		t->digits[t->n_digits++] = event->digit;
	}
}

static void open_leg(struct tap_house *h, unsigned i, bool events)
{
	const struct stream_identity id = { .ssrc = 1000 + i,
		.first_timestamp = 77777 * i,
		.first_seq = (uint16_t)(65500 + i),
		.cname = "tap" };
	struct tap *t = &h->taps[i];
	struct kit *kit = NULL;

	t->house = h;
	t->ssrc = 0x9000 + i;
	t->timestamp = 12345 * i;
	t->seq = (uint16_t)(65000 + 400 * i);
	t->format = (struct stream_format){ .tx = { .id = CODEC_PCMU, .ptime_ms = FRAME_MS },
		.rx = { { 0, CODEC_PCMU } },
		.n_rx = 1,
		.event_rx_pt = events ? 101 : PT_NONE,
		.event_tx_pt = events ? 101 : PT_NONE,
		.cn_pt = PT_NONE,
		.send = true,
		.receive = true,
		.rtp = { .ip = { [10] = 255, [11] = 255, [12] = 127, [15] = 1 },
			.port = (uint16_t)(4000 + 2 * i) } };
	t->heard = calloc(TAP_HEARD_MAX, sizeof(int16_t));
	must(t->heard && stream_alloc(&t->stream, &id, t) == MIX_OK && kit_alloc(&kit, &t->format) == MIX_OK,
		"memory");
	stream_refit(t->stream, &kit, h->now_us);
	room_add(h->room, t->stream);
}

void tap_open(struct tap_house *h, unsigned n, unsigned mixed_talkers, bool events)
{
	const struct room_config config = { .mixed_talkers = mixed_talkers };

	*h = (struct tap_house){ .n = n, .now_us = 1000000, .taps = calloc(n, sizeof(struct tap)) };
	h->out = (struct media_out){ .send = on_send, .event = on_event, .arg = h };
	must(h->taps && room_alloc(&h->room, &config) == MIX_OK, "room");
	for (unsigned i = 0; i < n; i++)
		open_leg(h, i, events);
}

void tap_close(struct tap_house *h)
{
	for (unsigned i = 0; i < h->n; i++) {
		room_remove(h->room, h->taps[i].stream);
		stream_free(h->taps[i].stream);
		free(h->taps[i].heard);
	}
	room_free(h->room);
	free(h->taps);
}

void tap_say(struct tap *t, const int16_t pcm[TAP_FRAME])
{
	uint8_t packet[RTP_HEADER + TAP_FRAME * sizeof(int16_t)];
	const struct rtp head = { .seq = t->seq, .timestamp = t->timestamp, .ssrc = t->ssrc };

	t->timestamp += TAP_FRAME;
	if (!pcm)
		return;
	t->seq++;
	rtp_write(packet, &head);
	memcpy(packet + RTP_HEADER, pcm, TAP_FRAME * sizeof(*pcm));
	stream_rx_rtp(t->stream, packet, sizeof(packet), &t->format.rtp, t->house->now_us, &t->house->out);
}

void tap_tick(struct tap_house *h)
{
	room_tick(h->room, h->now_us + 3000, (h->now_us / 1000) << 22, &h->out);
	h->now_us += FRAME_US;
}

size_t tap_delay(void)
{
	enum { CLICK = 8000, CLICK_TICK = 10, TICKS = 20 };
	struct tap_house h;
	size_t at = 0;

	tap_open(&h, 2, 4, true);
	for (unsigned tick = 0; tick < TICKS; tick++) {
		const int16_t pcm[TAP_FRAME] = { tick == CLICK_TICK ? CLICK : 0 };

		tap_say(&h.taps[0], pcm);
		tap_tick(&h);
	}
	while (at < h.taps[1].n_heard && h.taps[1].heard[at] != CLICK)
		at++;
	must(at < h.taps[1].n_heard, "a click came through");
	tap_close(&h);
	return at - CLICK_TICK * (size_t)TAP_FRAME;
}
