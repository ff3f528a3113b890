/* leg_media.c - a leg's ports and stream, and its place: a channel of its trunk, the time of a worker. */
#include "bridge/leg_priv.h"
#include "bridge/media.h"
#include "bridge/meeting.h"
#include <openssl/crypto.h>
#include <string.h>

void leg_take_channel(struct leg *leg)
{
	leg->channel = channels_take(&leg->node->channels, leg->cdr.trunk);
}

void leg_give_channel(struct leg *leg)
{
	channels_give(&leg->node->channels, leg->channel);
	leg->channel = NULL;
}

bool leg_trunk_is_full(struct node *n, const struct site_trunk *trunk, unsigned coming)
{
	return trunk->channels && channels_used(&n->channels, trunk->name) + coming > trunk->channels;
}

/* On a trunk whose carrier sends from where it says: a place at a shared port.  Whatever is against it, there are ports. */
static bool share_port(struct leg *leg, const struct site_trunk *trunk, const char **address)
{
	struct node *n = leg->node;
	struct offer_source source;
	struct share_wish wish = { .leg_id = leg->id };
	char why[INTERFACES_WHY];
	struct port_pair pair;
	enum bridge_err err;
	int home;

	if (!trunk || trunk->media_port != SITE_PORT_SHARED || !leg->call) /* ours has none yet */
		return false;
	call_offered_source(leg->call, &source);
	if (source.ice && trunk->ice == SITE_ICE_ALLOW)
		return false; /* its source is found by checks */
	home = admission_pick(&n->admission, CODEC_PCMU, ADMISSION_ANY);
	if (home == ADMISSION_NONE)
		return false;
	wish.home = n->workers[home];
	wish.rtp = media_address(source.address, source.rtp_port);
	wish.rtcp_port = source.rtcp_port;
	snprintf(wish.group, sizeof(wish.group), "%s/%s/%s", trunk->name, trunk->interface, trunk->rtp_ports);
	err = share_begin(&leg->share, n->shared, &wish, &leg->ports);
	if (err == BRIDGE_FULL && interfaces_take(n->interfaces, trunk, &pair, address, why) == BRIDGE_OK) {
		err = shared_open(n->shared, &wish, &pair, *address);
		if (err)
			ports_give(&pair);
		else
			err = share_begin(&leg->share, n->shared, &wish, &leg->ports);
	}
	if (!err)
		*address = share_address(leg->share);
	return !err;
}

enum call_err leg_open_media(
	struct leg *leg, const struct site_trunk *trunk, struct media_self *self, char why[INTERFACES_WHY])
{
	struct node *n = leg->node;
	struct stream_identity identity = { 0 };
	struct {
		uint64_t origin_id;
		uint32_t ssrc, first_timestamp;
		uint16_t first_seq;
		uint8_t ice[sizeof(self->ice.secret)];
	} drawn; /* at once: each draw has a price of its own */
	const char *address;

	if (!share_port(leg, trunk, &address) &&
		interfaces_take(n->interfaces, trunk, &leg->ports, &address, why) != BRIDGE_OK) {
		log_line(LOG_WARNING, leg_call_id(leg), "rtp", "%s: %s", trunk ? trunk->name : "", why);
		return CALL_LIMIT;
	}
	node_random(&drawn, sizeof(drawn));
	identity.ssrc = drawn.ssrc;
	identity.first_timestamp = drawn.first_timestamp;
	/* no turn of the sequence number while SRTP may still miss it (RFC 3711 section 3.3.1) */
	identity.first_seq = drawn.first_seq & 0x7fff;
	node_token(identity.cname, 24);
	if (stream_alloc(&leg->stream, &identity, (void *)(uintptr_t)leg->id) != MIX_OK) {
		OPENSSL_cleanse(&drawn, sizeof(drawn));
		return CALL_NOMEM;
	}

	media_self(self, trunk, address, leg->ports.rtp_port);
	self->origin_id = drawn.origin_id >> 2; /* fits every reader's signed 64 bit */
	if (self->ice.allowed)
		memcpy(self->ice.secret, drawn.ice, sizeof(self->ice.secret));
	OPENSSL_cleanse(&drawn, sizeof(drawn));
	return CALL_OK;
}

/* ---- is there time for one leg more? ---- */

static void survey_leg(void *arg, struct leg *leg)
{
	struct node *n = arg;
	const unsigned i = node_worker_number(n, leg->worker);

	if (i < n->n_workers)
		admission_count(&n->admission, i, leg->codec, n->admission.surveyed_us - leg->placed_us);
}

static void survey(struct node *n)
{
	const uint64_t now_us = loop_now_us();

	if (!admission_stale(&n->admission, now_us))
		return;
	admission_begin(&n->admission, now_us);
	leg_each(n, survey_leg, n);
	for (unsigned i = 0; i < n->n_workers; i++) {
		struct worker_load load;

		worker_load(n->workers[i], &load);
		admission_read(&n->admission, i, load.margin.used_permille, load.busy_permille,
			load.margin.p99_permille);
	}
}

/* The worker with the most time left; that of its meeting, when the number leads to one that is open and
 * need not be spread any wider. */
static int pick_worker(struct leg *leg)
{
	struct node *n = leg->node;
	const struct meeting *m = leg->direct_meeting[0] ? meeting_find(n, leg->direct_meeting) : NULL;

	int wish = m ? parts_wish(&m->parts, n) : ADMISSION_ANY, i;

	i = admission_pick(&n->admission, leg->codec, wish);
	if (i == ADMISSION_NONE && wish != ADMISSION_ANY)
		i = admission_pick(&n->admission, leg->codec, ADMISSION_ANY);
	return i;
}

const char *leg_place(struct leg *leg)
{
	struct node *n = leg->node;
	int i;

	survey(n);
	i = pick_worker(leg);
	if (i == ADMISSION_NONE)
		return "media worker busy";
	if (leg->share)
		share_place(leg->share, n->workers[i]);
	if (worker_add_leg(n->workers[i], leg->id, ROOM_ISOLATED, leg->stream, &leg->ports) != BRIDGE_OK)
		return "out of memory";
	admission_book(&n->admission, (unsigned)i, leg->codec);
	leg->worker = n->workers[i];
	leg->placed_us = loop_now_us();
	leg->stream = NULL;
	leg->ports = (struct port_pair){ .rtp_fd = -1, .rtcp_fd = -1 };
	return NULL;
}

const char *leg_no_room(struct node *n)
{
	survey(n);
	if (n->stopping)
		return "shutting down";
	if (drain_why(n, NULL))
		return drain_why(n, NULL);
	if (pulse_busy(&n->pulse))
		return "control thread busy";
	if (admission_pick(&n->admission, CODEC_PCMU, ADMISSION_ANY) == ADMISSION_NONE)
		return "media worker busy";
	return NULL;
}
