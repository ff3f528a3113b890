/* partyctl_call.c - calls that the bridge makes, or sends elsewhere. */
#include "tools/partyctl.h"

#include <stdlib.h>
#include <string.h>

enum ctl_exit ctl_call(struct ctl *c)
{
	char path[CTL_PATH_MAX] = "";
	json_t *body, *answer;
	enum ctl_exit code;

	if (!ctl_path_add(path, "/v1/meetings/", c->args[0]) || !ctl_path_add(path, "/calls", ""))
		return ctl_usage(c, "that is no meeting's ID");
	body = json_pack("{s:s, s:s}", "to", c->args[1], "name", c->n_args > 2 ? c->args[2] : "");
	if (c->digits)
		json_object_set_new(body, "digits", json_string(c->digits));
	if (c->digits_wait)
		json_object_set_new(body, "digits_wait_ms", json_integer(strtol(c->digits_wait, NULL, 10)));
	if (c->no_confirm)
		json_object_set_new(body, "confirm", json_false());
	code = ctl_send(c, "POST", path, body, &answer);
	if (answer)
		fprintf(c->out, "%.*s is being called: %s\n", (int)strcspn(c->args[1], ";"), c->args[1],
			json_string_value(json_object_get(answer, "id")));
	json_decref(answer);
	return code;
}

enum ctl_exit ctl_invite(struct ctl *c)
{
	char path[CTL_PATH_MAX] = "";
	const char *text;
	json_t *answer;
	enum ctl_exit code;

	if (!ctl_path_add(path, "/v1/meetings/", c->args[0]) ||
		!ctl_path_add(
			path, c->country ? "/invite?country=" : "/invite", c->country ? c->country : ""))
		return ctl_usage(c, "that is no meeting's ID");
	code = ctl_ask(c, "GET", path, NULL, 0, &answer);
	text = json_string_value(json_object_get(answer, "text"));
	for (; text && *text; text++)
		fputc((unsigned char)*text >= ' ' || *text == '\n' ? *text : '?', c->out);
	json_decref(answer);
	return code;
}

enum ctl_exit ctl_press(struct ctl *c)
{
	char path[CTL_PATH_MAX] = "";
	json_t *answer;
	enum ctl_exit code;

	if (!ctl_path_add(path, "/v1/calls/", c->args[0]) || !ctl_path_add(path, "/digits", ""))
		return ctl_usage(c, "that is no call's ID");
	code = ctl_send(c, "POST", path, json_pack("{s:s}", "digits", c->args[1]), &answer);
	if (answer)
		fprintf(c->out, "keys are pressed on %s\n", c->args[0]);
	json_decref(answer);
	return code;
}

enum ctl_exit ctl_transfer(struct ctl *c)
{
	char path[CTL_PATH_MAX] = "";
	json_t *body, *answer;
	enum ctl_exit code;

	if (!ctl_path_add(path, "/v1/calls/", c->args[0]) || !ctl_path_add(path, "/transfer", ""))
		return ctl_usage(c, "that is no call's ID");
	if ((c->n_args > 1) == (c->replaces != NULL))
		return ctl_usage(c, "a number, a URI, or --replaces is wanted");
	body = c->replaces ? json_pack("{s:s}", "replaces", c->replaces)
			   : json_pack("{s:s}", "to", c->args[1]);
	code = ctl_send(c, "POST", path, body, &answer);
	if (answer)
		fprintf(c->out, "%s is asked to go; `partyctl watch` says whether it did\n", c->args[0]);
	json_decref(answer);
	return code;
}
