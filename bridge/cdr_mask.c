/* cdr_mask.c - a record for those who need not see people's numbers. */
#include "bridge/cdr.h"
#include "bridge/log.h"

#include <stdio.h>
#include <string.h>

static void mask(char *number, size_t cap)
{
	char whole[sizeof(((struct cdr *)0)->from_number)], shown[24];

	snprintf(whole, sizeof(whole), "%s", number);
	snprintf(number, cap, "%s", log_number(shown, whole));
}

void cdr_mask(struct cdr *cdr)
{
	mask(cdr->transferred, sizeof(cdr->transferred));
	if (strcmp(cdr->direction, "out") != 0) {
		mask(cdr->from_number, sizeof(cdr->from_number));
		mask(cdr->diverted_from, sizeof(cdr->diverted_from));
		return;
	}
	mask(cdr->to_number, sizeof(cdr->to_number));
	mask(cdr->number, sizeof(cdr->number));
}
