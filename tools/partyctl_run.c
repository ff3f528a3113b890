/* partyctl_run.c - the command line: verbs, options, help, exit codes. */
#include "tools/partyctl.h"
#include "bridge/config.h"
#include "bridge/version.h"

#include <stdlib.h>
#include <string.h>

static ctl_verb_fn print_help, print_version;

#define OBJECT(word, id)                                                                                     \
	word, 1, CTL_ARGS_MAX, ctl_object,                                                                   \
		word " list [--filter FIELD=VALUE,...] [--limit N] | get " id " | create FIELD=VALUE... | "  \
		     "change " id " FIELD=VALUE... | delete " id

static const struct verb {
	const char *name;
	size_t min, max; /* arguments */
	ctl_verb_fn *run;
	const char *usage, *summary;
} verbs[] = {
	{ "apply", 1, 1, ctl_apply, "apply FILE [--dry-run]",
		"put a site file in force, whole or not at all; - reads stdin" },
	{ "rollback", 0, 0, ctl_rollback, "rollback [--dry-run]",
		"back to the site before the last file that was applied; again: forward" },
	{ "export", 0, 0, ctl_export, "export", "print the site file in force" },
	{ OBJECT("account", "ACCOUNT") " [--recursive]", "accounts, and what each may call" },
	{ OBJECT("meeting", "MEETING"),
		"meetings: IDs and PINs; fields as in the site file, or a file of JSON" },
	{ OBJECT("user", "ACCOUNT/USER"), "VoIP clients" },
	{ OBJECT("trunk", "TRUNK") " | drain TRUNK [--wait] | resume TRUNK",
		"carriers' trunks; drain: no new calls either way, live ones end by themselves" },
	{ OBJECT("number", "NUMBER[@TRUNK]"), "numbers, and what answers them" },
	{ OBJECT("route", "ROUTE"), "which trunks carry calls to where" },
	{ OBJECT("calendar", "CALENDAR"), "hours that routes go by" },
	{ OBJECT("class", "PREFIX"), "numbers that are premium, satellite ..." },
	{ "status", 0, 0, ctl_status, "status", "how the bridge is doing" },
	{ "meetings", 0, 0, ctl_meetings, "meetings [--filter FIELD=VALUE,...] [--limit N]",
		"all meetings, and who is in them" },
	{ "participants", 1, 1, ctl_participants, "participants MEETING [--limit N]",
		"the roster of a meeting" },
	{ "lock", 1, 2, ctl_lock, "lock MEETING [on|off]", "let nobody else in, or all again" },
	{ "remove", 1, 1, ctl_remove, "remove PARTICIPANT", "put somebody out of the meeting" },
	{ "dialouts", 1, 1, ctl_dialouts, "dialouts MEETING [--filter FIELD=VALUE,...] [--limit N]",
		"whom a meeting is calling" },
	{ "people", 1, 2, ctl_people, "people MEETING [FILE] [--filter FIELD=VALUE,...] [--limit N]",
		"call a list of people (JSON: docs/api.md), each at one number or several; without a file: "
		"who of "
		"such lists is not there yet" },
	{ "call", 2, 3, ctl_call,
		"call MEETING NUMBER [NAME] [--digits DIGITS] [--digits-wait MS] [--no-confirm]",
		"call somebody into a meeting; digits (w half a second, ',' two) are pressed after the "
		"answer; "
		"--no-confirm: a machine is meant, nobody there is asked to press 1" },
	{ "invite", 1, 1, ctl_invite, "invite MEETING [--country CC]",
		"by which numbers people dial in, as they can be sent it; the country's own first" },
	{ "trunks", 0, 0, ctl_trunks, "trunks", "how trunks and their gateways do" },
	{ "calls", 0, 0, ctl_calls, "calls [--filter FIELD=VALUE,...] [--limit N]", "live calls" },
	{ "trace", 1, 1, ctl_trace, "trace CALL [--full]",
		"what was said about a call, message by message; --full prints the messages as well" },
	{ "why", 1, 1, ctl_why, "why CALL",
		"how a call went and ended, in plain words, and what can be done" },
	{ "hangup", 1, 1, ctl_hangup, "hangup CALL", "end a call" },
	{ "transfer", 1, 2, ctl_transfer, "transfer CALL NUMBER|URI | CALL --replaces CALL",
		"have the far end of a call call somebody else in our place" },
	{ "press", 2, 2, ctl_press, "press CALL DIGITS",
		"press keys on a call that sits in a meeting; w waits half a second, a comma two" },
	{ "mute", 1, 2, ctl_mute, "mute PARTICIPANT [on|off]", "mute somebody, or no longer" },
	{ "records", 0, 0, ctl_records,
		"records [--csv] [--limit N] [--since TIME] [--before TIME] [--account A] [--meeting M] "
		"[--trunk T] "
		"[--call C] [--number N] [--direction in|out] [--cause WORDS] [--q850 N] [--status N] "
		"[--ended-by "
		"WHO] [--answered true|false] [--min-duration S] [--mos-below MOS] [--cursor C]",
		"call records, newest first; --csv prints all of them" },
	{ "sittings", 0, 0, ctl_sittings,
		"sittings [--limit N] [--since TIME] [--before TIME] [--account A] [--meeting M] [--cursor "
		"C]",
		"meetings' records: each time one was held, the last first" },
	{ "dialplan", 2, 2, ctl_dialplan,
		"dialplan explain NUMBER --trunk T | explain NUMBER --account A [--at TIME] [--caller-id N] "
		"[--call C]"
		" | diff FILE --records DAY",
		"what would answer a number, or carry a call to it, and why; what a day's calls would meet "
		"with another site file" },
	{ "rates", 1, 3, ctl_rates,
		"rates import TRUNK FILE [--add] [--currency CUR] | list [--filter FIELD=VALUE,...] [--limit "
		"N] | show TRUNK [--number N] [--at "
		"TIME] "
		"[--limit N] [--cursor C] | delete TRUNK",
		"what calls through a trunk cost: rate sheets, from CSV" },
	{ "token", 1, 2, ctl_token,
		"token create NAME [--role R] [--account A] [--meeting M] [--days N] [--minutes N] | "
		"list [--filter FIELD=VALUE,...] [--limit N] | revoke TOKEN",
		"who may use the API: reader, admin or operator; join: one meeting alone" },
	{ "webhook", 1, 2, ctl_webhook,
		"webhook create URL [--account A] [--events LIST] [--plain] | list [--filter "
		"FIELD=VALUE,...] [--limit N] | retry WEBHOOK | delete WEBHOOK",
		"send events to a URL: signed, in order, until they arrive; --plain: not over TLS, for all "
		"to read" },
	{ "alerts", 0, 0, ctl_alerts, "alerts [--filter FIELD=VALUE,...] [--limit N]",
		"what is wrong now, since when, and what can be done" },
	{ "budget", 1, 2, ctl_budget, "budget list [--filter FIELD=VALUE,...] [--limit N] | unblock ACCOUNT",
		"what accounts have spent on calls; let out one that looked like fraud" },
	{ "audit", 0, 1, ctl_audit, "audit [--what KIND] [--who NAME] [--limit N] [--cursor C] | check",
		"who changed what, newest first; --what meeting.change or meeting.*; check: is the log "
		"unbroken" },
	{ "backup", 1, 1, ctl_backup, "backup FILE", "the database to a file, while calls go on" },
	{ "restore", 1, 1, ctl_restore, "restore FILE", "the database from such a file" },
	{ "drain", 0, 0, ctl_drain, "drain [--stay] [--wait]",
		"no new calls, and the bridge ends when the last one is over; --stay: it does not end" },
	{ "resume", 0, 0, ctl_resume, "resume", "new calls are taken again" },
	{ "metrics", 0, 0, ctl_metrics, "metrics", "figures, as Prometheus reads them" },
	{ "watch", 0, 0, ctl_watch, "watch [--events LIST] [--account A] [--meeting M] [--limit N]",
		"events as they happen, one line each; --events call.*,meeting.opened: these alone" },
	{ "version", 0, 0, print_version, "version", "what this is" },
	{ "help", 0, 1, print_help, "help", "this" },
};
enum { VERBS = sizeof(verbs) / sizeof(*verbs) };

static void put_help(FILE *to)
{
	fputs("partyctl [--config FILE | --socket PATH] [--json] VERB ...\n\n", to);
	for (size_t i = 0; i < VERBS; i++)
		fprintf(to, "  %s\n      %s\n", verbs[i].usage, verbs[i].summary);
	fputs("\n--json prints the API's JSON.  The control socket is what --config says, or\n"
	      "/run/partyline/control.sock.\n"
	      "Exit codes: 0 done, 1 refused by the bridge, 2 used wrongly, 3 the bridge cannot be "
	      "reached.\n",
		to);
}

static enum ctl_exit print_help(struct ctl *c)
{
	put_help(c->out);
	return CTL_OK;
}

static enum ctl_exit print_version(struct ctl *c)
{
	fprintf(c->out, c->json ? "{\"version\": \"%s\"}\n" : "partyctl %s\n", PARTYLINE_VERSION);
	return CTL_OK;
}

enum ctl_exit ctl_usage(struct ctl *c, const char *wrong)
{
	if (wrong)
		fprintf(c->err, "partyctl: %s\n", wrong);
	fputs("usage: partyctl [--config FILE | --socket PATH] [--json] VERB ...   (partyctl help)\n",
		c->err);
	return CTL_USAGE;
}

static enum ctl_exit socket_choose(struct ctl *c, const char *config_path, const char *socket_path)
{
	struct config_why why = { .line = 0 };
	struct config config;
	enum bridge_err err;

	if (config_path && socket_path)
		return ctl_usage(c, "--config or --socket, not both");
	config_defaults(&config);
	if (config_path) {
		err = config_load(&config, config_path, &why);
		if (err == BRIDGE_SYNTAX)
			fprintf(c->err, "partyctl: %s: line %u: %s%s%s\n", config_path, why.line, why.key,
				why.key[0] ? ": " : "", why.text);
		else if (err)
			fprintf(c->err, "partyctl: %s\n", why.text[0] ? why.text : bridge_strerror(err));
		if (err)
			return CTL_USAGE;
	}
	if (socket_path && strlen(socket_path) >= sizeof(c->socket))
		return ctl_usage(c, "the socket's path is too long");
	snprintf(c->socket, sizeof(c->socket), "%s", socket_path ? socket_path : config.control);
	return CTL_OK;
}

struct option_value {
	const char *name, **value;
};

/* Takes argv[*i] if it is an option; *wrong says what is wrong with it. */
static bool take_option(struct ctl *c, struct option_value *options, size_t n, int argc, char **argv, int *i,
	const char **wrong)
{
	const struct {
		const char *name;
		bool *value;
	} flags[] = {
		{ "--json", &c->json },
		{ "--dry-run", &c->dry_run },
		{ "--recursive", &c->recursive },
		{ "--csv", &c->csv },
		{ "--wait", &c->wait },
		{ "--stay", &c->stay },
		{ "--add", &c->add },
		{ "--full", &c->full },
		{ "--no-confirm", &c->no_confirm },
		{ "--plain", &c->plain },
	};
	const char *arg = argv[*i];

	if (arg[0] != '-' || !arg[1])
		return false; /* "-" is a file */
	for (size_t k = 0; k < sizeof(flags) / sizeof(*flags); k++)
		if (strcmp(arg, flags[k].name) == 0) {
			*flags[k].value = true;
			return true;
		}
	for (size_t k = 0; k < n; k++) {
		size_t len = strlen(options[k].name);

		if (strncmp(arg, options[k].name, len) != 0 || (arg[len] && arg[len] != '='))
			continue;
		if (arg[len])
			*options[k].value = arg + len + 1;
		else if (*i + 1 < argc)
			*options[k].value = argv[++*i];
		else
			*wrong = "an option lacks its value";
		return true;
	}
	*wrong = "unknown option";
	return true;
}

static bool is_count(const char *text)
{
	size_t n = strspn(text, "0123456789");

	return n > 0 && n <= 6 && !text[n] && strtoul(text, NULL, 10) > 0;
}

static enum ctl_exit run_verb(struct ctl *c, const char *name)
{
	for (size_t i = 0; i < VERBS; i++) {
		char wrong[200];

		if (strcmp(verbs[i].name, name) != 0)
			continue;
		c->verb = verbs[i].name;
		if (c->n_args >= verbs[i].min && c->n_args <= verbs[i].max)
			return verbs[i].run(c);
		snprintf(wrong, sizeof(wrong), "it is: %s", verbs[i].usage);
		return ctl_usage(c, wrong);
	}
	return ctl_usage(c, "unknown verb");
}

enum ctl_exit ctl_run(int argc, char **argv, FILE *out, FILE *err)
{
	struct ctl c = { .out = out, .err = err };
	const char *config_path = NULL, *socket_path = NULL, *verb = NULL, *wrong = NULL;
	struct option_value options[] = {
		{ "--config", &config_path },
		{ "--socket", &socket_path },
		{ "--trunk", &c.trunk },
		{ "--limit", &c.limit },
		{ "--account", &c.account },
		{ "--meeting", &c.meeting },
		{ "--call", &c.call },
		{ "--role", &c.role },
		{ "--days", &c.days },
		{ "--minutes", &c.minutes },
		{ "--events", &c.events },
		{ "--at", &c.at },
		{ "--caller-id", &c.caller_id },
		{ "--records", &c.records },
		{ "--filter", &c.filter },
		{ "--number", &c.number },
		{ "--direction", &c.direction },
		{ "--cause", &c.cause },
		{ "--q850", &c.q850 },
		{ "--status", &c.status },
		{ "--ended-by", &c.ended_by },
		{ "--answered", &c.answered },
		{ "--since", &c.since },
		{ "--before", &c.before },
		{ "--min-duration", &c.min_duration },
		{ "--mos-below", &c.mos_below },
		{ "--cursor", &c.cursor },
		{ "--digits", &c.digits },
		{ "--digits-wait", &c.digits_wait },
		{ "--replaces", &c.replaces },
		{ "--currency", &c.currency },
		{ "--country", &c.country },
		{ "--what", &c.what },
		{ "--who", &c.who },
	};
	enum ctl_exit code;

	for (int i = 1; i < argc && !wrong; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return print_help(&c);
		if (take_option(&c, options, sizeof(options) / sizeof(*options), argc, argv, &i, &wrong))
			continue;
		if (!verb)
			verb = argv[i];
		else if (c.n_args < CTL_ARGS_MAX)
			c.args[c.n_args++] = argv[i];
		else
			wrong = "too many arguments";
	}
	if (!wrong && !verb)
		wrong = "a verb is missing";
	if (!wrong && c.limit && !is_count(c.limit))
		wrong = "--limit takes a whole number above 0";
	if (!wrong && c.days && !is_count(c.days))
		wrong = "--days takes a whole number above 0";
	if (!wrong && c.minutes && !is_count(c.minutes))
		wrong = "--minutes takes a whole number above 0";
	if (!wrong && c.digits_wait && strcmp(c.digits_wait, "0") != 0 && !is_count(c.digits_wait))
		wrong = "--digits-wait takes milliseconds";
	if (wrong)
		return ctl_usage(&c, wrong);
	code = socket_choose(&c, config_path, socket_path);
	if (!code)
		code = run_verb(&c, verb);
	if (fflush(out) != 0 && code == CTL_OK)
		code = CTL_REFUSED;
	return code;
}
