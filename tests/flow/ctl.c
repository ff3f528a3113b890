#include "tests/flow/ctl.h"
#include "tests/test.h"

#include <stdlib.h>

enum { CTL_MS = 30000, CTL_WORDS = 32, CTL_TEXT = 1024 };

void ctl_start(const struct bridge *b, struct peer *p, const char *name, const char *words)
{
	const char *argv[CTL_WORDS + 1] = { NULL };
	char program[FOLDER_PATH * 2], text[CTL_TEXT], *rest = text;
	size_t n = 0;

	argv[n++] = build_program("partyctl", program);
	argv[n++] = "--socket";
	argv[n++] = b->control;
	CHECK((size_t)snprintf(text, sizeof(text), "%s", words) < sizeof(text), "too long: %s", words);
	while (n < CTL_WORDS && (argv[n] = strsep(&rest, " ")) != NULL)
		n++;
	CHECK(!rest, "too many words: %s", words);
	CHECK(peer_start(p, &b->folder, name, argv), "partyctl starts");
}

char *ctl(const struct bridge *b, int want, const char *words)
{
	struct peer p;
	char *said;
	int code;

	ctl_start(b, &p, "partyctl", words);
	code = peer_wait_exit(&p, CTL_MS);
	said = peer_output(&p);
	CHECK(code == want, "%s: exit %d: %s", words, code, said);
	return said;
}

void ctl_says(const struct bridge *b, int want, const char *words, const char *const *parts)
{
	char *said = ctl(b, want, words);

	for (; *parts; parts++)
		CHECK(strstr(said, *parts), "%s: '%s' is not in:\n%s", words, *parts, said);
	free(said);
}
