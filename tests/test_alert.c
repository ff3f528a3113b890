/* links: bridge/alert.c */
/* What is wrong now: raised once, ended once, in order, and bounded. */
#include "bridge/alert.h"
#include "tests/test.h"

struct told {
	char all[512];
};

static void on_told(void *arg, const struct alert *a, bool raised)
{
	struct told *t = arg;
	const size_t used = strlen(t->all);

	if (used + 1 < sizeof(t->all))
		snprintf(t->all + used, sizeof(t->all) - used, "%c%s:%s ", raised ? '+' : '-',
			alert_kind_name(a->kind), a->subject);
}

TEST(raised_once_and_ended_once)
{
	struct told told = { "" };
	struct alerts *a = alerts_alloc(on_told, &told);
	const struct alert *list;
	size_t n;

	CHECK(a, "a list");
	alerts_begin(a, 100);
	alert_holds(a, ALERT_TRUNK_DOWN, "east", true, "none of %u", 2);
	alert_holds(a, ALERT_DISK, "", true, "full");
	alert_holds(a, ALERT_TRUNK_DOWN, "west", false, "none");
	alerts_end(a);
	CHECK_STR("+trunk_down:east +disk: +trunk_down:west ", told.all, "each is raised");
	list = alerts_list(a, &n);
	CHECK_INT(3, n, "three");
	CHECK(list[0].kind == ALERT_DISK, "by kind");
	CHECK_STR("east", list[1].subject, "then as they came");
	CHECK_STR("none of 2", list[1].text, "in words");
	CHECK(list[1].critical && !list[2].critical, "severity");

	told.all[0] = '\0';
	alerts_begin(a, 200);
	alert_holds(a, ALERT_TRUNK_DOWN, "east", true, "none of %u", 3);
	alerts_end(a);
	CHECK_STR("-disk: -trunk_down:west ", told.all, "what is no more said has ended");
	list = alerts_list(a, &n);
	CHECK_INT(1, n, "one holds on");
	CHECK_INT(100, list[0].since_us, "since it began");
	CHECK_STR("none of 3", list[0].text, "its words are today's");

	told.all[0] = '\0';
	alerts_begin(a, 300);
	alerts_end(a);
	alerts_begin(a, 400);
	alert_holds(a, ALERT_TRUNK_DOWN, "east", true, "again");
	alerts_end(a);
	CHECK_STR("-trunk_down:east +trunk_down:east ", told.all, "it comes again");
	CHECK_INT(400, alerts_list(a, &n)->since_us, "and counts from then");
	alerts_free(a);
}

TEST(the_list_is_bounded)
{
	struct told told = { "" };
	struct alerts *a = alerts_alloc(on_told, &told);
	char name[16];
	size_t n;

	alerts_begin(a, 1);
	for (unsigned i = 0; i < ALERTS_MAX + 7; i++) {
		snprintf(name, sizeof(name), "%u", i);
		alert_holds(a, ALERT_BUDGET, name, true, "blocked");
	}
	alerts_end(a);
	alerts_list(a, &n);
	CHECK_INT(ALERTS_MAX, n, "full");
	CHECK_INT(7, alerts_left_out(a), "counted");
	alerts_free(a);
}

TEST(every_kind_has_a_name_and_advice)
{
	for (int i = 0; i < ALERT_KINDS; i++) {
		CHECK(alert_kind_name((enum alert_kind)i) && alert_kind_name((enum alert_kind)i)[0],
			"name of %d", i);
		CHECK(alert_advice((enum alert_kind)i) && alert_advice((enum alert_kind)i)[0], "advice of %d",
			i);
	}
}

TESTS(raised_once_and_ended_once, the_list_is_bounded, every_kind_has_a_name_and_advice)
