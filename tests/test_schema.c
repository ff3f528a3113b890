/* links: tests/flow/schema.c */
/* The reader of JSON Schema that flow_api stands on: what it must not let pass. */
#include "tests/flow/schema.h"
#include "tests/test.h"

static const char document[] = "{\"d\":{\"Leaf\":{\"type\":\"object\",\"properties\":{\"n\":{\"type\":"
			       "\"integer\",\"minimum\":1,\"maximum\":9}},"
			       "\"required\":[\"n\"],\"additionalProperties\":false},"
			       "\"Tree\":{\"type\":\"object\",\"properties\":{\"leaves\":{\"type\":\"array\","
			       "\"items\":{\"$ref\":\"#/d/Leaf\"}},"
			       "\"best\":{\"anyOf\":[{\"$ref\":\"#/d/Leaf\"},{\"type\":\"null\"}]},"
			       "\"at\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"},\"word\":{"
			       "\"type\":\"string\",\"enum\":[\"a\",\"b\"],"
			       "\"maxLength\":1}},\"required\":[],\"additionalProperties\":false},"
			       "\"Odd\":{\"patternProperties\":{}},\"Lost\":{\"$ref\":\"#/d/None\"}}}";

TEST(values_are_held_to_their_schema)
{
	static const struct {
		const char *schema, *value;
		bool good;
	} cases[] = {
		{ "Leaf", "{\"n\":1}", true }, { "Leaf", "{\"n\":0}", false },
		{ "Leaf", "{\"n\":10}", false }, { "Leaf", "{\"n\":1.5}", false }, { "Leaf", "{}", false },
		{ "Leaf", "{\"n\":1,\"m\":1}", false }, { "Leaf", "[]", false },
		{ "Tree", "{\"leaves\":[{\"n\":1},{\"n\":2}],\"best\":null,\"at\":null,\"word\":\"a\"}",
			true },
		{ "Tree", "{\"leaves\":[{\"n\":1},{\"n\":20}]}", false },
		{ "Tree", "{\"best\":{\"n\":3}}", true }, { "Tree", "{\"best\":{\"n\":\"3\"}}", false },
		{ "Tree", "{\"at\":\"2026-11-27T08:00:00.123456Z\"}", true },
		{ "Tree", "{\"at\":\"yesterday\"}", false }, { "Tree", "{\"word\":\"c\"}", false },
		{ "Odd", "{}", false },  /* a word that is not known here is not passed over */
		{ "Lost", "{}", false }, /* nor is one that leads nowhere */
	};
	json_t *doc = json_loads(document, 0, NULL);

	CHECK(doc, "the test's own JSON");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *value = json_loads(cases[i].value, 0, NULL);
		char why[300];

		CHECK(schema_keeps(doc, json_object_get(json_object_get(doc, "d"), cases[i].schema), value,
			      why) == cases[i].good,
			"%s %s: %s", cases[i].schema, cases[i].value, why);
		CHECK(cases[i].good || why[0], "a reason: %s", cases[i].value);
		json_decref(value);
	}
	json_decref(doc);
}

TESTS(values_are_held_to_their_schema)
