/* links: sip/info.c sip/err.c */
#include "sip/info.h"
#include "tests/test.h"

#define RELAY "application/dtmf-relay"
#define PLAIN "application/dtmf"

TEST(keys_are_read_as_phones_write_them)
{
	static const struct {
		const char *story, *type, *body;
		enum call_err err;
		char key;
		unsigned ms;
	} cases[] = {
		{ "Cisco's form", RELAY, "Signal=5\r\nDuration=160\r\n", CALL_OK, '5', 160 },
		{ "no last line end", RELAY, "Signal=5\r\nDuration=160", CALL_OK, '5', 160 },
		{ "bare LF", RELAY, "Signal=0\nDuration=250\n", CALL_OK, '0', 250 },
		{ "spaces", RELAY, "Signal = * \r\n Duration = 100 \r\n", CALL_OK, '*', 100 },
		{ "other order, other case", "Application/DTMF-Relay", "duration=90\r\nSIGNAL=#", CALL_OK,
			'#', 90 },
		{ "letters", RELAY, "Signal=d\r\n", CALL_OK, 'D', 0 },
		{ "star as its number", RELAY, "Signal=10\r\nDuration=160", CALL_OK, '*', 160 },
		{ "pound as its number", RELAY, "Signal=11\r\n", CALL_OK, '#', 0 },
		{ "D as its number", RELAY, "Signal=15\r\n", CALL_OK, 'D', 0 },
		{ "quoted", RELAY, "Signal=\"7\"\r\n", CALL_OK, '7', 0 },
		{ "unknown lines beside it", RELAY, "Foo\r\nVolume=10\r\nSignal=1\r\n\r\n", CALL_OK, '1', 0 },
		{ "the first counts", RELAY, "Signal=1\r\nSignal=2\r\n", CALL_OK, '1', 0 },
		{ "odd duration is no reason to lose a key", RELAY, "Signal=1\r\nDuration=x", CALL_OK, '1',
			0 },
		{ "duration beyond reason", RELAY, "Signal=1\r\nDuration=99999999999", CALL_OK, '1', 0 },
		{ "flash is no key", RELAY, "Signal=16\r\n", CALL_SYNTAX, 0, 0 },
		{ "hook flash", RELAY, "Signal=hf\r\n", CALL_SYNTAX, 0, 0 },
		{ "two keys", RELAY, "Signal=12345\r\n", CALL_SYNTAX, 0, 0 },
		{ "empty value", RELAY, "Signal=\r\nDuration=160\r\n", CALL_SYNTAX, 0, 0 },
		{ "a lone quote", RELAY, "Signal=\"", CALL_SYNTAX, 0, 0 },
		{ "nothing", RELAY, "", CALL_SYNTAX, 0, 0 },
		{ "plain", PLAIN, "9", CALL_OK, '9', 0 },
		{ "plain with line end", PLAIN, " #\r\n", CALL_OK, '#', 0 },
		{ "plain, as its number", PLAIN, "10", CALL_OK, '*', 0 },
		{ "plain, no key", PLAIN, "x", CALL_SYNTAX, 0, 0 },
		{ "plain, empty", PLAIN, "", CALL_SYNTAX, 0, 0 },
		{ "another type", "application/sdp", "Signal=5", CALL_NO_MATCH, 0, 0 },
		{ "almost the type", "application/dtmf-relay2", "Signal=5", CALL_NO_MATCH, 0, 0 },
		{ "no type", NULL, "Signal=5", CALL_NO_MATCH, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct info_digit digit = { 0, 0 };

		CHECK_INT(cases[i].err,
			info_read(&digit, cases[i].type, cases[i].body, strlen(cases[i].body)),
			cases[i].story);
		CHECK_INT(cases[i].key, digit.key, cases[i].story);
		CHECK_INT(cases[i].ms, digit.duration_ms, cases[i].story);
	}
}

TEST(bodies_are_bounded)
{
	char body[INFO_BODY_MAX + 1];
	struct info_digit digit = { 'x', 1 };

	memset(body, ' ', sizeof(body));
	memcpy(body, "Signal=1", 8);
	CHECK_INT(CALL_LIMIT, info_read(&digit, RELAY, body, sizeof(body)), "one too many");
	CHECK_INT('x', digit.key, "unchanged");
	CHECK_INT(CALL_OK, info_read(&digit, RELAY, body, INFO_BODY_MAX), "just fits");
	/* never beyond its length: the key is there, but not within the six bytes given */
	CHECK_INT(CALL_SYNTAX, info_read(&digit, RELAY, "Signal=1", 7), "cut");
}

TESTS(keys_are_read_as_phones_write_them, bodies_are_bounded)
