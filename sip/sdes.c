#include "sip/sdes.h"

#include "sip/span.h"

#include <assert.h>
#include <stdio.h>

enum { LIFETIME_POWER_MAX = 48, WSH_MIN = 64 };

static const struct {
	const char *name;
	size_t master_len;
} suites[SDES_SUITES] = {
	[SDES_NONE] = { "", 0 },
	[SDES_AES_CM_128_80] = { "AES_CM_128_HMAC_SHA1_80", 16 + 14 },
	[SDES_AES_CM_128_32] = { "AES_CM_128_HMAC_SHA1_32", 16 + 14 },
	[SDES_GCM_128] = { "AEAD_AES_128_GCM", 16 + 12 },
	[SDES_GCM_256] = { "AEAD_AES_256_GCM", 32 + 12 },
};

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t sdes_master_len(enum sdes_suite suite)
{
	return (unsigned)suite < SDES_SUITES ? suites[suite].master_len : 0;
}

const char *sdes_suite_name(enum sdes_suite suite)
{
	return (unsigned)suite < SDES_SUITES ? suites[suite].name : "";
}

/* Exactly n bytes.  The padding may be missing, as some leave it out; bits of no byte must be 0. */
static bool read_base64(uint8_t *out, size_t n, struct span text)
{
	uint32_t bits = 0;
	unsigned n_bits = 0;
	size_t at = 0;

	for (unsigned padding = 0; padding < 2 && text.n && text.p[text.n - 1] == '='; padding++)
		text.n--;
	if (text.n != (n * 8 + 5) / 6)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		const char *digit = text.p[i] ? strchr(base64, text.p[i]) : NULL;

		if (!digit)
			return false;
		bits = bits << 6 | (uint32_t)(digit - base64);
		n_bits += 6;
		if (n_bits < 8)
			continue;
		n_bits -= 8;
		out[at++] = (uint8_t)(bits >> n_bits);
	}
	return at == n && !(bits & ((1u << n_bits) - 1));
}

static size_t write_base64(char *out, const uint8_t *p, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i += 3) {
		const uint32_t bits = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) |
				      (i + 2 < n ? p[i + 2] : 0);

		out[len++] = base64[bits >> 18];
		out[len++] = base64[bits >> 12 & 63];
		out[len++] = i + 1 < n ? base64[bits >> 6 & 63] : '=';
		out[len++] = i + 2 < n ? base64[bits & 63] : '=';
	}
	out[len] = '\0';
	return len;
}

/* Packets, as a number or a power of two: "2^20", "1048576". */
static bool is_lifetime(struct span text)
{
	uint64_t n = 0;

	if (text.n > 2 && text.p[0] == '2' && text.p[1] == '^')
		return span_number(&n, (struct span){ text.p + 2, text.n - 2 }, LIFETIME_POWER_MAX) ==
		       SPAN_NUMBER;
	return span_number(&n, text, 1ull << LIFETIME_POWER_MAX) == SPAN_NUMBER && n > 0;
}

/* "1:4": a number, in so many bytes. */
static enum call_err read_mki(struct sdes_key *key, struct span text)
{
	const struct span value = span_until(&text, ':');
	uint64_t n, len;

	if (span_number(&len, text, 128) != SPAN_NUMBER || len == 0)
		return CALL_SYNTAX;
	if (len > SDES_MKI_MAX)
		return CALL_NO_MATCH;
	if (span_number(&n, value, (1ull << 8 * len) - 1) != SPAN_NUMBER)
		return CALL_SYNTAX;
	key->mki_len = (uint8_t)len;
	for (size_t i = len; i-- > 0; n >>= 8)
		key->mki[i] = (uint8_t)n;
	return CALL_OK;
}

/* inline:key[|lifetime][|MKI:length] */
static enum call_err read_key(struct sdes_key *key, struct span text)
{
	const struct span method = span_until(&text, ':'), master = span_until(&text, '|');
	struct span part = span_until(&text, '|');

	if (!span_is(method, "inline"))
		return CALL_NO_MATCH;
	if (!read_base64(key->master, sdes_master_len(key->suite), master))
		return CALL_SYNTAX;
	if (part.n && !memchr(part.p, ':', part.n)) {
		if (!is_lifetime(part))
			return CALL_SYNTAX;
		part = span_until(&text, '|');
	}
	if (text.n)
		return CALL_SYNTAX;
	return part.n ? read_mki(key, part) : CALL_OK;
}

/* A replay window of at least 64 packets is what we have; more is a wish, and no duty. */
static bool is_harmless(struct span parameter)
{
	const struct span name = span_until(&parameter, '=');
	uint64_t n;

	return span_is(name, "WSH") && span_number(&n, parameter, UINT32_MAX) == SPAN_NUMBER && n >= WSH_MIN;
}

static enum call_err read_line(struct sdes_key *key, const struct sdp_crypto *line)
{
	struct span rest = span_of(line->params), keys, parameter;

	for (int suite = SDES_NONE + 1; suite < SDES_SUITES; suite++)
		if (span_is(span_of(line->suite), suites[suite].name))
			key->suite = (enum sdes_suite)suite;
	if (key->suite == SDES_NONE)
		return CALL_NO_MATCH;
	key->tag = line->tag;
	keys = span_word(&rest);
	if (keys.n && memchr(keys.p, ';', keys.n)) /* several keys, told apart by their numbers */
		return CALL_NO_MATCH;
	while ((parameter = span_word(&rest)).n)
		if (!is_harmless(parameter))
			return CALL_NO_MATCH;
	return read_key(key, keys);
}

enum call_err sdes_read(struct sdes_key *out, const struct sdp_crypto *line)
{
	struct sdes_key key = { .suite = SDES_NONE };
	enum call_err err = read_line(&key, line);

	*out = err ? (struct sdes_key){ .suite = SDES_NONE } : key;
	explicit_bzero(&key, sizeof(key));
	return err;
}

void sdes_write(struct sdp_crypto *out, const struct sdes_key *key)
{
	static const char method[] = "inline:";

	assert(sdes_master_len(key->suite) > 0);
	out->tag = key->tag;
	snprintf(out->suite, sizeof(out->suite), "%s", sdes_suite_name(key->suite));
	memcpy(out->params, method, sizeof(method));
	write_base64(out->params + sizeof(method) - 1, key->master, sdes_master_len(key->suite));
}

bool sdes_choose(struct sdes_key *out, const struct sdp_media *m)
{
	for (unsigned i = 0; i < m->n_crypto; i++)
		if (sdes_read(out, &m->crypto[i]) == CALL_OK)
			return true;
	*out = (struct sdes_key){ .suite = SDES_NONE };
	return false;
}
