/* partyctl_why.c - why a call went as it did: its ladder, its story, and records on their way into a spreadsheet. */
#include "tools/partyctl.h"

/* The messages themselves, below the ladder. */
static void put_messages(struct ctl *c, const json_t *items)
{
	const json_t *item;
	size_t i;

	json_array_foreach((json_t *)items, i, item)
	{
		const char *text = json_string_value(json_object_get(item, "text"));

		if (!text)
			continue;
		fprintf(c->out, "\n--- %.3f %s %s\n", json_real_value(json_object_get(item, "offset_s")),
			json_string_value(json_object_get(item, "direction")),
			json_string_value(json_object_get(item, "far_end")));
		for (; *text; text++)
			if (*text != '\r')
				fputc((unsigned char)*text < 0x20 && *text != '\n' && *text != '\t' ? '?'
												    : *text,
					c->out);
	}
}

/* Asks about the call and prints what the bridge wrote for people; nothing in that would steer a terminal. */
static enum ctl_exit ask_about(struct ctl *c, const char *what, json_t **answer)
{
	char path[CTL_PATH_MAX] = "";
	const char *text;
	enum ctl_exit code;

	*answer = NULL;
	if (!ctl_path_add(path, "/v1/calls/", c->args[0]) || !ctl_path_add(path, what, ""))
		return ctl_usage(c, "that is no call's ID");
	code = ctl_ask(c, "GET", path, NULL, 0, answer);
	text = json_string_value(json_object_get(*answer, "text"));
	if (text)
		fputs(text, c->out);
	return code;
}

enum ctl_exit ctl_trace(struct ctl *c)
{
	json_t *answer;
	enum ctl_exit code = ask_about(c, "/trace", &answer);

	if (answer) {
		if (!json_is_true(json_object_get(answer, "kept")))
			fputs("its messages are no longer kept (trace: in the node file says how many are)\n",
				c->out);
		if (c->full)
			put_messages(c, json_object_get(answer, "items"));
	}
	json_decref(answer);
	return code;
}

enum ctl_exit ctl_why(struct ctl *c)
{
	json_t *answer;
	enum ctl_exit code = ask_about(c, "/why", &answer);

	json_decref(answer);
	return code;
}
