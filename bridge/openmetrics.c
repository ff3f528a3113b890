#include "bridge/openmetrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char total[] = "_total", counter[] = "counter";

bool openmetrics_wanted(const char *accept)
{
	return strstr(accept, "application/openmetrics-text") != NULL;
}

static bool ends_in(const char *text, size_t len, const char *end)
{
	const size_t n = strlen(end);

	return len >= n && memcmp(text + len - n, end, n) == 0;
}

/* "# TYPE partyline_calls_total counter": three words and the rest. */
static void put_about(FILE *out, const char *line, size_t len)
{
	const size_t head = 7; /* "# TYPE " */
	const char *name = line + head, *space = memchr(name, ' ', len - head);
	const size_t name_len = space ? (size_t)(space - name) : len - head;
	const bool is_type = line[2] == 'T', counts = is_type && ends_in(line, len, counter);

	if (ends_in(name, name_len, total))
		fprintf(out, "%.*s%.*s%.*s\n", (int)head, line, (int)(name_len - strlen(total)), name,
			(int)(len - head - name_len), name + name_len);
	else if (counts)
		fprintf(out, "%.*s unknown\n", (int)(head + name_len), line);
	else
		fprintf(out, "%.*s\n", (int)len, line);
}

char *openmetrics_page(const char *text, size_t len, size_t *out_len)
{
	char *page = NULL;
	FILE *out = open_memstream(&page, out_len);

	if (!out)
		return NULL;
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		const size_t n = end ? (size_t)(end - text) : len;

		if (n > 7 && (memcmp(text, "# TYPE ", 7) == 0 || memcmp(text, "# HELP ", 7) == 0))
			put_about(out, text, n);
		else if (n > 0)
			fprintf(out, "%.*s\n", (int)n, text);
		text += n + (end != NULL);
		len -= n + (end != NULL);
	}
	fputs("# EOF\n", out);
	if (fclose(out) == 0)
		return page;
	free(page);
	return NULL;
}
