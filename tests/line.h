/* line.h - a line under test: the sip plane in a process of its own, with an owner who takes every call.
 *
 * How: line_start() forks; the child runs loop and ua on loopback and writes what its handlers saw as lines of
 * text into memory that both share, so a crash of the child is a fact the test can see.  The called number says what the owner does:
 *   answer, ring (180 only), ring+answer, early (183 with description, no answer), early+answer, refuse, busy, hangup (answers, then
 *   hangs up at once), late (answers after 300 ms), silent (never decides).
 * The order "dial udp:127.0.0.2:5062 NUMBER [USER PASSWORD REALM]" makes a call; a NUMBER with "anonymous" in it hides ours; "ask METHOD
 * TARGET [USER PASSWORD REALM]" puts a question.
 * Use:  line_start(); run a peer against line_port(); line_saw(); line_stop() says how the child ended.
 */
#ifndef TESTS_LINE_H
#define TESTS_LINE_H

#include "sip/call.h"
#include <stdbool.h>

enum { LINE_LINES = 512, LINE_TEXT = 200 };

struct line_config {
	const char *trunk_a; /* network, NULL: 127.0.0.2/32 */
	const char *trunk_b; /* NULL: 127.0.0.3/32 */
	unsigned t1_ms;      /* 0: RFC's 500 */
	unsigned timer_speed;
	bool media_flows; /* what the owner says to the session timer */
	bool tcp;
	const char *host;      /* where the line listens, NULL: 127.0.0.1 */
	const char *advertise; /* NULL: the same */
};

struct line;
struct line *line_start(const struct line_config *config);
unsigned line_port(const struct line *l);
bool line_alive(const struct line *l);
struct call_stats line_stats(const struct line *l);
size_t line_count(const struct line *l, const char *part);           /* lines that contain part */
const char *line_find(const struct line *l, const char *part);       /* first such line, NULL: none */
bool line_wait(const struct line *l, const char *part, unsigned ms); /* until such a line is there */
bool line_quiet(const struct line *l, unsigned ms);                  /* until no call is live */
void line_print(const struct line *l);
void line_order(struct line *l, const char *word); /* "shutdown", "hangup": to the child */
void line_clear(struct line *l);                   /* forget the lines */
void line_hold(struct line *l, bool held);         /* the child does nothing, as when it is long busy */

/* Ends the child in order: shutdown, close.  Its exit status; -signal when one killed it. */
int line_stop(struct line *l);
#endif
