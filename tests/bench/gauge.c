#include "tests/bench/gauge.h"
#include "tests/flow/peer.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A `stat` file's user and system time, and the name in it; false: not there. */
static bool read_stat(const char *path, double *user_s, double *kernel_s, char name[32])
{
	char text[1024];
	unsigned long user, kernel;
	FILE *file = fopen(path, "r");

	if (!file)
		return false;
	size_t n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[n] = '\0';
	const char *open = strchr(text, '('), *close = strrchr(text, ')'); /* a name may hold anything */
	if (!open || !close ||
		sscanf(close + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel) !=
			2)
		return false;
	snprintf(name, 32, "%.*s", (int)(close - open - 1), open + 1);
	*user_s = (double)user / (double)sysconf(_SC_CLK_TCK);
	*kernel_s = (double)kernel / (double)sysconf(_SC_CLK_TCK);
	return true;
}

static void read_threads(struct gauge *g, pid_t pid)
{
	char path[64], name[32];
	struct dirent *entry;
	double user_s, kernel_s;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	DIR *dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		const long tid = strtol(entry->d_name, NULL, 10);

		snprintf(path, sizeof(path), "/proc/%d/task/%ld/stat", (int)pid, tid);
		if (tid <= 0 || !read_stat(path, &user_s, &kernel_s, name))
			continue;
		if (strncmp(name, "media-", 6) == 0)
			g->media_s += user_s + kernel_s;
		else if (tid == pid)
			g->control_s += user_s + kernel_s;
	}
	if (dir)
		closedir(dir);
}

static void read_machine(struct gauge *g)
{
	unsigned long long t[8] = { 0 }; /* user nice system idle iowait irq softirq steal: proc(5) */
	FILE *file = fopen("/proc/stat", "r");

	if (!file)
		return;
	if (fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &t[0], &t[1], &t[2], &t[3], &t[4],
		    &t[5], &t[6], &t[7]) == 8) {
		for (size_t i = 0; i < 8; i++)
			g->machine_s += (double)t[i] / (double)sysconf(_SC_CLK_TCK);
		g->stolen_s = (double)t[7] / (double)sysconf(_SC_CLK_TCK);
	}
	fclose(file);
}

static double read_rss_kb(pid_t pid)
{
	char path[64], line[256];
	unsigned long kb = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmRSS: %lu", &kb) == 1)
			break;
	if (file)
		fclose(file);
	return (double)kb;
}

bool gauge_read(struct gauge *out, pid_t pid)
{
	char path[64], name[32];

	*out = (struct gauge){ .at_ms = test_now_ms() };
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (!read_stat(path, &out->user_s, &out->kernel_s, name))
		return false;
	read_threads(out, pid);
	read_machine(out);
	out->rss_kb = read_rss_kb(pid);
	return true;
}

void gauge_machine(char *out, size_t cap)
{
	char line[256], name[128] = "unknown";
	FILE *file = fopen("/proc/cpuinfo", "r");

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "model name : %127[^\n]", name) == 1)
			break;
	if (file)
		fclose(file);
	snprintf(out, cap, "%s", name);
}
