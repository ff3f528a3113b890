#include "sip/agreed.h"
#include "sip/format.h"
#include "sip/span.h"

#include <stdio.h>

enum { PTIME_MIN_MS = 10, PTIME_MAX_MS = 60 };

void agreed_receive(struct media_agreed *a, const struct sdp_format *format, uint8_t payload_type)
{
	for (unsigned i = 0; i < a->n_rx; i++)
		if (a->rx[i].payload_type == payload_type)
			return;
	if (a->n_rx == OFFER_FORMATS_MAX)
		return;
	a->rx[a->n_rx] = *format;
	a->rx[a->n_rx++].payload_type = payload_type;
}

uint16_t agreed_rtcp_port(const struct sdp_media *theirs, bool mux)
{
	if (mux)
		return theirs->port;
	return theirs->rtcp_port ? theirs->rtcp_port : (uint16_t)(theirs->port + 1);
}

void agreed_address(struct media_agreed *a, const struct sdp_media *theirs, bool mux)
{
	snprintf(a->address, sizeof(a->address), "%s", theirs->null_address ? "" : theirs->address);
	a->ipv6 = theirs->ipv6;
	a->rtp_port = theirs->port;
	a->rtcp_mux = mux;
	a->rtcp_port = agreed_rtcp_port(theirs, mux);
}

void agreed_ice(struct media_agreed *a, enum candidate_way way, const struct sdp_media *theirs,
	const struct sdp_media *ours)
{
	a->ice.on = way == CANDIDATE_CHECKED;
	a->ice.theirs =
		way == CANDIDATE_CHECKED || way == CANDIDATE_BOTH_LITE ? candidate_print(&theirs->ice) : 0;
	if (a->ice.on) /* ours are never longer */
		a->ice.on = span_copy(a->ice.ufrag, sizeof(a->ice.ufrag), span_of(ours->ice.ufrag)) &&
			    span_copy(a->ice.pwd, sizeof(a->ice.pwd), span_of(ours->ice.pwd));
}

/* Hold in all its styles (RFC 3264 section 8.4, RFC 6337 section 5.3): the far end does not listen.  What it
 * sends meanwhile is its hold music. */
void agreed_direction(struct media_agreed *a, const struct sdp_media *theirs, enum sdp_direction ours)
{
	bool they_listen = theirs->direction == SDP_SENDRECV || theirs->direction == SDP_RECVONLY;
	bool they_speak = theirs->direction == SDP_SENDRECV || theirs->direction == SDP_SENDONLY;

	if (theirs->null_address)
		they_listen = false;
	a->send = they_listen && (ours == SDP_SENDRECV || ours == SDP_SENDONLY);
	a->receive = they_speak && (ours == SDP_SENDRECV || ours == SDP_RECVONLY);
	a->on_hold = !they_listen;
}

/* Tens from 10 to 60, and for Opus a frame size that it has (RFC 6716 section 2.1.4). */
void agreed_ptime(
	struct media_agreed *a, const struct sdp_media *theirs, unsigned our_ms, unsigned our_max_ms)
{
	unsigned ms = theirs->ptime_ms ? theirs->ptime_ms : our_ms ? our_ms : AGREED_PTIME_MS;

	if (theirs->maxptime_ms && ms > theirs->maxptime_ms)
		ms = theirs->maxptime_ms;
	if (our_max_ms && ms > our_max_ms)
		ms = our_max_ms;
	if (ms > PTIME_MAX_MS)
		ms = PTIME_MAX_MS;
	if (ms < PTIME_MIN_MS)
		ms = PTIME_MIN_MS;
	ms -= ms % 10;
	if (format_is_opus(&a->codec) && (ms == 30 || ms == 50))
		ms -= 10;
	a->ptime_ms = ms;
}

void agreed_slots(struct media_agreed *a, const struct sdp *offer)
{
	a->n_slots = offer->n_media;
	for (unsigned i = 0; i < offer->n_media; i++) {
		const struct sdp_media *m = &offer->media[i];
		struct media_slot *slot = &a->slots[i];

		snprintf(slot->type, sizeof(slot->type), "%s", m->type);
		snprintf(slot->protocol, sizeof(slot->protocol), "%s", m->protocol);
		if (m->n_formats)
			snprintf(slot->format, sizeof(slot->format), "%u", m->formats[0].payload_type);
		else
			snprintf(slot->format, sizeof(slot->format), "%s", m->raw_format);
	}
}
