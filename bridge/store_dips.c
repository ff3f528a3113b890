/* store_dips.c - what accounts ask the DNS about numbers, and whose stand first in invitations: their columns of the account table. */
#include "bridge/store_pass.h"

static void put_account(struct pass *p, const struct site_account *a)
{
	pass_use(p, "UPDATE account SET enum_suffix = ?, enum_trunk = ?, enum_ms = ?, lnp_suffix = ?,"
		    " lnp_ms = ?, cnam_suffix = ?, cnam_ms = ?, invite_country = ? WHERE name = ?");
	pass_put_text(p, 1, a->enum_suffix);
	pass_put_text(p, 2, a->enum_trunk);
	pass_put_number(p, 3, a->enum_ms);
	pass_put_text(p, 4, a->lnp_suffix);
	pass_put_number(p, 5, a->lnp_ms);
	pass_put_text(p, 6, a->cnam_suffix);
	pass_put_number(p, 7, a->cnam_ms);
	pass_put_text(p, 8, a->invite_country);
	pass_put_text(p, 9, a->name);
	pass_put_row(p);
}

void pass_get_dips(struct pass *p, struct site *site)
{
	size_t i = 0;

	pass_use(p, "SELECT enum_suffix, enum_trunk, enum_ms, lnp_suffix, lnp_ms, cnam_suffix, cnam_ms, "
		    "invite_country"
		    " FROM account ORDER BY position");
	while (pass_next(p) && i < site->n_accounts) {
		struct site_account *a = &site->accounts[i++];

		pass_get_text(p, 0, a->enum_suffix, sizeof(a->enum_suffix));
		pass_get_text(p, 1, a->enum_trunk, sizeof(a->enum_trunk));
		a->enum_ms = pass_get_number(p, 2);
		pass_get_text(p, 3, a->lnp_suffix, sizeof(a->lnp_suffix));
		a->lnp_ms = pass_get_number(p, 4);
		pass_get_text(p, 5, a->cnam_suffix, sizeof(a->cnam_suffix));
		a->cnam_ms = pass_get_number(p, 6);
		pass_get_text(p, 7, a->invite_country, sizeof(a->invite_country));
	}
}

void pass_put_dips(struct pass *p, const struct site *site)
{
	for (size_t i = 0; i < site->n_accounts && !p->err; i++)
		put_account(p, &site->accounts[i]);
}
