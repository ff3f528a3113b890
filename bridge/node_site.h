/* node_site.h - a checked site into force: built by any thread, as that takes as long as the site is large; then pointers change.
 *
 * Thread: building: any; putting into force: control.
 */
#ifndef BRIDGE_NODE_SITE_H
#define BRIDGE_NODE_SITE_H

#include "bridge/node.h"

struct node_site {
	struct site *site;
	struct plan *plan;
	struct trunks *trunks;
	struct dialling *dialling;
	struct signing *signing; /* the last four NULL: as they are in force */
};

/* What follows from a checked site, which it takes over on BRIDGE_OK; `all` false: only the site itself is another. */
enum bridge_err node_site_build(struct node_site *out, struct site *site, bool all);
void node_site_swap(
	struct node *n, struct node_site *s); /* into force; *s is then what was before; control thread */
void node_site_clear(struct node_site *s);    /* any thread */
#endif
