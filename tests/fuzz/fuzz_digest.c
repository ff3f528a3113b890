/* links: sip/digest.c */
#include "sip/digest.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever a challenge says, an answer is one line, with an even number of quotes that are not escaped. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct digest_request request = { "user", "password", "INVITE", "sip:1@192.0.2.1", "cnonce",
		1 };
	struct digest_challenge c;
	char out[DIGEST_VALUE];
	unsigned quotes = 0;
	struct digest_given g;

	if (digest_given(&g, (const char *)data, size) == CALL_OK &&
		(!g.username[0] || digest_matches(&g, "p", "INVITE")))
		abort(); /* nobody knows that password */
	if (digest_read(&c, (const char *)data, size) != CALL_OK || c.algorithm == DIGEST_UNKNOWN)
		return 0;
	if (digest_answer(out, sizeof(out), &c, &request) != CALL_OK)
		return 0;
	for (const char *p = out; *p; p++) {
		if (*p == '\\' && p[1])
			p++;
		else
			quotes += *p == '"';
	}
	if (quotes % 2 || strpbrk(out, "\r\n"))
		abort();
	return 0;
}
