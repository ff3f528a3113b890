/* links: sip/refer.c */
#include "sip/refer.h"
#include "tests/test.h"

/* RFC 3420: only the first line counts, and only when it is one. */
TEST(a_fragments_status)
{
	static const struct {
		const char *type, *body;
		unsigned status;
	} cases[] = {
		{ "message/sipfrag", "SIP/2.0 200 OK\r\n", 200 },
		{ "MESSAGE/SIPFRAG", "SIP/2.0 180 Ringing", 180 },
		{ "message/sipfrag", "SIP/2.0 486 Busy Here\r\nContact: <sip:a@b>\r\n", 486 },
		{ "message/sipfrag", "SIP/2.0 603\r\n", 603 },
		{ "message/sipfrag", "SIP/2.0 603", 603 },
		{ "text/plain", "SIP/2.0 200 OK\r\n", 0 },
		{ NULL, "SIP/2.0 200 OK\r\n", 0 },
		{ "message/sipfrag", "", 0 },
		{ "message/sipfrag", "SIP/2.0 ", 0 },
		{ "message/sipfrag", "SIP/2.0 20", 0 },
		{ "message/sipfrag", "SIP/2.0 2000 OK", 0 },
		{ "message/sipfrag", "SIP/2.0 2x0 OK", 0 },
		{ "message/sipfrag", "SIP/2.0 700 No", 0 },
		{ "message/sipfrag", "SIP/2.0 099 No", 0 },
		{ "message/sipfrag", "INVITE sip:a@b SIP/2.0\r\n", 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK_INT(cases[i].status,
			refer_fragment(cases[i].type, cases[i].body, strlen(cases[i].body)), cases[i].body);
}

TEST(whom_a_refer_may_name)
{
	static const struct {
		const char *scheme, *user, *params, *headers;
		unsigned status;
		bool replaces;
	} cases[] = {
		{ "sip", "+15550177", NULL, NULL, 0, false },
		{ "SIPS", "+15550177", "user=phone;method=INVITE", NULL, 0, false },
		{ "tel", "+15550177", NULL, NULL, 0, false },
		{ "sip", "bob", NULL, "Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc", 0, true },
		{ "sip", "bob", NULL, "Replaces=a%3Bto-tag%3Db", 403, false }, /* half a dialog */
		{ "sip", "bob", NULL, "Replaces=", 403, false },
		{ "sip", "bob", NULL, "Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc%0D%0AX: y", 403, false },
		{ "sip", "bob", NULL, "Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc%", 403, false },
		{ "sip", "bob", NULL,
			"Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc&Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc", 403,
			false },
		{ "sip", "bob", "method=BYE", NULL, 403, false },
		{ "sip", "bob", "method=INVITES", NULL, 403, false },
		{ "sip", "bob", NULL, "Route=%3Csip:evil%3E", 403, false },
		{ "sip", "bob", NULL, "Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc&Route=b", 403, false },
		{ "http", "bob", NULL, NULL, 403, false },
		{ NULL, "bob", NULL, NULL, 403, false },
		{ "sip", NULL, NULL, NULL, 403, false },
		{ "sip", "", NULL, NULL, 403, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct refer_target t;

		CHECK_INT(cases[i].status,
			refer_target(&t, cases[i].scheme, cases[i].user, cases[i].params, cases[i].headers),
			cases[i].user ? cases[i].user : "none");
		if (cases[i].status)
			continue;
		CHECK_STR(cases[i].user, t.user, "user");
		CHECK_INT(cases[i].replaces, t.has_replaces, "Replaces");
	}
}

/* RFC 3891 section 6.1, and its own examples. */
TEST(a_dialog_to_be_replaced)
{
	static const struct {
		const char *value, *call_id, *to, *from;
		bool early;
	} cases[] = {
		{ "98732@sip.example.com;from-tag=r33th4x0r;to-tag=ff87ff", "98732@sip.example.com", "ff87ff",
			"r33th4x0r", false },
		{ "12adf2f34456gs5;to-tag=12345;from-tag=54321;early-only", "12adf2f34456gs5", "12345",
			"54321", true },
		{ "87134@192.0.2.23;to-tag=24796;from-tag=0", "87134@192.0.2.23", "24796", "0", false },
		{ "a;x=y;TO-TAG=b;From-Tag=c", "a", "b", "c", false },
		{ "a ; to-tag=b ; from-tag=c", "a", "b", "c", false },
		{ ";to-tag=b;from-tag=c", NULL, NULL, NULL, false },
		{ "a;to-tag=;from-tag=c", NULL, NULL, NULL, false },
		{ "a;to-tag=b;to-tag=d;from-tag=c", NULL, NULL, NULL, false },
		{ "a,b;to-tag=b;from-tag=c", NULL, NULL, NULL, false },
		{ "a;to-tag=b,d;from-tag=c", NULL, NULL, NULL, false },
		{ "", NULL, NULL, NULL, false },
	};
	char text[900];
	struct refer_replaces r, again;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK_INT(cases[i].call_id != NULL, refer_replaces_read(&r, cases[i].value), cases[i].value);
		if (!cases[i].call_id)
			continue;
		CHECK_STR(cases[i].call_id, r.call_id, cases[i].value);
		CHECK_STR(cases[i].to, r.to_tag, cases[i].value);
		CHECK_STR(cases[i].from, r.from_tag, cases[i].value);
		CHECK_INT(cases[i].early, r.early_only, cases[i].value);
		CHECK(refer_replaces_write(text, sizeof(text), &r) && refer_replaces_read(&again, text), "%s",
			text);
		CHECK(memcmp(&r, &again, sizeof(r)) == 0, "the same as written: %s", text);
	}
	memset(text, 'a', 400);
	memcpy(text + 300, ";to-tag=b;from-tag=c", 21);
	CHECK(!refer_replaces_read(&r, text), "too long");
}

/* RFC 3891 section 4's own value, as RFC 3515 and 5589 put it into a URI. */
TEST(a_header_in_a_uri)
{
	char out[200];

	CHECK(refer_escape(out, sizeof(out), "425928@bobster.example.org;to-tag=7743;from-tag=6472"), "fits");
	CHECK_STR("425928%40bobster.example.org%3Bto-tag%3D7743%3Bfrom-tag%3D6472", out, "escaped");
	CHECK(refer_escape(out, sizeof(out), "a\r\n<>\"&"), "fits");
	CHECK_STR("a%0D%0A%3C%3E%22%26", out, "nothing leads out of it");
	CHECK(!refer_escape(out, 6, "abcdef"), "too long");
}

TESTS(a_fragments_status, whom_a_refer_may_name, a_dialog_to_be_replaced, a_header_in_a_uri)
