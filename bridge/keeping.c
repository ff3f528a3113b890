#include "bridge/keeping.h"
#include "bridge/edit.h"
#include "bridge/idempotence.h"
#include "bridge/store_keys.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

struct keeping {
	struct node *node; /* borrowed */
	uint64_t id;
	struct idempotence_kept kept; /* its body: owned */
};

static enum bridge_err keep(void *arg, struct store *store)
{
	return store_save_key(store, &((struct keeping *)arg)->kept);
}

static void reply(struct node *n, uint64_t id, const struct idempotence_kept *k)
{
	http_reply_more(n->http, id, k->status, "application/json", k->body, k->len, &k->more);
}

static void kept(void *arg, enum bridge_err err, const char *text)
{
	struct keeping *k = arg;

	if (err)
		log_line(LOG_WARNING, NULL, "http", "an Idempotency-Key will not outlive this process: %s",
			text && text[0] ? text : bridge_strerror(err));
	reply(k->node, k->id, &k->kept);
	OPENSSL_cleanse(k->kept.body, k->kept.len);
	free(k->kept.body);
	free(k);
}

void keeping_answer(struct node *n, uint64_t id, const struct idempotence_kept *answer)
{
	struct keeping *k = answer->len > KEEPING_BODY_MAX ? NULL : malloc(sizeof(*k));

	if (!k) {
		reply(n, id, answer);
		return;
	}
	*k = (struct keeping){ .node = n, .id = id, .kept = *answer };
	k->kept.body = malloc(answer->len + 1);
	if (!k->kept.body) {
		reply(n, id, answer);
		free(k);
		return;
	}
	memcpy(k->kept.body, answer->body, answer->len);
	writer_do(n->writer, keep, kept, k);
}

static void restore(void *arg, const struct idempotence_kept *k)
{
	idempotence_restore(arg, k);
}

enum bridge_err keeping_read(struct idempotence **out, struct store *store, uint8_t *tag_key)
{
	enum bridge_err err = idempotence_alloc(out);

	if (!err)
		err = store_each_key(store, when_now_us(), restore, *out);
	if (!err && store_tag_key(store, tag_key, EDIT_TAG_KEY) != BRIDGE_OK)
		log_line(LOG_WARNING, NULL, "http", "ETags are of this run alone: %s", store_error(store));
	return err;
}

enum bridge_err keeping_load(struct node *n, struct store *store, uint8_t *tag_key)
{
	node_random(tag_key, EDIT_TAG_KEY);
	return keeping_read(&n->idempotence, store, tag_key);
}
