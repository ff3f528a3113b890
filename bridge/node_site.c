#include "bridge/node_site.h"
#include "bridge/carrier.h"
#include "bridge/meeting.h"
#include "bridge/retention.h"
#include "bridge/signing.h"
#include "bridge/tariff.h"

enum bridge_err node_site_build(struct node_site *out, struct site *site, bool all)
{
	struct node_site s = { .site = NULL };
	enum bridge_err err = all ? site_plan(site, &s.plan) : BRIDGE_OK;

	if (!err && all)
		err = site_trunks(site, &s.trunks);
	if (!err && all)
		err = dialling_alloc(&s.dialling, site);
	if (!err && all) {
		s.signing = signing_alloc(site);
		err = s.signing ? BRIDGE_OK : BRIDGE_NOMEM;
	}
	if (err) {
		node_site_clear(&s);
		return err;
	}
	s.site = site;
	*out = s;
	return BRIDGE_OK;
}

void node_site_clear(struct node_site *s)
{
	signing_free(s->signing);
	dialling_free(s->dialling);
	trunks_free(s->trunks);
	plan_free(s->plan);
	site_free(s->site);
	*s = (struct node_site){ .site = NULL };
}

void node_site_swap(struct node *n, struct node_site *s)
{
	struct node_site old = { .site = n->site };

	n->site = s->site;
	if (s->plan) {
		old = (struct node_site){ old.site, n->plan, n->trunks, n->dialling, n->signing };
		if (n->ua)
			ua_set_trunks(n->ua, s->trunks);
		dialling_inherit(s->dialling, n->dialling);
		n->plan = s->plan;
		n->trunks = s->trunks;
		n->dialling = s->dialling;
		n->signing = s->signing;
		if (n->interfaces)
			interfaces_use_site(n->interfaces, n->site);
		tariffs_use(n);
		carriers_use_site(n);
		for (struct meeting *m = n->meetings; m; m = m->next)
			meeting_apply_audio(m);
		if (n->retention)
			retention_due(n->retention);
	}
	*s = old;
}
