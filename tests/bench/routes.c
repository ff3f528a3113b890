/* routes.c - what a dial plan of 100,000 prefixes costs: to load, and to ask.
 *
 * Prints CPU time of this process: of routes_alloc() over the prefixes, of a whole site file that holds them (read, checked and
 * put in force as partylined does), and of a decision, with its steps noted, over random numbers; then the same by cost, each trunk with a rate
 * sheet of as many prefixes, and what it takes to read such a sheet.  Ends with 1 when a load takes a second or more, or a decision 5 us or
 * more.
 */
#include "bridge/dialling.h"
#include "dialplan/rates_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	PREFIXES = 100000,
	TRUNKS = 20,
	SHEETS = 4,
	LISTS = 200,
	DECISIONS = 500000,
	NUMBERS = 4096,
	ROUNDS = 3
};

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* A rate sheet: all prefixes differ, some begin others, each list goes to two trunks. */
static char *site_text(const char *order, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	if (!out)
		abort();
	fputs("accounts: [ { name: acme } ]\ntrunks:\n", out);
	for (unsigned i = 0; i < TRUNKS; i++)
		fprintf(out, "  - { name: t%u, outbound: { gateways: [ \"sip:192.0.2.%u\" ] } }\n", i, i + 1);
	fputs("numbers: [ { number: \"+15550100\", account: acme } ]\nroutes:\n", out);
	for (unsigned list = 0; list < LISTS; list++) {
		fprintf(out, "  - { account: acme, order: %s, trunks: [ t%u, t%u ], prefixes: [", order,
			list % TRUNKS, (list + 1) % TRUNKS);
		for (unsigned i = list; i < PREFIXES; i += LISTS)
			fprintf(out, "%s\"+4%0*u\"", i == list ? " " : ", ", 4 + (int)(i % 3), i);
		fputs(" ] }\n", out);
	}
	fclose(out);
	return text;
}

static double decisions_us(const struct dialling *d)
{
	static char numbers[NUMBERS][NUMBER_E164];
	struct route_decision decision;
	uint64_t random = 88172645463325252U;
	unsigned carried = 0;
	double from;

	for (unsigned i = 0; i < NUMBERS; i++)
		snprintf(numbers[i], sizeof(numbers[i]), "+4%05" PRIu64 "%05" PRIu64,
			random_next(&random) % 100000, random_next(&random) % 100000);
	from = cpu_s();
	for (unsigned i = 0; i < DECISIONS; i++) {
		struct route_call call = {
			.account = "acme", .number = numbers[i % NUMBERS], .at_s = 1796558400, .seed = i
		};

		dialling_decide(d, &call, &decision);
		carried += decision.result == ROUTE_OK;
	}
	from = (cpu_s() - from) * 1e6 / DECISIONS;
	printf("%u %% of them carried, the last with %u steps\n", carried * 100 / DECISIONS,
		decision.n_steps);
	return from;
}

static char *sheet_text(unsigned which, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	if (!out)
		abort();
	fputs("prefix,per_minute,connect,increments,currency,from\n", out);
	for (unsigned i = 0; i < PREFIXES; i++)
		fprintf(out, "+4%0*u,0.%06u,,60/60,EUR,2026-01-01\n", 4 + (int)(i % 3), i,
			1 + (i * 7919 + which * 104729) % 99999);
	fclose(out);
	return text;
}

static struct rates *sheet_read(unsigned which, double *read_ms)
{
	char currency[MONEY_CURRENCY] = "", *text;
	struct rates_why why;
	struct rates *table = NULL;
	struct rate *rows = NULL;
	size_t n = 0, at, len;
	double from;

	text = sheet_text(which, &len);
	from = cpu_s();
	if (rates_read(&rows, &n, currency, text, len, &why) || rates_alloc(&table, rows, n, currency, &at))
		abort();
	from = (cpu_s() - from) * 1e3;
	*read_ms = from < *read_ms ? from : *read_ms;
	free(rows);
	free(text);
	return table;
}

/* Decisions by cost, and as listed with the same sheets there. */
static double by_cost_us(double *read_ms)
{
	struct rates *sheets[SHEETS];
	struct config_why why = { .line = 0 };
	struct dialling *d = NULL;
	struct site *site = NULL;
	double best = 1e9;
	size_t len;
	char *text = site_text("cost", &len), name[8];

	if (site_parse(&site, text, len, &why) || dialling_alloc(&d, site))
		abort();
	for (unsigned i = 0; i < SHEETS; i++)
		sheets[i] = sheet_read(i, read_ms);
	for (unsigned i = 0; i < TRUNKS; i++) {
		snprintf(name, sizeof(name), "t%u", i);
		dialling_rate(d, name, sheets[i % SHEETS]);
	}
	for (unsigned round = 0; round < ROUNDS; round++) {
		const double us = decisions_us(d);

		best = us < best ? us : best;
	}
	dialling_free(d);
	site_free(site);
	free(text);
	for (unsigned i = 0; i < SHEETS; i++)
		rates_free(sheets[i]);
	return best;
}

int main(void)
{
	double read_ms = 1e9, load_ms = 1e9, decide_us = 1e9, cost_us, sheet_ms = 1e9;
	size_t len;
	char *text = site_text("listed", &len);

	for (unsigned round = 0; round < ROUNDS; round++) { /* the best: others share this machine */
		struct config_why why = { .line = 0 };
		struct dialling *d = NULL;
		struct site *site = NULL;
		double t[3], us;

		t[0] = cpu_s();
		if (site_parse(&site, text, len, &why) != BRIDGE_OK) {
			fprintf(stderr, "routes: line %u: %s: %s\n", why.line, why.key, why.text);
			return 1;
		}
		t[1] = cpu_s();
		if (dialling_alloc(&d, site) != BRIDGE_OK)
			return 1;
		t[2] = cpu_s();
		us = decisions_us(d);
		read_ms = (t[1] - t[0]) * 1e3 < read_ms ? (t[1] - t[0]) * 1e3 : read_ms;
		load_ms = (t[2] - t[1]) * 1e3 < load_ms ? (t[2] - t[1]) * 1e3 : load_ms;
		decide_us = us < decide_us ? us : decide_us;
		dialling_free(d);
		site_free(site);
	}
	free(text);
	printf("%d prefixes: site file read and checked in %.0f ms, routes loaded in %.0f ms; a decision "
	       "%.2f us (%.0f a "
	       "second)\n",
		PREFIXES, read_ms, load_ms, decide_us, 1e6 / decide_us);
	cost_us = by_cost_us(&sheet_ms);
	printf("%d rows: a rate sheet read, checked and sorted in %.0f ms; a decision by cost over two of "
	       "them %.2f us\n",
		PREFIXES, sheet_ms, cost_us);
	return read_ms + load_ms < 1000 && sheet_ms < 1000 && decide_us < 5 && cost_us < 5 ? 0 : 1;
}
