/* links: sip/permit.c */
#include "sip/permit.h"
#include "tests/test.h"

/* Values in the order of the message; what holds afterwards, and whether it is heard. */
TEST(the_last_direction_counts)
{
	static const struct {
		const char *story, *values[3];
		enum permit want;
		bool heard;
	} cases[] = {
		{ "nothing was said", { "" }, PERMIT_UNSAID, true },
		{ "one word", { "sendonly" }, PERMIT_SENDONLY, true },
		{ "in whatever case, with blanks and a parameter", { " SendRecv ;x=y " }, PERMIT_SENDRECV,
			true },
		{ "a list: the last that is a direction (RFC 5009 section 8)",
			{ "inactive, sendrecv, gated" }, PERMIT_SENDRECV, true },
		{ "several headers", { "sendrecv", "inactive" }, PERMIT_INACTIVE, false },
		{ "the other way only", { "recvonly" }, PERMIT_RECVONLY, false },
		{ "words that say nothing of it", { "sendonly", "supported, gated, later" }, PERMIT_SENDONLY,
			true },
		{ "a word within another one", { "notinactive, inactively" }, PERMIT_UNSAID, true },
		{ "commas alone", { ",,;,", ";;" }, PERMIT_UNSAID, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		enum permit p = PERMIT_UNSAID;

		for (size_t k = 0; k < 3 && cases[i].values[k]; k++)
			p = permit_read(p, cases[i].values[k]);
		CHECK_INT(cases[i].want, p, cases[i].story);
		CHECK_INT(cases[i].heard, permit_hears(p), cases[i].story);
	}
	CHECK(permit_asked("supported") && permit_asked("gated, SUPPORTED;a=b"), "who reads it");
	CHECK(!permit_asked("") && !permit_asked("sendrecv") && !permit_asked("unsupported"), "who does not");
}

TESTS(the_last_direction_counts)
