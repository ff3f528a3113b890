/* links: bridge/postdial_read.c */
#include "bridge/postdial.h"
#include "tests/test.h"
#include <string.h>

TEST(digits_as_people_write_them)
{
	static const struct {
		const char *text, *keys; /* NULL: refused */
	} cases[] = {
		{ "1234", "1234" },
		{ "11 22-33.4#", "1122334#" },
		{ "*abCD#", "*ABCD#" },
		{ "w1,W2w", "w1,w2w" },
		{ "", NULL },
		{ "w,w", NULL },
		{ "12x", NULL },
		{ "+1", NULL },
		{ "1p2", NULL }, /* a pause of postd= alone */
		{ "1\n2", NULL },
		{ "1e", NULL },
		{ "0123456789012345678901234567890123456789012345678901234567890123",
			"0123456789012345678901234567890123456789012345678901234567890123" },
		{ "01234567890123456789012345678901234567890123456789012345678901234", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct postdial_order o = { .keys = "5" };

		CHECK_INT(cases[i].keys != NULL, postdial_read(&o, cases[i].text), cases[i].text);
		CHECK_STR(cases[i].keys ? cases[i].keys : "5", o.keys, cases[i].text);
	}
}

/* RFC 2806 section 2.5.6; the number stays what it was. */
TEST(digits_behind_a_number)
{
	static const struct {
		const char *to, *number, *keys; /* number NULL: refused */
	} cases[] = {
		{ "+15550199", "+15550199", "" },
		{ "+1 555 0199;postd=pp12", "+1 555 0199", "wwww12" },
		{ "tel:+15550199;POSTD=w7#", "tel:+15550199", ",7#" },
		{ "tel:+15550199;postd=22;phone-context=a", "tel:+15550199;phone-context=a", "22" },
		{ "sip:+15550199;postd=22@example.com", "sip:+15550199@example.com", "22" },
		{ "+15550199;postd=", NULL, "" },
		{ "+15550199;postd=pp", NULL, "" },
		{ "+15550199;postd=1,2", NULL, "" },
		{ "+15550199;postd=1;postd=2", NULL, "" },
		{ "+155501990000000000000000000000000000000000000000000000000000", NULL, "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct postdial_order o = { .keys = "" };
		char number[40] = "";

		CHECK_INT(cases[i].number != NULL, postdial_split(&o, number, sizeof(number), cases[i].to),
			cases[i].to);
		if (cases[i].number)
			CHECK_STR(cases[i].number, number, cases[i].to);
		if (cases[i].number)
			CHECK_STR(cases[i].keys, o.keys, cases[i].to);
	}
}

TESTS(digits_as_people_write_them, digits_behind_a_number)
