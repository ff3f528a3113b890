#include "sip/der.h"

bool der_take(struct der *rest, uint8_t tag, struct der *value)
{
	size_t at = 2, len, n_len;

	if (rest->n < 2 || rest->p[0] != tag)
		return false;
	len = rest->p[1];
	if (len >= 0x80) {
		n_len = len & 0x7f;
		if (n_len == 0 || n_len > 2 || rest->n < 2 + n_len)
			return false;
		for (len = 0; n_len--; at++)
			len = len << 8 | rest->p[at];
		if (len < 0x80 || (at == 4 && len < 0x100))
			return false;
	}
	if (rest->n - at < len)
		return false;
	*value = (struct der){ rest->p + at, len };
	rest->p += at + len;
	rest->n -= at + len;
	return true;
}
