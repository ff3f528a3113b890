/* links: dialplan/class.c dialplan/class_table.c dialplan/prefix.c dialplan/number.c dialplan/err.c */
#include "dialplan/class.h"
#include "dialplan/class_table.h"
#include "dialplan/prefix.h"
#include "tests/test.h"
#include "tests/starve.h"

TEST(a_number_has_a_class)
{
	static const struct {
		const char *story, *number, *class, *by;
	} cases[] = {
		{ "a city", "+4930123456", "ordinary", "" },
		{ "North America's 900", "+19005550123", "premium", "+1900" },
		{ "its toll-free", "+18005550123", "toll-free", "+1800" },
		{ "an area cannot begin with 1", "+11235550123", "unallocated", "+11" },
		{ "a short number of a demo is not one of 555", "+15550100", "ordinary", "" },
		{ "Germany's 0900", "+499001234567", "premium", "+49900" },
		{ "a German number that only holds 900", "+493090012345", "ordinary", "" },
		{ "Inmarsat", "+870773111222", "satellite", "+870" },
		{ "Thuraya, inside the networks without a country", "+8821612345678", "satellite", "+88216" },
		{ "another network without a country", "+88299123456", "risky", "+882" },
		{ "international premium rate", "+979123456789", "premium", "+979" },
		{ "a spare country code", "+21012345678", "unallocated", "+210" },
		{ "reserved", "+999123456", "unallocated", "+999" },
		{ "112 in Germany", "+49112", "emergency", "+49112" },
		{ "begins like it", "+4911212345", "ordinary", "" },
		{ "911 in North America, though no area", "+1911", "emergency", "+1911" },
		{ "an area that is none", "+19115550123", "unallocated", "+1911" },
		{ "999 in Britain", "+44999", "emergency", "+44999" },
		{ "000 in Australia", "+61000", "emergency", "+61000" },
	};
	struct classes *c = NULL;

	CHECK_INT(PLAN_OK, classes_alloc(&c, NULL, 0, NULL), "the product's own table");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct class_entry *by;

		CHECK_STR(cases[i].class, class_word(class_of(c, cases[i].number, &by)), cases[i].story);
		CHECK_STR(cases[i].by, by ? by->prefix : "", cases[i].story);
	}
	classes_free(c);
}

TEST(an_operator_knows_better)
{
	static const struct class_entry mine[] = {
		{ "+1900555", CLASS_ORDINARY, false },
		{ "+252", CLASS_RISKY, false },
		{ "+49900", CLASS_ORDINARY, false },
		{ "+49112", CLASS_ORDINARY, false },
		{ "+49900666", CLASS_PREMIUM, false },
	};
	static const struct {
		const char *story, *number, *class;
	} cases[] = {
		{ "longer than the product's", "+19005550123", "ordinary" },
		{ "beside it the product's stays", "+19005560123", "premium" },
		{ "new", "+252123456", "risky" },
		{ "as long: the operator's", "+499001234567", "ordinary" },
		{ "the operator's own, longer", "+499006661234", "premium" },
		{ "but an emergency number stays one", "+49112", "emergency" },
	};
	struct classes *c = NULL;

	CHECK_INT(PLAN_OK, classes_alloc(&c, mine, 5, NULL), "with additions");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK_STR(cases[i].class, class_word(class_of(c, cases[i].number, NULL)), cases[i].story);
	classes_free(c);
}

TEST(wrong_entries_are_named)
{
	static const struct {
		const char *story, *prefix[2];
		enum plan_err err;
	} cases[] = {
		{ "twice", { "+49900", "+49900" }, PLAN_TWICE },
		{ "no plus", { "+49900", "49900" }, PLAN_SYNTAX },
		{ "letters", { "+49900", "+49x" }, PLAN_SYNTAX },
		{ "everything", { "+49900", "+" }, PLAN_SYNTAX },
		{ "one begins the other", { "+49900", "+4990" }, PLAN_OK },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct class_entry mine[2] = { { "", CLASS_RISKY, false }, { "", CLASS_RISKY, false } };
		struct classes *c = NULL;
		size_t at = 99;

		strcpy(mine[0].prefix, cases[i].prefix[0]);
		strcpy(mine[1].prefix, cases[i].prefix[1]);
		CHECK_INT(cases[i].err, classes_alloc(&c, mine, 2, &at), cases[i].story);
		if (cases[i].err)
			CHECK_INT(1, at, cases[i].story);
		classes_free(c);
	}
}

TEST(emergency_codes_without_a_country)
{
	CHECK(class_emergency_code("112") && class_emergency_code("911") && class_emergency_code("000"),
		"known");
	CHECK(!class_emergency_code("11") && !class_emergency_code("1122334") && !class_emergency_code(""),
		"not known");
}

TEST(no_code_is_too_long_to_be_found)
{
	for (size_t i = 0; i < emergency_n_rows; i++) {
		char codes[64], *rest = codes, *code;

		snprintf(codes, sizeof(codes), "%s", emergency_rows[i].codes);
		while ((code = strsep(&rest, " ")) != NULL)
			CHECK(class_emergency_code(code), "%s of +%s", code, emergency_rows[i].country);
	}
}

TEST(classes_have_words)
{
	for (enum number_class class = 0; class < CLASSES; class ++) {
		enum number_class read = CLASSES;

		CHECK(class_parse(&read, class_word(class)) && read == class, "%s", class_word(class));
	}
	CHECK(!class_parse(&(enum number_class){ 0 }, "dear"), "no such word");
}

/* Every prefix of a number is found, the longest first, whatever else is in the table. */
TEST(prefixes_are_found_longest_first)
{
	static const struct prefix_entry table[] = {
		{ 1, 10, "+49" },
		{ 1, 11, "+4930" },
		{ 1, 12, "+4930123" },
		{ 1, 13, "+4931" },
		{ 1, 14, "+" },
		{ 1, 15, "+4930" },
		{ 2, 20, "+4930" },
		{ 1, 16, "+1" },
		{ 1, 17, "+493" },
		{ 3, 30, "+5" },
	};
	static const struct {
		const char *story, *number, *found;
		uint32_t set;
	} cases[] = {
		{ "all of them", "+4930123456", "12/7 11/4 17/3 10/2 14/0 ", 1 },
		{ "behind a longer one that does not fit", "+4930199999", "11/4 17/3 10/2 14/0 ", 1 },
		{ "only the empty one", "+33123", "14/0 ", 1 },
		{ "the number itself", "+4930", "11/4 17/3 10/2 14/0 ", 1 },
		{ "shorter than an entry", "+493", "17/3 10/2 14/0 ", 1 },
		{ "of a set without the empty one", "+4930123456", "20/4 ", 2 },
		{ "nothing", "+4930123456", "", 3 },
		{ "a set that is not there", "+4930123456", "", 7 },
	};
	struct prefixes *p = NULL;

	CHECK_INT(PLAN_OK, prefixes_alloc(&p, table, sizeof(table) / sizeof(*table)), "the table");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct prefix_match found[PREFIX_DEPTH];
		char text[200] = "";
		unsigned n;

		n = prefixes_find(p, cases[i].set, cases[i].number, found);
		for (unsigned k = 0; k < n; k++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%u/%u ",
				found[k].values[0], found[k].digits);
		CHECK_STR(cases[i].found, text, cases[i].story);
	}
	prefixes_free(p);
	CHECK_INT(PLAN_SYNTAX, prefixes_alloc(&p, &(struct prefix_entry){ 0, 0, "49" }, 1), "no plus");
}

TEST(any_allocation_may_fail)
{
	static const struct class_entry mine[] = { { "+252", CLASS_RISKY, false } };
	struct classes *c = NULL;
	enum plan_err err;
	bool starved;

	for (int nth = 1;; nth++) {
		starve_at = STARVE_WORKS ? nth : 0;
		err = classes_alloc(&c, mine, 1, NULL);
		starved = STARVE_WORKS && starve_at == 0;
		starve_at = 0;
		if (err == PLAN_OK) /* qsort() sorts in place where it gets no memory */
			c = classes_free(c);
		CHECK(starved ? err == PLAN_NOMEM || err == PLAN_OK : err == PLAN_OK, "allocation %d", nth);
		if (!starved)
			break;
	}
}

TESTS(a_number_has_a_class, an_operator_knows_better, wrong_entries_are_named,
	emergency_codes_without_a_country, no_code_is_too_long_to_be_found, classes_have_words,
	prefixes_are_found_longest_first, any_allocation_may_fail)
