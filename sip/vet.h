/* vet.h - is what a message names safe to act upon? Checks of single header values, as plain text.
 *
 * How: Sofia-SIP dies of some messages only long after it has accepted them (a dialog whose remote target is no SIP
 * URI recurses into the ground when its ACK fails to come), so every value that a dialog will keep
 * is looked at here first: Contact and Record-Route before a 2xx goes out and when one comes in,
 * the branch of the top Via on every request, Call-ID, tags and CSeq.
 * Use:  vet_parts() when the URI is split already, vet_uri() for its text, vet_contact() and vet_routes() for whole
 *       header values; whatever is not VET_OK is answered 400, or ACK and then BYE when it came in a 2xx.
 *       vet_clean() and vet_user() before text of a stranger reaches a log, an event or a record.
 *
 * A text may be NULL when its length is 0, or when the header says "0-terminated".
 * Thread: any; pure.
 */
#ifndef SIP_VET_H
#define SIP_VET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { /* bytes; RFC 4475 section 3.1.1.7 (long values) fits */
	VET_URI_MAX = 1024,
	VET_HOST_MAX = 253,
	VET_CALL_ID_MAX = 255,
	VET_TAG_MAX = 255,
	VET_BRANCH_MAX = 512,
	VET_ROUTES_MAX = 32 /* entries of all Record-Routes together */
};

enum vet {
	VET_OK = 0,
	VET_MISSING, /* absent or empty */
	VET_MANY,    /* more than one Contact, more than VET_ROUTES_MAX routes */
	VET_SCHEME,  /* neither sip nor sips, or "*" */
	VET_HOST,    /* neither a name nor an address one could send to (0.0.0.0, multicast, ...) */
	VET_PORT,    /* not 1..65535 */
	VET_LONG,    /* over the bound above */
	VET_BYTES,   /* a control, a space or what else its grammar has no place for */
	VET_COOKIE,  /* branch without z9hG4bK, or with nothing after it (RFC 3261 section 8.1.1.7) */
};

enum vet_host { VET_HOST_BAD, VET_HOST_IPV4, VET_HOST_IPV6, VET_HOST_NAME };

const char *vet_words(
	enum vet verdict); /* "Contact or route is not sip or sips"; never NULL, fits a reason phrase */

/* What kind of host is this text (IPv6 in brackets or bare)?  VET_HOST_BAD also for addresses that nobody can
 * be called at: unspecified, multicast, broadcast.  Only the literal kinds may be handed to Sofia: a name must be
 * resolved first. */
enum vet_host vet_host(const char *host, size_t len);

/* A URI that is split already; 0-terminated, NULL: absent.
 *   scheme  "sip", "sips"; case does not matter
 *   host    IPv6 with or without brackets
 *   port    decimal text; NULL or "": the scheme's own */
enum vet vet_parts(const char *scheme, const char *host, const char *port);

/* One URI: scheme, host, port, and maddr if it has one.  A URI with ?headers has no place in a
 * dialog (RFC 3261 section 19.1.1, table 1): VET_BYTES. */
enum vet vet_uri(const char *uri, size_t len);

/* The value of a Contact header that a dialog is to keep: exactly one name-addr or addr-spec.  Values of several Contact headers
 * come joined by commas. */
enum vet vet_contact(const char *value, size_t len);

/* Values of all Record-Route headers, joined by commas; each a name-addr.  Empty: VET_OK, no routes. */
enum vet vet_routes(const char *value, size_t len);

/* Branch of the top Via; 0-terminated, NULL: absent. */
enum vet vet_branch(const char *branch);

enum vet vet_call_id(const char *call_id); /* 0-terminated; NULL: VET_MISSING */
enum vet vet_tag(const char *tag);         /* 0-terminated; NULL: VET_MISSING */

/* A CSeq value, "4711 INVITE": number below 2^31 (RFC 3261 section 8.1.1.5), method the request's own. */
enum vet vet_cseq(const char *value, size_t len, const char *method);

/* Copies text for people's eyes: whole UTF-8 characters, no controls, no line ends, nothing that turns the reading
 * direction; each byte that is none of these becomes '?'.  0-terminated, cut to cap; `text` NULL gives "". */
void vet_clean(char *out, size_t cap, const char *text, size_t len);

/* The same for the user part of a URI: %-escapes are decoded first (RFC 3261 section 19.1.2). */
void vet_user(char *out, size_t cap, const char *user, size_t len);
#endif
