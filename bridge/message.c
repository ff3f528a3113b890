#include "bridge/message.h"

#include <stdlib.h>
#include <unistd.h>

void message_free_leg(struct worker_leg *leg)
{
	stream_free(leg->stream);
	free(leg);
}

void message_close_leg(struct worker_leg *leg)
{
	if (leg->ports.rtp_fd >= 0 && !leg->ports.shared)
		close(leg->ports.rtp_fd);
	if (leg->ports.rtcp_fd >= 0 && !leg->ports.shared)
		close(leg->ports.rtcp_fd);
	message_free_leg(leg);
}

void message_free_room(struct worker_room *room)
{
	room_free(room->room);
	exchange_leave(room->exchange);
	free(room);
}

/* With a leg in it only when nobody is left to take it. */
void message_free_luggage(struct luggage *l)
{
	kit_free(l->kit);
	resample_free(l->resample);
	denoise_free(l->denoise);
	exchange_leave(l->exchange);
	if (l->leg)
		message_close_leg(l->leg);
	free(l);
}

void message_free_carried(const struct command *c)
{
	switch (c->kind) {
	case COMMAND_ADD_ROOM: message_free_room(c->carried.room); break;
	case COMMAND_ADD_LEG: message_close_leg(c->carried.leg); break;
	case COMMAND_SPREAD_ROOM:
	case COMMAND_REFIT:
	case COMMAND_EQUIP:
	case COMMAND_AUDIO:
	case COMMAND_HAND_OVER: message_free_luggage(c->carried.luggage); break;
	default: break;
	}
}

void message_free_parcel(struct parcel *parcel)
{
	switch (parcel->kind) {
	case PARCEL_LEG_GONE: message_close_leg((struct worker_leg *)parcel); break;
	case PARCEL_LEG_MOVED:
	case PARCEL_LUGGAGE: message_free_luggage((struct luggage *)parcel); break;
	case PARCEL_ROOM: message_free_room((struct worker_room *)parcel); break;
	}
}
