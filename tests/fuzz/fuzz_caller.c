/* links: sip/caller.c sip/vet.c */
#include "sip/caller.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text, size_t cap)
{
	if (!memchr(text, '\0', cap))
		abort();
	for (; *text; text++)
		if ((unsigned char)*text < ' ')
			abort();
}

/* The first byte picks the header; what is read is text without controls, in its bounds. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID",
		"Privacy", "Diversion", "History-Info", "Session-ID" };
	struct caller c = { .n_history = 0 };
	char *value;

	if (!size)
		return 0;
	value = strndup((const char *)data + 1, size - 1);
	if (!value)
		return 0;
	caller_read(&c, names[data[0] % (sizeof(names) / sizeof(*names))], value);
	caller_read(&c, names[data[0] % (sizeof(names) / sizeof(*names))], value);
	free(value);
	check(c.asserted, sizeof(c.asserted));
	check(c.preferred, sizeof(c.preferred));
	check(c.remote_party, sizeof(c.remote_party));
	check(c.diverted, sizeof(c.diverted));
	check(c.diverted_why, sizeof(c.diverted_why));
	check(c.history, sizeof(c.history));
	check(c.history_why, sizeof(c.history_why));
	check(c.session, sizeof(c.session));
	return 0;
}
