/* links: bridge/edit.c bridge/edit_check.c bridge/edit_site.c bridge/site_object.c bridge/site_json.c bridge/site.c bridge/site_fields.c bridge/site_read.c bridge/site_check.c bridge/site_names.c bridge/site_overlap.c bridge/zones.c bridge/site_write.c bridge/site_diff.c bridge/yaml.c bridge/yaml_value.c bridge/why.c bridge/err.c dialplan/plan.c dialplan/block.c dialplan/prefix.c dialplan/class.c dialplan/class_table.c dialplan/calendar.c dialplan/zone.c dialplan/number.c dialplan/err.c sip/trunk.c sip/err.c dialplan/money.c bridge/pattern.c sip/ere.c bridge/config_interfaces.c bridge/site_apart.c bridge/site_node.c bridge/headers.c bridge/site_carrier.c sip/reroute_chosen.c */
/* Any body of a request, for any kind of object: what is accepted leaves a sound site, what is refused the same one.
 *
 * First byte: which kind and what is asked; the rest is the body. */
#include "bridge/edit.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char base[] = "accounts:\n  - name: acme\n    meetings: [ { id: \"483920175\", host_pin: "
			   "\"900911\", guest_pin: \"4821\" } ]\n"
			   "    users: [ { name: alice, password: s3cret } ]\n"
			   "trunks: [ { name: carrier-a, inbound: { from: [ 127.0.0.2/32 ] }, ranges: [ "
			   "\"+15550000..+15559999\" ] } ]\n"
			   "numbers: [ { number: \"+15550101\", trunk: carrier-a, account: acme, answer: "
			   "\"meeting:483920175\" } ]\n"
			   "routes: [ { account: acme, prefix: \"+1\", trunks: [ carrier-a ], weight: 1 } ]\n"
			   "calendars: [ { name: office, spans: [ \"mon-fri\" ] } ]\n"
			   "classes: [ { class: premium, prefixes: [ \"+1900\" ] } ]\n";

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const uint8_t tag_key[EDIT_TAG_KEY];
	static struct site *site;
	struct site_place at;
	struct site *out = NULL;
	struct edit *e;

	if (!site && site_parse(&site, base, strlen(base), NULL) != BRIDGE_OK)
		abort();
	if (n < 1)
		return 0;
	e = edit_alloc();
	e->kind = (enum site_kind)(bytes[0] % SITE_KINDS);
	e->what = (enum edit_what)(bytes[0] / SITE_KINDS % EDIT_DELETE);
	e->body = json_loadb((const char *)bytes + 1, n - 1, JSON_REJECT_DUPLICATES, NULL);
	if (e->what != EDIT_CREATE) {
		at = (struct site_place){ e->kind, 0, 0 };
		site_key(site, &at, e->key);
	}
	if (json_is_object(e->body)) {
		edits_apply(site, e, tag_key, &out);
		if (!e->status || (out && site_check(out, NULL) != BRIDGE_OK) || (out && e->status >= 300))
			abort();
		site_free(out);
	}
	edit_free(e);
	return 0;
}
