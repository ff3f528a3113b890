#include "bridge/say.h"

void say_add(struct say *s, enum prompt prompt)
{
	if (s->n < SAY_MAX)
		s->list[s->n++] = prompt;
}

static void say_below_hundred(struct say *s, unsigned number)
{
	if (number <= 20) {
		say_add(s, (enum prompt)(PROMPT_DIGIT_0 + number));
		return;
	}
	if (number < 30)
		say_add(s, (enum prompt)(PROMPT_DIGIT_0 + 20));
	else
		say_add(s, (enum prompt)(PROMPT_TENS + number / 10 - 3));
	if (number % 10)
		say_add(s, (enum prompt)(PROMPT_DIGIT_0 + number % 10));
}

void say_number(struct say *s, unsigned number)
{
	if (number > 9999)
		number = 9999;
	if (number >= 1000) {
		say_below_hundred(s, number / 1000);
		say_add(s, PROMPT_THOUSAND);
	}
	if (number % 1000 >= 100) {
		say_below_hundred(s, number % 1000 / 100);
		say_add(s, PROMPT_HUNDRED);
	}
	if (number % 100 || number == 0)
		say_below_hundred(s, number % 100);
}

void say_others(struct say *s, unsigned n_others)
{
	if (n_others == 0) {
		say_add(s, PROMPT_ALONE);
		return;
	}
	if (n_others == 1) {
		say_add(s, PROMPT_ONE_OTHER);
		return;
	}
	say_add(s, PROMPT_THERE_ARE);
	say_number(s, n_others);
	say_add(s, PROMPT_OTHER_PEOPLE);
}
