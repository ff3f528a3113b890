/* links: tests/rawsip.c */
/* Dial-in lists (FEATURES N1, N10): by country, toll and toll-free, the preferred country first, as E.123 writes them; only what leads to the meeting. */
#include "tests/flow/bridge.h"
#include "tests/rawsip.h"
#include "tests/test.h"

#include <stdlib.h>

enum { WAIT_MS = 10000 };

static const char site[] = "accounts:\n"
			   "  - name: acme\n    invite: { country: DE }\n"
			   "    meetings: [ { id: \"483920175\", name: Weekly, guest_pin: \"7391\" }, { id: "
			   "\"100200301\", name: Other } ]\n"
			   "  - name: zeta\n    meetings: [ { id: \"700200300\" } ]\n"
			   "trunks:\n  - { name: a, inbound: { from: [ 127.0.0.2 ] } }\n"
			   "numbers:\n"
			   "  - { number: \"+18005550100\", account: acme, toll_free: true }\n"
			   "  - { number: \"+12025550100\", account: acme, country: US, language: es }\n"
			   "  - { number: \"+18005550101\", account: acme, country: US, toll_free: true }\n"
			   "  - { number: \"+442079460000..+442079460009\", account: acme }\n"
			   "  - { number: \"+498001234567\", account: acme, toll_free: true }\n"
			   "  - { number: \"+493012345678\", trunk: a, account: acme }\n"
			   "  - { number: \"+493012345679\", account: acme, answer: \"meeting:483920175\" }\n"
			   "  - { number: \"+493012345670\", account: acme, answer: \"meeting:100200301\" }\n"
			   "  - { number: \"+493012345672\", account: zeta }\n";

static char *ctl(const struct bridge *b, int want, const char *meeting, const char *option, const char *value)
{
	char program[FOLDER_PATH * 2];
	const char *const argv[] = { build_program("partyctl", program), "--socket", b->control, "invite",
		meeting, option, value, NULL };
	struct peer p;

	CHECK(peer_start(&p, &b->folder, "partyctl", argv), "partyctl");
	CHECK_INT(want, peer_wait_exit(&p, WAIT_MS), meeting);
	return peer_output(&p);
}

/* "DE! 2/1 GB 1/0 ...": countries in order, ! the preferred one, how many toll and toll-free. */
static void listed(const struct bridge *b, const char *query, const char *want)
{
	char path[100], have[200] = "";
	json_t *answer, *country;
	size_t i;

	snprintf(path, sizeof(path), "/v1/meetings/483920175/invite%s", query);
	answer = bridge_get(b, path);
	json_array_foreach(json_object_get(answer, "countries"), i, country) snprintf(have + strlen(have),
		sizeof(have) - strlen(have), "%s%s%s %zu/%zu", i ? " " : "", json_text_at(country, "country"),
		json_is_true(json_object_get(country, "preferred")) ? "!" : "",
		json_array_size(json_object_get(country, "toll")),
		json_array_size(json_object_get(country, "toll_free")));
	CHECK_STR(want, have, path);
	json_decref(answer);
}

TEST(lists_by_country)
{
	struct bridge b;
	json_t *answer;
	char *text;
	long status;

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "bridge");
	listed(&b, "", "DE! 2/1 GB 1/0 US 1/1  0/1"); /* the last: +1 800 is of several countries */
	listed(&b, "?country=US", "US! 1/1 DE 2/1 GB 1/0  0/1");
	listed(&b, "?country=NZ", "DE 2/1 GB 1/0 US 1/1  0/1");

	answer = bridge_get(&b, "/v1/meetings/483920175/invite");
	CHECK_STR("483 920 175", json_text_at(answer, "id_written"), "the ID");
	CHECK_STR("+49 30 1234 5678", json_text_at(answer, "countries.0.toll.0.international"), "E.123");
	CHECK_STR("(030) 1234 5678", json_text_at(answer, "countries.0.toll.0.national"), "at home");
	CHECK_STR(
		"tel:+493012345678,,483920175#", json_text_at(answer, "countries.0.toll.0.dial"), "one tap");
	CHECK_STR("tel:+493012345679", json_text_at(answer, "countries.0.toll.1.dial"),
		"one that asks nothing");
	CHECK_INT(0, (int)json_at(answer, "countries.0.toll.1.asks_id", -1), "it asks nothing");
	CHECK_STR("0800 123 4567", json_text_at(answer, "countries.0.toll_free.0.national"), "toll-free");
	CHECK_STR("+442079460009", json_text_at(answer, "countries.1.toll.0.last"), "a range");
	CHECK_STR("es", json_text_at(answer, "countries.2.toll.0.language"), "language");
	json_decref(answer);

	text = ctl(&b, 0, "483920175", "--country", "US");
	CHECK_STR("Weekly\n\nDial in:\n"
		  "  US  +1 202 555 0100\n"
		  "  US  +1 800 555 0101 (toll-free)\n"
		  "  DE  +49 800 123 4567 (toll-free)\n"
		  "  DE  +49 30 1234 5678\n"
		  "  DE  +49 30 1234 5679\n"
		  "  GB  +44 20 7946 0000\n"
		  "      +1 800 555 0100 (toll-free)\n"
		  "Meeting ID: 483 920 175\n",
		text, "to be sent to people, without a PIN");
	free(text);
	free(ctl(&b, 1, "999999999", NULL, NULL));
	text = bridge_text(&b, "GET", "/v1/meetings/483920175/invite?country=Germany", NULL, NULL, &status);
	CHECK(status == 400 && strstr(text, "\"country\""), "%ld %s", status, text);
	free(text);
	CHECK_INT(0, bridge_stop(&b), "bridge");
}

/* Tokens of other accounts: flow_access asks every path. */
TEST(what_is_listed_answers)
{
	struct bridge b;
	struct raw r;

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "bridge");
	CHECK(raw_open(&r, "127.0.0.2", 0, b.sip_port, false), "socket");
	CHECK_INT(200, raw_call(&r, "+493012345679"), "a number of the list");
	raw_request(&r, "BYE", NULL, NULL);
	CHECK_INT(200, raw_final(&r, WAIT_MS), "BYE");
	raw_close(&r);
	CHECK_INT(0, bridge_stop(&b), "bridge");
}

TESTS(lists_by_country, what_is_listed_answers)
