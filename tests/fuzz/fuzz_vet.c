/* links: sip/vet.c sip/cause.c */
/* Header values of any bytes: a verdict each, and text for people that is clean whatever came in. */
#include "sip/cause.h"
#include "sip/vet.h"

#include <stdlib.h>
#include <string.h>

static void check_clean(const char *text, size_t cap)
{
	size_t n = strnlen(text, cap);

	if (n >= cap)
		abort();
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *value = (const char *)data;
	char out[64], *text;

	if (size > 65536)
		return 0;
	vet_contact(value, size);
	vet_routes(value, size);
	vet_uri(value, size);
	vet_host(value, size);
	vet_cseq(value, size, "INVITE");
	if (cause_from_reason(value, size) > 127)
		abort();
	vet_clean(out, sizeof(out), value, size);
	check_clean(out, sizeof(out));
	vet_user(out, 7, value, size);
	check_clean(out, 7);

	text = strndup(value, size);
	if (!text)
		return 0;
	vet_branch(text);
	vet_call_id(text);
	vet_tag(text);
	vet_parts(text, text, text);
	vet_parts("sip", text, text);
	vet_parts("sip", "a.example", text);
	cause_reason(out, sizeof(out), (unsigned)size, text);
	check_clean(out, sizeof(out));
	free(text);
	return 0;
}
