/* hex.h - what a hexadecimal digit stands for, in the escapes of URIs (RFC 3986 section 2.1).
 *
 * Thread: any; pure.
 */
#ifndef SIP_HEX_H
#define SIP_HEX_H

/* 0 to 15; -1: no such digit. */
static inline int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}
#endif
