/* site.h - the site: accounts, meetings, users, trunks, numbers and routes, as one immutable value.
 *
 * How: read whole from YAML (the contract in the project's design page) or from the database; checked whole (unknown keys,
 * duplicates, references, equal or prefixing PINs, bad networks); refused whole, with line and key.
 * What an object may hold is declared once, as tables of fields in site_fields.c; reading, checking, writing and comparing walk
 * them.  A change is a new site in the old one's place; whoever needs something longer copies it.
 * Use:  site_parse(), or site_new(), fill it, site_sort(), site_check().
 *
 * Thread: any may read one that is in force; made and freed by whoever alone has it.
 */
#ifndef BRIDGE_SITE_H
#define BRIDGE_SITE_H

#include "bridge/config.h"
#include "dialplan/budget.h"
#include "dialplan/repute.h"
#include "dialplan/route.h"
#include "sip/trunk.h"

enum {
	SITE_NAME = 64,
	SITE_PATH = 256,
	SITE_PIN = 16,
	SITE_MEETING_ID = 16,
	SITE_LIST = 16,
	SITE_WORD = 16,
	SITE_SPAN = 64,
	SITE_HEADER = TRUNK_HEADER,
	SITE_RANGE = 2 * NUMBER_E164 + 2
};

struct site_meeting {
	char id[SITE_MEETING_ID]; /* 3..15 digits, unique in the whole site; none is the beginning of another (D1) */
	char name[SITE_NAME];
	char host_pin[SITE_PIN],
		guest_pin[SITE_PIN]; /* "" none; digits; never equal, neither begins the other */
	unsigned max_participants;   /* 0: no bound */
	bool chimes;                 /* entry and exit chimes; default true */
};

struct site_user {
	char name[SITE_NAME], password[SITE_NAME];
};

struct site_account {
	char name[SITE_NAME], language[12];
	bool levelling, noise_suppression;
	struct site_meeting *meetings;
	size_t n_meetings; /* owned, sorted by id */
	size_t longest_id; /* of them, in digits; set by site_sort(), 0 none */
	struct site_user *users;
	size_t n_users; /* owned */

	/* ---- what it may call ---- */
	struct number_country country; /* how its people write numbers */
	char zone[SITE_NAME];          /* of its days, "Europe/Berlin"; "": UTC */
	char (*only)[NUMBER_E164];     /* owned */
	char (*refuse)[NUMBER_E164];   /* owned */
	size_t n_only, n_refuse;
	char classes[SITE_LIST][SITE_WORD]; /* number_class that it may call although refused by default */
	size_t n_classes;
	struct budget_limits limits;
	char daily_money[MONEY_TEXT]; /* their ceiling of money, "12.50", which dialling.h reads; "": none */

	/* ---- what name servers are asked about numbers; each suffix "": nothing ---- */
	char enum_suffix[SITE_NAME],
		enum_trunk[SITE_NAME]; /* `enum`: where a called number is; trunk "" or "any": any of
							       those that carry the call */
	char lnp_suffix[SITE_NAME];    /* `lnp`: which number routes it */
	char cnam_suffix[SITE_NAME];   /* `cnam`: a caller's name */
	char invite_country[4]; /* key `invite.country`: whose numbers stand first in invitations; "": none */
	unsigned enum_ms, lnp_ms, cnam_ms; /* how long a call waits for it; 0: 300 */

	unsigned keep_days; /* its call records are deleted after so many days; 0: never */
};

enum site_dtmf { SITE_DTMF_AUTO, SITE_DTMF_RFC4733, SITE_DTMF_INBAND, SITE_DTMF_INFO, SITE_DTMFS };
enum site_digest { SITE_DIGEST_BOTH, SITE_DIGEST_MD5, SITE_DIGEST_SHA256, SITE_DIGESTS };
enum site_ice { SITE_ICE_NEVER, SITE_ICE_ALLOW, SITE_ICES };
enum site_port { SITE_PORT_OWN, SITE_PORT_SHARED, SITE_PORTS };
/* Where calls of a trunk may be sent with REFER: nowhere, to numbers that the account may call, to any SIP URI as well. */
enum site_refer { SITE_REFER_NEVER, SITE_REFER_NUMBERS, SITE_REFER_ANY, SITE_REFERS };
enum site_trust {
	SITE_TRUST_SAME,
	SITE_TRUST_FULL,
	SITE_TRUST_NONE,
	SITE_TRUSTS
}; /* SAME: as its own word is */
enum site_diverts { SITE_DIVERTS_DIVERSION, SITE_DIVERTS_HISTORY, SITE_DIVERTS_BOTH, SITE_DIVERTS_ALL };
enum site_refusal { SITE_REFUSE_UNAVAILABLE, SITE_REFUSE_BUSY, SITE_REFUSALS };

enum site_srtp { SITE_SRTP_NEVER, SITE_SRTP_ALLOW, SITE_SRTP_REQUIRE };
enum site_others { SITE_OTHERS_B, SITE_OTHERS_C, SITE_OTHERS_UNSIGNED, SITE_OTHERS_ALL };
enum site_stir { SITE_STIR_IGNORE, SITE_STIR_FLAG, SITE_STIR_REQUIRE, SITE_STIRS };

struct site_trunk {
	char name[SITE_NAME];
	char from_text[SITE_LIST][64];
	struct trunk_network from[SITE_LIST];
	size_t n_from;
	char tls_subject[TRUNK_SUBJECT]; /* name in its client certificate, instead of networks; "" none */
	/* what tells it from others at the same place (sip/trunk.h) */
	char (*called)[SITE_RANGE]; /* owned, key `inbound.numbers`: calls to these alone are its own */
	size_t n_called;
	char header[SITE_HEADER]; /* "X-Trunk: gold"; "" none */
	char login[SITE_NAME],
		secret[SITE_NAME];  /* keys `inbound.username`, `.password`: its calls log in with digest */
	unsigned digest;            /* enum site_digest, key `inbound.algorithm` */
	bool trusted;               /* its P-Asserted-Identity, Remote-Party-ID, Diversion ... are believed */
	char (*ignored)[SITE_NAME]; /* owned, key `inbound.strip`: headers that are as good as absent */
	size_t n_ignored;
	char (*mapped)
		[SITE_HEADER]; /* owned, key `inbound.map`: "Name: field", whose value goes into records */
	size_t n_mapped;
	char (*replied)[SITE_HEADER]; /* owned, key `inbound.add`: "Name: value" on answers to an INVITE */
	size_t n_replied;
	char gateways[SITE_LIST][128];
	size_t n_gateways;
	char tls_name[TRUNK_SUBJECT]; /* that a gateway's certificate must be for; "": its host */
	char tls_ca[SITE_PATH];       /* whose certificates are believed there; "": as the node file says */
	char username[SITE_NAME], password[SITE_NAME];
	char realm[SITE_NAME]; /* of the carrier's challenges; "": the gateway's own host */
	bool registers;
	bool asserts;        /* who calls stands in `identities`, not in From alone */
	bool privacy;        /* the caller's number is not shown (RFC 3323) */
	bool diverts;        /* the account's own number is told when another one is shown, or none */
	unsigned diverts_by; /* enum site_diverts, key `outbound.diversion_as` */
	char (*identities)
		[SITE_WORD]; /* owned, key `outbound.identity`: "pai", "ppi", "rpid", or "from" alone; none: "pai" */
	size_t n_identities;
	bool asks_permit; /* key `outbound.early_media`: P-Early-Media: supported (RFC 5009) */
	unsigned
		peer_trust; /* enum site_trust, key `outbound.trust`: may it know who hides from those called? */
	char (*added)[SITE_HEADER]; /* owned, key `outbound.add`: "Name: value" on each INVITE */
	size_t n_added;
	char (*stripped)
		[SITE_NAME]; /* owned, key `outbound.strip`: headers of ours that this carrier does not get */
	size_t n_stripped;
	bool keeps_asking;  /* OPTIONS to the gateways */
	bool only_2xx;      /* ... and nothing but a 2xx is life */
	unsigned options_s; /* between two of them; 0: 30 */
	unsigned ring_s;    /* how long it may ring; 0: 60 */
	char (*reroute_on)
		[SITE_WORD]; /* owned, key `outbound.reroute_on`: after these the next one is tried */
	size_t n_reroute_on;
	char (*stop_on)[SITE_WORD]; /* owned, key `outbound.stop_on`: after these none is (sip/reroute.h) */
	size_t n_stop_on;
	bool maintenance;                    /* no new calls either way; live ones end by themselves */
	unsigned channels, calls_per_second; /* 0: no limit */
	unsigned call_s;                     /* how long a call may last; 0: no limit */
	unsigned refusal;                    /* enum site_refusal: how a call over the limits is refused */
	unsigned ptime_ms;                   /* that we ask for, 10..60 in tens; 0: theirs, or 20 */
	unsigned dtmf;                       /* enum site_dtmf */
	unsigned media_port; /* enum site_port: its calls have an RTP port each, or share some */
	unsigned ice;        /* enum site_ice: may its legs find their way by checks (RFC 8445) */
	unsigned refers;     /* enum site_refer, key `refer.out` */
	bool takes_refer; /* key `refer.in`: its far ends may have us call somebody into their meeting, and take a call's place */
	char codecs[SITE_LIST][SITE_NAME];
	size_t n_codecs; /* in order; none: all */
	enum site_srtp srtp;
	char interface[32]; /* of the node file, that its legs use; "": the node's `rtp:` */
	char rtp_ports[12]; /* "40000-40099" of them are this trunk's own, key `rtp.ports`; "": none */
	struct number_country
		country; /* optional key `country: { code, trunk_prefix, national_min, national_max }` */
	char (*ranges)
		[SITE_RANGE]; /* owned: "FIRST..LAST" or one number, all that the carrier delivers here */
	size_t n_ranges;
	unsigned format;  /* enum route_format */
	unsigned foreign; /* enum route_foreign */
	unsigned strip;
	char prepend[12];
	struct repute_rules quality; /* how well calls of ours through it must do */
	bool demotes;                /* ... or it comes behind the others; key `quality.demote` */
	unsigned stir;               /* enum site_stir: what callers' numbers must prove */
	char sign_certificate[256];  /* URL of the certificate that calls are signed with; "": they are not */
	char sign_key[256];          /* file of its key, on this machine */
	unsigned
		sign_others; /* enum site_others: of calls that show a number which is not the account's own */
	char sign_origid[64]; /* UUID; "": made of node and trunk */
};

struct site_number {
	char number[NUMBER_E164]; /* key `number: "+15550100"`, or of a range "+15550100..+15550199" */
	char last[NUMBER_E164];   /* of a range; "": one number */
	char trunk[SITE_NAME], account[SITE_NAME], language[12], country[4];
	bool toll_free;
	enum plan_answer answer;
	char meeting[SITE_MEETING_ID];
};

enum site_order { SITE_ORDER_LISTED, SITE_ORDER_COST, SITE_ORDERS };
enum site_unrated { SITE_UNRATED_LAST, SITE_UNRATED_REFUSE, SITE_UNRATEDS };

struct site_route {
	char account[SITE_NAME], prefix[NUMBER_E164], caller_id[NUMBER_E164];
	char (*prefixes)[NUMBER_E164]; /* owned: a list in place of `prefix` */
	size_t n_prefixes;
	char trunks[SITE_LIST][SITE_NAME];
	size_t n_trunks;
	unsigned priority, weight, percent; /* 0: not given, means 1, 1, 100 */
	unsigned order;                     /* enum site_order: how its trunks are tried */
	unsigned unrated; /* enum site_unrated: of those by cost, trunks without a price for the number */
	char calendar[SITE_NAME];
	char (*reroute_on)[SITE_WORD]; /* owned: as of a trunk, and before it */
	size_t n_reroute_on;
	char (*stop_on)[SITE_WORD]; /* owned */
	size_t n_stop_on;
	char match[ROUTE_MATCH_TEXT]; /* bridge/pattern.h; "": all numbers with its prefix */
};

struct site_calendar {
	char name[SITE_NAME], zone[SITE_NAME]; /* zone "": UTC */
	char (*spans)[SITE_SPAN];              /* owned: "mon-fri 08:00-18:00" (dialplan/calendar.h) */
	size_t n_spans;
};

struct site_class {                    /* what numbers are, beside what the product knows */
	unsigned class;                /* enum number_class */
	char (*prefixes)[NUMBER_E164]; /* owned */
	size_t n_prefixes;
};

struct site {
	struct site_account *accounts;
	size_t n_accounts;
	struct site_trunk *trunks;
	size_t n_trunks;
	struct site_number *numbers;
	size_t n_numbers;
	struct site_route *routes;
	size_t n_routes;
	struct site_calendar *calendars;
	size_t n_calendars;
	struct site_class *classes;
	size_t n_classes;
};

struct site *site_new(void);            /* empty; NULL: out of memory */
struct site *site_free(struct site *s); /* clears PINs and passwords first; accepts NULL, returns NULL */
/* Puts meetings in the order that lookups need: for whoever fills a site by hand. */
void site_sort(struct site *s);

/* Any bytes are allowed in.  BRIDGE_SYNTAX: *why; *out is untouched. */
enum bridge_err site_parse(struct site **out, const char *text, size_t len, struct config_why *why);
/* Checks a site however it was made: every value, references, duplicates, PINs (why->line 0; why->key counts as the
 * arrays stand).  BRIDGE_SYNTAX: *why; BRIDGE_NOMEM. */
enum bridge_err site_check(const struct site *s, struct config_why *why);
/* May a sound site be in force on a node with this file: are its trunks' interfaces there?  BRIDGE_SYNTAX: *why, line 0. */
enum bridge_err site_check_node(const struct site *s, const struct config *config, struct config_why *why);
/* Line of a key in a site's text; 0: it cannot be read. */
unsigned site_line(const char *text, size_t len, const char *key);
/* YAML that site_parse() reads back to an equal site; allocated, the caller frees; NULL: out of memory. */
char *site_export(const struct site *s);

struct site_change {
	char kind[16]; /* "account", "meeting", "user", "trunk", "number", "route", "calendar", "class" */
	char key[2 *
		 SITE_NAME]; /* "483920175", "acme/alice", "+15550100", "+15550100@carrier-a", "acme +1" */
	char what[12];       /* "added", "changed", "removed" */
	char fields[160];    /* of a change: "name, guest_pin"; never a value */
	const void *before, *after; /* borrowed from the two sites: the object, NULL where it is not */
};
/* Differences by kind, then key; the order of lists in the file is no difference.  Allocated, the caller frees; NULL with *n 0: none (or out of memory: *n SIZE_MAX). */
struct site_change *site_diff(const struct site *from, const struct site *to, size_t *n);

/* By name, of meetings by ID; NULL: there is none. */
const struct site_account *site_account(const struct site *s, const char *name);
const struct site_meeting *site_meeting(
	const struct site *s, const char *id, const struct site_account **account);
const struct site_trunk *site_trunk(const struct site *s, const char *name);
/* How many prefixes a route has, and the i-th of them. */
size_t site_prefixes(const struct site_route *r);
const char *site_prefix(const struct site_route *r, size_t i);
/* Does a call to this number, as that trunk writes it, belong to the trunk by its `inbound.numbers`? */
bool site_is_called(const struct site *s, const char *trunk, const char *request_user, const char *to_user);
/* The plan and the trunk table that this site means; its routes are dialling.h's. */
enum bridge_err site_plan(const struct site *s, struct plan **out);
enum bridge_err site_trunks(const struct site *s, struct trunks **out);
#endif
