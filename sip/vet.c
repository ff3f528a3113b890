#include "sip/vet.h"

#include "sip/hex.h"
#include "sip/span.h"

#include <arpa/inet.h>

const char *vet_words(enum vet verdict)
{
	switch (verdict) {
	case VET_OK: return "fine";
	case VET_MISSING: return "Missing value";
	case VET_MANY: return "More values than allowed";
	case VET_SCHEME: return "URI is not sip or sips";
	case VET_HOST: return "URI has no usable host";
	case VET_PORT: return "URI has no usable port";
	case VET_LONG: return "Value is too long";
	case VET_BYTES: return "Malformed value";
	case VET_COOKIE: return "Branch without z9hG4bK";
	}
	return "Bad value";
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* token of RFC 3261 section 25.1 */
static bool is_token(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_alnum(s.p[i]) && (!s.p[i] || !strchr("-.!%*_+`'~", s.p[i])))
			return false;
	return s.n > 0;
}

static bool is_visible(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return true;
}

static enum vet_host vet_ipv4(const uint8_t ip[4])
{
	return ip[0] == 0 || ip[0] >= 224 ? VET_HOST_BAD
					  : VET_HOST_IPV4; /* this network; groups, reserved, broadcast */
}

static enum vet_host vet_ipv6(const uint8_t ip[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff }, any[16];

	if (ip[0] == 0xff || memcmp(ip, any, 16) == 0)
		return VET_HOST_BAD;
	if (memcmp(ip, mapped, 12) == 0 && vet_ipv4(ip + 12) == VET_HOST_BAD)
		return VET_HOST_BAD;
	return VET_HOST_IPV6;
}

/* hostname of RFC 3261 section 25.1: labels of letters, digits and hyphens, the last one beginning with a letter.  '_' is no
 * part of it and yet in use. */
static bool is_name(struct span s)
{
	struct span label = { 0 };

	if (s.n && s.p[s.n - 1] == '.')
		s.n--;
	if (!s.n)
		return false;
	for (size_t at = 0; at <= s.n; at += label.n + 1) {
		struct span rest = { s.p + at, s.n - at };

		label = span_until(&rest, '.');
		if (!label.n || label.n > 63 || label.p[0] == '-' || label.p[label.n - 1] == '-')
			return false;
		for (size_t i = 0; i < label.n; i++)
			if (!is_alnum(label.p[i]) && label.p[i] != '-' && label.p[i] != '_')
				return false;
	}
	return label.p[0] > '9';
}

enum vet_host vet_host(const char *host, size_t len)
{
	char text[VET_HOST_MAX + 1];
	uint8_t ip[16];
	bool bracketed = len > 2 && host[0] == '[' && host[len - 1] == ']';

	if (!host || !len || len > VET_HOST_MAX || memchr(host, 0, len))
		return VET_HOST_BAD;
	memcpy(text, host + bracketed, len - 2 * bracketed);
	text[len - 2 * bracketed] = 0;
	if (inet_pton(AF_INET6, text, ip) == 1)
		return vet_ipv6(ip);
	if (bracketed)
		return VET_HOST_BAD;
	if (inet_pton(AF_INET, text, ip) == 1)
		return vet_ipv4(ip);
	return is_name((struct span){ text, len }) ? VET_HOST_NAME : VET_HOST_BAD;
}

static enum vet check_scheme(struct span scheme)
{
	return span_is(scheme, "sip") || span_is(scheme, "sips") ? VET_OK : VET_SCHEME;
}

static enum vet check_port(struct span port)
{
	uint64_t value;

	return span_number(&value, port, 65535) == SPAN_NUMBER && value ? VET_OK : VET_PORT;
}

static enum vet check_host(struct span host)
{
	if (host.n > VET_HOST_MAX)
		return VET_LONG;
	return vet_host(host.p, host.n) == VET_HOST_BAD ? VET_HOST : VET_OK;
}

enum vet vet_parts(const char *scheme, const char *host, const char *port)
{
	enum vet verdict;

	if (!scheme || !host)
		return VET_MISSING;
	verdict = check_scheme((struct span){ scheme, strlen(scheme) });
	if (!verdict)
		verdict = check_host((struct span){ host, strlen(host) });
	if (!verdict && port && *port)
		verdict = check_port((struct span){ port, strlen(port) });
	return verdict;
}

/* host[:port], an IPv6 one in brackets */
static enum vet check_hostport(struct span hostport)
{
	bool bracketed = hostport.n && hostport.p[0] == '[';
	struct span rest = hostport, host = span_until(&rest, bracketed ? ']' : ':');
	enum vet verdict;

	if (bracketed && host.n < hostport.n)
		host.n++; /* its bracket belongs to it */
	verdict = check_host(host);
	if (verdict || host.n == hostport.n)
		return verdict;
	if (hostport.p[host.n] != ':')
		return VET_HOST;
	return check_port((struct span){ hostport.p + host.n + 1, hostport.n - host.n - 1 });
}

/* ;name=value ... Where they say where to send to, they are looked at like the host. */
static enum vet check_params(struct span rest)
{
	while (rest.n) {
		struct span value = span_until(&rest, ';');
		struct span name = span_until(&value, '=');
		enum vet verdict = VET_OK;

		if (!name.n)
			return VET_BYTES;
		if (span_is(name, "maddr"))
			verdict = check_host(value);
		else if (span_is(name, "transport") && !is_token(value))
			verdict = VET_BYTES;
		if (verdict)
			return verdict;
	}
	return VET_OK;
}

enum vet vet_uri(const char *uri, size_t len)
{
	struct span rest = { uri, len }, scheme, hostport;
	const char *at;
	enum vet verdict;

	if (!len)
		return VET_MISSING;
	if (len > VET_URI_MAX)
		return VET_LONG;
	if (!memchr(uri, ':', len))
		return VET_SCHEME;
	scheme = span_until(&rest, ':');
	verdict = check_scheme(scheme);
	if (verdict)
		return verdict;
	for (size_t i = 0; i < rest.n;
		i++) /* a user part may hold unescaped UTF-8 in life, never controls or spaces */
		if ((unsigned char)rest.p[i] <= ' ' || rest.p[i] == 0x7f || strchr("<>\"", rest.p[i]))
			return VET_BYTES;
	at = memrchr(rest.p, '@', rest.n); /* a user may hold ';' and '?', no host or parameter an '@' */
	if (at) {
		size_t skip = (size_t)(at - rest.p) + 1;

		if (skip == 1 ||
			memchr(rest.p, '@', rest.n) != at) /* two readers of it could take two hosts */
			return VET_BYTES;
		rest.p += skip;
		rest.n -= skip;
	}
	if (memchr(rest.p, '?', rest.n))
		return VET_BYTES;
	hostport = span_until(&rest, ';');
	verdict = check_hostport(hostport);
	return verdict ? verdict : check_params(rest);
}

/* Takes one value off a comma list; commas within quotes and angle brackets do not part it. */
static struct span next_value(struct span *list)
{
	struct span value = { list->p, 0 };
	bool quoted = false, angled = false;

	for (; value.n < list->n; value.n++) {
		char c = list->p[value.n];

		if (quoted && c == '\\')
			value.n++;
		else if (c == '"' && !angled)
			quoted = !quoted;
		else if (!quoted && (c == '<' || c == '>'))
			angled = c == '<';
		else if (!quoted && !angled && c == ',')
			break;
	}
	return span_trim(span_split(list, value.n < list->n ? value.n : list->n));
}

/* [display name] <uri> ;params, or uri ;params; *bare says which. */
static enum vet split_name_addr(struct span value, struct span *uri, bool *bare)
{
	size_t i = 0;
	bool quoted = false;

	for (; i < value.n && (quoted || value.p[i] != '<'); i++)
		if (quoted && value.p[i] == '\\')
			i++;
		else if (value.p[i] == '"')
			quoted = !quoted;
	*bare = i >= value.n;
	if (*bare) {
		struct span rest = value;

		*uri = span_trim(span_until(
			&rest, ';')); /* then the parameters are the header's (RFC 3261 section 20) */
		return quoted ? VET_BYTES : VET_OK;
	}
	*uri = (struct span){ value.p + i + 1, value.n - i - 1 };
	{
		struct span rest = *uri, inside = span_until(&rest, '>');

		if (inside.n == uri->n)
			return VET_BYTES;
		*uri = span_trim(inside);
		rest = span_trim(rest);
		return rest.n && rest.p[0] != ';' ? VET_BYTES : VET_OK;
	}
}

enum vet vet_contact(const char *value, size_t len)
{
	struct span list = span_trim((struct span){ value, len }), first, uri;
	enum vet verdict;
	bool bare;

	if (!list.n)
		return VET_MISSING;
	if (span_is(list, "*"))
		return VET_SCHEME;
	first = next_value(&list);
	verdict = split_name_addr(first, &uri, &bare);
	if (!verdict)
		verdict = vet_uri(uri.p, uri.n);
	if (!verdict && span_trim(list).n)
		verdict = VET_MANY;
	return verdict;
}

enum vet vet_routes(const char *value, size_t len)
{
	struct span list = span_trim((struct span){ value, len });
	enum vet verdict = VET_OK;

	for (unsigned n = 0; list.n && !verdict; n++) {
		struct span route = next_value(&list), uri;
		bool bare;

		if (n == VET_ROUTES_MAX)
			return VET_MANY;
		verdict = split_name_addr(route, &uri, &bare);
		if (!verdict)
			verdict = vet_uri(uri.p, uri.n);
	}
	return verdict;
}

enum vet vet_branch(const char *branch)
{
	static const char cookie[] = "z9hG4bK";
	size_t n = branch ? strnlen(branch, VET_BRANCH_MAX + 1) : 0;

	if (!n)
		return VET_MISSING;
	if (n > VET_BRANCH_MAX)
		return VET_LONG;
	if (!is_token((struct span){ branch, n }))
		return VET_BYTES;
	return n > sizeof(cookie) - 1 && strncasecmp(branch, cookie, sizeof(cookie) - 1) == 0 ? VET_OK
											      : VET_COOKIE;
}

static enum vet check_bounded(const char *text, size_t max)
{
	size_t n = text ? strnlen(text, max + 1) : 0;

	if (!n)
		return VET_MISSING;
	return n > max ? VET_LONG : VET_OK;
}

enum vet vet_call_id(const char *call_id)
{
	enum vet verdict = check_bounded(call_id, VET_CALL_ID_MAX);

	if (!verdict && !is_visible((struct span){ call_id, strlen(call_id) }))
		verdict = VET_BYTES;
	return verdict;
}

enum vet vet_tag(const char *tag)
{
	enum vet verdict = check_bounded(tag, VET_TAG_MAX);

	if (!verdict && !is_token((struct span){ tag, strlen(tag) }))
		verdict = VET_BYTES;
	return verdict;
}

enum vet vet_cseq(const char *value, size_t len, const char *method)
{
	struct span rest = span_trim((struct span){ value, len });
	struct span digits = span_word(&rest);
	uint64_t number;

	if (!digits.n)
		return VET_MISSING;
	switch (span_number(&number, digits, INT32_MAX)) {
	case SPAN_NO_NUMBER: return VET_BYTES;
	case SPAN_OVER: return VET_LONG;
	case SPAN_NUMBER: break;
	}
	rest = span_trim(rest);
	return rest.n == strlen(method) && memcmp(rest.p, method, rest.n) == 0 ? VET_OK
									       : VET_BYTES; /* case matters */
}

/* Length of the whole character at p and its code point; 0: not UTF-8 (overlong, surrogate, cut off). */
static size_t read_utf8(const unsigned char *p, size_t n, uint32_t *code)
{
	static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t size = p[0] < 0x80                   ? 1
		      : p[0] >= 0xf0 && p[0] < 0xf8 ? 4
		      : p[0] >= 0xe0                ? 3
		      : p[0] >= 0xc0                ? 2
						    : 0;

	if (!size || size > n || p[0] >= 0xf8)
		return 0;
	*code = size == 1 ? p[0] : p[0] & (0x7fu >> size);
	for (size_t i = 1; i < size; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (p[i] & 0x3fu);
	}
	if (*code < least[size] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return size;
}

static bool is_readable(uint32_t code)
{
	if (code < 0x20 || (code >= 0x7f && code <= 0x9f))
		return false; /* controls */
	if ((code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
		(code >= 0x2060 && code <= 0x206f) || code == 0xfeff)
		return false; /* invisible, line ends, reading direction */
	return (code & 0xfffe) != 0xfffe;
}

void vet_clean(char *out, size_t cap, const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n = 0;

	if (!cap)
		return;
	while (text && len) {
		uint32_t code = 0;
		size_t size = read_utf8(p, len, &code), take = size ? size : 1;
		bool good = size && is_readable(code);

		if (n + (good ? size : 1) >= cap)
			break;
		if (good)
			memcpy(out + n, p, size);
		else
			out[n] = '?';
		n += good ? size : 1;
		p += take;
		len -= take;
	}
	out[n] = 0;
}

void vet_user(char *out, size_t cap, const char *user, size_t len)
{
	char decoded[VET_URI_MAX];
	size_t n = 0;

	for (size_t i = 0; user && i < len && n < sizeof(decoded); i++) {
		int high = user[i] == '%' && i + 2 < len ? hex_digit(user[i + 1]) : -1;
		int low = high >= 0 ? hex_digit(user[i + 2]) : -1;

		decoded[n] = user[i];
		if (low >= 0) {
			decoded[n] = (char)(high << 4 | low);
			i += 2;
		}
		n++;
	}
	vet_clean(out, cap, decoded, n);
}
