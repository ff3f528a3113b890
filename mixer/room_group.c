/* room_group.c - encode once for all who hear the same (DESIGN.md section 4, rule 2). */
#include "mixer/room_priv.h"

enum { WAITING_MAX = 8 /* own encodes that wait for a pause at a time: each costs */ };

/* Another takes the encoder's state over, before the old leader changes it. */
static void hand_over(struct room *r, struct stream *leader, bool only_willing)
{
	struct group *g = &r->groups[leader->group];

	g->leader = NULL;
	for (struct stream *s = r->first; s; s = s->next)
		if (s != leader && s->group == leader->group && (!only_willing || s->wants_share)) {
			stream_copy_tx(s, leader);
			g->leader = s;
			return;
		}
	/* Nobody can: the others of the group, all about to leave it, still need the state. */
	for (struct stream *s = r->first; s; s = s->next)
		if (s != leader && s->group == leader->group) {
			stream_copy_tx(s, leader);
			s->group = NO_GROUP;
			limit_copy(s->kit->limit, room_limit(r, s->kit->tx_rate));
		}
}

static void part(struct room *r, struct stream *s, bool only_willing)
{
	if (s->group == NO_GROUP)
		return;
	if (r->groups[s->group].leader == s)
		hand_over(r, s, only_willing);
	else
		stream_copy_tx(s, r->groups[s->group].leader);
	s->group = NO_GROUP;
	limit_copy(s->kit->limit, room_limit(r, s->kit->tx_rate));
}

void room_part(struct room *r, struct stream *s)
{
	part(r, s, false);
	room_limit_release(r, s);
}

/* A group in the same format and at the same place in its packet; else a free one. */
static void join(struct room *r, struct stream *s)
{
	unsigned vacant = ROOM_GROUPS;

	for (unsigned g = 0; g < ROOM_GROUPS; g++) {
		struct stream *leader = r->groups[g].leader;

		if (!leader) {
			vacant = vacant < ROOM_GROUPS ? vacant : g;
		} else if (leader->tx_n == 0 &&
			   codec_format_equal(&leader->kit->format.tx, &s->kit->format.tx)) {
			s->group = (uint8_t)g;
			s->clip = NULL;
			return;
		}
	}
	if (vacant < ROOM_GROUPS) {
		if (s->clip) /* its encoder is everybody's from now on */
			room_take_over(r, s, &(struct cue_spot){ NULL, 0 });
		r->groups[vacant].leader = s;
		s->group = (uint8_t)vacant;
	}
}

/* A decoder with memory hears a change of encoders least in a pause. */
static bool may_join_now(struct room *r, const struct stream *s)
{
	bool has_memory = s->kit->format.tx.id == CODEC_OPUS || s->kit->format.tx.id == CODEC_G722;

	return !has_memory || r->quiet[s->kit->tx_rate] >= ROOM_QUIET_TICKS ||
	       s->wait_ticks >= ROOM_REJOIN_TICKS || r->n_waiting > WAITING_MAX;
}

void room_leave_groups(struct room *r)
{
	for (struct stream *s = r->first; s; s = s->next) {
		bool plain = !s->deaf && s->tx_gain == GAIN_UNITY && s->tx_gain_now == GAIN_UNITY;

		s->wants_share = !s->skip && plain && stream_sends(s) && !s->in_mix && !s->was_in_mix &&
				 !cue_playing(&s->cue) && s->press.digit == 0;
	}
	for (struct stream *s = r->first; s; s = s->next)
		if (!s->wants_share) {
			part(r, s, true);
			s->wait_ticks = 0;
		}
}

void room_join_groups(struct room *r)
{
	unsigned waiting = 0;

	for (struct stream *s = r->first; s; s = s->next) {
		if (!s->wants_share || s->group != NO_GROUP || s->tx_n != 0 || stream_owes_first(s))
			continue;
		if (may_join_now(r, s)) {
			join(r, s);
		} else {
			s->wait_ticks++;
			waiting++;
		}
	}
	r->n_waiting = waiting;
}

void room_expect_loss(struct room *r)
{
	uint8_t worst[ROOM_GROUPS] = { 0 };

	for (const struct stream *s = r->first; s; s = s->next)
		if (s->group != NO_GROUP && s->far_percent > worst[s->group])
			worst[s->group] = s->far_percent;
	for (unsigned g = 0; g < ROOM_GROUPS; g++)
		if (r->groups[g].leader)
			encoder_expect_loss(r->groups[g].leader->kit->encoder, worst[g]);
}
