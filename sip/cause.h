/* cause.h - why a call ended or was refused: SIP status, Q.850 cause, and words for people.
 *
 * RFC 3326 (Reason), RFC 3398 section 8.2.6 (status to cause and back), ITU-T Q.850.
 * Thread: any; pure tables.
 */
#ifndef SIP_CAUSE_H
#define SIP_CAUSE_H

#include <stddef.h>

enum {
	Q850_UNALLOCATED = 1,
	Q850_NORMAL = 16,
	Q850_BUSY = 17,
	Q850_NO_ANSWER = 19,
	Q850_REJECTED = 21,
	Q850_INVALID_NUMBER = 28,
	Q850_NORMAL_UNSPECIFIED = 31,
	Q850_NO_CIRCUIT = 34,
	Q850_TEMPORARY = 41,
	Q850_CONGESTION = 42,
	Q850_NOT_PERMITTED = 57,
	Q850_INCOMPATIBLE = 88,
	Q850_TIMER = 102,
	Q850_PROTOCOL = 111,
	Q850_INTERWORKING = 127
};

unsigned cause_from_status(unsigned sip_status); /* Q.850 cause; 0 for 1xx and 2xx */
unsigned cause_to_status(unsigned q850);         /* SIP status 4xx..6xx */
const char *cause_words(unsigned q850);          /* "normal call clearing"; never NULL */
const char *status_words(unsigned sip_status);   /* "Busy Here"; never NULL */

/* What a cause comes to when causes are counted: one of CAUSE_CLASSES, whatever was sent. */
enum { CAUSE_CLASSES = 11 };
unsigned cause_class(unsigned q850);
const char *cause_class_name(unsigned class); /* "busy" */

/* Writes `Q.850;cause=16;text="..."` (RFC 3326); text NULL: cause_words(). Quotes and controls are dropped. */
void cause_reason(char *out, size_t cap, unsigned q850, const char *text);

/* Reads a Reason header's value; 0: none of protocol Q.850. */
unsigned cause_from_reason(const char *value, size_t len);
#endif
