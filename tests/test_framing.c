/* links: sip/framing.c */
#include "sip/framing.h"
#include "tests/test.h"

#include <stdlib.h>

#define BYE "BYE sip:a SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 0\r\n\r\n"
#define INFO "INFO sip:a SIP/2.0\r\nl: 5\r\n\r\nab\r\nc"
#define BARE "ACK sip:a SIP/2.0\nCall-ID: 2\n\n"

static void note(void *arg, const char *text, size_t len)
{
	char *out = arg;
	const size_t n = strlen(out);

	snprintf(out + n, 1024 - n, "[%.*s]", (int)len, text);
}

/* Any stream, cut anywhere, gives the same messages. */
TEST(messages_come_whole_however_the_stream_is_cut)
{
	static const struct {
		const char *story, *stream, *want;
	} cases[] = {
		{ "one", BYE, "[" BYE "]" },
		{ "two, the first with a body", INFO BYE, "[" INFO "][" BYE "]" },
		{ "keep-alives between them (RFC 5626 section 4.4.1)", "\r\n\r\n" BYE "\r\n\r\n" BYE,
			"[" BYE "][" BYE "]" },
		{ "lines ended by LF alone, no Content-Length", BARE BYE, "[" BARE "][" BYE "]" },
		{ "the last is not whole", BYE "INVITE sip:a SIP/2.0\r\nContent-Length: 9\r\n\r\nabc",
			"[" BYE "]" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const size_t n = strlen(cases[i].stream);

		for (size_t piece = 1; piece <= n; piece++) {
			struct framing f = { .n = 0 };
			char have[1024] = "";

			for (size_t at = 0; at < n; at += piece)
				framing_feed(&f, cases[i].stream + at, at + piece < n ? piece : n - at, note,
					have);
			CHECK_STR(cases[i].want, have, cases[i].story);
			framing_clear(&f);
		}
	}
}

/* Whoever never ends a message costs no more than FRAMING_MAX, and is not shown again. */
TEST(a_message_without_end_is_given_up)
{
	static char filler[4096];
	struct framing f = { .n = 0 };
	char have[1024] = "";

	memset(filler, 'x', sizeof(filler));
	for (unsigned i = 0; i < 2 * FRAMING_MAX / sizeof(filler); i++) {
		framing_feed(&f, filler, sizeof(filler), note, have);
		CHECK(f.cap <= FRAMING_MAX, "%zu bytes are held", f.cap);
	}
	framing_feed(&f, BYE, strlen(BYE), note, have);
	CHECK_STR("", have, "nothing of it");
	framing_clear(&f);
	framing_feed(&f, BYE, strlen(BYE), note, have);
	CHECK_STR("[" BYE "]", have, "another connection");
	framing_clear(&f);
}

TESTS(messages_come_whole_however_the_stream_is_cut, a_message_without_end_is_given_up)
