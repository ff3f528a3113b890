/* linebed.h - a line, raw callers from its two trunks and from nowhere, and what must be true of it afterwards.
 *
 * Use:  line_of(); caller_of() each far end; check_read() after many messages at once; check_call_lives() when a call should not
 * have noticed; check_end().
 *
 * Thread: the test's; a check that fails ends the test.
 */
#ifndef TESTS_LINEBED_H
#define TESTS_LINEBED_H

#include "tests/flow/peer.h"
#include "tests/line.h"
#include "tests/rawsip.h"
#include "tests/test.h"

#define TRUNK "127.0.0.2"
#define OTHER_TRUNK "127.0.0.3"
#define STRANGER "127.0.0.9"

enum { WAIT_MS = 2000, SILENCE_MS = 300 };

static inline struct line *line_of(unsigned t1_ms, unsigned timer_speed)
{
	struct line *l =
		line_start(&(struct line_config){ .t1_ms = t1_ms, .timer_speed = timer_speed, .tcp = true });

	CHECK(line_port(l), "line is up");
	return l;
}

static inline void caller_of(struct raw *r, const char *ip, const struct line *l)
{
	CHECK(raw_open(r, ip, 0, line_port(l), false), "%s: socket", ip);
}

/* The line has read what was sent to it before: a question from the same trunk is answered.  The kernel may have thrown the
 * question away behind a full socket, so it is put again; r's dialog is gone afterwards. */
static inline void check_read(struct raw *r)
{
	enum { TRIES = 20, PATIENCE_MS = 250 };
	unsigned status = 0;

	for (unsigned i = 0; i < TRIES && status != 200; i++) {
		raw_fresh(r, "answer");
		raw_request(r, "OPTIONS", NULL, NULL);
		status = raw_final(r, PATIENCE_MS);
	}
	CHECK_INT(200, status, "the line reads on");
}

/* Is the call still as it was?  The far end asks and hangs up. */
static inline void check_call_lives(struct raw *r, const char *story)
{
	raw_request(r, "OPTIONS", NULL, NULL);
	CHECK_INT(200, raw_final(r, WAIT_MS), story);
	raw_request(r, "BYE", "Contact:\r\n", NULL);
	CHECK_INT(200, raw_final(r, WAIT_MS), story);
}

static inline void check_end(struct line *l, const char *story)
{
	if (!line_quiet(l, 5000))
		line_print(l);
	CHECK(line_quiet(l, 10), "%s: calls are left", story);
	CHECK_INT(0, line_stop(l), story);
}
#endif
