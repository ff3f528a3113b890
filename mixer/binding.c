#include "mixer/binding.h"
#include "mixer/bytes.h"

enum {
	HEADER = 20,
	ATTRIBUTE = 4, /* type and length */
	COOKIE = 0x2112a442,
	METHOD_BITS = 0x3eef,
	METHOD_BINDING = 1,
	CLASS_SUCCESS = 0x0100,
	CLASS_ERROR = 0x0110,
	SHA1_LEN = 20,
	OPTIONAL = 0x8000, /* attributes from here on may be overlooked */
	FAMILY_IPV4 = 1,
	FAMILY_IPV6 = 2,
	FINGERPRINT_MASK = 0x5354554e
};

enum attribute {
	MAPPED_ADDRESS = 0x0001,
	USERNAME = 0x0006,
	MESSAGE_INTEGRITY = 0x0008,
	ERROR_CODE = 0x0009,
	UNKNOWN_ATTRIBUTES = 0x000a,
	REALM = 0x0014,
	NONCE = 0x0015,
	XOR_MAPPED_ADDRESS = 0x0020,
	PRIORITY = 0x0024,
	USE_CANDIDATE = 0x0025,
	FINGERPRINT = 0x8028,
	ICE_CONTROLLED = 0x8029,
	ICE_CONTROLLING = 0x802a
};

/* CRC-32 of ISO 3309, four bits at a time: a check has a hundred bytes and comes seldom. */
static uint32_t crc32_of(const uint8_t *p, size_t n)
{
	static const uint32_t step[16] = { 0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190,
		0x6b6b51f4, 0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c };
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < n; i++) {
		crc = crc >> 4 ^ step[(crc ^ p[i]) & 15];
		crc = crc >> 4 ^ step[(crc ^ p[i] >> 4) & 15];
	}
	return ~crc;
}

static uint32_t fingerprint_of(const uint8_t *p, size_t n)
{
	return crc32_of(p, n) ^ FINGERPRINT_MASK;
}

bool binding_is(const uint8_t *p, size_t len)
{
	return len >= HEADER && p[0] < 4 && get32(p + 4) == COOKIE;
}

/* The length that each of them must have. */
static bool length_fits(uint16_t type, size_t len)
{
	enum { WORD = 4, TIE_BREAKER = 8 };

	switch (type) {
	case MESSAGE_INTEGRITY: return len == SHA1_LEN;
	case PRIORITY:
	case FINGERPRINT: return len == WORD;
	case USE_CANDIDATE: return len == 0;
	case ICE_CONTROLLED:
	case ICE_CONTROLLING: return len == TIE_BREAKER;
	default: return true;
	}
}

static bool is_understood(uint16_t type)
{
	switch (type) {
	case MAPPED_ADDRESS:
	case USERNAME:
	case MESSAGE_INTEGRITY:
	case ERROR_CODE:
	case UNKNOWN_ATTRIBUTES:
	case REALM:
	case NONCE:
	case XOR_MAPPED_ADDRESS:
	case PRIORITY:
	case USE_CANDIDATE: return true;
	default: return type >= OPTIONAL;
	}
}

static void take_attribute(struct binding *m, uint16_t type, const uint8_t *value, size_t len)
{
	switch (type) {
	case USERNAME:
		if (m->username)
			break;
		m->username = value;
		m->username_len = len;
		break;
	case PRIORITY: m->priority = m->priority ? m->priority : get32(value); break;
	case USE_CANDIDATE: m->nominates = true; break;
	case ICE_CONTROLLED: m->controlled = true; break;
	default:
		if (!is_understood(type) && m->n_unknown < BINDING_UNKNOWN_MAX)
			m->unknown[m->n_unknown++] = type;
		break;
	}
}

static enum mix_err read_attributes(struct binding *m, const uint8_t *p, size_t len)
{
	bool is_last = false;

	for (size_t at = HEADER; at < len;) {
		uint16_t type, value_len;

		if (is_last) /* nothing may follow the fingerprint */
			return MIX_SYNTAX;
		if (len - at < ATTRIBUTE)
			return MIX_SHORT;
		type = get16(p + at);
		value_len = get16(p + at + 2);
		if (value_len >
			len - at - ATTRIBUTE) /* the rest is a multiple of four: so does the padding fit */
			return MIX_SHORT;
		if (!length_fits(type, value_len))
			return MIX_SYNTAX;
		if (type == FINGERPRINT) {
			if (get32(p + at + ATTRIBUTE) != fingerprint_of(p, at))
				return MIX_SYNTAX;
			is_last = true;
		} else if (m->proven_len == 0) {
			if (type == MESSAGE_INTEGRITY)
				m->proven_len = at;
			else
				take_attribute(m, type, p + at + ATTRIBUTE, value_len);
		}
		at += ATTRIBUTE + (value_len + 3u) / 4 * 4;
	}
	return is_last ? MIX_OK : MIX_SYNTAX;
}

enum mix_err binding_parse(struct binding *out, const uint8_t *p, size_t len)
{
	uint16_t type;

	if (len < HEADER)
		return MIX_SHORT;
	if (!binding_is(p, len))
		return MIX_SYNTAX;
	type = get16(p);
	if ((type & METHOD_BITS) != METHOD_BINDING)
		return MIX_SYNTAX;
	if (get16(p + 2) % 4 || get16(p + 2) != len - HEADER)
		return MIX_SHORT;
	*out = (struct binding){ .class = (enum binding_class)((type >> 7 & 2) | (type >> 4 & 1)) };
	memcpy(out->id, p + 8, sizeof(out->id));
	return read_attributes(out, p, len);
}

/* Over the message as if MESSAGE-INTEGRITY, which follows `n` bytes, were its end (RFC 8489 section 14.5). */
static void sign(const uint8_t *p, size_t n, const struct hmac *key, uint8_t tag[CIPHER_TAG_MAX])
{
	uint8_t length[2];
	const struct piece pieces[] = { { p, 2 }, { length, 2 }, { p + 4, n - 4 } };

	put16(length, (uint32_t)(n + ATTRIBUTE + SHA1_LEN - HEADER));
	hmac_run(key, pieces, sizeof(pieces) / sizeof(*pieces), tag);
}

bool binding_proven(const struct binding *m, const uint8_t *p, const struct hmac *key)
{
	uint8_t tag[CIPHER_TAG_MAX];

	if (m->proven_len == 0)
		return false;
	sign(p, m->proven_len, key, tag);
	return secret_equal(tag, p + m->proven_len + ATTRIBUTE, SHA1_LEN);
}

/* ---- answers ---- */

static uint8_t *begin(uint8_t *out, const struct binding *request, uint16_t type)
{
	put32(put16(put16(out, type), 0), COOKIE); /* the length follows in finish() */
	memcpy(out + 8, request->id, sizeof(request->id));
	return out + HEADER;
}

static uint8_t *put_head(uint8_t *at, enum attribute type, size_t len)
{
	return put16(put16(at, type), (uint32_t)len);
}

static size_t finish(uint8_t *out, uint8_t *at, const struct hmac *key)
{
	uint8_t tag[CIPHER_TAG_MAX];

	if (key) {
		sign(out, (size_t)(at - out), key, tag);
		at = put_head(at, MESSAGE_INTEGRITY, SHA1_LEN);
		memcpy(at, tag, SHA1_LEN);
		at += SHA1_LEN;
	}
	put16(out + 2, (uint32_t)(at - out - HEADER + ATTRIBUTE + 4));
	at = put32(put_head(at, FINGERPRINT, 4), fingerprint_of(out, (size_t)(at - out)));
	return (size_t)(at - out);
}

size_t binding_success(uint8_t out[BINDING_ANSWER_MAX], const struct binding *request,
	const struct net_addr *from, const struct hmac *key)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	const bool ipv4 = memcmp(from->ip, mapped, sizeof(mapped)) == 0;
	const size_t begins = ipv4 ? sizeof(mapped) : 0, n = sizeof(from->ip) - begins;
	uint8_t *at = begin(out, request, CLASS_SUCCESS | METHOD_BINDING);

	at = put_head(at, XOR_MAPPED_ADDRESS, 4 + n);
	at = put16(put16(at, ipv4 ? FAMILY_IPV4 : FAMILY_IPV6), from->port ^ COOKIE >> 16);
	for (size_t i = 0; i < n; i++) /* with the cookie and the transaction, which stand in a row */
		at[i] = from->ip[begins + i] ^ out[4 + i];
	return finish(out, at + n, key);
}

size_t binding_error(uint8_t out[BINDING_ANSWER_MAX], const struct binding *request,
	enum binding_status status, const struct hmac *key)
{
	const char *reason = status == BINDING_UNAUTHENTICATED ? "Unauthenticated"
			     : status == BINDING_UNKNOWN       ? "Unknown Attribute"
			     : status == BINDING_ROLE_CONFLICT ? "Role Conflict"
							       : "Bad Request";
	const size_t n = strlen(reason), padded = (n + 3) / 4 * 4;
	uint8_t *at = begin(out, request, CLASS_ERROR | METHOD_BINDING);

	at = put_head(at, ERROR_CODE, 4 + n);
	at = put16(put16(at, 0), (uint32_t)(status / 100 << 8 | status % 100));
	memset(at, 0, padded);
	memcpy(at, reason, n);
	at += padded;
	if (status == BINDING_UNKNOWN) {
		at = put_head(at, UNKNOWN_ATTRIBUTES, 2u * request->n_unknown);
		for (unsigned i = 0; i < request->n_unknown; i++)
			at = put16(at, request->unknown[i]);
		if (request->n_unknown % 2)
			at = put16(at, 0);
	}
	return finish(out, at, key);
}
