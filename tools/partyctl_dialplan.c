/* partyctl_dialplan.c - the verb dialplan: what would happen to a number, and to a day's calls by another site. */
#include "tools/partyctl.h"

#include <stdlib.h>
#include <string.h>

static int number_of(const json_t *object, const char *key)
{
	return (int)json_integer_value(json_object_get(object, key));
}

static const char *text_of(const json_t *object, const char *key, char *out, size_t cap)
{
	const json_t *value = json_object_get(object, key);

	out[0] = '\0';
	return value ? ctl_value_text(value, out, cap) : out;
}

static void put_steps(struct ctl *c, const json_t *answer)
{
	char rule[32], text[300];
	size_t i;
	json_t *step;

	json_array_foreach(json_object_get(answer, "steps"), i, step)
		fprintf(c->out, "%2zu  %-3s  %-12s %s\n", i + 1,
			json_is_true(json_object_get(step, "matched")) ? "yes" : "no",
			text_of(step, "rule", rule, sizeof(rule)), text_of(step, "text", text, sizeof(text)));
	if (number_of(answer, "steps_unsaid") > 0)
		fprintf(c->out, "    and %d more\n", number_of(answer, "steps_unsaid"));
}

static void put_refusal(struct ctl *c, const json_t *answer)
{
	char cause[40];

	text_of(answer, "cause", cause, sizeof(cause));
	fprintf(c->out, "=> refused with SIP status %d%s%s\n", number_of(answer, "status"),
		cause[0] ? ": " : "", cause);
}

enum { PLAIN_COLUMNS = 3 };

/* Is there more to say of it than where it leads? */
static bool is_special(const json_t *trunk)
{
	const char *standing = json_string_value(json_object_get(trunk, "standing"));

	return json_is_object(json_object_get(trunk, "price")) || (standing && strcmp(standing, "good") != 0);
}

static void put_trunks(struct ctl *c, const json_t *answer)
{
	static const struct ctl_column columns[] = {
		{ "TRUNK", "trunk", false },
		{ "NUMBER", "number", false },
		{ "CALLER ID", "caller_id", false },
		{ "TAKES CALLS", "takes_calls", false },
		{ "A MINUTE", "price.rate.per_minute", true },
		{ "3 MINUTES", "price.cost", true },
		{ "STANDING", "standing", false },
	};
	const json_t *trunks = json_object_get(answer, "trunks");
	size_t n = json_array_size(trunks), n_columns = PLAIN_COLUMNS;
	char number[40];

	for (size_t i = 0; i < n; i++)
		if (is_special(json_array_get(trunks, i)))
			n_columns = sizeof(columns) / sizeof(*columns);
	ctl_table(c->out, columns, n_columns, trunks);
	fprintf(c->out, "=> %s goes out by %zu trunk%s%s\n",
		text_of(answer, "number", number, sizeof(number)), n, n == 1 ? "" : "s",
		n == 1 ? "" : ", in this order");
}

static void put_explanation(struct ctl *c, const json_t *answer)
{
	char number[40], account[80], meeting[32], kind[32];

	put_steps(c, answer);
	text_of(answer, "answer", kind, sizeof(kind));
	text_of(answer, "number", number, sizeof(number));
	text_of(answer, "account", account, sizeof(account));
	text_of(answer, "meeting", meeting, sizeof(meeting));
	if (strcmp(kind, "refuse") == 0)
		put_refusal(c, answer);
	else if (strcmp(kind, "route") == 0)
		put_trunks(c, answer);
	else if (strcmp(kind, "meeting") == 0)
		fprintf(c->out, "=> %s is answered by meeting %s of account %s\n", number, meeting, account);
	else
		fprintf(c->out, "=> %s is answered by the attendant of account %s\n", number, account);
}

static enum ctl_exit explain(struct ctl *c)
{
	char path[CTL_PATH_MAX] = "";
	json_t *answer;
	enum ctl_exit code;
	bool fits;

	if (c->trunk && c->account)
		return ctl_usage(
			c, "--trunk for a call that comes, --account for one that goes out; not both");
	if (!c->trunk && !c->account)
		return ctl_usage(c,
			"--trunk is missing: a number means nothing without who sends it (or --account: who "
			"calls it)");
	if (c->trunk && (c->at || c->caller_id || c->call))
		return ctl_usage(c, "--at, --caller-id and --call are of an account's call");
	fits = ctl_path_add(path, "/v1/dialplan/explain?number=", c->args[1]);
	fits = fits && (!c->trunk || ctl_path_add(path, "&trunk=", c->trunk));
	fits = fits && (!c->account || ctl_path_add(path, "&account=", c->account));
	fits = fits && (!c->at || ctl_path_add(path, "&at=", c->at));
	fits = fits && (!c->caller_id || ctl_path_add(path, "&caller_id=", c->caller_id));
	fits = fits && (!c->call || ctl_path_add(path, "&call=", c->call));
	if (!fits)
		return ctl_usage(c, "that is too long");
	code = ctl_ask(c, "GET", path, NULL, 0, &answer);
	if (answer)
		put_explanation(c, answer);
	json_decref(answer);
	return code;
}

static void put_differences(struct ctl *c, const json_t *answer)
{
	char at[40], from[80], to[80], before[500], after[500], why[240];
	const json_t *items = json_object_get(answer, "items");
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)items, i, item)
	{
		fprintf(c->out, "%s  %s  %s -> %s\n", text_of(item, "started_at", at, sizeof(at)),
			json_is_true(json_object_get(item, "outbound")) ? "out" : "in ",
			text_of(item, "from", from, sizeof(from)), text_of(item, "to", to, sizeof(to)));
		fprintf(c->out, "    now   %s\n    then  %s\n          %s\n",
			text_of(item, "before", before, sizeof(before)),
			text_of(item, "after", after, sizeof(after)), text_of(item, "why", why, sizeof(why)));
	}
	if (json_is_true(json_object_get(answer, "more")))
		fprintf(c->out, "... only the first %zu are shown\n", json_array_size(items));
	fprintf(c->out, "%d of %d calls would be decided differently\n", number_of(answer, "changed"),
		number_of(answer, "records"));
}

static enum ctl_exit diff(struct ctl *c)
{
	char path[CTL_PATH_MAX] = "", *text;
	json_t *answer;
	enum ctl_exit code;
	size_t len = 0;

	if (!c->records)
		return ctl_usage(
			c, "--records is missing: the day whose calls are replayed, as in 2026-12-24");
	if (!ctl_path_add(path, "/v1/dialplan/diff?day=", c->records))
		return ctl_usage(c, "that is too long");
	text = ctl_file_read(c, c->args[1], &len);
	if (!text)
		return CTL_USAGE;
	code = ctl_ask(c, "POST", path, text, len, &answer);
	if (answer)
		put_differences(c, answer);
	json_decref(answer);
	free(text);
	return code;
}

enum ctl_exit ctl_dialplan(struct ctl *c)
{
	if (strcmp(c->args[0], "explain") == 0)
		return explain(c);
	if (strcmp(c->args[0], "diff") == 0)
		return diff(c);
	return ctl_usage(c, "dialplan knows: explain NUMBER --trunk T, explain NUMBER --account A, diff FILE "
			    "--records DAY");
}
