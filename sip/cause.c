#include "sip/cause.h"

#include "sip/span.h"

#include <stdbool.h>
#include <stdio.h>

/* What a SIP status means to the telephone network, and its usual words.  Causes: RFC 3398 section 8.2.6.1; where it has no
 * row (487, 488, 491, ...) the nearest meaning. */
static const struct status_row {
	unsigned short status, q850;
	const char *words;
} statuses[] = {
	{ 100, 0, "Trying" },
	{ 180, 0, "Ringing" },
	{ 181, 0, "Call Is Being Forwarded" },
	{ 182, 0, "Queued" },
	{ 183, 0, "Session Progress" },
	{ 199, 0, "Early Dialog Terminated" },
	{ 200, 0, "OK" },
	{ 202, 0, "Accepted" },
	{ 204, 0, "No Notification" },
	{ 300, 23, "Multiple Choices" },
	{ 301, 22, "Moved Permanently" },
	{ 302, 23, "Moved Temporarily" },
	{ 305, 23, "Use Proxy" },
	{ 380, 23, "Alternative Service" },
	{ 400, 41, "Bad Request" },
	{ 401, 21, "Unauthorized" },
	{ 402, 21, "Payment Required" },
	{ 403, 21, "Forbidden" },
	{ 404, 1, "Not Found" },
	{ 405, 63, "Method Not Allowed" },
	{ 406, 79, "Not Acceptable" },
	{ 407, 21, "Proxy Authentication Required" },
	{ 408, 102, "Request Timeout" },
	{ 410, 22, "Gone" },
	{ 412, 127, "Conditional Request Failed" },
	{ 413, 127, "Request Entity Too Large" },
	{ 414, 127, "Request-URI Too Long" },
	{ 415, 79, "Unsupported Media Type" },
	{ 416, 127, "Unsupported URI Scheme" },
	{ 420, 127, "Bad Extension" },
	{ 421, 127, "Extension Required" },
	{ 422, 127, "Session Interval Too Small" },
	{ 423, 127, "Interval Too Brief" },
	{ 428, 21, "Use Identity Header" },
	{ 429, 127, "Provide Referrer Identity" },
	{ 433, 21, "Anonymity Disallowed" },
	{ 436, 21, "Bad Identity Info" },
	{ 437, 21, "Unsupported Credential" },
	{ 438, 21, "Invalid Identity Header" },
	{ 480, 18, "Temporarily Unavailable" },
	{ 481, 41, "Call/Transaction Does Not Exist" },
	{ 482, 25, "Loop Detected" },
	{ 483, 25, "Too Many Hops" },
	{ 484, 28, "Address Incomplete" },
	{ 485, 1, "Ambiguous" },
	{ 486, 17, "Busy Here" },
	{ 487, 16, "Request Terminated" },
	{ 488, 88, "Not Acceptable Here" },
	{ 489, 127, "Bad Event" },
	{ 491, 41, "Request Pending" },
	{ 493, 127, "Undecipherable" },
	{ 494, 127, "Security Agreement Required" },
	{ 500, 41, "Server Internal Error" },
	{ 501, 79, "Not Implemented" },
	{ 502, 38, "Bad Gateway" },
	{ 503, 41, "Service Unavailable" },
	{ 504, 102, "Server Time-out" },
	{ 505, 127, "Version Not Supported" },
	{ 513, 127, "Message Too Large" },
	{ 580, 47, "Precondition Failure" },
	{ 600, 17, "Busy Everywhere" },
	{ 603, 21, "Decline" },
	{ 604, 1, "Does Not Exist Anywhere" },
	{ 606, 88, "Not Acceptable" },
	{ 607, 21, "Unwanted" },
	{ 608, 21, "Rejected" },
};

/* What a cause of the telephone network is to SIP: RFC 3398 section 7.2.4.1; a call that ended normally before it was answered
 * is 480, and 25 and 63, which have no row there, are what they come from.  Words: ITU-T Q.850 section 2.2. */
static const struct cause_row {
	unsigned char q850;
	unsigned short status;
	const char *words;
} causes[] = {
	{ 1, 404, "unallocated number" },
	{ 2, 404, "no route to that network" },
	{ 3, 404, "no route to destination" },
	{ 16, 480, "normal call clearing" },
	{ 17, 486, "user busy" },
	{ 18, 408, "no user responding" },
	{ 19, 480, "no answer from user" },
	{ 20, 480, "subscriber absent" },
	{ 21, 403, "call rejected" },
	{ 22, 410, "number changed" },
	{ 23, 410, "redirection to new destination" },
	{ 25, 483, "exchange routing error" },
	{ 26, 404, "non-selected user clearing" },
	{ 27, 502, "destination out of order" },
	{ 28, 484, "invalid number format" },
	{ 29, 501, "facility rejected" },
	{ 31, 480, "normal, unspecified" },
	{ 34, 503, "no circuit available" },
	{ 38, 503, "network out of order" },
	{ 41, 503, "temporary failure" },
	{ 42, 503, "switching equipment congestion" },
	{ 47, 503, "resource unavailable" },
	{ 55, 403, "incoming calls barred within CUG" },
	{ 57, 403, "bearer capability not authorized" },
	{ 58, 503, "bearer capability not presently available" },
	{ 63, 503, "service or option not available" },
	{ 65, 488, "bearer capability not implemented" },
	{ 70, 488, "only restricted digital information" },
	{ 79, 501, "service or option not implemented" },
	{ 87, 403, "user not member of CUG" },
	{ 88, 503, "incompatible destination" },
	{ 102, 504, "recovery on timer expiry" },
	{ 111, 500, "protocol error" },
	{ 127, 500, "interworking, unspecified" },
};

static const struct status_row *find_status(unsigned status)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++)
		if (statuses[i].status == status)
			return &statuses[i];
	return NULL;
}

static const struct cause_row *find_cause(unsigned q850)
{
	for (size_t i = 0; i < sizeof(causes) / sizeof(*causes); i++)
		if (causes[i].q850 == q850)
			return &causes[i];
	return NULL;
}

unsigned cause_from_status(unsigned sip_status)
{
	const struct status_row *row = find_status(sip_status);

	if (sip_status < 300)
		return 0;
	if (!row && sip_status < 700) /* RFC 3261 section 8.1.3.2: one that is not known means as its class */
		row = find_status(sip_status / 100 * 100);
	return row ? row->q850 : Q850_INTERWORKING;
}

unsigned cause_to_status(unsigned q850)
{
	const struct cause_row *row = find_cause(q850);

	return row ? row->status : 500; /* RFC 3398 section 7.2.4.1, last paragraph */
}

const char *cause_words(unsigned q850)
{
	const struct cause_row *row = find_cause(q850);

	return row ? row->words : "cause without a name";
}

const char *status_words(unsigned sip_status)
{
	static const char *const classes[] = { "Unknown", "Progress", "OK", "Redirection", "Request Failure",
		"Server Failure", "Global Failure" };
	const struct status_row *row = find_status(sip_status);

	return row ? row->words : classes[sip_status < 700 ? sip_status / 100 : 0];
}

/* The order is that of the names. */
enum {
	CLEARED,
	BUSY,
	NO_ANSWER,
	REJECTED,
	BAD_NUMBER,
	NORMAL,
	NO_RESOURCE,
	NO_SERVICE,
	PROTOCOL,
	TIMER,
	INTERWORKING
};

static const char *const class_names[CAUSE_CLASSES] = { "cleared", "busy", "no_answer", "rejected",
	"bad_number", "other_normal", "no_resource", "no_service", "protocol", "timer", "interworking" };

/* ITU-T Q.850 section 2.2: the classes by their ranges, the commonest causes by themselves. */
unsigned cause_class(unsigned q850)
{
	switch (q850) {
	case 0:
	case 16:
	case 31: return CLEARED;
	case 17: return BUSY;
	case 18:
	case 19:
	case 20: return NO_ANSWER;
	case 21: return REJECTED;
	case 1:
	case 2:
	case 3:
	case 22:
	case 28: return BAD_NUMBER;
	case 102: return TIMER;
	default: break;
	}
	if (q850 < 32)
		return NORMAL;
	if (q850 < 48)
		return NO_RESOURCE;
	if (q850 < 80)
		return NO_SERVICE;
	return q850 < 112 ? PROTOCOL : INTERWORKING;
}

const char *cause_class_name(unsigned class)
{
	return class_names[class];
}

void cause_reason(char *out, size_t cap, unsigned q850, const char *text)
{
	int n = snprintf(out, cap, "Q.850;cause=%u", q850);
	size_t at = n < 0 ? cap : (size_t)n;
	static const char open[] = ";text=\"";

	if (at >= cap) { /* half a cause is another cause */
		if (cap)
			out[0] = 0;
		return;
	}
	if (cap - at < sizeof(open) + 2)
		return;
	memcpy(out + at, open, sizeof(open));
	at += sizeof(open) - 1;
	for (const char *p = text ? text : cause_words(q850); *p && at + 2 < cap; p++)
		if (*p >= ' ' && *p <= '~' && *p != '"' && *p != '\\')
			out[at++] = *p;
	memcpy(out + at, "\"", 2);
}

/* Takes what stands before the first `separator` outside quotes off *rest, and the separator too. */
static struct span next_part(struct span *rest, char separator)
{
	bool quoted = false;
	size_t n = 0;

	for (; n < rest->n && (quoted || rest->p[n] != separator); n++)
		if (rest->p[n] == '"')
			quoted = !quoted;
		else if (quoted && rest->p[n] == '\\' && n + 1 < rest->n)
			n++;
	return span_trim(span_split(rest, n));
}

unsigned cause_from_reason(const char *value, size_t len)
{
	struct span rest = { value, len };
	uint64_t cause = 0;

	while (rest.n && !cause) {
		struct span reason = next_part(&rest, ',');

		if (!span_is(next_part(&reason, ';'), "Q.850"))
			continue;
		while (reason.n && !cause) {
			struct span param = next_part(&reason, ';');

			if (span_is(next_part(&param, '='), "cause"))
				span_number(&cause, next_part(&param, '='), 127);
		}
	}
	return (unsigned)cause;
}
