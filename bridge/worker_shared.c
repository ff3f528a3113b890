/* worker_shared.c - ports that many legs share, on the media thread: who hears what came, who gets it elsewhere. */
#include "bridge/worker_priv.h"

#include "bridge/shared_priv.h"

enum {
	ROUNDS =
		32, /* receive calls per port and slot: beyond it a flood waits in the kernel, and is dropped there */
	REPORT_VISITS = 16 /* RTCP is looked for so seldom: every other frame */
};

/* ---- one leg's packets ---- */

static void hear(struct worker *w, struct worker_leg *leg, const struct datagram *d, bool rtcp)
{
	if (rtcp)
		stream_rx_rtcp(leg->stream, d->p, d->len, &d->from, d->arrival_us, &w->media.out);
	else
		stream_rx_rtp(leg->stream, d->p, d->len, &d->from, d->arrival_us, &w->media.out);
}

void worker_hear_held(struct worker *w, struct worker_leg *leg, struct held *h)
{
	const struct datagram d = {
		.p = h->bytes, .len = h->len, .from = h->from, .arrival_us = h->arrival_us
	};

	hear(w, leg, &d, h->rtcp);
	held_release(h, w->index);
}

void worker_hear_inbox(struct worker *w, struct worker_leg *leg)
{
	struct held *h;

	while ((h = held_next(&leg->inbox)))
		worker_hear_held(w, leg, h);
}

void worker_empty_inbox(struct worker *w, struct worker_leg *leg)
{
	struct held *h;

	while ((h = held_next(&leg->inbox)))
		held_release(h, w->index);
}

/* At once, after what waits for it: what no buffer was left for. */
static void hear_now(struct worker *w, struct worker_leg *leg, const struct datagram *d, bool rtcp)
{
	worker_rouse(w, leg->room);
	worker_hear_inbox(w, leg);
	hear(w, leg, d, rtcp);
}

/* What another worker read for legs of ours. */
static void take_arrivals(struct worker *w)
{
	for (struct held *h = held_pop_all(&w->arrivals), *next; h; h = next) {
		struct worker_leg *leg = worker_leg(w, h->leg_id);

		next = h->next;
		if (leg)
			held_append(&leg->inbox, h);
		else
			held_release(h, w->index); /* it has left, or is still under way */
	}
}

/* ---- one port ---- */

static struct held *hold(struct shared_port *port, const struct datagram *d, uint32_t leg_id, bool rtcp)
{
	struct held *h = d->len <= HELD_BYTES ? held_take(port->pool) : NULL;

	if (!h)
		return NULL;
	h->arrival_us = d->arrival_us;
	h->leg_id = leg_id;
	h->len = (uint16_t)d->len;
	h->rtcp = rtcp;
	h->from = d->from;
	memcpy(h->bytes, d->p, d->len);
	return h;
}

static const struct bysource_leg *find_ahead(
	const struct worker *w, const struct bysource *table, const struct datagram *d)
{
	const struct bysource_leg *whose = bysource_find(table, &d->from);

	if (whose && whose->at == w)
		__builtin_prefetch(w->media.legs[whose->leg_id % WORKER_BUCKETS], 1);
	return whose;
}

static void pass_on(struct worker *w, struct shared_port *port, const struct datagram *d,
	const struct bysource_leg *whose, bool rtcp)
{
	struct worker_leg *leg;
	struct held *h;

	if (!whose) {
		w->media.strangers++;
		return;
	}
	leg = whose->at == w ? worker_leg(w, whose->leg_id) : NULL;
	if (whose->at == w && !leg)
		return; /* not here yet, or not any more */
	h = hold(port, d, whose->leg_id, rtcp);
	if (h && leg)
		held_append(&leg->inbox, h);
	else if (h)
		held_push(&((struct worker *)whose->at)->arrivals, h);
	else if (leg)
		hear_now(w, leg, d, rtcp);
	else
		w->media.strangers++; /* too long to be handed over, or its worker is far behind */
}

static void read_socket(struct worker *w, struct shared_port *port, bool rtcp)
{
	struct worker_media *m = &w->media;
	const struct bysource_leg *whose[SOCKET_BATCH_SHARED];
	unsigned rounds = 0, n;

	do {
		const struct datagram *d = socket_receive(
			m->shared_batch, rtcp ? port->pair.rtcp_fd : port->pair.rtp_fd, &m->clock, &n);

		for (unsigned i = 0; i < n;
			i++) /* all their legs' memory is on its way when the first is needed */
			whose[i] = find_ahead(w, rtcp ? port->rtcp : port->rtp, &d[i]);
		for (unsigned i = 0; i < n; i++)
			pass_on(w, port, &d[i], whose[i], rtcp);
	} while (socket_batch_was_full(m->shared_batch) && ++rounds < ROUNDS);
}

void worker_read_shared(struct worker *w)
{
	for (struct shared_port *port = w->media.shared; port; port = port->next_here) {
		if (bysource_count(port->rtp) == 0)
			continue;
		read_socket(w, port, false);
		if (++port->visits % REPORT_VISITS == 0)
			read_socket(w, port, true);
	}
	take_arrivals(w);
}

void worker_flush_shared(struct worker *w)
{
	for (struct shared_port *port = w->media.shared; port; port = port->next_here)
		w->media.send_errors += outbox_flush(port->outbox);
}

bool worker_send_shared(struct worker *w, const struct worker_leg *leg, const struct net_addr *to,
	const uint8_t *p, size_t len)
{
	struct shared_port *port = leg->ports.shared;

	if (!port || port->home != w) /* its box is another thread's */
		return false;
	w->media.send_errors += outbox_put(port->outbox, to, p, len);
	return true;
}

/* ---- claims ---- */

static struct net_addr rtcp_of(const struct worker_claim *claim)
{
	struct net_addr rtcp = claim->rtp;

	rtcp.port = claim->rtcp_port;
	return rtcp;
}

void worker_apply_claim(struct worker *w, uint32_t leg_id, const struct worker_claim *claim)
{
	struct shared_port *port = claim->port;
	struct bysource_leg leg = { .from = claim->rtp, .leg_id = leg_id, .at = claim->at };

	if (!port->listed) {
		port->listed = true;
		port->next_here = w->media.shared;
		w->media.shared = port;
	}
	w->media.n_claims -= (uint32_t)bysource_count(port->rtp);
	(void)bysource_put(port->rtp, &leg);
	w->media.n_claims += (uint32_t)bysource_count(port->rtp);
	leg.from = rtcp_of(claim);
	(void)bysource_put(port->rtcp, &leg);
}

void worker_apply_disclaim(struct worker *w, uint32_t leg_id, const struct worker_claim *claim)
{
	struct shared_port *port = claim->port;
	const struct net_addr rtcp = rtcp_of(claim);

	w->media.n_claims -= (uint32_t)bysource_count(port->rtp);
	bysource_remove(port->rtp, &claim->rtp, leg_id);
	w->media.n_claims += (uint32_t)bysource_count(port->rtp);
	bysource_remove(port->rtcp, &rtcp, leg_id);
}
