/* partyctl_admin.c - verbs about the bridge itself: tokens, the audit log, backup and restore. */
#include "tools/partyctl.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* A request with a JSON body, which is stolen; NULL: none. */
static enum ctl_exit send_json(
	struct ctl *c, const char *method, const char *path, json_t *body, json_t **out)
{
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	enum ctl_exit code = ctl_ask(c, method, path, text, text ? strlen(text) : 0, out);

	free(text);
	json_decref(body);
	return code;
}

static enum ctl_exit delete_one(struct ctl *c, const char *collection, const char *done)
{
	char path[CTL_PATH_MAX] = "";
	json_t *answer;
	enum ctl_exit code;

	if (!ctl_path_add(path, collection, c->args[1]))
		return ctl_usage(c, "that is no ID");
	code = ctl_ask(c, "DELETE", path, NULL, 0, &answer);
	if (answer)
		fprintf(c->out, "%s is %s\n", c->args[1], done);
	json_decref(answer);
	return code;
}

/* ---- tokens ---- */

static enum ctl_exit token_create(struct ctl *c)
{
	json_t *body = json_pack("{s:s, s:s}", "name", c->args[1], "role", c->role ? c->role : "reader"),
	       *answer;
	char token[128], id[32];
	enum ctl_exit code;

	if (c->account)
		json_object_set_new(body, "account", json_string(c->account));
	if (c->meeting)
		json_object_set_new(body, "meeting", json_string(c->meeting));
	if (c->minutes)
		json_object_set_new(body, "minutes", json_integer(strtol(c->minutes, NULL, 10)));
	if (c->days)
		json_object_set_new(body, "days", json_integer(strtol(c->days, NULL, 10)));
	code = send_json(c, "POST", "/v1/tokens", body, &answer);
	if (answer)
		fprintf(c->out, "%s\n",
			ctl_value_text(json_object_get(answer, "token"), token, sizeof(token)));
	if (answer)
		fprintf(c->err, "this is shown once; revoke it with: partyctl token revoke %s\n",
			ctl_value_text(json_object_get(answer, "id"), id, sizeof(id)));
	json_decref(answer);
	return code;
}

static enum ctl_exit token_list(struct ctl *c)
{
	static const struct ctl_column columns[] = {
		{ "TOKEN", "id", false },
		{ "NAME", "name", false },
		{ "ROLE", "role", false },
		{ "ACCOUNT", "account", false },
		{ "MEETING", "meeting", false },
		{ "MADE", "created_at", false },
		{ "ENDS", "expires_at", false },
	};

	return ctl_list(c, "/v1/tokens", columns, COUNT(columns));
}

enum ctl_exit ctl_token(struct ctl *c)
{
	static const char usage[] = "token knows: create NAME [--role R] [--account A] [--meeting M] [--days "
				    "N | --minutes N], list, revoke TOKEN";

	if (strcmp(c->args[0], "list") == 0 && c->n_args == 1)
		return token_list(c);
	if (c->n_args != 2)
		return ctl_usage(c, usage);
	if (strcmp(c->args[0], "create") == 0)
		return token_create(c);
	return strcmp(c->args[0], "revoke") == 0 ? delete_one(c, "/v1/tokens/", "revoked")
						 : ctl_usage(c, usage);
}

/* ---- webhooks ---- */

static enum ctl_exit webhook_create(struct ctl *c)
{
	json_t *body = json_pack("{s:s}", "url", c->args[1]), *answer;
	char secret[128];
	enum ctl_exit code;

	if (c->account)
		json_object_set_new(body, "account", json_string(c->account));
	if (c->events)
		json_object_set_new(body, "events", json_string(c->events));
	if (c->plain)
		json_object_set_new(body, "plain", json_true());
	code = send_json(c, "POST", "/v1/webhooks", body, &answer);
	if (answer)
		fprintf(c->out, "%s\n",
			ctl_value_text(json_object_get(answer, "secret"), secret, sizeof(secret)));
	if (answer)
		fprintf(c->err, "this secret signs what is sent and is shown once\n");
	json_decref(answer);
	return code;
}

static enum ctl_exit webhook_list(struct ctl *c)
{
	static const struct ctl_column columns[] = {
		{ "WEBHOOK", "id", false },
		{ "URL", "url", false },
		{ "ACCOUNT", "account", false },
		{ "EVENTS", "events", false },
		{ "TRIES", "tries", true },
		{ "LAST", "last_status", true },
		{ "ERROR", "last_error", false },
	};

	return ctl_list(c, "/v1/webhooks", columns, COUNT(columns));
}

static enum ctl_exit webhook_retry(struct ctl *c)
{
	char path[CTL_PATH_MAX] = "";
	json_t *answer;
	enum ctl_exit code;

	if (!ctl_path_add(path, "/v1/webhooks/", c->args[1]) || !ctl_path_add(path, "/retry", ""))
		return ctl_usage(c, "that is no ID");
	code = ctl_ask(c, "POST", path, NULL, 0, &answer);
	if (answer)
		fprintf(c->out, "%s is tried again\n", c->args[1]);
	json_decref(answer);
	return code;
}

enum ctl_exit ctl_webhook(struct ctl *c)
{
	static const char usage[] =
		"webhook knows: create URL [--account A] [--events LIST] [--plain], list, retry WEBHOOK, "
		"delete WEBHOOK";

	if (strcmp(c->args[0], "list") == 0 && c->n_args == 1)
		return webhook_list(c);
	if (c->n_args != 2)
		return ctl_usage(c, usage);
	if (strcmp(c->args[0], "create") == 0)
		return webhook_create(c);
	if (strcmp(c->args[0], "retry") == 0)
		return webhook_retry(c);
	return strcmp(c->args[0], "delete") == 0 ? delete_one(c, "/v1/webhooks/", "gone")
						 : ctl_usage(c, usage);
}

/* ---- the audit log ---- */

static enum ctl_exit audit_check(struct ctl *c)
{
	json_t *answer;
	enum ctl_exit code = ctl_ask(c, "GET", "/v1/audit/check", NULL, 0, &answer);

	if (!answer)
		return code;
	if (json_is_true(json_object_get(answer, "unbroken"))) {
		fprintf(c->out, "%lld rows, unbroken\n", json_integer_value(json_object_get(answer, "rows")));
	} else {
		fprintf(c->out, "broken at row %lld: it, or the one before it, is not as it was written\n",
			json_integer_value(json_object_get(answer, "first_broken")));
		code = CTL_REFUSED;
	}
	json_decref(answer);
	return code;
}

enum ctl_exit ctl_audit(struct ctl *c)
{
	static const struct ctl_column columns[] = {
		{ "ROW", "id", true },
		{ "AT", "at", false },
		{ "WHO", "who", false },
		{ "WHAT", "what", false },
		{ "CHANGES", "changes", false },
	};
	char path[CTL_PATH_MAX] = "";
	json_t *answer;
	enum ctl_exit code;

	if (c->n_args == 1)
		return strcmp(c->args[0], "check") == 0 ? audit_check(c) : ctl_usage(c, "audit knows: check");
	if (!ctl_path_add(path, "/v1/audit?limit=", c->limit ? c->limit : "100") ||
		(c->what && !ctl_path_add(path, "&what=", c->what)) ||
		(c->who && !ctl_path_add(path, "&who=", c->who)) ||
		(c->cursor && !ctl_path_add(path, "&cursor=", c->cursor)))
		return ctl_usage(c, "the options are too long");
	code = ctl_ask(c, "GET", path, NULL, 0, &answer);
	if (answer) {
		const char *next = json_string_value(json_object_get(answer, "next"));

		ctl_table(c->out, columns, COUNT(columns), json_object_get(answer, "items"));
		if (next)
			fprintf(c->err, "there are more: --cursor %s\n", next);
	}
	json_decref(answer);
	return code;
}

/* ---- backup and restore ---- */

/* The bridge writes and reads the file: it must know it by its whole path. */
static json_t *whole_path(const char *path)
{
	char here[PATH_MAX], whole[2 * PATH_MAX];

	if (path[0] == '/')
		return json_pack("{s:s}", "file", path);
	if (!getcwd(here, sizeof(here)) ||
		snprintf(whole, sizeof(whole), "%s/%s", here, path) >= (int)sizeof(whole))
		return NULL;
	return json_pack("{s:s}", "file", whole);
}

static enum ctl_exit about_file(struct ctl *c, const char *path, const char *done)
{
	json_t *body = whole_path(c->args[0]), *answer;
	enum ctl_exit code;

	if (!body)
		return ctl_usage(c, "that is no file's name");
	code = send_json(c, "POST", path, body, &answer);
	if (answer)
		fprintf(c->out, "%s %s\n", done, c->args[0]);
	json_decref(answer);
	return code;
}

enum ctl_exit ctl_backup(struct ctl *c)
{
	return about_file(c, "/v1/backup", "backed up to");
}

enum ctl_exit ctl_restore(struct ctl *c)
{
	return about_file(c, "/v1/restore", "restored from");
}
