/* message.h - what crosses between the control thread and a media worker.
 *
 * How: a command carries its words by value; memory travels in a parcel, which is allocated on the control thread
 * and always comes back to it, so that the worker neither allocates nor frees, and can queue parcels that
 * find the ring full by their own link.
 *
 * Thread: made on one of the two, taken on the other; a parcel is freed on the control thread alone.
 */
#ifndef BRIDGE_MESSAGE_H
#define BRIDGE_MESSAGE_H

#include "bridge/held.h"
#include "bridge/phase.h"
#include "bridge/worker.h"

enum parcel_kind {
	PARCEL_LEG_GONE, /* a struct worker_leg, out for good */
	PARCEL_LEG_MOVED, /* a struct luggage: its leg is on the way to another worker; NULL: it was not here */
	PARCEL_ROOM,      /* a struct worker_room, empty */
	PARCEL_LUGGAGE    /* a struct luggage with what was replaced */
};

struct parcel {
	struct parcel *next; /* while it waits for room in the ring */
	enum parcel_kind kind;
};

struct worker_room {
	struct parcel parcel; /* first */
	uint32_t room_id;
	struct room *room;         /* owned */
	struct exchange *exchange; /* shared in; NULL: no part of a larger room */
	unsigned n_legs;
	unsigned slot; /* valid while n_legs > 0 */
	struct phase phase;
	bool rests; /* moved to a later slot: it has had its tick of these 20 ms */
	/* idle, see room_is_idle(): */
	bool idle;
	uint8_t unheard;      /* ticks that have rested and are still to be heard, the last of them at */
	uint8_t hear_in;      /* and in so many ticks */
	uint8_t still, stood; /* ticks in which nothing is sent: still to come; over, and its room not told */
	uint64_t rested_us;
	/* a part that has heard and not spoken yet: */
	uint64_t speak_by_us;
	struct worker_room *next_waiting;
	struct worker_room *next_in_slot; /* borrowed; rooms with legs only */
	struct worker_room *next_by_id;
};

struct worker_leg {
	struct parcel parcel; /* first */
	uint32_t leg_id;
	struct worker_leg *next_by_id;
	struct held_list inbox; /* came on a shared port and was not heard yet; beside what finds the leg */
	struct stream *stream;  /* owned */
	struct port_pair ports; /* owned */
	bool ipv6;
	struct worker *worker;    /* where it is now, borrowed */
	struct worker_room *room; /* borrowed; NULL outside of a worker */
};

struct luggage {              /* for one command; what is in it when it comes back is to be freed */
	struct parcel parcel; /* first */
	struct kit *kit;
	struct resample *resample;
	struct denoise *denoise;
	struct exchange *exchange; /* shared in */
	struct worker_leg *leg;
	uint32_t leg_id, room_id; /* of a hand-over */
	struct worker *to;        /* borrowed */
};

enum command_kind {
	COMMAND_ADD_ROOM,
	COMMAND_DROP_ROOM,
	COMMAND_SPREAD_ROOM,
	COMMAND_ROOM_PLAY,
	COMMAND_ADD_LEG,
	COMMAND_MOVE_LEG,
	COMMAND_DROP_LEG,
	COMMAND_HAND_OVER,
	COMMAND_REFIT,
	COMMAND_EQUIP,
	COMMAND_MUTE,
	COMMAND_DEAFEN,
	COMMAND_GAIN,
	COMMAND_WATCH,
	COMMAND_AUDIO,
	COMMAND_PLAY,
	COMMAND_STOP_CUE,
	COMMAND_LISTEN_FOR_BEEP,
	COMMAND_INFO_DIGIT,
	COMMAND_PRESS,
	COMMAND_ASK_STATS,
	COMMAND_CLAIM,
	COMMAND_DISCLAIM
};

struct command {
	enum command_kind kind;
	uint32_t leg_id, room_id; /* leg_id 0 for commands to a room */
	union {
		struct worker_room *room; /* COMMAND_ADD_ROOM */
		struct worker_leg *leg;   /* COMMAND_ADD_LEG */
		struct luggage *luggage;  /* REFIT, EQUIP, AUDIO, HAND_OVER, SPREAD_ROOM */
	} carried;
	union {
		bool on;
		unsigned part; /* of a larger room */
		enum rate_class rate;
		struct {
			int tx_db, rx_db;
		} gain;
		uint64_t dead_us;
		uint64_t since_us; /* COMMAND_REFIT: what came before is heard as it was agreed on before */
		struct worker_claim claim;
		struct {
			char digit;
			unsigned ms;
		} key;
		struct {
			const struct cue *list[CUE_LIST_MAX]; /* borrowed; immortal */
			size_t n;
			bool loop;
			uint32_t play_id;
		} play;
	} how;
};

enum notice_kind { NOTICE_MEDIA, NOTICE_STATS, NOTICE_PARCEL };

struct notice {
	enum notice_kind kind;
	uint32_t leg_id;
	union {
		struct media_event media;
		struct stream_stats stats;
		struct parcel *parcel;
	} what;
};

/* Control thread. */
void message_free_leg(struct worker_leg *leg);  /* its sockets are somebody else's */
void message_close_leg(struct worker_leg *leg); /* its sockets as well */
void message_free_room(struct worker_room *room);
void message_free_luggage(struct luggage *l); /* a leg in it has nobody left to take it: closed */
void message_free_parcel(struct parcel *parcel);
void message_free_carried(const struct command *c);
#endif
