#include "tests/check.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

static uint8_t *put(uint8_t *at, uint64_t value, unsigned bytes)
{
	while (bytes--)
		*at++ = (uint8_t)(value >> 8 * bytes);
	return at;
}

static uint8_t *attribute(uint8_t *at, uint16_t type, const void *value, size_t n)
{
	at = put(put(at, type, 2), n, 2);
	memset(at, ' ', (n + 3) / 4 * 4); /* padding may be anything */
	if (n)
		memcpy(at, value, n);
	return at + (n + 3) / 4 * 4;
}

static uint32_t crc_by_bits(const uint8_t *p, size_t n)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < 8 * n; i++)
		crc = crc >> 1 ^ (((crc ^ (uint32_t)p[i / 8] >> i % 8) & 1) ? 0xedb88320 : 0);
	return ~crc;
}

static uint8_t *add_integrity(uint8_t *out, uint8_t *at, const char *password)
{
	uint8_t tag[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	put(out + 2, (size_t)(at - out) - 20 + 24, 2);
	HMAC(EVP_sha1(), password, (int)strlen(password), out, (size_t)(at - out), tag, &n);
	return attribute(at, 0x0008, tag, 20);
}

static uint8_t *add_fingerprint(uint8_t *out, uint8_t *at, bool wrong)
{
	uint8_t number[4];

	put(out + 2, (size_t)(at - out) - 20 + 8, 2);
	put(number, crc_by_bits(out, (size_t)(at - out)) ^ 0x5354554e ^ wrong, 4);
	return attribute(at, 0x8028, number, 4);
}

size_t check_close(uint8_t *out, size_t len, const char *password)
{
	return (size_t)(add_fingerprint(out, add_integrity(out, out + len, password), false) - out);
}

size_t check_write(uint8_t out[CHECK_MAX], const struct check *c)
{
	const unsigned type = c->flaw == CHECK_INDICATION     ? 0x0011
			      : c->flaw == CHECK_RESPONSE     ? 0x0101
			      : c->flaw == CHECK_OTHER_METHOD ? 0x0003
							      : 0x0001;
	uint8_t *at = put(put(put(put(out, type, 2), 0, 2), 0x2112a442, 4), 0, 8), number[8];

	at = put(at, c->id, 4);
	if (c->flaw != CHECK_NO_USERNAME)
		at = attribute(at, 0x0006, c->username, strlen(c->username));
	put(number, c->priority, 4);
	at = attribute(at, 0x0024, number, 4);
	put(number, 0x1234567890, 8);
	at = attribute(at, c->flaw == CHECK_CONTROLLED ? 0x8029 : 0x802a, number, 8);
	if (c->nominates)
		at = attribute(at, 0x0025, NULL, 0);
	if (c->flaw == CHECK_UNKNOWN_ATTRIBUTE)
		at = attribute(at, 0x7abc, "?", 1);
	if (c->flaw == CHECK_OPTIONAL_ATTRIBUTE)
		at = attribute(at, 0xc057, "net", 3);
	if (c->flaw != CHECK_NO_INTEGRITY)
		at = add_integrity(out, at, c->password);
	if (c->flaw != CHECK_NO_FINGERPRINT)
		return (size_t)(add_fingerprint(out, at, c->flaw == CHECK_WRONG_FINGERPRINT) - out);
	put(out + 2, (size_t)(at - out) - 20, 2);
	return (size_t)(at - out);
}

unsigned check_status(const uint8_t *p, size_t len, const struct check *c)
{
	uint8_t id[4];

	put(id, c->id, 4);
	if (len < 20 || memcmp(p + 16, id, 4) != 0 || p[0] != 1)
		return CHECK_IS_NOTHING;
	if (p[1] == 0x01)
		return CHECK_IS_SUCCESS;
	return p[1] == 0x11 && len >= 28 && p[21] == 0x09 ? p[26] * 100u + p[27] : CHECK_IS_NOTHING;
}
