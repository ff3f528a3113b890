/* links: dialplan/zone.c dialplan/err.c */
/* Bytes of a TZif file.  Whatever comes: one that is read gives offsets of less than a week at any time. */
#include "dialplan/zone.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static const int64_t times[] = { INT64_MIN / 2, -2208988800, -1, 0, 1, 1143334799, 1796342400,
		4102444800, 253402300799, INT64_MAX / 2 };
	struct zone *z = NULL;

	if (zone_read(&z, p, len) != PLAN_OK)
		return 0;
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		int32_t offset = zone_offset_s(z, times[i]);
		int64_t day = zone_day(z, times[i]);

		if (offset > 14 * 86400 || offset < -14 * 86400 || (times[i] + offset) / 86400 - day > 1)
			abort();
	}
	zone_free(z);
	return 0;
}
