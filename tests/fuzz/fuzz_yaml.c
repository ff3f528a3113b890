/* links: bridge/yaml.c bridge/yaml_value.c bridge/why.c bridge/config.c bridge/x5u.c bridge/site.c bridge/site_fields.c bridge/site_read.c bridge/site_check.c bridge/site_names.c bridge/site_overlap.c bridge/zones.c bridge/site_write.c bridge/site_diff.c bridge/err.c dialplan/plan.c dialplan/block.c dialplan/prefix.c dialplan/class.c dialplan/class_table.c dialplan/calendar.c dialplan/zone.c dialplan/number.c dialplan/err.c sip/trunk.c sip/err.c bridge/site_apart.c dialplan/money.c bridge/pattern.c sip/ere.c bridge/config_http.c bridge/headers.c bridge/config_interfaces.c bridge/site_carrier.c sip/reroute_chosen.c */
/* Any bytes as a node file and as a site file: refused with a reason, or a site that checks, makes a plan,
 * and is the same after export and reading. */
#include "bridge/site.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

#define CLAIM(so)                                                                                            \
	do {                                                                                                 \
		if (!(so))                                                                                   \
			abort();                                                                             \
	} while (0)

static void check_config(const char *text, size_t len)
{
	struct config_why why = { 0 };
	struct config c;
	enum bridge_err err = config_parse(&c, text, len, &why);

	CLAIM(err == BRIDGE_OK || (err == BRIDGE_SYNTAX && why.line >= 1 && why.text[0]));
	if (err)
		return;
	CLAIM(c.sip.n_listen >= 1 && c.sip.n_listen <= CONFIG_LISTEN_MAX && c.control[0] && c.node[0]);
	CLAIM(c.rtp.first_port < c.rtp.last_port && c.rtp.first_port % 2 == 0 && c.rtp.last_port % 2 == 1);
	for (size_t i = 0; i < c.sip.n_listen; i++) {
		struct config_listen l;

		CLAIM(config_listen_parse(&l, c.sip.listen[i], true));
	}
}

static void check_site(const struct site *s)
{
	struct config_why why;
	struct trunks *trunks;
	struct plan *plan;
	struct site *back;
	char *text = site_export(s);
	size_t n;

	CLAIM(text && site_check(s, &why) == BRIDGE_OK);
	CLAIM(site_parse(&back, text, strlen(text), &why) == BRIDGE_OK);
	CLAIM(!site_diff(s, back, &n) && n == 0);
	CLAIM(site_plan(s, &plan) == BRIDGE_OK && site_trunks(s, &trunks) == BRIDGE_OK);
	for (size_t i = 0; i < s->n_accounts; i++)
		for (size_t k = 0; k < s->accounts[i].n_meetings; k++)
			CLAIM(site_meeting(s, s->accounts[i].meetings[k].id, NULL) ==
				&s->accounts[i].meetings[k]);
	plan_free(plan);
	trunks_free(trunks);
	site_free(back);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct config_why why = { 0 };
	struct site *s = NULL;
	enum bridge_err err;

	if (len > 65536)
		return 0;
	check_config((const char *)p, len);
	err = site_parse(&s, (const char *)p, len, &why);
	CLAIM((err == BRIDGE_OK && s) || (err == BRIDGE_SYNTAX && !s && why.line >= 1 && why.text[0]));
	if (!err)
		check_site(s);
	site_free(s);
	return 0;
}
