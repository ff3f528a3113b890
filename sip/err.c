#include "sip/err.h"

const char *call_strerror(enum call_err err)
{
	switch (err) {
	case CALL_OK: return "ok";
	case CALL_NOMEM: return "out of memory";
	case CALL_RANGE: return "argument out of range";
	case CALL_SYNTAX: return "malformed";
	case CALL_LIMIT: return "too long or too many";
	case CALL_NO_MATCH: return "no common codec";
	case CALL_NO_SRTP: return "no agreement about SRTP";
	case CALL_STATE: return "not possible in this state";
	case CALL_ADDRESS: return "address cannot be used";
	case CALL_LIBRARY: return "refused by the SIP library";
	}
	return "unnamed error";
}
