#include "tools/partyctl.h"

#include <signal.h>

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN); /* `partyctl watch | head` ends by a failed write */
	return (int)ctl_run(argc, argv, stdout, stderr);
}
