/* links: bridge/yaml.c bridge/yaml_value.c bridge/why.c bridge/err.c */
#include "bridge/yaml.h"
#include "tests/test.h"
#include "tests/starve.h"

#include <stdlib.h>

static struct doc *read_good(const char *text)
{
	struct config_why why = { 0 };
	struct doc *d = NULL;
	enum bridge_err err = doc_read(&d, text, strlen(text), &why);

	CHECK(err == BRIDGE_OK, "refused: line %u: %s: %s", why.line, why.key, why.text);
	return d;
}

/* The tree in one line: {key@line=value ...}. */
static void show(const struct doc_node *node, char *out, size_t cap)
{
	size_t n = strlen(out);

	if (node->key)
		snprintf(out + n, cap - n, "%s@%u=", node->key, node->line);
	n = strlen(out);
	if (node->kind == DOC_NULL)
		snprintf(out + n, cap - n, "-");
	else if (node->kind == DOC_SCALAR_TEXT)
		snprintf(out + n, cap - n, node->quoted ? "'%s'" : "%s", node->text);
	else
		snprintf(out + n, cap - n, node->kind == DOC_LIST ? "[" : "{");
	for (const struct doc_node *child = node->first; child; child = child->next) {
		show(child, out, cap);
		if (child->next)
			strncat(out, " ", cap - strlen(out) - 1);
	}
	if (node->kind == DOC_LIST || node->kind == DOC_MAP)
		strncat(out, node->kind == DOC_LIST ? "]" : "}", cap - strlen(out) - 1);
}

TEST(a_document_becomes_a_tree)
{
	static const struct {
		const char *story, *text, *tree;
	} cases[] = {
		{ "nothing", "", "-" },
		{ "a comment", "# nothing\n", "-" },
		{ "one scalar", "hello", "hello" },
		{ "block mapping", "a: 1\nb:\n  c: x\n", "{a@1=1 b@2={c@3=x}}" },
		{ "flow and block", "a: { b: [ 1, 2 ], c: {} }\n\nd:\n  - e\n  - f: g\n",
			"{a@1={b@1=[1 2] c@1={}} d@3=[e {f@5=g}]}" },
		{ "nulls", "a: null\nb: ~\nc:\nd: \"null\"\n", "{a@1=- b@2=- c@3=- d@4='null'}" },
		{ "digits stay what was written", "a: 0042\nb: 1_000\nc: 1e5\n",
			"{a@1=0042 b@2=1_000 c@3=1e5}" },
		{ "escapes", "a: \"x\\ty\\u00e9\"\n", "{a@1='x\ty\u00e9'}" },
		{ "document markers", "---\na: 1\n...\n", "{a@2=1}" },
		{ "byte order mark",
			"\xef\xbb\xbf"
			"a: 1\n",
			"{a@1=1}" },
		{ "CRLF", "a: 1\r\nb: 2\r\n", "{a@1=1 b@2=2}" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct doc *d = read_good(cases[i].text);
		char tree[300] = "";

		show(doc_root(d), tree, sizeof(tree));
		CHECK_STR(cases[i].tree, tree, cases[i].story);
		doc_free(d);
	}
}

TEST(what_is_refused_names_line_and_key)
{
	static const struct {
		const char *story, *text;
		unsigned line;
		const char *key, *word;
	} cases[] = {
		{ "key twice", "a: 1\nb: 2\na: 3\n", 3, "a", "first in line 1" },
		{ "key twice, deeper", "x:\n  - a: 1\n    b: 2\n    a: 3\n", 4, "x[0].a", "twice" },
		{ "key twice in flow", "x: { a: 1,\n  a: 2 }\n", 2, "x.a", "twice" },
		{ "anchor", "a: &x 1\n", 1, "a", "anchors" },
		{ "anchor on a list", "a:\n  b: &x [ 1 ]\n", 2, "a.b", "anchors" },
		{ "alias", "a: [ 1, *x ]\n", 1, "a[1]", "aliases" },
		{ "laughs", "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n", 1, "a", "anchors" },
		{ "merge key", "a:\n  <<: { b: 1 }\n", 2, "a", "merge" },
		{ "tag", "a: !!int 1\n", 1, "a", "tags" },
		{ "own tag on a mapping", "a: !thing { b: 1 }\n", 1, "a", "tags" },
		{ "two documents", "a: 1\n---\nb: 2\n", 2, "", "second document" },
		{ "list as key", "[ a, b ]: 1\n", 1, "", "key must be plain" },
		{ "NUL", "a: \"x\\0y\"\n", 1, "a", "NUL" },
		{ "empty key", "\"\": 1\n", 1, "", "key is empty" },
		{ "control in a key", "\"a\\nb\": 1\n", 1, "", "control" },
		{ "not closed", "a: [ 1, 2\nb: 3\n", 2, "a[2]", "not YAML" },
		{ "tab as indent", "a:\n\tb: 1\n", 2, "a", "not YAML" },
		{ "raw control", "a: x\x01y\n", 1, "", "not YAML" },
		{ "not UTF-8", "a: \xff\xfe\n", 1, "", "not YAML" },
		{ "too deep", "[[[[[[[[[[[[[1]]]]]]]]]]]]]", 1, "[0][0][0][0][0][0][0][0][0][0][0][0]",
			"levels" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct config_why why = { 0 };
		struct doc *d = NULL;

		CHECK_INT(BRIDGE_SYNTAX, doc_read(&d, cases[i].text, strlen(cases[i].text), &why),
			cases[i].story);
		CHECK(!d, "%s: nothing was made", cases[i].story);
		CHECK(strstr(why.text, cases[i].word), "%s: '%s' in '%s'", cases[i].story, cases[i].word,
			why.text);
		CHECK_INT(cases[i].line, why.line, cases[i].story);
		CHECK_STR(cases[i].key, why.key, cases[i].story);
	}
}

/* Text of `n` times `piece` between two ends; the caller frees. */
static char *repeat(const char *before, const char *piece, size_t n, const char *after, size_t *len)
{
	size_t each = strlen(piece);
	char *text = malloc(strlen(before) + n * each + strlen(after) + 1);

	CHECK(text, "memory");
	*len = (size_t)sprintf(text, "%s", before);
	for (size_t i = 0; i < n; i++, *len += each)
		memcpy(text + *len, piece, each + 1);
	*len += (size_t)sprintf(text + *len, "%s", after);
	return text;
}

TEST(size_is_bounded)
{
	static const struct {
		const char *story, *before, *piece, *after, *word;
		size_t n;
	} cases[] = {
		{ "too many bytes", "", "# comment\n", "", "bytes", DOC_BYTES / 10 + 1 },
		{ "too many values", "[", "1,", "]", "values", DOC_NODES },
		{ "a long text", "a: ", "x", "", "longer", DOC_SCALAR + 1 },
		{ "a million open lists", "", "[", "", "levels", 1000000 },
		{ "a million open mappings", "", "{a: ", "", "levels", 100000 },
		{ "a million dashes", "", "- ", "", "levels", 1000000 },
	};
	char keys[(DOC_KEYS + 1) * 10] = "";
	struct config_why why;
	struct doc *d = NULL;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t len;
		char *text = repeat(cases[i].before, cases[i].piece, cases[i].n, cases[i].after, &len);

		CHECK_INT(BRIDGE_SYNTAX, doc_read(&d, text, len, &why), cases[i].story);
		CHECK(strstr(why.text, cases[i].word), "%s: '%s'", cases[i].story, why.text);
		free(text);
	}
	for (int i = 0; i < DOC_KEYS + 1; i++)
		sprintf(keys + strlen(keys), "k%02d: 1\n", i);
	CHECK_INT(BRIDGE_SYNTAX, doc_read(&d, keys, strlen(keys), &why), "65 keys");
	CHECK_INT(DOC_KEYS + 1, why.line, why.text);
	CHECK(!d, "nothing was made");
}

TEST(a_path_leads_to_its_node_and_back)
{
	static const char text[] =
		"accounts:\n  - name: a\n    meetings:\n      - { id: 1 }\n      - id: 2\n        pin: 3\n";
	static const struct {
		const char *path, *found;
		unsigned line;
	} cases[] = {
		{ "accounts[0].meetings[1].pin", "accounts[0].meetings[1].pin", 6 },
		{ "accounts[0].meetings[0].id", "accounts[0].meetings[0].id", 4 },
		{ "accounts[0].meetings[1].name", "accounts[0].meetings[1]",
			5 }, /* not there: as near as it goes */
		{ "accounts[0].meet", "accounts[0]", 2 },
		{ "accounts[7]", "accounts", 1 },
		{ "", "", 1 },
		{ "...", "", 1 },
		{ "[", "", 1 },
		{ "accounts[0].meetings", "accounts[0].meetings", 3 },
	};
	struct doc *d = read_good(text);
	char path[96], tight[20];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct doc_node *node = doc_at(d, cases[i].path);

		CHECK_STR(cases[i].found, doc_path(node, path, sizeof(path)), cases[i].path);
		CHECK_INT(cases[i].line, node->line, cases[i].path);
	}
	CHECK_STR("...[1].pin", doc_path(doc_at(d, "accounts[0].meetings[1].pin"), tight, 18),
		"cut to whole steps");
	doc_free(d);
}

TEST(values_are_read_as_what_is_asked_for)
{
	struct doc *d =
		read_good("t: text\nn: 42\nyes: true\nq: \"true\"\nno: false\nl: [ 1, 2 ]\nm: { }\nz: null\n"
			  "neg: -1\nbig: 4294967296\nctl: \"a\\nb\"\nplus: +1\n");
	const struct doc_node *root = doc_root(d);
	struct config_why why;
	char text[8] = "before";
	bool flag = false;
	unsigned n = 7;

	CHECK_INT(BRIDGE_OK, doc_text(doc_get(root, "t"), text, sizeof(text), &why), "text");
	CHECK_STR("text", text, "text");
	CHECK_INT(BRIDGE_OK, doc_text(doc_get(root, "n"), text, sizeof(text), &why), "digits are text");
	CHECK_STR("42", text, "digits are text");
	CHECK_INT(BRIDGE_OK, doc_text(doc_get(root, "absent"), text, sizeof(text), &why), "absent");
	CHECK_INT(BRIDGE_OK, doc_text(doc_get(root, "z"), text, sizeof(text), &why), "null");
	CHECK_STR("42", text, "is left as it was");
	CHECK_INT(BRIDGE_SYNTAX, doc_text(doc_get(root, "t"), text, 4, &why), "no room");
	CHECK_INT(BRIDGE_SYNTAX, doc_text(doc_get(root, "l"), text, sizeof(text), &why), "a list is no text");
	CHECK_INT(BRIDGE_SYNTAX, doc_text(doc_get(root, "ctl"), text, sizeof(text), &why), "a line break");
	CHECK_STR("42", text, "failure leaves it");

	CHECK_INT(BRIDGE_OK, doc_bool(doc_get(root, "yes"), &flag, &why), "true");
	CHECK_INT(true, flag, "true");
	CHECK_INT(BRIDGE_OK, doc_bool(doc_get(root, "no"), &flag, &why), "false");
	CHECK_INT(false, flag, "false");
	CHECK_INT(BRIDGE_SYNTAX, doc_bool(doc_get(root, "q"), &flag, &why), "a quoted true is text");

	CHECK_INT(BRIDGE_OK, doc_unsigned(doc_get(root, "n"), 1, 42, &n, &why), "42");
	CHECK_INT(42, n, "42");
	CHECK_INT(BRIDGE_SYNTAX, doc_unsigned(doc_get(root, "n"), 1, 41, &n, &why), "above");
	CHECK_INT(BRIDGE_SYNTAX, doc_unsigned(doc_get(root, "n"), 43, 50, &n, &why), "below");
	CHECK_INT(BRIDGE_SYNTAX, doc_unsigned(doc_get(root, "neg"), 0, 50, &n, &why), "negative");
	CHECK_INT(BRIDGE_SYNTAX, doc_unsigned(doc_get(root, "plus"), 0, 50, &n, &why), "signed");
	CHECK_INT(BRIDGE_SYNTAX, doc_unsigned(doc_get(root, "big"), 0, 0xffffffff, &n, &why), "33 bits");
	CHECK_INT(BRIDGE_SYNTAX, doc_unsigned(doc_get(root, "m"), 0, 1, &n, &why), "a mapping");

	CHECK_INT(BRIDGE_OK, doc_list(doc_get(root, "l"), 2, &why), "two");
	CHECK_INT(BRIDGE_SYNTAX, doc_list(doc_get(root, "l"), 1, &why), "one too many");
	CHECK_INT(BRIDGE_SYNTAX, doc_list(doc_get(root, "m"), 1, &why), "a mapping");
	CHECK_STR("m", why.key, "and says which");
	CHECK(!doc_get(doc_get(root, "l"), "x"), "a list has no keys");
	doc_free(d);
}

TEST(printable_text)
{
	static const struct {
		const char *story, *text;
		bool printable;
	} cases[] = {
		{ "empty", "", true },
		{ "Latin, Cyrillic, an emoji", "caf\u00e9 \u0417\u0432\u043e\u043d\u043e\u043a \U0001f4de",
			true },
		{ "line break", "a\nb", false },
		{ "DEL", "a\x7f", false },
		{ "C1", "a\xc2\x85", false },
		{ "line separator", "a\u2028", false },
		{ "byte order mark",
			"\xef\xbb\xbf"
			"a",
			false },
		{ "lone continuation", "a\x80", false },
		{ "cut short", "a\xc3", false },
		{ "overlong slash", "\xc0\xaf", false }, /* RFC 3629 section 10 */
		{ "overlong, three bytes", "\xe0\x80\xaf", false },
		{ "surrogate", "\xed\xa0\x80", false },
		{ "above U+10FFFF", "\xf4\x90\x80\x80", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK_INT(cases[i].printable, doc_printable(cases[i].text), cases[i].story);
}

TEST(any_allocation_may_fail)
{
	static const char text[] = "a: { b: [ \"x\\ty\", 2 ] }\nc: |\n  long\n  text\n";
	struct config_why why;
	struct doc *d = NULL;
	enum bridge_err err;

	STARVE(err, doc_read(&d, text, sizeof(text) - 1, &why), BRIDGE_NOMEM);
	doc_free(d);
	CHECK(!doc_free(NULL), "NULL is fine");
}

TESTS(a_document_becomes_a_tree, what_is_refused_names_line_and_key, size_is_bounded,
	a_path_leads_to_its_node_and_back, values_are_read_as_what_is_asked_for, printable_text,
	any_allocation_may_fail)
