/* poster.h - HTTP requests that we send: posts a body to a URL, or fetches one, and says what came of it.
 *
 * How: one thread runs libcurl's multi interface (the only file that sees libcurl); jobs go in and results come
 * back by two lists under a mutex, with an eventfd for the control thread.  No redirect is followed, certificates and
 * host names are verified, a job takes POSTER_MS at most.  What a POST is answered is read and thrown away; what is fetched is
 * kept up to a size, and where somebody else chose the URL its name may not lead to an address behind the firewall (bridge/x5u).
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
	POSTER_HEADER = 160,
	POSTER_PATH = 256
};

struct poster_job {
	uint64_t id; /* the caller's */
	char url[POSTER_URL];
	char headers[POSTER_HEADERS][POSTER_HEADER]; /* "Name: value"; "" ends them */
	size_t fetch_max;                            /* GET, and keep so many bytes of the answer; 0: POST */
	bool public_only;     /* connects to no address of x5u_is_public()'s other side */
	char ca[POSTER_PATH]; /* file of certificates that servers are verified by; "": the system's */
};

struct poster_result {
	uint64_t id;
	unsigned status; /* of HTTP; 0: no answer, and `why` says so */
	char why[96];
	const char *answer; /* of a GET; borrowed during done() */
	size_t answer_len;
	int64_t max_age_s; /* of a GET, what its headers say (bridge/freshness); 0: do not keep it; -1: nothing */
};

struct poster;
typedef void (*poster_done_fn)(void *arg, const struct poster_result *result);
enum bridge_err poster_open(struct poster **out, poster_done_fn done, void *arg);
struct poster *poster_close(struct poster *p); /* breaks off what is under way, without done() */
int poster_fd(const struct poster *p);         /* readable when poster_poll() has work */
void poster_poll(struct poster *p);            /* calls done() */
/* Copies everything; a GET has no body.  BRIDGE_NOMEM: nothing is posted, done() is not called. */
enum bridge_err poster_post(struct poster *p, const struct poster_job *job, const char *body, size_t len);
/* http:// or https:// with a host, and nothing in it that would end a line. */
bool poster_url_valid(const char *url);
/* Of a valid one: nobody can read along.  https, or to an address of this machine alone. */
bool poster_url_private(const char *url);
#endif
