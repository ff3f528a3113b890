#include "sip/base64url.h"

#include <string.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

bool base64url_write(char *out, size_t cap, const void *bytes, size_t n)
{
	const uint8_t *in = bytes;
	size_t at = 0;

	if (BASE64URL_LETTERS(n) >= cap)
		return false;
	for (size_t i = 0; i < n; i += 3) {
		const size_t left = n - i < 3 ? n - i : 3;
		const uint32_t three = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) |
				       (left > 2 ? in[i + 2] : 0u);

		for (size_t k = 0; k <= left; k++)
			out[at++] = letters[three >> (18 - 6 * k) & 63];
	}
	out[at] = '\0';
	return true;
}

bool base64url_read(void *out, size_t cap, size_t *n_out, const char *text, size_t n)
{
	uint8_t *bytes = out;
	uint32_t bits = 0;
	unsigned n_bits = 0;
	size_t at = 0;

	*n_out = 0;
	if (n % 4 == 1)
		return false;
	for (size_t i = 0; i < n; i++) {
		const char *letter = text[i] ? strchr(letters, text[i]) : NULL;

		if (!letter)
			return false;
		bits = bits << 6 | (uint32_t)(letter - letters);
		n_bits += 6;
		if (n_bits < 8)
			continue;
		n_bits -= 8;
		if (at == cap)
			return false;
		bytes[at++] = (uint8_t)(bits >> n_bits);
		bits &= (1u << n_bits) - 1;
	}
	if (bits) /* two texts must not mean the same bytes */
		return false;
	*n_out = at;
	return true;
}
