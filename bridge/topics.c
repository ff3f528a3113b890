#include "bridge/topics.h"

#include <ctype.h>
#include <string.h>

/* The next word of a comma list; NULL: no more. */
static const char *next_word(const char **list, size_t *len)
{
	const char *word = *list;

	if (!*word)
		return NULL;
	*len = strcspn(word, ",");
	*list = word + *len + (word[*len] == ',');
	return word;
}

static bool word_fits(const char *word, size_t len, const char *type)
{
	if (len > 0 && word[len - 1] == '*')
		return strncmp(word, type, len - 1) == 0;
	return strlen(type) == len && memcmp(word, type, len) == 0;
}

bool topics_valid(const char *list)
{
	const char *word;
	size_t len;

	if (!*list || list[strlen(list) - 1] == ',')
		return false;
	while ((word = next_word(&list, &len))) {
		if (len == 0)
			return false;
		for (size_t i = 0; i < len; i++)
			if (!islower((unsigned char)word[i]) && word[i] != '.' && word[i] != '_' &&
				!(word[i] == '*' && i + 1 == len))
				return false;
	}
	return true;
}

bool topics_want(const char *list, const char *type)
{
	const char *word;
	size_t len;

	while ((word = next_word(&list, &len)))
		if (word_fits(word, len, type))
			return true;
	return false;
}
