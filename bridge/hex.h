/* hex.h - bytes as hexadecimal digits; back: sip/hex.h.
 *
 * Thread: any; pure.
 */
#ifndef BRIDGE_HEX_H
#define BRIDGE_HEX_H

#include <stddef.h>
#include <stdint.h>

/* Writes 2 * n digits, small letters, and a 0 behind them. */
static inline void hex_write(char *out, const uint8_t *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
	*out = '\0';
}
#endif
