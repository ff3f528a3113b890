/* links: sip/naptr.c sip/ere.c */
#include "sip/ere.h"
#include "sip/naptr.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

/* First byte: a number; the rest: a regexp field.  Whatever comes out is printable, bounded and the same in any record. */
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static const char *const numbers[] = { "+15550100", "+442079460148", "+999999999999999", "+11" };
	struct naptr record = { .flags = "u", .service = "E2U+sip" };
	char out[NAPTR_URI], picked[NAPTR_URI], name[NAPTR_TEXT];
	const char *number;

	if (len < 1)
		return 0;
	number = numbers[p[0] % 4];
	len = len - 1 < sizeof(record.regexp) - 1 ? len - 1 : sizeof(record.regexp) - 1;
	memcpy(record.regexp, p + 1, len);
	if (!naptr_rewrite(out, record.regexp, number))
		return 0;
	for (const char *c = out; *c; c++)
		if (*c <= ' ' || *c > '~')
			abort();
	if (!naptr_pick(picked, &record, 1, NAPTR_SIP, number) && strcmp(picked, out) != 0)
		abort();
	(void)naptr_text(name, out);
	return 0;
}
