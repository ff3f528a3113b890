#include "sip/permit.h"
#include "sip/span.h"

/* Takes the next word off a list, without its parameters. */
static struct span take_word(struct span *rest)
{
	struct span one = span_until(rest, ',');

	return span_trim(span_until(&one, ';'));
}

enum permit permit_read(enum permit before, const char *value)
{
	static const char *const words[] = { [PERMIT_INACTIVE] = "inactive",
		[PERMIT_RECVONLY] = "recvonly",
		[PERMIT_SENDONLY] = "sendonly",
		[PERMIT_SENDRECV] = "sendrecv" };
	struct span rest = { value, strlen(value) };

	while (rest.n) {
		const struct span word = take_word(&rest);

		for (unsigned i = PERMIT_INACTIVE; i < sizeof(words) / sizeof(*words); i++)
			if (span_is(word, words[i]))
				before = (enum permit)i;
	}
	return before;
}

bool permit_asked(const char *value)
{
	struct span rest = { value, strlen(value) };

	while (rest.n)
		if (span_is(take_word(&rest), "supported"))
			return true;
	return false;
}

bool permit_hears(enum permit p)
{
	return p != PERMIT_INACTIVE && p != PERMIT_RECVONLY;
}
