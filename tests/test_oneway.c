/* links: mixer/oneway.c */
#include "mixer/oneway.h"

#include "tests/test.h"

/* A second of a call per letter:
 *   in, out   '.' nothing  's' silence  'v' voice (of `out`: any letter is packets)
 *   others    't' they talk all the second, 'h' half of it, '.' nobody does
 *   report    'r' one that knows us, 'b' one that does not, '.' none
 *   want      what is known afterwards: '.' 's' 'i' 'o' */
static const struct {
	const char *story, *in, *out, *others, *report, *want;
	bool hold;
} cases[] = {
	{ "a good call", "vsvsvsvs", "ssssssss", "t.t.t.t.", "....r...", "........", false },
	{ "silence while others talk", "ssssssss", "ssssssss", "tttttttt", "........", "...sssss", false },
	{ "silence while nobody talks", "ssssssss", "ssssssss", "........", "........", "........", false },
	{ "others talk half the time", "ssssssssss", "ssssssssss", "hhhhhhhhhh", "..........", ".......sss",
		false },
	{ "the first word ends it", "ssssssvs", "ssssssss", "tttttttt", "........", "...sss..", false },
	{ "a mute button after a word", "vsssssss", "ssssssss", "tttttttt", "........", "........", false },
	{ "nothing ever comes", "........", "ssssssss", "........", "........", "...iiiii", false },
	{ "nothing comes any more", "vvv......", "sssssssss", ".........", ".........", "......iii", false },
	{ "it comes again", ".....vvv", "ssssssss", "........", "........", "...ii...", false },
	{ "a silent listener in DTX sends a packet now and then", "s..s..s..s", "ssssssssss", "..........",
		"..........", "..........", false },
	{ "DTX, silent while others talk", "s..s..s..s..s", "sssssssssssss", "ttttttttttttt", ".............",
		".........ssss", false },
	{ "nothing goes out", "vvvvvvvv", "........", "........", "........", "...ooooo", false },
	{ "it never sees us", "vvvvvvvvvvvvv", "sssssssssssss", ".............", ".....b....b..",
		"..........ooo", false },
	{ "and then it does", "vvvvvvvvvvvvvvvv", "ssssssssssssssss", "................", ".....b....b....r",
		"..........ooooo.", false },
	{ "its first report was early", "vvvvvvvv", "ssssssss", "........", ".b...r..", "........", false },
	{ "hold is no fault", "........", "ssssssss", "tttttttt", "........", "........", true },
	{ "neither sends: not one way", "........", "........", "tttttttt", "........", "........", false },
};

TEST(what_is_one_way_and_when_it_is_known)
{
	for (size_t c = 0; c < sizeof(cases) / sizeof(*cases); c++) {
		struct oneway o;
		struct oneway_signs s = { .sends = true, .receives = !cases[c].hold };
		char have[32] = "";
		unsigned changes = 0, wanted = 0;

		oneway_init(&o);
		oneway_look(&o, &s, 1000000);
		for (unsigned i = 0; cases[c].in[i]; i++) {
			static const char letters[] = ".sio";

			s.rx_packets += cases[c].in[i] == '.' ? 0 : 50;
			s.tx_packets += cases[c].out[i] == '.' ? 0 : 50;
			s.sounded = cases[c].in[i] == 'v';
			s.others_ms = cases[c].others[i] == 't' ? 1000 : cases[c].others[i] == 'h' ? 500 : 0;
			s.reports += cases[c].report[i] != '.';
			s.reports_of_us += cases[c].report[i] == 'r';
			changes += oneway_look(&o, &s, 2000000 + i * 1000000ull);
			have[i] = letters[o.kind];
			wanted += cases[c].want[i] != (i ? cases[c].want[i - 1] : '.');
		}
		CHECK_STR(cases[c].want, have, cases[c].story);
		CHECK_INT(wanted, changes, cases[c].story);
	}
}

TEST(late_and_early_looks)
{
	struct oneway o;
	struct oneway_signs s = { .sends = true, .receives = true };

	oneway_init(&o);
	oneway_look(&o, &s, 1000);
	s.tx_packets = 5;
	CHECK(!oneway_look(&o, &s, 60000000), "a look a minute late is not a minute of nothing");
	CHECK(!oneway_look(&o, &s, 59000000), "nor is a clock that goes back");
	s.tx_packets = 6;
	CHECK(oneway_look(&o, &s, 62000000), "then it adds up");
	CHECK_STR("nothing_in", oneway_name(o.kind), "name");
	oneway_init(&o);
	CHECK_INT(ONEWAY_NONE, o.kind, "a new agreement begins afresh");
}

TESTS(what_is_one_way_and_when_it_is_known, late_and_early_looks)
