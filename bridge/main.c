/* main.c - partylined: reads the node file, opens the node, runs it until SIGTERM. */
#include "bridge/log.h"
#include "bridge/node_open.h"
#include "bridge/retention.h"
#include "bridge/secure.h"
#include "bridge/stir.h"
#include "bridge/version.h"
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct daemon {
	struct node *node;
	const char *config_path;
	int signal_fd;
};

static int usage(FILE *to)
{
	fputs("usage: partylined [--config FILE] [--check] [--version]\n"
	      "  --config FILE  the node file (YAML); without it the defaults, on loopback\n"
	      "  --check        read the node file, say what is wrong with it, and leave\n"
	      "Runs in the foreground; logs to stderr.  SIGTERM hangs up all calls and ends; SIGHUP reads "
	      "the node file again.\n",
		to);
	return to == stdout ? 0 : 2;
}

static bool read_config(struct config *c, const char *path)
{
	struct config_why why = { .line = 0 };
	enum bridge_err err;

	config_defaults(c);
	if (!path)
		return true;
	err = config_load(c, path, &why);
	if (err == BRIDGE_SYNTAX)
		fprintf(stderr, "partylined: %s:%u: %s: %s\n", path, why.line, why.key, why.text);
	else if (err)
		fprintf(stderr, "partylined: %s: %s\n", path,
			err == BRIDGE_FILE ? strerror(errno) : bridge_strerror(err));
	return err == BRIDGE_OK;
}

/* The prompt set lies beside the program unless the node file says otherwise. */
static void find_prompts(struct config *c)
{
	char self[200];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (c->prompts.directory[0] || len <= 0)
		return;
	self[len] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	snprintf(c->prompts.directory, sizeof(c->prompts.directory), "%s/prompts", self);
}

/* Each leg takes two descriptors: take what the system allows. */
static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void reload(struct daemon *d)
{
	struct config fresh;
	char why[512] = "out of memory";

	if (!read_config(&fresh, d->config_path)) {
		log_line(LOG_ERROR, NULL, "node",
			"SIGHUP: the node file is refused; what was read before stays in force");
		return;
	}
	log_change(fresh.log.json, (enum log_level)fresh.log.level);
	d->node->config.log.level = fresh.log.level;
	d->node->config.log.json = fresh.log.json;
	d->node->config.records = fresh.records;
	retention_of_nobody(d->node->retention, fresh.records.keep_days);
	if (secure_reload(d->node, &fresh, why, sizeof(why)))
		log_line(LOG_ERROR, NULL, "node", "SIGHUP: %s: the certificates before stay in force", why);
	if (stir_reload(d->node, &fresh, why, sizeof(why)))
		log_line(LOG_ERROR, NULL, "node", "SIGHUP: %s: what callers prove stays as it was", why);
	log_line(LOG_INFO, NULL, "node",
		"SIGHUP: log settings, `records` and certificates are in force; listeners, paths and workers "
		"change "
		"with a restart");
}

static void on_signal(void *arg)
{
	struct daemon *d = arg;
	struct signalfd_siginfo info;

	if (read(d->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP)
		reload(d);
	else
		node_stop(d->node);
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL); /* before any thread starts: all inherit it */
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static int run(struct daemon *d, const struct config *config)
{
	char why[512] = "";
	enum bridge_err err = node_open(&d->node, config, why, sizeof(why));

	if (err) {
		log_line(LOG_ERROR, NULL, "node", "cannot start: %s", why[0] ? why : bridge_strerror(err));
		return 1;
	}
	if (loop_watch(d->node->loop, d->signal_fd, on_signal, d) != CALL_OK)
		return 1;
	log_line(LOG_INFO, NULL, "node", "ready: SIP udp %u, tcp %u, tls %u; HTTP %s; control %s",
		ua_port(d->node->ua, "udp"), ua_port(d->node->ua, "tcp"), ua_port(d->node->ua, "tls"),
		config->http.listen[0] ? config->http.listen : "none", config->control);
	node_run(d->node);
	loop_unwatch(d->node->loop, d->signal_fd);
	d->node = node_close(d->node);
	log_line(LOG_INFO, NULL, "node", "stopped");
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "config", required_argument, NULL, 'c' },
		{ "check", no_argument, NULL, 'k' }, { "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	struct daemon d = { .signal_fd = -1 };
	struct config config;
	bool check = false;
	int option, code;

	while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		switch (option) {
		case 'c': d.config_path = optarg; break;
		case 'k': check = true; break;
		case 'v': puts("partylined " PARTYLINE_VERSION); return 0;
		case 'h': return usage(stdout);
		default: return usage(stderr);
		}
	}
	if (optind != argc)
		return usage(stderr);
	if (!read_config(&config, d.config_path))
		return 2;
	if (check)
		return 0;
	find_prompts(&config);
	log_open(config.node, config.log.json, (enum log_level)config.log.level);
	raise_descriptors();
	d.signal_fd = open_signals();
	if (d.signal_fd < 0)
		return 1;
	code = run(&d, &config);
	close(d.signal_fd);
	return code;
}
