/* store_keys.h - on disk: requests that were carried out and may be sent again (bridge/idempotence), and the key of object tags.
 *
 * How: rows go when they are a day old, and the oldest when there are more than IDEMPOTENCE_MAX, with each that is added.
 *
 * Thread: the disk thread; before it runs, whoever opens the store.
 */
#ifndef BRIDGE_STORE_KEYS_H
#define BRIDGE_STORE_KEYS_H

#include "bridge/idempotence.h"
#include "bridge/store.h"

/* In the place of an older one of this asker and key.  A body that is a secret is left out. */
enum bridge_err store_save_key(struct store *s, const struct idempotence_kept *k);
/* Those of the last day, oldest first; borrowed during the call. */
enum bridge_err store_each_key(struct store *s, int64_t now_us,
	void (*each)(void *arg, const struct idempotence_kept *k), void *arg);
/* The key that is there; none: `key` becomes it. */
enum bridge_err store_tag_key(struct store *s, uint8_t *key, size_t len);
#endif
