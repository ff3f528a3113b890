/* version.h - what this program calls itself.
 *
 * Thread: any.
 */
#ifndef BRIDGE_VERSION_H
#define BRIDGE_VERSION_H

#define PARTYLINE_VERSION "0.1.0"
#define PARTYLINE_AGENT "partyline/" PARTYLINE_VERSION
#endif
