/* stream_take.c - this tick's frame of a stream: its level, whether it talks, keys in it, what of it is given to the mix. */
#include "mixer/stream_priv.h"

#include <string.h>

enum {
	TONE_GATE_DBOV = 55, /* digits are louder (Q.24) */
	TONE_REST = 5,       /* frames of quiet after which the digit receiver rests */
	PAUSE_GATE_DBOV = 50 /* in frames quieter than this a splice needs no likeness */
};

static void tell_beep(struct stream *s, bool found, const struct media_out *out)
{
	if (found)
		stream_tell(s, out, (struct media_event){ .kind = MEDIA_BEEP });
}

/* A frame that brings no sound. */
static void rest_for_beep(struct stream *s, const struct media_out *out)
{
	if (s->beep.on)
		tell_beep(s, beep_rest(&s->beep), out);
}

static void listen_for_keys(struct stream *s, const int16_t *pcm, enum rate_class rate, uint64_t now_us,
	const struct media_out *out)
{
	int16_t narrow[8 * FRAME_MS];

	if (s->kit->format.no_tones && !s->beep.on)
		return;
	if (s->dbov <= TONE_GATE_DBOV) {
		s->tone_quiet = 0;
	} else if (s->tone_quiet < TONE_REST) {
		s->tone_quiet++;
	} else {
		rest_for_beep(s, out);
		return;
	}
	narrow_frame(s->kit->narrow, rate, pcm, narrow);
	if (s->beep.on && !s->frame_made_up)
		tell_beep(s, beep_frame(&s->beep, narrow, s->dbov), out);
	if (s->kit->format.no_tones)
		return;
	if (!s->frame_made_up && progress_frame(&s->progress, narrow, s->dbov, (uint32_t)(now_us / 1000)))
		stream_tell(s, out,
			(struct media_event){ .kind = MEDIA_PROGRESS,
				.on = s->progress.found != PROGRESS_NONE,
				.progress = (enum progress_kind)s->progress.found });
	stream_tell_digit(s, out,
		s->frame_made_up ? keypad_made_up(s->keypad, narrow, sizeof(narrow) / sizeof(*narrow), now_us)
				 : keypad_sound(s->keypad, narrow, sizeof(narrow) / sizeof(*narrow), now_us));
}

/* What it sends was not heard: at what level it was, or silence, is our guess. */
static void guess_talk(struct stream *s, uint8_t dbov, const struct media_out *out)
{
	if (talk_guess(&s->talk, dbov))
		stream_tell(s, out, (struct media_event){ .kind = MEDIA_TALK, .on = s->talk.talking });
}

static void follow_talk(struct stream *s, const struct media_out *out)
{
	const bool unheard = s->muted || s->progress.found;

	if (unheard || s->frame_made_up)
		guess_talk(s, unheard ? LEVEL_SILENCE : s->dbov, out);
	else if (talk_frame(&s->talk, s->dbov))
		stream_tell(s, out, (struct media_event){ .kind = MEDIA_TALK, .on = s->talk.talking });
}

/* On a leg whose keys come as sound alone: this tick's frame waits, and the one of a moment ago, in which no key began, is
 * given out. */
static void take_held(struct stream *s, uint64_t now_us, bool wanted, const struct media_out *out)
{
	s->frame = hush_frame(s->kit->hush, s->frame, &s->dbov, keypad_busy(s->keypad, now_us));
	follow_talk(s, out);
	if (s->muted || !wanted || s->progress.found) {
		s->frame = NULL;
		s->dbov = LEVEL_SILENCE;
	}
}

/* Of a frame that was not decoded. */
static uint8_t unheard_dbov(const struct stream *s)
{
	return s->doze.asleep && !s->muted ? s->doze.dbov : LEVEL_SILENCE;
}

void stream_take(struct stream *s, uint64_t now_us, bool wanted, const struct media_out *out)
{
	bool hidden, quiet;
	enum rate_class rate;
	size_t n;

	s->frame = NULL;
	s->dbov = LEVEL_SILENCE;
	s->frame_made_up = false;
	if (!s->kit || !s->kit->format.receive) {
		if (s->talk.talking)
			guess_talk(s, LEVEL_SILENCE, out);
		return;
	}
	stream_playout_begin(s);
	stream_pace_look(s, now_us);
	stream_playout_fill(s, wanted, now_us);
	rate = kit_rate(s->kit, s->rx_at);
	n = frame_samples(rate);
	if (s->rx_n < stream_pace_need(s)) {
		memset(s->kit->rx_pcm - WARP_PAST, 0, WARP_PAST * sizeof(int16_t));
		if (s->kit->hush)
			take_held(s, now_us, wanted, out);
		else
			guess_talk(s, unheard_dbov(s), out);
		rest_for_beep(s, out);
		return;
	}
	stream_playout_ahead(s, wanted, now_us);
	if (s->doze.asleep || stream_may_skip(s, wanted)) {
		stream_pace_splice(s, true);
		s->hollow_n = s->rx_n;
		(void)stream_pace_frame(s, true);
		if (s->doze.asleep || s->talk.talking)
			guess_talk(s, unheard_dbov(s), out);
		rest_for_beep(s, out);
		return;
	}
	s->dbov = level_dbov(s->kit->rx_pcm - WARP_DELAY, n);
	s->sounded |= s->dbov <= ONEWAY_SILENCE_DBOV;
	hidden = s->muted || !wanted;
	quiet = hidden || s->dbov >= PAUSE_GATE_DBOV;
	if (!keypad_busy(s->keypad, now_us))
		stream_pace_splice(s, quiet);
	if (s->hollow_n == 0 || s->dbov < s->doze.dbov)
		s->doze.dbov = s->dbov;
	listen_for_keys(s, s->kit->rx_pcm - WARP_DELAY, rate, now_us, out); /* to what is given out */
	s->frame_made_up |= s->hollow_n > 0; /* what is missing of it is no quiet noise */
	if (!s->kit->hush)
		follow_talk(s, out);
	hidden = hidden || s->progress.found;
	s->frame = stream_pace_frame(s, quiet);
	if (!s->kit->hush && (hidden || keypad_busy(s->keypad, now_us)))
		s->dbov = LEVEL_SILENCE;
	if (s->dbov == LEVEL_SILENCE)
		s->frame = NULL;
	else if (s->kit->align[s->rx_at]) {
		resample_frame(s->kit->align[s->rx_at], s->frame, s->kit->aligned);
		s->frame = s->kit->aligned;
	}
	if (s->kit->hush)
		take_held(s, now_us, wanted, out);
}
