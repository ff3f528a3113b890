/* links: sip/cause.c */
#include "sip/cause.h"
#include "tests/test.h"

#include <stdlib.h>

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

/* RFC 3398 section 8.2.6.1, row by row; 487, 488 and 606, which have none there, are ours. */
TEST(a_status_has_the_cause_of_rfc_3398)
{
	static const struct {
		unsigned status, q850;
	} cases[] = { { 400, 41 }, { 401, 21 }, { 402, 21 }, { 403, 21 }, { 404, 1 }, { 405, 63 },
		{ 406, 79 }, { 407, 21 }, { 408, 102 }, { 410, 22 }, { 413, 127 }, { 414, 127 }, { 415, 79 },
		{ 416, 127 }, { 420, 127 }, { 421, 127 }, { 423, 127 }, { 480, 18 }, { 481, 41 }, { 482, 25 },
		{ 483, 25 }, { 484, 28 }, { 485, 1 }, { 486, 17 }, { 487, 16 }, { 488, 88 }, { 500, 41 },
		{ 501, 79 }, { 502, 38 }, { 503, 41 }, { 504, 102 }, { 505, 127 }, { 513, 127 }, { 600, 17 },
		{ 603, 21 }, { 604, 1 }, { 606, 88 }, { 301, 22 }, { 302, 23 }, { 422, 127 }, { 428, 21 },
		{ 433, 21 }, { 438, 21 }, { 489, 127 }, { 491, 41 }, { 580, 47 }, { 607, 21 }, { 608, 21 },
		/* none is known of these: their class's x00 (RFC 3261 section 8.1.3.2) */
		{ 499, 41 }, { 599, 41 }, { 699, 17 }, { 399, 23 },
		/* these end nothing */
		{ 100, 0 }, { 183, 0 }, { 200, 0 }, { 299, 0 }, { 0, 0 },
		/* this is no status */
		{ 700, 127 }, { 4294967295u, 127 } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		char story[32];

		snprintf(story, sizeof(story), "status %u", cases[i].status);
		CHECK_INT(cases[i].q850, cause_from_status(cases[i].status), story);
	}
}

/* RFC 3398 section 7.2.4.1 */
TEST(a_cause_has_the_status_of_rfc_3398)
{
	static const struct {
		unsigned q850, status;
	} cases[] = { { 1, 404 }, { 2, 404 }, { 3, 404 }, { 16, 480 }, { 17, 486 }, { 18, 408 }, { 19, 480 },
		{ 20, 480 }, { 21, 403 }, { 22, 410 }, { 23, 410 }, { 26, 404 }, { 27, 502 }, { 28, 484 },
		{ 29, 501 }, { 31, 480 }, { 34, 503 }, { 38, 503 }, { 41, 503 }, { 42, 503 }, { 47, 503 },
		{ 55, 403 }, { 57, 403 }, { 58, 503 }, { 65, 488 }, { 70, 488 }, { 79, 501 }, { 87, 403 },
		{ 88, 503 }, { 102, 504 }, { 111, 500 }, { 127, 500 }, { 0, 500 }, { 99, 500 },
		{ 1000, 500 } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		char story[32];

		snprintf(story, sizeof(story), "cause %u", cases[i].q850);
		CHECK_INT(cases[i].status, cause_to_status(cases[i].q850), story);
	}
	for (unsigned q850 = 0; q850 < 300; q850++)
		CHECK(cause_to_status(q850) >= 400 && cause_to_status(q850) < 700, "cause %u", q850);
}

TEST(everything_has_words)
{
	CHECK_STR("normal call clearing", cause_words(16), "16");
	CHECK_STR("Busy Here", status_words(486), "486");
	CHECK_STR("Session Progress", status_words(183), "183");
	CHECK_STR("OK", status_words(200), "200");
	CHECK_STR("Session Interval Too Small", status_words(422), "RFC 4028");
	CHECK_STR("Request Failure", status_words(499), "an unknown one has its class's");
	CHECK_STR("Unknown", status_words(4711), "no status at all");
	for (unsigned i = 0; i < 1000; i++)
		CHECK(cause_words(i)[0] && status_words(i)[0], "%u", i);
}

TEST(a_reason_is_written_whole_or_shorter_but_never_broken)
{
	static const struct {
		size_t cap;
		unsigned q850;
		const char *text, *want;
	} cases[] = {
		{ 128, 16, NULL, "Q.850;cause=16;text=\"normal call clearing\"" },
		{ 128, 102, "no RTP for 30 s", "Q.850;cause=102;text=\"no RTP for 30 s\"" },
		{ 128, 21, "a \"quoted\\\" text\r\nVia: evil",
			"Q.850;cause=21;text=\"a quoted textVia: evil\"" },
		{ 128, 21, "", "Q.850;cause=21;text=\"\"" },
		{ 128, 21, "na\xc3\xafve\x7f", "Q.850;cause=21;text=\"nave\"" },
		{ 26, 16, NULL, "Q.850;cause=16;text=\"nor\"" },
		{ 22, 16, NULL, "Q.850;cause=16" },
		{ 15, 16, NULL, "Q.850;cause=16" },
		{ 14, 16, NULL, "" },
		{ 1, 16, NULL, "" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char *exact = malloc(cases[i].cap);

		cause_reason(exact, cases[i].cap, cases[i].q850, cases[i].text);
		CHECK_STR(cases[i].want, exact, cases[i].want);
		free(exact);
	}
	cause_reason(NULL, 0, 16, NULL);
}

TEST(a_reason_is_read)
{
	static const struct {
		const char *value;
		unsigned q850;
	} cases[] = {
		{ "Q.850;cause=16;text=\"Terminated\"", 16 }, /* RFC 3326 section 2 */
		{ "Q.850 ;cause=16 ;text=\"Terminated\"", 16 },
		{ "SIP ;cause=200 ;text=\"Call completed elsewhere\"", 0 },
		{ "SIP ;cause=600 ;text=\"Busy Everywhere\", Q.850 ;cause=17", 17 },
		{ "preemption ;cause=1 ;text=\"UA Preemption\"", 0 },
		{ "q.850 ; CAUSE = 31", 31 },
		{ "Q.850;text=\";cause=5,Q.850;cause=6\";cause=7", 7 },
		{ "SIP;text=\"a \\\" , Q.850;cause=9\";cause=1", 0 },
		{ "Q.850;text=\"never closed;cause=9", 0 },
		{ "Q.850;cause=128", 0 },
		{ "Q.850;cause=99999999999999999999", 0 },
		{ "Q.850;cause=1x", 0 },
		{ "Q.850;cause=", 0 },
		{ "Q.850;causes=3", 0 },
		{ "Q.850", 0 },
		{ "Q.85;cause=3", 0 },
		{ "Q.850;cause=16,", 16 },
		{ ",,;;==", 0 },
		{ "\\", 0 },
		{ "\"\\", 0 },
		{ "", 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t n = strlen(cases[i].value);
		char *exact = malloc(n ? n : 1);

		memcpy(exact, cases[i].value, n);
		CHECK_INT(cases[i].q850, cause_from_reason(exact, n), cases[i].value);
		for (size_t cut = 0; cut < n; cut++) { /* the sanitizers look on */
			char *shorter = malloc(cut ? cut : 1);

			memcpy(shorter, exact, cut);
			cause_from_reason(shorter, cut);
			free(shorter);
		}
		free(exact);
	}
	for (unsigned q850 = 1; q850 <= 127; q850++) {
		char text[128];

		cause_reason(text, sizeof(text), q850, NULL);
		CHECK_INT(q850, cause_from_reason(text, strlen(text)), text);
	}
}

/* Every cause falls into a class that has a name. */
TEST(causes_are_counted_by_class)
{
	static const struct {
		unsigned q850;
		const char *want;
	} cases[] = { { 0, "cleared" }, { 16, "cleared" }, { 31, "cleared" }, { 17, "busy" },
		{ 18, "no_answer" }, { 19, "no_answer" }, { 21, "rejected" }, { 1, "bad_number" },
		{ 28, "bad_number" }, { 27, "other_normal" }, { 34, "no_resource" }, { 47, "no_resource" },
		{ 57, "no_service" }, { 79, "no_service" }, { 88, "protocol" }, { 111, "protocol" },
		{ 102, "timer" }, { 127, "interworking" }, { 4000000000u, "interworking" } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK_STR(cases[i].want, cause_class_name(cause_class(cases[i].q850)), "class");
	for (unsigned q850 = 0; q850 < 300; q850++)
		CHECK(cause_class(q850) < CAUSE_CLASSES, "%u", q850);
}

TESTS(causes_are_counted_by_class, a_status_has_the_cause_of_rfc_3398, a_cause_has_the_status_of_rfc_3398,
	everything_has_words, a_reason_is_written_whole_or_shorter_but_never_broken, a_reason_is_read)
