/* links: dialplan/rates.c dialplan/rates_read.c dialplan/money.c dialplan/days.c dialplan/prefix.c dialplan/number.c dialplan/err.c */
/* Any bytes as a rate sheet: refused with line and reason, or rows that make a table, whose prices are numbers and whose words fit. */
#include "dialplan/rates_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

#define CLAIM(so)                                                                                            \
	do {                                                                                                 \
		if (!(so))                                                                                   \
			abort();                                                                             \
	} while (0)

static void check_table(const struct rate *rows, size_t n, const char *currency)
{
	struct rates *table = NULL;
	char words[RATE_WORDS];
	size_t at;

	CLAIM(rates_alloc(&table, rows, n, currency, &at) == PLAN_OK);
	for (size_t i = 0; i < n; i++) {
		const struct rate *rate = rates_row(table, i);
		char number[NUMBER_E164 + 1];

		CLAIM(strlen(rate_words(rate, currency, words)) < RATE_WORDS - 1);
		CLAIM(rate_cost(rate, 0) >= rate->connect);
		CLAIM(rate_cost(rate, INT64_MAX) >= rate_cost(rate, 61000000));
		snprintf(number, sizeof(number), "%s5", rate->prefix);
		if (strlen(number) < NUMBER_E164)
			CLAIM(rates_find(table, number, rate->from_s == RATE_EVER ? 0 : rate->from_s) ||
				rate->until_s <= 0);
	}
	rates_free(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	char currency[MONEY_CURRENCY] = "";
	struct rates_why why = { 0 };
	struct rate *rows = NULL;
	size_t n = 0;
	enum plan_err err = rates_read(&rows, &n, currency, (const char *)p, len, &why);

	CLAIM(err == PLAN_OK || (err == PLAN_SYNTAX && why.line >= 1 && why.text[0] && !rows));
	if (err)
		return 0;
	CLAIM(n >= 1 && money_is_currency(currency));
	check_table(rows, n, currency);
	free(rows);
	return 0;
}
