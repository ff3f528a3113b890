/* api_admin.c - what operators do to the database as a whole: backup and restore. */
#include "bridge/api.h"
#include "bridge/editor.h"
#include "bridge/restored.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_CAP = 512 };

struct copy_job {
	struct node *node;
	uint64_t request;
	char path[PATH_CAP];
	struct restored restored; /* owned */
};

/* {"file": "/absolute/path"}, from the machine's own operators: a file here is none of a remote one's business. */
static struct copy_job *copy_of(struct node *n, const struct http_request *request)
{
	json_t *body = json_loadb(request->body, request->body_len, 0, NULL);
	const char *path = json_string_value(json_object_get(body, "file"));
	struct copy_job *job = NULL;

	if (!request->local)
		api_refuse_as(n, request->id, 403, "forbidden",
			"only at the control socket: it is about files of this machine", NULL);
	else if (!path || path[0] != '/' || strlen(path) >= PATH_CAP)
		api_refuse_field(n, request->id, "file", "an absolute path must be given");
	else if (!(job = calloc(1, sizeof(*job))))
		api_reply(n, request->id, 503, NULL);
	if (job) {
		*job = (struct copy_job){ .node = n, .request = request->id };
		snprintf(job->path, sizeof(job->path), "%s", path);
	}
	json_decref(body);
	return job;
}

static enum bridge_err back_up(void *arg, struct store *store)
{
	const struct copy_job *job = arg;

	return store_backup(store, job->path);
}

static void backed_up(void *arg, enum bridge_err err, const char *text)
{
	struct copy_job *job = arg;

	if (err)
		api_refuse_as(job->node, job->request, 503, "file", text, NULL);
	else
		api_reply(job->node, job->request, 200, json_pack("{s:s}", "file", job->path));
	free(job);
}

void api_backup(struct node *n, const struct http_request *request, const char *word)
{
	struct copy_job *job = copy_of(n, request);

	(void)word;
	if (!job)
		return;
	api_audit(n, request, "backup", json_pack("{s:s}", "file", job->path));
	writer_do(n->writer, back_up, backed_up, job);
}

static enum bridge_err restore(void *arg, struct store *store)
{
	struct copy_job *job = arg;

	return restored_read(&job->restored, store, job->path);
}

static void restored(void *arg, enum bridge_err err, const char *text)
{
	struct copy_job *job = arg;
	struct node *n = job->node;

	if (err) {
		restored_drop(n);
		api_refuse_as(n, job->request, 503, "file", text[0] ? text : bridge_strerror(err), NULL);
	} else {
		restored_use(n, &job->restored);
		log_line(LOG_WARNING, NULL, "store", "restored from %s", job->path);
		event_emit(n->bus, "site.applied", json_pack("{s:s}", "restored_from", job->path));
		api_reply(n, job->request, 200, json_pack("{s:s}", "file", job->path));
	}
	restored_clear(&job->restored);
	free(job);
	editor_go(n->editor);
}

void api_restore(struct node *n, const struct http_request *request, const char *word)
{
	struct copy_job *job;

	(void)word;
	if (n->applying) {
		api_refuse_as(n, request->id, 409, "busy", "a site is being applied; try again", NULL);
		return;
	}
	job = copy_of(n, request);
	if (!job)
		return;
	restored_hold(n, &job->restored);
	writer_do(n->writer, restore, restored, job);
	api_audit(n, request, "restore",
		json_pack("{s:s}", "file", job->path)); /* into the log that it brought */
}
