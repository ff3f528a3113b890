/* links: sip/info.c sip/err.c */
#include "sip/info.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* First byte chooses the type; whatever comes, a key is one of sixteen. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct info_digit digit = { 0, 0 };

	if (size == 0)
		return 0;
	if (info_read(&digit, data[0] & 1 ? "application/dtmf" : "application/dtmf-relay",
		    (const char *)data + 1, size - 1) == CALL_OK &&
		(!digit.key || !strchr("0123456789*#ABCD", digit.key)))
		abort();
	return 0;
}
