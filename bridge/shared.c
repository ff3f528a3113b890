#include "bridge/shared_priv.h"

#include "bridge/socket.h"
#include <stdlib.h>
#include <stdio.h>

enum {
	RECEIVE_BYTES = 4 << 20,
	SKB_BYTES = 1024, /* what the kernel counts for a packet of 20 ms, and some */
	PACKETS_KEPT = 6, /* of each leg: so long may its worker be late */
	HELD_PER_LEG = 8  /* of those that it looks at every 100 ms, six */
};

struct shared {
	struct shared_port *all; /* owned */
};

struct share {
	struct shared_port *port;
	struct worker *at; /* borrowed; NULL until placed */
	uint32_t leg_id;
	struct net_addr rtp;
	uint16_t rtcp_port;
};

struct shared *shared_alloc(void)
{
	return calloc(1, sizeof(struct shared));
}

static void free_port(struct shared_port *p)
{
	bysource_free(p->claimed);
	bysource_free(p->rtp);
	bysource_free(p->rtcp);
	held_pool_free(p->pool);
	outbox_free(p->outbox);
	free(p);
}

struct shared *shared_free(struct shared *s)
{
	if (!s)
		return NULL;
	for (struct shared_port *p = s->all, *next; p; p = next) {
		next = p->next;
		p->pair.shared = NULL;
		ports_give(&p->pair);
		free_port(p);
	}
	free(s);
	return NULL;
}

static bool furnish(struct shared_port *p)
{
	p->claimed = bysource_alloc(p->max);
	p->rtp = bysource_alloc(p->max);
	p->rtcp = bysource_alloc(p->max);
	p->pool = held_pool_alloc(p->max * HELD_PER_LEG, worker_index(p->home));
	p->outbox = outbox_alloc(p->pair.rtp_fd, p->ipv6);
	return p->claimed && p->rtp && p->rtcp && p->pool && p->outbox;
}

enum bridge_err shared_open(
	struct shared *s, const struct share_wish *wish, const struct port_pair *pair, const char *address)
{
	struct shared_port *p = calloc(1, sizeof(*p));
	size_t max;

	if (!p)
		return BRIDGE_NOMEM;
	p->home = wish->home;
	p->pair = *pair;
	p->pair.shared = p;
	p->address = address;
	memcpy(p->group, wish->group, sizeof(p->group));
	max = ports_widen(&p->pair, RECEIVE_BYTES) / (SKB_BYTES * PACKETS_KEPT);
	p->max = max < 1 ? 1 : max > SHARED_LEGS_MAX ? SHARED_LEGS_MAX : max;
	p->ipv6 = socket_is_ipv6(p->pair.rtp_fd);
	if (!furnish(p)) {
		free_port(p);
		return BRIDGE_NOMEM;
	}
	p->next = s->all;
	s->all = p;
	return BRIDGE_OK;
}

static enum bridge_err find_port(struct shared_port **out, struct shared *s, const struct share_wish *wish)
{
	*out = NULL;
	for (struct shared_port *p = s->all; p; p = p->next) {
		if (p->home != wish->home || strcmp(p->group, wish->group) != 0)
			continue;
		if (bysource_find(p->claimed, &wish->rtp))
			return BRIDGE_STATE;
		if (!*out && bysource_count(p->claimed) < p->max)
			*out = p;
	}
	return *out ? BRIDGE_OK : BRIDGE_FULL;
}

/* ---- a leg's share ---- */

enum bridge_err share_begin(
	struct share **out, struct shared *s, const struct share_wish *wish, struct port_pair *pair)
{
	const struct bysource_leg claim = { .from = wish->rtp, .leg_id = wish->leg_id };
	struct shared_port *port;
	struct share *share;
	enum bridge_err err;

	if (!wish->rtp.port)
		return BRIDGE_RANGE;
	err = find_port(&port, s, wish);
	if (err)
		return err;
	share = calloc(1, sizeof(*share));
	if (!share)
		return BRIDGE_NOMEM;
	(void)bysource_put(port->claimed, &claim);
	share->port = port;
	share->leg_id = wish->leg_id;
	share->rtp = wish->rtp;
	share->rtcp_port = wish->rtcp_port;
	*pair = port->pair;
	*out = share;
	return BRIDGE_OK;
}

const char *share_address(const struct share *share)
{
	return share->port->address;
}

static struct worker_claim claim_of(const struct share *share)
{
	return (struct worker_claim){
		.port = share->port, .at = share->at, .rtp = share->rtp, .rtcp_port = share->rtcp_port
	};
}

void share_place(struct share *share, struct worker *at)
{
	struct worker_claim claim;

	share->at = at;
	claim = claim_of(share);
	worker_claim(share->port->home, share->leg_id, &claim);
}

static void withdraw(const struct share *share)
{
	const struct worker_claim claim = claim_of(share);

	if (share->at)
		worker_disclaim(share->port->home, share->leg_id, &claim);
}

bool share_signal(struct share *share, const struct net_addr *rtp, uint16_t rtcp_port)
{
	const struct bysource_leg claim = { .from = *rtp, .leg_id = share->leg_id };
	const bool moves = !net_addr_equal(rtp, &share->rtp);

	if (!rtp->port || (!moves && rtcp_port == share->rtcp_port))
		return true; /* a hold without an address keeps the old one for the resume */
	if (moves) {
		/* its own entry makes place for the new one, in a table that may be full */
		bysource_remove(share->port->claimed, &share->rtp, share->leg_id);
		if (!bysource_put(share->port->claimed, &claim)) {
			const struct bysource_leg back = { .from = share->rtp, .leg_id = share->leg_id };

			(void)bysource_put(share->port->claimed, &back);
			return false;
		}
	}
	withdraw(share);
	share->rtp = *rtp;
	share->rtcp_port = rtcp_port;
	if (share->at)
		share_place(share, share->at);
	return true;
}

struct share *share_end(struct share *share)
{
	if (!share)
		return NULL;
	withdraw(share);
	bysource_remove(share->port->claimed, &share->rtp, share->leg_id);
	free(share);
	return NULL;
}
