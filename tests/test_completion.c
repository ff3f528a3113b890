/* links: tools/partyctl_run.c tools/partyctl_verbs.c tools/partyctl_objects.c tools/partyctl_admin.c tools/partyctl_budget.c tools/partyctl_dialplan.c tools/partyctl_table.c tools/partyctl_watch.c tools/partyctl_why.c tools/partyctl_records.c tools/partyctl_http.c bridge/config.c bridge/yaml.c bridge/yaml_value.c bridge/why.c bridge/err.c tests/flow/peer.c bridge/x5u.c bridge/config_interfaces.c tools/partyctl_call.c tools/partyctl_drain.c tools/partyctl_rates.c tools/partyctl_live.c bridge/config_http.c */
/* The completion file knows every verb, what it knows and its options, as `partyctl help` prints them. */
#include "tools/partyctl.h"
#include "tests/flow/peer.h"
#include "tests/test.h"

#include <ctype.h>
#include <stdlib.h>

enum { BASH_MS = 10000 };

/* What bash would offer after these words; the caller frees. */
static char *offered(const char *words)
{
	char command[600], *out, *list;
	const char *argv[] = { "bash", "-c", command, NULL };
	struct folder folder;
	struct peer bash;

	snprintf(command, sizeof(command),
		". tools/partyctl.bash-completion; COMP_WORDS=(partyctl %s \"\");"
		" COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _partyctl; printf \"%%s \" \"${COMPREPLY[@]}\"",
		words);
	CHECK(folder_make(&folder), "a folder");
	CHECK(peer_start(&bash, &folder, "bash", argv), "bash");
	CHECK_INT(0, peer_wait_exit(&bash, BASH_MS), words);
	out = peer_output(&bash);
	list = malloc(strlen(out) + 2);
	snprintf(list, strlen(out) + 2, " %s", out);
	free(out);
	folder_remove(&folder);
	return list;
}

static void has(const char *list, const char *word, const char *after)
{
	char spaced[100];

	snprintf(spaced, sizeof(spaced), " %s ", word);
	CHECK(strstr(list, spaced), "after '%s' comes '%s': %s", after, word, list);
}

static char *help(void)
{
	char *argv[] = { "partyctl", "help", NULL }, *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n), *err = fopen("/dev/null", "w");

	CHECK_INT(CTL_OK, ctl_run(2, argv, out, err), "help");
	fclose(out);
	fclose(err);
	return text;
}

static bool is_word(const char *text)
{
	for (; *text; text++)
		if (!islower((unsigned char)*text))
			return false;
	return true;
}

/* One line of help: "token create NAME [--role R] | list | revoke TOKEN". */
static void line_checked(const char *line, const char *verbs)
{
	char text[600], verb[32] = "", *rest = text, *token, *list = NULL;
	bool begins = true;

	snprintf(text, sizeof(text), "%s", line);
	while ((token = strsep(&rest, " []|"))) {
		if (!verb[0]) {
			snprintf(verb, sizeof(verb), "%s", token);
			has(verbs, verb, "");
			list = offered(verb);
			continue;
		}
		if (strncmp(token, "--", 2) == 0)
			has(list, token, verb);
		else if (begins && *token && is_word(token))
			has(list, token, verb);
		if (*token)
			begins = false;
		begins = begins ||
			 (rest && rest > text && (rest[-1] == '\0' && (*rest == '|' || *rest == ' ')));
		if (rest && strncmp(rest, "| ", 2) == 0)
			begins = true;
	}
	free(list);
}

TEST(every_verb_is_completed)
{
	char *text = help(), *verbs = offered(""), *rest = text, *line;
	unsigned n = 0;

	while ((line = strsep(&rest, "\n"))) {
		if (strncmp(line, "  ", 2) != 0 || line[2] == ' ')
			continue;
		line_checked(line + 2, verbs);
		n++;
	}
	CHECK(n >= 25, "verbs are many: %u", n);
	free(verbs);
	free(text);
}

TEST(options_before_the_verb_are_passed_over)
{
	char *list = offered("--socket /tmp/x --json meeting");

	has(list, "create", "meeting");
	free(list);
}

TESTS(every_verb_is_completed, options_before_the_verb_are_passed_over)
