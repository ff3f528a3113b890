/* err.h - the results of the dial plan, by name.  Thread: any. */
#ifndef DIALPLAN_ERR_H
#define DIALPLAN_ERR_H

enum plan_err {
	PLAN_OK = 0,
	PLAN_NOMEM,   /* the allocator said no; nothing changed */
	PLAN_RANGE,   /* an argument is outside what the header allows */
	PLAN_SYNTAX,  /* not a number, pattern or rule */
	PLAN_TWICE,   /* the same key a second time */
	PLAN_NO_RULE, /* nothing answers: explained, not failed */
};

const char *plan_strerror(enum plan_err err); /* never NULL */
#endif
