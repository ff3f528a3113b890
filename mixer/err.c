#include "mixer/err.h"

const char *mix_strerror(enum mix_err err)
{
	switch (err) {
	case MIX_OK: return "ok";
	case MIX_NOMEM: return "out of memory";
	case MIX_RANGE: return "argument out of range";
	case MIX_SHORT: return "too short";
	case MIX_SYNTAX: return "malformed";
	case MIX_UNKNOWN: return "unknown";
	case MIX_FULL: return "full";
	case MIX_EMPTY: return "empty";
	case MIX_STALE: return "stale";
	case MIX_FORGED: return "not authentic";
	case MIX_FILE: return "sound file cannot be read";
	}
	return "unnamed error";
}
