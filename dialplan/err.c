#include "dialplan/err.h"

const char *plan_strerror(enum plan_err err)
{
	switch (err) {
	case PLAN_OK: return "ok";
	case PLAN_NOMEM: return "out of memory";
	case PLAN_RANGE: return "argument out of range";
	case PLAN_SYNTAX: return "not a number, pattern or rule";
	case PLAN_TWICE: return "given twice";
	case PLAN_NO_RULE: return "nothing answers";
	}
	return "unnamed error";
}
