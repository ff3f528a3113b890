/* restored.h - everything that the program holds out of its database, read anew when another database takes its place.
 *
 * How: restored_read() restores and reads on the disk thread, into a struct of its own; restored_use() puts all of it in force on the control
 * thread, at once.  Whatever is read at the start (node_open) is here as well: site, plan, rates, budgets, what trunks learned, tokens, webhooks with
 * their queues, answers to Idempotency-Keys, the key of ETags.  What goes on (calls, people who are being called) goes on, and is written into the new database.
 * Use:  restored_hold(); restored_read() by the writer; restored_use() or, when it failed, restored_drop(); restored_clear().
 *
 * Thread: control, restored_read() the disk's.
 */
#ifndef BRIDGE_RESTORED_H
#define BRIDGE_RESTORED_H

#include "bridge/edit.h"
#include "bridge/node_site.h"
#include "bridge/webhook.h"

struct restored {
	struct node_site site;
	struct tariff *tariffs;
	struct learned *learned;
	struct access *access;
	struct idempotence *idempotence;
	struct webhook_list hooks;
	uint8_t tag_key[EDIT_TAG_KEY];
};

void restored_hold(struct node *n, struct restored *r); /* what goes on by itself must not write to both */
/* On an error the database is as `store_restore()` left it, and nothing of it is in force. */
enum bridge_err restored_read(struct restored *r, struct store *store, const char *path);
void restored_use(struct node *n, struct restored *r);
void restored_drop(struct node *n); /* all stays as it is */
void restored_clear(struct restored *r);
#endif
