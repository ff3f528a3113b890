/* bridge.h - a bridge of the test's own: started, asked, given work, stopped.
 *
 * How: node file, site file, database and control socket lie in the test's folder; ports are free ones
 * on loopback; partylined is that of the test's own build, so asan tests asan.  The site is applied by
 * PUT /v1/site; the rest is asked over the control socket.
 * Use:  bridge_start(); bridge_get(), bridge_crowd() ...; bridge_stop() == 0.
 *
 * Thread: the test's.
 */
#ifndef TESTS_FLOW_BRIDGE_H
#define TESTS_FLOW_BRIDGE_H

#include "tests/flow/peer.h"
#include <jansson.h>

/* One account, one carrier at 127.0.0.2 (and its twin at 127.0.0.3), an attendant and a number for a meeting without PIN:
 *   +15550100 attendant, meeting 483920175 with host PIN 900911 and guest PIN 4821
 *   +15550101 meeting 100200300, no PIN */
extern const char bridge_site[];

struct bridge_setup {
	const char *site;      /* YAML; NULL: bridge_site */
	const char *node;      /* more YAML for the node file, "" lines and all; NULL: none */
	const char *rtp_ports; /* "20000-29999"; NULL: 2,000 of the test's own */
	unsigned t1_ms;        /* SIP's T1, shortened; 0: its own */
	const char *workers;   /* NULL: "1" */
	uint16_t tls_port;     /* listens for TLS there as well; 0: not */
	const char *const *
		listen_ips; /* listens for SIP over UDP and TCP there as well, IPv6 in brackets, NULL-ended; NULL: none */
	const char *tls_ip;    /* at this address, IPv6 in brackets; NULL: 127.0.0.1 */
	const char *tls_also;  /* and at this one; NULL: at no other */
	bool http_tls;         /* the API over TLS */
	const char *http_ip;   /* the API there, in the clear as `plain` says; NULL: 127.0.0.1 */
	const char *http_more; /* in its place: ", client_ca: FILE"; NULL: nothing */
	const char *max_load;  /* media.max_load; NULL: its default */
	const char *database;  /* NULL: in the test's folder */
	const char *room_legs; /* media.room_legs_per_worker; NULL: its default */
	const char *const
		*wrap; /* a command before partylined ("taskset", "-c", "0"), NULL-ended; NULL: none */
};

struct bridge {
	struct folder folder;
	struct peer peer;
	uint16_t sip_port, http_port;
	char control[FOLDER_PATH + 16];
	char uri_attendant[64], uri_meeting[64]; /* of +15550100, +15550101 */
	bool trouble;                            /* something failed: bridge_stop() shows the log */
};

/* False: it did not come up in time, or refused the site; its output has been shown. `setup` NULL: all defaults. */
bool bridge_start(struct bridge *out, const struct bridge_setup *setup);
/* Ends it with this signal and starts it again on the same files, without applying the site anew. *code (may be NULL):
 * its exit code, 128 + signal when one ended it.  False: it did not come up. */
bool bridge_restart(struct bridge *b, int signal, int *code);
/* SIGTERM; its exit code, which is 0 when all is well.  The folder is removed. */
int bridge_stop(struct bridge *b);

/* One HTTP request over the control socket. `status` may be NULL.  The body read as JSON; NULL: none, or no JSON.
 * The caller json_decref()s. */
json_t *bridge_call(const struct bridge *b, const char *method, const char *path, const char *type,
	const char *body, long *status);
json_t *bridge_get(const struct bridge *b, const char *path);
/* Body as text, allocated. NULL: no answer. */
char *bridge_text(const struct bridge *b, const char *method, const char *path, const char *type,
	const char *body, long *status);
long bridge_put_site(
	const struct bridge *b, const char *yaml, json_t **answer); /* HTTP status; 0: no answer */

/* A number deep in an answer: "media.workers.0.ticks"; `absent` when it is not there. */
double json_at(const json_t *j, const char *path, double absent);
const char *json_text_at(const json_t *j, const char *path); /* NULL: not there */
/* GET path, then json_at(). */
double bridge_number(const struct bridge *b, const char *path, const char *at, double absent);
/* Waits until that number is `want`. */
bool bridge_wait_number(const struct bridge *b, const char *path, const char *at, double want, unsigned ms);
/* Items in the list that GET path gives; -1: no list. */
int bridge_count(const struct bridge *b, const char *path);
bool bridge_wait_count(const struct bridge *b, const char *path, int want, unsigned ms);

/* Starts crowd from 127.0.0.2 with --json; argv is what follows, NULL-ended ("--calls", "3" ...). */
bool bridge_crowd_start(struct bridge *b, struct peer *crowd, const char *name, const char *const argv[]);
/* Waits for it; its report, NULL when it did not end in time. *code: its exit code. */
json_t *bridge_crowd_end(struct bridge *b, struct peer *crowd, unsigned ms, int *code);
/* Both, with 60 s of patience. */
json_t *bridge_crowd(struct bridge *b, const char *const argv[], int *code);
/* What call `call` (from 1) of group `group` heard at `hz`, in dBov; +99: not in the report. */
double crowd_heard(const json_t *report, unsigned group, unsigned call, unsigned hz);
#endif
