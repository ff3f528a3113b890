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

/* Rather none than a whole one, should there be no memory. */
static void mask_text(struct cdr *cdr, enum cdr_text which)
{
	char shown[24];

	log_number(shown, cdr_text(cdr, which));
	if (!cdr_say(cdr, which, "%s", shown))
		(void)cdr_say(cdr, which, "%s", "");
}

void cdr_mask(struct cdr *cdr)
{
	mask_text(cdr, CDR_TRANSFERRED);
	if (strcmp(cdr->direction, "out") != 0) {
		mask(cdr->from_number, sizeof(cdr->from_number));
		mask_text(cdr, CDR_DIVERTED_FROM);
		return;
	}
	mask(cdr->to_number, sizeof(cdr->to_number));
	mask(cdr->number, sizeof(cdr->number));
}
