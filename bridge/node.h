/* node.h - this running bridge: the parts that the control thread works with, wired together.
 *
 * How: main opens one node (node_open.h); legs, meetings, the attendant's world and the API are functions over it.  Nothing here is
 * touched by another thread; workers, writer and API thread are reached through their own control-side functions.
 *
 * Thread: control.
 */
#ifndef BRIDGE_NODE_H
#define BRIDGE_NODE_H

#include "bridge/access.h"
#include "bridge/admission.h"
#include "bridge/channels.h"
#include "bridge/config.h"
#include "bridge/dialling.h"
#include "bridge/drain.h"
#include "bridge/event.h"
#include "bridge/heap.h"
#include "bridge/http.h"
#include "bridge/log.h"
#include "bridge/interfaces.h"
#include "bridge/prompts.h"
#include "bridge/pulse.h"
#include "bridge/saving.h"
#include "bridge/site.h"
#include "bridge/space.h"
#include "bridge/tally.h"
#include "bridge/when.h"
#include "bridge/worker.h"
#include "bridge/writer.h"
#include "sip/call.h"
#include <stdatomic.h>

enum { NODE_WORKERS_MAX = 64 };

struct carrier;
struct clips;
struct collector;
struct conditions;
struct dialout;
struct dips;
struct editor;
struct export;
struct hooks;
struct idempotence;
struct leg;
struct look;
struct meeting;
struct resolver;
struct retention;
struct signing;
struct stir;
struct tariff;
struct tls;
struct trace;

struct node {
	struct config config;
	struct loop *loop; /* owned, as everything below but where said */
	struct ua *ua;
	struct tls *tls;
	_Atomic(struct tls *) api_tls; /* the same, once the API's door is open */
	int64_t expiry_told_day; /* of the epoch: when somebody was last told that our certificate will expire */
	struct interfaces *interfaces; /* where its legs' ports are */
	struct shared *shared;         /* ports of these that many legs share */
	struct prompts *prompts;
	struct clips *clips; /* of them, in legs' formats */
	struct worker *workers[NODE_WORKERS_MAX];
	unsigned n_workers;
	struct admission admission;
	struct heap heap;
	struct pulse pulse;
	struct writer *writer;
	struct access *access; /* the API thread asks it, too */
	struct http *http;
	struct event_bus *bus;
	struct idempotence *idempotence;
	struct hooks *hooks; /* hears every event of the bus */

	struct site *site; /* in force; replaced whole */
	struct plan *plan;
	struct dialling *dialling;
	struct tariff *tariffs; /* trunks' prices, chained, by name */
	struct trunks *trunks;
	struct saving_state spending, learning;
	struct {
		bool out, failed;             /* likewise */
		struct hunt_row *list, *over; /* owned: on its way; of those that are no more */
	} hunting;                            /* bridge/hunt_kept */
	bool disk_told;                       /* that the disk takes nothing */
	struct site
		*applying; /* another is being made or restored: this one in force must stay; NULL: none is */
	struct editor *editor; /* makes it */
	struct retention *retention;
	bool trim_due; /* a site came into force: what it took to read it can go back to the system */

	struct stir *stir;       /* callers' numbers proven */
	struct signing *signing; /* the site's trunks' keys */
	struct resolver *resolver;
	struct dips *dips;        /* what is known of numbers */
	struct carrier *carriers; /* chained, in the order of the site's trunks */
	struct dialout *dialouts; /* under way, chained */
	struct hunt *hunts;       /* owned; people who are being called (bridge/hunt), chained */
	unsigned n_hunts;
	uint32_t last_ask_id, last_dialout_id, last_look_id;
	struct look *looks;     /* numbers that somebody wants explained, chained */
	struct export *exports; /* records being read for somebody, chained */

	struct leg **legs; /* hash by leg ID, chains through leg->next */
	unsigned n_legs;
	struct channels channels; /* that they take of their trunks */
	unsigned
		n_announced; /* of them, those that are told that nobody has the number (bridge/unassigned) */
	uint32_t last_leg_id, last_room_id, last_person_id, last_play_id;
	struct meeting *meetings; /* open ones, chained */
	unsigned n_meetings;
	struct conditions *conditions; /* what is wrong now */
	struct space space;            /* beside the database */
	struct tally tally;            /* how calls sounded */
	struct trace *trace;           /* signalling of recent calls; NULL: switched off */
	struct collector *collector;   /* where it goes as well; NULL: nowhere */
	int64_t started_us;            /* wall clock */
	struct drain drain;            /* no new calls */
	bool stopping;
};

unsigned node_worker_number(const struct node *n, const struct worker *w); /* n_workers: none of them */

void node_random(void *out, size_t len);      /* from the kernel; never fails */
void node_token(char *out, size_t hex_chars); /* random, lower-case hexadecimal, 0-terminated */
#endif
