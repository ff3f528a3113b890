/* carrier.h - the live side of each trunk: where its gateways are, how they do, whether we are registered, how much it carries.
 *
 *   gateway "sip:carrier.example" --resolver--> members (addresses, by priority and weight) --OPTIONS--> health of each
 *
 * How: made from the site and carried over a reload by name, so that what was learned about a trunk stays.  Names are looked
 * up again when their time is over; when no name server answers, the members known before stay.  All events about it are
 * `trunk.gateway_up`, `trunk.gateway_down`, `trunk.registered`, `trunk.unregistered`.
 * Use:  carriers_use_site() after every change of it; carriers_tick() ten times a second; carrier_targets() per call.
 *
 * Thread: control.
 */
#ifndef BRIDGE_CARRIER_H
#define BRIDGE_CARRIER_H

#include "bridge/figures.h"
#include "bridge/node.h"
#include "bridge/resolver.h"
#include "dialplan/repute.h"
#include "sip/gateway.h"
#include "sip/pace.h"
#include "sip/register.h"

enum { CARRIER_TARGETS = 32, CARRIER_MEMBERS = LOCATE_MEMBERS };

struct carrier_member {
	struct locate_member at;
	struct gateway health;
	struct carrier_gateway *of; /* borrowed: its owner */
	uint32_t ask_id;            /* of the question that is out */
	uint16_t way;               /* that it went by (bridge/secure); 0: none, no TLS */
};

struct carrier_gateway {
	char uri[RESOLVER_URI];
	char host[LOCATE_HOST]; /* as it stands in Request-URI and To: "carrier.example:5070" */
	struct carrier *of;     /* borrowed: its owner */
	struct carrier_member members[CARRIER_MEMBERS];
	size_t n_members;
	uint64_t look_up_us; /* when to ask again */
	bool no_name_server;
	/* our registration there */
	struct registration registration;
	char contact[40], call_id[40];
	unsigned cseq;
	uint16_t way; /* as above */
	bool asking;
};

struct carrier {
	struct node *node; /* borrowed */
	struct carrier *next;
	char name[SITE_NAME];
	struct pace in, out;
	enum drain_state drain; /* as it was last told */
	struct figures_tally tally;
	struct repute repute;             /* bridge/standing.h, as the next */
	bool learned;                     /* it has changed since it was saved (bridge/learned.h) */
	char low_why[REPUTE_TEXT];        /* of this process's life; "": not known */
	bool demotes;                     /* who does badly comes behind the others */
	struct carrier_gateway *gateways; /* owned */
	size_t n_gateways;
};

struct carrier_target {
	char target[LOCATE_TARGET];
	char host[LOCATE_HOST];
	bool sips; /* the gateway is written sips: */
};

enum bridge_err carriers_open(struct node *n);
void carriers_close(struct node *n);
void carriers_use_site(
	struct node *n); /* n->site is another one: trunks of the same name keep what they learned */
void carriers_tick(struct node *n, uint64_t now_us); /* questions, registrations and look-ups that are due */
void carrier_tell_contacts(
	struct node *n); /* to the endpoint: by which of our Contacts a call names its trunk */

struct carrier *carrier_find(const struct node *n, const char *trunk);
/* Where a call of this trunk may go, in the order of this call: gateways as listed, members by priority and weight, those
 * that are down or rest left out.  *why: why there is none. */
size_t carrier_targets(struct carrier *c, struct carrier_target out[CARRIER_TARGETS], const char **why);
/* How a call through that target fared; `rest_s`: leave it alone for so long. */
void carrier_note_call(struct node *n, const char *trunk, const char *target, bool answered, unsigned q850,
	uint32_t post_dial_us, unsigned rest_s);
/* An answered call through that target is over. */
void carrier_note_talk(struct node *n, const char *trunk, const char *target, uint32_t talked_s);
#endif
