#include "bridge/restored.h"
#include "bridge/editor.h"
#include "bridge/hunt.h"
#include "bridge/idempotence.h"
#include "bridge/keeping.h"
#include "bridge/learned.h"
#include "bridge/spending.h"
#include "bridge/tariff.h"

#include <openssl/crypto.h>
#include <string.h>

void restored_hold(struct node *n, struct restored *r)
{
	n->applying = n->site; /* nobody applies another meanwhile */
	hooks_hold(n->hooks);
	memcpy(r->tag_key, editor_tag_key(n->editor), sizeof(r->tag_key));
}

static enum bridge_err read_site(struct restored *r, struct store *store)
{
	struct site *site = NULL;
	enum bridge_err err = store_load_site(store, &site);

	if (!err)
		err = node_site_build(&r->site, site, true);
	if (err)
		site_free(site);
	return err;
}

enum bridge_err restored_read(struct restored *r, struct store *store, const char *path)
{
	enum bridge_err err = store_restore(store, path);

	if (!err)
		err = read_site(r, store);
	if (!err)
		err = spending_load(r->site.dialling, store);
	if (!err)
		err = tariffs_load(store, &r->tariffs);
	if (!err)
		err = learned_load(store, &r->learned);
	if (!err)
		err = access_alloc(&r->access, false);
	if (!err)
		err = store_load_tokens(store, r->access);
	if (!err)
		err = keeping_read(&r->idempotence, store, r->tag_key);
	return err ? err : webhook_list_read(&r->hooks, store);
}

void restored_use(struct node *n, struct restored *r)
{
	n->applying = NULL;
	editor_use(n->editor, &r->site);
	r->site = (struct node_site){ .site = NULL };
	tariffs_replace(n, r->tariffs);
	r->tariffs = NULL;
	spending_restored(n);
	learned_use(n, r->learned);
	access_take(n->access, r->access);
	idempotence_take(n->idempotence, r->idempotence);
	r->idempotence = NULL;
	editor_use_tag_key(n->editor, r->tag_key);
	hunt_restored(n);
	hooks_release(n->hooks, &r->hooks);
	n->trim_due = true;
}

void restored_drop(struct node *n)
{
	n->applying = NULL;
	hooks_release(n->hooks, NULL);
}

void restored_clear(struct restored *r)
{
	node_site_clear(&r->site);
	tariffs_free(r->tariffs);
	learned_free(r->learned);
	access_free(r->access);
	idempotence_free(r->idempotence);
	webhook_list_clear(&r->hooks);
	OPENSSL_cleanse(r->tag_key, sizeof(r->tag_key));
}
