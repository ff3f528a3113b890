/* links: sip/body.c sip/err.c */
#include "sip/body.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Two letters of boundary, so that the fuzzer meets it; the part lies within the body. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *body = (const char *)data;
	struct body_text out = { NULL, 0 };

	if (size > 65536)
		return 0;
	if (body_sdp(&out, "multipart/mixed", "bb", body, size) == CALL_OK &&
		(out.text < body || out.text + out.len > body + size))
		abort();
	return 0;
}
