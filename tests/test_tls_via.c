/* links: bridge/tls_via.c */
#include "bridge/tls_via.h"
#include "tests/test.h"

#define REPLY(via, body, n) "SIP/2.0 200 OK\r\n" via "From: <sip:a@b>\r\nContent-Length: " n "\r\n\r\n" body

TEST(the_first_via_of_each_message_says_tls)
{
	static const struct {
		const char *story, *in, *out;
	} cases[] = {
		{ "a reply", REPLY("Via: SIP/2.0/TCP a:1;branch=z\r\n", "", "0"),
			REPLY("Via: SIP/2.0/TLS a:1;branch=z\r\n", "", "0") },
		{ "a request", "BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP a:1\r\nContent-Length: 0\r\n\r\n",
			"BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TLS a:1\r\nContent-Length: 0\r\n\r\n" },
		{ "the others belong to others",
			REPLY("Via: SIP/2.0/TCP a:1\r\nVia: SIP/2.0/TCP b:2\r\n", "", "0"),
			REPLY("Via: SIP/2.0/TLS a:1\r\nVia: SIP/2.0/TCP b:2\r\n", "", "0") },
		{ "nor bodies", REPLY("Via: SIP/2.0/TCP a:1\r\n", "x\r\nVia: SIP/2.0/TCP\r\n\r\n", "23"),
			REPLY("Via: SIP/2.0/TLS a:1\r\n", "x\r\nVia: SIP/2.0/TCP\r\n\r\n", "23") },
		{ "and the next one",
			REPLY("Via: SIP/2.0/TCP a:1\r\n", "12345", "5") "\r\n\r\n" REPLY(
				"Via: SIP/2.0/TCP a:1\r\n", "", "0"),
			REPLY("Via: SIP/2.0/TLS a:1\r\n", "12345", "5") "\r\n\r\n" REPLY(
				"Via: SIP/2.0/TLS a:1\r\n", "", "0") },
		{ "another word", REPLY("Via: SIP/2.0/UDP a:1\r\n", "", "0"),
			REPLY("Via: SIP/2.0/UDP a:1\r\n", "", "0") },
		{ "a header like it", REPLY("X-Via: SIP/2.0/TCP a:1\r\nVia: SIP/2.0/TCP b\r\n", "", "0"),
			REPLY("X-Via: SIP/2.0/TCP a:1\r\nVia: SIP/2.0/TLS b\r\n", "", "0") },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (size_t step = 1; step < 40; step += 3) { /* bytes come in pieces of any size */
			struct tls_via v = { .column = 0 };
			char text[600];
			size_t n = strlen(cases[i].in);

			memcpy(text, cases[i].in, n + 1);
			for (size_t at = 0; at < n; at += step)
				tls_via(&v, (uint8_t *)text + at, step < n - at ? step : n - at);
			CHECK_STR(cases[i].out, text, cases[i].story);
		}
}

/* Where an empty line may go out and break nothing. */
TEST(between_messages_is_known)
{
	static const char text[] = "\r\n\r\n" REPLY("Via: SIP/2.0/TCP a:1\r\n", "12345", "5");
	struct tls_via v = { .column = 0 };
	const size_t end = sizeof(text) - 1;

	for (size_t i = 0; i <= end; i++) {
		uint8_t byte = (uint8_t)text[i];

		CHECK_INT(i <= 4 || i == end, tls_via_between(&v), text + i);
		if (i < end)
			tls_via(&v, &byte, 1);
	}
}

TESTS(the_first_via_of_each_message_says_tls, between_messages_is_known)
