/* links: sip/body.c sip/err.c */
#include "sip/body.h"
#include "tests/test.h"

#include <stdlib.h>

#define SDP "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n"

TEST(the_description_is_found)
{
	static const struct {
		const char *story, *type, *boundary, *body;
		enum call_err err;
		const char *sdp;
	} cases[] = {
		{ "alone", "application/sdp", NULL, SDP, CALL_OK, SDP },
		{ "any case", "Application/SDP", NULL, SDP, CALL_OK, SDP },
		{ "no type is taken for it", NULL, NULL, SDP, CALL_OK, SDP },
		{ "another type", "text/plain", NULL, SDP, CALL_NO_MATCH, NULL },
		{ "beside ISUP (RFC 5621)", "multipart/mixed", "b",
			"--b\r\nContent-Type: application/ISUP\r\n\r\nx\r\n--b\r\nContent-Type: "
			"application/sdp\r\n\r\n" SDP "\r\n--b--\r\n",
			CALL_OK, SDP },
		{ "quoted boundary, preamble", "multipart/mixed", "\"a b\"",
			"preamble\r\n--a b\r\nContent-Type: application/sdp\r\n\r\n" SDP "\r\n--a b--",
			CALL_OK, SDP },
		{ "bare LF", "multipart/related", "b", "--b\nContent-Type:application/sdp\n\nv=0\n--b--\n",
			CALL_OK, "v=0" },
		{ "short form, parameters, spaces", "multipart/mixed", "b",
			"--b\r\nX: y\r\nc : application/SDP ;charset=x\r\n\r\nv=0\r\n--b--", CALL_OK, "v=0" },
		{ "the first of two", "multipart/alternative", "b",
			"--b\r\nContent-Type: application/sdp\r\n\r\none\r\n--b\r\nContent-Type: "
			"application/sdp\r\n\r\ntwo\r\n--b--",
			CALL_OK, "one" },
		{ "empty part", "multipart/mixed", "b",
			"--b\r\nContent-Type: application/sdp\r\n\r\n\r\n--b--", CALL_OK, "" },
		{ "another subtype that begins so", "multipart/mixed", "b",
			"--b\r\nContent-Type: application/sdp-x\r\n\r\nv=0\r\n--b--", CALL_NO_MATCH, NULL },
		{ "none among them", "multipart/mixed", "b",
			"--b\r\nContent-Type: text/plain\r\n\r\nv=0\r\n--b--", CALL_NO_MATCH, NULL },
		{ "type in the content is no header", "multipart/mixed", "b",
			"--b\r\nX: y\r\n\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b--", CALL_NO_MATCH,
			NULL },
		{ "part without an empty line", "multipart/mixed", "b",
			"--b\r\nContent-Type: application/sdp\r\n--b--", CALL_NO_MATCH, NULL },
		{ "no boundary", "multipart/mixed", NULL, SDP, CALL_SYNTAX, NULL },
		{ "empty boundary", "multipart/mixed", "\"\"", SDP, CALL_SYNTAX, NULL },
		{ "not there", "multipart/mixed", "b", SDP, CALL_SYNTAX, NULL },
		{ "never closed", "multipart/mixed", "b",
			"--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n", CALL_SYNTAX, NULL },
		{ "not at the start of a line", "multipart/mixed", "b", "x--b\r\n\r\n--b--", CALL_NO_MATCH,
			NULL },
		{ "only the closing one", "multipart/mixed", "b", "--b--", CALL_NO_MATCH, NULL },
		{ "long boundary", "multipart/mixed",
			"0123456789012345678901234567890123456789012345678901234567890123456789x", "--0",
			CALL_LIMIT, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct body_text out = { NULL, 0 };
		const size_t len = strlen(cases[i].body);
		char *exact = malloc(len ? len : 1); /* no 0 behind it: the sanitizer sees who looks */
		char text[256];

		memcpy(exact, cases[i].body, len);
		CHECK_INT(cases[i].err, body_sdp(&out, cases[i].type, cases[i].boundary, exact, len),
			cases[i].story);
		if (cases[i].sdp) {
			snprintf(text, sizeof(text), "%.*s", (int)out.len, out.text);
			CHECK_STR(cases[i].sdp, text, cases[i].story);
		} else {
			CHECK(!out.text, "%s: unchanged", cases[i].story);
		}
		free(exact);
	}
}

TEST(parts_are_bounded)
{
	char body[4096];
	size_t n = 0;
	struct body_text out;

	for (unsigned i = 0; i < BODY_PARTS_MAX + 1; i++)
		n += (size_t)snprintf(
			body + n, sizeof(body) - n, "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n");
	n += (size_t)snprintf(body + n, sizeof(body) - n, "--b--\r\n");
	CHECK_INT(CALL_LIMIT, body_sdp(&out, "multipart/mixed", "b", body, n), "too many parts");
}

TESTS(the_description_is_found, parts_are_bounded)
