/* links: sip/offer.c sip/agreed.c sip/format.c sip/sdes.c sip/candidate.c sip/sdp_read.c sip/sdp_write.c */
/* An offer and, behind a zero byte, an answer: theirs is answered, ours is made after it, and their answer to ours is taken. */
#include "sip/offer.h"

#include <stdlib.h>
#include <string.h>

#define CLAIM(so)                                                                                            \
	do {                                                                                                 \
		if (!(so))                                                                                   \
			abort();                                                                             \
	} while (0)

static const struct media_self ours = { .origin_id = 42,
	.address = "192.0.2.10",
	.rtp_port = 20000,
	.rtcp_port = 20001,
	.max_ptime_ms = 60,
	.n_formats = 7,
	.formats = { { 111, "opus", 48000, 2, "useinbandfec=1" }, { 9, "G722", 8000, 1, "" },
		{ 0, "PCMU", 8000, 1, "" }, { 8, "PCMA", 8000, 1, "" }, { 13, "CN", 8000, 1, "" },
		{ 101, "telephone-event", 8000, 1, "0-16" }, { 110, "telephone-event", 48000, 1, "0-16" } } };

static void check_agreed(const struct media_agreed *a)
{
	CLAIM(a->codec.name[0] && a->codec.payload_type < 128 && a->codec.clock_hz);
	CLAIM(a->n_rx >= 1 && a->n_rx <= OFFER_FORMATS_MAX);
	CLAIM(a->ptime_ms >= 10 && a->ptime_ms <= 60 && a->ptime_ms % 10 == 0);
	CLAIM(a->rtp_port && a->stream < SDP_MEDIA_MAX && a->n_slots <= SDP_MEDIA_MAX &&
		a->stream < a->n_slots);
	CLAIM(a->event_rx_pt < 128 || (a->event_rx_pt == 255 && a->event_tx_pt == 255));
	for (unsigned i = 0; i < a->n_rx; i++)
		for (unsigned k = 0; k < i; k++)
			CLAIM(a->rx[i].payload_type != a->rx[k].payload_type);
}

static void check_description(const struct sdp *sdp)
{
	static struct sdp again;
	static char text[SDP_TEXT_MAX];

	CLAIM(sdp_write_text(text, sizeof(text), sdp) == CALL_OK);
	CLAIM(sdp_parse_text(&again, text, strlen(text), NULL) == CALL_OK && again.n_media == sdp->n_media);
}

static void exchange(
	const struct sdp *offer, const struct sdp *their_answer, bool our_order, enum offer_srtp srtp)
{
	static struct sdp answer, our_offer;
	struct media_agreed agreed, later;
	struct media_self self = ours;
	unsigned live = 0;

	self.our_order = our_order;
	self.ice.allowed = our_order;
	self.srtp = srtp;
	offer_replaces_audio(offer, NULL);
	if (offer_answer(offer, &self, &agreed, &answer) != CALL_OK) {
		CLAIM(memcmp(self.formats, ours.formats, sizeof(ours.formats)) == 0 &&
			self.origin_version == 0);
		CLAIM(offer_make(&self, NULL, &our_offer) == CALL_OK);
	} else {
		check_agreed(&agreed);
		check_description(&answer);
		CLAIM(answer.n_media == offer->n_media && agreed.n_slots == offer->n_media);
		for (unsigned i = 0; i < answer.n_media; i++)
			live += answer.media[i].port != 0;
		CLAIM((agreed.tx_key.suite == SDES_NONE) == (agreed.rx_key.suite == SDES_NONE) &&
			(srtp != OFFER_SRTP_REQUIRE || agreed.tx_key.suite) &&
			(srtp || !agreed.tx_key.suite));
		CLAIM(live == 1 && answer.media[agreed.stream].port == self.rtp_port);
		CLAIM(offer_answer(offer, &self, &agreed, &answer) == CALL_OK && answer.origin_version == 1);
		CLAIM(!offer_replaces_audio(offer, &agreed));
		CLAIM(offer_make(&self, &agreed, &our_offer) == CALL_OK &&
			our_offer.n_media == offer->n_media);
	}
	check_description(&our_offer);
	for (unsigned i = 0; i < our_offer.n_media; i++)
		for (unsigned k = 1; k < our_offer.media[i].n_formats; k++)
			for (unsigned l = 0; l < k; l++)
				CLAIM(our_offer.media[i].formats[k].payload_type !=
					our_offer.media[i].formats[l].payload_type);
	if (their_answer && offer_take(&our_offer, their_answer, &later) == CALL_OK)
		check_agreed(&later);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sdp offer, answer;
	const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
	size_t n = zero ? (size_t)(zero - data) : size, rest = zero ? size - n - 1 : 0;
	bool answered;

	if (size > 65536)
		return 0;
	answered = zero && sdp_parse_text(&answer, (const char *)zero + 1, rest, NULL) == CALL_OK;
	if (sdp_parse_text(&offer, (const char *)data, n, NULL) != CALL_OK)
		memset(&offer, 0, sizeof(offer));
	for (int srtp = OFFER_SRTP_NEVER; srtp <= OFFER_SRTP_REQUIRE; srtp++)
		exchange(&offer, answered ? &answer : NULL, srtp == OFFER_SRTP_ALLOW, (enum offer_srtp)srtp);
	return 0;
}
