/* callers.h - a case's callers: the site they call, and the crowd that plays them.
 *
 * How: a room is a meeting with a number of its own, which asks for nothing and makes no sound.  crowd is tied
 * to core 1; a sound is encoded once for all callers of a codec, so Opus callers cost it no more than others.
 *
 * Thread: one.
 */
#ifndef TESTS_BENCH_CALLERS_H
#define TESTS_BENCH_CALLERS_H

#include "tests/bench/cases.h"
#include "tests/flow/bridge.h"

enum {
	ARGS = 64,
	SETTLE_MS = 10000,
	CALLERS_FIRST = 100000 /* the first meeting, and the end of its number */
};

/* What crowd is started with. Texts live in `words`. */
struct command {
	const char *argv[ARGS];
	size_t n;
	char words[24][96];
	size_t n_words;
};

/* Of the number of rooms, or of the people in the only one. */
unsigned callers_rooms(const struct bench_case *c, double scale);
unsigned callers_legs(const struct bench_case *c, double scale);
/* YAML, allocated; media_port as in a trunk, NULL: as without. */
char *callers_site(unsigned rooms, unsigned meetings, const char *media_port);
/* `own_address`: of each caller's sound. */
void callers_command(struct command *cmd, const struct bench_case *c, double scale, unsigned seconds,
	const struct bridge *b, bool own_address);
#endif
