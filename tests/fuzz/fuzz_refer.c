/* links: sip/refer.c */
#include "sip/refer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* First byte: a NOTIFY's body, or the headers of a Refer-To.  What is taken for a dialog can stand in a header as it was read. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct refer_target target;
	struct refer_replaces again;
	char text[3 * REFER_TAG + 40];
	char *headers;

	if (size == 0)
		return 0;
	if (data[0] & 1) {
		const unsigned status = refer_fragment("message/sipfrag", (const char *)data + 1, size - 1);

		if (status && (status < 100 || status > 699))
			abort();
		return 0;
	}
	headers = strndup((const char *)data + 1, size - 1);
	if (headers && refer_target(&target, "sip", "bob", NULL, headers) == 0 && target.has_replaces) {
		if (!refer_replaces_write(text, sizeof(text), &target.replaces) || strpbrk(text, "\r\n, ") ||
			!refer_replaces_read(&again, text) ||
			memcmp(&again, &target.replaces, sizeof(again)) != 0)
			abort();
	}
	free(headers);
	return 0;
}
