/* check.h - a connectivity check as a full agent sends it, written apart from our own reader (RFC 8445 section 7.1).
 *
 * Use:  fill struct check; check_write(); check_status() of what comes back.
 *
 * Thread: the test's.
 */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CHECK_MAX = 600,
	CHECK_IS_SUCCESS = 200,
	CHECK_IS_NOTHING = 0,
	CHECK_CLOSING = 32 /* bytes of MESSAGE-INTEGRITY and FINGERPRINT */
};

enum check_flaw {
	CHECK_SOUND,
	CHECK_NO_INTEGRITY,
	CHECK_NO_USERNAME,
	CHECK_NO_FINGERPRINT,
	CHECK_WRONG_FINGERPRINT,
	CHECK_UNKNOWN_ATTRIBUTE, /* one that must be understood */
	CHECK_OPTIONAL_ATTRIBUTE,
	CHECK_CONTROLLED, /* the sender believes to be controlled */
	CHECK_INDICATION,
	CHECK_RESPONSE,
	CHECK_OTHER_METHOD,
	CHECK_FLAWS
};

struct check {
	const char *username, *password; /* "ours:theirs" as the reader sees them; the reader's password */
	uint32_t priority;
	bool nominates;
	enum check_flaw flaw;
	uint32_t id; /* into the transaction */
};

size_t check_write(uint8_t out[CHECK_MAX], const struct check *c);
/* Puts MESSAGE-INTEGRITY and FINGERPRINT behind the `len` bytes of a message; `out` has room for them.  The new length. */
size_t check_close(uint8_t *out, size_t len, const char *password);
/* Of an answer to it: CHECK_IS_SUCCESS, the error's number, or CHECK_IS_NOTHING of what is no answer to it. */
unsigned check_status(const uint8_t *p, size_t len, const struct check *c);
#endif
