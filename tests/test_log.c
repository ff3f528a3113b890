/* links: bridge/log.c */
#include "bridge/log.h"
#include "tests/test.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

/* Runs CALL with stderr into a pipe; what came out is in `text`, `n` bytes. */
#define CAPTURE(call)                                                                                        \
	char text[16384];                                                                                    \
	ssize_t n;                                                                                           \
	int ends[2], kept = dup(STDERR_FILENO);                                                              \
	CHECK(kept >= 0 && pipe(ends) == 0, "a pipe");                                                       \
	dup2(ends[1], STDERR_FILENO);                                                                        \
	close(ends[1]);                                                                                      \
	call;                                                                                                \
	dup2(kept, STDERR_FILENO);                                                                           \
	close(kept);                                                                                         \
	n = read(ends[0], text, sizeof(text) - 1);                                                           \
	close(ends[0]);                                                                                      \
	text[n > 0 ? n : 0] = '\0'

/* Does `text` begin with 2026-11-23T08:29:23.123456Z? */
static bool begins_with_time(const char *text)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:dd.ddddddZ";

	for (size_t i = 0; shape[i]; i++)
		if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
			return false;
	return true;
}

TEST(a_text_line)
{
	log_open("bridge-1", false, LOG_INFO);
	{
		CAPTURE(log_line(LOG_WARNING, "abc@host", "meeting", "opened %s", "483920175"));
		CHECK(begins_with_time(text), "time first: %s", text);
		CHECK_STR(" warning meeting: [abc@host] opened 483920175\n", text + 27,
			"level, area, call, text");
	}
	{
		CAPTURE(log_line(LOG_INFO, NULL, "site", "applied"));
		CHECK_STR(" info site: applied\n", text + 27, "without a call");
	}
}

TEST(a_json_line)
{
	log_open("bridge \"1\"", true, LOG_INFO);
	{
		CAPTURE(log_line(LOG_ERROR, "a\"b\\c", "sip", "from \"Bob\"\r\n\t\x01 caf\u00e9"));
		CHECK(strncmp(text, "{\"time\":\"", 9) == 0 && begins_with_time(text + 9), "time first: %s",
			text);
		CHECK_STR("\",\"level\":\"error\",\"node\":\"bridge "
			  "\\\"1\\\"\",\"area\":\"sip\",\"call\":\"a\\\"b\\\\c\","
			  "\"text\":\"from \\\"Bob\\\"\\u000d\\u000a\\u0009\\u0001 caf\u00e9\"}\n",
			text + 9 + 27, "members");
	}
}

/* A caller's name may hold anything; a line stays one line. */
TEST(nobody_outside_writes_lines_of_their_own)
{
	log_open("n", false, LOG_INFO);
	{
		CAPTURE(log_line(
			LOG_INFO, "x\n2026", "sip", "from %s", "a\r\nfake line\x1b[31m\xff\xc0\xaf z"));
		CHECK(strchr(text, '\n') == text + n - 1, "one line: %s", text);
		CHECK_STR(" info sip: [x\\x0a2026] from a\\x0d\\x0afake line\\x1b[31m??? z\n", text + 27,
			"escaped");
	}
}

TEST(a_long_line_is_cut_and_still_closed)
{
	char longer[3000];

	memset(longer, '"', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	log_open("n", true, LOG_INFO);
	{
		CAPTURE(log_line(LOG_INFO, longer, "sip", "%s", longer));
		CHECK(n <= 1024, "%zd bytes", n);
		CHECK_STR("\"}\n", text + n - 3, "closed");
		CHECK(strchr(text, '\n') == text + n - 1, "one line");
	}
	{
		CAPTURE(log_line(LOG_INFO, NULL, "sip", "%s", longer));
		CHECK(n <= 1024, "%zd bytes", n);
		CHECK_STR("\"}\n", text + n - 3, "closed");
	}
}

TEST(levels)
{
	log_open("n", false, LOG_WARNING);
	{
		CAPTURE(log_line(LOG_INFO, NULL, "a", "quiet"));
		CHECK_INT(0, n, "info below warning");
	}
	{
		CAPTURE(log_line(LOG_WARNING, NULL, "a", "heard"));
		CHECK(n > 0, "warning at warning");
	}
	{
		errno = ENOSPC;
		CAPTURE(log_line(LOG_ERROR, NULL, "a", "disk"); CHECK_INT(ENOSPC, errno, "errno is kept"));
		CHECK(n > 0, "error always");
	}
}

static void *log_some(void *arg)
{
	for (int i = 0; i < 100; i++)
		log_line(LOG_INFO, NULL, "a", "line %d", i);
	return arg;
}

/* SIGHUP, while other threads log: their lines are in the one form or the other. */
TEST(form_and_level_change_under_way)
{
	pthread_t other;

	log_open("n", false, LOG_INFO);
	{
		CAPTURE(CHECK_INT(0, pthread_create(&other, NULL, log_some, NULL), "a thread");
			log_change(true, LOG_INFO); pthread_join(other, NULL));
		CHECK(n > 0 && text[n - 1] == '\n', "whole lines");
	}
	log_change(true, LOG_WARNING);
	{
		CAPTURE(log_line(LOG_INFO, NULL, "a", "quiet"));
		CHECK_INT(0, n, "info below warning");
	}
	{
		CAPTURE(log_line(LOG_WARNING, NULL, "a", "heard"));
		CHECK(strstr(text, "\"node\":\"n\""), "JSON, and the name as it was: %s", text);
	}
}

TEST(numbers_of_callers_are_masked)
{
	static const struct {
		const char *number, *shown;
	} cases[] = {
		{ "+15550100", "+1555..00" },
		{ "+4930123456", "+4930..56" },
		{ "+123456789012345", "+1234..45" },
		{ "5550100", "555..00" },
		{ "12345", "1..45" },
		{ "1234", ".." },
		{ "12", ".." },
		{ "", "" },
		{ "anonymous-caller-with-a-very-long-name", "anony..me" },
	};
	char out[24];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK_STR(cases[i].shown, log_number(out, cases[i].number), cases[i].number);
	CHECK_STR("", log_number(out, NULL), "no number");
}

TESTS(a_text_line, a_json_line, nobody_outside_writes_lines_of_their_own, a_long_line_is_cut_and_still_closed,
	levels, form_and_level_change_under_way, numbers_of_callers_are_masked)
