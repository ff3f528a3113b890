/* partyctl_rates.c - the verb rates: trunks' rate sheets, imported from CSV, listed, shown, deleted. */
#include "tools/partyctl.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static enum ctl_exit import(struct ctl *c)
{
	char path[CTL_PATH_MAX] = "", trunk[80], rows[24], currency[8];
	json_t *answer;
	enum ctl_exit code;
	size_t len = 0;
	char *text;
	bool fits = ctl_path_add(path, "/v1/rates/", c->args[1]);

	fits = fits && ctl_path_add(path, c->add ? "?add=true" : "?add=false", "");
	if (!fits || (c->currency && !ctl_path_add(path, "&currency=", c->currency)))
		return ctl_usage(c, "that is too long");
	text = ctl_file_read(c, c->args[2], &len);
	if (!text)
		return CTL_USAGE;
	code = ctl_ask(c, "PUT", path, text, len, &answer);
	free(text);
	if (answer)
		fprintf(c->out, "%s: %s rows in %s are in force\n",
			ctl_value_text(json_object_get(answer, "trunk"), trunk, sizeof(trunk)),
			ctl_value_text(json_object_get(answer, "rows"), rows, sizeof(rows)),
			ctl_value_text(json_object_get(answer, "currency"), currency, sizeof(currency)));
	json_decref(answer);
	return code;
}

static enum ctl_exit list(struct ctl *c)
{
	static const struct ctl_column columns[] = {
		{ "TRUNK", "trunk", false },
		{ "ROWS", "rows", true },
		{ "CURRENCY", "currency", false },
		{ "IMPORTED", "imported_at", false },
		{ "BY", "imported_by", false },
		{ "IN THE SITE", "in_site", false },
	};

	return ctl_list(c, "/v1/rates", columns, COUNT(columns));
}

static enum ctl_exit show(struct ctl *c)
{
	static const struct ctl_column columns[] = {
		{ "PREFIX", "prefix", false },
		{ "A MINUTE", "per_minute", true },
		{ "CONNECT", "connect", true },
		{ "FIRST", "first_s", true },
		{ "NEXT", "next_s", true },
		{ "FROM", "from", false },
		{ "UNTIL", "until", false },
	};
	const struct {
		const char *name, *value;
	} options[] = { { "&number=", c->number }, { "&at=", c->at }, { "&cursor=", c->cursor } };
	char path[CTL_PATH_MAX] = "", text[200], next[24];
	json_t *answer;
	enum ctl_exit code;
	bool fits = ctl_path_add(path, "/v1/rates/", c->args[1]);

	fits = fits && ctl_path_add(path, "?limit=", c->limit ? c->limit : "100");
	for (size_t i = 0; fits && i < COUNT(options); i++)
		fits = !options[i].value || ctl_path_add(path, options[i].name, options[i].value);
	if (!fits)
		return ctl_usage(c, "that is too long");
	code = ctl_ask(c, "GET", path, NULL, 0, &answer);
	if (!answer)
		return code;
	ctl_table(c->out, columns, COUNT(columns), json_object_get(answer, "items"));
	if (c->number)
		fprintf(c->out, "=> %s: %s\n", c->number,
			json_is_object(json_object_get(answer, "price"))
				? ctl_value_text(ctl_member(answer, "price.text"), text, sizeof(text))
				: "no price is in force");
	if (json_object_get(answer, "next_cursor"))
		fprintf(c->err, "there are more: --cursor %s\n",
			ctl_value_text(json_object_get(answer, "next_cursor"), next, sizeof(next)));
	json_decref(answer);
	return code;
}

static enum ctl_exit forget(struct ctl *c)
{
	char path[CTL_PATH_MAX] = "";
	json_t *answer;
	enum ctl_exit code;

	if (!ctl_path_add(path, "/v1/rates/", c->args[1]))
		return ctl_usage(c, "that is no trunk");
	code = ctl_ask(c, "DELETE", path, NULL, 0, &answer);
	if (answer)
		fprintf(c->out, "%s has no prices any more\n", c->args[1]);
	json_decref(answer);
	return code;
}

enum ctl_exit ctl_rates(struct ctl *c)
{
	const char *what = c->args[0];

	if (strcmp(what, "import") == 0 && c->n_args == 3)
		return import(c);
	if (strcmp(what, "list") == 0 && c->n_args == 1)
		return list(c);
	if (strcmp(what, "show") == 0 && c->n_args == 2)
		return show(c);
	if (strcmp(what, "delete") == 0 && c->n_args == 2)
		return forget(c);
	return ctl_usage(c, "rates knows: import TRUNK FILE [--add] [--currency CUR], list, show TRUNK "
			    "[--number N] [--at TIME], "
			    "delete TRUNK");
}
