/* postdial_read.c - digits to be pressed, as people write them. */
#include "bridge/postdial.h"
#include <openssl/crypto.h>
#include <string.h>

static bool is_pause(char c)
{
	return c == 'w' || c == ',';
}

/* One sign of a person's: what it means, up to two of ours; "" nothing.  NULL: none of ours. */
static const char *meaning(char c, bool postd, char room[2])
{
	if (postd && (c == 'p' || c == 'P'))
		return "ww";
	if (postd && (c == 'w' || c == 'W'))
		return ",";
	if (c == 'w' || c == 'W')
		return "w";
	if (c == ',' && !postd)
		return ",";
	if (c == '-' || c == '.' || (c == ' ' && !postd))
		return "";
	if (c >= 'a' && c <= 'd')
		c = (char)(c - 'a' + 'A');
	if (c == '\0' || !strchr("0123456789*#ABCD", c))
		return NULL;
	room[0] = c;
	room[1] = '\0';
	return room;
}

static bool read_keys(struct postdial_order *o, const char *text, size_t len, bool postd)
{
	char out[POSTDIAL_KEYS + 1] = "", room[2];
	size_t n = 0;
	bool any = false, good = true;

	for (size_t i = 0; i < len && good; i++) {
		const char *means = meaning(text[i], postd, room);
		const size_t more = means ? strlen(means) : 0;

		good = means && n + more <= POSTDIAL_KEYS;
		if (!good)
			break;
		memcpy(out + n, means, more);
		n += more;
		any = any || (more && !is_pause(means[0]));
	}
	good = good && any;
	if (good) {
		out[n] = '\0';
		memcpy(o->keys, out, sizeof(out));
	}
	OPENSSL_cleanse(out, sizeof(out));
	OPENSSL_cleanse(room, sizeof(room));
	return good;
}

bool postdial_read(struct postdial_order *o, const char *text)
{
	return read_keys(o, text, strlen(text), false);
}

bool postdial_split(struct postdial_order *o, char *number, size_t cap, const char *to)
{
	static const char mark[] = ";postd=";
	const char *at = strcasestr(to, mark), *from = at ? at + sizeof(mark) - 1 : NULL, *rest;
	size_t head = at ? (size_t)(at - to) : strlen(to);

	rest = at ? from + strcspn(from, ";@") : "";
	if (head + strlen(rest) + 1 > cap || strcasestr(rest, mark))
		return false;
	if (at && !read_keys(o, from, (size_t)(rest - from), true))
		return false;
	memcpy(number, to, head);
	memcpy(number + head, rest, strlen(rest) + 1);
	return true;
}

void postdial_clear(struct postdial_order *o)
{
	OPENSSL_cleanse(o, sizeof(*o));
}
