/* err.h - the results of the signalling plane, by name.  Thread: any. */
#ifndef SIP_ERR_H
#define SIP_ERR_H

enum call_err {
	CALL_OK = 0,
	CALL_NOMEM,    /* the allocator said no; nothing changed */
	CALL_RANGE,    /* an argument is outside what the header allows */
	CALL_SYNTAX,   /* SDP or a header that its grammar does not allow */
	CALL_LIMIT,    /* longer or more than we take: counted, refused */
	CALL_NO_MATCH, /* no common codec, no audio stream: 488 */
	CALL_NO_SRTP,  /* what is wanted about encryption and what is offered do not meet: 488 */
	CALL_STATE,    /* not possible in this state of the dialog */
	CALL_ADDRESS,  /* cannot listen on or send to that address */
	CALL_LIBRARY,  /* Sofia-SIP refused; errno may say why */
};

const char *call_strerror(enum call_err err); /* never NULL */
#endif
