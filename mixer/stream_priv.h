/* stream_priv.h - a stream from inside: shared by kit.c, stream*.c and room.c alone.
 *
 * Thread: the worker that owns the stream's room.
 */
#ifndef MIXER_STREAM_PRIV_H
#define MIXER_STREAM_PRIV_H

#include "mixer/agc.h"
#include "mixer/beep.h"
#include "mixer/burst.h"
#include "mixer/choose.h"
#include "mixer/clip.h"
#include "mixer/comfort.h"
#include "mixer/conceal.h"
#include "mixer/doze.h"
#include "mixer/hush.h"
#include "mixer/jbuf.h"
#include "mixer/keypad.h"
#include "mixer/latch.h"
#include "mixer/level.h"
#include "mixer/limit.h"
#include "mixer/mix.h"
#include "mixer/narrow.h"
#include "mixer/quirk.h"
#include "mixer/rtcp.h"
#include "mixer/skew.h"
#include "mixer/stream.h"
#include "mixer/unopened.h"
#include "mixer/warp.h"
#include "mixer/xr.h"

enum {
	RX_PACKET_MAX_MS = 120, /* sound in one packet that came: Opus allows so much */
	RX_PIECES =
		3, /* frames: what is left, what is due, what is taken ahead; of waveform codecs, decoded so */
	NO_GROUP = 255,
	NO_SHARE = 255,
	PT_COMFORT = 13 /* RFC 3551 section 6 */
};

struct room;

struct opus_room { /* what a leg needs only where packets are as large, or as quiet, as those of Opus */
	uint8_t jbuf[JBUF_LENT];
	struct doze_packet kept[DOZE_KEPT];
};

struct kit {
	struct stream_format format;
	enum rate_class rx_rate, tx_rate; /* of rx[0], what the room is given; of tx, what is heard */
	unsigned tx_clock_hz;
	struct encoder *encoder;                   /* owned */
	struct decoder *decoder[STREAM_RX_CODECS]; /* owned */
	struct resample *align[STREAM_RX_CODECS];  /* owned; decoder's rate to rx_rate, NULL when equal */
	struct conceal *conceal;                   /* owned; NULL when nothing but Opus comes in */
	struct hush *hush;                         /* owned; NULL when keys come as events */
	struct narrow *narrow;                     /* owned; NULL when rx_rate is 8 kHz */
	struct limit *limit;                       /* owned; limit_size() of tx_rate */
	struct limit *lent_limit;                  /* owned; likewise, for its room; NULL at 8 kHz */
	struct opus_room *opus;                    /* owned; NULL when no Opus comes in */
	struct seal *tx_seal, *rx_seal;            /* owned; NULL in the clear */
	struct seal *rx_former;                    /* owned; of the key before, NULL without */
	struct ice *ice;                           /* owned; NULL: the latch says who may speak */
	struct unopened *unopened;                 /* owned; NULL in the clear */
	uint32_t rx_cap, tx_cap;                   /* samples */
	int16_t *rx_pcm, *tx_pcm, *aligned; /* into pcm[]; WARP_PAST samples before rx_pcm were played */
	int16_t *warped;                    /* a frame, into pcm[] */
	int16_t pcm[];
};

/* What one tick makes of one frame: up to two packets (ptime 10), or none (half of a long one, DTX). */
enum { PAYLOADS_MAX = FRAME_MS / PTIME_MIN_MS };
struct payloads {
	unsigned n;
	unsigned encodes; /* runs of the encoder behind it */
	struct {
		bool unsent;    /* the encoder says that silence needs no packet */
		int32_t offset; /* of its first sample to the tick's first, RTP clock units */
		size_t len;
		uint8_t packet[RTP_HEADER + CODEC_PAYLOAD_MAX]; /* header is rewritten for each listener */
	} at[PAYLOADS_MAX];
};

/* How fast the far end's sound is used up, and what is taken out of it or put in; see stream_pace.c. */
struct pace {
	struct skew skew;
	struct warp warp;
	bool follows;
	int32_t followed_ppb;   /* the far clock, as the jitter buffer knows it */
	int32_t ppb;            /* sound is used up faster by */
	int32_t surplus, lack;  /* samples to be cut or put in */
	uint8_t look, rest;     /* ticks until it is looked again; until sound may be spliced again */
	uint8_t failed, blamed; /* splices not found in a row; cuts that were followed by a lack of packets */
	uint8_t misses; /* packets in a row that were not here in time, none of them long after the one before */
	uint16_t since_cut, since_miss; /* ticks */
	uint64_t cut_us, added_us;      /* of sound, by splices */
};

/* From the far end's extended reports (xr.h): how it hears us, and a time that it wants back. */
struct heard_of_us {
	bool has_voip, has_time, in_bursts;
	uint8_t lost; /* 1/256 of our packets: never came or came too late */
	uint16_t jb_ms;
	uint32_t time_from, time; /* its SSRC; middle of the NTP timestamp */
	uint64_t time_us;         /* when that came */
};

/* What a stream counts by itself; the rest of struct stream_stats is found out when it is asked for. */
struct stream_counts {
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes, heard_us;
	uint32_t rx_lost, rx_duplicate, rx_bad, rx_refused,
		rx_forged; /* rx_lost, _duplicate, _refused: of what is no more */
	uint32_t rtcp_rx, rtcp_tx, rtcp_bad, decodes, round_trip_us, far_lost, rx_heard, rx_clipped;
	uint8_t far_fraction_lost;
};

struct stream {
	void *user;
	struct kit *kit;                /* owned; NULL until the first refit */
	struct jbuf *jbuf;              /* owned */
	struct keypad *keypad;          /* owned */
	struct resample *to[RATES];     /* owned; from to_from[] */
	enum rate_class to_from[RATES]; /* rate that the resampler was made for */

	/* receiving */
	struct latch latch;
	struct net_addr
		rtcp_peer; /* where reports go without rtcp-mux: signalled, or where theirs come from */
	struct rtcp_rx rx;
	struct quirks quirks;
	unsigned rx_clock_hz;
	uint8_t rx_at;            /* codec now coming in: index of kit's decoders */
	uint16_t packet_samples;  /* of the last packet, at its codec's rate */
	uint16_t made_up;         /* samples since the last packet, of late ones; UINT16_MAX: no packet yet */
	uint16_t rx_n, rx_used;   /* samples in kit->rx_pcm; of those, handed out in the last tick */
	uint64_t former_until_us; /* for which kit->rx_former is tried */
	struct comfort comfort;
	bool in_cn;         /* the far end sent comfort noise and then nothing */
	uint8_t tone_quiet; /* frames without sound, up to a few: the digit receiver may rest */
	struct progress progress;
	struct beep beep;
	struct talk talk;
	bool may_doze; /* its room: too quiet for the mix, and would be at the level that it had */
	bool in_crowd; /* its room has more streams than it mixes */
	struct doze doze;
	uint16_t
		hollow_n; /* at the head of kit->rx_pcm: some of these samples were slept through or never came */
	bool muted, deaf;
	struct agc agc;
	int32_t gain;            /* by agc and against echo, 1/4096 */
	struct denoise *denoise; /* owned; NULL: no noise suppression */
	uint8_t unheard;         /* ticks since a frame of it was heard */
	uint8_t since_look;      /* ticks since it was looked for one-way audio; since then: */
	bool sounded;
	bool levels; /* agc is in force */
	uint32_t others_ms;
	struct burst burst;
	uint32_t lost_counted; /* of the jitter buffer's losses, in `burst` */
	bool frame_made_up;    /* some of this tick's sound was concealed */
	struct pace pace;

	/* this tick */
	const int16_t *frame; /* at kit->rx_rate, borrowed from the kit; NULL: silent */
	uint8_t dbov;
	struct voice voice;
	uint8_t share; /* place of its share in the tick, NO_SHARE */
	bool in_mix, was_in_mix;
	uint64_t spoke_us; /* the last tick that it was mixed in, 0 never */
	bool wants_share;  /* may hear what everybody hears */

	/* sending */
	uint32_t ssrc, clock; /* RTP timestamp of this tick's first sample */
	uint16_t seq;
	bool marker;     /* on the next packet: a talk burst begins */
	uint8_t cn_wait; /* ticks until comfort noise is said again; 0: sound was sent last, or it is time */
	uint16_t tx_n;   /* samples in kit->tx_pcm: of a packet not yet full */
	struct keypad_tx press;
	bool presses; /* a key was pressed and its end has not been told */
	struct cue_player cue;
	const struct clip *
		clip; /* borrowed, immortal; what was sent last was frame clip_at of it; NULL: by an encoder */
	uint32_t clip_at;
	int32_t tx_gain, rx_gain;         /* wanted, 1/4096 */
	int32_t tx_gain_now, rx_gain_now; /* in force */
	uint16_t wait_ticks; /* for which it could have shared an encode and waited for a pause */

	/* reports */
	struct rtcp_tx tx;
	uint64_t rtcp_due_us;
	uint64_t tick_us, tick_ntp; /* of the last tick, for the round trip */
	uint64_t watch_us, watch_from_us;
	bool said_silent;
	char cname[STREAM_CNAME];
	struct stream_counts stats;
	uint64_t concealed_us;
	uint32_t collisions;
	uint8_t far_percent;
	uint32_t sr_rx, sr_of_us; /* reports of a sender; reports that something of ours arrived */
	struct heard_of_us far;   /* what it last said in extended reports */
	struct oneway oneway;
	struct echo echo;

	/* its room's; see room.c */
	struct room *room; /* borrowed */
	struct stream *prev, *next;
	uint8_t group;
	bool fresh; /* not ticked in this room yet */
	bool skip;  /* this tick: it was ticked elsewhere a moment ago */
};

/* kit.c: what both know goes from `old` into `fresh` (decoders, encoder and seals with their state).  True: the far end's key
 * is another one now. */
bool kit_inherit(struct kit *fresh, struct kit *old);
int kit_codec_of_pt(const struct kit *k, uint8_t pt); /* index into rx[], -1 none */
bool kit_is_comfort(const struct kit *k, uint8_t pt);
enum rate_class kit_rate(const struct kit *k, unsigned at);
unsigned kit_clock_hz(const struct kit *k, unsigned at);

/* stream.c: its turn comes soon, see warm.h.  The head first, the parts when that is here. */
void stream_warm_head(const struct stream *s);
void stream_warm_parts(const struct stream *s);

/* stream_rx.c */
void stream_tell(const struct stream *s, const struct media_out *out, struct media_event event);
void stream_tell_digit(const struct stream *s, const struct media_out *out, char digit); /* 0: none */
void stream_settle_quirks(
	struct stream *s, uint64_t now_us, const struct media_out *out); /* every few seconds */

/* stream_take.c: sets s->frame and s->dbov.  `wanted`: somebody may hear it. */
void stream_take(struct stream *s, uint64_t now_us, bool wanted, const struct media_out *out);

/* stream_playout.c: a tick begins, then the samples that stream_pace_need() wants are had if they can be, then some of the
 * next packet's if delay is to be taken back. */
void stream_playout_begin(struct stream *s);
void stream_playout_fill(struct stream *s, bool wanted, uint64_t now_us);
void stream_playout_ahead(struct stream *s, bool wanted, uint64_t now_us);
bool stream_may_skip(const struct stream *s, bool wanted); /* measured, not decoded */

/* stream_pace.c */
void stream_pace_reset(struct stream *s);                 /* another sender, clock or rate */
void stream_pace_look(struct stream *s, uint64_t now_us); /* once a tick, first */
size_t stream_pace_need(const struct stream *s);          /* decoded samples for this tick's frame */
size_t stream_pace_ahead(const struct stream *s);         /* and how many more to have, for a cut; 0 none */
void stream_pace_splice(struct stream *s, bool quiet);    /* with those at hand */
const int16_t *stream_pace_frame(struct stream *s, bool quiet);                   /* sets rx_used */
bool stream_pace_spare_us(const struct stream *s, int32_t *us, int32_t *wait_us); /* see room_spare() */
void stream_pace_parts(const struct stream *s, struct stream_stats *out);         /* wait, held, due */
void stream_pace_starved(struct stream *s); /* a packet that was due is not here */

/* stream_tx.c */
bool stream_sends(const struct stream *s); /* it has somewhere to send to, and may */
void stream_idle(struct stream *s);        /* nothing is sent in this tick */
/* Nothing was sent yet, and packets are longer than a tick: the first is made alone, at once, as the far end may wait for it. */
bool stream_owes_first(const struct stream *s);
void stream_make(struct stream *s, const int16_t *pcm, struct payloads *out);
void stream_send(struct stream *s, struct payloads *p, const struct media_out *out);
unsigned stream_send_clip(struct stream *s, const struct clip *c, uint32_t frame,
	const struct media_out *out); /* packets of it, the unsent ones too */
void stream_send_silence(struct stream *s, const struct media_out *out); /* codec_silence(), ptime FRAME_MS */
bool stream_takes_comfort(const struct stream *s);                       /* RFC 3389 was agreed on */
void stream_send_comfort(
	struct stream *s, uint8_t dbov, const struct media_out *out); /* instead of silence */
bool stream_send_key(struct stream *s, const struct media_out *out);  /* false: none is being pressed */
void stream_tell_key(struct stream *s, const struct media_out *out);  /* that it is out */
void stream_advance(struct stream *s, unsigned frames);               /* the clock goes on */
void stream_copy_tx(struct stream *to, const struct stream *from);    /* encoder and unfinished packet */

/* stream_quality.c */
void stream_judge_frame(struct stream *s, const struct media_out *out); /* s->frame is heard: level, echo */
bool stream_minds_echo(const struct stream *s);         /* it was heard lately: what it is sent matters */
void stream_sent_level(struct stream *s, uint8_t dbov); /* of the frame that it was sent */
int32_t stream_given_gain(const struct stream *s);      /* what its frame is mixed with */
void stream_begin_one_way(struct stream *s);            /* its media was agreed on */
void stream_look_one_way(struct stream *s, uint64_t now_us, const struct media_out *out); /* once a tick */
void stream_count_due(struct stream *s); /* a packet was taken from the jitter buffer */
void stream_judge(const struct stream *s, struct stream_stats *out);
size_t stream_write_xr(struct stream *s, uint8_t *p, size_t cap, uint64_t now_us); /* 0: nothing to say */
void stream_read_xr(struct stream *s, const uint8_t *p, size_t len, uint64_t arrival_us);

/* stream_seal.c: all that leaves, and all that comes, passes here; RTP or RTCP, muxed or not. */
void stream_emit(struct stream *s, bool rtcp, const uint8_t *p, size_t len, const struct media_out *out);
/* *p and *len then are the packet in the clear, in room[] if it was sealed; false: dropped and counted. */
bool stream_open(struct stream *s, bool rtcp, const uint8_t **p, size_t *len, uint8_t room[PACKET_MAX],
	uint64_t now_us);

/* stream_ice.c: who may speak and where we send, by latch or by ICE. */
const struct net_addr *stream_peer(const struct stream *s);        /* where our RTP goes */
const struct net_addr *stream_report_peer(const struct stream *s); /* where our RTCP goes */
bool stream_waits(const struct stream *s); /* for a path: what it is to hear must not begin yet */
/* Of a leg with ICE: true when the datagram goes no further, a check that was answered or somebody who may not speak. */
bool stream_ice_keeps(struct stream *s, enum ice_component at, const uint8_t *p, size_t len,
	const struct net_addr *from, uint64_t arrival_us, const struct media_out *out);
void stream_ice_look(struct stream *s, uint64_t now_us, const struct media_out *out); /* once a tick */

/* stream_rtcp.c: reports when due, silence of the far end. */
void stream_upkeep(struct stream *s, uint64_t now_us, uint64_t ntp, const struct media_out *out);

/* room.c: takes s out of the encode it shares, with a copy of its state, before its kit changes. */
void room_part(struct room *r, struct stream *s);
#endif
