/* links: bridge/texts.c bridge/cdr.c bridge/when.c dialplan/days.c dialplan/money.c */
#include "bridge/cdr.h"
#include "tests/starve.h"
#include "tests/test.h"

#include <string.h>

static void set(struct texts **t, unsigned which, const char *text)
{
	CHECK(texts_set(t, which, text, strlen(text)), "%u is %s", which, text);
}

TEST(each_is_known_by_its_number)
{
	struct texts *t = NULL;

	CHECK_STR("", texts_get(t, 3), "none yet");
	set(&t, 3, "three");
	set(&t, 255, "last");
	set(&t, 0, "first");
	CHECK_STR("three", texts_get(t, 3), "one of three");
	CHECK_STR("last", texts_get(t, 255), "the highest");
	CHECK_STR("first", texts_get(t, 0), "the lowest");
	CHECK_STR("", texts_get(t, 4), "never set");
	set(&t, 3, "");
	CHECK_STR("", texts_get(t, 3), "taken back");
	CHECK_STR("last", texts_get(t, 255), "the others stay");
	set(&t, 3, "");
	set(&t, 255, "");
	set(&t, 0, "");
	CHECK(!t, "nothing is kept for nothing");
}

TEST(one_stays_where_it_is_while_others_come_and_go)
{
	struct texts *t = NULL;
	const char *held;

	set(&t, 1, "held");
	held = texts_get(t, 1);
	for (unsigned i = 2; i < 100; i++)
		set(&t, i, "other");
	for (unsigned i = 2; i < 100; i++)
		set(&t, i, "");
	CHECK(held == texts_get(t, 1) && strcmp(held, "held") == 0, "where it was");
	CHECK(texts_set(&t, 1, held + 1, 2), "made of itself");
	CHECK_STR("el", texts_get(t, 1), "a part of it");
	t = texts_free(t);
	CHECK(!t, "gone");
}

TEST(a_copy_is_its_own)
{
	struct texts *t = NULL, *copy = NULL;

	CHECK(texts_copy(&copy, NULL) && !copy, "of nothing");
	set(&t, 1, "one");
	set(&t, 2, "two");
	CHECK(texts_copy(&copy, t), "copied");
	set(&t, 1, "another");
	t = texts_free(t);
	CHECK_STR("one", texts_get(copy, 1), "as it was");
	CHECK_STR("two", texts_get(copy, 2), "as it was");
	texts_free(copy);
}

TEST(a_record_says_what_fits)
{
	struct cdr cdr = { .id = "x" }, copy;
	char longest[CDR_TRANSFERRED_MAX + 8];

	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	CHECK(cdr_say(&cdr, CDR_TRANSFERRED, "%s", longest), "said");
	CHECK_INT(CDR_TRANSFERRED_MAX - 1, strlen(cdr_text(&cdr, CDR_TRANSFERRED)), "cut");
	CHECK(cdr_copy(&copy, &cdr), "copied");
	CHECK(cdr_say(&cdr, CDR_TRANSFERRED, "%s", ""), "taken back");
	CHECK_STR("", cdr_text(&cdr, CDR_TRANSFERRED), "none");
	CHECK_INT(CDR_TRANSFERRED_MAX - 1, strlen(cdr_text(&copy, CDR_TRANSFERRED)), "the copy's own");
	cdr_clear(&copy);
	CHECK(!copy.texts && !copy.id[0], "nothing is left");
	cdr_clear(&cdr);
}

TEST(words_are_listed_once)
{
	struct cdr cdr = { .id = "x" };
	char word[8];

	cdr_add_word(&cdr, CDR_TROUBLE, "silently");
	cdr_add_word(&cdr, CDR_TROUBLE, "silent");
	cdr_add_word(&cdr, CDR_TROUBLE, "silently");
	CHECK_STR("silently silent", cdr_text(&cdr, CDR_TROUBLE), "one that begins like another is its own");
	CHECK(cdr_has_word(&cdr, CDR_TROUBLE, "silent") && !cdr_has_word(&cdr, CDR_TROUBLE, "sil"),
		"whole words");
	for (unsigned i = 0; i < 20; i++) {
		snprintf(word, sizeof(word), "w%05u", i);
		cdr_add_word(&cdr, CDR_TROUBLE, word);
	}
	CHECK_STR("silently silent w00000 w00001 w00002 w00003 w00004 w00005", cdr_text(&cdr, CDR_TROUBLE),
		"no word is cut");
	cdr_clear(&cdr);
}

static int say_and_copy(void)
{
	struct cdr cdr = { .id = "x" }, copy = { .id = "y" };
	bool all = cdr_say(&cdr, CDR_CALL_ID, "a@b") && cdr_say(&cdr, CDR_SRTP, "suite");

	if (all && !cdr_say(&cdr, CDR_SRTP, "another")) {
		CHECK_STR("suite", cdr_text(&cdr, CDR_SRTP), "it is as before");
		all = false;
	}
	if (all && !cdr_copy(&copy, &cdr)) {
		CHECK_STR("y", copy.id, "not written to");
		all = false;
	}
	cdr_clear(&copy);
	cdr_clear(&cdr);
	return all ? 0 : 1;
}

TEST(memory_may_run_out_anywhere)
{
	int err;

	STARVE(err, say_and_copy(), 1);
}

TESTS(each_is_known_by_its_number, one_stays_where_it_is_while_others_come_and_go, a_copy_is_its_own,
	a_record_says_what_fits, words_are_listed_once, memory_may_run_out_anywhere)
