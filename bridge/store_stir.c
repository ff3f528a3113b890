/* store_stir.c - what trunks do about proven numbers: their columns of the trunk table. */
#include "bridge/store_pass.h"

void pass_put_stir(struct pass *p, const struct site *site)
{
	for (size_t i = 0; i < site->n_trunks && !p->err; i++) {
		const struct site_trunk *t = &site->trunks[i];

		pass_use(p, "UPDATE trunk SET stir = ?, sign_certificate = ?, sign_key = ?, sign_origid = ?, "
			    "sign_others = ?"
			    " WHERE name = ?");
		pass_put_number(p, 1, t->stir);
		pass_put_text(p, 2, t->sign_certificate);
		pass_put_text(p, 3, t->sign_key);
		pass_put_text(p, 4, t->sign_origid);
		pass_put_number(p, 5, t->sign_others);
		pass_put_text(p, 6, t->name);
		pass_put_row(p);
	}
}

void pass_get_stir(struct pass *p, struct site *site)
{
	size_t i = 0;

	pass_use(p, "SELECT stir, sign_certificate, sign_key, sign_origid, sign_others FROM trunk ORDER BY "
		    "position");
	while (pass_next(p) && i < site->n_trunks) {
		struct site_trunk *t = &site->trunks[i++];

		t->stir = pass_get_number(p, 0);
		if (t->stir >= SITE_STIRS)
			pass_unreadable(p, "a trunk's stir");
		pass_get_text(p, 1, t->sign_certificate, sizeof(t->sign_certificate));
		pass_get_text(p, 2, t->sign_key, sizeof(t->sign_key));
		pass_get_text(p, 3, t->sign_origid, sizeof(t->sign_origid));
		t->sign_others = pass_get_number(p, 4);
		if (t->sign_others >= SITE_OTHERS_ALL)
			pass_unreadable(p, "a trunk's sign.others");
	}
}
