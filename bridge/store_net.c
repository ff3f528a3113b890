#include "bridge/store_pass.h"

void pass_put_net(struct pass *p, const struct site *site)
{
	for (size_t i = 0; i < site->n_trunks && !p->err; i++) {
		const struct site_trunk *t = &site->trunks[i];

		pass_use(p, "UPDATE trunk SET interface = ?, rtp_ports = ? WHERE name = ?");
		pass_put_text(p, 1, t->interface);
		pass_put_text(p, 2, t->rtp_ports);
		pass_put_text(p, 3, t->name);
		pass_put_row(p);
	}
}

void pass_get_net(struct pass *p, struct site *site)
{
	size_t i = 0;

	pass_use(p, "SELECT interface, rtp_ports FROM trunk ORDER BY position");
	while (pass_next(p) && i < site->n_trunks) {
		struct site_trunk *t = &site->trunks[i++];

		pass_get_text(p, 0, t->interface, sizeof(t->interface));
		pass_get_text(p, 1, t->rtp_ports, sizeof(t->rtp_ports));
	}
}
