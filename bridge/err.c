#include "bridge/err.h"

const char *bridge_strerror(enum bridge_err err)
{
	switch (err) {
	case BRIDGE_OK: return "ok";
	case BRIDGE_NOMEM: return "out of memory";
	case BRIDGE_RANGE: return "argument out of range";
	case BRIDGE_SYNTAX: return "cannot be read";
	case BRIDGE_UNKNOWN: return "unknown";
	case BRIDGE_FULL: return "full";
	case BRIDGE_FILE: return "file or socket error";
	case BRIDGE_STATE: return "not possible now";
	}
	return "unnamed error";
}
