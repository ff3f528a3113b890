/* stream_quality.c - what a stream knows of its own sound: figures both ways, extended reports, one-way audio,
 * echo, and the level it is brought to. */
#include "mixer/stream_priv.h"

#include "mixer/quality.h"

#include <math.h>
#include <string.h>

enum {
	LOOK_TICKS = 25,    /* one-way audio: twice a second */
	ECHO_TICKS = 64,    /* a leg that was not heard for so long is not listened to for an echo */
	FAR_BUFFER_MS = 40, /* of a far end that does not say */
	MISSING_MAX = 250,  /* packets in a row: five seconds are a burst, whatever comes on top */
	LOUD_DBOV = 14,     /* only frames louder than this can have clipped */
	CLIPPED = 32000     /* A-law's last step and what is above */
};

/* ---- level and echo: on frames that are heard ---- */

static void report_echo(struct stream *s, const struct media_out *out)
{
	const struct media_event event = { .kind = MEDIA_ECHO, .on = s->echo.found, .echo = s->echo.finding };

	out->event(out->arg, s->user, &event);
}

static void count_clipping(struct stream *s)
{
	const int16_t *pcm = s->frame;
	int most = 0, least = 0;

	if (s->dbov > LOUD_DBOV)
		return;
	for (size_t i = 0, n = frame_samples(s->kit->rx_rate); i < n; i++) {
		most = pcm[i] > most ? pcm[i] : most;
		least = pcm[i] < least ? pcm[i] : least;
	}
	s->stats.rx_clipped += most >= CLIPPED || least <= -CLIPPED;
}

void stream_judge_frame(struct stream *s, const struct media_out *out)
{
	int32_t duck;

	s->stats.rx_heard++;
	count_clipping(s);
	if (s->unheard >= ECHO_TICKS)
		s->echo.quiet = UINT8_MAX; /* what it was sent meanwhile is not known */
	s->unheard = 0;
	if (echo_heard(&s->echo, s->dbov))
		report_echo(s, out);
	if (s->denoise && denoise_rate(s->denoise) == s->kit->rx_rate)
		s->frame = denoise_frame(s->denoise, s->frame);
	duck = echo_gain(&s->echo, s->dbov);
	s->gain = duck;
	if (s->levels && duck == GAIN_UNITY)
		s->gain = agc_frame(&s->agc, &s->talk, s->dbov);
}

bool stream_minds_echo(const struct stream *s)
{
	return s->unheard < ECHO_TICKS;
}

void stream_sent_level(struct stream *s, uint8_t dbov)
{
	s->unheard++;
	echo_sent(&s->echo, dbov);
}

int32_t stream_given_gain(const struct stream *s)
{
	return s->gain == GAIN_UNITY ? s->rx_gain : (int32_t)((int64_t)s->rx_gain * s->gain / GAIN_UNITY);
}

/* ---- one-way audio ---- */

static void look_one_way(struct stream *s, uint64_t now_us, const struct media_out *out)
{
	const struct oneway_signs signs = { .sends = s->kit->format.send,
		.receives = s->kit->format.receive,
		.rx_packets = s->stats.rx_packets,
		.tx_packets = s->stats.tx_packets,
		.sounded = s->sounded,
		.others_ms = s->muted ? 0 : s->others_ms,
		.reports = s->sr_rx,
		.reports_of_us = s->sr_of_us };
	struct media_event event = { .kind = MEDIA_ONE_WAY };

	s->sounded = false;
	s->others_ms = 0;
	if (!oneway_look(&s->oneway, &signs, now_us))
		return;
	event.on = s->oneway.kind != ONEWAY_NONE;
	event.one_way = s->oneway.kind;
	out->event(out->arg, s->user, &event);
}

void stream_begin_one_way(struct stream *s)
{
	oneway_init(&s->oneway);
	s->since_look = LOOK_TICKS; /* counted from the next tick */
}

void stream_look_one_way(struct stream *s, uint64_t now_us, const struct media_out *out)
{
	if (!s->kit || ++s->since_look < LOOK_TICKS)
		return;
	s->since_look = 0;
	look_one_way(s, now_us, out);
}

/* ---- figures ---- */

/* What the jitter buffer found missing lies before the packet that it gave out. */
void stream_count_due(struct stream *s)
{
	uint32_t missing = jbuf_lost(s->jbuf) - s->lost_counted;

	s->lost_counted += missing;
	for (uint32_t i = 0; i < missing && i < MISSING_MAX; i++)
		burst_packet(&s->burst, true);
	burst_packet(&s->burst, false);
}

static unsigned packet_ms(const struct stream *s)
{
	unsigned ms = s->kit ? s->packet_samples * 1000u / rate_hz(kit_rate(s->kit, s->rx_at)) : 0;

	return ms ? ms : FRAME_MS;
}

static void judge_in(
	const struct stream *s, const struct burst_report *loss, unsigned delay_ms, struct quality *out)
{
	const struct quality_path path = { .codec = s->kit->format.rx[s->rx_at].codec,
		.loss = loss->due ? (double)loss->missing / loss->due : 0,
		.burst_ratio = loss->ratio,
		.delay_ms = s->stats.round_trip_us / 2000.0 + delay_ms + packet_ms(s) };

	quality_of(&path, out);
}

static void judge_out(const struct stream *s, struct quality *out)
{
	struct quality_path path = { .codec = s->kit->format.tx.id,
		.loss = s->tx.packets ? (double)s->stats.far_lost / s->tx.packets : 0,
		.burst_ratio = 1,
		.delay_ms = s->stats.round_trip_us / 2000.0 + s->kit->format.tx.ptime_ms + FAR_BUFFER_MS };

	if (s->far.has_voip) {
		path.loss = s->far.lost / 256.0;
		path.burst_ratio = s->far.in_bursts ? 2 : 1;
		path.delay_ms += s->far.jb_ms ? s->far.jb_ms - (double)FAR_BUFFER_MS : 0;
	}
	quality_of(&path, out);
}

void stream_judge(const struct stream *s, struct stream_stats *out)
{
	struct burst_report loss;
	struct quality q;

	burst_report(&s->burst, packet_ms(s), &loss);
	out->rx_due = loss.due;
	out->rx_missing = loss.missing;
	out->burst_ms = loss.burst_ms;
	out->gap_ms = loss.gap_ms;
	out->burst_density = loss.burst_density;
	out->gap_density = loss.gap_density;
	out->levelling_db = (int8_t)(s->levels ? agc_gain_db(&s->agc) : 0);
	out->one_way = s->oneway.kind;
	out->progress = (enum progress_kind)s->progress.found;
	out->has_echo = s->echo.found;
	out->echo = s->echo.finding;
	if (!s->kit)
		return;
	if (loss.due > 0) {
		judge_in(s, &loss, out->delay_ms, &q);
		out->rx_r = (float)q.r;
		out->rx_mos = (float)q.mos;
	}
	if (s->sr_of_us > 0) {
		judge_out(s, &q);
		out->tx_r = (float)q.r;
		out->tx_mos = (float)q.mos;
	}
}

/* ---- extended reports (RFC 3611) ---- */

static uint8_t of_256(uint32_t part, uint32_t whole)
{
	uint64_t share = whole ? (uint64_t)part * 256 / whole : 0;

	return (uint8_t)(share < 255 ? share : 255);
}

static uint16_t bounded(uint32_t ms)
{
	return (uint16_t)(ms < 65535 ? ms : 65535);
}

static void describe(const struct stream *s, struct xr_voip *v)
{
	struct burst_report loss;
	struct jbuf_stats waiting;
	struct quality q;
	uint32_t late;

	burst_report(&s->burst, packet_ms(s), &loss);
	jbuf_stats(s->jbuf, &waiting);
	judge_in(s, &loss, waiting.delay_ms, &q);
	late = waiting.late < loss.missing ? waiting.late : loss.missing;
	*v = (struct xr_voip){ .ssrc = s->rx.ssrc,
		.loss = of_256(loss.missing - late, loss.due),
		.discard = of_256(late, loss.due),
		.burst_density = loss.burst_density,
		.gap_density = loss.gap_density,
		.burst_ms = bounded(loss.burst_ms),
		.gap_ms = bounded(loss.gap_ms),
		.round_trip_ms = bounded(s->stats.round_trip_us / 1000),
		.end_system_ms = bounded(waiting.delay_ms + FRAME_MS + s->kit->format.tx.ptime_ms),
		.signal_dbm0 = XR_UNKNOWN,
		.noise_dbm0 = XR_UNKNOWN,
		.echo_loss_db = s->echo.found && s->echo.finding.loss_db > 0
					? (uint8_t)s->echo.finding.loss_db
					: XR_UNKNOWN,
		.gmin = BURST_GMIN,
		.r = (uint8_t)lround(q.r),
		.ext_r = XR_UNKNOWN,
		.mos_listen = (uint8_t)lround(10 * q.mos_listen),
		.mos = (uint8_t)lround(10 * q.mos),
		.receiver = xr_receiver(8),
		.jb_nominal_ms = bounded(waiting.target_ms),
		.jb_max_ms = JBUF_MAX_MS,
		.jb_abs_max_ms = JBUF_MAX_MS };
}

size_t stream_write_xr(struct stream *s, uint8_t *p, size_t cap, uint64_t now_us)
{
	struct xr report = { .has_voip = s->rx.started && s->burst.due > 0 };
	size_t len = 0;

	if (report.has_voip)
		describe(s, &report.voip);
	if (s->far.has_time) { /* it does not send and wants to know the round trip */
		report.has_dlrr = true;
		report.dlrr_ssrc = s->far.time_from;
		report.last_rr = s->far.time;
		report.delay_since = (uint32_t)(((now_us - s->far.time_us) << 16) / 1000000);
		s->far.has_time = false;
	}
	return xr_write(p, cap, &len, s->ssrc, &report) == MIX_OK ? len : 0;
}

void stream_read_xr(struct stream *s, const uint8_t *p, size_t len, uint64_t arrival_us)
{
	struct xr news;

	if (xr_read(&news, s->ssrc, p, len) != MIX_OK)
		return;
	if (news.has_voip) {
		const struct xr_voip *v = &news.voip;
		unsigned lost = (unsigned)v->loss + v->discard;

		s->far.has_voip = true;
		s->far.lost = (uint8_t)(lost < 255 ? lost : 255);
		s->far.in_bursts = v->burst_density > v->gap_density && v->burst_ms > packet_ms(s);
		s->far.jb_ms = v->jb_nominal_ms;
	}
	if (news.has_time) {
		s->far.has_time = true;
		s->far.time = (uint32_t)(news.ntp >> 16);
		s->far.time_from = news.from;
		s->far.time_us = arrival_us;
	}
}

struct denoise *stream_audio(struct stream *s, bool levelling, struct denoise *owned)
{
	struct denoise *old = s->denoise;

	s->denoise = owned;
	if (levelling && !s->levels)
		agc_init(&s->agc);
	s->levels = levelling;
	return old;
}
