/* err.h - the results of the media engine, by name.
 *
 * Thread: any.
 */
#ifndef MIXER_ERR_H
#define MIXER_ERR_H

enum mix_err {
	MIX_OK = 0,
	MIX_NOMEM,   /* the allocator said no; nothing changed */
	MIX_RANGE,   /* an argument is outside what the header allows */
	MIX_SHORT,   /* fewer bytes than the format needs, or a buffer too small */
	MIX_SYNTAX,  /* bytes that the format does not allow */
	MIX_UNKNOWN, /* no such codec, payload type or leg */
	MIX_FULL,    /* a bounded queue or table has no place left */
	MIX_EMPTY,   /* nothing there to take */
	MIX_STALE,   /* too late, a duplicate, or from somebody who may not speak */
	MIX_FORGED,  /* does not authenticate */
	MIX_FILE,    /* a sound file cannot be opened or read */
};

const char *mix_strerror(enum mix_err err); /* never NULL */
#endif
