#include "bridge/why.h"

#include <stdarg.h>
#include <stdio.h>

enum bridge_err why_refuse(struct config_why *why, unsigned line, const char *key, const char *format, ...)
{
	va_list args;

	if (!why)
		return BRIDGE_SYNTAX;
	why->line = line;
	snprintf(why->key, sizeof(why->key), "%s", key);
	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	return BRIDGE_SYNTAX;
}
