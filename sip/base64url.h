/* base64url.h - bytes as letters that a URL and a token may hold (RFC 4648 section 5), without padding (RFC 7515 section 2).
 *
 * Thread: any; pure.
 */
#ifndef SIP_BASE64URL_H
#define SIP_BASE64URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Letters that n bytes take, and bytes that n letters give at most. */
#define BASE64URL_LETTERS(n) (((n)*4 + 2) / 3)
#define BASE64URL_BYTES(n) ((n) / 4 * 3 + 2)

/* 0-terminated; false: it does not fit. */
bool base64url_write(char *out, size_t cap, const void *bytes, size_t n);
/* Strict: no padding, no other letter, no bits that are lost.  False: not that, or over cap; *n_out is 0 then. */
bool base64url_read(void *out, size_t cap, size_t *n_out, const char *text, size_t n);
#endif
