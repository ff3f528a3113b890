/* webhook_priv.h - webhooks from inside: webhook.c has their lines, webhook_restore.c what another database makes of them.
 *
 * Thread: control.
 */
#ifndef BRIDGE_WEBHOOK_PRIV_H
#define BRIDGE_WEBHOOK_PRIV_H

#include "bridge/webhook.h"

/*          event stored            head read               posted
 * IDLE -----------------> READING -----------> POSTING -------------> READING (the next one)
 *   ^                        | nothing there       |  not 2xx
 *   +------------------------+                     +----------> RESTING ---- time is up ---> POSTING */
enum line_state { LINE_IDLE, LINE_READING, LINE_POSTING, LINE_RESTING };

struct line { /* a hook and the head of its queue */
	struct line *next;
	struct hooks *hooks; /* borrowed */
	struct webhook hook;
	enum line_state state;
	bool more;             /* something was stored since it was last read */
	bool dropped;          /* freed when the answer that is under way comes */
	struct delivery *head; /* owned; POSTING, RESTING */
	int64_t done_id;       /* delivered, to be forgotten on disk; 0 none */
	uint64_t post_id;
	int64_t due_us;
	unsigned tries;
	unsigned last_status;
	char last_why[96];
};

struct hooks {
	struct writer *writer; /* borrowed from the opener */
	struct poster *poster; /* owned */
	uint32_t (*random)(void);
	struct line *lines; /* owned */
	unsigned n_lines;
	struct delivery *gathered, **gathered_end; /* owned; wait for the disk */
	unsigned n_gathered;
	struct delivery *storing; /* owned; the disk thread reads it */
	int64_t store_due_us;
	uint64_t last_post;
	int64_t now_us; /* of the last tick or event */
	bool held;      /* another database is being restored: nothing is read, written or posted */
	struct hooks_stats stats;
};

struct line *line_new(struct hooks *h, const struct webhook *hook); /* the last one; NULL: out of memory */
void line_read(struct line *l);                                     /* the head of its queue, from the disk */
void line_drop(struct line *l); /* that is unlinked: freed, now or when the disk has answered */
#endif
