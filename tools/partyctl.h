/* partyctl.h - the operator's command line: one verb, one call of the HTTP API on the local control socket.
 *
 *   partyctl.c         main()
 *   partyctl_run.c     arguments, help, exit codes
 *   partyctl_verbs.c   the verbs: what each asks and how its answer is shown
 *   partyctl_call.c    calls that the bridge makes
 *   partyctl_live.c    what is done to a meeting that is held
 *   partyctl_admin.c   those about the bridge itself: tokens, audit log, backup
 *   partyctl_objects.c what the site holds, one by one
 *   partyctl_dialplan.c  what the dial plan says, and would say
 *   partyctl_why.c     a call's ladder and its story
 *   partyctl_records.c  call records, as a table or CSV
 *   partyctl_drain.c  no new calls on a trunk, or at all
 *   partyctl_rates.c   trunks' rate sheets
 *   partyctl_table.c   columns for people
 *   partyctl_watch.c   Server-Sent Events, one line each, resumed where they broke off
 *   partyctl_http.c    all of libcurl
 *
 * Answers go to `out`, everything else to `err`, so that a test can read both.
 * Thread: one.
 */
#ifndef TOOLS_PARTYCTL_H
#define TOOLS_PARTYCTL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum ctl_exit { CTL_OK = 0, CTL_REFUSED = 1, CTL_USAGE = 2, CTL_UNREACHED = 3 };

enum { CTL_PATH_MAX = 512, CTL_ARGS_MAX = 24, CTL_BODY_MAX = 64 << 20 };

struct ctl {
	FILE *out, *err;
	char socket[256];
	bool json;
	const char *verb;
	const char *args[CTL_ARGS_MAX]; /* after the verb, without options */
	size_t n_args;
	bool dry_run, recursive, full, csv, no_confirm, wait, stay, add, plain;
	const char *trunk, *limit, *account, *meeting, *call, *role, *days, *minutes, *events, *at,
		*caller_id, *records, *filter; /* options; NULL: not given */
	const char *number, *direction, *cause, *q850, *status, *ended_by, *answered, *since, *before,
		*min_duration, *mos_below, *cursor; /* those of records */
	const char *replaces;                       /* of a transfer */
	const char *digits, *digits_wait;           /* of a call; digits are not shown */
	const char *currency;                       /* of rates */
	const char *country;                        /* of an invitation */
	const char *what, *who;                     /* of the audit log */
};

enum ctl_exit ctl_run(int argc, char **argv, FILE *out, FILE *err);
/* Prints how it is used, and what was wrong when `wrong` is not NULL. */
enum ctl_exit ctl_usage(struct ctl *c, const char *wrong);

/* ---- verbs ---- */
typedef enum ctl_exit ctl_verb_fn(struct ctl *c);
ctl_verb_fn ctl_apply, ctl_export, ctl_status, ctl_meetings, ctl_participants, ctl_calls, ctl_call,
	ctl_trunks, ctl_hangup, ctl_transfer, ctl_press, ctl_mute, ctl_records, ctl_dialplan, ctl_watch,
	ctl_token, ctl_audit, ctl_backup, ctl_restore, ctl_webhook, ctl_object, ctl_budget, ctl_trace,
	ctl_why, ctl_trunk_drain, ctl_drain, ctl_resume, ctl_alerts, ctl_rates, ctl_invite, ctl_sittings,
	ctl_rollback, ctl_lock, ctl_remove, ctl_dialouts, ctl_people, ctl_metrics;

/* ---- asking ---- */
/* Asks for JSON; with --json it is printed here and *out stays NULL.  On CTL_OK the caller owns *out. */
enum ctl_exit ctl_ask(
	struct ctl *c, const char *method, const char *path, const char *body, size_t len, json_t **out);
/* The same with GET, and without printing, whatever --json says. */
enum ctl_exit ctl_look(struct ctl *c, const char *path, json_t **out);
/* The same with a JSON body, which is taken; NULL: none. */
enum ctl_exit ctl_send(struct ctl *c, const char *method, const char *path, json_t *body, json_t **out);
void ctl_put_json(const struct ctl *c, const json_t *value);
/* A whole file ("-": stdin), not more than the bridge takes; NULL: said on `err`.  The caller frees. */
char *ctl_file_read(struct ctl *c, const char *path, size_t *len);
/* What GET of `list` ("/v1/tokens") gives into `items`: all pages, or as many rows as --limit says, filtered by --filter. */
enum ctl_exit ctl_pages(struct ctl *c, const char *list, json_t *items);
struct ctl_column;
/* The same, shown. */
enum ctl_exit ctl_list(struct ctl *c, const char *list, const struct ctl_column *columns, size_t n);
/* The body as it is, of whatever type, to `out`. */
enum ctl_exit ctl_print(struct ctl *c, const char *path);

/* ---- HTTP ---- */
struct ctl_answer {
	unsigned status; /* of HTTP */
	char *body;      /* owned, 0-terminated */
	size_t len;
};
/* False: not reached; *why says so.  On true the caller frees answer->body. */
bool ctl_http(const struct ctl *c, const char *method, const char *path, const char *body, size_t len,
	struct ctl_answer *answer, char why[256]);
/* Hands over bytes as they come, until `take` says false or the far end closes.
 * *status is 0 when there was no answer; false: it broke off, *why says how. */
typedef bool ctl_take_fn(void *arg, const char *bytes, size_t len);
bool ctl_http_follow(const struct ctl *c, const char *path, const char *last_event_id, ctl_take_fn *take,
	void *arg, unsigned *status, char why[256]);
/* The same for an answer that ends.  On another status than 200 nothing is handed over. */
bool ctl_http_stream(const struct ctl *c, const char *path, const char *accept, ctl_take_fn *take, void *arg,
	unsigned *status, char why[256]);
/* `text` as one segment or value of a URL, appended to path; false: no room. */
bool ctl_path_add(char path[CTL_PATH_MAX], const char *plain, const char *escaped);

/* ---- tables ---- */
struct ctl_column {
	const char *title,
		*key; /* key: member of the row's object; "a.b" goes deeper, "legs.0.codec" into a list */
	bool right;   /* numbers */
};
/* One line per item, aligned; a line of titles first.  Control characters are shown as '?'. */
void ctl_table(FILE *out, const struct ctl_column *columns, size_t n_columns, const json_t *items);
/* One line per value, also of the objects in it; `group` is "" or the name of what holds it. */
void ctl_members(FILE *out, const json_t *object, const char *group);
/* A value as a person reads it: true is "yes", null and false are "-"; truncated to cap. */
const char *ctl_value_text(const json_t *value, char *out, size_t cap);
const json_t *ctl_member(const json_t *object, const char *key);

/* ---- events ---- */
enum { SSE_LINE = 64 << 10, SSE_ID = 64 };
struct ctl_sse { /* reads a text/event-stream (WHATWG HTML section 9.2.6) */
	char line[SSE_LINE], data[SSE_LINE];
	size_t n_line, n_data;
	char id[SSE_ID];      /* of the last whole event, for Last-Event-ID */
	char next_id[SSE_ID]; /* of the one that is being read */
	unsigned retry_ms;    /* how long the far end wants us to wait before we come back */
	bool has_data, after_cr, too_long;
};
/* Each whole event's data, 0-terminated; false: stop. */
typedef bool ctl_event_fn(void *arg, const char *data);
bool ctl_sse_feed(struct ctl_sse *s, const char *bytes, size_t len, ctl_event_fn *on_event, void *arg);
#endif
