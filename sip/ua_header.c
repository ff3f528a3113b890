/* ua_header.c - a header of a message by its name, whatever Sofia makes of it. */
#include "sip/ua_nua.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/sip_parser.h>
#include <sofia-sip/su_alloc.h>

/* Without the blanks around it.  False: it is longer than there is room. */
static bool keep(char *out, size_t cap, const char *text)
{
	size_t n;

	text += strspn(text, " \t");
	n = strlen(text);
	while (n && (text[n - 1] == ' ' || text[n - 1] == '\t'))
		n--;
	if (n >= cap)
		return false;
	memcpy(out, text, n);
	out[n] = '\0';
	return true;
}

bool read_header(const sip_t *sip, const char *name, char *out, size_t cap)
{
	const sip_header_t *h = (const sip_header_t *)(const void *)sip->sip_request;

	for (const sip_unknown_t *u = sip->sip_unknown; u; u = u->un_next)
		if (u->un_name && u->un_value && strcasecmp(u->un_name, name) == 0)
			return keep(out, cap, u->un_value);
	for (; h; h = (const sip_header_t *)h->sh_succ) {
		const char *known = h->sh_class->hc_name;
		char *text;
		bool found;

		if (!known || !known[0] || strcasecmp(known, name) != 0)
			continue;
		text = sip_header_as_string(NULL, h);
		found = text && keep(out, cap, text);
		su_free(NULL, text);
		return found;
	}
	return false;
}

bool read_invite_header(const struct call_invite *invite, const char *name, char *out, size_t cap)
{
	return read_header(invite->message, name, out, cap);
}
