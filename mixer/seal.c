#include "mixer/seal.h"

#include "mixer/bytes.h"
#include "mixer/cipher.h"
#include "mixer/rtp.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SALT_MAX = 14, GCM_SALT = 12, RTCP_HEADER = 8, RTCP_TAG = 10, INDEX_LEN = 4, WINDOW = 64, TRIES = 2 };
#define RTCP_E 0x80000000u /* this packet is enciphered */

/* RFC 3711 section 4.3.1; of RTCP they are three more. */
enum label { LABEL_CIPHER, LABEL_AUTH, LABEL_SALT, LABELS };

static const struct suite {
	const char *name;
	uint8_t key_len, salt_len, tag_len /* of RTP */;
	bool gcm;
} suites[SEAL_SUITES] = {
	[SEAL_NONE] = { "", 0, 0, 0, false },
	[SEAL_AES_CM_128_80] = { "AES_CM_128_HMAC_SHA1_80", 16, 14, 10, false },
	[SEAL_AES_CM_128_32] = { "AES_CM_128_HMAC_SHA1_32", 16, 14, 4, false },
	[SEAL_GCM_128] = { "AEAD_AES_128_GCM", 16, GCM_SALT, GCM_TAG, true },
	[SEAL_GCM_256] = { "AEAD_AES_256_GCM", 32, GCM_SALT, GCM_TAG, true },
};

/* Packets seen: bit 0 is `top`, bit n the one n before it. */
struct window {
	uint64_t top; /* index */
	uint64_t seen;
	bool proven; /* a packet under this key has authenticated: `top` is no guess */
};

struct sender {
	uint32_t ssrc;
	bool used;
	uint32_t heard; /* on seal's clock; the least is forgotten first */
	struct window rtp, rtcp;
};

/* Session keys of RTP or of RTCP. */
struct keys {
	struct aes_cm *cm;   /* owned; NULL with GCM */
	struct hmac *hmac;   /* owned; NULL with GCM */
	struct aes_gcm *gcm; /* owned; NULL without */
	uint8_t salt[SALT_MAX];
	uint8_t tag_len;
};

struct seal {
	const struct suite *suite;
	struct keys rtp, rtcp;
	uint8_t mki[SEAL_MKI_MAX], mki_len;
	struct sender senders[SEAL_SOURCES];
	uint32_t clock;
	uint8_t last; /* of senders */
};

size_t seal_master_len(enum seal_suite suite)
{
	return (unsigned)suite < SEAL_SUITES ? (size_t)suites[suite].key_len + suites[suite].salt_len : 0;
}

const char *seal_suite_name(enum seal_suite suite)
{
	return (unsigned)suite < SEAL_SUITES ? suites[suite].name : "";
}

bool seal_key_equal(const struct seal_key *a, const struct seal_key *b)
{
	return a->suite == b->suite && a->mki_len == b->mki_len &&
	       secret_equal(a->mki, b->mki, sizeof(a->mki)) &&
	       secret_equal(a->master, b->master, sizeof(a->master));
}

/* ---- session keys ---- */

/* RFC 3711 section 4.3.3, without a key derivation rate: the label, by the salt, starts the counter.  A salt of
 * 12 bytes ends in zeros (RFC 7714 section 11). */
static bool derive(
	struct aes_cm *prf, const uint8_t *salt, size_t salt_len, unsigned label, uint8_t *out, size_t n)
{
	uint8_t iv[16] = { 0 };

	memcpy(iv, salt, salt_len);
	iv[7] ^= (uint8_t)label;
	return aes_cm_run(prf, iv, NULL, n, out);
}

static enum mix_err keys_init(struct keys *k, struct aes_cm *prf, const struct suite *suite,
	const uint8_t *salt, unsigned first, bool sends)
{
	uint8_t key[CIPHER_KEY_MAX], auth[CIPHER_AUTH_KEY];
	enum mix_err err = MIX_NOMEM;

	if (!derive(prf, salt, suite->salt_len, first + LABEL_CIPHER, key, suite->key_len) ||
		!derive(prf, salt, suite->salt_len, first + LABEL_AUTH, auth,
			sizeof(auth)) || /* GCM: for nothing */
		!derive(prf, salt, suite->salt_len, first + LABEL_SALT, k->salt, suite->salt_len))
		goto done;
	if (suite->gcm) {
		err = aes_gcm_alloc(&k->gcm, key, suite->key_len, sends);
	} else {
		err = aes_cm_alloc(&k->cm, key, suite->key_len);
		if (!err)
			err = hmac_alloc(&k->hmac, auth, sizeof(auth));
	}
done:
	secret_wipe(key, sizeof(key));
	secret_wipe(auth, sizeof(auth));
	return err;
}

static void keys_clear(struct keys *k)
{
	k->cm = aes_cm_free(k->cm);
	k->hmac = hmac_free(k->hmac);
	k->gcm = aes_gcm_free(k->gcm);
	secret_wipe(k->salt, sizeof(k->salt));
}

enum mix_err seal_alloc(struct seal **out, const struct seal_key *key, bool sends)
{
	const struct suite *suite;
	struct aes_cm *prf = NULL;
	enum mix_err err;
	struct seal *s;

	if (key->suite == SEAL_NONE || (unsigned)key->suite >= SEAL_SUITES || key->mki_len > SEAL_MKI_MAX)
		return MIX_RANGE;
	s = calloc(1, sizeof(*s));
	if (!s)
		return MIX_NOMEM;
	suite = s->suite = &suites[key->suite];
	memcpy(s->mki, key->mki, sizeof(s->mki));
	s->mki_len = key->mki_len;
	s->rtp.tag_len = suite->tag_len;
	s->rtcp.tag_len = suite->gcm ? GCM_TAG : RTCP_TAG;
	err = aes_cm_alloc(&prf, key->master, suite->key_len);
	if (!err)
		err = keys_init(&s->rtp, prf, suite, key->master + suite->key_len, 0, sends);
	if (!err)
		err = keys_init(&s->rtcp, prf, suite, key->master + suite->key_len, LABELS, sends);
	aes_cm_free(prf);
	if (err) {
		seal_free(s);
		return err;
	}
	*out = s;
	return MIX_OK;
}

struct seal *seal_free(struct seal *s)
{
	if (!s)
		return NULL;
	keys_clear(&s->rtp);
	keys_clear(&s->rtcp);
	free(s);
	return NULL;
}

/* ---- who sends, and how far they are ---- */

static struct sender *find(struct seal *s, uint32_t ssrc)
{
	for (unsigned i = 0; i < SEAL_SOURCES; i++)
		if (s->senders[i].used && s->senders[i].ssrc == ssrc)
			return &s->senders[i];
	return NULL;
}

/* A place for who is new: a free one, else that of the longest unheard. */
static struct sender *enlist(struct seal *s, uint32_t ssrc)
{
	struct sender *oldest = s->senders;

	for (unsigned i = 0; i < SEAL_SOURCES; i++) {
		struct sender *at = &s->senders[i];

		if (!at->used) {
			oldest = at;
			break;
		}
		if ((int32_t)(at->heard - oldest->heard) < 0)
			oldest = at;
	}
	*oldest = (struct sender){ .ssrc = ssrc, .used = true };
	return oldest;
}

static struct sender *find_or_enlist(struct seal *s, uint32_t ssrc)
{
	struct sender *who = find(s, ssrc);

	return who ? who : enlist(s, ssrc);
}

static void note(struct seal *s, struct sender *who)
{
	who->heard = ++s->clock;
	s->last = (uint8_t)(who - s->senders);
}

/* Is it new, and not too old to tell? */
static bool window_allows(const struct window *w, uint64_t index)
{
	uint64_t behind;

	if (w->seen == 0 || index > w->top)
		return true;
	behind = w->top - index;
	return behind < WINDOW && !(w->seen >> behind & 1);
}

static void window_take(struct window *w, uint64_t index)
{
	if (w->seen == 0 || index > w->top) {
		uint64_t ahead = index - w->top;

		w->seen = w->seen == 0 || ahead >= WINDOW ? 1 : w->seen << ahead | 1;
		w->top = index;
	} else {
		w->seen |= 1ull << (w->top - index);
	}
	w->proven = true;
}

/* RFC 3711 appendix A: the index nearest to the highest one seen.  False: it would be before the first. */
static bool guess_index(const struct window *w, uint16_t seq, uint64_t *index)
{
	const uint16_t top_seq = (uint16_t)w->top;
	uint64_t roc = w->top >> 16;

	if (w->seen) {
		if (top_seq < 0x8000 && seq - top_seq > 0x8000) {
			if (roc == 0)
				return false;
			roc--;
		} else if (top_seq >= 0x8000 && top_seq - 0x8000 > seq) {
			roc++;
		}
	}
	*index = roc << 16 | seq;
	return true;
}

/* ---- what is enciphered how ---- */

/* salt, SSRC and index, each at its place (RFC 3711 section 4.1.1); the counter of blocks begins at 0. */
static void write_iv(uint8_t iv[16], const struct keys *k, uint32_t ssrc, uint64_t index)
{
	uint8_t part[16] = { 0 };

	put32(part + 4, ssrc);
	put16(put32(part + 8, (uint32_t)(index >> 16)), (uint32_t)index & 0xffff);
	memset(iv, 0, 16);
	for (unsigned i = 0; i < SALT_MAX; i++)
		iv[i] = k->salt[i] ^ part[i];
}

/* RFC 7714 sections 8.1 and 9.1: the index of RTCP, of 31 bits, takes the same last six bytes as that of RTP. */
static void write_nonce(uint8_t nonce[GCM_NONCE], const struct keys *k, uint32_t ssrc, uint64_t index)
{
	uint8_t part[GCM_NONCE] = { 0 };

	put32(part + 2, ssrc);
	put16(put32(part + 6, (uint32_t)(index >> 16)), (uint32_t)index & 0xffff);
	for (unsigned i = 0; i < GCM_NONCE; i++)
		nonce[i] = k->salt[i] ^ part[i];
}

/* Fixed header, contributing sources and extension stay in the clear; 0: no RTP packet. */
static size_t rtp_head_len(const uint8_t *p, size_t len)
{
	size_t n = RTP_HEADER;

	if (len < RTP_HEADER || p[0] >> 6 != RTP_VERSION)
		return 0;
	n += 4u * (p[0] & 15);
	if (p[0] & 0x10) {
		if (len < n + 4)
			return 0;
		n += 4 + 4u * get16(p + n + 2);
	}
	return n <= len ? n : 0;
}

/* One packet on its way, with all that its cipher needs. */
struct job {
	const struct keys *keys;
	const uint8_t *head; /* in the clear */
	size_t head_len;
	const uint8_t *body; /* to be enciphered or opened; without the tag */
	size_t body_len;
	uint8_t trailer[INDEX_LEN]; /* RTP: the roll-over counter; RTCP: E and index */
	bool rtcp;
	uint32_t ssrc;
	uint64_t index;
};

static void job_index(struct job *j, uint64_t index)
{
	j->index = index;
	put32(j->trailer, j->rtcp ? RTCP_E | (uint32_t)index : (uint32_t)(index >> 16));
}

static void job_tag(const struct job *j, const uint8_t *body, uint8_t tag[CIPHER_TAG_MAX])
{
	const struct piece all[] = { { j->head, j->head_len }, { body, j->body_len },
		{ j->trailer, INDEX_LEN } };

	hmac_run(j->keys->hmac, all, 3, tag);
}

/* GCM also proves what stands behind the tag; RTP's roll-over counter is in the nonce already. */
static unsigned job_aad(const struct job *j, struct piece aad[2])
{
	aad[0] = (struct piece){ j->head, j->head_len };
	aad[1] = (struct piece){ j->trailer, INDEX_LEN };
	return j->rtcp ? 2 : 1;
}

static bool job_seal(const struct job *j, uint8_t *out, uint8_t *tag)
{
	uint8_t iv[16];
	struct piece aad[2];
	unsigned n_aad = job_aad(j, aad);

	if (j->keys->gcm) {
		write_nonce(iv, j->keys, j->ssrc, j->index);
		return aes_gcm_seal(j->keys->gcm, iv, aad, n_aad, j->body, j->body_len, out);
	}
	write_iv(iv, j->keys, j->ssrc, j->index);
	if (!aes_cm_run(j->keys->cm, iv, j->body, j->body_len, out))
		return false;
	job_tag(j, out, tag);
	return true;
}

/* `tag` of the packet; behind the body when it is GCM's. */
static bool job_open(const struct job *j, const uint8_t *tag, uint8_t *out)
{
	uint8_t iv[16], want[CIPHER_TAG_MAX];
	struct piece aad[2];
	unsigned n_aad = job_aad(j, aad);

	if (j->keys->gcm) {
		write_nonce(iv, j->keys, j->ssrc, j->index);
		return aes_gcm_open(j->keys->gcm, iv, aad, n_aad, j->body, j->body_len, out);
	}
	job_tag(j, j->body, want);
	if (!secret_equal(want, tag, j->keys->tag_len))
		return false;
	write_iv(iv, j->keys, j->ssrc, j->index);
	return aes_cm_run(j->keys->cm, iv, j->body, j->body_len, out);
}

/* ---- sending ---- */

/* Key number and tag, the last of a packet (GCM's tag stands before them already); what follows them. */
static uint8_t *put_tail(const struct seal *s, uint8_t *at, const uint8_t *tag, size_t tag_len)
{
	memcpy(at, s->mki, s->mki_len);
	at += s->mki_len;
	if (s->suite->gcm)
		return at;
	memcpy(at, tag, tag_len);
	return at + tag_len;
}

enum mix_err seal_rtp(struct seal *s, const uint8_t *p, size_t len, uint8_t *out, size_t cap, size_t *out_len)
{
	struct job j = { .keys = &s->rtp, .head = p, .head_len = rtp_head_len(p, len) };
	uint8_t tag[CIPHER_TAG_MAX];
	struct sender *who;
	uint64_t index;
	uint8_t *at;

	if (j.head_len == 0)
		return MIX_RANGE;
	if (cap < len + SEAL_TAIL_MAX)
		return MIX_SHORT;
	j.ssrc = get32(p + 8);
	j.body = p + j.head_len;
	j.body_len = len - j.head_len;
	who = find_or_enlist(s, j.ssrc);
	if (!guess_index(&who->rtp, get16(p + 2), &index) || (who->rtp.seen && index <= who->rtp.top))
		return MIX_STALE;
	job_index(&j, index);
	memcpy(out, p, j.head_len);
	if (!job_seal(&j, out + j.head_len, tag))
		return MIX_RANGE;
	window_take(&who->rtp, index);
	note(s, who);
	at = out + len + (s->suite->gcm ? GCM_TAG : 0);
	*out_len = (size_t)(put_tail(s, at, tag, s->rtp.tag_len) - out);
	return MIX_OK;
}

enum mix_err seal_rtcp(
	struct seal *s, const uint8_t *p, size_t len, uint8_t *out, size_t cap, size_t *out_len)
{
	struct job j = { .keys = &s->rtcp, .head = p, .head_len = RTCP_HEADER, .rtcp = true };
	uint8_t tag[CIPHER_TAG_MAX];
	struct sender *who;
	uint64_t index;
	uint8_t *at;

	if (len < RTCP_HEADER || p[0] >> 6 != RTP_VERSION)
		return MIX_RANGE;
	if (cap < len + SEAL_TAIL_MAX)
		return MIX_SHORT;
	j.ssrc = get32(p + 4);
	j.body = p + RTCP_HEADER;
	j.body_len = len - RTCP_HEADER;
	who = find_or_enlist(s, j.ssrc);
	index = who->rtcp.seen ? who->rtcp.top + 1 : 0;
	if (index >= RTCP_E) /* RFC 3711 section 9.2: 340 years at our rate */
		return MIX_STALE;
	job_index(&j, index);
	memcpy(out, p, RTCP_HEADER);
	if (!job_seal(&j, out + RTCP_HEADER, tag))
		return MIX_RANGE;
	window_take(&who->rtcp, index);
	note(s, who);
	at = out + len + (s->suite->gcm ? GCM_TAG : 0);
	memcpy(at, j.trailer, INDEX_LEN);
	at += INDEX_LEN;
	*out_len = (size_t)(put_tail(s, at, tag, s->rtcp.tag_len) - out);
	return MIX_OK;
}

/* ---- receiving ---- */

struct guess {
	uint64_t index;
	bool anew; /* it counts from 0, as a sender does who is not known */
};

/* Who has changed keys went on counting or began anew, and there is no telling but by trying. */
static unsigned guess_indexes(const struct sender *who, uint16_t seq, struct guess guess[TRIES])
{
	unsigned n = 0;

	if (who && guess_index(&who->rtp, seq, &guess[n].index) && window_allows(&who->rtp, guess[n].index))
		guess[n++].anew = false;
	if (!who || !who->rtp.proven)
		guess[n++] = (struct guess){ seq, true };
	return n;
}

enum mix_err seal_open_rtp(
	struct seal *s, const uint8_t *p, size_t len, uint8_t *out, size_t cap, size_t *out_len)
{
	const size_t gcm_tag = s->suite->gcm ? GCM_TAG : 0, cm_tag = s->suite->gcm ? 0 : s->rtp.tag_len;
	struct job j = { .keys = &s->rtp, .head = p };
	struct guess guess[TRIES];
	const uint8_t *mki;
	struct sender *who;
	unsigned n, i = 0;

	if (len < RTP_HEADER + gcm_tag + s->mki_len + cm_tag || cap < len)
		return MIX_SHORT;
	mki = p + len - cm_tag - s->mki_len;
	j.head_len = rtp_head_len(p, (size_t)(mki - p) - gcm_tag);
	if (j.head_len == 0)
		return MIX_SYNTAX;
	if (memcmp(mki, s->mki, s->mki_len) != 0)
		return MIX_FORGED;
	j.ssrc = get32(p + 8);
	j.body = p + j.head_len;
	j.body_len = (size_t)(mki - j.body) - gcm_tag;
	who = find(s, j.ssrc);
	n = guess_indexes(who, get16(p + 2), guess);
	if (n == 0)
		return MIX_STALE;
	for (; i < n; i++) {
		job_index(&j, guess[i].index);
		if (job_open(&j, p + len - cm_tag, out + j.head_len))
			break;
	}
	if (i == n)
		return MIX_FORGED;
	if (!who)
		who = enlist(s, j.ssrc);
	if (guess[i].anew)
		who->rtp = (struct window){ 0 };
	window_take(&who->rtp, guess[i].index);
	note(s, who);
	memcpy(out, p, j.head_len);
	*out_len = j.head_len + j.body_len;
	return MIX_OK;
}

enum mix_err seal_open_rtcp(
	struct seal *s, const uint8_t *p, size_t len, uint8_t *out, size_t cap, size_t *out_len)
{
	const size_t gcm_tag = s->suite->gcm ? GCM_TAG : 0, cm_tag = s->suite->gcm ? 0 : RTCP_TAG;
	struct job j = { .keys = &s->rtcp, .head = p, .head_len = RTCP_HEADER, .rtcp = true };
	const uint8_t *mki, *word;
	struct sender *who;
	uint32_t index;

	if (len < RTCP_HEADER + gcm_tag + INDEX_LEN + s->mki_len + cm_tag || cap < len)
		return MIX_SHORT;
	if (p[0] >> 6 != RTP_VERSION)
		return MIX_SYNTAX;
	mki = p + len - cm_tag - s->mki_len;
	word = mki - INDEX_LEN;
	index = get32(word);
	if (!(index & RTCP_E)) /* in the clear: nobody agreed to that */
		return MIX_SYNTAX;
	index &= ~RTCP_E;
	if (memcmp(mki, s->mki, s->mki_len) != 0)
		return MIX_FORGED;
	j.ssrc = get32(p + 4);
	j.body = p + RTCP_HEADER;
	j.body_len = (size_t)(word - j.body) - gcm_tag;
	who = find(s, j.ssrc);
	if (who && who->rtcp.proven && !window_allows(&who->rtcp, index))
		return MIX_STALE;
	job_index(&j, index);
	if (!job_open(&j, p + len - cm_tag, out + RTCP_HEADER))
		return MIX_FORGED;
	if (!who)
		who = enlist(s, j.ssrc);
	if (!window_allows(&who->rtcp, index)) /* it counts anew under its new key */
		who->rtcp = (struct window){ 0 };
	window_take(&who->rtcp, index);
	note(s, who);
	memcpy(out, p, RTCP_HEADER);
	*out_len = RTCP_HEADER + j.body_len;
	return MIX_OK;
}

/* ---- from key to key, from process to process ---- */

void seal_succeed(struct seal *fresh, const struct seal *old)
{
	memcpy(fresh->senders, old->senders, sizeof(fresh->senders));
	fresh->clock = old->clock;
	fresh->last = old->last;
	for (unsigned i = 0; i < SEAL_SOURCES; i++)
		fresh->senders[i].rtp.proven = fresh->senders[i].rtcp.proven = false;
}

struct seal_state seal_state(const struct seal *s)
{
	const struct sender *who = &s->senders[s->last];

	return (struct seal_state){ .ssrc = who->ssrc,
		.roc = (uint32_t)(who->rtp.top >> 16),
		.seq = (uint16_t)who->rtp.top,
		.rtcp_index = (uint32_t)who->rtcp.top,
		.known = who->used };
}

void seal_resume(struct seal *s, const struct seal_state *state)
{
	struct sender *who;

	if (!state->known)
		return;
	who = find_or_enlist(s, state->ssrc);
	who->rtp = (struct window){ (uint64_t)state->roc << 16 | state->seq, UINT64_MAX, true };
	who->rtcp = (struct window){ state->rtcp_index, UINT64_MAX, true };
	note(s, who);
}
