#include "sip/ere.h"

#include <ctype.h>
#include <string.h>

enum what { BYTE, ANY, SET, BEGIN, END, OPEN, CLOSE, FORK, JUMP, DONE };

struct reading {
	struct ere *e;
	const char *at, *end;
	unsigned depth;
};

/* ---- compiling ---- */

static bool add(struct ere *e, enum what what, uint8_t byte)
{
	if (e->n == ERE_STEPS)
		return false;
	e->steps[e->n++] = (struct ere_step){ .what = (uint8_t)what, .byte = byte };
	return true;
}

/* Makes room for one step; jumps are relative, and none crosses the beginning of what moves. */
static bool insert(struct ere *e, unsigned at)
{
	if (e->n == ERE_STEPS)
		return false;
	memmove(&e->steps[at + 1], &e->steps[at], (e->n - at) * sizeof(e->steps[0]));
	e->n++;
	return true;
}

static bool put_byte(struct reading *r, uint8_t byte)
{
	return add(r->e, BYTE, r->e->any_case ? (uint8_t)tolower(byte) : byte);
}

static void set_add(uint8_t set[32], unsigned byte)
{
	set[byte / 8] |= (uint8_t)(1u << byte % 8);
}

static bool set_has(const uint8_t set[32], unsigned byte)
{
	return set[byte / 8] & 1u << byte % 8;
}

/* "[:digit:]" behind its '['. */
static bool read_class(struct reading *r, uint8_t set[32])
{
	static const struct {
		const char *name;
		int (*is)(int);
	} classes[] = { { "digit", isdigit }, { "alpha", isalpha }, { "alnum", isalnum },
		{ "upper", isupper }, { "lower", islower }, { "xdigit", isxdigit }, { "punct", ispunct },
		{ "space", isspace } };

	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
		const size_t n = strlen(classes[i].name);

		if ((size_t)(r->end - r->at) < n + 3 || strncmp(r->at + 1, classes[i].name, n) != 0 ||
			r->at[n + 1] != ':' || r->at[n + 2] != ']')
			continue;
		for (unsigned byte = 0; byte < 128; byte++)
			if (classes[i].is((int)byte))
				set_add(set, byte);
		r->at += n + 3;
		return true;
	}
	return false;
}

/* One member of a set, or a range of them. */
static bool read_member(struct reading *r, uint8_t set[32])
{
	uint8_t first = (uint8_t)*r->at++, last = first;

	if (first == '[' && r->at < r->end && *r->at == ':')
		return read_class(r, set);
	if (first == '[' && r->at < r->end && (*r->at == '.' || *r->at == '='))
		return false;
	if (r->end - r->at >= 2 && r->at[0] == '-' && r->at[1] != ']') {
		last = (uint8_t)r->at[1];
		r->at += 2;
	}
	if (last < first)
		return false;
	for (unsigned byte = first; byte <= last; byte++)
		set_add(set, byte);
	return true;
}

static bool read_set(struct reading *r)
{
	struct ere *e = r->e;
	uint8_t *set = e->n_sets < ERE_SETS ? e->sets[e->n_sets] : NULL;
	bool other = r->at < r->end && *r->at == '^', first = true;

	if (!set)
		return false;
	r->at += other;
	for (; r->at < r->end && (*r->at != ']' || first); first = false)
		if (!read_member(r, set))
			return false;
	if (r->at == r->end)
		return false;
	r->at++;
	for (unsigned byte = 'a'; e->any_case && byte <= 'z'; byte++)
		if (set_has(set, byte) || set_has(set, (unsigned)toupper((int)byte)))
			set_add(set, byte);
	for (unsigned i = 0; other && i < 32; i++)
		set[i] = (uint8_t)~set[i];
	return add(e, SET, (uint8_t)e->n_sets++);
}

static bool read_choice(struct reading *r);

static bool read_group(struct reading *r)
{
	const unsigned group = ++r->e->n_groups;

	if (group >= ERE_GROUPS || ++r->depth > ERE_DEPTH || !add(r->e, OPEN, (uint8_t)group) ||
		!read_choice(r) || r->at == r->end || *r->at != ')')
		return false;
	r->at++;
	r->depth--;
	return add(r->e, CLOSE, (uint8_t)group);
}

static bool read_one(struct reading *r)
{
	const char c = *r->at++;

	switch (c) {
	case '.': return add(r->e, ANY, 0);
	case '^': return add(r->e, BEGIN, 0);
	case '$': return add(r->e, END, 0);
	case '[': return read_set(r);
	case '(': return read_group(r);
	case '*':
	case '+':
	case '?':
	case '{': return false; /* nothing stands before it */
	case '\\': return r->at < r->end && !isalnum((unsigned char)*r->at) && put_byte(r, (uint8_t)*r->at++);
	default: return put_byte(r, (uint8_t)c);
	}
}

static bool read_count(struct reading *r, unsigned *out)
{
	unsigned value = 0, digits = 0;

	for (; r->at < r->end && isdigit((unsigned char)*r->at) && digits < 3; digits++)
		value = value * 10 + (unsigned)(*r->at++ - '0');
	*out = value;
	return digits > 0 && value <= ERE_REPEATS;
}

/* "{2}", "{2,}", "{2,4}" behind its '{'; most 0: no bound. */
static bool read_bounds(struct reading *r, unsigned *least, unsigned *most)
{
	if (!read_count(r, least))
		return false;
	*most = *least;
	if (r->at < r->end && *r->at == ',') {
		r->at++;
		*most = 0;
		if (r->at < r->end && *r->at != '}' && (!read_count(r, most) || *most < *least))
			return false;
	}
	return r->at < r->end && *r->at++ == '}';
}

/* What began at `from` may be left out. */
static bool make_optional(struct ere *e, unsigned from)
{
	if (!insert(e, from))
		return false;
	e->steps[from] = (struct ere_step){ .what = FORK, .to = 1, .or_to = (int16_t)(e->n - from) };
	return true;
}

static bool make_star(struct ere *e, unsigned from)
{
	if (!make_optional(e, from) || !add(e, JUMP, 0))
		return false;
	e->steps[e->n - 1].to = (int16_t)(from - (e->n - 1));
	e->steps[from].or_to = (int16_t)(e->n - from);
	return true;
}

static bool copy(struct ere *e, const struct ere_step *piece, unsigned n)
{
	if (e->n + n > ERE_STEPS)
		return false;
	memcpy(&e->steps[e->n], piece, n * sizeof(*piece));
	e->n += n;
	return true;
}

/* The piece that began at `from`, least..most times; most 0: no bound. */
static bool repeat(struct ere *e, unsigned from, unsigned least, unsigned most)
{
	struct ere_step piece[ERE_STEPS];
	const unsigned n = e->n - from;

	memcpy(piece, &e->steps[from], n * sizeof(*piece));
	e->n = from;
	for (unsigned i = 0; i < least; i++)
		if (!copy(e, piece, n))
			return false;
	if (!most) {
		const unsigned begin = e->n;

		return copy(e, piece, n) && make_star(e, begin);
	}
	for (unsigned i = least; i < most; i++) {
		const unsigned begin = e->n;

		if (!copy(e, piece, n) || !make_optional(e, begin))
			return false;
	}
	return true;
}

static bool read_piece(struct reading *r)
{
	const unsigned from = r->e->n;

	if (!read_one(r))
		return false;
	while (r->at < r->end && strchr("*+?{", *r->at) && *r->at) {
		unsigned least = 0, most = 1;
		const char how = *r->at++;

		if (how == '{' ? !read_bounds(r, &least, &most) : false)
			return false;
		if (how == '+')
			least = 1;
		if (how == '*' || how == '+')
			most = 0;
		if (how == '{' && least == 0 && most == 0 && r->at[-2] != ',') { /* {0} */
			r->e->n = from;
			return true;
		}
		if (!repeat(r->e, from, least, most))
			return false;
	}
	return true;
}

static bool read_choice(struct reading *r)
{
	struct ere *e = r->e;
	const unsigned from = e->n;
	unsigned jump;

	while (r->at < r->end && *r->at != '|' && *r->at != ')')
		if (!read_piece(r))
			return false;
	if (r->at == r->end || *r->at == ')')
		return true;
	r->at++;
	if (++r->depth > ERE_DEPTH || !make_optional(e, from) || !add(e, JUMP, 0))
		return false;
	jump = e->n - 1;
	e->steps[from].or_to = (int16_t)(e->n - from);
	if (!read_choice(r))
		return false;
	e->steps[jump].to = (int16_t)(e->n - jump);
	r->depth--;
	return true;
}

bool ere_compile(struct ere *out, const char *expression, size_t len, bool any_case)
{
	struct reading r = { .e = out, .at = expression, .end = expression + len };

	memset(out, 0, sizeof(*out));
	out->any_case = any_case;
	return !memchr(expression, '\0', len) && read_choice(&r) && r.at == r.end && add(out, DONE, 0);
}

/* ---- matching ---- */

struct place { /* where the walk goes on */
	uint16_t step, at;
	int16_t undo; /* group that gets its old mark back instead; -1: none */
	uint16_t mark;
};

enum { STACK = 2 * ERE_STEPS, NONE = UINT16_MAX };

struct walk {
	const struct ere *e;
	const char *text;
	unsigned len;
	uint64_t seen[ERE_STEPS * (ERE_TEXT + 1) / 64 + 1];
	uint16_t marks[2 * ERE_GROUPS], best[2 * ERE_GROUPS];
	bool found;
	struct place stack[STACK];
	unsigned n;
};

static bool push(struct walk *w, struct place p)
{
	if (w->n == STACK)
		return false;
	w->stack[w->n++] = p;
	return true;
}

static bool first_time(struct walk *w, unsigned step, unsigned at)
{
	const unsigned bit = step * (ERE_TEXT + 1) + at;
	const bool fresh = !(w->seen[bit / 64] & 1ull << bit % 64);

	w->seen[bit / 64] |= 1ull << bit % 64;
	return fresh;
}

static bool takes(const struct walk *w, const struct ere_step *s, unsigned at)
{
	unsigned c = (unsigned char)w->text[at];

	if (at >= w->len)
		return false;
	if (w->e->any_case)
		c = (unsigned)tolower((int)c);
	return s->what == ANY || (s->what == BYTE ? c == s->byte : set_has(w->e->sets[s->byte], c));
}

static bool mark(struct walk *w, unsigned which, unsigned at)
{
	const struct place undo = { .undo = (int16_t)which, .mark = w->marks[which] };

	w->marks[which] = (uint16_t)at;
	return push(w, undo);
}

static void keep_if_longest(struct walk *w, unsigned from, unsigned at)
{
	if (w->found && w->best[1] >= at)
		return;
	w->found = true;
	memcpy(w->best, w->marks, sizeof(w->best));
	w->best[0] = (uint16_t)from;
	w->best[1] = (uint16_t)at;
}

/* Follows one thread until it ends; others wait on the stack.  False: the stack is full. */
static bool follow(struct walk *w, unsigned from, unsigned step, unsigned at)
{
	while (first_time(w, step, at)) {
		const struct ere_step *s = &w->e->steps[step];
		unsigned next = step + 1;

		switch ((enum what)s->what) {
		case BYTE:
		case ANY:
		case SET:
			if (!takes(w, s, at))
				return true;
			at++;
			break;
		case BEGIN:
			if (at != 0)
				return true;
			break;
		case END:
			if (at != w->len)
				return true;
			break;
		case OPEN:
		case CLOSE:
			if (!mark(w, 2u * s->byte + (s->what == CLOSE), at))
				return false;
			break;
		case FORK:
			if (!push(w, (struct place){ .step = (uint16_t)((int)step + s->or_to),
					     .at = (uint16_t)at,
					     .undo = -1 }))
				return false;
			break;
		case JUMP: next = (unsigned)((int)step + s->to); break;
		case DONE: keep_if_longest(w, from, at); return true;
		}
		step = next;
	}
	return true;
}

bool ere_match(const struct ere *e, const char *text, struct ere_span spans[ERE_GROUPS])
{
	struct walk w = { .e = e, .text = text, .len = (unsigned)strlen(text) };

	if (w.len > ERE_TEXT)
		return false;
	for (unsigned from = 0; from <= w.len && !w.found; from++) {
		memset(w.seen, 0, sizeof(w.seen));
		memset(w.marks, 0xff, sizeof(w.marks));
		w.n = 0;
		if (!follow(&w, from, 0, from))
			return false;
		while (w.n) {
			const struct place p = w.stack[--w.n];

			if (p.undo >= 0)
				w.marks[p.undo] = p.mark;
			else if (!follow(&w, from, p.step, p.at))
				return false;
		}
	}
	for (unsigned i = 0; w.found && i < ERE_GROUPS; i++) {
		const bool took = w.best[2 * i] != NONE && w.best[2 * i + 1] != NONE;

		spans[i] = took ? (struct ere_span){ w.best[2 * i], w.best[2 * i + 1] }
				: (struct ere_span){ 1, 0 };
	}
	return w.found;
}
