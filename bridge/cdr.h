/* cdr.h - the call record: one per leg, refused calls included (FEATURES X5).
 *
 * A plain struct; no PIN and no key press ever enters it (S7).  Times are microseconds since 1970, 0: never.
 * How: cdr_fields() lists every member once, with its name and kind; the store and the JSON are both
 * made from that list.  A new member is a line there and a step in the store's schema.  What few records say, or what
 * is mostly shorter than it may be, is no member: cdr_say() and cdr_text() know it by an enum cdr_text.
 * Use:  zero-initialise; cdr_copy() for another owner; cdr_clear().
 *
 * Thread: any.
 */
#ifndef BRIDGE_CDR_H
#define BRIDGE_CDR_H

#include "bridge/texts.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cdr_text {
	CDR_DIALOUT,       /* of a call that we made: which dial-out it was an attempt of */
	CDR_CALL_ID,       /* SIP Call-ID */
	CDR_SOURCE,        /* where it came from; of a call that we made: where it went */
	CDR_CAUSE,         /* why it ended, in words: "far end hung up", "wrong PIN three times" */
	CDR_DIVERTED_FROM, /* whom the call was for at first, */
	CDR_DIVERSION,     /* and why it went on: "unconditional" ... */
	CDR_CALLER_NAME,   /* as they said or as a name server did (bridge/cnam.h); none: hidden or unknown */
	CDR_ROUTING,       /* number that routed it (;rn=, RFC 4694), theirs of an incoming call */
	CDR_DIPS,          /* what name servers said of it, in words; none: nobody was asked */
	CDR_SESSION_PEER,  /* their Session-ID (RFC 7989) */
	CDR_HEADERS,       /* what the trunk maps of the INVITE: "customer=4711; code=9" (bridge/headers.h) */
	CDR_TROUBLE, /* words of what was wrong with its sound: nothing_in, nothing_out, silent, echo, media_lost */
	CDR_TRANSFERRED, /* where its far end was sent with REFER, number or URI */
	CDR_SRTP,        /* suite, as SDP names it; none: in the clear */
	CDR_ORIGID,
	CDR_VERSTAT_WHY, /* see verstat */
	CDR_PASSED_OVER, /* of a call that we made: trunks that were not tried before this one: "first: the trunk is in maintenance" */
	CDR_QUIRKS, /* what was odd about its packets: names of mixer/quirk.h, as far as there is room */
	CDR_RATE    /* see currency: the row that it was charged by, in words */
};

enum { CDR_TEXT_MAX = 256, CDR_PASSED_OVER_MAX = 128, CDR_TRANSFERRED_MAX = 64 }; /* with its NUL */

struct cdr {
	char direction
		[4]; /* "in"; "out": we called: number is the one called, to_number as it was asked for, from_number what was shown */
	char id[40]; /* our call token, or a random one for a refused call; never "" */
	char trunk[64];
	char account[64], meeting[16], participant[24], role[8]; /* "" where unknown; role host, guest */
	char sitting[24]; /* of the meeting, from its first participant to its last (bridge/sitting.h) */
	char from_number[64], to_number[64]; /* as sent, sanitised */
	char number[17];                     /* E.164 that the plan decided on */
	char caller_by[8];   /* what says so of from_number: "pai", "rpid", "ppi" (RFC 3325), "from" */
	char session_id[33]; /* ours (RFC 7989); "" none */
	int64_t started_us, answered_us, joined_us, ended_us;
	unsigned sip_status; /* final status sent or 200 */
	unsigned q850;
	bool by_far_end;
	char ended_by[12]; /* caller, called, carrier, us, operator, host, network: bridge/why_call.h */
	char codec[16];
	/* STIR (docs/stir.md): what its Identity proved; of a call that we made: what ours said */
	char verstat[12]; /* "passed", "failed", "none"; "signed", "unsigned"; "": nobody looked */
	char attest[2];   /* "A", "B", "C" */
	/* of a call that we made through a trunk whose price is known (dialplan/rates.h) */
	int64_t cost;     /* millionths */
	char currency[4]; /* "EUR"; "": nothing is known of its cost */
	uint64_t rx_packets, tx_packets;
	uint32_t rx_lost, jitter_us, far_lost, round_trip_us;
	/* mixer/quality.h, in hundredths, 0: not known; rx: what it sent, as we heard it, tx: what we sent */
	uint32_t rx_r, rx_mos, tx_r, tx_mos;
	uint32_t rx_missing, burst_ms,
		gap_ms;      /* packets not there at playout; their pattern (RFC 3611 4.7.2) */
	struct texts *texts; /* owned; by enum cdr_text, NULL: none */
};

enum cdr_kind {
	CDR_TEXT,
	CDR_KEPT,  /* what cdr_text() gives: `offset` is which, `size` its most, NUL included */
	CDR_TIME,  /* int64_t, microseconds since 1970; JSON: RFC 3339, null when 0 */
	CDR_COUNT, /* unsigned of `size` bytes, 4 or 8 */
	CDR_SPAN,  /* uint32_t microseconds; JSON: milliseconds */
	CDR_SCORE, /* uint32_t hundredths; JSON: a number, null when 0 */
	CDR_FLAG,
	CDR_MONEY, /* int64_t millionths; JSON: a text, so that it stays exact; null where there is no currency */
};

struct cdr_field {
	const char *column, *json;
	enum cdr_kind kind;
	size_t offset, size;
};

const struct cdr_field *cdr_fields(size_t *n); /* all of them */

const char *cdr_text(
	const struct cdr *cdr, enum cdr_text which); /* "": it says none; until it says another */
/* Cut where it is longer than it may be; an empty one takes it back.  False: out of memory, it is as before. */
bool cdr_say(struct cdr *cdr, enum cdr_text which, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Adds a word to a list of them, set apart by blanks, if it is not there and there is room. */
void cdr_add_word(struct cdr *cdr, enum cdr_text which, const char *word);
bool cdr_has_word(const struct cdr *cdr, enum cdr_text which, const char *word);

/* Into *out, which is only written to then.  False: out of memory. */
bool cdr_copy(struct cdr *out, const struct cdr *from);
void cdr_clear(struct cdr *cdr);            /* gives back what it holds; all zeros then */
void cdrs_free(struct cdr *list, size_t n); /* all of them, and the list itself; accepts NULL */

/* Shortens the numbers of people, not ours: for whoever has no use for them (S7). */
void cdr_mask(struct cdr *cdr);
/* As the API shows it; bytes that are not UTF-8 become '?'.  NULL: out of memory. */
json_t *cdr_json(const struct cdr *cdr);
#endif
