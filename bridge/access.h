/* access.h - who may do what by the API: tokens, their roles, and the patience with those who guess.
 *
 * How: a token is 32 random bytes, shown once and kept as its SHA-256 (it has nothing to guess, so no slow hash is
 * needed); it carries a role, and an account, of a JOIN also a meeting, that it is confined to.  Who comes by the control socket is an
 * operator, as the file's permissions say.  As long as no token has been made, a listener on loopback is open (a
 * bridge that is being tried out); any other is shut.  Who shows a wrong token ACCESS_TRIES times within a minute
 * gets no answer but 429 until the minute is over, right token or not: by address, IPv6 by /64.
 * Use:  access_alloc(), access_put() for each stored token; access_ask() per request; access_allows() per route.
 *
 * Thread: any; one mutex, held for a look into the table.
 */
#ifndef BRIDGE_ACCESS_H
#define BRIDGE_ACCESS_H

#include "bridge/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ACCESS_NAME = 64,
	ACCESS_MEETING = 32,
	ACCESS_ID = 17,                  /* hexadecimal, and a 0 */
	ACCESS_SECRET_TEXT = 4 + 64 + 1, /* "plt_", hexadecimal, 0 */
	ACCESS_HASH = 32,
	ACCESS_TOKENS_MAX = 4096,
	ACCESS_TRIES = 10,
	ACCESS_WINDOW_S = 60,
	ACCESS_SOURCES = 1024 /* addresses that are watched at a time */
};

/* Each may do what the ones before it may. */
enum access_role {
	ACCESS_NOBODY,
	ACCESS_JOIN,    /* one meeting: whom it is of, who is in it, what happens there */
	ACCESS_READER,  /* reads */
	ACCESS_ADMIN,   /* and changes: meetings, participants, calls */
	ACCESS_OPERATOR /* and the site, trunks, tokens, the node itself */
};
const char *access_role_name(enum access_role role);
bool access_role_find(const char *name, enum access_role *out);

struct access_token {
	char id[ACCESS_ID], name[ACCESS_NAME], account[ACCESS_NAME]; /* account "": every one */
	char meeting[ACCESS_MEETING];                                /* of a JOIN, which has both; else "" */
	enum access_role role;
	uint8_t hash[ACCESS_HASH];
	int64_t created_us, expires_us; /* wall clock; expires 0: never */
};

/* Who asks. */
struct access_who {
	enum access_role role;
	char account[ACCESS_NAME];               /* "": not confined */
	char meeting[ACCESS_MEETING];            /* the same; confined to one */
	char name[ACCESS_NAME + ACCESS_ID + 16]; /* for the audit log: "token 3f... (console)" */
};

struct access;
enum bridge_err access_alloc(struct access **out, bool open_without_tokens);
struct access *access_free(struct access *a);

/* Fills id, hash and created_us of `token` and writes the secret, which is not kept, to `secret`.  BRIDGE_RANGE: an
 * operator confined to an account, a JOIN without account and meeting, another with a meeting, no role, a name that is empty or has
 * controls. */
enum bridge_err access_make(struct access_token *token, char secret[ACCESS_SECRET_TEXT], int64_t now_us);
/* Puts a token in force (or in the place of one with its id).  BRIDGE_RANGE: ACCESS_TOKENS_MAX are there. */
enum bridge_err access_put(struct access *a, const struct access_token *token);
bool access_drop(struct access *a, const char *id);
/* *n tokens, oldest first; allocated, the caller frees.  NULL with *n 0: none; with SIZE_MAX: out of memory. */
struct access_token *access_list(const struct access *a, size_t *n);
/* All tokens at once become those of `from`, which gets the others: at no moment there are none. */
void access_take(struct access *a, struct access *from);

enum access_answer { ACCESS_YES, ACCESS_UNKNOWN /* 401 */, ACCESS_TOO_OFTEN /* 429 */ };
/* `secret` NULL or "": none was shown.  `local`: by the control socket.  `source`: an address as text. */
enum access_answer access_ask(struct access *a, bool local, const char *secret, const char *source,
	int64_t now_us, struct access_who *out);

/* May they do what needs `role`, to something of `account` (NULL: of nobody's, or of all)? */
bool access_allows(const struct access_who *who, enum access_role role, const char *account);
#endif
