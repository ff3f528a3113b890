/* links: mixer/ice.c mixer/binding.c mixer/cipher.c tests/check.c */
#include "mixer/ice.h"
#include "tests/check.h"
#include "tests/test.h"
#include <stdlib.h>

static const struct ice_credentials ours = { "8hhY", "asd88fgpdd777uzjYhagZg" };
static const struct ice_credentials later = { "newU", "anotherPasswordOfOurs22" };

static struct net_addr addr(char c)
{
	return (struct net_addr){ .ip = { [10] = 0xff, 0xff, 192, 0, 2, (uint8_t)c }, .port = 4000 };
}

static unsigned check_from(struct ice *i, enum ice_component at, char from, struct check c, uint64_t now_us)
{
	uint8_t p[CHECK_MAX], answer[BINDING_ANSWER_MAX];
	const struct net_addr a = addr(from);
	static uint32_t id;
	size_t n;

	c.id = ++id;
	n = check_write(p, &c);
	return check_status(answer, ice_take(i, at, p, n, &a, now_us, answer), &c);
}

/* A script's words: "1.5" the time is 1.5 s; "A" a check from A, answered with success; "A!" it nominates; "A!9" at priority 9
 * (5 when not said); "A~" an indication; "A+" something else from A, which is heard; "A-" which is not; ">A" our packets go to A,
 * ">0" nowhere; "restart" other credentials. */
static void play(const char *story, const char *script)
{
	char copy[512], *save = NULL;
	const struct ice_credentials *now = &ours;
	uint64_t now_us = 7000000;
	struct ice *i;

	CHECK_INT(MIX_OK, ice_alloc(&i, now), story);
	snprintf(copy, sizeof(copy), "%s", script);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		const struct net_addr a = addr(*w), *peer = ice_peer(i, ICE_RTP);
		char username[40];

		if (*w >= '0' && *w <= '9') {
			now_us = 7000000 + (uint64_t)(atof(w) * 1e6);
			ice_look(i, now_us);
		} else if (*w == '>') {
			const struct net_addr to = addr(w[1]);

			CHECK(w[1] == '0' ? peer->port == 0 : net_addr_equal(peer, &to),
				"%s: '%s' at %.1f s: peer .%c:%u", story, w, (double)now_us / 1e6 - 7,
				peer->ip[15], peer->port);
		} else if (strcmp(w, "restart") == 0) {
			struct ice *old = i;

			now = &later;
			CHECK_INT(MIX_OK, ice_alloc(&i, now), story);
			ice_succeed(i, old);
			ice_free(old);
		} else if (w[1] == '+' || w[1] == '-') {
			CHECK(ice_hears(i, ICE_RTP, &a, now_us) == (w[1] == '+'), "%s: '%s' at %.1f s", story,
				w, (double)now_us / 1e6 - 7);
		} else {
			struct check c = { username, now->pwd, 5, .nominates = w[1] == '!',
				.flaw = w[1] == '~' ? CHECK_INDICATION : CHECK_SOUND };

			snprintf(username, sizeof(username), "%s:theirs", now->ufrag);
			if (w[1] == '!' && w[2])
				c.priority = (uint32_t)(w[2] - '0');
			CHECK_INT(w[1] == '~' ? CHECK_IS_NOTHING : CHECK_IS_SUCCESS,
				check_from(i, ICE_RTP, *w, c, now_us), story);
		}
	}
	ice_free(i);
}

TEST(who_has_proven_an_address_may_speak_and_who_is_nominated_is_sent_to)
{
	static const struct {
		const char *story, *script;
	} cases[] = {
		{ "nobody yet", "A- >0" },
		{ "a check opens the ear and no more", "A A+ B- >0" },
		{ "nomination", "A! A+ >A B-" },
		{ "nominated after it was checked", "A >0 A! >A" },
		{ "an indication proves nothing", "A~ A- >0" },
		{ "all nominated at once: the best is it", "A!5 B!7 >B C!6 >B A+ B+ C+" },
		{ "the same priority: the last is it", "A!5 B!5 >B" },
		{ "checks without a word do not move it", "A! B >A B+" },
		{ "one that moved, to a worse path", "A!7 >A 2 B!3 >A 5.5 B!3 >B" },
		{ "not while the better is nominated again", "A!7 4 A!7 6 B!3 >A" },
		{ "more addresses than we keep: never the peer", "A! 1 B 2 C 3 D 4 E A+ B- C+ D+ E+ >A" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		play(cases[i].story, cases[i].script);
}

TEST(who_is_not_heard_of_any_more_is_not_sent_to)
{
	static const struct {
		const char *story, *script;
	} cases[] = {
		{ "30 s without anything", "A! 29.9 >A 30.1 >0" },
		{ "an agent of RFC 5245: sound is enough", "A! 0.5 A 29 A+ 58 >A A+ 87 >A 89 >0" },
		{ "or its keepalives", "A! 15 A~ 30 A~ 45 A~ 74 >A 76 >0" },
		{ "but not those of others", "A! 1 B 29 B+ B~ 31 >0" },
		{ "one that asks for consent: its sound alone is none",
			"A! 5 A 10 A 15 A 44 A+ >A 46 A+ >0" },
		{ "checks of the beginning, sent again, are not for consent",
			"A! 1 A! 2 A! 3 A! 30 A+ 40 >A" },
		{ "its consent goes on", "A! 5 A 10 A 15 A 20 A 25 A 30 A 35 A 40 A 45 A 50 A 79 >A" },
		{ "and comes back with a check", "A! 40 >0 A >A 69 >A" },
		{ "or with another address", "A!7 40 >0 B!1 >B" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		play(cases[i].story, cases[i].script);
}

TEST(a_restart_keeps_the_peer_until_there_is_another)
{
	play("the old path carries on", "A!9 B restart >A A+ B-");
	play("any new one is better", "A!9 restart C!1 >C A+ C+");
	play("before there was a peer", "A restart >0 A-");
	play("30 s without a check: nowhere", "A! restart 31 >0");
}

/* What is wrong with a check, what it gets for it, and that nothing has changed by it. */
TEST(a_check_that_is_not_in_order_changes_nothing)
{
	static const struct {
		const char *story, *username, *password;
		enum check_flaw flaw;
		unsigned status;
	} cases[] = {
		{ "wrong password", "8hhY:them", "asd88fgpdd777uzjYhagZG", CHECK_SOUND, 401 },
		{ "no password", "8hhY:them", "", CHECK_SOUND, 401 },
		{ "somebody else's name", "8hhZ:them", ours.pwd, CHECK_SOUND, 401 },
		{ "our name and more", "8hhY2:them", ours.pwd, CHECK_SOUND, 401 },
		{ "our name alone", "8hhY", ours.pwd, CHECK_SOUND, 401 },
		{ "the beginning of our name", "8hh", ours.pwd, CHECK_SOUND, 401 },
		{ "no integrity", "8hhY:them", ours.pwd, CHECK_NO_INTEGRITY, 400 },
		{ "no name", "", ours.pwd, CHECK_NO_USERNAME, 400 },
		{ "an attribute that is to be understood", "8hhY:them", ours.pwd, CHECK_UNKNOWN_ATTRIBUTE,
			420 },
		{ "the same, from who does not know us", "8hhY:them", "?", CHECK_UNKNOWN_ATTRIBUTE, 401 },
		{ "both controlled", "8hhY:them", ours.pwd, CHECK_CONTROLLED, 487 },
		{ "no fingerprint", "8hhY:them", ours.pwd, CHECK_NO_FINGERPRINT, CHECK_IS_NOTHING },
		{ "wrong fingerprint", "8hhY:them", ours.pwd, CHECK_WRONG_FINGERPRINT, CHECK_IS_NOTHING },
		{ "an answer to nothing", "8hhY:them", ours.pwd, CHECK_RESPONSE, CHECK_IS_NOTHING },
		{ "another method", "8hhY:them", ours.pwd, CHECK_OTHER_METHOD, CHECK_IS_NOTHING },
	};
	const struct net_addr a = addr('A'), b = addr('B');
	struct ice *i;

	CHECK_INT(MIX_OK, ice_alloc(&i, &ours), "an agent");
	CHECK_INT(CHECK_IS_SUCCESS,
		check_from(i, ICE_RTP, 'A', (struct check){ "8hhY:them", ours.pwd, 5, true, 0, 0 }, 1),
		"the peer");
	for (size_t k = 0; k < sizeof(cases) / sizeof(*cases); k++) {
		const struct check c = { cases[k].username, cases[k].password, 9, true, cases[k].flaw, 0 };

		CHECK_INT(cases[k].status, check_from(i, ICE_RTP, 'B', c, 2), cases[k].story);
		CHECK(net_addr_equal(ice_peer(i, ICE_RTP), &a), "%s: the peer stays", cases[k].story);
		CHECK(!ice_hears(i, ICE_RTP, &b, 3), "%s: it is not heard", cases[k].story);
		CHECK_INT(k + 1, ice_counts(i).refused, cases[k].story);
	}
	CHECK_INT(1, ice_counts(i).checks, "one check was answered");
	CHECK_INT(CHECK_IS_SUCCESS,
		check_from(i, ICE_RTP, 'B',
			(struct check){ "8hhY:them", ours.pwd, 9, true, CHECK_OPTIONAL_ATTRIBUTE, 0 }, 4),
		"what need not be understood is overlooked");
	ice_free(i);
}

TEST(rtcp_has_a_path_of_its_own)
{
	const struct check c = { "8hhY:them", ours.pwd, 5, true, 0, 0 };
	const struct net_addr a = addr('A'), b = addr('B');
	struct ice *i;

	CHECK_INT(MIX_OK, ice_alloc(&i, &ours), "an agent");
	CHECK(ice_is_waiting(i), "nobody yet");
	CHECK_INT(CHECK_IS_SUCCESS, check_from(i, ICE_RTCP, 'B', c, 1), "component 2");
	CHECK(ice_is_waiting(i), "and still nobody for sound");
	CHECK_INT(CHECK_IS_SUCCESS, check_from(i, ICE_RTP, 'A', c, 1), "component 1");
	CHECK(!ice_is_waiting(i), "the peer is known");
	CHECK(net_addr_equal(ice_peer(i, ICE_RTP), &a) && net_addr_equal(ice_peer(i, ICE_RTCP), &b), "each");
	CHECK(!ice_hears(i, ICE_RTP, &b, 2) && !ice_hears(i, ICE_RTCP, &a, 2), "and neither for the other");
	ice_free(i);
}

TEST(without_credentials_there_is_no_agent)
{
	struct ice *i = NULL;

	CHECK_INT(MIX_RANGE, ice_alloc(&i, &(struct ice_credentials){ "", "" }), "none");
	CHECK(ice_free(i) == NULL, "NULL is free");
}

TESTS(who_has_proven_an_address_may_speak_and_who_is_nominated_is_sent_to,
	who_is_not_heard_of_any_more_is_not_sent_to, a_restart_keeps_the_peer_until_there_is_another,
	a_check_that_is_not_in_order_changes_nothing, rtcp_has_a_path_of_its_own,
	without_credentials_there_is_no_agent)
