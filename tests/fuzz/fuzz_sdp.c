/* links: sip/candidate.c sip/sdp_read.c sip/sdp_write.c */
/* Any bytes are read or refused; what was read can be written, and reads the same again. */
#include "sip/sdp.h"

#include <stdlib.h>
#include <string.h>

#define CLAIM(so)                                                                                            \
	do {                                                                                                 \
		if (!(so))                                                                                   \
			abort();                                                                             \
	} while (0)

/* A format without a name (its rtpmap made no sense) is written without one, and may mean its static type again. */
static bool same_format(const struct sdp_format *a, const struct sdp_format *b)
{
	return a->payload_type == b->payload_type && strcmp(a->fmtp, b->fmtp) == 0 &&
	       (!a->name[0] || (strcmp(a->name, b->name) == 0 && a->clock_hz == b->clock_hz &&
				       a->channels == b->channels));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sdp first, second;
	static char text[4 * SDP_TEXT_MAX];
	struct sdp_why why;

	if (size > 65536 || sdp_parse_text(&first, (const char *)data, size, &why) != CALL_OK)
		return 0;
	CLAIM(first.n_media <= SDP_MEDIA_MAX);
	for (unsigned i = 0; i < first.n_media; i++) {
		const struct sdp_media *m = &first.media[i];

		CLAIM(m->n_formats <= SDP_FORMATS_MAX && m->n_crypto <= SDP_CRYPTO_MAX);
		for (unsigned k = 0; k < m->n_formats; k++) {
			CLAIM(m->formats[k].payload_type < 128);
			sdp_fmtp_number(m->formats[k].fmtp, "useinbandfec", 0);
		}
	}
	strcpy(first.origin_address, "192.0.2.1"); /* theirs may be a name, even none; ours is a literal */
	CLAIM(sdp_write_text(text, sizeof(text), &first) == CALL_OK);
	CLAIM(sdp_parse_text(&second, text, strlen(text), &why) == CALL_OK);
	CLAIM(second.n_media == first.n_media);
	for (unsigned i = 0; i < first.n_media; i++) {
		const struct sdp_media *a = &first.media[i], *b = &second.media[i];

		CLAIM(a->port == b->port && strcmp(a->type, b->type) == 0 &&
			strcmp(a->protocol, b->protocol) == 0);
		CLAIM(a->n_formats == b->n_formats && strcmp(a->raw_format, b->raw_format) == 0);
		if (a->port == 0)
			continue; /* of a refused stream no more is written */
		CLAIM(a->direction == b->direction && a->rtcp_mux == b->rtcp_mux &&
			a->ptime_ms == b->ptime_ms);
		CLAIM(a->n_crypto == b->n_crypto);
		for (unsigned k = 0; k < a->n_formats; k++)
			CLAIM(same_format(&a->formats[k], &b->formats[k]));
		if (a->address[0])
			CLAIM(strcmp(a->address, b->address) == 0 && a->null_address == b->null_address);
	}
	return 0;
}
