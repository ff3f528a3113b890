/* partyctl_live.c - what is done to a meeting that is held, and looked at. */
#include "tools/partyctl.h"

#include <stdlib.h>
#include <string.h>

enum ctl_exit ctl_lock(struct ctl *c)
{
	const char *word = c->n_args > 1 ? c->args[1] : "on";
	const bool on = strcmp(word, "on") == 0;
	const char *body = on ? "{\"locked\":true}" : "{\"locked\":false}";
	char path[CTL_PATH_MAX] = "";
	json_t *answer;
	enum ctl_exit code;

	if (!on && strcmp(word, "off") != 0)
		return ctl_usage(c, "lock is on or off");
	if (!ctl_path_add(path, "/v1/meetings/", c->args[0]) || !ctl_path_add(path, "/lock", ""))
		return ctl_usage(c, "that is no meeting's ID");
	code = ctl_ask(c, "POST", path, body, strlen(body), &answer);
	if (answer)
		fprintf(c->out, "%s is %s\n", c->args[0],
			json_is_true(json_object_get(answer, "locked")) ? "locked"
									: "open to all who may come");
	json_decref(answer);
	return code;
}

enum ctl_exit ctl_remove(struct ctl *c)
{
	char path[CTL_PATH_MAX] = "";
	json_t *answer;
	enum ctl_exit code;

	if (!ctl_path_add(path, "/v1/participants/", c->args[0]))
		return ctl_usage(c, "that is no participant's ID");
	code = ctl_ask(c, "DELETE", path, NULL, 0, &answer);
	if (answer)
		fprintf(c->out, "%s is being put out\n", c->args[0]);
	json_decref(answer);
	return code;
}

enum ctl_exit ctl_dialouts(struct ctl *c)
{
	static const struct ctl_column columns[] = {
		{ "CALLED", "to", false },
		{ "NAME", "name", false },
		{ "STATE", "state", false },
		{ "TRUNK", "trunk", false },
		{ "GATEWAY", "gateway", false },
		{ "ATTEMPTS", "attempts", true },
		{ "DIAL-OUT", "id", false },
	};
	char path[CTL_PATH_MAX] = "";

	if (!ctl_path_add(path, "/v1/meetings/", c->args[0]) || !ctl_path_add(path, "/calls", ""))
		return ctl_usage(c, "that is no meeting's ID");
	return ctl_list(c, path, columns, sizeof(columns) / sizeof(*columns));
}

static enum ctl_exit call_people(struct ctl *c, const char *path)
{
	json_t *answer;
	enum ctl_exit code;
	size_t len = 0;
	char *text = ctl_file_read(c, c->args[1], &len);

	if (!text)
		return CTL_USAGE;
	code = ctl_ask(c, "POST", path, text, len, &answer);
	free(text);
	if (answer)
		fprintf(c->out, "%zu people are being called into %s\n",
			json_array_size(json_object_get(answer, "items")), c->args[0]);
	json_decref(answer);
	return code;
}

enum ctl_exit ctl_people(struct ctl *c)
{
	static const struct ctl_column columns[] = {
		{ "NAME", "name", false },
		{ "STATE", "state", false },
		{ "NUMBERS", "numbers", true },
		{ "TRIED", "tried", true },
		{ "CALLS NOW", "calls", true },
		{ "PERSON", "id", false },
	};
	char path[CTL_PATH_MAX] = "";

	if (!ctl_path_add(path, "/v1/meetings/", c->args[0]) || !ctl_path_add(path, "/people", ""))
		return ctl_usage(c, "that is no meeting's ID");
	if (c->n_args == 2)
		return call_people(c, path);
	return ctl_list(c, path, columns, sizeof(columns) / sizeof(*columns));
}

enum ctl_exit ctl_metrics(struct ctl *c)
{
	return ctl_print(c, "/metrics");
}
