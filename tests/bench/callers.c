#include "tests/bench/callers.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SITE_LINE = 160, PROMPT_S = 6 };

/* A site with a number for each room; a room's meeting asks for nothing and makes no sound. */
char *callers_site(unsigned rooms, unsigned meetings, const char *media_port)
{
	size_t cap = 1024 + (size_t)(rooms + meetings) * SITE_LINE, n = 0;
	char *text = malloc(cap);

	if (!text)
		return NULL;
	n += (size_t)snprintf(text + n, cap - n, "accounts:\n  - name: bench\n    meetings:\n");
	for (unsigned i = 0; i < meetings; i++)
		n += (size_t)snprintf(text + n, cap - n,
			"      - { id: \"%u\", name: Room %u, chimes: false }\n", CALLERS_FIRST + i, i);
	n += (size_t)snprintf(text + n, cap - n,
		"trunks:\n  - name: carrier\n    inbound: { from: [ 127.0.0.2/32 ] }\n    media_port: "
		"%s\nnumbers:\n",
		media_port ? media_port : "own");
	for (unsigned i = 0; i < rooms; i++)
		n += (size_t)snprintf(text + n, cap - n,
			"  - { number: \"+1555%u\", trunk: carrier, account: bench, answer: \"meeting:%u\" "
			"}\n",
			CALLERS_FIRST + i, CALLERS_FIRST + i);
	return text;
}

unsigned callers_rooms(const struct bench_case *c, double scale)
{
	return c->rooms == 1 ? 1 : (unsigned)(c->rooms * scale + 0.5);
}

unsigned callers_legs(const struct bench_case *c, double scale)
{
	return c->rooms == 1 ? (unsigned)(c->per_room * scale + 0.5) : callers_rooms(c, scale) * c->per_room;
}

static void say(struct command *c, const char *word)
{
	if (c->n + 1 < ARGS)
		c->argv[c->n++] = word;
	c->argv[c->n] = NULL;
}

static void __attribute__((format(printf, 3, 4)))
option(struct command *c, const char *name, const char *format, ...)
{
	va_list args;
	char *word = c->words[c->n_words++ % 24];

	va_start(args, format);
	vsnprintf(word, sizeof(c->words[0]), format, args);
	va_end(args);
	say(c, name);
	say(c, word);
}

void callers_command(struct command *cmd, const struct bench_case *c, double scale, unsigned seconds,
	const struct bridge *b, bool own_address)
{
	char program[FOLDER_PATH * 2];
	unsigned rooms = callers_rooms(c, scale), legs = callers_legs(c, scale);
	const unsigned talkers = rooms * c->talkers;
	bool half = strcmp(c->codec, "half") == 0;

	*cmd = (struct command){ .n = 0 };
	say(cmd, "taskset");
	say(cmd, "-c");
	say(cmd, "1");
	snprintf(cmd->words[cmd->n_words], sizeof(cmd->words[0]), "%.95s", build_program("crowd", program));
	say(cmd, cmd->words[cmd->n_words++]);
	say(cmd, "--json");
	option(cmd, "--from-ip", "127.0.0.2");
	option(cmd, "--to", "sip:+1555{}@127.0.0.1:%u", b->sip_port);
	option(cmd, "--each", "%u..%u", CALLERS_FIRST, CALLERS_FIRST + rooms - 1);
	option(cmd, "--calls", "%u", half ? legs / 2 : c->talkers_last ? legs - talkers : legs);
	option(cmd, "--rate", "%g", half ? c->rate / 2 : c->rate);
	option(cmd, "--talkers", "%u", half ? talkers / 2 : c->talkers_last ? 0 : talkers);
	option(cmd, "--codec", "%s", half ? "PCMU" : c->codec);
	option(cmd, "--seconds", "%u", seconds + 2 + SETTLE_MS / 1000);
	option(cmd, "--settle", "%d", SETTLE_MS / 1000);
	say(cmd, "--say");
	say(cmd, "tone:440:-26:0.7+silence:0.3+tone:550:-26:0.6+silence:0.4");
	say(cmd, "--quiet");
	say(cmd, c->quiet);
	if (own_address)
		say(cmd, "--own-address");
	for (size_t i = 0; c->extra[i]; i++)
		say(cmd, c->extra[i]);
	if (c->talkers_last) {
		say(cmd, "--and");
		option(cmd, "--after", "%.0f", (legs - talkers) / c->rate + PROMPT_S);
		option(cmd, "--calls", "%u", talkers);
		option(cmd, "--talkers", "%u", talkers);
	}
	if (half) {
		say(cmd, "--and");
		say(cmd, "--codec");
		say(cmd, "opus");
	}
}
