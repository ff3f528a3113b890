/* crowd_options.h - what crowd was asked for: groups of callers who do the same.
 *
 * How: options describe a group; --and begins the next one, which is like the one before it but
 * for what is said anew.
 *
 * Thread: one.
 */
#ifndef TOOLS_CROWD_OPTIONS_H
#define TOOLS_CROWD_OPTIONS_H

#include "mixer/codec.h"
#include "tools/crowd_keys.h"
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	CROWD_GROUPS = 64,
	CROWD_CALLS_MAX = 20000,
	CROWD_SECONDS_MAX = 86400,
	CROWD_HEAR_MAX = 16,
	CROWD_TEXT = 512
};

struct crowd_group {
	char to[CROWD_TEXT], from_user[64], keys_text[CROWD_KEYS_MAX], say[CROWD_TEXT], quiet[CROWD_TEXT],
		record[CROWD_TEXT];
	struct in_addr from_ip;
	struct sockaddr_in server; /* from `to` */
	unsigned calls;
	double rate, after_s;
	enum codec_id codec; /* CODEC_NONE: mix, one after another */
	unsigned ptime_ms, press_ms, digits_by;
	unsigned talkers; /* of `calls`, the first ones */
	bool dtx, comfort;
	unsigned long long each_first, each_last; /* "{}" in `to` and keys */
	unsigned each_width;                      /* 0: no range was given */
	unsigned hear_hz[CROWD_HEAR_MAX], n_hear;
};

struct crowd_options {
	struct crowd_group groups[CROWD_GROUPS];
	unsigned n_groups, n_calls;
	double seconds;
	double settle_s; /* after all are up, before delay is measured: prompts end */
	bool own_time;   /* each call counts its own seconds; else all end together */
	bool delay;      /* measure mouth to ear */
	bool json, allow_remote;
	unsigned share; /* callers on one RTP socket */
	bool own_address;
	uint64_t seed;
};

enum crowd_parsed { CROWD_GO, CROWD_HELP, CROWD_USAGE };

/* CROWD_USAGE: *why says what is wrong. */
enum crowd_parsed crowd_options_read(
	struct crowd_options *out, int argc, char **argv, char *why, size_t why_cap);
const char *crowd_options_help(void);
unsigned crowd_group_values(const struct crowd_group *g); /* size of the range of --each, at least 1 */
#endif
