/* tariff.h - the trunks' rate sheets in force: what was imported, by whom, and the table that calls are charged by.
 *
 *   CSV --tariff_import()--> tables `rate_sheet`, `rate` --at the start--> tariffs_load()
 *          |
 *          v  control thread, once it is on disk
 *    tariff_put() --> dialling: each trunk's table, for routes by cost and for records
 *
 * How: a sheet is made whole and stored whole on the disk thread, then takes the place of the trunk's sheet before with one pointer.  It is kept by the
 * trunk's name: it outlives `apply`, also one that leaves the trunk out.  All sheets of a node are of one currency, as prices of two cannot be compared.
 *
 * Thread: control; tariff_import(), tariff_forget() and tariffs_load(): the disk thread's.
 */
#ifndef BRIDGE_TARIFF_H
#define BRIDGE_TARIFF_H

#include "bridge/store.h"
#include "dialplan/rates_read.h"

struct node;

struct tariff {
	struct tariff *next;
	char trunk[SITE_NAME], who[STORE_WHO];
	int64_t imported_us;
	struct rates *rates; /* owned */
};

struct tariff *tariff_free(struct tariff *t); /* this one alone; accepts NULL, returns NULL */
struct tariff *tariffs_free(struct tariff *first);

struct tariff_order { /* what is to become of a trunk's sheet */
	const char *trunk, *who;
	const char *text; /* CSV */
	size_t len;
	char currency[MONEY_CURRENCY]; /* "": as the text says, else as the sheets of the node are */
	bool add; /* to what the trunk has; rows of the same prefix and moment are replaced */
	int64_t now_us;
};
/* Reads, stores and audits.  BRIDGE_SYNTAX: *why (its line 0: it is about the sheet as a whole); BRIDGE_NOMEM, BRIDGE_FILE.
 * On error nothing has changed. */
enum bridge_err tariff_import(
	struct store *s, const struct tariff_order *order, struct tariff **out, struct rates_why *why);
/* The sheet of order->trunk is no more; audited as well. */
enum bridge_err tariff_forget(struct store *s, const struct tariff_order *order);
/* All that is stored. */
enum bridge_err tariffs_load(struct store *s, struct tariff **out);

const struct tariff *tariff_find(const struct node *n, const char *trunk); /* NULL: none */
const char *tariff_currency(const struct node *n); /* of all sheets; "" when there is none */
/* Into force, in the place of the trunk's sheet before. */
void tariff_put(struct node *n, struct tariff *t);
void tariff_drop(struct node *n, const char *trunk);
/* All of another database into force. */
void tariffs_replace(struct node *n, struct tariff *all);
/* Tells the dialling in force, which may be a new one. */
void tariffs_use(struct node *n);
#endif
