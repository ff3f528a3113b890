/* partyctl_drain.c - no new calls on a trunk, or at all, and waiting until the last one is over. */
#include "tools/partyctl.h"

#include <string.h>
#include <time.h>

enum { LOOK_MS = 500 };

static bool is_drained(const json_t *answer)
{
	const char *word = json_string_value(json_object_get(answer, "drain"));

	return word && strcmp(word, "draining") != 0;
}

static void put_left(struct ctl *c, const json_t *answer, const char *name)
{
	char word[24];

	fprintf(c->out, "%s is %s, %d calls\n", name,
		ctl_value_text(json_object_get(answer, "drain"), word, sizeof(word)),
		(int)json_integer_value(json_object_get(answer, "calls")));
	fflush(c->out);
}

/* Until nobody is left, or somebody has it take calls again; `ends`: the bridge may be gone by then. */
static enum ctl_exit wait_drained(struct ctl *c, const char *path, const char *name, bool ends)
{
	const struct timespec pause = { .tv_nsec = LOOK_MS * 1000000L };
	json_int_t before = -1;

	for (;;) {
		json_t *answer = NULL;
		const enum ctl_exit code = ctl_look(c, path, &answer);
		const json_int_t calls = json_integer_value(json_object_get(answer, "calls"));
		const bool over = is_drained(answer) && !ends;

		if (code == CTL_OK && !c->json && calls != before)
			put_left(c, answer, name);
		json_decref(answer);
		before = calls;
		if (ends && code == CTL_UNREACHED)
			return CTL_OK;
		if (code || over)
			return code;
		nanosleep(&pause, NULL);
	}
}

enum ctl_exit ctl_trunk_drain(struct ctl *c)
{
	char path[CTL_PATH_MAX] = "", at[CTL_PATH_MAX] = "";
	json_t *answer;
	enum ctl_exit code;

	if (!ctl_path_add(at, "/v1/trunks/", c->args[1]) || !ctl_path_add(path, "/v1/trunks/", c->args[1]) ||
		!ctl_path_add(path, "/", c->args[0]))
		return ctl_usage(c, "that cannot be an ID");
	code = ctl_ask(c, "POST", path, NULL, 0, &answer);
	if (answer && !c->wait)
		put_left(c, answer, c->args[1]);
	json_decref(answer);
	if (code || !c->wait || strcmp(c->args[0], "drain") != 0)
		return code;
	return wait_drained(c, at, c->args[1], false);
}

enum ctl_exit ctl_drain(struct ctl *c)
{
	const char *body = c->stay ? "{\"exit\":false}" : "{\"exit\":true}";
	json_t *answer;
	enum ctl_exit code = ctl_ask(c, "POST", "/v1/drain", body, strlen(body), &answer);

	if (answer && !c->wait)
		put_left(c, answer, "the bridge");
	json_decref(answer);
	if (code || !c->wait)
		return code;
	return wait_drained(c, "/v1/status", "the bridge", !c->stay);
}

enum ctl_exit ctl_resume(struct ctl *c)
{
	json_t *answer;
	enum ctl_exit code = ctl_ask(c, "POST", "/v1/resume", NULL, 0, &answer);

	if (answer)
		put_left(c, answer, "the bridge");
	json_decref(answer);
	return code;
}
