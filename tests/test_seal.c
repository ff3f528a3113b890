/* links: mixer/seal.c mixer/cipher.c mixer/err.c */
#include "mixer/cipher.h"
#include "mixer/seal.h"
#include "tests/test.h"
#include "tests/starve.h"

#include <srtp2/srtp.h>
#include <stdlib.h>

enum { SSRC = 0x11223344, ROOM = 400 };

static size_t from_hex(uint8_t *out, const char *hex)
{
	size_t n = 0;

	for (; *hex; hex++) {
		char two[3] = { hex[0], hex[1], 0 };

		if (*hex == ' ')
			continue;
		out[n++] = (uint8_t)strtoul(two, NULL, 16);
		hex++;
	}
	return n;
}

static void check_bytes(const char *want_hex, const uint8_t *have, size_t n, const char *story)
{
	uint8_t want[ROOM];

	CHECK_INT(from_hex(want, want_hex), n, story);
	for (size_t i = 0; i < n; i++)
		CHECK(want[i] == have[i], "%s: byte %zu is %02x, wanted %02x", story, i, have[i], want[i]);
}

static struct seal_key key_of(enum seal_suite suite, uint8_t first)
{
	struct seal_key key = { .suite = suite };

	for (size_t i = 0; i < seal_master_len(suite); i++)
		key.master[i] = (uint8_t)(first + 3 * i);
	return key;
}

static struct seal *seal_new(const struct seal_key *key, bool sends)
{
	struct seal *s = NULL;

	CHECK_INT(MIX_OK, seal_alloc(&s, key, sends), "a seal");
	return s;
}

static size_t rtp_packet(uint8_t p[ROOM], uint16_t seq, uint32_t ssrc)
{
	const uint8_t head[12] = { 0x80, 0, (uint8_t)(seq >> 8), (uint8_t)seq, 0, 0, 1, 0,
		(uint8_t)(ssrc >> 24), (uint8_t)(ssrc >> 16), (uint8_t)(ssrc >> 8), (uint8_t)ssrc };

	memcpy(p, head, sizeof(head));
	for (size_t i = 12; i < 172; i++)
		p[i] = (uint8_t)(i * 7 + seq);
	return 172;
}

static size_t rtcp_packet(uint8_t p[ROOM])
{
	return from_hex(p, "80c9 0001 11223344 81ca 0003 11223344 0106 6f7572 73 2121");
}

static size_t sealed_rtp(struct seal *tx, uint8_t out[ROOM], uint16_t seq)
{
	uint8_t p[ROOM];
	size_t n = 0, len = rtp_packet(p, seq, SSRC);

	CHECK_INT(MIX_OK, seal_rtp(tx, p, len, out, ROOM, &n), "sealing");
	return n;
}

/* Seals packet `seq` and opens it at once. */
static enum mix_err pass(struct seal *tx, struct seal *rx, uint16_t seq)
{
	uint8_t sealed[ROOM], open[ROOM], plain[ROOM];
	size_t n = sealed_rtp(tx, sealed, seq), len = 0;
	enum mix_err err = seal_open_rtp(rx, sealed, n, open, sizeof(open), &len);

	if (err)
		return err;
	CHECK_INT(rtp_packet(plain, seq, SSRC), len, "as long as it was");
	CHECK(memcmp(plain, open, len) == 0, "packet %u comes back whole", seq);
	return MIX_OK;
}

/* ---- the standards' own examples ---- */

TEST(counter_mode_is_that_of_rfc3711_b2)
{
	static const char *const first = "E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB"
					 "41E95B3BB0A2E8DD477901E4FCA894C0";
	static const char *const last = "EC8CDF7398607CB0F2D21675EA9EA1E4 362B7C3C6773516318A077D7FC5073AE"
					"6A2CC3787889374FBEB4C81B17BA6C44";
	uint8_t key[16], iv[16], out[48];
	struct aes_cm *c = NULL;

	from_hex(key, "2B7E151628AED2A6ABF7158809CF4F3C");
	CHECK_INT(MIX_OK, aes_cm_alloc(&c, key, sizeof(key)), "a cipher");
	from_hex(iv, "F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000");
	CHECK(aes_cm_run(c, iv, NULL, sizeof(out), out), "runs");
	check_bytes(first, out, sizeof(out), "segment begin");
	from_hex(iv, "F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF");
	CHECK(aes_cm_run(c, iv, NULL, sizeof(out), out), "runs");
	check_bytes(last, out, sizeof(out), "segment end");
	aes_cm_free(c);
}

/* The key derivation is not seen from outside, so B.3's keys are shown by a packet: enciphered with the key
 * that B.3 gives, and by another implementation below. */
TEST(session_keys_are_those_of_rfc3711_b3)
{
	struct seal_key key = { .suite = SEAL_AES_CM_128_80 };
	uint8_t session[16], auth[20], iv[16], p[ROOM], sealed[ROOM], want[ROOM], tag[CIPHER_TAG_MAX];
	const uint8_t roc[4] = { 0 };
	size_t len = rtp_packet(p, 0x1234, SSRC), n = 0;
	struct seal *s;
	struct aes_cm *c = NULL;
	struct hmac *h = NULL;

	from_hex(key.master, "E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6");
	s = seal_new(&key, true);
	CHECK_INT(MIX_OK, seal_rtp(s, p, len, sealed, sizeof(sealed), &n), "sealed");
	CHECK_INT(len + 10, n, "grows by the tag");

	from_hex(session, "C61E7A93744F39EE10734AFE3FF7A087");
	from_hex(auth, "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4");
	from_hex(iv, "30CBBC08863D8C85D49DB34A9AE1 0000"); /* the session salt */
	iv[4] ^= 0x11, iv[5] ^= 0x22, iv[6] ^= 0x33, iv[7] ^= 0x44;
	iv[12] ^= 0x12, iv[13] ^= 0x34;
	CHECK_INT(MIX_OK, aes_cm_alloc(&c, session, sizeof(session)), "a cipher");
	memcpy(want, p, 12);
	CHECK(aes_cm_run(c, iv, p + 12, len - 12, want + 12), "runs");
	CHECK(memcmp(want, sealed, len) == 0, "enciphered with B.3's key and salt");
	CHECK_INT(MIX_OK, hmac_alloc(&h, auth, sizeof(auth)), "an HMAC");
	hmac_run(h, (const struct piece[]){ { want, len }, { roc, 4 } }, 2, tag);
	CHECK(memcmp(tag, sealed + len, 10) == 0, "authenticated with B.3's key");
	hmac_free(h);
	aes_cm_free(c);
	seal_free(s);
}

TEST(gcm_is_that_of_rfc7714)
{
	static const struct {
		const char *story, *key, *nonce, *aad, *plain, *sealed;
	} cases[] = {
		{ "16.1.1 AES-128, RTP", "000102030405060708090a0b0c0d0e0f", "51753c6580c2726f20718414",
			"8040f17b8041f8d35501a0b2",
			"47616c6c696120657374206f6d6e697320646976697361"
			"20696e207061727465732074726573",
			"f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
			"899d7f27beb16a9152cf765ee4390cce" },
		{ "16.2.1 AES-256, RTP", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
			"51753c6580c2726f20718414", "8040f17b8041f8d35501a0b2",
			"47616c6c696120657374206f6d6e697320646976697361"
			"20696e207061727465732074726573",
			"32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b"
			"7aa3db36dfffd6b0f9bb7878d7a76c13" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t key[32], nonce[12], aad[ROOM], plain[ROOM], out[ROOM], back[ROOM];
		size_t key_len = from_hex(key, cases[i].key), n = from_hex(plain, cases[i].plain);
		const struct piece piece = { aad, from_hex(aad, cases[i].aad) };
		struct aes_gcm *seals = NULL, *opens = NULL;

		from_hex(nonce, cases[i].nonce);
		CHECK_INT(MIX_OK, aes_gcm_alloc(&seals, key, key_len, true), cases[i].story);
		CHECK_INT(MIX_OK, aes_gcm_alloc(&opens, key, key_len, false), cases[i].story);
		CHECK(aes_gcm_seal(seals, nonce, &piece, 1, plain, n, out), "%s", cases[i].story);
		check_bytes(cases[i].sealed, out, n + GCM_TAG, cases[i].story);
		CHECK(aes_gcm_open(opens, nonce, &piece, 1, out, n, back), "%s opens", cases[i].story);
		CHECK(memcmp(plain, back, n) == 0, "%s comes back", cases[i].story);
		out[n] ^= 1;
		CHECK(!aes_gcm_open(opens, nonce, &piece, 1, out, n, back), "%s forged", cases[i].story);
		aes_gcm_free(seals);
		aes_gcm_free(opens);
	}
}

/* ---- against libsrtp, which everybody else uses ---- */

static const srtp_profile_t profile_of[SEAL_SUITES] = { [SEAL_AES_CM_128_80] = srtp_profile_aes128_cm_sha1_80,
	[SEAL_AES_CM_128_32] = srtp_profile_aes128_cm_sha1_32,
	[SEAL_GCM_128] = srtp_profile_aead_aes_128_gcm,
	[SEAL_GCM_256] = srtp_profile_aead_aes_256_gcm };

static srtp_t libsrtp_new(struct seal_key *key, bool sends)
{
	srtp_master_key_t master = { key->master, key->mki, key->mki_len }, *list = &master;
	srtp_policy_t policy = { .window_size = 128 };
	srtp_t s = NULL;
	static bool ready;

	if (!ready)
		CHECK_INT(srtp_err_status_ok, srtp_init(), "libsrtp");
	ready = true;
	srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, profile_of[key->suite]);
	srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, profile_of[key->suite]);
	policy.ssrc.type = sends ? ssrc_any_outbound : ssrc_any_inbound;
	policy.keys = &list;
	policy.num_master_keys = 1;
	CHECK_INT(srtp_err_status_ok, srtp_create(&s, &policy), "libsrtp's session");
	return s;
}

static void meet_libsrtp(enum seal_suite suite, uint8_t mki_len)
{
	struct seal_key key = key_of(suite, 5);
	srtp_t theirs_tx, theirs_rx;
	struct seal *tx, *rx;

	key.mki_len = mki_len;
	memcpy(key.mki, "\1\2\3\4", mki_len);
	theirs_tx = libsrtp_new(&key, true);
	theirs_rx = libsrtp_new(&key, false);
	tx = seal_new(&key, true);
	rx = seal_new(&key, false);
	for (unsigned i = 0; i < 300; i++) { /* the sequence number goes round on the way */
		uint8_t p[ROOM], ours[ROOM], back[ROOM], plain[ROOM];
		uint16_t seq = (uint16_t)(65400 + i);
		size_t len = rtp_packet(p, seq, SSRC), n = 0, m = 0;
		int size = (int)len;

		memcpy(plain, p, len);
		CHECK_INT(MIX_OK, seal_rtp(tx, p, len, ours, sizeof(ours), &n), "ours is sealed");
		CHECK_INT(0, srtp_protect_mki(theirs_tx, p, &size, mki_len > 0, 0), "theirs is sealed");
		CHECK_INT(size, n, "both as long");
		CHECK(memcmp(p, ours, n) == 0, "%s: packet %u the same", seal_suite_name(suite), i);
		CHECK_INT(MIX_OK, seal_open_rtp(rx, p, n, back, sizeof(back), &m), "we open theirs");
		CHECK(m == len && memcmp(plain, back, m) == 0, "and read the same");
		CHECK_INT(0, srtp_unprotect_mki(theirs_rx, ours, &size, mki_len > 0), "they open ours");

		len = rtcp_packet(p);
		size = (int)len;
		CHECK_INT(MIX_OK, seal_rtcp(tx, p, len, ours, sizeof(ours), &n), "RTCP of ours");
		CHECK_INT(0,
			srtp_unprotect_rtcp_mki(
				theirs_rx, (memcpy(back, ours, n), back), &(int){ (int)n }, mki_len > 0),
			"they open our RTCP");
		CHECK_INT(0, srtp_protect_rtcp_mki(theirs_tx, p, &size, mki_len > 0, 0), "RTCP of theirs");
		CHECK_INT(size, n, "both as long");
		CHECK_INT(MIX_OK, seal_open_rtcp(rx, p, n, back, sizeof(back), &m), "we open their RTCP");
		CHECK(m == len && rtcp_packet(plain) == len && memcmp(plain, back, m) == 0,
			"and read the same");
	}
	seal_free(tx);
	seal_free(rx);
	srtp_dealloc(theirs_tx);
	srtp_dealloc(theirs_rx);
}

TEST(every_suite_is_understood_by_libsrtp_and_the_other_way_round)
{
	for (int suite = SEAL_NONE + 1; suite < SEAL_SUITES; suite++)
		meet_libsrtp((enum seal_suite)suite, 0);
}

TEST(packets_carry_the_number_of_their_key)
{
	meet_libsrtp(SEAL_AES_CM_128_80, 1); /* libsrtp knows it with one length of tag alone */
	meet_libsrtp(SEAL_AES_CM_128_80, 4);
	meet_libsrtp(SEAL_GCM_128, 4);
}

/* ---- what may come ---- */

TEST(each_bit_counts)
{
	for (int suite = SEAL_NONE + 1; suite < SEAL_SUITES; suite++) {
		const struct seal_key key = key_of((enum seal_suite)suite, 1);
		struct seal *tx = seal_new(&key, true), *rx = seal_new(&key, false);
		uint8_t sealed[ROOM], out[ROOM], p[ROOM];
		size_t n = sealed_rtp(tx, sealed, 7), m = 0;

		for (size_t bit = 0; bit < n * 8; bit++) {
			sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
			CHECK(seal_open_rtp(rx, sealed, n, out, sizeof(out), &m) != MIX_OK, "RTP, bit %zu",
				bit);
			sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		CHECK_INT(MIX_OK, seal_open_rtp(rx, sealed, n, out, sizeof(out), &m), "none flipped");
		CHECK_INT(MIX_OK, seal_rtcp(tx, p, rtcp_packet(p), sealed, sizeof(sealed), &n), "RTCP");
		for (size_t bit = 0; bit < n * 8; bit++) {
			sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
			CHECK(seal_open_rtcp(rx, sealed, n, out, sizeof(out), &m) != MIX_OK, "RTCP, bit %zu",
				bit);
			sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		CHECK_INT(MIX_OK, seal_open_rtcp(rx, sealed, n, out, sizeof(out), &m), "none flipped");
		seal_free(tx);
		seal_free(rx);
	}
}

TEST(lengths_are_checked_before_anything_is_read)
{
	for (int suite = SEAL_NONE + 1; suite < SEAL_SUITES; suite++) {
		const struct seal_key key = key_of((enum seal_suite)suite, 1);
		struct seal *tx = seal_new(&key, true), *rx = seal_new(&key, false);
		uint8_t sealed[ROOM], out[ROOM];
		size_t n = sealed_rtp(tx, sealed, 7), m = 77;

		sealed[0] = 0x9f; /* fifteen sources and an extension, or so it says */
		for (size_t len = 0; len < n; len++) {
			uint8_t *exact = malloc(len ? len : 1); /* a sanitizer sees a step too far */

			memcpy(exact, sealed, len);
			CHECK(seal_open_rtp(rx, exact, len, out, sizeof(out), &m) != MIX_OK, "RTP of %zu",
				len);
			CHECK(seal_open_rtcp(rx, exact, len, out, sizeof(out), &m) != MIX_OK, "RTCP of %zu",
				len);
			free(exact);
		}
		CHECK_INT(77, m, "nothing was given out");
		CHECK_INT(MIX_RANGE, seal_rtp(tx, sealed, 11, out, sizeof(out), &m), "no RTP");
		CHECK_INT(MIX_RANGE, seal_rtcp(tx, sealed, 7, out, sizeof(out), &m), "no RTCP");
		CHECK_INT(MIX_SHORT, seal_rtp(tx, out, rtp_packet(out, 8, SSRC), sealed, 172 + 9, &m),
			"no room");
		seal_free(tx);
		seal_free(rx);
	}
}

TEST(a_packet_is_taken_once_and_not_after_its_time)
{
	static const struct {
		const char *story;
		uint16_t seq;
		enum mix_err want;
	} cases[] = {
		{ "first", 100, MIX_OK },
		{ "next", 101, MIX_OK },
		{ "again", 101, MIX_STALE },
		{ "ahead", 140, MIX_OK },
		{ "late, but new", 110, MIX_OK },
		{ "late, again", 110, MIX_STALE },
		{ "on the edge of the window", 77, MIX_OK },
		{ "past the edge", 76, MIX_STALE },
		{ "far ahead", 1000, MIX_OK },
		{ "the one before", 999, MIX_OK },
		{ "and again", 999, MIX_STALE },
	};
	const struct seal_key key = key_of(SEAL_AES_CM_128_80, 1);
	struct seal *rx = seal_new(&key, false);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct seal *tx = seal_new(&key, true); /* a fresh one sends any number */

		CHECK_INT(cases[i].want, pass(tx, rx, cases[i].seq), cases[i].story);
		seal_free(tx);
	}
	seal_free(rx);
}

TEST(rtcp_is_taken_once_and_never_in_the_clear)
{
	const struct seal_key key = key_of(SEAL_GCM_128, 1);
	struct seal *tx = seal_new(&key, true), *rx = seal_new(&key, false);
	uint8_t p[ROOM], sealed[ROOM], out[ROOM];
	size_t n = 0, m = 0;

	CHECK_INT(MIX_OK, seal_rtcp(tx, p, rtcp_packet(p), sealed, sizeof(sealed), &n), "sealed");
	CHECK_INT(MIX_OK, seal_open_rtcp(rx, sealed, n, out, sizeof(out), &m), "once");
	CHECK_INT(MIX_STALE, seal_open_rtcp(rx, sealed, n, out, sizeof(out), &m), "twice");
	sealed[n - 4] &= 0x7f;
	CHECK_INT(MIX_SYNTAX, seal_open_rtcp(rx, sealed, n, out, sizeof(out), &m),
		"says that it is not enciphered");
	seal_free(tx);
	seal_free(rx);
}

TEST(a_sequence_number_is_never_enciphered_twice)
{
	const struct seal_key key = key_of(SEAL_GCM_128, 1);
	struct seal *tx = seal_new(&key, true);
	uint8_t p[ROOM], sealed[ROOM];
	size_t n = 0, len = rtp_packet(p, 500, SSRC);

	CHECK_INT(MIX_OK, seal_rtp(tx, p, len, sealed, sizeof(sealed), &n), "first");
	CHECK_INT(MIX_STALE, seal_rtp(tx, p, len, sealed, sizeof(sealed), &n), "the same again");
	rtp_packet(p, 499, SSRC);
	CHECK_INT(MIX_STALE, seal_rtp(tx, p, len, sealed, sizeof(sealed), &n), "the one before");
	seal_free(tx);
}

TEST(a_new_sender_under_the_same_key_is_heard)
{
	const struct seal_key key = key_of(SEAL_AES_CM_128_80, 1);
	struct seal *rx = seal_new(&key, false);
	uint8_t p[ROOM], sealed[ROOM], out[ROOM];
	size_t n = 0, m = 0;

	for (uint32_t ssrc = 1; ssrc <= 3 * SEAL_SOURCES; ssrc++) {
		struct seal *tx = seal_new(&key, true);

		CHECK_INT(MIX_OK, seal_rtp(tx, p, rtp_packet(p, 9, ssrc), sealed, sizeof(sealed), &n),
			"sealed");
		CHECK_INT(MIX_OK, seal_open_rtp(rx, sealed, n, out, sizeof(out), &m), "its first packet");
		CHECK_INT(
			MIX_STALE, seal_open_rtp(rx, sealed, n, out, sizeof(out), &m), "which is remembered");
		CHECK_INT(ssrc, seal_state(rx).ssrc, "who was heard last");
		seal_free(tx);
	}
	seal_free(rx);
}

TEST(who_cannot_authenticate_takes_nobodys_place)
{
	const struct seal_key key = key_of(SEAL_AES_CM_128_80, 1), other = key_of(SEAL_AES_CM_128_80, 2);
	struct seal *tx = seal_new(&key, true), *rx = seal_new(&key, false),
		    *stranger = seal_new(&other, true);
	uint8_t p[ROOM], sealed[ROOM], out[ROOM];
	size_t n = 0, m = 0;

	CHECK_INT(MIX_OK, pass(tx, rx, 10), "ours");
	for (uint32_t ssrc = 1; ssrc < 50; ssrc++) {
		CHECK_INT(MIX_OK, seal_rtp(stranger, p, rtp_packet(p, 9, ssrc), sealed, sizeof(sealed), &n),
			"sealed");
		CHECK_INT(MIX_FORGED, seal_open_rtp(rx, sealed, n, out, sizeof(out), &m), "a stranger");
	}
	CHECK_INT(10, seal_state(rx).seq, "the counters are as they were");
	CHECK_INT(SSRC, seal_state(rx).ssrc, "and so is who sends");
	CHECK_INT(MIX_OK, pass(tx, rx, 11), "ours");
	seal_free(tx);
	seal_free(rx);
	seal_free(stranger);
}

/* ---- roll-over ---- */

static void send_round(struct seal *tx, struct seal *rx, unsigned from, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		CHECK_INT(MIX_OK, pass(tx, rx, (uint16_t)(from + i * 997)), "on the way round");
}

TEST(a_call_outlives_its_sequence_numbers)
{
	const struct seal_key key = key_of(SEAL_AES_CM_128_32, 1);
	struct seal *tx = seal_new(&key, true), *rx = seal_new(&key, false), *late = seal_new(&key, false);

	send_round(tx, rx, 60000, 200);
	CHECK_INT(3, seal_state(tx).roc, "199300 packets further");
	CHECK_INT(3, seal_state(rx).roc, "followed");
	CHECK_INT(MIX_FORGED, pass(tx, late, (uint16_t)(60000 + 200 * 997)), "who does not know the count");
	seal_free(tx);
	seal_free(rx);
	seal_free(late);
}

TEST(another_process_goes_on_where_this_one_was)
{
	for (int suite = SEAL_NONE + 1; suite < SEAL_SUITES; suite++) {
		const struct seal_key key = key_of((enum seal_suite)suite, 1);
		struct seal *tx = seal_new(&key, true), *rx = seal_new(&key, false),
			    *next = seal_new(&key, false);
		uint8_t old[ROOM], out[ROOM];
		size_t n, m = 0;
		struct seal_state at;

		send_round(tx, rx, 60000, 200);
		n = sealed_rtp(tx, old, (uint16_t)(60000 + 199 * 997 + 1));
		CHECK_INT(MIX_OK, seal_open_rtp(rx, old, n, out, sizeof(out), &m), "the last one here");
		at = seal_state(rx);
		seal_resume(next, &at);
		CHECK_INT(MIX_STALE, seal_open_rtp(next, old, n, out, sizeof(out), &m), "was seen before");
		CHECK_INT(MIX_OK, pass(tx, next, (uint16_t)(60000 + 200 * 997)), "the next one");
		CHECK_INT(3, seal_state(next).roc, "with its count");
		seal_resume(
			next, &(struct seal_state){ .known = false }); /* nothing saved, nothing changed */
		CHECK_INT(3, seal_state(next).roc, "still");
		seal_free(tx);
		seal_free(rx);
		seal_free(next);
	}
}

TEST(a_new_key_keeps_the_count)
{
	const struct seal_key key = key_of(SEAL_AES_CM_128_80, 1), fresh = key_of(SEAL_GCM_256, 77);
	struct seal *tx = seal_new(&key, true), *rx = seal_new(&key, false);
	struct seal *tx2 = seal_new(&fresh, true), *rx2 = seal_new(&fresh, false),
		    *anew = seal_new(&fresh, true);
	struct seal *rx3 = seal_new(&fresh, false);

	send_round(tx, rx, 60000, 200);
	seal_succeed(tx2, tx);
	seal_succeed(rx2, rx);
	seal_succeed(rx3, rx);
	CHECK_INT(MIX_OK, pass(tx2, rx2, (uint16_t)(60000 + 200 * 997)), "goes on");
	CHECK_INT(3, seal_state(rx2).roc, "with its count");
	CHECK_INT(MIX_OK, pass(anew, rx3, (uint16_t)(60000 + 200 * 997)), "some begin again at 0");
	CHECK_INT(0, seal_state(rx3).roc, "and are followed");
	CHECK_INT(MIX_OK, pass(anew, rx3, (uint16_t)(60000 + 201 * 997)), "from there on");
	seal_free(tx);
	seal_free(rx);
	seal_free(tx2);
	seal_free(rx2);
	seal_free(rx3);
	seal_free(anew);
}

/* ---- what it costs ---- */

TEST(packets_cost_no_allocation)
{
	if (!STARVE_WORKS)
		return;
	for (int suite = SEAL_NONE + 1; suite < SEAL_SUITES; suite++) {
		const struct seal_key key = key_of((enum seal_suite)suite, 1),
				      other = key_of((enum seal_suite)suite, 2);
		struct seal *tx = seal_new(&key, true), *rx = seal_new(&key, false),
			    *foe = seal_new(&other, true);
		uint8_t p[ROOM], sealed[ROOM], forged[ROOM], out[ROOM];
		size_t n = 0, m = 0, len = rtp_packet(p, 1, SSRC), forged_len = sealed_rtp(foe, forged, 1);
		enum mix_err err[5];

		starve_at = 1; /* the first allocation from here on fails */
		err[0] = seal_rtp(tx, p, len, sealed, sizeof(sealed), &n);
		err[1] = seal_open_rtp(rx, forged, forged_len, out, sizeof(out), &m);
		err[2] = seal_open_rtp(rx, sealed, n, out, sizeof(out), &m);
		err[3] = seal_rtcp(tx, p, len, sealed, sizeof(sealed), &n);
		err[4] = seal_open_rtcp(rx, sealed, n, out, sizeof(out), &m);
		CHECK_INT(1, starve_at, "nobody asked for memory");
		starve_at = 0;
		CHECK_INT(MIX_OK, err[0], "sealed");
		CHECK_INT(MIX_FORGED, err[1], "forged");
		CHECK_INT(MIX_OK, err[2], "opened");
		CHECK_INT(MIX_OK, err[3], "RTCP sealed");
		CHECK_INT(MIX_OK, err[4], "RTCP opened");
		seal_free(tx);
		seal_free(rx);
		seal_free(foe);
	}
}

/* Some of OpenSSL's allocations may fail without harm. */
static void starve_seal(const struct seal_key *key)
{
	bool starved = STARVE_WORKS;

	seal_free(seal_new(key, true)); /* OpenSSL has set itself up */
	for (int nth = 1; starved; nth++) {
		struct seal *s = NULL;
		enum mix_err err;

		starve_at = nth;
		err = seal_alloc(&s, key, true);
		starved = starve_at == 0;
		starve_at = 0;
		CHECK(err == MIX_OK ? s != NULL : err == MIX_NOMEM && !s, "whole or none, allocation %d",
			nth);
		seal_free(s);
	}
}

TEST(without_memory_there_is_no_half_a_seal)
{
	const struct seal_key cm = key_of(SEAL_AES_CM_128_80, 1), gcm = key_of(SEAL_GCM_256, 1);

	starve_seal(&cm);
	starve_seal(&gcm);
	CHECK(seal_free(NULL) == NULL, "NULL is accepted");
}

TEST(only_known_suites_have_keys)
{
	struct seal_key key = key_of(SEAL_GCM_128, 1), same = key;
	struct seal *s = NULL;

	CHECK(seal_key_equal(&key, &same), "equal");
	same.master[27] ^= 1;
	CHECK(!seal_key_equal(&key, &same), "one bit of salt");
	key.suite = SEAL_NONE;
	CHECK_INT(MIX_RANGE, seal_alloc(&s, &key, true), "none");
	key.suite = SEAL_SUITES;
	CHECK_INT(MIX_RANGE, seal_alloc(&s, &key, true), "unknown");
	CHECK_INT(30, seal_master_len(SEAL_AES_CM_128_32), "RFC 4568 section 6.2");
	CHECK_INT(28, seal_master_len(SEAL_GCM_128), "RFC 7714 section 14.2");
	CHECK_INT(44, seal_master_len(SEAL_GCM_256), "RFC 7714 section 14.2");
	CHECK_STR("AEAD_AES_256_GCM", seal_suite_name(SEAL_GCM_256), "as SDP has it");
}

TESTS(counter_mode_is_that_of_rfc3711_b2, session_keys_are_those_of_rfc3711_b3, gcm_is_that_of_rfc7714,
	every_suite_is_understood_by_libsrtp_and_the_other_way_round, packets_carry_the_number_of_their_key,
	each_bit_counts, lengths_are_checked_before_anything_is_read,
	a_packet_is_taken_once_and_not_after_its_time, rtcp_is_taken_once_and_never_in_the_clear,
	a_sequence_number_is_never_enciphered_twice, a_new_sender_under_the_same_key_is_heard,
	who_cannot_authenticate_takes_nobodys_place, a_call_outlives_its_sequence_numbers,
	another_process_goes_on_where_this_one_was, a_new_key_keeps_the_count, packets_cost_no_allocation,
	without_memory_there_is_no_half_a_seal, only_known_suites_have_keys)
