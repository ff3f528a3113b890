#include "tests/bench/parts.h"
#include "tests/bench/callers.h"
#include <stdio.h>
#include <stdlib.h>

enum { TALKER_DBOV = -70 }; /* others send silence */

static int by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static struct spread spread_of(double *values, unsigned n)
{
	if (n == 0)
		return (struct spread){ 0 };
	qsort(values, n, sizeof(*values), by_size);
	return (struct spread){ values[n / 2], values[n * 9 / 10], values[n - 1] };
}

void parts_read(struct parts *p, const struct bridge *b, unsigned rooms)
{
	static double wait[PARTS_TALKERS_MAX], held[PARTS_TALKERS_MAX], due[PARTS_TALKERS_MAX];

	*p = (struct parts){ 0 };
	for (unsigned room = 0; room < rooms; room++) {
		char path[64];
		size_t i;
		json_t *people, *one;

		snprintf(path, sizeof(path), "/v1/meetings/%u/participants", CALLERS_FIRST + room);
		people = bridge_get(b, path);
		json_array_foreach(json_object_get(people, "items"), i, one)
		{
			if (json_at(one, "legs.0.quality.level_dbov", TALKER_DBOV) <= TALKER_DBOV ||
				p->n_talkers == PARTS_TALKERS_MAX)
				continue;
			wait[p->n_talkers] = json_at(one, "legs.0.delay.wait_ms", 0);
			held[p->n_talkers] = json_at(one, "legs.0.delay.held_ms", 0);
			due[p->n_talkers++] = json_at(one, "legs.0.delay.due_ms", 0);
			p->n_made_up += json_at(one, "legs.0.delay.made_up_ms", 0) > 0;
		}
		json_decref(people);
	}
	p->wait_ms = spread_of(wait, p->n_talkers);
	p->held_ms = spread_of(held, p->n_talkers);
	p->due_ms = spread_of(due, p->n_talkers);
}

void parts_print(const struct parts *p, double measured_ms)
{
	printf("\n%-52s wait for the tick %.1f (p90 %.1f, most %.1f) ms, of that jitter's %.1f (%.1f, %.1f); "
	       "held over %.1f (%.1f, %.1f); the rest %.1f; %u of %u talkers missed sound",
		"", p->wait_ms.median, p->wait_ms.p90, p->wait_ms.most, p->due_ms.median, p->due_ms.p90,
		p->due_ms.most, p->held_ms.median, p->held_ms.p90, p->held_ms.most,
		measured_ms - p->wait_ms.median, p->n_made_up, p->n_talkers);
}
