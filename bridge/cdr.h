/* cdr.h - the call record: one per leg, refused calls included (FEATURES X5).
 *
 * A plain struct; no PIN and no key press ever enters it (S7).  Times are microseconds since 1970, 0: never.
 * How: cdr_fields() lists every member once, with its name and kind; the store and the JSON are both
 * made from that list.  A new member is a line there and a step in the store's schema.
 *
 * Thread: any.
 */
#ifndef BRIDGE_CDR_H
#define BRIDGE_CDR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cdr {
	char direction
		[4]; /* "in"; "out": we called: number is the one called, to_number as it was asked for, from_number what was shown */
	char dialout[32];  /* of a call that we made: which dial-out it was an attempt of */
	char id[40];       /* our call token, or a random one for a refused call; never "" */
	char call_id[256]; /* SIP Call-ID */
	char trunk[64], source[64];
	char account[64], meeting[16], participant[40], role[8]; /* "" where unknown; role host, guest */
	char sitting[24]; /* of the meeting, from its first participant to its last (bridge/sitting.h) */
	char from_number[64], to_number[64]; /* as sent, sanitised */
	char number[17];                     /* E.164 that the plan decided on */
	char caller_by[8]; /* what says so of from_number: "pai", "rpid", "ppi" (RFC 3325), "from" */
	char diverted_from[64],
		diversion[24]; /* whom the call was for at first, and why it went on: "unconditional" ... */
	char caller_name[64]; /* as they said or as a name server did (bridge/cnam.h); "" hidden or unknown */
	char routing[17]; /* number that routed it (;rn=, RFC 4694), theirs of an incoming call; "" none */
	char dips[96];    /* what name servers said of it, in words; "" nobody was asked */
	char session_id[33], session_peer[33]; /* ours and theirs (RFC 7989); "" none */
	char headers[256]; /* what the trunk maps of the INVITE: "customer=4711; code=9" (bridge/headers.h) */
	int64_t started_us, answered_us, joined_us, ended_us;
	unsigned sip_status; /* final status sent or 200 */
	unsigned q850;
	char cause[96]; /* in words: "far end hung up", "wrong PIN three times" */
	bool by_far_end;
	char ended_by[12]; /* caller, called, carrier, us, operator, host, network: bridge/why_call.h */
	char trouble
		[64]; /* words of what was wrong with its sound: nothing_in, nothing_out, silent, echo, media_lost */
	char transferred[64]; /* where its far end was sent with REFER, number or URI; "": nowhere */
	char codec[16];
	char srtp[32]; /* suite, as SDP names it; "" in the clear */
	/* STIR (docs/stir.md): what its Identity proved; of a call that we made: what ours said */
	char verstat[12]; /* "passed", "failed", "none"; "signed", "unsigned"; "": nobody looked */
	char attest[2];   /* "A", "B", "C" */
	char origid[64], verstat_why[96];
	char passed_over
		[128]; /* of a call that we made: trunks that were not tried before this one: "first: the trunk is in maintenance" */
	char quirks
		[128]; /* what was odd about its packets: names of mixer/quirk.h, as far as there is room */
	/* of a call that we made through a trunk whose price is known (dialplan/rates.h) */
	int64_t cost;     /* millionths */
	char currency[4]; /* "EUR"; "": nothing is known of its cost */
	char rate[160];   /* the row that it was charged by, in words */
	uint64_t rx_packets, tx_packets;
	uint32_t rx_lost, jitter_us, far_lost, round_trip_us;
	/* mixer/quality.h, in hundredths, 0: not known; rx: what it sent, as we heard it, tx: what we sent */
	uint32_t rx_r, rx_mos, tx_r, tx_mos;
	uint32_t rx_missing, burst_ms,
		gap_ms; /* packets not there at playout; their pattern (RFC 3611 4.7.2) */
};

enum cdr_kind {
	CDR_TEXT,
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
/* Shortens the numbers of people, not ours: for whoever has no use for them (S7). */
void cdr_mask(struct cdr *cdr);
/* As the API shows it; bytes that are not UTF-8 become '?'.  NULL: out of memory. */
json_t *cdr_json(const struct cdr *cdr);
#endif
