/* meeting.h - an open meeting: who sits in it, with which rights, and the room they hear each other in.
 *
 * How: a meeting opens with its first participant and closes with its last.  A participant is a person, not a leg: it has
 * one row, a role, mutes and a hand, and one or more legs.  Self-mute and host-mute are two states; a leg is heard when
 * neither is on (H1).  What would have to survive this process is in struct meeting_policy and struct person_state, both plain.
 *
 * Thread: control.
 */
#ifndef BRIDGE_MEETING_H
#define BRIDGE_MEETING_H

#include "bridge/leg.h"
#include "bridge/parts.h"
#include "bridge/sitting.h"

struct meeting_policy {
	bool locked, all_muted;
};

struct person_state {
	enum role role;
	bool muted, host_muted, hand;
};

struct participant {
	char id[24];
	struct meeting *meeting;  /* borrowed: its owner */
	struct participant *next; /* in order of arrival */
	struct leg *leg;          /* borrowed; the phone leg */
	struct worker *part;      /* borrowed: where it sits */
	struct person_state state;
	bool talking;
	int64_t joined_us;
};

struct meeting {
	char id[SITE_MEETING_ID], name[SITE_NAME], account[SITE_NAME];
	struct meeting *next;
	struct parts parts; /* its room */
	struct meeting_policy policy;
	struct participant *people; /* owned */
	unsigned n_people;
	bool chimes;
	int64_t opened_us;
	char sitting[SITTING_ID];
};

/* A leg comes through the door.  DOOR_OPEN: it is seated and has been told how many are here. */
enum door meeting_enter(struct node *n, struct leg *leg, const char *id, enum role role);
void meeting_leave(struct leg *leg, const char *why); /* nothing when it sits nowhere */
void meeting_key(struct leg *leg, char digit);        /* a key pressed in the meeting */
void meeting_talking(struct leg *leg, bool on);       /* its talk burst began or ended */
void meeting_hold(struct leg *leg);                   /* its far end holds us, or no more */
void meeting_equip(struct meeting *m);                /* after a leg came or changed its codec */
/* Who sits there is called otherwise from now on: told as `participant.named`. */
void meeting_name(struct leg *leg, const char *name);
void meeting_apply_audio(struct meeting *m); /* after the site changed */

struct meeting *meeting_find(const struct node *n, const char *id); /* that is open; NULL: it is not */
struct participant *meeting_person(
	const struct node *n, const char *participant_id); /* in any meeting; NULL: gone */
/* Who comes from another meeting stays as quiet as they were there, and may change it. */
void meeting_stay_muted(struct participant *p);
void meeting_lock(struct node *n, struct meeting *m, bool locked);    /* told, if it is a change */
void meeting_mute(struct node *n, struct participant *p, bool muted); /* by a host or operator */
void meeting_remove(struct node *n, struct participant *p, const char *why);
#endif
