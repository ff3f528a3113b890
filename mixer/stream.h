/* stream.h - one leg's pipeline: datagrams in, a frame for the mix; a frame for the leg, datagrams out.
 *
 *    datagram -> latch or ice -> RTP -> jitter buffer -> decoder or concealment -> keypad (-> hush) -> level -> frame
 *    frame + cue -> encoder -> RTP -> datagram            RTCP both ways every 5 s
 *
 * How: the control thread builds a stream and its kit (codecs for one format) and hands
 * them to the worker; a new offer/answer brings a new kit, and stream_refit() swaps it
 * in and leaves the old one in the caller's hands, so that nothing is allocated or freed
 * in the tick.  A leg with keys opens what comes first of all and seals what goes last of all, and takes nothing
 * in the clear.  A leg with ICE (kit_ice()) hears and is sent to as its checks say, and not by latch.h; it
 * answers them, and its cues wait until the far end has chosen a path.  A stream knows no socket: what it sends goes to
 * struct media_out.
 * Use:  stream_alloc(), kit_alloc(), stream_refit(); then room_add(); per tick the worker
 *       calls stream_rx_rtp()/stream_rx_rtcp() for what came in and room_tick().
 *
 * Thread: built and freed on the control thread, used by the worker that owns its room.
 */
#ifndef MIXER_STREAM_H
#define MIXER_STREAM_H

#include "mixer/addr.h"
#include "mixer/codec.h"
#include "mixer/cue.h"
#include "mixer/denoise.h"
#include "mixer/echo.h"
#include "mixer/err.h"
#include "mixer/ice.h"
#include "mixer/oneway.h"
#include "mixer/progress.h"
#include "mixer/quirk.h"
#include "mixer/resample.h"
#include "mixer/seal.h"
#include <stdbool.h>
#include <stdint.h>

enum { PT_NONE = 255, STREAM_RX_CODECS = 4, STREAM_DEAD_US = 30000000, STREAM_CNAME = 28 };

/* What an offer/answer settled about one leg's media. */
struct stream_format {
	struct codec_format tx; /* codec, ptime and Opus parameters that we send with */
	uint8_t tx_pt;          /* payload type that we send it as */
	struct {
		uint8_t pt;
		enum codec_id codec;
	} rx[STREAM_RX_CODECS]; /* what may come in; rx[0] is the one expected */
	uint8_t n_rx;
	uint8_t event_rx_pt, event_tx_pt; /* telephone-event, PT_NONE: not negotiated */
	uint8_t cn_pt;                    /* comfort noise (RFC 3389), PT_NONE: not negotiated */
	bool send, receive;               /* direction as seen by us: false on hold */
	uint8_t asked_ptime_ms;           /* of sound in a packet that comes in, as described; 0: not said */
	bool rtcp_mux;                    /* RFC 5761: RTCP on the RTP port */
	bool no_tones;                    /* keys never come as sound: nobody listens for them there */
	struct net_addr rtp, rtcp;        /* where the far end said it wants them; port 0: nowhere */
	struct seal_key tx_key, rx_key;   /* SRTP; of both or of neither (SEAL_NONE: in the clear) */
	struct seal_state rx_resume;      /* a call that goes on from saved state; .known false: a new one */
};

struct kit; /* the codecs of one stream_format */
enum mix_err kit_alloc(struct kit **out, const struct stream_format *format);
struct kit *kit_free(struct kit *k);
/* From then on ICE says who may speak and where we send, with these credentials of ours; without it latch.h does.  Before the kit
 * is in force.  MIX_RANGE: no credentials; MIX_NOMEM. */
enum mix_err kit_ice(struct kit *k, const struct ice_credentials *ours);

struct stream_identity { /* random, injected; a resumed leg takes a new one */
	uint32_t ssrc, first_timestamp;
	uint16_t first_seq;
	char cname[STREAM_CNAME]; /* RFC 7022, 0-terminated */
};

struct stream_stats { /* counters since stream_alloc() */
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
	uint32_t rx_lost, rx_late, rx_duplicate, rx_reordered, rx_bad /* not RTP, wrong PT */,
		rx_refused /* wrong source */;
	uint32_t rx_forged; /* of rx_bad and rtcp_bad: did not authenticate, or came in the clear */
	uint32_t concealed_ms, rtcp_rx, rtcp_tx, rtcp_bad;
	uint32_t
		rx_dropped; /* skipped in the middle of sound to take back delay: pauses were too rare for it */
	uint32_t decodes; /* runs of a decoder: none for who cannot be heard (DESIGN.md section 4, rule 3) */
	uint32_t jitter_us, delay_ms /* of playout now */, round_trip_us;
	uint32_t target_ms; /* delay that the path's jitter needs now, a frame for the tick included */
	/* Of delay_ms, since what its fastest packets take: they wait for the tick, and sound is then held over, because
	 * frames and packets do not begin together; of the wait, what jitter needs. */
	uint32_t wait_us, held_us, due_us;
	int32_t skew_ppb; /* its clock is faster than ours by so many parts in 10^9; 0 unknown or nearly none */
	uint32_t cut_ms, added_ms; /* of sound spliced, to take delay back or to gain some */
	uint32_t far_lost;         /* packets of ours that the far end misses, from RTCP */
	uint8_t far_fraction_lost; /* 1/256, its last report */
	uint8_t level_dbov;        /* smoothed, of what it sends */
	uint64_t heard_us;         /* last valid RTP or RTCP, 0 never */
	enum codec_id rx_codec, tx_codec;

	/* quality (mixer/quality.h), of the whole call; 0: not known yet */
	float rx_r, rx_mos;                 /* of what it sends, as we hear it */
	float tx_r, tx_mos;                 /* of what we send, as its reports tell */
	uint32_t rx_due, rx_missing;        /* packets at playout: wanted, and not there (lost or late) */
	uint32_t burst_ms, gap_ms;          /* mean lengths (mixer/burst.h) */
	uint8_t burst_density, gap_density; /* 1/256 */
	uint32_t rx_heard,
		rx_clipped;  /* frames that others may have heard; of these, with samples at full scale */
	int8_t levelling_db; /* gain that its voice is given */
	enum oneway_kind one_way;
	uint32_t quirks;             /* 1 << enum quirk */
	enum progress_kind progress; /* of what is kept out of the mix now */
	bool has_echo;
	struct echo_finding echo; /* when has_echo */

	enum seal_suite srtp;      /* SEAL_NONE: in the clear */
	struct seal_state rx_seal; /* to be saved, for rx_resume */
	struct ice_counts ice;     /* checks of the far end */
};

enum media_event_kind {
	MEDIA_DIGIT,   /* digit */
	MEDIA_TALK,    /* on */
	MEDIA_PLAYED,  /* play_id: a cue list has ended by itself */
	MEDIA_SILENT,  /* no RTP and no RTCP for the time set by stream_watch(); once per silence */
	MEDIA_LATCHED, /* peer: RTP comes from here from now on */
	MEDIA_ONE_WAY, /* on, one_way: sound goes one way only, or none that is worth it; off: that is over */
	MEDIA_QUIRK,   /* quirk: something is odd about its packets, and is made up for; once each */
	MEDIA_ECHO,    /* on, echo: it returns our own sound; off: not any more */
	MEDIA_PROGRESS, /* on, progress: no person, and kept out of the mix; off: a person again */
	MEDIA_BEEP,     /* what stream_listen_for_beep() waits for: an answering machine records now */
	MEDIA_PATH, /* ICE; on, peer: the far end has chosen this path; off: nothing is sent, its consent has lapsed */
	MEDIA_PRESSED, /* on: a key of stream_press() has gone out whole; off: it could not, events were not agreed on */
};
struct media_event {
	enum media_event_kind kind;
	char digit;
	bool on;
	uint32_t play_id;
	struct net_addr peer;
	enum oneway_kind one_way;
	struct echo_finding echo;
	enum quirk quirk;
	enum progress_kind progress;
};

/* Where a stream's output goes; called inside the tick, must not block.
 * `user` is the stream's own, from stream_alloc() or stream_set_user(); `rtcp` means from our
 * RTCP port (false for RTCP that is muxed); `p` is valid during the call. */
struct media_out {
	void (*send)(
		void *arg, void *user, bool rtcp, const struct net_addr *to, const uint8_t *p, size_t len);
	void (*event)(void *arg, void *user, const struct media_event *event);
	void *arg;
};

struct stream;
enum mix_err stream_alloc(struct stream **out, const struct stream_identity *identity, void *user);
struct stream *stream_free(struct stream *s); /* frees its kit and resamplers as well */
void *stream_user(const struct stream *s);
/* Whoever takes a stream over may name it anew; not while another thread uses it. */
void stream_set_user(struct stream *s, void *user);

/* Same keys go on with their counters; of new ones those of the old seals do (RFC 3711 section 3.3.1), and what is
 * still under way under the old key is heard for LATCH_LINGER_US.
 * Puts *kit in force and leaves the old one (or NULL) in *kit, to be freed by the control thread.
 * The jitter buffer begins afresh only when the receiving codec changed; our SSRC and
 * sequence go on (RFC 3264 section 8). */
void stream_refit(struct stream *s, struct kit **kit, uint64_t now_us);

/* After a refit: packets of the last moments that no key opened are tried under the new one (unopened.h). */
void stream_reopen(struct stream *s, uint64_t now_us, const struct media_out *out);

/* Gives the stream a resampler from its own rate (of rx[0] of the kit in force) to `to`; the one it had is handed
 * back.  Wanted for each rate class that others in its room hear (room_rates()); without it, or when
 * its own rate has changed since, others hear it by a plain interpolation. */
struct resample *stream_equip(struct stream *s, enum rate_class to, struct resample *owned);

/* One datagram on the RTP port (RTCP too, when muxed) or the RTCP port; of a leg with ICE, checks as well.  Any bytes are
 * allowed in: what is not for us is counted and dropped. */
void stream_rx_rtp(struct stream *s, const uint8_t *p, size_t len, const struct net_addr *from,
	uint64_t arrival_us, const struct media_out *out);
void stream_rx_rtcp(struct stream *s, const uint8_t *p, size_t len, const struct net_addr *from,
	uint64_t arrival_us, const struct media_out *out);

/* Policy and control, each in force from the next tick. */
void stream_mute(struct stream *s, bool muted);  /* its sound stays out of the mix; keys still count */
void stream_deafen(struct stream *s, bool deaf); /* hears its own cues only */
void stream_gain(struct stream *s, int tx_db, int rx_db); /* what it hears; what it gives: -30..+12 dB */
/* An account's choice: `levelling` brings its voice to AGC_TARGET_DBOV for the others; `owned`, for its rate or NULL, takes noise
 * away.  The suppressor it had is handed back.  Off in a new stream. */
struct denoise *stream_audio(struct stream *s, bool levelling, struct denoise *owned);
void stream_watch(struct stream *s, uint64_t dead_us); /* MEDIA_SILENT after this; 0: never (on hold) */
enum mix_err stream_play(
	struct stream *s, const struct cue *const *list, size_t n, bool loop, uint32_t play_id);
void stream_stop_cue(struct stream *s);
/* Off in a new stream, and from its beep on (beep.h): it costs something. */
void stream_listen_for_beep(struct stream *s, bool on);
char stream_info_digit(
	struct stream *s, char digit, uint64_t now_us); /* SIP INFO: 0 when it is no new press */
/* Sends a key to the far end as an RFC 4733 event; MEDIA_PRESSED (on) when its last packet is out.  MIX_UNKNOWN: no events were
 * agreed on; MIX_FULL: one is on; MIX_RANGE.  On error nothing is sent and nothing told. */
enum mix_err stream_press(struct stream *s, char digit, unsigned ms);
void stream_bye(struct stream *s, const struct media_out *out, uint64_t now_us, uint64_t ntp); /* RTCP BYE */

void stream_stats(const struct stream *s, struct stream_stats *out, uint64_t now_us);
#endif
