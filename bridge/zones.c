#include "bridge/zones.h"

#include <stdio.h>
#include <stdlib.h>

enum { FILE_MAX = 256 << 10 };

static const char folder[] = "/usr/share/zoneinfo";

static bool path_of(char *out, size_t cap, const char *name)
{
	int n = snprintf(out, cap, "%s/%s", folder, name);

	return n > 0 && (size_t)n < cap;
}

bool zones_known(const char *name)
{
	struct zone *z = NULL;
	bool known = zones_load(&z, name) == BRIDGE_OK;

	zone_free(z);
	return known;
}

enum bridge_err zones_load(struct zone **out, const char *name)
{
	enum plan_err err = PLAN_SYNTAX;
	char path[160], *bytes;
	size_t len = 0;
	FILE *file;

	if (!path_of(path, sizeof(path), name))
		return BRIDGE_FILE;
	file = fopen(path, "re");
	if (!file)
		return BRIDGE_FILE;
	bytes = malloc(FILE_MAX);
	if (bytes) {
		len = fread(bytes, 1, FILE_MAX, file);
		err = len < FILE_MAX ? zone_read(out, bytes, len) : PLAN_SYNTAX;
	}
	fclose(file);
	if (!bytes)
		return BRIDGE_NOMEM;
	free(bytes);
	return err == PLAN_OK ? BRIDGE_OK : err == PLAN_NOMEM ? BRIDGE_NOMEM : BRIDGE_FILE;
}
