/* links: dialplan/notation.c dialplan/notation_table.c dialplan/number.c dialplan/err.c */
#include "dialplan/notation.h"
#include "tests/test.h"

#include <ctype.h>

TEST(numbers_are_written_as_e123_says)
{
	static const struct {
		const char *e164, *international, *national, *country;
	} cases[] = {
		{ "+12025550100", "+1 202 555 0100", "(202) 555 0100", "" },
		{ "+18005550100", "+1 800 555 0100", "800 555 0100", "" },
		{ "+442079460000", "+44 20 7946 0000", "(020) 7946 0000", "GB" },
		{ "+441614960000", "+44 161 496 0000", "(0161) 496 0000", "GB" },
		{ "+448081570000", "+44 808 157 0000", "0808 157 0000", "GB" },
		{ "+447700900123", "+44 7700 900123", "07700 900123", "GB" },
		{ "+493012345", "+49 30 12345", "(030) 12345", "DE" },
		{ "+4930123456", "+49 30 123 456", "(030) 123 456", "DE" },
		{ "+493012345678", "+49 30 1234 5678", "(030) 1234 5678", "DE" },
		{ "+498001234567", "+49 800 123 4567", "0800 123 4567", "DE" },
		{ "+49228123456", "+49 228 123 456", "+49 228 123 456",
			"DE" }, /* its area is not known: not guessed */
		{ "+33123456789", "+33 1 23 45 67 89", "01 23 45 67 89", "FR" },
		{ "+390612345678", "+39 06 1234 5678", "06 1234 5678", "IT" },
		{ "+41446681800", "+41 44 668 18 00", "044 668 18 00", "CH" },
		{ "+61298765432", "+61 2 9876 5432", "(02) 9876 5432", "AU" },
		{ "+81312345678", "+81 3 1234 5678", "(03) 1234 5678", "JP" },
		{ "+3612345678", "+36 1 234 5678", "(061) 234 5678", "HU" },
		{ "+6561234567", "+65 6123 4567", "6123 4567", "SG" },
		{ "+80012345678", "+800 1234 5678", "1234 5678", "" },
		{ "+37112345678", "+371 1234 5678", "+371 1234 5678", "LV" },
		{ "+15550100", "+1 555 0100", "(555) 0100", "" }, /* shorter than its plan */
		{ "+49", "+49", "+49", "DE" },
		{ "+99", "+99", "+99", "" },
		{ "bob", "bob", "bob", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct notation n;

		notation_of(&n, cases[i].e164);
		CHECK_STR(cases[i].international, n.international, cases[i].e164);
		CHECK_STR(cases[i].national, n.national, cases[i].e164);
		CHECK_STR(cases[i].country, n.country, cases[i].e164);
	}
}

/* Whatever the number: the same digits, only spaces between, no group of one but an area or a code. */
TEST(no_digit_is_lost)
{
	for (unsigned code = 1; code < 1000; code++)
		for (unsigned digits = 1; digits <= 12; digits++) {
			char e164[32], back[32] = "";
			struct notation n;
			size_t k = 0;

			snprintf(e164, sizeof(e164), "+%u%.*s", code, (int)digits, "201234567890");
			notation_of(&n, e164);
			for (const char *p = n.international; *p; p++)
				if (*p != ' ' && k + 1 < sizeof(back))
					back[k++] = *p;
			CHECK_STR(e164, back, n.international);
			CHECK(!strstr(n.international, "  ") &&
					n.international[strlen(n.international) - 1] != ' ',
				"'%s'", n.international);
			CHECK(strlen(n.national) && n.national[0] != ' ', "'%s' of %s", n.national, e164);
		}
}

TESTS(numbers_are_written_as_e123_says, no_digit_is_lost)
