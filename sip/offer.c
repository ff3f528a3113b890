#include "sip/offer.h"
#include "sip/format.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { DYNAMIC_FIRST = 96, DYNAMIC_LAST = 127 }; /* payload types (RFC 3551 section 6) */

static bool same_word(const char *a, const char *b)
{
	return strcasecmp(a, b) == 0;
}

static struct formats formats_of(const struct sdp_media *m)
{
	return (struct formats){ m->formats, m->n_formats };
}

static struct formats our_formats(const struct media_self *self)
{
	return (struct formats){ self->formats, self->n_formats };
}

/* CN of the clock that goes with codecs which sample at 8 kHz (RFC 3389). */
static bool is_usual_cn(const struct sdp_format *f)
{
	return format_is_cn(f) && f->clock_hz == FORMAT_VOICE_CLOCK_HZ;
}

static bool is_secure(const struct sdp_media *m)
{
	return same_word(m->protocol, "RTP/SAVP") || same_word(m->protocol, "RTP/SAVPF");
}

static bool is_rtp(const struct sdp_media *m)
{
	return is_secure(m) || same_word(m->protocol, "RTP/AVP") || same_word(m->protocol, "RTP/AVPF");
}

static bool may_be_clear(const struct sdp_media *m, const struct media_self *self)
{
	return !is_secure(m) && self->srtp != OFFER_SRTP_REQUIRE && !self->secured;
}

static bool can_seal(const struct sdp_media *m, const struct media_self *self)
{
	struct sdes_key key;
	bool can = self->srtp != OFFER_SRTP_NEVER && sdes_choose(&key, m);

	explicit_bzero(&key, sizeof(key));
	return can;
}

/* One host of a group must not be able to make us send to all of it. */
static bool is_unicast(const struct sdp_media *m)
{
	uint8_t ip[16];

	if (m->ipv6)
		return inet_pton(AF_INET6, m->address, ip) != 1 || ip[0] != 0xff;
	return inet_pton(AF_INET, m->address, ip) != 1 || ip[0] < 224;
}

static bool can_take(const struct sdp_media *m, const struct media_self *self)
{
	if (!same_word(m->type, "audio") || !m->port || !is_rtp(m) || !is_unicast(m))
		return false;
	if (m->address[0] && !m->null_address && m->ipv6 != self->ipv6)
		return false;
	return format_pick_codec(formats_of(m), our_formats(self), self->our_order).ours != NULL;
}

/* The first stream that can be sealed, else the first that may be in the clear. */
static enum call_err pick_stream(const struct sdp *offer, const struct media_self *self, unsigned *taken)
{
	enum call_err err = CALL_NO_MATCH;

	for (int sealed = 1; sealed >= 0; sealed--)
		for (unsigned i = 0; i < offer->n_media; i++) {
			const struct sdp_media *m = &offer->media[i];

			if (!can_take(m, self))
				continue;
			if (sealed ? can_seal(m, self) : may_be_clear(m, self)) {
				*taken = i;
				return CALL_OK;
			}
			err = CALL_NO_SRTP;
		}
	return err;
}

static struct sdes_key key_of_ours(const struct media_self *self, enum sdes_suite suite, unsigned tag)
{
	struct sdes_key key = { .suite = suite, .tag = tag };

	memcpy(key.master, self->secret[suite], sdes_master_len(suite));
	return key;
}

/* RFC 3264 section 6.1, and a null address is a far end that does not listen. */
static enum sdp_direction mirror(const struct sdp_media *m)
{
	switch (m->direction) {
	case SDP_SENDONLY: return SDP_RECVONLY;
	case SDP_RECVONLY: return m->null_address ? SDP_INACTIVE : SDP_SENDONLY;
	case SDP_INACTIVE: return SDP_INACTIVE;
	case SDP_SENDRECV: break;
	}
	return m->null_address ? SDP_RECVONLY : SDP_SENDRECV;
}

/* A refused stream keeps its type, protocol and one format (RFC 3264 section 6). */
static void refuse(struct sdp_media *out, const struct media_slot *slot)
{
	memset(out, 0, sizeof(*out));
	snprintf(out->type, sizeof(out->type), "%s", slot->type);
	snprintf(out->protocol, sizeof(out->protocol), "%s", slot->protocol);
	snprintf(out->raw_format, sizeof(out->raw_format), "%s", slot->format[0] ? slot->format : "0");
}

static void describe_self(struct sdp *out, const struct media_self *self)
{
	memset(out, 0, sizeof(*out));
	snprintf(out->origin_user, sizeof(out->origin_user), "-");
	snprintf(out->origin_address, sizeof(out->origin_address), "%s", self->address);
	out->origin_id = self->origin_id;
}

static void describe_stream(struct sdp_media *out, const struct media_self *self, const char *protocol)
{
	memset(out, 0, sizeof(*out));
	snprintf(out->type, sizeof(out->type), "audio");
	snprintf(out->protocol, sizeof(out->protocol), "%s", protocol);
	snprintf(out->address, sizeof(out->address), "%s", self->address);
	out->ipv6 = self->ipv6;
	out->port = self->rtp_port;
	out->maxptime_ms = self->max_ptime_ms;
}

/* Gives the description its version: the last one's when nothing else changed (RFC 3264 section 8). */
static enum call_err settle_version(struct media_self *self, struct sdp *sdp)
{
	char text[SDP_TEXT_MAX];
	uint64_t print = 14695981039346656037u; /* FNV-1a */
	enum call_err err;

	sdp->origin_version = 0;
	err = sdp_write_text(text, sizeof(text), sdp);
	if (err)
		return err;
	for (const char *p = text; *p; p++)
		print = (print ^ (uint8_t)*p) * 1099511628211u;
	if (self->origin_version == 0 || self->described != print)
		self->origin_version++;
	self->described = print;
	sdp->origin_version = self->origin_version;
	return CALL_OK;
}

/* The formats of one stream, under the offerer's numbers both ways. */
static void answer_formats(const struct sdp_media *m, const struct media_self *self, struct media_agreed *a)
{
	const struct formats theirs = formats_of(m), ours = our_formats(self);
	const struct format_pair codec = format_pick_codec(theirs, ours, self->our_order);
	struct format_pair event;

	assert(codec.ours); /* can_take() found it */
	a->codec = format_as_they_want(codec);
	a->event_tx_pt = a->event_rx_pt = a->cn_pt = AGREED_NO_TYPE;
	agreed_receive(a, codec.ours, codec.theirs->payload_type);
	event = format_pick_event(theirs, ours, codec.ours->clock_hz);
	if (event.ours) {
		a->event_tx_pt = a->event_rx_pt = event.theirs->payload_type;
		agreed_receive(a, event.ours, event.theirs->payload_type);
	}
	for (unsigned i = 0; format_samples_at_8k(codec.ours) && i < ours.n; i++) {
		const struct sdp_format *cn = format_find(theirs, &ours.list[i]);

		if (!is_usual_cn(&ours.list[i]) || !cn)
			continue;
		a->cn_pt = cn->payload_type;
		agreed_receive(a, &ours.list[i], cn->payload_type);
		break;
	}
}

/* Ours beside theirs; an address that they have yet to find is no hold. */
static void answer_ice(const struct sdp_media *m, const struct media_self *self, struct media_agreed *a,
	struct sdp_media *out)
{
	const enum candidate_way way = self->ice.allowed ? candidate_judge(m) : CANDIDATE_NONE;

	out->ice.mismatch = way == CANDIDATE_MISMATCH;
	if (way == CANDIDATE_BOTH_LITE || way == CANDIDATE_CHECKED)
		candidate_describe(out, &self->ice, self->rtcp_port);
	agreed_ice(a, way, m, out);
	if (way == CANDIDATE_CHECKED && candidate_trickles(m)) {
		struct sdp_media found = { .direction = m->direction };

		out->direction = mirror(&found);
		agreed_direction(a, &found, out->direction);
	}
}

static void answer_stream(const struct sdp_media *m, const struct media_self *self, struct media_agreed *a,
	struct sdp_media *out)
{
	answer_formats(m, self, a);
	agreed_ptime(a, m, self->ptime_ms, self->max_ptime_ms);
	agreed_address(a, m, m->rtcp_mux);

	describe_stream(out, self, m->protocol);
	out->direction = mirror(m);
	agreed_direction(a, m, out->direction);
	out->rtcp_mux = m->rtcp_mux;
	out->rtcp_port = m->rtcp_mux ? 0 : self->rtcp_port;
	out->ptime_ms = self->ptime_ms ? self->ptime_ms : a->ptime_ms;
	if (self->srtp != OFFER_SRTP_NEVER && sdes_choose(&a->rx_key, m)) {
		a->tx_key = key_of_ours(self, a->rx_key.suite, a->rx_key.tag);
		sdes_write(&out->crypto[out->n_crypto++], &a->tx_key);
	}
	answer_ice(m, self, a, out);
	out->n_formats = a->n_rx;
	memcpy(out->formats, a->rx, sizeof(*a->rx) * a->n_rx);
}

static bool in_bounds(const struct media_self *self)
{
	return self->n_formats && self->n_formats <= OFFER_FORMATS_MAX && self->rtp_port && self->address[0];
}

enum call_err offer_answer(
	const struct sdp *offer, struct media_self *self, struct media_agreed *agreed, struct sdp *answer)
{
	struct media_agreed a = { 0 };
	struct sdp out;
	unsigned taken = 0;
	enum call_err err;

	if (!in_bounds(self))
		return CALL_RANGE;
	err = pick_stream(offer, self, &taken);
	if (err)
		return err;

	candidate_follow(&self->ice, &offer->media[taken]);
	agreed_slots(&a, offer);
	describe_self(&out, self);
	out.n_media = offer->n_media;
	for (unsigned i = 0; i < offer->n_media; i++)
		if (i == taken)
			answer_stream(&offer->media[i], self, &a, &out.media[i]);
		else
			refuse(&out.media[i], &a.slots[i]);
	a.stream = taken;
	err = settle_version(self, &out);
	if (err)
		return err;
	self->secured = a.tx_key.suite != SDES_NONE;
	*agreed = a;
	*answer = out;
	return CALL_OK;
}

static bool number_in_use(const struct sdp_media *m, uint8_t payload_type)
{
	for (unsigned i = 0; i < m->n_formats; i++)
		if (m->formats[i].payload_type == payload_type)
			return true;
	return false;
}

static void add_offered(struct sdp_media *m, const struct sdp_format *f, uint8_t payload_type)
{
	m->formats[m->n_formats] = *f;
	m->formats[m->n_formats++].payload_type = payload_type;
}

/* All formats of ours.  What the session has numbered keeps its number, and no other format may get it
 * (RFC 3264 section 8.3.2). */
static void offer_formats(
	struct sdp_media *out, const struct media_self *self, const struct media_agreed *current)
{
	for (unsigned i = 0; i < current->n_rx && i < OFFER_FORMATS_MAX; i++)
		if (format_find(our_formats(self), &current->rx[i]) &&
			!format_find(formats_of(out), &current->rx[i]))
			add_offered(out, &current->rx[i], current->rx[i].payload_type);
	for (unsigned i = 0; i < self->n_formats; i++) {
		const struct sdp_format *f = &self->formats[i];
		uint8_t number = f->payload_type;

		if (format_find(formats_of(out), f))
			continue;
		for (uint8_t free_one = DYNAMIC_FIRST; number_in_use(out, number) && free_one <= DYNAMIC_LAST;
			free_one++)
			number = free_one;
		add_offered(out, f, number);
	}
}

/* A session that has keys keeps them, one that has none stays as it is; a new one offers what we know, the stronger
 * first; not the short tag. */
static void offer_keys(
	struct sdp_media *out, const struct media_self *self, const struct media_agreed *current)
{
	static const enum sdes_suite ours[] = { SDES_GCM_256, SDES_GCM_128, SDES_AES_CM_128_80 };

	if (self->srtp == OFFER_SRTP_NEVER || (current && current->tx_key.suite == SDES_NONE))
		return;
	for (unsigned i = 0; i < (current ? 1 : sizeof(ours) / sizeof(*ours)); i++) {
		const struct sdes_key key = current ? current->tx_key : key_of_ours(self, ours[i], i + 1);

		sdes_write(&out->crypto[out->n_crypto++], &key);
	}
}

enum call_err offer_make(struct media_self *self, const struct media_agreed *current, struct sdp *offer)
{
	static const struct media_agreed nothing = {
		.n_slots = 1, .slots = { { "audio", "RTP/AVP", "0" } }, .ptime_ms = AGREED_PTIME_MS
	};
	const struct media_agreed *was = current ? current : &nothing;
	struct sdp_media *m;
	struct sdp out;
	enum call_err err;

	if (!in_bounds(self) || was->n_slots > SDP_MEDIA_MAX || was->stream >= was->n_slots)
		return CALL_RANGE;
	describe_self(&out, self);
	out.n_media = was->n_slots;
	for (unsigned i = 0; i < was->n_slots; i++)
		refuse(&out.media[i], &was->slots[i]);
	m = &out.media[was->stream];
	describe_stream(m, self,
		!current && self->srtp == OFFER_SRTP_REQUIRE ? "RTP/SAVP" : was->slots[was->stream].protocol);
	offer_keys(m, self, current);
	offer_formats(m, self, was);
	m->rtcp_port = self->rtcp_port;
	m->rtcp_mux = was->rtcp_mux;
	m->ptime_ms = self->ptime_ms ? self->ptime_ms : was->ptime_ms;
	if (self->ice.allowed && (!current || current->ice.theirs))
		candidate_describe(m, &self->ice, self->rtcp_port);
	err = settle_version(self, &out);
	if (!err)
		*offer = out;
	return err;
}

/* What the far end chose of our formats: it sends with our numbers, and wants its own from us (RFC 3264
 * section 5.1).  Some send with theirs all the same, so these are expected too where they are free. */
static bool take_formats(
	struct media_agreed *a, const struct sdp_media *our_offer, const struct sdp_media *their_answer)
{
	const struct formats theirs = formats_of(their_answer), ours = formats_of(our_offer);
	const struct sdp_format *cn = NULL;
	struct format_pair event;

	for (unsigned i = 0; i < theirs.n; i++)
		for (unsigned k = 0; k < ours.n; k++) {
			const struct format_pair pair = { .theirs = &theirs.list[i], .ours = &ours.list[k] };

			if (format_is_event(pair.ours) || !format_same(pair.theirs, pair.ours))
				continue;
			if (format_is_codec(pair.ours) && !a->codec.name[0])
				a->codec = format_as_they_want(pair);
			if (is_usual_cn(pair.ours))
				cn = pair.ours;
			else if (format_is_codec(pair.ours))
				agreed_receive(a, pair.ours, pair.ours->payload_type);
		}
	if (!a->codec.name[0])
		return false;
	event = format_pick_event(theirs, ours, a->codec.clock_hz);
	if (event.ours) {
		a->event_tx_pt = event.theirs->payload_type;
		a->event_rx_pt = event.ours->payload_type;
		agreed_receive(a, event.ours, event.ours->payload_type);
	}
	if (cn && format_samples_at_8k(&a->codec)) {
		a->cn_pt = cn->payload_type;
		agreed_receive(a, cn, cn->payload_type);
	}
	agreed_receive(a, format_find(ours, &a->codec), a->codec.payload_type);
	return true;
}

/* Their key belongs to the line of ours that has its tag and suite (RFC 4568 section 5.1.3). */
static enum call_err take_keys(
	struct media_agreed *a, const struct sdp_media *ours, const struct sdp_media *theirs)
{
	if (ours->n_crypto == 0 || (theirs->n_crypto == 0 && !is_secure(ours) && !is_secure(theirs)))
		return CALL_OK; /* the clear: all that we offered, or what RFC 8643 leaves to them */
	if (theirs->n_crypto != 1 || sdes_read(&a->rx_key, &theirs->crypto[0]) != CALL_OK)
		return CALL_NO_SRTP;
	for (unsigned i = 0; i < ours->n_crypto; i++)
		if (sdes_read(&a->tx_key, &ours->crypto[i]) == CALL_OK && a->tx_key.tag == a->rx_key.tag &&
			a->tx_key.suite == a->rx_key.suite)
			return CALL_OK;
	return CALL_NO_SRTP;
}

enum call_err offer_take(const struct sdp *offer, const struct sdp *answer, struct media_agreed *agreed)
{
	struct media_agreed a = {
		.event_tx_pt = AGREED_NO_TYPE, .event_rx_pt = AGREED_NO_TYPE, .cn_pt = AGREED_NO_TYPE
	};
	const struct sdp_media *ours, *theirs;
	enum call_err err;
	unsigned i = 0;

	while (i < offer->n_media && !(offer->media[i].port && same_word(offer->media[i].type, "audio")))
		i++;
	if (i == offer->n_media)
		return CALL_RANGE;
	if (i >= answer->n_media)
		return CALL_NO_MATCH;
	ours = &offer->media[i];
	theirs = &answer->media[i];
	if (!theirs->port || !same_word(theirs->type, "audio") || !is_rtp(theirs) || !is_unicast(theirs) ||
		(ours->n_crypto == 0 && is_secure(theirs)))
		return CALL_NO_MATCH;
	if (theirs->address[0] && !theirs->null_address && theirs->ipv6 != ours->ipv6)
		return CALL_NO_MATCH;
	if (!take_formats(&a, ours, theirs))
		return CALL_NO_MATCH;
	err = take_keys(&a, ours, theirs);
	if (err)
		return err;
	agreed_ptime(&a, theirs, ours->ptime_ms, 0);
	agreed_address(&a, theirs, ours->rtcp_mux && theirs->rtcp_mux);
	agreed_direction(&a, theirs, ours->direction);
	agreed_ice(&a, ours->ice.ufrag[0] ? candidate_judge(theirs) : CANDIDATE_NONE, theirs, ours);
	agreed_slots(&a, offer);
	a.stream = i;
	*agreed = a;
	return CALL_OK;
}

static bool is_live_audio(const struct sdp_media *m)
{
	return m->port && same_word(m->type, "audio") && is_rtp(m);
}

void offer_source(struct offer_source *out, const struct sdp *offer)
{
	*out = (struct offer_source){ .address = "" };
	for (unsigned i = 0; i < offer->n_media; i++) {
		const struct sdp_media *m = &offer->media[i];

		if (!is_live_audio(m) || m->null_address)
			continue;
		memcpy(out->address, m->address, sizeof(out->address));
		out->rtp_port = m->port;
		out->rtcp_port = agreed_rtcp_port(m, m->rtcp_mux);
		out->ice = candidate_judge(m) == CANDIDATE_CHECKED;
		return;
	}
}

bool offer_replaces_audio(const struct sdp *offer, const struct media_agreed *current)
{
	unsigned stream = current ? current->stream : 0;
	bool other = false;

	if (stream < offer->n_media && offer->media[stream].port && !is_live_audio(&offer->media[stream]))
		return true;
	for (unsigned i = 0; i < offer->n_media; i++) {
		if (is_live_audio(&offer->media[i]))
			return false;
		other |= offer->media[i].port != 0;
	}
	return other;
}
