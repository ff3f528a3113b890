/* site.h - the site: accounts, meetings, users, trunks, numbers and routes, as one immutable value.
 *
 * How: read whole from YAML (DESIGN.md section 7) or from the database; checked whole (unknown keys,
 * duplicates, references, equal or prefixing PINs, bad networks); refused whole, with line and key.
 * A change is a new site in the old one's place; whoever needs something longer copies it.
 *
 * Thread: any may read; made and freed on the control thread.
 */
#ifndef BRIDGE_SITE_H
#define BRIDGE_SITE_H

#include "bridge/config.h"
#include "dialplan/plan.h"
#include "sip/trunk.h"

enum { SITE_NAME = 64, SITE_PIN = 16, SITE_MEETING_ID = 16, SITE_LIST = 16 };

struct site_meeting {
	char id[SITE_MEETING_ID];  /* 3..15 digits, unique in the whole site */
	char name[SITE_NAME];
	char host_pin[SITE_PIN], guest_pin[SITE_PIN]; /* "" none; digits; never equal, neither begins the other */
	unsigned max_participants; /* 0: no bound */
	bool chimes;               /* entry and exit chimes; default true */
};

struct site_user { char name[SITE_NAME], password[SITE_NAME]; };

struct site_account {
	char name[SITE_NAME], language[12];
	bool levelling, noise_suppression;
	struct site_meeting *meetings; size_t n_meetings; /* owned, sorted by id */
	struct site_user *users; size_t n_users;          /* owned */
};

enum site_srtp { SITE_SRTP_NEVER, SITE_SRTP_ALLOW, SITE_SRTP_REQUIRE };

struct site_trunk {
	char name[SITE_NAME];
	char from_text[SITE_LIST][64]; struct trunk_network from[SITE_LIST]; size_t n_from;
	char gateways[SITE_LIST][128]; size_t n_gateways;
	char username[SITE_NAME], password[SITE_NAME];
	bool registers;
	unsigned channels, calls_per_second; /* 0: no limit */
	char codecs[SITE_LIST][SITE_NAME]; size_t n_codecs; /* in order; none: all */
	enum site_srtp srtp;
	struct number_country country;       /* optional key `country: { code, trunk_prefix }` */
};

struct site_number {
	char number[NUMBER_E164], trunk[SITE_NAME], account[SITE_NAME], language[12];
	enum plan_answer answer; char meeting[SITE_MEETING_ID];
};

struct site_route {
	char account[SITE_NAME], prefix[NUMBER_E164], caller_id[NUMBER_E164];
	char trunks[SITE_LIST][SITE_NAME]; size_t n_trunks;
};

struct site {
	struct site_account *accounts; size_t n_accounts;
	struct site_trunk *trunks; size_t n_trunks;
	struct site_number *numbers; size_t n_numbers;
	struct site_route *routes; size_t n_routes;
};

struct site *site_new(void); /* empty; NULL: out of memory */
struct site *site_free(struct site *s); /* clears PINs and passwords first */

/* Any bytes are allowed in.  BRIDGE_SYNTAX: *why; *out is untouched. */
enum bridge_err site_parse(struct site **out, const char *text, size_t len, struct config_why *why);
/* Cross-checks of a site however it was made: references, duplicates, PINs (why->line 0). */
enum bridge_err site_check(const struct site *s, struct config_why *why);
/* YAML that site_parse() reads back to an equal site; allocated, the caller frees; NULL: out of memory. */
char *site_export(const struct site *s);

struct site_change { char kind[16] /* "meeting" */, key[SITE_NAME], what[12] /* added changed removed */, fields[128] /* "name, guest_pin" - never values of secrets */; };
/* Differences in a stable order; allocated, the caller frees; NULL with *n 0: none (or out of memory: *n SIZE_MAX). */
struct site_change *site_diff(const struct site *from, const struct site *to, size_t *n);

const struct site_account *site_account(const struct site *s, const char *name);
const struct site_meeting *site_meeting(const struct site *s, const char *id, const struct site_account **account);
const struct site_trunk *site_trunk(const struct site *s, const char *name);
/* The plan and the trunk table that this site means. */
enum bridge_err site_plan(const struct site *s, struct plan **out);
enum bridge_err site_trunks(const struct site *s, struct trunks **out);
#endif
