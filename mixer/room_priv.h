/* room_priv.h - a room from inside: shared by room.c (the mix), room_group.c (who shares an encode),
 * room_clip.c (prompts that are encoded already), room_spread.c (a part of a larger room) and room_idle.c (a room
 * in which nobody is heard).
 *
 * Thread: the worker that owns the room.
 */
#ifndef MIXER_ROOM_PRIV_H
#define MIXER_ROOM_PRIV_H

#include "mixer/room.h"
#include "mixer/stream_priv.h"

enum {
	ROOM_GROUPS = 12,      /* formats times packet phases in one room; who finds no place encodes alone */
	ROOM_QUIET_TICKS = 2,  /* of silence, after which a limiter holds nothing any more */
	ROOM_REJOIN_TICKS = 50 /* a codec with memory waits so long for a pause to change encoders in */
};

/* Listeners who hear the same in the same format: one of them encodes for all.  Its encoder and its
 * unfinished packet are the group's; who leaves takes a copy, and when it is the leader, another takes over. */
struct group {
	struct stream *leader; /* borrowed; NULL: free */
};

struct room {
	struct room_config config;
	struct stream *first; /* borrowed; linked by next and prev */
	unsigned n_streams;
	struct group groups[ROOM_GROUPS];
	struct limit
		*limit[RATES]; /* of all who hear the whole mix; 8 kHz: owned, others: see room_limit.c */
	struct stream *lender[RATES]; /* borrowed; whose kit has limit[] */
	uint8_t quiet[RATES];         /* ticks in a row without sound, up to ROOM_QUIET_TICKS */
	uint8_t noise_dbov;           /* behind the voices that were heard last: what silence sounds like */
	struct cue_player chime;
	unsigned n_waiting;        /* in the last tick: own encodes that wait for a pause */
	struct chooser mine;       /* bids of its own streams in this tick */
	struct exchange *exchange; /* borrowed; NULL: a room of one part */
	unsigned part;
	uint64_t stamp;  /* of the tick that was heard last */
	bool must_speak; /* it was heard and is not mixed yet */
	unsigned n_loud; /* of its own streams in this tick: with sound that is no line noise */
	struct room_stats stats;
};

/* This tick's frame of s at a rate; its own, or in `buffer`. At most once a tick and rate. */
const int16_t *room_frame_at(struct stream *s, enum rate_class rate, int16_t buffer[FRAME_MAX]);

/* room.c: one frame of every stream, and who of them would be mixed. */
void room_listen(struct room *r, uint64_t now_us, const struct media_out *out);

/* room_spread.c */
unsigned room_size(const struct room *r);              /* streams in all parts */
void room_offer(struct room *r);                       /* its own bids, to the other parts */
void room_gather(struct room *r, struct chooser *all); /* everybody's bids */
/* The frame that was offered with a bid, in `buffer`; NULL: it is gone, and counted. */
const int16_t *room_offered_frame(
	struct room *r, const struct bid *bid, enum rate_class rate, int16_t buffer[FRAME_MAX]);
void room_forget(struct room *r, const struct stream *s); /* it leaves between hear and speak */

/* room_limit.c */
struct limit *room_limit(struct room *r, enum rate_class rate);  /* somebody in the room hears at this rate */
void room_limit_release(struct room *r, const struct stream *s); /* it leaves, or its kit changes */

/* What a leg's own cue says in this tick. */
struct room_cue {
	struct cue_spot spot; /* .cue NULL: nothing */
	int16_t pcm[FRAME_MAX];
};

/* room_clip.c.  True: what it hears is its cue alone, and that was sent as it was encoded before. */
bool room_send_clip(
	struct room *r, struct stream *s, const struct room_cue *cue, const struct media_out *out);
/* Its own encoder goes on from the clip that it was sent up to now. */
void room_take_over(struct room *r, struct stream *s, const struct cue_spot *at);

/* Who must hear something else now leaves its group; before anything is limited or encoded in the tick. */
void room_leave_groups(struct room *r);
/* Who hears what the others hear joins them, if it stands at the same place in its packet. */
void room_join_groups(struct room *r);
/* The shared encoder spends on FEC what its worst listener needs. */
void room_expect_loss(struct room *r);
#endif
