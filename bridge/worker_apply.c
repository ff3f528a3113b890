/* worker_apply.c - the media thread's tables of legs and rooms, and what commands do to them. */
#include "bridge/worker_priv.h"

#include <assert.h>
#include <sys/epoll.h>

static void put_parcel(struct worker *w, struct parcel *parcel)
{
	struct worker_media *m = &w->media;

	parcel->next = NULL;
	if (m->pending_last)
		m->pending_last->next = parcel;
	else
		m->pending = parcel;
	m->pending_last = parcel;
}

void worker_flush_pending(struct worker *w)
{
	struct worker_media *m = &w->media;

	while (m->pending) {
		const struct notice notice = { .kind = NOTICE_PARCEL, .what.parcel = m->pending };
		struct parcel *next = m->pending->next; /* not ours any more once it is in the ring */

		if (ring_put(w->notices, &notice) != MIX_OK)
			return;
		m->must_tell = true;
		m->pending = next;
	}
	m->pending_last = NULL;
}

static void give_back(struct worker *w, struct parcel *parcel, enum parcel_kind kind)
{
	parcel->kind = kind;
	put_parcel(w, parcel); /* behind those that wait: order is kept */
	worker_flush_pending(w);
}

/* ---- tables ---- */

struct worker_leg *worker_leg(const struct worker *w, uint32_t leg_id)
{
	struct worker_leg *leg = w->media.legs[leg_id % WORKER_BUCKETS];

	while (leg && leg->leg_id != leg_id)
		leg = leg->next_by_id;
	return leg;
}

/* Whom a command names: something will be changed or asked, so what its room has not heard yet is heard first. */
static struct worker_leg *find_leg(struct worker *w, uint32_t leg_id)
{
	struct worker_leg *leg = worker_leg(w, leg_id);

	if (leg)
		worker_rouse(w, leg->room);
	return leg;
}

static struct worker_room *find_room(struct worker *w, uint32_t room_id)
{
	struct worker_room *room = w->media.rooms[room_id % WORKER_BUCKETS];

	while (room && room->room_id != room_id)
		room = room->next_by_id;
	if (room)
		worker_rouse(w, room);
	return room;
}

/* A large room takes longer than its slot and makes the next one late: neighbours count as well. */
static unsigned weight(const struct worker_slot *slots, unsigned i)
{
	return 4 * slots[i].n_legs + 2 * slots[(i + WORKER_SLOTS - 1) % WORKER_SLOTS].n_legs +
	       slots[(i + 1) % WORKER_SLOTS].n_legs;
}

static unsigned emptiest_slot(const struct worker *w)
{
	const struct worker_slot *slots = w->media.slots;
	unsigned best = 0;

	for (unsigned i = 1; i < WORKER_SLOTS; i++)
		if (weight(slots, i) < weight(slots, best))
			best = i;
	return best;
}

/* All parts of a room tick in the slot of the one that was first. */
static unsigned choose_slot(const struct worker *w, const struct worker_room *room)
{
	const unsigned wish = emptiest_slot(w);

	return room->exchange ? exchange_slot(room->exchange, wish) : wish;
}

static void forget_waiting(struct worker *w, struct worker_room *room)
{
	struct worker_room **at = &w->media.waiting;

	while (*at && *at != room)
		at = &(*at)->next_waiting;
	if (*at)
		*at = room->next_waiting;
}

/* The first leg puts its room into a slot; a room without legs costs nothing. */
static void seat(struct worker *w, struct worker_leg *leg, uint32_t room_id)
{
	struct worker_room *room = room_id != ROOM_ISOLATED ? find_room(w, room_id) : NULL;

	if (!room)
		room = &w->media.slots[emptiest_slot(w)].isolated;
	if (room->n_legs == 0) {
		room->phase = (struct phase){ 0 };
		room->rests = false;
		worker_sit(w, room, room->room_id != ROOM_ISOLATED ? choose_slot(w, room) : room->slot);
	}
	room->n_legs++;
	w->media.slots[room->slot].n_legs++;
	leg->room = room;
	room_add(room->room, leg->stream);
}

static void unseat(struct worker *w, struct worker_leg *leg)
{
	struct worker_room *room = leg->room;

	room_remove(room->room, leg->stream);
	leg->room = NULL;
	w->media.slots[room->slot].n_legs--;
	if (--room->n_legs > 0)
		return;
	worker_stand(w, room);
	forget_waiting(w, room);
}

/* ---- commands ---- */

static void add_leg(struct worker *w, struct worker_leg *leg, uint32_t room_id)
{
	struct worker_leg **bucket = &w->media.legs[leg->leg_id % WORKER_BUCKETS];
	struct epoll_event on = { .events = EPOLLIN, .data.ptr = leg };

	leg->worker = w;
	leg->next_by_id = *bucket;
	*bucket = leg;
	w->media.n_legs++;
	if (leg->ports.rtcp_fd >= 0 && !leg->ports.shared)
		(void)epoll_ctl(w->rtcp_fd, EPOLL_CTL_ADD, leg->ports.rtcp_fd, &on);
	seat(w, leg, room_id);
}

static void take_leg_out(struct worker *w, struct worker_leg *leg)
{
	struct worker_leg **at = &w->media.legs[leg->leg_id % WORKER_BUCKETS];

	unseat(w, leg);
	worker_empty_inbox(w, leg);
	if (leg->ports.rtcp_fd >= 0 && !leg->ports.shared)
		(void)epoll_ctl(w->rtcp_fd, EPOLL_CTL_DEL, leg->ports.rtcp_fd, NULL);
	while (*at != leg)
		at = &(*at)->next_by_id;
	*at = leg->next_by_id;
	w->media.n_legs--;
}

static void drop_leg(struct worker *w, struct worker_leg *leg)
{
	stream_bye(leg->stream, &w->media.out, w->media.clock.now_us, w->media.clock.ntp);
	take_leg_out(w, leg);
	give_back(w, &leg->parcel, PARCEL_LEG_GONE);
}

static void add_room(struct worker *w, struct worker_room *room)
{
	struct worker_room **bucket = &w->media.rooms[room->room_id % WORKER_BUCKETS];

	room->next_by_id = *bucket;
	*bucket = room;
	w->media.n_rooms++;
}

static void empty_into_isolation(struct worker *w, struct worker_room *room)
{
	for (unsigned i = 0; i < WORKER_BUCKETS && room->n_legs > 0; i++)
		for (struct worker_leg *leg = w->media.legs[i]; leg; leg = leg->next_by_id)
			if (leg->room == room) {
				unseat(w, leg);
				seat(w, leg, ROOM_ISOLATED);
			}
}

static void drop_room(struct worker *w, uint32_t room_id)
{
	struct worker_room **at = &w->media.rooms[room_id % WORKER_BUCKETS], *room = find_room(w, room_id);
	struct room_stats stats;

	if (!room)
		return;
	empty_into_isolation(
		w, room); /* the header says that there are none; a mistake must not crash calls */
	while (*at != room)
		at = &(*at)->next_by_id;
	*at = room->next_by_id;
	w->media.n_rooms--;
	room_stats(room->room, &stats);
	w->media.encodes += stats.encodes;
	w->media.encodes_shared += stats.encodes_shared;
	w->media.offers_missed += stats.offers_missed;
	give_back(w, &room->parcel, PARCEL_ROOM);
}

static void put_notice(struct worker *w, const struct notice *notice)
{
	if (ring_put(w->notices, notice) == MIX_OK)
		w->media.must_tell = true;
	else
		w->media.events_dropped++;
}

static void answer_stats(struct worker *w, const struct worker_leg *leg)
{
	struct notice notice = { .kind = NOTICE_STATS, .leg_id = leg->leg_id };

	stream_stats(leg->stream, &notice.what.stats, w->media.clock.now_us);
	put_notice(w, &notice);
}

static void info_digit(struct worker *w, struct worker_leg *leg, char digit)
{
	struct notice notice = { .kind = NOTICE_MEDIA, .leg_id = leg->leg_id };

	notice.what.media.kind = MEDIA_DIGIT;
	notice.what.media.digit = stream_info_digit(leg->stream, digit, w->media.clock.now_us);
	if (notice.what.media.digit)
		put_notice(w, &notice);
}

static void press(struct worker *w, struct worker_leg *leg, char digit, unsigned ms)
{
	struct notice notice = { .kind = NOTICE_MEDIA, .leg_id = leg->leg_id };

	notice.what.media.kind = MEDIA_PRESSED;
	if (stream_press(leg->stream, digit, ms) != MIX_OK)
		put_notice(w, &notice); /* `on` is off: it must go another way */
}

static void return_luggage(struct worker *w, const struct command *c)
{
	struct luggage *l = c->carried.luggage;

	give_back(w, &l->parcel, c->kind == COMMAND_HAND_OVER ? PARCEL_LEG_MOVED : PARCEL_LUGGAGE);
}

static void apply_spread(struct worker *w, struct worker_room *room, const struct command *c)
{
	struct luggage *l = c->carried.luggage;

	if (room && !room->exchange) {
		room->exchange = l->exchange;
		l->exchange = NULL;
		room_spread(room->room, room->exchange, c->how.part);
		if (room->n_legs > 0) {
			worker_stand(w, room);
			room->rests = false;
			worker_sit(w, room, exchange_slot(room->exchange, room->slot));
			room_shift(room->room);
		}
	}
	return_luggage(w, c);
}

static void apply_with_luggage(struct worker *w, struct worker_leg *leg, const struct command *c)
{
	struct luggage *l = c->carried.luggage;

	if (leg && c->kind == COMMAND_REFIT) {
		worker_refit_between(w, leg, &l->kit, c->how.since_us);
	} else if (leg && c->kind == COMMAND_EQUIP) {
		l->resample = stream_equip(leg->stream, c->how.rate, l->resample);
	} else if (leg && c->kind == COMMAND_AUDIO) {
		l->denoise = stream_audio(leg->stream, c->how.on, l->denoise);
	} else if (leg) {
		take_leg_out(w, leg);
		l->leg = leg;
	}
	return_luggage(w, c);
}

static void apply_to_leg(struct worker *w, struct worker_leg *leg, const struct command *c)
{
	struct stream *s = leg->stream;

	switch (c->kind) {
	case COMMAND_MOVE_LEG:
		unseat(w, leg);
		seat(w, leg, c->room_id);
		break;
	case COMMAND_DROP_LEG: drop_leg(w, leg); break;
	case COMMAND_MUTE: stream_mute(s, c->how.on); break;
	case COMMAND_DEAFEN: stream_deafen(s, c->how.on); break;
	case COMMAND_GAIN: stream_gain(s, c->how.gain.tx_db, c->how.gain.rx_db); break;
	case COMMAND_WATCH: stream_watch(s, c->how.dead_us); break;
	case COMMAND_PLAY:
		(void)stream_play(s, c->how.play.list, c->how.play.n, c->how.play.loop, c->how.play.play_id);
		break;
	case COMMAND_STOP_CUE: stream_stop_cue(s); break;
	case COMMAND_LISTEN_FOR_BEEP: stream_listen_for_beep(s, c->how.on); break;
	case COMMAND_INFO_DIGIT: info_digit(w, leg, c->how.key.digit); break;
	case COMMAND_PRESS: press(w, leg, c->how.key.digit, c->how.key.ms); break;
	case COMMAND_ASK_STATS: answer_stats(w, leg); break;
	default: assert(!"a command to a leg"); break;
	}
}

static void apply(struct worker *w, const struct command *c)
{
	struct worker_leg *leg;
	struct worker_room *room;

	switch (c->kind) {
	case COMMAND_ADD_ROOM: add_room(w, c->carried.room); break;
	case COMMAND_DROP_ROOM: drop_room(w, c->room_id); break;
	case COMMAND_ROOM_PLAY:
		room = find_room(w, c->room_id);
		if (room)
			(void)room_play(room->room, c->how.play.list, c->how.play.n);
		break;
	case COMMAND_SPREAD_ROOM: apply_spread(w, find_room(w, c->room_id), c); break;
	case COMMAND_CLAIM: worker_apply_claim(w, c->leg_id, &c->how.claim); break;
	case COMMAND_DISCLAIM: worker_apply_disclaim(w, c->leg_id, &c->how.claim); break;
	case COMMAND_ADD_LEG: add_leg(w, c->carried.leg, c->room_id); break;
	case COMMAND_REFIT: apply_with_luggage(w, worker_leg(w, c->leg_id), c); break; /* hears by itself */
	case COMMAND_EQUIP:
	case COMMAND_AUDIO:
	case COMMAND_HAND_OVER: apply_with_luggage(w, find_leg(w, c->leg_id), c); break;
	default:
		leg = find_leg(w, c->leg_id);
		if (leg) /* else it is out already: boring */
			apply_to_leg(w, leg, c);
		break;
	}
}

void worker_take_commands(struct worker *w)
{
	struct command c;

	for (unsigned i = 0; i < WORKER_COMMANDS && ring_take(w->commands, &c) == MIX_OK; i++)
		apply(w, &c);
	if (atomic_exchange(&w->backlogged, false))
		w->media.must_tell = true; /* there is room again */
}
