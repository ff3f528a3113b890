/* poster.h - HTTP requests that we send: posts a body to a URL and says what came of it.
 *
 * How: one thread runs libcurl's multi interface (the only file that sees libcurl); jobs go in and results come
 * back by two lists under a mutex, with an eventfd for the control thread.  No redirect is followed, certificates and
 * host names are verified, answers are read and thrown away, a job takes POSTER_MS at most.
 *
 * Thread: all functions: control.
 */
#ifndef BRIDGE_POSTER_H
#define BRIDGE_POSTER_H

#include "bridge/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	POSTER_MS = 10000,
	POSTER_CONNECT_MS = 5000,
	POSTER_URL = 512,
	POSTER_HEADERS = 4,
	POSTER_HEADER = 160
};

struct poster_job {
	uint64_t id; /* the caller's */
	char url[POSTER_URL];
	char headers[POSTER_HEADERS][POSTER_HEADER]; /* "Name: value"; "" ends them */
};

struct poster_result {
	uint64_t id;
	unsigned status; /* of HTTP; 0: no answer, and `why` says so */
	char why[96];
};

struct poster;
typedef void (*poster_done_fn)(void *arg, const struct poster_result *result);
enum bridge_err poster_open(struct poster **out, poster_done_fn done, void *arg);
struct poster *poster_close(struct poster *p); /* breaks off what is under way, without done() */
int poster_fd(const struct poster *p);         /* readable when poster_poll() has work */
void poster_poll(struct poster *p);            /* calls done() */
/* Copies everything.  BRIDGE_NOMEM: nothing is posted, done() is not called. */
enum bridge_err poster_post(struct poster *p, const struct poster_job *job, const char *body, size_t len);
/* http:// or https:// with a host, and nothing in it that would end a line. */
bool poster_url_valid(const char *url);
#endif
