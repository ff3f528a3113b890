/* quality.h - how a call sounds, as a number: transmission rating R and MOS (ITU-T G.107, the E-model).
 *
 * How: the full formula of G.107 (06/2015) with its default phones and rooms (section 7.7); what differs between
 * calls is delay, echo, codec and loss.  The scale is the narrow-band one for every codec, at most 93.2, so that
 * figures can be compared; that wideband sounds better than that is not counted.
 * Codec figures: G.711 with concealment as G.113 appendix I has them (Ie 0, Bpl 25.1).  G.722 and Opus have none
 * on this scale: ours are estimates, of the same kind and order, and Opus is given what its FEC saves.
 * Use:  quality_of() when somebody asks; about a microsecond.
 *
 * Thread: any; no state.
 */
#ifndef MIXER_QUALITY_H
#define MIXER_QUALITY_H

#include "mixer/codec.h"

struct quality_path { /* one direction */
	enum codec_id codec;
	double loss;         /* share of packets missing at playout, 0..1 */
	double burst_ratio;  /* struct burst_report's; below 1 is taken as 1 */
	double delay_ms;     /* mouth to ear */
	double echo_loss_db; /* 0: no echo known, the default TELR of 65 dB; else TELR = 10 dB and this */
};

struct quality {
	double r;               /* 0..100, conversation */
	double mos, mos_listen; /* 1..4.5; of conversation, and without delay and echo */
};

void quality_of(const struct quality_path *path, struct quality *out);
double quality_mos(double r); /* G.107 annex B */
#endif
