#include "tools/crowd_options.h"
#include "tools/crowd_sip.h"
#include <arpa/inet.h>
#include <getopt.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum option_name {
	OPT_TO = 256,
	OPT_FROM,
	OPT_FROM_IP,
	OPT_CALLS,
	OPT_RATE,
	OPT_AFTER,
	OPT_CODEC,
	OPT_PTIME,
	OPT_KEYS,
	OPT_DIGITS_BY,
	OPT_PRESS,
	OPT_SAY,
	OPT_QUIET,
	OPT_TALKERS,
	OPT_COMFORT,
	OPT_DTX,
	OPT_EACH,
	OPT_HEAR,
	OPT_RECORD,
	OPT_AND,
	OPT_SECONDS,
	OPT_SETTLE,
	OPT_OWN_TIME,
	OPT_DELAY,
	OPT_JSON,
	OPT_TABLE,
	OPT_ALLOW_REMOTE,
	OPT_SHARE,
	OPT_OWN_ADDRESS,
	OPT_SEED,
	OPT_HELP
};

const char *crowd_options_help(void)
{
	return "crowd - simulated callers: they call, key in, talk, hear, hang up, and count\n"
	       "\n"
	       "  crowd --to sip:+15550100@127.0.0.1:5060 --from-ip 127.0.0.2 --keys '483920175#4821#'\n"
	       "\n"
	       "of a group of callers; --and begins the next group, like the one before but for what "
	       "follows\n"
	       "  --to URI             whom to call; \"{}\" is replaced, see --each\n"
	       "  --from USER          who calls; \"{}\" is the caller's number (+1555900{})\n"
	       "  --from-ip IP         from where (127.0.0.1)\n"
	       "  --calls N            how many (1)                 --rate CPS     how fast (10)\n"
	       "  --after S            begin later (0)\n"
	       "  --codec NAME         PCMU PCMA G722 opus, or mix: one after another (PCMU)\n"
	       "  --ptime MS           10 20 30 40 60 (20)          --dtx          Opus sends nothing in "
	       "silence\n"
	       "  --keys KEYS          0-9*#A-D; ',' waits 0.5 s, 'w' until the prompt has ended\n"
	       "  --digits-by WAYS     event info inband, joined by '+' (event)\n"
	       "  --press MS           how long a key is held (100)\n"
	       "  --each A..B          \"{}\" in --to and --keys is A, A+1 ... B, caller by caller\n"
	       "  --say SOUND          tone:HZ[:-LEVEL][:S] noise[:-LEVEL] silence[:S] FILE, joined by '+' "
	       "(silence)\n"
	       "                       (in a room of many, a tone that never pauses counts as noise: add "
	       "silence:0.3)\n"
	       "  --talkers K          only the first K say it      --quiet SOUND  what the others say "
	       "(silence)\n"
	       "  --hear HZ,HZ,...     report the level of each in the last 2 s heard, in dBov\n"
	       "  --record FILE.wav    what the group's first caller hears\n"
	       "\n"
	       "of the run\n"
	       "  --seconds S          stay S after all are up and keyed in; all end together (10)\n"
	       "  --own-time           each stays S of its own instead\n"
	       "  --delay              measure the bridge's delay, from the packet that a burst begins with "
	       "to the\n"
	       "                       packet that brings it: one talker in each room (--each), the others "
	       "listen\n"
	       "  --settle S           before that, so that prompts are over (0; with --delay 6)\n"
	       "  --comfort-noise      takes comfort noise (RFC 3389) for silence; G.711 alone\n"
	       "  --share N            callers on one RTP socket (128)\n"
	       "  --own-address        RTP of each from an address of its own, 127.64.0.1 onwards\n"
	       "  --seed N             of all that is random (1)\n"
	       "  --json | --table     what is printed (table)\n"
	       "  --allow-remote       call beyond 127.0.0.0/8\n"
	       "\n"
	       "examples\n"
	       "  four callers, four codecs, in one meeting:  --calls 4 --codec mix --say tone:440 --hear "
	       "440\n"
	       "  100 rooms of 10, 2 talkers in each:         --to 'sip:+1555{}@127.0.0.1' --each "
	       "100000..100099\n"
	       "                                              --calls 1000 --talkers 200 --rate 100 --say "
	       "file.wav\n"
	       "\n"
	       "exit: 0 all calls went as planned, 1 some did not, 2 usage\n";
}

unsigned crowd_group_values(const struct crowd_group *g)
{
	return g->each_width ? (unsigned)(g->each_last - g->each_first + 1) : 1;
}

/* What one option needs beside its name. */
struct parse {
	struct crowd_options *o;
	char *why;
	size_t why_cap;
};

static bool bad(struct parse *p, const char *option, const char *value, const char *expected)
{
	snprintf(p->why, p->why_cap, "--%s %s: expected %s", option, value, expected);
	return false;
}

static bool number(const char *text, double low, double high, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return end != text && *end == '\0' && *out >= low && *out <= high;
}

static bool whole(const char *text, unsigned low, unsigned high, unsigned *out)
{
	double n;

	if (!number(text, low, high, &n))
		return false;
	*out = (unsigned)n;
	return (double)*out == n;
}

static bool put_text(struct parse *p, char *out, size_t cap, const char *option, const char *value)
{
	if (!*value || strlen(value) >= cap)
		return bad(p, option, value, "a text that is neither empty nor so long");
	snprintf(out, cap, "%s", value);
	return true;
}

static bool read_codec(struct crowd_group *g, const char *value)
{
	g->codec = CODEC_NONE;
	for (enum codec_id id = CODEC_NONE + 1; id < CODECS; id++)
		if (strcasecmp(value, codec_info(id)->name) == 0)
			g->codec = id;
	return g->codec != CODEC_NONE || strcasecmp(value, "mix") == 0;
}

static bool read_hear(struct crowd_group *g, const char *value)
{
	g->n_hear = 0;
	while (*value) {
		char *end;
		unsigned long hz = strtoul(value, &end, 10);
		if (end == value || hz < 20 || hz > 24000 || g->n_hear == CROWD_HEAR_MAX ||
			(*end && *end != ','))
			return false;
		g->hear_hz[g->n_hear++] = (unsigned)hz;
		value = *end ? end + 1 : end;
	}
	return g->n_hear > 0;
}

static bool read_each(struct crowd_group *g, const char *value)
{
	int width = 0, used = 0;

	if (sscanf(value, "%18llu%n..%18llu%n", &g->each_first, &width, &g->each_last, &used) != 2 ||
		value[used] || g->each_last < g->each_first ||
		g->each_last - g->each_first >= CROWD_CALLS_MAX)
		return false;
	g->each_width = (unsigned)width;
	return true;
}

static bool read_group_option(
	struct parse *p, struct crowd_group *g, int option, const char *name, const char *value)
{
	struct crowd_keys keys;
	char wrong[96];

	switch (option) {
	case OPT_TO: return put_text(p, g->to, sizeof(g->to), name, value);
	case OPT_FROM: return put_text(p, g->from_user, sizeof(g->from_user), name, value);
	case OPT_SAY: return put_text(p, g->say, sizeof(g->say), name, value);
	case OPT_QUIET: return put_text(p, g->quiet, sizeof(g->quiet), name, value);
	case OPT_RECORD: return put_text(p, g->record, sizeof(g->record), name, value);
	case OPT_FROM_IP:
		return inet_pton(AF_INET, value, &g->from_ip) == 1 || bad(p, name, value, "an IPv4 address");
	case OPT_CALLS:
		return whole(value, 1, CROWD_CALLS_MAX, &g->calls) || bad(p, name, value, "1 to 20000 calls");
	case OPT_RATE:
		return number(value, 0.01, 5000, &g->rate) ||
		       bad(p, name, value, "0.01 to 5000 calls per second");
	case OPT_AFTER:
		return number(value, 0, 3600, &g->after_s) || bad(p, name, value, "0 to 3600 seconds");
	case OPT_CODEC: return read_codec(g, value) || bad(p, name, value, "PCMU, PCMA, G722, opus or mix");
	case OPT_PTIME:
		return (whole(value, 10, 60, &g->ptime_ms) && g->ptime_ms % 10 == 0) ||
		       bad(p, name, value, "10, 20, 30, 40, 50 or 60 ms");
	case OPT_PRESS: return whole(value, 20, 5000, &g->press_ms) || bad(p, name, value, "20 to 5000 ms");
	case OPT_TALKERS:
		return whole(value, 0, CROWD_CALLS_MAX, &g->talkers) || bad(p, name, value, "0 to 20000");
	case OPT_HEAR:
		return read_hear(g, value) || bad(p, name, value, "1 to 16 frequencies in Hz, with commas");
	case OPT_EACH: return read_each(g, value) || bad(p, name, value, "a range such as 100000..100249");
	case OPT_DIGITS_BY:
		g->digits_by = crowd_digits_by_read(value);
		return g->digits_by || bad(p, name, value, "event, info, inband, joined by '+'");
	case OPT_KEYS:
		snprintf(g->keys_text, sizeof(g->keys_text), "%s", value);
		char probe[CROWD_KEYS_MAX];
		if (!crowd_template(probe, sizeof(probe), value, 0, 1) ||
			!crowd_keys_read(&keys, probe, wrong, sizeof(wrong)))
			return bad(p, name, value, "keys 0-9 * # A-D and ',' 'w'");
		return true;
	case OPT_COMFORT: return g->comfort = true;
	default: g->dtx = true; return true;
	}
}

static bool read_run_option(struct parse *p, int option, const char *name, const char *value)
{
	struct crowd_options *o = p->o;
	double n;

	switch (option) {
	case OPT_SECONDS:
		return number(value, 0, CROWD_SECONDS_MAX, &o->seconds) ||
		       bad(p, name, value, "0 to 86400 seconds");
	case OPT_SETTLE:
		return number(value, 0, 600, &o->settle_s) || bad(p, name, value, "0 to 600 seconds");
	case OPT_SHARE: return whole(value, 1, 1000, &o->share) || bad(p, name, value, "1 to 1000 callers");
	case OPT_SEED:
		if (!number(value, 0, 9e15, &n))
			return bad(p, name, value, "a whole number");
		o->seed = (uint64_t)n;
		return true;
	case OPT_OWN_TIME: return o->own_time = true;
	case OPT_DELAY: return o->delay = true;
	case OPT_OWN_ADDRESS: return o->own_address = true;
	case OPT_JSON: return o->json = true;
	case OPT_TABLE: o->json = false; return true;
	default: return o->allow_remote = true;
	}
}

/* Where a URI's host is.  Names are looked up only when calls may go beyond this machine. */
static bool find_server(struct crowd_group *g, bool allow_remote, char *why, size_t why_cap)
{
	char to[CROWD_TEXT], host[128];
	uint16_t port;

	crowd_template(to, sizeof(to), g->to, g->each_first, g->each_width);
	if (!crowd_uri_host((struct crowd_span){ to, strlen(to) }, host, sizeof(host), &port)) {
		snprintf(why, why_cap, "--to '%s': expected sip:USER@HOST:PORT", g->to);
		return false;
	}
	g->server = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
	if (strcasecmp(host, "localhost") == 0)
		snprintf(host, sizeof(host), "127.0.0.1");
	if (inet_pton(AF_INET, host, &g->server.sin_addr) != 1) {
		struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_DGRAM }, *found = NULL;
		if (!allow_remote || getaddrinfo(host, NULL, &hints, &found) != 0) {
			snprintf(why, why_cap, "--to: no IPv4 address for '%s'%s", host,
				allow_remote ? "" : " (names need --allow-remote)");
			return false;
		}
		g->server.sin_addr = ((struct sockaddr_in *)(void *)found->ai_addr)->sin_addr;
		freeaddrinfo(found);
	}
	if (!allow_remote && ntohl(g->server.sin_addr.s_addr) >> 24 != 127) {
		snprintf(why, why_cap, "--to %s is not on this machine; --allow-remote permits it", host);
		return false;
	}
	return true;
}

static bool check_groups(struct crowd_options *o, char *why, size_t why_cap)
{
	if (o->settle_s < 0)
		o->settle_s = o->delay ? 6 : 0;
	for (unsigned i = 0; i < o->n_groups; i++) {
		struct crowd_group *g = &o->groups[i];
		if (!g->to[0]) {
			snprintf(why, why_cap, "--to is missing");
			return false;
		}
		if (o->delay) {
			snprintf(g->say, sizeof(g->say), "bursts");
			g->talkers = crowd_group_values(g);
			if (500 % g->ptime_ms) {
				snprintf(why, why_cap, "--delay needs a ptime of 10, 20 or 50 ms");
				return false;
			}
		}
		if (!find_server(g, o->allow_remote, why, why_cap))
			return false;
		o->n_calls += g->calls;
	}
	if (o->n_calls > CROWD_CALLS_MAX) {
		snprintf(why, why_cap, "more than %d calls", CROWD_CALLS_MAX);
		return false;
	}
	return true;
}

enum crowd_parsed crowd_options_read(
	struct crowd_options *out, int argc, char **argv, char *why, size_t why_cap)
{
	static const struct option names[] = {
		{ "to", required_argument, NULL, OPT_TO },
		{ "from", required_argument, NULL, OPT_FROM },
		{ "from-ip", required_argument, NULL, OPT_FROM_IP },
		{ "calls", required_argument, NULL, OPT_CALLS },
		{ "rate", required_argument, NULL, OPT_RATE },
		{ "after", required_argument, NULL, OPT_AFTER },
		{ "codec", required_argument, NULL, OPT_CODEC },
		{ "ptime", required_argument, NULL, OPT_PTIME },
		{ "keys", required_argument, NULL, OPT_KEYS },
		{ "digits-by", required_argument, NULL, OPT_DIGITS_BY },
		{ "press", required_argument, NULL, OPT_PRESS },
		{ "say", required_argument, NULL, OPT_SAY },
		{ "quiet", required_argument, NULL, OPT_QUIET },
		{ "talkers", required_argument, NULL, OPT_TALKERS },
		{ "dtx", no_argument, NULL, OPT_DTX },
		{ "each", required_argument, NULL, OPT_EACH },
		{ "hear", required_argument, NULL, OPT_HEAR },
		{ "record", required_argument, NULL, OPT_RECORD },
		{ "and", no_argument, NULL, OPT_AND },
		{ "seconds", required_argument, NULL, OPT_SECONDS },
		{ "settle", required_argument, NULL, OPT_SETTLE },
		{ "own-time", no_argument, NULL, OPT_OWN_TIME },
		{ "delay", no_argument, NULL, OPT_DELAY },
		{ "comfort-noise", no_argument, NULL, OPT_COMFORT },
		{ "own-address", no_argument, NULL, OPT_OWN_ADDRESS },
		{ "json", no_argument, NULL, OPT_JSON },
		{ "table", no_argument, NULL, OPT_TABLE },
		{ "allow-remote", no_argument, NULL, OPT_ALLOW_REMOTE },
		{ "share", required_argument, NULL, OPT_SHARE },
		{ "seed", required_argument, NULL, OPT_SEED },
		{ "help", no_argument, NULL, OPT_HELP },
		{ NULL, 0, NULL, 0 },
	};
	struct parse p = { out, why, why_cap };
	int option, index = 0;

	*out = (struct crowd_options){
		.n_groups = 1, .seconds = 10, .settle_s = -1, .share = 128, .seed = 1
	};
	out->groups[0] = (struct crowd_group){ .from_user = "+1555900{}",
		.calls = 1,
		.rate = 10,
		.codec = CODEC_PCMU,
		.ptime_ms = 20,
		.press_ms = 100,
		.digits_by = CROWD_BY_EVENT,
		.talkers = CROWD_CALLS_MAX,
		.say = "silence",
		.quiet = "silence",
		.from_ip = { htonl(INADDR_LOOPBACK) } };
	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "h", names, &index)) != -1) {
		struct crowd_group *g = &out->groups[out->n_groups - 1];
		if (option == 'h' || option == OPT_HELP)
			return CROWD_HELP;
		if (option == '?') {
			snprintf(why, why_cap, "%s: unknown, or its value is missing", argv[optind - 1]);
			return CROWD_USAGE;
		}
		if (option == OPT_AND) {
			if (out->n_groups == CROWD_GROUPS) {
				snprintf(why, why_cap, "more than %d groups", CROWD_GROUPS);
				return CROWD_USAGE;
			}
			out->groups[out->n_groups] = *g;
			out->groups[out->n_groups++].record[0] = '\0';
			continue;
		}
		bool ok = option < OPT_AND ? read_group_option(&p, g, option, names[index].name, optarg)
					   : read_run_option(&p, option, names[index].name, optarg);
		if (!ok)
			return CROWD_USAGE;
	}
	if (optind < argc) {
		snprintf(why, why_cap, "'%s' is no option", argv[optind]);
		return CROWD_USAGE;
	}
	return check_groups(out, why, why_cap) ? CROWD_GO : CROWD_USAGE;
}
