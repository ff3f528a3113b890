/* room_priv.h - a room from inside: shared by room.c (the mix) and room_group.c (who shares an encode).
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
	struct limit limit[RATES]; /* of all who hear the whole mix */
	uint8_t quiet[RATES];      /* ticks in a row without sound, up to ROOM_QUIET_TICKS */
	uint8_t noise_dbov;        /* behind the voices that were heard last: what silence sounds like */
	struct cue_player chime;
	unsigned n_waiting; /* in the last tick: own encodes that wait for a pause */
	struct room_stats stats;
};

/* Who must hear something else now leaves its group; before anything is limited or encoded in the tick. */
void room_leave_groups(struct room *r);
/* Who hears what the others hear joins them, if it stands at the same place in its packet. */
void room_join_groups(struct room *r);
/* The shared encoder spends on FEC what its worst listener needs. */
void room_expect_loss(struct room *r);
#endif
