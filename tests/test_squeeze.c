/* links: sip/squeeze.c sip/err.c */
#include "sip/offer.h"
#include "sip/squeeze.h"
#include "tests/test.h"

#include <stdlib.h>

TEST(what_is_kept_comes_back)
{
	uint8_t from[2000], to[2000];
	struct squeezed s = { .runs = NULL };

	srand(1);
	for (unsigned round = 0; round < 2000; round++) {
		const size_t size = (size_t)rand() % sizeof(from);
		const int full = rand() % 101; /* percent of bytes that are not zero, in clumps */

		for (size_t i = 0; i < size; i++)
			from[i] = rand() % 100 < full && (round % 2 || i / 300 % 2) ? (uint8_t)rand() : 0;
		memset(to, 0xaa, sizeof(to));
		CHECK_INT(CALL_OK, squeeze_keep(&s, from, size), "kept");
		squeeze_read(&s, to, size);
		CHECK(memcmp(from, to, size) == 0, "round %u: %zu bytes, %d %% full", round, size, full);
	}
	squeeze_drop(&s);
	CHECK(!s.runs, "dropped");
}

TEST(nothing_kept_is_zeros)
{
	const struct squeezed s = { .runs = NULL };
	uint8_t to[3] = { 1, 2, 3 };

	squeeze_read(&s, to, sizeof(to));
	CHECK(to[0] == 0 && to[1] == 0 && to[2] == 0, "zeros");
}

/* The claim it is there for: four codecs, two kinds of keys and comfort noise on our side, three formats on theirs. */
TEST(a_phone_calls_media_is_small)
{
	static const struct sdp_format ours[] = {
		{ 107, "opus", 48000, 2, "useinbandfec=1;stereo=0;sprop-stereo=0" },
		{ 9, "G722", 8000, 1, "" },
		{ 0, "PCMU", 8000, 1, "" },
		{ 8, "PCMA", 8000, 1, "" },
		{ 101, "telephone-event", 8000, 1, "0-15" },
		{ 100, "telephone-event", 48000, 1, "0-15" },
		{ 13, "CN", 8000, 1, "" },
	};
	struct media_self self = { .origin_id = 0x1234567890abcdef,
		.origin_version = 1,
		.described = 0xfedcba0987654321,
		.address = "192.0.2.17",
		.rtp_port = 30000,
		.rtcp_port = 30001,
		.n_formats = sizeof(ours) / sizeof(*ours) };
	struct media_agreed agreed = { .codec = ours[2],
		.rx = { ours[2], ours[4], ours[6] },
		.n_rx = 3,
		.address = "198.51.100.200",
		.slots = { { "audio", "RTP/AVP", "0" } },
		.n_slots = 1 };
	struct squeezed a = { .runs = NULL }, b = { .runs = NULL };

	memcpy(self.formats, ours, sizeof(ours));
	CHECK_INT(CALL_OK, squeeze_keep(&a, &self, sizeof(self)), "our side");
	CHECK_INT(CALL_OK, squeeze_keep(&b, &agreed, sizeof(agreed)), "what was agreed");
	CHECK(a.len + b.len < 500, "%zu bytes of %zu", a.len + b.len, sizeof(self) + sizeof(agreed));
	squeeze_drop(&a);
	squeeze_drop(&b);
}

TESTS(what_is_kept_comes_back, nothing_kept_is_zeros, a_phone_calls_media_is_small)
