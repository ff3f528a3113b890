/* utf8.h - characters of a text that anybody may have written.
 *
 * Thread: any; pure.
 */
#ifndef BRIDGE_UTF8_H
#define BRIDGE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the sequence that begins at `p`, a text that ends with 0, and its character in *out (RFC 3629 section 4: shortest form,
 * no surrogates).  0: there is none, and *out is as it was. */
static inline size_t utf8_take(const unsigned char *p, uint32_t *out)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = p[0] < 0x80   ? 1
		   : p[0] < 0xc2 ? 0
		   : p[0] < 0xe0 ? 2
		   : p[0] < 0xf0 ? 3
		   : p[0] < 0xf5 ? 4
				 : 0;
	uint32_t code = n == 1 ? p[0] : n ? (uint32_t)(p[0] & (0x7f >> n)) : 0;

	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3f);
	}
	if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*out = code;
	return n;
}
#endif
