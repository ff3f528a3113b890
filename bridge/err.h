/* err.h - the results of the bridge's own modules, by name.  Thread: any. */
#ifndef BRIDGE_ERR_H
#define BRIDGE_ERR_H

enum bridge_err {
	BRIDGE_OK = 0,
	BRIDGE_NOMEM,   /* the allocator said no; nothing changed */
	BRIDGE_RANGE,   /* an argument is outside what the header allows */
	BRIDGE_SYNTAX,  /* what a person wrote cannot be read: see the `why` beside it */
	BRIDGE_UNKNOWN, /* no such object */
	BRIDGE_FULL,    /* no port, seat or place left */
	BRIDGE_FILE,    /* a file or socket cannot be opened, read or written; errno says why */
	BRIDGE_STATE,   /* not possible now */
};

const char *bridge_strerror(enum bridge_err err); /* never NULL */
#endif
