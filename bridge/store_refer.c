#include "bridge/store_pass.h"

void pass_put_refer(struct pass *p, const struct site *site)
{
	for (size_t i = 0; i < site->n_trunks && !p->err; i++) {
		const struct site_trunk *t = &site->trunks[i];

		pass_use(p, "UPDATE trunk SET refers = ?, takes_refer = ? WHERE name = ?");
		pass_put_number(p, 1, t->refers);
		pass_put_number(p, 2, t->takes_refer);
		pass_put_text(p, 3, t->name);
		pass_put_row(p);
	}
}

void pass_get_refer(struct pass *p, struct site *site)
{
	size_t i = 0;

	pass_use(p, "SELECT refers, takes_refer FROM trunk ORDER BY position");
	while (pass_next(p) && i < site->n_trunks) {
		struct site_trunk *t = &site->trunks[i++];

		t->refers = pass_get_number(p, 0);
		t->takes_refer = pass_get_number(p, 1) != 0;
		if (t->refers >= SITE_REFERS)
			pass_unreadable(p, "where a trunk's calls may be sent");
	}
}
